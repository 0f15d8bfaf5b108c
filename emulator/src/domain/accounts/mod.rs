//! Accounts: hubs, administrators and members, the organization and central configuration.
//!
//! Contains: the life cycle of a [`hub`], [`members`] and invitations, the [`organization`], its
//! [`central_configuration`], and [`tagging`] of resources. Does not contain: findings and controls themselves, which
//! are the rooms below.

pub mod central_configuration;
pub mod hub;
pub mod members;
pub mod organization;
pub mod tagging;
