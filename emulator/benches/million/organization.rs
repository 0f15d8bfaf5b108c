//! The world that the bench measures: an administrator and its members, all with the hub on, and no finding.

use std::fmt::Write as _;
use std::io::Write as _;

use tempfile::NamedTempFile;

use crate::findings::{ACCOUNTS, account};

/// A scenario file that lives as long as this. The clock stands just after the findings' last times, so that none is
/// old enough to be removed.
pub(crate) fn scenario() -> NamedTempFile {
    of_members(ACCOUNTS - 1, "")
}

/// The same with so many members, and with what else belongs to `hubs`.
pub(crate) fn of_members(members: usize, others: &str) -> NamedTempFile {
    let administrator = account(0);
    let mut text = format!(
        "clock: {{ now: 2026-01-31T00:00:00Z, frozen: true }}\nregions: [us-east-1]\nquotas: {{ invited_members: 10000 }}\nhubs:\n  - account: \
         \"{administrator}\"\n    regions: all\n    members:\n"
    );
    for number in 1..=members {
        _ = writeln!(text, "      \"{}\": enabled", account(number));
    }
    text.push_str(others);
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("room for a small file");
    file
}
