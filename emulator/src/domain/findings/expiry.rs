//! When findings expire: active ones 90 days, archived ones 30 days after their last update (RET-01 … RET-05).
//!
//! The time is computed once, when a finding is written, and kept beside its document; nothing reads it from a stored
//! document again.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp as Instant};
use securityhub_engine::date;
use serde::Deserialize;

use super::document::Finding;
use crate::state::{AccountId, Due, FindingsTransaction, Region, Timestamp, World};

/// How long an active finding is kept after its last update (RET-01).
const ACTIVE_FINDINGS_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long an archived finding is kept after its last update, and after its hub was disabled (RET-01, HUB-16).
pub const ARCHIVED_FINDINGS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

const HOUR: i64 = 3_600;

/// When a finding expires that is imported `now`. Its last update is its `UpdatedAt`, but never before it was imported:
/// retention counts from what the emulator lived through, so that a finding recorded long ago is not lost (RET-02,
/// RET-05).
pub(super) fn of_import(imported: &Finding<'_>, now: Timestamp) -> Timestamp {
    let updated = imported.string("UpdatedAt").and_then(|text| date::strict(&text));
    let updated = updated.and_then(|updated| Instant::from_nanosecond(updated).ok());
    let last_update = updated.map_or(now, |updated| updated.max(now));
    let state = imported.string("RecordState").unwrap_or_default();
    last_update.checked_add(kept(&state)).unwrap_or(Timestamp::MAX)
}

/// When a finding expires whose state a customer changes: the time of its last update stays (RET-03).
pub(super) fn of_state(before: Timestamp, old_state: &str, new_state: &str) -> Timestamp {
    before.checked_add(kept(new_state) - kept(old_state)).unwrap_or(before)
}

fn kept(record_state: &str) -> SignedDuration {
    if record_state == "ARCHIVED" { ARCHIVED_FINDINGS_KEPT } else { ACTIVE_FINDINGS_KEPT }
}

/// Whether AWS would have deleted a finding by now, going by its own last update. Here it is kept, as one that is put in.
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
    updated.and_then(|updated| updated.checked_add(kept(&state)).ok()).is_some_and(|expires_at| expires_at <= now)
}

/// Stages the sweep that drops a finding: within the hour after it expires, so that findings of one hour need one sweep.
pub(in crate::domain) fn put(transaction: &mut FindingsTransaction<'_>, region: &Region, expires_at: Timestamp) {
    let hour = (expires_at.as_second().div_euclid(HOUR) + 1).saturating_mul(HOUR);
    let at = Timestamp::from_second(hour).unwrap_or(Timestamp::MAX);
    transaction.put_due(at, Due::SweepFindings(region.clone()));
}

/// Drops the findings of a Region that have expired.
pub fn sweep(world: &World, region: &Region, now: Timestamp) {
    let mut transaction = world.write_findings();
    transaction.drop_expired(region, now);
    transaction.commit();
}

/// Whether a stored finding is of an account.
pub fn is_of_account(document: &[u8], account: AccountId) -> bool {
    Finding::stored(document).string("AwsAccountId").is_some_and(|owner| owner == account.as_str())
}
