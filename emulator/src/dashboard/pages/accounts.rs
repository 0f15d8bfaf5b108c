//! `Accounts`: members and invitations from both sides, the organization, its policies, and what they deny (DSH-85 to
//! DSH-91).

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::json;

use crate::dashboard::forms::Form;
use crate::dashboard::page::{Content, Context, Done, PageError};

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

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    if !context.world.relations().is_on(&context.view.hub_key()) {
        // The error of this call says that the hub is off; those of calls about members do not.
        context.read(Operation::DescribeHub, &json!({}))?;
    }
    let sections = [
        members::section(context)?,
        invite::section(context),
        invitations::section(context)?,
        organization::section(context),
        central::section(context)?,
        denied::section(context),
    ];
    let mut page = Accounts { sections: Vec::new() };
    let (mut calls, mut alert) = (Vec::new(), None);
    for section in sections {
        page.sections.push(section.html);
        calls.extend(section.calls);
        alert = alert.or(section.alert);
    }
    Ok(Content { alert, ..Content::new("Accounts", &page, calls) })
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
