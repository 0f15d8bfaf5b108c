//! `organization`: an organization of AWS Organizations, with its units and its delegated administrator.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::policies::{self, Attached};
use super::security_hub_policies;
use crate::domain::accounts::organization::SERVICE_PRINCIPAL;
use crate::invariant::Invariant;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{
    Account, AccountId, Directory, IdSource, Organization, OrganizationConfiguration, Policy, PolicyType, Region,
    Timestamp, Unit,
};
use crate::suggest;

/// Maximum nesting depth of units.
const DEPTH: usize = 5;

/// An organization of AWS Organizations. Its accounts are the management account and the accounts of its units.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Organization")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// ID of the organization, such as o-a1b2c3d4e5. Default: generated from the seed.
    #[schemars(extend("pattern" = "^o-[a-z0-9]{10,32}$"))]
    id: Option<Spanned<String>>,
    /// ID of the root, such as r-a1b2. Default: generated from the seed.
    #[schemars(extend("pattern" = "^r-[a-z0-9]{4,32}$"))]
    root_id: Option<Spanned<String>>,
    /// Management account.
    #[schemars(with = "AccountText")]
    management_account: Option<AccountText>,
    /// Organizational units, by name.
    #[serde(default)]
    units: Entries<WrittenUnit>,
    /// Names of the policies attached to the root: service control policies, which apply to all accounts except the
    /// management account, and policies of `security_hub_policies`.
    #[serde(default)]
    policies: Vec<Spanned<String>>,
    /// If true, FullAWSAccess is also attached to the root. Default: true.
    full_aws_access: Option<Spanned<bool>>,
    /// Delegated administrator of Security Hub in all Regions of the scenario. Its hubs are enabled.
    delegated_administrator: Option<AccountText>,
    /// If true, accounts that join become members of the delegated administrator and have Security Hub enabled.
    /// Default: false.
    auto_enable: Option<Spanned<bool>>,
    /// Standards that `auto_enable` enables in these accounts. Default: DEFAULT.
    auto_enable_standards: Option<Spanned<AutoEnableStandards>>,
    /// Service principals with trusted access, such as config.amazonaws.com. If there is a delegated administrator,
    /// Security Hub is always included.
    #[serde(default)]
    service_access: Vec<Spanned<String>>,
    /// Delegated administrator of Security Hub V2. If `delegated_administrator` is not the management account, it must be
    /// the same account. Default: none.
    delegated_administrator_v2: Option<AccountText>,
    /// Policies that enable and disable Security Hub V2 in accounts, by name. A policy has no effect until it is attached
    /// to the root, a unit or an account, under `policies`.
    #[serde(default)]
    security_hub_policies: Entries<security_hub_policies::Declared>,
    /// Policy types that are enabled in the root. Default: SERVICE_CONTROL_POLICY, and SECURITYHUB_POLICY if there are
    /// `security_hub_policies`.
    policy_types: Option<Vec<Spanned<String>>>,
}

/// Standards of automatically enabled hubs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum AutoEnableStandards {
    /// The standards that AWS enables by default.
    Default,
    /// No standards.
    None,
}

/// An organizational unit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "OrganizationalUnit")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct WrittenUnit {
    /// Accounts of the unit.
    #[serde(default)]
    accounts: Vec<AccountText>,
    /// Nested units, by name.
    #[serde(default)]
    units: Entries<WrittenUnit>,
    /// Names of the policies attached to the unit. They apply to its accounts and to nested units.
    #[serde(default)]
    policies: Vec<Spanned<String>>,
    /// If true, FullAWSAccess is also attached. Default: true.
    full_aws_access: Option<Spanned<bool>>,
}

