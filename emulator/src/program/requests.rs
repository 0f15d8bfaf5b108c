//! `requests`: prints the API calls that a running emulator has received, one per line.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use clap::Args;
use clap::builder::FalseyValueParser;
use http::Method;
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

pub(super) const HELP: &str = "\
Examples, with `securityhub-local serve --scenario scenarios/quickstart.yaml` running:

Show calls as they arrive:
  securityhub-local requests --follow

Show the calls of one test that were refused:
  securityhub-local requests --test checkout-7 --status 4xx

Print the calls of one test as JSON, with their inputs and outputs:
  securityhub-local requests --test checkout-7 --json

A test tags its calls with the header `x-emulator-test`, or with the variable AWS_SDK_UA_APP_ID of
AWS SDKs. The emulator stores the newest calls; `serve --journal` sets their total size.

Exit codes: 0 success, 1 no response from an emulator, or it refuses the call, 2 invalid arguments.";

/// Number of calls to request at once.
const PAGE: usize = 100;
const HEADING: [&str; 6] = ["Number", "Time", "Account", "Region", "Operation", "Result"];
/// How long `--follow` waits for calls before it asks again, in seconds.
const WAIT: u64 = 20;
/// How long `--follow` waits for an emulator that is being restarted.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(super) struct RequestsArguments {
    /// Operation, or the beginning of its name followed by `*` [default: all]
    #[arg(long, value_name = "NAME", env = "SECURITYHUB_LOCAL_OPERATION")]
    operation: Option<String>,

    /// Account of the caller [default: all]
    #[arg(long, value_name = "ACCOUNT", env = "SECURITYHUB_LOCAL_ACCOUNT", value_parser = account)]
    account: Option<AccountId>,

    /// Region of the call [default: all]
    #[arg(long, value_name = "REGION", env = "SECURITYHUB_LOCAL_REGION", value_parser = region)]
    region: Option<Region>,

    /// Status of the response, such as 429 or 4xx [default: all]
    #[arg(long, value_name = "STATUS", env = "SECURITYHUB_LOCAL_STATUS")]
    status: Option<String>,

    /// Code of the error, such as InvalidInputException [default: all]
    #[arg(long, value_name = "CODE", env = "SECURITYHUB_LOCAL_ERROR")]
    error: Option<String>,

    /// Tag of the test that made the call [default: all]
    #[arg(long, value_name = "TAG", env = "SECURITYHUB_LOCAL_TEST")]
    test: Option<String>,

    /// Keep printing calls as they arrive, until Ctrl-C
    #[arg(long, env = "SECURITYHUB_LOCAL_FOLLOW", value_parser = FalseyValueParser::new(), conflicts_with = "clear")]
    follow: bool,

    /// Delete the calls instead of printing them
    #[arg(long, env = "SECURITYHUB_LOCAL_CLEAR", value_parser = FalseyValueParser::new())]
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

/// Prints the kept calls and, with `--follow`, later ones; with `--clear`, deletes them.
pub(super) fn run(arguments: &RequestsArguments) -> Result<(), Exit> {
    if arguments.clear {
        return clear(arguments);
    }
    let (mut after, mut heading, mut has_begun, mut is_waiting) = (0, !arguments.remote.json, false, false);
    loop {
        let page = match page(arguments, after, has_begun) {
            Err(Exit::Failed(why)) if arguments.follow && has_begun => {
                if !std::mem::replace(&mut is_waiting, true) {
                    output::print_error(&format!("securityhub-local: waiting for the emulator to restart: {why}"));
                }
                // A different emulator may listen there then, whose numbering starts again.
                after = 0;
                std::thread::sleep(RETRY_INTERVAL);
                continue;
            }
            page => page?,
        };
        (has_begun, is_waiting) = (true, false);
        match page.dropped {
            0 => {}
            1 => output::print_error("1 earlier call is no longer available"),
            dropped => output::print_error(&format!("{dropped} earlier calls are no longer available")),
        }
        let mut text = String::new();
        if std::mem::take(&mut heading) {
            text.push_str(&line(HEADING));
        }
        for call in &page.requests {
            if arguments.remote.json {
                _ = writeln!(text, "{}", call.get());
            } else {
                text.push_str(&call_line(call.get()));
            }
        }
        let mut output = std::io::stdout();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Ok(()) => {}
            failed => return output::check_written(failed),
        }
        after = page.last;
        if page.requests.len() < PAGE && !arguments.follow {
            return Ok(());
        }
    }
}

fn clear(arguments: &RequestsArguments) -> Result<(), Exit> {
    let path = format!("/_emulator/requests?{}", query(arguments).trim_start_matches('&'));
    let answer: Value = client::read(&client::send(&arguments.remote, Method::DELETE, &path, None)?)?;
    if arguments.remote.json {
        return output::print(&format!("{answer}\n"));
    }
    let deleted = answer["Deleted"].as_u64().unwrap_or_default();
    output::print(&format!("deleted {deleted} {}\n", if deleted == 1 { "call" } else { "calls" }))
}

/// The next page. With `--follow`, waits for calls once the kept ones were printed.
fn page(arguments: &RequestsArguments, after: u64, has_begun: bool) -> Result<Page, Exit> {
    let wait = if arguments.follow && has_begun { format!("&wait={WAIT}s") } else { String::new() };
    let path = format!("/_emulator/requests?after={after}&limit={PAGE}{wait}{}", query(arguments));
    client::read(&client::send(&arguments.remote, Method::GET, &path, None)?)
}

/// The parameters that select calls, each preceded by `&`.
fn query(arguments: &RequestsArguments) -> String {
    let account = arguments.account.map(|account| account.to_string());
    let region = arguments.region.as_ref().map(ToString::to_string);
    let parameters = [
        ("operation", arguments.operation.as_deref()),
        ("account", account.as_deref()),
        ("region", region.as_deref()),
        ("status", arguments.status.as_deref()),
        ("error", arguments.error.as_deref()),
        ("test", arguments.test.as_deref()),
    ];
    let given = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let given = given.map(|(name, value)| format!("&{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    given.collect::<Vec<_>>().concat()
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
        let lines = [
            line(HEADING),
            call(json!("GetFindings"), json!(200), Value::Null, Value::Null),
            call(json!("BatchImportFindings"), json!(429), json!("TooManyRequestsException"), json!("f-1")),
            call(Value::Null, json!(404), json!("UnknownOperationException"), Value::Null),
            call(json!("GetFindings"), Value::Null, Value::Null, json!("f-2")),
        ];
        insta::assert_snapshot!(lines.concat(), @r"
        Number  Time                     Account       Region          Operation                         Result
            12  2026-01-15 09:00:00.000  111111111111  us-east-1       GetFindings                       200
            12  2026-01-15 09:00:00.000  111111111111  us-east-1       BatchImportFindings               429 TooManyRequestsException f-1
            12  2026-01-15 09:00:00.000  111111111111  us-east-1       GET /nope                         404 UnknownOperationException
            12  2026-01-15 09:00:00.000  111111111111  us-east-1       GetFindings                       no response f-2
        ");
    }
}
