//! `Clock`: the time, and forms that freeze and advance it (DSH-100).

use std::collections::BTreeMap;

use askama::Template;
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::typed::typed;
use crate::dashboard::call::{self, Call};
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError, Section};
use crate::dashboard::text::{self, Time};
use crate::domain::findings::expiry;
use crate::state::{Due, Timestamp};

const PATH: &str = "/_emulator/clock";
/// The steps of the quick buttons: their names, their durations in ISO 8601, and their hours.
const STEPS: [(&str, &str, i64); 4] =
    [("1 hour", "PT1H", 1), ("1 day", "P1D", 24), ("31 days", "P31D", 31 * 24), ("91 days", "P91D", 91 * 24)];

#[derive(Template)]
#[template(path = "pages/bench/clock.html")]
struct Clock<'c> {
    token: &'c str,
    address: String,
    now: Time,
    is_frozen: bool,
    by: &'c str,
    steps: Vec<Step>,
    preview: String,
    switch: String,
}

/// A quick button.
struct Step {
    name: &'static str,
    duration: &'static str,
    /// The work that becomes due.
    due: String,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Section {
    let world = &context.world;
    let (now, is_frozen) = (world.clock.now(), world.clock.is_frozen());
    let by = typed(context, "advance", "by");
    let preview = if by.is_empty() { "P1D" } else { by };
    let clock = Clock {
        token: &context.token,
        address: context.here(),
        now: now.into(),
        is_frozen,
        by,
        steps: steps(context, now),
        preview: context.shown(&[advance_call(preview)]),
        switch: context.shown(&[freeze_call(!is_frozen)]),
    };
    Section::new(&clock, vec![Call::control(&Method::GET, PATH, Value::Null, "clock").of("Clock")])
}

fn advance_call(by: &str) -> Call {
    Call::control(&Method::POST, PATH, json!({ "advance": by }), &format!("clock advance {}", call::word(by)))
}

fn freeze_call(is_frozen: bool) -> Call {
    let command = if is_frozen { "clock freeze" } else { "clock run" };
    Call::control(&Method::POST, PATH, json!({ "frozen": is_frozen }), command)
}

fn steps(context: &Context<'_>, now: Timestamp) -> Vec<Step> {
    let ends = STEPS.map(|(_, _, hours)| now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX));
    let expiring = expiry::expiring(&context.world, &ends);
    let pending = context.world.pending();
    let steps = STEPS.into_iter().zip(ends).zip(expiring);
    let step = |(((name, duration, _), end), expiring): (((&'static str, &'static str, i64), Timestamp), u64)| {
        let due = pending.iter().take_while(|(at, _)| *at <= end).map(|(_, due)| due);
        Step { name, duration, due: sentence(due, expiring) }
    };
    steps.map(step).collect()
}

/// `340 checks, 12 findings that expire`
fn sentence<'d>(due: impl Iterator<Item = &'d Due>, expiring: u64) -> String {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for name in due.filter_map(name) {
        *counts.entry(name).or_default() += 1;
    }
    if expiring > 0 {
        counts.insert(("finding that expires", "findings that expire"), expiring);
    }
    if counts.is_empty() {
        return "nothing is due".to_owned();
    }
    let parts: Vec<String> = counts.iter().map(|((one, several), count)| text::counted(*count, one, several)).collect();
    format!("due: {}", parts.join(", "))
}

/// The name of one piece of work, and of several; `None` for the deletion of expired findings, which are counted
/// separately.
fn name(due: &Due) -> Option<(&'static str, &'static str)> {
    Some(match due {
        Due::AddControl(..) => ("new control", "new controls"),
        Due::DropArchivedFindings(..) => ("cleanup of a disabled hub", "cleanups of disabled hubs"),
        Due::ForgetAccount(..) => ("deletion of a closed account", "deletions of closed accounts"),
        Due::FinishExport(..) => ("export job", "export jobs"),
        Due::FinishCreation(..) => ("new account", "new accounts"),
        Due::SettleStandard(..) => ("change of a standard", "changes of standards"),
        Due::EnableControl(..) => ("control to enable", "controls to enable"),
        Due::SettleConnector(..) => ("change of a connector", "changes of connectors"),
        Due::CreateTicket(..) => ("ticket", "tickets"),
        Due::Check(..) => ("check of controls", "checks of controls"),
        Due::SettleControl(..) => ("change of a control", "changes of controls"),
        Due::SettleAssociations(..) => ("change of a configuration policy", "changes of configuration policies"),
        Due::ComputeScores(..) => ("computation of scores", "computations of scores"),
        Due::ComputeExposures(..) => ("computation of exposures", "computations of exposures"),
        Due::ForgetHub(..) => ("deletion of a disabled hub", "deletions of disabled hubs"),
        Due::SweepFindings(..) => return None,
    })
}

/// Advances the clock.
pub(super) fn advance(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let by = form.field("by").trim();
    if by.is_empty() {
        return Err(PageError::Invalid("`Advance by` is empty; expected a duration such as P1D or PT6H.".to_owned()));
    }
    let call = advance_call(by);
    let answer = context.send(&call)?;
    let now = answer["now"].as_str().and_then(Time::parse).map(|now| now.shown).unwrap_or_default();
    Ok(Message::new(format!("Advanced by {by} to {now}."), vec![call]).into())
}

/// Freezes the clock, or lets it run.
pub(super) fn freeze(context: &Context<'_>, is_frozen: bool) -> Result<Done, PageError> {
    let call = freeze_call(is_frozen);
    context.send(&call)?;
    let sentence = if is_frozen { "The clock is frozen." } else { "The clock runs." };
    Ok(Message::new(sentence, vec![call]).into())
}
