//! Associations: a security control in an enabled standard.

use securityhub_fixtures::standards::{Control, Standard, StandardControl};

use super::security_controls::{self, NoControl};
use super::{NoStandard, controls};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::controls::standards::seats;
use crate::domain::hub_access;
use crate::state::{ControlState, Directory, Hub, HubKey, Subscription, Transaction, World};

/// A security control in an enabled standard.
#[derive(Debug)]
pub struct Association {
    /// The standard.
    pub standard: &'static Standard,
    /// The control.
    pub control: &'static Control,
    /// Its seats there; one at least.
    pub seats: Vec<&'static StandardControl>,
    /// Enabled while any seat is (CTL-21); when and why it was last set.
    pub state: ControlState,
}

impl Association {
    fn new(standard: &'static Standard, subscription: &Subscription, control: &'static Control) -> Option<Association> {
        let of_control = |seat: &&'static StandardControl| seat.control.id == control.id;
        let seats: Vec<&'static StandardControl> = seats::seats(standard, subscription).filter(of_control).collect();
        let states: Vec<ControlState> = seats.iter().map(|seat| seats::state(subscription, seat)).collect();
        let enabled = states.iter().any(|state| state.enabled);
        let last = states.into_iter().max_by_key(|state| state.updated_at)?;
        Some(Association { standard, control, seats, state: ControlState { enabled, ..last } })
    }

    /// The requirements of all seats, each once.
    pub fn related_requirements(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for requirement in self.seats.iter().flat_map(|seat| controls::related_requirements(self.standard, seat)) {
            if !all.contains(&requirement) {
                all.push(requirement);
            }
        }
        all
    }

    /// The standard's own title of the control, of its first seat.
    pub fn title(&self) -> &'static str {
        self.seats.first().map_or(self.control.title, |seat| seat.title())
    }
}

/// The associations of a control: one an enabled standard that holds it and is ready for updates (SEC-40).
pub fn of_control(hub: &Hub, control: &'static Control) -> Vec<Association> {
    let ready = seats::all(hub).filter(|(_, subscription)| subscription.status.is_updatable());
    ready.filter_map(|(standard, subscription)| Association::new(standard, subscription, control)).collect()
}

/// Why an association is not processed: a code and a sentence, which is `inferred` (SEC-44, SEC-47).
pub type Unprocessed = (&'static str, &'static str);

/// The association of a control, by id or ARN, and the ARN of a standard (SEC-43 … SEC-45).
///
/// # Errors
/// [`Unprocessed`].
pub fn find(
    directory: &Directory,
    (key, hub): (&HubKey, &Hub),
    control: &str,
    standard: &str,
) -> Result<Association, Unprocessed> {
    let control =
        security_controls::find(directory, key, control).map_err(|error: NoControl| (error.code(), error.reason()))?;
    let standard = super::meant(standard, &key.region).map_err(|error| match error {
        NoStandard::Malformed => ("INVALID_INPUT", "Invalid standards ARN"),
        NoStandard::Unknown => ("RESOURCE_NOT_FOUND", "Standard not found"),
    })?;
    let subscription = hub.standards.get(standard.id).filter(|subscription| subscription.status.is_updatable());
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
    /// Whether it is to be enabled.
    pub enabled: bool,
    /// Why; needed to disable it, kept for both (SEC-47, SEC-48).
    pub reason: Option<&'a str>,
}

/// Makes changes one after the other, all seats of a control alike; gives those that are not processed, by their places
/// (SEC-46 … SEC-49, CTL-21).
///
/// # Errors
/// 403 for a centrally managed account, 401 when the hub is off.
pub fn update(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    changes: &[Change<'_>],
) -> Result<Vec<(usize, Unprocessed)>, AwsError> {
    let key = caller.hub_key();
    let directory = world.directory();
    hub_access::refuse_centrally_managed(&directory, &key)?;
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    let mut unprocessed = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        match apply(&directory, (&key, &mut hub), caller, change) {
            Ok(seats) => {
                for seat in seats {
                    controls::check(transaction, &key, seat, change.enabled, caller.now);
                }
            }
            Err(refusal) => unprocessed.push((place, refusal)),
        }
    }
    transaction.put_hub(key, hub);
    Ok(unprocessed)
}

/// Makes a change; gives the seats that it is of.
fn apply(
    directory: &Directory,
    (key, hub): (&HubKey, &mut Hub),
    caller: &Caller,
    change: &Change<'_>,
) -> Result<Vec<&'static StandardControl>, Unprocessed> {
    if !change.enabled && change.reason.is_none() {
        return Err(("INVALID_INPUT", "UpdatedReason is required to disable a control"));
    }
    let association = find(directory, (key, hub), change.control, change.standard)?;
    let state =
        ControlState { enabled: change.enabled, updated_at: caller.now, reason: change.reason.map(str::to_owned) };
    if let Some(subscription) = hub.standards.get_mut(association.standard.id) {
        for seat in &association.seats {
            controls::set(subscription, seat, state.clone());
        }
    }
    Ok(association.seats)
}
