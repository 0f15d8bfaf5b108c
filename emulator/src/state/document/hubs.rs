//! Rows of hubs of both halves.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rows::{Changes, Kind, pairs};
use crate::state::clock::Timestamp;
use crate::state::export_job::{ExportJob, ExportState};
use crate::state::hub::{ControlFindingGenerator, Hub, HubKey, Phase};
use crate::state::hub_v2::{FeatureV2, HubV2};
use crate::state::interned;
use crate::state::names::Name;
use crate::state::standards::{ConfigRecorder, ControlState};
use crate::state::tickets::{Ticket, Tickets};

/// The key of rows that exist once for each hub.
pub(super) const HUB: &str = "hub";
/// The key of rows that exist once for each V2 hub.
pub(super) const HUB_V2: &str = "hubv2";
/// The key of the recorder of AWS Config.
pub(super) const RECORDER: &str = "recorder";

/// The value of a row of the kind `Hub`.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HubRow {
    pub(super) phase: Phase,
    pub(super) auto_enable_controls: bool,
    pub(super) control_finding_generator: ControlFindingGenerator,
    pub(super) next_check: Option<Timestamp>,
    pub(super) is_quiet: bool,
}

impl HubRow {
    fn new(hub: &Hub) -> HubRow {
        HubRow {
            phase: hub.phase,
            auto_enable_controls: hub.auto_enable_controls,
            control_finding_generator: hub.control_finding_generator,
            next_check: hub.next_check,
            is_quiet: hub.is_quiet,
        }
    }
}

/// The value of a row of the kind `HubV2`.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HubV2Row {
    pub(super) id: String,
    pub(super) phase: Phase,
    #[serde(deserialize_with = "interned::read")]
    pub(super) features: BTreeMap<Name, FeatureV2>,
    #[serde(deserialize_with = "interned::read")]
    pub(super) trials: BTreeMap<Name, Timestamp>,
}

impl HubV2Row {
    fn new(hub: &HubV2) -> HubV2Row {
        let (id, features, trials) = (hub.id.clone(), hub.features.clone(), hub.trials.clone());
        HubV2Row { id, phase: hub.phase, features, trials }
    }
}

/// The value of a row of the kind `Ticket`.
#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct TicketRow {
    /// Its position in the order of creation.
    pub(super) number: usize,
    pub(super) ticket: Ticket,
}

/// The value of a row of the kind `ExportJob`.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportJobRow {
    pub(super) number: u64,
    pub(super) name: Option<String>,
    pub(super) output: Value,
    pub(super) destination: Value,
    pub(super) scopes: Option<Value>,
    pub(super) state: ExportState,
    pub(super) started_at: Timestamp,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) exported: Option<String>,
}

impl ExportJobRow {
    /// The row of a job. A job whose output is still being computed is in the running state, but has an end time.
    fn new(job: &ExportJob) -> ExportJobRow {
        ExportJobRow {
            number: job.number,
            name: job.name.clone(),
            output: job.output.clone(),
            destination: job.destination.clone(),
            scopes: job.scopes.clone(),
            state: job.state.clone(),
            started_at: job.started_at,
            ended_at: job.ended_at,
            exported: job.exported.as_ref().map(|text| String::from_utf8_lossy(text).into_owned()),
        }
    }

    pub(super) fn job(self, id: String) -> ExportJob {
        ExportJob {
            id,
            number: self.number,
            name: self.name,
            output: self.output,
            destination: self.destination,
            scopes: self.scopes,
            state: self.state,
            rendering: None,
            started_at: self.started_at,
            ended_at: self.ended_at,
            exported: self.exported.map(Into::into),
        }
    }
}

/// Adds the changes of a hub.
pub(super) fn hub(changes: &mut Changes, key: &HubKey, before: Option<&Hub>, after: Option<&Hub>) {
    changes.place(Some(key.account), Some(&key.region));
    let row = |hub: Option<&Hub>| hub.map(HubRow::new);
    changes.row(Kind::Hub, HUB, row(before).as_ref(), row(after).as_ref());
    tags(changes, HUB, before.map(|hub| &hub.tags), after.map(|hub| &hub.tags));
    let recorder =
        |hub: Option<&'_ Hub>| hub.map(|hub| hub.config_recorder.clone()).filter(|it| *it != ConfigRecorder::On);
    changes.row(Kind::Recorder, RECORDER, recorder(before).as_ref(), recorder(after).as_ref());
    let (standards_before, standards_after) = (before.map(|hub| &hub.standards), after.map(|hub| &hub.standards));
    if standards_before != standards_after {
        let of = |standards: Option<&'_ BTreeMap<Name, _>>| standards.cloned().unwrap_or_default();
        let (before, after) = (of(standards_before), of(standards_after));
        for (name, (before, after)) in pairs(before.iter().map(|(k, v)| (*k, v)), after.iter().map(|(k, v)| (*k, v))) {
            changes.row(Kind::Standard, name, before, after);
            let controls = |of: &BTreeMap<Name, ControlState>| -> BTreeMap<String, ControlState> {
                of.iter().map(|(number, state)| (standard_control_key(name, number), state.clone())).collect()
            };
            let (before, after) = (before.map(|it| controls(&it.controls)), after.map(|it| controls(&it.controls)));
            changes.map(Kind::StandardControl, before.as_ref(), after.as_ref());
        }
    }
    let settings = (before.map(|hub| &hub.security_controls), after.map(|hub| &hub.security_controls));
    changes.map(Kind::Control, settings.0, settings.1);
    let products = (before.map(|hub| &hub.product_subscriptions), after.map(|hub| &hub.product_subscriptions));
    changes.set(Kind::ProductSubscription, products.0, products.1);
    changes.map(Kind::ActionTarget, before.map(|hub| &hub.action_targets), after.map(|hub| &hub.action_targets));
    let none = OrdMap::new();
    let connectors = |hub: Option<&'_ Hub>| hub.map_or_else(|| none.clone(), |hub| hub.connectors.clone());
    changes.shared_map(Kind::Connector, &connectors(before), &connectors(after));
    changes.each(Kind::Insight, insights(before), insights(after));
    changes.each(Kind::AutomationRule, rules(before), rules(after));
}

