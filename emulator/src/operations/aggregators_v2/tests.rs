//! Rules of aggregators of the V2 half, tested through the operations.

mod model;
mod replicas;

use securityhub_fixtures::Operation::{
    self, BatchImportFindings, CreateAggregatorV2, CreateFindingAggregator, DeleteAggregatorV2, DisableSecurityHubV2,
    EnableSecurityHub, EnableSecurityHubV2, GetAggregatorV2, GetFindingsTrendsV2, GetFindingsV2, GetResourcesV2,
    ListAggregatorsV2, ListFindingAggregators, ListTagsForResource, TagResource, UpdateAggregatorV2,
};
use serde_json::{Value, json};

use crate::testing::{ADMINISTRATOR, MEMBER, Outcome, REGION, Stage, finding, finding_of, id};

const MANAGEMENT: &str = "444444444444";
const OTHER_REGION: &str = "eu-west-1";

/// V2 hubs of two accounts in two Regions.
fn hubs() -> Stage {
    let stage = Stage::empty();
    for region in [REGION, OTHER_REGION] {
        for account in [ADMINISTRATOR, MEMBER] {
            stage.call_in(region, account, EnableSecurityHubV2, json!({})).unwrap();
        }
    }
    stage
}

fn specified(regions: &[&str]) -> Value {
    json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": regions })
}

fn with_arn(arn: &Value, input: Value) -> Value {
    let mut input = input;
    input["AggregatorV2Arn"] = arn.clone();
    input
}

fn create(stage: &Stage) -> Value {
    stage.good(ADMINISTRATOR, CreateAggregatorV2, specified(&[OTHER_REGION]))
}

fn refusal(outcome: Outcome) -> (u16, &'static str) {
    let (status, code, _) = outcome.expect_err("the call should be refused");
    (status, code)
}

/// Rules: AGG-20, AGV-01, AGV-05, ARN-04, O2G-10.
#[test]
fn the_region_of_the_call_becomes_the_home_region() {
    let stage = hubs();
    assert_eq!(stage.good(ADMINISTRATOR, ListAggregatorsV2, json!({})), json!({ "AggregatorsV2": [] }));
    let created = create(&stage);
    let arn = created["AggregatorV2Arn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:securityhub:us-east-1:111111111111:aggregatorv2/"), "{arn}");
    assert_eq!((&created["AggregationRegion"], &created["LinkedRegions"]), (&json!(REGION), &json!([OTHER_REGION])));
    assert_eq!(created["RegionLinkingMode"], "SPECIFIED_REGIONS");
    assert_eq!(stage.good(ADMINISTRATOR, GetAggregatorV2, json!({ "AggregatorV2Arn": arn })), created);
    for region in [REGION, OTHER_REGION] {
        let listed = stage.call_in(region, ADMINISTRATOR, ListAggregatorsV2, json!({})).unwrap();
        assert_eq!(listed, json!({ "AggregatorsV2": [{ "AggregatorV2Arn": arn }] }));
    }
}

/// Rules: AGV-02, UNK-17.
#[test]
fn only_listed_regions_can_be_linked_unless_a_setting_allows_more() {
    let mut stage = hubs();
    for mode in ["ALL_REGIONS", "ALL_REGIONS_EXCEPT_SPECIFIED", "NO_REGIONS", "x"] {
        let input = json!({ "RegionLinkingMode": mode });
        let message = stage.refused(ADMINISTRATOR, CreateAggregatorV2, input, 400, "ValidationException");
        assert_eq!(message, "RegionLinkingMode must be set to 'SPECIFIED_REGIONS'");
    }
    let created = create(&stage);
    let arn = &created["AggregatorV2Arn"];
    let all = || with_arn(arn, json!({ "RegionLinkingMode": "ALL_REGIONS" }));
    stage.refused(ADMINISTRATOR, UpdateAggregatorV2, all(), 400, "ValidationException");
    stage.0.v2_settings.accepts_all_regions = true;
    let changed = stage.good(ADMINISTRATOR, UpdateAggregatorV2, all());
    assert_eq!((&changed["RegionLinkingMode"], &changed["LinkedRegions"]), (&json!("ALL_REGIONS"), &json!([])));
    let except = json!({ "RegionLinkingMode": "ALL_REGIONS_EXCEPT_SPECIFIED", "LinkedRegions": [OTHER_REGION] });
    let changed = stage.good(ADMINISTRATOR, UpdateAggregatorV2, with_arn(arn, except));
    assert_eq!(changed["RegionLinkingMode"], "ALL_REGIONS_EXCEPT_SPECIFIED");
    let both = json!({ "RegionLinkingMode": "ALL_REGIONS", "LinkedRegions": [OTHER_REGION] });
    stage.refused(ADMINISTRATOR, UpdateAggregatorV2, with_arn(arn, both), 400, "ValidationException");
}

