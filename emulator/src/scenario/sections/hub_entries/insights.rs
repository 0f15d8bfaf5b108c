//! `insights`: custom insights.

use schemars::JsonSchema;
use securityhub_fixtures::Operation;
use serde::Deserialize;

use super::entry::{Entry, Filters, hub_keys, is_valid, refuse};
use crate::domain::caller::Caller;
use crate::domain::findings::filters::classic::FILTERS;
use crate::domain::findings::insights::{self, Draft};
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::sections::all_or::AllOr;
use crate::scenario::sections::api_input::{self, ApiInput};
use crate::scenario::sections::refused::Refused;
use crate::scenario::sections::regions::RegionText;
use crate::scenario::spanned::{Node, Spanned};
use crate::state::{Region, Transaction, World};

/// A custom insight, as CreateInsight creates it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Insight")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the insight. Its hub must be enabled.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Regions of the insight: all Regions of the scenario, or a list.
    #[schemars(with = "AllOr<RegionText>")]
    regions: Option<AllOr<RegionText>>,
    /// Name.
    #[schemars(with = "String")]
    name: Option<Spanned<String>>,
    /// Filters, as CreateInsight takes them, such as `{ SeverityLabel: [{ Value: HIGH, Comparison: EQUALS }] }`.
    #[schemars(with = "Node")]
    filters: Option<Node>,
    /// Filter name whose values are counted, such as ResourceId.
    #[schemars(with = "String")]
    group_by: Option<Spanned<String>>,
}

/// A valid insight. Its filters and grouping are checked later.
#[derive(Debug)]
pub(super) struct Insight {
    name: String,
    filters: Filters,
    group_by: String,
    group_by_span: Span,
}

pub(super) fn check(written: Spanned<Declared>, regions: &[Region], check: &mut Check) -> Option<Entry<Insight>> {
    let Spanned { value: entry, span } = written;
    let hubs = hub_keys(entry.account.as_ref(), entry.regions.as_ref(), regions, check);
    let (name, filters, group_by) = (entry.name?, entry.filters?, entry.group_by?);
    let input = ApiInput::new(span)
        .with_text("Name", Some(&name))
        .with("Filters", Some(filters.clone()))
        .with("GroupByAttribute", Some(api_input::text(&group_by)));
    let is_valid = is_valid(input, Operation::CreateInsight, check);
    let value =
        Insight { name: name.value, filters: Filters(filters), group_by: group_by.value, group_by_span: group_by.span };
    Some(Entry { span: name.span, hubs: hubs?, value }).filter(|_| is_valid)
}

pub(super) fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    entry: &Entry<Insight>,
) -> Result<(), Refused> {
    let Insight { name, filters, group_by, group_by_span } = &entry.value;
    let filters = filters.check(&FILTERS, world, caller.now)?;
    insights::check_grouping(world, group_by).map_err(refuse(*group_by_span))?;
    let draft = Draft { name: name.clone(), filters, group_by_attribute: group_by.clone() };
    insights::create(transaction, world, caller, draft).map(|_| ()).map_err(refuse(entry.span))
}
