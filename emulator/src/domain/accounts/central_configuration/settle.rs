//! Settling: applies the governing policies to accounts, in the home Region and the Regions linked to it (CCF-27 …
//! CCF-32, CCF-40 … CCF-42).

use std::collections::BTreeSet;

use super::record::edit;
use super::{apply, linked};
use crate::domain::accounts::hub;
use crate::domain::accounts::members::organization::{Joining, become_organization_member, may_be_enabled};
use crate::domain::governance::{self, PolicyRegions, is_below, targets};
use crate::domain::{hub_access, schedule};
use crate::state::{
    AccountId, CentralConfiguration, ConfigRecorder, Directory, Due, Governance, HubKey, Organization, Outcome,
    PolicyContent, Region, Settled, Timestamp, Transaction, World,
};

/// Settles a target and all targets below it, at once or after the delay of the scenario. They are pending until then
/// (CCF-27).
pub fn begin(transaction: &mut Transaction<'_>, world: &World, top: &str, now: Timestamp) {
    let delay = transaction.delays().policy_association;
    if delay.is_zero() {
        below(transaction, world, top, now);
        return;
    }
    let directory = transaction.directory();
    let Some(organization) = &directory.organization else { return };
    let all = targets(organization).filter(|target| is_below(organization, target, top));
    let all: Vec<(String, bool)> =
        all.map(|it| (it.clone(), governance::of_target(organization, &it).is_some())).collect();
    for (target, is_governed) in all {
        let pending = Settled { updated_at: now, outcome: Outcome::Pending };
        store_result(transaction, &target, is_governed.then_some(pending));
    }
    schedule::after(transaction, now, delay, Due::SettleAssociations(top.to_owned()));
}

/// Called when the delay of a change is over. Settles the target and all below it, except those that were changed
/// later, which stay pending until their own time. Parents are settled with the last of their children (CCF-27).
pub fn settle_due(transaction: &mut Transaction<'_>, world: &World, top: &str, now: Timestamp) {
    linked::update_regions(transaction, world, now);
    let oldest = oldest_pending(transaction, now);
    let directory = transaction.directory();
    let Some(organization) = &directory.organization else { return };
    let Some(central) = &organization.central else { return };
    let is_due = |target: &str| {
        let pending = central.settled.get(target).filter(|settled| settled.outcome == Outcome::Pending);
        pending.is_none_or(|settled| settled.updated_at <= oldest)
    };
    let below = targets(organization).filter(|target| is_below(organization, target, top));
    let accounts: Vec<AccountId> =
        below.filter(|it| is_due(it)).filter_map(|account| AccountId::parse(&account)).collect();
    let is_related = |it: &String| is_below(organization, it, top) || is_below(organization, top, it);
    let parents = targets(organization).filter(|it| AccountId::parse(it).is_none() && is_related(it) && is_due(it));
    let parents: Vec<String> =
        parents.filter(|it| is_below(organization, it, top) || is_pending(central, it)).collect();
    for account in accounts {
        settle_account(transaction, world, account, now);
    }
    for parent in parents {
        settle_parent(transaction, &parent, now);
    }
}

/// Targets that have been pending since this time or longer are settled (CCF-27).
fn oldest_pending(transaction: &Transaction<'_>, now: Timestamp) -> Timestamp {
    now.checked_sub(transaction.delays().policy_association).unwrap_or(Timestamp::MIN)
}

fn is_pending(central: &CentralConfiguration, target: &str) -> bool {
    central.settled.get(target).is_some_and(|settled| settled.outcome == Outcome::Pending)
}

/// Derives the status of the root or a unit from its accounts; it is pending while one of them is.
fn settle_parent(transaction: &mut Transaction<'_>, parent: &str, now: Timestamp) {
    let directory = transaction.directory();
    let Some(organization) = &directory.organization else { return };
    let Some(central) = &organization.central else { return };
    let mut accounts = organization.parents.keys().map(ToString::to_string);
    if accounts.any(|account| is_pending(central, &account) && is_below(organization, &account, parent)) {
        return;
    }
    let failure = failure_below(organization, parent);
    let is_governed = governance::of_target(organization, parent).is_some();
    store_result(transaction, parent, is_governed.then(|| Settled { updated_at: now, outcome: outcome(failure) }));
}

