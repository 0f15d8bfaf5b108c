//! Reading a document by its shape: one pass over the bytes, every violation collected.
//!
//! Members that the shape does not know and members that are `null` are left out of what is read, as AWS
//! ignores them (ASF-06, ASF-09). Numbers keep their spelling as far as a number does.

use std::fmt;

use securityhub_engine::date;
use securityhub_fixtures::model::{Flavour, Kind, Location, Member, ShapeId, StringShape, Structure};
use securityhub_fixtures::{Format, is_uri};
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::items::{self, Care, Items};
use super::scan::Compacted;
use super::violation::{self, Bound, Rule, Segment, Violation};

/// A body that is no JSON document at all.
#[derive(Debug, PartialEq, Eq)]
pub struct NotJson(
    /// What the parser found, with line and column.
    pub String,
);

/// What a document holds and what it breaks.
#[derive(Debug, Default)]
pub struct Document<'t> {
    /// The members that its shape knows.
    pub members: Map<String, Value>,
    /// Breaches, in the order in which a schema finds them.
    pub violations: Vec<Violation>,
    /// The list whose items were read one by one, which then is no member.
    pub items: Option<Items<'t>>,
}

impl Document<'_> {
    fn has(&self, name: &str) -> bool {
        self.members.contains_key(name) || self.items.as_ref().is_some_and(|items| items.list == name)
    }
}

/// Reads the body of an input structure as [`body`] does, but the items of `list` one by one.
///
/// # Errors
/// As [`body`].
pub fn body_with_items<'t>(
    shape: ShapeId,
    list: &'static str,
    text: &'t Compacted<'_>,
) -> Result<Document<'t>, NotJson> {
    let faultless = items::items(shape, list, text.first(), Care::None);
    // An item may only seem to have a fault, for a blank.
    let careful = || items::items(shape, list, text.again().unwrap_or(text.first()), Care::All);
    if let Some(items) = faultless.or_else(careful) {
        return Ok(Document { items: Some(items), ..Document::default() });
    }
    let whole = body(shape, text.text)?;
    match items::spelled_otherwise(shape, list, text.text) {
        Some(items) => Ok(Document { items: Some(items), ..Document::default() }),
        None => Ok(whole),
    }
}

/// Reads the body of an input structure; members bound to path, query or header are not looked for.
///
/// # Errors
/// [`NotJson`] when the text cannot be parsed; nothing that was seen before counts then.
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

/// Reads a whole document of a shape, such as one finding of a file.
///
/// # Errors
/// As [`body`].
pub fn document(shape: ShapeId, text: &str) -> Result<Document<'static>, NotJson> {
    read(shape, text, false)
}

/// Reads a value that came as text, in a label, a query or a header, under the member `member`.
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
            let judged = texts.iter().take(most(*max)).enumerate();
            let items = judged.filter_map(|(position, text)| {
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

/// Names the required members that are missing, at the root.
pub fn missing(structure: &'static Structure, document: &mut Document<'_>) {
    for member in structure.members.iter().filter(|member| member.required) {
        if !document.has(member.name) && !is_reported(&document.violations, member.name) {
            document.violations.push(Violation { path: Vec::new(), rule: Rule::Missing(member.name) });
        }
    }
    violation::sort(&mut document.violations);
}

/// Whether a member of the root was there, with a value of the wrong type.
fn is_reported(violations: &[Violation], name: &str) -> bool {
    violations.iter().any(|violation| matches!(violation.path[..], [Segment::Member(_, found)] if found == name))
}

/// The most violations of one document that are kept. A short item such as `{}` can break many rules, and a body of
/// megabytes would otherwise be answered with a message many times its size.
pub(super) const MOST_VIOLATIONS: usize = 100;
/// No violation is kept once the keys of maps in those before take up so many bytes: each is repeated in the message.
const MOST_KEY_BYTES: usize = 65_536;

/// Collects violations while a document is walked.
#[derive(Default)]
struct Reader {
    path: Vec<Segment>,
    violations: Vec<Violation>,
    /// How many violations were found, those that are not kept included.
    found: usize,
    /// Bytes of the keys in the paths of violations that were kept.
    key_bytes: usize,
}

impl Reader {
    fn breach(&mut self, rule: Rule) {
        self.found += 1;
        if self.violations.len() < MOST_VIOLATIONS && self.key_bytes < MOST_KEY_BYTES {
            let key_bytes = |segment: &Segment| if let Segment::Key(key) = segment { key.len() } else { 0 };
            self.key_bytes += self.path.iter().map(key_bytes).sum::<usize>();
            self.violations.push(Violation { path: self.path.clone(), rule });
        }
    }

    /// Whether the reader stands in filters or in the criteria of a rule, which take no member that they do not
    /// know: a filter that were left out would let through what it is there to keep out (FLT-07, ARU-26).
    fn is_in_filters(&self) -> bool {
        matches!(
            self.path[..],
            [Segment::Member(_, "Filters" | "Criteria"), ..]
                | [Segment::Member(..), Segment::Item(_), Segment::Member(_, "Criteria"), ..]
        )
    }

    fn items(&mut self, count: usize, min: u32, max: Option<u32>) {
        if count < min as usize {
            self.breach(Rule::FewerItems { least: min, size: count });
        }
        if let Some(max) = max.filter(|&max| count > max as usize) {
            self.breach(Rule::MoreItems { most: max, size: count });
        }
    }

    /// A value spelled as text: numbers and booleans are read out of it.
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
                    self.breach(Rule::Format("date-time"));
                }
                Some(Value::String(text.to_owned()))
            }
            Kind::Structure(_) | Kind::List { .. } | Kind::Map { .. } => self.mismatch(shape),
        }
    }

    fn mismatch(&mut self, shape: ShapeId) -> Option<Value> {
        self.breach(Rule::Type(type_word(&shape.shape().kind)));
        None
    }

    fn string(&mut self, shape: &StringShape, text: &str) {
        if let Some(format) = shape.format.filter(|format| !has_format(*format, text)) {
            // AJV judges the format beside the length.
            if text.chars().count() < shape.min as usize {
                self.breach(Rule::Shorter(shape.min));
            }
            return self.breach(Rule::Format(format.name()));
        }
        let length = text.chars().count();
        if length < shape.min as usize {
            return self.breach(Rule::Shorter(shape.min));
        }
        if let Some(max) = shape.max.filter(|&max| length > max as usize) {
            self.breach(Rule::Longer(max));
        }
        if let Some(pattern) = shape.pattern.filter(|pattern| !pattern.matches(text)) {
            self.breach(Rule::Pattern(pattern));
        }
        if !shape.values.is_empty() && !shape.values.contains(&text) {
            self.breach(Rule::Enum(shape.values));
        }
    }

    fn number(&mut self, kind: &Kind, number: Number) -> Option<Value> {
        match kind {
            Kind::Integer { min, max } => {
                let Some(value) = whole(&number) else {
                    self.breach(Rule::Type("integer"));
                    return None;
                };
                if let Some(min) = min.filter(|&min| value < min) {
                    self.breach(Rule::Below { least: Bound::Integer(min), value: Bound::Integer(value) });
                }
                if let Some(max) = max.filter(|&max| value > max) {
                    self.breach(Rule::Above { most: Bound::Integer(max), value: Bound::Integer(value) });
                }
                Some(Value::from(value))
            }
            Kind::Float { min, max } => {
                let value = number.as_f64()?;
                if let Some(min) = min.filter(|&min| value < min) {
                    self.breach(Rule::Below { least: Bound::Float(min), value: Bound::Float(value) });
                }
                if let Some(max) = max.filter(|&max| value > max) {
                    self.breach(Rule::Above { most: Bound::Float(max), value: Bound::Float(value) });
                }
                Some(Value::Number(number))
            }
            other => {
                self.breach(Rule::Type(type_word(other)));
                None
            }
        }
    }
}

