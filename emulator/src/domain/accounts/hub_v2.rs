//! The life cycle of a V2 hub: enabling and disabling the hub and its features.

use std::collections::BTreeMap;

use imbl::OrdSet;
use jiff::SignedDuration;

use crate::aws_error::AwsError;
use crate::domain::accounts::organization::security_hub_policy;
use crate::domain::hub_v2_access;
use crate::domain::tags::{MAX_TAGS, TagError};
use crate::state::{Connectors, FeatureV2, HubKey, HubV2, IdSource, Phase, Tickets, Timestamp, Transaction};

/// The features of a V2 hub (HV2-05).
pub const FEATURES: [&str; 1] = [NETWORK_SCANNING];

const NETWORK_SCANNING: &str = "NETWORK_SCANNING";

/// The free trial that begins when a V2 hub is first enabled (FTR-05).
pub const TRIAL: &str = "SECURITY_HUB_V2";

/// Time after which a disabled V2 hub and its ID are deleted (HV2-09).
const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Reason why a V2 hub refuses a call.
#[derive(Debug, PartialEq, Eq)]
pub enum HubV2Error {
    /// The V2 hub is disabled (HV2-08).
    NotEnabled,
    /// A policy of the organization controls the V2 hub or its feature (HV2-11).
    ManagedByPolicy,
    /// The V2 hub would have too many tags, including those from before it was disabled.
    TooManyTags,
}

impl From<HubV2Error> for AwsError {
    fn from(error: HubV2Error) -> AwsError {
        match error {
            HubV2Error::NotEnabled => hub_v2_access::not_subscribed(),
            HubV2Error::ManagedByPolicy => AwsError::access_denied(
                "A policy of the organization manages Security Hub in this account and Region. Detach the policy first.",
            ),
            HubV2Error::TooManyTags => AwsError::validation(AwsError::from(TagError::TooMany).message),
        }
    }
}

/// Enables a V2 hub and returns its ID (HV2-01, HV2-03). If the hub is already enabled, the call changes nothing and
/// ignores the tags of the input (HV2-02). A hub that was disabled less than 90 days ago is restored, except for its
/// features (HV2-07, HV2-09).
///
/// # Errors
/// [`HubV2Error::ManagedByPolicy`], [`HubV2Error::TooManyTags`].
pub fn enable(
    transaction: &mut Transaction<'_>,
    ids: &IdSource,
    key: &HubKey,
    now: Timestamp,
    tags: BTreeMap<String, String>,
) -> Result<String, HubV2Error> {
    if security_hub_policy::of_hub(transaction.directory(), key) == Some(false) {
        return Err(HubV2Error::ManagedByPolicy);
    }
    turn_on(transaction, ids, key, now, tags)
}

/// Enables a V2 hub on behalf of a policy; an enabled one stays unchanged (HV2-22).
pub fn switch_on(transaction: &mut Transaction<'_>, ids: &IdSource, key: &HubKey, now: Timestamp) {
    _ = turn_on(transaction, ids, key, now, BTreeMap::new());
}

fn turn_on(
    transaction: &mut Transaction<'_>,
    ids: &IdSource,
    key: &HubKey,
    now: Timestamp,
    tags: BTreeMap<String, String>,
) -> Result<String, HubV2Error> {
    let stored = transaction.hub_v2(key).map(|hub| (*hub).clone());
    if let Some(hub) = stored.as_ref().filter(|hub| hub.subscribed_at().is_some()) {
        return Ok(hub.id.clone());
    }
    let trials = stored.as_ref().map(|hub| hub.trials.clone()).unwrap_or_default();
    let kept = stored.filter(|hub| is_kept(hub, now));
    let mut hub = kept.unwrap_or_else(|| HubV2 {
        id: ids.uuid_of(&format!("hubv2/{}/{}/{now}", key.account, key.region)),
        phase: Phase::Enabled(now),
        tags: BTreeMap::new(),
        features: BTreeMap::new(),
        automation_rules: Vec::new(),
        connectors: Connectors::new(),
        tickets: Tickets::default(),
        exports: Vec::new(),
        recommended_policies: OrdSet::new(),
        trials,
    });
    hub.phase = Phase::Enabled(now);
    hub.trials.entry(TRIAL).or_insert(now);
    hub.tags.extend(tags);
    if hub.tags.len() > MAX_TAGS {
        return Err(HubV2Error::TooManyTags);
    }
    let id = hub.id.clone();
    transaction.stage_hub_v2(key.clone(), hub);
    Ok(id)
}

