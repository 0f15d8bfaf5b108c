//! Accounts: whose hub is on, who administers whom, and what is configured for whom.
//!
//! What lives here: the life of a [`hub`], [`members`] and invitations, the [`organization`], its
//! [`central_configuration`], and [`tagging`] of what they have. What may not: findings and controls themselves, which
//! are the rooms below.

pub mod central_configuration;
pub mod hub;
pub mod members;
pub mod organization;
pub mod tagging;
