//! `status`: the content of a running emulator.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::json;

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output::{self, escape_control_characters};
use crate::control::status::Status;
use crate::domain::overview::Overview;

pub(super) const HELP: &str = "\
Example, with `securityhub-local serve --scenario builtin:quickstart` running:
  securityhub-local status
  securityhub-local status --json

Exit codes: 0 success; 1 the emulator does not respond; 2 invalid arguments.";

/// Queries the emulator and prints the result.
pub(super) fn run(remote: &Remote) -> Result<(), Exit> {
    let status: Status = client::get(remote, "/_emulator/status")?;
    let text = if remote.json { format!("{:#}\n", json!(status)) } else { render(&status, &remote.endpoint()?.url()) };
    output::print(&text)
}

fn render(status: &Status, url: &str) -> String {
    let overview = &status.overview;
    let clock = if overview.clock_is_frozen { "frozen" } else { "running" };
    let with_hubs = overview.accounts.iter().filter(|account| !account.regions.is_empty()).count();
    let with_hubs_v2 = overview.accounts.iter().filter(|account| !account.regions_v2.is_empty()).count();
    let health = if status.status == "ok" { String::new() } else { format!(", {}", status.status) };
    let regions: BTreeSet<&str> = overview.regions.iter().chain(&overview.regions_v2).map(String::as_str).collect();
    let hubs_v2 = format!("{} in {}", overview.hubs_v2, accounts(with_hubs_v2));
    let scenario = escape_control_characters(overview.scenario.as_deref().unwrap_or("-"));
    let mut text = String::new();
    for (name, value) in [
        ("Emulator", format!("{url}, version {}{health}", status.version)),
        ("Scenario", scenario),
        ("Clock", format!("{} ({clock})", overview.clock)),
        ("Hubs", format!("{} in {}", overview.hubs, accounts(with_hubs))),
        ("V2 hubs", hubs_v2),
        ("Regions", names(regions)),
        ("Findings", findings(overview)),
    ] {
        if name == "V2 hubs" && overview.hubs_v2 == 0 {
            continue;
        }
        _ = writeln!(text, "{name:<10}{value}");
    }
    if !overview.accounts.is_empty() {
        text.push('\n');
        text += &table(status);
    }
    text
}

/// `67`, or `407 (340 from controls)`
fn findings(overview: &Overview) -> String {
    match overview.control_findings {
        0 => overview.findings.to_string(),
        of_controls => format!("{} ({of_controls} from controls)", overview.findings),
    }
}

/// `eu-west-1, us-east-1`, or `-`
fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

fn accounts(count: usize) -> String {
    if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") }
}

fn table(status: &Status) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    let has_v2 = status.overview.hubs_v2 > 0;
    let cells = |first: [String; 3], v2: String, findings: String| {
        first.into_iter().chain(has_v2.then_some(v2)).chain([findings]).collect::<Vec<_>>()
    };
    let first = ["Account", "Name", "Regions with a hub"].map(str::to_owned);
    table.set_header(cells(first, "Regions with a V2 hub".to_owned(), "Findings".to_owned()));
    for account in &status.overview.accounts {
        let name = escape_control_characters(account.name.as_deref().unwrap_or("-"));
        let [regions, regions_v2] =
            [&account.regions, &account.regions_v2].map(|regions| names(regions.iter().map(String::as_str)));
        let status = account.status.as_ref().map(|status| format!(" ({})", escape_control_characters(status)));
        let id = format!("{}{}", account.account_id, status.unwrap_or_default());
        table.add_row(cells([id, name, regions], regions_v2, account.findings.to_string()));
    }
    for column in table.column_iter_mut().skip(if has_v2 { 4 } else { 3 }) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::status;
    use crate::service::{Service, Settings};

    /// Rules: CPL-141.
    #[test]
    fn a_status_as_text() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
        let scenario = crate::scenario::load(&[file.into()]).unwrap_or_else(|errors| panic!("{errors}"));
        let service = Service::new(Settings::default(), Some(scenario)).unwrap();
        let mut status = status::of(service.served());
        status.version = "0.0.0".to_owned();
        insta::assert_snapshot!(render(&status, "http://127.0.0.1:4600"));
        status.overview.accounts[1].status = Some("closed".to_owned());
        let closed = render(&status, "http://127.0.0.1:4600");
        assert!(closed.contains(" 222222222222 (closed)  prod "), "{closed}");
        let v2 = "hubs_v2:\n  - { account: '111111111111', regions: all }\nhubs:\n  \
                  - { account: '222222222222', regions: all }\n";
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("scenario.yaml");
        std::fs::write(&file, format!("clock: {{ now: 2026-01-15T09:00:00Z, frozen: true }}\n{v2}")).unwrap();
        let scenario = crate::scenario::load(&[file]).unwrap_or_else(|errors| panic!("{errors}"));
        let both = Service::new(Settings::default(), Some(scenario)).unwrap();
        let mut status = status::of(both.served());
        status.version = "0.0.0".to_owned();
        insta::assert_snapshot!("status_with_hubs_of_both_halves", render(&status, "http://127.0.0.1:4600"));
        let empty = Service::new(Settings::default(), None).unwrap();
        let mut status = status::of(empty.served());
        (status.version, status.overview.clock) = ("0.0.0".to_owned(), "now".to_owned());
        insta::assert_snapshot!("status_of_an_empty_emulator", render(&status, "http://127.0.0.1:4600"));
    }
}
