//! Tests of resources, recorders and checks through the control plane.

use super::*;

const STANDARD: &str = r#"{"StandardsSubscriptionRequests":[{"StandardsArn":"arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1"}]}"#;

fn bucket(fails: &Value) -> Value {
    json!({ "account": ADMINISTRATOR, "regions": "all", "type": "AWS::S3::Bucket", "id": "pay", "fails": fails })
}

fn put(service: &Service, path: &str, body: &Value) -> (u16, Value) {
    send(service, "PUT", path, body.to_string())
}

fn status(service: &Service, control: &str) -> Vec<(String, String)> {
    let filter = json!([{ "Value": control, "Comparison": "EQUALS" }]);
    let filters = json!({ "Filters": { "ComplianceSecurityControlId": filter } });
    let (_, found) = post(service, "/findings", filters.to_string());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let each = |finding: &Value| (text(&finding["Compliance"]["Status"]), text(&finding["RecordState"]));
    found["Findings"].as_array().unwrap().iter().map(each).collect()
}

fn expect(service: &Service, control: &str, expected: &[(&str, &str)]) {
    let found = status(service, control);
    let found: Vec<(&str, &str)> = found.iter().map(|(status, state)| (&**status, &**state)).collect();
    assert_eq!(found, expected, "{control}");
}

/// Rules: RES-10, FND-33.
#[test]
fn resources_are_added_changed_and_deleted_until_a_reset_restores_them() {
    let service = service();
    assert_eq!(post(&service, "/standards/register", STANDARD).0, 200);
    assert_eq!(send(&service, "GET", "/_emulator/resources", "").1, json!({ "resources": [] }));
    assert_eq!(post(&service, "/_emulator/checks/run", "").0, 400);
    let (code, answer) = put(&service, "/_emulator/resources", &bucket(&json!(["S3.5"])));
    assert_eq!(code, 200, "{answer}");
    expect(&service, "S3.5", &[("FAILED", "ACTIVE")]);
    let listed = send(&service, "GET", &format!("/_emulator/resources?account={ADMINISTRATOR}"), "").1;
    let entry = &listed["resources"][0];
    assert_eq!((&entry["type"], &entry["id"]), (&json!("AwsS3Bucket"), &json!("arn:aws:s3:::pay")));
    assert_eq!((&entry["regions"], &entry["fails"]), (&json!(["us-east-1"]), &json!(["S3.5"])));
    assert_eq!(put(&service, "/_emulator/resources", &listed["resources"]).1, listed, "the list can be sent again");
    put(&service, "/_emulator/resources", &json!([bucket(&json!([]))]));
    expect(&service, "S3.5", &[("PASSED", "ACTIVE")]);
    let path = format!("/_emulator/resources?account={ADMINISTRATOR}&type=AwsS3Bucket&id=pay");
    assert_eq!(send(&service, "DELETE", &path, "").0, 200);
    expect(&service, "S3.5", &[("NOT_AVAILABLE", "ARCHIVED")]);
    assert_eq!(send(&service, "DELETE", &path, "").0, 404);
    let run = post(&service, "/_emulator/checks/run", "").1;
    assert_eq!(run["Checked"], json!([{ "Account": ADMINISTRATOR, "Region": "us-east-1" }]));
    post(&service, "/_emulator/reset", "");
    assert_eq!(service.world().resources(), None);
}

/// Rules: RES-01.
#[test]
fn listed_resources_are_complete_and_can_be_sent_again() {
    let service = service();
    let mut whole = bucket(&json!(["S3.5"]));
    let more = json!({
        "regions": ["us-east-1"], "type": "AwsS3Bucket", "id": "arn:aws:s3:::pay",
        "warns": { "S3.8": "CONFIG_RULE_EVALUATION_ERROR" }, "not_available": { "S3.2": "INTERNAL_SERVICE_ERROR" },
        "not_applicable": ["S3.3"], "annotation": { "S3.5": "seen" }, "tags": { "team": "pay" },
        "details": { "OwnerId": "x" }, "reasons": { "S3.5": "THROTTLING_ERROR" },
        "when": [{ "control": "S3.11", "parameter": "eventTypes", "fails_if": "!= s3:ObjectCreated:*" }],
    });
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (code, answer) = put(&service, "/_emulator/resources", &whole);
    assert_eq!((code, &answer["resources"][0]), (200, &whole));
}

