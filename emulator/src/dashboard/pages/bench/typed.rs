//! The values that a user typed into a form of the page.

use crate::dashboard::page::Context;

/// The value of a field of the refused form, if that form has this action.
pub(super) fn typed<'c>(context: &'c Context<'_>, action: &str, field: &str) -> &'c str {
    if context.typed("action") == action { context.typed(field) } else { "" }
}
