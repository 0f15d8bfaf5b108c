//! Why GetFindings returns a finding, or does not: whether the caller sees it, then each filter name with what its
//! elements ask, what the finding has, and which element decides.
//!
//! What lives here: the walk ([`explain`]), what it gives as plain data, and its sentences ([`words`]). What may not:
//! a rule of filters or of visibility; those are asked where they live.

use securityhub_engine::filter::explain::{self as engine, Values};
use securityhub_engine::filter::{Test, combine::Comparison};
use securityhub_engine::{FieldKind, Filter, Schema, Scope, Slot};
use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::document::Finding;
use crate::domain::findings::filters::classic::{self, FILTERS};
use crate::domain::findings::visibility::{self, View};
use crate::invariant::Invariant;
use crate::shape::{read, sentence};
use crate::state::{AccountId, Place, World};

#[cfg(test)]
mod tests;
mod words;

/// Which finding is asked about, and what GetFindings would be sent.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// Its Id, which findings of several products and accounts may share.
    pub id: &'q str,
    /// Its product, to tell it from others.
    pub product_arn: Option<&'q str>,
    /// `Filters`, as GetFindings takes them; null for none.
    pub filters: &'q Value,
}

/// Why the findings of an Id are returned or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Explanation {
    /// The caller's account.
    pub account: String,
    /// The Region that is called.
    pub region: String,
    /// The Id that was asked about.
    pub id: String,
    /// All of it in one line.
    pub summary: String,
    /// The findings of that Id: those of the Region and of Regions linked to it or, when these have none, of others.
    pub findings: Vec<ExplainedFinding>,
}

/// Why one finding is returned or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExplainedFinding {
    /// Its product.
    pub product_arn: String,
    /// Its owner.
    pub aws_account_id: String,
    /// Where it is stored.
    pub region: String,
    /// Whether GetFindings returns it.
    pub returned: bool,
    /// The reason in one line.
    pub summary: String,
    /// Whether the caller sees it.
    pub visibility: ExplainedVisibility,
    /// The filter names that have elements, in the order of the request.
    pub filters: Vec<ExplainedFilter>,
}

/// Whether the caller sees a finding, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExplainedVisibility {
    /// Whether it does.
    pub passes: bool,
    /// Why.
    pub reason: String,
}

/// One filter name: any positive element passes, if there is one, and every negative one (FLT-03).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExplainedFilter {
    /// The name.
    pub name: String,
    /// Whether the finding passes.
    pub passes: bool,
    /// What the finding has there; of a keyword only strings that hold it, and of those a few.
    pub values: Vec<String>,
    /// The elements, in the order of the request.
    pub elements: Vec<ExplainedElement>,
}

/// One element of a filter name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ExplainedElement {
    /// The element as it was sent.
    pub element: Value,
    /// What it asks, in a few words; a relative date with the instant that it means now.
    pub asks: String,
    /// Whether it asks that no value be so (FLT-04).
    pub negative: bool,
    /// Whether it is satisfied.
    pub passes: bool,
    /// Whether the verdict of its name hangs on it.
    pub decides: bool,
    /// The values that are as it says; a negative element is satisfied when there are none.
    pub matched: Vec<String>,
}

/// A filter name of the request, as the engine takes it: all of it, and each element alone.
struct RequestedFilter<'q> {
    name: &'q str,
    kind: FieldKind,
    filter: Filter,
    elements: Vec<(&'q Value, Filter)>,
}

/// Explains every finding of an Id to a caller.
///
/// # Errors
/// 400 `InvalidInputException` for filters that GetFindings refuses.
pub fn explain(world: &World, caller: &Caller, question: &Question<'_>) -> Result<Explanation, AwsError> {
    let filters = read_filters(question.filters)?;
    let asked = asked(world.schema(), caller, &filters)?;
    let views = visibility::views(world, caller);
    let mut stored: Vec<Stored> =
        views.iter().flat_map(|view| find(world, &view.place, Some(view), question)).collect();
    if stored.is_empty() {
        let asked = |place: &Place| views.iter().any(|view| view.place == *place);
        let others = world
            .relations()
            .hub_regions()
            .into_iter()
            .map(|region| Place::from(&region))
            .filter(|place| !asked(place));
        stored = others.flat_map(|place| find(world, &place, None, question)).collect();
    }
    let findings: Vec<ExplainedFinding> = stored.iter().map(|stored| finding(world, caller, &asked, stored)).collect();
    Ok(Explanation {
        account: caller.account().to_string(),
        region: caller.region.to_string(),
        id: question.id.to_owned(),
        summary: words::of_all(world, caller, question, &findings),
        findings,
    })
}

/// Reads filters as the body of GetFindings is read.
fn read_filters(filters: &Value) -> Result<Map<String, Value>, AwsError> {
    let body = json!({ "Filters": filters }).to_string();
    let mut document = read::document(Operation::GetFindings.model().input, &body)
        .map_err(|error| AwsError::invalid_input("Invalid input").caused_by(error.0))?;
    if !document.violations.is_empty() {
        return Err(AwsError::invalid_input(sentence::classic(&document.violations)));
    }
    match document.members.remove("Filters") {
        Some(Value::Object(filters)) => Ok(filters),
        _ => Ok(Map::new()),
    }
}

