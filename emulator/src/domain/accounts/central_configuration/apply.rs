//! Applies a policy to an enabled hub: the only place where standards and controls are changed by policies.

use std::collections::BTreeMap;

use securityhub_fixtures::standards::{Control, Standard};

use super::content;
use crate::domain::controls::standards::{controls, security_controls, subscription_controls, subscriptions};
use crate::domain::governance::{PolicyRegions, policy_enables};
use crate::invariant::Invariant;
use crate::state::{
    ControlState, Hub, HubKey, PolicyContent, Subscription, SubscriptionStatus, Timestamp, Transaction,
};

/// The reason for disabling a control: `inferred`.
const REASON: &str = "Disabled by a configuration policy";

/// Enables exactly the standards of a policy and, in all of them, exactly the controls that it selects, and sets
/// parameters to the values of the policy or their defaults (CCF-40, CCF-41). Other standards are removed at once:
/// `inferred`.
pub fn to_hub(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    content: &PolicyContent,
    policy_regions: PolicyRegions<'_>,
    now: Timestamp,
) {
    let (PolicyContent::On { standards, controls, parameters }, Some(hub)) = (content, transaction.hub(key)) else {
        return;
    };
    let mut hub = (*hub).clone();
    let listed = standards.iter().filter_map(|arn| subscriptions::offered(arn, policy_regions.home));
    follow_standards(transaction, key, &mut hub, &listed.collect::<Vec<_>>(), now);
    let is_wanted = |control: &Control| {
        policy_enables(content, policy_regions, control, &key.region)
            .or_report("the policy enables hubs")
            .unwrap_or_default()
    };
    follow_controls(transaction, key, &mut hub, is_wanted, now);
    let custom = content::own_parameters(controls, parameters.as_ref())
        .or_report("a policy is checked before it is stored")
        .unwrap_or_default();
    security_controls::replace_parameters(transaction, key, &mut hub, &custom, now);
    transaction.stage_hub(key.clone(), hub);
}

fn follow_standards(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    hub: &mut Hub,
    listed: &[&'static Standard],
    now: Timestamp,
) {
    let is_listed = |id: &str| listed.iter().any(|standard| standard.id == id);
    let is_unlisted = |(id, subscription): (&&'static str, &Subscription)| {
        (!is_listed(id) || subscription.status == SubscriptionStatus::Deleting).then_some(*id)
    };
    for id in hub.standards.iter().filter_map(is_unlisted).collect::<Vec<_>>() {
        subscriptions::end(transaction, key, hub, id, now);
    }
    for standard in listed {
        subscriptions::begin(transaction, key, hub, standard, BTreeMap::new(), now);
    }
}

/// Enables or disables the controls of the enabled standards whose state differs from `is_wanted`.
fn follow_controls(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    hub: &mut Hub,
    is_wanted: impl Fn(&Control) -> bool,
    now: Timestamp,
) {
    for (id, subscription) in &mut hub.standards {
        let Some(standard) = securityhub_fixtures::standards::standard(id) else { continue };
        for standard_control in subscription_controls::controls(standard, subscription).collect::<Vec<_>>() {
            let enabled = is_wanted(standard_control.control);
            if subscription_controls::state(subscription, standard_control).enabled != enabled {
                let reason = (!enabled).then(|| REASON.to_owned());
                controls::set(subscription, standard_control, ControlState { enabled, updated_at: now, reason });
                controls::check(transaction, key, standard_control, enabled, now);
            }
        }
    }
}