/// Whether a string has a format.
pub(super) fn has_format(format: Format, text: &str) -> bool {
    match format {
        Format::DateTime => date::strict(text).is_some(),
        Format::Uri => is_uri(text),
    }
}

/// How many items or pairs are judged.
fn most(max: Option<u32>) -> usize {
    max.map_or(usize::MAX, |max| max as usize)
}

/// The whole number that a JSON number is; `5.0` is one, as it is for AJV.
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let value = number.as_f64().filter(|value| value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0)?;
        #[allow(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        Some(value as i64)
    })
}

pub(super) fn type_word(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure(_) | Kind::Map { .. } => "object",
        Kind::List { .. } => "array",
        Kind::String(_) | Kind::Timestamp => "string",
        // AJV asks for a number first, for a whole one then (FLT-28, ASF-64).
        Kind::Integer { .. } | Kind::Float { .. } => "number",

        Kind::Boolean => "boolean",
    }
}

/// Carries the shape of the next value into the parser.
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
        let most = most(max);
        let found_before = self.reader.violations.len();
        let mut values = Vec::new();
        while values.len() < most {
            self.reader.path.push(Segment::Item(values.len()));
            let next = items.next_element_seed(Seed { shape: member, reader: self.reader, body_only: false });
            self.reader.path.pop();
            let Some(value) = next? else { break };
            // A list keeps its length: an item that breaks its type stands as null, and the call is refused.
            values.push(value.unwrap_or(Value::Null));
        }
        let mut count = values.len();
        if count == most {
            while items.next_element::<IgnoredAny>()?.is_some() {
                count += 1;
            }
        }
        if count > most {
            // Of a list that is too long only its size is reported.
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
        // Members with a value of the wrong type, which therefore are not missing.
        let mut mistyped: Vec<u16> = Vec::new();
        while let Some(found) = pairs.next_key_seed(MemberName(structure))? {
            let known =
                found.as_ref().ok().copied().filter(|(_, member)| !self.body_only || member.location == Location::Body);
            let Some((position, member)) = known else {
                pairs.next_value::<IgnoredAny>()?;
                if let Some(name) = found.err().filter(|_| self.reader.is_in_filters()) {
                    self.reader.breach(Rule::Unknown(name));
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
            // The root is complete only with what path, query and headers carry: see `missing`.
            return Ok(Value::Object(members));
        }
        let reader = self.reader;
        let is_given =
            |position: u16, member: &Member| members.contains_key(member.name) || mistyped.contains(&position);
        for (position, member) in (0..).zip(structure.members) {
            if member.required && !is_given(position, member) {
                reader.breach(Rule::Missing(member.name));
            }
        }
        if structure.flavour == Flavour::Union {
            let given = (0..).zip(structure.members).filter(|(position, member)| is_given(*position, member));
            if given.count() != 1 {
                reader.breach(Rule::Union);
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
        let most = most(max);
        let found_before = self.reader.violations.len();
        let mut members = Map::new();
        while let Some(name) = pairs.next_key::<String>()? {
            if members.len() > most {
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
            self.reader.breach(Rule::FewerPairs(min));
        }
        if let Some(max) = max.filter(|&max| members.len() > max as usize) {
            // Of a map that is too large only its size is reported.
            self.reader.violations.truncate(found_before);
            self.reader.breach(Rule::MorePairs(max));
        }
        Ok(Value::Object(members))
    }
}

/// Reads a key and finds the member it names, without a copy; or gives the key that names none.
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
