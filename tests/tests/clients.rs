//! Tests of requests that real clients send and of behaviour they rely on.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use securityhub_fixtures::Operation;
use securityhub_local::Emulator;
use securityhub_local_tests::client::TestClient;
use securityhub_local_tests::{answer, sample};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:securityhub:us-east-1:111111111111:hub/default";

/// Sends a form request to another service.
fn query(client: &TestClient, service: &str, form: &'static str) -> Response<Bytes> {
    let request = Request::post("/")
        .header("authorization", client.authorization().replace("/securityhub/", &format!("/{service}/")))
        .header("content-type", "application/x-www-form-urlencoded; charset=utf-8")
        .body(Bytes::from_static(form.as_bytes()));
    client.send(request.unwrap())
}

fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

/// Rules: CLN-01, TAG-01.
#[test]
fn an_arn_in_a_path_may_be_raw_or_encoded() {
    let client = TestClient::enabled();
    for path in [
        format!("/tags/{ARN}"),
        format!("/tags/{}", ARN.replace(':', "%3A")),
        format!("/tags/{}", ARN.replace(':', "%3a").replace('/', "%2f")),
        format!("/tags/{}", ARN.replace('/', "%2F")),
    ] {
        let request = Request::get(&path).header("authorization", client.authorization()).body(Bytes::new()).unwrap();
        let answered = answer::check(Some(Operation::ListTagsForResource), &client.send(request));
        assert_eq!(answered, (200, json!({ "Tags": {} })), "{path}");
    }
}

/// Rules: CLN-02.
#[test]
fn a_call_without_body_length_and_type_is_accepted() {
    let client = TestClient::default();
    for (method, operation) in [("POST", Operation::EnableSecurityHub), ("DELETE", Operation::DisableSecurityHub)] {
        let request = Request::builder().method(method).uri("/accounts");
        let request = request.header("authorization", client.authorization()).body(Bytes::new()).unwrap();
        assert_eq!(answer::check(Some(operation), &client.send(request)), (200, json!({})), "{method}");
    }
}

/// Rules: CLN-05, CLN-06.
#[test]
fn empty_lists_are_present_and_the_last_page_has_no_token() {
    let client = TestClient::enabled();
    assert_eq!(client.call(Operation::GetFindings, &json!({})), (200, json!({ "Findings": [] })));
    let finding = sample::finding("111111111111");
    let imported = client.call(Operation::BatchImportFindings, &json!({ "Findings": [finding] }));
    assert_eq!(imported, (200, json!({ "FailedCount": 0, "SuccessCount": 1, "FailedFindings": [] })));
    let (_, page) = client.call(Operation::GetFindings, &json!({ "MaxResults": 1 }));
    let members: Vec<_> = page.as_object().unwrap().keys().collect();
    assert_eq!(members, ["Findings"], "the last page can be full");
}

/// Rules: TF-01, TF-05.
#[test]
fn sts_returns_the_account_on_the_same_endpoint() {
    let response = query(&TestClient::default(), "sts", "Action=GetCallerIdentity&Version=2011-06-15");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/xml");
    let text = text(&response);
    assert!(text.contains("<Account>111111111111</Account>"), "{text}");
    assert!(text.contains("<Arn>arn:aws:iam::111111111111:user/local</Arn>"), "{text}");
}

/// Rules: TF-03.
#[test]
fn other_operations_that_return_the_account_are_answered_too() {
    let client = TestClient::default();
    let response = query(&client, "iam", "Action=GetUser&Version=2010-05-08");
    assert_eq!(response.status(), 200);
    assert!(text(&response).contains("<Arn>arn:aws:iam::111111111111:user/local</Arn>"), "{}", text(&response));
    let response = query(&client, "iam", "Action=ListRoles&MaxItems=1&Version=2010-05-08");
    assert_eq!(response.status(), 400, "clients would retry a 5xx");
}

/// Rules: NB-01 to NB-07.
#[test]
fn calls_of_clients_to_other_services_are_answered() {
    let client = TestClient::default();
    for (service, form) in [
        ("sts", "Action=GetCallerIdentity&Version=2011-06-15"),
        (
            "sts",
            "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2Fa&RoleSessionName=session&Version=2011-06-15",
        ),
        ("iam", "Action=GetUser&Version=2010-05-08"),
        ("iam", "Action=ListAccountAliases&Version=2010-05-08"),
        ("ec2", "Action=DescribeRegions&AllRegions=false&Version=2016-11-15"),
    ] {
        let response = query(&client, service, form);
        assert_eq!(response.status(), 200, "{form}: {}", text(&response));
    }
    let buckets = Request::get("/").header("authorization", client.authorization().replace("/securityhub/", "/s3/"));
    assert_eq!(client.send(buckets.body(Bytes::new()).unwrap()).status(), 200);
    for operation in ["DescribeOrganization", "ListAccounts", "ListRoots", "ListAWSServiceAccessForOrganization"] {
        let request = Request::post("/")
            .header("authorization", client.authorization().replace("/securityhub/", "/organizations/"))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AWSOrganizationsV20161128.{operation}"));
        let response = client.send(request.body(Bytes::from_static(b"{}")).unwrap());
        // There is no organization here; the error that says so is a valid response.
        assert_eq!(response.status(), 400);
        assert!(text(&response).contains("AWSOrganizationsNotInUseException"), "{operation}: {}", text(&response));
    }
}

/// Rules: TF-04.
#[test]
fn the_hub_of_an_unknown_account_is_not_found() {
    let input = json!({ "HubArn": "arn:aws:securityhub:us-east-1::hub/default" });
    let (status, body) = TestClient::enabled().call(Operation::DescribeHub, &input);
    assert_eq!((status, &body["Code"]), (404, &json!("ResourceNotFoundException")));
}

/// Rules: TF-06.
#[test]
fn regions_on_one_endpoint_are_separate() {
    let mut client = TestClient::enabled();
    let described = |client: &TestClient| client.call(Operation::DescribeHub, &json!({}));
    assert_eq!(described(&client).1["HubArn"], ARN);
    client.region = "us-west-2".to_owned();
    assert_eq!(described(&client).0, 401);
    client.call(Operation::EnableSecurityHub, &json!({}));
    let input = json!({ "AutoEnableControls": false });
    client.call(Operation::UpdateSecurityHubConfiguration, &input);
    assert_eq!(described(&client).1["AutoEnableControls"], false);
    client.region = "us-east-1".to_owned();
    assert_eq!(described(&client).1["AutoEnableControls"], true);
}

/// Rules: TF-10.
#[test]
fn a_response_has_a_content_length_and_keeps_the_connection_open() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let emulator = runtime.block_on(Emulator::start()).unwrap();
    let mut stream = TcpStream::connect(emulator.endpoint().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let request = format!(
        "GET /accounts HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\r\n",
        TestClient::default().authorization()
    );
    let mut buffer = [0; 8 * 1024];
    for _ in 0..200 {
        stream.write_all(request.as_bytes()).unwrap();
        let read = stream.read(&mut buffer).unwrap();
        let answer = std::str::from_utf8(&buffer[..read]).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head in one read");
        let head = head.to_ascii_lowercase();
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "the head and the body arrive together: {answer}"
        );
        assert!(!head.contains("connection: close"), "{head}");
        assert_eq!(serde_json::from_str::<Value>(body).unwrap()["Code"], "InvalidAccessException");
    }
}
