//! Insights: saved queries for findings, created by customers or managed by AWS.

use std::collections::HashMap;

use securityhub_engine::{FieldId, FieldKind, Filter, Schema};
use securityhub_fixtures::insights::{self, ManagedInsight};
use serde_json::{Map, Value};

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::domain::findings::filters::classic::{self, FILTERS};
use crate::domain::findings::visibility;
use crate::domain::{arn, hub_access};
use crate::invariant::Invariant;
use crate::shape::{Rule, Segment, Violation, sentence};
use crate::state::{Findings, HubKey, Insight, Region, Transaction, World};

/// Maximum number of custom insights in an account and Region (INS-04).
pub const MAX_INSIGHTS: usize = 100;
/// Maximum number of values in a result (INS-22).
pub const MAX_VALUES: usize = 100;

/// Reason why an insight cannot be created, found or changed.
#[derive(Debug, PartialEq, Eq)]
pub enum InsightError {
    /// The account has [`MAX_INSIGHTS`] insights already.
    TooMany,
    /// No insight has this ARN (INS-07, INS-13, INS-31).
    Missing(String),
    /// The insight is managed by AWS (INS-08).
    Managed(String),
}

impl From<InsightError> for AwsError {
    fn from(error: InsightError) -> AwsError {
        match error {
            InsightError::TooMany => AwsError::new(
                ErrorCode::LimitExceededException,
                format!("An account can have at most {MAX_INSIGHTS} custom insights in a Region"),
            ),
            InsightError::Missing(arn) => AwsError::not_found(format!("Insight {arn} was not found")),
            InsightError::Managed(arn) => {
                AwsError::invalid_input(format!("Insight {arn} is managed by AWS and cannot be changed"))
            }
        }
    }
}

/// The ARN of a custom insight (INS-02).
pub fn custom_arn(hub: &HubKey, id: &str) -> String {
    arn::of_account(&hub.region, hub.account, &format!("insight/{}/custom/{id}", hub.account))
}

/// The ARN of a managed insight, the same in every account and Region of a partition (INS-03).
pub fn managed_arn(region: &Region, suffix: &str) -> String {
    format!("arn:{}:securityhub:::insight/securityhub/default/{suffix}", region.partition())
}

/// The attributes of a new insight.
#[derive(Debug)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// Its filters, as sent.
    pub filters: Map<String, Value>,
    /// The filter name whose values are counted.
    pub group_by_attribute: String,
}

/// Creates an insight and returns its ARN; names need not be unique (INS-01, INS-04).
///
/// # Errors
/// 400 for filters or a grouping that the service refuses, [`InsightError::TooMany`], or 401 when the hub is disabled.
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    draft: Draft,
) -> Result<String, AwsError> {
    selection(world, caller, &draft.filters)?;
    check_grouping(world, &draft.group_by_attribute)?;
    let key = caller.hub_key();
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    if hub.insights.len() >= MAX_INSIGHTS {
        return Err(InsightError::TooMany.into());
    }
    let Draft { name, filters, group_by_attribute } = draft;
    let number = hub.insights.last().map_or(0, |last| last.number + 1);
    let id = world.ids.uuid();
    let arn = custom_arn(&key, &id);
    hub.insights.push(Insight { number, id, name, filters, group_by_attribute });
    transaction.stage_hub(key, hub);
    Ok(arn)
}

/// Checks the grouping of an insight (INS-30).
///
/// # Errors
/// 400 if the values of the filter name cannot be counted.
pub fn check_grouping(world: &World, name: &str) -> Result<(), AwsError> {
    grouping(world.schema(), name).map(|_| ())
}

/// The changes of UpdateInsight; `None` leaves an attribute unchanged (INS-05).
#[derive(Debug, Default)]
pub struct Edit {
    /// New name.
    pub name: Option<String>,
    /// New filters, which replace all old ones.
    pub filters: Option<Map<String, Value>>,
    /// New grouping.
    pub group_by_attribute: Option<String>,
}

