//! Reads a document by its shape in one pass and collects all violations.
//!
//! Unknown members and `null` members are dropped, as AWS ignores them (ASF-06, ASF-09). Numbers keep their original
//! spelling where possible.

use std::fmt;

use securityhub_engine::date;
use securityhub_fixtures::model::{Flavour, Kind, Location, Member, ShapeId, StringShape, Structure};
use securityhub_fixtures::{Format, is_uri};
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::items::{self, Items};
use super::violation::{self, Bound, Rule, Segment, Violation};

/// The body is not a JSON document.
#[derive(Debug, PartialEq, Eq)]
pub struct NotJson(
    /// The parser's message, with line and column.
    pub String,
);

/// The content of a document and its violations.
#[derive(Debug, Default)]
pub struct Document<'t> {
    /// The members known to the shape.
    pub members: Map<String, Value>,
    /// Violations in schema order.
    pub violations: Vec<Violation>,
    /// The list whose items were read one by one. It is not in `members`.
    pub items: Option<Items<'t>>,
}

impl Document<'_> {
    fn has(&self, name: &str) -> bool {
        self.members.contains_key(name) || self.items.as_ref().is_some_and(|items| items.list == name)
    }
}

/// Like [`body`], but reads the items of `list` one by one.
///
/// # Errors
/// The errors of [`body`].
pub fn body_with_items<'t>(shape: ShapeId, list: &'static str, text: &'t str) -> Result<Document<'t>, NotJson> {
    if let Some(items) = items::items(shape, list, text) {
        return Ok(Document { items: Some(items), ..Document::default() });
    }
    let whole = body(shape, text)?;
    match items::spelled_otherwise(shape, list, text) {
        Some(items) => Ok(Document { items: Some(items), ..Document::default() }),
        None => Ok(whole),
    }
}

/// Reads the body of an input structure. Members bound to path, query or header are ignored.
///
/// # Errors
/// [`NotJson`] if the text is not JSON. Violations found before the syntax error are discarded.
pub fn body(shape: ShapeId, text: &str) -> Result<Document<'static>, NotJson> {
    read(shape, text, true)
}

fn read(shape: ShapeId, text: &str, body_only: bool) -> Result<Document<'static>, NotJson> {
    let mut reader = Reader::default();
    let mut parser = serde_json::Deserializer::from_str(text);
    let value = Seed { shape, reader: &mut reader, body_only }
        .deserialize(&mut parser)
        .and_then(|value| parser.end().map(|()| value))
        .map_err(|error| NotJson(error.to_string()))?;
    let members = match value {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    violation::sort(&mut reader.violations);
    Ok(Document { members, violations: reader.violations, items: None })
}

/// Reads a complete document of a shape, such as a finding in a file.
///
/// # Errors
/// The errors of [`body`].
pub fn document(shape: ShapeId, text: &str) -> Result<Document<'static>, NotJson> {
    read(shape, text, false)
}

/// Reads a value given as text in a label, a query or a header, as the member `member`.
pub fn text(
    position: u16,
    member: &'static Member,
    texts: &[String],
    violations: &mut Vec<Violation>,
) -> Option<Value> {
    let mut reader = Reader {
        path: vec![Segment::Member(position, member.name)],
        violations: std::mem::take(violations),
        ..Reader::default()
    };
    let value = match &member.shape.shape().kind {
        Kind::List { member: item, min, max } => {
            reader.items(texts.len(), *min, *max);
            let checked = texts.iter().take(item_limit(*max)).enumerate();
            let items = checked.filter_map(|(position, text)| {
                reader.path.push(Segment::Item(position));
                let value = reader.scalar(*item, text);
                reader.path.pop();
                value
            });
            Some(Value::Array(items.collect()))
        }
        _ => texts.first().and_then(|text| reader.scalar(member.shape, text)),
    };
    *violations = reader.violations;
    value
}

/// Reports missing required members of the root.
pub fn missing(structure: &'static Structure, document: &mut Document<'_>) {
    for member in structure.members.iter().filter(|member| member.required) {
        if !document.has(member.name) && !is_reported(&document.violations, member.name) {
            document.violations.push(Violation { path: Vec::new(), rule: Rule::Missing(member.name) });
        }
    }
    violation::sort(&mut document.violations);
}

