//! `members`: adds, invites and lists members in bulk in a running emulator.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;

use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::cli::{AcceptArguments, AddArguments, AdministratorArguments, ListArguments, MembersCommand};
use super::client;
use super::exit::Exit;
use super::output;
use crate::domain::accounts::members::bulk::{MemberRow, Outcome};
use crate::domain::accounts::members::csv::{self, Row};
use crate::invariant::Invariant;
use crate::state::Region;

/// Number of accounts per request, small enough to show progress.
const BATCH: usize = 500;

/// Runs the command.
pub(super) fn run(command: &MembersCommand) -> Result<(), Exit> {
    match command {
        MembersCommand::Add(arguments) => add(arguments),
        MembersCommand::Accept(arguments) => accept(arguments),
        MembersCommand::List(arguments) => list(arguments),
    }
}

fn add(arguments: &AddArguments) -> Result<(), Exit> {
    let rows = read_list(&arguments.csv)?;
    let progress = progress(rows.len());
    let mut whole = Outcome { unprocessed_accounts: Some(Vec::new()), ..Outcome::default() };
    for batch in rows.chunks(BATCH) {
        let details = |row: &Row| match &row.email {
            Some(email) => json!({ "AccountId": row.account, "Email": email }),
            None => json!({ "AccountId": row.account }),
        };
        let body = json!({
            "Administrator": arguments.at.administrator,
            "Regions": names(&arguments.region),
            "AccountDetails": batch.iter().map(details).collect::<Vec<_>>(),
            "Invite": arguments.invite,
            "Accept": arguments.accept,
        });
        let outcome = post(&arguments.at.remote.url, "/_emulator/members", &body)?;
        whole.members.extend(outcome.members);
        whole
            .unprocessed_accounts
            .iter_mut()
            .for_each(|all| all.extend(outcome.unprocessed_accounts.iter().flatten().cloned()));
        progress.inc(batch.len().try_into().or_report("a number of accounts fits into a u64").unwrap_or_default());
    }
    progress.finish_and_clear();
    print_outcome(&arguments.at, whole)
}

fn accept(arguments: &AcceptArguments) -> Result<(), Exit> {
    let mut body = json!({ "Administrator": arguments.at.administrator, "Regions": names(&arguments.region) });
    if let (Value::Object(members), false) = (&mut body, arguments.account.is_empty()) {
        members.insert("AccountIds".to_owned(), json!(arguments.account));
    }
    print_outcome(&arguments.at, post(&arguments.at.remote.url, "/_emulator/members/accept", &body)?)
}

fn list(arguments: &ListArguments) -> Result<(), Exit> {
    let mut path = format!("/_emulator/members?administrator={}", arguments.at.administrator);
    if !arguments.region.is_empty() {
        _ = write!(path, "&region={}", names(&arguments.region).join(","));
    }
    let outcome = outcome(&arguments.at.remote.url, &client::get(&arguments.at.remote.url, &path)?)?;
    if arguments.at.remote.json {
        output::print(&format!("{:#}\n", json!(outcome)))
    } else {
        output::print(&format!("{}{}", table(&outcome.members), summary(&outcome.members)))
    }
}

