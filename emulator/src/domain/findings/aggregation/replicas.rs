//! Hides findings and stores their replicas when Regions are linked and unlinked. Replicas of the V2 half are stored by
//! [`v2::replicas`]; this file drops replicas of both halves.
//!
//! A finding that was written before its Region was linked is hidden until it is written again (AGG-13). A Region
//! that is unlinked leaves replicas of the findings that were shown (AGG-10, AGG-14): copies in the home Region, which
//! expire and change there only. A replica is dropped when its finding is shown again, so a finding is never shown
//! twice.

use std::collections::BTreeSet;

use securityhub_engine::{Key, Layer, Scope, Slot};

use crate::domain::findings::{document, expiry, v2, visibility};
use crate::domain::hub_access;
use crate::state::{AccountId, Directory, Findings, FindingsTransaction, HubKey, Region, TableKey, Transaction, World};

/// A link from a Region to its home Region, of one account or several.
#[derive(Debug)]
struct Link {
    home: Region,
    region: Region,
    accounts: BTreeSet<AccountId>,
}

/// The effect of a change of relations on findings.
#[derive(Debug, Default)]
struct Changed {
    /// Links that end.
    ended: Vec<Link>,
    /// Links that begin because a Region is linked.
    linked: Vec<Link>,
    /// Links of accounts that became members of an administrator whose Regions were linked before.
    joined: Vec<Link>,
}

/// Applies the effect of the relations that a transaction has staged to findings: aggregators that were created,
/// changed or deleted, members that joined or left. Must be called before the transaction is committed.
///
/// The earlier findings of a new member are shown at once, since the Region was linked before (AGG-13, `inferred`).
/// The findings of a member that leaves stay as replicas in its own home Region (AGG-16, `inferred`).
pub fn apply_relation_changes(transaction: &mut Transaction<'_>, world: &World) {
    let before = world.directory();
    let Some(after) = transaction.staged_directory() else { return };
    if before.aggregators.is_empty() && after.aggregators.is_empty() {
        return;
    }
    let members: Vec<AccountId> =
        after.aggregators.keys().copied().filter(|account| after.is_member(*account)).collect();
    if !members.is_empty() {
        // The administrator's settings replace a member's own settings, which are not restored later (AGG-16, AGG-22).
        transaction.edit_directory(|directory| directory.aggregators.retain(|owner, _| !members.contains(owner)));
    }
    let Some(after) = transaction.staged_directory() else { return };
    let changed = changed(world, &before, after);
    for link in &changed.ended {
        store_replicas(transaction, world, link);
    }
    for link in &changed.linked {
        transaction.hide_findings(
            &TableKey::from(&link.region),
            Layer::First,
            &visibility::of_accounts(world, &link.accounts),
        );
    }
    for link in &changed.joined {
        drop_shown_replicas(transaction, world, link);
    }
}

fn changed(world: &World, before: &Directory, after: &Directory) -> Changed {
    let owners: BTreeSet<AccountId> = before.aggregators.keys().chain(after.aggregators.keys()).copied().collect();
    let mut changed = Changed::default();
    for region in world.finding_regions() {
        for owner in &owners {
            let (was, is) = (home(before, *owner, &region), home(after, *owner, &region));
            let hub = (*owner, region.clone());
            if was == is && (was.is_none() || before.members.get(&hub) == after.members.get(&hub)) {
                continue;
            }
            let link = |home: &Region, accounts| Link { home: home.clone(), region: region.clone(), accounts };
            let (earlier, later) = (shown_accounts(before, *owner, &region), shown_accounts(after, *owner, &region));
            match (was, is) {
                (Some(was), Some(is)) if was == is => {
                    changed.ended.push(link(was, earlier.difference(&later).copied().collect()));
                    changed.joined.push(link(is, later.difference(&earlier).copied().collect()));
                }
                (was, is) => {
                    changed.ended.extend(was.map(|was| link(was, earlier)));
                    changed.linked.extend(is.map(|is| link(is, later)));
                }
            }
        }
    }
    changed
}

/// The home Region to which an account's aggregator links a Region.
fn home<'d>(directory: &'d Directory, owner: AccountId, region: &Region) -> Option<&'d Region> {
    let aggregator = directory.aggregators.get(&owner)?;
    aggregator.links(region).then_some(&aggregator.home)
}

