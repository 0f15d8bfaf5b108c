//! Subscriptions: the standards that a hub has enabled, and their statuses.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use securityhub_fixtures::standards::{Availability, STANDARDS, Standard, StandardControl};
use serde::{Deserialize, Serialize};

use super::{standard_arn, subscription_arn};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::controls::check_request;
use crate::domain::controls::standards::{catalogue, subscription_controls};
use crate::domain::{hub_access, schedule};
use crate::state::{
    CheckScope, ConfigRecorder, Due, Hub, HubKey, Region, Subscription, SubscriptionStatus, Timestamp, Transaction,
    World,
};

/// `StatusReasonCode` of a standard that is incomplete (STD-60, STD-61).
pub const NO_RECORDER: &str = "NO_AVAILABLE_CONFIGURATION_RECORDER";

/// A standard to enable, as the caller names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request {
    /// Its ARN.
    pub standards_arn: String,
    /// Parameters of the standard (STD-20).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub standards_input: BTreeMap<String, String>,
}

/// Reason why standards cannot be enabled or disabled.
#[derive(Debug, PartialEq, Eq)]
pub enum SubscriptionError {
    /// These requests refer to no standard that the caller may enable here (STD-21, STD-22, STD-27).
    NoStandards(Vec<Request>),
    /// The caller has no subscriptions with these ARNs (STD-32).
    NoSubscriptions(Vec<String>),
    /// The status of these subscriptions is a transitional one (STD-25, STD-33, STD-34).
    InState(SubscriptionStatus, Vec<String>),
}

impl From<SubscriptionError> for AwsError {
    fn from(error: SubscriptionError) -> AwsError {
        AwsError::invalid_input(match error {
            SubscriptionError::NoStandards(requests) => {
                format!("Invalid StandardsSubscriptionRequest(s): {}", serde_json::json!(requests))
            }
            SubscriptionError::NoSubscriptions(arns) => {
                format!("Invalid StandardsSubscriptionArn(s): {}", serde_json::json!(arns))
            }
            SubscriptionError::InState(status, arns) => format!(
                "StandardsSubscription(s) in state {}, please try later: {}",
                status.as_str(),
                serde_json::json!(arns)
            ),
        })
    }
}

/// The standards that DescribeStandards lists: all that can be enabled here, and that of Control Tower if it created it
/// (STD-10, STD-13).
pub fn described(hub: Option<&Hub>) -> impl Iterator<Item = &'static Standard> {
    STANDARDS.iter().filter(move |standard| match standard.offered {
        Availability::Always => true,
        Availability::ByControlTower => hub.is_some_and(|hub| hub.standards.contains_key(standard.id)),
        Availability::Never => false,
    })
}

/// The standard with this ARN, if a customer may enable it in the Region. The ARN must match exactly (STD-21, STD-22,
/// STD-27).
pub fn offered(text: &str, region: &Region) -> Option<&'static Standard> {
    let is_offered =
        |standard: &&Standard| standard.offered == Availability::Always && standard_arn(region, standard) == text;
    STANDARDS.iter().find(is_offered)
}

