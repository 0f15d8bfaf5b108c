//! Trends: the numbers of findings and of resources over time.
//!
//! A point is the number at the end of its interval. It is computed from the findings that are still stored: when each was
//! created, and the states it has had since, which its annex lists.

use jiff::civil::{Date, Weekday};
use jiff::tz::Offset;
use jiff::{SignedDuration, ToSpan};
use securityhub_engine::filter::combine::Comparison;
use securityhub_engine::{FieldId, FieldKind, Filter, Scope, Slot};
use serde_json::Value;

use super::inventory::{self, fields, resource::SEVERITIES};
use super::query;
use super::visibility::{self, DAYS_OF_OPEN, View};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::filters::composite::{self, Dialect, refused};
use crate::ocsf::State;
use crate::state::{Findings, HubKey, Timestamp, World};

/// A period of up to `DAILY` days has a point per day; a longer one of up to `WEEKLY` days has a point per week
/// (TRV-03).
const DAILY: i64 = 90;
const WEEKLY: i64 = 365;

/// Comparisons of strings (TRV-02).
const STRINGS: &[Comparison] =
    &[Comparison::Equals, Comparison::Prefix, Comparison::NotEquals, Comparison::PrefixNotEquals];

/// The filters of trends of findings, and the fields that they stand for (TRV-02).
const OF_FINDINGS: [(&str, &str); 14] = [
    ("account_id", "cloud.account.uid"),
    ("region", "cloud.region"),
    ("finding_types", "finding_info.types"),
    ("finding_status", "status"),
    ("finding_cve_ids", "vulnerabilities.cve.uid"),
    ("finding_compliance_status", "compliance.status"),
    ("finding_control_id", "compliance.control"),
    ("finding_class_name", "class_name"),
    ("finding_provider", "metadata.product.name"),
    ("finding_activity_name", "activity_name"),
    ("resource_cloud_providers", "resources.provider"),
    ("resource_regions", "resources.region"),
    ("resource_owner_ids", "resources.owner.account.uid"),
    ("resource_owner_organization_ids", "resources.owner.org.uid"),
];

/// The filters of trends of resources.
const OF_RESOURCES: [(&str, &str); 8] = [
    ("account_id", "AccountId"),
    ("region", "Region"),
    ("resource_type", "ResourceType"),
    ("resource_category", "ResourceCategory"),
    ("resource_cloud_provider", "ResourceProvider"),
    ("resource_region", "ResourceRegion"),
    ("resource_owner_id", "ResourceOwnerAccountId"),
    ("resource_owner_organization_id", "ResourceOwnerOrgId"),
];

/// The intervals of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intervals {
    /// `Granularity`
    pub granularity: &'static str,
    /// The start of each interval.
    pub starts: Vec<Timestamp>,
    /// The time at which findings are counted for each interval: its end, or now if it has not ended (DEC-18).
    ends: Vec<Timestamp>,
}

impl Intervals {
    /// The intervals that overlap a period (TRV-01, TRV-03).
    ///
    /// # Errors
    /// 400 `ValidationException` for a period that is empty or ends more than a day in the future.
    pub fn new(start: Timestamp, end: Timestamp, now: Timestamp) -> Result<Intervals, AwsError> {
        if start >= end {
            return Err(refused("StartTime must be before EndTime"));
        }
        if end.duration_since(now) > SignedDuration::from_hours(24) {
            return Err(refused("EndTime must not be in the future"));
        }
        let days = end.duration_since(start).as_hours().div_euclid(24);
        let (granularity, step) = if days <= DAILY {
            ("Daily", 1.day())
        } else if days <= WEEKLY {
            ("Weekly", 1.week())
        } else {
            ("Monthly", 1.month())
        };
        let first = Offset::UTC.to_datetime(start).date();
        let first = match granularity {
            "Daily" => first,
            "Weekly" => monday(first),
            _ => first.first_of_month(),
        };
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        let mut date = first;
        while let Some(begins) = midnight(date).filter(|begins| *begins < end) {
            let Ok(next) = date.checked_add(step) else { break };
            starts.push(begins);
            ends.push(midnight(next).unwrap_or(end).min(end).min(now));
            date = next;
        }
        Ok(Intervals { granularity, starts, ends })
    }

    /// The positions of the intervals whose counting time is at or after `from` and before `until`.
    fn between(&self, from: Timestamp, until: Timestamp) -> std::ops::Range<usize> {
        let start = self.ends.partition_point(|end| *end < from);
        let end = self.ends.partition_point(|end| *end < until);
        start..end.max(start)
    }
}

fn monday(date: Date) -> Date {
    let days = i64::from(date.weekday().since(Weekday::Monday));
    date.checked_sub(days.days()).unwrap_or(date)
}

fn midnight(date: Date) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

/// The number of findings of each severity in each interval.
pub type SeverityCounts = Vec<[i64; SEVERITIES.len()]>;

