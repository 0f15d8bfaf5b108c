//! Tests that a loaded export answers calls like the exported world.

use quickcheck::Arbitrary;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use crate::domain::findings::restore::tests::calls::{ACCOUNTS, OTHER_REGION, Step};
use crate::domain::findings::restore::tests::{MAX_STEPS, after};
use crate::operations::{self, Handler};
use crate::scenario::export::{Format, export};
use crate::scenario::{self};
use crate::state::World;
use crate::testing::{Outcome, REGION, Stage, check};

fn exported(world: &World, format: Format) -> String {
    export(&world.saved(), &Map::new(), format, true)
}

fn loaded(text: &str) -> Stage {
    let scenario = scenario::read_sent(&text.into()).unwrap_or_else(|mistakes| panic!("{mistakes:?} in {text}"));
    Stage(scenario.build_over(None).unwrap_or_else(|mistakes| panic!("{mistakes:?} in {text}")))
}

/// Removes page tokens, because only the world that issued them accepts them.
fn without_tokens(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| name != "NextToken");
            members.values_mut().for_each(without_tokens);
        }
        Value::Array(items) => items.iter_mut().for_each(without_tokens),
        _ => {}
    }
}

/// Inputs of reading operations. An operation that refuses an input must refuse it in both worlds.
fn inputs(stage: &Stage, account: &str, region: &str) -> Vec<Value> {
    let arn = |rest: &str| format!("arn:aws:securityhub:{region}:{account}:{rest}");
    let mut inputs = vec![
        json!({}),
        json!({ "AccountIds": ACCOUNTS }),
        json!({ "ResourceArn": arn("hub/default") }),
        json!({ "ResourceArn": arn("hubv2/default") }),
        json!({ "SecurityControlId": "IAM.7" }),
        json!({ "SecurityControlIds": ["IAM.7", "S3.5"] }),
        json!({ "StandardsSubscriptionArn": arn("subscription/pci-dss/v/3.2.1") }),
        json!({ "InsightArn": "arn:aws:securityhub:::insight/securityhub/default/1" }),
        json!({ "GroupByRules": [{ "GroupByField": "severity" }] }),
    ];
    let known = |operation, list: &str, member: &str, input: &str| -> Vec<Value> {
        let answer = stage.call_in(region, account, operation, json!({})).unwrap_or_default();
        let items = answer[list].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| json!({ input: item[member] })).collect()
    };
    inputs.extend(known(Operation::ListConnectorsV2, "Connectors", "ConnectorId", "ConnectorId"));
    inputs.extend(known(Operation::ListExportJobsV2, "ExportJobs", "ExportJobId", "ExportJobId"));
    inputs.extend(known(Operation::ListAutomationRulesV2, "Rules", "RuleId", "Identifier"));
    inputs.extend(known(Operation::GetInsights, "Insights", "InsightArn", "InsightArn"));
    inputs.extend(known(
        Operation::ListFindingAggregators,
        "FindingAggregators",
        "FindingAggregatorArn",
        "FindingAggregatorArn",
    ));
    let findings = stage.call_in(region, account, Operation::GetFindings, json!({})).unwrap_or_default();
    for finding in findings["Findings"].as_array().into_iter().flatten().take(3) {
        inputs.push(json!({ "FindingIdentifier": { "Id": finding["Id"], "ProductArn": finding["ProductArn"] } }));
    }
    inputs
}

fn answer(stage: &Stage, account: &str, region: &str, operation: Operation, input: &Value) -> Outcome {
    let mut answer = stage.call_in(region, account, operation, input.clone())?;
    without_tokens(&mut answer);
    Ok(answer)
}

/// Compares the answers of all operations that read.
fn assert_same_answers(one: &Stage, two: &Stage) {
    let reads = |operation: &Operation| matches!(operations::entry(*operation).run, Handler::Reads(_));
    for (account, region) in ACCOUNTS.iter().flat_map(|account| [(account, REGION), (account, OTHER_REGION)]) {
        for input in inputs(one, account, region) {
            for operation in Operation::ALL.into_iter().filter(reads) {
                let (expected, found) =
                    (answer(one, account, region, operation, &input), answer(two, account, region, operation, &input));
                assert_eq!(expected, found, "{} of {account} in {region}: {input}", operation.name());
            }
        }
    }
}

/// Rules: CPL-60, CPL-61, CPL-62.
#[test]
fn a_loaded_export_is_identical_to_the_exported_world() {
    fn holds(steps: Vec<Step>, is_yaml: bool) -> bool {
        let stage = after(&steps);
        let format = if is_yaml { Format::Yaml } else { Format::Json };
        let text = exported(&stage.0, format);
        assert_eq!(text, exported(&stage.0, format), "two exports with no change in between");
        let loaded = loaded(&text);
        assert_eq!(exported(&loaded.0, format), text);
        assert_same_answers(&stage, &loaded);
        (stage.0.ids.uuid(), stage.0.ids.hexadecimal()) == (loaded.0.ids.uuid(), loaded.0.ids.hexadecimal())
    }
    check(6).quickcheck(holds as fn(Vec<Step>, bool) -> bool);
}

/// Rules: CPL-62.
#[test]
fn the_same_calls_lead_to_the_same_state_in_a_loaded_export() {
    fn holds(before: Vec<Step>, later: Vec<Step>) -> bool {
        let stage = after(&before);
        let loaded = loaded(&exported(&stage.0, Format::Yaml));
        for step in later.iter().take(MAX_STEPS) {
            crate::domain::findings::restore::tests::calls::run(&stage, step);
            crate::domain::findings::restore::tests::calls::run(&loaded, step);
        }
        for stage in [&stage, &loaded] {
            crate::domain::due::run(&stage.0, stage.0.clock.now());
        }
        assert_eq!(exported(&stage.0, Format::Yaml), exported(&loaded.0, Format::Yaml));
        true
    }
    check(6).quickcheck(holds as fn(Vec<Step>, Vec<Step>) -> bool);
}

/// Rules: CPL-61.
#[test]
fn the_random_worlds_contain_every_kind_of_row() {
    let mut kinds = std::collections::BTreeSet::new();
    let mut random = quickcheck::Gen::from_size_and_seed(100, 3);
    for _ in 0..20 {
        let stage = after(&Vec::<Step>::arbitrary(&mut random));
        kinds.extend(stage.0.relations().rows().keys().map(|row| row.kind.as_str()));
    }
    let expected = [
        "Account",
        "ActionTarget",
        "Aggregator",
        "AggregatorV2",
        "AutomationRule",
        "AutomationRuleV2",
        "ConnectorV2",
        "Control",
        "ExportJob",
        "Hub",
        "HubV2",
        "Insight",
        "Invitation",
        "Member",
        "Organization",
        "OrganizationAdmin",
        "ProductSubscription",
        "Resource",
        "Standard",
        "StandardControl",
        "Tags",
        "Ticket",
    ];
    let missing: Vec<_> = expected.iter().filter(|kind| !kinds.contains(**kind)).collect();
    assert!(missing.is_empty(), "{missing:?} in {kinds:?}");
}
