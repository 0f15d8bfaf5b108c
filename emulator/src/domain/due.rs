//! Carries out due entries, the work that AWS does later.

use crate::domain::accounts::central_configuration::settle;
use crate::domain::accounts::connectors;
use crate::domain::accounts::organization;
use crate::domain::accounts::tickets;
use crate::domain::controls::standards::{new_controls, security_controls, subscriptions};
use crate::domain::controls::{checks, scores};
use crate::domain::exposures;
use crate::domain::findings::aggregation::replicas;
use crate::domain::findings::document::{self, Finding};
use crate::domain::findings::expiry;
use crate::domain::findings::v2::exports;
use crate::state::{Clock, Due, HubKey, Phase, Timestamp, Transaction, World};

/// Carries out all entries that are due at `now`, in the order of their due times and dated with them. So one large
/// step of the clock leaves the same world as several small ones (FND-40).
///
/// Entries are taken and carried out under the writers' lock. A call that arrives meanwhile waits for it, so no call
/// sees a world with unfinished due work (STD-63). Only the output of an export job is rendered later, on a thread of its
/// own, from a snapshot that is taken here; calls that read the job wait for it.
pub fn run(world: &World, now: Timestamp) {
    // Work that cannot be recorded stays pending, and calls read the state without it.
    while world.is_due(now) && world.may_write() {
        let mut transaction = world.write();
        let Some((at, due)) = transaction.take_due(now) else { return };
        carry_out(world, &mut transaction, due, at, now);
        if transaction.try_commit().is_none() {
            return;
        }
    }
}

/// Carries out an entry at its due time; `now` is the current time of the clock.
fn carry_out(world: &World, transaction: &mut Transaction<'_>, due: Due, at: Timestamp, now: Timestamp) {
    match due {
        Due::SweepFindings(region) => transaction.drop_expired(&region, at),
        Due::DropArchivedFindings(hub, since) if is_dormant(world, &hub, since) => {
            transaction.drop_findings(&hub.region, |document| {
                document::is_of_account(document, hub.account) && is_archived(document)
            });
        }
        Due::ForgetHub(hub, since) if is_dormant(world, &hub, since) => {
            transaction.drop_findings(&hub.region, |document| document::is_of_account(document, hub.account));
            transaction.forget_hub(&hub);
        }
        Due::ForgetAccount(account, since) => {
            organization::accounts::forget(transaction, world, account, since);
            replicas::apply_relation_changes(transaction, world);
        }
        Due::FinishCreation(request) => {
            organization::tree::member_accounts::finish(transaction, world, &request, at);
            organization::hub_v2_policies::apply_relation_changes(transaction, world, at);
            replicas::apply_relation_changes(transaction, world);
        }
        Due::FinishExport(hub, job) => {
            if let Some(rendering) = exports::finish(transaction, world, &hub, &job, at) {
                let world = world.this();
                rendering.start(move |rendering| {
                    if let Some(world) = world.upgrade() {
                        exports::record(&world, &hub, rendering);
                    }
                });
            }
        }
        Due::SettleStandard(hub, standard, since) => subscriptions::settle(transaction, &hub, standard, since, at),
        Due::AddControl(control, standard) => new_controls::add(transaction, world, (control, standard), at),
        Due::EnableControl(hub, standard, control, since) => {
            new_controls::enable(transaction, world, &hub, (standard, control), (since, at));
        }
        Due::SettleControl(hub, control, since) => security_controls::settle(transaction, &hub, control, since, at),
        Due::SettleConnector(hub, id, since) => connectors::settle(transaction, &hub, &id, since, at),
        Due::CreateTicket(connector, uid) => tickets::create_by_rule(transaction, world, &connector, &uid, at),
        Due::ComputeExposures(region) => exposures::compute(world, transaction, &region, at),
        Due::ComputeScores(hub) => scores::daily::run(transaction, world, &hub, (at, now)),
        Due::SettleAssociations(target) => settle::settle_due(transaction, world, &target, at),
        Due::Check(hub, scope) => {
            // First drops findings that have expired by then: the check must create them again and not update them.
            transaction.drop_expired(&hub.region, at);
            // Merges all checks of this hub that are due at the same time, for example because several standards were
            // enabled at once.
            let mut scopes = transaction.take_checks(at, &hub);
            scopes.push(scope);
            checks::run(world, transaction, &hub, &scopes, (at, now));
        }
        // Nothing to do: the hub has been enabled again in the meantime.
        Due::DropArchivedFindings(..) | Due::ForgetHub(..) => {}
    }
}

/// Changes the clock and does all work that is due then. Returns false if the change could not be recorded, in which case
/// the clock is unchanged.
///
/// Expired findings are dropped immediately instead of at the sweep of their hour (RET-01). These sweeps are pending work
/// that is recorded together with the change, so that a later process does them if this one is killed (CPL-71).
pub fn change_clock(world: &World, change: impl FnOnce(&Clock)) -> bool {
    let is_changed = world.change_clock(change, |now| expiry::sweeps_at(world, now));
    if is_changed {
        run(world, world.clock.now());
    }
    is_changed
}

fn is_dormant(world: &World, hub: &HubKey, since: Timestamp) -> bool {
    world.hub(hub).is_some_and(|hub| hub.phase == Phase::Dormant(since))
}

fn is_archived(document: &[u8]) -> bool {
    Finding::stored(document).string("RecordState").is_some_and(|state| state == "ARCHIVED")
}

#[cfg(test)]
mod tests;
