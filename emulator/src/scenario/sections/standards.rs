//! `standards` of a hub or a policy: short names of the catalogue, such as `pci-dss-4.0.1`.

use securityhub_fixtures::standards::{self, Availability, STANDARDS, Standard};

use crate::scenario::check::Check;
use crate::scenario::spanned::Spanned;
use crate::suggest;

/// Checks names of standards. `is_allowed` returns whether a standard can be used in this place.
pub(super) fn check(
    written: &[Spanned<String>],
    is_allowed: fn(&Standard) -> bool,
    check: &mut Check,
) -> Vec<&'static Standard> {
    let mut found = Vec::new();
    for name in written {
        if let Some(standard) = standards::standard(&name.value).filter(|standard| is_allowed(standard)) {
            found.push(standard);
            continue;
        }
        let (expected, suggestion) = alternatives(&name.value, is_allowed);
        let diagnostic = check.at(name.span, format!("unknown standard `{}`", name.value));
        check.push(diagnostic.expected(expected).suggest(suggestion));
    }
    found
}

/// Returns whether a hub can have a standard.
pub(super) fn is_offered(standard: &Standard) -> bool {
    standard.offered != Availability::Never
}

/// Returns whether a configuration policy can enable a standard.
pub(super) fn is_for_everyone(standard: &Standard) -> bool {
    standard.offered == Availability::Always
}

/// The versions of the family that an unknown name means, or all standards; and the one that was likely meant.
fn alternatives(name: &str, is_allowed: fn(&Standard) -> bool) -> (String, Option<&'static str>) {
    let ids = |standards: Vec<&'static Standard>| -> Vec<&'static str> {
        standards.into_iter().filter(|standard| is_allowed(standard)).map(|standard| standard.id).collect()
    };
    let family = ids(standards::family(name));
    let all = if family.is_empty() { ids(STANDARDS.iter().collect()) } else { family.clone() };
    let begun: Vec<&str> = family.iter().copied().filter(|id| id.starts_with(name)).collect();
    let suggestion = match (&family[..], &begun[..]) {
        ([only], _) | (_, [only]) => Some(*only),
        _ => suggest::nearest(name, all.iter().copied()),
    };
    (suggest::choices(all), suggestion)
}
