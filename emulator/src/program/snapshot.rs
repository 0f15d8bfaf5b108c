//! `snapshot`: saves, restores and compares named states of a running emulator.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output::{self, escape_control_characters};
use crate::control::snapshots::{Difference, SnapshotInfo};

pub(super) const HELP: &str = "\
Save the state before a risky step, and return to it:
  securityhub-local snapshot save before
  securityhub-local snapshot restore before

Show what a step has changed:
  securityhub-local snapshot diff before

The snapshots `start` and `empty` always exist: the state that the scenario describes, and an empty \
state. A snapshot can be restored any number of times. The emulator stores at most 100 snapshots and \
loses them when it ends.

Exit codes: 0 success; 1 the emulator does not respond or refuses the call; 2 invalid arguments.";

/// Characters to percent-encode: all except those that are valid in names.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');

#[derive(Subcommand)]
pub(super) enum SnapshotCommand {
    /// Save the state under a name; replaces an existing snapshot with this name
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
    /// Show the differences between a snapshot and another one, or the current state
    #[command(after_help = HELP)]
    Diff(DiffArguments),
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

#[derive(Args)]
pub(super) struct DiffArguments {
    /// Snapshot with the earlier state, or `start` or `empty`
    name: String,

    /// Snapshot with the later state [default: the current state]
    other: Option<String>,

    /// Maximum number of differences of each kind, up to 10000
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_LIMIT", default_value_t = 1000)]
    limit: u32,

    #[command(flatten)]
    remote: Remote,
}

/// Runs the command.
pub(super) fn run(command: &SnapshotCommand) -> Result<(), Exit> {
    match command {
        SnapshotCommand::List(remote) => list(remote),
        SnapshotCommand::Diff(arguments) => arguments.run(),
        SnapshotCommand::Save(named) => named.call(Method::PUT, "", table_of_one),
        SnapshotCommand::Show(named) => named.call(Method::GET, "", table_of_one),
        SnapshotCommand::Restore(named) => {
            named.call(Method::POST, "/restore", |_| Ok(format!("Restored the snapshot `{}`.\n", named.shown())))
        }
        SnapshotCommand::Delete(named) => {
            named.call(Method::DELETE, "", |_| Ok(format!("Deleted the snapshot `{}`.\n", named.shown())))
        }
    }
}

impl Named {
    fn call(&self, method: Method, end: &str, text: impl FnOnce(&[u8]) -> Result<String, Exit>) -> Result<(), Exit> {
        let path = format!("/_emulator/snapshots/{}{end}", utf8_percent_encode(&self.name, NAME));
        output::print_answer(self.remote.json, &client::send(&self.remote, method, &path, None)?, text)
    }

    fn shown(&self) -> String {
        escape_control_characters(&self.name)
    }
}

impl DiffArguments {
    fn run(&self) -> Result<(), Exit> {
        let encoded = |name| utf8_percent_encode(name, NAME).to_string();
        let to = self.other.as_deref().map(|other| format!("&to={}", encoded(other))).unwrap_or_default();
        let path = format!("/_emulator/snapshots/{}/diff?limit={}{to}", encoded(&self.name), self.limit);
        let answer = client::send(&self.remote, Method::GET, &path, None)?;
        let difference: Difference = client::read(&answer)?;
        if difference.truncated {
            output::print_error("note: there are more differences; use --limit to show them");
        }
        output::print_answer(self.remote.json, &answer, |_| Ok(differences(&difference)))
    }
}

/// Renders the differences, one per line: `+` for added, `-` for removed and `~` for changed parts.
fn differences(difference: &Difference) -> String {
    let Difference { findings, relations, clock, .. } = difference;
    let mut lines = Vec::new();
    if clock.from != clock.to {
        lines.push(format!("~ Clock {} -> {}", clock.from, clock.to));
    }
    for (mark, list) in [('+', &relations.added), ('-', &relations.removed), ('~', &relations.changed)] {
        lines.extend(list.iter().map(|relation| {
            let place =
                relation.account.iter().chain(&relation.region).fold(String::new(), |text, part| text + part + " ");
            format!("{mark} {} {place}{}", relation.kind, relation.key)
        }));
    }
    for (mark, list) in [('+', &findings.added), ('-', &findings.removed)] {
        lines.extend(list.iter().map(|it| format!("{mark} Finding {} {} {}", it.account, it.region, it.id)));
    }
    for finding in &findings.changed {
        lines.push(format!("~ Finding {} {} {}", finding.account, finding.region, finding.id));
        let value = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), Value::to_string);
        let changes = finding.changes.iter();
        lines.extend(changes.map(|it| format!("    {}: {} -> {}", it.path, value(&it.from), value(&it.to))));
    }
    if lines.is_empty() {
        return "The states are equal.\n".to_owned();
    }
    lines.iter().map(|line| escape_control_characters(line) + "\n").collect()
}

