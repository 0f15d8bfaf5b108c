//! Numbers of the findings that a caller sees, by filters, by the values of a field, and over time. They equal the
//! numbers of findings that GetFindings returns for the same filters, but no finding is read.

use std::collections::HashMap;

use securityhub_engine::{Crossed, FieldId, FieldKind, Filter, Intervals};
use serde_json::{Map, Value};

use super::filters::classic::{self, CRITERIA, FILTERS};
use super::visibility::{self, View};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::state::{Findings, TableKey, World};

mod groups;

pub use groups::{GroupOfFindings, Grouped, Grouping};

/// Counts the findings that a caller sees.
pub struct Counter<'w> {
    world: &'w World,
    caller: &'w Caller,
    views: Vec<View>,
}

/// Numbers of findings in intervals of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverTime {
    /// The intervals.
    pub intervals: Intervals,
    /// The number of findings in each interval, for each value of the field that they are grouped by.
    pub counts: HashMap<String, Vec<u64>>,
}

impl<'w> Counter<'w> {
    /// A counter for a caller, whose visible accounts are read now.
    pub fn new(world: &'w World, caller: &'w Caller) -> Counter<'w> {
        Counter { world, caller, views: visibility::views(world, caller) }
    }

    /// The number of findings that filters of GetFindings select.
    ///
    /// # Errors
    /// 400 for filters that GetFindings refuses.
    pub fn all(&self, filters: &Map<String, Value>) -> Result<u64, AwsError> {
        let count = |findings: &Findings, view: &View, filter: &Filter| view.part(findings).count(filter) as u64;
        Ok(self.of_views(filters, &[], count)?.into_iter().sum())
    }

    /// The number of findings that criteria of an automation rule select now, among those to which a rule of the caller
    /// applies: those of its accounts in its own Region (ARU-39).
    ///
    /// # Errors
    /// 400 for criteria that CreateAutomationRule refuses.
    pub fn of_rule(&self, criteria: &Map<String, Value>) -> Result<u64, AwsError> {
        let selection = classic::convert(&CRITERIA, criteria, self.world.schema(), self.caller.now);
        let selection = selection.map_err(|violations| CRITERIA.refuse(&violations))?;
        let own = TableKey::from(&self.caller.region);
        let of_view = |view: &View| {
            let filter = Filter::All(vec![view.filter(self.world), selection.clone()]);
            self.world.query_findings(&view.table, &filter, &[], |findings| view.part(findings).count(&filter) as u64)
        };
        Ok(self.views.iter().filter(|view| view.table == own).filter_map(of_view).sum())
    }

    /// Returns whether the caller also sees findings of other Regions or their replicas.
    pub fn has_several_tables(&self) -> bool {
        self.views.len() > 1
    }

    /// Returns whether GetFindings accepts filters.
    pub fn accepts(&self, filters: &Map<String, Value>) -> bool {
        classic::convert(&FILTERS, filters, self.world.schema(), self.caller.now).is_ok()
    }

    /// The number of findings that filters select, for each value of a field with values of kind String or Number. A
    /// finding counts once for each of its values.
    ///
    /// # Errors
    /// 400 for filters that GetFindings refuses.
    pub fn by(&self, filters: &Map<String, Value>, name: &str) -> Result<HashMap<String, u64>, AwsError> {
        let mut counts = HashMap::new();
        let Some(field) = self.field(name, &[FieldKind::String, FieldKind::Number]) else { return Ok(counts) };
        let groups = |findings: &Findings, view: &View, filter: &Filter| view.part(findings).groups(filter, field);
        self.of_views(filters, &[field], groups)?.into_iter().for_each(|groups| add(&mut counts, groups));
        Ok(counts)
    }

    /// The number of findings that filters select for each value of the field `name` and each value of each of the fields
    /// `others`, all of kind String. Only the first value of each field counts, and findings without one are not counted.
    ///
    /// # Errors
    /// 400 for filters that GetFindings refuses.
    pub fn crossed<const N: usize>(
        &self,
        filters: &Map<String, Value>,
        name: &str,
        others: [&str; N],
    ) -> Result<[Crossed; N], AwsError> {
        let mut counts = std::array::from_fn(|_| Crossed::new());
        let field = |name: &str| self.field(name, &[FieldKind::String]);
        let fields: Vec<FieldId> = others.iter().filter_map(|other| field(other)).collect();
        let Some((field, others)) = field(name).zip(<[FieldId; N]>::try_from(fields).ok()) else { return Ok(counts) };
        let cross =
            |findings: &Findings, view: &View, filter: &Filter| view.part(findings).crossed(filter, field, others);
        for crossed in self.of_views(filters, &[&others[..], &[field]].concat(), cross)? {
            for (counts, crossed) in counts.iter_mut().zip(crossed) {
                for (value, of_value) in crossed {
                    add(counts.entry(value).or_default(), of_value);
                }
            }
        }
        Ok(counts)
    }

    /// The number of findings that filters select in each of the intervals that `intervals` chooses for the earliest and
    /// the latest instant of the field `time`, for each value of the field `group`. `None` if there are no findings.
    ///
    /// # Errors
    /// 400 for filters that GetFindings refuses.
    pub fn over_time(
        &self,
        filters: &Map<String, Value>,
        (time, group): (&str, &str),
        intervals: impl Fn(i64, i64) -> Intervals,
    ) -> Result<Option<OverTime>, AwsError> {
        let (time, group) = (self.field(time, &[FieldKind::Date]), self.field(group, &[FieldKind::String]));
        let Some((time, group)) = time.zip(group) else { return Ok(None) };
        if self.views.len() == 1 {
            // The filters are evaluated once for both.
            let count = |findings: &Findings, view: &View, filter: &Filter| {
                let selection = view.part(findings).selection(filter);
                let part = view.part(findings).among(&selection);
                let (first, last) = part.first_and_last(&Filter::everything(), time)?;
                let intervals = intervals(first, last);
                Some(OverTime { intervals, counts: part.over_time(&Filter::everything(), time, group, intervals) })
            };
            return Ok(self.of_views(filters, &[time, group], count)?.into_iter().flatten().next());
        }
        let range =
            |findings: &Findings, view: &View, filter: &Filter| view.part(findings).first_and_last(filter, time);
        let ranges = self.of_views(filters, &[time], range)?;
        let range = ranges.into_iter().flatten().reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
        let Some((first, last)) = range else { return Ok(None) };
        let intervals = intervals(first, last);
        let count = |findings: &Findings, view: &View, filter: &Filter| {
            view.part(findings).over_time(filter, time, group, intervals)
        };
        let mut counts: HashMap<String, Vec<u64>> = HashMap::new();
        for (value, counted) in self.of_views(filters, &[time, group], count)?.into_iter().flatten() {
            let sums = counts.entry(value).or_insert_with(|| vec![0; intervals.count]);
            sums.iter_mut().zip(counted).for_each(|(sum, count)| *sum += count);
        }
        Ok(Some(OverTime { intervals, counts }))
    }

    fn field(&self, name: &str, kinds: &[FieldKind]) -> Option<FieldId> {
        let schema = self.world.schema();
        schema.field(name).filter(|field| schema.kind(*field).is_some_and(|kind| kinds.contains(&kind)))
    }

    /// The result of `read` for each table of findings that the caller sees.
    fn of_views<R>(
        &self,
        filters: &Map<String, Value>,
        fields: &[FieldId],
        read: impl Fn(&Findings, &View, &Filter) -> R,
    ) -> Result<Vec<R>, AwsError> {
        let selection = classic::convert(&FILTERS, filters, self.world.schema(), self.caller.now);
        let selection = selection.map_err(|violations| FILTERS.refuse(&violations))?;
        let of_view = |view: &View| {
            let filter = Filter::All(vec![view.filter(self.world), selection.clone()]);
            self.world.query_findings(&view.table, &filter, fields, |findings| read(findings, view, &filter))
        };
        Ok(self.views.iter().filter_map(of_view).collect())
    }
}

