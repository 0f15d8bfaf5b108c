//! The five operations (AGG-01 … AGG-11).

use securityhub_fixtures::Operation::{
    CreateActionTarget, CreateInsight, DescribeActionTargets, GetFindingAggregator, GetInsights, ListAutomationRules,
    ListFindingAggregators,
};

use super::*;

fn create(stage: &Stage, region: &str, account: &str, input: Value) -> Result<Value, (u16, &'static str, String)> {
    stage.call_in(region, account, CreateFindingAggregator, input)
}

fn listed(stage: &Stage, region: &str, account: &str) -> Value {
    stage.call_in(region, account, ListFindingAggregators, json!({})).unwrap()["FindingAggregators"].clone()
}

/// Rules: AGG-01, AGG-02, AGG-11.
#[test]
fn the_region_of_the_call_becomes_the_home_region() {
    for (mode, regions) in [
        ("ALL_REGIONS", None),
        ("NO_REGIONS", None),
        ("SPECIFIED_REGIONS", Some(json!([LINKED, OTHER]))),
        ("ALL_REGIONS_EXCEPT_SPECIFIED", Some(json!(["ap-south-1"]))),
    ] {
        let stage = hubs();
        let mut input = json!({ "RegionLinkingMode": mode });
        if let Some(regions) = &regions {
            input["Regions"] = regions.clone();
        }
        let answer = create(&stage, HOME, ADMINISTRATOR, input).unwrap();
        let arn = answer["FindingAggregatorArn"].as_str().unwrap();
        let id = arn.strip_prefix("arn:aws:securityhub:us-east-1:111111111111:finding-aggregator/").unwrap();
        assert_eq!((id.len(), id.matches('-').count()), (36, 4), "{id}");
        assert_eq!(
            (&answer["FindingAggregationRegion"], &answer["RegionLinkingMode"], answer.get("Regions")),
            (&json!(HOME), &json!(mode), regions.as_ref())
        );
        let got = stage.call_in(OTHER, ADMINISTRATOR, GetFindingAggregator, json!({ "FindingAggregatorArn": arn }));
        assert_eq!(got.unwrap(), answer);
    }
}

/// Rules: AGG-02, AGG-03.
#[test]
fn invalid_combinations_of_mode_and_regions_are_refused() {
    let stage = hubs();
    let refused = |mode: &str, regions: Value| {
        let input = json!({ "RegionLinkingMode": mode, "Regions": regions });
        let (status, code, message) = create(&stage, HOME, ADMINISTRATOR, input).unwrap_err();
        assert_eq!((status, code), (400, "InvalidInputException"), "{message}");
        message
    };
    assert_eq!(
        refused("SOME_REGIONS", json!([LINKED])),
        "Invalid parameter 'RegionLinkingMode'. data.RegionLinkingMode should be equal to one of the allowed values"
    );
    assert_eq!(refused("NO_REGIONS", json!([LINKED])), "Regions cannot be combined with RegionLinkingMode NO_REGIONS");
    assert_eq!(
        refused("ALL_REGIONS", json!([LINKED])),
        "Regions cannot be combined with RegionLinkingMode ALL_REGIONS"
    );
    for mode in ["SPECIFIED_REGIONS", "ALL_REGIONS_EXCEPT_SPECIFIED"] {
        assert_eq!(refused(mode, json!([])), format!("Regions is required with RegionLinkingMode {mode}"));
        assert_eq!(refused(mode, json!([LINKED, HOME])), "Regions cannot contain the aggregation Region us-east-1");
        assert_eq!(refused(mode, json!([LINKED, "eu-west-9"])), "Regions contains the unknown Region eu-west-9");
        assert_eq!(refused(mode, json!(["cn-north-1"])), "Regions contains the unknown Region cn-north-1");
    }
    assert_eq!(listed(&stage, HOME, ADMINISTRATOR), json!([]));
    let twice = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": [LINKED, OTHER, LINKED] });
    assert_eq!(create(&stage, HOME, ADMINISTRATOR, twice).unwrap()["Regions"], json!([LINKED, OTHER]));
}

