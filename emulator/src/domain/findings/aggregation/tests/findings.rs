//! The findings that a home Region shows (AGG-12 … AGG-17, VIS-03, VIS-04).

use securityhub_fixtures::Operation::{
    CreateAutomationRule, CreateInsight, DisableSecurityHub, GetFindingHistory, GetInsightResults, UpdateFindings,
};

use super::*;
use crate::domain::caller::Caller;
use crate::domain::findings::explain::{self, Question};

/// The administrator's aggregator links one Region; both accounts have a finding in each Region, imported after that.
fn linked() -> (Stage, String) {
    let stage = organization();
    let arn = aggregate(&stage, ADMINISTRATOR, specified(&[LINKED]));
    for (region, letter) in REGIONS.into_iter().zip(["h", "l", "o"]) {
        import(&stage, region, ADMINISTRATOR, &format!("{letter}-a"), "new", 0);
        import(&stage, region, MEMBER, &format!("{letter}-m"), "new", 0);
    }
    (stage, arn)
}

fn history(stage: &Stage, region: &str, account: &str, (origin, owner): (&str, &str), finding_id: &str) -> usize {
    let identifier = json!({ "Id": finding_id, "ProductArn": product_arn(origin, owner) });
    let answer = stage.call_in(region, account, GetFindingHistory, json!({ "FindingIdentifier": identifier })).unwrap();
    answer["Records"].as_array().unwrap().len()
}

fn explained(stage: &Stage, region: &str, account: &str, finding_id: &str) -> String {
    let caller = Caller::local_user(id(account), Region::new(region), stage.0.clock.now());
    let question = Question { id: Some(finding_id), product_arn: None, filters: &Value::Null };
    explain::explain(&stage.0, &caller, &question).unwrap().summary
}

/// Rules: VIS-03, AGG-15, AGG-17, RET-12.
#[test]
fn the_home_region_shows_all_linked_regions_and_a_linked_region_only_itself() {
    let (stage, _) = linked();
    let ids = |region, account| titles(&stage, region, account).into_keys().collect::<Vec<_>>().join(" ");
    assert_eq!(ids(HOME, ADMINISTRATOR), "h-a h-m l-a l-m");
    assert_eq!(ids(HOME, MEMBER), "h-m l-m", "members inherit");
    assert_eq!((ids(LINKED, ADMINISTRATOR), ids(LINKED, MEMBER)), ("l-a l-m".into(), "l-m".into()));
    assert_eq!((ids(OTHER, ADMINISTRATOR), ids(OTHER, MEMBER)), ("o-a o-m".into(), "o-m".into()));
    let regions: Vec<String> = rows(&stage, HOME, ADMINISTRATOR).into_iter().map(|(region, ..)| region).collect();
    assert_eq!(regions, [HOME, HOME, LINKED, LINKED], "a finding keeps its Region");
}

/// Rules: AGG-02, VIS-03.
#[test]
fn each_linking_mode_links_the_right_regions() {
    for (input, expected) in [
        (json!({ "RegionLinkingMode": "ALL_REGIONS" }), "h l o"),
        (json!({ "RegionLinkingMode": "ALL_REGIONS_EXCEPT_SPECIFIED", "Regions": [OTHER] }), "h l"),
        (json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": [OTHER] }), "h o"),
        (json!({ "RegionLinkingMode": "NO_REGIONS" }), "h"),
    ] {
        let stage = hubs();
        aggregate(&stage, ADMINISTRATOR, input);
        for (region, finding_id) in REGIONS.into_iter().zip(["h", "l", "o"]) {
            import(&stage, region, ADMINISTRATOR, finding_id, "new", 0);
        }
        let ids: Vec<String> = titles(&stage, HOME, ADMINISTRATOR).into_keys().collect();
        assert_eq!(ids.join(" "), expected);
    }
}

/// Rules: AGG-04, AGG-02.
#[test]
fn a_linked_region_is_shown_only_while_it_has_a_hub() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    aggregate(&stage, ADMINISTRATOR, json!({ "RegionLinkingMode": "ALL_REGIONS" }));
    stage.call_in("sa-east-1", ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    import(&stage, "sa-east-1", ADMINISTRATOR, "s", "new", 0);
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "s=new");
    stage.call_in("sa-east-1", ADMINISTRATOR, DisableSecurityHub, json!({})).unwrap();
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "");
    assert_eq!(
        explained(&stage, HOME, ADMINISTRATOR, "s"),
        "not returned: sa-east-1 is linked to us-east-1, but Security Hub is not enabled for 111111111111 in sa-east-1"
    );
}