/// Rules: RES-03.
#[test]
fn invalid_resources_get_the_messages_of_scenarios_and_are_not_declared() {
    let service = service();
    for (body, expected) in [
        (bucket(&json!(["S3.55"])), "line 1, column"),
        (bucket(&json!(["S3.55"])), "unknown control `S3.55`, expected a control that checks resources of this type"),
        (json!({ "account": ADMINISTRATOR, "regions": "all" }), "missing key `type` in a resource"),
        (
            json!({ "account": "1", "regions": ["us-east-9"], "type": "AwsS3Bukket", "id": "x" }),
            "did you mean `AwsS3Bucket`?",
        ),
        (json!("x"), "a resource cannot be the string `x`"),
        (
            json!({ "account": ADMINISTRATOR, "regions": "all", "type": "AwsCertificateManagerCertificate", "id": "x",
                "when": [{ "control": "ACM.1", "parameter": "daysToExpiration", "fails_if": ">= soon" }] }),
            "`>= soon` is not a valid comparison for a parameter of type Integer",
        ),
        (
            json!({ "account": ADMINISTRATOR, "regions": "all", "type": "AwsCertificateManagerCertificate", "id": "x",
                "when": [{ "control": "ACM.1", "parameter": "daysToExpire", "fails_if": ">= 4" }] }),
            "ACM.1 has no parameter `daysToExpire`",
        ),
    ] {
        let (code, answer) = put(&service, "/_emulator/resources", &body);
        assert_eq!(code, 400, "{answer}");
        assert!(answer["Message"].as_str().unwrap().contains(expected), "{expected}: {answer}");
    }
    assert_eq!(service.world().resources(), None);
}

/// Rules: RES-05, STD-61, FND-34.
#[test]
fn recorders_are_turned_on_and_off() {
    let service = service();
    put(&service, "/_emulator/resources", &json!([]));
    let switch = |recorder: Value| {
        let body = json!({ "Account": ADMINISTRATOR, "Regions": ["us-east-1"], "Recorder": recorder });
        put(&service, "/_emulator/config-recorder", &body)
    };
    assert_eq!(switch(json!("off")).0, 200);
    post(&service, "/standards/register", STANDARD);
    expect(&service, "Config.1", &[("FAILED", "ACTIVE")]);
    let subscribed = || {
        let pci = "arn:aws:securityhub:us-east-1:111111111111:subscription/pci-dss/v/3.2.1";
        let input = json!({ "StandardsSubscriptionArns": [pci] });
        post(&service, "/standards/get", input.to_string()).1["StandardsSubscriptions"][0]["StandardsStatus"].clone()
    };
    assert_eq!(switch(json!("on")).0, 200);
    expect(&service, "Config.1", &[("PASSED", "ACTIVE")]);
    assert_eq!(subscribed(), "READY");
    assert_eq!(switch(json!({ "Types": ["AWS::S3::Bucket"], "Role": "custom" })).0, 200);
    expect(&service, "Config.1", &[("FAILED", "ACTIVE")]);
    for recorder in [json!("of"), json!({ "Types": ["AwsS3Bukket"] }), json!(7)] {
        assert_eq!(switch(recorder).0, 400);
    }
    let elsewhere = json!({ "Account": ADMINISTRATOR, "Regions": ["eu-west-1"], "Recorder": "on" });
    assert!(
        put(&service, "/_emulator/config-recorder", &elsewhere).1["Message"]
            .as_str()
            .unwrap()
            .contains("is not enabled")
    );
}

/// The checks of a new standard are done before the next call, even if it is a call of the control plane.
///
/// Rules: EVT-09, FND-33.
#[test]
fn deleted_events_include_those_of_work_that_is_due() {
    let service = service();
    put(&service, "/_emulator/resources", &bucket(&json!(["S3.5"])));
    assert_eq!(post(&service, "/standards/register", STANDARD).0, 200);
    assert_eq!(send(&service, "DELETE", "/_emulator/events", "").0, 200);
    assert_eq!(send(&service, "GET", "/_emulator/events", "").1["Events"], json!([]));
    expect(&service, "S3.5", &[("FAILED", "ACTIVE")]);
}