/// Changes an insight (INS-05).
///
/// # Errors
/// 400 as [`create`]; [`InsightError::Managed`], [`InsightError::Missing`], or 401 when the hub is disabled.
pub fn update(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    arn: &str,
    edit: Edit,
) -> Result<(), AwsError> {
    edit.filters.as_ref().map(|filters| selection(world, caller, filters)).transpose()?;
    edit.group_by_attribute.as_ref().map(|name| check_grouping(world, name)).transpose()?;
    change(transaction, caller, arn, |insights, position| {
        let Some(insight) = insights.get_mut(position) else { return };
        insight.name = edit.name.unwrap_or_else(|| insight.name.clone());
        insight.filters = edit.filters.unwrap_or_else(|| insight.filters.clone());
        insight.group_by_attribute = edit.group_by_attribute.unwrap_or_else(|| insight.group_by_attribute.clone());
    })
}

/// Deletes an insight (INS-06).
///
/// # Errors
/// [`InsightError::Managed`], [`InsightError::Missing`], or 401 when the hub is disabled.
pub fn delete(transaction: &mut Transaction<'_>, caller: &Caller, arn: &str) -> Result<(), AwsError> {
    change(transaction, caller, arn, |insights, position| _ = insights.remove(position))
}

/// Changes one of the caller's own insights (INS-13).
fn change(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    arn: &str,
    change: impl FnOnce(&mut Vec<Insight>, usize),
) -> Result<(), AwsError> {
    let key = caller.hub_key();
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    if managed(&caller.region, arn).is_some() {
        return Err(InsightError::Managed(arn.to_owned()).into());
    }
    let id = arn.strip_prefix(&custom_arn(&key, ""));
    let position = hub.insights.iter().position(|insight| Some(insight.id.as_str()) == id);
    let position = position.ok_or_else(|| InsightError::Missing(arn.to_owned()))?;
    change(&mut hub.insights, position);
    transaction.stage_hub(key, hub);
    Ok(())
}

/// Checks that an insight with this ARN exists (INS-09).
///
/// # Errors
/// [`InsightError::Missing`].
pub fn refuse_missing(world: &World, caller: &Caller, arn: &str) -> Result<(), InsightError> {
    let key = caller.hub_key();
    let is_custom = || {
        let id = arn.strip_prefix(&custom_arn(&key, ""));
        world.hub(&key).is_some_and(|hub| hub.insights.iter().any(|insight| Some(insight.id.as_str()) == id))
    };
    let is_there = managed(&caller.region, arn).is_some() || is_custom();
    if is_there { Ok(()) } else { Err(InsightError::Missing(arn.to_owned())) }
}

/// The insight with this ARN, either the caller's own or a managed one (INS-09, INS-13).
///
/// # Errors
/// [`InsightError::Missing`].
pub fn find(world: &World, caller: &Caller, arn: &str) -> Result<Insight, InsightError> {
    let key = caller.hub_key();
    let custom = || {
        let id = arn.strip_prefix(&custom_arn(&key, ""))?;
        world.hub(&key)?.insights.iter().find(|insight| insight.id == id).cloned()
    };
    let found = managed(&caller.region, arn).map(read).or_else(custom);
    found.ok_or_else(|| InsightError::Missing(arn.to_owned()))
}

fn managed(region: &Region, arn: &str) -> Option<&'static ManagedInsight> {
    insights::find(arn.strip_prefix(&managed_arn(region, ""))?)
}

/// A managed insight in the form of a custom one; its name begins with its number (INS-11).
fn read(insight: &ManagedInsight) -> Insight {
    Insight {
        number: insight.number.into(),
        id: insight.suffix.to_string(),
        name: format!("{}. {}", insight.number, insight.name),
        filters: serde_json::from_str(insight.filters).or_report("filters of the table are JSON").unwrap_or_default(),
        group_by_attribute: insight.group_by_attribute.to_owned(),
    }
}

