//! The controls of the enabled standards, each in its seat, with its state.

use securityhub_fixtures::standards::{STANDARDS, Standard, StandardControl};

use crate::state::{ControlState, Hub, Subscription};

/// The hub's subscriptions, in the order of the catalogue (STD-50).
pub fn all(hub: &Hub) -> impl Iterator<Item = (&'static Standard, &Subscription)> {
    STANDARDS.iter().filter_map(|standard| Some((standard, hub.standards.get(standard.id)?)))
}

/// The state of a control in its standard; one that nobody changed is as the standard's enabling left it (STD-40).
pub fn state(subscription: &Subscription, control: &StandardControl) -> ControlState {
    let as_enabled = || ControlState { enabled: true, updated_at: subscription.enabled_at, reason: None };
    subscription.controls.get(control.number).cloned().unwrap_or_else(as_enabled)
}

/// The controls of an enabled standard: those that it holds by now (SEC-50).
pub fn seats(
    standard: &'static Standard,
    subscription: &Subscription,
) -> impl Iterator<Item = &'static StandardControl> {
    standard.controls.iter().filter(|seat| !subscription.absent.contains(seat.control.id))
}
