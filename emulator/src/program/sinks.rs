//! `sinks` and `announce`: manage receivers of the events of a running emulator, and publish announcements.

use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output::{self, escape_control_characters};
use super::values;
use crate::path_name;

pub(super) const HELP: &str = r#"Examples, with `securityhub-local serve --scenario builtin:quickstart` running:
  echo '{"Type": "webhook", "Url": "http://127.0.0.1:8080/hook"}' > hook.json
  securityhub-local sinks put hook @hook.json
  securityhub-local sinks list
  securityhub-local sinks delete hook

A sink gets the events that are emitted after it was added. Its type is webhook, eventbridge or file. Files must be below the directory of `serve --sink-dir`.

Exit codes: 0 success; 1 the emulator does not respond or refuses the sink; 2 invalid arguments."#;

pub(super) const ANNOUNCE_HELP: &str = r#"Example, with `securityhub-local serve --scenario builtin:quickstart` running:
  securityhub-local announce NEW_STANDARDS_CONTROLS "36 new controls" \
    "Controls for Amazon EC2"

AWS publishes announcements to an SNS topic in each Region. The emulator sends them, in the envelope of SNS, to streams and to the webhook and file sinks that have no pattern.

Exit codes: 0 success; 1 the emulator does not respond or refuses the announcement; 2 invalid arguments."#;

#[derive(Subcommand)]
pub(super) enum SinksCommand {
    /// List the sinks and their states
    #[command(after_help = HELP)]
    List(Remote),
    /// Add a sink, or change the existing sink with this name
    #[command(after_help = HELP)]
    Put(PutArguments),
    /// Delete a sink and its queue
    #[command(after_help = HELP)]
    Delete(DeleteArguments),
}

#[derive(Args)]
pub(super) struct PutArguments {
    /// Name of the sink: up to 64 letters, digits, dots, underscores and hyphens
    name: String,

    /// Members of the sink as JSON, or @FILE to read them from a file
    #[arg(value_parser = values::text_or_file)]
    sink: String,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(super) struct DeleteArguments {
    /// Name of the sink
    name: String,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(super) struct AnnounceArguments {
    /// Type of the announcement, such as GENERAL or NEW_STANDARDS_CONTROLS
    #[arg(value_name = "TYPE")]
    kind: String,

    /// Title of the announcement
    title: String,

    /// Text of the announcement
    description: String,

    /// Region in which the announcement is published; can be repeated [default: the Regions of the scenario]
    #[arg(long, value_name = "REGION", env = "SECURITYHUB_LOCAL_REGION", value_delimiter = ',')]
    region: Vec<String>,

    #[command(flatten)]
    remote: Remote,
}

/// The members of a sink that are printed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SinkSummary {
    name: String,
    #[serde(rename = "Type")]
    kind: String,
    url: Option<String>,
    path: Option<String>,
    state: State,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    queued: usize,
    delivered: u64,
    failed: u64,
    dropped: u64,
    retries: u64,
    last_error: Option<String>,
}

/// Runs the command.
pub(super) fn run(command: &SinksCommand) -> Result<(), Exit> {
    match command {
        SinksCommand::List(remote) => list(remote),
        SinksCommand::Put(PutArguments { name, sink, remote }) => {
            let saved = client::send(remote, Method::PUT, &path(name)?, Some(&values::json("sink", sink)?))?;
            print_sink(remote, &client::read(&saved)?)
        }
        SinksCommand::Delete(DeleteArguments { name, remote }) => {
            client::send(remote, Method::DELETE, &path(name)?, None)?;
            let text = if remote.json { "{}\n".to_owned() } else { format!("deleted the sink {name}\n") };
            output::print(&text)
        }
    }
}

/// Publishes an announcement and prints the IDs of its messages.
pub(super) fn announce(arguments: &AnnounceArguments) -> Result<(), Exit> {
    let AnnounceArguments { kind, title, description, region, remote } = arguments;
    let mut body = json!({ "AnnouncementType": kind, "Title": title, "Description": description });
    if !region.is_empty() {
        body["Regions"] = json!(region);
    }
    let published = client::send(remote, Method::POST, "/_emulator/announcements", Some(&body))?;
    let published: Value = client::read(&published)?;
    if remote.json {
        return output::print(&format!("{published}\n"));
    }
    let ids = published["MessageIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
    output::print_lines(&ids.map(|id| format!("published {id}")).collect::<Vec<_>>())
}

/// The path of a sink. The name is checked, because a name with other characters could address another path.
fn path(name: &str) -> Result<String, Exit> {
    if path_name::is_valid(name) {
        return Ok(format!("/_emulator/sinks/{name}"));
    }
    let expected = path_name::EXPECTED;
    Err(Exit::invalid(format!("securityhub-local: {name:?} is not a valid sink name; expected {expected}")))
}

fn list(remote: &Remote) -> Result<(), Exit> {
    let answer: Value = client::read(&client::send(remote, Method::GET, "/_emulator/sinks", None)?)?;
    let sinks = answer["Sinks"].as_array().cloned().unwrap_or_default();
    if remote.json {
        return output::print_lines(&sinks);
    }
    let sinks: Vec<SinkSummary> = serde_json::from_value(sinks.into()).map_err(Exit::failed)?;
    if sinks.is_empty() {
        return output::print("No sinks. Add one with `securityhub-local sinks put`.\n");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["Name", "Type", "Receiver", "Queued", "Delivered", "Failed", "Dropped", "Retries", "Last error"]);
    for sink in &sinks {
        table.add_row(row(sink));
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim()));
    output::print(&lines.collect::<String>())
}

fn row(sink: &SinkSummary) -> Vec<String> {
    let State { queued, delivered, failed, dropped, retries, last_error } = &sink.state;
    let receiver = sink.url.as_ref().or(sink.path.as_ref()).map_or("-", String::as_str);
    let error = last_error.as_deref().unwrap_or("-");
    let mut row = vec![sink.name.clone(), sink.kind.clone(), escape_control_characters(receiver)];
    row.push(queued.to_string());
    row.extend([delivered, failed, dropped, retries].map(u64::to_string));
    row.push(escape_control_characters(error));
    row
}

fn print_sink(remote: &Remote, saved: &Value) -> Result<(), Exit> {
    if remote.json {
        return output::print(&format!("{saved}\n"));
    }
    let text = |name: &str| escape_control_characters(saved[name].as_str().unwrap_or("-"));
    output::print(&format!("saved the sink {} of type {}\n", text("Name"), text("Type")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_members_are_checked_before_the_call() {
        assert_eq!(path("a.b-c_1").unwrap(), "/_emulator/sinks/a.b-c_1");
        assert!(path("a/b").is_err() && path("").is_err() && path("..").is_err());
    }

    #[test]
    fn a_row_shows_the_receiver_and_the_state() {
        let sink = json!({ "Name": "hook", "Type": "webhook", "Url": "http://a", "State": {
            "Queued": 1, "Delivered": 2, "Failed": 3, "Dropped": 4, "Retries": 5, "LastError": null,
        } });
        let sink: SinkSummary = serde_json::from_value(sink).unwrap();
        assert_eq!(row(&sink).join(" "), "hook webhook http://a 1 2 3 4 5 -");
    }
}
