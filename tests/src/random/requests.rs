//! Requests of all kinds, most of them invalid.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use securityhub_fixtures::Operation;
use securityhub_local::operations::{self, Coverage};
use serde_json::Value;

use super::bits::Random;
use crate::client;
use crate::sample::{self, InvalidInput};

const METHODS: [&str; 9] = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "BREW"];
const SERVICES: [&str; 8] = ["securityhub", "sts", "organizations", "ec2", "iam", "s3", "lambda", "\u{7f}"];
const CONTENT_TYPES: [&str; 5] =
    ["application/json", "application/x-amz-json-1.1", "application/x-www-form-urlencoded", "text/xml", ";"];
pub(super) const TEXTS: [&str; 14] = [
    "null",
    "-0",
    "1e400",
    "99999999999999999999999",
    "0.1e-999",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "{}",
    "[]",
    "\"\u{1F600}\"",
    "true",
    "\"2026-02-31T00:00:00Z\"",
    "{\"a\":1,\"a\":2}",
    "[[[[[[[[[[",
];
const HEADERS: [&str; 12] = [
    "authorization",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "transfer-encoding",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amz-target",
    "x-forwarded-for",
];
const CONTROL: [&str; 6] = ["health", "reset", "clock", "", "reset?to=empty", "nope?%ff"];

/// The inputs that violate a constraint, by operation.
static INVALID_INPUTS: LazyLock<Vec<Vec<InvalidInput>>> =
    LazyLock::new(|| Operation::ALL.map(|operation| sample::invalid_inputs(operation.model().input)).into());

/// The implemented operations.
pub(super) static BUILT: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let is_built = |operation: &Operation| operations::entry(*operation).coverage != Coverage::Missing;
    Operation::ALL.into_iter().filter(is_built).collect()
});

/// Resets the world.
pub(super) fn reset() -> Request<Bytes> {
    Request::post("/_emulator/reset").body(Bytes::new()).expect("a request")
}

/// A random request.
pub fn request(random: &mut Random) -> Request<Bytes> {
    loop {
        let made = match random.below(60) {
            0 => control(random),
            1..=6 => neighbour(random),
            7..=10 => anything(random),
            11..=12 => presigned(random),
            _ => operation(random),
        };
        if let Ok(mut request) = made {
            if random.one_in(5) {
                add_random_headers(random, &mut request);
            }
            return request;
        }
    }
}

/// Adds headers, including repeated ones and values that are not text.
fn add_random_headers(random: &mut Random, request: &mut Request<Bytes>) {
    for _ in 0..random.below(12) {
        let name = HeaderName::from_static(random.pick(&HEADERS));
        let value = match random.below(3) {
            0 => HeaderValue::from_str(random.pick(&TEXTS)),
            1 => HeaderValue::from_str(random.pick(&CONTENT_TYPES)),
            _ => HeaderValue::from_bytes(&random.bytes(64)).or_else(|_| HeaderValue::from_str("")),
        };
        if let Ok(value) = value {
            request.headers_mut().append(name, value);
        }
    }
}

/// A request, if it is valid HTTP.
pub(super) type BuiltRequest = http::Result<Request<Bytes>>;

/// A request of an operation: valid or with one violated constraint, and sometimes mutated.
fn operation(random: &mut Random) -> BuiltRequest {
    // Implemented operations have more behaviour to break, and a world without hubs exercises little.
    let operation = match random.below(8) {
        0 => Operation::EnableSecurityHub,
        1..=4 => BUILT[random.below(BUILT.len())],
        _ => Operation::ALL[random.below(Operation::ALL.len())],
    };
    let shape = operation.model().input;
    let mut input = match random.below(4) {
        0 => sample::valid(shape, true),
        1 => sample::valid(shape, false),
        _ => {
            let invalid_inputs = &INVALID_INPUTS[operation as usize];
            let chosen = random.below(invalid_inputs.len());
            invalid_inputs.get(chosen).map_or_else(|| sample::valid(shape, false), |invalid| invalid.input.clone())
        }
    };
    if random.one_in(3) {
        distort(random, &mut input, 0);
    }
    if !input.is_object() {
        input = Value::Object(serde_json::Map::new());
    }
    let mut request = client::try_request(operation, &input, &authorization(random, "securityhub"))?;
    if random.one_in(3) {
        let mut body = request.body().to_vec();
        mutate(random, &mut body);
        *request.body_mut() = body.into();
    }
    Ok(request)
}

/// Replaces a nested value.
fn distort(random: &mut Random, value: &mut Value, depth: usize) {
    let replace = depth > 0 && random.one_in(4);
    match value {
        Value::Object(members) if !replace && !members.is_empty() => {
            let chosen = random.below(members.len());
            if let Some((_, inner)) = members.iter_mut().nth(chosen) {
                distort(random, inner, depth + 1);
            }
        }
        Value::Array(items) if !replace && !items.is_empty() => {
            let chosen = random.below(items.len());
            distort(random, &mut items[chosen], depth + 1);
        }
        // A value from another operation's input, or one that is unusual by itself.
        _ if random.one_in(3) => {
            let invalid_inputs = &INVALID_INPUTS[random.below(INVALID_INPUTS.len())];
            *value = invalid_inputs
                .get(random.below(invalid_inputs.len()))
                .map_or(Value::Null, |invalid| invalid.input.clone());
        }
        _ => *value = serde_json::from_str(random.pick(&TEXTS)).unwrap_or(Value::Null),
    }
}

