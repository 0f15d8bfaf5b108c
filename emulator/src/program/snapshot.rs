//! `snapshot`: saves and restores named states of a running emulator.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output::{self, escape_control_characters};

pub(super) const HELP: &str = "\
Save the state before a risky step, and return to it:
  securityhub-local snapshot save before
  securityhub-local snapshot restore before

The names `start` and `empty` always exist: the state as the scenario describes it, and an empty
one. A snapshot can be restored any number of times. At most 100 are kept, until the emulator ends.

Exit codes: 0 success, 1 no response from an emulator, or it refuses the call, 2 invalid arguments.";

/// The characters of names are sent unchanged.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');

#[derive(Subcommand)]
pub(super) enum SnapshotCommand {
    /// Save the state under a name; replaces a snapshot with this name
    #[command(after_help = HELP)]
    Save(Named),
    /// Return to a snapshot, to `start` or to `empty`
    #[command(after_help = HELP)]
    Restore(Named),
    /// List the snapshots
    #[command(after_help = HELP)]
    List(Remote),
    /// Show a snapshot
    #[command(after_help = HELP)]
    Show(Named),
    /// Delete a snapshot
    #[command(after_help = HELP)]
    Delete(Named),
}

#[derive(Args)]
pub(super) struct Named {
    /// Name of up to 64 letters, digits, `.`, `_` and `-`
    name: String,

    #[command(flatten)]
    remote: Remote,
}

/// A snapshot.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Snapshot {
    name: String,
    real_time: String,
    clock: String,
    hubs: u64,
    findings: u64,
}

/// Runs the command.
pub(super) fn run(command: &SnapshotCommand) -> Result<(), Exit> {
    match command {
        SnapshotCommand::List(remote) => list(remote),
        SnapshotCommand::Save(named) => named.call(Method::PUT, "", table_of_one),
        SnapshotCommand::Show(named) => named.call(Method::GET, "", table_of_one),
        SnapshotCommand::Restore(named) => {
            named.call(Method::POST, "/restore", |_| Ok(format!("The emulator has the state `{}`.\n", named.shown())))
        }
        SnapshotCommand::Delete(named) => {
            named.call(Method::DELETE, "", |_| Ok(format!("Deleted the snapshot `{}`.\n", named.shown())))
        }
    }
}

impl Named {
    fn call(&self, method: Method, end: &str, text: impl FnOnce(&[u8]) -> Result<String, Exit>) -> Result<(), Exit> {
        let path = format!("/_emulator/snapshots/{}{end}", utf8_percent_encode(&self.name, NAME));
        output::print_answer(self.remote.json, &client::ask(&self.remote, method, &path, None)?, text)
    }

    fn shown(&self) -> String {
        escape_control_characters(&self.name)
    }
}

/// Prints all snapshots; as JSON, one in a line.
fn list(remote: &Remote) -> Result<(), Exit> {
    let mut answer: Value = client::read(&client::ask(remote, Method::GET, "/_emulator/snapshots", None)?)?;
    let snapshots = answer["Snapshots"].take();
    if remote.json {
        let lines = snapshots.as_array().into_iter().flatten();
        return output::print(&lines.fold(String::new(), |mut text, line| {
            _ = writeln!(text, "{line}");
            text
        }));
    }
    let snapshots: Vec<Snapshot> = serde_json::from_value(snapshots).map_err(Exit::failed)?;
    if snapshots.is_empty() {
        return output::print("There are no snapshots. Save one with `securityhub-local snapshot save NAME`.\n");
    }
    output::print(&table(&snapshots))
}

fn table_of_one(answer: &[u8]) -> Result<String, Exit> {
    Ok(table(&[client::read(answer)?]))
}

fn table(snapshots: &[Snapshot]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Name", "Clock", "Saved at", "Hubs", "Findings"]);
    for snapshot in snapshots {
        let [name, clock, saved] =
            [&snapshot.name, &snapshot.clock, &snapshot.real_time].map(|text| escape_control_characters(text));
        table.add_row([name, clock, saved, snapshot.hubs.to_string(), snapshot.findings.to_string()]);
    }
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-121.
    #[test]
    fn snapshots_are_a_table_for_people() {
        let clock = "2026-01-15T09:00:00.000Z".to_owned();
        let snapshot = Snapshot { name: "before".to_owned(), real_time: clock.clone(), clock, hubs: 6, findings: 67 };
        insta::assert_snapshot!(table(&[snapshot]), @r"
         Name    Clock                     Saved at                  Hubs  Findings
         before  2026-01-15T09:00:00.000Z  2026-01-15T09:00:00.000Z     6        67
        ");
    }
}
