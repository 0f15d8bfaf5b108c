//! `Accounts`: members and invitations from both sides, the organization, its policies, and what they deny (DSH-85 to
//! DSH-91).

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::json;

use crate::dashboard::call::Call;
use crate::dashboard::forms::Form;
use crate::dashboard::layout;
use crate::dashboard::page::{Content, Context, Done, PageError, Section};

mod central;
mod denied;
mod invitations;
mod invite;
mod members;
mod organization;
mod shared;

#[derive(Template)]
#[template(path = "pages/accounts.html")]
struct Accounts {
    sections: Vec<String>,
}

/// The sentence and the code of an error, and the call that returned it.
type Refused = ((String, Option<String>), Call);

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let off = without_hub(context)?;
    let (mut calls, mut alert) = (Vec::new(), None);
    let (refusal, sections) = match off {
        None => (None, sections(context)?),
        Some((refusal, call)) => {
            calls.push(call);
            (Some(refusal), sections_without_hub(context))
        }
    };
    let mut page = Accounts { sections: Vec::new() };
    for section in sections {
        page.sections.push(section.html);
        calls.extend(section.calls);
        alert = alert.or(section.alert);
    }
    Ok(Content { alert, refusal, ..Content::new("Accounts", &page, calls) })
}

/// The error that an account gets while its hub is off, with the call; `None` if the hub is on.
fn without_hub(context: &Context<'_>) -> Result<Option<Refused>, PageError> {
    if context.world.relations().is_on(&context.view.hub_key()) {
        return Ok(None);
    }
    // The error of this call says that the hub is off; those of calls about members do not.
    match context.read(Operation::DescribeHub, &json!({})) {
        Ok(_) => Ok(None),
        Err(PageError::Refused { sentence, code, call, .. }) => Ok(Some(((sentence, code), *call))),
        Err(page_error) => Err(page_error),
    }
}

fn sections(context: &Context<'_>) -> Result<Vec<Section>, PageError> {
    Ok(vec![
        members::section(context)?,
        invite::section(context),
        invitations::section(context)?,
        organization::section(context),
        central::section(context)?,
        denied::section(context),
    ])
}

/// The sections that an account has without a hub, because it can belong to an organization.
fn sections_without_hub(context: &Context<'_>) -> Vec<Section> {
    let enable = Section { html: layout::without_hub(context), ..Section::default() };
    vec![enable, organization::section(context), denied::section(context)]
}

/// Carries out the action of a form.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    match form.field("action") {
        "add" | "add-and-invite" | "add-invite-and-accept" => invite::act(context, form),
        "invite" | "disassociate" | "delete" | "accept-for" => members::act(context, form),
        "accept" | "decline" | "delete-invitation" | "leave" | "accept-all" => invitations::act(context, form),
        "change-account" | "auto-enable" => organization::act(context, form),
        other => Err(PageError::unknown_action(other)),
    }
}
