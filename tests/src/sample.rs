//! Samples of shapes: valid values, and values that violate exactly one constraint.

use securityhub_fixtures::model::{Flavour, Kind, Location, Member, ShapeId, StringShape, Structure};
use securityhub_fixtures::{Format, Pattern};
use serde_json::{Map, Value, json};

/// The account in samples.
pub const ACCOUNT: &str = "111111111111";
const PRODUCT_ARN: &str = "arn:aws:securityhub:us-east-1:111111111111:product/111111111111/default";

/// An input that violates one constraint.
pub struct InvalidInput {
    /// The whole input.
    pub input: Value,
    /// The names from the root to the member that an error must name.
    pub path: Vec<String>,
    /// A description of the violation.
    pub what: &'static str,
}

/// A valid value. With `full`, it has all optional members.
pub fn valid(shape: ShapeId, full: bool) -> Value {
    let depth = if full { 6 } else { 0 };
    build(shape, depth)
}

fn build(shape: ShapeId, depth: usize) -> Value {
    match &shape.shape().kind {
        Kind::Structure(structure) => Value::Object(structure_of(structure, depth)),
        Kind::List { member, min, .. } => {
            let count = (*min).max(u32::from(depth > 0)) as usize;
            Value::Array(vec![build(*member, depth.saturating_sub(1)); count])
        }
        Kind::Map { key, value, min, .. } => {
            let count = (*min).max(u32::from(depth > 0));
            (0..count).map(|n| (key_of(*key, n), build(*value, depth.saturating_sub(1)))).collect()
        }
        Kind::String(string) => Value::String(string_of(string)),
        Kind::Integer { min, max } => json!(min.unwrap_or(1).max(1).min(max.unwrap_or(i64::MAX))),
        Kind::Float { min, .. } => json!(min.unwrap_or(1.0)),
        Kind::Boolean => json!(true),
        Kind::Timestamp => json!("2026-01-15T08:00:00Z"),
    }
}

fn structure_of(structure: &'static Structure, depth: usize) -> Map<String, Value> {
    if structure.flavour == Flavour::Union {
        let first = &structure.members[0];
        return Map::from_iter([(first.name.to_owned(), member_of(first, depth.saturating_sub(1)))]);
    }
    let wanted = |member: &&Member| member.required || depth > 0 || is_needed_by_a_finding(structure, member);
    structure
        .members
        .iter()
        .filter(wanted)
        .map(|member| (member.name.to_owned(), member_of(member, depth.saturating_sub(1))))
        .collect()
}

/// Requirements that the model does not state: a finding needs a severity and types (ASF-02), a severity a label
/// (ASF-63), and a recommendation a text (ASF-96).
fn is_needed_by_a_finding(structure: &Structure, member: &Member) -> bool {
    let has = |name: &str| structure.member(name).is_some();
    match member.name {
        "Severity" | "Types" => has("FindingProviderFields") && has("SchemaVersion") || has("RelatedFindings"),
        "Label" => has("Normalized") && has("Original"),
        "Text" => has("Url") && structure.members.len() == 2,
        _ => false,
    }
}

/// The value of a member. A few members need meaningful values.
fn member_of(member: &Member, depth: usize) -> Value {
    match (member.name, &member.shape.shape().kind) {
        ("AwsAccountId", Kind::String(_)) => json!(ACCOUNT),
        ("ProductArn", Kind::String(_)) => json!(PRODUCT_ARN),
        _ => build(member.shape, depth),
    }
}

fn key_of(key: ShapeId, number: u32) -> String {
    match &key.shape().kind {
        Kind::String(string) if string.values.is_empty() => format!("k{number}"),
        Kind::String(string) => string.values[number as usize % string.values.len()].to_owned(),
        other => panic!("a key is a string: {other:?}"),
    }
}

/// The shortest valid string, or a value of its enum.
pub(crate) fn string_of(string: &StringShape) -> String {
    match string.format {
        Some(Format::DateTime) => return "2026-01-15T08:00:00Z".to_owned(),
        Some(Format::Uri) => return "https://example.com/".to_owned(),
        None => {}
    }
    if let Some(value) = string.values.first() {
        return (*value).to_owned();
    }
    let text = match string.pattern {
        Some(Pattern::AccountId) => ACCOUNT,
        Some(Pattern::SecurityHubArn) => "arn:aws:securityhub:us-east-1:111111111111:hub/default",
        _ => "a",
    };
    let missing = (string.min as usize).saturating_sub(text.len());
    format!("{text}{}", "a".repeat(missing))
}

