//! Groups of the findings that a caller sees, those with the most findings first.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};

use securityhub_engine::filter::{Test, TextTest};
use securityhub_engine::{Choice, FieldId, FieldKind, Filter, Group, Part, Schema, Summary, TopGroups};
use serde_json::{Map, Value};

use super::Counter;
use crate::aws_error::AwsError;
use crate::domain::findings::visibility::View;
use crate::state::Findings;

/// How findings are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping<'g> {
    /// By what found them: the control, else the first type for products of AWS other than Security Hub, else the
    /// generator. GetFindings has no filter for the ids of vulnerabilities.
    Check,
    /// By the values of a filter of kind String.
    Field(&'g str),
}

/// A group of findings: those that a filter name with a value selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupOfFindings {
    /// The filter name.
    pub by: &'static str,
    /// The value.
    pub value: String,
    /// The number of selected findings in the group.
    pub selected: u64,
    /// The number of all findings in the group that the caller sees.
    pub all: u64,
    /// The severity labels of the selected findings.
    pub severities: BTreeSet<String>,
    /// The number of accounts of the selected findings.
    pub accounts: u64,
    /// The number of resources of the selected findings.
    pub resources: u64,
    /// The latest update of a selected finding, in nanoseconds since 1970.
    pub updated: Option<i64>,
    /// True if no finding has several values of the filter name.
    pub is_single: bool,
}

/// A range of groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grouped {
    /// The groups.
    pub groups: Vec<GroupOfFindings>,
    /// The number of all groups.
    pub number: usize,
    /// The sum of the numbers of selected findings of all groups. A finding counts in each of its groups.
    pub sum: u64,
}

/// Numbers of distinct values. The values themselves are only needed to count those of several tables together.
#[derive(Default)]
struct Values {
    number: u64,
    texts: HashSet<String>,
}

impl Values {
    fn count(&self) -> u64 {
        if self.texts.is_empty() { self.number } else { self.texts.len() as u64 }
    }
}

/// The summary of a group over all tables.
#[derive(Default)]
struct Totals {
    severities: BTreeSet<String>,
    accounts: Values,
    resources: Values,
    updated: Option<i64>,
    has_several: bool,
}

impl Grouping<'_> {
    /// The fields that provide the keys of findings, with their names.
    fn choices(self, schema: &Schema) -> Vec<(&'static str, Choice)> {
        let names: &[&str] = match &self {
            Grouping::Field(name) => &[name],
            Grouping::Check => &["ComplianceSecurityControlId", "Type", "GeneratorId"],
        };
        let choice = |name: &&str| {
            let field = schema.field(name).filter(|field| schema.kind(*field) == Some(FieldKind::String))?;
            let needs_product = self == Grouping::Check && *name == "Type";
            let condition = if needs_product { of_aws(schema) } else { Filter::everything() };
            Some((schema.name(field)?, Choice { field, condition }))
        };
        names.iter().filter_map(choice).collect()
    }
}

/// A filter that selects the findings of products of AWS other than Security Hub.
fn of_aws(schema: &Schema) -> Filter {
    let Some(field) = schema.field("ProductArn") else { return Filter::nothing() };
    let contains = |text: &str| Filter::term(field, Test::Text(TextTest::Contains(text.to_owned())));
    Filter::All(vec![contains("::product/aws/"), contains("::product/aws/securityhub").negated()])
}

