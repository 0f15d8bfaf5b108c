//! The rules of Security Hub: functions over the state.
//!
//! Contains: the behaviour of AWS, each rule with its ID. Does not contain: HTTP, IO, the machine's clock (functions
//! receive `now`), and ids from any source but the world's.
//!
//! Its modules, each of which may call those before it and none after it:
//! - the files of this folder except `due`: the caller ([`caller`]), names ([`arn`]), and checks that operations of
//!   every kind begin with ([`hub_access`], [`hub_v2_access`], [`governance`],
//!   [`idempotency`]); also what a world contains ([`overview`]),
//! - [`findings`]: findings, who sees them, and the settings of a hub that concern them,
//! - [`controls`]: standards, the checks of their controls, and scores,
//! - [`accounts`]: hubs, members, the organization and its central configuration,
//! - [`exposures`]: exposure findings, computed from findings and declared resources,
//! - [`due`]: pending work of all of them.
//!
//! [`events`] derives events from findings, and [`policy`] evaluates IAM policies; no other module needs these two.

pub mod accounts;
pub mod arn;
pub mod caller;
pub mod controls;
pub mod due;
pub mod events;
pub mod exposures;
pub mod findings;
pub mod governance;
pub mod hub_access;
pub mod hub_v2_access;
pub mod idempotency;
pub mod overview;
pub mod policy;
pub mod schedule;
pub mod tags;
