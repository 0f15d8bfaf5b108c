//! The organization: the delegated administrator, and the effects of accounts that join, move and leave.
//!
//! Contains: the designation of administrators ([`administrator`]), their settings for new accounts
//! ([`configuration`]), events of accounts ([`accounts`]), changes of the organization itself ([`tree`]), its policies for
//! V2 hubs ([`security_hub_policy`], [`hub_v2_policies`]), reports
//! about an account and the whole organization ([`report`], [`outline`]), and errors ([`OrganizationError`]). Does not contain: records of members, which belong
//! to `members`, and calls of AWS Organizations, which belong to `neighbours`.

pub mod accounts;
pub mod administrator;
pub mod configuration;
pub mod hub_v2_policies;
pub mod near_name;
pub mod outline;
mod refusal;
pub mod report;
pub mod security_hub_policy;
pub mod tree;

pub use refusal::OrganizationError;

/// The service principal of Security Hub in Organizations.
pub const SERVICE_PRINCIPAL: &str = "securityhub.amazonaws.com";
