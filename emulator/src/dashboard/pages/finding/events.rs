//! `Events`: the stored events about a finding, of all receivers (DSH-68).

use askama::Template;
use http::Method;
use serde_json::{Value, json};

use super::document::plain;
use super::shown::{Shown, of_all_views};
use crate::dashboard::call::{Call, quoted};
use crate::dashboard::page::{Context, Section};
use crate::dashboard::pages::events::{row::content, selection};
use crate::dashboard::text::{Time, counted};
use crate::dashboard::view::Query;
use crate::domain::events::{envelope, filter};
use crate::state::Event;

/// Maximum number of events on a page.
const ROWS: usize = 100;
/// Maximum number of bytes of an envelope on a page.
const BYTES: usize = 150 * 1024;

#[derive(Template)]
#[template(path = "pages/finding/events.html")]
struct Events {
    is_off: bool,
    rows: Vec<Row>,
    older: Option<String>,
    dropped: Option<String>,
    opened: Option<(u64, String)>,
}

struct Row {
    number: u64,
    address: String,
    is_opened: bool,
    time: Time,
    account: String,
    region: String,
    kind: &'static str,
    /// `SEVERITY: TITLE` of the finding at the time of the event.
    finding: String,
}

/// Shows the view.
pub(super) fn show(context: &Context<'_>, shown: &Shown) -> Section {
    let query = &context.view.query;
    let number = |name: &str| query.first(name).and_then(|text| text.parse::<u64>().ok());
    let (before, opened) = (number("before").unwrap_or(u64::MAX), number("event"));
    let page = filter::of_finding(&context.world, &shown.document);
    let earlier = page.events.iter().rev().filter(|event| event.number < before);
    let rows: Vec<Row> = earlier.clone().take(ROWS).map(|event| row(context, event, opened)).collect();
    let oldest = rows.last().map(|row| row.number).filter(|_| earlier.clone().count() > ROWS);
    let view = || of_all_views(context).and("view", "events");
    let older = oldest.map(|number| context.link("finding", view().and("before", &number.to_string())));
    let opened = page.events.iter().find(|event| Some(event.number) == opened);
    let template = Events {
        is_off: !context.world.has_events(),
        rows,
        older,
        dropped: (page.dropped > 0).then(|| counted(page.dropped, "event was", "events were")),
        opened: opened.map(|event| (event.number, envelope(context, event))),
    };
    let calls = if template.is_off { vec![shown.call()] } else { vec![call(shown)] };
    Section::new(&template, calls)
}

fn row(context: &Context<'_>, event: &Event, opened: Option<u64>) -> Row {
    let number = event.number.to_string();
    let query = of_all_views(context).and("view", "events");
    let before = context.view.query.first("before").into_iter();
    let query = before.fold(query, |query, before| query.and("before", before));
    Row {
        number: event.number,
        address: format!("{}#envelope", context.link("finding", query.and("event", &number))),
        is_opened: opened == Some(event.number),
        time: event.at.into(),
        account: event.receiver.account.to_string(),
        region: event.receiver.region.to_string(),
        kind: selection::name(event.subject.kind()),
        finding: content(&event.subject).to_string(),
    }
}

/// The envelope of an event as HTML, indented.
fn envelope(context: &Context<'_>, event: &Event) -> String {
    let text = envelope::write(event, &context.world.ids);
    let indented = serde_json::from_str::<Value>(&text).map(|value| format!("{value:#}")).unwrap_or(text);
    let (html, is_cut) = plain(&indented, BYTES);
    if is_cut { html + "…" } else { html }
}

/// The call that lists the events.
fn call(shown: &Shown) -> Call {
    let pattern = json!({ "detail": { "findings": { "Id": [shown.id], "ProductArn": [shown.product] } } }).to_string();
    let path = format!("/_emulator/events{}", Query::default().and("pattern", &pattern).and("limit", "1000").text());
    let command = format!("events --pattern {} --json", quoted(&pattern));
    Call::control(&Method::GET, &path, Value::Null, &command)
}
