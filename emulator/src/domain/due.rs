//! What AWS does later, done when its time has come.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::aggregation::replicas;
use super::central_configuration::settle;
use super::checks;
use super::findings::document::Finding;
use super::findings::expiry;
use super::organization;
use super::standards::{security_controls, subscriptions};
use crate::state::{AccountId, Due, HubKey, Phase, Timestamp, Transaction, World};

/// Stages `due` for `after` from `now`; the end of time stands for any later time.
pub fn put(transaction: &mut Transaction<'_>, now: Timestamp, after: SignedDuration, due: Due) {
    transaction.put_due(now.checked_add(after).unwrap_or(Timestamp::MAX), due);
}

/// Does all that is due at `now`, in order.
pub fn run(world: &World, now: Timestamp) {
    // One sweep sees all that has expired, however many were due.
    let mut swept = BTreeSet::new();
    while let Some((at, due)) = world.take_due(now) {
        let mut transaction = world.write();
        match due {
            Due::SweepFindings(region) => {
                if swept.insert(region.clone()) {
                    expiry::sweep(world, &region, now);
                }
            }
            Due::DropArchivedFindings(hub, since) if is_dormant(world, &hub, since) => {
                transaction
                    .drop_findings(&hub.region, |document| is_of(document, hub.account) && is_archived(document));
            }
            Due::ForgetHub(hub, since) if is_dormant(world, &hub, since) => {
                transaction.drop_findings(&hub.region, |document| is_of(document, hub.account));
                transaction.forget_hub(&hub);
            }
            Due::ForgetAccount(account, since) => {
                organization::accounts::forget(&mut transaction, world, account, since);
                replicas::follow(&mut transaction, world);
            }
            Due::SettleStandard(hub, standard, since) => {
                // What follows from it counts from then, however late somebody looks.
                subscriptions::settle(&mut transaction, &hub, standard, since, at);
            }
            Due::SettleControl(hub, control, since) => {
                security_controls::settle(&mut transaction, &hub, control, since, now);
            }
            Due::SettleAssociations(target) => settle::ripen(&mut transaction, world, &target, now),
            Due::Check(hub, scope) => {
                // As when several standards are enabled at once: all that is to be checked is checked once.
                let mut scopes = world.take_checks(now, &hub);
                scopes.push(scope);
                checks::run(world, &mut transaction, &hub, &scopes, now);
            }
            // The hub was enabled again meanwhile.
            Due::DropArchivedFindings(..) | Due::ForgetHub(..) => {}
        }
        transaction.commit();
    }
}

/// The clock was moved: what has expired by now is dropped without waiting for the sweep of its hour (RET-01).
pub fn clock_was_moved(world: &World, now: Timestamp) {
    run(world, now);
    for region in world.finding_regions() {
        expiry::sweep(world, &region, now);
    }
}

fn is_dormant(world: &World, hub: &HubKey, since: Timestamp) -> bool {
    world.hub(hub).is_some_and(|hub| hub.phase == Phase::Dormant(since))
}

/// Whether a stored finding is of an account.
pub(super) fn is_of(document: &[u8], account: AccountId) -> bool {
    Finding::stored(document).string("AwsAccountId").is_some_and(|owner| owner == account.as_str())
}

fn is_archived(document: &[u8]) -> bool {
    Finding::stored(document).string("RecordState").is_some_and(|state| state == "ARCHIVED")
}
