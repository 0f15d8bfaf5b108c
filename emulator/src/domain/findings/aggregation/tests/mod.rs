//! Rules of aggregation, tested through the operations: the settings, the shown findings, and a model of both.

use std::collections::BTreeMap;

use securityhub_fixtures::Operation::{
    BatchImportFindings, BatchUpdateFindings, CreateFindingAggregator, DeleteFindingAggregator, EnableSecurityHub,
    GetFindings, UpdateFindingAggregator,
};
use serde_json::{Value, json};

use super::replicas;
use crate::state::{Member, MemberKind, MemberStatus, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, Stage, finding_of, id};

mod findings;
mod model;
mod settings;

const HOME: &str = "us-east-1";
const LINKED: &str = "eu-west-1";
const OTHER: &str = "us-west-2";
const REGIONS: [&str; 3] = [HOME, LINKED, OTHER];

/// Hubs of the administrator and the member in three Regions, without a relation.
fn hubs() -> Stage {
    let stage = Stage::empty();
    for region in REGIONS {
        for account in [ADMINISTRATOR, MEMBER] {
            stage.call_in(region, account, EnableSecurityHub, json!({})).unwrap();
        }
    }
    stage
}

/// The same, as administrator and member in all three.
fn organization() -> Stage {
    let stage = hubs();
    for region in REGIONS {
        relate(&stage, region, MemberStatus::Enabled);
    }
    stage
}

/// Sets the status of the member in a Region.
fn relate(stage: &Stage, region: &str, status: MemberStatus) {
    let mut transaction = stage.0.write();
    transaction.edit_directory(|directory| {
        let member = Member::new(status, MemberKind::Invitation, stage.0.clock.now());
        let members = directory.members.entry((id(ADMINISTRATOR), Region::new(region))).or_default();
        members.insert(id(MEMBER), member);
    });
    replicas::apply_relation_changes(&mut transaction, &stage.0);
    transaction.commit();
}

/// Creates an aggregator in [`HOME`] and returns its ARN.
fn aggregate(stage: &Stage, account: &str, input: Value) -> String {
    let answer = stage.call_in(HOME, account, CreateFindingAggregator, input).unwrap();
    answer["FindingAggregatorArn"].as_str().unwrap().to_owned()
}

fn specified(regions: &[&str]) -> Value {
    if regions.is_empty() {
        return json!({ "RegionLinkingMode": "NO_REGIONS" });
    }
    json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "Regions": regions })
}

fn relink(stage: &Stage, account: &str, arn: &str, regions: &[&str]) {
    let mut input = specified(regions);
    input["FindingAggregatorArn"] = json!(arn);
    stage.call_in(HOME, account, UpdateFindingAggregator, input).unwrap();
}

fn unlink(stage: &Stage, account: &str, arn: &str) {
    stage.call_in(HOME, account, DeleteFindingAggregator, json!({ "FindingAggregatorArn": arn })).unwrap();
}

fn product_arn(region: &str, account: &str) -> String {
    format!("arn:aws:securityhub:{region}:{account}:product/{account}/default")
}

/// Imports a finding of an account into a Region; a later minute makes it an update.
fn import(stage: &Stage, region: &str, account: &str, finding_id: &str, title: &str, minute: u32) {
    let with = json!({
        "ProductArn": product_arn(region, account),
        "UpdatedAt": format!("2026-01-10T{:02}:{:02}:00Z", 8 + minute / 60, minute % 60),
        "Title": title,
    });
    let input = json!({ "Findings": [finding_of(account, finding_id, with)] });
    let answer = stage.call_in(region, account, BatchImportFindings, input).unwrap();
    assert_eq!(answer["FailedCount"], 0, "{answer}");
}

/// Updates the note of a finding from a Region; returns whether the finding was found.
fn note(
    stage: &Stage,
    (from, account): (&str, &str),
    (region, owner): (&str, &str),
    finding_id: &str,
    text: &str,
) -> bool {
    let identifier = json!({ "Id": finding_id, "ProductArn": product_arn(region, owner) });
    let input = json!({ "FindingIdentifiers": [identifier], "Note": { "Text": text, "UpdatedBy": "test" } });
    let answer = stage.call_in(from, account, BatchUpdateFindings, input).unwrap();
    !answer["ProcessedFindings"].as_array().unwrap().is_empty()
}

/// Region, owner, id, title and note of a finding.
type Row = (String, String, String, String, String);

fn row(finding: &Value) -> Row {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let members = [&finding["Region"], &finding["AwsAccountId"], &finding["Id"], &finding["Title"]];
    let [region, owner, finding_id, title] = members.map(text);
    (region, owner, finding_id, title, text(&finding["Note"]["Text"]))
}

/// The findings that an account sees in a Region, in order, read in pages of two.
fn rows(stage: &Stage, region: &str, account: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut token = Value::Null;
    loop {
        let input = json!({ "MaxResults": 2, "NextToken": token });
        let answer = stage.call_in(region, account, GetFindings, input).unwrap();
        let page = answer["Findings"].as_array().unwrap();
        rows.extend(page.iter().map(row));
        match answer.get("NextToken") {
            Some(next) => token = next.clone(),
            None => return rows,
        }
        assert_eq!(page.len(), 2, "only the last page is short");
    }
}

/// The titles of the findings that an account sees in a Region, by id.
fn titles(stage: &Stage, region: &str, account: &str) -> BTreeMap<String, String> {
    let rows = rows(stage, region, account);
    let titles: BTreeMap<String, String> =
        rows.iter().map(|(_, _, finding_id, title, _)| (finding_id.clone(), title.clone())).collect();
    assert_eq!(titles.len(), rows.len(), "no finding is returned twice: {rows:?}");
    titles
}

/// Ids and titles in the form `a=title`.
fn seen(stage: &Stage, region: &str, account: &str) -> String {
    let titles = titles(stage, region, account);
    titles.iter().map(|(finding_id, title)| format!("{finding_id}={title}")).collect::<Vec<_>>().join(" ")
}
