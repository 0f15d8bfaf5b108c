//! Tests of exports to an S3 endpoint, with a small server that checks signatures and stores objects.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, mpsc};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{ExportTarget, S3Endpoint};
use crate::service::{Service, Settings};
use crate::wire::{identity, signature};

const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, \
                         SignedHeaders=host, Signature=00";

/// A stored object: its content type and content.
type Stored = (String, Bytes);

/// A server with the bucket `exports`. It accepts requests that are signed with the secret key `secret` for eu-west-1.
struct Bucket {
    address: SocketAddr,
    objects: Arc<Mutex<BTreeMap<String, Stored>>>,
}

impl Bucket {
    fn start() -> Bucket {
        let objects = Arc::new(Mutex::new(BTreeMap::new()));
        let (sender, receiver) = mpsc::channel();
        let stored = Arc::clone(&objects);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                sender.send(listener.local_addr().unwrap()).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    let stored = Arc::clone(&stored);
                    let answer = service_fn(move |request| put(request, Arc::clone(&stored)));
                    tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
                }
            });
        });
        Bucket { address: receiver.recv().unwrap(), objects }
    }

    fn endpoint(&self, secret: &str) -> S3Endpoint {
        endpoint(&format!("http://{}", self.address), secret)
    }
}

fn endpoint(url: &str, secret: &str) -> S3Endpoint {
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIALOCAL"),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_REGION", ""),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ];
    S3Endpoint::new(url, |name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    })
    .unwrap()
}

async fn put(
    request: Request<Incoming>,
    objects: Arc<Mutex<BTreeMap<String, Stored>>>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let signed = identity::signature(&parts).unwrap().unwrap();
    let scope = (signed.access_key.as_str(), signed.region.as_str(), signed.service.as_str());
    assert_eq!((parts.method.as_str(), scope), ("PUT", ("AKIALOCAL", "eu-west-1", "s3")));
    assert!(signed.header_names().any(|name| name == "x-amz-security-token"), "{signed:?}");
    let is_genuine = signature::verify(&signed, "secret", &parts.method, &parts.uri, &parts.headers, &body).is_ok();
    let key = percent_decode_str(parts.uri.path()).decode_utf8().unwrap().into_owned();
    let (status, error) = match (is_genuine, key.starts_with("/exports/")) {
        (false, _) => (StatusCode::FORBIDDEN, Some(("SignatureDoesNotMatch", "It does not match &amp; is refused."))),
        (true, false) => (StatusCode::NOT_FOUND, Some(("NoSuchBucket", "The specified bucket does not exist"))),
        (true, true) => (StatusCode::OK, None),
    };
    let text = error.map(|(code, message)| {
        format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>")
    });
    if text.is_none() {
        let content_type = parts.headers["content-type"].to_str().unwrap().to_owned();
        objects.lock().insert(key, (content_type, body));
    }
    let mut response = Response::new(Full::new(Bytes::from(text.unwrap_or_default())));
    *response.status_mut() = status;
    Ok(response)
}

fn send(service: &Service, method: &str, path: &str, body: &Value) -> Value {
    let request = Request::builder().method(method).uri(path).header("authorization", SIGNATURE);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(service.handle(request.body(body.to_string().into()).unwrap()));
    assert!(response.status().is_success(), "{response:?}");
    serde_json::from_slice(response.body()).unwrap()
}

/// The job after its end.
fn export(endpoint: S3Endpoint, bucket: &str, prefix: &str) -> Value {
    let service =
        Service::new(Settings { export_target: ExportTarget::S3(endpoint), ..Settings::default() }, None).unwrap();
    send(&service, "POST", "/hubv2", &json!({}));
    let key = "arn:aws:kms:us-east-1:111111111111:key/1";
    let s3 = json!({ "BucketArn": format!("arn:aws:s3:::{bucket}"), "KmsKeyArn": key, "ObjectPrefix": prefix });
    let output = json!({ "Findings": { "Format": "CSV", "SelectedFields": ["severity"] } });
    let job = json!({ "Destination": { "S3": s3 }, "OutputConfiguration": output });
    let id = send(&service, "POST", "/exportjobsv2", &job)["ExportJobId"].as_str().unwrap().to_owned();
    let shown = send(&service, "GET", &format!("/_emulator/exports/{id}"), &json!({}));
    assert_eq!(shown["Exported"], Value::Null, "{shown}");
    send(&service, "GET", &format!("/exportjobsv2/{id}"), &json!({}))
}

