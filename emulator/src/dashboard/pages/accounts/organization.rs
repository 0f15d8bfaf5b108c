//! `Organization`: the tree of units and accounts, the delegated administrator of Security Hub, changes of accounts, and
//! the settings for accounts that join (DSH-89).

use std::collections::BTreeMap;

use askama::Template;
use http::Method;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use super::shared::{named, sentence};
use crate::dashboard::answer::text;
use crate::dashboard::call::{self, Call};
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError, Section};
use crate::dashboard::select::{self, SelectOption};
use crate::dashboard::template::html;
use crate::dashboard::text::{Time, more};
use crate::dashboard::view::Query;
use crate::domain::accounts::organization::SERVICE_PRINCIPAL;
use crate::domain::governance;
use crate::state::{AccountId, AccountStatus, Directory, Governance, HubKey, Organization, Relations};

/// Maximum number of accounts in the tree.
const ACCOUNTS: usize = 200;
/// Maximum number of units in the tree.
const UNITS: usize = 200;
const PATH: &str = "/_emulator/organization";
/// The changes of an account.
const CHANGES: [&str; 6] = ["join", "move", "suspend", "reactivate", "leave", "close"];

#[derive(Template)]
#[template(path = "pages/accounts/organization.html")]
struct Page<'p> {
    token: &'p str,
    address: String,
    tree: Option<Tree>,
    settings: Option<Settings>,
    /// Why the settings cannot be shown.
    refusal: String,
    changes: Vec<SelectOption>,
    typed: [&'p str; 4],
    preview: String,
}

struct Tree {
    id: String,
    management_account: String,
    administrators: Vec<Administrator>,
    root: String,
}

/// A delegated administrator of Security Hub.
struct Administrator {
    name: String,
    regions: String,
    since: Option<Time>,
}

#[derive(Template)]
#[template(path = "pages/accounts/unit.html")]
struct Unit {
    name: String,
    governance: Option<String>,
    units: Vec<String>,
    accounts: Vec<Leaf>,
    more: Option<String>,
}

/// An account in the tree.
struct Leaf {
    account: String,
    address: String,
    name: Option<String>,
    status: &'static str,
    hub: &'static str,
    governance: Option<String>,
}

/// The settings for accounts that join.
struct Settings {
    auto_enable: bool,
    standards: bool,
    kind: String,
    status: String,
    preview: String,
}

/// Writes the tree, up to a number of accounts and units.
struct Writer<'w> {
    context: &'w Context<'w>,
    relations: &'w Relations,
    organization: &'w Organization,
    units: BTreeMap<&'w str, Vec<&'w str>>,
    accounts: BTreeMap<&'w str, Vec<AccountId>>,
    accounts_left: usize,
    units_left: usize,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Section {
    let relations = context.world.relations();
    let directory = relations.directory();
    let tree = directory.organization.as_ref().map(|organization| tree(context, &relations, organization));
    let mut calls = Vec::new();
    if tree.is_some() {
        calls.push(Call::control(&Method::GET, PATH, Value::Null, "organization tree").of("Organization"));
    }
    let operation = Operation::DescribeOrganizationConfiguration;
    let (settings, refusal) = match context.read(operation, &json!({})) {
        Ok(answer) => {
            calls.push(Call::api(operation, json!({})).of("Accounts that join the organization"));
            (Some(settings(context, &answer)), String::new())
        }
        Err(page_error) => (None, sentence(page_error)),
    };
    let page = Page {
        token: &context.token,
        address: context.here(),
        tree,
        settings,
        refusal,
        changes: select::options(CHANGES, context.typed("change")),
        typed: ["changed-account", "unit", "name", "email"].map(|field| context.typed(field)),
        preview: context.shown(&[change_call(example())]),
    };
    Section::new(&page, calls)
}

fn tree(context: &Context<'_>, relations: &Relations, organization: &Organization) -> Tree {
    let mut writer = Writer {
        context,
        relations,
        organization,
        units: BTreeMap::new(),
        accounts: BTreeMap::new(),
        accounts_left: ACCOUNTS,
        units_left: UNITS,
    };
    for (id, unit) in &organization.units {
        writer.units.entry(&unit.parent).or_default().push(id);
    }
    for (account, parent) in &organization.parents {
        writer.accounts.entry(parent).or_default().push(*account);
    }
    Tree {
        id: organization.id.clone(),
        management_account: named(context, organization.management_account.as_str()),
        administrators: administrators(context, organization),
        root: writer.unit(&organization.root_id, "Root"),
    }
}

fn administrators(context: &Context<'_>, organization: &Organization) -> Vec<Administrator> {
    let mut regions: BTreeMap<AccountId, Vec<&str>> = BTreeMap::new();
    for (region, account) in &organization.security_hub_administrators {
        regions.entry(*account).or_default().push(region.as_str());
    }
    let administrator = |(account, regions): (AccountId, Vec<&str>)| {
        let since = organization.delegated_administrators.get(&(SERVICE_PRINCIPAL.to_owned(), account));
        Administrator {
            name: named(context, account.as_str()),
            regions: regions.join(", "),
            since: since.map(|since| (*since).into()),
        }
    };
    regions.into_iter().map(administrator).collect()
}

