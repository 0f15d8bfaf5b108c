//! Requests of hostile sizes: long lists, large maps, repeated keys, deep nesting, long texts, many parameters. They
//! are cheap to send and try to be expensive to answer.

use std::fmt::Write as _;
use std::sync::LazyLock;

use bytes::Bytes;
use http::Request;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::bits::Random;
use super::requests::{BUILT, BuiltRequest, authorization};
use crate::client;
use crate::collections::{self, Collection, Items};

/// The lists and maps in inputs of implemented operations.
static COLLECTIONS: LazyLock<Vec<Collection>> =
    LazyLock::new(|| collections::all().into_iter().filter(|it| BUILT.contains(&it.operation)).collect());

/// Components of texts: plain, escaped, multi-byte, and special characters of patterns and paths.
const PARTS: [&str; 12] = ["a", "*", "?", "*a", "\"", "\\", "é", "\u{1F600}", "${a}", " ", ":", "a,"];
/// Values that fill lists, whether valid there or not.
const VALUES: [&str; 10] = ["{}", "1", "null", "\"\"", "\"a\"", "[]", "[[]]", "{\"a\":1}", "true", "-1e9"];
const MEMBERS: [&str; 9] =
    ["Findings", "Filters", "Criteria", "ProductFields", "Resources", "Tags", "AccountIds", "Type", "type"];

/// A request of a hostile size.
pub(super) fn request(random: &mut Random) -> BuiltRequest {
    match random.below(10) {
        0..=3 => collection(random),
        4..=5 => text(random),
        6 => filters(random),
        7 => query(random),
        8 => form(random),
        _ => control(random),
    }
}

/// From one to tens of thousands, with all magnitudes equally likely.
fn size(random: &mut Random) -> usize {
    let magnitude = [10, 100, 1_000, 1_000, 10_000, 10_000, 30_000][random.below(7)];
    1 + random.below(magnitude)
}

/// An input of an operation with many items in a list or map.
fn collection(random: &mut Random) -> BuiltRequest {
    let collection = &COLLECTIONS[random.below(COLLECTIONS.len())];
    let items = [Items::Valid, Items::Valid, Items::Equal, Items::Wrong][random.below(4)];
    let input = collection.input(size(random).min(5_000), items);
    client::try_request(collection.operation, &input, &authorization(random, "securityhub"))
}

/// A body that no JSON value could produce: repeated keys, deep nesting, or one long text.
fn text(random: &mut Random) -> BuiltRequest {
    let operation = BUILT[random.below(BUILT.len())];
    let mut request = client::try_request(operation, &json!({}), &authorization(random, "securityhub"))?;
    *request.body_mut() = body(random).into();
    Ok(request)
}

fn body(random: &mut Random) -> String {
    let size = size(random);
    let member = random.pick(&MEMBERS);
    let value = random.pick(&VALUES);
    match random.below(8) {
        0 => format!("{{{}}}", vec![format!("\"{member}\":{value}"); size].join(",")),
        1 => format!("{{\"{member}\":[{}]}}", vec![value; size].join(",")),
        2 => {
            let pairs: Vec<String> = (0..size).map(|number| format!("\"{number}\":{value}")).collect();
            format!("{{\"{member}\":{{{}}}}}", pairs.join(","))
        }
        3 => format!("{{\"{member}\":{}", "[".repeat(size)),
        4 => format!("{{\"{member}\":{}1{}}}", "{\"a\":".repeat(size), "}".repeat(size)),
        5 => json!({ member: random.pick(&PARTS).repeat(size) }).to_string(),
        6 => json!({ random.pick(&PARTS).repeat(size): value }).to_string(),
        _ => {
            let finding = r#"{"Id":"a","Resources":[{"Id":"a","Type":"b","Tags":{"#;
            let tags: Vec<String> = (0..size).map(|number| format!("\"{number}\":{value}")).collect();
            format!("{{\"Findings\":[{finding}{}}}}}]}}]}}", tags.join(","))
        }
    }
}

/// Filters with many values, or with a few long ones.
fn filters(random: &mut Random) -> BuiltRequest {
    let many = random.one_in(2);
    let (count, length) = if many { (size(random).min(5_000), 1) } else { (20, size(random)) };
    let part = random.pick(&PARTS);
    let comparison = random.pick(&["EQUALS", "PREFIX", "NOT_EQUALS", "PREFIX_NOT_EQUALS", "CONTAINS", "NOT_CONTAINS"]);
    let value = |number: usize| json!({ "Value": format!("{number}{}", part.repeat(length / 20 + 1)), "Comparison": comparison });
    let values: Vec<Value> = (0..count).map(value).collect();
    let names = ["Title", "Id", "ResourceId", "Keyword", "ProductFields", "UpdatedAt", "SeverityNormalized"];
    let filters: Value = (0..=random.below(names.len())).map(|at| (names[at].to_owned(), json!(values))).collect();
    let (operation, input) = match random.below(3) {
        0 => (Operation::CreateInsight, json!({ "Name": "a", "Filters": filters, "GroupByAttribute": "Id" })),
        1 => (Operation::CreateAutomationRule, json!({ "RuleName": "a", "RuleOrder": 1, "Criteria": filters })),
        _ => (Operation::GetFindings, json!({ "Filters": filters })),
    };
    client::try_request(operation, &input, &authorization(random, "securityhub"))
}

