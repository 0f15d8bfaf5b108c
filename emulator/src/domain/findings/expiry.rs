//! Expiry of findings: active ones 90 days, archived ones 30 days after their import or their
//! `UpdatedAt`, whichever is later (RET-01 … RET-05).
//!
//! The time is computed once, when a finding is written, and stored beside its document, so that a sweep parses no
//! documents.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp as Instant};
use securityhub_engine::date;
use serde::Deserialize;

use super::document::Finding;
use super::names;
use crate::invariant::Invariant;
use crate::state::{Due, FindingsTransaction, Region, TableKey, Timestamp, World};

/// Retention period of an active finding after its last update (RET-01).
const ACTIVE_FINDING_RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Retention period of an archived finding after its last update, and after its hub was disabled (RET-01, HUB-16).
pub const ARCHIVED_FINDING_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

const HOUR: i64 = 3_600;

/// The expiry time of a finding that is imported `now`. Its last update is its `UpdatedAt`, but never earlier than the
/// import: otherwise a finding that was recorded long ago would expire at once (RET-02, RET-05).
pub(super) fn of_import(imported: &Finding<'_>, now: Timestamp) -> Timestamp {
    let updated = imported.string(names::UPDATED_AT).and_then(|text| date::strict(&text));
    let updated = updated.and_then(|updated| Instant::from_nanosecond(updated).ok());
    let last_update = updated.map_or(now, |updated| updated.max(now));
    let state = imported
        .string(names::RECORD_STATE)
        .or_report("a finding has a record state before it is stored")
        .unwrap_or_default();
    last_update.checked_add(retention(&state)).unwrap_or(Timestamp::MAX)
}

/// The expiry time after a customer has changed the record state; the time of the last update stays (RET-03).
pub(super) fn of_state(before: Timestamp, old_state: &str, new_state: &str) -> Timestamp {
    before.checked_add(retention(new_state) - retention(old_state)).unwrap_or(before)
}

fn retention(record_state: &str) -> SignedDuration {
    if record_state == "ARCHIVED" { ARCHIVED_FINDING_RETENTION } else { ACTIVE_FINDING_RETENTION }
}

/// Returns whether AWS would have deleted a finding by now, judging by its own last update. A finding of a scenario is
/// loaded nevertheless.
pub fn is_beyond_retention(finding: &str, now: Timestamp) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Age<'f> {
        #[serde(borrow)]
        updated_at: Cow<'f, str>,
        #[serde(borrow)]
        record_state: Option<Cow<'f, str>>,
    }
    let Ok(age) = serde_json::from_str::<Age<'_>>(finding) else { return false };
    let updated = date::strict(&age.updated_at).and_then(|updated| Instant::from_nanosecond(updated).ok());
    let state = age.record_state.unwrap_or_default();
    updated.and_then(|updated| updated.checked_add(retention(&state)).ok()).is_some_and(|expires_at| expires_at <= now)
}

/// Stages the sweep that drops a finding, at the next full hour after it expires, so that findings that expire in one
/// hour share a sweep.
pub(in crate::domain) fn schedule_sweep(
    transaction: &mut FindingsTransaction<'_>,
    region: &Region,
    expires_at: Timestamp,
) {
    let hour = (expires_at.as_second().div_euclid(HOUR) + 1).saturating_mul(HOUR);
    let at = Timestamp::from_second(hour).unwrap_or(Timestamp::MAX);
    transaction.schedule(at, Due::SweepFindings(region.clone()));
}

/// Stages the sweeps that drop the findings of a table.
pub(in crate::domain) fn schedule_sweeps(transaction: &mut FindingsTransaction<'_>, world: &World, table: &TableKey) {
    let expiries = world.read_findings(table, |findings| {
        findings.table().slots().filter_map(|slot| findings.expires_at(slot)).collect::<BTreeSet<_>>()
    });
    for at in expiries.into_iter().flatten() {
        schedule_sweep(transaction, &table.region, at);
    }
}

/// The number of findings that expire up to each of these times unless they are updated. Replicas are not counted.
pub fn expiring(world: &World, until: &[Timestamp]) -> Vec<u64> {
    let mut counts = vec![0; until.len()];
    for region in world.finding_regions() {
        world.read_findings(&region, |findings| {
            for (count, at) in counts.iter_mut().zip(until) {
                *count += findings.table().ended(at.as_millisecond()) as u64;
            }
        });
    }
    counts
}

/// The sweeps of all Regions with findings that have expired at `now`.
pub(in crate::domain) fn sweeps_at(world: &World, now: Timestamp) -> Vec<(Timestamp, Due)> {
    let has_expired = |table: &TableKey| {
        world.read_findings(table, |findings| findings.table().first_end() <= now.as_millisecond()) == Some(true)
    };
    let regions: BTreeSet<Region> = world.tables().into_iter().filter(has_expired).map(|table| table.region).collect();
    regions.into_iter().map(|region| (now, Due::SweepFindings(region))).collect()
}
