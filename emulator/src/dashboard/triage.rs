//! The form that changes findings: its fields, the calls that it makes, and their results (DSH-60). A page puts the
//! fields into a form of its own, and passes the form with the findings to [`act`].

use std::collections::HashSet;

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use super::answer::{self, list};
use super::call::Call;
use super::custom_actions;
use super::failures::{self, Failure};
use super::forms::Form;
use super::messages::Message;
use super::page::{Context, Done, PageError};
use super::select::{self, SelectOption};
use super::template::html;
use super::text::{self, SEVERITIES};

/// Maximum number of findings of a call to BatchUpdateFindings.
const BATCH: usize = 100;
/// Maximum number of values of a filter.
const VALUES: usize = 20;
/// Maximum number of findings that can be sent to a custom action at once.
const SENT: usize = 20;
/// The author of notes.
pub const AUTHOR: &str = "dashboard";
/// The values of `Workflow.Status`.
pub const WORKFLOW_STATUSES: [&str; 4] = ["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"];
/// The values of `VerificationState`.
pub const VERIFICATION_STATES: [&str; 4] = ["UNKNOWN", "TRUE_POSITIVE", "FALSE_POSITIVE", "BENIGN_POSITIVE"];

/// A finding to change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// `ProductArn`
    pub product_arn: String,
    /// `Id`
    pub id: String,
}

impl Target {
    fn identifier(&self) -> Value {
        json!({ "Id": self.id, "ProductArn": self.product_arn })
    }
}

#[derive(Template)]
#[template(path = "parts/triage.html")]
struct Fields<'f> {
    choices: [SelectField; 3],
    note: &'f str,
    actions: Vec<SelectOption>,
    preview: String,
}

/// A field with a list of values.
struct SelectField {
    name: &'static str,
    label: &'static str,
    options: Vec<SelectOption>,
}

/// The fields and buttons of the form. `targets` are the findings of the calls that are shown before they are made.
pub fn fields(context: &Context<'_>, targets: &[Target]) -> String {
    let choice = |name: &'static str, label: &'static str, values: &[&str]| SelectField {
        name,
        label,
        options: select::options(values, context.typed(name)),
    };
    html(&Fields {
        choices: [
            choice("workflow", "Workflow status", &WORKFLOW_STATUSES),
            choice("severity", "Severity", &SEVERITIES),
            choice("verification", "Verification state", &VERIFICATION_STATES),
        ],
        note: context.typed("note"),
        // An account that may not list custom actions gets the form without them.
        actions: custom_actions::options(context).unwrap_or_default(),
        preview: context.shown(&preview(context, targets)),
    })
}

/// The calls that the form makes, with an example of an attribute as long as none was chosen.
fn preview(context: &Context<'_>, targets: &[Target]) -> Vec<Call> {
    let given = context.typed.map(attributes).unwrap_or_default();
    let (given, part) = if given.is_empty() {
        let example = Map::from_iter([("Workflow".to_owned(), json!({ "Status": "RESOLVED" }))]);
        (example, "Update, for example with the workflow status RESOLVED")
    } else {
        (given, "Update")
    };
    let mut calls: Vec<Call> = updates(targets, &given).into_iter().take(1).map(|call| call.of(part)).collect();
    let archive = record_state(targets, "ARCHIVED").into_iter().take(1);
    calls.extend(archive.map(|call| call.of("Archive (for “Make active”, set RecordState to ACTIVE)")));
    calls
}

/// The attributes of BatchUpdateFindings that were chosen.
fn attributes(form: &Form) -> Map<String, Value> {
    let members = [
        ("Workflow", json!({ "Status": form.field("workflow") }), "workflow"),
        ("Note", json!({ "Text": form.field("note"), "UpdatedBy": AUTHOR }), "note"),
        ("Severity", json!({ "Label": form.field("severity") }), "severity"),
        ("VerificationState", json!(form.field("verification")), "verification"),
    ];
    let chosen = members.into_iter().filter(|(_, _, field)| !form.field(field).trim().is_empty());
    chosen.map(|(member, value, _)| (member.to_owned(), value)).collect()
}

