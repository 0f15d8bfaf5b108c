//! Counts of findings by the value of a field in OCSF.

use std::cmp::Reverse;
use std::collections::HashMap;

use securityhub_engine::filter::Test;
use securityhub_engine::{FieldId, Filter};

use super::critical::Critical;
use super::query::{self, OWNER_ORGANIZATION};
use super::visibility::View;
use crate::state::{Findings, Timestamp, World};

/// The order of counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Largest first.
    #[default]
    Descending,
    /// Smallest first.
    Ascending,
}

impl Order {
    /// Parses the value on the wire; descending is the default.
    pub fn parse(text: Option<&str>) -> Order {
        if text == Some("asc") { Order::Ascending } else { Order::Descending }
    }
}

/// Counts the findings of views by the value of a field: a finding counts once for each of its values, and not at all
/// without a value (STV-03).
pub fn count(world: &World, now: Timestamp, views: &[View], filter: &Filter, field: FieldId) -> HashMap<String, u64> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    let directory = world.directory();
    let is_of_organization = world.schema().derived_field(OWNER_ORGANIZATION) == Some(field);
    let organization = directory.organization.as_ref().filter(|_| is_of_organization);
    for view in views {
        let filter = Filter::All(vec![view.filter(world, now), filter.clone()]);
        let count = |findings: &Findings| view.part(findings).groups(&filter, field);
        let mut counted = world.query_findings(&view.table, &filter, &[field], count).unwrap_or_default();
        if let Some(organization) = organization {
            let owned = query::owned_by_organization(world.schema(), &directory, |_| true);
            let named = Filter::term(field, Test::equals(&*organization.id));
            let owned = Filter::All(vec![filter, owned, named.negated()]);
            let count = |findings: &Findings| view.part(findings).count(&owned) as u64;
            *counted.entry(organization.id.clone()).or_default() +=
                world.query_findings(&view.table, &owned, &[], count).unwrap_or_default();
        }
        for (value, count) in counted {
            if !value.is_empty() && count > 0 {
                *counts.entry(value).or_default() += count;
            }
        }
    }
    counts
}

/// Counts the findings of views by the criticality of their resources, which rules set.
pub fn by_criticality(
    world: &World,
    now: Timestamp,
    views: &[View],
    filter: &Filter,
    critical: &Critical,
) -> HashMap<String, u64> {
    let mut counts = HashMap::new();
    for level in critical.levels() {
        let with_level = critical.filter(world.schema(), |other| other == level);
        for view in views {
            let filter = Filter::All(vec![view.filter(world, now), filter.clone(), with_level.clone()]);
            let count = |findings: &Findings| view.part(findings).count(&filter) as u64;
            let count = world.query_findings(&view.table, &filter, &[], count).unwrap_or_default();
            if count > 0 {
                *counts.entry(level.to_owned()).or_default() += count;
            }
        }
    }
    counts
}

/// The first `most` counts: by count, then by value (STV-04).
pub fn in_order(counts: impl IntoIterator<Item = (String, u64)>, order: Order, most: usize) -> Vec<(String, u64)> {
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    match order {
        Order::Descending => counts.sort_by(|one, two| (Reverse(one.1), &one.0).cmp(&(Reverse(two.1), &two.0))),
        Order::Ascending => counts.sort_by(|one, two| (one.1, &one.0).cmp(&(two.1, &two.0))),
    }
    counts.truncate(most);
    counts
}
