//! `status`: the content of a running emulator.

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
Example, with `securityhub-local serve --scenario scenarios/quickstart.yaml` running:
  securityhub-local status
  securityhub-local status --json

Exit codes: 0 success, 1 no response from an emulator, 2 invalid arguments.";

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
    let health = if status.status == "ok" { String::new() } else { format!(", {}", status.status) };
    let regions = if overview.regions.is_empty() { "-".to_owned() } else { overview.regions.join(", ") };
    let scenario = escape_control_characters(overview.scenario.as_deref().unwrap_or("-"));
    let mut text = String::new();
    for (name, value) in [
        ("Emulator", format!("{url}, version {}{health}", status.version)),
        ("Scenario", scenario),
        ("Clock", format!("{} ({clock})", overview.clock)),
        ("Hubs", format!("{} in {}", overview.hubs, accounts(with_hubs))),
        ("Regions", regions),
        ("Findings", findings(overview)),
    ] {
        _ = writeln!(text, "{name:<10}{value}");
    }
    if !overview.accounts.is_empty() {
        text.push('\n');
        text += &table(status);
    }
    text
}

/// `67`, or `407 (340 of controls)`
fn findings(overview: &Overview) -> String {
    match overview.control_findings {
        0 => overview.findings.to_string(),
        of_controls => format!("{} ({of_controls} of controls)", overview.findings),
    }
}

fn accounts(count: usize) -> String {
    if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") }
}

fn table(status: &Status) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Account", "Name", "Regions with a hub", "Findings"]);
    for account in &status.overview.accounts {
        let name = escape_control_characters(account.name.as_deref().unwrap_or("-"));
        let regions = if account.regions.is_empty() { "-".to_owned() } else { account.regions.join(", ") };
        let status = account.status.as_ref().map(|status| format!(" ({})", escape_control_characters(status)));
        let id = format!("{}{}", account.account_id, status.unwrap_or_default());
        table.add_row([id, name, regions, account.findings.to_string()]);
    }
    for column in table.column_iter_mut().skip(3) {
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
        let empty = Service::new(Settings::default(), None).unwrap();
        let mut status = status::of(empty.served());
        (status.version, status.overview.clock) = ("0.0.0".to_owned(), "now".to_owned());
        insta::assert_snapshot!("status_of_an_empty_emulator", render(&status, "http://127.0.0.1:4600"));
    }
}