/// Query parameters and path labels, up to the maximum length of a path.
fn query(random: &mut Random) -> BuiltRequest {
    let text = utf8_percent_encode(&random.pick(&PARTS).repeat(1 + random.below(4_000)), NON_ALPHANUMERIC).to_string();
    let path = match random.below(3) {
        0 => format!("/tags/arn%3Aaws%3Asecurityhub?{}", "tagKeys=a&".repeat(1 + random.below(4_000))),
        1 => format!("/tags/{text}"),
        _ => format!("/members?NextToken={text}"),
    };
    Request::builder()
        .method(random.pick(&["GET", "DELETE", "POST"]))
        .uri(path)
        .header("authorization", authorization(random, "securityhub"))
        .body(Bytes::new())
}

/// A form of another service with many parameters.
fn form(random: &mut Random) -> BuiltRequest {
    let (service, action, parameter) = [
        ("ec2", "DescribeRegions", "Filter.#.Name=region-name&Filter.#.Value.1=x"),
        ("ec2", "DescribeRegions&Filter.1.Name=endpoint", "Filter.1.Value.#=x"),
        ("ec2", "DescribeRegions", "RegionName.#=us-east-1"),
        ("sts", "AssumeRole&RoleArn=arn:aws:iam::333333333333:role/x&RoleSessionName=ab", "PolicyArns.member.#.arn=a"),
        ("sts", "GetCallerIdentity", "x=%2a"),
        ("iam", "GetUser", "UserName=a"),
    ][random.below(6)];
    let mut body = if random.one_in(4) {
        let statement = json!({
            "Effect": "Allow",
            "Action": "*",
            "Resource": random.pick(&PARTS).repeat(random.below(1_500)),
            "Condition": { "StringLike": { "aws:username": "*a".repeat(random.below(200)) } },
        });
        let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        let policy = utf8_percent_encode(&policy, NON_ALPHANUMERIC);
        format!("Action=AssumeRole&RoleArn=arn:aws:iam::333333333333:role/x&RoleSessionName=ab&Policy={policy}")
    } else {
        format!("Action={action}")
    };
    for number in 1..=size(random).min(10_000) {
        _ = write!(body, "&{}", parameter.replace('#', &number.to_string()));
    }
    Request::post("/")
        .header("authorization", authorization(random, service))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.into())
}

/// A body of the control plane with many entries, or an event pattern.
fn control(random: &mut Random) -> BuiltRequest {
    let value = random.pick(&VALUES);
    let count = size(random).min(2_000);
    let many = |item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(",");
    let account = |number: usize| 222_222_000_000 + number;
    let (method, path, body) = match random.below(9) {
        0 => ("PUT", "resources", format!("[{}]", many(&|_| (*value).to_owned()))),
        1 => ("PUT", "resources", format!("[{}]", many(&|number| resource(number % 100)))),
        2 => ("PUT", "resources", format!("[&a {{x: {value}}}{}]", ", *a".repeat(count))),
        3 => ("POST", "findings", format!("[{}]", many(&|_| (*value).to_owned()))),
        4 => {
            let details = many(&|number| format!(r#"{{"AccountId":"{}"}}"#, account(number)));
            let administrator = r#""Administrator":"111111111111","Regions":["us-east-1"]"#;
            ("POST", "members", format!(r#"{{{administrator},"AccountDetails":[{details}],"Invite":true}}"#))
        }
        5 => {
            let names = many(&|number| format!(r#"{{"Id":"{number}","ProductArn":"p"}}"#));
            ("POST", "custom-actions", format!(r#"{{"ActionTargetArn":"x","FindingIdentifiers":[{names}]}}"#))
        }
        6 => {
            let values = many(&|number| format!(r#"{{"Value":"{number}","Comparison":"EQUALS"}}"#));
            let filters = format!(r#"{{"Title":[{values}]}}"#);
            let whose = r#""Account":"111111111111","Region":"us-east-1","Id":"a""#;
            ("POST", "explain", format!(r#"{{{whose},"Filters":{filters}}}"#))
        }
        7 => {
            let regions = many(&|number| format!(r#""us-east-{number}""#));
            (
                "PUT",
                "config-recorder",
                format!(r#"{{"Account":"111111111111","Regions":[{regions}],"Recorder":"off"}}"#),
            )
        }
        _ => return pattern(random),
    };
    Request::builder().method(method).uri(format!("/_emulator/{path}")).body(body.into())
}

fn resource(number: usize) -> String {
    format!(r#"{{"account":"111111111111","regions":["us-east-1"],"type":"AwsS3Bucket","id":"b{number}"}}"#)
}

/// A pattern of many alternatives, conditions or wildcards.
fn pattern(random: &mut Random) -> BuiltRequest {
    let count = 1 + random.below(300);
    let pattern = match random.below(4) {
        0 => json!({ "detail": { "findings": { "Title": [{ "wildcard": "a*".repeat(count) }] } } }).to_string(),
        1 => {
            let one = r#"{"account":["1"]},{"region":["x"]}"#;
            let or = format!(r#""$or":[{}]"#, vec![one; 1 + count / 20].join(","));
            format!("{{{or},{or},\"detail-type\":[{}]}}", vec!["1"; count].join(","))
        }
        2 => {
            let there = json!([{ "exists": true }]);
            let both = json!({ "Id": there, "Type": there, "Tags": { "env": [{ "exists": false }] } });
            json!({ "detail": { "findings": { "Resources": both, "Types": there, "Id": there } } }).to_string()
        }
        _ => format!("{}1{}", "{\"a\":".repeat(count), "}".repeat(count)),
    };
    let pattern = utf8_percent_encode(&pattern, NON_ALPHANUMERIC).to_string();
    Request::get(format!("/_emulator/events?pattern={pattern}")).body(Bytes::new())
}
