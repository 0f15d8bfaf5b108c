//! `Show me the call`: calls as commands that can be pasted into a terminal (DSH-35 to DSH-37).

use std::fmt::Write as _;

use askama::Template;
use http::Method;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::template::html;
use super::text::{self, number};
use super::view::View;
use crate::state::{AccountId, Region};
use crate::wire::sent;

/// Maximum size of the calls of a part of a page, in bytes. Longer calls are left out to keep pages small (DSH-13).
const MOST: usize = 90_000;
/// Width from which JSON in a command is written on several lines.
const WIDE: usize = 100;

/// A call that a view or an action makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The part of the view that shows its answer; empty if that is the whole view.
    pub part: String,
    /// The account and the Region of the call; `None` for those of the view.
    caller: Option<(AccountId, Region)>,
    kind: Kind,
}

/// The receiver of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// An operation of the API.
    Api {
        /// The operation.
        operation: Operation,
        /// Its input.
        input: Value,
    },
    /// The control plane.
    Control {
        /// The method.
        method: Method,
        /// The path with the query.
        path: String,
        /// The body; null for none.
        body: Value,
        /// The arguments of `securityhub-local`; empty for those of the command `call`.
        command: String,
    },
}

/// The texts of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The part of the view.
    pub part: String,
    /// The name of each client, and the text for it.
    pub clients: [(&'static str, String); 3],
}

#[derive(Template)]
#[template(path = "parts/calls.html")]
struct Details {
    calls: Vec<Entry>,
}

/// A call, with a sentence instead of its texts if they are too long.
struct Entry {
    shown: Shown,
    left_out: Option<String>,
}

/// `Show me the call`, which can be opened; nothing if there are no calls.
pub fn details(calls: &[Call], view: &View, endpoint: &str) -> String {
    if calls.is_empty() {
        return String::new();
    }
    let mut size = 0;
    let entry = |call: &Call| {
        let shown = call.shown(view, endpoint);
        let own: usize = shown.clients.iter().map(|(_, text)| text::escaped_size(text)).sum();
        size += own;
        let left_out =
            (size > MOST).then(|| format!("This call is too long to be shown ({} bytes).", number(own as u64)));
        if left_out.is_some() {
            size -= own;
        }
        Entry { shown, left_out }
    };
    html(&Details { calls: calls.iter().map(entry).collect() })
}

impl Call {
    /// A call of an operation.
    pub fn api(operation: Operation, input: Value) -> Call {
        Call { part: String::new(), caller: None, kind: Kind::Api { operation, input } }
    }

    /// The call to GetFindings that returns the findings with a product and an Id.
    pub fn of_finding(product_arn: &str, id: &str) -> Call {
        let equals = |value: &str| json!([{ "Value": value, "Comparison": "EQUALS" }]);
        let filters = json!({ "ProductArn": equals(product_arn), "Id": equals(id) });
        Call::api(Operation::GetFindings, json!({ "Filters": filters }))
    }

    /// A call of the control plane. `command` has the arguments of `securityhub-local` for it; if it is empty, they are
    /// those of the command `call`, which makes any call.
    pub fn control(method: &Method, path: &str, body: Value, command: &str) -> Call {
        let kind = Kind::Control { method: method.clone(), path: path.to_owned(), body, command: command.to_owned() };
        Call { part: String::new(), caller: None, kind }
    }

    /// The input of an operation; `None` for the control plane.
    pub fn input(&self) -> Option<&Value> {
        match &self.kind {
            Kind::Api { input, .. } => Some(input),
            Kind::Control { .. } => None,
        }
    }

    /// The receiver.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The view whose account makes the call in its Region: that of [`Call::by`], or else `view`.
    pub fn caller(&self, view: &View) -> View {
        let caller = self.caller.as_ref().map(|(account, region)| View::of(*account, region.clone()));
        caller.unwrap_or_else(|| view.clone())
    }

    /// The call with the name of the part of the view that shows its answer.
    #[must_use]
    pub fn of(self, part: &str) -> Call {
        Call { part: part.to_owned(), ..self }
    }

    /// The call as the account of another view, in its Region.
    #[must_use]
    pub fn by(self, view: &View) -> Call {
        Call { caller: Some((view.account, view.region.clone())), ..self }
    }

    /// The texts for a view. `endpoint` is an address such as `http://127.0.0.1:4600`.
    pub fn shown(&self, view: &View, endpoint: &str) -> Shown {
        let view = &self.caller(view);
        let clients = match &self.kind {
            Kind::Api { operation, input } => [
                ("AWS CLI", cli(view, endpoint, *operation, input)),
                ("boto3", boto3(view, endpoint, *operation, input)),
                ("curl", curl(view, endpoint, *operation, input)),
            ],
            Kind::Control { method, path, body, command } => [
                ("securityhub-local", program(endpoint, method, path, body, command)),
                ("Python", urllib(endpoint, method, path, body)),
                ("curl", control_curl(endpoint, method, path, body)),
            ],
        };
        Shown { part: self.part.clone(), clients }
    }
}

/// The members of an input that are not null.
fn members(input: &Value) -> impl Iterator<Item = (&String, &Value)> {
    input.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null())
}

