//! `events`: the events that a running emulator has sent to EventBridge, one per line.

use clap::Args;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::listing::{self, Listing};
use super::output;
use super::values::{account, region, switch, text_or_file};
use crate::invariant::Invariant;
use crate::state::{AccountId, Region};

pub(super) const HELP: &str = r#"Examples, with `securityhub-local serve --scenario builtin:quickstart` running.

Show events as they occur, while findings are imported or updated in another terminal:
  securityhub-local events --follow

Print the events that rules in one account would receive, one JSON object per line:
  securityhub-local events --account 111111111111 --region us-east-1 --json

Show the events that match an event pattern:
  securityhub-local events \
    --pattern '{"detail": {"findings": {"Severity": {"Label": ["CRITICAL"]}}}}'

Wait at most ten seconds for an event that the code under test causes:
  securityhub-local events --wait 10s --account 111111111111 --json

Findings that exist at the start do not emit events. The newest 10,000 events are stored; use `serve --events` to change that number.

Exit codes: 0 success; 1 the emulator does not respond; 2 invalid arguments or pattern, or events are disabled."#;

/// Number of events to request at once.
const PAGE: usize = 1000;
const HEADING: [&str; 5] = ["Time", "Account", "Region", "Kind", "Finding"];
/// Maximum number of characters shown of an ID.
const MAX_ID_LENGTH: usize = 40;
#[derive(Args)]
pub(super) struct EventsArguments {
    /// Account that received the event [default: all]
    #[arg(long, value_name = "ACCOUNT", env = "SECURITYHUB_LOCAL_ACCOUNT", value_parser = account)]
    account: Option<AccountId>,

    /// Region that received the event [default: all]
    #[arg(long, value_name = "REGION", env = "SECURITYHUB_LOCAL_REGION", value_parser = region)]
    region: Option<Region>,

    /// Detail type, such as "Security Hub Findings - Imported" [default: all]
    #[arg(long, value_name = "TEXT", env = "SECURITYHUB_LOCAL_DETAIL_TYPE")]
    detail_type: Option<String>,

    /// EventBridge event pattern that events must match, as JSON, or @FILE to read it from a file [default: none]
    #[arg(long, value_name = "JSON", env = "SECURITYHUB_LOCAL_PATTERN", value_parser = text_or_file)]
    pattern: Option<String>,

    /// Tag of the test whose calls caused the event, as in the header x-emulator-test [default: all]
    #[arg(long, value_name = "TAG", env = "SECURITYHUB_LOCAL_TEST")]
    test: Option<String>,

    /// Keep printing events as they occur, until Ctrl-C
    #[arg(long, env = "SECURITYHUB_LOCAL_FOLLOW", value_parser = switch)]
    follow: bool,

    /// Maximum time to wait for --count events, such as 10s; at most 60s [default: do not wait]
    #[arg(long, value_name = "DURATION", env = "SECURITYHUB_LOCAL_WAIT", conflicts_with = "follow")]
    wait: Option<String>,

    /// Number of events to wait for [default: 1]
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_COUNT", requires = "wait")]
    count: Option<usize>,

    /// Delete the events instead of printing them
    #[arg(long, env = "SECURITYHUB_LOCAL_CLEAR", value_parser = switch, conflicts_with_all = ["follow", "wait"])]
    clear: bool,

    #[command(flatten)]
    remote: Remote,
}

/// A page in the format of the control plane.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    events: Vec<Box<RawValue>>,
    last: u64,
    more: bool,
    dropped: u64,
}

/// Prints the stored events and, with `--follow`, later events; with `--clear`, deletes them.
pub(super) fn run(arguments: &EventsArguments) -> Result<(), Exit> {
    let listing =
        Listing { remote: &arguments.remote, kind: "event", noun: "event", heading: line(HEADING), line: event_line };
    if arguments.clear {
        return listing.delete(&format!("/_emulator/events{}", arguments.query(&[])));
    }
    if arguments.follow {
        let query = arguments.query(&[("kinds", Some("events")), ("after", Some("0.0"))]);
        let invalid = |message| Exit::invalid(format!("securityhub-local: {message}"));
        return listing.follow(&format!("/_emulator/stream{query}"), invalid);
    }
    listing.print_pages(|after| {
        let Page { events, last, more, dropped } = page(arguments, after)?;
        Ok(listing::Page { items: events, last, dropped, has_more: more })
    })
}

