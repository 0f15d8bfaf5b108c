//! The findings that a caller sees.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use securityhub_engine::{Filter, Layer, Part, Scope, Slot};

use crate::domain::caller::Caller;
use crate::domain::findings::document;
use crate::state::{AccountId, Findings, HubKey, MemberStatus, Region, Relations, TableKey, World};

/// The findings of one table that a caller sees. No finding is part of two views.
#[derive(Clone, Debug)]
pub struct View {
    /// The table where they are stored.
    pub table: TableKey,
    /// The accounts that own them.
    accounts: Arc<HashSet<String>>,
    /// In a linked Region, only findings written since it was linked (AGG-13).
    scope: Scope,
}

/// The findings that a caller sees: those of its Region, the replicas that other Regions left there (AGG-14) and, if
/// its Region is a home Region, those of the linked Regions (VIS-03). Views are computed for each call, so a change of
/// relations takes effect at once (VIS-02).
///
/// Replicas come before linked Regions. If a replica is dropped while a caller reads, its finding may appear twice, at
/// the same position; in the other order it could be missed.
pub fn views(world: &World, caller: &Caller) -> Vec<View> {
    // All views use one value of the relations, so a caller sees a change of relations completely or not at all.
    let relations = world.relations();
    let own = accounts(&relations, caller.account(), &caller.region);
    let mut views = vec![View { table: TableKey::from(&caller.region), accounts: own, scope: Scope::All }];
    let is_replicas = |table: &TableKey| table.region == caller.region && table.viewer.is_none();
    for table in world.replica_tables().into_iter().filter(is_replicas) {
        // Members of the other Region decide whose replicas are shown (AGG-15, ROL-30).
        let accounts = accounts(&relations, caller.account(), table.origin.as_ref().unwrap_or(&table.region));
        views.push(View { table, accounts, scope: Scope::All });
    }
    for region in linked(&relations, caller, world.finding_regions()) {
        let accounts = accounts(&relations, caller.account(), &region);
        views.push(View { table: TableKey::from(&region), accounts, scope: Scope::Visible(Layer::First) });
    }
    views
}

/// The enabled hubs whose findings the caller sees, its own in its own Region first (SCO-09, SCO-10).
pub fn hubs(world: &World, caller: &Caller) -> Vec<HubKey> {
    let (account, relations) = (caller.account(), world.relations());
    let linked = linked(&relations, caller, relations.hub_regions());
    let regions = std::iter::once(caller.region.clone()).chain(linked);
    let seen = |region: Region| {
        let members = enabled_members(&relations, account, &region);
        std::iter::once(account).chain(members).map(move |account| HubKey { account, region: region.clone() })
    };
    regions.flat_map(seen).collect()
}

/// The Regions among `regions` that are linked to the caller's and in which its hub is enabled (AGG-04).
fn linked(relations: &Relations, caller: &Caller, regions: BTreeSet<Region>) -> Vec<Region> {
    let directory = relations.directory();
    if directory.aggregators.is_empty() {
        return Vec::new();
    }
    let account = caller.account();
    let is_linked = |region: &Region| {
        directory.home(account, region) == Some(&caller.region)
            && relations.is_on(&HubKey { account, region: region.clone() })
    };
    regions.into_iter().filter(is_linked).collect()
}

/// The accounts whose findings in a Region an account sees: itself and, for an administrator, its enabled members there
/// whose hubs are enabled (VIS-01, HUB-18, AGG-15).
fn accounts(relations: &Relations, account: AccountId, region: &Region) -> Arc<HashSet<String>> {
    let key = HubKey { account, region: region.clone() };
    if !relations.directory().members.contains_key(&(account, region.clone())) {
        return Arc::new(HashSet::from([account.to_string()]));
    }
    relations.visible_accounts(&key, || {
        let members = enabled_members(relations, account, region);
        members.into_iter().chain([account]).map(|account| account.to_string()).collect()
    })
}

