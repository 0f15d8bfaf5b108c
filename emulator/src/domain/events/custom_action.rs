//! Sending findings or insight results to a custom action, which AWS offers in its console only.

use std::collections::HashSet;
use std::sync::Arc;

use securityhub_engine::Snapshot;

use crate::aws_error::AwsError;
use crate::domain::arn::Arn;
use crate::domain::caller::Caller;
use crate::domain::findings::action_targets::{self, ActionTargetError};
use crate::domain::findings::change::{self, Identifier};
use crate::domain::findings::{insights, visibility};
use crate::domain::hub_access;
use crate::state::{
    AccountId, Draft, HubKey, InsightReport, Region, Subject, Timestamp, Transaction, UsedAction, World,
};

/// Maximum number of findings that a person can select (EVT-13).
pub const MAX_FINDINGS: usize = 20;

/// The findings or results to send.
#[derive(Debug)]
pub enum Selection {
    /// Findings, each as a separate event.
    Findings(Vec<Identifier>),
    /// Results of an insight, as one event: of these values, or all.
    Results {
        /// The ARN of the insight.
        insight_arn: String,
        /// Values of its grouping attribute.
        values: Option<Vec<String>>,
    },
}

/// Sends a selection to the custom action with this ARN, on behalf of its account and Region (EVT-44), and returns the
/// number of events. Duplicates in the selection are sent once, and any invalid item aborts the whole call; both are
/// `inferred`.
///
/// # Errors
/// 404 for an unknown custom action, finding or insight result; 400 if the selection is empty or too large, or the hub
/// is disabled (EVT-65).
pub fn send(
    transaction: &mut Transaction<'_>,
    world: &World,
    now: Timestamp,
    action_target_arn: &str,
    selection: Selection,
) -> Result<usize, AwsError> {
    let (caller, action) = find(world, now, action_target_arn)?;
    let action = Arc::new(action);
    let subjects = match selection {
        Selection::Findings(names) => {
            let found = selected(world, &caller, &names)?;
            found.into_iter().map(|finding| Subject::Selected(Arc::clone(&action), finding)).collect()
        }
        Selection::Results { insight_arn, values } => {
            vec![Subject::Results(action, Arc::new(report(world, &caller, insight_arn, values)?))]
        }
    };
    let count = subjects.len();
    subjects.into_iter().map(|subject| -> Draft { (caller.hub_key(), subject) }).for_each(|it| transaction.emit(it));
    Ok(count)
}

/// A custom action, and a caller in its account and Region.
fn find(world: &World, now: Timestamp, arn: &str) -> Result<(Caller, UsedAction), AwsError> {
    let missing = || AwsError::from(ActionTargetError::Missing(arn.to_owned()));
    let parts = Arn::parse(arn).ok_or_else(missing)?;
    let account = AccountId::parse(parts.account).ok_or_else(missing)?;
    let key = HubKey { account, region: Region::new(parts.region) };
    let id = arn.strip_prefix(&action_targets::action_target_arn(&key, "")).ok_or_else(missing)?;
    let target = world.hub(&key).and_then(|hub| hub.action_targets.get(id).cloned()).ok_or_else(missing)?;
    if !hub_access::is_enabled(world, &key) {
        let message = format!("Security Hub is not enabled for {account} in {}; enable it there first", key.region);
        return Err(AwsError::invalid_input(message));
    }
    let caller = Caller::local_user(account, key.region, now);
    Ok((caller, UsedAction { arn: arn.to_owned(), name: target.name, description: target.description }))
}

/// The current documents of the identified findings, if the caller sees them.
fn selected(world: &World, caller: &Caller, names: &[Identifier]) -> Result<Vec<Snapshot>, AwsError> {
    if names.is_empty() || names.len() > MAX_FINDINGS {
        let message = format!("Expected 1 to {MAX_FINDINGS} findings, got {}", names.len());
        return Err(AwsError::invalid_input(message));
    }
    let views = visibility::views(world, caller);
    let (mut seen, mut selected) = (HashSet::new(), Vec::new());
    for name in names.iter().filter(|name| seen.insert(*name)) {
        let before = selected.len();
        for view in &views {
            world.read_findings(&view.table, |findings| {
                let slots = change::find(findings, name, view);
                selected.extend(slots.into_iter().map(|slot| Snapshot::copy(findings.table().document(slot))));
            });
        }
        if selected.len() == before {
            let Identifier { product_arn, id } = name;
            return Err(AwsError::not_found(format!("Finding {id} of {product_arn} was not found")));
        }
    }
    Ok(selected)
}

/// The results of an insight, or those for some values, with their current counts.
fn report(world: &World, caller: &Caller, arn: String, values: Option<Vec<String>>) -> Result<InsightReport, AwsError> {
    let insight = insights::find(world, caller, &arn)?;
    let mut results = insights::results(world, caller, &insight)?;
    let most = insights::MAX_VALUES;
    if let Some(values) = &values {
        if values.is_empty() || values.len() > most {
            let message = format!("Expected 1 to {most} results, got {}", values.len());
            return Err(AwsError::invalid_input(message));
        }
        let is_there = |value: &&String| results.iter().any(|(result, _)| result == *value);
        if let Some(missing) = values.iter().find(|value| !is_there(value)) {
            return Err(AwsError::not_found(format!("Insight {arn} has no result with the value {missing}")));
        }
        results.retain(|(result, _)| values.contains(result));
    }
    if results.is_empty() {
        return Err(AwsError::invalid_input(format!("Insight {arn} has no results")));
    }
    let (name, group_by_attribute) = (insight.name, insight.group_by_attribute);
    Ok(InsightReport { arn, name, group_by_attribute, values: results })
}
