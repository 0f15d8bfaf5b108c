//! `members`: adds, invites and lists members in bulk in a running emulator.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::arguments::{Remote, default_account, default_region, note_account};
use super::client;
use super::exit::Exit;
use super::output;
use super::values::{account, region, switch};
use crate::domain::accounts::members::bulk::{MemberRow, Outcome};
use crate::domain::accounts::members::csv::{self, Row};
use crate::invariant::Invariant;
use crate::state::{AccountId, Region};

pub(super) const HELP: &str = "\
The CSV file has the format that the console accepts: one account ID and e-mail address per line, \
with or without the header `Account ID,Email`. If any line is invalid, no account is added.

Add, invite and accept in one call, so that the accounts become enabled members:
  securityhub-local members add --csv members.csv --accept

The same in separate steps. Without --account, `members accept` accepts all pending invitations:
  securityhub-local members add --csv members.csv --invite
  securityhub-local members accept --account 222222222222
  securityhub-local members list

Exit codes: 0 success; 1 the emulator does not respond, or some accounts were rejected; 2 invalid arguments or \
invalid CSV file.";

#[derive(Subcommand)]
pub(super) enum MembersCommand {
    /// Add the accounts listed in a CSV file, and optionally invite them and accept on their behalf
    ///
    /// Steps that are already done are skipped, so running the command again is safe.
    #[command(after_help = HELP)]
    Add(AddArguments),
    /// Accept invitations on behalf of the invited accounts
    ///
    /// If Security Hub is not enabled in an invited account, it is enabled first.
    #[command(after_help = HELP)]
    Accept(AcceptArguments),
    /// List members of all statuses
    #[command(after_help = HELP)]
    List(ListArguments),
}

#[derive(Args)]
pub(super) struct AddArguments {
    /// CSV file with one account per line, such as 222222222222,a@example.com
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_CSV")]
    csv: PathBuf,

    /// Also invite the accounts
    #[arg(long, env = "SECURITYHUB_LOCAL_INVITE", value_parser = switch)]
    invite: bool,

    /// Also invite the accounts and accept on their behalf
    #[arg(long, env = "SECURITYHUB_LOCAL_ACCEPT", value_parser = switch)]
    accept: bool,

    #[command(flatten)]
    pub(super) at: AdministratorArguments,

    #[command(flatten)]
    regions: MembershipRegions,
}

#[derive(Args)]
pub(super) struct AcceptArguments {
    /// Account to accept for; can be repeated [default: all invited accounts]
    #[arg(
        long,
        value_name = "ACCOUNT",
        env = "SECURITYHUB_LOCAL_ACCOUNT",
        value_delimiter = ',',
        value_parser = account
    )]
    account: Vec<AccountId>,

    /// Administrator that has invited the accounts [default: AWS_ACCESS_KEY_ID, if it is an account ID; otherwise
    /// 111111111111]
    #[arg(long, value_name = "ACCOUNT", env = "SECURITYHUB_LOCAL_ADMINISTRATOR", value_parser = account)]
    administrator: Option<AccountId>,

    #[command(flatten)]
    regions: MembershipRegions,

    #[command(flatten)]
    remote: Remote,
}

/// The Regions in which accounts become members.
#[derive(Args)]
struct MembershipRegions {
    /// Region of the membership; can be repeated [default: AWS_REGION or AWS_DEFAULT_REGION; otherwise us-east-1]
    #[arg(
        long,
        value_name = "REGION",
        env = "SECURITYHUB_LOCAL_REGION",
        value_delimiter = ',',
        value_parser = region
    )]
    region: Vec<Region>,
}

#[derive(Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    pub(super) at: AdministratorArguments,

    /// Region to list members in; can be repeated [default: all]
    #[arg(
        long,
        value_name = "REGION",
        env = "SECURITYHUB_LOCAL_REGION",
        value_delimiter = ',',
        value_parser = region
    )]
    region: Vec<Region>,
}

