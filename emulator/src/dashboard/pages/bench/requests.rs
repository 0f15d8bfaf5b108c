//! `Requests`: the recorded API calls, newest first, and one of them with its input and its output (DSH-103).

use std::time::Duration;

use askama::Template;
use http::Method;
use serde_json::Value;

use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError, Section};
use crate::dashboard::text::{ABSENT, Time};
use crate::dashboard::view::{self, Query};
use crate::journal::{CallSummary, FaultFilter, Filter, StatusFilter};
use crate::matching::NamePattern;

const PATH: &str = "/_emulator/requests";
/// Maximum number of rows.
const ROWS: usize = 50;
/// Maximum length of an input and an output on the page, in bytes.
const MAX_BODY: usize = 20_000;
/// The fields of the filter, with their labels. The names are those of the control plane and of the program.
const FIELDS: [(&str, &str); 4] =
    [("operation", "Operation"), ("account", "Account"), ("status", "Status"), ("fault", "Fault")];

#[derive(Template)]
#[template(path = "pages/bench/requests.html")]
struct Requests<'r> {
    token: &'r str,
    address: String,
    path: String,
    /// The fields of the filter: their names, labels and values.
    fields: Vec<(&'static str, &'static str, &'r str)>,
    /// `None` if calls are not recorded.
    rows: Option<Vec<Row>>,
    /// The address without filters; `None` if there are none.
    unfiltered: Option<String>,
    older: Option<String>,
    newest: Option<String>,
    opened: Option<Opened>,
    clear: String,
}

struct Row {
    time: Time,
    address: String,
    account: String,
    operation: String,
    status: String,
    duration: String,
    fault: String,
    via: Option<String>,
    explain: Option<String>,
}

