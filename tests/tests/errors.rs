//! Tests of errors: their form, order and messages.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use bytes::Bytes;
use http::{Request, Response};
use securityhub_fixtures::Operation;
use securityhub_local::operations::{Coverage, entry};
use securityhub_local_tests::client::{TestClient, request};
use securityhub_local_tests::{answer, sample};
use serde_json::{Value, json};

const OTHER: &str = "222222222222";

fn send(
    client: &TestClient,
    method: &str,
    path: &str,
    authorization: Option<&str>,
    body: &'static str,
) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    client.send(request.body(Bytes::from_static(body.as_bytes())).unwrap())
}

/// Calls an operation and returns the status, code and message of its error.
fn refused(client: &TestClient, operation: Operation, input: &Value) -> (u16, String, String) {
    let (status, body) = client.call(operation, input);
    (status, text(&body["Code"]), text(&body["Message"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string")).to_owned()
}

/// Rules: ERR-01, CLN-04.
#[test]
fn an_error_has_its_code_twice_and_its_message_once() {
    let client = TestClient::default();
    let response = client.send(request(Operation::DescribeHub, &json!({}), &client.authorization()));
    let header = |name: &str| response.headers()[name].to_str().unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("x-amzn-errortype"), "InvalidAccessException");
    assert_eq!(header("x-amzn-requestid").len(), 36);
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    let expected = json!({
        "Message": "Account 111111111111 is not subscribed to AWS Security Hub",
        "Code": "InvalidAccessException",
    });
    assert_eq!(body, expected);
}

/// Rules: ERR-05.
#[test]
fn an_unknown_path_is_404_and_a_wrong_method_405() {
    let client = TestClient::default();
    for (method, path, status) in [("GET", "/nothing/here", 404), ("GET", "/", 404), ("PUT", "/accounts", 405)] {
        let response = send(&client, method, path, Some(&client.authorization()), "");
        let (found, body) = answer::check(None, &response);
        assert_eq!((found, &body["Code"]), (status, &json!("UnknownOperationException")), "{method} {path}");
        assert!(text(&body["Message"]).contains(path), "{body}");
    }
}

/// Rules: ERR-06, TF-07.
#[test]
fn unimplemented_operations_are_named_and_never_a_5xx() {
    let client = TestClient::enabled();
    let missing = Operation::ALL.into_iter().filter(|&operation| entry(operation).coverage == Coverage::Missing);
    for operation in missing {
        let input = sample::valid(operation.model().input, false);
        let (status, code, message) = refused(&client, operation, &input);
        assert_eq!((status, code.as_str()), (404, "UnknownOperationException"), "{message}");
        assert!(message.contains(operation.name()), "{message}");
    }
}

/// Rules: ERR-08.
#[test]
fn checks_are_made_in_a_fixed_order() {
    let client = TestClient::default();
    let signed = client.authorization();
    let check = |method: &str, path: &str, authorization, body, operation, status: u16, code: &str| {
        let response = send(&client, method, path, authorization, body);
        let (found, body) = answer::check(operation, &response);
        assert_eq!((found, &body["Code"]), (status, &json!(code)), "{method} {path}: {body}");
    };
    // Each call also violates what the later stages check.
    check("GET", "/nothing", None, "{", None, 403, "MissingAuthenticationTokenException");
    check("GET", "/nothing", Some("Bearer x"), "{", None, 403, "IncompleteSignatureException");
    check("GET", "/nothing", Some(&signed), "{", None, 404, "UnknownOperationException");
    let statistics = Some(Operation::GetFindingStatisticsV2);
    let valid = r#"{"GroupByRules":[{"GroupByField":"activity_name"}]}"#;
    check("POST", "/findingsv2/statistics", Some(&signed), "{", statistics, 400, "ValidationException");
    check("POST", "/findingsv2/statistics", Some(&signed), "{}", statistics, 400, "ValidationException");
    check("POST", "/findingsv2/statistics", Some(&signed), valid, statistics, 409, "ConflictException");
    let findings = Some(Operation::GetFindings);
    check("POST", "/findings", Some(&signed), r#"{"MaxResults":0}"#, findings, 400, "InvalidInputException");
    check("POST", "/findings", Some(&signed), r#"{"NextToken":"no token"}"#, findings, 401, "InvalidAccessException");
    client.call(Operation::EnableSecurityHub, &json!({}));
    check("POST", "/findings", Some(&signed), r#"{"NextToken":"no token"}"#, findings, 400, "InvalidInputException");
}

/// Rules: ERR-09.
#[test]
fn each_api_version_has_its_code_for_a_bad_request() {
    let client = TestClient::enabled();
    for (operation, expected) in [
        (Operation::GetFindings, "InvalidInputException"),
        (Operation::GetFindingsV2, "ValidationException"),
        (Operation::ListConnectorsV2, "ValidationException"),
    ] {
        let (status, code, message) = refused(&client, operation, &json!({ "MaxResults": 1_000 }));
        assert_eq!((status, code.as_str()), (400, expected), "{message}");
    }
}

/// Rules: ERR-12.
#[test]
fn an_error_message_begins_with_its_subject() {
    let client = TestClient::enabled();
    let mut wrong = sample::finding("111111111111");
    wrong["Resources"] = json!([]);
    let (_, body) = client.call(Operation::BatchImportFindings, &json!({ "Findings": [wrong] }));
    assert_eq!(
        body["FailedFindings"][0]["ErrorMessage"],
        "Finding does not adhere to Amazon Finding Format. data.Resources should NOT have fewer than 1 items."
    );
    let filters = json!({ "Filters": { "CreatedAt": [{ "DateRange": { "Value": "7", "Unit": "DAYS" } }] } });
    assert_eq!(
        refused(&client, Operation::GetFindings, &filters).2,
        "Invalid Filters in the input: data.CreatedAt[0].DateRange.Value should be number"
    );
    assert_eq!(
        refused(&client, Operation::GetFindings, &json!({ "MaxResults": 101 })).2,
        "Invalid parameter 'MaxResults'. '101' is greater than maximum value: 100."
    );
}

/// Rules: ERR-13, ERR-15, ERR-16, ERR-20.
#[test]
fn responses_while_the_hub_is_disabled() {
    let client = TestClient::default();
    let arn = json!({ "ResourceArn": "arn:aws:securityhub:us-east-1:111111111111:hub/default" });
    for (operation, input, expected) in [
        (Operation::GetFindings, json!({}), (401, "InvalidAccessException")),
        (Operation::UpdateSecurityHubConfiguration, json!({}), (401, "InvalidAccessException")),
        (Operation::DisableSecurityHub, json!({}), (404, "ResourceNotFoundException")),
        (Operation::ListTagsForResource, arn, (404, "ResourceNotFoundException")),
    ] {
        let (status, code, message) = refused(&client, operation, &input);
        assert_eq!((status, code.as_str()), expected, "{}: {message}", operation.name());
    }
    assert_eq!(client.call(Operation::EnableSecurityHub, &json!({})).0, 200);
    let (status, code, message) = refused(&client, Operation::EnableSecurityHub, &json!({}));
    assert_eq!((status, code.as_str()), (409, "ResourceConflictException"), "{message}");
}

/// Rules: ERR-18.
#[test]
fn an_error_for_a_forbidden_product_names_caller_action_and_product() {
    let client = TestClient::enabled();
    let (status, code, message) =
        refused(&client, Operation::BatchImportFindings, &json!({ "Findings": [sample::finding(OTHER)] }));
    assert_eq!((status, code.as_str()), (403, "AccessDeniedException"));
    assert_eq!(
        message,
        "User: arn:aws:iam::111111111111:user/local is not authorized to perform: securityhub:BatchImportFindings on \
         resource: arn:aws:securityhub:us-east-1:222222222222:product/222222222222/default"
    );
}
