//! The rules of Security Hub: functions over the state.
//!
//! What lives here: what AWS does, each rule with its id. What may not: HTTP, IO, the machine's clock (functions receive
//! `now`), ids from anywhere but the world's source.
//!
//! Its rooms, each of which may call those before it and none after it:
//! - the files of this folder but `due`: who calls ([`caller`]), names ([`arn`]), and what calls of every kind ask first
//!   ([`hub_access`], [`governance`]),
//! - [`findings`]: findings, who sees them, and what is kept about them,
//! - [`controls`]: standards, the checks of their controls, and scores,
//! - [`accounts`]: hubs, members, the organization and its central configuration,
//! - [`due`]: what happens later, in all of them.
//!
//! Beside them, [`events`] tells of findings, and [`policy`] judges calls; no other room needs these two.

pub mod accounts;
pub mod arn;
pub mod caller;
pub mod controls;
pub mod due;
pub mod events;
pub mod findings;
pub mod governance;
pub mod hub_access;
pub mod policy;
pub mod schedule;
pub mod tags;
