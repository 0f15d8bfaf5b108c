//! The table of groups (DSH-58, DSH-59).

use serde_json::{Map, Value};

use super::Grouping;
use super::page_state::{Group, PageState};
use super::pages::Pages;
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::page::{Context, Count, PageError};
use crate::dashboard::text::{self, SEVERITIES, Time};
use crate::domain::findings::counts::GroupOfFindings;
use crate::state::Timestamp;

/// The table.
pub(super) struct Groups {
    /// The end of its caption.
    pub(super) name: &'static str,
    pub(super) rows: Vec<Row>,
    /// `1–50 of 67 groups`
    pub(super) shown: String,
    /// True if a finding belongs to several groups, so that the rows add up to more than the total.
    pub(super) overlaps: bool,
}

/// A group.
pub(super) struct Row {
    pub(super) value: String,
    pub(super) by: &'static str,
    pub(super) selected: Count,
    pub(super) all: Count,
    /// The highest severity.
    pub(super) severity: Option<&'static str>,
    pub(super) accounts: String,
    pub(super) resources: String,
    pub(super) updated: Option<Time>,
}

impl Groups {
    /// A page of groups, and the links to others.
    ///
    /// # Errors
    /// The refusal of GetFindings, or that there is no such page.
    pub(super) fn of(
        context: &Context<'_>,
        state: &PageState,
        (group, filters): (&Group, &Map<String, Value>),
        total: u64,
    ) -> Result<(Groups, Pages), PageError> {
        let grouping = match group {
            Group::Check => Grouping::Check,
            Group::Resource => Grouping::Field("ResourceId"),
            Group::Account => Grouping::Field("AwsAccountId"),
            Group::Field(name) => Grouping::Field(name),
        };
        let range = ((state.page - 1).saturating_mul(state.size), state.size);
        let found = context.count(|counter| counter.groups(filters, grouping, range))?;
        let pages = Pages::of(context, state, found.number as u64, ("group", "groups"))?;
        let rows = found.groups.iter().map(|found| row(context, state, found)).collect();
        let groups = Groups { name: group.name(), rows, shown: pages.shown.clone(), overlaps: found.sum > total };
        Ok((groups, pages))
    }
}

fn row(context: &Context<'_>, state: &PageState, found: &GroupOfFindings) -> Row {
    let chips = chips::with_value(&state.chips, found.by, &found.value, found.is_single);
    let updated = found.updated.and_then(|updated| Timestamp::from_nanosecond(updated.into()).ok());
    Row {
        value: found.value.clone(),
        by: found.by,
        selected: context.counted_if(found.selected, chips),
        all: context.counted(found.all, &[Chip::equals(found.by, &found.value)]),
        severity: SEVERITIES.into_iter().find(|label| found.severities.contains(*label)),
        accounts: text::number(found.accounts),
        resources: text::number(found.resources),
        updated: updated.map(Time::from),
    }
}