/// A valid organization.
#[derive(Debug)]
pub(in crate::scenario) struct Valid {
    id: Option<String>,
    root_id: Option<String>,
    pub(super) management_account: AccountId,
    /// Units, with outer ones before inner ones.
    units: Vec<ValidUnit>,
    /// The index of the unit of each account; `None` for the root.
    parents: BTreeMap<AccountId, Option<usize>>,
    /// The delegated administrator of Security Hub.
    pub(super) delegated_administrator: Option<AccountId>,
    /// The settings for accounts that join.
    configuration: OrganizationConfiguration,
    service_access: Vec<String>,
    policy_types: BTreeSet<PolicyType>,
    /// Service control policies of the root.
    policies: Vec<Arc<Policy>>,
    /// The delegated administrator of Security Hub V2.
    delegated_administrator_v2: Option<AccountId>,
    /// The policies for V2 hubs, and the names of those that are attached to the root.
    security_hub_policies: security_hub_policies::Valid,
    security_hub_policies_of_root: Vec<String>,
}

#[derive(Debug)]
struct ValidUnit {
    name: String,
    /// The index of the parent unit; `None` for the root.
    parent: Option<usize>,
    /// Service control policies.
    policies: Vec<Arc<Policy>>,
    /// Names of policies for V2 hubs.
    security_hub_policies: Vec<String>,
}

/// Collects the units of an organization.
struct Tree<'p> {
    policies: &'p policies::Valid,
    security_hub_policies: &'p security_hub_policies::Valid,
    has_service_control: bool,
    units: Vec<ValidUnit>,
    parents: BTreeMap<AccountId, (Option<usize>, Span)>,
}

/// Checks the organization.
pub(in crate::scenario) fn check(
    written: Declared,
    policies: &policies::Valid,
    regions: &[Region],
    check: &mut Check,
) -> Valid {
    check_id(written.id.as_ref(), "o-", 10, check);
    check_id(written.root_id.as_ref(), "r-", 4, check);
    let names: Vec<Spanned<String>> = names(&written.security_hub_policies, policies, check);
    let security_hub_policies = security_hub_policies::check(written.security_hub_policies, regions, check);
    let policy_types = policy_types(written.policy_types.as_deref(), &names, check);
    let has_service_control = policy_types.contains(&PolicyType::ServiceControl);
    let (service_control, security_hub_policies_of_root) =
        security_hub_policies::split(written.policies, &security_hub_policies);
    check_enabled(service_control.first(), has_service_control, check);
    let attached = Attached { policies: &service_control, full_aws_access: written.full_aws_access.as_ref() };
    let of_root = policies.attached(&attached, check);
    let mut tree = Tree {
        policies,
        security_hub_policies: &security_hub_policies,
        has_service_control,
        units: Vec::new(),
        parents: BTreeMap::new(),
    };
    tree.add(written.units, None, 1, check);
    for service in &written.service_access {
        if !service.value.ends_with(".amazonaws.com") {
            let diagnostic = check.at(service.span, format!("`{}` is not a valid service principal", service.value));
            check.push(diagnostic.expected("a name such as securityhub.amazonaws.com"));
        }
    }
    let administrator = written.delegated_administrator.map(|account| account.0);
    let administrator = administrator.and_then(|written| {
        let account = check.account(&written);
        if account.is_none() {
            check.lose(&["organization", "delegated_administrator"]);
        }
        Some((account?, written.span))
    });
    let management_account = management_account(written.management_account.as_ref(), check);
    let configuration = configuration(
        written.auto_enable.as_ref(),
        written.auto_enable_standards.as_ref(),
        administrator.is_some(),
        check,
    );
    if let Some((account, span)) = administrator
        && account != management_account
        && !tree.parents.contains_key(&account)
    {
        if !check.lost.contains_members() {
            let diagnostic = check.at(span, format!("{account} is not in the organization"));
            check.push(diagnostic.expected("the management account or an account of one of the `units`"));
        }
        // Other checks assume that the account is in the organization.
        tree.parents.insert(account, (None, span));
    }
    let chosen = administrator.map(|(account, _)| account);
    let delegated_administrator_v2 = written
        .delegated_administrator_v2
        .and_then(|account| administrator_v2(&account.0, chosen, (management_account, &tree), check));
    Valid {
        id: written.id.map(|id| id.value),
        root_id: written.root_id.map(|id| id.value),
        management_account,
        units: tree.units,
        parents: tree.parents.into_iter().map(|(account, (unit, _))| (account, unit)).collect(),
        delegated_administrator: administrator.map(|(account, _)| account),
        configuration,
        service_access: written.service_access.into_iter().map(|service| service.value).collect(),
        policy_types,
        policies: of_root,
        delegated_administrator_v2,
        security_hub_policies,
        security_hub_policies_of_root,
    }
}

