//! Disabling a hub, and the data that is kept for some time.

use jiff::SignedDuration;

use crate::domain::accounts::members::invited;
use crate::domain::findings::expiry::ARCHIVED_FINDING_RETENTION;
use crate::domain::hub_access::{HubError, enabled, refuse_centrally_managed};
use crate::domain::schedule;
use crate::invariant::Invariant;
use crate::state::{Due, Hub, HubKey, Phase, Timestamp, Transaction};

/// Retention period of a disabled hub, with its settings and active findings (HUB-16).
const HUB_RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Disables a hub in its Region (HUB-11 … HUB-16). Its standards, subscriptions to AWS services and relations in the
/// Region end; the rest becomes dormant. Hubs of members stay enabled (HUB-19).
///
/// # Errors
/// In this order: [`HubError::NotEnabled`], [`HubError::CentrallyManaged`], [`HubError::Administrator`],
/// [`HubError::Member`].
pub fn disable(transaction: &mut Transaction<'_>, key: &HubKey, now: Timestamp) -> Result<(), HubError> {
    let hub = enabled(transaction, key)?;
    let directory = transaction.directory();
    refuse_centrally_managed(directory, key)?;
    if directory.is_delegated_administrator(key.account, &key.region)
        || !directory.enabled_members(key.account, &key.region).is_empty()
    {
        return Err(HubError::Administrator);
    }
    if directory.administrator(key.account, &key.region).is_some() {
        return Err(HubError::Member);
    }
    turn_off(transaction, key, hub, now);
    Ok(())
}

/// Disables a hub on behalf of a configuration policy (CCF-40).
pub fn switch_off(transaction: &mut Transaction<'_>, key: &HubKey, now: Timestamp) {
    if let Ok(hub) = enabled(transaction, key) {
        turn_off(transaction, key, hub, now);
    }
}

fn turn_off(transaction: &mut Transaction<'_>, key: &HubKey, mut hub: Hub, now: Timestamp) {
    hub.phase = Phase::Dormant(now);
    hub.standards.clear();
    hub.next_check = None;
    hub.product_subscriptions.retain(|subscription| !is_of_aws(subscription));
    transaction.stage_hub(key.clone(), hub);
    invited::end_all(transaction, key, now);
    schedule::after(transaction, now, ARCHIVED_FINDING_RETENTION, Due::DropArchivedFindings(key.clone(), now));
    schedule::after(transaction, now, HUB_RETENTION, Due::ForgetHub(key.clone(), now));
}

fn is_of_aws(subscription: &str) -> bool {
    let (company, product) =
        subscription.split_once('/').or_report("a subscription has a company and a product").unwrap_or_default();
    securityhub_fixtures::products::find(company, product).is_some_and(|product| product.of_aws)
}
