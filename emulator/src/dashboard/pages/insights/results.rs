//! The results of an insight: values of its grouping attribute with numbers of findings, each with the chips that select
//! these findings.

use std::collections::HashMap;

use securityhub_engine::FieldKind;
use securityhub_fixtures::Operation;
use securityhub_fixtures::fields::FILTER_FIELDS;
use serde_json::{Map, Value, json};

use super::Insight;
use crate::dashboard::answer::list;
use crate::dashboard::call::Call;
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::page::{Context, PageError};
use crate::dashboard::text;

/// The results of an insight.
pub(in crate::dashboard::pages) struct Results {
    /// The values with the most findings first, at most 100.
    pub(in crate::dashboard::pages) rows: Vec<Row>,
}

/// A value.
pub(in crate::dashboard::pages) struct Row {
    /// The value.
    pub(in crate::dashboard::pages) value: String,
    /// The number of its findings.
    pub(in crate::dashboard::pages) number: u64,
    /// The number as HTML: a link to these findings, if chips can select them.
    pub(in crate::dashboard::pages) count: String,
}

/// The call that returns the results of an insight.
pub(in crate::dashboard::pages) fn call(arn: &str) -> Call {
    Call::api(Operation::GetInsightResults, json!({ "InsightArn": arn }))
}

/// The attributes by which an insight can group findings.
pub(in crate::dashboard::pages) fn groups(context: &Context<'_>) -> Vec<String> {
    let schema = context.world.schema();
    let kind = |name: &str| schema.kind(schema.field(name)?);
    let has_groups = |name: &str| matches!(kind(name), Some(FieldKind::String | FieldKind::Number));
    let mut groups: Vec<String> =
        FILTER_FIELDS.iter().map(|field| field.name.to_owned()).filter(|name| has_groups(name)).collect();
    groups.sort_unstable();
    groups
}

impl Results {
    /// Reads the results as the account of the view gets them. The numbers of the first `linked` ones are links.
    pub(in crate::dashboard::pages) fn read(
        context: &Context<'_>,
        insight: &Insight,
        linked: usize,
    ) -> Result<Results, PageError> {
        let call = call(&insight.arn);
        let answer = context.fetch(&call)?;
        let values = list(&answer["InsightResults"], "ResultValues");
        let others = others(context, insight);
        let numbers = numbers(context, insight);
        let row = |(position, value): (usize, &Value)| {
            let number = value["Count"].as_u64().unwrap_or_default();
            let value = value["GroupByAttributeValue"].as_str().unwrap_or_default().to_owned();
            let is_exact = numbers.as_ref().is_none_or(|numbers| numbers.get(&value) == Some(&number));
            let chip = group_chip(context, &insight.group, &value);
            let chips = others.as_ref().zip(chip).filter(|_| is_exact && position < linked);
            let chips = chips.map(|(others, chip)| others.iter().cloned().chain([chip]).collect::<Vec<_>>());
            let count = chips.map_or_else(|| text::number(number), |chips| context.counted(number, &chips).html());
            Row { value, number, count }
        };
        Ok(Results { rows: values.iter().enumerate().map(row).collect() })
    }
}

/// The filters of an insight without those of its grouping attribute.
fn without_group(insight: &Insight) -> Map<String, Value> {
    let mut filters = insight.filters.clone();
    filters.remove(&insight.group);
    filters
}

/// The chips of these filters.
fn others(context: &Context<'_>, insight: &Insight) -> Option<Vec<Chip>> {
    chips::of_filters(context.world.schema(), &without_group(insight))
}

/// The chip for a value of the grouping attribute.
fn group_chip(context: &Context<'_>, group: &str, value: &str) -> Option<Chip> {
    let schema = context.world.schema();
    match schema.kind(schema.field(group)?)? {
        FieldKind::Number => Some(Chip::new(group, "EQ", value)),
        _ => Some(Chip::equals(group, value)),
    }
}

/// The numbers of findings without the filters of the grouping attribute; `None` if there are none. A chip for a value
/// replaces these filters, which is only exact if the numbers are equal: a finding can have several values.
fn numbers(context: &Context<'_>, insight: &Insight) -> Option<HashMap<String, u64>> {
    insight.filters.get(&insight.group)?;
    let filters = without_group(insight);
    Some(context.count(|counter| counter.by(&filters, &insight.group)).unwrap_or_default())
}
