//! Explains why GetFindings returns a finding or does not: whether the caller sees it, and for each filter name the
//! conditions of its elements, the values of the finding, and the element that decides.
//!
//! Contains: the walk ([`explain`]), its result as plain data, the findings nearest to the filters ([`nearest`]), sentences
//! ([`sentences`]), and the names of unknown fields ([`unknown`]). Does not contain: rules of filters or of visibility; this module calls the modules that
//! contain them.

use std::fmt::Write as _;

use schemars::JsonSchema;
use securityhub_engine::filter::explain::{self as engine, Values};
use securityhub_engine::filter::{Test, combine::Comparison};
use securityhub_engine::{FieldKind, Filter, Schema, Scope, Slot};
use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::document::{self, Finding};
use crate::domain::findings::filters::classic::{self, CRITERIA, Dialect, FILTERS};
use crate::domain::findings::visibility::{self, View};
use crate::domain::overview;
use crate::invariant::Invariant;
use crate::shape::{read, sentence};
use crate::state::{AccountId, Findings, TableKey, Timestamp, World};

mod nearest;
mod sentences;
#[cfg(test)]
mod tests;
mod unknown;
mod v2;

use nearest::Nearest;

/// The finding in question, and the input of GetFindings.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// The Id of the finding, which findings of several products and accounts may share; `None` to explain the findings
    /// that fail the fewest filters.
    pub id: Option<&'q str>,
    /// The product of the finding, if several products have findings with this Id.
    pub product_arn: Option<&'q str>,
    /// `Filters` of GetFindings or, if they have `CompositeFilters`, of GetFindingsV2; null for none.
    pub filters: &'q Value,
}

/// Explanation for all findings with an Id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Explanation {
    /// The caller's account.
    pub account: String,
    /// The Region that is called.
    pub region: String,
    /// The requested Id; null if the question does not name a finding.
    pub id: Option<String>,
    /// Summary in one line.
    pub summary: String,
    /// The findings with that Id in the Region and its linked Regions or, if none of these has it, in other Regions. Without
    /// an Id: up to three findings that the caller sees and that fail the fewest filters.
    pub findings: Vec<ExplainedFinding>,
}

/// Explanation for one finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ExplainedFinding {
    /// Its Id.
    pub id: String,
    /// Its product.
    pub product_arn: String,
    /// Its owner.
    pub aws_account_id: String,
    /// The Region where it is stored.
    pub region: String,
    /// True if GetFindings returns it.
    pub returned: bool,
    /// The reason in one line.
    pub summary: String,
    /// The visibility of the finding to the caller.
    pub visibility: ExplainedVisibility,
    /// The filter names that have elements, in the order of the request.
    pub filters: Vec<ExplainedFilter>,
}

/// The visibility of a finding to a caller, with the reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ExplainedVisibility {
    /// True if the caller sees the finding.
    pub passes: bool,
    /// The reason.
    pub reason: String,
}

/// One filter name. A finding passes if any positive element passes (or there is none) and every negative one does
/// (FLT-03).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ExplainedFilter {
    /// The name.
    pub name: String,
    /// True if the finding passes.
    pub passes: bool,
    /// The values of the finding; for a keyword, a few strings that contain it.
    pub values: Vec<String>,
    /// The elements, in the order of the request.
    pub elements: Vec<ExplainedElement>,
}

/// One element of a filter name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ExplainedElement {
    /// The element as it was sent.
    pub element: Value,
    /// The condition, in a few words; a relative date includes the instant that it currently means.
    pub condition: String,
    /// True if it requires that no value matches (FLT-04).
    pub negative: bool,
    /// True if it is satisfied.
    pub passes: bool,
    /// True if the verdict of its name depends on it.
    pub decides: bool,
    /// The values that match; a negative element is satisfied if there are none.
    pub matched: Vec<String>,
}

