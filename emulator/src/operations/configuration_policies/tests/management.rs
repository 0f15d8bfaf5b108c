//! The management account, whose hub Security Hub never enables.

use securityhub_fixtures::Operation::{
    DisableSecurityHub, EnableSecurityHub, GetConfigurationPolicyAssociation, UpdateSecurityHubConfiguration,
};
use serde_json::json;

use super::{
    ADMINISTRATOR, GOVERNED, MANAGEMENT, OTHER_REGION, ROOT, central, create, governs, is, off, says, start, target,
};
use crate::testing::REGION;

/// Rules: CCF-31, CCF-46, HUB-07.
#[test]
fn the_management_account_can_enable_its_hub_although_a_policy_governs_it() {
    let stage = central();
    let policy = create(&stage, "p", says(&[]));
    start(&stage, &policy, ROOT);
    let failed = is(&policy, "INHERITED", "FAILED");
    assert_eq!(governs(&stage, MANAGEMENT), failed);
    let read = stage.good(ADMINISTRATOR, GetConfigurationPolicyAssociation, target(MANAGEMENT));
    assert_eq!(read["AssociationStatusMessage"], "Security Hub is not enabled in the organization management account.");
    stage.good(MANAGEMENT, EnableSecurityHub, json!({}));
    assert_eq!(governs(&stage, MANAGEMENT), failed, "its hub is disabled in the other Region");
    stage.call_in(OTHER_REGION, MANAGEMENT, EnableSecurityHub, json!({})).unwrap();
    assert_eq!(governs(&stage, MANAGEMENT), is(&policy, "INHERITED", "SUCCESS"));
    for region in [REGION, OTHER_REGION] {
        for operation in [UpdateSecurityHubConfiguration, DisableSecurityHub] {
            let refused = stage.call_in(region, MANAGEMENT, operation, json!({})).unwrap_err();
            assert_eq!((refused.0, refused.2.as_str()), (403, GOVERNED), "{operation:?}");
        }
    }
    let root = is(&policy, "APPLIED", "FAILED");
    assert_eq!(governs(&stage, ROOT), root, "a parent keeps its status until it is associated again");
    start(&stage, &policy, ROOT);
    assert_eq!(governs(&stage, ROOT), is(&policy, "APPLIED", "SUCCESS"));
}

/// Rules: CCF-30, CCF-46.
#[test]
fn the_management_account_cannot_enable_its_hub_against_an_applied_policy() {
    let stage = central();
    let policy = create(&stage, "off", off());
    start(&stage, &policy, ROOT);
    assert_eq!(governs(&stage, MANAGEMENT), is(&policy, "INHERITED", "SUCCESS"));
    let refused = stage.call(MANAGEMENT, EnableSecurityHub, json!({})).unwrap_err();
    assert_eq!((refused.0, refused.2.as_str()), (403, GOVERNED));
}
