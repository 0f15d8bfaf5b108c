//! Checks responses against the output shapes of the model.
//!
//! Constraints of length, range and pattern apply to inputs only, because stored values may predate a limit.

use securityhub_engine::date;
use securityhub_fixtures::model::{Flavour, Kind, ShapeId, Structure};
use serde_json::{Map, Value};

use super::violation::{Rule, Segment, Violation};

/// The violations of `shape` in `answer`: types, required members, enums, unions and unknown members.
pub fn answer(shape: ShapeId, answer: &Value) -> Vec<Violation> {
    let mut check = Check { path: Vec::new(), violations: Vec::new() };
    check.value(shape, answer);
    check.violations
}

struct Check {
    path: Vec<Segment>,
    violations: Vec<Violation>,
}

impl Check {
    fn report(&mut self, rule: Rule) {
        self.violations.push(Violation { path: self.path.clone(), rule });
    }

    fn at(&mut self, segment: Segment, shape: ShapeId, value: &Value) {
        self.path.push(segment);
        self.value(shape, value);
        self.path.pop();
    }

    fn value(&mut self, shape: ShapeId, value: &Value) {
        match (&shape.shape().kind, value) {
            (Kind::Integer { .. }, Value::Number(number)) => {
                if !number.is_i64() {
                    self.report(Rule::Type("integer"));
                }
            }
            (Kind::Structure(Structure { flavour: Flavour::Document, .. }), _)
            | (Kind::Float { .. }, Value::Number(_))
            | (Kind::Boolean, Value::Bool(_)) => {}
            (Kind::Structure(structure), Value::Object(members)) => self.structure(structure, members),
            (Kind::List { member, .. }, Value::Array(items)) => {
                for (position, item) in items.iter().enumerate() {
                    self.at(Segment::Item(position), *member, item);
                }
            }
            (Kind::Map { key, value: item, .. }, Value::Object(pairs)) => {
                for (name, value) in pairs {
                    self.at(Segment::Key(name.as_str().into()), *key, &Value::String(name.clone()));
                    self.at(Segment::Key(name.as_str().into()), *item, value);
                }
            }
            (Kind::String(string), Value::String(text)) => {
                if !string.values.is_empty() && !string.values.contains(&text.as_str()) {
                    self.report(Rule::Enum(string.values));
                }
            }
            (Kind::Timestamp, Value::String(text)) => {
                if date::strict(text).is_none() {
                    self.report(Rule::Format("date-time"));
                }
            }
            (kind, _) => self.report(Rule::Type(super::read::type_word(kind))),
        }
    }

    fn structure(&mut self, structure: &'static Structure, members: &Map<String, Value>) {
        for (name, value) in members {
            match structure.member(name) {
                Some((position, member)) => self.at(Segment::Member(position, member.name), member.shape, value),
                None => self.report(Rule::Unknown(name.clone())),
            }
        }
        for member in structure.members.iter().filter(|member| member.required && !members.contains_key(member.name)) {
            self.report(Rule::Missing(member.name));
        }
        if structure.flavour == Flavour::Union && members.len() != 1 {
            self.report(Rule::Union);
        }
    }
}
