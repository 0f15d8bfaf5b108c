//! Writes templates.

use askama::Template;

use crate::invariant::Invariant;

/// The HTML of a template.
pub fn html(template: &impl Template) -> String {
    template.render().or_report("a template can be written").unwrap_or_default()
}
