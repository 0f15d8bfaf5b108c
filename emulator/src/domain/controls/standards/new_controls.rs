//! Controls that AWS adds to standards while the clock runs.
//!
//! Until then, no operation shows the control in that standard. The directory lists these controls. Each subscription
//! also has a list of the controls it lacks, so code that has the hub need not look at the directory.

use securityhub_fixtures::standards::{self, Control, Standard};

use super::{controls, subscriptions};
use crate::domain::controls::standards::subscription_controls;
use crate::domain::{governance, schedule};
use crate::invariant::Invariant;
use crate::state::{ControlState, Due, HubKey, Timestamp, Transaction, World};

/// Hides a control from standards until a time (SEC-52).
pub fn hide_until(
    transaction: &mut Transaction<'_>,
    control: &'static Control,
    standards: impl IntoIterator<Item = &'static Standard>,
    at: Timestamp,
) {
    for standard in standards {
        transaction
            .edit_directory(|directory| directory.new_controls.entry(control.id).or_default().insert(standard.id));
        transaction.schedule(at, Due::AddControl(control.id, standard.id));
    }
}

/// Adds a control to a standard. An enabled standard becomes PENDING, and the control is there but disabled at first
/// (SEC-50, SEC-51).
pub fn add(
    transaction: &mut Transaction<'_>,
    world: &World,
    (control, standard): (&'static str, &'static str),
    at: Timestamp,
) {
    let Some((control, standard)) = known(control, standard) else { return };
    transaction.edit_directory(|directory| {
        if let Some(standards) = directory.new_controls.get_mut(control.id) {
            standards.remove(standard.id);
            if standards.is_empty() {
                directory.new_controls.remove(control.id);
            }
        }
    });
    for key in world.relations().hub_keys() {
        let Some(hub) = transaction.hub(&key) else { continue };
        let mut hub = (*hub).clone();
        let Some(subscription) = hub.standards.get_mut(standard.id) else { continue };
        if !subscription.absent.remove(control.id) {
            continue;
        }
        for standard_control in standard.controls_for(control) {
            controls::set(subscription, standard_control, as_added(at));
        }
        subscriptions::extend(transaction, &key, standard.id, subscription, at);
        let delay = transaction.delays().new_controls;
        schedule::after(transaction, at, delay, Due::EnableControl(key.clone(), standard.id, control.id, at));
        transaction.stage_hub(key, hub);
    }
}

fn as_added(at: Timestamp) -> ControlState {
    ControlState { enabled: false, updated_at: at, reason: None }
}

/// Enables a control that was added to a standard at that time, unless `AutoEnableControls` of the hub, a configuration
/// policy or a user has decided otherwise since (SEC-50, CCF-40).
pub fn enable(
    transaction: &mut Transaction<'_>,
    world: &World,
    key: &HubKey,
    (standard, control): (&'static str, &'static str),
    (since, now): (Timestamp, Timestamp),
) {
    let Some((control, standard)) = known(control, standard) else { return };
    let Some(hub) = transaction.hub(key) else { return };
    let wanted = governance::enables(world, transaction.directory(), key, control);
    if !wanted.unwrap_or(hub.auto_enable_controls) {
        return;
    }
    let mut hub = (*hub).clone();
    let Some(subscription) = hub.standards.get_mut(standard.id) else { return };
    for standard_control in standard.controls_for(control) {
        if subscription_controls::state(subscription, standard_control) == as_added(since) {
            controls::set(
                subscription,
                standard_control,
                ControlState { enabled: true, updated_at: now, reason: None },
            );
            controls::check(transaction, key, standard_control, true, now);
        }
    }
    transaction.stage_hub(key.clone(), hub);
}

/// A control and a standard, given by their names in a due entry.
fn known(control: &'static str, standard: &'static str) -> Option<(&'static Control, &'static Standard)> {
    let known = standards::control(control).zip(standards::standard(standard));
    known.or_report("an added control and its standard are in the catalogue")
}
