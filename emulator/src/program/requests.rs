//! `requests`: prints the API calls that a running emulator has received, one per line.

use clap::Args;
use http::Method;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::arguments::{CallFilter, Remote};
use super::client;
use super::exit::Exit;
use super::listing::{self, Listing};
use super::output;
use super::values::switch;
use crate::invariant::Invariant;

pub(super) const HELP: &str = "\
Examples, with `securityhub-local serve --scenario builtin:quickstart` running:

Show calls as they arrive:
  securityhub-local requests --follow

Show the calls of one test that were refused:
  securityhub-local requests --test checkout-7 --status 4xx

Print the calls of one test as JSON, with their inputs and outputs:
  securityhub-local requests --test checkout-7 --json

A test tags its calls with the header `x-emulator-test`, or with the variable AWS_SDK_UA_APP_ID of \
AWS SDKs. The emulator stores the newest calls; `serve --journal` sets their total size.

Exit codes: 0 success; 1 the emulator does not respond or refuses the call; 2 invalid arguments.";

/// Number of calls to request at once.
const PAGE: usize = 100;
const HEADING: [&str; 6] = ["Number", "Time", "Account", "Region", "Operation", "Result"];

#[derive(Args)]
pub(super) struct RequestsArguments {
    /// Operation, or the beginning of its name followed by `*` [default: all]
    #[arg(long, value_name = "NAME", env = "SECURITYHUB_LOCAL_OPERATION")]
    operation: Option<String>,

    #[command(flatten)]
    filter: CallFilter,

    /// Keep printing calls as they arrive, until Ctrl-C
    #[arg(long, env = "SECURITYHUB_LOCAL_FOLLOW", value_parser = switch, conflicts_with = "clear")]
    follow: bool,

    /// Delete the calls instead of printing them
    #[arg(long, env = "SECURITYHUB_LOCAL_CLEAR", value_parser = switch)]
    clear: bool,

    #[command(flatten)]
    remote: Remote,
}

/// A page in the format of the control plane.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    requests: Vec<Box<RawValue>>,
    last: u64,
    dropped: u64,
}

/// Prints the recorded calls and, with `--follow`, later calls; with `--clear`, deletes them.
pub(super) fn run(arguments: &RequestsArguments) -> Result<(), Exit> {
    let listing =
        Listing { remote: &arguments.remote, kind: "request", noun: "call", heading: line(HEADING), line: call_line };
    let query = |further: &[(&'static str, Option<&str>)]| {
        let operation = ("operation", arguments.operation.as_deref());
        client::query(further.iter().copied().chain([operation]).chain(arguments.filter.parameters()))
    };
    if arguments.clear {
        return listing.delete(&format!("/_emulator/requests{}", query(&[])));
    }
    if arguments.follow {
        let path = format!("/_emulator/stream{}", query(&[("kinds", Some("requests")), ("after", Some("0.0"))]));
        return listing.follow(&path, Exit::failed);
    }
    listing.print_pages(|after| {
        let (after, limit) = (after.to_string(), PAGE.to_string());
        let path = format!("/_emulator/requests{}", query(&[("after", Some(&after)), ("limit", Some(&limit))]));
        let Page { requests, last, dropped } =
            client::read(&client::send(&arguments.remote, Method::GET, &path, None)?)?;
        let has_more = requests.len() == PAGE;
        Ok(listing::Page { items: requests, last, dropped, has_more })
    })
}

/// Renders a call as a line: its number, time, caller, operation and result.
fn call_line(call: &str) -> String {
    let call: Value = serde_json::from_str(call).or_report("a call of a page is JSON").unwrap_or_default();
    let text = |value: &Value| output::escape_control_characters(value.as_str().unwrap_or("-"));
    let time = text(&call["Time"]).replace('T', " ").replace('Z', "");
    let operation = match &call["Operation"] {
        Value::Null => format!("{} {}", text(&call["Method"]), text(&call["Path"])),
        name => text(name),
    };
    let status = call["Status"].as_u64().map_or_else(|| "no response".to_owned(), |status| status.to_string());
    let mut result = status;
    for part in [&call["ErrorCode"], &call["Fault"]] {
        if !part.is_null() {
            result = format!("{result} {}", text(part));
        }
    }
    let number = call["Number"].as_u64().unwrap_or_default().to_string();
    if !call["Explain"].is_null() {
        result = format!("{result} no findings (explain --request {number})");
    }
    line([&number, &time, &text(&call["Account"]), &text(&call["Region"]), &operation, &result])
}

/// Renders a line. Its columns have fixed widths, because lines are printed at different times.
fn line([number, time, account, region, operation, result]: [&str; 6]) -> String {
    format!("{number:>6}  {time:<23}  {account:<12}  {region:<14}  {operation:<32}  {result}\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_printed_as_one_line() {
        let call = |operation: Value, status: Value, code: Value, fault: Value| {
            let call = json!({
                "Number": 12, "Time": "2026-01-15T09:00:00.000Z", "Account": "111111111111", "Region": "us-east-1",
                "Operation": operation, "Method": "GET", "Path": "/nope", "Status": status, "ErrorCode": code, "Fault": fault,
            });
            call_line(&call.to_string())
        };
        let empty = json!({
            "Number": 12, "Time": "2026-01-15T09:00:00.000Z", "Account": "111111111111", "Region": "us-east-1",
            "Operation": "GetFindings", "Status": 200, "Explain": "/_emulator/requests/12/explain",
        });
        let lines = [
            line(HEADING),
            call(json!("GetFindings"), json!(200), Value::Null, Value::Null),
            call(json!("BatchImportFindings"), json!(429), json!("TooManyRequestsException"), json!("f-1")),
            call(Value::Null, json!(404), json!("UnknownOperationException"), Value::Null),
            call(json!("GetFindings"), Value::Null, Value::Null, json!("f-2")),
            call_line(&empty.to_string()),
        ];
        insta::assert_snapshot!(lines.concat(), @r"
        Number  Time                     Account       Region          Operation                         Result
            12  2026-01-15 09:00:00.000  111111111111  us-east-1       GetFindings                       200
            12  2026-01-15 09:00:00.000  111111111111  us-east-1       BatchImportFindings               429 TooManyRequestsException f-1
            12  2026-01-15 09:00:00.000  111111111111  us-east-1       GET /nope                         404 UnknownOperationException
            12  2026-01-15 09:00:00.000  111111111111  us-east-1       GetFindings                       no response f-2
            12  2026-01-15 09:00:00.000  111111111111  us-east-1       GetFindings                       200 no findings (explain --request 12)
        ");
    }
}
