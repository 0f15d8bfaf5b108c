//! Findings of Regions that are no longer linked.

use securityhub_fixtures::Operation::{
    BatchUpdateFindingsV2, CreateFindingAggregator, GetFindings, UpdateFindingAggregator,
};

use super::*;
use crate::domain::caller::Caller;
use crate::domain::findings::explain::{self, Question};
use crate::state::{Principal, Region};

/// Hubs of both halves in two Regions, and an aggregator of the V2 half that links them.
pub(super) fn linked() -> (Stage, Value) {
    let stage = hubs();
    for region in [REGION, OTHER_REGION] {
        for account in [ADMINISTRATOR, MEMBER] {
            stage.call_in(region, account, EnableSecurityHub, json!({})).unwrap();
        }
    }
    let arn = create(&stage)["AggregatorV2Arn"].clone();
    (stage, arn)
}

pub(super) fn relink(stage: &Stage, arn: &Value, regions: &[&str]) {
    stage.good(ADMINISTRATOR, UpdateAggregatorV2, with_arn(arn, specified(regions)));
}

fn product_arn(account: &str) -> String {
    format!("arn:aws:securityhub:{OTHER_REGION}:{account}:product/{account}/default")
}

/// Imports a finding in the other Region; a later minute makes it an update.
pub(super) fn import(stage: &Stage, account: &str, finding_id: &str, title: &str, minute: u32) {
    let updated_at = format!("2026-01-10T{:02}:{:02}:00Z", 8 + minute / 60, minute % 60);
    let with = json!({ "ProductArn": product_arn(account), "Title": title, "UpdatedAt": updated_at });
    let input = json!({ "Findings": [finding_of(account, finding_id, with)] });
    let answer = stage.call_in(OTHER_REGION, account, BatchImportFindings, input).unwrap();
    assert_eq!(answer["SuccessCount"], 1, "{answer}");
}

/// Delivers a finding in OCSF in the other Region.
pub(super) fn deliver(stage: &Stage, title: &str) {
    stage.send(json!({
        "class_uid": 2004,
        "cloud": { "account": { "uid": ADMINISTRATOR }, "region": OTHER_REGION },
        "finding_info": { "uid": "o", "title": title, "types": ["Exposure"], "modified_time_dt": stage.now() },
        "metadata": { "product": { "uid": "arn:aws:securityhub:eu-west-1::productv2/aws/securityhub-risk" } },
        "resources": [{ "type": "AWS::EC2::Instance", "uid": "i-1", "region": OTHER_REGION }],
        "severity_id": 4,
    }));
}

/// ID, title and comment of the findings that an account sees, in the form `a=title/comment`.
pub(super) fn seen(stage: &Stage, region: &str, account: &str) -> String {
    let answer = stage.call_in(region, account, GetFindingsV2, json!({})).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |finding: &Value| {
        let info = &finding["finding_info"];
        format!("{}={}/{}", text(&info["uid"]), text(&info["title"]), text(&finding["comment"]))
    };
    let mut rows: Vec<String> = answer["Findings"].as_array().unwrap().iter().map(row).collect();
    rows.sort();
    rows.join(" ")
}

/// Sets the comment of a finding, as the administrator in a Region, and returns whether the finding is visible there.
pub(super) fn comment(stage: &Stage, region: &str, finding_id: &str, text: &str) -> bool {
    let answer = stage.call_in(region, ADMINISTRATOR, GetFindingsV2, json!({})).unwrap();
    let mut visible = answer["Findings"].as_array().unwrap().iter();
    let Some(found) = visible.find(|finding| finding["finding_info"]["uid"] == finding_id) else { return false };
    let names = json!({
        "CloudAccountUid": ADMINISTRATOR,
        "FindingInfoUid": finding_id,
        "MetadataProductUid": found["metadata"]["product"]["uid"],
    });
    let input = json!({ "FindingIdentifiers": [names], "Comment": text });
    let answer = stage.call_in(region, ADMINISTRATOR, BatchUpdateFindingsV2, input).unwrap();
    assert_eq!(answer["ProcessedFindings"].as_array().unwrap().len(), 1, "{answer}");
    true
}