/// Truncates, changes and extends bytes.
pub fn mutate(random: &mut Random, body: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let at = random.below(body.len() + 1);
        match random.below(6) {
            0 => body.truncate(at),
            1 => body.splice(at..at, random.bytes(8)).for_each(drop),
            2 => body.splice(at..at, random.pick(&TEXTS).bytes()).for_each(drop),
            3 => {
                if let Some(byte) = body.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            4 => body.splice(at..at, "[".repeat(random.below(2_000)).bytes()).for_each(drop),
            _ => body.extend_from_within(..at.min(4_096)),
        }
    }
}

/// A request with any path, method and body.
fn anything(random: &mut Random) -> BuiltRequest {
    let mut path = String::from("/");
    for _ in 0..random.below(4) {
        let model = Operation::ALL[random.below(Operation::ALL.len())].model();
        let segment = random.below(6);
        match segment {
            0 => path.push_str("%2f%41"),
            1 => path.push_str("arn%3Aaws%3Asecurityhub%3A/x"),
            2 => path.push_str("%ff%"),
            3 => path.push('é'),
            _ => path.push_str(model.path.trim_start_matches('/').split('/').next().unwrap_or_default()),
        }
        path.push_str(random.pick(&["/", "", "//", "?MaxResults=", "?tagKeys=%", "&"]));
    }
    let body = if random.one_in(2_000) { vec![b' '; 6 * 1024 * 1024 + 1] } else { random.bytes(64) };
    build(random, &path, "securityhub", body)
}

/// A request with a more or less valid presigned query.
fn presigned(random: &mut Random) -> BuiltRequest {
    let credential = "111111111111%2F20260115%2Fus-east-1%2F";
    let service = random.pick(&SERVICES[..7]);
    let pairs = [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256".to_owned(),
        format!("X-Amz-Credential={credential}{service}%2Faws4_request"),
        "X-Amz-SignedHeaders=host".to_owned(),
        "X-Amz-Signature=00".to_owned(),
        format!("X-Amz-Date={}", random.pick(&["20260115T080000Z", "", "%ff", "x"])),
        format!("X-Amz-Expires={}", random.pick(&["60", "-1", "99999999999999999999"])),
        "Action=GetCallerIdentity".to_owned(),
    ];
    let mut query: Vec<u8> = Vec::new();
    for pair in &pairs {
        // Some parameters are missing, some are repeated.
        for _ in 0..[1, 1, 1, 1, 1, 1, 1, 1, 0, 2][random.below(10)] {
            query.extend(pair.bytes());
            query.push(b'&');
        }
    }
    if random.one_in(3) {
        mutate(random, &mut query);
    }
    let path = random.pick(&["/", "/accounts", "/findings", "/members", "/tags/x"]);
    let uri = format!("{path}?{}", String::from_utf8_lossy(&query));
    Request::builder().method(random.pick(&METHODS)).uri(uri).body(random.bytes(16).into())
}

/// A request of another service.
fn neighbour(random: &mut Random) -> BuiltRequest {
    let actions = [
        "Action=GetCallerIdentity",
        "Action=AssumeRole&RoleArn=arn:aws:iam::333333333333:role/x&RoleSessionName=ab",
        "Action=AssumeRole&RoleArn=%00",
        "Action=DescribeRegions",
        "Action=GetUser",
        "Action=ListAccountAliases",
        "Action=",
        "{}",
        "{\"MaxResults\":1}",
        "{\"AccountId\":\"1\"}",
        "<x>",
    ];
    let mut body = random.pick(&actions).as_bytes().to_vec();
    if random.one_in(3) {
        mutate(random, &mut body);
    }
    let service = random.pick(&SERVICES[..7]);
    let path = random.pick(&["/", "/?list-type=2", "/bucket/key", "/?Action=GetCallerIdentity"]);
    build(random, path, service, body)
}

fn control(random: &mut Random) -> BuiltRequest {
    let path = format!("/_emulator/{}", random.pick(&CONTROL));
    let mut body = b"{\"advance\":\"PT1S\"}".to_vec();
    if random.one_in(2) {
        mutate(random, &mut body);
    }
    build(random, &path, "securityhub", body)
}

fn build(random: &mut Random, path: &str, service: &str, body: Vec<u8>) -> BuiltRequest {
    let mut request = Request::builder().method(random.pick(&METHODS)).uri(path);
    if !random.one_in(10) {
        request = request.header("authorization", authorization(random, service));
    }
    let targets = ["DescribeOrganization", "ListAccounts", "ListRoots", "RegisterDelegatedAdministrator", "Nope", ""];
    request = request
        .header("content-type", random.pick(&CONTENT_TYPES))
        .header("x-amz-target", format!("AWSOrganizationsV20161128.{}", random.pick(&targets)));
    request.body(body.into())
}

/// Mostly valid, sometimes not.
pub(super) fn authorization(random: &mut Random, service: &str) -> String {
    let (mut account, mut region) =
        (random.pick(&["111111111111", "222222222222", "AKIA"]), random.pick(&["us-east-1", "eu-west-1"]));
    if random.one_in(20) {
        (account, region) = (random.pick(&["", "1", "x/y"]), random.pick(&["", "x y", "us-east-1"]));
    }
    let mut text = format!(
        "AWS4-HMAC-SHA256 Credential={account}/20260115/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    if random.one_in(10) {
        text.truncate(random.below(text.len()));
        text.extend(random.bytes(3).iter().map(|byte| char::from(byte % 94 + 33)));
    }
    text
}