/// Reads a list and reports invalid lines.
fn read_list(path: &Path) -> Result<Vec<Row>, Exit> {
    let file = path.display();
    let invalid = |message: String| Exit::invalid(format!("securityhub-local: {message}"));
    let bytes = std::fs::read(path).map_err(|error| invalid(format!("--csv: cannot read {file}: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| invalid(format!("--csv: {file} is not UTF-8")))?;
    csv::read(&text).map_err(|errors| {
        let lines: Vec<String> =
            errors.iter().map(|error| format!("{file}:{}: {}", error.line, error.message)).collect();
        let count = match lines.len() {
            1 => "1 error".to_owned(),
            csv::MAX_ERRORS => format!("at least {} errors", lines.len()),
            count => format!("{count} errors"),
        };
        let text = lines.join("\n");
        Exit::invalid(format!("{text}\n\nThe file has {count}; no account was added. Expected {}.", csv::EXPECTED))
    })
}

fn names(regions: &[Region]) -> Vec<&str> {
    regions.iter().map(Region::as_str).collect()
}

fn post(url: &str, path: &str, body: &Value) -> Result<Outcome, Exit> {
    outcome(url, &client::post(url, path, body)?)
}

fn outcome(url: &str, answer: &[u8]) -> Result<Outcome, Exit> {
    serde_json::from_slice(answer).map_err(|error| Exit::failed(format!("unexpected response from {url}: {error}")))
}

/// Prints the outcome. Refused accounts count as a failure.
fn print_outcome(at: &AdministratorArguments, outcome: Outcome) -> Result<(), Exit> {
    if at.remote.json {
        output::print(&format!("{:#}\n", json!(outcome)))?;
    } else {
        output::print(&summary(&outcome.members))?;
    }
    let refused = outcome.unprocessed_accounts.unwrap_or_default();
    if refused.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = refused
        .iter()
        .map(|one| format!("  {} in {}: {}", one.account_id, one.region, one.processing_result))
        .collect();
    let count = refused.len();
    let accounts = if count == 1 { "1 account was".to_owned() } else { format!("{count} accounts were") };
    Err(Exit::failed(format!("{accounts} rejected:\n{}", lines.join("\n"))))
}

fn table(members: &[MemberRow]) -> String {
    if members.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Region", "Account", "E-mail", "Status", "Since", "Hub"]);
    for member in members {
        let since = member.updated_at.get(..19).unwrap_or(&member.updated_at).replace('T', " ");
        let email = member.email.as_deref().unwrap_or("-");
        let hub = if member.hub_is_on { "on" } else { "off" };
        table.add_row([&member.region, &member.account_id, email, &member.member_status, &since, hub]);
    }
    format!("{table}\n")
}

/// `us-east-1: 40 members (36 Enabled, 4 Invited)`, one line per Region.
fn summary(members: &[MemberRow]) -> String {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for member in members {
        *counts.entry(&member.region).or_default().entry(&member.member_status).or_default() += 1;
    }
    if counts.is_empty() {
        return "no members\n".to_owned();
    }
    let line = |(region, statuses): (&&str, &BTreeMap<&str, usize>)| {
        let counts: Vec<String> = statuses.iter().map(|(status, count)| format!("{count} {status}")).collect();
        let count = statuses.values().sum::<usize>();
        let noun = if count == 1 { "member" } else { "members" };
        format!("{region}: {count} {noun} ({})\n", counts.join(", "))
    };
    counts.iter().map(line).collect()
}

/// A progress bar on standard error, if that is a terminal and there is more than one request.
fn progress(accounts: usize) -> ProgressBar {
    let hidden = accounts <= BATCH || !std::io::stderr().is_terminal();
    let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} accounts, {eta} left");
    ProgressBar::with_draw_target(Some(accounts.try_into().unwrap_or(u64::MAX)), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Remote;
    use insta::assert_snapshot;

    use super::*;

    fn member(region: &str, account: &str, status: &str, email: Option<&str>) -> MemberRow {
        MemberRow {
            region: region.to_owned(),
            account_id: account.to_owned(),
            email: email.map(str::to_owned),
            member_status: status.to_owned(),
            invitation_id: None,
            invited_at: None,
            updated_at: "2026-01-15T09:00:00.000Z".to_owned(),
            hub_is_on: status == "Enabled",
        }
    }

    #[test]
    fn members_as_text() {
        let members = [
            member("eu-west-1", "222222222222", "Invited", Some("two@example.com")),
            member("us-east-1", "222222222222", "Enabled", Some("two@example.com")),
            member("us-east-1", "333333333333", "Invited", None),
        ];
        assert_snapshot!("members", format!("{}{}", table(&members), summary(&members)));
        assert_eq!(format!("{}{}", table(&[]), summary(&[])), "no members\n");
    }

    #[test]
    fn refused_accounts_are_listed_in_a_failure() {
        let remote = Remote { url: String::new(), json: false };
        let at = AdministratorArguments { administrator: crate::state::AccountId::DEFAULT, remote };
        let unprocessed = json!([{ "Region": "us-east-1", "AccountId": "x", "ProcessingResult": "No." }]);
        let answer = json!({ "Members": [], "UnprocessedAccounts": unprocessed }).to_string();
        let Err(Exit::Failed(message)) = print_outcome(&at, outcome("", answer.as_bytes()).unwrap()) else {
            panic!("it fails")
        };
        assert_eq!(message, "1 account was rejected:\n  x in us-east-1: No.");
        assert!(outcome("", b"{}").is_err());
    }
}