/// The calls to BatchUpdateFindings.
fn updates(targets: &[Target], given: &Map<String, Value>) -> Vec<Call> {
    let call = |batch: &[Target]| {
        let identifiers: Vec<Value> = batch.iter().map(Target::identifier).collect();
        let mut input = Map::from_iter([("FindingIdentifiers".to_owned(), Value::Array(identifiers))]);
        input.extend(given.clone());
        Call::api(Operation::BatchUpdateFindings, Value::Object(input))
    };
    targets.chunks(BATCH).map(call).collect()
}

/// The calls of UpdateFindings. Each is about one product, because its filters select every combination of a product
/// and an Id.
fn record_state(targets: &[Target], state: &str) -> Vec<Call> {
    let mut products: Vec<(&str, Vec<&str>)> = Vec::new();
    for Target { product_arn, id } in targets {
        match products.iter_mut().find(|(product, _)| product == product_arn) {
            Some((_, ids)) => ids.push(id),
            None => products.push((product_arn, vec![id])),
        }
    }
    let equals = |value: &str| json!({ "Value": value, "Comparison": "EQUALS" });
    let call = |product: &str, ids: &[&str]| {
        let ids: Vec<Value> = ids.iter().map(|id| equals(id)).collect();
        let filters = json!({ "ProductArn": [equals(product)], "Id": ids });
        Call::api(Operation::UpdateFindings, json!({ "Filters": filters, "RecordState": state }))
    };
    products.iter().flat_map(|(product, ids)| ids.chunks(VALUES).map(|ids| call(product, ids))).collect()
}

/// Carries out the action of a button of the form.
///
/// # Errors
/// [`PageError::Invalid`] if nothing is selected or chosen; [`PageError::Refused`] if the first call is refused.
pub fn act(context: &Context<'_>, form: &Form, targets: &[Target]) -> Result<Done, PageError> {
    if targets.is_empty() {
        return Err(PageError::Invalid("Select at least one finding.".to_owned()));
    }
    let targets = &unique(targets)[..];
    match form.field("action") {
        "update" => update(context, form, targets),
        "archive" => set_record_state(context, targets, "ARCHIVED"),
        "activate" => set_record_state(context, targets, "ACTIVE"),
        "send" => send(context, form, targets),
        other => Err(PageError::unknown_action(other)),
    }
}

/// The targets without repetition. Findings of several accounts may have the same product and ID, and BatchUpdateFindings
/// refuses an identifier that it gets twice.
fn unique(targets: &[Target]) -> Vec<Target> {
    let mut known = HashSet::new();
    targets.iter().filter(|target| known.insert(*target)).cloned().collect()
}

/// The number of findings that targets select: those with the same product and ID in all accounts.
fn count<'t>(context: &Context<'_>, targets: impl Iterator<Item = &'t Target>) -> usize {
    let found = |target: &Target| context.find(&target.product_arn, &target.id).map_or(1, |found| found.len().max(1));
    targets.map(found).sum()
}

fn update(context: &Context<'_>, form: &Form, targets: &[Target]) -> Result<Done, PageError> {
    let given = attributes(form);
    if given.is_empty() {
        return Err(PageError::Invalid("Choose at least one attribute to change.".to_owned()));
    }
    let (mut changed, mut unprocessed) = (0, Vec::new());
    let calls = updates(targets, &given);
    for (number, (call, batch)) in calls.iter().zip(targets.chunks(BATCH)).enumerate() {
        match context.send(call) {
            Ok(answer) => {
                let refused = list(&answer, "UnprocessedFindings");
                let is_refused = |target: &&Target| {
                    let is_target = |refused: &Value| refused["FindingIdentifier"] == target.identifier();
                    refused.iter().any(is_target)
                };
                changed += count(context, batch.iter().filter(|target| !is_refused(target)));
                unprocessed.extend(refused.iter().map(|refused| of_answer(context, refused)));
            }
            Err(refused) if number == 0 => return Err(refused),
            Err(refused) => unprocessed.extend(batch.iter().map(|target| of_error(context, target, &refused))),
        }
    }
    let text = format!("{} changed, {} refused", text::number(changed as u64), text::number(unprocessed.len() as u64));
    let details = failures::table("Not processed", ["Finding", "Code", "Message"], &unprocessed);
    Ok(Message { details, ..Message::new(text, first(calls)) }.into())
}