/// Rules: SRT-08, SRT-18, VIS-03.
#[test]
fn pages_of_several_regions_are_merged_in_one_order() {
    let stage = hubs();
    aggregate(&stage, ADMINISTRATOR, json!({ "RegionLinkingMode": "ALL_REGIONS" }));
    let order: Vec<String> = (0..15).map(|number| format!("{:02}", number * 7 % 15)).collect();
    for (finding_id, region) in order.iter().zip(REGIONS.into_iter().cycle()) {
        import(&stage, region, ADMINISTRATOR, finding_id, "new", 0);
    }
    let ids = |input: &Value| {
        let (mut ids, mut input) = (Vec::new(), input.clone());
        loop {
            let answer = stage.call_in(HOME, ADMINISTRATOR, GetFindings, input.clone()).unwrap();
            ids.extend(answer["Findings"].as_array().unwrap().iter().map(|finding| finding["Id"].clone()));
            let Some(token) = answer.get("NextToken") else { return ids };
            input["NextToken"] = token.clone();
        }
    };
    assert_eq!(ids(&json!({ "MaxResults": 4 })), order);
    let sorted = json!({ "MaxResults": 4, "SortCriteria": [{ "Field": "Id", "SortOrder": "desc" }] });
    let expected: Vec<String> = (0..15).rev().map(|number| format!("{number:02}")).collect();
    assert_eq!(ids(&sorted), expected);
    let region = json!({ "Filters": { "Region": [{ "Value": LINKED, "Comparison": "EQUALS" }] } });
    assert_eq!(ids(&region).len(), 5, "the filter selects findings of one Region (VIS-09)");
    let token =
        stage.call_in(HOME, ADMINISTRATOR, GetFindings, json!({ "MaxResults": 4 })).unwrap()["NextToken"].clone();
    let other = json!({ "NextToken": token, "SortCriteria": [{ "Field": "Id" }] });
    let (_, _, message) = stage.call_in(HOME, ADMINISTRATOR, GetFindings, other).unwrap_err();
    assert_eq!(message, "Invalid NextToken: Input Query has changed");
    let elsewhere = stage.call_in(LINKED, ADMINISTRATOR, GetFindings, json!({ "NextToken": token }));
    assert_eq!(elsewhere.unwrap_err().2, "Invalid NextToken");
}

/// Rules: VIS-04, BUF-12, AGG-12.
#[test]
fn an_update_in_either_region_is_visible_in_both() {
    let (stage, _) = linked();
    let notes = || {
        let of = |region, account| {
            let rows = rows(&stage, region, account);
            rows.into_iter().find(|(_, _, finding_id, ..)| finding_id == "l-m").map(|row| row.4)
        };
        [of(HOME, ADMINISTRATOR), of(LINKED, ADMINISTRATOR), of(HOME, MEMBER), of(LINKED, MEMBER)]
    };
    let both = |text: &str| [(); 4].map(|()| Some(text.to_owned()));
    for (number, (region, account)) in
        [(HOME, ADMINISTRATOR), (LINKED, MEMBER), (HOME, MEMBER), (LINKED, ADMINISTRATOR)].into_iter().enumerate()
    {
        let text = number.to_string();
        assert!(note(&stage, (region, account), (LINKED, MEMBER), "l-m", &text));
        assert_eq!(notes(), both(&text));
    }
    assert_eq!(history(&stage, HOME, ADMINISTRATOR, (LINKED, MEMBER), "l-m"), 5);
    assert_eq!(history(&stage, LINKED, MEMBER, (LINKED, MEMBER), "l-m"), 5);
    let filters = json!({ "Region": [{ "Value": LINKED, "Comparison": "EQUALS" }] });
    let update = json!({ "Filters": filters, "Note": { "Text": "all", "UpdatedBy": "x" } });
    stage.call_in(HOME, ADMINISTRATOR, UpdateFindings, update).unwrap();
    assert_eq!(notes(), both("all"));
    // Findings that are not linked or not visible are not found.
    assert!(!note(&stage, (HOME, ADMINISTRATOR), (OTHER, ADMINISTRATOR), "o-a", "x"));
    assert!(!note(&stage, (HOME, MEMBER), (LINKED, ADMINISTRATOR), "l-a", "x"));
    assert!(!note(&stage, (LINKED, ADMINISTRATOR), (HOME, ADMINISTRATOR), "h-a", "x"));
    assert_eq!(history(&stage, HOME, ADMINISTRATOR, (OTHER, ADMINISTRATOR), "o-a"), 0);
}

