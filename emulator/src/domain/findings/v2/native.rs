//! Findings that exist only in OCSF: exposures, coverage findings and findings of partners (OCM-03). The classic half
//! does not show them.

use jiff::SignedDuration;
use securityhub_engine::Stored;
use securityhub_engine::json::text;
use serde_json::{Map, Value};

use super::visibility::DAYS_OF_OPEN;
use super::{keep, rules};
use crate::domain::findings::aggregation::replicas;
use crate::domain::findings::expiry;
use crate::ocsf::native::{self, Native};
use crate::state::{AccountId, FindingsTransaction, HubKey, Region, TableKey, Timestamp, World};

/// Returns whether a finding, given as JSON, is in OCSF: findings in ASFF have no class.
pub fn has_class(finding: &str) -> bool {
    text::member_of(finding.trim(), "class_uid").is_some()
}

/// A finding that was not stored, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// `finding_info.uid`; empty if the finding has none.
    pub id: String,
    /// The reason.
    pub message: String,
}

/// Stores findings that products send. A finding that is already stored is replaced, but keeps the changes of customers
/// and rules. Returns the number of stored findings, and the findings that were refused.
pub fn deliver(
    transaction: &mut FindingsTransaction<'_>,
    world: &World,
    now: Timestamp,
    findings: Vec<Map<String, Value>>,
) -> (usize, Vec<Refused>) {
    let (mut count, mut refused) = (0, Vec::new());
    for finding in findings {
        let id = finding.get("finding_info").and_then(|info| info.get("uid")).and_then(Value::as_str);
        let id = id.unwrap_or_default().to_owned();
        let stored = native::complete(finding)
            .map_err(|faults| faults.join("; "))
            .and_then(|finding| store(transaction, world, now, &finding));
        match stored {
            Ok(()) => count += 1,
            Err(message) => refused.push(Refused { id, message }),
        }
    }
    (count, refused)
}

/// Stores one complete finding.
///
/// # Errors
/// The reason if its account has no enabled hub of either half in its Region (DEC-04).
pub fn store(
    transaction: &mut FindingsTransaction<'_>,
    world: &World,
    now: Timestamp,
    finding: &Native,
) -> Result<(), String> {
    let account = AccountId::parse(&finding.account)
        .ok_or_else(|| format!("`cloud.account.uid` is {}; expected twelve digits", finding.account))?;
    let region = Region::new(&finding.region);
    let relations = world.relations();
    let key = HubKey { account, region: region.clone() };
    if !relations.is_v2_on(&key) && !relations.is_on(&key) {
        return Err(format!("Security Hub is not enabled for {account} in {region}"));
    }
    let finding = finding.dated(now.as_millisecond());
    let rules = rules::active(world, account, &region, now);
    let (key, document) = (native::key(&finding.uid), finding.to_bytes());
    let expires_at = world.v2_settings.has_retention.then(|| expires_at(&finding, now));
    let table = TableKey::ocsf_only(&region);
    let tickets = transaction.edit_findings(&table, |writer| {
        let slot = writer.findings().table().find(&key);
        let mut annex = slot.map(|slot| writer.findings().annex(slot)).unwrap_or_default();
        annex.is_updated = slot.is_some();
        if let Some(slot) = slot {
            keep::reset_status(world, writer.findings().table().stored(slot), &document, &mut annex);
        }
        let connectors = rules::apply(&rules, world, &document, &mut annex);
        if let Some(slot) = slot {
            keep::note_state(world, writer.findings().table().stored(slot), &document, &mut annex, now);
        }
        let annex = annex.to_bytes();
        let stored = Stored { document: &document, annex: &annex };
        let slot = match slot {
            Some(slot) => {
                writer.replace_with(slot, stored);
                slot
            }
            None => writer.create_with(&key, stored),
        };
        if let Some(at) = expires_at {
            writer.set_expiry(slot, at);
        }
        rules::tickets(world, stored, connectors)
    });
    if let Some(at) = expires_at {
        expiry::schedule_sweep(transaction, &region, at);
    }
    replicas::supersede(transaction, world, &table, || vec![(account, key)]);
    for ticket in tickets {
        transaction.schedule(now, ticket);
    }
    Ok(())
}

/// The time at which a finding is deleted. No view shows it from then on, because it has not changed for too long; like
/// that of a finding in ASFF, its retention period never begins before its delivery (HV2-10, RET-05).
fn expires_at(finding: &Native, now: Timestamp) -> Timestamp {
    let modified = finding.ocsf.get("finding_info").and_then(|info| info.get("modified_time")).and_then(Value::as_i64);
    let modified = modified.and_then(|modified| Timestamp::from_millisecond(modified).ok());
    let last_update = modified.map_or(now, |modified| modified.max(now));
    last_update.checked_add(SignedDuration::from_hours(DAYS_OF_OPEN * 24)).unwrap_or(Timestamp::MAX)
}
