//! The classic filters in their two dialects: those of GetFindings and insights, and the criteria of automation rules.
//!
//! The shape of the input has been checked already: members are known and have the right types. Paths of violations are
//! relative to the filters object.

use std::net::IpAddr;

use securityhub_engine::filter::combine::{self, Comparison};
use securityhub_engine::filter::{self, DateRange, IpNet, Needle, NumberRange, Test};
use securityhub_engine::{FieldId, FieldKind, Filter, Schema, date};
use securityhub_fixtures::fields::CRITERIA as CRITERIA_FIELDS;
use serde_json::{Map, Value};

use super::NANOSECONDS_A_DAY;
use crate::aws_error::AwsError;
use crate::shape::{Rule, Segment, Violation, sentence};
use crate::state::Timestamp;

/// The filters that an operation accepts, and how it refuses others.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The operation's name for them, with which its sentences begin (FLT-09, ARU-26).
    pub noun: &'static str,
    /// Maximum number of elements of a filter name; `None` for an unknown name (FLT-07).
    pub max_elements: fn(&str) -> Option<u32>,
    /// Maximum number of names in a request.
    pub max_names: Option<u32>,
    /// True if at least one name, and one element of each given name, is required (FLT-06, ARU-05).
    pub needs_elements: bool,
    /// Comparisons of strings (FLT-12).
    pub string_comparisons: &'static [&'static str],
    /// Comparisons of maps.
    pub map_comparisons: &'static [&'static str],
    /// Reads the ends of a date range (FLT-26).
    pub read_date: fn(&str) -> Option<date::Instant>,
}

/// `Filters` of GetFindings and insights (FLT-05, FLT-12).
pub const FILTERS: Dialect = Dialect {
    noun: "Filters",
    max_elements: |_| Some(20),
    max_names: Some(10),
    needs_elements: false,
    string_comparisons: &["EQUALS", "PREFIX", "NOT_EQUALS", "PREFIX_NOT_EQUALS"],
    map_comparisons: &["EQUALS", "NOT_EQUALS"],
    read_date: date::lenient,
};

/// `Criteria` of automation rules (ARU-20 … ARU-26).
pub const CRITERIA: Dialect = Dialect {
    noun: "Criteria",
    max_elements: |name| {
        let criterion = CRITERIA_FIELDS.iter().find(|criterion| criterion.field.name == name);
        // Three criteria have no documented limit; the usual one is inferred.
        criterion.map(|criterion| criterion.most_elements.unwrap_or(20))
    },
    max_names: None,
    needs_elements: true,
    string_comparisons: &["EQUALS", "PREFIX", "CONTAINS", "NOT_EQUALS", "PREFIX_NOT_EQUALS", "NOT_CONTAINS"],
    map_comparisons: &["EQUALS", "CONTAINS", "NOT_EQUALS", "NOT_CONTAINS"],
    read_date: date::strict,
};

impl Dialect {
    /// The error for filters with these violations.
    pub fn refuse(&self, violations: &[Violation]) -> AwsError {
        AwsError::invalid_input(format!("Invalid {} in the input: {}", self.noun, sentence::ajv(violations, 0)))
    }
}

/// Converts filters to those of the engine; relative dates are resolved against `now` (FLT-27).
///
/// # Errors
/// All violations in the filters; [`Dialect::refuse`] renders them.
pub fn convert(
    dialect: &'static Dialect,
    filters: &Map<String, Value>,
    schema: &Schema,
    now: Timestamp,
) -> Result<Filter, Vec<Violation>> {
    let mut reader = Reader { dialect, now: now.as_nanosecond(), path: Vec::new(), violations: Vec::new() };
    reader.names(filters, schema);
    let mut parts = Vec::new();
    for (position, field) in (0..).zip(schema.fields()) {
        let Some((name, kind)) = schema.name(field).zip(schema.kind(field)) else { continue };
        let Some(elements) = filters.get(name).and_then(Value::as_array) else { continue };
        reader.path = vec![Segment::Member(position, name)];
        if reader.count(name, elements.len()) {
            parts.push(reader.field(field, kind, name, elements));
        }
    }
    if reader.violations.is_empty() { Ok(Filter::All(parts)) } else { Err(reader.violations) }
}

