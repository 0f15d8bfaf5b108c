//! Parts that all sections of the page share.

use askama::Template;

use crate::dashboard::call::Call;
use crate::dashboard::page::Context;
use crate::dashboard::template::html;

/// A section of the page: its HTML, and the calls that return what it shows.
pub(super) struct Section {
    pub(super) body: String,
    pub(super) calls: Vec<Call>,
    /// The reason why a part of the query cannot be used.
    pub(super) alert: Option<String>,
}

impl Section {
    pub(super) fn new(template: &impl Template, calls: Vec<Call>) -> Section {
        Section { body: html(template), calls, alert: None }
    }
}

/// The value of a field of the refused form, if that form has this action.
pub(super) fn typed<'c>(context: &'c Context<'_>, action: &str, field: &str) -> &'c str {
    if context.typed("action") == action { context.typed(field) } else { "" }
}