/// Rules: AGV-03, DEC-13.
#[test]
fn linked_regions_are_known_and_listed_once() {
    let stage = hubs();
    for regions in [&[][..], &["eu-west-9"], &["cn-north-1"], &[REGION], &[OTHER_REGION, OTHER_REGION], &[""]] {
        stage.refused(ADMINISTRATOR, CreateAggregatorV2, specified(regions), 400, "ValidationException");
    }
    let missing = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS" });
    stage.refused(ADMINISTRATOR, CreateAggregatorV2, missing, 400, "ValidationException");
    let many = vec![OTHER_REGION; 51];
    stage.refused(ADMINISTRATOR, CreateAggregatorV2, specified(&many), 400, "ValidationException");
    let created = stage.good(ADMINISTRATOR, CreateAggregatorV2, specified(&["us-west-2", OTHER_REGION]));
    assert_eq!(created["LinkedRegions"], json!(["us-west-2", OTHER_REGION]), "the order is preserved");
}

/// Rules: AGV-04.
#[test]
fn an_account_has_one_aggregator() {
    let stage = hubs();
    create(&stage);
    for region in [REGION, OTHER_REGION] {
        let again = stage.call_in(region, ADMINISTRATOR, CreateAggregatorV2, specified(&["us-west-2"]));
        assert_eq!(refusal(again), (409, "ConflictException"));
    }
    stage.good(MEMBER, CreateAggregatorV2, specified(&[OTHER_REGION]));
    stage.call_in("eu-south-1", MEMBER, EnableSecurityHubV2, json!({})).unwrap();
    let opt_in = stage.call_in("eu-south-1", MEMBER, CreateAggregatorV2, specified(&[REGION]));
    assert_eq!(refusal(opt_in), (400, "ValidationException"));
}

/// Rules: AGV-06, AGV-07.
#[test]
fn an_aggregator_is_found_in_its_home_region() {
    let stage = hubs();
    let created = create(&stage);
    let arn = &created["AggregatorV2Arn"];
    let calls = |arn: &Value| {
        [
            (GetAggregatorV2, with_arn(arn, json!({}))),
            (UpdateAggregatorV2, with_arn(arn, specified(&["us-west-2"]))),
            (DeleteAggregatorV2, with_arn(arn, json!({}))),
        ]
    };
    for (operation, input) in calls(arn) {
        let (status, code, message) = stage.call_in(OTHER_REGION, ADMINISTRATOR, operation, input).unwrap_err();
        assert_eq!((status, code), (409, "ConflictException"));
        assert_eq!(message, "The current Region eu-west-1 does not match the aggregation Region us-east-1");
    }
    let unknown = json!("arn:aws:securityhub:us-east-1:111111111111:aggregatorv2/00000000-0000-4000-8000-000000000000");
    for (operation, input) in calls(&unknown) {
        stage.refused(ADMINISTRATOR, operation, input, 404, "ResourceNotFoundException");
    }
    for (operation, input) in calls(arn) {
        stage.refused(MEMBER, operation, input, 404, "ResourceNotFoundException");
    }
    for wrong in ["x", "arn:aws:securityhub:us-east-1:111111111111:finding-aggregator/x"] {
        for (operation, input) in calls(&json!(wrong)) {
            stage.refused(ADMINISTRATOR, operation, input, 400, "ValidationException");
        }
    }
}

/// Rules: AGV-08.
#[test]
fn an_update_replaces_the_list_and_a_deleted_aggregator_is_not_found() {
    let stage = hubs();
    let created = create(&stage);
    let arn = &created["AggregatorV2Arn"];
    let changed = stage.good(ADMINISTRATOR, UpdateAggregatorV2, with_arn(arn, specified(&["us-west-2"])));
    assert_eq!(changed["LinkedRegions"], json!(["us-west-2"]));
    assert_eq!(stage.good(ADMINISTRATOR, GetAggregatorV2, with_arn(arn, json!({}))), changed);
    assert_eq!(stage.good(ADMINISTRATOR, DeleteAggregatorV2, with_arn(arn, json!({}))), json!({}));
    stage.refused(ADMINISTRATOR, GetAggregatorV2, with_arn(arn, json!({})), 404, "ResourceNotFoundException");
    assert_ne!(&create(&stage)["AggregatorV2Arn"], arn);
}

