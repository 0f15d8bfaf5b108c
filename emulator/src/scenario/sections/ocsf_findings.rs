//! Findings in OCSF of a scenario: those of `ocsf`, and those among the files of `file` (OCM-03).

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::ocsf::native::{self, Native};
use crate::scenario::check::Check;
use crate::scenario::files::Span;
use crate::scenario::spanned::Node;

/// A pattern of files, or a list of findings.
#[derive(Clone, Debug)]
pub(in crate::scenario) enum Declared {
    /// `findings/*.json`
    Files(String),
    /// `[…]`
    Listed(Vec<Node>),
}

impl<'de> Deserialize<'de> for Declared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DeclaredVisitor)
    }
}

/// Written by hand, because serde's untagged enums lose the locations.
struct DeclaredVisitor;

impl<'de> Visitor<'de> for DeclaredVisitor {
    type Value = Declared;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a file pattern or a list of findings")
    }

    fn visit_str<E>(self, pattern: &str) -> Result<Declared, E> {
        Ok(Declared::Files(pattern.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Declared, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(sequence)).map(Declared::Listed)
    }
}

impl JsonSchema for Declared {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "OcsfFindings".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "oneOf": [
            { "type": "string" },
            { "type": "array", "items": generator.subschema_for::<Node>(), "minItems": 1 },
        ]})
    }
}

/// A complete finding.
#[derive(Debug)]
pub(in crate::scenario) struct Ocsf {
    /// The position of the finding in the file.
    pub(in crate::scenario) start: Span,
    /// The name of the finding in messages, such as `finding 2 of this file`.
    pub(in crate::scenario) name: String,
    /// The finding.
    pub(in crate::scenario) finding: Native,
}

/// The complete findings of a list. Incomplete ones are reported.
pub(super) fn listed(nodes: &[Node], check: &mut Check) -> Vec<Ocsf> {
    let read = |(position, node): (usize, &Node)| {
        let finding = match node.to_json() {
            Value::Object(finding) => finding,
            _ => Map::new(),
        };
        let start = Span { end: node.span.start + 1, ..node.span };
        complete(finding, start, format!("finding {position} of this list"), check)
    };
    (1..).zip(nodes).filter_map(read).collect()
}

/// A finding of a file; `None` if it is incomplete, which is reported.
pub(super) fn of_file(finding: Map<String, Value>, start: Span, position: usize, check: &mut Check) -> Option<Ocsf> {
    complete(finding, start, format!("finding {position} of this file"), check)
}

fn complete(finding: Map<String, Value>, start: Span, name: String, check: &mut Check) -> Option<Ocsf> {
    match native::complete(finding) {
        Ok(finding) => Some(Ocsf { start, name, finding }),
        Err(faults) => {
            for fault in faults {
                check.push(check.at(start, format!("{name}: {fault}")));
            }
            None
        }
    }
}