/// Adds numbers by value to others.
fn add(sums: &mut HashMap<String, u64>, counts: HashMap<String, u64>) {
    for (value, count) in counts {
        *sums.entry(value).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::Operation;
    use serde_json::json;

    use super::*;
    use crate::state::{MemberStatus, Region};
    use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding_of, id};

    const HOUR: i64 = 3_600 * 1_000_000_000;

    fn filters(filters: Value) -> Map<String, Value> {
        serde_json::from_value(filters).unwrap()
    }

    fn equals(name: &str, value: &str) -> Value {
        json!({ name: [{ "Value": value, "Comparison": "EQUALS" }] })
    }

    /// Two accounts with findings of two severities at two times.
    fn stage() -> Stage {
        let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
        stage.member(MemberStatus::Enabled);
        for account in [ADMINISTRATOR, MEMBER] {
            let finding = |name: &str, label: &str, hour: u32| {
                let updated = format!("2026-01-10T{hour:02}:30:00Z");
                finding_of(account, name, json!({ "Severity": { "Label": label }, "UpdatedAt": updated }))
            };
            let findings = [finding("a", "HIGH", 8), finding("b", "LOW", 8), finding("c", "HIGH", 10)];
            stage.good(account, Operation::BatchImportFindings, json!({ "Findings": findings }));
        }
        stage
    }

    /// Rules: DSH-40, DSH-41, DSH-42.
    #[test]
    fn counts_equal_the_findings_that_getfindings_returns() {
        let stage = stage();
        for (account, factor) in [(ADMINISTRATOR, 2), (MEMBER, 1)] {
            let caller = Caller::local_user(id(account), Region::new(REGION), stage.0.clock.now());
            let counter = Counter::new(&stage.0, &caller);
            for (filter, expected) in [
                (json!({}), 3),
                (equals("SeverityLabel", "HIGH"), 2),
                (equals("Title", "none"), 0),
                (equals("RecordState", "ACTIVE"), 3),
            ] {
                let listed = stage.good(account, Operation::GetFindings, json!({ "Filters": filter }));
                assert_eq!(listed["Findings"].as_array().unwrap().len() as u64, factor * expected, "{filter}");
                assert_eq!(counter.all(&filters(filter)).unwrap(), factor * expected);
            }
            let by = counter.by(&Map::new(), "SeverityLabel").unwrap();
            assert_eq!(by, HashMap::from([("HIGH".to_owned(), 2 * factor), ("LOW".to_owned(), factor)]));
            let owners = counter.by(&Map::new(), "AwsAccountId").unwrap();
            assert_eq!(owners.len() as u64, factor);
            let [crossed] = counter.crossed(&Map::new(), "AwsAccountId", ["SeverityLabel"]).unwrap();
            let each = HashMap::from([("HIGH".to_owned(), 2), ("LOW".to_owned(), 1)]);
            assert_eq!(crossed, owners.keys().map(|owner| (owner.clone(), each.clone())).collect());
            let intervals = |first: i64, last: i64| {
                assert_eq!(last - first, 2 * HOUR);
                Intervals { start: first - HOUR / 2, length: HOUR.unsigned_abs(), count: 3 }
            };
            let over = counter.over_time(&Map::new(), ("UpdatedAt", "SeverityLabel"), intervals).unwrap().unwrap();
            let expected = [("HIGH", vec![factor, 0, factor]), ("LOW", vec![factor, 0, 0])];
            assert_eq!(over.counts, expected.map(|(label, counts)| (label.to_owned(), counts)).into());
            let none = filters(equals("Title", "none"));
            for (criteria, expected) in [
                (equals("SeverityLabel", "HIGH"), 2 * factor),
                (json!({ "Title": [{ "Value": "o", "Comparison": "CONTAINS" }] }), 3 * factor),
            ] {
                let found = counter.of_rule(&filters(criteria.clone()));
                assert_eq!(found.map_err(|error| error.message), Ok(expected), "{criteria}");
            }
            assert!(counter.of_rule(&Map::new()).is_err(), "a rule has at least one criterion");
            assert!(counter.accepts(&none));
            assert!(!counter.accepts(&filters(json!({ "Title": [{ "Value": "o", "Comparison": "CONTAINS" }] }))));
            assert_eq!(counter.over_time(&none, ("UpdatedAt", "SeverityLabel"), intervals).unwrap(), None);
            assert_eq!(counter.all(&filters(json!({ "Nope": [{}] }))).unwrap_err().status, 400);
        }
    }
}