/// Rules: AGV-09, HV2-21.
#[test]
fn members_of_an_organization_cannot_use_aggregators() {
    let stage = hubs();
    let own = stage.good(MEMBER, CreateAggregatorV2, specified(&[OTHER_REGION]));
    stage.organization(&[(MANAGEMENT, "management"), (ADMINISTRATOR, "audit"), (MEMBER, "member")]);
    stage.good(MEMBER, GetAggregatorV2, with_arn(&own["AggregatorV2Arn"], json!({})));
    stage.relations(|directory| {
        directory.organization.as_mut().unwrap().security_hub_v2_administrator = Some(id(ADMINISTRATOR));
    });
    create(&stage);
    stage.good(MANAGEMENT, EnableSecurityHubV2, json!({}));
    for account in [MEMBER, MANAGEMENT] {
        stage.refused(account, CreateAggregatorV2, specified(&[OTHER_REGION]), 403, "AccessDeniedException");
        let get = with_arn(&own["AggregatorV2Arn"], json!({}));
        stage.refused(account, GetAggregatorV2, get.clone(), 403, "AccessDeniedException");
        stage.refused(account, DeleteAggregatorV2, get, 403, "AccessDeniedException");
        assert_eq!(stage.good(account, ListAggregatorsV2, json!({})), json!({ "AggregatorsV2": [] }));
    }
}

