//! Rules of V2 hubs and their features, tested through the operations.

use securityhub_fixtures::Operation::{
    self, DescribeHub, DescribeSecurityHubV2, DisableOrganizationAdminAccount, DisableSecurityHub,
    DisableSecurityHubFeatureV2, DisableSecurityHubV2, EnableOrganizationAdminAccount, EnableSecurityHub,
    EnableSecurityHubFeatureV2, EnableSecurityHubV2, GetAggregatorV2, GetEnabledStandards,
    ListEnabledProductsForImport, ListTagsForResource, TagResource, UntagResource,
};
use serde_json::{Value, json};

use crate::domain::caller::Caller;
use crate::domain::hub_v2_access;
use crate::state::{Principal, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, id};

const MANAGEMENT: &str = "444444444444";
const OTHER: &str = "333333333333";
const OUTSIDER: &str = "555555555555";
const OTHER_REGION: &str = "eu-west-1";
const SCANNING: &str = "NETWORK_SCANNING";

fn on() -> Stage {
    let stage = Stage::empty();
    enable(&stage);
    stage
}

fn enable(stage: &Stage) -> String {
    let answer = stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    answer["HubV2Arn"].as_str().unwrap().to_owned()
}

fn describe(stage: &Stage) -> Value {
    stage.good(ADMINISTRATOR, DescribeSecurityHubV2, json!({}))
}

fn feature(stage: &Stage) -> Value {
    describe(stage)["Features"][SCANNING].clone()
}

/// Rules: ARN-02, HV2-01, HV2-04, O2G-09.
#[test]
fn a_new_hub_v2_is_described_with_all_features() {
    let stage = Stage::empty();
    let arn = enable(&stage);
    let id = arn.strip_prefix("arn:aws:securityhub:us-east-1:111111111111:hubv2/").expect("the ARN of a V2 hub");
    assert_eq!(id.len(), 36, "a UUID: {id}");
    assert_eq!(
        describe(&stage),
        json!({
            "HubV2Arn": arn,
            "SubscribedAt": "2026-01-15T09:00:00.000Z",
            "Features": { SCANNING: { "FeatureStatus": "DISABLED", "UpdatedAt": "2026-01-15T09:00:00.000Z" } },
        })
    );
}

/// Rules: HV2-02, UNK-06.
#[test]
fn enabling_an_enabled_hub_v2_has_no_effect() {
    let stage = on();
    let before = describe(&stage);
    stage.days_pass(1);
    let again = stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({ "Tags": { "team": "red" } }));
    assert_eq!(again["HubV2Arn"], before["HubV2Arn"]);
    assert_eq!(describe(&stage), before);
    let tags = stage.good(ADMINISTRATOR, ListTagsForResource, json!({ "ResourceArn": before["HubV2Arn"] }));
    assert_eq!(tags, json!({ "Tags": {} }), "the tags of the second call are ignored");
}

/// Rules: HV2-03, O2G-07, ERR-17.
#[test]
fn both_halves_have_their_own_hubs() {
    let stage = on();
    stage.refused(ADMINISTRATOR, DescribeHub, json!({}), 401, "InvalidAccessException");
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    let products = stage.good(ADMINISTRATOR, ListEnabledProductsForImport, json!({}));
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    stage.good(ADMINISTRATOR, DescribeHub, json!({}));
    enable(&stage);
    assert_eq!(stage.good(ADMINISTRATOR, GetEnabledStandards, json!({}))["StandardsSubscriptions"], json!([]));
    assert_eq!(stage.good(ADMINISTRATOR, ListEnabledProductsForImport, json!({})), products);
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    describe(&stage);
}

/// Rules: O2G-01, HV2-07.
#[test]
fn a_hub_v2_belongs_to_an_account_and_a_region() {
    let stage = on();
    let is_on = |region: &str, account: &str| stage.call_in(region, account, DescribeSecurityHubV2, json!({})).is_ok();
    assert!(!is_on(OTHER_REGION, ADMINISTRATOR) && !is_on(REGION, MEMBER));
    stage.call_in(OTHER_REGION, ADMINISTRATOR, EnableSecurityHubV2, json!({})).unwrap();
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    assert!(is_on(OTHER_REGION, ADMINISTRATOR) && !is_on(REGION, ADMINISTRATOR));
}

