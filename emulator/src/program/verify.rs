//! `verify`: verifies that a running emulator has received certain API calls.

use std::fmt::Write as _;

use clap::Args;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::arguments::{CallFilter, Remote};
use super::client;
use super::exit::Exit;
use super::{output, values};

pub(super) const HELP: &str = r#"Examples, with `securityhub-local serve --scenario builtin:quickstart` running:

Verify that a finding whose title begins with `Port 22` was imported:
  securityhub-local verify BatchImportFindings \
    --match '{"Findings": [{"Title": {"$prefix": "Port 22"}}]}'

Verify that one test called GetFindings exactly twice, and never called DisableSecurityHub:
  securityhub-local verify GetFindings --min 2 --max 2 --test checkout-7
  securityhub-local verify DisableSecurityHub --max 0 --test checkout-7

If the calls were not made as expected, the command prints the calls with the fewest differences.

Exit codes: 0 the expected calls were made; 1 they were not, or the emulator does not respond; 2 invalid arguments."#;

#[derive(Args)]
pub(super) struct VerifyArguments {
    /// Operation, or the beginning of its name followed by `*`
    #[arg(value_name = "OPERATION")]
    operation: String,

    /// Partial input that the inputs of the calls must match, as JSON, or @FILE to read it from a file [default: any
    /// input]
    #[arg(long = "match", value_name = "JSON", env = "SECURITYHUB_LOCAL_MATCH", value_parser = values::text_or_file)]
    matching: Option<String>,

    /// Minimum number of calls [default: 1, or 0 with --max]
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_MIN")]
    min: Option<usize>,

    /// Maximum number of calls; 0 if no call is expected [default: any number]
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_MAX")]
    max: Option<usize>,

    /// Maximum time to wait for the minimum number of calls, such as 5s [default: do not wait]
    #[arg(long, value_name = "DURATION", env = "SECURITYHUB_LOCAL_WAIT")]
    wait: Option<String>,

    #[command(flatten)]
    filter: CallFilter,

    #[command(flatten)]
    remote: Remote,
}

/// Verifies the calls and prints the result.
pub(super) fn run(arguments: &VerifyArguments) -> Result<(), Exit> {
    let body = body(arguments)?;
    let answered = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST];
    let path = "/_emulator/requests/verify";
    let (status, answer) = client::send_expecting(&arguments.remote, Method::POST, path, Some(&body), &answered)?;
    if status == StatusCode::BAD_REQUEST {
        // Not the exit code of calls that were not made as expected.
        let message = client::message(&answer).unwrap_or_default();
        return Err(Exit::invalid(format!("securityhub-local: {message}")));
    }
    let answer: Value = client::read(&answer)?;
    let is_verified = status.is_success();
    if arguments.remote.json {
        output::print(&format!("{answer}\n"))?;
    }
    let count = answer["Count"].as_u64().unwrap_or_default();
    match is_verified {
        true if arguments.remote.json => Ok(()),
        true => output::print(&format!("{count} {}\n", if count == 1 { "call" } else { "calls" })),
        false => Err(Exit::failed(difference(&answer))),
    }
}

fn body(arguments: &VerifyArguments) -> Result<Value, Exit> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    let matching = arguments.matching.as_deref().map(|text| values::json("--match", text)).transpose()?;
    put("Operation", Some(arguments.operation.as_str().into()));
    put("Match", matching);
    for (name, value) in arguments.filter.members() {
        put(name, value.map(Value::from));
    }
    put("Wait", arguments.wait.as_deref().map(Value::from));
    if arguments.min.is_some() || arguments.max.is_some() {
        put("Times", Some(json!({ "Min": arguments.min, "Max": arguments.max })));
    }
    Ok(body.into())
}

/// Renders the message of the emulator, followed by the nearest calls.
fn difference(answer: &Value) -> String {
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => output::escape_control_characters(text),
        other => other.to_string(),
    };
    let mut written = text(&answer["Message"]);
    for call in answer["Nearest"].as_array().into_iter().flatten() {
        let [number, operation, account] = [&call["Number"], &call["Operation"], &call["Account"]].map(text);
        let [region, status] = [&call["Region"], &call["Status"]].map(text);
        _ = write!(written, "\n  call {number}: {operation} of {account} in {region}, status {status}");
        for difference in call["Differences"].as_array().into_iter().flatten() {
            let actual = difference.get("Actual").map_or_else(|| "nothing".to_owned(), Value::to_string);
            let (path, expected) = (text(&difference["Path"]), &difference["Expected"]);
            _ = write!(written, "\n    {path}: expected {expected}, found {actual}");
        }
        if !call["Explain"].is_null() {
            _ = write!(written, "\n    returned no findings: run `securityhub-local explain --request {number}`");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-121.
    #[test]
    fn the_nearest_calls_are_printed() {
        let answer = json!({
            "Message": "expected at least 1 call to GetFindings, found 0",
            "Nearest": [{
                "Number": 3, "Operation": "GetFindings", "Account": "111111111111", "Region": "us-east-1", "Status": 200,
                "Differences": [
                    { "Path": "Input.MaxResults", "Expected": 5, "Actual": 10 },
                    { "Path": "Input.Filters", "Expected": {} },
                ],
                "Explain": "/_emulator/requests/3/explain",
            }],
        });
        insta::assert_snapshot!(difference(&answer), @r"
        expected at least 1 call to GetFindings, found 0
          call 3: GetFindings of 111111111111 in us-east-1, status 200
            Input.MaxResults: expected 5, found 10
            Input.Filters: expected {}, found nothing
            returned no findings: run `securityhub-local explain --request 3`
        ");
    }
}