struct Reader {
    dialect: &'static Dialect,
    now: i128,
    path: Vec<Segment>,
    violations: Vec<Violation>,
}

/// One element after reading: its test, and whether no value may pass it.
struct Element {
    test: Test,
    comparison: Option<Comparison>,
}

impl Reader {
    fn report(&mut self, rule: Rule) {
        self.violations.push(Violation { path: self.path.clone(), rule });
    }

    fn report_at(&mut self, member: &'static str, rule: Rule) {
        self.path.push(Segment::Member(0, member));
        self.report(rule);
        self.path.pop();
    }

    /// Checks the number of names and whether all are known (FLT-05, FLT-07).
    fn names(&mut self, filters: &Map<String, Value>, schema: &Schema) {
        let used =
            filters.values().filter(|value| value.as_array().is_none_or(|elements| !elements.is_empty())).count();
        if let Some(most) = self.dialect.max_names.filter(|most| used > *most as usize) {
            self.report(Rule::MorePairs(most));
        }
        if self.dialect.needs_elements && filters.is_empty() {
            self.report(Rule::FewerPairs(1));
        }
        for name in filters.keys() {
            if schema.field(name).is_none() || (self.dialect.max_elements)(name).is_none() {
                self.report(Rule::Unknown(name.clone()));
            }
        }
    }

    /// Returns whether the elements of a name are to be read; too few or too many are a violation (FLT-05, FLT-06,
    /// ARU-21). If there are too many, none is read.
    fn count(&mut self, name: &str, elements: usize) -> bool {
        if let Some(most) = (self.dialect.max_elements)(name).filter(|most| elements > *most as usize) {
            self.report(Rule::MoreItems { most, size: elements });
            return false;
        }
        if self.dialect.needs_elements && elements == 0 {
            self.report(Rule::FewerItems { least: 1, size: elements });
        }
        elements > 0
    }

    /// The elements of one name, combined (FLT-03, FLT-17).
    fn field(&mut self, field: FieldId, kind: FieldKind, name: &str, elements: &[Value]) -> Filter {
        let mut read = Vec::with_capacity(elements.len());
        for (position, element) in elements.iter().enumerate() {
            let Some(element) = element.as_object() else { continue };
            self.path.push(Segment::Item(position));
            read.extend(self.element(kind, name, element));
            self.path.pop();
        }
        let comparisons: Vec<Comparison> = read.iter().filter_map(|element| element.comparison).collect();
        if let Err(refused) = combine::check(&comparisons) {
            self.report(Rule::Combination(refused.first.name(), refused.second.name()));
        }
        if kind == FieldKind::Boolean {
            // `false` means false or absent, which cannot be expressed as a test of a value (FLT-39).
            let flags = read.iter().map(|element| Filter::flag(field, element.test == Test::Boolean(true)));
            return Filter::Any(flags.collect());
        }
        let is_negative = |element: &Element| element.comparison.is_some_and(Comparison::is_negative);
        let (negative, positive): (Vec<_>, Vec<_>) = read.into_iter().partition(is_negative);
        let tests = |elements: Vec<Element>| elements.into_iter().map(|element| element.test).collect();
        combine::combine(field, tests(positive), tests(negative))
    }

    fn element(&mut self, kind: FieldKind, name: &str, element: &Map<String, Value>) -> Option<Element> {
        let plain = |test| Element { test, comparison: None };
        match kind {
            FieldKind::String => self.string(element),
            FieldKind::Map => self.entry(element),
            FieldKind::Number => self.number(element).map(Test::Number).map(plain),
            FieldKind::Date => self.date(element).map(Test::Date).map(plain),
            FieldKind::Ip => self.block(name, element).map(Test::Ip).map(plain),
            FieldKind::Keyword => self.text(element, "Value").map(|text| plain(Test::Keyword(Needle::new(text)))),
            FieldKind::Boolean => match element.get("Value").and_then(Value::as_bool) {
                Some(value) => Some(plain(Test::Boolean(value))),
                None => self.missing("Value"),
            },
        }
    }

