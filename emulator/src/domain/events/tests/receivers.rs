//! Receivers of events: the hubs that see the finding.

use securityhub_fixtures::Operation::{
    BatchImportFindings, BatchUpdateFindings, CreateFindingAggregator, DeleteFindingAggregator, DisableSecurityHub,
    EnableSecurityHub,
};

use super::super::receivers;
use super::*;
use crate::domain::caller::Caller;
use crate::domain::findings::aggregation::replicas;
use crate::domain::findings::visibility::visibility_of;
use crate::state::{HubKey, Member, MemberKind, MemberStatus, Principal, Region, TableKey};
use crate::testing::{MEMBER, finding_of, id};

const HOME: &str = "us-east-1";
const LINKED: &str = "eu-west-1";
const OTHER: &str = "us-west-2";
const REGIONS: [&str; 3] = [HOME, LINKED, OTHER];

/// Hubs of both accounts in three Regions; one account is a member of the other in all of them.
fn organization() -> Stage {
    let stage = Stage::empty();
    for region in REGIONS {
        for account in [ADMINISTRATOR, MEMBER] {
            stage.call_in(region, account, EnableSecurityHub, json!({})).unwrap();
        }
        relate(&stage, region, MemberStatus::Enabled);
    }
    stage
}

fn relate(stage: &Stage, region: &str, status: MemberStatus) {
    let mut transaction = stage.0.write();
    transaction.edit_directory(|directory| {
        let member = Member::new(status, MemberKind::Invitation, stage.0.clock.now());
        directory.members.entry((id(ADMINISTRATOR), Region::new(region))).or_default().insert(id(MEMBER), member);
    });
    replicas::apply_relation_changes(&mut transaction, &stage.0);
    transaction.commit();
}

fn aggregate(stage: &Stage, account: &str) -> Value {
    let input = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": [LINKED] });
    stage.call_in(HOME, account, CreateFindingAggregator, input).unwrap()
}

fn import_in(stage: &Stage, region: &str, account: &str) -> Vec<String> {
    let product_arn = format!("arn:aws:securityhub:{region}:{account}:product/{account}/default");
    let finding_id = format!("{account}/{region}");
    let input = json!({ "Findings": [finding_of(account, &finding_id, json!({ "ProductArn": product_arn }))] });
    assert_eq!(stage.call_in(region, account, BatchImportFindings, input).unwrap()["FailedCount"], 0);
    let events = stage.events();
    for (event, body) in events.iter().zip(bodies(&events)) {
        assert_eq!(
            (&body["AwsAccountId"], &body["Region"]),
            (&json!(account), &json!(region)),
            "the finding keeps its account and Region"
        );
        let [account, region] = [&event["account"], &event["region"]].map(|text| text.as_str().unwrap());
        assert_eq!(body, read_in(stage, region, account, &finding_id), "the receiver reads the same document");
    }
    receiver_names(&events)
}

/// Updates the note of a finding from a Region.
fn note(stage: &Stage, from: &str, account: &str, (region, owner): (&str, &str)) -> Vec<String> {
    let product_arn = format!("arn:aws:securityhub:{region}:{owner}:product/{owner}/default");
    let input = json!({
        "FindingIdentifiers": [{ "Id": format!("{owner}/{region}"), "ProductArn": product_arn }],
        "Note": { "Text": "n", "UpdatedBy": "me" },
    });
    let answer = stage.call_in(from, account, BatchUpdateFindings, input).unwrap();
    assert_eq!(answer["UnprocessedFindings"], json!([]));
    receiver_names(&stage.events())
}

/// Rules: EVT-40, EVT-41.
#[test]
fn the_owner_and_its_administrator_receive_events_in_the_findings_region() {
    let stage = organization();
    assert_eq!(import_in(&stage, OTHER, MEMBER), ["222222222222@us-west-2", "111111111111@us-west-2"]);
    assert_eq!(import_in(&stage, OTHER, ADMINISTRATOR), ["111111111111@us-west-2"], "a member receives no event");
    let both = ["222222222222@us-west-2", "111111111111@us-west-2"];
    assert_eq!(note(&stage, OTHER, ADMINISTRATOR, (OTHER, MEMBER)), both, "the receivers do not depend on the caller");
}