/// Returns whether a member of the root is present with a value of the wrong type.
fn is_reported(violations: &[Violation], name: &str) -> bool {
    violations.iter().any(|violation| matches!(violation.path[..], [Segment::Member(_, found)] if found == name))
}

/// Maximum number of violations kept per document. A short item such as `{}` can violate many constraints, so a large
/// body could otherwise produce a response many times its size.
pub(super) const MAX_VIOLATIONS: usize = 100;
/// No more violations are kept once the map keys in their paths exceed this size, since the message repeats each key.
const MAX_KEY_BYTES: usize = 65_536;

/// Collects violations while a document is read.
#[derive(Default)]
struct Reader {
    path: Vec<Segment>,
    violations: Vec<Violation>,
    /// The number of violations found, including those not kept.
    found: usize,
    /// Total size of the map keys in the paths of kept violations.
    key_bytes: usize,
}

impl Reader {
    fn report(&mut self, rule: Rule) {
        self.found += 1;
        if self.violations.len() < MAX_VIOLATIONS && self.key_bytes < MAX_KEY_BYTES {
            let key_bytes = |segment: &Segment| if let Segment::Key(key) = segment { key.len() } else { 0 };
            self.key_bytes += self.path.iter().map(key_bytes).sum::<usize>();
            self.violations.push(Violation { path: self.path.clone(), rule });
        }
    }

    /// Returns whether the reader is inside filters or criteria of a rule, where unknown members are an error: ignoring
    /// a filter would match findings that it is meant to exclude (FLT-07, ARU-26).
    fn is_in_filters(&self) -> bool {
        matches!(
            self.path[..],
            [Segment::Member(_, "Filters" | "Criteria"), ..]
                | [Segment::Member(..), Segment::Item(_), Segment::Member(_, "Criteria"), ..]
        )
    }

    fn items(&mut self, count: usize, min: u32, max: Option<u32>) {
        if count < min as usize {
            self.report(Rule::FewerItems { least: min, size: count });
        }
        if let Some(max) = max.filter(|&max| count > max as usize) {
            self.report(Rule::MoreItems { most: max, size: count });
        }
    }

    /// Converts a value given as text, such as a number or boolean.
    fn scalar(&mut self, shape: ShapeId, text: &str) -> Option<Value> {
        match &shape.shape().kind {
            Kind::String(string) => {
                self.string(string, text);
                Some(Value::String(text.to_owned()))
            }
            Kind::Integer { .. } | Kind::Float { .. } => match text.parse::<Number>() {
                Ok(number) => self.number(&shape.shape().kind, number),
                Err(_) => self.mismatch(shape),
            },
            Kind::Boolean => match text {
                "true" => Some(Value::Bool(true)),
                "false" => Some(Value::Bool(false)),
                _ => self.mismatch(shape),
            },
            Kind::Timestamp => {
                if date::strict(text).is_none() {
                    self.report(Rule::Format("date-time"));
                }
                Some(Value::String(text.to_owned()))
            }
            Kind::Structure(_) | Kind::List { .. } | Kind::Map { .. } => self.mismatch(shape),
        }
    }

    fn mismatch(&mut self, shape: ShapeId) -> Option<Value> {
        self.report(Rule::Type(type_word(&shape.shape().kind)));
        None
    }

    fn string(&mut self, shape: &StringShape, text: &str) {
        if let Some(format) = shape.format.filter(|format| !has_format(*format, text)) {
            // AJV reports the format in addition to the length.
            if text.chars().count() < shape.min as usize {
                self.report(Rule::Shorter(shape.min));
            }
            return self.report(Rule::Format(format.name()));
        }
        let length = text.chars().count();
        if length < shape.min as usize {
            return self.report(Rule::Shorter(shape.min));
        }
        if let Some(max) = shape.max.filter(|&max| length > max as usize) {
            self.report(Rule::Longer(max));
        }
        if let Some(pattern) = shape.pattern.filter(|pattern| !pattern.matches(text)) {
            self.report(Rule::Pattern(pattern));
        }
        if !shape.values.is_empty() && !shape.values.contains(&text) {
            self.report(Rule::Enum(shape.values));
        }
    }

