//! What AWS does later, done when its time has come.

use crate::domain::accounts::central_configuration::settle;
use crate::domain::accounts::organization;
use crate::domain::controls::standards::{new_controls, security_controls, subscriptions};
use crate::domain::controls::{checks, scores};
use crate::domain::findings::aggregation::replicas;
use crate::domain::findings::document::Finding;
use crate::domain::findings::expiry;
use crate::state::{Due, HubKey, Phase, Timestamp, Transaction, World};

/// Does all that is due at `now`, in order of its due time and dated with it, so that a step of the clock leaves what its
/// parts would leave (FND-40).
///
/// Entries are taken and done under the writers' lock. A call that comes meanwhile waits for what is due, and none sees
/// a world in which something due is undone (STD-63).
pub fn run(world: &World, now: Timestamp) {
    while world.is_due(now) {
        let mut transaction = world.write();
        let Some((at, due)) = transaction.take_due(now) else { return };
        carry_out(world, &mut transaction, due, at, now);
        transaction.commit();
    }
}

/// Does what was due at a time, at that time; `now` is how far the clock has come.
fn carry_out(world: &World, transaction: &mut Transaction<'_>, due: Due, at: Timestamp, now: Timestamp) {
    match due {
        Due::SweepFindings(region) => expiry::sweep(world, &region, at),
        Due::DropArchivedFindings(hub, since) if is_dormant(world, &hub, since) => {
            transaction.drop_findings(&hub.region, |document| {
                expiry::is_of_account(document, hub.account) && is_archived(document)
            });
        }
        Due::ForgetHub(hub, since) if is_dormant(world, &hub, since) => {
            transaction.drop_findings(&hub.region, |document| expiry::is_of_account(document, hub.account));
            transaction.forget_hub(&hub);
        }
        Due::ForgetAccount(account, since) => {
            organization::accounts::forget(transaction, world, account, since);
            replicas::follow(transaction, world);
        }
        Due::SettleStandard(hub, standard, since) => subscriptions::settle(transaction, &hub, standard, since, at),
        Due::AddControl(control, standard) => new_controls::add(transaction, world, (control, standard), at),
        Due::EnableControl(hub, standard, control, since) => {
            new_controls::enable(transaction, world, &hub, (standard, control), (since, at));
        }
        Due::SettleControl(hub, control, since) => security_controls::settle(transaction, &hub, control, since, at),
        Due::ComputeScores(hub) => scores::daily::run(transaction, world, &hub, (at, now)),
        Due::SettleAssociations(target) => settle::ripen(transaction, world, &target, at),
        Due::Check(hub, scope) => {
            // A finding that has expired by then is not updated; the check creates it anew.
            expiry::sweep(world, &hub.region, at);
            // As when several standards are enabled at once: all that is to be checked is checked once.
            let mut scopes = transaction.take_checks(at, &hub);
            scopes.push(scope);
            checks::run(world, transaction, &hub, &scopes, (at, now));
        }
        // The hub was enabled again meanwhile.
        Due::DropArchivedFindings(..) | Due::ForgetHub(..) => {}
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

fn is_archived(document: &[u8]) -> bool {
    Finding::stored(document).string("RecordState").is_some_and(|state| state == "ARCHIVED")
}

#[cfg(test)]
mod tests;
