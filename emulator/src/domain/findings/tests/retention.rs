//! How long findings are kept (findings.md section 7).

use securityhub_fixtures::Operation::{BatchImportFindings, DisableSecurityHub, EnableSecurityHub, GetFindings};
use serde_json::{Value, json};

use super::{as_product, hub, import, product_arn, read, stored};
use crate::state::MemberStatus;
use crate::testing::{ADMINISTRATOR, MEMBER, Stage, finding, finding_of};

#[test]
fn ret_01_ret_02_findings_expire_after_30_and_90_days() {
    let stage = hub();
    let archived = json!({ "RecordState": "ARCHIVED", "UpdatedAt": "2020-01-01T00:00:00Z" });
    import(&stage, &[finding("active", json!({})), finding("archived", archived)]);
    stage.days_pass(29);
    assert_eq!(read(&stage, "archived")["Id"], "archived", "it counts from the import");
    stage.days_pass(2);
    assert_eq!(read(&stage, "archived"), Value::Null);
    assert_eq!(read(&stage, "active")["Id"], "active");
    stage.days_pass(60);
    assert_eq!(read(&stage, "active"), Value::Null);
    assert_eq!(stage.0.finding_count(), 0);
}

#[test]
fn ret_02_a_control_finding_counts_from_its_own_update() {
    let stage = hub();
    let control =
        finding("f", json!({ "ProductArn": product_arn("aws/securityhub"), "UpdatedAt": "2025-11-01T00:00:00Z" }));
    as_product(&stage, &[control]);
    stage.days_pass(10);
    assert_eq!(read(&stage, "f")["Id"], "f");
    stage.days_pass(10);
    assert_eq!(read(&stage, "f"), Value::Null);
}

#[test]
fn hub_16_hub_18_ret_06_a_dormant_hub_keeps_findings_and_hides_them() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    let findings = json!({ "Findings": [finding_of(MEMBER, "a", json!({})), finding_of(MEMBER, "r", json!({ "RecordState": "ARCHIVED" }))] });
    stage.good(MEMBER, BatchImportFindings, findings);
    let seen = |account: &str| {
        stage.call(account, GetFindings, json!({})).map(|answer| answer["Findings"].as_array().unwrap().len())
    };
    stage.good(MEMBER, DisableSecurityHub, json!({}));
    stage.member(MemberStatus::Enabled);
    assert_eq!(seen(ADMINISTRATOR), Ok(0));
    assert_eq!(seen(MEMBER).unwrap_err().0, 401);
    stage.days_pass(40);
    stage.good(MEMBER, EnableSecurityHub, json!({}));
    assert_eq!((seen(ADMINISTRATOR), seen(MEMBER)), (Ok(1), Ok(1)), "the archived one is gone");
}

#[test]
fn ret_04_an_archived_finding_counts_from_its_archiving() {
    let stage = hub();
    stored(&stage, &finding("f", json!({})));
    stage.days_pass(60);
    stored(&stage, &finding("f", json!({ "RecordState": "ARCHIVED", "UpdatedAt": "2026-01-11T00:00:00Z" })));
    stage.days_pass(29);
    assert_eq!(read(&stage, "f")["Id"], "f");
    stage.days_pass(2);
    assert_eq!(read(&stage, "f"), Value::Null);
}

#[test]
fn rei_01_rei_04_srt_08_a_finding_that_expired_begins_anew() {
    let stage = hub();
    let resolved = json!({ "Workflow": { "Status": "RESOLVED" }, "RecordState": "ARCHIVED" });
    import(&stage, &[finding("f", resolved), finding("g", json!({}))]);
    stage.days_pass(31);
    let again = stored(&stage, &finding("f", json!({ "CreatedAt": "2026-02-01T00:00:00Z" })));
    assert_eq!((&again["Workflow"]["Status"], &again["CreatedAt"]), (&json!("NEW"), &json!("2026-02-01T00:00:00Z")));
    let all = stage.good(ADMINISTRATOR, GetFindings, json!({}));
    let ids: Vec<_> = all["Findings"].as_array().unwrap().iter().map(|finding| &finding["Id"]).collect();
    assert_eq!(ids, ["g", "f"], "it comes last");
}