/// Rules: AGV-11.
#[test]
fn the_aggregators_of_both_halves_are_independent() {
    let stage = hubs();
    create(&stage);
    for region in [REGION, OTHER_REGION] {
        stage.call_in(region, ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    }
    assert_eq!(stage.good(ADMINISTRATOR, ListFindingAggregators, json!({}))["FindingAggregators"], json!([]));
    let classic = json!({ "RegionLinkingMode": "ALL_REGIONS" });
    stage.call_in(OTHER_REGION, ADMINISTRATOR, CreateFindingAggregator, classic).unwrap();
    let listed = stage.good(ADMINISTRATOR, ListAggregatorsV2, json!({}));
    assert_eq!(listed["AggregatorsV2"].as_array().unwrap().len(), 1);
}

/// Rules: AGV-01, TAG-02, AGG-20.
#[test]
fn an_aggregator_can_be_tagged() {
    let stage = hubs();
    let input =
        json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": [OTHER_REGION], "Tags": { "a": "b" } });
    let created = stage.good(ADMINISTRATOR, CreateAggregatorV2, input);
    let arn = &created["AggregatorV2Arn"];
    stage.good(ADMINISTRATOR, TagResource, json!({ "ResourceArn": arn, "Tags": { "c": "d" } }));
    let tags = stage.good(ADMINISTRATOR, ListTagsForResource, json!({ "ResourceArn": arn }));
    assert_eq!(tags["Tags"], json!({ "a": "b", "c": "d" }));
    stage.refused(MEMBER, ListTagsForResource, json!({ "ResourceArn": arn }), 404, "ResourceNotFoundException");
}

/// Rules: O2G-05.
#[test]
fn aggregators_require_the_hub_v2() {
    let stage = hubs();
    let created = create(&stage);
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    let message = stage.refused(
        ADMINISTRATOR,
        GetAggregatorV2,
        with_arn(&created["AggregatorV2Arn"], json!({})),
        409,
        "ConflictException",
    );
    assert_eq!(message, "Security Hub V2 is not enabled for 111111111111");
    for operation in [ListAggregatorsV2, Operation::CreateAggregatorV2] {
        let refused = stage.call(ADMINISTRATOR, operation, specified(&[OTHER_REGION]));
        assert_eq!(refusal(refused), (409, "ConflictException"));
    }
}

/// Rules: O2G-08, O2G-02, AGG-20, DEC-22.
#[test]
fn a_repeated_call_with_a_client_token_gets_the_first_answer() {
    let stage = hubs();
    let with_token = |regions: &[&str]| {
        let mut input = specified(regions);
        input["ClientToken"] = json!("t-1");
        input
    };
    stage.refused(ADMINISTRATOR, CreateAggregatorV2, with_token(&["x"]), 400, "ValidationException");
    let created = stage.good(ADMINISTRATOR, CreateAggregatorV2, with_token(&[OTHER_REGION]));
    stage.0.clock.advance(jiff::SignedDuration::from_hours(7));
    assert_eq!(stage.good(ADMINISTRATOR, CreateAggregatorV2, with_token(&[OTHER_REGION])), created);
    let other = with_token(&["us-west-2"]);
    let message = stage.refused(ADMINISTRATOR, CreateAggregatorV2, other, 409, "ConflictException");
    assert!(message.contains("t-1"), "{message}");
    let elsewhere = stage.call_in(OTHER_REGION, ADMINISTRATOR, CreateAggregatorV2, with_token(&[OTHER_REGION]));
    assert_eq!(refusal(elsewhere), (400, "ValidationException"), "tokens apply to one Region");
    stage.good(ADMINISTRATOR, DeleteAggregatorV2, with_arn(&created["AggregatorV2Arn"], json!({})));
    stage.0.clock.advance(jiff::SignedDuration::from_hours(1));
    let anew = stage.good(ADMINISTRATOR, CreateAggregatorV2, with_token(&[OTHER_REGION]));
    assert_ne!(anew, created, "the token is forgotten after eight hours");
}

/// Rules: AGV-10, AGG-21.
#[test]
fn findings_resources_and_trends_of_linked_regions_are_visible_in_the_home_region() {
    let stage = hubs();
    stage.call_in(OTHER_REGION, ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    let day = json!({ "StartTime": "2026-01-15T00:00:00Z", "EndTime": "2026-01-15T09:00:00Z" });
    let seen = || {
        let count =
            |operation, list: &str| stage.good(ADMINISTRATOR, operation, json!({}))[list].as_array().unwrap().len();
        let trends = stage.good(ADMINISTRATOR, GetFindingsTrendsV2, day.clone());
        let trend = trends["TrendsMetrics"][0]["TrendsValues"]["SeverityTrends"]["High"].clone();
        (count(GetFindingsV2, "Findings"), count(GetResourcesV2, "Resources"), trend)
    };
    create(&stage);
    assert_eq!(seen(), (0, 0, json!(0)));
    let product = format!("arn:aws:securityhub:{OTHER_REGION}:{ADMINISTRATOR}:product/{ADMINISTRATOR}/default");
    let there = json!([finding("1", json!({ "ProductArn": product, "Region": OTHER_REGION }))]);
    stage.call_in(OTHER_REGION, ADMINISTRATOR, BatchImportFindings, json!({ "Findings": there })).unwrap();
    assert_eq!(seen(), (1, 1, json!(1)));
}

/// Rules: AGV-09, AGV-10.
#[test]
fn the_aggregator_of_the_administrator_replaces_that_of_a_member() {
    let stage = hubs();
    let import = |region: &str, id: &str| {
        _ = stage.call_in(region, MEMBER, EnableSecurityHub, json!({}));
        let product = format!("arn:aws:securityhub:{region}:{MEMBER}:product/{MEMBER}/default");
        let finding = finding_of(MEMBER, id, json!({ "ProductArn": product, "Region": region }));
        stage.call_in(region, MEMBER, BatchImportFindings, json!({ "Findings": [finding] })).unwrap();
    };
    // The member makes the other Region its home.
    stage.call_in(OTHER_REGION, MEMBER, CreateAggregatorV2, specified(&[REGION])).unwrap();
    import(REGION, "1");
    import(OTHER_REGION, "2");
    let seen = |region: &str, account: &str| {
        let found = stage.call_in(region, account, GetFindingsV2, json!({})).unwrap();
        found["Findings"].as_array().unwrap().len()
    };
    assert_eq!((seen(REGION, MEMBER), seen(OTHER_REGION, MEMBER)), (1, 2));
    stage.organization(&[(MANAGEMENT, "management"), (ADMINISTRATOR, "security"), (MEMBER, "app")]);
    let administrator = |account: Option<&str>| {
        stage.relations(|directory| {
            directory.organization.as_mut().unwrap().security_hub_v2_administrator = account.map(id);
        });
    };
    administrator(Some(ADMINISTRATOR));
    assert_eq!((seen(REGION, MEMBER), seen(OTHER_REGION, MEMBER)), (1, 1), "the administrator has no aggregator");
    create(&stage);
    import(OTHER_REGION, "3");
    assert_eq!((seen(REGION, MEMBER), seen(OTHER_REGION, MEMBER)), (2, 2));
    assert_eq!(seen(REGION, ADMINISTRATOR), 2);
    administrator(None);
    assert_eq!(
        (seen(REGION, MEMBER), seen(OTHER_REGION, MEMBER)),
        (1, 3),
        "the aggregator of the account itself applies again"
    );
}
