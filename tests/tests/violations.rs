//! For each constraint of each operation's input, a request that violates exactly this constraint.
#![allow(clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;

use http::Request;
use securityhub_fixtures::Operation;
use securityhub_local::operations;
use securityhub_local::wire::{input, route};
use securityhub_local_tests::client::{TestClient, request};
use securityhub_local_tests::sample::{self, InvalidInput};
use serde_json::{Value, json};

/// Number of constraints in all inputs. Fewer would mean that some were lost.
const CONSTRAINTS: usize = 13_900;

/// Rules: ERR-10.
#[test]
fn each_constraint_of_each_operation_is_enforced() {
    let client = TestClient::default();
    client.call(Operation::EnableSecurityHub, &json!({}));
    let mut counts = BTreeMap::new();
    for operation in Operation::ALL {
        let invalid_inputs = sample::invalid_inputs(operation.model().input);
        counts.insert(operation.name(), invalid_inputs.len());
        for invalid in invalid_inputs {
            check(&client, operation, &invalid);
        }
    }
    let total: usize = counts.values().sum();
    println!("{total} constraints: {counts:?}");
    assert_eq!(counts.len(), 126);
    assert!(total >= CONSTRAINTS, "{total} constraints");
}

fn check(client: &TestClient, operation: Operation, invalid: &InvalidInput) {
    let (status, body) = client.call(operation, &invalid.input);
    let context = || format!("{} {:?} {}: {body}", operation.name(), invalid.path, invalid.what);
    if is_of_an_item(operation, invalid) {
        assert_eq!(status, 200, "{}", context());
        assert_eq!(
            (&body["FailedCount"], &body["FailedFindings"][0]["ErrorCode"]),
            (&json!(1), &json!("InvalidInput")),
            "{}",
            context()
        );
        let message = &body["FailedFindings"][0]["ErrorMessage"];
        assert!(names(message, operation, invalid) && states_constraint(message, operation, invalid), "{}", context());
        return;
    }
    if is_of_a_rule(operation, invalid) {
        let unprocessed = &body["UnprocessedAutomationRules"][0];
        let expected = (200, &json!(400), &json!("InvalidInputException"));
        assert_eq!((status, &unprocessed["ErrorCode"], &unprocessed["ErrorMessage"]), expected, "{}", context());
        return;
    }
    let code = if operation.answers_validation_exception() { "ValidationException" } else { "InvalidInputException" };
    assert_eq!((status, &body["Code"]), (400, &json!(code)), "{}", context());
    let message = &body["Message"];
    assert!(names(message, operation, invalid) && states_constraint(message, operation, invalid), "{}", context());
}

/// Returns whether the violation concerns a single item, in an operation that validates items one by one. An item that
/// is not an object or has no ID refuses the call (IMP-25).
fn is_of_an_item(operation: Operation, invalid: &InvalidInput) -> bool {
    operation == Operation::BatchImportFindings
        && operations::entry(operation).per_item == invalid.path.first().map(String::as_str)
        && invalid.path.len() > 1
        && !(invalid.path.len() == 2
            && invalid.path[1] == "Id"
            && matches!(invalid.what, "missing" | "of the wrong type"))
}

/// Returns whether the violation concerns a single rule of a batch, which alone is unprocessed. Its ARN is required to
/// report it.
fn is_of_a_rule(operation: Operation, invalid: &InvalidInput) -> bool {
    let is_nameless = invalid.path.len() == 2
        && invalid.path[1] == "RuleArn"
        && matches!(invalid.what, "missing" | "of the wrong type" | "too short");
    operation == Operation::BatchUpdateAutomationRules && invalid.path.len() > 1 && !is_nameless
}

/// Returns whether a message names the invalid member.
fn names(message: &Value, operation: Operation, invalid: &InvalidInput) -> bool {
    let message = message.as_str().unwrap_or_default();
    let Some(name) = invalid.path.last() else { return false };
    if operation.answers_validation_exception() {
        let (first, rest) = name.split_at(1);
        message.contains(&format!("{}{rest}", first.to_ascii_lowercase()))
    } else {
        message.contains(name)
    }
}