fn insights(hub: Option<&Hub>) -> impl Iterator<Item = (&str, &crate::state::insight::Insight)> {
    hub.into_iter().flat_map(|hub| hub.insights.iter().map(|insight| (insight.id.as_str(), insight)))
}

fn rules(hub: Option<&Hub>) -> impl Iterator<Item = (&str, &crate::state::automation_rule::AutomationRule)> {
    hub.into_iter().flat_map(|hub| hub.automation_rules.iter().map(|rule| (rule.id.as_str(), rule)))
}

/// The key of a changed control of a standard.
fn standard_control_key(standard: Name, number: Name) -> String {
    format!("{standard}/{number}")
}

/// Adds the changes of a V2 hub.
pub(super) fn hub_v2(changes: &mut Changes, key: &HubKey, before: Option<&HubV2>, after: Option<&HubV2>) {
    changes.place(Some(key.account), Some(&key.region));
    let row = |hub: Option<&HubV2>| hub.map(HubV2Row::new);
    changes.row(Kind::HubV2, HUB_V2, row(before).as_ref(), row(after).as_ref());
    tags(changes, HUB_V2, before.map(|hub| &hub.tags), after.map(|hub| &hub.tags));
    changes.each(Kind::AutomationRuleV2, rules_v2(before), rules_v2(after));
    let none = OrdMap::new();
    let connectors = |hub: Option<&'_ HubV2>| hub.map_or_else(|| none.clone(), |hub| hub.connectors.clone());
    changes.shared_map(Kind::ConnectorV2, &connectors(before), &connectors(after));
    let policies = |hub: Option<&HubV2>| hub.map(|hub| hub.recommended_policies.clone()).unwrap_or_default();
    changes.shared_set(Kind::RecommendedPolicy, &policies(before), &policies(after));
    tickets(changes, before.map(|hub| &hub.tickets), after.map(|hub| &hub.tickets));
    let jobs = |hub: Option<&'_ HubV2>| -> BTreeMap<String, Arc<ExportJob>> {
        hub.into_iter().flat_map(|hub| hub.exports.iter().map(|job| (job.id.clone(), Arc::clone(job)))).collect()
    };
    let (jobs_before, jobs_after) = (jobs(before), jobs(after));
    let by_id = |jobs: &'_ BTreeMap<String, Arc<ExportJob>>| jobs.keys().cloned().collect::<Vec<_>>();
    let mut ids = by_id(&jobs_before);
    ids.extend(by_id(&jobs_after).into_iter().filter(|id| !jobs_before.contains_key(id)));
    for id in ids {
        let (before, after) = (jobs_before.get(&id), jobs_after.get(&id));
        if before.zip(after).is_some_and(|(before, after)| Arc::ptr_eq(before, after)) {
            continue;
        }
        let row = |job: Option<&Arc<ExportJob>>| job.map(|job| ExportJobRow::new(job));
        changes.row(Kind::ExportJob, &id, row(before).as_ref(), row(after).as_ref());
    }
}

fn rules_v2(hub: Option<&HubV2>) -> impl Iterator<Item = (&str, &crate::state::automation_rule_v2::AutomationRuleV2)> {
    hub.into_iter().flat_map(|hub| hub.automation_rules.iter().map(|rule| (rule.id.as_str(), rule)))
}

/// Adds the changes of tickets, which are only created, or removed together with their hub.
fn tickets(changes: &mut Changes, before: Option<&Tickets>, after: Option<&Tickets>) {
    let (before, after) = (before.cloned().unwrap_or_default(), after.cloned().unwrap_or_default());
    let shared = before.shared_with(&after);
    let rows = |tickets: &Tickets| -> BTreeMap<String, TicketRow> {
        let rest = tickets.iter().cloned().enumerate().skip(shared);
        rest.map(|(number, ticket)| (format!("{}/{}", ticket.connector_id, ticket.id), TicketRow { number, ticket }))
            .collect()
    };
    changes.map(Kind::Ticket, Some(&rows(&before)), Some(&rows(&after)));
}

fn tags(
    changes: &mut Changes,
    key: &str,
    before: Option<&BTreeMap<String, String>>,
    after: Option<&BTreeMap<String, String>>,
) {
    changes.row(Kind::Tags, key, before.filter(|tags| !tags.is_empty()), after.filter(|tags| !tags.is_empty()));
}
