//! The lists and maps in operation inputs, filled with any number of items.

use securityhub_fixtures::Operation;
use securityhub_fixtures::model::{Kind, Location, Member, ShapeId};
use serde_json::{Map, Value, json};

use crate::sample;

/// A list or a map in the input of an operation.
pub struct Collection {
    /// The operation.
    pub operation: Operation,
    /// The path of members to it, through the first items of any lists.
    pub path: Vec<&'static str>,
    shape: ShapeId,
}

/// The kind of items in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// Valid, all different.
    Valid,
    /// Valid, all equal.
    Equal,
    /// Empty objects, which violate constraints of nearly every item.
    Wrong,
}

/// The lists and maps that operations process themselves: those of an input, and those of its direct members. Lists
/// deeper in a finding are all read in the same way.
pub fn all() -> Vec<Collection> {
    let mut all = Vec::new();
    for operation in Operation::ALL {
        let Kind::Structure(input) = &operation.model().input.shape().kind else { continue };
        for member in input.members.iter().filter(|member| member.location == Location::Body) {
            collect(operation, member, &mut vec![], &mut all);
        }
    }
    all
}

fn collect(operation: Operation, member: &Member, path: &mut Vec<&'static str>, all: &mut Vec<Collection>) {
    path.push(member.name);
    let mut shape = member.shape;
    if let Kind::List { member: item, .. } | Kind::Map { value: item, .. } = shape.shape().kind {
        all.push(Collection { operation, path: path.clone(), shape });
        shape = item;
    }
    // All filters have one of a few shapes, so the first filter of each shape is used.
    let is_filter = matches!(path[0], "Filters" | "Criteria") && path.len() > 1;
    if let Kind::Structure(structure) = &shape.shape().kind
        && path.len() < 3
        && !is_filter
    {
        structure.members.iter().for_each(|member| collect(operation, member, path, all));
    }
    path.pop();
}

impl Collection {
    /// An input that is valid except for this list or map, which has `size` items or pairs.
    pub fn input(&self, size: usize, items: Items) -> Value {
        let mut input = sample::valid(self.operation.model().input, false);
        let mut at = &mut input;
        for name in &self.path {
            if !at.is_object() {
                *at = json!([{}]);
                at = &mut at[0];
            }
            at = &mut at[*name];
        }
        *at = match self.shape.shape().kind {
            Kind::Map { value, .. } => {
                let pair = |number| (format!("k{number}"), item(value, number, items));
                Value::Object((0..size).map(pair).collect::<Map<_, _>>())
            }
            Kind::List { member, .. } => (0..size).map(|number| item(member, number, items)).collect(),
            _ => Value::Null,
        };
        input
    }
}

fn item(shape: ShapeId, number: usize, items: Items) -> Value {
    let mut value = if items == Items::Wrong { json!({}) } else { sample::valid(shape, false) };
    if items == Items::Valid {
        number_texts(&mut value, number);
    }
    value
}

fn number_texts(value: &mut Value, number: usize) {
    match value {
        Value::String(text) if text == sample::ACCOUNT => *text = format!("{:012}", 222_222_000_000 + number),
        Value::String(text) => *text = format!("{text}{number}"),
        Value::Array(items) => items.iter_mut().for_each(|item| number_texts(item, number)),
        Value::Object(members) => members.values_mut().for_each(|value| number_texts(value, number)),
        _ => {}
    }
}
