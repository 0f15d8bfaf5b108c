//! `call`: any call of the control plane of a running emulator.

use clap::Args;
use http::Method;
use serde_json::Value;

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output;
use super::values;

/// The beginning of the paths of most calls.
const CONTROL_PLANE: &str = "/_emulator/";

pub(super) const HELP: &str = r#"Examples, with `securityhub-local serve --scenario builtin:controls` running:
  securityhub-local call GET /_emulator/resources
  securityhub-local call POST /_emulator/checks/run \
    '{"Account": "111111111111"}'
  securityhub-local call PUT /_emulator/resources @resources.json

`GET /_emulator/` lists all calls. Many of them also have a command, which prints tables.

Exit codes: 0 success; 1 the emulator does not respond or refuses the call; 2 invalid arguments."#;

#[derive(Args)]
pub(super) struct CallArguments {
    /// Method, such as GET or PUT
    #[arg(value_name = "METHOD", value_parser = method)]
    method: Method,

    /// Path and query, such as resources?account=111111111111 or /_emulator/resources?account=111111111111
    #[arg(value_name = "PATH", value_parser = path)]
    path: String,

    /// Body as JSON, or @FILE to read the JSON from a file
    #[arg(value_name = "JSON", value_parser = values::text_or_file)]
    body: Option<String>,

    #[command(flatten)]
    remote: Remote,
}

fn method(text: &str) -> Result<Method, String> {
    let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let found = known.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text));
    found.ok_or_else(|| "expected GET, POST, PUT, PATCH or DELETE".to_owned())
}

/// A path such as `/_emulator/status`, or `status` for the same.
fn path(text: &str) -> Result<String, String> {
    let path = if text.starts_with('/') { text.to_owned() } else { format!("{CONTROL_PLANE}{text}") };
    let is_valid = !text.is_empty() && path.parse::<http::Uri>().is_ok();
    if is_valid { Ok(path) } else { Err("expected a path such as status or /_emulator/status".to_owned()) }
}

/// Makes the call and prints the response.
pub(super) fn run(arguments: &CallArguments) -> Result<(), Exit> {
    let CallArguments { method, path, body, remote } = arguments;
    let body = body.as_deref().map(|text| values::json("body", text)).transpose()?;
    let answer = client::send(remote, method.clone(), path, body.as_ref())?;
    output::print_answer(remote.json, &answer, |answer| Ok(readable(answer)))
}

/// JSON on several lines; any other text unchanged.
fn readable(answer: &[u8]) -> String {
    let indented = serde_json::from_slice::<Value>(answer).ok().map(|answer| format!("{answer:#}"));
    let text = indented.unwrap_or_else(|| String::from_utf8_lossy(answer).trim_end().to_owned());
    if text.is_empty() { text } else { text + "\n" }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        call: CallArguments,
    }

    /// Rules: CPL-121.
    #[test]
    fn a_call_has_a_method_and_a_path() {
        let parsed = |arguments: &[&str]| Arguments::try_parse_from(["call"].iter().chain(arguments));
        let call = parsed(&["put", "/_emulator/resources?account=1", "[]"]).ok().unwrap().call;
        assert_eq!((call.method, &*call.path), (Method::PUT, "/_emulator/resources?account=1"));
        assert_eq!(parsed(&["GET", "status"]).ok().unwrap().call.path, "/_emulator/status");
        for invalid in [&["FETCH", "/a"][..], &["GET", ""], &["GET", "/a b"], &["GET", "a b"], &["GET"]] {
            assert!(parsed(invalid).is_err(), "{invalid:?}");
        }
        assert_eq!(readable(br#"{"a":[1]}"#), "{\n  \"a\": [\n    1\n  ]\n}\n");
        assert_eq!((readable(b""), readable(b"a\n")), (String::new(), "a\n".to_owned()));
    }
}