/// Enables standards, all or none of them. Returns them in the order of the request without duplicates (STD-20 …
/// STD-29).
///
/// # Errors
/// 403 for a centrally managed account, 401 when the hub is disabled, [`SubscriptionError`].
pub fn enable(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    requests: Vec<Request>,
) -> Result<Vec<(&'static Standard, Subscription)>, AwsError> {
    let key = caller.hub_key();
    hub_access::refuse_centrally_managed(&world.directory(), &key)?;
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    let mut named: Vec<(&'static Standard, Request)> = Vec::new();
    let mut refused = Vec::new();
    for request in requests {
        match offered(&request.standards_arn, &key.region) {
            None => refused.push(request),
            Some(standard) if named.iter().all(|(known, _)| known.id != standard.id) => named.push((standard, request)),
            Some(_) => {}
        }
    }
    if !refused.is_empty() {
        return Err(SubscriptionError::NoStandards(refused).into());
    }
    let in_deletion =
        refuse_status(&hub, &key, named.iter().map(|(standard, _)| *standard), SubscriptionStatus::Deleting);
    in_deletion?;
    let mut enabled = Vec::with_capacity(named.len());
    for (standard, request) in named {
        begin(transaction, &key, &mut hub, standard, request.standards_input, caller.now);
        enabled.extend(hub.standards.get(standard.id).map(|subscription| (standard, subscription.clone())));
    }
    transaction.stage_hub(key, hub);
    Ok(enabled)
}

/// Refuses the call if any of these standards has a transitional status.
fn refuse_status(
    hub: &Hub,
    key: &HubKey,
    standards: impl Iterator<Item = &'static Standard>,
    status: SubscriptionStatus,
) -> Result<(), SubscriptionError> {
    let is_in_it =
        |standard: &&Standard| hub.standards.get(standard.id).is_some_and(|it| it.status.as_str() == status.as_str());
    let arns: Vec<String> = standards.filter(is_in_it).map(|standard| subscription_arn(key, standard)).collect();
    if arns.is_empty() { Ok(()) } else { Err(SubscriptionError::InState(status, arns)) }
}

/// Begins to enable a standard for a customer or for AWS Control Tower (STD-13). A new one has all its controls
/// enabled, even those that were disabled before (STD-40, STD-41); an incomplete one tries again; any other stays
/// unchanged (STD-24).
pub fn begin(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    hub: &mut Hub,
    standard: &'static Standard,
    input: BTreeMap<String, String>,
    now: Timestamp,
) {
    let order = hub.standards.values().map(|other| other.order + 1).max().unwrap_or_default();
    let fresh = || Subscription {
        order,
        status: SubscriptionStatus::Incomplete,
        since: now,
        enabled_at: now,
        shared_rules_from: None,
        input,
        absent: catalogue::missing(transaction.directory(), standard),
        controls: BTreeMap::new(),
    };
    let subscription = hub.standards.entry(standard.id).or_insert_with(fresh);
    if subscription.status == SubscriptionStatus::Incomplete {
        let delay = transaction.delays().standards_enable;
        start_transition(transaction, key, standard.id, subscription, SubscriptionStatus::Pending, now, delay);
    }
}

/// Sets a standard to PENDING while controls are added to it (SEC-51). Its existing controls can be read, changed and
/// checked meanwhile.
pub fn extend(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    standard: &'static str,
    subscription: &mut Subscription,
    now: Timestamp,
) {
    if subscription.status.is_updatable() {
        let delays = transaction.delays();
        let delay = delays.standards_enable.max(delays.new_controls);
        start_transition(transaction, key, standard, subscription, SubscriptionStatus::Extending, now, delay);
    }
}

/// Begins to enable the default standards of a new hub (STD-06).
pub fn begin_default(transaction: &mut Transaction<'_>, key: &HubKey, hub: &mut Hub, now: Timestamp) {
    for standard in STANDARDS.iter().filter(|standard| standard.enabled_by_default) {
        begin(transaction, key, hub, standard, BTreeMap::new(), now);
    }
}

fn start_transition(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    standard: &'static str,
    subscription: &mut Subscription,
    status: SubscriptionStatus,
    now: Timestamp,
    delay: SignedDuration,
) {
    subscription.status = status;
    subscription.since = now;
    schedule::after(transaction, now, delay, Due::SettleStandard(key.clone(), standard, now));
}

/// Days after which an incomplete standard tries again; after these, every seventh day (STD-61).
const RETRIES: [i64; 3] = [1, 3, 7];

/// Stages the next attempt of a standard that has been incomplete since that time (STD-61).
fn retry(transaction: &mut Transaction<'_>, key: &HubKey, standard: &'static str, since: Timestamp, now: Timestamp) {
    let passed = now.duration_since(since).as_hours() / 24;
    let next = RETRIES.into_iter().find(|day| *day > passed).unwrap_or((passed / 7 + 1) * 7);
    schedule::after(
        transaction,
        since,
        SignedDuration::from_hours(next * 24),
        Due::SettleStandard(key.clone(), standard, since),
    );
}

/// Stages an attempt of all incomplete standards, because a configuration recorder was started (STD-61).
pub fn try_again(transaction: &mut Transaction<'_>, key: &HubKey, hub: &Hub, now: Timestamp) {
    let delay = transaction.delays().recorder_retry;
    for (standard, subscription) in
        subscription_controls::subscribed(hub).filter(|(_, it)| it.status == SubscriptionStatus::Incomplete)
    {
        schedule::after(transaction, now, delay, Due::SettleStandard(key.clone(), standard.id, subscription.since));
    }
}

/// Returns whether a control of a standard is not checked yet because a standard that was enabled earlier shares its
/// AWS Config rule (FND-41).
pub fn waits_for_rule(
    hub: &Hub,
    subscription: &Subscription,
    standard_control: &StandardControl,
    now: Timestamp,
) -> bool {
    if standard_control.control.config_rule.is_none() || subscription.shared_rules_from.is_none_or(|from| from <= now) {
        return false;
    }
    let mut earlier = subscription_controls::subscribed(hub).filter(|(_, other)| other.order < subscription.order);
    earlier.any(|(standard, other)| {
        let is_shared = |other: &&StandardControl| other.control.config_rule == standard_control.control.config_rule;
        other.status.is_updatable()
            && subscription_controls::controls(standard, other).any(|standard_control| is_shared(&standard_control))
    })
}

/// Disables standards, all or none of them. Returns them without duplicates (STD-30 … STD-35).
///
/// # Errors
/// 403 for a centrally managed account, 401 when the hub is disabled, [`SubscriptionError`].
pub fn disable(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    arns: Vec<String>,
) -> Result<Vec<(&'static Standard, Subscription)>, AwsError> {
    let key = caller.hub_key();
    hub_access::refuse_centrally_managed(&world.directory(), &key)?;
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    let mut named: Vec<&'static Standard> = Vec::new();
    let mut refused = Vec::new();
    for arn in arns {
        match subscribed(&hub, &key, &arn) {
            None => refused.push(arn),
            Some((standard, _)) if named.iter().all(|known| known.id != standard.id) => named.push(standard),
            Some(_) => {}
        }
    }
    if !refused.is_empty() {
        return Err(SubscriptionError::NoSubscriptions(refused).into());
    }
    refuse_status(&hub, &key, named.iter().copied(), SubscriptionStatus::Pending)?;
    refuse_status(&hub, &key, named.iter().copied(), SubscriptionStatus::Deleting)?;
    let delay = transaction.delays().standards_disable;
    let mut disabled = Vec::with_capacity(named.len());
    for standard in named {
        let Some(subscription) = hub.standards.get_mut(standard.id) else { continue };
        start_transition(transaction, &key, standard.id, subscription, SubscriptionStatus::Deleting, caller.now, delay);
        // Its controls are no longer checked, even while it is still being deleted.
        let after = transaction.delays().archive_disabled;
        check_request::request(transaction, &key, CheckScope::Standard(standard.id), caller.now, after);
        disabled.push((standard, subscription.clone()));
    }
    transaction.stage_hub(key, hub);
    Ok(disabled)
}

/// The subscription with this ARN, if the hub has it.
pub fn subscribed<'h>(hub: &'h Hub, key: &HubKey, arn: &str) -> Option<(&'static Standard, &'h Subscription)> {
    subscription_controls::subscribed(hub).find(|(standard, _)| subscription_arn(key, standard) == arn)
}

