//! `Test bench`: the controls of the emulator itself: its clock, findings, checks, state, recorded calls, faults and
//! snapshots (DSH-100 to DSH-103).

use askama::Template;

use crate::dashboard::forms::Form;
use crate::dashboard::page::{Content, Context, Done, PageError};

mod checks;
mod clock;
mod faults;
mod findings;
mod requests;
mod reset;
mod snapshots;
mod typed;
mod world;

#[derive(Template)]
#[template(path = "pages/bench.html")]
struct Page {
    clock: String,
    findings: String,
    checks: String,
    reset: String,
    world: String,
    requests: String,
    faults: String,
    snapshots: String,
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let sections = [
        clock::section(context),
        findings::section(context),
        checks::section(context)?,
        reset::section(context),
        world::section(context),
        requests::section(context)?,
        faults::section(context)?,
        snapshots::section(context)?,
    ];
    let (mut calls, mut alert) = (Vec::new(), None);
    let [clock, findings, checks, reset, world, requests, faults, snapshots] = sections.map(|section| {
        calls.extend(section.calls);
        alert = alert.take().or(section.alert);
        section.html
    });
    let page = Page { clock, findings, checks, reset, world, requests, faults, snapshots };
    Ok(Content { alert, ..Content::new("Test bench", &page, calls) })
}

/// Carries out the action of a form of the page.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    match form.field("action") {
        "advance" => clock::advance(context, form),
        "freeze" => clock::freeze(context, true),
        "run" => clock::freeze(context, false),
        "generate" => findings::generate(context, form),
        "import" => findings::import(context, form),
        "run-checks" => checks::run(context),
        "declare" => checks::declare(context, form),
        "delete-resource" => checks::delete(context, form),
        "recorder" => checks::record(context, form),
        "reset" => reset::act(context, form),
        "clear-requests" => requests::clear(context),
        "add-fault" => faults::add(context, form),
        "remove-fault" => faults::remove(context, form),
        "save-snapshot" => snapshots::save(context, form),
        "restore-snapshot" => snapshots::restore(context, form),
        "delete-snapshot" => snapshots::delete(context, form),
        other => Err(PageError::unknown_action(other)),
    }
}