impl EventsArguments {
    /// A query with these parameters and the filters.
    fn query(&self, further: &[(&'static str, Option<&str>)]) -> String {
        let account = self.account.map(|account| account.to_string());
        let filters = [
            ("account", account.as_deref()),
            ("region", self.region.as_ref().map(Region::as_str)),
            ("detail-type", self.detail_type.as_deref()),
            ("pattern", self.pattern.as_deref()),
            ("test", self.test.as_deref()),
        ];
        client::query(further.iter().copied().chain(filters))
    }
}

/// Gets a page of events. Only the call for the first page waits.
fn page(arguments: &EventsArguments, after: u64) -> Result<Page, Exit> {
    let (from, limit) = (after.to_string(), PAGE.to_string());
    let count = arguments.count.filter(|_| after == 0).map(|count| count.to_string());
    let query = arguments.query(&[
        ("after", Some(&from)),
        ("limit", Some(&limit)),
        ("wait", arguments.wait.as_deref().filter(|_| after == 0)),
        ("count", count.as_deref()),
    ]);
    client::get(&arguments.remote, &format!("/_emulator/events{query}"))
}

/// Renders an event as a line: time, receiver, kind, and the finding with its severity.
fn event_line(event: &str) -> String {
    let event: Value = serde_json::from_str(event).or_report("an event of a page is JSON").unwrap_or_default();
    let text = |value: &Value| output::escape_control_characters(value.as_str().unwrap_or("-"));
    let time = text(&event["time"]).replace('T', " ").replace('Z', "");
    let kind = text(&event["detail-type"]);
    let kind = ["Security Hub Findings - ", "Security Hub "].iter().find_map(|name| kind.strip_prefix(name));
    let detail = &event["detail"];
    let about = match detail["findings"].get(0) {
        Some(finding) => {
            let [severity, title, id] = [&finding["Severity"]["Label"], &finding["Title"], &finding["Id"]].map(text);
            let state = if finding["RecordState"] == "ARCHIVED" { " archived" } else { "" };
            format!("{severity}{state}: {title} ({})", truncated_id(&id))
        }
        None => format!("{} results of insight {}", text(&detail["number of results"]), text(&detail["insightName"])),
    };
    line([&time, &text(&event["account"]), &text(&event["region"]), kind.unwrap_or("-"), &about])
}

/// The end of an ID, which is more specific than its beginning.
fn truncated_id(id: &str) -> String {
    let cut = id.char_indices().rev().nth(MAX_ID_LENGTH - 1).map_or(0, |(at, _)| at);
    if cut == 0 { id.to_owned() } else { format!("…{}", &id[cut..]) }
}

/// Renders a line. Its columns have fixed widths, because lines are printed at different times.
fn line([time, account, region, kind, about]: [&str; 5]) -> String {
    format!("{time:<19}  {account:<12}  {region:<14}  {kind:<15}  {about}\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_ids_are_truncated_at_the_start() {
        let long = format!("{}{}", "é".repeat(50), "x".repeat(39));
        for (id, shown) in
            [("", ""), ("a", "a"), (&"x".repeat(40), &*"x".repeat(40)), (&long, &format!("…{}", &long[98..]))]
        {
            assert_eq!(truncated_id(id), shown);
        }
    }

    #[test]
    fn events_as_text() {
        let event = |kind: &str, detail: Value| {
            let event = json!({
                "detail-type": kind, "account": "111111111111", "time": "2026-01-15T09:00:00Z", "region": "us-east-1",
                "detail": detail,
            });
            event_line(&event.to_string())
        };
        let finding = |state: &str| json!({ "Id": "scan/1", "Title": "Port 22 is open", "Severity": { "Label": "HIGH" }, "RecordState": state });
        let lines = [
            line(HEADING),
            event("Security Hub Findings - Imported", json!({ "findings": [finding("ACTIVE")] })),
            event("Security Hub Findings - Custom Action", json!({ "findings": [finding("ARCHIVED")] })),
            event("Security Hub Insight Results", json!({ "insightName": "open", "number of results": "2" })),
        ];
        insta::assert_snapshot!(lines.concat(), @r"
        Time                 Account       Region          Kind             Finding
        2026-01-15 09:00:00  111111111111  us-east-1       Imported         HIGH: Port 22 is open (scan/1)
        2026-01-15 09:00:00  111111111111  us-east-1       Custom Action    HIGH archived: Port 22 is open (scan/1)
        2026-01-15 09:00:00  111111111111  us-east-1       Insight Results  2 results of insight open
        ");
    }
}
