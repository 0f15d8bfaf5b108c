//! Tests of lookups of single findings.

use securityhub_fixtures::Operation::{BatchImportFindings, CreateAggregatorV2, EnableSecurityHubV2, GetFindingsV2};
use serde_json::json;

use super::super::lookup;
use crate::domain::caller::Caller;
use crate::state::{Principal, Region};
use crate::testing::{ADMINISTRATOR, REGION, Stage, finding, id};

const LINKED: &str = "eu-west-1";

/// Rules: AGV-10, TKV-02.
#[test]
fn a_finding_from_before_its_region_was_linked_is_not_visible_until_it_is_written_again() {
    let stage = Stage::empty();
    for region in [REGION, LINKED] {
        stage.call_in(region, ADMINISTRATOR, EnableSecurityHubV2, json!({})).unwrap();
        stage.call_in(region, ADMINISTRATOR, securityhub_fixtures::Operation::EnableSecurityHub, json!({})).unwrap();
    }
    let import = |updated_at: &str| {
        let mut finding = finding("a", json!({ "UpdatedAt": updated_at }));
        finding["ProductArn"] = json!("arn:aws:securityhub:eu-west-1:111111111111:product/111111111111/default");
        let findings = json!({ "Findings": [finding] });
        let answer = stage.call_in(LINKED, ADMINISTRATOR, BatchImportFindings, findings).unwrap();
        assert_eq!(answer["SuccessCount"], 1, "{answer}");
    };
    import("2026-01-10T08:00:00Z");
    let found = stage.call_in(LINKED, ADMINISTRATOR, GetFindingsV2, json!({})).unwrap();
    let uid = found["Findings"][0]["metadata"]["uid"].as_str().unwrap();
    let link = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": [LINKED] });
    stage.good(ADMINISTRATOR, CreateAggregatorV2, link);
    let principal = Principal::local_user(id(ADMINISTRATOR));
    let caller = Caller { principal, region: Region::new(REGION), now: stage.0.clock.now() };
    let is_seen = || (lookup::find(&stage.0, &caller, uid).is_some(), lookup::is_visible(&stage.0, &caller, uid));
    assert_eq!(is_seen(), (false, false));
    import("2026-01-11T08:00:00Z");
    assert_eq!(is_seen(), (true, true));
}
