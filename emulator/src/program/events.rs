//! `events`: the events that a running emulator has sent to EventBridge, one per line.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output;
use super::values::{account, region};
use crate::invariant::Invariant;
use crate::state::{AccountId, Region};

pub(super) const HELP: &str = r#"Examples, with `securityhub-local serve --scenario scenarios/quickstart.yaml` running.

Show events as they occur, while findings are imported or updated in another terminal:
  securityhub-local events --follow

Print the events that rules in one account would receive, one JSON object per line:
  securityhub-local events --account 111111111111 --region us-east-1 --json

Show the events that match an event pattern:
  securityhub-local events \
    --pattern '{"detail": {"findings": {"Severity": {"Label": ["CRITICAL"]}}}}'

Findings that exist at the start do not emit events. The newest 10,000 events are kept; use
`serve --events` to change that number.

Exit codes: 0 success, 1 no response from an emulator, 2 invalid arguments or pattern, or events
are disabled."#;

/// Number of events to request at once.
const PAGE: usize = 1000;
const HEADING: [&str; 5] = ["Time", "Account", "Region", "Kind", "Finding"];
/// Maximum number of characters shown of an ID.
const MAX_ID_LENGTH: usize = 40;
/// The polling interval of `--follow`.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

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

    /// EventBridge event pattern that events must match [default: none]
    #[arg(long, value_name = "JSON", env = "SECURITYHUB_LOCAL_PATTERN")]
    pattern: Option<String>,

    /// Keep printing events as they occur, until Ctrl-C
    #[arg(long, env = "SECURITYHUB_LOCAL_FOLLOW", value_parser = FalseyValueParser::new())]
    follow: bool,

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

/// Prints the kept events and, with `--follow`, later ones.
pub(super) fn run(arguments: &EventsArguments) -> Result<(), Exit> {
    let (mut after, mut heading) = (0, !arguments.remote.json);
    // With `--follow`, the command waits for an emulator that is being restarted.
    let (mut has_begun, mut is_waiting) = (false, false);
    loop {
        let page = match page(arguments, after) {
            Err(Exit::Failed(why)) if arguments.follow && has_begun => {
                if !std::mem::replace(&mut is_waiting, true) {
                    output::print_error(&format!("securityhub-local: waiting for the emulator to restart: {why}"));
                }
                std::thread::sleep(POLL_INTERVAL);
                continue;
            }
            page => page?,
        };
        (has_begun, is_waiting) = (true, false);
        if page.last < after {
            // A different emulator listens there now, whose numbering started again.
            after = 0;
            continue;
        }
        match page.dropped {
            0 => {}
            1 => output::print_error("1 earlier event is no longer available"),
            dropped => output::print_error(&format!("{dropped} earlier events are no longer available")),
        }
        let mut text = String::new();
        if std::mem::take(&mut heading) {
            text.push_str(&line(HEADING));
        }
        for event in &page.events {
            if arguments.remote.json {
                _ = writeln!(text, "{}", event.get());
            } else {
                text.push_str(&event_line(event.get()));
            }
        }
        let mut output = std::io::stdout();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Ok(()) => {}
            failed => return output::check_written(failed),
        }
        after = page.last;
        match (page.more, arguments.follow) {
            (false, false) => return Ok(()),
            (false, true) => std::thread::sleep(POLL_INTERVAL),
            (true, _) => {}
        }
    }
}

fn page(arguments: &EventsArguments, after: u64) -> Result<Page, Exit> {
    let mut path = format!("/_emulator/events?after={after}&limit={PAGE}");
    if let Some(account) = arguments.account {
        _ = write!(path, "&account={account}");
    }
    if let Some(region) = &arguments.region {
        _ = write!(path, "&region={region}");
    }
    if let Some(detail_type) = &arguments.detail_type {
        _ = write!(path, "&detail-type={}", utf8_percent_encode(detail_type, NON_ALPHANUMERIC));
    }
    if let Some(pattern) = &arguments.pattern {
        _ = write!(path, "&pattern={}", utf8_percent_encode(pattern, NON_ALPHANUMERIC));
    }
    client::get(&arguments.remote, &path)
}

/// An event for people: time, receiver, kind, and the finding with its severity.
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

/// A line with columns of fixed width, because lines arrive at different times.
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
