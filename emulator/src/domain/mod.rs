//! The rules of Security Hub: functions over the state.
//!
//! What lives here: what AWS does, a file or folder a subject, each rule with its id. What may not: HTTP, IO,
//! the machine's clock (functions receive `now`), ids from anywhere but the world's source.

pub mod action_targets;
pub mod aggregation;
pub mod arn;
pub mod automation_rules;
pub mod caller;
pub mod central_configuration;
pub mod checks;
pub mod due;
pub mod events;
pub mod explain;
pub mod filters;
pub mod findings;
pub mod hub;
pub mod insights;
pub mod members;
pub mod organization;
pub mod policy;
pub mod products;
pub mod scores;
pub mod standards;
pub mod tags;
pub mod visibility;
