//! The declared resources that a control checks, and the calls that declare and change them.

use http::Method;
use securityhub_fixtures::standards;
use serde_json::{Value, json};

use crate::dashboard::answer;
use crate::dashboard::call::Call;
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError};
use crate::dashboard::select::{self, SelectOption};
use crate::dashboard::text;
use crate::domain::controls::checks::{self, ACCOUNT_TYPE};

const PATH: &str = "/_emulator/resources";
/// Maximum number of rows.
const ROWS: usize = 50;
/// The members of a declaration that map controls to results, with the names of these results.
const RESULTS: [(&str, &str); 4] = [
    ("fails", "FAILED"),
    ("warns", "WARNING"),
    ("not_available", "NOT_AVAILABLE"),
    ("not_applicable", "NOT_APPLICABLE"),
];

/// The resources of the account of a view.
pub(super) struct Resources {
    /// The rows of the table.
    pub(super) rows: Vec<Row>,
    /// The number of resources that are not rows.
    pub(super) more: Option<String>,
    /// The types of resources that the control checks.
    pub(super) types: Vec<SelectOption>,
    /// The ID that was typed.
    pub(super) id: String,
    /// True if the declared resource is to fail the control.
    pub(super) fails: bool,
    /// The declarations as JSON, to change them.
    pub(super) json: String,
    /// `Show me the call` for a change of a resource, for a declaration and for a run of the checks.
    pub(super) previews: [String; 3],
    /// True if resources are declared anywhere, without which controls are not checked.
    pub(super) may_run: bool,
    /// The call that lists them.
    pub(super) call: Call,
}

/// A resource.
pub(super) struct Row {
    /// Its ID.
    pub(super) id: String,
    /// Its type.
    pub(super) kind: String,
    /// Its declared result.
    pub(super) result: &'static str,
    /// The value of the buttons: its type and its ID.
    pub(super) value: String,
    /// True if a button declares that it passes the control.
    pub(super) may_fix: bool,
}

/// The types of resources that a control checks.
fn types(id: &str) -> Vec<&'static str> {
    let Some(control) = standards::control(id) else { return Vec::new() };
    let mut types: Vec<&'static str> = control.resource_types.to_vec();
    if checks::checks_type(control, ACCOUNT_TYPE) && !types.contains(&ACCOUNT_TYPE) {
        types.push(ACCOUNT_TYPE);
    }
    types
}

/// The call that lists the resources.
fn list_call(context: &Context<'_>, types: &[&str]) -> Call {
    let mut path = format!("{PATH}?account={}&region={}", context.view.account, context.view.region);
    if let [one] = types {
        path = format!("{path}&type={one}");
    }
    Call::control(&Method::GET, &path, Value::Null, "").of("Resources")
}

/// The declarations of resources that the control checks.
fn declared(context: &Context<'_>, types: &[&str]) -> Result<Vec<Value>, PageError> {
    let mut answer = context.fetch(&list_call(context, types))?;
    let Value::Array(all) = answer["resources"].take() else { return Ok(Vec::new()) };
    let is_checked = |entry: &Value| entry["type"].as_str().is_some_and(|kind| types.contains(&kind));
    Ok(all.into_iter().filter(is_checked).collect())
}

impl Resources {
    /// The resources of the account of a view that a control checks.
    pub(super) fn of(context: &Context<'_>, id: &str) -> Result<Resources, PageError> {
        let types = types(id);
        let declared = declared(context, &types)?;
        let rows: Vec<Row> = declared.iter().take(ROWS).map(|entry| row(entry, id)).collect();
        let example = example(context, &types, id);
        let first = declared.first().map_or_else(|| example.clone(), |entry| changed(entry, id, !fails(entry, id)));
        let shown: Vec<&Value> = declared.iter().take(ROWS).collect();
        let json = if shown.is_empty() { format!("{:#}", json!([example])) } else { format!("{:#}", json!(shown)) };
        let calls = |entry: Value| context.shown(&[declare_call(entry), run_call(context)]);
        Ok(Resources {
            more: text::more(declared.len(), ROWS),
            rows,
            id: context.typed("resource-id").to_owned(),
            fails: context.typed("result") == "fails",
            json: Some(context.typed("json")).filter(|typed| !typed.is_empty()).map_or(json, str::to_owned),
            previews: [calls(first), calls(example), context.shown(&[run_call(context)])],
            may_run: context.world.resources().is_some(),
            call: list_call(context, &types),
            types: select::options(types, context.typed("type")),
        })
    }