/// Rules: BUF-41, VIS-03.
#[test]
fn a_batch_update_over_several_regions_answers_in_request_order() {
    let (stage, _) = linked();
    let identifier =
        |region, owner, finding_id: &str| json!({ "Id": finding_id, "ProductArn": product_arn(region, owner) });
    let identifiers = [
        identifier(LINKED, MEMBER, "l-m"),
        identifier(HOME, MEMBER, "none"),
        identifier(HOME, ADMINISTRATOR, "h-a"),
        identifier(LINKED, MEMBER, "l-m"),
    ];
    let input = json!({ "FindingIdentifiers": identifiers, "Note": { "Text": "x", "UpdatedBy": "x" } });
    let answer = stage.call_in(HOME, ADMINISTRATOR, BatchUpdateFindings, input).unwrap();
    assert_eq!(answer["ProcessedFindings"], json!([identifiers[0], identifiers[2]]));
    let codes: Vec<&Value> =
        answer["UnprocessedFindings"].as_array().unwrap().iter().map(|one| &one["ErrorCode"]).collect();
    assert_eq!(codes, ["FindingNotFound", "DuplicatedFindingIdentifier"]);
}

/// Rules: INS-21, AGG-12, AGG-18.
#[test]
fn insight_results_include_linked_regions_and_automation_rules_do_not_apply_there() {
    let (stage, _) = linked();
    let insight = json!({ "Name": "i", "Filters": {}, "GroupByAttribute": "Region" });
    let arn = stage.call_in(HOME, ADMINISTRATOR, CreateInsight, insight).unwrap()["InsightArn"].clone();
    let counts = |account| {
        let answer = stage.call_in(HOME, account, GetInsightResults, json!({ "InsightArn": arn }));
        answer.map(|answer| answer["InsightResults"]["ResultValues"].clone())
    };
    let expected = json!([
        { "GroupByAttributeValue": LINKED, "Count": 2 },
        { "GroupByAttributeValue": HOME, "Count": 2 },
    ]);
    assert_eq!(counts(ADMINISTRATOR).unwrap(), expected);
    let rule = json!({
        "RuleName": "r", "RuleOrder": 1, "Description": "d", "RuleStatus": "ENABLED",
        "Criteria": { "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }] },
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Note": { "Text": "rule", "UpdatedBy": "r" } } }],
    });
    stage.call_in(HOME, ADMINISTRATOR, CreateAutomationRule, rule).unwrap();
    import(&stage, HOME, ADMINISTRATOR, "h-a", "later", 1);
    import(&stage, LINKED, ADMINISTRATOR, "l-a", "later", 1);
    let noted: Vec<String> =
        rows(&stage, HOME, ADMINISTRATOR).into_iter().filter(|row| row.4 == "rule").map(|row| row.2).collect();
    assert_eq!(noted, ["h-a"], "a rule applies in its own Region (ARU-39)");
}

/// Rules: AGG-13.
#[test]
fn earlier_findings_of_a_linked_region_appear_with_their_next_update() {
    let stage = organization();
    for (finding_id, owner) in [("a", ADMINISTRATOR), ("b", MEMBER), ("c", MEMBER), ("d", MEMBER)] {
        import(&stage, LINKED, owner, finding_id, "old", 0);
    }
    let arn = aggregate(&stage, ADMINISTRATOR, specified(&[]));
    relink(&stage, ADMINISTRATOR, &arn, &[LINKED]);
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "");
    assert_eq!(seen(&stage, LINKED, ADMINISTRATOR), "a=old b=old c=old d=old");
    assert!(!note(&stage, (HOME, ADMINISTRATOR), (LINKED, MEMBER), "b", "x"), "the finding is not visible yet");
    import(&stage, LINKED, MEMBER, "b", "old", 0);
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "", "an import that is not later changes nothing");
    assert_eq!(
        explained(&stage, HOME, ADMINISTRATOR, "b"),
        "not returned: it was last changed before eu-west-1 was linked to us-east-1; it becomes visible there with its \
         next import or update"
    );
    import(&stage, LINKED, ADMINISTRATOR, "a", "new", 1);
    assert!(note(&stage, (LINKED, ADMINISTRATOR), (LINKED, MEMBER), "b", "x"));
    let filters = json!({ "Id": [{ "Value": "c", "Comparison": "EQUALS" }] });
    stage.call_in(LINKED, MEMBER, UpdateFindings, json!({ "Filters": filters, "RecordState": "ARCHIVED" })).unwrap();
    import(&stage, LINKED, MEMBER, "e", "new", 0);
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "a=new b=old c=old e=new");
    assert_eq!(seen(&stage, HOME, MEMBER), "b=old c=old e=new");
    relink(&stage, ADMINISTRATOR, &arn, &[LINKED, OTHER]);
    assert_eq!(
        seen(&stage, HOME, ADMINISTRATOR),
        "a=new b=old c=old e=new",
        "findings of Regions that stay linked stay visible"
    );
    let summary = explained(&stage, HOME, ADMINISTRATOR, "e");
    assert_eq!(summary, "returned: the caller can see the finding and no filter is given");
}

