//! What a policy does to one hub that is on: the one place where standards and controls follow it.

use std::collections::BTreeMap;

use securityhub_fixtures::standards::{Control, Standard};

use super::content;
use crate::domain::controls::standards::{controls, seats, security_controls, subscriptions};
use crate::domain::governance::{Extent, policy_wants};
use crate::invariant::Invariant;
use crate::state::{
    ControlState, Hub, HubKey, PolicyContent, Subscription, SubscriptionStatus, Timestamp, Transaction,
};

/// Why a policy disabled a control: `inferred`.
const REASON: &str = "Disabled by a configuration policy";

/// Enables exactly the standards that a policy lists, in all of them exactly the controls that it wants, and gives
/// parameters its values or their defaults (CCF-40, CCF-41). Other standards are gone at once: `inferred`.
pub fn to_hub(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    content: &PolicyContent,
    extent: Extent<'_>,
    now: Timestamp,
) {
    let (PolicyContent::On { standards, controls, parameters }, Some(hub)) = (content, transaction.hub(key)) else {
        return;
    };
    let mut hub = (*hub).clone();
    let listed = standards.iter().filter_map(|arn| subscriptions::offered(arn, extent.home));
    follow_standards(transaction, key, &mut hub, &listed.collect::<Vec<_>>(), now);
    let is_wanted = |control: &Control| policy_wants(content, extent, control, &key.region).unwrap_or_default();
    follow_controls(transaction, key, &mut hub, is_wanted, now);
    let own = content::own_parameters(controls, parameters.as_ref())
        .or_report("a policy is checked before it is kept")
        .unwrap_or_default();
    security_controls::replace_parameters(transaction, key, &mut hub, &own, now);
    transaction.put_hub(key.clone(), hub);
}

fn follow_standards(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    hub: &mut Hub,
    listed: &[&'static Standard],
    now: Timestamp,
) {
    let is_listed = |id: &str| listed.iter().any(|standard| standard.id == id);
    let leaves = |(id, subscription): (&&'static str, &Subscription)| {
        (!is_listed(id) || subscription.status == SubscriptionStatus::Deleting).then_some(*id)
    };
    for id in hub.standards.iter().filter_map(leaves).collect::<Vec<_>>() {
        subscriptions::end(transaction, key, hub, id, now);
    }
    for standard in listed {
        subscriptions::begin(transaction, key, hub, standard, BTreeMap::new(), now);
    }
}

/// Sets all seats of the enabled standards that are otherwise than `is_wanted` says.
fn follow_controls(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    hub: &mut Hub,
    is_wanted: impl Fn(&Control) -> bool,
    now: Timestamp,
) {
    for (id, subscription) in &mut hub.standards {
        let Some(standard) = securityhub_fixtures::standards::standard(id) else { continue };
        for seat in seats::seats(standard, subscription).collect::<Vec<_>>() {
            let enabled = is_wanted(seat.control);
            if seats::state(subscription, seat).enabled != enabled {
                let reason = (!enabled).then(|| REASON.to_owned());
                controls::set(subscription, seat, ControlState { enabled, updated_at: now, reason });
                controls::check(transaction, key, seat, enabled, now);
            }
        }
    }
}
