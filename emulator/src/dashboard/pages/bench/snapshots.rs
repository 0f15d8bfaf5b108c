//! `Snapshots`: named states that can be saved, restored and compared with the current one (DSH-103).

use askama::Template;
use http::Method;
use serde_json::Value;

use super::typed::typed;
use crate::dashboard::answer::list;
use crate::dashboard::call::Call;
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError, Section};
use crate::dashboard::text::{self, ABSENT, Time};
use crate::path_name;

const PATH: &str = "/_emulator/snapshots";
/// The state that the scenario describes, which is always a snapshot.
const START: &str = "start";
/// Maximum number of differences of each kind.
const DIFFERENCES: usize = 100;
/// Maximum number of characters of the changes of a finding.
const MAX_CHANGE: usize = 300;

#[derive(Template)]
#[template(path = "pages/bench/snapshots.html")]
struct Snapshots<'s> {
    token: &'s str,
    address: String,
    name: &'s str,
    rows: Vec<Row>,
    preview: String,
    comparison: Option<Comparison>,
}

struct Row {
    name: String,
    clock: Option<Time>,
    saved: Option<Time>,
    hubs: String,
    findings: String,
    compare: String,
    /// False for the start, which always exists.
    can_be_deleted: bool,
}

/// The differences between a snapshot and the current state.
struct Comparison {
    name: String,
    clock: Option<String>,
    rows: Vec<[String; 4]>,
    is_truncated: bool,
    close: String,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Result<Section, PageError> {
    let call = Call::control(&Method::GET, PATH, Value::Null, "snapshot list").of("Snapshots");
    let answer = context.send(&call)?;
    let mut calls = vec![call];
    let listed = list(&answer, "Snapshots");
    let compare = |name: &str| {
        let query = context.view.query.clone().with("compare", name);
        context.view.to(&context.view.page, query).address() + "#snapshots"
    };
    let start = Row {
        name: START.to_owned(),
        clock: None,
        saved: None,
        hubs: ABSENT.to_owned(),
        findings: ABSENT.to_owned(),
        compare: compare(START),
        can_be_deleted: false,
    };
    let row = |snapshot: &Value| {
        let name = snapshot["Name"].as_str().unwrap_or_default();
        let time = |member: &str| snapshot[member].as_str().and_then(Time::parse);
        let number = |member: &str| text::number(snapshot[member].as_u64().unwrap_or_default());
        Row {
            name: name.to_owned(),
            clock: time("Clock"),
            saved: time("RealTime"),
            hubs: number("Hubs"),
            findings: number("Findings"),
            compare: compare(name),
            can_be_deleted: true,
        }
    };
    let comparison = match context.view.query.first("compare") {
        Some(name) => Some(comparison(context, name, &mut calls)?),
        None => None,
    };
    let name = typed(context, "save-snapshot", "name");
    let snapshots = Snapshots {
        token: &context.token,
        address: context.here(),
        name,
        rows: std::iter::once(start).chain(listed.iter().map(row)).collect(),
        preview: context.shown(&[save_call(if path_name::is_valid(name) { name } else { "before" })]),
        comparison,
    };
    Ok(Section::new(&snapshots, calls))
}

fn checked(name: &str) -> Result<&str, PageError> {
    let name = name.trim();
    if path_name::is_valid(name) {
        return Ok(name);
    }
    let expected = path_name::EXPECTED;
    Err(PageError::Invalid(format!("`{name}` is not a valid name of a snapshot; expected {expected}.")))
}

/// The differences between a snapshot and the current state.
fn comparison(context: &Context<'_>, name: &str, calls: &mut Vec<Call>) -> Result<Comparison, PageError> {
    let close = context.view.to(&context.view.page, context.view.query.clone().without("compare"));
    let missing = || PageError::not_found(format!("No snapshot has the name `{name}`."), "Test bench", close.clone());
    let name = checked(name).map_err(|_| missing())?;
    let path = format!("{PATH}/{name}/diff?limit={DIFFERENCES}");
    let command = format!("snapshot diff {name} --limit {DIFFERENCES}");
    let call = Call::control(&Method::GET, &path, Value::Null, &command).of("Changes");
    let answer = context.fetch(&call).map_err(|_| missing())?;
    calls.push(call);
    let clock = &answer["Clock"];
    let shown = |member: &str| clock[member].as_str().and_then(Time::parse).map(|time| time.shown);
    Ok(Comparison {
        name: name.to_owned(),
        clock: (clock["From"] != clock["To"])
            .then(|| shown("From").zip(shown("To")))
            .flatten()
            .map(|(from, to)| format!("{from} to {to}")),
        rows: differences(&answer),
        is_truncated: answer["Truncated"] == true,
        close: close.address() + "#snapshots",
    })
}

/// The rows of a comparison: the change, the kind and the key of the part, and where it is.
fn differences(answer: &Value) -> Vec<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let place = |part: &Value| {
        let parts = [text(&part["Account"]), text(&part["Region"])];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let mut rows = Vec::new();
    for (word, member) in [("added", "Added"), ("removed", "Removed"), ("changed", "Changed")] {
        for part in list(&answer["Relations"], member) {
            rows.push([text(&part["Key"]), text(&part["Kind"]), word.to_owned(), place(part)]);
        }
        for finding in list(&answer["Findings"], member) {
            let changes = list(finding, "Changes").iter().map(change).collect::<Vec<_>>();
            let what = if changes.is_empty() { word.to_owned() } else { changes.join("; ") };
            let what = what.chars().take(MAX_CHANGE).collect();
            rows.push([text(&finding["Id"]), "Finding".to_owned(), what, place(finding)]);
        }
    }
    rows
}

/// `Workflow.Status: "NEW" to "RESOLVED"`
fn change(change: &Value) -> String {
    let value = |name: &str| change.get(name).map_or_else(|| "nothing".to_owned(), Value::to_string);
    format!("{}: {} to {}", change["Path"].as_str().unwrap_or_default(), value("From"), value("To"))
}

fn save_call(name: &str) -> Call {
    Call::control(&Method::PUT, &format!("{PATH}/{name}"), Value::Null, &format!("snapshot save {name}"))
}

/// Saves the state.
pub(super) fn save(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let call = save_call(checked(form.field("name"))?);
    let answer = context.send(&call)?;
    let number = |member: &str| answer[member].as_u64().unwrap_or_default();
    let (hubs, findings) = (number("Hubs"), number("Findings"));
    let (hubs, findings) = (text::counted(hubs, "hub", "hubs"), text::counted(findings, "finding", "findings"));
    let name = answer["Name"].as_str().unwrap_or_default();
    Ok(Message::new(format!("Saved {name} with {hubs} and {findings}."), vec![call]).into())
}

/// Returns to a snapshot.
pub(super) fn restore(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let name = checked(form.field("snapshot"))?;
    let path = format!("{PATH}/{name}/restore");
    let call = Call::control(&Method::POST, &path, Value::Null, &format!("snapshot restore {name}"));
    context.send(&call)?;
    Ok(Message::new(format!("Restored the snapshot {name}."), vec![call]).into())
}

/// Deletes a snapshot.
pub(super) fn delete(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let name = checked(form.field("snapshot"))?;
    let call =
        Call::control(&Method::DELETE, &format!("{PATH}/{name}"), Value::Null, &format!("snapshot delete {name}"));
    context.send(&call)?;
    let query = context.view.query.clone().without("compare");
    let next = Some(context.view.to(&context.view.page, query));
    Ok(Done { message: Message::new(format!("Deleted the snapshot {name}."), vec![call]), next })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rules: DSH-103.
    #[test]
    fn differences_are_listed_with_their_place() {
        let finding = json!({
            "Account": "111111111111", "Region": "us-east-1", "ProductArn": "p", "Id": "a",
            "Changes": [{ "Path": "Workflow.Status", "From": "NEW", "To": "RESOLVED" }, { "Path": "Note", "To": {} }],
        });
        let unit = json!({ "Kind": "Unit", "Account": null, "Region": null, "Key": "ou" });
        let answer = json!({
            "Relations": { "Added": [unit], "Removed": [], "Changed": [] },
            "Findings": { "Added": [], "Removed": [], "Changed": [finding] },
        });
        let rows = differences(&answer);
        assert_eq!(rows[0], ["ou", "Unit", "added", ""]);
        let changes = "Workflow.Status: \"NEW\" to \"RESOLVED\"; Note: nothing to {}";
        assert_eq!(rows[1], ["a", "Finding", changes, "111111111111 us-east-1"]);
    }
}
