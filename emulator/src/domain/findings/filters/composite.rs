//! Composite filters: the dialect of filters in the V2 half, used for findings, resources and software.
//!
//! A request has composite filters, joined by `CompositeOperator`. A composite filter has lists of filters of each kind
//! and nested composite filters, joined by its `Operator` (GFV-03, GFV-05).

use std::collections::BTreeMap;

use securityhub_engine::filter::combine::{self, Comparison};
use securityhub_engine::filter::{self, DateRange, NumberRange};
use securityhub_engine::{FieldId, FieldKind, Filter, date};
use serde_json::{Map, Value};

use super::NANOSECONDS_A_DAY;
use crate::aws_error::{AwsError, ErrorCode};
use crate::state::Timestamp;

/// Maximum number of composite filters in a request, and of nested ones in a composite filter (GFV-04).
const MOST_COMPOSITES: usize = 10;
/// Maximum number of filters of a kind in a composite filter (GFV-04).
const MOST_FILTERS: usize = 20;

/// The members of a composite filter that are lists of filters, with the kind of the fields that they filter.
const LISTS: [(&str, FieldKind); 6] = [
    ("StringFilters", FieldKind::String),
    ("DateFilters", FieldKind::Date),
    ("BooleanFilters", FieldKind::Boolean),
    ("NumberFilters", FieldKind::Number),
    ("MapFilters", FieldKind::Map),
    ("IpFilters", FieldKind::Ip),
];

/// The fields and comparisons that an operation accepts.
pub struct Dialect<'d> {
    /// The field with a name, and its kind.
    pub field: &'d dyn Fn(&str) -> Option<(FieldId, FieldKind)>,
    /// The accepted comparisons of strings (GFV-08, ARV-04).
    pub string_comparisons: &'static [Comparison],
    /// The accepted comparisons of map values (GFV-10).
    pub map_comparisons: &'static [Comparison],
    /// True if at least one filter is required, and one in each list (ARV-04, ARV-06).
    pub needs_filters: bool,
    /// True if IP filters accept ranges as well as single addresses (GFV-12).
    pub accepts_ranges: bool,
    /// The time that relative dates are resolved against.
    pub now: Timestamp,
}

/// Converts composite filters. Without any, every document is selected (GFV-01).
///
/// # Errors
/// 400 `ValidationException` for the first fault.
pub fn convert(dialect: &Dialect<'_>, filters: &Value) -> Result<Filter, AwsError> {
    let composites = list(filters, "CompositeFilters");
    if composites.len() > MOST_COMPOSITES {
        return Err(refused(format!("At most {MOST_COMPOSITES} composite filters are supported")));
    }
    if dialect.needs_filters && composites.is_empty() {
        return Err(refused("At least one composite filter is required"));
    }
    let parts: Vec<Filter> =
        composites.iter().map(|composite| dialect.composite(composite, true)).collect::<Result<_, _>>()?;
    // Without filters, every document is selected, regardless of the operator.
    Ok(if parts.is_empty() { Filter::everything() } else { join(filters.get("CompositeOperator"), parts) })
}

/// 400 `ValidationException`.
pub fn refused(message: impl Into<String>) -> AwsError {
    AwsError::new(ErrorCode::ValidationException, message.into())
}