fn cli(view: &View, endpoint: &str, operation: Operation, input: &Value) -> String {
    let View { account, region, .. } = view;
    let mut text = format!(
        "AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY=x \\\naws securityhub {} --endpoint-url {endpoint} --region \
         {region}",
        words(operation.name(), '-')
    );
    for (name, value) in members(input) {
        let name = words(name, '-');
        _ = match value {
            Value::Bool(true) => write!(text, " \\\n  --{name}"),
            Value::Bool(false) => write!(text, " \\\n  --no-{name}"),
            _ => write!(text, " \\\n  --{name} {}", argument(value)),
        };
    }
    text
}

/// A value of an option of the AWS CLI: in shorthand if that is possible and shorter, otherwise as JSON.
fn argument(value: &Value) -> String {
    if let Value::String(text) = value {
        return word(text);
    }
    let json = quoted(&value.to_string());
    let items = |items: &[Value], write: fn(&Value) -> Option<String>| {
        let written: Option<Vec<String>> = items.iter().map(|item| write(item).map(|text| word(&text))).collect();
        written.filter(|written| !written.is_empty()).map(|written| written.join(" "))
    };
    let short = match value {
        Value::Array(list) if list.iter().all(Value::is_string) => items(list, plain),
        Value::Array(list) => items(list, pairs),
        Value::Object(_) => pairs(value).map(|text| word(&text)),
        _ => None,
    };
    short.filter(|short| short.len() < json.len()).unwrap_or(if value.is_number() { value.to_string() } else { json })
}

/// `Name=value,Other=[a,b]`, if the value is an object that shorthand can express.
fn pairs(value: &Value) -> Option<String> {
    let members = value.as_object().filter(|members| !members.is_empty())?;
    let pair = |(name, value): (&String, &Value)| Some(format!("{}={}", plain_text(name)?, nested(value)?));
    Some(members.iter().map(pair).collect::<Option<Vec<_>>>()?.join(","))
}

/// A value within shorthand.
fn nested(value: &Value) -> Option<String> {
    match value {
        Value::Array(list) if !list.is_empty() => {
            Some(format!("[{}]", list.iter().map(nested).collect::<Option<Vec<_>>>()?.join(",")))
        }
        Value::Object(_) => Some(format!("{{{}}}", pairs(value)?)),
        scalar => plain(scalar),
    }
}

/// A scalar without characters that have a meaning in shorthand.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => plain_text(text).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(boolean) => Some(boolean.to_string()),
        _ => None,
    }
}

fn plain_text(text: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:-".contains(&byte);
    (!text.is_empty() && text.bytes().all(is_plain) && !text.contains("://")).then_some(text)
}

fn boto3(view: &View, endpoint: &str, operation: Operation, input: &Value) -> String {
    let View { account, region, .. } = view;
    let arguments: Vec<String> = members(input).map(|(name, value)| format!("{name}={}", python(value))).collect();
    let separate = if arguments.iter().map(String::len).sum::<usize>() > WIDE { ",\n    " } else { ", " };
    let (open, close) = if separate == ", " { ("", "") } else { ("\n    ", ",\n") };
    format!(
        "import boto3\n\nclient = boto3.client(\n    \"securityhub\",\n    endpoint_url=\"{endpoint}\",\n    \
         region_name=\"{region}\",\n    aws_access_key_id=\"{account}\",\n    aws_secret_access_key=\"x\",\n)\n\
         print(client.{}({open}{}{close}))",
        words(operation.name(), '_'),
        arguments.join(separate)
    )
}