/// Settles a target and all below it, accounts before their parents (CCF-27).
pub fn below(transaction: &mut Transaction<'_>, world: &World, top: &str, now: Timestamp) {
    linked::update_regions(transaction, world, now);
    let directory = transaction.directory();
    let Some(organization) = directory.organization.as_ref().filter(|it| it.central.is_some()) else { return };
    let all: Vec<String> = targets(organization).filter(|target| is_below(organization, target, top)).collect();
    let (accounts, parents): (Vec<String>, Vec<String>) =
        all.into_iter().partition(|target| AccountId::parse(target).is_some());
    for account in accounts.iter().filter_map(|account| AccountId::parse(account)) {
        settle_account(transaction, world, account, now);
    }
    for parent in parents {
        settle_parent(transaction, &parent, now);
    }
}

/// Called when an account has joined, moved (CCF-42), or is active again (CCF-28).
pub fn account_moved(transaction: &mut Transaction<'_>, world: &World, account: AccountId, now: Timestamp) {
    if transaction.directory().organization.as_ref().is_some_and(|organization| organization.central.is_some()) {
        linked::update_regions(transaction, world, now);
        settle_account(transaction, world, account, now);
    }
}

/// Called when an account has enabled its hub. The association of a management account, which failed before, is settled
/// (CCF-46); its parents keep their status (CCF-28).
pub fn hub_enabled(transaction: &mut Transaction<'_>, world: &World, account: AccountId, now: Timestamp) {
    if governance::is_failed_management_account(transaction.directory(), account) {
        account_moved(transaction, world, account, now);
    }
}

/// Settles `parent` and the units above it after an account left them: their status follows from the remaining accounts
/// (CCF-45), and they no longer wait for the account. Parents that still contain the account keep their status, because
/// later changes of a child do not affect it (CCF-28).
pub fn account_left(transaction: &mut Transaction<'_>, account: AccountId, parent: &str, now: Timestamp) {
    let directory = transaction.directory();
    let Some(organization) = &directory.organization else { return };
    let Some(central) = &organization.central else { return };
    let oldest = oldest_pending(transaction, now);
    let may_change = |id: &String| match central.settled.get(id) {
        Some(Settled { outcome: Outcome::Failed(_), .. }) => true,
        Some(Settled { outcome: Outcome::Pending, updated_at }) => *updated_at <= oldest,
        Some(Settled { outcome: Outcome::Success, .. }) | None => false,
    };
    let chain = std::iter::successors(Some(parent.to_owned()), |id| governance::above(organization, id));
    let former_parents = chain.filter(|id| may_change(id) && !is_below(organization, account.as_str(), id));
    let former_parents: Vec<String> = former_parents.collect();
    for parent in former_parents {
        settle_parent(transaction, &parent, now);
    }
}

/// The message of a parent with failed accounts (CCF-29).
fn failure_below(organization: &Organization, parent: &str) -> Option<String> {
    let central = organization.central.as_ref()?;
    let failed: Vec<&String> = central
        .settled
        .iter()
        .filter(|(id, settled)| AccountId::parse(id).is_some() && matches!(settled.outcome, Outcome::Failed(_)))
        .map(|(id, _)| id)
        .filter(|id| is_below(organization, id, parent))
        .collect();
    if failed.is_empty() {
        return None;
    }
    if parent != organization.root_id {
        return Some("One or more children under this target failed association.".to_owned());
    }
    // The message of the root counts its direct children.
    let children =
        targets(organization).filter(|child| governance::above(organization, child).as_deref() == Some(parent));
    let count = children.filter(|child| failed.iter().any(|id| is_below(organization, id, child))).count();
    Some(format!("Policy association failed because {count} organizational units or accounts under this root failed."))
}

