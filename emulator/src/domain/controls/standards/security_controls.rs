//! Security controls, which are independent of the standards that contain them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use securityhub_fixtures::standards::{self, Control};
use serde_json::{Map, Value};

use super::parameters;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::arn::{self, Arn};
use crate::domain::caller::Caller;
use crate::domain::controls::check_request;
use crate::domain::controls::standards::{catalogue, subscription_controls};
use crate::domain::{hub_access, schedule};
use crate::state::{
    CheckScope, ControlSettings, Directory, Due, Hub, HubKey, ParameterUpdate, SubscriptionStatus, Timestamp,
    Transaction, World,
};

/// Reason why a text refers to no security control of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownControl {
    /// The text begins like an ARN, but not that of a security control.
    Malformed,
    /// The ARN belongs to another account or Region.
    Foreign,
    /// AWS has no control with this id, or no longer has it (SEC-07).
    Unknown,
}

impl UnknownControl {
    /// `ErrorCode` of an unprocessed item (SEC-24).
    pub fn code(self) -> &'static str {
        match self {
            UnknownControl::Malformed => "INVALID_INPUT",
            UnknownControl::Foreign => "ACCESS_DENIED",
            UnknownControl::Unknown => "RESOURCE_NOT_FOUND",
        }
    }

    /// The message of an unprocessed item: `inferred`.
    pub fn reason(self) -> &'static str {
        match self {
            UnknownControl::Malformed => "Invalid security control ARN",
            UnknownControl::Foreign => "The security control is not in this account and Region",
            UnknownControl::Unknown => "Security control not found",
        }
    }
}

/// The ARN of a security control (SEC-21).
pub fn security_control_arn(hub: &HubKey, control: &Control) -> String {
    arn::of_account(&hub.region, hub.account, &format!("security-control/{}", control.id))
}

/// The security control with this id or ARN (SEC-20, SEC-24).
///
/// # Errors
/// [`UnknownControl`].
pub fn find(directory: &Directory, hub: &HubKey, text: &str) -> Result<&'static Control, UnknownControl> {
    if !text.starts_with("arn:") {
        return by_id(directory, text).ok_or(UnknownControl::Unknown);
    }
    let arn = Arn::parse(text).filter(|arn| arn.service == "securityhub").ok_or(UnknownControl::Malformed)?;
    let id = arn.resource.strip_prefix("security-control/").ok_or(UnknownControl::Malformed)?;
    let here = (hub.region.partition(), hub.region.as_str(), hub.account.as_str());
    if (arn.partition, arn.region, arn.account) != here {
        return Err(UnknownControl::Foreign);
    }
    by_id(directory, id).ok_or(UnknownControl::Unknown)
}

/// The security control with this id, if AWS has introduced it (SEC-07, SEC-50).
pub fn by_id(directory: &Directory, id: &str) -> Option<&'static Control> {
    standards::control(id).filter(|control| catalogue::is_known(directory, control))
}

/// Returns whether a security control is enabled in at least one enabled standard (SEC-22).
pub fn is_enabled(hub: &Hub, control: &Control) -> bool {
    let active = subscription_controls::subscribed(hub)
        .filter(|(_, subscription)| subscription.status != SubscriptionStatus::Deleting);
    let mut standard_controls = active.flat_map(|(standard, subscription)| {
        subscription_controls::controls(standard, subscription)
            .map(move |standard_control| (subscription, standard_control))
    });
    standard_controls.any(|(subscription, standard_control)| {
        standard_control.control.id == control.id
            && subscription_controls::state(subscription, standard_control).enabled
    })
}

