//! Replicas of the V2 half: copies of the findings of Regions that are no longer linked (AGV-08).
//!
//! As in the classic half, a copy expires and changes only in the home Region, and is dropped when its finding is shown
//! again. Only the account whose aggregator linked the Region sees it, because members do not inherit aggregators of the
//! V2 half.

use securityhub_engine::{Key, Stored};

use super::visibility;
use crate::domain::findings::{document, expiry};
use crate::ocsf::native;
use crate::state::{AccountId, AggregatorV2, Directory, Region, TableKey, Transaction, World};

/// Leaves copies of the findings that an account saw in the Regions that its aggregator linked, except those that are
/// still linked.
pub fn leave(
    transaction: &mut Transaction<'_>,
    world: &World,
    account: AccountId,
    before: &AggregatorV2,
    is_linked: impl Fn(&Region) -> bool,
) {
    for view in visibility::linked(world, &world.relations(), account, before) {
        if !is_linked(&view.table.region) {
            let table = TableKey::replicas_v2(&before.home, &view.table, account);
            let shown = view.filter_of_all_times(world);
            transaction.store_replicas(&table, &shown, |document| key(world, document));
            expiry::schedule_sweeps(transaction, world, &table);
        }
    }
}

/// Returns whether an account sees the findings of an owner in a Region that is linked to its home Region.
pub fn is_linked(
    directory: &Directory,
    viewer: AccountId,
    owner: AccountId,
    (home, region): (&Region, &Region),
) -> bool {
    let aggregator = visibility::aggregator_of(directory, viewer);
    aggregator.is_some_and(|aggregator| aggregator.home == *home && aggregator.links(region))
        && (viewer == owner || visibility::administrator_of(directory, owner) == Some(viewer))
}

/// The key of a stored finding in its table.
pub fn key(world: &World, document: &[u8]) -> Option<Key> {
    if std::str::from_utf8(document).is_ok_and(native::is_native) {
        return world.ocsf().uid(Stored { document, annex: &[] }).map(|uid| native::key(&uid));
    }
    document::key(document)
}
