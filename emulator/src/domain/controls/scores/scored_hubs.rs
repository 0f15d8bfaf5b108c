//! The hubs that a caller's scores include, each with its enabled controls and the results of their checks.

use std::collections::{BTreeMap, HashMap, HashSet};

use securityhub_engine::Filter;
use securityhub_engine::filter::Test;
use securityhub_fixtures::standards::{Control, Standard};

use super::{Checks, ControlStatus};
use crate::domain::arn;
use crate::domain::caller::Caller;
use crate::domain::controls::standards::subscription_controls;
use crate::domain::findings::visibility;
use crate::state::{AccountId, Findings, HubKey, Region, SubscriptionStatus, World};

/// A hub, reduced to what scores need.
#[derive(Debug)]
pub(super) struct ScoredHub {
    /// The account.
    pub(super) account: AccountId,
    /// The Region.
    pub(super) region: Region,
    /// The enabled standards by short name, each with the ids of its enabled security controls.
    pub(super) standards: BTreeMap<&'static str, HashSet<&'static str>>,
    /// The findings that count, by the ids of security controls (SCO-01).
    pub(super) checks: HashMap<String, Checks>,
}

impl ScoredHub {
    /// The status of a control in this hub and the checks it is based on, in one standard or in all enabled ones
    /// (SCO-02, SCO-03).
    pub(super) fn status(&self, control: &Control, standard: Option<&Standard>) -> (ControlStatus, Checks) {
        let is_enabled = match standard {
            Some(standard) => self.standards.get(standard.id).is_some_and(|enabled| enabled.contains(control.id)),
            None => self.standards.values().any(|enabled| enabled.contains(control.id)),
        };
        if !is_enabled {
            return (ControlStatus::Disabled, Checks::default());
        }
        let checks = self.checks.get(control.id).filter(|_| control.is_available(self.region.as_str()));
        let checks = checks.copied().unwrap_or_default();
        (checks.status(), checks)
    }
}

/// The hubs whose findings a caller sees: its own, those of its enabled members, and theirs in linked Regions (SCO-09,
/// SCO-10).
pub(super) fn of_caller(world: &World, caller: &Caller) -> Vec<ScoredHub> {
    let mut checks = checks(world, caller);
    let hub = |key: HubKey| {
        let standards = standards(world, &key);
        let checks = checks.remove(&key).unwrap_or_default();
        ScoredHub { account: key.account, region: key.region, standards, checks }
    };
    visibility::hubs(world, caller).into_iter().map(hub).collect()
}

/// The standards of a hub, except those being disabled, with the security controls that are enabled in them. A security
/// control is enabled while any of its standard controls is (CTL-21).
fn standards(world: &World, key: &HubKey) -> BTreeMap<&'static str, HashSet<&'static str>> {
    let Some(hub) = world.hub(key) else { return BTreeMap::new() };
    let active = subscription_controls::subscribed(&hub)
        .filter(|(_, subscription)| subscription.status != SubscriptionStatus::Deleting);
    let enabled = active.map(|(standard, subscription)| {
        let standard_controls = subscription_controls::controls(standard, subscription)
            .filter(|standard_control| subscription_controls::state(subscription, standard_control).enabled);
        (standard.id, standard_controls.map(|standard_control| standard_control.control.id).collect())
    });
    enabled.collect()
}

/// Counts the findings that count, in one pass over what the caller sees: Security Hub's own, active and not
/// suppressed, by hub, security control and compliance status (SCO-01, SCO-14). Replicas of unlinked Regions do not
/// count.
fn checks(world: &World, caller: &Caller) -> HashMap<HubKey, HashMap<String, Checks>> {
    let mut checks: HashMap<HubKey, HashMap<String, Checks>> = HashMap::new();
    let [Some(account), Some(control), Some(status)] =
        ["AwsAccountId", "ComplianceSecurityControlId", "ComplianceStatus"].map(|name| world.schema().field(name))
    else {
        return checks;
    };
    for view in visibility::views(world, caller).iter().filter(|view| view.table.origin.is_none()) {
        let region = &view.table.region;
        let filter = Filter::All(vec![
            equals(world, "ProductArn", &arn::product(region, "", "aws", "securityhub")),
            equals(world, "RecordState", "ACTIVE"),
            equals(world, "WorkflowStatus", "SUPPRESSED").negated(),
            view.filter(world),
        ]);
        let fields = [account, control, status];
        let read = |findings: &Findings| view.part(findings).combinations(&filter, fields);
        let found = world.query_findings(&view.table, &filter, &fields, read);
        for ([account, control, status], count) in found.into_iter().flatten() {
            let Some(account) = AccountId::parse(&account) else { continue };
            let of_hub = checks.entry(HubKey { account, region: region.clone() }).or_default();
            of_hub.entry(control).or_default().add(&status, count);
        }
    }
    checks
}

fn equals(world: &World, name: &str, value: &str) -> Filter {
    world.schema().field(name).map_or(Filter::nothing(), |field| Filter::term(field, Test::equals(value)))
}
