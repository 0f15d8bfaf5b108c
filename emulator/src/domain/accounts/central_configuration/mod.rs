//! Central configuration: policies that govern the organization's accounts from the home Region.
//!
//! Contains: turning it on and off ([`switch`]), policies ([`policies`]) and their content ([`content`]), associations
//! with targets ([`associations`]), applying the governing policies to accounts ([`settle`]), Regions that are linked
//! later ([`linked`]), and applying a policy to one hub ([`apply`]). Does not contain: standards and controls
//! themselves.

pub mod apply;
pub mod associations;
pub mod content;
pub mod linked;
pub mod policies;
mod record;
mod refusal;
pub mod settle;
pub mod switch;

pub use refusal::{CentralError, MAX_POLICIES, administered};

/// The value that stands for self-management in place of a policy id.
pub const SELF_MANAGED: &str = "SELF_MANAGED_SECURITY_HUB";