fn settle_account(transaction: &mut Transaction<'_>, world: &World, account: AccountId, now: Timestamp) {
    let directory = transaction.directory();
    let Some(organization) = &directory.organization else { return };
    let Some(central) = &organization.central else { return };
    let governance = governance::of_target(organization, account.as_str()).map(|(governance, _)| governance.clone());
    let policy = match &governance {
        Some(Governance::Policy(id)) => central.policies.get(id).map(|policy| policy.content.clone()),
        Some(Governance::SelfManaged) | None => None,
    };
    let administrator = central.administrator;
    let regions = governance::regions(world, directory, administrator);
    let home = central.home.clone();
    let mut failure = policy.as_ref().and_then(|content| obstacle(transaction, directory, account, content, &regions));
    let policy_regions = PolicyRegions { home: &home, regions: &regions };
    if let (Some(content), None) = (&policy, &failure) {
        for region in regions.iter().cloned() {
            let administrator = HubKey { account: administrator, region };
            apply_in_region(transaction, &administrator, account, content, policy_regions, now);
        }
        failure = missing_recorder(transaction, account, content, &regions);
    }
    let settled = governance.map(|_| Settled { updated_at: now, outcome: outcome(failure) });
    store_result(transaction, account.as_str(), settled);
}

/// The reason why a policy cannot be applied to an account (CCF-31). The sentences are `inferred`.
fn obstacle<'r>(
    transaction: &Transaction<'_>,
    directory: &Directory,
    account: AccountId,
    content: &PolicyContent,
    regions: impl IntoIterator<Item = &'r Region> + Copy,
) -> Option<String> {
    let key = |region: &Region| HubKey { account, region: region.clone() };
    let is_off = |region: &Region| hub_access::enabled(transaction, &key(region)).is_err();
    let is_management = governance::is_management_account(directory, account);
    let central = directory.organization.as_ref().and_then(|it| it.central.as_ref());
    let is_administrator = central.is_some_and(|central| central.administrator == account);
    let has_members = |region: &Region| {
        let members = directory.members.get(&(account, region.clone()));
        members.is_some_and(|members| members.values().any(|member| member.status.is_live()))
    };
    if directory.is_out_of_use(account) {
        return Some("The account is suspended.".to_owned());
    }
    if is_management && *content != PolicyContent::Off && regions.into_iter().any(is_off) {
        return Some("Security Hub is not enabled in the organization management account.".to_owned());
    }
    if !is_administrator && regions.into_iter().any(has_members) {
        return Some("The account administers member accounts.".to_owned());
    }
    None
}

/// Without a recorder, standards are enabled but their controls have no findings (CCF-31). The sentence is `inferred`.
fn missing_recorder(
    transaction: &Transaction<'_>,
    account: AccountId,
    content: &PolicyContent,
    regions: &BTreeSet<Region>,
) -> Option<String> {
    let PolicyContent::On { standards, .. } = content else { return None };
    let records_not = |region: &&Region| {
        let hub = transaction.hub(&HubKey { account, region: (*region).clone() });
        hub.is_some_and(|hub| hub.config_recorder == ConfigRecorder::Off)
    };
    let region = regions.iter().find(records_not).filter(|_| !standards.is_empty())?;
    Some(format!("AWS Config does not record in {region}."))
}

/// Applies a policy in one Region. The administrator's own hub is never disabled (CCF-32).
fn apply_in_region(
    transaction: &mut Transaction<'_>,
    administrator: &HubKey,
    account: AccountId,
    content: &PolicyContent,
    policy_regions: PolicyRegions<'_>,
    now: Timestamp,
) {
    let key = HubKey { account, region: administrator.region.clone() };
    if *content == PolicyContent::Off {
        if account != administrator.account {
            hub::disable::switch_off(transaction, &key, now);
        }
        return;
    }
    hub::switch_on(transaction, &key, now);
    if may_be_enabled(transaction.directory(), administrator, account) {
        become_organization_member(transaction, administrator, account, Joining::default(), now);
    }
    apply::to_hub(transaction, &key, content, policy_regions, now);
}

fn outcome(failure: Option<String>) -> Outcome {
    failure.map_or(Outcome::Success, Outcome::Failed)
}

/// Stores the result for a target; none if nothing governs it.
fn store_result(transaction: &mut Transaction<'_>, target: &str, settled: Option<Settled>) {
    edit(transaction, |central| match settled {
        Some(settled) => _ = central.settled.insert(target.to_owned(), settled),
        None => _ = central.settled.remove(target),
    });
}
