//! The initial world of benches: an administrator and its members, with enabled hubs and no findings.

use std::fmt::Write as _;
use std::io::Write as _;

use tempfile::NamedTempFile;

/// The frozen time of the world.
pub(crate) const NOW: &str = "2026-01-31T00:00:00Z";

/// The ID of an account; number 0 is the administrator.
pub(crate) fn account(number: usize) -> String {
    format!("{:012}", 100_000_000_000 + number)
}

/// A temporary scenario file with a number of members and additional entries of `hubs`. The clock is just after the last
/// times of the findings, so that none is old enough to expire.
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
