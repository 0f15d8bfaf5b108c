//! The world that benches fill: an administrator and its members, all with the hub on, and no finding.

use std::fmt::Write as _;
use std::io::Write as _;

use tempfile::NamedTempFile;

/// The time of the world, which stands still.
pub(crate) const NOW: &str = "2026-01-31T00:00:00Z";

/// The id of an account; number 0 is the administrator's.
pub(crate) fn account(number: usize) -> String {
    format!("{:012}", 100_000_000_000 + number)
}

/// A scenario file that lives as long as this, with so many members and with what else belongs to `hubs`. The clock
/// stands just after the findings' last times, so that none is old enough to be removed.
pub(crate) fn of_members(members: usize, others: &str) -> NamedTempFile {
    let administrator = account(0);
    let mut text = format!(
        "clock: {{ now: {NOW}, frozen: true }}\nregions: [us-east-1]\nquotas: {{ invited_members: 10000 }}\nhubs:\n  - account: \
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
