//! Central configuration: policies that govern the organization's accounts from the home Region.
//!
//! What lives here: turning it on and off ([`switch`]), policies ([`policies`]) and what they say ([`content`]), what they are applied to and what is
//! inherited ([`associations`]), how an account is brought to what governs it ([`settle`]), and what a policy does to one
//! hub ([`apply`]). What may not: standards and controls themselves.

pub mod apply;
pub mod associations;
pub mod content;
pub mod linked;
pub mod policies;
mod record;
mod refusal;
pub mod settle;
pub mod switch;

pub use refusal::{CentralError, MOST_POLICIES, administered};

/// What stands for self-management where a policy's id could stand.
pub const SELF_MANAGED: &str = "SELF_MANAGED_SECURITY_HUB";