/// The administrator whose members are meant, and the emulator.
#[derive(Args)]
pub(super) struct AdministratorArguments {
    /// Administrator account [default: SECURITYHUB_LOCAL_ACCOUNT, or AWS_ACCESS_KEY_ID, if it is an account ID; otherwise
    /// 111111111111]
    #[arg(
        long,
        alias = "administrator",
        value_name = "ACCOUNT",
        env = "SECURITYHUB_LOCAL_ADMINISTRATOR",
        value_parser = account
    )]
    account: Option<AccountId>,

    #[command(flatten)]
    remote: Remote,
}

impl AdministratorArguments {
    /// The administrator.
    pub(super) fn account(&self) -> AccountId {
        self.given().unwrap_or_else(default_account)
    }

    fn given(&self) -> Option<AccountId> {
        self.account.or_else(|| AccountId::parse(&std::env::var("SECURITYHUB_LOCAL_ACCOUNT").ok()?))
    }

    /// Prints a note if AWS clients of this shell call the emulator as another account.
    fn note_account(&self) {
        if self.given().is_none() {
            note_account(&self.remote, self.account());
        }
    }
}

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
    arguments.at.note_account();
    let regions = or_default(&arguments.regions.region);
    let progress = progress(rows.len());
    let mut whole = Outcome { unprocessed_accounts: Some(Vec::new()), ..Outcome::default() };
    for batch in rows.chunks(BATCH) {
        let details = |row: &Row| match &row.email {
            Some(email) => json!({ "AccountId": row.account, "Email": email }),
            None => json!({ "AccountId": row.account }),
        };
        let body = json!({
            "Administrator": arguments.at.account(),
            "Regions": names(&regions),
            "AccountDetails": batch.iter().map(details).collect::<Vec<_>>(),
            "Invite": arguments.invite,
            "Accept": arguments.accept,
        });
        let outcome: Outcome = client::post(&arguments.at.remote, "/_emulator/members", &body)?;
        whole.members.extend(outcome.members);
        whole
            .unprocessed_accounts
            .iter_mut()
            .for_each(|all| all.extend(outcome.unprocessed_accounts.iter().flatten().cloned()));
        progress.inc(batch.len().try_into().or_report("a number of accounts fits into a u64").unwrap_or_default());
    }
    progress.finish_and_clear();
    print_outcome(&arguments.at.remote, whole)
}

fn accept(arguments: &AcceptArguments) -> Result<(), Exit> {
    let administrator = arguments.administrator.unwrap_or_else(default_account);
    if arguments.administrator.is_none() {
        note_account(&arguments.remote, administrator);
    }
    let mut body = json!({ "Administrator": administrator, "Regions": names(&or_default(&arguments.regions.region)) });
    if let (Value::Object(members), false) = (&mut body, arguments.account.is_empty()) {
        members.insert("AccountIds".to_owned(), json!(arguments.account));
    }
    print_outcome(&arguments.remote, client::post(&arguments.remote, "/_emulator/members/accept", &body)?)
}

fn list(arguments: &ListArguments) -> Result<(), Exit> {
    arguments.at.note_account();
    let mut path = format!("/_emulator/members?administrator={}", arguments.at.account());
    if !arguments.region.is_empty() {
        _ = write!(path, "&region={}", names(&arguments.region).join(","));
    }
    let outcome: Outcome = client::get(&arguments.at.remote, &path)?;
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

/// The given Regions, or the Region of the shell's AWS clients.
fn or_default(regions: &[Region]) -> Vec<Region> {
    if regions.is_empty() { vec![default_region()] } else { regions.to_vec() }
}

/// Prints the outcome. Refused accounts count as a failure.
fn print_outcome(remote: &Remote, outcome: Outcome) -> Result<(), Exit> {
    if remote.json {
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
        let remote = Remote { url: None, json: false };
        let unprocessed = json!([{ "Region": "us-east-1", "AccountId": "x", "ProcessingResult": "No." }]);
        let outcome = json!({ "Members": [], "UnprocessedAccounts": unprocessed });
        let Err(Exit::Failed(message)) = print_outcome(&remote, serde_json::from_value(outcome).unwrap()) else {
            panic!("expected an error: an account was not processed")
        };
        assert_eq!(message, "1 account was rejected:\n  x in us-east-1: No.");
    }
}