/// Rules: AGG-10, AGG-14, RET-12.
#[test]
fn unlinking_leaves_independent_replicas_in_the_home_region() {
    for by_deleting in [true, false] {
        let (stage, arn) = linked();
        let before = rows(&stage, HOME, ADMINISTRATOR);
        if by_deleting {
            unlink(&stage, ADMINISTRATOR, &arn);
        } else {
            relink(&stage, ADMINISTRATOR, &arn, &[]);
        }
        assert_eq!(rows(&stage, HOME, ADMINISTRATOR), before, "the order does not change");
        assert_eq!(seen(&stage, HOME, MEMBER), "h-m=new l-m=new");
        import(&stage, LINKED, MEMBER, "l-m", "later", 1);
        import(&stage, LINKED, MEMBER, "l-x", "later", 1);
        assert!(note(&stage, (LINKED, MEMBER), (LINKED, MEMBER), "l-m", "in the linked Region"));
        assert!(note(&stage, (HOME, MEMBER), (LINKED, MEMBER), "l-m", "at home"));
        let of = |region| rows(&stage, region, ADMINISTRATOR).into_iter().find(|row| row.2 == "l-m").unwrap();
        let (home, origin) = (of(HOME), of(LINKED));
        assert_eq!((home.0.as_str(), home.3.as_str(), home.4.as_str()), (LINKED, "new", "at home"));
        assert_eq!((origin.3.as_str(), origin.4.as_str()), ("later", "in the linked Region"));
        assert_eq!(history(&stage, HOME, ADMINISTRATOR, (LINKED, MEMBER), "l-m"), 2);
        assert_eq!(history(&stage, LINKED, ADMINISTRATOR, (LINKED, MEMBER), "l-m"), 3);
        assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "h-a=new h-m=new l-a=new l-m=new");
        let page = stage.0.finding_count();
        assert_eq!(page, 7, "replicas are not counted");
    }
}

/// Rules: AGG-14, RET-01.
#[test]
fn replicas_expire() {
    let (stage, arn) = linked();
    unlink(&stage, ADMINISTRATOR, &arn);
    stage.days_pass(85);
    import(&stage, LINKED, MEMBER, "l-m", "later", 1);
    import(&stage, HOME, MEMBER, "h-m", "later", 1);
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "h-a=new h-m=later l-a=new l-m=new");
    stage.days_pass(6);
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "h-m=later");
    assert_eq!(seen(&stage, LINKED, ADMINISTRATOR), "l-m=later");
}

/// Rules: AGG-13, AGG-14.
#[test]
fn a_replica_is_dropped_when_its_finding_is_shown_again() {
    let (stage, arn) = linked();
    relink(&stage, ADMINISTRATOR, &arn, &[]);
    import(&stage, LINKED, MEMBER, "l-m", "between", 1);
    relink(&stage, ADMINISTRATOR, &arn, &[LINKED]);
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "h-a=new h-m=new l-a=new l-m=new");
    assert!(note(&stage, (HOME, ADMINISTRATOR), (LINKED, MEMBER), "l-m", "of the replica"));
    import(&stage, LINKED, ADMINISTRATOR, "l-a", "again", 2);
    assert!(note(&stage, (LINKED, MEMBER), (LINKED, MEMBER), "l-m", "of the finding"));
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "h-a=new h-m=new l-a=again l-m=between");
    assert!(note(&stage, (HOME, ADMINISTRATOR), (LINKED, MEMBER), "l-m", "of both"));
    assert!(rows(&stage, LINKED, MEMBER).iter().any(|row| row.4 == "of both"));
    relink(&stage, ADMINISTRATOR, &arn, &[]);
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "h-a=new h-m=new l-a=again l-m=between", "a new replica");
}

