//! `policies`: service control policies of the organization of a running emulator, and the organization as a tree.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Deserialize;
use serde_json::{Value, json};

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output::{self, escape_control_characters};
use crate::domain::accounts::organization::outline::{AccountOutline, Outline, PolicyOutline, UnitOutline};
use crate::domain::accounts::organization::tree::by_name::PolicyEffect;

pub(super) const HELP: &str = "\
Examples, with `securityhub-local serve --scenario builtin:prevent-tamper` running:
  securityhub-local policies list
  securityhub-local policies attach --policy try-it --document try-it.json \\
    --target 222222222222
  securityhub-local policies detach --policy try-it --target 222222222222

A policy takes effect with the next call. To try a change of the document, attach it again.

Exit codes: 0 success; 1 the emulator does not respond; 2 invalid arguments or document, or the organization \
does not allow the change.";

#[derive(Subcommand)]
pub(super) enum PoliciesCommand {
    /// List the policies of the organization and their targets
    #[command(after_help = HELP)]
    List(Remote),
    /// Attach a service control policy to the root, a unit or an account
    #[command(
        after_help = HELP,
        override_usage = "securityhub-local policies attach --policy <POLICY> --target <TARGET>"
    )]
    Attach(AttachArguments),
    /// Detach a service control policy
    #[command(
        after_help = HELP,
        override_usage = "securityhub-local policies detach --policy <POLICY> --target <TARGET>"
    )]
    Detach(PolicyArguments),
}

#[derive(Args)]
pub(super) struct AttachArguments {
    /// JSON file of the policy document; creates the policy, or replaces its document everywhere
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_DOCUMENT")]
    document: Option<PathBuf>,

    #[command(flatten)]
    policy: PolicyArguments,
}

/// A policy and its target.
#[derive(Args)]
pub(super) struct PolicyArguments {
    /// Policy, by name or ID
    #[arg(long, value_name = "POLICY", env = "SECURITYHUB_LOCAL_POLICY")]
    policy: String,

    /// Organizational unit, by name or ID, account, or `root`
    #[arg(long, value_name = "TARGET", env = "SECURITYHUB_LOCAL_TARGET")]
    target: String,

    #[command(flatten)]
    remote: Remote,
}

/// Runs the command.
pub(super) fn run(command: &PoliciesCommand) -> Result<(), Exit> {
    match command {
        PoliciesCommand::List(remote) => list(remote),
        PoliciesCommand::Attach(AttachArguments { document, policy }) => {
            let document = document.as_deref().map(read).transpose()?;
            send("attach", policy, document)
        }
        PoliciesCommand::Detach(policy) => send("detach", policy, None),
    }
}