impl Counter<'_> {
    /// The groups with most selected findings, from the one with the number `skip`, counted from 0.
    ///
    /// # Errors
    /// 400 for filters that GetFindings refuses.
    pub fn groups(
        &self,
        filters: &Map<String, Value>,
        grouping: Grouping<'_>,
        (skip, limit): (usize, usize),
    ) -> Result<Grouped, AwsError> {
        let choices = grouping.choices(self.world.schema());
        let (ranked, totals) = self.ranked_with_totals(filters, &choices, (skip, limit))?;
        let named = named(&choices, &ranked);
        let fields: Vec<FieldId> = named.iter().map(|(field, _)| *field).collect();
        let counted = self.of_views(&Map::new(), &fields, |findings: &Findings, view: &View, filter: &Filter| {
            view.part(findings).group_counts(filter, &named)
        })?;
        let all = |position: usize| counted.iter().filter_map(|counts| counts.get(position)).sum();
        let groups = ranked.groups.iter().zip(totals).enumerate();
        let groups = groups.filter_map(|(position, (group, totals))| {
            Some(GroupOfFindings {
                by: choices.get(group.choice)?.0,
                value: group.value.clone(),
                selected: group.count,
                all: all(position),
                accounts: totals.accounts.count(),
                resources: totals.resources.count(),
                severities: totals.severities,
                updated: totals.updated,
                is_single: !totals.has_several,
            })
        });
        Ok(Grouped { groups: groups.collect(), number: ranked.number, sum: ranked.sum })
    }

    /// The values of a filter name of kind String that most of the selected findings have.
    ///
    /// # Errors
    /// 400 for filters that GetFindings refuses.
    pub fn most_common(&self, filters: &Map<String, Value>, name: &str, most: usize) -> Result<Vec<String>, AwsError> {
        let choices = Grouping::Field(name).choices(self.world.schema());
        let ranked = self.ranked(filters, &choices, (0, most))?;
        Ok(ranked.groups.into_iter().map(|group| group.value).collect())
    }

    fn ranked(
        &self,
        filters: &Map<String, Value>,
        choices: &[(&'static str, Choice)],
        (skip, limit): (usize, usize),
    ) -> Result<TopGroups, AwsError> {
        let fields = fields_of(choices, self.world.schema());
        let choices: Vec<Choice> = choices.iter().map(|(_, choice)| choice.clone()).collect();
        if self.views.len() == 1 {
            let top = self.of_views(filters, &fields, |findings: &Findings, view: &View, filter: &Filter| {
                view.part(findings).top_groups(filter, &choices, skip, limit)
            })?;
            return Ok(top.into_iter().next().unwrap_or_default());
        }
        let each = self.of_views(filters, &fields, |findings: &Findings, view: &View, filter: &Filter| {
            let part = view.part(findings);
            let keys = part.top_groups(filter, &choices, 0, usize::MAX).groups;
            let counts = choices.iter().map(|choice| part.groups(filter, choice.field));
            (keys, counts.collect::<Vec<HashMap<String, u64>>>())
        })?;
        let keys: HashSet<(usize, &String)> =
            each.iter().flat_map(|(keys, _)| keys.iter().map(|group| (group.choice, &group.value))).collect();
        let count = |choice: usize, value: &String| {
            each.iter().filter_map(|(_, counts)| counts.get(choice)?.get(value)).sum::<u64>()
        };
        let mut groups: Vec<Group> = keys
            .into_iter()
            .map(|(choice, value)| Group { choice, value: value.clone(), count: count(choice, value) })
            .collect();
        groups.sort_by(|one, other| {
            let key = |group: &Group| (Reverse(group.count), group.choice);
            key(one).cmp(&key(other)).then_with(|| one.value.cmp(&other.value))
        });
        let (number, sum) = (groups.len(), groups.iter().map(|group| group.count).sum());
        Ok(TopGroups { groups: groups.into_iter().skip(skip).take(limit).collect(), number, sum })
    }

    /// The groups with most selected findings, and their summaries.
    fn ranked_with_totals(
        &self,
        filters: &Map<String, Value>,
        choices: &[(&'static str, Choice)],
        (skip, limit): (usize, usize),
    ) -> Result<(TopGroups, Vec<Totals>), AwsError> {
        let summarized = Summarized::of(self.world.schema());
        if self.views.len() == 1 {
            // The filters are evaluated once for both.
            let fields =
                [fields_of(choices, self.world.schema()), summarized.iter().flat_map(Summarized::all).collect()];
            let only: Vec<Choice> = choices.iter().map(|(_, choice)| choice.clone()).collect();
            let found =
                self.of_views(filters, &fields.concat(), |findings: &Findings, view: &View, filter: &Filter| {
                    let selection = view.part(findings).selection(filter);
                    let part = view.part(findings).among(&selection);
                    let ranked = part.top_groups(&Filter::everything(), &only, skip, limit);
                    let totals =
                        totals(part, &Filter::everything(), &named(choices, &ranked), summarized.as_ref(), false);
                    (ranked, totals)
                })?;
            return Ok(found.into_iter().next().unwrap_or_default());
        }
        let ranked = self.ranked(filters, choices, (skip, limit))?;
        let named = named(choices, &ranked);
        let fields: Vec<FieldId> = named.iter().map(|(field, _)| *field).collect();
        let fields = [fields, summarized.iter().flat_map(Summarized::all).collect()].concat();
        let each = self.of_views(filters, &fields, |findings: &Findings, view: &View, filter: &Filter| {
            totals(view.part(findings), filter, &named, summarized.as_ref(), true)
        })?;
        let mut totals: Vec<Totals> = named.iter().map(|_| Totals::default()).collect();
        for of_view in each {
            totals.iter_mut().zip(of_view).for_each(|(sum, of_view)| sum.add(of_view));
        }
        Ok((ranked, totals))
    }
}

/// The fields that summaries of groups contain.
struct Summarized {
    severity: FieldId,
    account: FieldId,
    resource: FieldId,
    updated: FieldId,
}

impl Summarized {
    fn of(schema: &Schema) -> Option<Summarized> {
        Some(Summarized {
            severity: schema.field("SeverityLabel")?,
            account: schema.field("AwsAccountId")?,
            resource: schema.field("ResourceId")?,
            updated: schema.field("UpdatedAt")?,
        })
    }

    fn all(&self) -> [FieldId; 4] {
        [self.severity, self.account, self.resource, self.updated]
    }
}

/// The field and value of each group.
fn named<'g>(choices: &[(&'static str, Choice)], ranked: &'g TopGroups) -> Vec<(FieldId, &'g str)> {
    let field = |group: &Group| choices.get(group.choice).map(|(_, choice)| choice.field);
    ranked.groups.iter().filter_map(|group| Some((field(group)?, group.value.as_str()))).collect()
}