/// Returns whether a message states the violated constraint, in the words of the operation's API version.
fn states_constraint(message: &Value, operation: Operation, invalid: &InvalidInput) -> bool {
    let is_parameter = invalid.path.len() == 1;
    let (classic, framework) = match invalid.what {
        "too few items" if is_parameter => ("is less than minimum value", "length greater than or equal to"),
        "too many items" if is_parameter => ("is greater than maximum value", "length less than or equal to"),
        "below the least value" if is_parameter => ("is less than minimum value", "value greater than or equal to"),
        "above the greatest value" if is_parameter => ("is greater than maximum value", "value less than or equal to"),
        "missing" => ("should have required property", "Member must not be null"),
        "of the wrong type" => ("should be ", "Member must be of type"),
        "too short" => ("should NOT be shorter than", "length greater than or equal to"),
        "too long" => ("should NOT be longer than", "length less than or equal to"),
        "too few items" | "too few pairs" => ("should NOT have fewer than", "length greater than or equal to"),
        "too many items" | "too many pairs" => ("should NOT have more than", "length less than or equal to"),
        "below the least value" => ("should be >= ", "value greater than or equal to"),
        "above the greatest value" => ("should be <= ", "value less than or equal to"),
        "no value of its enum" => ("should be equal to one of the allowed values", "satisfy enum value set"),
        "unlike its pattern" => ("should match pattern", "satisfy regular expression pattern"),
        "no date-time" => ("should match format \"date-time\"", "be of format date-time"),
        "no uri" => ("should match format \"uri\"", "be of format uri"),
        "a union without a member" | "a union with two members" => {
            ("should match exactly one schema in oneOf", "have exactly one of its members set")
        }
        other => panic!("{other} has no expected message"),
    };
    let message = message.as_str().unwrap_or_default();
    let (words, count) = if operation.answers_validation_exception() {
        (framework, message.matches("failed to satisfy constraint").count())
    } else {
        let sentences = [" should ", "is less than minimum value", "is greater than maximum value"];
        (classic, sentences.map(|words| message.matches(words).count()).iter().sum())
    };
    // A text that is too long often violates its pattern too, and an empty one its format.
    message.contains(words) && (count == 1 || matches!(invalid.what, "too long" | "too short"))
}

/// Rules: ERR-10.
#[test]
fn a_valid_input_violates_nothing() {
    for operation in Operation::ALL {
        for full in [false, true] {
            let input = sample::valid(operation.model().input, full);
            let request: Request<bytes::Bytes> = request(operation, &input, "-");
            let route = route::find(request.method(), request.uri().path()).unwrap();
            assert_eq!(route.operation, operation);
            let (parts, body) = request.into_parts();
            let body = input::Body::new(None, &parts, &body).unwrap();
            let read = input::read(operation, &route.labels, &parts, &body).unwrap();
            assert!(read.violations.is_empty(), "{}: {:?}", operation.name(), read.violations);
        }
    }
}

/// Rules: ERR-08.
#[test]
fn a_valid_call_passes_validation() {
    for operation in Operation::ALL {
        let client = TestClient::default();
        let (status, body) = client.call(operation, &sample::valid(operation.model().input, false));
        // Member and invitation operations return 400 if the hub is disabled (INV-04), which is checked after the
        // shape.
        assert!(status != 400 || body["Code"] == "BadRequestException", "{}: {body}", operation.name());
        // With all members the input may request something impossible, but its shape is valid.
        let (_, body) = client.call(operation, &sample::valid(operation.model().input, true));
        let message = body["Message"].as_str().unwrap_or_default();
        for words in [" should ", "validation error"] {
            assert!(!message.contains(words), "{}: {body}", operation.name());
        }
    }
}

#[test]
fn equal_requests_to_equal_worlds_get_equal_responses() {
    let answers = || {
        let client = TestClient::default();
        let calls = [
            Operation::DescribeHub,
            Operation::EnableSecurityHub,
            Operation::EnableSecurityHub,
            Operation::GetInsights,
        ];
        calls.map(|operation| {
            let response = client.send(request(operation, &json!({}), &client.authorization()));
            (response.status(), response.headers().clone(), response.into_body())
        })
    };
    assert_eq!(answers(), answers());
}
