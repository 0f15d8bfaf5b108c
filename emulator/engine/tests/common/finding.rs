//! Generated findings that cover every path of the field table, with values that often coincide.

use quickcheck::{Arbitrary, Gen};
use securityhub_engine::FieldKind;
use serde_json::{Map, Value, json};

use super::{FIELDS, below, pick};

const SECOND: i128 = 1_000_000_000;

/// Strings, some of which are prefixes, parts or case variants of others.
pub(crate) const TEXTS: [&str; 12] = [
    "",
    "a",
    "A",
    "AwsIam",
    "AwsIamRole",
    "AwsIamPolicy",
    "aws iam role",
    "the AWS-IAM: role",
    "\u{c9}t\u{e9} \"2026\"",
    "\u{e9}T\u{c9}",
    "--",
    "10.0.0.5",
];

pub(crate) const NUMBERS: [f64; 7] = [-1.0, -0.0, 0.0, 50.0, 50.5, 90.0, 1e300];

/// Dates as a document may contain them, with the instant of valid ones.
pub(crate) const DATES: [(&str, Option<i128>); 12] = [
    ("2026-01-03T12:00:00Z", Some(1_767_441_600 * SECOND)),
    ("2026-01-03T14:00:00+02:00", Some(1_767_441_600 * SECOND)),
    ("2026-01-03T07:30:00.000-0430", Some(1_767_441_600 * SECOND)),
    ("2026-01-03T12:00:00.000000001Z", Some(1_767_441_600 * SECOND + 1)),
    ("2026-01-03T12:00:00.5Z", Some(1_767_441_600 * SECOND + SECOND / 2)),
    ("1970-01-01T00:00:00Z", Some(0)),
    ("1969-12-31T23:59:59Z", Some(-SECOND)),
    ("9999-12-31T23:59:59Z", Some(253_402_300_799 * SECOND)),
    ("2026-02-30T00:00:00Z", None),
    ("2026-01-03", None),
    ("2026-01-03T12:00:00", None),
    ("yesterday", None),
];

/// Addresses as a document may contain them, with family and bits of valid ones.
pub(crate) const ADDRESSES: [(&str, Option<(u32, u128)>); 9] = [
    ("10.0.0.5", Some((32, 0x0a00_0005))),
    ("10.0.255.1", Some((32, 0x0a00_ff01))),
    ("10.1.2.3", Some((32, 0x0a01_0203))),
    ("2001:db8::1", Some((128, 0x2001_0db8_0000_0000_0000_0000_0000_0001))),
    ("2001:0DB8:0:0::1", Some((128, 0x2001_0db8_0000_0000_0000_0000_0000_0001))),
    ("::a00:5", Some((128, 0x0a00_0005))),
    ("10.0.0", None),
    ("010.0.0.5", None),
    ("host", None),
];

pub(crate) const KEYS: [&str; 4] = ["env", "Env", "team", ""];

/// One finding.
#[derive(Clone, Debug)]
pub(crate) struct Finding(pub(crate) Value);

/// A few findings.
#[derive(Clone, Debug)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|finding| &finding.0)
    }
}

impl Arbitrary for Finding {
    fn arbitrary(random: &mut Gen) -> Self {
        let leaves = FIELDS.iter().filter(|field| !field.path.is_empty());
        let leaves: Vec<Leaf> = leaves.map(|field| (field.path.split('.').collect(), field.kind)).collect();
        let mut object = members(random, &leaves, 0);
        if below(random, 4) == 0 {
            object.insert("Unknown".into(), json!([{"Deep": pick(random, &TEXTS)}]));
        }
        Self(Value::Object(object))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(smaller(&self.0).into_iter().filter(Value::is_object).map(Self))
    }
}

impl Arbitrary for Findings {
    fn arbitrary(random: &mut Gen) -> Self {
        Self((0..below(random, 9)).map(|_| Finding::arbitrary(random)).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        Box::new(self.0.shrink().map(Self))
    }
}

type Leaf = (Vec<&'static str>, FieldKind);

/// The members below a node whose paths are equal up to `depth`.
fn members(random: &mut Gen, leaves: &[Leaf], depth: usize) -> Map<String, Value> {
    let mut object = Map::new();
    let mut names: Vec<&str> = leaves.iter().map(|(path, _)| path[depth]).collect();
    names.dedup();
    for name in names {
        let below_name: Vec<Leaf> = leaves.iter().filter(|(path, _)| path[depth] == name).cloned().collect();
        let (member, each) = name.strip_suffix("[]").map_or((name, false), |member| (member, true));
        match below(random, 16) {
            0..=3 => {}
            4 => {
                object.insert(member.into(), odd(random));
            }
            _ if each => {
                let elements = (0..below(random, 4)).map(|_| node(random, &below_name, depth + 1));
                object.insert(member.into(), elements.collect());
            }
            _ => {
                object.insert(member.into(), node(random, &below_name, depth + 1));
            }
        }
    }
    object
}

fn node(random: &mut Gen, leaves: &[Leaf], depth: usize) -> Value {
    match leaves {
        [(path, kind)] if path.len() == depth => leaf(random, *kind),
        _ => Value::Object(members(random, leaves, depth)),
    }
}

fn leaf(random: &mut Gen, kind: FieldKind) -> Value {
    match kind {
        FieldKind::String | FieldKind::Keyword => json!(pick(random, &TEXTS)),
        FieldKind::Number => json!(pick(random, &NUMBERS)),
        FieldKind::Date => json!(pick(random, &DATES).0),
        FieldKind::Ip => json!(pick(random, &ADDRESSES).0),
        FieldKind::Boolean => json!(pick(random, &[true, false])),
        FieldKind::Map => {
            let value =
                |random: &mut Gen| if below(random, 9) == 0 { odd(random) } else { json!(pick(random, &TEXTS)) };
            (0..below(random, 4)).map(|_| (pick(random, &KEYS).to_owned(), value(random))).collect()
        }
    }
}

/// A value of a form that no path expects, or only some paths.
fn odd(random: &mut Gen) -> Value {
    let odd =
        [json!(null), json!([]), json!({}), json!(7), json!("a"), json!(true), json!(["a", 1]), json!({"env": "a"})];
    pick(random, &odd)
}

fn smaller(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(object) => {
            let without = |name| object.iter().filter(move |(other, _)| *other != name);
            let removed = object.keys().map(|name| without(name).map(|(n, v)| (n.clone(), v.clone())).collect());
            let shrunk = object.iter().flat_map(|(name, member)| {
                smaller(member).into_iter().map(move |member| {
                    let mut object = object.clone();
                    object.insert(name.clone(), member);
                    Value::Object(object)
                })
            });
            removed.chain(shrunk).collect()
        }
        Value::Array(elements) => (0..elements.len())
            .map(|index| {
                let mut elements = elements.clone();
                elements.remove(index);
                Value::Array(elements)
            })
            .collect(),
        _ => Vec::new(),
    }
}