    /// Returns whether no resource is declared.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

fn row(entry: &Value, control: &str) -> Row {
    let text = |name: &str| answer::text(entry, name).to_owned();
    let (kind, id) = (text("type"), text("id"));
    let declared = RESULTS.iter().find(|(member, _)| has(&entry[*member], control));
    let mut conditions = entry["when"].as_array().into_iter().flatten();
    let depends =
        conditions.any(|when| when["control"] == control) || !entry["tags"].is_null() || !entry["details"].is_null();
    let result = match declared {
        Some((_, result)) => result,
        None if depends => "depends on tags, details and parameters",
        None => "PASSED",
    };
    Row { value: format!("{kind} {id}"), id, kind, result, may_fix: declared.is_some() }
}

/// Returns whether a member of a declaration, a list or a map, names a control.
fn has(member: &Value, control: &str) -> bool {
    match member {
        Value::Array(list) => list.iter().any(|name| name == control),
        Value::Object(members) => members.contains_key(control),
        _ => false,
    }
}

fn fails(entry: &Value, control: &str) -> bool {
    RESULTS.iter().any(|(member, _)| has(&entry[*member], control))
}

/// The declaration with another result of a control.
fn changed(entry: &Value, control: &str, fails: bool) -> Value {
    let mut entry = entry.clone();
    for member in RESULTS.map(|(member, _)| member).into_iter().chain(["reasons"]) {
        match entry.get_mut(member) {
            Some(Value::Array(list)) => list.retain(|name| name != control),
            Some(Value::Object(members)) => _ = members.remove(control),
            _ => {}
        }
    }
    if fails {
        let mut failed = entry["fails"].as_array().cloned().unwrap_or_default();
        failed.push(control.into());
        entry["fails"] = failed.into();
    }
    entry
}

/// The declaration of a resource.
fn entry(context: &Context<'_>, kind: &str, id: &str, fails: Option<&str>) -> Value {
    let mut entry = json!({
        "account": context.view.account.as_str(),
        "regions": [context.view.region.as_str()],
        "type": kind,
    });
    if kind != ACCOUNT_TYPE {
        entry["id"] = id.into();
    }
    if let Some(control) = fails {
        entry["fails"] = json!([control]);
    }
    entry
}

fn example(context: &Context<'_>, types: &[&str], control: &str) -> Value {
    entry(context, types.first().copied().unwrap_or(ACCOUNT_TYPE), "my-resource", Some(control))
}

/// The call that declares a resource.
fn declare_call(entry: Value) -> Call {
    Call::control(&Method::PUT, PATH, entry, "").of("Resource")
}

/// The call that runs the checks of the account.
fn run_call(context: &Context<'_>) -> Call {
    let body = json!({ "Account": context.view.account.as_str(), "Regions": [context.view.region.as_str()] });
    Call::control(&Method::POST, "/_emulator/checks/run", body, "").of("Run all checks, including periodic ones")
}

/// Declares that a resource passes or fails the control.
pub(super) fn change(context: &Context<'_>, control: &str, form: &Form) -> Result<Done, PageError> {
    let (value, fails) = match (form.field("fix"), form.field("fail")) {
        ("", "") => return check(context),
        (value, "") => (value, false),
        (_, value) => (value, true),
    };
    let entries = declared(context, &types(control))?;
    let is_named = |entry: &&Value| row(entry, control).value == value;
    let Some(entry) = entries.iter().find(is_named) else {
        return Err(PageError::Invalid(format!("The resource `{value}` is not declared.")));
    };
    declare_entry(context, changed(entry, control, fails))
}

/// Runs the checks.
fn check(context: &Context<'_>) -> Result<Done, PageError> {
    let call = run_call(context);
    context.send(&call)?;
    Ok(Message::new("The controls of 1 hub were checked.", vec![call]).into())
}

/// Declares the resource of the form.
pub(super) fn declare(context: &Context<'_>, control: &str, form: &Form) -> Result<Done, PageError> {
    let (kind, id) = (form.field("type"), form.field("resource-id").trim());
    if !types(control).contains(&kind) {
        return Err(PageError::Invalid(format!("{control} does not check resources of the type `{kind}`.")));
    }
    if id.is_empty() && kind != ACCOUNT_TYPE {
        return Err(PageError::Invalid("Enter the ID of the resource, which is its ARN or its name.".to_owned()));
    }
    let fails = Some(control).filter(|_| form.field("result") == "fails");
    declare_entry(context, entry(context, kind, id, fails))
}

/// Declares the resources that were typed as JSON.
pub(super) fn declare_json(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let entries = serde_json::from_str::<Value>(form.field("json"));
    let entries = entries.map_err(|error| PageError::Invalid(format!("The resources are not valid JSON: {error}.")))?;
    declare_entry(context, entries)
}

/// Declares resources, and runs the checks.
fn declare_entry(context: &Context<'_>, entries: Value) -> Result<Done, PageError> {
    let count = entries.as_array().map_or(1, Vec::len);
    let calls = vec![declare_call(entries), run_call(context)];
    calls.iter().try_for_each(|call| context.send(call).map(|_| ()))?;
    let count = text::counted(count as u64, "resource", "resources");
    let text = format!("{count} declared, 0 refused. The controls of 1 hub were checked.");
    Ok(Message::new(text, calls).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: DSH-82.
    #[test]
    fn a_declaration_keeps_the_results_of_other_controls() {
        let entry = json!({
            "type": "AwsS3Bucket", "id": "b", "fails": ["S3.1", "S3.5"], "reasons": { "S3.5": "X" },
            "warns": { "S3.8": "Y" }, "not_applicable": ["S3.2"], "tags": { "a": "b" },
        });
        assert_eq!(row(&entry, "S3.5").result, "FAILED");
        assert_eq!(row(&entry, "S3.8").result, "WARNING");
        assert_eq!(row(&entry, "S3.9").result, "depends on tags, details and parameters");
        let fixed = changed(&entry, "S3.5", false);
        assert_eq!((&fixed["fails"], &fixed["reasons"]), (&json!(["S3.1"]), &json!({})));
        assert_eq!(changed(&fixed, "S3.5", true)["fails"], json!(["S3.1", "S3.5"]));
        let failed = changed(&entry, "S3.8", true);
        assert_eq!((&failed["warns"], &failed["fails"]), (&json!({}), &json!(["S3.1", "S3.5", "S3.8"])));
        assert_eq!(changed(&entry, "S3.2", false)["not_applicable"], json!([]));
        assert_eq!(failed["tags"], entry["tags"]);
    }

    /// Rules: DSH-82.
    #[test]
    fn a_control_of_the_account_checks_the_account() {
        assert_eq!(types("CloudTrail.1"), ["AwsAccount"]);
        assert_eq!(types("S3.1"), ["AwsAccount"]);
        assert!(types("CloudWatch.1").contains(&"AwsAccount"));
        assert_eq!(types("S3.8"), ["AwsS3Bucket"]);
        assert!(types("Nope.1").is_empty());
    }
}