/// Returns whether a disabled V2 hub has not been deleted yet.
fn is_kept(hub: &HubV2, now: Timestamp) -> bool {
    matches!(hub.phase, Phase::Dormant(since) if now.duration_since(since) < RETENTION)
}

/// Disables a V2 hub (HV2-07, HV2-08). Its features are disabled too; its other data becomes dormant.
///
/// # Errors
/// [`HubV2Error::NotEnabled`], [`HubV2Error::ManagedByPolicy`].
pub fn disable(transaction: &mut Transaction<'_>, key: &HubKey, now: Timestamp) -> Result<(), HubV2Error> {
    let hub = enabled(transaction, key)?;
    if security_hub_policy::of_hub(transaction.directory(), key) == Some(true) {
        return Err(HubV2Error::ManagedByPolicy);
    }
    turn_off(transaction, key, hub, now);
    Ok(())
}

/// Disables a V2 hub on behalf of a policy (HV2-22).
pub fn switch_off(transaction: &mut Transaction<'_>, key: &HubKey, now: Timestamp) {
    if let Ok(hub) = enabled(transaction, key) {
        turn_off(transaction, key, hub, now);
    }
}

fn turn_off(transaction: &mut Transaction<'_>, key: &HubKey, mut hub: HubV2, now: Timestamp) {
    hub.phase = Phase::Dormant(now);
    hub.features.clear();
    transaction.stage_hub_v2(key.clone(), hub);
}

/// Enables or disables a feature. Has no effect if the feature is already in that state (HV2-05).
///
/// # Errors
/// [`HubV2Error::NotEnabled`], [`HubV2Error::ManagedByPolicy`].
pub fn set_feature(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    now: Timestamp,
    name: &str,
    is_enabled: bool,
) -> Result<(), HubV2Error> {
    let hub = enabled(transaction, key)?;
    if name == NETWORK_SCANNING && security_hub_policy::of_scanning(transaction.directory(), key).is_some() {
        return Err(HubV2Error::ManagedByPolicy);
    }
    write_feature(transaction, key, hub, (name, is_enabled), now);
    Ok(())
}

/// Enables or disables network scanning on behalf of a policy. Has no effect while the hub is disabled.
pub fn switch_scanning(transaction: &mut Transaction<'_>, key: &HubKey, now: Timestamp, is_enabled: bool) {
    if let Ok(hub) = enabled(transaction, key) {
        write_feature(transaction, key, hub, (NETWORK_SCANNING, is_enabled), now);
    }
}

fn write_feature(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    mut hub: HubV2,
    (name, is_enabled): (&str, bool),
    now: Timestamp,
) {
    let known = FEATURES.into_iter().find(|known| *known == name);
    let changed = known.filter(|known| feature(&hub, known).is_some_and(|feature| feature.is_enabled != is_enabled));
    if let Some(name) = changed {
        hub.features.insert(name, FeatureV2 { is_enabled, updated_at: now });
        transaction.stage_hub_v2(key.clone(), hub);
    }
}

/// The state of a feature; `None` if the V2 hub is disabled. A feature that was never enabled or disabled counts as
/// disabled since the hub was enabled (HV2-04).
pub fn feature(hub: &HubV2, name: &'static str) -> Option<FeatureV2> {
    let subscribed_at = hub.subscribed_at()?;
    let untouched = FeatureV2 { is_enabled: false, updated_at: subscribed_at };
    Some(hub.features.get(name).copied().unwrap_or(untouched))
}

/// The V2 hub, if it is enabled.
///
/// # Errors
/// [`HubV2Error::NotEnabled`].
pub fn enabled(transaction: &Transaction<'_>, key: &HubKey) -> Result<HubV2, HubV2Error> {
    let hub = transaction.hub_v2(key).filter(|hub| hub.subscribed_at().is_some());
    hub.map(|hub| (*hub).clone()).ok_or(HubV2Error::NotEnabled)
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::Operation;
    use serde_json::json;

    use super::*;
    use crate::state::Region;
    use crate::testing::{ADMINISTRATOR, REGION, Stage, id};

    /// A policy sets the feature again with each change of the organization, and each change of a V2 hub drops the cached
    /// values of all V2 hubs.
    #[test]
    fn a_feature_that_is_already_enabled_does_not_change_the_hub() {
        let stage = Stage::empty();
        stage.good(ADMINISTRATOR, Operation::EnableSecurityHubV2, json!({}));
        let key = HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) };
        let changes = || {
            let mut transaction = stage.0.write();
            set_feature(&mut transaction, &key, stage.0.clock.now(), NETWORK_SCANNING, true).unwrap();
            transaction.commit().len()
        };
        assert_eq!((changes(), changes()), (1, 0));
    }
}