fn of_answer(context: &Context<'_>, refused: &Value) -> Failure<3> {
    let identifier = &refused["FindingIdentifier"];
    let [product, id] = ["ProductArn", "Id"].map(|name| answer::text(identifier, name));
    let [code, message] = ["ErrorCode", "ErrorMessage"].map(|name| answer::text(refused, name));
    Failure::new([id, code, message]).linked(context.finding(product, id, ""))
}

fn of_error(context: &Context<'_>, target: &Target, refused: &PageError) -> Failure<3> {
    let (code, message) = match refused {
        PageError::Refused { code, sentence, .. } => (code.as_deref().unwrap_or_default(), sentence.as_str()),
        _ => Default::default(),
    };
    let address = context.finding(&target.product_arn, &target.id, "");
    Failure::new([&target.id, code, message]).linked(address)
}

/// The first of several calls, with their number.
fn first(calls: Vec<Call>) -> Vec<Call> {
    let part = match calls.len() {
        0 | 1 => String::new(),
        count => format!("The first of {} calls", text::number(count as u64)),
    };
    calls.into_iter().take(1).map(|call| call.of(&part)).collect()
}

fn set_record_state(context: &Context<'_>, targets: &[Target], state: &str) -> Result<Done, PageError> {
    let calls = record_state(targets, state);
    for call in &calls {
        context.send(call)?;
    }
    let text = format!("{} changed, 0 refused", text::number(count(context, targets.iter()) as u64));
    Ok(Message::new(text, first(calls)).into())
}

fn send(context: &Context<'_>, form: &Form, targets: &[Target]) -> Result<Done, PageError> {
    let action = form.field("custom-action");
    if action.is_empty() {
        return Err(PageError::Invalid("Choose a custom action.".to_owned()));
    }
    if targets.len() > SENT {
        let count = text::number(targets.len() as u64);
        let sentence =
            format!("Up to {SENT} findings can be sent to a custom action at once, but {count} are selected.");
        return Err(PageError::Invalid(sentence));
    }
    let identifiers: Vec<Value> = targets.iter().map(Target::identifier).collect();
    let call = custom_actions::send_call(json!({ "ActionTargetArn": action, "FindingIdentifiers": identifiers }));
    context.send(&call)?;
    let text = format!("{} sent", text::counted(targets.len() as u64, "finding", "findings"));
    Ok(Message::new(text, vec![call]).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(product: &str, id: &str) -> Target {
        Target { product_arn: product.to_owned(), id: id.to_owned() }
    }

    #[test]
    fn findings_are_changed_in_batches() {
        let targets: Vec<Target> = (0..205).map(|number| target("p", &number.to_string())).collect();
        let given = Map::from_iter([("VerificationState".to_owned(), json!("UNKNOWN"))]);
        let sizes = updates(&targets, &given);
        let sizes = sizes.iter().map(|call| call.input().unwrap()["FindingIdentifiers"].as_array().unwrap().len());
        assert_eq!(sizes.collect::<Vec<_>>(), [100, 100, 5]);
        assert_eq!(record_state(&targets, "ARCHIVED").len(), 11);
    }

    #[test]
    fn each_identifier_is_sent_once() {
        let targets = [target("p", "1"), target("q", "1"), target("p", "1")];
        assert_eq!(unique(&targets), [target("p", "1"), target("q", "1")]);
    }

    #[test]
    fn filters_do_not_select_findings_of_other_products() {
        let calls = record_state(&[target("p", "1"), target("q", "2"), target("p", "3")], "ACTIVE");
        let filters = |call: &Call| {
            let texts =
                |list: &Value| list.as_array().unwrap().iter().map(|it| it["Value"].clone()).collect::<Vec<_>>();
            let filters = &call.input().unwrap()["Filters"];
            (texts(&filters["ProductArn"]), texts(&filters["Id"]))
        };
        let expected = [(vec![json!("p")], vec![json!("1"), json!("3")]), (vec![json!("q")], vec![json!("2")])];
        assert_eq!(calls.iter().map(filters).collect::<Vec<_>>(), expected);
    }
}