/// Rules: HV2-05.
#[test]
fn features_are_enabled_and_disabled() {
    let stage = on();
    let name = json!({ "FeatureName": SCANNING });
    stage.days_pass(1);
    assert_eq!(stage.good(ADMINISTRATOR, EnableSecurityHubFeatureV2, name.clone()), json!({}));
    let enabled = json!({ "FeatureStatus": "ENABLED", "UpdatedAt": "2026-01-16T09:00:00.000Z" });
    assert_eq!(feature(&stage), enabled);
    stage.days_pass(1);
    stage.good(ADMINISTRATOR, EnableSecurityHubFeatureV2, name.clone());
    assert_eq!(feature(&stage), enabled, "the second call changes nothing");
    assert_eq!(stage.good(ADMINISTRATOR, DisableSecurityHubFeatureV2, name.clone()), json!({}));
    assert_eq!(feature(&stage), json!({ "FeatureStatus": "DISABLED", "UpdatedAt": "2026-01-17T09:00:00.000Z" }));
    let unknown = json!({ "FeatureName": "SCANNING" });
    stage.refused(ADMINISTRATOR, EnableSecurityHubFeatureV2, unknown, 400, "ValidationException");
    stage.refused(MEMBER, EnableSecurityHubFeatureV2, name, 404, "ResourceNotFoundException");
}

/// Rules: HV2-06, TAG-02.
#[test]
fn a_hub_v2_can_be_tagged() {
    let stage = Stage::empty();
    let answer = stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({ "Tags": { "team": "red" } }));
    let arn = &answer["HubV2Arn"];
    let tags = |account: &str| stage.call(account, ListTagsForResource, json!({ "ResourceArn": arn }));
    assert_eq!(tags(ADMINISTRATOR).unwrap()["Tags"], json!({ "team": "red" }));
    stage.good(ADMINISTRATOR, TagResource, json!({ "ResourceArn": arn, "Tags": { "env": "test" } }));
    stage.good(ADMINISTRATOR, UntagResource, json!({ "ResourceArn": arn, "TagKeys": ["team"] }));
    assert_eq!(tags(ADMINISTRATOR).unwrap()["Tags"], json!({ "env": "test" }));
    assert_eq!(tags(MEMBER).unwrap_err().0, 404);
    let other =
        json!({ "ResourceArn": "arn:aws:securityhub:us-east-1:111111111111:hubv2/default", "Tags": { "a": "b" } });
    stage.refused(ADMINISTRATOR, TagResource, other, 404, "ResourceNotFoundException");
    let many: serde_json::Map<String, Value> = (0..50).map(|number| (format!("k{number}"), json!("v"))).collect();
    let many = json!({ "ResourceArn": arn, "Tags": many });
    stage.refused(ADMINISTRATOR, TagResource, many, 400, "InvalidInputException");
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    assert_eq!(tags(ADMINISTRATOR).unwrap_err().0, 404, "the hub is disabled");
}

/// Rules: HV2-07, HV2-08, HV2-09, UNK-06.
#[test]
fn a_hub_v2_that_is_enabled_again_within_90_days_is_the_same() {
    let stage = on();
    let first = enable(&stage);
    let name = json!({ "FeatureName": SCANNING });
    stage.good(ADMINISTRATOR, EnableSecurityHubFeatureV2, name);
    stage.good(ADMINISTRATOR, TagResource, json!({ "ResourceArn": first, "Tags": { "team": "red" } }));
    assert_eq!(stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({})), json!({}));
    let off = stage.refused(ADMINISTRATOR, DisableSecurityHubV2, json!({}), 404, "ResourceNotFoundException");
    assert_eq!(off, "You are not subscribed to HubV2");
    stage.days_pass(89);
    assert_eq!(enable(&stage), first);
    let after = describe(&stage);
    assert_eq!(after["SubscribedAt"], stage.now(), "only the time differs");
    assert_eq!(after["Features"][SCANNING], json!({ "FeatureStatus": "DISABLED", "UpdatedAt": stage.now() }));
    let tags = stage.good(ADMINISTRATOR, ListTagsForResource, json!({ "ResourceArn": first }));
    assert_eq!(tags["Tags"], json!({ "team": "red" }));
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    stage.days_pass(90);
    let second = enable(&stage);
    assert_ne!(second, first);
    let tags = stage.good(ADMINISTRATOR, ListTagsForResource, json!({ "ResourceArn": second }));
    assert_eq!(tags["Tags"], json!({}));
}

/// Rules: HV2-09.
#[test]
fn a_hub_v2_has_at_most_50_tags() {
    let stage = Stage::empty();
    let tags = |from: usize, to: usize| {
        let tags: serde_json::Map<String, Value> =
            (from..to).map(|number| (format!("k{number}"), json!("v"))).collect();
        json!({ "Tags": tags })
    };
    stage.refused(ADMINISTRATOR, EnableSecurityHubV2, tags(0, 51), 400, "ValidationException");
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, tags(0, 50));
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    stage.refused(ADMINISTRATOR, EnableSecurityHubV2, tags(49, 51), 400, "ValidationException");
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, tags(49, 50));
}