/// Rules: EVT-10.
#[test]
fn each_receiver_gets_its_own_event() {
    let stage = organization();
    let input = json!({ "Findings": [finding_of(MEMBER, "f", json!({}))] });
    stage.call_in(HOME, MEMBER, BatchImportFindings, input).unwrap();
    let events = stage.events();
    assert_eq!(receiver_names(&events), ["222222222222@us-east-1", "111111111111@us-east-1"]);
    assert_ne!(events[0]["id"], events[1]["id"]);
    assert_eq!(events[0]["detail"], events[1]["detail"]);
    assert_eq!(events[0]["resources"], events[1]["resources"]);
}

/// Rules: EVT-41, EVT-45.
#[test]
fn an_administrator_gets_no_events_for_former_members() {
    for status in [MemberStatus::Created, MemberStatus::Invited, MemberStatus::Resigned, MemberStatus::Removed] {
        let stage = organization();
        import_in(&stage, OTHER, MEMBER);
        relate(&stage, OTHER, status);
        assert_eq!(note(&stage, OTHER, MEMBER, (OTHER, MEMBER)), ["222222222222@us-west-2"], "{status:?}");
    }
}

/// Rules: EVT-45.
#[test]
fn a_disabled_hub_neither_receives_nor_causes_events() {
    let stage = organization();
    stage.relations(|directory| directory.members.clear());
    stage.call_in(OTHER, ADMINISTRATOR, DisableSecurityHub, json!({})).unwrap();
    relate(&stage, OTHER, MemberStatus::Enabled);
    assert_eq!(import_in(&stage, OTHER, MEMBER), ["222222222222@us-west-2"]);
    let stage = organization();
    stage.relations(|directory| directory.members.clear());
    stage.call_in(OTHER, MEMBER, DisableSecurityHub, json!({})).unwrap();
    relate(&stage, OTHER, MemberStatus::Enabled);
    let table = TableKey::from(&Region::new(OTHER));
    assert_eq!(receivers(&stage.0.relations(), &table, id(MEMBER)), []);
}

/// Rules: EVT-42, EVT-46.
#[test]
fn an_import_in_a_linked_region_makes_an_event_in_the_home_region_too() {
    let stage = organization();
    aggregate(&stage, ADMINISTRATOR);
    let four = ["222222222222@eu-west-1", "111111111111@eu-west-1", "222222222222@us-east-1", "111111111111@us-east-1"];
    assert_eq!(import_in(&stage, LINKED, MEMBER), four);
    assert_eq!(import_in(&stage, LINKED, ADMINISTRATOR), ["111111111111@eu-west-1", "111111111111@us-east-1"]);
    assert_eq!(import_in(&stage, OTHER, MEMBER).len(), 2, "the Region is not linked");
    assert_eq!(import_in(&stage, HOME, MEMBER).len(), 2, "the home Region is not linked to itself");

    let stage = organization();
    aggregate(&stage, ADMINISTRATOR);
    stage.relations(|directory| _ = directory.members.remove(&(id(ADMINISTRATOR), Region::new(HOME))));
    stage.call_in(HOME, MEMBER, DisableSecurityHub, json!({})).unwrap();
    let three = ["222222222222@eu-west-1", "111111111111@eu-west-1", "111111111111@us-east-1"];
    assert_eq!(import_in(&stage, LINKED, MEMBER), three, "the member has no hub in the home Region");
}

/// Rules: EVT-43.
#[test]
fn an_update_in_the_home_region_makes_an_event_in_the_linked_region_too() {
    let stage = organization();
    aggregate(&stage, ADMINISTRATOR);
    let four = import_in(&stage, LINKED, MEMBER);
    for (from, account) in [(HOME, ADMINISTRATOR), (HOME, MEMBER), (LINKED, ADMINISTRATOR), (LINKED, MEMBER)] {
        assert_eq!(note(&stage, from, account, (LINKED, MEMBER)), four, "{from} {account}");
    }
}

/// Rules: EVT-42.
#[test]
fn a_changed_replica_makes_an_event_in_its_own_region() {
    let stage = organization();
    let aggregator = aggregate(&stage, ADMINISTRATOR);
    import_in(&stage, LINKED, MEMBER);
    let arn = json!({ "FindingAggregatorArn": aggregator["FindingAggregatorArn"] });
    stage.call_in(HOME, ADMINISTRATOR, DeleteFindingAggregator, arn).unwrap();
    assert_eq!(stage.events(), Vec::<Value>::new(), "unlinking a Region emits no event for its replicas");
    let at_home = ["222222222222@us-east-1", "111111111111@us-east-1"];
    assert_eq!(note(&stage, HOME, ADMINISTRATOR, (LINKED, MEMBER)), at_home);
    let linked = ["222222222222@eu-west-1", "111111111111@eu-west-1"];
    assert_eq!(note(&stage, LINKED, ADMINISTRATOR, (LINKED, MEMBER)), linked);
}

