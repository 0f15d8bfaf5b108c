//! Plain data and its locks: the world that a process holds.
//!
//! What lives here: relations of accounts ([`Directory`]), hubs, finding tables, one clock, one id source,
//! what is due later ([`Due`]), and the one way to write: a [`Transaction`] that leaves [`Change`]s.
//! What may not: rules of Security Hub, JSON of requests, HTTP.
//!
//! Locks are taken in the order writers → directory → hubs → tables, and no guard leaves this room: callers
//! get copies, `Arc`s or closures. `dashmap` is named in `world.rs` alone.

mod automation_rule;
mod change;
mod clock;
mod delays;
mod directory;
mod due;
mod findings;
mod hub;
mod ids;
mod insight;
mod names;
mod resources;
mod standards;
mod transaction;
mod world;

pub use automation_rule::AutomationRule;
pub use change::{Change, StoredFinding};
pub use clock::{Clock, Timestamp, duration, timestamp_text};
pub use delays::Delays;
pub use directory::{
    Account, AccountStatus, Credential, Directory, Member, MemberKind, MemberStatus, Organization, Principal, Unit,
};
pub use due::{CheckScope, Due};
pub use findings::{FindingWriter, Findings, HistoryRecord, HistorySource, HistoryUpdate, Ledger};
pub use hub::{ActionTarget, ControlFindingGenerator, Hub, HubKey, Phase};
pub use ids::IdSource;
pub use insight::Insight;
pub use names::{AccountId, Region};
pub use resources::{CheckResult, ComplianceStatus, Resource, Resources};
pub use standards::{ConfigRecorder, ControlSettings, ControlState, Subscription, SubscriptionStatus};
pub use transaction::Transaction;
pub use world::World;
