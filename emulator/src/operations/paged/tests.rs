//! Invariants of all lists that are answered in pages.

use securityhub_fixtures::Operation::{
    self, CreateFindingAggregator, DescribeStandardsControls, EnableOrganizationAdminAccount, EnableSecurityHubV2,
    GetEnabledStandards, GetFindingHistory, GetFindingsTrendsV2, GetRecommendedPolicyV2, GetResourcesTrendsV2,
    GetSoftwareResourcesV2, ListAutomationRules, ListConnectors, ListConnectorsV2, ListExposuresByRemediationV2,
    ListStandardsControlAssociations, UpdateOrganizationConfiguration,
};
use serde_json::{Value, json};

use crate::operations::{Handler, entry, recommended_policies_v2, remediations_v2};
use crate::testing::{ADMINISTRATOR, Stage};

const MANAGEMENT: &str = "999999999999";

/// A caller that may read all lists: a delegated administrator with central configuration.
fn stage() -> Stage {
    let stage = Stage::empty();
    stage.organization(&[(MANAGEMENT, "management"), (ADMINISTRATOR, "security")]);
    stage.good(MANAGEMENT, EnableOrganizationAdminAccount, json!({ "AdminAccountId": ADMINISTRATOR }));
    stage.good(ADMINISTRATOR, CreateFindingAggregator, json!({ "RegionLinkingMode": "ALL_REGIONS" }));
    let central = json!({
        "AutoEnable": false,
        "AutoEnableStandards": "NONE",
        "OrganizationConfiguration": { "ConfigurationType": "CENTRAL" },
    });
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, central);
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    stage
}

/// The required input of an operation.
fn required(stage: &Stage, operation: Operation) -> Value {
    match operation {
        DescribeStandardsControls => {
            let standards = stage.good(ADMINISTRATOR, GetEnabledStandards, json!({}));
            let arn = &standards["StandardsSubscriptions"][0]["StandardsSubscriptionArn"];
            json!({ "StandardsSubscriptionArn": arn })
        }
        GetFindingHistory => json!({ "FindingIdentifier": { "Id": "a", "ProductArn": "arn:aws:a:::product/a/a" } }),
        GetSoftwareResourcesV2 => json!({ "PackageName": "openssl", "PackageType": "library" }),
        GetFindingsTrendsV2 | GetResourcesTrendsV2 => {
            json!({ "StartTime": "2026-01-14T00:00:00Z", "EndTime": "2026-01-15T00:00:00Z" })
        }
        GetRecommendedPolicyV2 => recommended_policies_v2::tests::generated(stage),
        ListExposuresByRemediationV2 => remediations_v2::tests::target(stage),
        ListStandardsControlAssociations => json!({ "SecurityControlId": "IAM.1" }),
        _ => json!({}),
    }
}

/// Rules: SRT-15, ARN-13.
#[test]
fn every_list_refuses_an_invalid_token() {
    let stage = stage();
    let is_paged = |operation: &Operation| {
        let has_own = [ListAutomationRules, ListConnectors, ListConnectorsV2].contains(operation);
        operation.model().paginator.is_some() || has_own
    };
    let is_built = |operation: &Operation| !matches!(entry(*operation).run, Handler::Missing);
    let lists: Vec<Operation> = Operation::ALL.iter().copied().filter(is_paged).filter(is_built).collect();
    assert!(lists.len() >= 18, "{lists:?}");
    for operation in lists {
        let mut input = required(&stage, operation);
        stage.good(ADMINISTRATOR, operation, input.clone());
        input["NextToken"] = json!("00");
        let is_v2 = operation.answers_validation_exception();
        let code = if is_v2 { "ValidationException" } else { "InvalidInputException" };
        let message = stage.refused(ADMINISTRATOR, operation, input, 400, code);
        assert_eq!(message, "Invalid NextToken", "{}", operation.name());
    }
}
