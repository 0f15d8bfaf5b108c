//! The controls of the enabled standards, with their states.

use securityhub_fixtures::standards::{STANDARDS, Standard, StandardControl};

use crate::state::{ControlState, Hub, Subscription};

/// The hub's subscriptions, in the order of the catalogue (STD-50).
pub fn subscribed(hub: &Hub) -> impl Iterator<Item = (&'static Standard, &Subscription)> {
    STANDARDS.iter().filter_map(|standard| Some((standard, hub.standards.get(standard.id)?)))
}

/// The state of a control in its standard. A control that was never changed is enabled since its standard is (STD-40).
pub fn state(subscription: &Subscription, control: &StandardControl) -> ControlState {
    let as_enabled = || ControlState { enabled: true, updated_at: subscription.enabled_at, reason: None };
    subscription.controls.get(control.number).cloned().unwrap_or_else(as_enabled)
}

/// The controls of an enabled standard, without those that AWS adds to it later (SEC-50).
pub fn controls(
    standard: &'static Standard,
    subscription: &Subscription,
) -> impl Iterator<Item = &'static StandardControl> {
    standard.controls.iter().filter(|standard_control| !subscription.absent.contains(standard_control.control.id))
}