    fn number(&mut self, kind: &Kind, number: Number) -> Option<Value> {
        match kind {
            Kind::Integer { min, max } => {
                let Some(value) = as_integer(&number) else {
                    self.report(Rule::Type("integer"));
                    return None;
                };
                if let Some(min) = min.filter(|&min| value < min) {
                    self.report(Rule::Below { least: Bound::Integer(min), value: Bound::Integer(value) });
                }
                if let Some(max) = max.filter(|&max| value > max) {
                    self.report(Rule::Above { most: Bound::Integer(max), value: Bound::Integer(value) });
                }
                Some(Value::from(value))
            }
            Kind::Float { min, max } => {
                let value = number.as_f64()?;
                if let Some(min) = min.filter(|&min| value < min) {
                    self.report(Rule::Below { least: Bound::Float(min), value: Bound::Float(value) });
                }
                if let Some(max) = max.filter(|&max| value > max) {
                    self.report(Rule::Above { most: Bound::Float(max), value: Bound::Float(value) });
                }
                Some(Value::Number(number))
            }
            other => {
                self.report(Rule::Type(type_word(other)));
                None
            }
        }
    }
}

/// Returns whether a string has a format.
pub(super) fn has_format(format: Format, text: &str) -> bool {
    match format {
        Format::DateTime => date::strict(text).is_some(),
        Format::Uri => is_uri(text),
    }
}

/// Maximum number of items or pairs that are validated.
fn item_limit(max: Option<u32>) -> usize {
    max.map_or(usize::MAX, |max| max as usize)
}

/// The integer value of a JSON number. As in AJV, `5.0` is an integer.
fn as_integer(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let value = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0)?;
        #[allow(clippy::cast_possible_truncation, reason = "the number is an integer below 2^53")]
        Some(value as i64)
    })
}

pub(super) fn type_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure(_) | Kind::Map { .. } => "object",
        Kind::List { .. } => "array",
        Kind::String(_) | Kind::Timestamp => "string",
        // AJV first requires a number, then an integer (FLT-28, ASF-64).
        Kind::Integer { .. } | Kind::Float { .. } => "number",

        Kind::Boolean => "boolean",
    }
}

