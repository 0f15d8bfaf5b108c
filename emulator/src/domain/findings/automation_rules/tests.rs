//! Selection and order of the rules that apply to a finding.

use securityhub_engine::filter::matches;
use securityhub_fixtures::Operation::{BatchUpdateAutomationRules, CreateAutomationRule, DisableSecurityHub};
use serde_json::{Value, json};

use super::{ActiveRule, active_rules, matching};
use crate::state::{MemberStatus, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding, id};

/// A rule that matches every HIGH finding; members are replaced by those of `with`.
fn rule(name: &str, order: u32, with: Value) -> Value {
    let mut rule = json!({
        "RuleName": name,
        "Description": "For tests.",
        "RuleOrder": order,
        "Criteria": { "SeverityLabel": [{ "Value": "HIGH", "Comparison": "EQUALS" }] },
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Note": { "Text": name, "UpdatedBy": "x" } } }],
    });
    for (member, value) in with.as_object().unwrap() {
        rule[member] = value.clone();
    }
    rule
}

fn make(stage: &Stage, account: &str, rule: Value) -> String {
    stage.good(account, CreateAutomationRule, rule)["RuleArn"].as_str().unwrap().to_owned()
}

fn active(stage: &Stage, account: &str) -> Vec<ActiveRule> {
    active_rules(&stage.0, &stage.0.directory(), id(account), &Region::new(REGION), stage.0.clock.now())
}

/// The names of rules: the texts of the notes that they set.
fn names<'r>(rules: impl IntoIterator<Item = &'r ActiveRule>) -> String {
    let names = rules.into_iter().map(|rule| rule.update["Note"]["Text"].as_str().unwrap());
    names.collect::<Vec<_>>().join(" ")
}

/// The administrator's rules that match a finding.
fn matching_names(stage: &Stage, finding: &Value) -> String {
    let rules = active(stage, ADMINISTRATOR);
    names(matching(&rules, |filter| matches(filter, stage.0.schema(), finding.to_string().as_bytes())))
}

/// Rules: ARU-03.
#[test]
fn rules_are_evaluated_in_rule_order_then_by_their_last_change() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    make(&stage, ADMINISTRATOR, rule("last", 1000, json!({})));
    let early = make(&stage, ADMINISTRATOR, rule("early", 5, json!({})));
    make(&stage, ADMINISTRATOR, rule("late", 5, json!({})));
    make(&stage, ADMINISTRATOR, rule("first", 1, json!({})));
    assert_eq!(
        matching_names(&stage, &finding("f", json!({}))),
        "first early late last",
        "rules of the same time run in order of creation"
    );
    stage.days_pass(1);
    let touch = json!({ "UpdateAutomationRulesRequestItems": [{ "RuleArn": early }] });
    stage.good(ADMINISTRATOR, BatchUpdateAutomationRules, touch);
    assert_eq!(matching_names(&stage, &finding("f", json!({}))), "first late early last");
    let moved = json!({ "UpdateAutomationRulesRequestItems": [{ "RuleArn": early, "RuleOrder": 1 }] });
    stage.good(ADMINISTRATOR, BatchUpdateAutomationRules, moved);
    assert_eq!(matching_names(&stage, &finding("f", json!({}))), "first early late last");
}

/// Rules: ARU-37.
#[test]
fn a_terminal_rule_that_matches_is_the_last() {
    for (is_terminal, expected) in [(false, "one two"), (true, "one")] {
        let stage = Stage::with_hubs(&[ADMINISTRATOR]);
        make(&stage, ADMINISTRATOR, rule("two", 2, json!({})));
        make(&stage, ADMINISTRATOR, rule("one", 1, json!({ "IsTerminal": is_terminal })));
        assert_eq!(matching_names(&stage, &finding("f", json!({}))), expected);
        assert_eq!(active(&stage, ADMINISTRATOR).len(), 2);
    }
}

/// Rules: ARU-37.
#[test]
fn a_terminal_rule_that_does_not_match_does_not_end_evaluation() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let other = json!({ "IsTerminal": true, "Criteria": { "Title": [{ "Value": "x", "Comparison": "CONTAINS" }] } });
    make(&stage, ADMINISTRATOR, rule("one", 1, other));
    make(&stage, ADMINISTRATOR, rule("two", 2, json!({})));
    assert_eq!(matching_names(&stage, &finding("f", json!({ "Title": "a" }))), "two");
    assert_eq!(matching_names(&stage, &finding("f", json!({ "Title": "axa" }))), "one");
    assert_eq!(matching_names(&stage, &finding("f", json!({ "Severity": { "Label": "LOW" } }))), "");
}

/// Rules: ARU-38.
#[test]
fn disabled_rules_and_rules_of_disabled_hubs_are_skipped() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let arn = make(&stage, ADMINISTRATOR, rule("one", 1, json!({ "RuleStatus": "DISABLED" })));
    make(&stage, ADMINISTRATOR, rule("two", 2, json!({ "RuleStatus": "ENABLED" })));
    assert_eq!(names(&active(&stage, ADMINISTRATOR)), "two");
    let on = json!({ "UpdateAutomationRulesRequestItems": [{ "RuleArn": arn, "RuleStatus": "ENABLED" }] });
    stage.good(ADMINISTRATOR, BatchUpdateAutomationRules, on);
    assert_eq!(names(&active(&stage, ADMINISTRATOR)), "one two");
    assert_eq!(active(&stage, ADMINISTRATOR)[0].arn, arn);
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    assert_eq!(names(&active(&stage, ADMINISTRATOR)), "");
}

/// Rules: ARU-17, ARU-39.
#[test]
fn an_administrators_rules_apply_to_members_in_the_same_region() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    make(&stage, ADMINISTRATOR, rule("of-administrator", 1, json!({})));
    make(&stage, MEMBER, rule("of-member", 1, json!({})));
    assert_eq!(names(&active(&stage, MEMBER)), "of-member");
    stage.member(MemberStatus::Enabled);
    assert_eq!(names(&active(&stage, MEMBER)), "of-administrator");
    assert_eq!(names(&active(&stage, ADMINISTRATOR)), "of-administrator");
    let elsewhere = Region::new("eu-west-1");
    let now = stage.0.clock.now();
    assert!(active_rules(&stage.0, &stage.0.directory(), id(ADMINISTRATOR), &elsewhere, now).is_empty());
    stage.member(MemberStatus::Removed);
    assert_eq!(names(&active(&stage, MEMBER)), "of-member", "the rules of the account itself run again");
}

/// Rules: FLT-29, ARU-23.
#[test]
fn relative_dates_in_criteria_are_resolved_at_evaluation_time() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let recent = json!({ "Criteria": { "UpdatedAt": [{ "DateRange": { "Value": 7, "Unit": "DAYS" } }] } });
    make(&stage, ADMINISTRATOR, rule("recent", 1, recent));
    assert_eq!(matching_names(&stage, &finding("f", json!({}))), "recent");
    stage.days_pass(7);
    assert_eq!(matching_names(&stage, &finding("f", json!({}))), "");
}