/// The names of the policies for V2 hubs, which differ from those of other policies.
fn names(
    written: &Entries<security_hub_policies::Declared>,
    policies: &policies::Valid,
    check: &mut Check,
) -> Vec<Spanned<String>> {
    let names: Vec<Spanned<String>> = written.0.iter().map(|(name, _)| name.clone()).collect();
    for name in names.iter().filter(|name| policies.has(&name.value)) {
        let diagnostic = check.at(name.span, format!("`{}` is also defined under `policies`", name.value));
        check.push(diagnostic.expected("different names"));
    }
    names
}

/// The delegated administrator of Security Hub V2 (HV2-20).
fn administrator_v2(
    written: &Spanned<String>,
    classic: Option<AccountId>,
    (management_account, tree): (AccountId, &Tree<'_>),
    check: &mut Check,
) -> Option<AccountId> {
    let account = check.account(written)?;
    let other = classic.filter(|classic| *classic != management_account && *classic != account);
    let (message, expected) = if account == management_account {
        let message = format!("{account} is the management account, which cannot administer Security Hub V2");
        (message, "an account of one of the `units`".to_owned())
    } else if let Some(other) = other {
        (format!("{account} is not the delegated administrator of Security Hub"), other.to_string())
    } else if !tree.parents.contains_key(&account) && !check.lost.contains_members() {
        (format!("{account} is not in the organization"), "an account of one of the `units`".to_owned())
    } else {
        return Some(account);
    };
    check.push(check.at(written.span, message).expected(expected));
    None
}

/// The management account. If it is unknown, the rest is checked with another one.
fn management_account(written: Option<&AccountText>, check: &mut Check) -> AccountId {
    let account = written.and_then(|account| check.account(&account.0));
    if account.is_none() {
        check.lose(&["organization", "management_account"]);
    }
    account.unwrap_or(AccountId::DEFAULT)
}

/// Attached service control policies require that the type is enabled.
pub(super) fn check_enabled(first: Option<&Spanned<String>>, is_enabled: bool, check: &mut Check) {
    if let (false, Some(first)) = (is_enabled, first)
        && !check.is_lost(&["organization", "policy_types"])
    {
        let diagnostic = check.at(first.span, "service control policies are not enabled in this organization");
        check.push(diagnostic.expected("SERVICE_CONTROL_POLICY in the `policy_types` of `organization`"));
    }
}

/// The enabled policy types.
fn policy_types(
    written: Option<&[Spanned<String>]>,
    security_hub_policies: &[Spanned<String>],
    check: &mut Check,
) -> BTreeSet<PolicyType> {
    let Some(written) = written else {
        let of_hubs = (!security_hub_policies.is_empty()).then_some(PolicyType::SecurityHub);
        return [PolicyType::ServiceControl].into_iter().chain(of_hubs).collect();
    };
    let names = || PolicyType::ALL.iter().map(|kind| kind.as_str());
    let mut enabled = BTreeSet::new();
    for name in written {
        if let Some(kind) = PolicyType::parse(&name.value) {
            enabled.insert(kind);
            continue;
        }
        let diagnostic = check.at(name.span, format!("`{}` is not a policy type", name.value));
        let expected = format!("one of {}", names().collect::<Vec<_>>().join(", "));
        check.push(diagnostic.expected(expected).suggest(suggest::nearest(&name.value, names())));
        check.lose(&["organization", "policy_types"]);
    }
    if let Some(first) = security_hub_policies.first()
        && !enabled.contains(&PolicyType::SecurityHub)
        && !check.is_lost(&["organization", "policy_types"])
    {
        let diagnostic = check.at(first.span, "policies for Security Hub are not enabled in this organization");
        check.push(diagnostic.expected("SECURITYHUB_POLICY in the `policy_types` of `organization`"));
    }
    enabled
}

/// The settings of the delegated administrator, in all Regions.
fn configuration(
    auto_enable: Option<&Spanned<bool>>,
    standards: Option<&Spanned<AutoEnableStandards>>,
    has_administrator: bool,
    check: &mut Check,
) -> OrganizationConfiguration {
    let spans = [auto_enable.map(|it| it.span), standards.map(|it| it.span)];
    if let (false, Some(span)) = (has_administrator, spans.into_iter().flatten().next())
        && !check.is_lost(&["organization", "delegated_administrator"])
    {
        let diagnostic = check.at(span, "this setting requires a `delegated_administrator`");
        check.push(diagnostic.expected("a `delegated_administrator` in the `organization`"));
    }
    OrganizationConfiguration {
        auto_enable: auto_enable.is_some_and(|it| it.value),
        auto_enable_standards: standards.is_none_or(|it| it.value == AutoEnableStandards::Default),
    }
}

impl Valid {
    /// Returns whether it contains an account.
    pub(super) fn contains(&self, account: AccountId) -> bool {
        account == self.management_account || self.parents.contains_key(&account)
    }

    /// Returns whether the delegated administrator is not in the organization, which is an error.
    pub(super) fn is_administrator_outside(&self) -> bool {
        let parent = self.delegated_administrator.and_then(|account| self.parents.get(&account));
        parent.is_some_and(Option::is_none)
    }

    /// Returns whether service control policies are enabled.
    pub(super) fn has_service_control(&self) -> bool {
        self.policy_types.contains(&PolicyType::ServiceControl)
    }

    /// The policies for V2 hubs.
    pub(super) fn security_hub_policies(&self) -> &security_hub_policies::Valid {
        &self.security_hub_policies
    }

    /// Returns whether accounts that join become members.
    pub(super) fn enables_joined(&self) -> bool {
        self.configuration.auto_enable
    }

    /// The names of its units.
    pub(super) fn units(&self) -> impl Iterator<Item = &str> {
        self.units.iter().map(|unit| unit.name.as_str())
    }

    /// Its accounts.
    pub(super) fn accounts(&self) -> impl Iterator<Item = AccountId> {
        [self.management_account].into_iter().chain(self.parents.keys().copied())
    }
}

fn check_id(id: Option<&Spanned<String>>, prefix: &str, least: usize, check: &mut Check) {
    let Some(id) = id else { return };
    let fits = id.value.strip_prefix(prefix).is_some_and(|rest| {
        let length = rest.len();
        (least..=32).contains(&length) && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    if !fits {
        let diagnostic = check.at(id.span, format!("`{}` is not a valid ID", id.value));
        check.push(diagnostic.expected(format!("{prefix} followed by {least} to 32 lowercase letters and digits")));
    }
}

impl Tree<'_> {
    fn add(&mut self, units: Entries<WrittenUnit>, parent: Option<usize>, depth: usize, check: &mut Check) {
        for (name, written) in units.0 {
            if depth > DEPTH {
                let diagnostic = check.at(name.span, format!("the unit `{}` is nested too deeply", name.value));
                check.push(diagnostic.expected(format!("at most {DEPTH} levels of units")));
                check.lose(&["organization", "units"]);
                continue;
            }
            if name.value.trim().is_empty() || name.value.chars().count() > 128 {
                let diagnostic = check.at(name.span, format!("`{}` is not a valid unit name", name.value));
                check.push(diagnostic.expected("1 to 128 characters"));
            }
            let unit = self.units.len();
            let (service_control, security_hub_policies) =
                security_hub_policies::split(written.policies, self.security_hub_policies);
            check_enabled(service_control.first(), self.has_service_control, check);
            let attached = Attached { policies: &service_control, full_aws_access: written.full_aws_access.as_ref() };
            let policies = self.policies.attached(&attached, check);
            self.units.push(ValidUnit { name: name.value, parent, policies, security_hub_policies });
            for AccountText(account) in &written.accounts {
                self.add_account(account, unit, check);
            }
            self.add(written.units, Some(unit), depth + 1, check);
        }
    }

    fn add_account(&mut self, written: &Spanned<String>, unit: usize, check: &mut Check) {
        let Some(account) = check.account(written) else { return check.lose(&["organization", "units"]) };
        match self.parents.get(&account) {
            None => _ = self.parents.insert(account, (Some(unit), written.span)),
            Some((_, earlier)) => {
                let line = check.line(*earlier, written.span);
                let diagnostic = check.at(written.span, format!("{account} is already in a unit ({line})"));
                check.push(diagnostic.expected("each account in at most one unit"));
            }
        }
    }
}

/// Adds the organization and its accounts to the directory.
pub(super) fn apply(valid: &Valid, ids: &IdSource, now: Timestamp, directory: &mut Directory) {
    let id = valid.id.clone().unwrap_or_else(|| format!("o-{}", ids.word(10)));
    let root_id = valid.root_id.clone().unwrap_or_else(|| format!("r-{}", ids.word(4)));
    let root = root_id.trim_start_matches("r-");
    let unit_ids: Vec<String> = valid.units.iter().map(|_| format!("ou-{root}-{}", ids.word(8))).collect();
    let named = |unit: usize| unit_ids.get(unit).or_report("a unit has an id");
    let unit_id = |unit: Option<usize>| unit.and_then(named).unwrap_or(&root_id).clone();
    let units = valid.units.iter().zip(&unit_ids);
    let attached = units.clone().map(|(unit, id)| (id, &unit.policies)).chain([(&root_id, &valid.policies)]);
    let attached = attached.filter(|(_, policies)| !policies.is_empty());
    directory.policies.service_control.extend(attached.map(|(id, policies)| (id.clone(), policies.clone())));
    let units =
        units.map(|(unit, id)| (id.clone(), Unit { name: unit.name.clone(), parent: unit_id(unit.parent) })).collect();
    let mut parents = BTreeMap::from([(valid.management_account, root_id.clone())]);
    parents.extend(valid.parents.iter().map(|(account, unit)| (*account, unit_id(*unit))));
    for account in parents.keys() {
        directory.accounts.entry(*account).or_insert_with(|| Account::unknown(*account));
    }
    let service_access = valid.service_access.iter().map(|service| (service.clone(), now)).collect();
    let mut organization = Organization {
        units,
        parents: parents.into(),
        service_access,
        ..Organization::new(id, root_id, valid.management_account, now)
    };
    organization.policies.enabled.clone_from(&valid.policy_types);
    let of_units = valid.units.iter().map(|unit| &unit.security_hub_policies).zip(&unit_ids);
    let root_id = organization.root_id.clone();
    for (names, target) in of_units.chain([(&valid.security_hub_policies_of_root, &root_id)]) {
        security_hub_policies::attach(&valid.security_hub_policies, names, target, ids, &mut organization);
    }
    organization.security_hub_v2_administrator = valid.delegated_administrator_v2;
    if let Some(account) = valid.delegated_administrator_v2 {
        register(&mut organization, account, now);
    }
    if let Some(account) = valid.delegated_administrator {
        delegate(&mut organization, account, &directory.regions, now);
        let regions = directory.regions.iter();
        organization.configurations = regions.map(|region| (region.clone(), valid.configuration)).collect();
    }
    directory.organization = Some(organization);
}

/// Grants trusted access and registers the delegated administrator, unless it is the management account (ORG-02).
fn register(organization: &mut Organization, account: AccountId, now: Timestamp) {
    organization.service_access.entry(SERVICE_PRINCIPAL.to_owned()).or_insert(now);
    if account != organization.management_account {
        organization.delegated_administrators.insert((SERVICE_PRINCIPAL.to_owned(), account), now);
    }
}

/// Makes an account the delegated administrator in all Regions.
fn delegate(organization: &mut Organization, account: AccountId, regions: &[Region], now: Timestamp) {
    register(organization, account, now);
    organization.security_hub_administrators = regions.iter().map(|region| (region.clone(), account)).collect();
}
