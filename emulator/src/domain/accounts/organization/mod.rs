//! The organization's side of Security Hub: who is its delegated administrator, and what becomes
//! of the accounts that join, move and leave.
//!
//! What lives here: the designation of administrators ([`administrator`]), what they set for accounts to come
//! ([`configuration`]), what happens to accounts themselves ([`accounts`]), how an account stands ([`report`]), and why all that is refused
//! ([`OrganizationError`]). What may not: records of members, which are the room of members'; calls of AWS
//! Organizations, which is a neighbour.

pub mod accounts;
pub mod administrator;
pub mod configuration;
mod refusal;
pub mod report;

pub use refusal::OrganizationError;

/// The service principal by which Organizations knows Security Hub.
pub const SERVICE_PRINCIPAL: &str = "securityhub.amazonaws.com";
