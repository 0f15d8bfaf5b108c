//! `organization`: lifecycle events of accounts in a running emulator, as caused by Organizations, AWS or account
//! owners.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output;
use super::policies;
use super::values::account;
use crate::domain::accounts::organization::report::{AccountRow, RegionRow};
use crate::state::AccountId;

pub(super) const HELP: &str = "\
Examples, with `securityhub-local serve --scenario builtin:delegated-admin` running:
  securityhub-local organization tree
  securityhub-local organization join --account 444444444444 --name payments \\
    --parent Workloads
  securityhub-local organization move --account 444444444444 --parent Sandbox
  securityhub-local organization suspend --account 444444444444
  securityhub-local organization reactivate --account 444444444444
  securityhub-local organization leave --account 444444444444

A suspended or closed account cannot call any operation. A closed account is removed after 90 days \
on the emulator's clock.

Exit codes: 0 success; 1 the emulator does not respond; 2 invalid arguments, or the organization does not \
allow the change.";

#[derive(Subcommand)]
pub(super) enum OrganizationCommand {
    /// Print the organization as a tree, with units, accounts and their policies
    #[command(after_help = HELP)]
    Tree(Remote),
    /// Add an account to the organization. It becomes a member if new accounts are enabled automatically
    #[command(after_help = HELP)]
    Join(JoinArguments),
    /// Move an account to another organizational unit
    #[command(
        after_help = HELP,
        override_usage = "securityhub-local organization move --parent <UNIT> --account <ACCOUNT>"
    )]
    Move(MoveArguments),
    /// Remove an account from the organization. Its administrator sees it as deleted; its hubs stay enabled
    #[command(after_help = HELP)]
    Leave(AccountArguments),
    /// Suspend an account. In AWS, only AWS itself can do this
    #[command(after_help = HELP)]
    Suspend(AccountArguments),
    /// Reactivate a suspended or closed account
    #[command(after_help = HELP)]
    Reactivate(AccountArguments),
    /// Close an account. In AWS, its owner or the management account does this
    #[command(after_help = HELP)]
    Close(AccountArguments),
}

#[derive(Args)]
pub(super) struct JoinArguments {
    /// Organizational unit to join, by name or ID [default: root]
    #[arg(long, value_name = "UNIT", env = "SECURITYHUB_LOCAL_PARENT")]
    parent: Option<String>,

    /// Name of the account
    #[arg(long, value_name = "NAME", env = "SECURITYHUB_LOCAL_NAME")]
    name: Option<String>,

    /// E-mail address of the account
    #[arg(long, value_name = "ADDRESS", env = "SECURITYHUB_LOCAL_EMAIL")]
    email: Option<String>,

    #[command(flatten)]
    at: AccountArguments,
}

#[derive(Args)]
pub(super) struct MoveArguments {
    /// Organizational unit to move to, by name or ID, or `root`
    #[arg(long, value_name = "UNIT", env = "SECURITYHUB_LOCAL_PARENT")]
    parent: String,

    #[command(flatten)]
    at: AccountArguments,
}

/// The account to change, and the emulator.
#[derive(Args)]
pub(super) struct AccountArguments {
    /// ID of the account
    #[arg(long, value_name = "ACCOUNT", env = "SECURITYHUB_LOCAL_ACCOUNT", value_parser = account)]
    account: AccountId,

    #[command(flatten)]
    remote: Remote,
}

/// Runs the command.
pub(super) fn run(command: &OrganizationCommand) -> Result<(), Exit> {
    match command {
        OrganizationCommand::Tree(remote) => policies::print_tree(remote),
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

fn send(action: &str, at: &AccountArguments, details: &[(&str, Option<&String>)]) -> Result<(), Exit> {
    let mut body = json!({ "Action": action, "AccountId": at.account });
    if let Value::Object(members) = &mut body {
        let given = details.iter().filter_map(|(name, value)| Some(((*name).to_owned(), json!(value.as_ref()?))));
        members.extend(given);
    }
    let row: AccountRow = client::post(&at.remote, "/_emulator/organization", &body)?;
    let text = if at.remote.json { format!("{:#}\n", json!(row)) } else { summary(&row) };
    output::print(&text)
}

/// `444444444444 is ACTIVE in Workloads`, then one line per Region.
fn summary(row: &AccountRow) -> String {
    let parent = row.parent_name.as_ref().map_or("outside any organization".to_owned(), |name| format!("in {name}"));
    let mut text = format!("{} is {} {parent}\n", row.account_id, row.status);
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
        assert_eq!(summary(&row), "444444444444 is ACTIVE outside any organization\n");
    }
}