/// The enabled members of an account in a Region whose hubs are enabled (VIS-01, HUB-18).
fn enabled_members(relations: &Relations, account: AccountId, region: &Region) -> Vec<AccountId> {
    let is_on = |member: &AccountId| relations.is_on(&HubKey { account: *member, region: region.clone() });
    relations.directory().enabled_members(account, region).into_iter().filter(is_on).collect()
}

impl View {
    /// A filter that selects the accounts of the view.
    pub fn filter(&self, world: &World) -> Filter {
        in_set(world, Arc::clone(&self.accounts))
    }

    /// The part of the table that the view may show.
    pub fn part<'f>(&self, findings: &'f Findings) -> Part<'f> {
        findings.table().within(self.scope)
    }

    /// Returns whether the view shows the finding in a slot of its table.
    pub fn shows(&self, findings: &Findings, slot: Slot) -> bool {
        let owner = document::owner(findings.table().document(slot));
        owner.is_some_and(|owner| self.accounts.contains(&*owner)) && self.part(findings).has(slot)
    }
}

/// A filter that selects the findings of these accounts.
pub fn of_accounts<'a>(world: &World, accounts: impl IntoIterator<Item = &'a AccountId>) -> Filter {
    in_set(world, Arc::new(accounts.into_iter().map(ToString::to_string).collect()))
}

fn in_set(world: &World, values: Arc<HashSet<String>>) -> Filter {
    match world.schema().field("AwsAccountId") {
        Some(field) => Filter::In { field, values },
        None => Filter::nothing(),
    }
}

/// Reason why a caller sees or does not see the findings of an account in a table of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// The findings are its own.
    Own,
    /// The account is its enabled member.
    Member,
    /// The caller's own hub is disabled, so it reads nothing (VIS-05).
    CallerIsOff,
    /// The table belongs to another Region that is not linked to the caller's.
    Elsewhere,
    /// The table belongs to a linked Region in which the caller's own hub is disabled (AGG-04).
    LinkedIsOff,
    /// The account is its enabled member, but the hub of that account is disabled (HUB-18).
    MemberIsOff,
    /// The account is a member with another status.
    NotEnabled(MemberStatus),
    /// The account is its administrator (VIS-01).
    Administrator,
    /// The account is not a member.
    NoMember,
}

impl Visibility {
    /// Returns whether the findings are seen.
    pub fn is_visible(self) -> bool {
        matches!(self, Visibility::Own | Visibility::Member)
    }
}

/// Returns whether and why a caller sees the findings of `owner` in a table: the decision of [`views`] with its reason
/// (VIS-01, VIS-03, VIS-05).
pub fn visibility_of(world: &World, caller: &Caller, table: &TableKey, owner: AccountId) -> Visibility {
    let relations = world.relations();
    let is_on = |account, region: &Region| relations.is_on(&HubKey { account, region: region.clone() });
    let (account, region, directory) = (caller.account(), &table.region, relations.directory());
    if !is_on(account, &caller.region) {
        return Visibility::CallerIsOff;
    }
    if *region != caller.region {
        if table.origin.is_some() || directory.home(account, region) != Some(&caller.region) {
            return Visibility::Elsewhere;
        }
        if !is_on(account, region) {
            return Visibility::LinkedIsOff;
        }
    }
    if owner == account {
        return Visibility::Own;
    }
    // For a replica, the members of the Region that left it count.
    let region = table.origin.as_ref().unwrap_or(region);
    let members = directory.members.get(&(account, region.clone()));
    match members.and_then(|members| members.get(&owner)).map(|member| member.status) {
        Some(MemberStatus::Enabled) if is_on(owner, region) => Visibility::Member,
        Some(MemberStatus::Enabled) => Visibility::MemberIsOff,
        _ if directory.administrator(account, region) == Some(owner) => Visibility::Administrator,
        Some(status) => Visibility::NotEnabled(status),
        None => Visibility::NoMember,
    }
}