/// Rules: O2G-05, O2G-06, ERR-17, UNK-05, UNK-06.
#[test]
fn an_operation_reports_a_disabled_hub_v2_by_an_error_that_it_lists() {
    let stage = Stage::empty();
    let message = stage.refused(ADMINISTRATOR, DescribeSecurityHubV2, json!({}), 404, "ResourceNotFoundException");
    assert_eq!(message, "You are not subscribed to HubV2");
    let caller = Caller {
        principal: Principal::local_user(id(ADMINISTRATOR)),
        region: Region::new(REGION),
        now: stage.0.clock.now(),
    };
    for (operation, status, message) in [
        (Operation::GetAggregatorV2, 409, "Security Hub V2 is not enabled for 111111111111"),
        (Operation::GetFindingsV2, 409, "Security Hub V2 is not enabled for 111111111111"),
        (Operation::DescribeSecurityHubV2, 404, "You are not subscribed to HubV2"),
        (Operation::EnableSecurityHubFeatureV2, 404, "You are not subscribed to HubV2"),
        (Operation::GetRemediationsV2, 404, "You are not subscribed to HubV2"),
        (Operation::GetRecommendedPolicyV2, 404, "You are not subscribed to HubV2"),
        (Operation::GetExportJobV2, 404, "You are not subscribed to HubV2"),
        (Operation::GetFindingsTrendsV2, 403, "You are not subscribed to HubV2"),
        (Operation::ListExportJobsV2, 403, "You are not subscribed to HubV2"),
    ] {
        let error = hub_v2_access::off(&caller, operation);
        assert_eq!((error.status, &*error.message), (status, message), "{}", operation.name());
    }
}

/// Rules: HV2-20, HV2-25.
#[test]
fn the_administrator_of_the_v2_half_is_not_the_management_account() {
    let stage = Stage::empty();
    stage.organization(&[(MANAGEMENT, "management"), (ADMINISTRATOR, "audit"), (MEMBER, "member"), (OTHER, "other")]);
    let classic = json!({ "AdminAccountId": ADMINISTRATOR });
    stage.good(MANAGEMENT, EnableOrganizationAdminAccount, classic);
    let with = |account: &str| json!({ "AdminAccountId": account, "Feature": "SecurityHubV2" });
    stage.refused(MANAGEMENT, EnableOrganizationAdminAccount, with(MANAGEMENT), 400, "InvalidInputException");
    stage.refused(MANAGEMENT, EnableOrganizationAdminAccount, with(OTHER), 400, "InvalidInputException");
    stage.good(MANAGEMENT, EnableOrganizationAdminAccount, with(ADMINISTRATOR));
    assert_eq!(
        stage.call(ADMINISTRATOR, DescribeSecurityHubV2, json!({})).unwrap_err().0,
        404,
        "the call does not enable a hub"
    );
    let is_administered = || stage.0.directory().administered_v2(id(ADMINISTRATOR)).is_some();
    for account in [ADMINISTRATOR, MEMBER] {
        stage.good(account, EnableSecurityHubV2, json!({}));
    }
    assert!(is_administered());
    assert_eq!(stage.0.directory().administrator_v2(id(MEMBER)), Some(id(ADMINISTRATOR)));
    assert_eq!(stage.0.directory().administrator_v2(id(OUTSIDER)), None);
    stage.good(MANAGEMENT, DisableOrganizationAdminAccount, with(ADMINISTRATOR));
    assert!(!is_administered() && stage.0.directory().administrator_v2(id(MEMBER)).is_none());
    for account in [ADMINISTRATOR, MEMBER] {
        stage.good(account, DescribeSecurityHubV2, json!({}));
    }
}

/// Rules: O2G-02, O2G-03.
#[test]
fn a_call_is_refused_for_its_shape_then_the_hub_then_the_caller_then_the_target() {
    let stage = Stage::empty();
    let refuse = |input: Value, status: u16, code: &str| {
        stage.refused(MEMBER, GetAggregatorV2, input, status, code);
    };
    let (nothing, unknown) =
        (json!({}), json!({ "AggregatorV2Arn": "arn:aws:securityhub:us-east-1:1:aggregatorv2/x" }));
    refuse(nothing.clone(), 400, "ValidationException");
    refuse(unknown.clone(), 409, "ConflictException");
    stage.good(MEMBER, EnableSecurityHubV2, json!({}));
    refuse(nothing, 400, "ValidationException");
    refuse(unknown.clone(), 404, "ResourceNotFoundException");
    stage.organization(&[(MANAGEMENT, "management"), (ADMINISTRATOR, "audit"), (MEMBER, "member")]);
    let administrator = json!({ "AdminAccountId": ADMINISTRATOR, "Feature": "SecurityHubV2" });
    stage.good(MANAGEMENT, EnableOrganizationAdminAccount, administrator);
    refuse(unknown, 403, "AccessDeniedException");
    let token = json!({ "NextToken": "x" });
    stage.refused(MEMBER, Operation::ListAggregatorsV2, token, 400, "ValidationException");
}