/// The summaries of groups in a table.
fn totals(
    part: Part<'_>,
    filter: &Filter,
    named: &[(FieldId, &str)],
    summarized: Option<&Summarized>,
    needs_texts: bool,
) -> Vec<Totals> {
    let Some(Summarized { severity, account, resource, updated }) = summarized else { return Vec::new() };
    let summaries = part.summaries(filter, named, [*severity, *account, *resource], *updated);
    let read = |(summary, (field, _)): (&Summary<3>, &(FieldId, &str))| {
        let [severities, accounts, resources] = &summary.distinct;
        let values = |field, distinct| {
            let texts = needs_texts.then(|| part.texts(field, distinct).map(str::to_owned).collect());
            Values { number: distinct.count(), texts: texts.unwrap_or_default() }
        };
        Totals {
            severities: part.texts(*severity, severities).map(str::to_owned).collect(),
            accounts: values(*account, accounts),
            resources: values(*resource, resources),
            updated: summary.last,
            has_several: !part.is_single(*field),
        }
    };
    summaries.iter().zip(named).map(read).collect()
}

impl Totals {
    fn add(&mut self, other: Totals) {
        self.severities.extend(other.severities);
        for (sum, values) in [(&mut self.accounts, other.accounts), (&mut self.resources, other.resources)] {
            sum.number += values.number;
            sum.texts.extend(values.texts);
        }
        self.updated = self.updated.max(other.updated);
        self.has_several |= other.has_several;
    }
}

/// The fields whose columns are needed to find keys.
fn fields_of(choices: &[(&'static str, Choice)], schema: &Schema) -> Vec<FieldId> {
    choices.iter().map(|(_, choice)| choice.field).chain(schema.field("ProductArn")).collect()
}