fn join(operator: Option<&Value>, parts: Vec<Filter>) -> Filter {
    let is_or = operator.and_then(Value::as_str) == Some("OR");
    if is_or { Filter::Any(parts) } else { Filter::All(parts) }
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

impl Dialect<'_> {
    fn composite(&self, composite: &Value, may_nest: bool) -> Result<Filter, AwsError> {
        let mut parts = Vec::new();
        for (member, kind) in LISTS {
            let filters = list(composite, member);
            if filters.len() > MOST_FILTERS {
                return Err(refused(format!("At most {MOST_FILTERS} {member} are supported in a composite filter")));
            }
            if self.needs_filters && filters.is_empty() && composite.get(member).is_some() {
                return Err(refused(format!("{member} must not be empty")));
            }
            refuse_combinations(kind, filters)?;
            for filter in filters {
                parts.push(self.filter(member, kind, filter)?);
            }
        }
        let nested = list(composite, "NestedCompositeFilters");
        if !nested.is_empty() && !may_nest {
            return Err(refused("NestedCompositeFilters must not contain NestedCompositeFilters"));
        }
        if nested.len() > MOST_COMPOSITES {
            return Err(refused(format!("At most {MOST_COMPOSITES} nested composite filters are supported")));
        }
        for composite in nested {
            parts.push(self.composite(composite, false)?);
        }
        // A composite filter without filters is true, even inside an OR (GFV-06).
        Ok(if parts.is_empty() { Filter::everything() } else { join(composite.get("Operator"), parts) })
    }

    fn filter(&self, member: &str, kind: FieldKind, filter: &Value) -> Result<Filter, AwsError> {
        let name = filter.get("FieldName").and_then(Value::as_str);
        let name = name.ok_or_else(|| refused(format!("{member}: FieldName is required")))?;
        let field = (self.field)(name).filter(|(_, of_field)| *of_field == kind);
        let (field, _) = field.ok_or_else(|| refused(format!("{member}: FieldName {name} is not supported")))?;
        let test = filter.get("Filter").and_then(Value::as_object).filter(|test| !test.is_empty());
        let test = test.ok_or_else(|| refused(format!("{member}: Filter of {name} is required")))?;
        let term = |test| Filter::term(field, test);
        match kind {
            FieldKind::String => self.string(name, test).map(|(test, comparison)| signed(term(test), comparison)),
            FieldKind::Map => self.entry(name, test).map(|(test, comparison)| signed(term(test), comparison)),
            FieldKind::Number => Ok(term(filter::Test::Number(number(test)))),
            FieldKind::Date => self.date(name, test).map(|range| term(filter::Test::Date(range))),
            FieldKind::Ip => self.block(name, test).map(term),
            FieldKind::Boolean | FieldKind::Keyword => match test.get("Value").and_then(Value::as_bool) {
                Some(value) => Ok(term(filter::Test::Boolean(value))),
                None => Err(refused(format!("Value of {name} is required"))),
            },
        }
    }

    fn string(&self, name: &str, test: &Map<String, Value>) -> Result<(filter::Test, Comparison), AwsError> {
        let value = required(name, test, "Value")?;
        let comparison = comparison(name, test, self.string_comparisons)?;
        Ok((filter::Test::Text(comparison.test(value)), comparison))
    }

    fn entry(&self, name: &str, test: &Map<String, Value>) -> Result<(filter::Test, Comparison), AwsError> {
        let (key, value) = (required(name, test, "Key")?, required(name, test, "Value")?);
        let comparison = comparison(name, test, self.map_comparisons)?;
        Ok((filter::Test::Entry { key: key.to_owned(), value: comparison.test(value) }, comparison))
    }

    /// Reads a date filter. It has Start and End, or DateRange, but not both (GFV-09).
    fn date(&self, name: &str, test: &Map<String, Value>) -> Result<DateRange, AwsError> {
        let is_absolute = test.contains_key("Start") || test.contains_key("End");
        let Some(range) = test.get("DateRange").and_then(Value::as_object) else {
            let instant = |member| {
                let instant = required(name, test, member)?;
                date::strict(instant).ok_or_else(|| refused(format!("{member} of {name} is not a date and time")))
            };
            return Ok(DateRange::between(instant("Start")?, instant("End")?));
        };
        if is_absolute {
            return Err(refused(format!("{name}: DateRange cannot be combined with Start and End")));
        }
        let days = range.get("Value").and_then(Value::as_i64);
        let days = days.ok_or_else(|| refused(format!("Value of {name} is required")))?;
        required(name, range, "Unit")?;
        let edge = self.now.as_nanosecond() - i128::from(days) * NANOSECONDS_A_DAY;
        Ok(match range.get("Comparison").and_then(Value::as_str) {
            Some("OLDER_THAN") => DateRange::before(edge),
            _ => DateRange::since(edge),
        })
    }

    fn block(&self, name: &str, test: &Map<String, Value>) -> Result<filter::Test, AwsError> {
        let cidr = required(name, test, "Cidr")?;
        let block = filter::block(cidr).filter(|_| self.accepts_ranges || !cidr.contains('/'));
        block.map(filter::Test::Ip).ok_or_else(|| refused(format!("Cidr of {name} is not a valid address")))
    }
}

/// Refuses comparisons that exclude each other for one field of a composite filter (GFV-07).
fn refuse_combinations(kind: FieldKind, filters: &[Value]) -> Result<(), AwsError> {
    if kind != FieldKind::String {
        return Ok(());
    }
    let mut by_field: BTreeMap<&str, Vec<Comparison>> = BTreeMap::new();
    for filter in filters {
        let name = filter.get("FieldName").and_then(Value::as_str);
        let comparison = filter.get("Filter").and_then(|filter| filter.get("Comparison")).and_then(Value::as_str);
        if let (Some(name), Some(comparison)) = (name, comparison.and_then(Comparison::named)) {
            by_field.entry(name).or_default().push(comparison);
        }
    }
    for (name, comparisons) in by_field {
        combine::check(&comparisons).map_err(|refusal| refused(format!("FieldName {name}: {refusal}")))?;
    }
    Ok(())
}

/// Negates a term if the comparison is negative, so that a missing value satisfies the comparison (GFV-13).
fn signed(term: Filter, comparison: Comparison) -> Filter {
    if comparison.is_negative() { term.negated() } else { term }
}

fn required<'t>(name: &str, members: &'t Map<String, Value>, member: &str) -> Result<&'t str, AwsError> {
    let text = members.get(member).and_then(Value::as_str);
    text.ok_or_else(|| refused(format!("{member} of {name} is required")))
}

fn comparison(name: &str, test: &Map<String, Value>, supported: &[Comparison]) -> Result<Comparison, AwsError> {
    let written = required(name, test, "Comparison")?;
    let comparison = Comparison::named(written).filter(|comparison| supported.contains(comparison));
    comparison.ok_or_else(|| {
        let names: Vec<&str> = supported.iter().map(|comparison| comparison.name()).collect();
        refused(format!("Comparison {written} of {name} is not supported; use one of {}", names.join(", ")))
    })
}

fn number(test: &Map<String, Value>) -> NumberRange {
    let bound = |name: &str| test.get(name).and_then(Value::as_f64);
    NumberRange { eq: bound("Eq"), gte: bound("Gte"), lte: bound("Lte"), gt: bound("Gt"), lt: bound("Lt") }
}
