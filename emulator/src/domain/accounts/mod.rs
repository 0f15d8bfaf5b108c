//! Accounts: hubs, administrators and members, the organization and central configuration.
//!
//! Contains: the [`aggregator_v2`], the life cycle of a [`hub`] and of a [`hub_v2`], [`members`] and invitations, the
//! [`organization`], its [`central_configuration`], [`connectors`], [`tickets`], [`free_trials`], and [`tagging`] of
//! resources. Does not contain: findings and controls themselves, which are the modules below.

pub mod aggregator_v2;
pub mod central_configuration;
pub mod connectors;
pub mod free_trials;
pub mod hub;
pub mod hub_v2;
pub mod members;
pub mod organization;
pub mod recommended_policies;
pub mod tagging;
pub mod tickets;