/// Rules: EVT-40 to EVT-46.
/// Every hub that receives an event sees the finding, and every hub that sees it receives the event, over random
/// relations.
#[test]
fn exactly_the_hubs_that_see_a_finding_receive_its_events() {
    let mut random = fastrand::Rng::with_seed(7);
    let accounts = ["111111111111", "222222222222", "333333333333"];
    for _ in 0..300 {
        let stage = Stage::empty();
        for region in REGIONS {
            for account in accounts.iter().filter(|_| random.u8(..) < 200) {
                stage.call_in(region, account, EnableSecurityHub, json!({})).unwrap();
            }
        }
        stage.relations(|directory| {
            for region in REGIONS.map(Region::new) {
                for member in accounts.iter().skip(1) {
                    let administrator = if random.u8(..) < 200 { accounts[0] } else { accounts[1] };
                    let status = if random.bool() { MemberStatus::Enabled } else { MemberStatus::Invited };
                    if administrator != *member {
                        let record = Member::new(status, MemberKind::Invitation, stage.0.clock.now());
                        let members = directory.members.entry((id(administrator), region.clone())).or_default();
                        members.insert(id(member), record);
                    }
                }
            }
        });
        for account in accounts {
            let linking = json!({ "RegionLinkingMode": "ALL_REGIONS" });
            _ = stage.call_in(random.choice(REGIONS).unwrap(), account, CreateFindingAggregator, linking);
        }
        for (region, owner) in REGIONS.iter().flat_map(|region| accounts.map(|owner| (Region::new(region), owner))) {
            let origin = random.bool().then(|| Region::new("ap-south-1"));
            compare(&stage, &TableKey { origin, ..TableKey::from(&region) }, owner, accounts);
        }
    }
}

fn compare(stage: &Stage, table: &TableKey, owner: &str, accounts: [&str; 3]) {
    let mut receiver_names = receivers(&stage.0.relations(), table, id(owner));
    receiver_names.sort();
    let hubs = accounts.iter().flat_map(|account| REGIONS.map(|region| (id(account), Region::new(region))));
    let is_seen = |(account, region): &(_, Region)| {
        let principal = Principal::local_user(*account);
        let caller = Caller { principal, region: region.clone(), now: stage.0.clock.now() };
        visibility_of(&stage.0, &caller, table, id(owner)).is_visible()
    };
    let mut expected: Vec<HubKey> = hubs.filter(is_seen).map(|(account, region)| HubKey { account, region }).collect();
    expected.sort();
    assert_eq!(receiver_names, expected, "{table:?} {owner}: {:?}", stage.0.directory());
}

/// Rules: EVT-42, BUF-12.
#[test]
fn an_update_over_several_regions_makes_events_in_identifier_order() {
    let stage = organization();
    aggregate(&stage, ADMINISTRATOR);
    let order = [(LINKED, MEMBER), (HOME, ADMINISTRATOR), (LINKED, ADMINISTRATOR), (HOME, MEMBER)];
    let identifiers: Vec<Value> = order
        .iter()
        .map(|(region, account)| {
            import_in(&stage, region, account);
            let product_arn = format!("arn:aws:securityhub:{region}:{account}:product/{account}/default");
            json!({ "Id": format!("{account}/{region}"), "ProductArn": product_arn })
        })
        .collect();
    let input = json!({ "FindingIdentifiers": identifiers, "Workflow": { "Status": "NOTIFIED" } });
    let answer = stage.call_in(HOME, ADMINISTRATOR, BatchUpdateFindings, input).unwrap();
    assert_eq!(answer["ProcessedFindings"], json!(identifiers));
    let mut changed: Vec<String> =
        bodies(&stage.events()).iter().map(|body| body["Id"].as_str().unwrap().to_owned()).collect();
    changed.dedup();
    assert_eq!(changed, order.map(|(region, account)| format!("{account}/{region}")));
}
