//! `Events`: the events of a bus, newest first, with new ones on top, compared with an event pattern (DSH-95 to DSH-97).

use askama::Template;
use http::Method;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use crate::dashboard::call::{self, Call};
use crate::dashboard::page::{Content, Context, PageError};
use crate::dashboard::select::{self, SelectOption};
use crate::dashboard::text;
use crate::dashboard::view::Query;
use crate::domain::events::envelope;
use crate::domain::events::pattern::EventPattern;
use crate::state::{Event, EventKind};

pub mod row;
pub(super) mod selection;

use row::Row;
pub use selection::Selection;

/// Maximum number of rows.
const ROWS: usize = 50;
/// Maximum length of an envelope on the page, in bytes.
const MAX_ENVELOPE: usize = 40_000;

#[derive(Template)]
#[template(path = "pages/events.html")]
struct Page<'p> {
    path: String,
    /// The kinds to choose from.
    kinds: Vec<SelectOption>,
    /// The name of the chosen kind.
    kind: Option<&'static str>,
    all: bool,
    pattern: &'p str,
    sample: &'p str,
    /// The result of comparing the sample with the pattern.
    verdict: Option<String>,
    /// `12 of 40 selected`
    counts: Option<String>,
    rule: Option<Vec<String>>,
    opened: Option<Opened>,
    rows: Vec<String>,
    has_pattern: bool,
    dropped: Option<String>,
    empty: Option<Empty>,
    here: String,
    /// The address of the stream; `None` on a page of older events.
    stream: Option<String>,
    newest: Option<String>,
    older: Option<String>,
}

/// An event with its envelope.
struct Opened {
    number: u64,
    envelope: String,
    is_cut: bool,
    /// Why the pattern does not select it.
    why: Option<String>,
    close: String,
}

/// Why no event is shown, and where to go next.
struct Empty {
    sentence: &'static str,
    bench: String,
    all: Option<String>,
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let (world, view) = (&context.world, context.view);
    if !world.has_events() {
        // The error of this call says that events are disabled.
        context.fetch(&Call::control(&Method::GET, "/_emulator/events?limit=1", Value::Null, "events"))?;
    }
    let (selection, mistake) = Selection::of(&view.query);
    let shown = Shown::read(context, &selection);
    if shown.rows.is_empty() && !selection.all && is_off(context) {
        // The account gets no events while its hub is off.
        context.read(Operation::DescribeHub, &json!({}))?;
    }
    let opened = opened(context, &selection)?;
    let value = |name: &str| view.query.first(name).unwrap_or_default();
    let (pattern, sample) = (value("pattern"), value("sample"));
    let selected = shown.rows.iter().filter(|row| row.is_selected() == Some(true)).count();
    let link = |query: Query| context.link("events", query.without("event"));
    let kind = selection.kind.map(selection::name);
    let page = Page {
        path: view.path(),
        kinds: select::options(EventKind::ALL.map(selection::name), kind.unwrap_or_default()),
        kind,
        all: selection.all,
        pattern,
        sample,
        verdict: selection.pattern.as_ref().and_then(|pattern| verdict(pattern, sample)),
        counts: selection.pattern.as_ref().map(|_| format!("{selected} of {} selected", shown.rows.len())),
        rule: selection.pattern.as_ref().map(|_| rule(context, pattern)),
        opened,
        rows: shown.rows.iter().map(Row::html).collect(),
        has_pattern: selection.pattern.is_some(),
        dropped: (shown.dropped > 0).then(|| text::counted(shown.dropped, "event was", "events were")),
        empty: shown.rows.is_empty().then(|| empty(context, &selection)),
        here: link(view.query.clone()),
        stream: selection.before.is_none().then(|| {
            let query = view.query.clone().without("event").without("sample");
            context.link("events/stream", query.with("after", &shown.last.to_string()))
        }),
        newest: selection.before.map(|_| link(view.query.clone().without("before"))),
        older: shown.older.map(|before| link(view.query.clone().with("before", &before.to_string()))),
    };
    let alert = mistake.map(|sentence| sentence.replace('\n', ""));
    Ok(Content { alert, ..Content::new("Events", &page, calls(context, &selection, &shown)) })
}

/// The rows of the page, newest first.
struct Shown {
    rows: Vec<Row>,
    /// The number after which the shown events begin.
    after: u64,
    /// The number before which older events follow.
    older: Option<u64>,
    /// The number of the last event of all.
    last: u64,
    /// The number of events that were dropped to make space for newer ones.
    dropped: u64,
}

impl Shown {
    fn read(context: &Context<'_>, selection: &Selection) -> Shown {
        let (world, view) = (&context.world, context.view);
        let all = world.events(0, 1, |_| false);
        // Later events arrive in the stream.
        let end = selection.before.unwrap_or(u64::MAX).min(all.last + 1);
        let filter = selection.filter(view);
        let is_shown = |event: &Event| event.number < end && filter.may_match(event);
        let (after, older) = world.skip_events(0, ROWS, is_shown);
        let page = world.events(after, ROWS, is_shown);
        let first = page.events.first().map(|event| event.number);
        let row = |event: &Event| Row::of(event, world, view, selection.pattern.as_ref());
        Shown {
            rows: page.events.iter().rev().map(row).collect(),
            after,
            older: first.filter(|_| older > 0),
            last: all.last,
            dropped: all.dropped,
        }
    }
}

