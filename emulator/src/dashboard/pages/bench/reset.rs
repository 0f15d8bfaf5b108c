//! `Reset`: returns to the scenario or to an empty state, after a confirmation (DSH-102).

use askama::Template;
use http::Method;
use serde_json::Value;

use crate::dashboard::call::Call;
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError, Section};

#[derive(Template)]
#[template(path = "pages/bench/reset.html")]
struct Reset<'r> {
    token: &'r str,
    address: String,
    preview: String,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Section {
    let calls = [reset_call("start").of("Reset to the scenario"), reset_call("empty").of("Reset to empty")];
    let reset = Reset { token: &context.token, address: context.here(), preview: context.shown(&calls) };
    Section::new(&reset, Vec::new())
}

fn reset_call(to: &str) -> Call {
    Call::control(&Method::POST, &format!("/_emulator/reset?to={to}"), Value::Null, &format!("reset --to {to}"))
}

/// Resets the state.
pub(super) fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let (to, sentence) = match form.field("to") {
        "start" => ("start", "Reset to the state of the scenario."),
        "empty" => ("empty", "The emulator is empty."),
        other => return Err(PageError::Invalid(format!("`{other}` is not a state; expected start or empty."))),
    };
    if form.field("confirm").is_empty() {
        let sentence = "A reset discards all changes. Select `Yes, forget what changed` first.";
        return Err(PageError::Invalid(sentence.to_owned()));
    }
    let call = reset_call(to);
    context.send(&call)?;
    Ok(Message::new(sentence, vec![call]).into())
}