/// A value as a Python expression.
fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(list) => format!("[{}]", list.iter().map(python).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let pair = |(name, value): (&String, &Value)| format!("{}: {}", Value::String(name.clone()), python(value));
            format!("{{{}}}", members.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        // The escapes of JSON are also escapes of Python.
        other => other.to_string(),
    }
}

fn curl(view: &View, endpoint: &str, operation: Operation, input: &Value) -> String {
    let View { account, region, .. } = view;
    let sent::Sent { method, path, body } = sent::request(operation, input);
    let mut text = format!("curl {}", word(&format!("{endpoint}{path}")));
    if method != "GET" {
        _ = write!(text, " -X {method}");
    }
    _ = write!(text, " \\\n  --user {account}:x --aws-sigv4 aws:amz:{region}:securityhub");
    if let Some(body) = body {
        _ = write!(text, " \\\n  -H 'Content-Type: application/json' -d {}", quoted(&body));
    }
    text
}

/// A command of this program for a call of the control plane.
fn program(endpoint: &str, method: &Method, path: &str, body: &Value, command: &str) -> String {
    let mut text = format!("SECURITYHUB_LOCAL_URL={endpoint} \\\nsecurityhub-local ");
    if !command.is_empty() {
        return text + command;
    }
    _ = write!(text, "call {method} {}", word(path));
    if !body.is_null() {
        _ = write!(text, " \\\n  {}", quoted(&body.to_string()));
    }
    text
}

fn control_curl(endpoint: &str, method: &Method, path: &str, body: &Value) -> String {
    let mut text = format!("curl {}", word(&format!("{endpoint}{path}")));
    if method != Method::GET {
        _ = write!(text, " -X {method}");
    }
    if !body.is_null() {
        _ = write!(text, " \\\n  -H 'Content-Type: application/json' -d {}", quoted(&body.to_string()));
    }
    text
}

fn urllib(endpoint: &str, method: &Method, path: &str, body: &Value) -> String {
    let mut text = format!(
        "import json, urllib.request\n\nrequest = urllib.request.Request(\n    \"{endpoint}{path}\",\n    method=\"{method}\",\n"
    );
    if !body.is_null() {
        _ = write!(
            text,
            "    data=json.dumps({}).encode(),\n    headers={{\"Content-Type\": \"application/json\"}},\n",
            python(body)
        );
    }
    text.push_str(")\nprint(json.load(urllib.request.urlopen(request)))");
    text
}

/// A word of a shell, in quotes if it needs them.
pub fn word(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:,=@%+-".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) { text.to_owned() } else { quoted(text) }
}