/// A filter name of the request, converted to engine filters: one for all its elements, and one for each element.
struct RequestedFilter<'q> {
    name: &'q str,
    kind: FieldKind,
    filter: Filter,
    elements: Vec<(&'q Value, Filter)>,
}

/// Explains to a caller every finding with an Id or, without an Id, the findings that fail the fewest filters.
///
/// # Errors
/// 400 `InvalidInputException` for filters that GetFindings refuses, and 400 `ValidationException` for those that
/// GetFindingsV2 refuses.
pub fn explain(world: &World, caller: &Caller, question: &Question<'_>) -> Result<Explanation, AwsError> {
    if v2::is_v2(question.filters) {
        return v2::explain(world, caller, question);
    }
    let filters = read_filters(world.schema(), question.filters)?;
    let requested = read_elements(&FILTERS, world.schema(), caller.now, &filters)?;
    let views = visibility::views(world, caller);
    let Some(id) = question.id else {
        let whole = convert(world.schema(), caller, &filters)?;
        return Ok(explain_nearest(world, caller, &views, (&whole, &requested)));
    };
    let find = |table: &TableKey, view: Option<&View>| find(world, table, view, (id, question.product_arn));
    let mut stored: Vec<Stored> = views.iter().flat_map(|view| find(&view.table, Some(view))).collect();
    if stored.is_empty() {
        let is_searched = |table: &TableKey| views.iter().any(|view| view.table == *table);
        let others = world
            .relations()
            .hub_regions()
            .into_iter()
            .map(|region| TableKey::from(&region))
            .filter(|table| !is_searched(table));
        stored = others.flat_map(|table| find(&table, None)).collect();
    }
    let mut findings: Vec<ExplainedFinding> =
        stored.iter().map(|stored| finding(world, caller, &requested, stored)).collect();
    if let Some(reason) = sentences::refusal(world, caller) {
        for finding in &mut findings {
            finding.returned = false;
            finding.summary = format!("not returned: {reason}");
            finding.visibility = ExplainedVisibility { passes: false, reason: reason.clone() };
        }
    }
    Ok(Explanation {
        account: caller.account().to_string(),
        region: caller.region.to_string(),
        id: Some(id.to_owned()),
        summary: sentences::of_all(world, caller, question.product_arn, &findings),
        findings,
    })
}

