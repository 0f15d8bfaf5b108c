//! `faults`: rules that make calls of a running emulator fail or slow them down.

use clap::{Args, Subcommand};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use http::Method;
use serde_json::{Map, Value, json};

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output::{self, escape_control_characters};
use super::values;

const PATH: &str = "/_emulator/faults";

pub(super) const HELP: &str = r#"Examples, with `securityhub-local serve --scenario builtin:quickstart` running:
  securityhub-local faults add --operation GetFindings --error Throttle \
    --times 3
  securityhub-local faults add --operation BatchImportFindings --partial-every 2
  securityhub-local faults add --latency 500ms
  securityhub-local faults add '{"Wire": "reset", "Probability": 0.1}'
  securityhub-local faults list
  securityhub-local faults clear

Faults are tried in order until one fails the call. The header `x-emulator-fault` of the response names the fault.

Exit codes: 0 success; 1 the emulator does not respond or refuses a fault; 2 invalid arguments."#;

#[derive(Subcommand)]
pub(super) enum FaultsCommand {
    /// List the faults and how often they have fired
    #[command(after_help = HELP)]
    List(Remote),
    /// Add a fault
    #[command(after_help = HELP)]
    Add(Box<AddArguments>),
    /// Replace all faults
    #[command(after_help = HELP)]
    Set(SetArguments),
    /// Delete a fault, the faults of a test, or all faults
    #[command(after_help = HELP)]
    Clear(ClearArguments),
}

#[derive(Args)]
pub(super) struct AddArguments {
    /// Fault or list of faults as JSON, or @FILE to read the JSON from a file; flags add members to a single fault
    #[arg(value_name = "JSON", value_parser = values::text_or_file)]
    fault: Option<String>,

    /// ID of the fault [default: f- and a number]
    #[arg(long, value_name = "ID", env = "SECURITYHUB_LOCAL_ID")]
    id: Option<String>,

    /// Service whose calls the fault selects, or `*` for all [default: securityhub]
    #[arg(long, value_name = "SERVICE", env = "SECURITYHUB_LOCAL_SERVICE")]
    service: Option<String>,

    /// Operation whose calls the fault selects, or a prefix followed by `*`; can be repeated [default: all]
    #[arg(long, value_name = "OPERATION", env = "SECURITYHUB_LOCAL_OPERATION", value_delimiter = ',')]
    operation: Vec<String>,

    /// Account whose calls the fault selects [default: all]
    #[arg(long, value_name = "ACCOUNT", env = "SECURITYHUB_LOCAL_ACCOUNT")]
    account: Option<String>,

    /// Region whose calls the fault selects [default: all]
    #[arg(long, value_name = "REGION", env = "SECURITYHUB_LOCAL_REGION")]
    region: Option<String>,

    /// Tag of the test whose calls the fault selects [default: all calls]
    #[arg(long, value_name = "TAG", env = "SECURITYHUB_LOCAL_TEST")]
    test: Option<String>,

    /// Error code to return, or Throttle, Internal or Denied for the code that the operation uses
    #[arg(long, value_name = "CODE", env = "SECURITYHUB_LOCAL_ERROR")]
    error: Option<String>,

    /// HTTP status of the error
    #[arg(long, value_name = "STATUS", env = "SECURITYHUB_LOCAL_STATUS")]
    status: Option<u16>,

    /// Message of the error, or of the items that fail
    #[arg(long, value_name = "TEXT", env = "SECURITYHUB_LOCAL_MESSAGE")]
    message: Option<String>,

    /// Failure of the connection: reset, empty, garbage, truncate, dribble or hang
    #[arg(long, value_name = "KIND", env = "SECURITYHUB_LOCAL_WIRE")]
    wire: Option<String>,

    /// IDs of the items of a batch that fail; can be repeated
    #[arg(long, value_name = "ID", env = "SECURITYHUB_LOCAL_PARTIAL_IDS", value_delimiter = ',')]
    partial_ids: Vec<String>,

    /// Fail every NUMBER-th item of a batch, such as 2 for every second item
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_PARTIAL_EVERY")]
    partial_every: Option<u64>,

    /// Delay of the calls, such as 500ms
    #[arg(long, value_name = "DURATION", env = "SECURITYHUB_LOCAL_LATENCY")]
    latency: Option<String>,

    /// Maximum number of times that the fault fires [default: unlimited]
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_TIMES")]
    times: Option<u64>,

    /// Fire on every NUMBER-th selected call, such as 2 for every second call [default: 1]
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_EVERY")]
    every: Option<u64>,

