//! `Rules`: the automation rules that apply to imports of the finding, compared with it as it is now (DSH-68).

use std::collections::HashMap;

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use super::history;
use super::shown::Shown;
use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::page::{Context, PageError, Section};
use crate::dashboard::text::{ABSENT, Time, cut, yes_no};
use crate::domain::findings::explain::{self, ExplainedFilter};
use crate::state::AccountId;

/// Maximum number of rules of an account in a Region.
const RULES: u64 = 100;
/// Maximum number of characters of the reasons why a rule does not match.
const REASONS: usize = 500;

#[derive(Template)]
#[template(path = "pages/finding/rules.html")]
struct Rules {
    owner: String,
    rows: Vec<Row>,
    /// Why the account may not read the rules: the sentence, the code, and the address of the account that may.
    refused: Option<(String, String, Option<String>)>,
}

struct Row {
    order: String,
    name: String,
    status: String,
    matches: &'static str,
    why_not: String,
    applied: Vec<Time>,
}

/// Shows the view.
pub(super) fn show(context: &Context<'_>, shown: &Shown) -> Result<Section, PageError> {
    let owner = owner(context, shown);
    let here = context.view.seen_as(context.view.account, shown.region.clone());
    let list_call = Call::api(Operation::ListAutomationRules, json!({ "MaxResults": RULES })).by(&here);
    let listed = match context.fetch(&list_call) {
        Ok(listed) => listed,
        Err(PageError::Refused { sentence, code, call, .. }) => {
            let other = AccountId::parse(&owner).filter(|owner| *owner != context.view.account);
            let address = other.map(|owner| context.view.seen_as(owner, shown.region.clone()).address());
            let refused = Some((sentence, code.unwrap_or_default(), address));
            return Ok(Section::new(&Rules { owner, rows: Vec::new(), refused }, vec![*call]));
        }
        Err(other) => return Err(other),
    };
    let mut calls = vec![shown.call().of("The finding")];
    calls.push(list_call.of("Rules, in order"));
    let arns: Vec<&Value> = list(&listed, "AutomationRulesMetadata").iter().map(|rule| &rule["RuleArn"]).collect();
    let mut rows = Vec::new();
    if !arns.is_empty() {
        let input = json!({ "AutomationRulesArns": arns });
        let call = Call::api(Operation::BatchGetAutomationRules, input).by(&here);
        let answer = context.fetch(&call)?;
        calls.push(call.of("Criteria of the rules"));
        let history_call = history::call(shown, None);
        let applied = applied(&context.fetch(&history_call)?);
        calls.push(history_call.of("History of the finding, with the rules that changed it"));
        let by_arn: HashMap<&str, &Value> =
            list(&answer, "Rules").iter().map(|rule| (text(rule, "RuleArn"), rule)).collect();
        let ordered: Vec<&Value> = arns.iter().filter_map(|arn| by_arn.get(arn.as_str()?).copied()).collect();
        rows = held(context, shown, &ordered, &applied);
    }
    Ok(Section::new(&Rules { owner, rows, refused: None }, calls))
}

/// The account whose rules apply to imports of the finding.
fn owner(context: &Context<'_>, shown: &Shown) -> String {
    let administrator = AccountId::parse(&shown.account)
        .and_then(|account| context.world.directory().administrator(account, &shown.region));
    administrator.map_or_else(|| shown.account.clone(), |administrator| administrator.to_string())
}

/// The times at which each rule has changed the finding, by the ARN of the rule.
fn applied(history: &Value) -> HashMap<String, Vec<Time>> {
    let mut applied: HashMap<String, Vec<Time>> = HashMap::new();
    for record in list(history, "Records") {
        let time = Time::parse(text(record, "UpdateTime"));
        applied.entry(text(&record["UpdateSource"], "Identity").to_owned()).or_default().extend(time);
    }
    applied
}

/// Compares the criteria of rules with the finding, in the order of their evaluation.
fn held(context: &Context<'_>, shown: &Shown, rules: &[&Value], applied: &HashMap<String, Vec<Time>>) -> Vec<Row> {
    let now = context.world.clock.now();
    let empty = Map::new();
    let mut terminal: Option<&str> = None;
    let mut rows = Vec::new();
    for rule in rules {
        let criteria = rule["Criteria"].as_object().unwrap_or(&empty);
        let is_enabled = text(rule, "RuleStatus") == "ENABLED";
        let (matches, mut reasons) = match explain::criteria(&context.world, now, criteria, &shown.document) {
            Ok(filters) => {
                let failing: Vec<String> = filters.iter().filter(|filter| !filter.passes).map(sentence).collect();
                (failing.is_empty(), failing)
            }
            Err(refused) => (false, vec![refused.message.into_owned()]),
        };
        if !is_enabled {
            reasons.push("the rule is disabled".to_owned());
        }
        if let Some(earlier) = terminal {
            reasons.push(format!("an earlier rule, {earlier}, matches and is terminal"));
        }
        if matches && is_enabled && terminal.is_none() && rule["IsTerminal"] == true {
            terminal = Some(text(rule, "RuleName"));
        }
        rows.push(Row {
            order: rule["RuleOrder"].to_string(),
            name: text(rule, "RuleName").to_owned(),
            status: text(rule, "RuleStatus").to_owned(),
            matches: yes_no(matches),
            why_not: if reasons.is_empty() { ABSENT.to_owned() } else { cut(&reasons.join("; "), REASONS) },
            applied: applied.get(text(rule, "RuleArn")).cloned().unwrap_or_default(),
        });
    }
    rows
}

fn sentence(filter: &ExplainedFilter) -> String {
    format!("{} {}", filter.name, filter.sentence())
}