/// The accounts whose findings of a Region an account's aggregator shows (AGG-15).
fn shown_accounts(directory: &Directory, owner: AccountId, region: &Region) -> BTreeSet<AccountId> {
    let mut accounts = directory.enabled_members(owner, region);
    accounts.insert(owner);
    accounts
}

/// Leaves replicas of the findings that were shown until now. They are dropped when they expire.
fn store_replicas(transaction: &mut Transaction<'_>, world: &World, link: &Link) {
    let Link { home, region, accounts } = link;
    let is_on =
        |account: &&AccountId| hub_access::is_enabled(world, &HubKey { account: **account, region: region.clone() });
    let shown = visibility::of_accounts(world, accounts.iter().filter(is_on));
    let table = TableKey::replicas(home, region);
    transaction.store_replicas(&table, &shown, document::key);
    expiry::schedule_sweeps(transaction, world, &table);
}

/// Drops the replicas of findings that are shown again.
fn drop_shown_replicas(transaction: &mut Transaction<'_>, world: &World, link: &Link) {
    let table = TableKey::replicas(&link.home, &link.region);
    let filter = visibility::of_accounts(world, &link.accounts);
    let keys = world.read_findings(&table, |replicas| {
        let table = replicas.table();
        let slots = table.within(Scope::All).matching(&filter);
        slots.into_iter().filter_map(|slot| document::key(table.document(slot))).collect::<Vec<Key>>()
    });
    let mut keys = keys.unwrap_or_default();
    world.read_findings(&link.region, |findings| {
        let shown = findings.table().within(Scope::Visible(Layer::First));
        keys.retain(|key| findings.table().find(key).is_some_and(|slot| shown.has(slot)));
    });
    if !keys.is_empty() {
        transaction.drop_replicas(&table, &keys);
    }
}

/// Returns whether replicas of the findings of this table exist.
pub fn has_replicas(world: &World, table: &TableKey) -> bool {
    table.origin.is_none() && world.replica_tables().iter().any(|other| other.source().as_ref() == Some(table))
}

/// Owners and keys of the findings in these slots.
pub fn keys(world: &World, findings: &Findings, slots: &[Slot]) -> Vec<(AccountId, Key)> {
    let key = |slot: &Slot| {
        let document = findings.table().document(*slot);
        Some((AccountId::parse(&document::owner(document)?)?, v2::replicas::key(world, document)?))
    };
    slots.iter().filter_map(key).collect()
}

/// Drops the replicas of findings of a table that have been written and are shown from now on. `written` returns their
/// owners and keys; it is called only if there are replicas.
pub fn supersede(
    transaction: &mut FindingsTransaction<'_>,
    world: &World,
    table: &TableKey,
    written: impl FnOnce() -> Vec<(AccountId, Key)>,
) {
    let mut tables = world.replica_tables();
    tables.retain(|replicas| replicas.source().as_ref() == Some(table));
    if tables.is_empty() {
        return;
    }
    // When a Region is unlinked, its replicas exist before the new relations are committed. Holding the relations makes
    // this call wait for such a commit.
    let directory = transaction.lock_relations().directory();
    let written = written();
    let superseded = |replicas: TableKey| {
        let (home, region) = (&replicas.region, &table.region);
        let is_shown = |owner: AccountId| match replicas.viewer {
            None => directory.home(owner, region) == Some(home),
            Some(viewer) => v2::replicas::is_linked(directory, viewer, owner, (home, region)),
        };
        let shown = written.iter().filter(|(owner, _)| is_shown(*owner)).map(|(_, key)| key.clone());
        let mut keys: Vec<Key> = shown.collect();
        // If the Region was linked between the write and now, the finding is hidden and its replica is still needed.
        let layer = if replicas.viewer.is_some() { Layer::Second } else { Layer::First };
        world.read_findings(table, |findings| {
            let shown = findings.table().within(Scope::Visible(layer));
            keys.retain(|key| findings.table().find(key).is_some_and(|slot| shown.has(slot)));
        });
        (keys, replicas)
    };
    let superseded: Vec<(Vec<Key>, TableKey)> = tables.into_iter().map(superseded).collect();
    for (keys, table) in superseded {
        transaction.drop_replicas(&table, &keys);
    }
}
