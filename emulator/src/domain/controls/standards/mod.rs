//! Standards, their controls, and the security controls behind them.
//!
//! Contains: ARNs of standards and finding a standard by ARN; subscriptions with their statuses ([`subscriptions`]),
//! the controls of a standard ([`controls`], [`subscription_controls`]), security controls across standards
//! ([`security_controls`]) with their [`parameters`], the [`associations`] of the two, and [`new_controls`] that AWS
//! adds later. Does not contain: wire structs and paging.

pub mod associations;
pub mod catalogue;
pub mod controls;
pub mod new_controls;
pub mod parameters;
pub mod security_controls;
pub mod subscription_controls;
pub mod subscriptions;

use securityhub_fixtures::standards::{STANDARDS, Standard, StandardControl};

use crate::domain::arn::{self, Arn};
use crate::state::{HubKey, Region};

/// The ARN of a standard (STD-01).
pub fn standard_arn(region: &Region, standard: &Standard) -> String {
    standard.arn(region.partition(), region.as_str())
}

/// The ARN of a subscription (STD-02).
pub fn subscription_arn(hub: &HubKey, standard: &Standard) -> String {
    arn::of_account(&hub.region, hub.account, &format!("subscription/{}", standard.path()))
}

/// The ARN of a standard control (STD-03).
pub fn control_arn(hub: &HubKey, standard: &Standard, control: &StandardControl) -> String {
    control_arn_prefix(hub, standard) + control.number
}

/// The prefix of the ARNs of a standard's controls.
fn control_arn_prefix(hub: &HubKey, standard: &Standard) -> String {
    arn::of_account(&hub.region, hub.account, &format!("control/{}/", standard.path()))
}

/// A description of a check in our own words, because AWS's texts are not included (FND-09).
pub fn description(title: &str) -> String {
    format!("This control checks the following: {title}.")
}

/// Reason why an ARN refers to no standard here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownStandard {
    /// The text is not an ARN of Security Hub.
    Malformed,
    /// No standard has this ARN, or it belongs to another Region.
    Unknown,
}

/// The standard that an ARN refers to. Operations that do not enable a standard also accept ARNs with an account, and
/// regional ARNs without their Region (SEC-45).
///
/// # Errors
/// [`UnknownStandard`].
pub fn by_arn(text: &str, region: &Region) -> Result<&'static Standard, UnknownStandard> {
    let arn = Arn::parse(text).filter(|arn| arn.service == "securityhub").ok_or(UnknownStandard::Malformed)?;
    let is_here = arn.partition == region.partition() && (arn.region.is_empty() || arn.region == region.as_str());
    let found = STANDARDS.iter().find(|standard| is_here && standard.standards_id == arn.resource);
    found.ok_or(UnknownStandard::Unknown)
}