/// A valid finding of an account's private product.
pub fn finding(account: &str) -> Value {
    json!({
        "SchemaVersion": "2018-10-08",
        "Id": "scan/1",
        "ProductArn": format!("arn:aws:securityhub:us-east-1:{account}:product/{account}/default"),
        "GeneratorId": "scan",
        "AwsAccountId": account,
        "Types": ["Effects"],
        "CreatedAt": "2026-01-15T08:00:00Z",
        "UpdatedAt": "2026-01-15T08:00:00Z",
        "Severity": { "Label": "LOW" },
        "Title": "Port 22 is open",
        "Description": "Found by a scan.",
        "Resources": [{ "Type": "Other", "Id": "host-1" }],
    })
}

/// For each constraint of an input, a value that violates it.
pub fn invalid_inputs(input: ShapeId) -> Vec<InvalidInput> {
    let mut walk = Walk { root: input, path: Vec::new(), shapes: Vec::new(), invalid_inputs: Vec::new() };
    walk.shape(input, Location::Body);
    walk.invalid_inputs
}

/// A step from a value to a nested value.
#[derive(Clone)]
enum Step {
    Member(&'static Structure, &'static Member),
    Item(ShapeId),
    Value(ShapeId),
}

struct Walk {
    root: ShapeId,
    path: Vec<Step>,
    /// The shapes on the path, so that a recursive shape is entered only once.
    shapes: Vec<ShapeId>,
    invalid_inputs: Vec<InvalidInput>,
}

impl Walk {
    fn shape(&mut self, shape: ShapeId, location: Location) {
        if self.shapes.contains(&shape) {
            return;
        }
        self.shapes.push(shape);
        self.type_of(shape, location);
        match &shape.shape().kind {
            Kind::Structure(structure) if structure.flavour != Flavour::Document => self.structure(structure),
            Kind::Structure(_) | Kind::Boolean => {}
            Kind::List { member, min, max } => self.list(shape, *member, *min, *max, location),
            Kind::Map { key, value, min, max } => self.map(shape, *key, *value, *min, *max),
            Kind::String(string) => self.string(string),
            Kind::Integer { min, max } => {
                if let Some(below) = min.and_then(|min| min.checked_sub(1)) {
                    self.put(json!(below), "below the least value");
                }
                if let Some(above) = max.and_then(|max| max.checked_add(1)) {
                    self.put(json!(above), "above the greatest value");
                }
            }
            Kind::Float { min, max } => {
                if let Some(min) = min {
                    self.put(json!(min - 0.5), "below the least value");
                }
                if let Some(max) = max {
                    self.put(json!(max + 0.5), "above the greatest value");
                }
            }
            Kind::Timestamp => self.put(json!("yesterday"), "no date-time"),
        }
        self.shapes.pop();
    }

    fn type_of(&mut self, shape: ShapeId, location: Location) {
        let in_text = location != Location::Body;
        let wrong = match &shape.shape().kind {
            Kind::Structure(Structure { flavour: Flavour::Document, .. }) => return,
            Kind::String(_) | Kind::Timestamp | Kind::List { .. } if in_text => return,
            Kind::String(_) | Kind::Timestamp => json!(5),
            _ => json!("x"),
        };
        // The root is the request's body, which has its own test.
        if !self.path.is_empty() {
            self.put(wrong, "of the wrong type");
        }
    }

    fn structure(&mut self, structure: &'static Structure) {
        if structure.flavour == Flavour::Union {
            self.put(json!({}), "a union without a member");
            if structure.members.len() > 1 {
                let two = structure.members.iter().take(2);
                let value = two.map(|member| (member.name.to_owned(), member_of(member, 0))).collect();
                self.put(value, "a union with two members");
            }
        }
        for member in structure.members {
            if member.required && !matches!(member.location, Location::Uri(_)) {
                self.without(structure, member);
            }
            self.path.push(Step::Member(structure, member));
            self.shape(member.shape, member.location);
            self.path.pop();
        }
    }

    fn list(&mut self, shape: ShapeId, member: ShapeId, min: u32, max: Option<u32>, location: Location) {
        if min > 0 && location == Location::Body {
            self.put(json!([]), "too few items");
        }
        if let Some(max) = max {
            self.put(Value::Array(vec![build(member, 0); max as usize + 1]), "too many items");
        }
        self.path.push(Step::Item(shape));
        self.shape(member, location);
        self.path.pop();
    }

