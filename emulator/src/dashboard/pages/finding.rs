//! `Finding`: one finding in several views, and the form that changes it (DSH-65 to DSH-69). Without an Id, a form that
//! asks for one.

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::Value;

use crate::dashboard::answer::list;
use crate::dashboard::forms::Form;
use crate::dashboard::page::{Content, Context, Done, PageError};
use crate::dashboard::triage::{self, Target};
use crate::domain::findings::lookup::Found;

mod choice;
mod document;
mod events;
mod explained;
mod facts;
mod history;
mod ocsf;
mod overview;
mod resources;
mod rules;
mod shown;

use shown::{Reference, Shown, VIEWS, address};

/// A link of the navigation between views.
struct Link {
    name: &'static str,
    address: String,
    is_current: bool,
}

#[derive(Template)]
#[template(path = "pages/finding.html")]
struct Page {
    links: Vec<Link>,
    body: String,
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let reference = Reference::of(&context.view.query);
    if reference.id.is_empty() {
        return choice::ask(context);
    }
    let found = find(context, &reference)?;
    match &found[..] {
        [] => explained::missing(context, &reference),
        [shown] => of_view(context, shown),
        several => Ok(choice::choose(context, &reference, several)),
    }
}

/// The findings that the query names and the account sees.
fn find(context: &Context<'_>, reference: &Reference<'_>) -> Result<Vec<Shown>, PageError> {
    let mut found: Vec<Shown> = if reference.product.is_empty() {
        let answer = context.read(Operation::GetFindings, &choice::with_id(reference.id))?;
        let shown = |value: &Value| Shown::of(value.clone(), value.to_string().into_bytes(), None);
        list(&answer, "Findings").iter().map(shown).collect()
    } else {
        let shown = |Found { region, document, .. }: Found| {
            let value = serde_json::from_slice(&document).unwrap_or_default();
            Shown::of(value, document, Some(region))
        };
        context.find(reference.product, reference.id)?.into_iter().map(shown).collect()
    };
    found.retain(|shown| reference.account.is_empty() || shown.account == reference.account);
    Ok(found)
}

/// Shows a view of a finding.
fn of_view(context: &Context<'_>, shown: &Shown) -> Result<Content, PageError> {
    let asked = context.view.query.first("view").unwrap_or("overview");
    let view = VIEWS.iter().map(|(view, _)| *view).find(|view| *view == asked);
    let part = match view {
        Some("json") if ocsf::is_chosen(context) => ocsf::document(context, shown)?,
        Some("json") => document::show(shown, ocsf::switch(context, "json")),
        Some("history") => history::show(context, shown)?,
        Some("resources") => resources::show(shown),
        Some("events") => events::show(context, shown),
        Some("rules") => rules::show(context, shown)?,
        Some("explain") => explained::show(context, shown)?,
        _ => overview::show(context, shown)?,
    };
    let unknown = view.is_none().then(|| {
        let known = VIEWS.map(|(view, _)| view).join(", ");
        format!("`{asked}` is not a view of a finding (expected {known}).")
    });
    let link = |(path, name): &(&'static str, &'static str)| Link {
        name,
        address: address(context, path),
        is_current: *path == view.unwrap_or("overview"),
    };
    let page = Page { links: VIEWS.iter().map(link).collect(), body: part.html };
    let alert = unknown.or(part.alert);
    Ok(Content { alert, ..Content::new(shown.title(), &page, part.calls) })
}

/// Changes the finding.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let reference = Reference::of(&context.view.query);
    let found = find(context, &reference)?;
    let targets: Vec<Target> = match &found[..] {
        [shown] => vec![shown.target()],
        _ => Vec::new(),
    };
    triage::act(context, form, &targets)
}
