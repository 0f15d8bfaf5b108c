//! Adding, inviting and accepting in one call.

use securityhub_fixtures::Operation::{
    BatchImportFindings, BatchUpdateFindings, CreateInsight, DescribeHub, DisassociateFromAdministratorAccount,
    GetFindingHistory, GetFindings, GetInsightResults,
};
use serde_json::{Value, json};

use crate::domain::accounts::members::bulk::{self, Steps};
use crate::state::{HubKey, MemberStatus, Quotas, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding_of, id};

fn key() -> HubKey {
    HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) }
}

fn add(stage: &Stage, steps: Steps) -> Result<(), String> {
    let mut transaction = stage.0.write();
    let now = stage.0.clock.now();
    let email = Some("member@example.com".to_owned());
    let added = bulk::add(&mut transaction, &stage.0.ids, &key(), (id(MEMBER), email), steps, now);
    transaction.commit();
    added
}

fn status(stage: &Stage) -> MemberStatus {
    stage.0.directory().member(id(ADMINISTRATOR), &Region::new(REGION), id(MEMBER)).unwrap().status
}

const INVITE: Steps<'static> = Steps { invite: true, accept: false, message: None };
const ACCEPT: Steps<'static> = Steps { invite: false, accept: true, message: None };

#[test]
fn bulk_steps_are_carried_out_as_requested_and_can_be_repeated() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    assert_eq!(add(&stage, Steps::default()), Ok(()));
    assert_eq!(status(&stage), MemberStatus::Created);
    assert!(add(&stage, Steps::default()).unwrap_err().contains("is already a member or associated member"));
    for (steps, expected) in [
        (INVITE, MemberStatus::Invited),
        (INVITE, MemberStatus::Invited),
        (ACCEPT, MemberStatus::Enabled),
        (ACCEPT, MemberStatus::Enabled),
        (INVITE, MemberStatus::Enabled),
    ] {
        assert_eq!(add(&stage, steps), Ok(()));
        assert_eq!(status(&stage), expected);
    }
    stage.good(MEMBER, DescribeHub, json!({}));
    stage.good(MEMBER, DisassociateFromAdministratorAccount, json!({}));
    assert_eq!(add(&stage, ACCEPT), Ok(()), "an account that left is invited again");
    assert_eq!(status(&stage), MemberStatus::Enabled);
}

#[test]
fn a_refused_step_is_reported_in_the_services_words() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.relations(|directory| directory.quotas = Quotas { members: 10, invited_members: 0, ..Quotas::default() });
    assert!(add(&stage, ACCEPT).unwrap_err().contains("cannot create anymore members"));
    assert!(stage.0.directory().members.is_empty());
}

/// Rules: QUO-01.
#[test]
fn thousands_of_members_can_be_added() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.relations(|directory| directory.quotas.invited_members = MEMBERS);
    let mut transaction = stage.0.write();
    let now = stage.0.clock.now();
    for member in thousands() {
        bulk::add(&mut transaction, &stage.0.ids, &key(), (id(&member), None), ACCEPT, now).unwrap();
    }
    let more = bulk::add(&mut transaction, &stage.0.ids, &key(), (id(MEMBER), None), ACCEPT, now);
    assert!(more.unwrap_err().contains("cannot exceed the maximum number of allowed members"));
    transaction.commit();
    let directory = stage.0.directory();
    assert_eq!(directory.enabled_members(id(ADMINISTRATOR), &Region::new(REGION)).len(), MEMBERS);
    assert!(bulk::pending_accounts(&directory, &key()).is_empty());
}

/// Large enough that work which grows with the square of the members would be noticed.
const MEMBERS: usize = 3_000;

/// The accounts of the members.
fn thousands() -> impl Iterator<Item = String> {
    (0..MEMBERS).map(|number| format!("9{number:011}"))
}

/// All findings that satisfy filters, page by page.
fn findings(stage: &Stage, filters: &Value) -> usize {
    let (mut count, mut token) = (0, Value::Null);
    loop {
        let input = json!({ "Filters": filters, "MaxResults": 100, "NextToken": token });
        let page = stage.good(ADMINISTRATOR, GetFindings, input);
        count += page["Findings"].as_array().unwrap().len();
        token = page["NextToken"].clone();
        if token.is_null() {
            return count;
        }
    }
}

/// Rules: ROL-05, ROL-06.
#[test]
fn an_administrator_of_thousands_of_members_can_read_count_and_update_their_findings() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.relations(|directory| directory.quotas.invited_members = MEMBERS);
    let mut transaction = stage.0.write();
    let now = stage.0.clock.now();
    for member in thousands() {
        bulk::add(&mut transaction, &stage.0.ids, &key(), (id(&member), None), ACCEPT, now).unwrap();
    }
    transaction.commit();
    for member in thousands() {
        let imported = finding_of(&member, "scan-7", json!({}));
        assert_eq!(stage.good(&member, BatchImportFindings, json!({ "Findings": [imported] }))["SuccessCount"], 1);
    }
    let new = json!({ "WorkflowStatus": [{ "Value": "NEW", "Comparison": "EQUALS" }] });
    assert_eq!(findings(&stage, &new), MEMBERS);
    let insight = json!({ "Name": "New", "Filters": new, "GroupByAttribute": "SeverityLabel" });
    let arn = stage.good(ADMINISTRATOR, CreateInsight, insight)["InsightArn"].clone();
    let counted = || {
        let results = stage.good(ADMINISTRATOR, GetInsightResults, json!({ "InsightArn": arn }));
        results["InsightResults"]["ResultValues"][0]["Count"].as_u64().unwrap()
    };
    assert_eq!(counted(), MEMBERS as u64);
    let identifiers: Vec<Value> = thousands()
        .step_by(MEMBERS / 100)
        .map(|member| json!({ "Id": "scan-7", "ProductArn": finding_of(&member, "scan-7", json!({}))["ProductArn"] }))
        .collect();
    let update = json!({ "FindingIdentifiers": identifiers, "Workflow": { "Status": "NOTIFIED" } });
    let updated = stage.good(ADMINISTRATOR, BatchUpdateFindings, update);
    assert_eq!(updated["ProcessedFindings"].as_array().unwrap().len(), 100);
    assert_eq!((findings(&stage, &new), counted()), (MEMBERS - 100, MEMBERS as u64 - 100));
    let history = stage.good(ADMINISTRATOR, GetFindingHistory, json!({ "FindingIdentifier": identifiers[99] }));
    assert_eq!(history["Records"][0]["UpdateSource"]["Type"], "BATCH_UPDATE_FINDINGS");
}