/// Rules: AGG-15.
#[test]
fn a_members_findings_are_shown_only_for_regions_where_it_is_a_member() {
    let stage = hubs();
    aggregate(&stage, ADMINISTRATOR, specified(&[LINKED, OTHER]));
    relate(&stage, HOME, MemberStatus::Enabled);
    relate(&stage, LINKED, MemberStatus::Enabled);
    relate(&stage, OTHER, MemberStatus::Invited);
    for (region, finding_id) in REGIONS.into_iter().zip(["h", "l", "o"]) {
        import(&stage, region, MEMBER, finding_id, "new", 0);
    }
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "h=new l=new");
    assert_eq!(seen(&stage, HOME, MEMBER), "h=new l=new");
    assert_eq!(
        explained(&stage, HOME, ADMINISTRATOR, "o"),
        "not returned: its owner 222222222222 is a member of 111111111111 in us-west-2 with the status Invited; \
         only findings of Enabled members are visible"
    );
    assert_eq!(
        explained(&stage, HOME, MEMBER, "o"),
        "not returned: the finding is stored in us-west-2, but the call is to us-east-1"
    );
    relate(&stage, OTHER, MemberStatus::Enabled);
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "h=new l=new o=new", "the Region was linked before");
}

/// Rules: AGG-16, RET-09, RET-10.
#[test]
fn aggregation_ends_with_the_membership() {
    let (stage, _) = linked();
    for region in REGIONS {
        relate(&stage, region, MemberStatus::Removed);
    }
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "h-a=new l-a=new", "earlier findings are visible, too");
    import(&stage, LINKED, MEMBER, "l-m", "later", 1);
    import(&stage, LINKED, MEMBER, "l-x", "later", 1);
    assert_eq!(seen(&stage, HOME, MEMBER), "h-m=new l-m=new", "the member keeps the findings that were shown");
    for region in REGIONS {
        relate(&stage, region, MemberStatus::Enabled);
    }
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "h-a=new h-m=new l-a=new l-m=later l-x=later");
}

/// Rules: AGG-22.
#[test]
fn an_administrators_home_region_replaces_the_members_own_one() {
    let stage = hubs();
    let own = stage.call_in(OTHER, MEMBER, CreateFindingAggregator, json!({ "RegionLinkingMode": "ALL_REGIONS" }));
    own.unwrap();
    aggregate(&stage, ADMINISTRATOR, specified(&[LINKED]));
    import(&stage, LINKED, MEMBER, "l", "new", 0);
    assert_eq!((seen(&stage, OTHER, MEMBER), seen(&stage, HOME, MEMBER)), ("l=new".into(), String::new()));
    relate(&stage, LINKED, MemberStatus::Enabled);
    import(&stage, LINKED, MEMBER, "l", "later", 1);
    assert_eq!((seen(&stage, OTHER, MEMBER), seen(&stage, HOME, MEMBER)), ("l=new".into(), "l=later".into()));
    assert_eq!(
        explained(&stage, OTHER, MEMBER, "l"),
        "returned: the caller can see the finding and no filter is given"
    );
}

/// Rules: AGG-14, HUB-16.
#[test]
fn replicas_are_deleted_with_the_hub_of_the_home_region() {
    let stage = hubs();
    let arn = aggregate(&stage, ADMINISTRATOR, specified(&[LINKED]));
    import(&stage, LINKED, ADMINISTRATOR, "l", "new", 0);
    unlink(&stage, ADMINISTRATOR, &arn);
    stage.call_in(HOME, ADMINISTRATOR, DisableSecurityHub, json!({})).unwrap();
    stage.days_pass(89);
    import(&stage, LINKED, ADMINISTRATOR, "l", "later", 1);
    stage.days_pass(2);
    stage.call_in(HOME, ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    assert_eq!(seen(&stage, HOME, ADMINISTRATOR), "");
    assert_eq!(seen(&stage, LINKED, ADMINISTRATOR), "l=later");
}

/// Rules: ROL-30, AGG-15.
#[test]
fn a_member_that_leaves_in_a_linked_region_is_no_longer_shown_at_home() {
    let (stage, _) = linked();
    relate(&stage, LINKED, MemberStatus::Removed);
    let ids = |account| titles(&stage, HOME, account).into_keys().collect::<Vec<_>>().join(" ");
    assert_eq!(ids(ADMINISTRATOR), "h-a h-m l-a");
    assert!(!note(&stage, (HOME, ADMINISTRATOR), (LINKED, MEMBER), "l-m", "not ours"));
    assert_eq!(ids(MEMBER), "h-m l-m", "the findings of the member do not change");
}

/// Rules: AGG-14, AGG-15.
#[test]
fn replicas_of_a_member_only_in_the_linked_region_stay_visible() {
    let (stage, arn) = linked();
    relate(&stage, HOME, MemberStatus::Removed);
    let ids = || titles(&stage, HOME, ADMINISTRATOR).into_keys().collect::<Vec<_>>().join(" ");
    assert_eq!(ids(), "h-a l-a l-m");
    relink(&stage, ADMINISTRATOR, &arn, &[]);
    assert_eq!(ids(), "h-a l-a l-m");
}