/// Removes a standard with all its associations; the findings of its controls are archived after a delay (STD-42,
/// STD-43).
pub fn end(transaction: &mut Transaction<'_>, key: &HubKey, hub: &mut Hub, standard: &'static str, now: Timestamp) {
    hub.standards.remove(standard);
    let after = transaction.delays().archive_disabled;
    check_request::request(transaction, key, CheckScope::Standard(standard), now, after);
}

/// Completes the transition that a subscription began at that time, unless its status has changed since: it becomes
/// ready if there is a configuration recorder, or it is removed with all its associations; an incomplete one tries
/// again (STD-31, STD-42, STD-61, STD-63).
pub fn settle(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    standard: &'static str,
    since: Timestamp,
    now: Timestamp,
) {
    let Some(hub) = transaction.hub(key) else { return };
    let mut hub = (*hub).clone();
    let Some(subscription) = hub.standards.get_mut(standard).filter(|subscription| subscription.since == since) else {
        return;
    };
    match subscription.status {
        SubscriptionStatus::Deleting => end(transaction, key, &mut hub, standard, now),
        SubscriptionStatus::Pending | SubscriptionStatus::Extending => {
            subscription.since = now;
            subscription.status = SubscriptionStatus::Ready;
            if hub.config_recorder == ConfigRecorder::Off {
                subscription.status = SubscriptionStatus::Incomplete;
                retry(transaction, key, standard, now, now);
            }
            let wait = transaction.delays().shared_rule;
            // A standard to which controls were added keeps checking its existing controls.
            if !wait.is_zero() && subscription.shared_rules_from.is_none() {
                subscription.shared_rules_from = now.checked_add(wait).ok();
                check_request::request(transaction, key, CheckScope::Standard(standard), now, wait);
            }
            check_request::request(transaction, key, CheckScope::Standard(standard), now, SignedDuration::ZERO);
        }
        SubscriptionStatus::Incomplete if hub.config_recorder == ConfigRecorder::Off => {
            return retry(transaction, key, standard, since, now);
        }
        SubscriptionStatus::Incomplete => {
            subscription.since = now;
            subscription.status = SubscriptionStatus::Ready;
            check_request::request(transaction, key, CheckScope::Standard(standard), now, SignedDuration::ZERO);
        }
        SubscriptionStatus::Ready => return,
    }
    transaction.stage_hub(key.clone(), hub);
}