/// Explains the findings that fail the fewest filters.
fn explain_nearest(
    world: &World,
    caller: &Caller,
    views: &[View],
    (whole, requested): (&Filter, &[RequestedFilter<'_>]),
) -> Explanation {
    let filters = requested.iter().map(|requested| (requested.name, &requested.filter));
    let mut nearest = Nearest::new(whole, filters);
    let refusal = sentences::refusal_of_all(world, caller);
    for view in views.iter().filter(|_| refusal.is_none()) {
        let visible = view.filter(world);
        let Some(findings) = world.snapshot_of_findings(&view.table, &visible) else { continue };
        nearest.add(&view.part(&findings), &visible, |slot| {
            let document = findings.table().document(slot).to_vec();
            finding(world, caller, requested, &Stored { table: view.table.clone(), document, is_hidden: false })
        });
    }
    let (summary, findings) = nearest.finish(caller.region.as_str());
    Explanation {
        account: caller.account().to_string(),
        region: caller.region.to_string(),
        id: None,
        summary: refusal.map_or(summary, |reason| format!("not returned: {reason}")),
        findings,
    }
}

/// Reads filters as the body of GetFindings is read.
///
/// # Errors
/// 400 `InvalidInputException` for filters that GetFindings refuses, with the names of unknown fields.
pub(super) fn read_filters(schema: &Schema, filters: &Value) -> Result<Map<String, Value>, AwsError> {
    let body = json!({ "Filters": filters }).to_string();
    let mut document = read::document(Operation::GetFindings.model().input, &body)
        .map_err(|error| AwsError::invalid_input("Invalid input").caused_by(error.0))?;
    if !document.violations.is_empty() {
        return Err(unknown::refuse(&sentence::classic(&document.violations), &document.violations, schema));
    }
    match document.members.remove("Filters") {
        Some(Value::Object(filters)) => Ok(filters),
        _ => Ok(Map::new()),
    }
}

/// Filters of the request as a filter of the engine.
///
/// # Errors
/// The errors of [`read_filters`].
pub(super) fn convert(schema: &Schema, caller: &Caller, filters: &Map<String, Value>) -> Result<Filter, AwsError> {
    convert_in(&FILTERS, schema, caller.now, filters)
}

fn convert_in(
    dialect: &'static Dialect,
    schema: &Schema,
    now: Timestamp,
    filters: &Map<String, Value>,
) -> Result<Filter, AwsError> {
    classic::convert(dialect, filters, schema, now)
        .map_err(|violations| unknown::refuse(&dialect.refuse(&violations).message, &violations, schema))
}

/// Explains which criteria of an automation rule a stored finding satisfies; it satisfies the rule if all of them pass.
///
/// # Errors
/// 400 `InvalidInputException` for criteria that CreateAutomationRule refuses.
pub fn criteria(
    world: &World,
    now: Timestamp,
    criteria: &Map<String, Value>,
    document: &[u8],
) -> Result<Vec<ExplainedFilter>, AwsError> {
    let requested = read_elements(&CRITERIA, world.schema(), now, criteria)?;
    Ok(requested.iter().map(|requested| filter(world.schema(), requested, document)).collect())
}

/// The names that have elements (FLT-06), each converted alone. A refusal is always one of the whole request.
fn read_elements<'q>(
    dialect: &'static Dialect,
    schema: &Schema,
    now: Timestamp,
    filters: &'q Map<String, Value>,
) -> Result<Vec<RequestedFilter<'q>>, AwsError> {
    let convert = |filters: &Map<String, Value>| convert_in(dialect, schema, now, filters);
    convert(filters)?;
    let convert_alone = |name: &str, elements: &[Value]| convert(&Map::from_iter([(name.to_owned(), json!(elements))]));
    let mut requested = Vec::with_capacity(filters.len());
    for (name, elements) in filters {
        let kind = schema.field(name).and_then(|field| schema.kind(field));
        let elements = elements.as_array().filter(|elements| !elements.is_empty());
        let Some((kind, elements)) = kind.zip(elements) else { continue };
        let filter = convert_alone(name, elements)?;
        let element = |element: &'q Value| Ok((element, convert_alone(name, std::slice::from_ref(element))?));
        let elements = elements.iter().map(element).collect::<Result<Vec<_>, AwsError>>()?;
        requested.push(RequestedFilter { name, kind, filter, elements });
    }
    Ok(requested)
}

/// A stored finding in question.
struct Stored {
    table: TableKey,
    document: Vec<u8>,
    /// True if it was last written before its Region was linked (AGG-13).
    is_hidden: bool,
}

/// The findings of a table with an Id and, if it is given, a ProductArn.
fn find(world: &World, table: &TableKey, view: Option<&View>, (id, product_arn): (&str, Option<&str>)) -> Vec<Stored> {
    let stored = |findings: &Findings, slot: Slot| Stored {
        table: table.clone(),
        document: findings.table().document(slot).to_vec(),
        is_hidden: view.is_some_and(|view| !view.part(findings).has(slot)),
    };
    // Documents begin with their product and Id, so both together are found without a column.
    if let Some(product_arn) = product_arn {
        let name = document::name_of(product_arn, id);
        let named = |findings: &Findings| {
            findings.table().named(&name).into_iter().map(|slot| stored(findings, slot)).collect::<Vec<_>>()
        };
        return world.read_findings(table, named).unwrap_or_default();
    }
    let with_id = match world.schema().field("Id") {
        Some(field) => Filter::term(field, Test::equals(id)),
        None => Filter::nothing(),
    };
    let found = world.query_findings(table, &with_id, &[], |findings| {
        let slots = findings.table().within(Scope::All).matching(&with_id);
        slots.into_iter().map(|slot| stored(findings, slot)).collect()
    });
    found.unwrap_or_default()
}

