//! Security controls: one a check, whatever standards hold it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use securityhub_fixtures::standards::{self, Control};
use serde_json::{Map, Value};

use super::parameters;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::arn::{self, Arn};
use crate::domain::caller::Caller;
use crate::domain::controls::check_request;
use crate::domain::controls::standards::{catalogue, seats};
use crate::domain::{hub_access, schedule};
use crate::state::{
    CheckScope, ControlSettings, Directory, Due, Hub, HubKey, ParameterUpdate, SubscriptionStatus, Timestamp,
    Transaction, World,
};

/// Why a text names no security control of the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoControl {
    /// It begins as an ARN and is none of a security control.
    Malformed,
    /// It is of another account or Region.
    Foreign,
    /// AWS has none of that id, or has it no more (SEC-07).
    Unknown,
}

impl NoControl {
    /// `ErrorCode` of an item that is not processed (SEC-24).
    pub fn code(self) -> &'static str {
        match self {
            NoControl::Malformed => "INVALID_INPUT",
            NoControl::Foreign => "ACCESS_DENIED",
            NoControl::Unknown => "RESOURCE_NOT_FOUND",
        }
    }

    /// Its sentence: `inferred`.
    pub fn reason(self) -> &'static str {
        match self {
            NoControl::Malformed => "Invalid security control ARN",
            NoControl::Foreign => "The security control is not in this account and Region",
            NoControl::Unknown => "Security control not found",
        }
    }
}

/// The ARN of a security control (SEC-21).
pub fn security_control_arn(hub: &HubKey, control: &Control) -> String {
    arn::of_account(&hub.region, hub.account, &format!("security-control/{}", control.id))
}

/// The security control of an id or an ARN (SEC-20, SEC-24).
///
/// # Errors
/// [`NoControl`].
pub fn find(directory: &Directory, hub: &HubKey, text: &str) -> Result<&'static Control, NoControl> {
    if !text.starts_with("arn:") {
        return by_id(directory, text).ok_or(NoControl::Unknown);
    }
    let arn = Arn::parse(text).filter(|arn| arn.service == "securityhub").ok_or(NoControl::Malformed)?;
    let id = arn.resource.strip_prefix("security-control/").ok_or(NoControl::Malformed)?;
    let here = (hub.region.partition(), hub.region.as_str(), hub.account.as_str());
    if (arn.partition, arn.region, arn.account) != here {
        return Err(NoControl::Foreign);
    }
    by_id(directory, id).ok_or(NoControl::Unknown)
}

/// The security control of an id, if AWS has it by now (SEC-07, SEC-50).
pub fn by_id(directory: &Directory, id: &str) -> Option<&'static Control> {
    standards::control(id).filter(|control| catalogue::is_known(directory, control))
}

/// Whether a security control is enabled in at least one enabled standard (SEC-22).
pub fn is_enabled(hub: &Hub, control: &Control) -> bool {
    let kept = seats::all(hub).filter(|(_, subscription)| subscription.status != SubscriptionStatus::Deleting);
    let mut seats = kept.flat_map(|(standard, subscription)| {
        seats::seats(standard, subscription).map(move |seat| (subscription, seat))
    });
    seats.any(|(subscription, seat)| seat.control.id == control.id && seats::state(subscription, seat).enabled)
}

/// Sets parameters of a security control for all standards of the account and Region; those that are not named keep
/// their values (SEC-30 … SEC-38).
///
/// # Errors
/// 404 for an unknown control, 400 for parameters that it does not take, a control that the Region lacks or whose last
/// update is on its way, 403 for a centrally managed account, 401 when the hub is off.
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
    transaction.put_hub(key, hub);
    Ok(())
}

/// Until the update is over, checks use the values of before, or those that they used while an earlier update was on its
/// way (SEC-36).
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

/// Parameters of a control that are not defaults, by name.
pub type OwnParameters = BTreeMap<&'static str, Value>;

/// Gives controls these parameters, and all others their defaults (CCF-40).
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

/// Ends an update of then: the checks use its values (SEC-36).
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
    let is_meant = |settings: &&mut ControlSettings| settings.updating.as_ref().is_some_and(|it| it.since == since);
    let Some(settings) = settings.filter(is_meant) else { return };
    settings.updating = None;
    check_request::request(transaction, key, CheckScope::Control(control), now, SignedDuration::ZERO);
    transaction.put_hub(key.clone(), hub);
}

/// The parameters of a control with their values, by name (SEC-23).
pub fn current_parameters(hub: &Hub, control: &Control) -> BTreeMap<&'static str, Value> {
    configurations(control, hub.security_controls.get(control.id).map(|settings| &settings.parameters))
}

/// The parameters of a control with the values that its checks use, by name: while an update is on its way, those of
/// before it (SEC-36).
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