fn read(path: &Path) -> Result<Value, Exit> {
    let invalid =
        |error: &dyn std::fmt::Display| Exit::invalid(format!("securityhub-local: {}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| invalid(&error))?;
    serde_json::from_str(&text).map_err(|error| invalid(&error))
}

fn send(action: &str, policy: &PolicyArguments, document: Option<Value>) -> Result<(), Exit> {
    let mut body = json!({ "Action": action, "Policy": policy.policy, "Target": policy.target });
    if let Some(document) = document {
        body["Document"] = document;
    }
    let changed: Changed = client::post(&policy.remote, "/_emulator/organization/policies", &body)?;
    for warning in &changed.warnings {
        output::print_error(&format!("warning: {}", escape_control_characters(warning)));
    }
    if let Some(effect) = changed.policy {
        output::print_error(&attached(policy, effect));
    }
    print(&policy.remote, &changed.outline)
}

/// A sentence about the effect of attaching a policy.
fn attached(PolicyArguments { policy, target, .. }: &PolicyArguments, effect: PolicyEffect) -> String {
    let [policy, target] = [policy, target].map(|name| escape_control_characters(name));
    match effect {
        PolicyEffect::Created => format!("created policy {policy}; it is attached to {target}"),
        PolicyEffect::Replaced => format!("replaced the document of policy {policy}; it is attached to {target}"),
        PolicyEffect::Unchanged => format!("policy {policy} is unchanged; it is attached to {target}"),
    }
}

/// Prints the policies and their targets.
fn list(remote: &Remote) -> Result<(), Exit> {
    let listed: Listed = client::get(remote, "/_emulator/organization/policies")?;
    let text = if remote.json { format!("{:#}\n", json!(listed.policies)) } else { table(&listed.policies) };
    output::print(&text)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    policies: Vec<PolicyOutline>,
}

fn table(policies: &[PolicyOutline]) -> String {
    if policies.is_empty() {
        return "The organization has no policies besides FullAWSAccess.\n".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Policy", "ID", "Type", "Attached to"]);
    for PolicyOutline { id, name, r#type, targets } in policies {
        let targets = if targets.is_empty() { "-".to_owned() } else { escape_control_characters(&targets.join(", ")) };
        table.add_row([&escape_control_characters(name), id, r#type, &targets]);
    }
    table.trim_fmt() + "\n"
}

/// The response to a change: the organization, the effect on the policy, and warnings about the policy's document.
#[derive(Deserialize)]
struct Changed {
    #[serde(flatten)]
    outline: Outline,
    #[serde(default, rename = "Policy")]
    policy: Option<PolicyEffect>,
    #[serde(default, rename = "Warnings")]
    warnings: Vec<String>,
}

/// Prints the organization of a running emulator.
pub(super) fn print_tree(remote: &Remote) -> Result<(), Exit> {
    print(remote, &client::get(remote, "/_emulator/organization")?)
}

fn print(remote: &Remote, outline: &Outline) -> Result<(), Exit> {
    let text = if remote.json { format!("{:#}\n", json!(outline)) } else { tree(outline) };
    output::print(&text)
}

/// The organization with a line per unit and account.
fn tree(outline: &Outline) -> String {
    let mut text = format!("{}, managed by {}\n", outline.id, outline.management_account_id);
    if !outline.policy_types.is_empty() {
        _ = writeln!(text, "policy types: {}", outline.policy_types.join(", "));
    }
    let mut regions: Vec<(&String, Vec<&str>)> = Vec::new();
    for (region, account) in &outline.administrators {
        match regions.iter_mut().find(|(listed, _)| *listed == account) {
            Some((_, regions)) => regions.push(region),
            None => regions.push((account, vec![region])),
        }
    }
    for (account, regions) in regions {
        _ = writeln!(text, "Security Hub administrator: {account} ({})", regions.join(", "));
    }
    let root = &outline.root;
    _ = writeln!(text, "{} {}{}", root.name, root.id, policies(&root.policies));
    branches(root, "", &mut text);
    text
}

/// The lines below a unit; `indent` begins each of them.
fn branches(unit: &UnitOutline, indent: &str, text: &mut String) {
    let count = unit.accounts.len() + unit.units.len();
    let branch =
        |position: usize| if position + 1 == count { ("└── ", "    ") } else { ("├── ", "│   ") };
    for (position, account) in unit.accounts.iter().enumerate() {
        let AccountOutline { account_id, name, status, policies: attached } = account;
        let status = if status == "ACTIVE" { String::new() } else { format!(" {status}") };
        let name = escape_control_characters(name);
        _ = writeln!(text, "{indent}{}{account_id} {name}{status}{}", branch(position).0, policies(attached));
    }
    for (position, below) in unit.units.iter().enumerate() {
        let (line, deeper) = branch(unit.accounts.len() + position);
        let name = escape_control_characters(&below.name);
        _ = writeln!(text, "{indent}{line}{name} {}{}", below.id, policies(&below.policies));
        branches(below, &format!("{indent}{deeper}"), text);
    }
}

/// The names of the policies; empty for FullAWSAccess only.
fn policies(attached: &[String]) -> String {
    match attached {
        [] => String::new(),
        [full] if full == "FullAWSAccess" => String::new(),
        _ => format!("  [{}]", escape_control_characters(&attached.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str, name: &str, status: &str, policies: &[&str]) -> AccountOutline {
        AccountOutline {
            account_id: id.to_owned(),
            name: name.to_owned(),
            status: status.to_owned(),
            policies: policies.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// Rules: CPL-141.
    #[test]
    fn policies_are_listed_with_their_targets() {
        let policy = |name: &str, targets: &[&str]| PolicyOutline {
            id: format!("p-{name}"),
            name: name.to_owned(),
            r#type: "SERVICE_CONTROL_POLICY".to_owned(),
            targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        };
        let policies = [policy("guard", &["root", "222222222222"]), policy("unused", &[])];
        insta::assert_snapshot!(table(&policies), @r"
         Policy  ID        Type                    Attached to
         guard   p-guard   SERVICE_CONTROL_POLICY  root, 222222222222
         unused  p-unused  SERVICE_CONTROL_POLICY  -
        ");
        assert_eq!(table(&[]), "The organization has no policies besides FullAWSAccess.\n");
    }

    #[test]
    fn an_organization_is_printed_as_a_tree() {
        let unit = |id: &str, name: &str, accounts, units, policies: &[&str]| UnitOutline {
            id: id.to_owned(),
            name: name.to_owned(),
            policies: policies.iter().map(|name| (*name).to_owned()).collect(),
            units,
            accounts,
        };
        let full = ["FullAWSAccess"];
        let production = vec![account("333333333333", "shop", "CLOSED", &full)];
        let production = unit("ou-lo12-production", "Production", production, Vec::new(), &["FullAWSAccess", "guard"]);
        let workloads = vec![account("222222222222", "payments", "ACTIVE", &["guard"])];
        let workloads = unit("ou-lo12-workload1", "Workloads", workloads, vec![production], &full);
        let sandboxes = unit("ou-lo12-sandboxes", "Sandboxes", Vec::new(), Vec::new(), &full);
        let management = vec![account("999999999999", "management", "ACTIVE", &full)];
        let regions = ["eu-west-1", "us-east-1"];
        let outline = Outline {
            id: "o-local123456".to_owned(),
            management_account_id: "999999999999".to_owned(),
            policy_types: vec!["SERVICE_CONTROL_POLICY".to_owned()],
            administrators: regions.map(|region| (region.to_owned(), "111111111111".to_owned())).into(),
            root: unit("r-lo12", "Root", management, vec![workloads, sandboxes], &full),
        };
        insta::assert_snapshot!(tree(&outline));
    }
}