    /// Number of selected calls after which the fault can fire [default: 0]
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_AFTER")]
    after: Option<u64>,

    /// Probability that the fault fires, from 0 to 1 [default: 1]
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_PROBABILITY")]
    probability: Option<f64>,

    /// Moment of the failure: before or after the call takes effect [default: before]
    #[arg(long, value_name = "STAGE", env = "SECURITYHUB_LOCAL_STAGE")]
    stage: Option<String>,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(super) struct SetArguments {
    /// List of faults as JSON, or @FILE to read the JSON from a file
    #[arg(value_name = "JSON", value_parser = values::text_or_file)]
    faults: String,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(super) struct ClearArguments {
    /// ID of the fault
    #[arg(long, value_name = "ID", env = "SECURITYHUB_LOCAL_ID", conflicts_with = "test")]
    id: Option<String>,

    /// Tag of the test whose calls the faults select
    #[arg(long, value_name = "TAG", env = "SECURITYHUB_LOCAL_TEST")]
    test: Option<String>,

    #[command(flatten)]
    remote: Remote,
}

/// Runs the command.
pub(super) fn run(command: &FaultsCommand) -> Result<(), Exit> {
    match command {
        FaultsCommand::List(remote) => print(remote, &client::send(remote, Method::GET, PATH, None)?),
        FaultsCommand::Add(arguments) => {
            let remote = &arguments.remote;
            print(remote, &client::send(remote, Method::POST, PATH, Some(&arguments.body()?))?)
        }
        FaultsCommand::Set(SetArguments { faults, remote }) => {
            let body = listed(values::json("faults", faults)?);
            print(remote, &client::send(remote, Method::PUT, PATH, Some(&body))?)
        }
        FaultsCommand::Clear(ClearArguments { id, test, remote }) => {
            let path = format!("{PATH}{}", client::query([("id", id.as_deref()), ("test", test.as_deref())]));
            let answer = client::send(remote, Method::DELETE, &path, None)?;
            output::print_answer(remote.json, &answer, |answer| {
                let answer: Value = client::read(answer)?;
                let deleted = answer["Deleted"].as_u64().unwrap_or_default();
                Ok(format!("deleted {deleted} {}\n", if deleted == 1 { "fault" } else { "faults" }))
            })
        }
    }
}

/// The body of a call with a list of faults, given as an array or as an object with the member `Faults`.
fn listed(faults: Value) -> Value {
    if faults.is_array() { json!({ "Faults": faults }) } else { faults }
}

impl AddArguments {
    /// The body of the call: the given JSON, to which the flags add members.
    fn body(&self) -> Result<Value, Exit> {
        let given = self.fault.as_deref().map(|text| values::json("fault", text)).transpose()?;
        let members = self.members();
        match given {
            None => Ok(Value::Object(members)),
            Some(Value::Object(mut given)) if !given.contains_key("Faults") => {
                given.extend(members);
                Ok(Value::Object(given))
            }
            Some(_) if !members.is_empty() => {
                Err(Exit::invalid("securityhub-local: flags can be combined with one fault, but not with a list"))
            }
            Some(list) => Ok(listed(list)),
        }
    }

    /// The members that the flags set.
    fn members(&self) -> Map<String, Value> {
        let mut members = Map::new();
        let mut set = |name: &str, value: Option<Value>| members.extend(value.map(|value| (name.to_owned(), value)));
        let text = |text: &Option<String>| text.clone().map(Value::from);
        set("Id", text(&self.id));
        set("Service", text(&self.service));
        set("Operation", (!self.operation.is_empty()).then(|| self.operation.clone().into()));
        set("Account", text(&self.account));
        set("Region", text(&self.region));
        set("Test", text(&self.test));
        set("Probability", self.probability.map(Value::from));
        set("Every", self.every.map(Value::from));
        set("After", self.after.map(Value::from));
        set("Times", self.times.map(Value::from));
        let is_partial = !self.partial_ids.is_empty() || self.partial_every.is_some();
        let mut effect = Map::new();
        if is_partial {
            let ids = (!self.partial_ids.is_empty()).then(|| self.partial_ids.clone().into());
            effect.extend(ids.map(|ids| ("Ids".to_owned(), ids)));
            effect.extend(self.partial_every.map(|every| ("Every".to_owned(), every.into())));
        }
        effect.extend(text(&self.error).map(|code| ("Code".to_owned(), code)));
        effect.extend(self.status.map(|status| ("Status".to_owned(), status.into())));
        effect.extend(text(&self.message).map(|message| ("Message".to_owned(), message)));
        let name = if is_partial { "Partial" } else { "Error" };
        set(name, (!effect.is_empty()).then_some(Value::Object(effect)));
        set("Wire", text(&self.wire));
        set("Latency", self.latency.as_ref().map(|latency| json!({ "Fixed": latency })));
        set("Stage", text(&self.stage));
        members
    }
}

/// Prints faults as a table, or with `--json` one per line.
fn print(remote: &Remote, answer: &[u8]) -> Result<(), Exit> {
    let answer: Value = client::read(answer)?;
    let faults = answer["Faults"].as_array().cloned().unwrap_or_default();
    if remote.json {
        return output::print_lines(&faults);
    }
    output::print(&table(&faults))
}

fn table(faults: &[Value]) -> String {
    if faults.is_empty() {
        return "No faults. Add one with `securityhub-local faults add`.\n".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["ID", "Selects", "Does", "Seen", "Fired"]);
    for fault in faults {
        let [selects, does] =
            [SELECTION_MEMBERS, EFFECT_MEMBERS].map(|names| escape_control_characters(&members(fault, names)));
        let id = escape_control_characters(fault["Id"].as_str().unwrap_or_default());
        let [seen, fired] = ["Seen", "Fired"].map(|name| fault[name].as_u64().unwrap_or_default().to_string());
        table.add_row([id, selects, does, seen, fired]);
    }
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt() + "\n"
}

/// The members that determine on which calls a fault fires.
const SELECTION_MEMBERS: &[&str] = &[
    "Service",
    "Operation",
    "Account",
    "Region",
    "Test",
    "Match",
    "Probability",
    "Every",
    "After",
    "Times",
    "Enabled",
];
/// The members that determine the effect of a fault.
const EFFECT_MEMBERS: &[&str] = &["Error", "Wire", "WireOver", "Partial", "Latency", "Stage"];

/// The members of a fault with these names, on one line.
fn members(fault: &Value, names: &[&str]) -> String {
    let shown = names.iter().filter_map(|name| {
        let value = fault.get(*name)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(if *name == "Operation" { text } else { format!("{name}={text}") })
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { "all calls".to_owned() } else { shown.join(" ") }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        add: AddArguments,
    }

    fn body(arguments: &[&str]) -> Result<Value, String> {
        let arguments = Arguments::parse_from(["add"].iter().chain(arguments));
        arguments.add.body().map_err(|error| format!("{error:?}"))
    }

    /// Rules: CPL-121.
    #[test]
    fn flags_set_members_of_a_fault() {
        for (arguments, expected) in [
            (
                &["--operation", "GetFindings,List*", "--error", "Throttle", "--times", "3"][..],
                json!({ "Operation": ["GetFindings", "List*"], "Times": 3, "Error": { "Code": "Throttle" } }),
            ),
            (
                &["--partial-every", "2", "--error", "X", "--message", "m"],
                json!({ "Partial": { "Every": 2, "Code": "X", "Message": "m" } }),
            ),
            (
                &["--latency", "5ms", "--status", "500"],
                json!({ "Error": { "Status": 500 }, "Latency": { "Fixed": "5ms" } }),
            ),
            (&[r#"{"Wire": "reset"}"#, "--probability", "0.5"], json!({ "Wire": "reset", "Probability": 0.5 })),
            (&[r#"[{"Wire": "reset"}]"#], json!({ "Faults": [{ "Wire": "reset" }] })),
        ] {
            assert_eq!(body(arguments), Ok(expected), "{arguments:?}");
        }
        assert!(body(&["[]", "--times", "1"]).is_err());
    }

    /// Rules: CPL-121.
    #[test]
    fn faults_are_printed_as_a_table() {
        let faults = [
            json!({ "Id": "f-1", "Operation": "GetFindings", "Times": 3, "Error": { "Code": "Throttle" }, "Seen": 12, "Fired": 3 }),
            json!({ "Id": "slow", "Latency": { "Fixed": "5ms" }, "Seen": 0, "Fired": 0 }),
        ];
        insta::assert_snapshot!(table(&faults), @r#"
         ID    Selects              Does                       Seen  Fired
         f-1   GetFindings Times=3  Error={"Code":"Throttle"}    12      3
         slow  all calls            Latency={"Fixed":"5ms"}       0      0
        "#);
        assert!(table(&[]).starts_with("No faults."));
    }
}