/// A text in single quotes, for a shell.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The words of a name of the model in lower case, as botocore writes them: `get-findings-v2`.
pub fn words(name: &str, separator: char) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut words = String::with_capacity(name.len() + 8);
    for (position, letter) in letters.iter().enumerate() {
        let before = position.checked_sub(1).and_then(|before| letters.get(before));
        let begins = before.is_some_and(|before| {
            let follows_word = before.is_ascii_lowercase() || before.is_ascii_digit();
            follows_word || letters.get(position + 1).is_some_and(char::is_ascii_lowercase)
        });
        if letter.is_ascii_uppercase() && begins {
            words.push(separator);
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ADMINISTRATOR, MEMBER, id};

    const ENDPOINT: &str = "http://127.0.0.1:4600";

    fn shown(call: &Call) -> [String; 3] {
        let view = View::of(id(MEMBER), Region::new("us-east-1"));
        call.shown(&view, ENDPOINT).clients.map(|(_, text)| text)
    }

    /// Rules: DSH-35, DSH-36, DSH-37.
    #[test]
    fn a_call_is_shown_for_each_client() {
        let filters = json!({ "SeverityLabel": [{ "Value": "HIGH", "Comparison": "EQUALS" }] });
        let [cli, boto3, curl] =
            shown(&Call::api(Operation::GetFindings, json!({ "Filters": filters, "MaxResults": 5 })));
        assert_eq!(
            cli,
            "AWS_ACCESS_KEY_ID=222222222222 AWS_SECRET_ACCESS_KEY=x \\\n\
             aws securityhub get-findings --endpoint-url http://127.0.0.1:4600 --region us-east-1 \\\n  \
             --filters 'SeverityLabel=[{Value=HIGH,Comparison=EQUALS}]' \\\n  --max-results 5"
        );
        assert!(
            boto3.ends_with(
                "print(client.get_findings(Filters={\"SeverityLabel\": [{\"Value\": \"HIGH\", \"Comparison\": \
                 \"EQUALS\"}]}, MaxResults=5))"
            ),
            "{boto3}"
        );
        assert_eq!(
            curl,
            "curl http://127.0.0.1:4600/findings -X POST \\\n  --user 222222222222:x --aws-sigv4 \
             aws:amz:us-east-1:securityhub \\\n  -H 'Content-Type: application/json' -d \
             '{\"Filters\":{\"SeverityLabel\":[{\"Value\":\"HIGH\",\"Comparison\":\"EQUALS\"}]},\"MaxResults\":5}'"
        );
        let [cli, _, curl] = shown(&Call::api(Operation::GetEnabledStandards, json!({})));
        assert!(cli.ends_with(" --region us-east-1") && curl.contains(" -d '{}'"), "{curl}");
        let [cli, boto3, curl] = shown(&Call::api(Operation::ListMembers, json!({ "OnlyAssociated": false })));
        assert!(cli.ends_with("--no-only-associated") && boto3.contains("OnlyAssociated=False"), "{cli} {boto3}");
        assert!(curl.starts_with("curl 'http://127.0.0.1:4600/members?OnlyAssociated=false' \\\n"), "{curl}");
    }

    /// Rules: DSH-36.
    #[test]
    fn text_with_quotes_stays_one_argument() {
        let title = json!({ "Title": [{ "Value": "it's a $(x) \"y\"", "Comparison": "EQUALS" }] });
        let [cli, boto3, curl] = shown(&Call::api(Operation::GetFindings, json!({ "Filters": title })));
        for text in [&cli, &curl] {
            assert!(text.contains(r#"it'\''s a $(x) \"y\""#), "{text}");
        }
        assert!(boto3.contains(r#""it's a $(x) \"y\"""#), "{boto3}");
        let arn =
            json!({ "ResourceArn": "arn:aws:securityhub:us-east-1:222222222222:hub/default", "TagKeys": ["a b"] });
        let [cli, _, curl] = shown(&Call::api(Operation::UntagResource, arn));
        assert!(cli.contains("--resource-arn arn:aws:securityhub:us-east-1:222222222222:hub/default"), "{cli}");
        assert!(cli.contains(r#"--tag-keys '["a b"]'"#), "{cli}");
        assert!(curl.contains("%3Ahub%2Fdefault") && curl.contains("tagKeys=a%20b"), "{curl}");
    }

    /// Rules: DSH-35.
    #[test]
    fn a_call_of_another_account_names_that_account() {
        let other = View::of(id(ADMINISTRATOR), Region::new("eu-west-1"));
        let [cli, boto3, curl] = shown(&Call::api(Operation::ListMembers, json!({})).by(&other));
        assert!(cli.contains("AWS_ACCESS_KEY_ID=111111111111") && cli.contains("--region eu-west-1"), "{cli}");
        assert!(boto3.contains("region_name=\"eu-west-1\"") && curl.contains("111111111111:x"), "{boto3} {curl}");
    }

    /// Rules: DSH-35.
    #[test]
    fn a_call_of_the_control_plane_is_shown_without_an_account() {
        let call = Call::control(&Method::POST, "/_emulator/reset", json!({ "a": [true, null] }), "reset");
        let [command, python, curl] = shown(&call);
        assert_eq!(command, "SECURITYHUB_LOCAL_URL=http://127.0.0.1:4600 \\\nsecurityhub-local reset");
        assert!(python.contains("json.dumps({\"a\": [True, None]})") && python.contains("method=\"POST\""), "{python}");
        assert!(curl.contains("/_emulator/reset -X POST") && curl.contains("'{\"a\":[true,null]}'"), "{curl}");
        let without_a_command = Call::control(&Method::PUT, "/_emulator/a?b=c", json!(["it's"]), "");
        let [command, _, _] = shown(&without_a_command);
        assert!(command.ends_with("call PUT '/_emulator/a?b=c' \\\n  '[\"it'\\''s\"]'"), "{command}");
    }

    #[test]
    fn names_are_split_into_words_as_in_botocore() {
        for (name, expected) in [
            ("GetFindings", "get-findings"),
            ("EnableSecurityHubV2", "enable-security-hub-v2"),
            ("ResourceARN", "resource-arn"),
            ("S3Bucket", "s3-bucket"),
        ] {
            assert_eq!(words(name, '-'), expected);
        }
    }
}
