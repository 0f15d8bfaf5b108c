//! Associations: a security control in an enabled standard.

use securityhub_fixtures::standards::{Control, Standard, StandardControl};

use super::security_controls::{self, UnknownControl};
use super::{UnknownStandard, controls};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::controls::standards::subscription_controls;
use crate::domain::hub_access;
use crate::state::{ControlState, Directory, Hub, HubKey, Subscription, SubscriptionStatus, Transaction, World};

/// A security control in an enabled standard.
#[derive(Debug)]
pub struct Association {
    /// The standard.
    pub standard: &'static Standard,
    /// The control.
    pub control: &'static Control,
    /// The controls of the standard that represent the security control; at least one.
    pub standard_controls: Vec<&'static StandardControl>,
    /// Enabled while any of these controls is enabled (CTL-21), with the time and reason of the last change.
    pub state: ControlState,
}

impl Association {
    fn new(standard: &'static Standard, subscription: &Subscription, control: &'static Control) -> Option<Association> {
        let of_control = |standard_control: &&'static StandardControl| standard_control.control.id == control.id;
        let standard_controls: Vec<&'static StandardControl> =
            subscription_controls::controls(standard, subscription).filter(of_control).collect();
        let states: Vec<ControlState> = standard_controls
            .iter()
            .map(|standard_control| subscription_controls::state(subscription, standard_control))
            .collect();
        let enabled = states.iter().any(|state| state.enabled);
        let last = states.into_iter().max_by_key(|state| state.updated_at)?;
        Some(Association { standard, control, standard_controls, state: ControlState { enabled, ..last } })
    }

    /// The requirements of all of them, without duplicates.
    pub fn related_requirements(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for requirement in self
            .standard_controls
            .iter()
            .flat_map(|standard_control| controls::related_requirements(self.standard, standard_control))
        {
            if !all.contains(&requirement) {
                all.push(requirement);
            }
        }
        all
    }

    /// The title that the standard gives the control; that of the first if there are two.
    pub fn title(&self) -> &'static str {
        self.standard_controls.first().map_or(self.control.title, |standard_control| standard_control.title())
    }
}

/// The associations of a control: one for each enabled standard that contains it and is ready for updates (SEC-40).
pub fn of_control(hub: &Hub, control: &'static Control) -> Vec<Association> {
    let ready = subscription_controls::subscribed(hub).filter(|(_, subscription)| subscription.status.is_updatable());
    ready.filter_map(|(standard, subscription)| Association::new(standard, subscription, control)).collect()
}

/// The reason why an association was not processed: a code and a message, which is `inferred` (SEC-44, SEC-47).
pub type Unprocessed = (&'static str, &'static str);

/// The association of a control, given by id or ARN, with the standard of an ARN (SEC-43 … SEC-45).
///
/// # Errors
/// [`Unprocessed`].
pub fn find(
    directory: &Directory,
    hub: (&HubKey, &Hub),
    control: &str,
    standard: &str,
) -> Result<Association, Unprocessed> {
    find_in(directory, hub, (control, standard), SubscriptionStatus::is_updatable)
}

/// The association of a control with a standard whose status `is_ready`.
fn find_in(
    directory: &Directory,
    (key, hub): (&HubKey, &Hub),
    (control, standard): (&str, &str),
    is_ready: fn(SubscriptionStatus) -> bool,
) -> Result<Association, Unprocessed> {
    let control = security_controls::find(directory, key, control)
        .map_err(|error: UnknownControl| (error.code(), error.reason()))?;
    let standard = super::by_arn(standard, &key.region).map_err(|error| match error {
        UnknownStandard::Malformed => ("INVALID_INPUT", "Invalid standards ARN"),
        UnknownStandard::Unknown => ("RESOURCE_NOT_FOUND", "Standard not found"),
    })?;
    let subscription = hub.standards.get(standard.id).filter(|subscription| is_ready(subscription.status));
    let subscription = subscription.ok_or(("RESOURCE_NOT_FOUND", "The standard is not enabled"))?;
    let association = Association::new(standard, subscription, control);
    association.ok_or(("RESOURCE_NOT_FOUND", "The security control is not in the standard"))
}

/// An update of one association.
#[derive(Debug)]
pub struct Change<'a> {
    /// The control's id or ARN.
    pub control: &'a str,
    /// The standard's ARN.
    pub standard: &'a str,
    /// True if the control is to be enabled.
    pub enabled: bool,
    /// The reason; required for disabling, stored in both cases (SEC-47, SEC-48).
    pub reason: Option<&'a str>,
}

/// Applies changes in order, to all controls of a standard that represent the security control. Returns the positions
/// of unprocessed changes with the reasons (SEC-46 … SEC-49, CTL-21).
///
/// # Errors
/// 403 for a centrally managed account, 401 when the hub is disabled.
pub fn update(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    changes: &[Change<'_>],
) -> Result<Vec<(usize, Unprocessed)>, AwsError> {
    update_in(transaction, world, caller, changes, SubscriptionStatus::is_updatable)
}

/// Applies changes like [`update`], also to standards that are still being enabled. Standards of a scenario are being
/// enabled until its first due work is done.
///
/// # Errors
/// The errors of [`update`].
pub fn declare(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    changes: &[Change<'_>],
) -> Result<Vec<(usize, Unprocessed)>, AwsError> {
    update_in(transaction, world, caller, changes, |status| status != SubscriptionStatus::Deleting)
}

/// Applies changes to standards whose status `is_ready`.
fn update_in(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    changes: &[Change<'_>],
    is_ready: fn(SubscriptionStatus) -> bool,
) -> Result<Vec<(usize, Unprocessed)>, AwsError> {
    let key = caller.hub_key();
    let directory = world.directory();
    hub_access::refuse_centrally_managed(&directory, &key)?;
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    let mut unprocessed = Vec::new();
    for (index, change) in changes.iter().enumerate() {
        match apply(&directory, (&key, &mut hub), caller, (change, is_ready)) {
            Ok(standard_controls) => {
                for standard_control in standard_controls {
                    controls::check(transaction, &key, standard_control, change.enabled, caller.now);
                }
            }
            Err(refusal) => unprocessed.push((index, refusal)),
        }
    }
    transaction.stage_hub(key, hub);
    Ok(unprocessed)
}

/// Applies a change and returns the affected controls of the standard.
fn apply(
    directory: &Directory,
    (key, hub): (&HubKey, &mut Hub),
    caller: &Caller,
    (change, is_ready): (&Change<'_>, fn(SubscriptionStatus) -> bool),
) -> Result<Vec<&'static StandardControl>, Unprocessed> {
    if !change.enabled && change.reason.is_none() {
        return Err(("INVALID_INPUT", "UpdatedReason is required to disable a control"));
    }
    let association = find_in(directory, (key, hub), (change.control, change.standard), is_ready)?;
    let state =
        ControlState { enabled: change.enabled, updated_at: caller.now, reason: change.reason.map(str::to_owned) };
    if let Some(subscription) = hub.standards.get_mut(association.standard.id) {
        for standard_control in &association.standard_controls {
            controls::set(subscription, standard_control, state.clone());
        }
    }
    Ok(association.standard_controls)
}