/// Rules: AGG-04.
#[test]
fn the_home_region_needs_a_hub_and_must_not_be_an_opt_in_region() {
    let stage = Stage::empty();
    let all = json!({ "RegionLinkingMode": "ALL_REGIONS" });
    let (status, code, _) = create(&stage, HOME, ADMINISTRATOR, all.clone()).unwrap_err();
    assert_eq!((status, code), (401, "InvalidAccessException"));
    stage.call_in("eu-south-1", ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    let (status, code, message) = create(&stage, "eu-south-1", ADMINISTRATOR, all).unwrap_err();
    assert_eq!((status, code), (400, "InvalidInputException"));
    assert_eq!(message, "eu-south-1 is disabled by default and cannot be the aggregation Region");
}

/// Rules: AGG-05.
#[test]
fn an_account_has_one_aggregator_for_all_regions() {
    let stage = hubs();
    aggregate(&stage, ADMINISTRATOR, specified(&[]));
    for region in REGIONS {
        let (status, code, message) = create(&stage, region, ADMINISTRATOR, specified(&[])).unwrap_err();
        assert_eq!((status, code), (400, "InvalidInputException"));
        assert_eq!(message, "A finding aggregator already exists for this account.");
        assert_eq!(listed(&stage, region, ADMINISTRATOR).as_array().unwrap().len(), 1);
    }
    assert_eq!(listed(&stage, HOME, MEMBER), json!([]));
    aggregate(&stage, MEMBER, specified(&[]));
}

/// Rules: AGG-06, AGG-08, ACC-07.
#[test]
fn a_member_can_read_but_not_change_its_administrators_aggregator() {
    let stage = organization();
    let arn = aggregate(&stage, ADMINISTRATOR, specified(&[LINKED]));
    for region in REGIONS {
        assert_eq!(listed(&stage, region, MEMBER), json!([{ "FindingAggregatorArn": arn }]));
        let got = stage.call_in(region, MEMBER, GetFindingAggregator, json!({ "FindingAggregatorArn": arn })).unwrap();
        assert_eq!((&got["FindingAggregationRegion"], &got["Regions"]), (&json!(HOME), &json!([LINKED])));
    }
    let mut update = specified(&[OTHER]);
    update["FindingAggregatorArn"] = json!(arn);
    for (operation, input, done) in [
        (CreateFindingAggregator, specified(&[]), "created"),
        (UpdateFindingAggregator, update, "updated"),
        (DeleteFindingAggregator, json!({ "FindingAggregatorArn": arn }), "deleted"),
    ] {
        let (status, code, message) = stage.call_in(HOME, MEMBER, operation, input).unwrap_err();
        assert_eq!((status, code), (401, "InvalidInputException"));
        assert_eq!(message, format!("A finding aggregator cannot be {done} by a member account."));
    }
}

/// Rules: AGG-08.
#[test]
fn the_administrator_of_the_calls_region_takes_precedence() {
    let stage = hubs();
    let third = "333333333333";
    for region in REGIONS {
        stage.call_in(region, third, EnableSecurityHub, json!({})).unwrap();
    }
    let arns = [ADMINISTRATOR, third].map(|account| aggregate(&stage, account, specified(&[])));
    relate(&stage, LINKED, MemberStatus::Enabled);
    stage.relations(|directory| {
        let members = directory.members[&(id(ADMINISTRATOR), Region::new(LINKED))].clone();
        directory.members.insert((id(third), Region::new(OTHER)), members);
    });
    let arn = |region| listed(&stage, region, MEMBER)[0]["FindingAggregatorArn"].clone();
    assert_eq!((arn(LINKED), arn(OTHER)), (json!(arns[0]), json!(arns[1])));
    assert_eq!(arn(HOME), json!(arns[0]), "without an administrator in this Region, one of the others applies");
}

/// Rules: AGG-07.
#[test]
fn an_aggregator_is_found_by_its_arn_from_any_region() {
    let stage = hubs();
    let arn = aggregate(&stage, ADMINISTRATOR, specified(&[]));
    let get = |account: &str, arn: &str| {
        let answer = stage.call_in(LINKED, account, GetFindingAggregator, json!({ "FindingAggregatorArn": arn }));
        answer.map(|answer| answer["RegionLinkingMode"].clone()).map_err(|(status, code, _)| (status, code))
    };
    assert_eq!(get(ADMINISTRATOR, &arn), Ok(json!("NO_REGIONS")));
    assert_eq!(get(MEMBER, &arn), Err((404, "ResourceNotFoundException")));
    for unknown in [arn.replace(HOME, LINKED), format!("{arn}0"), arn.replace("111111111111", MEMBER)] {
        assert_eq!(get(ADMINISTRATOR, &unknown), Err((404, "ResourceNotFoundException")), "{unknown}");
    }
    for wrong in ["x", "arn:aws:securityhub:us-east-1:111111111111:hub/default", &arn.replace("securityhub", "s3")] {
        assert_eq!(get(ADMINISTRATOR, wrong), Err((400, "InvalidInputException")), "{wrong}");
    }
    let token = stage.call_in(HOME, ADMINISTRATOR, ListFindingAggregators, json!({ "NextToken": "x" }));
    assert_eq!(token.unwrap_err().0, 400);
}

/// Rules: AGG-09, AGG-10.
#[test]
fn an_aggregator_is_replaced_as_a_whole_in_its_home_region_only() {
    let stage = hubs();
    let arn = aggregate(&stage, ADMINISTRATOR, specified(&[LINKED]));
    let update = |region: &str, mut input: Value| {
        input["FindingAggregatorArn"] = json!(arn);
        stage.call_in(region, ADMINISTRATOR, UpdateFindingAggregator, input)
    };
    let answer = update(HOME, specified(&[OTHER])).unwrap();
    assert_eq!((&answer["FindingAggregatorArn"], &answer["Regions"]), (&json!(arn), &json!([OTHER])));
    assert_eq!(update(HOME, specified(&[])).unwrap().get("Regions"), None);
    let delete = json!({ "FindingAggregatorArn": arn });
    let elsewhere = [
        update(LINKED, specified(&[OTHER])).unwrap_err(),
        stage.call_in(LINKED, ADMINISTRATOR, DeleteFindingAggregator, delete.clone()).unwrap_err(),
    ];
    for (status, code, message) in elsewhere {
        assert_eq!((status, code), (400, "InvalidInputException"));
        assert_eq!(message, "The finding aggregator can only be changed in us-east-1");
    }
    assert_eq!(update(HOME, json!({})).unwrap_err().0, 400, "the mode is required");
    assert_eq!(update(HOME, specified(&[HOME])).unwrap_err().0, 400);
    assert_eq!(stage.call_in(HOME, ADMINISTRATOR, DeleteFindingAggregator, delete.clone()).unwrap(), json!({}));
    assert_eq!(stage.call_in(HOME, ADMINISTRATOR, DeleteFindingAggregator, delete).unwrap_err().0, 404);
    assert_eq!(update(HOME, specified(&[])).unwrap_err().0, 404);
    let again = aggregate(&stage, ADMINISTRATOR, specified(&[]));
    assert_ne!(again, arn, "the aggregator is a new one");
}

/// Rules: AGG-16, AGG-22.
#[test]
fn a_members_own_aggregator_is_deleted_and_not_restored() {
    let stage = hubs();
    let own = aggregate(&stage, MEMBER, specified(&[LINKED]));
    relate(&stage, OTHER, MemberStatus::Enabled);
    assert_eq!(listed(&stage, HOME, MEMBER), json!([]), "the administrator has no aggregator");
    let arn = aggregate(&stage, ADMINISTRATOR, specified(&[LINKED]));
    assert_eq!(listed(&stage, HOME, MEMBER), json!([{ "FindingAggregatorArn": arn }]));
    relate(&stage, OTHER, MemberStatus::Resigned);
    assert_eq!(listed(&stage, HOME, MEMBER), json!([]));
    assert_ne!(own, arn);
    aggregate(&stage, MEMBER, specified(&[]));
}

/// Rules: AGG-18.
#[test]
fn insights_and_custom_actions_are_not_aggregated() {
    let stage = hubs();
    aggregate(&stage, ADMINISTRATOR, specified(&[LINKED]));
    let insight = json!({ "Name": "i", "Filters": {}, "GroupByAttribute": "ResourceId" });
    stage.call_in(LINKED, ADMINISTRATOR, CreateInsight, insight).unwrap();
    let target = json!({ "Id": "a", "Name": "a", "Description": "a" });
    stage.call_in(LINKED, ADMINISTRATOR, CreateActionTarget, target).unwrap();
    for (operation, list) in [
        (GetInsights, "Insights"),
        (DescribeActionTargets, "ActionTargets"),
        (ListAutomationRules, "AutomationRulesMetadata"),
    ] {
        let answer = stage.call_in(HOME, ADMINISTRATOR, operation, json!({})).unwrap();
        assert_eq!(answer[list], json!([]), "{answer}");
    }
}