impl Writer<'_> {
    /// Units are nested at most five levels deep.
    fn unit(&mut self, id: &str, name: &str) -> String {
        let accounts = self.accounts.remove(id).unwrap_or_default();
        let shown = accounts.len().min(self.accounts_left);
        self.accounts_left -= shown;
        let leaves = accounts.iter().take(shown).map(|account| self.leaf(*account)).collect();
        let mut units = Vec::new();
        for unit in self.units.remove(id).unwrap_or_default() {
            let Some(left) = self.units_left.checked_sub(1) else { break };
            self.units_left = left;
            let name = self.organization.units.get(unit).map_or("", |unit| unit.name.as_str());
            units.push(self.unit(unit, name));
        }
        html(&Unit {
            name: name.to_owned(),
            governance: self.governance(id),
            units,
            accounts: leaves,
            more: more(accounts.len(), shown),
        })
    }

    fn leaf(&self, account: AccountId) -> Leaf {
        let region = self.context.view.region.clone();
        let known = self.relations.directory().accounts.get(&account);
        let view = self.context.view.seen_as(account, region.clone());
        Leaf {
            account: account.to_string(),
            address: view.to(&self.context.view.page, Query::default()).address(),
            name: self.context.name(account),
            status: match known.map_or(AccountStatus::Active, |known| known.status) {
                AccountStatus::Active => "active",
                AccountStatus::Suspended => "suspended",
                AccountStatus::Closed(_) => "closed",
            },
            hub: if self.relations.is_on(&HubKey { account, region }) { "on" } else { "off" },
            governance: self.governance(account.as_str()),
        }
    }

    fn governance(&self, target: &str) -> Option<String> {
        governed_by(self.relations.directory(), target)
    }
}

/// The name of the policy that governs a target, or `self-managed`; `None` without central configuration.
pub(super) fn governed_by(directory: &Directory, target: &str) -> Option<String> {
    let organization = directory.organization.as_ref()?;
    let (governance, _) = governance::of_target(organization, target)?;
    let Governance::Policy(id) = governance else { return Some("self-managed".to_owned()) };
    let policy = organization.central.as_ref()?.policies.get(id);
    Some(policy.map_or_else(|| id.clone(), |policy| policy.name.clone()))
}

fn settings(context: &Context<'_>, answer: &Value) -> Settings {
    let (auto_enable, standards) = (answer["AutoEnable"] == true, text(answer, "AutoEnableStandards") == "DEFAULT");
    let configuration = &answer["OrganizationConfiguration"];
    Settings {
        auto_enable,
        standards,
        kind: text(configuration, "ConfigurationType").to_owned(),
        status: text(configuration, "Status").to_owned(),
        preview: context.shown(&[settings_call(auto_enable, standards)]),
    }
}

fn settings_call(auto_enable: bool, standards: bool) -> Call {
    let standards = if standards { "DEFAULT" } else { "NONE" };
    let input = json!({ "AutoEnable": auto_enable, "AutoEnableStandards": standards });
    Call::api(Operation::UpdateOrganizationConfiguration, input)
}

/// A change that shows the form of the call.
fn example() -> Value {
    json!({ "Action": "join", "AccountId": "444444444444", "Name": "payments" })
}

fn change_call(body: Value) -> Call {
    let option = |(name, value): (&String, &Value)| {
        let option = match name.as_str() {
            "AccountId" => "account",
            "Parent" => "parent",
            "Name" => "name",
            "Email" => "email",
            _ => return None,
        };
        let value = value.as_str()?;
        Some(format!(" --{option} {}", call::word(value)))
    };
    let options: String = body.as_object().into_iter().flatten().filter_map(option).collect();
    let command = format!("organization {}{options}", text(&body, "Action"));
    Call::control(&Method::POST, PATH, body, &command)
}

/// Changes an account of the organization, or the settings for accounts that join.
pub(super) fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    if form.field("action") == "auto-enable" {
        let (auto_enable, standards) = (form.field("auto-enable") == "yes", form.field("standards") == "yes");
        let call = settings_call(auto_enable, standards);
        context.send(&call)?;
        return Ok(Message::new("The settings for accounts that join are saved.", vec![call]).into());
    }
    let fields = [
        ("Action", "change"),
        ("AccountId", "changed-account"),
        ("Parent", "unit"),
        ("Name", "name"),
        ("Email", "email"),
    ];
    let given = fields.into_iter().map(|(member, field)| (member, form.field(field).trim()));
    let body: Map<String, Value> =
        given.filter(|(_, value)| !value.is_empty()).map(|(member, value)| (member.to_owned(), json!(value))).collect();
    let call = change_call(Value::Object(body));
    let row = context.send(&call)?;
    let account = text(&row, "AccountId");
    let place = match text(&row, "ParentName") {
        "" => "outside the organization".to_owned(),
        unit => format!("in {unit}"),
    };
    let text = format!("{account} is {} {place}.", text(&row, "Status").to_lowercase());
    Ok(Message::new(text, vec![call]).into())
}
