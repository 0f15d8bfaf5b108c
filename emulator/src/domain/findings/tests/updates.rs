//! Re-imports of findings.

use serde_json::{Value, json};

use super::{
    Endpoint, REGION, Region, Sender, as_product, batch, hub, import, product_arn, read, read_finding, stored,
};
use crate::testing::{ADMINISTRATOR, MEMBER, Stage, finding};

/// Imports a finding with `first`, imports it again with `second`, and returns it as it is read afterwards.
fn twice(product: Option<&str>, first: Value, second: Value) -> Value {
    let stage = hub();
    for (with, updated_at) in [(first, "2026-01-10T08:00:00Z"), (second, "2026-01-11T08:00:00Z")] {
        let mut finding = finding("f", with);
        finding["UpdatedAt"] = json!(updated_at);
        match product {
            Some(product) => {
                finding["ProductArn"] = product_arn(product);
                as_product(&stage, &[finding]);
            }
            None => _ = stored(&stage, &finding),
        }
    }
    read(&stage, "f")
}

/// Rules: REI-02, REI-03.
#[test]
fn only_an_import_with_a_later_updated_at_instant_is_applied() {
    let stage = hub();
    stored(&stage, &finding("f", json!({ "UpdatedAt": "2026-01-10T08:00:00Z" })));
    let before = read(&stage, "f");
    stage.days_pass(1);
    for ignored in ["2026-01-10T08:00:00Z", "2026-01-10T09:59:00+02:00", "2026-01-09T00:00:00Z"] {
        import(&stage, &[finding("f", json!({ "UpdatedAt": ignored, "Title": "Other" }))]);
        assert_eq!(read(&stage, "f"), before, "{ignored}");
    }
    let after = stored(&stage, &finding("f", json!({ "UpdatedAt": "2026-01-10T10:01:00+02:00", "Title": "Other" })));
    assert_eq!((&after["Title"], &after["ProcessedAt"]), (&json!("Other"), &json!(stage.now())));
}

/// Rules: REI-05.
#[test]
fn an_import_leaves_customer_attributes_unchanged() {
    let first = json!({
        "Note": { "Text": "n", "UpdatedBy": "me", "UpdatedAt": "2026-01-10T08:00:00Z" },
        "UserDefinedFields": { "a": "b" },
        "VerificationState": "TRUE_POSITIVE",
        "Workflow": { "Status": "SUPPRESSED" },
    });
    let second =
        json!({ "VerificationState": "UNKNOWN", "Workflow": { "Status": "NEW" }, "UserDefinedFields": { "c": "d" } });
    let read = twice(None, first.clone(), second);
    for (name, value) in first.as_object().unwrap() {
        assert_eq!(&read[name], value);
    }
    let read = twice(None, json!({}), json!({ "VerificationState": "UNKNOWN" }));
    assert_eq!(read.get("VerificationState"), None, "an absent attribute stays absent");
}

/// Rules: REI-07, REI-10, REI-12.
#[test]
fn an_import_replaces_all_other_members() {
    let first =
        json!({ "CreatedAt": "2026-01-01T00:00:00Z", "SourceUrl": "x", "Confidence": 5, "RecordState": "ARCHIVED" });
    let read = twice(None, first, json!({ "CreatedAt": "2026-01-05T00:00:00Z", "Title": "New" }));
    assert_eq!(read["CreatedAt"], "2026-01-01T00:00:00Z");
    assert_eq!((read.get("SourceUrl"), read.get("Confidence")), (None, None));
    assert_eq!((&read["Title"], &read["RecordState"]), (&json!("New"), &json!("ACTIVE")));
}

fn workflow(status: &str, with: Value) -> Value {
    let mut with = with;
    with["Workflow"] = json!({ "Status": status });
    with
}

/// Rules: REI-20, REI-25.
#[test]
fn a_reactivated_finding_is_new_again_unless_suppressed() {
    for (from, to) in [("NOTIFIED", "NEW"), ("RESOLVED", "NEW"), ("SUPPRESSED", "SUPPRESSED"), ("NEW", "NEW")] {
        let read = twice(None, workflow(from, json!({ "RecordState": "ARCHIVED" })), json!({}));
        assert_eq!(read["Workflow"]["Status"], to, "from {from}");
    }
}