/// The number of findings for each value of the grouping, among those that the caller sees and the insight selects:
/// highest first, then by value, at most [`MAX_VALUES`]. Relative dates are resolved against the current time (INS-21
/// … INS-26).
///
/// # Errors
/// 400 when the service refuses the insight's filters or grouping, which were valid when they were stored.
pub fn results(world: &World, caller: &Caller, insight: &Insight) -> Result<Vec<(String, u64)>, AwsError> {
    let selection = selection(world, caller, &insight.filters)?;
    let field = grouping(world.schema(), &insight.group_by_attribute)?;
    let views = visibility::views(world, caller);
    if let [view] = views.as_slice() {
        let filter = Filter::All(vec![view.filter(world), selection]);
        let read = |findings: &Findings| view.part(findings).largest_groups(&filter, field, MAX_VALUES);
        return Ok(world.query_findings(&view.table, &filter, &[field], read).unwrap_or_default());
    }
    let mut counts: HashMap<String, u64> = HashMap::new();
    for view in views {
        let filter = Filter::All(vec![view.filter(world), selection.clone()]);
        let read = |findings: &Findings| view.part(findings).groups(&filter, field);
        let groups = world.query_findings(&view.table, &filter, &[field], read);
        for (value, count) in groups.into_iter().flatten() {
            *counts.entry(value).or_default() += count;
        }
    }
    let mut values: Vec<(String, u64)> = counts.into_iter().collect();
    values.sort_by(|(one, of_one), (two, of_two)| of_two.cmp(of_one).then_with(|| one.cmp(two)));
    values.truncate(MAX_VALUES);
    Ok(values)
}

/// The findings that filters select, regardless of who sees them (INS-14, INS-25).
fn selection(world: &World, caller: &Caller, filters: &Map<String, Value>) -> Result<Filter, AwsError> {
    classic::convert(&FILTERS, filters, world.schema(), caller.now).map_err(|violations| FILTERS.refuse(&violations))
}

/// The field of a grouping: any filter of strings or numbers. AWS does not publish the list, so this is `inferred`
/// (INS-30).
fn grouping(schema: &Schema, name: &str) -> Result<FieldId, AwsError> {
    let field = schema.field(name);
    let groups = |field: &FieldId| matches!(schema.kind(*field), Some(FieldKind::String | FieldKind::Number));
    field.filter(groups).ok_or_else(|| {
        let path = vec![Segment::Member(0, "GroupByAttribute")];
        AwsError::invalid_input(sentence::classic(&[Violation { path, rule: Rule::Enum(&[]) }]))
    })
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::insights::MANAGED_INSIGHTS;

    use super::*;
    use crate::state::Principal;
    use crate::testing::{ADMINISTRATOR, REGION, id};

    /// Rules: INS-03, INS-11, INS-31.
    #[test]
    fn every_managed_insight_has_results() {
        let world = World::default();
        let principal = Principal::local_user(id(ADMINISTRATOR));
        let caller = Caller { principal, region: Region::new(REGION), now: jiff::Timestamp::UNIX_EPOCH };
        for insight in &MANAGED_INSIGHTS {
            let arn = managed_arn(&caller.region, &insight.suffix.to_string());
            let found = find(&world, &caller, &arn).unwrap();
            assert!(found.name.starts_with(&format!("{}. ", insight.number)), "{}", found.name);
            assert!(!found.filters.is_empty(), "{arn}");
            assert_eq!(results(&world, &caller, &found).unwrap(), []);
        }
        let china = Caller { region: Region::new("cn-north-1"), ..caller };
        assert!(find(&world, &china, "arn:aws-cn:securityhub:::insight/securityhub/default/1").is_ok());
        assert!(find(&world, &china, "arn:aws:securityhub:::insight/securityhub/default/1").is_err());
    }
}