/// A call with its input and its output.
struct Opened {
    number: u64,
    facts: Vec<(&'static str, String)>,
    input: String,
    output: String,
    explanations: Vec<String>,
    close: String,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Result<Section, PageError> {
    let query = &context.view.query;
    let (filter, alert) = match filter(query) {
        Ok(filter) => (filter, None),
        Err(sentence) => (Filter::default(), Some(sentence)),
    };
    let before = query.first("before").and_then(|number| number.parse().ok());
    let found = context.calls(&filter, before.unwrap_or(u64::MAX), ROWS + 1);
    let (opened, more_calls) = match query.first("request").filter(|_| found.is_some()) {
        Some(number) => opened(context, number)?,
        None => (None, Vec::new()),
    };
    let oldest = |calls: &Vec<CallSummary>| calls.get(ROWS - 1).filter(|_| calls.len() > ROWS).map(|call| call.number);
    let link = |query: Query| context.view.to(&context.view.page, query).address() + "#requests";
    let of_page = query.clone().without("request");
    let is_filtered =
        before.is_some() || FIELDS.iter().any(|(name, _)| query.first(name).is_some_and(|it| !it.is_empty()));
    let requests = Requests {
        token: &context.token,
        address: context.view.to(&context.view.page, query.clone().without("request").without("before")).address(),
        path: context.view.path(),
        fields: FIELDS.map(|(name, label)| (name, label, query.first(name).unwrap_or_default())).into(),
        older: found.as_ref().and_then(oldest).map(|number| link(of_page.clone().with("before", &number.to_string()))),
        unfiltered: is_filtered.then(|| {
            link(FIELDS.iter().fold(of_page.clone(), |query, (name, _)| query.without(name)).without("before"))
        }),
        newest: before.map(|_| link(of_page.clone().without("before"))),
        rows: found.as_ref().map(|calls| calls.iter().take(ROWS).map(|call| row(context, call)).collect()),
        opened,
        clear: context.shown(&[clear_call()]),
    };
    let mut calls = Vec::new();
    if let Some(found) = &found {
        let after = found.get(..ROWS).unwrap_or(found).last().map_or(0, |call| call.number - 1);
        calls.push(list_call(query, alert.is_none(), after).of("Requests"));
        calls.extend(more_calls);
    }
    Ok(Section { alert, ..Section::new(&requests, calls) })
}

/// The filter of a query. An error is a sentence about a value that cannot be used.
fn filter(query: &Query) -> Result<Filter, String> {
    let value = |name: &str| query.first(name).map(str::trim).filter(|value| !value.is_empty());
    let account = value("account").map(view::account);
    let status = value("status")
        .map(|text| StatusFilter::parse(text).ok_or_else(|| format!("`{text}` is not a status such as 429 or 4xx.")));
    Ok(Filter {
        operation: value("operation").map(NamePattern::parse),
        account: account.transpose()?,
        status: status.transpose()?,
        fault: value("fault").map(FaultFilter::parse),
        ..Filter::default()
    })
}

/// The call that lists the shown calls.
fn list_call(query: &Query, has_filter: bool, after: u64) -> Call {
    let of_page = Query::default().and("after", &after.to_string()).and("limit", &ROWS.to_string());
    let value = |name| query.first(name).map(str::trim).filter(|value| !value.is_empty() && has_filter);
    let given = FIELDS.iter().filter_map(|(name, _)| Some((name, value(name)?)));
    let query = given.fold(of_page, |query, (name, value)| query.and(name, value));
    Call::control(&Method::GET, &format!("{PATH}{}", query.text()), Value::Null, "")
}

fn row(context: &Context<'_>, call: &CallSummary) -> Row {
    let query = context.view.query.clone().with("request", &call.number.to_string());
    let address = context.view.to(&context.view.page, query).address() + "#request";
    Row {
        time: call.time.into(),
        account: call.account.map_or_else(|| ABSENT.to_owned(), |account| account.to_string()),
        operation: call.operation.clone(),
        status: status(call.status, call.error_code.as_deref()),
        duration: milliseconds(call.duration),
        fault: call.fault.clone().unwrap_or_else(|| ABSENT.to_owned()),
        via: call.via.clone(),
        explain: call.found_nothing.then(|| address.clone()),
        address,
    }
}

/// `200`, `429 TooManyRequestsException`, or `no response`
fn status(status: Option<u16>, error_code: Option<&str>) -> String {
    let status = status.map_or_else(|| "no response".to_owned(), |status| status.to_string());
    error_code.map_or_else(|| status.clone(), |code| format!("{status} {code}"))
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

/// The call with a number, with its explanation if it found nothing, and the calls that return both.
fn opened(context: &Context<'_>, number: &str) -> Result<(Option<Opened>, Vec<Call>), PageError> {
    let view = context.view;
    let close = view.to(&view.page, view.query.clone().without("request"));
    let missing = || {
        let sentence = format!("No recorded call has the number `{number}`, or it was dropped.");
        PageError::not_found(sentence, "Test bench", close.clone())
    };
    let number: u64 = number.parse().ok().filter(|number| *number > 0).ok_or_else(missing)?;
    let path = format!("{PATH}?after={}&limit=1", number - 1);
    let get = |path: &str| Call::control(&Method::GET, path, Value::Null, "");
    let call = get(&path).of(&format!("Request {number}"));
    let answer = context.fetch(&call)?;
    let recorded = &answer["Requests"][0];
    if recorded["Number"].as_u64() != Some(number) {
        return Err(missing());
    }
    let mut calls = vec![call];
    let mut explanations = Vec::new();
    if let Some(path) = recorded["Explain"].as_str() {
        let call = get(path).of("Why it returned no findings");
        explanations = explained(&context.fetch(&call)?);
        calls.push(call);
    }
    let opened = Opened {
        number,
        facts: facts(recorded),
        input: body(&recorded["Input"]),
        output: body(&recorded["Output"]),
        explanations,
        close: close.address() + "#requests",
    };
    Ok((Some(opened), calls))
}

/// The facts about a recorded call that are not null.
fn facts(recorded: &Value) -> Vec<(&'static str, String)> {
    let names = [
        ("Operation", "Operation"),
        ("Service", "Service"),
        ("Account", "Account"),
        ("Region", "Region"),
        ("Principal", "Principal"),
        ("Status", "Status"),
        ("Code", "ErrorCode"),
        ("Message", "ErrorMessage"),
        ("Fault", "Fault"),
        ("Test", "Test"),
        ("Via", "Via"),
        ("Request ID", "RequestId"),
        ("User agent", "UserAgent"),
    ];
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fact = |(label, name)| Some((label, text(recorded.get(name).filter(|value| !value.is_null())?)));
    names.into_iter().filter_map(fact).collect()
}

/// A body on several lines, cut if it is long.
fn body(value: &Value) -> String {
    let mut text = match value {
        Value::Null => return ABSENT.to_owned(),
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    };
    if text.len() > MAX_BODY {
        text.truncate(text.floor_char_boundary(MAX_BODY));
        text.push_str("\n… the call at the end of this page returns all of it");
    }
    text
}

/// The summary of an explanation, and those of the findings that are nearest to the filters.
fn explained(answer: &Value) -> Vec<String> {
    let of = |finding: &Value| format!("{}: {}", text(finding, "Id"), text(finding, "Summary"));
    let summary = text(answer, "Summary").to_owned();
    std::iter::once(summary).chain(list(answer, "Findings").iter().map(of)).collect()
}

fn clear_call() -> Call {
    Call::control(&Method::DELETE, PATH, Value::Null, "requests --clear")
}

/// Deletes all recorded calls.
pub(super) fn clear(context: &Context<'_>) -> Result<Done, PageError> {
    let call = clear_call();
    let answer = context.send(&call)?;
    let deleted = answer["Deleted"].as_u64().unwrap_or_default();
    Ok(Message::new(format!("{deleted} deleted."), vec![call]).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: DSH-103.
    #[test]
    fn a_query_filters_calls() {
        let of = |text: &str| filter(&Query::parse(text));
        let found = of("operation=Get*&account=111111111111&status=4xx&fault=*").unwrap();
        assert_eq!(found.operation, Some(NamePattern::parse("Get*")));
        assert_eq!((found.status, found.fault), (StatusFilter::parse("4xx"), Some(FaultFilter::Any)));
        assert_eq!(of("operation=&status=&account=%20"), Ok(Filter::default()));
        assert!(of("status=x").is_err() && of("account=1").is_err());
        assert_eq!(status(None, None), "no response");
        assert_eq!(status(Some(429), Some("TooManyRequestsException")), "429 TooManyRequestsException");
    }
}