/// The receivers of the events since the last call: kind, account and Region.
fn events(stage: &Stage) -> Vec<String> {
    let row =
        |event: &Value| [&event["detail-type"], &event["account"], &event["region"]].map(Value::to_string).join(" ");
    stage.events().iter().map(row).collect()
}

/// Rules: AGV-08, AGV-11, RSV-02.
#[test]
fn copies_of_the_findings_of_an_unlinked_region_remain_in_the_home_region() {
    for by_deleting in [true, false] {
        let (stage, arn) = linked();
        import(&stage, ADMINISTRATOR, "a", "new", 0);
        import(&stage, MEMBER, "m", "new", 0);
        deliver(&stage, "new");
        if by_deleting {
            stage.good(ADMINISTRATOR, DeleteAggregatorV2, with_arn(&arn, json!({})));
        } else {
            relink(&stage, &arn, &["us-west-2"]);
        }
        assert_eq!(seen(&stage, REGION, ADMINISTRATOR), "a=new/ o=new/");
        for (finding_id, title) in [("a", "later"), ("b", "new")] {
            import(&stage, ADMINISTRATOR, finding_id, title, 1);
        }
        deliver(&stage, "later");
        assert!(comment(&stage, OTHER_REGION, "a", "there"));
        events(&stage);
        assert!(comment(&stage, REGION, "a", "at home"));
        assert_eq!(events(&stage), [format!("\"Findings Imported V2\" \"{ADMINISTRATOR}\" \"{REGION}\"")]);
        assert_eq!(seen(&stage, REGION, ADMINISTRATOR), "a=new/at home o=new/");
        assert_eq!(seen(&stage, OTHER_REGION, ADMINISTRATOR), "a=later/there b=new/ o=later/");
        let resources = stage.good(ADMINISTRATOR, GetResourcesV2, json!({}));
        assert_eq!(resources["Resources"].as_array().unwrap().len(), 2, "{resources}");
        assert_eq!(seen(&stage, REGION, MEMBER), "", "only the owner of the aggregator sees the copies");
        assert_eq!(
            stage.good(ADMINISTRATOR, GetFindings, json!({}))["Findings"],
            json!([]),
            "the classic half does not show the copies"
        );
        assert_eq!(stage.0.finding_count(), 4, "copies are not counted as findings");
    }
}

/// Rules: AGV-08, HV2-10, RET-01.
#[test]
fn copies_expire() {
    let (stage, arn) = linked();
    import(&stage, ADMINISTRATOR, "a", "new", 0);
    deliver(&stage, "new");
    relink(&stage, &arn, &["us-west-2"]);
    stage.days_pass(80);
    assert_eq!(seen(&stage, REGION, ADMINISTRATOR), "a=new/ o=new/");
    stage.days_pass(11);
    assert_eq!(seen(&stage, REGION, ADMINISTRATOR), "");
    assert_eq!(stage.0.replica_tables(), []);
}

/// Rules: AGV-08, AGV-10.
#[test]
fn a_copy_is_dropped_when_its_finding_is_visible_again() {
    let (stage, arn) = linked();
    import(&stage, ADMINISTRATOR, "a", "new", 0);
    import(&stage, ADMINISTRATOR, "b", "new", 0);
    deliver(&stage, "new");
    relink(&stage, &arn, &["us-west-2"]);
    import(&stage, ADMINISTRATOR, "a", "between", 1);
    relink(&stage, &arn, &[OTHER_REGION]);
    assert_eq!(
        seen(&stage, REGION, ADMINISTRATOR),
        "a=new/ b=new/ o=new/",
        "the findings were not written since the Region was linked"
    );
    assert!(comment(&stage, OTHER_REGION, "a", "there"));
    import(&stage, ADMINISTRATOR, "b", "again", 2);
    deliver(&stage, "again");
    assert_eq!(seen(&stage, REGION, ADMINISTRATOR), "a=between/there b=again/ o=again/");
    assert_eq!(stage.0.replica_tables(), []);
}