/// Rules: EXV-08.
#[test]
fn an_export_is_put_to_an_s3_endpoint() {
    let bucket = Bucket::start();
    for prefix in ["daily", "/a b/..//c+d&é=%20/", ""] {
        let job = export(bucket.endpoint("secret"), "exports", prefix);
        assert_eq!((&job["Status"], &job["FailureCode"]), (&json!("SUCCEEDED"), &Value::Null), "{job}");
        let objects = std::mem::take(&mut *bucket.objects.lock());
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let key = format!("/exports/{prefix}{}/findings.csv", job["ExportJobId"].as_str().unwrap());
        assert_eq!(objects, BTreeMap::from([(key, ("text/csv".to_owned(), Bytes::from("severity\r\n")))]));
    }
}

/// Rules: EXV-05, EXV-08.
#[test]
fn a_refused_object_is_the_failure_of_its_job() {
    let bucket = Bucket::start();
    let failure = |job: Value| {
        assert_eq!(job["Status"], "FAILED", "{job}");
        let id = job["ExportJobId"].as_str().unwrap();
        let text = |name: &str| job[name].as_str().unwrap().replace(id, "ID");
        (text("FailureCode"), text("FailureMessage"))
    };
    let url = format!("http://{}", bucket.address);
    let (code, message) = failure(export(bucket.endpoint("secret"), "other", "a"));
    let refused =
        "refused other/a/ID/findings.csv with 404 Not Found (NoSuchBucket: The specified bucket does not exist)";
    assert_eq!((code.as_str(), message), ("RESOURCE_NOT_FOUND", format!("the S3 endpoint {url} {refused}")));
    let (code, message) = failure(export(bucket.endpoint("another"), "exports", "a"));
    let refused = "403 Forbidden (SignatureDoesNotMatch: It does not match & is refused.)";
    assert!(code == "ACCESS_DENIED" && message.ends_with(refused), "{message}");
    assert!(bucket.objects.lock().is_empty());
    let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let (code, message) = failure(export(endpoint(&format!("http://{free}"), "secret"), "exports", "a"));
    let unreachable = format!("cannot send exports/a/ID/findings.csv to the S3 endpoint http://{free}: ");
    assert!(code == "INTERNAL_ERROR" && message.starts_with(&unreachable), "{message}");
}

/// Rules: EXV-08.
#[test]
fn an_endpoint_needs_a_url_and_credentials() {
    let refusal = |url: &str, given: &[&str]| {
        S3Endpoint::new(url, |name| given.contains(&name).then(|| "x".to_owned())).unwrap_err()
    };
    let (key, secret) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
    for url in
        ["", "localhost:9000", "http://", "http://a:b@localhost", "http://localhost/bucket", "http://h?x=1", "ftp://h"]
    {
        let message = refusal(url, &[key, secret]);
        assert!(message.contains("expected a URL of the form http://HOST:PORT"), "{url}: {message}");
    }
    assert!(
        refusal("https://s3.eu-west-1.amazonaws.com", &[key, secret]).contains("needs TLS, which is not supported")
    );
    assert_eq!(refusal("http://minio:9000", &[secret]), "the environment variable AWS_ACCESS_KEY_ID is not set");
    assert_eq!(refusal("http://minio:9000/", &[key]), "the environment variable AWS_SECRET_ACCESS_KEY is not set");
    let shown = format!("{:?}", endpoint("http://[::1]", "secret-key"));
    assert!(!shown.contains("secret-key"), "{shown}");
}