    fn string(&mut self, element: &Map<String, Value>) -> Option<Element> {
        let value = self.text(element, "Value");
        let comparison = self.comparison(element, self.dialect.string_comparisons);
        let (value, comparison) = value.zip(comparison)?;
        Some(Element { test: Test::Text(comparison.test(value)), comparison: Some(comparison) })
    }

    fn entry(&mut self, element: &Map<String, Value>) -> Option<Element> {
        let key = self.text(element, "Key");
        let value = self.text(element, "Value");
        let comparison = self.comparison(element, self.dialect.map_comparisons);
        let ((key, value), comparison) = key.zip(value).zip(comparison)?;
        let test = Test::Entry { key: key.to_owned(), value: comparison.test(value) };
        Some(Element { test, comparison: Some(comparison) })
    }

    /// A required string member (FLT-14).
    fn text<'e>(&mut self, element: &'e Map<String, Value>, member: &'static str) -> Option<&'e str> {
        let text = element.get(member).and_then(Value::as_str);
        if text.is_none() {
            self.report(Rule::Missing(member));
        }
        text
    }

    fn missing<T>(&mut self, member: &'static str) -> Option<T> {
        self.report(Rule::Missing(member));
        None
    }

    /// A comparison that the operation supports (FLT-12, FLT-13).
    fn comparison(&mut self, element: &Map<String, Value>, supported: &'static [&'static str]) -> Option<Comparison> {
        let name = self.text(element, "Comparison")?;
        let comparison = Comparison::named(name).filter(|_| supported.contains(&name));
        if comparison.is_none() {
            self.report_at("Comparison", Rule::Enum(supported));
        }
        comparison
    }

    fn number(&mut self, element: &Map<String, Value>) -> Option<NumberRange> {
        if element.is_empty() {
            self.report(Rule::FewerPairs(1));
            return None;
        }
        let bound = |name: &str| element.get(name).and_then(Value::as_f64);
        Some(NumberRange { eq: bound("Eq"), gte: bound("Gte"), lte: bound("Lte"), gt: bound("Gt"), lt: bound("Lt") })
    }

    /// Start and End, or DateRange, and not both (FLT-23, FLT-30).
    fn date(&mut self, element: &Map<String, Value>) -> Option<DateRange> {
        let absolute = element.contains_key("Start") || element.contains_key("End");
        match element.get("DateRange").and_then(Value::as_object) {
            Some(_) if absolute => {
                self.report(Rule::Union);
                None
            }
            Some(range) => {
                self.path.push(Segment::Member(2, "DateRange"));
                let range = self.relative(range);
                self.path.pop();
                range
            }
            None => {
                let (start, end) = (self.instant(element, "Start"), self.instant(element, "End"));
                start.zip(end).map(|(start, end)| DateRange::between(start, end))
            }
        }
    }

    fn instant(&mut self, element: &Map<String, Value>, member: &'static str) -> Option<i128> {
        let text = self.text(element, member)?;
        let instant = (self.dialect.read_date)(text);
        if instant.is_none() {
            self.report_at(member, Rule::Format("date-time"));
        }
        instant
    }

    /// A window relative to the exact current time (FLT-27).
    fn relative(&mut self, range: &Map<String, Value>) -> Option<DateRange> {
        let days = range.get("Value").and_then(Value::as_i64);
        if days.is_none() {
            self.report(Rule::Missing("Value"));
        }
        let unit = self.text(range, "Unit");
        let edge = self.now - i128::from(days.zip(unit)?.0) * NANOSECONDS_A_DAY;
        Some(match range.get("Comparison").and_then(Value::as_str) {
            Some("OLDER_THAN") => DateRange::before(edge),
            _ => DateRange::since(edge),
        })
    }

    /// An address block of the filter's address family (FLT-36, FLT-37).
    fn block(&mut self, name: &str, element: &Map<String, Value>) -> Option<IpNet> {
        let text = self.text(element, "Cidr")?;
        let six = name.contains("IpV6");
        let block = filter::block(text).filter(|block| matches!(block.addr(), IpAddr::V6(_)) == six);
        if block.is_none() {
            self.report_at("Cidr", Rule::Format(if six { "ipv6" } else { "ipv4" }));
        }
        block
    }
}