/// The names that have elements (FLT-06), each converted alone; whatever the service refuses is refused of the whole.
fn asked<'q>(
    schema: &Schema,
    caller: &Caller,
    filters: &'q Map<String, Value>,
) -> Result<Vec<RequestedFilter<'q>>, AwsError> {
    let convert = |filters: &Map<String, Value>| {
        classic::convert(&FILTERS, filters, schema, caller.now).map_err(|violations| FILTERS.refuse(&violations))
    };
    convert(filters)?;
    let alone = |name: &str, elements: &[Value]| convert(&Map::from_iter([(name.to_owned(), json!(elements))]));
    let mut asked = Vec::with_capacity(filters.len());
    for (name, elements) in filters {
        let kind = schema.field(name).and_then(|field| schema.kind(field));
        let elements = elements.as_array().filter(|elements| !elements.is_empty());
        let Some((kind, elements)) = kind.zip(elements) else { continue };
        let filter = alone(name, elements)?;
        let element = |element: &'q Value| Ok((element, alone(name, std::slice::from_ref(element))?));
        let elements = elements.iter().map(element).collect::<Result<Vec<_>, AwsError>>()?;
        asked.push(RequestedFilter { name, kind, filter, elements });
    }
    Ok(asked)
}

/// A finding that is asked about.
struct Stored {
    place: Place,
    document: Vec<u8>,
    /// Whether it was last written before its Region was linked (AGG-13).
    is_aside: bool,
}

/// The findings of a place that are asked about.
fn find(world: &World, place: &Place, view: Option<&View>, question: &Question<'_>) -> Vec<Stored> {
    let equals = |name: &str, value: &str| match world.schema().field(name) {
        Some(field) => Filter::term(field, Test::equals(value)),
        None => Filter::nothing(),
    };
    let mut parts = vec![equals("Id", question.id)];
    parts.extend(question.product_arn.map(|product_arn| equals("ProductArn", product_arn)));
    let filter = Filter::All(parts);
    let found = world.query_findings(place, &filter, &[], |findings| {
        let stored = |slot: Slot| Stored {
            place: place.clone(),
            document: findings.table().document(slot).to_vec(),
            is_aside: view.is_some_and(|view| !view.part(findings).has(slot)),
        };
        findings.table().within(Scope::All).matching(&filter).into_iter().map(stored).collect()
    });
    found.unwrap_or_default()
}

fn finding(world: &World, caller: &Caller, asked: &[RequestedFilter<'_>], stored: &Stored) -> ExplainedFinding {
    let finding = Finding::stored(&stored.document);
    let text = |name: &str| {
        finding.string(name).or_report("a stored finding has all required members").unwrap_or_default().into_owned()
    };
    let owner = text("AwsAccountId");
    let visibility = visibility(world, caller, stored, &owner);
    let filters: Vec<_> = asked.iter().map(|asked| filter(world.schema(), asked, &stored.document)).collect();
    ExplainedFinding {
        product_arn: text("ProductArn"),
        aws_account_id: owner,
        region: stored.place.region.to_string(),
        returned: visibility.passes && filters.iter().all(|filter| filter.passes),
        summary: words::of_finding(&visibility, &filters),
        visibility,
        filters,
    }
}

/// First where it is stored, then whose it is (VIS-01, VIS-03), then since when its Region is linked (AGG-13).
fn visibility(world: &World, caller: &Caller, stored: &Stored, owner: &str) -> ExplainedVisibility {
    // A stored finding's owner is an account id.
    let sight = AccountId::parse(owner).map(|owner| visibility::sight(world, caller, &stored.place, owner));
    let passes = sight.is_some_and(visibility::Sight::sees) && !stored.is_aside;
    ExplainedVisibility { passes, reason: words::of_visibility(caller, &stored.place, owner, sight, stored.is_aside) }
}

fn filter(schema: &Schema, asked: &RequestedFilter<'_>, document: &[u8]) -> ExplainedFilter {
    let passes = engine::explain(&asked.filter, schema, document).holds;
    let mut values = Vec::new();
    let mut elements = Vec::with_capacity(asked.elements.len());
    for (element, filter) in &asked.elements {
        let explanation = engine::explain(filter, schema, document);
        // An element asks one thing of one field.
        let Some(found) = explanation.values().first().copied() else { continue };
        let texts = found.found.iter().map(|found| found.text.clone());
        match asked.kind {
            FieldKind::Keyword => values.extend(texts.filter(|text| !values.contains(text)).collect::<Vec<_>>()),
            _ => values = texts.collect(),
        }
        elements.push(self::element(asked.kind, element, explanation.holds, found));
    }
    decide(passes, &mut elements);
    ExplainedFilter { name: asked.name.to_owned(), passes, values, elements }
}

fn element(kind: FieldKind, element: &Value, passes: bool, found: &Values) -> ExplainedElement {
    let comparison = element.get("Comparison").and_then(Value::as_str).and_then(Comparison::named);
    let matched = found.found.iter().filter(|found| found.passes).map(|found| found.text.clone());
    ExplainedElement {
        element: element.clone(),
        asks: words::of_element(kind, element, &found.asked),
        negative: comparison.is_some_and(Comparison::is_negative),
        passes,
        decides: false,
        matched: matched.collect(),
    }
}

/// Marks the elements on which the verdict hangs: of a name that passes those that are satisfied; of one that does not
/// every negative one that is not, and the positive ones when none of them is (FLT-03).
fn decide(name_passes: bool, elements: &mut [ExplainedElement]) {
    let any_positive = elements.iter().any(|element| !element.negative && element.passes);
    for element in elements {
        element.decides =
            if name_passes { element.passes } else { !element.passes && (element.negative || !any_positive) };
    }
}