/// Returns whether the account has neither a hub nor a V2 hub in the Region.
fn is_off(context: &Context<'_>) -> bool {
    let key = context.view.hub_key();
    let relations = context.world.relations();
    !relations.is_on(&key) && !relations.is_v2_on(&key)
}

/// The event that the query opens.
fn opened(context: &Context<'_>, selection: &Selection) -> Result<Option<Opened>, PageError> {
    let (world, view) = (&context.world, context.view);
    let Some(text) = view.query.first("event") else { return Ok(None) };
    let close = view.to(&view.page, view.query.clone().without("event"));
    let filter = Selection { kind: None, ..selection.clone() }.filter(view);
    let found = text.parse::<u64>().ok().and_then(|number| {
        let is_it = |event: &Event| event.number == number && filter.may_match(event);
        world.events(number.checked_sub(1)?, 1, is_it).events.pop()
    });
    let Some(event) = found else {
        let sentence = format!("This bus has no event with the number `{text}`, or it was dropped.");
        return Err(PageError::not_found(sentence, "Events", close));
    };
    let written: Value = serde_json::from_str(&envelope::write(&event, &world.ids)).unwrap_or_default();
    let why = selection.pattern.as_ref().and_then(|pattern| pattern.miss(&written));
    let mut envelope = serde_json::to_string_pretty(&written).unwrap_or_default();
    let is_cut = envelope.len() > MAX_ENVELOPE;
    envelope.truncate(envelope.floor_char_boundary(MAX_ENVELOPE));
    let why = why.map(|miss| miss.to_string());
    Ok(Some(Opened { number: event.number, envelope, is_cut, why, close: close.address() }))
}

/// Compares a pasted event with a pattern.
fn verdict(pattern: &EventPattern, sample: &str) -> Option<String> {
    if sample.trim().is_empty() {
        return None;
    }
    Some(match serde_json::from_str::<Value>(sample) {
        Err(error) => format!("The pasted event is not valid JSON: {error}."),
        Ok(event) if !event.is_object() => "The pasted event is not a JSON object.".to_owned(),
        Ok(event) => match pattern.miss(&event) {
            None => "The pattern selects the pasted event.".to_owned(),
            Some(miss) => format!("The pattern does not select the pasted event. {miss}"),
        },
    })
}

/// The commands that create the rule on AWS.
fn rule(context: &Context<'_>, pattern: &str) -> Vec<String> {
    let (account, region) = (context.view.account, &context.view.region);
    let partition = region.partition();
    let compact = serde_json::from_str::<Value>(pattern).map_or_else(|_| pattern.to_owned(), |it| it.to_string());
    let pattern = call::quoted(&compact);
    vec![
        format!("aws events put-rule --region {region} --name security-hub-findings \\\n  --event-pattern {pattern}"),
        format!(
            "aws events put-targets --region {region} --rule security-hub-findings \\\n  \
             --targets Id=1,Arn=arn:{partition}:sns:{region}:{account}:my-topic"
        ),
    ]
}

fn empty(context: &Context<'_>, selection: &Selection) -> Empty {
    let others = !selection.all && !context.world.events(0, 1, |_| true).events.is_empty();
    let all = Query::default().with("all", "1");
    Empty {
        sentence: if selection.before.is_some() {
            "No older events exist."
        } else if selection.kind.is_some() {
            "No event of this kind."
        } else {
            "Findings of the scenario do not emit events. Import, generate or update a finding to see one."
        },
        bench: context.link("bench", Query::default()),
        all: others.then(|| context.link("events", all)),
    }
}

/// The calls that return the shown events, and those that the pattern selects.
fn calls(context: &Context<'_>, selection: &Selection, shown: &Shown) -> Vec<Call> {
    let view = context.view;
    let (mut query, mut command) = (Query::default(), "events".to_owned());
    let mut add = |name: &str, value: &str, flag: bool| {
        query = std::mem::take(&mut query).and(name, value);
        if flag {
            command = format!("{command} --{name} {}", call::word(value));
        }
    };
    if !selection.all {
        add("account", view.account.as_str(), true);
        add("region", view.region.as_str(), true);
    }
    if let Some(kind) = selection.kind {
        add("detail-type", envelope::detail_type_of(kind), true);
    }
    add("after", &shown.after.to_string(), false);
    let call = |query: Query, command: &str| {
        let path = format!("/_emulator/events{}", query.and("limit", &ROWS.to_string()).text());
        // The command `events` prints all events from the first one.
        let is_all = shown.after == 0 && selection.before.is_none();
        Call::control(&Method::GET, &path, Value::Null, if is_all { command } else { "" })
    };
    let mut calls = vec![call(query.clone(), &command)];
    if let Some(pattern) = view.query.first("pattern").filter(|_| selection.pattern.is_some()) {
        let command = format!("{command} --pattern {}", call::quoted(pattern));
        calls.push(call(query.and("pattern", pattern), &command).of("Events that the pattern selects"));
    }
    calls
}

#[cfg(test)]
mod tests;
