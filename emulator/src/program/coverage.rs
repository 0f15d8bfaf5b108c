//! `coverage`: the registry as a table. The table in docs/reference/coverage.md is this output.

use std::fmt::Write as _;

use clap::Args;
use comfy_table::{ContentArrangement, Table, presets};
use securityhub_fixtures::Operation;
use serde_json::json;

use super::exit::Exit;
use super::output;
use super::values::switch;
use crate::fidelity::limits::{self, Limit};
use crate::fidelity::status;
use crate::operations::{Coverage, entry};

pub(super) const HELP: &str = "\
Count the operations that are not implemented:
  securityhub-local coverage --json | jq .missing

Exit codes: 0 success; 1 standard output cannot be written; 2 invalid arguments.";

#[derive(Args)]
pub(super) struct CoverageArguments {
    /// Print JSON
    #[arg(long, env = "SECURITYHUB_LOCAL_JSON", value_parser = switch, conflicts_with = "markdown")]
    pub(super) json: bool,
    /// Print Markdown, as in docs/reference/coverage.md
    #[arg(long)]
    pub(super) markdown: bool,
}

/// Prints the table in the requested format.
///
/// # Errors
/// See [`output::print`].
pub(super) fn run(arguments: &CoverageArguments) -> Result<(), Exit> {
    let text = if arguments.json {
        json_text()
    } else if arguments.markdown {
        markdown()
    } else {
        table()
    };
    output::print(&text)
}

/// The status in JSON. Scripts depend on these words.
fn word(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Implemented => "behaves",
        Coverage::Missing => "missing",
    }
}

/// The number of implemented and of missing operations.
fn counts() -> [usize; 2] {
    let count =
        |wanted: &str| Operation::ALL.iter().filter(|&&operation| word(entry(operation).coverage) == wanted).count();
    ["behaves", "missing"].map(count)
}

fn summary() -> String {
    let [implemented, missing] = counts();
    format!("{} operations: {implemented} implemented, {missing} not implemented\n", Operation::ALL.len())
}

fn table() -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Operation", "Status"]);
    for operation in Operation::ALL {
        table.add_row([operation.name(), status(entry(operation).coverage)]);
    }
    let mut text = format!("{}\n\n{}\nLimits:\n", table.trim_fmt(), summary());
    for Limit { operation, rule, text: limit } in limits::all() {
        _ = writeln!(text, "{operation} ({rule})\n  {limit}.");
    }
    text
}

/// The table as Markdown: a row for each operation.
pub(super) fn markdown() -> String {
    let mut text = format!("{}\n| operation | status | limit |\n| --- | --- | --- |\n", summary());
    for operation in Operation::ALL {
        let limit = limits::of(operation).map_or(String::new(), |limit| format!("{} ({}) ", limit.text, limit.rule));
        _ = writeln!(text, "| `{}` | {} | {limit}|", operation.name(), status(entry(operation).coverage));
    }
    text
}

fn json_text() -> String {
    let [implemented, missing] = counts();
    let operations: Vec<_> = Operation::ALL
        .into_iter()
        .map(|operation| {
            let coverage = entry(operation).coverage;
            let mut row = json!({ "operation": operation.name(), "coverage": word(coverage) });
            if let Some(limit) = limits::of(operation) {
                row["limit"] = json!({ "rule": limit.rule, "text": limit.text });
            }
            row
        })
        .collect();
    let body = json!({ "behaves": implemented, "missing": missing, "operations": operations });
    format!("{body:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_line_per_operation_and_fits_a_page() {
        let table = table();
        let (operations, limits) = table.split_once("\nLimits:\n").unwrap();
        assert_eq!(operations.lines().count(), Operation::ALL.len() + 3, "a header, an empty line and the summary");
        assert_eq!(limits.lines().count(), 2 * limits::all().count());
        assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    }

    #[test]
    fn each_limit_is_in_each_format() {
        let texts = [table(), json_text(), markdown()];
        for Limit { operation, rule, text } in limits::all() {
            assert!(texts.iter().all(|output| output.contains(rule) && output.contains(text)), "{operation}");
        }
    }

    #[test]
    fn every_operation_occurs_once_in_each_format() {
        let (table, json, markdown) = (table(), json_text(), markdown());
        for operation in Operation::ALL {
            assert!(table.contains(operation.name()) && json.contains(operation.name()));
            assert_eq!(markdown.matches(&format!("`{}`", operation.name())).count(), 1, "{}", operation.name());
        }
        assert_eq!(counts().iter().sum::<usize>(), 126);
    }
}