/// Counts the findings that were not closed at each counting time, by their severity at that time (TRV-01, TRV-03).
///
/// # Errors
/// 400 `ValidationException` for invalid filters.
pub fn of_findings(
    world: &World,
    caller: &Caller,
    filters: &Value,
    intervals: &Intervals,
) -> Result<SeverityCounts, AwsError> {
    let schema = world.schema();
    let field = |name: &str| {
        let (_, path) = OF_FINDINGS.iter().find(|(of_trend, _)| *of_trend == name)?;
        let field = schema.derived_field(path)?;
        Some((field, schema.kind(field)?))
    };
    let filter = query::resolve_organizations(convert(&field, caller.now, filters)?, schema, &world.directory());
    let since = subscribed_at(world, caller);
    let mut changes = vec![[0; SEVERITIES.len()]; intervals.starts.len() + 1];
    for view in visibility::views(world, caller, &None) {
        let filter = Filter::All(vec![view.filter_of_all_times(world), filter.clone()]);
        let Some(findings) = world.snapshot_of_findings(&view.table, &filter) else { continue };
        for slot in view.part(&findings).matching(&filter) {
            for (state, from, until) in states(world, &view, &findings, slot) {
                let range = intervals.between(from.max(since), until);
                if state.is_closed || range.is_empty() {
                    continue;
                }
                let severity = usize::from(state.severity_id).min(SEVERITIES.len() - 1);
                changes[range.start][severity] += 1;
                changes[range.end][severity] -= 1;
            }
        }
    }
    let mut current = [0; SEVERITIES.len()];
    let add = |change: &[i64; SEVERITIES.len()]| {
        current.iter_mut().zip(change).for_each(|(count, change)| *count += change);
        current
    };
    Ok(changes.iter().take(intervals.starts.len()).map(add).collect())
}

/// The states of a finding, each with its first time and the time of the next state.
fn states(world: &World, view: &View, findings: &Findings, slot: Slot) -> Vec<(State, Timestamp, Timestamp)> {
    let stored = findings.table().stored(slot);
    let present = world.ocsf().state(stored);
    let mut from = visibility::created_at(view, findings, slot, &present);
    let mut states = Vec::new();
    for past in findings.annex(slot).past {
        let until = Timestamp::from_millisecond(past.until).unwrap_or(from);
        let state = State { severity_id: past.severity_id, is_closed: past.is_closed, ..present };
        states.push((state, from, until));
        from = until.max(from);
    }
    // Findings leave the V2 half some time after their last change (HV2-10).
    let modified = Timestamp::from_millisecond(present.modified_time).unwrap_or(from);
    let leaves = modified.checked_add(SignedDuration::from_hours(24 * DAYS_OF_OPEN)).unwrap_or(Timestamp::MAX);
    let until = if world.v2_settings.has_retention { leaves } else { Timestamp::MAX };
    states.push((present, from, until));
    states
}

/// The time at which the caller enabled its V2 hub. Trends have no points from before that time.
fn subscribed_at(world: &World, caller: &Caller) -> Timestamp {
    let hub: Option<_> = world.hub_v2(&HubKey { account: caller.account(), region: caller.region.clone() });
    hub.and_then(|hub| hub.subscribed_at()).unwrap_or(Timestamp::MAX)
}

/// Counts resources (TRV-04).
///
/// # Errors
/// 400 `ValidationException` for invalid filters.
pub fn of_resources(
    world: &World,
    caller: &Caller,
    filters: &Value,
    intervals: &Intervals,
) -> Result<Vec<i64>, AwsError> {
    let schema = fields::of_resources();
    let field = |name: &str| {
        let (_, path) = OF_RESOURCES.iter().find(|(of_trend, _)| *of_trend == name)?;
        let field = schema.field(path)?;
        Some((field, schema.kind(field)?))
    };
    let filter = convert(&field, caller.now, filters)?;
    let inventory = inventory::of_caller(world, caller, &None);
    let since = subscribed_at(world, caller);
    let mut counts = vec![0; intervals.starts.len()];
    for slot in inventory.resources.within(Scope::All).matching(&filter) {
        let number = inventory.resources.sequence(slot);
        let first_seen = inventory.first_seen.get(&number).copied().unwrap_or(Timestamp::MIN);
        for count in counts.iter_mut().skip(intervals.between(first_seen.max(since), Timestamp::MAX).start) {
            *count += 1;
        }
    }
    Ok(counts)
}

fn convert(
    field: &dyn Fn(&str) -> Option<(FieldId, FieldKind)>,
    now: Timestamp,
    filters: &Value,
) -> Result<Filter, AwsError> {
    let (string_comparisons, map_comparisons) = (STRINGS, &[][..]);
    let (needs_filters, accepts_ranges) = (false, true);
    composite::convert(
        &Dialect { field, string_comparisons, map_comparisons, needs_filters, accepts_ranges, now },
        filters,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intervals(start: &str, end: &str, now: &str) -> (&'static str, usize, String, String) {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let found = Intervals::new(at(start), at(end), at(now)).unwrap();
        let [first, last] = [found.starts.first(), found.ends.last()].map(|it| it.unwrap().to_string());
        (found.granularity, found.starts.len(), first, last)
    }

    /// Rules: TRV-03, UNK-14, DEC-18.
    #[test]
    fn intervals_are_days_weeks_or_months() {
        let now = "2026-06-10T12:00:00Z";
        assert_eq!(
            intervals("2026-06-08T06:00:00Z", now, now),
            ("Daily", 3, "2026-06-08T00:00:00Z".into(), now.into())
        );
        assert_eq!(
            intervals("2026-06-08T06:00:00Z", "2026-06-09T00:00:00Z", now),
            ("Daily", 1, "2026-06-08T00:00:00Z".into(), "2026-06-09T00:00:00Z".into())
        );
        assert_eq!(
            intervals("2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", now),
            ("Weekly", 22, "2025-12-29T00:00:00Z".into(), "2026-06-01T00:00:00Z".into())
        );
        assert_eq!(
            intervals("2025-01-15T00:00:00Z", "2026-02-01T00:00:00Z", now),
            ("Monthly", 13, "2025-01-01T00:00:00Z".into(), "2026-02-01T00:00:00Z".into())
        );
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(Intervals::new(at(now), at(now), at(now)).is_err());
        assert!(Intervals::new(at(now), at("2026-06-12T12:00:00Z"), at(now)).is_err());
    }
}
