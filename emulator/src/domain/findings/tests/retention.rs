//! Retention of findings.

use securityhub_fixtures::Operation::{
    BatchImportFindings, DisableSecurityHub, EnableSecurityHub, GetFindings, UpdateFindings,
};
use serde_json::{Value, json};

use super::{as_product, hub, import, product_arn, read, stored};
use crate::domain::findings::{delivery, import as importing};
use crate::state::MemberStatus;
use crate::testing::{ADMINISTRATOR, MEMBER, Stage, finding, finding_of};

/// Rules: RET-01, RET-02.
#[test]
fn findings_expire_after_30_and_90_days() {
    let stage = hub();
    let archived = json!({ "RecordState": "ARCHIVED", "UpdatedAt": "2020-01-01T00:00:00Z" });
    import(&stage, &[finding("active", json!({})), finding("archived", archived)]);
    stage.days_pass(29);
    assert_eq!(read(&stage, "archived")["Id"], "archived", "the retention period begins with the import");
    stage.days_pass(2);
    assert_eq!(read(&stage, "archived"), Value::Null);
    assert_eq!(read(&stage, "active")["Id"], "active");
    stage.days_pass(60);
    assert_eq!(read(&stage, "active"), Value::Null);
    assert_eq!(stage.0.finding_count(), 0);
}

/// Rules: RET-02, RET-05.
#[test]
fn the_retention_of_an_old_recorded_finding_starts_at_its_import() {
    for (product, state, kept) in
        [("aws/securityhub", "ACTIVE", 90), ("aws/securityhub", "ARCHIVED", 30), ("aws/guardduty", "ACTIVE", 90)]
    {
        let stage = hub();
        let recorded = json!({
            "ProductArn": product_arn(product), "RecordState": state, "UpdatedAt": "2021-11-01T00:00:00Z",
        });
        as_product(&stage, &[finding("f", recorded)]);
        stage.days_pass(kept - 1);
        assert_eq!(read(&stage, "f")["Id"], "f", "{product} {state}");
        stage.days_pass(1);
        stage.after_clock_change();
        assert_eq!(read(&stage, "f"), Value::Null, "{product} {state}");
    }
}

/// Rules: RET-01, RET-02.
#[test]
fn findings_with_escaped_dates_and_states_expire_like_plain_ones() {
    let stage = hub();
    let plain = finding("plain", json!({ "UpdatedAt": "2026-01-10T08:00:00Z", "RecordState": "ARCHIVED" })).to_string();
    let texts = [
        plain.clone(),
        plain.replace("plain", "state").replace("\"ARCHIVED\"", "\"\\u0041RCHIVED\""),
        plain.replace("plain", "updated").replace("2026-01-10T08", "2026-01-\\u00310T08"),
    ];
    let items: Vec<_> = texts.iter().map(|text| importing::read_finding(text).unwrap()).collect();
    let mut transaction = stage.0.write_findings();
    let outcome = delivery::deliver(&mut transaction, &stage.0, stage.0.clock.now(), &items).unwrap();
    transaction.commit();
    assert_eq!((outcome.success_count, stage.0.finding_count()), (3, 3), "{:?}", outcome.failed);
    stage.days_pass(30);
    stage.after_clock_change();
    assert_eq!(stage.0.finding_count(), 0);
}

/// Rules: RET-02, RET-03.
#[test]
fn a_future_update_extends_retention_and_archiving_by_a_customer_shortens_it() {
    let stage = hub();
    import(&stage, &[finding("later", json!({ "UpdatedAt": "2026-01-25T09:00:00Z" })), finding("now", json!({}))]);
    let archive = json!({
        "Filters": { "Id": [{ "Value": "now", "Comparison": "EQUALS" }] }, "RecordState": "ARCHIVED",
    });
    stage.good(ADMINISTRATOR, UpdateFindings, archive);
    let living = |days| {
        stage.days_pass(days);
        stage.after_clock_change();
        ["later", "now"].map(|id| read(&stage, id) != Value::Null)
    };
    assert_eq!(living(29), [true, true]);
    assert_eq!(living(1), [true, false]);
    assert_eq!(living(69), [true, false]);
    assert_eq!(living(1), [false, false]);
}

/// Rules: HUB-16, HUB-18, RET-06.
#[test]
fn a_dormant_hub_keeps_findings_and_hides_them() {
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
    assert_eq!((seen(ADMINISTRATOR), seen(MEMBER)), (Ok(1), Ok(1)), "the archived finding has expired");
}

/// Rules: RET-04.
#[test]
fn the_retention_of_an_archived_finding_starts_when_it_is_archived() {
    let stage = hub();
    stored(&stage, &finding("f", json!({})));
    stage.days_pass(60);
    stored(&stage, &finding("f", json!({ "RecordState": "ARCHIVED", "UpdatedAt": "2026-01-11T00:00:00Z" })));
    stage.days_pass(29);
    assert_eq!(read(&stage, "f")["Id"], "f");
    stage.days_pass(2);
    assert_eq!(read(&stage, "f"), Value::Null);
}

/// Rules: REI-01, REI-04, SRT-08.
#[test]
fn importing_an_expired_finding_creates_it_again() {
    let stage = hub();
    let resolved = json!({ "Workflow": { "Status": "RESOLVED" }, "RecordState": "ARCHIVED" });
    import(&stage, &[finding("f", resolved), finding("g", json!({}))]);
    stage.days_pass(31);
    let again = stored(&stage, &finding("f", json!({ "CreatedAt": "2026-02-01T00:00:00Z" })));
    assert_eq!((&again["Workflow"]["Status"], &again["CreatedAt"]), (&json!("NEW"), &json!("2026-02-01T00:00:00Z")));
    let all = stage.good(ADMINISTRATOR, GetFindings, json!({}));
    let ids: Vec<_> = all["Findings"].as_array().unwrap().iter().map(|finding| &finding["Id"]).collect();
    assert_eq!(ids, ["g", "f"], "a finding that was stored again is last");
}
