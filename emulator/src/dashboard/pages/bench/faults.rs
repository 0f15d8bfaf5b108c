//! `Faults`: rules that make calls fail or slow them down, with the number of times that they fired (DSH-103).

use askama::Template;
use http::Method;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use super::typed::typed;
use crate::dashboard::answer::list;
use crate::dashboard::call::{self, Call};
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError, Section};
use crate::dashboard::select::{self, SelectOption};
use crate::dashboard::text::{more, number};
use crate::dashboard::view::Query;

/// The action of the form that adds a fault.
const ADD: &str = "add-fault";
const PATH: &str = "/_emulator/faults";
/// Maximum number of rows.
const ROWS: usize = 100;
/// The failures of connections to choose from.
const WIRES: [&str; 6] = ["reset", "empty", "garbage", "truncate", "dribble", "hang"];
/// The members of a fault that select calls, without the operation.
const SELECTS: [&str; 9] = ["Service", "Account", "Region", "Test", "Match", "Probability", "Every", "After", "Times"];
/// The members of a fault that determine its effect.
const DOES: [&str; 6] = ["Error", "Wire", "WireOver", "Partial", "Latency", "Stage"];

#[derive(Template)]
#[template(path = "pages/bench/faults.html")]
struct Faults<'f> {
    token: &'f str,
    address: String,
    rows: Vec<Row>,
    more: Option<String>,
    operations: Vec<&'static str>,
    wires: Vec<SelectOption>,
    operation: &'f str,
    account: &'f str,
    error: &'f str,
    delay: &'f str,
    times: &'f str,
    preview: String,
}

struct Row {
    id: String,
    selects: String,
    does: String,
    seen: String,
    hits: String,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Result<Section, PageError> {
    let call = Call::control(&Method::GET, PATH, Value::Null, "faults list").of("Faults");
    let answer = context.send(&call)?;
    let faults = list(&answer, "Faults");
    let own = |field: &str| typed(context, ADD, field);
    let typed_fault = context.typed.filter(|form| form.field("action") == ADD).and_then(|form| fault(form).ok());
    let example = json!({ "Operation": "GetFindings", "Error": { "Code": "Throttle" }, "Times": 3 });
    let page = Faults {
        token: &context.token,
        address: context.here(),
        rows: faults.iter().take(ROWS).map(row).collect(),
        more: more(faults.len(), ROWS),
        operations: Operation::ALL.iter().map(|operation| operation.name()).collect(),
        wires: select::options(WIRES, own("wire")),
        operation: own("operation"),
        account: own("account"),
        error: own("error"),
        delay: own("delay"),
        times: own("times"),
        preview: context.shown(&[add_call(typed_fault.unwrap_or(example))]),
    };
    Ok(Section::new(&page, vec![call]))
}

fn row(fault: &Value) -> Row {
    let members = |names: &[&str]| {
        let member = |name: &&str| Some(format!("{name} {}", text(fault.get(*name)?)));
        names.iter().filter_map(member).collect::<Vec<_>>()
    };
    let operation = match &fault["Operation"] {
        Value::Null => "all operations".to_owned(),
        Value::Array(names) => names.iter().map(text).collect::<Vec<_>>().join(", "),
        name => text(name),
    };
    let selects: Vec<String> = std::iter::once(operation).chain(members(&SELECTS)).collect();
    let count = |name: &str| number(fault[name].as_u64().unwrap_or_default());
    let does = if fault["Enabled"] == false { "nothing (disabled)".to_owned() } else { members(&DOES).join("; ") };
    Row { id: text(&fault["Id"]), selects: selects.join("; "), does, seen: count("Seen"), hits: count("Fired") }
}

/// A value of a fault in a few words, such as `Code Throttle`.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| format!("{name} {}", text(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn add_call(fault: Value) -> Call {
    let command = format!("faults add {}", call::quoted(&fault.to_string()));
    Call::control(&Method::POST, PATH, fault, &command)
}

/// The fault of a form.
fn fault(form: &Form) -> Result<Value, PageError> {
    let field = |name: &str| Some(form.field(name).trim()).filter(|value| !value.is_empty());
    let mut fault = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fault.insert(name.to_owned(), value);
        }
    };
    put("Operation", field("operation").map(Value::from));
    put("Account", field("account").map(Value::from));
    put("Error", field("error").map(|code| json!({ "Code": code })));
    put("Wire", field("wire").map(Value::from));
    put("Latency", field("delay").map(|delay| json!({ "Fixed": delay })));
    if let Some(times) = field("times") {
        let number = times.parse::<u32>();
        let number = number.map_err(|_| {
            let sentence = format!("`Times` is `{times}`; expected a whole number from 1 to {}.", u32::MAX);
            PageError::Invalid(sentence)
        })?;
        put("Times", Some(number.into()));
    }
    Ok(Value::Object(fault))
}

/// Adds a fault.
pub(super) fn add(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let call = add_call(fault(form)?);
    let answer = context.send(&call)?;
    let id = answer["Faults"][0]["Id"].as_str().unwrap_or_default();
    Ok(Message::new(format!("Added the fault {id}."), vec![call]).into())
}

/// Removes a fault.
pub(super) fn remove(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let id = form.field("id");
    let path = format!("{PATH}{}", Query::default().and("id", id).text());
    let call = Call::control(&Method::DELETE, &path, Value::Null, &format!("faults clear --id {}", call::word(id)));
    context.send(&call)?;
    Ok(Message::new(format!("Removed the fault {id}."), vec![call]).into())
}
