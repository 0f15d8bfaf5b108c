//! Plain data and its locks: the state of the process.
//!
//! Contents: accounts and their relations ([`Directory`]), hubs and declared resources as one value ([`Relations`]),
//! sessions of roles, finding tables, one clock, one ID source, pending work ([`Due`]), [`Event`]s in a ring buffer,
//! and [`Transaction`], the only way to write, which returns [`Change`]s. Rules of Security Hub, the JSON of requests
//! and HTTP do not belong here.
//!
//! Locks are taken in the order writers → due entries → relations → tables → written findings. No guard leaves this
//! module; callers get copies, `Arc`s or closures. [`HeldRelations`] and [`FindingsTransaction`] let the compiler check
//! that the writers' lock comes before those of tables. A commit holds the lock of the event ring while it reads
//! relations, so the ring must not be locked while any lock but the writers' is held. [`sync`] defines all kinds of
//! locks, and `dashmap` is named nowhere else.

mod aggregator;
mod aggregator_v2;
mod answered;
mod automation_rule;
mod automation_rule_v2;
mod central_configuration;
mod change;
mod change_log;
mod clock;
mod connector;
mod delays;
mod directory;
mod document;
mod due;
mod event_counts;
mod event_sink;
mod events;
mod export_job;
mod exposures;
mod fault;
mod findings;
mod findings_transaction;
mod held;
mod hub;
mod hub_v2;
mod ids;
mod insight;
mod interned;
mod inventory;
mod locked_findings;
mod member;
mod names;
mod organization_policies;
mod policy;
mod recommendations;
mod recorded;
mod recording;
mod recovery;
mod relations;
mod resources;
mod scores;
mod sessions;
mod settings_v2;
mod standards;
pub mod sync;
mod test_tag;
mod tickets;
mod token_buckets;
mod transaction;
mod world;
mod written;

pub use aggregator::{Aggregator, Linking};
pub use aggregator_v2::{AggregatorV2, LinkingModeV2};
pub use answered::{Answered, ClientToken};
pub use automation_rule::AutomationRule;
pub use automation_rule_v2::{ActionV2, AutomationRuleV2, CriteriaV2};
pub use central_configuration::{
    Applied, CentralConfiguration, ChosenControls, ConfigurationPolicy, Governance, Outcome, PolicyContent, Settled,
};
pub use change::{Change, StoredFinding};
pub use change_log::ChangeLog;
pub use clock::{Clock, LAST_INSTANT, Mode as ClockMode, Start as ClockStart, Timestamp, timestamp_text};
pub use connector::{
    Cloud, Connector, ConnectorStatus, Connectors, Enablement, Health, Jira, JiraSite, Provider, ProviderKind,
    ServiceNow,
};
pub use delays::Delays;
pub use directory::{
    Account, AccountCreation, AccountStatus, CreationState, Credential, Directory, Members, Organization,
    OrganizationConfiguration, Principal, Unit,
};
pub use document::{
    DocumentError, FindingDocument, FindingRow, IdsDocument, Kind as RowKind, PendingDocument, Row, RowChange,
    RowError, RowKey, Rows, ScoreDocument, SessionDocument, WorldDocument, apply as apply_rows,
};
pub use due::{CheckScope, Due};
pub use event_counts::{EventCounts, EventKind};
pub use event_sink::{EventSink, SinkKind};
pub use events::{Derive, Draft, Event, EventListener, EventPage, InsightReport, OcsfFinding, Subject, UsedAction};
pub use export_job::{ExportFailure, ExportJob, ExportSink, ExportState, Exported, Rendering};
pub use exposures::{Changed, Exposed, ResourceName, Signal, SignalKey, SignalSource, Signals};
pub use fault::{
    Fault, FaultError, FaultLatency, FaultPartial, FaultStage, FaultWire, Lognormal, Operations, WorldFaults,
};
pub use findings::{FindingMetadata, FindingWriter, Findings, HistoryRecord, HistorySource, HistoryUpdate};
pub use findings_transaction::FindingsTransaction;
pub use held::HeldRelations;
pub use hub::{ActionTarget, ControlFindingGenerator, Hub, HubKey, Phase};
pub use hub_v2::{FeatureV2, HubV2};
pub use ids::IdSource;
pub use insight::Insight;
pub use inventory::{DeclaredInventory, DeclaredPackage, DeclaredResource, Inventory, InventorySource};
pub use member::{Invitation, Member, MemberKind, MemberStatus, Quotas};
pub use names::{AccountId, Name, Region, TableKey, UnknownRegion};
pub use organization_policies::{FULL_AWS_ACCESS, OrganizationPolicies, OrganizationPolicy, PolicyType};
pub use policy::{
    Condition, Effect, Operator, Pattern, PatternList, Permissions, Piece, Policies, Policy, Quantifier, Relation,
    Statement, Test,
};
pub use recommendations::{DeclaredRemediation, Recommendations, RecommendedPolicy};
pub use recording::{NewWorld, Numbers, Record, Replacement, SavedClock};
pub use recovery::Recovery;
pub use relations::Relations;
pub use resources::{CheckResult, Comparison, ComplianceStatus, ParameterCondition, Resource, Resources};
pub use scores::{DailyScore, DailyScores};
pub use sessions::SESSION_KEY;
pub use settings_v2::SettingsV2;
pub use standards::{
    ConfigRecorder, ControlSettings, ControlState, ParameterUpdate, RecorderSettings, Subscription, SubscriptionStatus,
};
pub use test_tag::TestTag;
pub use tickets::{Ticket, Tickets};
pub use token_buckets::RateLimit;
pub use transaction::Transaction;
pub use world::World;
pub use written::{FindingWrites, Form, WrittenFinding};
