//! Disabling a hub, and what is kept of it for a while.

use jiff::SignedDuration;

use crate::domain::accounts::members::invited;
use crate::domain::findings::expiry::ARCHIVED_FINDINGS_KEPT;
use crate::domain::hub_access::{HubError, enabled, refuse_centrally_managed};
use crate::domain::schedule;
use crate::invariant::Invariant;
use crate::state::{Due, Hub, HubKey, Phase, Timestamp, Transaction};

/// How long a disabled hub is kept, with its settings and active findings (HUB-16).
const HUB_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Disables a hub in its region (HUB-11 … HUB-16): standards and the subscriptions to AWS services end, relations
/// of this account here end, the rest is kept dormant. Members' hubs stay on (HUB-19).
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

/// Disables a hub as a configuration policy says (CCF-40).
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
    transaction.put_hub(key.clone(), hub);
    invited::end_all(transaction, key, now);
    schedule::after(transaction, now, ARCHIVED_FINDINGS_KEPT, Due::DropArchivedFindings(key.clone(), now));
    schedule::after(transaction, now, HUB_KEPT, Due::ForgetHub(key.clone(), now));
}

fn is_of_aws(subscription: &str) -> bool {
    let (company, product) =
        subscription.split_once('/').or_report("a subscription has a company and a product").unwrap_or_default();
    securityhub_fixtures::products::find(company, product).is_some_and(|product| product.of_aws)
}