/// Prints all snapshots as a table, or with `--json` one per line.
fn list(remote: &Remote) -> Result<(), Exit> {
    let mut answer: Value = client::read(&client::send(remote, Method::GET, "/_emulator/snapshots", None)?)?;
    let snapshots = answer["Snapshots"].take();
    if remote.json {
        let lines = snapshots.as_array().into_iter().flatten();
        return output::print(&lines.fold(String::new(), |mut text, line| {
            _ = writeln!(text, "{line}");
            text
        }));
    }
    let snapshots: Vec<SnapshotInfo> = serde_json::from_value(snapshots).map_err(Exit::failed)?;
    if snapshots.is_empty() {
        return output::print("No snapshots. Save one with `securityhub-local snapshot save NAME`.\n");
    }
    output::print(&table(&snapshots))
}

fn table_of_one(answer: &[u8]) -> Result<String, Exit> {
    Ok(table(&[client::read(answer)?]))
}

fn table(snapshots: &[SnapshotInfo]) -> String {
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
    use serde_json::json;

    use super::*;

    /// Rules: CPL-53, CPL-121.
    #[test]
    fn differences_are_printed_one_per_line() {
        let finding = json!({ "Account": "111111111111", "Region": "us-east-1", "ProductArn": "p", "Id": "a" });
        let changes =
            json!([{ "Path": "Workflow.Status", "From": "NEW", "To": "RESOLVED" }, { "Path": "Note", "To": {} }]);
        let mut other = finding.clone();
        other["Changes"] = changes;
        let hub = json!({ "Kind": "Hub", "Account": "111111111111", "Region": "us-east-1", "Key": "default" });
        let unit = json!({ "Kind": "Unit", "Account": null, "Region": null, "Key": "ou\n" });
        let clock = json!({ "From": "2026-01-15T09:00:00.000Z", "To": "2026-01-15T09:00:00.000Z" });
        let mut difference: Difference = serde_json::from_value(json!({
            "Findings": { "Added": [finding], "Removed": [], "Changed": [other] },
            "Relations": { "Added": [hub], "Removed": [unit], "Changed": [] }, "Clock": clock, "Truncated": false,
        }))
        .unwrap();
        insta::assert_snapshot!(differences(&difference), @r#"
        + Hub 111111111111 us-east-1 default
        - Unit ou\n
        + Finding 111111111111 us-east-1 a
        ~ Finding 111111111111 us-east-1 a
            Workflow.Status: "NEW" -> "RESOLVED"
            Note: nothing -> {}
        "#);
        difference.findings.added.clear();
        difference.findings.changed.clear();
        (difference.relations.added, difference.relations.removed) = (Vec::new(), Vec::new());
        assert_eq!(differences(&difference), "The states are equal.\n");
        difference.clock.to = "2026-01-16T09:00:00.000Z".to_owned();
        assert_eq!(differences(&difference), "~ Clock 2026-01-15T09:00:00.000Z -> 2026-01-16T09:00:00.000Z\n");
    }

    /// Rules: CPL-121.
    #[test]
    fn snapshots_are_printed_as_a_table() {
        let clock = "2026-01-15T09:00:00.000Z".to_owned();
        let snapshot =
            SnapshotInfo { name: "before".to_owned(), real_time: clock.clone(), clock, hubs: 6, findings: 67 };
        insta::assert_snapshot!(table(&[snapshot]), @r"
         Name    Clock                     Saved at                  Hubs  Findings
         before  2026-01-15T09:00:00.000Z  2026-01-15T09:00:00.000Z     6        67
        ");
    }
}