/// Sets parameters of a security control for all standards of the account and Region; other parameters keep their
/// values (SEC-30 … SEC-38).
///
/// # Errors
/// 404 for an unknown control; 400 for invalid parameters, a control that the Region does not support, or one whose
/// last update is still in progress; 403 for a centrally managed account; 401 when the hub is disabled.
pub fn update(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    id: &str,
    sent: &Map<String, Value>,
    reason: Option<String>,
) -> Result<(), AwsError> {
    let key = caller.hub_key();
    let directory = world.directory();
    hub_access::refuse_centrally_managed(&directory, &key)?;
    let control = find(&directory, &key, id).map_err(|error| AwsError::not_found(error.reason()))?;
    if !control.is_available(key.region.as_str()) {
        return Err(AwsError::invalid_input(format!(
            "Security control {} is not available in {}",
            control.id, key.region
        )));
    }
    let changes = parameters::changes(control, sent)?;
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    let settings = hub.security_controls.entry(control.id).or_default();
    if settings.updating.is_some() {
        let message = format!("Security control {} is being updated", control.id);
        return Err(AwsError::new(ErrorCode::ResourceInUseException, message));
    }
    let before = settings.parameters.clone();
    for (name, value) in changes {
        match value {
            Some(value) => _ = settings.parameters.insert(name, value),
            None => _ = settings.parameters.remove(name),
        }
    }
    settings.last_update_reason = reason;
    begin_update(transaction, (&key, control.id), settings, before, caller.now);
    transaction.stage_hub(key, hub);
    Ok(())
}

/// Remembers the values that checks use until the update is over: the current ones, or those in use if an earlier
/// update is still in progress (SEC-36).
fn begin_update(
    transaction: &mut Transaction<'_>,
    (key, control): (&HubKey, &'static str),
    settings: &mut ControlSettings,
    before: OwnParameters,
    now: Timestamp,
) {
    let in_use = settings.updating.take().map_or(before, |earlier| earlier.in_use);
    settings.updating = Some(ParameterUpdate { since: now, in_use });
    let delay = transaction.delays().security_control_update;
    schedule::after(transaction, now, delay, Due::SettleControl(key.clone(), control, now));
}

/// Values of a control's parameters that differ from the defaults, by name.
pub type OwnParameters = BTreeMap<&'static str, Value>;

/// Sets these parameters of controls, and resets all others to their defaults (CCF-40).
pub fn replace_parameters(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    hub: &mut Hub,
    own: &BTreeMap<&'static str, OwnParameters>,
    now: Timestamp,
) {
    let controls: BTreeSet<&'static str> = hub.security_controls.keys().chain(own.keys()).copied().collect();
    for control in controls {
        let settings = hub.security_controls.entry(control).or_default();
        let parameters = own.get(control).cloned().unwrap_or_default();
        if settings.parameters != parameters {
            let before = std::mem::replace(&mut settings.parameters, parameters);
            begin_update(transaction, (key, control), settings, before, now);
        }
    }
}

/// Ends the update that began at that time: checks now use its values (SEC-36).
pub fn settle(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    control: &'static str,
    since: Timestamp,
    now: Timestamp,
) {
    let Some(hub) = transaction.hub(key) else { return };
    let mut hub = (*hub).clone();
    let settings = hub.security_controls.get_mut(control);
    let is_this_update =
        |settings: &&mut ControlSettings| settings.updating.as_ref().is_some_and(|it| it.since == since);
    let Some(settings) = settings.filter(is_this_update) else { return };
    settings.updating = None;
    check_request::request(transaction, key, CheckScope::Control(control), now, SignedDuration::ZERO);
    transaction.stage_hub(key.clone(), hub);
}

/// The parameters of a control with their values, by name (SEC-23).
pub fn current_parameters(hub: &Hub, control: &Control) -> BTreeMap<&'static str, Value> {
    configurations(control, hub.security_controls.get(control.id).map(|settings| &settings.parameters))
}

/// The parameters of a control with the values that its checks use, by name. While an update is in progress, these are
/// the previous values (SEC-36).
pub fn checked_parameters(hub: &Hub, control: &Control) -> BTreeMap<&'static str, Value> {
    let in_use = |settings: &'_ ControlSettings| {
        settings.updating.as_ref().map_or_else(|| settings.parameters.clone(), |update| update.in_use.clone())
    };
    configurations(control, hub.security_controls.get(control.id).map(in_use).as_ref())
}

fn configurations(control: &Control, own: Option<&OwnParameters>) -> BTreeMap<&'static str, Value> {
    let own = |name: &str| own.and_then(|own| own.get(name));
    let of = |parameter: &'static standards::Parameter| {
        (parameter.name, parameters::configuration(parameter, own(parameter.name)))
    };
    control.parameters.iter().map(of).collect()
}