    fn map(&mut self, shape: ShapeId, key: ShapeId, value: ShapeId, min: u32, max: Option<u32>) {
        if min > 0 {
            self.put(json!({}), "too few pairs");
        }
        if let Some(max) = max {
            let pairs = (0..=max).map(|n| (key_of(key, n), build(value, 0)));
            self.put(pairs.collect(), "too many pairs");
        }
        if let Kind::String(string) = &key.shape().kind {
            for (text, what) in wrong_strings(string) {
                self.put(Value::Object(Map::from_iter([(text, build(value, 0))])), what);
            }
        }
        self.path.push(Step::Value(shape));
        self.shape(value, Location::Body);
        self.path.pop();
    }

    fn string(&mut self, string: &StringShape) {
        for (text, what) in wrong_strings(string) {
            // An empty label would be a different path.
            let in_path = matches!(self.path.last(), Some(Step::Member(_, member)) if matches!(member.location, Location::Uri(_)));
            if !(in_path && text.is_empty()) {
                self.put(json!(text), what);
            }
        }
    }

    /// Records the whole input with `value` at the current path.
    fn put(&mut self, value: Value, what: &'static str) {
        let input = nest(self.root, &self.path, value);
        self.invalid_inputs.push(InvalidInput { input, path: names(&self.path), what });
    }

    fn without(&mut self, structure: &'static Structure, member: &'static Member) {
        let mut value = structure_of(structure, 0);
        value.shift_remove(member.name);
        let input = nest(self.root, &self.path, Value::Object(value));
        let mut path = names(&self.path);
        path.push(member.name.to_owned());
        self.invalid_inputs.push(InvalidInput { input, path, what: "missing" });
    }
}

fn names(path: &[Step]) -> Vec<String> {
    path.iter()
        .filter_map(|step| match step {
            Step::Member(_, member) => Some(member.name.to_owned()),
            Step::Item(_) | Step::Value(_) => None,
        })
        .collect()
}

/// A valid value, except for the value at the end of the path.
fn nest(root: ShapeId, path: &[Step], value: Value) -> Value {
    let _ = root;
    let Some((step, rest)) = path.split_first() else { return value };
    match step {
        Step::Member(structure, member) => {
            let inner = nest(member.shape, rest, value);
            let mut members = match structure.flavour {
                Flavour::Union => Map::new(),
                _ => structure_of(structure, 0),
            };
            members.insert(member.name.to_owned(), inner);
            Value::Object(members)
        }
        Step::Item(list) => match &list.shape().kind {
            Kind::List { member, min, .. } => {
                let mut items = vec![build(*member, 0); (*min).max(1) as usize];
                items[0] = nest(*member, rest, value);
                Value::Array(items)
            }
            other => panic!("expected a list: {other:?}"),
        },
        Step::Value(map) => match &map.shape().kind {
            Kind::Map { key, value: of_value, min, .. } => {
                let mut pairs: Map<String, Value> =
                    (0..(*min).max(1)).map(|n| (key_of(*key, n), build(*of_value, 0))).collect();
                pairs.insert(key_of(*key, 0), nest(*of_value, rest, value));
                Value::Object(pairs)
            }
            other => panic!("expected a map: {other:?}"),
        },
    }
}

fn wrong_strings(string: &StringShape) -> Vec<(String, &'static str)> {
    let mut wrong = Vec::new();
    if string.min > 0 {
        wrong.push((String::new(), "too short"));
    }
    if let Some(max) = string.max {
        wrong.push(("a".repeat(max as usize + 1), "too long"));
    }
    if let Some(pattern) = string.pattern {
        let text = unmatched(pattern);
        let missing = (string.min as usize).saturating_sub(text.len());
        wrong.push((format!("{text}{}", " ".repeat(missing)), "unlike its pattern"));
    }
    if !string.values.is_empty() {
        wrong.push(("no such value".to_owned(), "no value of its enum"));
    }
    match string.format {
        Some(Format::DateTime) => wrong.push(("yesterday".to_owned(), "no date-time")),
        Some(Format::Uri) => wrong.push(("example.com".to_owned(), "no uri")),
        None => {}
    }
    wrong
}

/// A text that does not match a pattern.
fn unmatched(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::NonBlank => " ",
        Pattern::AccountId => "12345678901x",
        Pattern::SecurityHubArn => "arn:aws:s3:::bucket",
        Pattern::TagKey => "aws:x",
        Pattern::ClientToken => "a b",
        Pattern::AlphaNumeric => "a-b",
        Pattern::LowerAlphaNumeric => "A",
        Pattern::ExportName => "a;b",
        Pattern::PolicyName => "a.b",
        Pattern::PolicyDocument => "\u{1}",
        Pattern::FindingType => "a/b/c/d",
    }
}