/// Rules: AGV-08, AGV-09.
#[test]
fn the_delegated_administrator_keeps_copies_of_its_members_findings() {
    let (stage, arn) = linked();
    stage.organization(&[(MANAGEMENT, "management"), (ADMINISTRATOR, "audit"), (MEMBER, "member")]);
    let administrator = |account| {
        stage.relations(|directory| {
            directory.organization.as_mut().unwrap().security_hub_v2_administrator = account;
        });
    };
    administrator(Some(id(ADMINISTRATOR)));
    import(&stage, ADMINISTRATOR, "a", "new", 0);
    import(&stage, MEMBER, "m", "new", 0);
    relink(&stage, &arn, &["us-west-2"]);
    assert_eq!(seen(&stage, REGION, ADMINISTRATOR), "a=new/ m=new/");
    assert_eq!(seen(&stage, REGION, MEMBER), "", "a member does not inherit the aggregator");
    administrator(None);
    assert_eq!(seen(&stage, REGION, ADMINISTRATOR), "a=new/");
}

/// Rules: AGV-08.
#[test]
fn a_copy_is_explained() {
    let (stage, arn) = linked();
    import(&stage, ADMINISTRATOR, "a", "new", 0);
    relink(&stage, &arn, &["us-west-2"]);
    let principal = Principal::local_user(id(ADMINISTRATOR));
    let caller = Caller { principal, region: Region::new(REGION), now: stage.0.clock.now() };
    let question = Question { id: Some("a"), product_arn: None, filters: &json!({ "CompositeFilters": [] }) };
    let explained = explain::explain(&stage.0, &caller, &question).unwrap();
    let reasons: Vec<&str> = explained.findings.iter().map(|finding| finding.visibility.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "the finding is stored in eu-west-1, which is not linked to us-east-1 in the V2 half",
            "it is a replica that remained here when eu-west-1 was unlinked",
        ]
    );
}

/// A change in the V2 half makes a finding visible in the home Region of the classic half again, like any other change.
///
/// Rules: AGG-13, AGG-14.
#[test]
fn a_change_in_the_v2_half_drops_the_copy_of_the_classic_half() {
    let (stage, _) = linked();
    let classic = |regions: &[&str]| json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": regions });
    let created = stage.good(ADMINISTRATOR, CreateFindingAggregator, classic(&[OTHER_REGION]));
    let relink = |regions: &[&str]| {
        let mut input = classic(regions);
        input["FindingAggregatorArn"] = created["FindingAggregatorArn"].clone();
        stage.good(ADMINISTRATOR, UpdateFindingAggregator, input);
    };
    import(&stage, ADMINISTRATOR, "a", "new", 0);
    relink(&["us-west-2"]);
    import(&stage, ADMINISTRATOR, "a", "between", 1);
    relink(&[OTHER_REGION]);
    let title = || stage.good(ADMINISTRATOR, GetFindings, json!({}))["Findings"][0]["Title"].clone();
    assert_eq!(title(), "new", "the administrator sees the copy");
    assert!(comment(&stage, OTHER_REGION, "a", "there"));
    assert_eq!(title(), "between", "the administrator sees the finding");
    assert_eq!(stage.0.replica_tables(), []);
}

/// Rules: BUV-09.
#[test]
fn an_update_in_the_home_region_changes_the_finding_in_its_own_region() {
    let (stage, _) = linked();
    import(&stage, ADMINISTRATOR, "a", "new", 0);
    deliver(&stage, "new");
    events(&stage);
    for finding_id in ["a", "o"] {
        assert!(comment(&stage, REGION, finding_id, "at home"));
        let event = |region: &str| format!("\"Findings Imported V2\" \"{ADMINISTRATOR}\" \"{region}\"");
        assert_eq!(events(&stage), [event(OTHER_REGION), event(REGION)], "{finding_id}");
    }
    for region in [REGION, OTHER_REGION] {
        assert_eq!(seen(&stage, region, ADMINISTRATOR), "a=new/at home o=new/at home");
    }
}
