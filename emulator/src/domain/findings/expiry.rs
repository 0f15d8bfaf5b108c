//! When findings expire: active ones 90 days, archived ones 30 days after their last update (RET-01 … RET-05).

use jiff::{SignedDuration, Timestamp as Instant};
use securityhub_engine::date;
use serde::Deserialize;

use super::document::Finding;
use crate::state::{Due, Region, Timestamp, Transaction, World};

/// How long an active finding is kept after its last update (RET-01).
const ACTIVE_FINDINGS_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long an archived finding is kept after its last update, and after its hub was disabled (RET-01, HUB-16).
pub const ARCHIVED_FINDINGS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

const HOUR: i128 = 3_600_000_000_000;

/// What decides when a finding expires.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dates<'d> {
    #[serde(borrow)]
    product_arn: std::borrow::Cow<'d, str>,
    #[serde(borrow)]
    record_state: &'d str,
    #[serde(borrow)]
    processed_at: &'d str,
    #[serde(borrow)]
    updated_at: &'d str,
}

/// When a stored finding expires. The last update is the later of ProcessedAt and UpdatedAt, save for control
/// findings, whose UpdatedAt it is (RET-02).
pub fn expires(document: &[u8]) -> Option<Timestamp> {
    let dates: Dates<'_> = serde_json::from_slice(document).ok()?;
    let is_control = dates.product_arn.ends_with(":product/aws/securityhub");
    let processed = date::strict(dates.processed_at).filter(|_| !is_control);
    let last_update = Instant::from_nanosecond(date::strict(dates.updated_at).max(processed)?).ok()?;
    last_update.checked_add(kept(dates.record_state)).ok()
}

fn kept(record_state: &str) -> SignedDuration {
    if record_state == "ARCHIVED" { ARCHIVED_FINDINGS_KEPT } else { ACTIVE_FINDINGS_KEPT }
}

/// When the sweep comes that drops a finding which is imported `now`: within the hour after it expires, so that
/// findings of one hour need one sweep.
pub(super) fn sweep_time(imported: &Finding<'_>, now: Timestamp) -> Option<Timestamp> {
    let is_control = imported.get("ProductArn")?.ends_with(":product/aws/securityhub\"");
    let updated = date::strict(&imported.string("UpdatedAt")?)?;
    let last_update = if is_control { updated } else { updated.max(now.as_nanosecond()) };
    sweep_after(last_update + kept(&imported.string("RecordState")?).as_nanos())
}

/// When the sweep comes that drops a stored finding.
pub(in crate::domain) fn sweep_of(document: &[u8]) -> Option<Timestamp> {
    sweep_after(expires(document)?.as_nanosecond())
}

fn sweep_after(expires: i128) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(expires.div_euclid(HOUR) + 1).ok()?.checked_mul(3600)?).ok()
}

/// Stages a sweep of a Region's findings.
pub(in crate::domain) fn put(transaction: &mut Transaction<'_>, region: &Region, at: Timestamp) {
    transaction.put_due(at, Due::SweepFindings(region.clone()));
}

/// Drops the findings of a Region that have expired.
pub fn sweep(world: &World, region: &Region, now: Timestamp) {
    let mut transaction = world.write_findings();
    transaction.drop_findings(region, |document| expires(document).is_some_and(|at| at <= now));
    transaction.commit();
}