/// Passes the shape of the next value to the parser.
struct Seed<'r> {
    shape: ShapeId,
    reader: &'r mut Reader,
    body_only: bool,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Option<Value>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if let Kind::Structure(Structure { flavour: Flavour::Document, .. }) = &self.shape.shape().kind {
            return de::Deserialize::deserialize(deserializer)
                .map(|value: Value| Some(value).filter(|value| !value.is_null()));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Option<Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        if matches!(self.reader.path.last(), None | Some(Segment::Item(_) | Segment::Key(_))) {
            return Ok(self.reader.mismatch(self.shape));
        }
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(match self.shape.shape().kind {
            Kind::Boolean => Some(Value::Bool(value)),
            _ => self.reader.mismatch(self.shape),
        })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.reader.number(&self.shape.shape().kind, value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.reader.number(&self.shape.shape().kind, value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(match Number::from_f64(value) {
            Some(number) => self.reader.number(&self.shape.shape().kind, number),
            None => self.reader.mismatch(self.shape),
        })
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(match &self.shape.shape().kind {
            Kind::String(_) | Kind::Timestamp => self.reader.scalar(self.shape, value),
            _ => self.reader.mismatch(self.shape),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let Kind::List { member, min, max } = self.shape.shape().kind else {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(self.reader.mismatch(self.shape));
        };
        let limit = item_limit(max);
        let found_before = self.reader.violations.len();
        let mut values = Vec::new();
        while values.len() < limit {
            self.reader.path.push(Segment::Item(values.len()));
            let next = items.next_element_seed(Seed { shape: member, reader: self.reader, body_only: false });
            self.reader.path.pop();
            let Some(value) = next? else { break };
            // The list keeps its length: an item of the wrong type becomes null, and the call is refused anyway.
            values.push(value.unwrap_or(Value::Null));
        }
        let mut count = values.len();
        if count == limit {
            while items.next_element::<IgnoredAny>()?.is_some() {
                count += 1;
            }
        }
        if count > limit {
            // For a list that is too long, only its size is reported.
            self.reader.violations.truncate(found_before);
        }
        self.reader.items(count, min, max);
        Ok(Some(Value::Array(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, pairs: A) -> Result<Self::Value, A::Error> {
        match &self.shape.shape().kind {
            Kind::Structure(structure) => self.structure(structure, pairs).map(Some),
            Kind::Map { key, value, min, max } => self.map(*key, *value, (*min, *max), pairs).map(Some),
            _ => {
                let mut pairs = pairs;
                while pairs.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(self.reader.mismatch(self.shape))
            }
        }
    }
}

impl Seed<'_> {
    fn structure<'de, A: MapAccess<'de>>(self, structure: &'static Structure, mut pairs: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        // Members with a value of the wrong type. They are not reported as missing.
        let mut mistyped: Vec<u16> = Vec::new();
        while let Some(found) = pairs.next_key_seed(MemberName(structure))? {
            let known =
                found.as_ref().ok().copied().filter(|(_, member)| !self.body_only || member.location == Location::Body);
            let Some((position, member)) = known else {
                pairs.next_value::<IgnoredAny>()?;
                if let Some(name) = found.err().filter(|_| self.reader.is_in_filters()) {
                    self.reader.report(Rule::Unknown(name));
                }
                continue;
            };
            let found_before = self.reader.found;
            self.reader.path.push(Segment::Member(position, member.name));
            let value = pairs.next_value_seed(Seed { shape: member.shape, reader: self.reader, body_only: false });
            self.reader.path.pop();
            if let Some(value) = value? {
                members.insert(member.name.to_owned(), value);
            } else if self.reader.found > found_before && !mistyped.contains(&position) {
                mistyped.push(position);
            }
        }
        if self.body_only {
            // The root is complete only together with path, query and headers: see `missing`.
            return Ok(Value::Object(members));
        }
        let reader = self.reader;
        let is_given =
            |position: u16, member: &Member| members.contains_key(member.name) || mistyped.contains(&position);
        for (position, member) in (0..).zip(structure.members) {
            if member.required && !is_given(position, member) {
                reader.report(Rule::Missing(member.name));
            }
        }
        if structure.flavour == Flavour::Union {
            let given = (0..).zip(structure.members).filter(|(position, member)| is_given(*position, member));
            if given.count() != 1 {
                reader.report(Rule::Union);
            }
        }
        Ok(Value::Object(members))
    }

    fn map<'de, A: MapAccess<'de>>(
        self,
        key: ShapeId,
        value: ShapeId,
        (min, max): (u32, Option<u32>),
        mut pairs: A,
    ) -> Result<Value, A::Error> {
        let limit = item_limit(max);
        let found_before = self.reader.violations.len();
        let mut members = Map::new();
        while let Some(name) = pairs.next_key::<String>()? {
            if members.len() > limit {
                pairs.next_value::<IgnoredAny>()?;
                continue;
            }
            self.reader.path.push(Segment::Key(name.as_str().into()));
            if let Kind::String(shape) = &key.shape().kind {
                self.reader.string(shape, &name);
            }
            let next = pairs.next_value_seed(Seed { shape: value, reader: self.reader, body_only: false });
            self.reader.path.pop();
            members.insert(name, next?.unwrap_or(Value::Null));
        }
        if members.len() < min as usize {
            self.reader.report(Rule::FewerPairs(min));
        }
        if let Some(max) = max.filter(|&max| members.len() > max as usize) {
            // For a map that is too large, only its size is reported.
            self.reader.violations.truncate(found_before);
            self.reader.report(Rule::MorePairs(max));
        }
        Ok(Value::Object(members))
    }
}

/// Reads a key and finds its member without copying the key, or returns an unknown key.
struct MemberName(&'static Structure);

impl<'de> DeserializeSeed<'de> for MemberName {
    type Value = Result<(u16, &'static Member), String>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for MemberName {
    type Value = Result<(u16, &'static Member), String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.member(name).ok_or_else(|| name.to_owned()))
    }
}
