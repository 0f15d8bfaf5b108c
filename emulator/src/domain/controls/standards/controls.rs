//! Standard controls: security controls as controls of the enabled standards.

use jiff::SignedDuration;
use securityhub_fixtures::standards::{Standard, StandardControl};

use super::control_arn_prefix;
use crate::aws_error::AwsError;
use crate::domain::arn::Arn;
use crate::domain::caller::Caller;
use crate::domain::controls::check_request;
use crate::domain::controls::standards::subscription_controls;
use crate::domain::hub_access;
use crate::state::{CheckScope, ControlState, Hub, HubKey, Subscription, Timestamp, Transaction, World};

/// Reason why a standard control cannot be read or changed.
#[derive(Debug, PartialEq, Eq)]
pub enum ControlError {
    /// The hub has no such subscription (CTL-09).
    NoSubscription,
    /// There is no such control, or its standard is not ready for updates (CTL-13, CTL-17).
    NoControl,
    /// The text is not an ARN: `inferred`.
    NoArn(String),
    /// The ARN does not belong to the caller's account (CTL-14).
    NotOwned(String, String),
    /// A control is disabled without a reason (CTL-15).
    NoReason,
}

impl From<ControlError> for AwsError {
    fn from(error: ControlError) -> AwsError {
        match error {
            ControlError::NoSubscription => AwsError::not_found("StandardsSubscription not found"),
            ControlError::NoControl => AwsError::not_found("StandardsControl not found"),
            ControlError::NoArn(text) => {
                AwsError::invalid_input(format!("Invalid parameter 'StandardsControlArn'. {text} is not an ARN"))
            }
            ControlError::NotOwned(account, arn) => AwsError::access_denied(format!(
                "Account id {account} is not authorized to perform action on resource: {arn}"
            )),
            ControlError::NoReason => AwsError::invalid_input(
                "Invalid parameter 'DisabledReason'. data should have required property 'DisabledReason'",
            ),
        }
    }
}

/// The address of a standard control's remediation page; the two oldest standards have their own pages (CTL-06).
pub fn remediation_url(standard: &Standard, control: &StandardControl) -> String {
    let page = match standard.id {
        "cis-1.2.0" => format!("standards-cis-{}", control.number),
        "pci-dss-3.2.1" => control.id.to_owned(),
        _ => control.control.id.to_owned(),
    };
    format!("https://docs.aws.amazon.com/console/securityhub/{page}/remediation")
}

/// A control's requirements as its standard spells them; the two oldest omit their version (CTL-07).
pub fn related_requirements(standard: &Standard, control: &StandardControl) -> Vec<String> {
    let (long, short) = match standard.id {
        "cis-1.2.0" => ("CIS AWS Foundations Benchmark v1.2.0/", "CIS AWS Foundations "),
        "pci-dss-3.2.1" => ("PCI DSS v3.2.1/", "PCI DSS "),
        _ => ("", ""),
    };
    let spelled =
        |text: &&str| text.strip_prefix(long).map_or_else(|| (*text).to_owned(), |rest| format!("{short}{rest}"));
    control.related_requirements.iter().map(spelled).collect()
}

/// The input of UpdateStandardsControl.
#[derive(Debug)]
pub struct Change {
    /// True if the control is to be enabled; without it nothing changes (CTL-16).
    pub enabled: Option<bool>,
    /// The reason for disabling it.
    pub reason: Option<String>,
}

/// Enables or disables a control in one standard (CTL-12 … CTL-18, CTL-20).
///
/// # Errors
/// [`ControlError`], 403 for a centrally managed account, 401 when the hub is disabled.
pub fn update(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    arn: &str,
    change: Change,
) -> Result<(), AwsError> {
    if change.enabled == Some(false) && change.reason.is_none() {
        return Err(ControlError::NoReason.into());
    }
    let key = caller.hub_key();
    hub_access::refuse_centrally_managed(&world.directory(), &key)?;
    let parsed = Arn::parse(arn).ok_or_else(|| ControlError::NoArn(arn.to_owned()))?;
    if parsed.account != key.account.as_str() {
        return Err(ControlError::NotOwned(key.account.to_string(), arn.to_owned()).into());
    }
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    let (standard, control) = find(&hub, &key, arn).ok_or(ControlError::NoControl)?;
    let subscription = hub.standards.get_mut(standard.id).ok_or(ControlError::NoControl)?;
    let Some(enabled) = change.enabled else { return Ok(()) };
    let reason = change.reason.filter(|_| !enabled);
    set(subscription, control, ControlState { enabled, updated_at: caller.now, reason });
    check(transaction, &key, control, enabled, caller.now);
    transaction.stage_hub(key, hub);
    Ok(())
}

/// Sets the state of a control in its standard, for UpdateStandardsControl and associations (SEC-48).
pub fn set(subscription: &mut Subscription, control: &StandardControl, state: ControlState) {
    subscription.controls.insert(control.number, state);
}

/// Stages a check of a control that was enabled or disabled. Findings without a result are archived later (FND-50).
pub fn check(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    control: &StandardControl,
    enabled: bool,
    now: Timestamp,
) {
    let after = if enabled { SignedDuration::ZERO } else { transaction.delays().archive_disabled };
    check_request::request(transaction, key, CheckScope::Control(control.control.id), now, after);
}

/// The control with this ARN, in a standard that is ready for updates.
fn find(hub: &Hub, key: &HubKey, arn: &str) -> Option<(&'static Standard, &'static StandardControl)> {
    let of = |standard: &'static Standard, subscription: &Subscription| {
        let number = arn.strip_prefix(&control_arn_prefix(key, standard))?;
        subscription_controls::controls(standard, subscription)
            .find(|control| control.number == number)
            .map(|control| (standard, control))
    };
    let mut ready = subscription_controls::subscribed(hub).filter(|(_, it)| it.status.is_updatable());
    ready.find_map(|(standard, subscription)| of(standard, subscription))
}
