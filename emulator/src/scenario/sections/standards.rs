//! `standards` of a hub or a policy: short names of the catalogue, such as `pci-dss-4.0.1`.

use securityhub_fixtures::standards::{self, Availability, STANDARDS, Standard};

use crate::scenario::check::Check;
use crate::scenario::spanned::Spanned;
use crate::scenario::suggest;

/// Checks names of standards.
pub(super) fn check(written: &[Spanned<String>], check: &mut Check) -> Vec<&'static Standard> {
    let known = |standard: &&'static Standard| standard.offered != Availability::Never;
    let mut found = Vec::new();
    for name in written {
        if let Some(standard) = standards::standard(&name.value).filter(known) {
            found.push(standard);
            continue;
        }
        let words = STANDARDS.iter().filter(known).map(|standard| standard.id);
        let diagnostic = check.at(name.span, format!("unknown standard `{}`", name.value));
        let expected = "a standard such as fsbp-1.0.0 or pci-dss-4.0.1";
        check.push(diagnostic.expected(expected).suggest(suggest::nearest(&name.value, words)));
    }
    found
}