/// Rules: REI-21, REI-24, REI-26, REI-27.
#[test]
fn a_newly_failed_compliance_status_resets_the_workflow_status() {
    let status = |status: &str| json!({ "Compliance": { "Status": status } });
    for failing in ["FAILED", "WARNING", "NOT_AVAILABLE"] {
        let read = twice(None, workflow("RESOLVED", status("PASSED")), status(failing));
        assert_eq!(read["Workflow"]["Status"], "NEW", "PASSED to {failing}");
    }
    let kept = |first: Value, second: Value| {
        twice(None, workflow("NOTIFIED", first), second)["Workflow"]["Status"] == "NOTIFIED"
    };
    assert!(kept(status("FAILED"), status("WARNING")));
    assert!(kept(status("PASSED"), json!({})));
    assert!(kept(json!({}), status("FAILED")));
    assert!(kept(status("FAILED"), status("PASSED")), "PASSED changes nothing for other products");
}

/// Rules: REI-22, REI-23.
#[test]
fn a_passed_control_finding_is_resolved() {
    let status = |status: &str| json!({ "Compliance": { "Status": status } });
    for product in ["aws/securityhub", "aws/config"] {
        let read = twice(Some(product), status("FAILED"), status("PASSED"));
        assert_eq!(read["Workflow"]["Status"], "RESOLVED", "{product}");
        let read = twice(Some(product), workflow("SUPPRESSED", status("FAILED")), status("PASSED"));
        assert_eq!(read["Workflow"]["Status"], "SUPPRESSED", "{product}");
        let stage = hub();
        let mut created = finding("f", status("PASSED"));
        created["ProductArn"] = product_arn(product);
        as_product(&stage, &[created]);
        assert_eq!(self::read(&stage, "f")["Workflow"]["Status"], "RESOLVED", "{product} at creation");
    }
    assert_eq!(twice(Some("aws/config"), status("WARNING"), status("PASSED"))["Workflow"]["Status"], "NEW");
    assert_eq!(twice(Some("aws/securityhub"), status("WARNING"), status("PASSED"))["Workflow"]["Status"], "RESOLVED");
}

/// Rules: REI-08, REI-09.
#[test]
fn dates_of_the_provider_are_replaced_as_sent() {
    let first = json!({ "FirstObservedAt": "2026-01-02T00:00:00Z", "LastObservedAt": "2026-01-09T00:00:00Z" });
    let read = twice(None, first, json!({ "FirstObservedAt": "2026-01-03T00:00:00Z" }));
    assert_eq!(
        (&read["UpdatedAt"], &read["FirstObservedAt"]),
        (&json!("2026-01-11T08:00:00Z"), &json!("2026-01-03T00:00:00Z"))
    );
    assert_eq!(read.get("LastObservedAt"), None);
}

/// Rules: REI-13.
#[test]
fn the_same_id_of_another_account_is_another_finding() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    for account in [ADMINISTRATOR, MEMBER] {
        let with = json!({ "ProductArn": product_arn("aws/guardduty"), "AwsAccountId": account });
        as_product(&stage, &[finding("f", with)]);
    }
    assert_eq!(stage.0.finding_count(), 2);
}

/// Rules: REI-28.
#[test]
fn imports_update_a_suppressed_finding() {
    let read = twice(None, workflow("SUPPRESSED", json!({})), json!({ "Title": "Later" }));
    assert_eq!((&read["Title"], &read["Workflow"]["Status"]), (&json!("Later"), &json!("SUPPRESSED")));
}

/// Rules: REI-30.
#[test]
fn an_archived_finding_stays_readable() {
    let read = twice(None, json!({}), json!({ "RecordState": "ARCHIVED" }));
    assert_eq!(read["RecordState"], "ARCHIVED");
}

/// Rules: REI-01.
#[test]
fn a_key_with_escapes_identifies_the_same_finding() {
    let stage = hub();
    for (day, spelled) in [(10, "a/b"), (11, "\\u0061/b"), (12, "a\\/b")] {
        let finding = finding("ID", json!({ "UpdatedAt": format!("2026-01-{day}T08:00:00Z"), "Title": spelled }));
        let text = finding.to_string().replace("\"ID\"", &format!("\"{spelled}\""));
        let sent = [read_finding(&text).unwrap()];
        let (region, directory) = (Region::new(REGION), stage.0.directory());
        let endpoint = Endpoint { world: &stage.0, directory: &directory, region: &region, now: stage.0.clock.now() };
        let mut transaction = stage.0.write_findings();
        assert_eq!(batch(&mut transaction, &endpoint, Sender::Product, &sent).unwrap().failed, []);
        transaction.commit();
        assert_eq!((stage.0.finding_count(), &read(&stage, "a/b")["Title"]), (1, &json!(spelled)));
    }
}