fn finding(world: &World, caller: &Caller, requested: &[RequestedFilter<'_>], stored: &Stored) -> ExplainedFinding {
    let finding = Finding::stored(&stored.document);
    let text = |name: &str| {
        finding.string(name).or_report("a stored finding has all required members").unwrap_or_default().into_owned()
    };
    let owner = text("AwsAccountId");
    let visibility = visibility(world, caller, stored, &owner);
    let filters: Vec<_> =
        requested.iter().map(|requested| filter(world.schema(), requested, &stored.document)).collect();
    ExplainedFinding {
        id: text("Id"),
        product_arn: text("ProductArn"),
        aws_account_id: owner,
        region: stored.table.region.to_string(),
        returned: visibility.passes && filters.iter().all(|filter| filter.passes),
        summary: sentences::of_finding(&visibility, &filters),
        visibility,
        filters,
    }
}

/// Checks in this order: where it is stored, who owns it (VIS-01, VIS-03), and when its Region was linked (AGG-13).
fn visibility(world: &World, caller: &Caller, stored: &Stored, owner: &str) -> ExplainedVisibility {
    // The owner of a stored finding is always a valid account id.
    let visibility =
        AccountId::parse(owner).map(|owner| visibility::visibility_of(world, caller, &stored.table, owner));
    let passes = visibility.is_some_and(visibility::Visibility::is_visible) && !stored.is_hidden;
    let mut reason = sentences::of_visibility(caller, &stored.table, owner, visibility, stored.is_hidden);
    if let Some(status) = AccountId::parse(owner).and_then(|owner| overview::out_of_use(&world.directory(), owner)) {
        _ = write!(reason, "; account {owner} is {status}");
    }
    ExplainedVisibility { passes, reason }
}

fn filter(schema: &Schema, requested: &RequestedFilter<'_>, document: &[u8]) -> ExplainedFilter {
    let passes = engine::explain(&requested.filter, schema, document).holds;
    let mut values = Vec::new();
    let mut elements = Vec::with_capacity(requested.elements.len());
    for (element, filter) in &requested.elements {
        let explanation = engine::explain(filter, schema, document);
        // An element becomes one test of one field.
        let Some(found) = explanation.values().first().copied() else { continue };
        let texts = found.found.iter().map(|found| found.text.clone());
        match requested.kind {
            FieldKind::Keyword => values.extend(texts.filter(|text| !values.contains(text)).collect::<Vec<_>>()),
            _ => values = texts.collect(),
        }
        elements.push(self::element(requested.kind, element, explanation.holds, found));
    }
    decide(passes, &mut elements);
    ExplainedFilter { name: requested.name.to_owned(), passes, values, elements }
}

fn element(kind: FieldKind, element: &Value, passes: bool, found: &Values) -> ExplainedElement {
    let comparison = element.get("Comparison").and_then(Value::as_str).and_then(Comparison::named);
    let matched = found.found.iter().filter(|found| found.passes).map(|found| found.text.clone());
    ExplainedElement {
        element: element.clone(),
        condition: sentences::of_element(kind, element, &found.condition),
        negative: comparison.is_some_and(Comparison::is_negative),
        passes,
        decides: false,
        matched: matched.collect(),
    }
}

/// Marks the elements that decide the verdict. If the name passes, these are the satisfied ones; otherwise every
/// unsatisfied negative one, and the positive ones if none of them is satisfied (FLT-03).
fn decide(name_passes: bool, elements: &mut [ExplainedElement]) {
    let any_positive = elements.iter().any(|element| !element.negative && element.passes);
    for element in elements {
        element.decides =
            if name_passes { element.passes } else { !element.passes && (element.negative || !any_positive) };
    }
}
