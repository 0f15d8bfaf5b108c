//! `organization`: lifecycle events of accounts in a running emulator, as caused by Organizations, AWS or account
//! owners.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output;
use super::values::account;
use crate::domain::accounts::organization::report::{AccountRow, RegionRow};
use crate::state::AccountId;

pub(super) const HELP: &str = "\
Against `securityhub-local serve --scenario scenarios/delegated-admin.yaml`, whose delegated administrator enables accounts
that join:
  securityhub-local organization join --account 444444444444 --parent Workloads --name payments
  securityhub-local organization move --account 444444444444 --parent Sandbox
  securityhub-local organization suspend --account 444444444444
  securityhub-local organization reactivate --account 444444444444
  securityhub-local organization leave --account 444444444444

A suspended or closed account can call nothing. A closed one is forgotten after 90 days of the emulator's clock.

Exit codes: 0 done, 1 no emulator answered, 2 the arguments are wrong or the organization does not allow it.";

#[derive(Subcommand)]
pub(super) enum OrganizationCommand {
    /// An account joins; it becomes a member where the delegated administrator enables new accounts
    #[command(after_help = HELP)]
    Join(JoinArguments),
    /// An account moves to another unit
    #[command(after_help = HELP)]
    Move(MoveArguments),
    /// An account leaves; its administrator sees it as deleted, its hubs stay on
    #[command(after_help = HELP)]
    Leave(At),
    /// AWS suspends an account
    #[command(after_help = HELP)]
    Suspend(At),
    /// An account that was suspended or closed is in use again
    #[command(after_help = HELP)]
    Reactivate(At),
    /// The owner closes an account
    #[command(after_help = HELP)]
    Close(At),
}

#[derive(Args)]
pub(super) struct JoinArguments {
    /// Unit that it comes into, by name or id; left out, the root
    #[arg(long, value_name = "UNIT", env = "SECURITYHUB_LOCAL_PARENT")]
    parent: Option<String>,

    /// Name of the account
    #[arg(long, value_name = "NAME", env = "SECURITYHUB_LOCAL_NAME")]
    name: Option<String>,

    /// E-mail address of the account
    #[arg(long, value_name = "ADDRESS", env = "SECURITYHUB_LOCAL_EMAIL")]
    email: Option<String>,

    #[command(flatten)]
    at: At,
}

#[derive(Args)]
pub(super) struct MoveArguments {
    /// Unit that it moves to, by name or id, or root
    #[arg(long, value_name = "UNIT", env = "SECURITYHUB_LOCAL_PARENT")]
    parent: String,

    #[command(flatten)]
    at: At,
}

/// Which account, and where the emulator is.
#[derive(Args)]
pub(super) struct At {
    /// Account that it happens to
    #[arg(long, value_name = "ACCOUNT", env = "SECURITYHUB_LOCAL_ACCOUNT", value_parser = account)]
    account: AccountId,

    #[command(flatten)]
    remote: Remote,
}

/// Runs the command.
pub(super) fn run(command: &OrganizationCommand) -> Result<(), Exit> {
    match command {
        OrganizationCommand::Join(JoinArguments { parent, name, email, at }) => {
            let details = [("Parent", parent.as_ref()), ("Name", name.as_ref()), ("Email", email.as_ref())];
            send("join", at, &details)
        }
        OrganizationCommand::Move(MoveArguments { parent, at }) => send("move", at, &[("Parent", Some(parent))]),
        OrganizationCommand::Leave(at) => send("leave", at, &[]),
        OrganizationCommand::Suspend(at) => send("suspend", at, &[]),
        OrganizationCommand::Reactivate(at) => send("reactivate", at, &[]),
        OrganizationCommand::Close(at) => send("close", at, &[]),
    }
}

fn send(action: &str, at: &At, details: &[(&str, Option<&String>)]) -> Result<(), Exit> {
    let mut body = json!({ "Action": action, "AccountId": at.account });
    if let Value::Object(members) = &mut body {
        let given = details.iter().filter_map(|(name, value)| Some(((*name).to_owned(), json!(value.as_ref()?))));
        members.extend(given);
    }
    let answer = client::post(&at.remote.url, "/_emulator/organization", &body)?;
    let row: AccountRow = serde_json::from_slice(&answer)
        .map_err(|error| Exit::failed(format!("the answer of {} is no account: {error}", at.remote.url)))?;
    let text = if at.remote.json { format!("{:#}\n", json!(row)) } else { summary(&row) };
    output::print(&text)
}

/// `444444444444 is ACTIVE in Workloads`, then one line per Region.
fn summary(row: &AccountRow) -> String {
    let place = row.parent_name.as_ref().map_or("in no organization".to_owned(), |name| format!("in {name}"));
    let mut text = format!("{} is {} {place}\n", row.account_id, row.status);
    for RegionRow { region, hub_is_on, administrators } in &row.regions {
        let hub = if *hub_is_on { "hub on" } else { "hub off" };
        _ = write!(text, "  {region}: {hub}");
        for administrator in administrators {
            _ = write!(text, ", {} member of {}", administrator.member_status, administrator.account_id);
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::accounts::organization::report::AdministratorRow;

    #[test]
    fn accounts_as_text() {
        let administrators =
            vec![AdministratorRow { account_id: "111111111111".to_owned(), member_status: "Enabled".to_owned() }];
        let mut row = AccountRow {
            account_id: "444444444444".to_owned(),
            status: "ACTIVE".to_owned(),
            parent_id: Some("ou-lo12-workload1".to_owned()),
            parent_name: Some("Workloads".to_owned()),
            regions: vec![
                RegionRow { region: "eu-west-1".to_owned(), hub_is_on: false, administrators: Vec::new() },
                RegionRow { region: "us-east-1".to_owned(), hub_is_on: true, administrators },
            ],
        };
        insta::assert_snapshot!(summary(&row), @r"
        444444444444 is ACTIVE in Workloads
          eu-west-1: hub off
          us-east-1: hub on, Enabled member of 111111111111
        ");
        (row.parent_name, row.regions) = (None, Vec::new());
        assert_eq!(summary(&row), "444444444444 is ACTIVE in no organization\n");
    }
}
