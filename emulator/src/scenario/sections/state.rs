//! `state`: the exact state of a world, as `scenario export` writes it.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::findings::restore;
use crate::scenario::check::Check;
use crate::scenario::files::Span;
use crate::scenario::spanned::{Content, Node};
use crate::state::{DocumentError, FindingDocument, RowError, RowKind, World, WorldDocument};

/// The state as a node. It does not contain the findings that `state_lines` located.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(in crate::scenario) struct Declared(Node);

impl JsonSchema for Declared {
    fn schema_name() -> Cow<'static, str> {
        "State".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let kinds: Vec<&str> = RowKind::ALL.iter().map(|kind| kind.as_str()).collect();
        let text = |description: &str| serde_json::json!({ "type": "string", "description": description });
        json_schema!({
            "description": "The exact state of an emulator, as `securityhub-local scenario export` writes it.",
            "type": "object",
            "additionalProperties": true,
            "required": ["clock", "ids", "next_finding"],
            "properties": {
                "clock": {
                    "description": "The clock: `frozen` at a time, or `running` ahead of the system clock by a duration.",
                    "type": "object",
                },
                "ids": { "description": "The seed of IDs, and the number of random numbers made from it.", "type": "object" },
                "next_finding": { "description": "The number of the next finding.", "type": "integer" },
                "relations": {
                    "description": "Everything except findings: accounts, hubs, members, standards and so on.",
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["kind", "key", "value"],
                        "properties": {
                            "kind": { "description": "The kind of the row.", "enum": kinds },
                            "account": text("The account of the row, if any."),
                            "region": text("The Region of the row, if any."),
                            "key": text("The ID or name."),
                            "value": { "description": "The content of the row." },
                        },
                    },
                },
                "findings": {
                    "description": "The stored findings with their numbers.",
                    "type": ["array", "null"],
                    "items": { "type": "object" },
                },
            },
        })
    }
}

/// A valid state.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct Valid {
    span: Span,
    node: Node,
    document: WorldDocument,
    findings: Arc<Vec<FindingDocument<'static>>>,
}

/// Reads the state.
pub(in crate::scenario) fn check(written: Declared, check: &mut Check) -> Option<Valid> {
    let Declared(node) = written;
    let Value::Object(mut members) = node.to_json() else { return None };
    let mut findings = Vec::new();
    let in_tree = members.shift_remove("findings").unwrap_or_default();
    let in_tree = in_tree.as_array().map(Vec::as_slice).unwrap_or_default();
    for (position, finding) in in_tree.iter().enumerate() {
        match serde_path_to_error::deserialize::<_, FindingDocument<'static>>(finding) {
            Ok(finding) => findings.push(finding),
            Err(error) => report(&node, &format!("findings[{position}].{}", error.path()), error.inner(), check),
        }
        if check.is_full() {
            return None;
        }
    }
    lines(&node, &mut findings, check);
    match serde_path_to_error::deserialize::<_, WorldDocument>(&Value::Object(members)) {
        Ok(document) => Some(Valid { span: node.span, node, document, findings: Arc::new(findings) }),
        Err(error) => {
            report(&node, &error.path().to_string(), error.inner(), check);
            None
        }
    }
}

/// Reads the findings that `state_lines` located.
fn lines(node: &Node, findings: &mut Vec<FindingDocument<'static>>, check: &mut Check) {
    let Some(file) = check.files.get(node.span.file) else { return };
    let (text, ranges) = (Arc::clone(&file.text), Arc::clone(&file.findings));
    for range in ranges.iter() {
        let Some(line) = text.get(range.clone()) else { continue };
        match serde_json::from_str(line) {
            Ok(finding) => findings.push(finding),
            Err(error) => {
                let start = range.start + error.column().saturating_sub(1);
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or_default();
                let span = Span::new(node.span.file, start.min(range.end), range.end);
                check.push(check.at(span, format!("invalid finding: {message}")));
                if check.is_full() {
                    return;
                }
            }
        }
    }
}

/// Reports an error at a path in the state.
fn report(node: &Node, path: &str, error: &serde_json::Error, check: &mut Check) {
    let span = at(node, path).span;
    check.push(check.at(span, format!("`{path}` in `state`: {error}")));
}

/// The part of the tree at a path such as `relations[3].value`, or the innermost part that contains the path.
fn at<'n>(node: &'n Node, path: &str) -> &'n Node {
    let mut node = node;
    for part in path.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
        let next = match &node.content {
            Content::Map(entries) => entries.iter().find(|(key, _)| key.value == part).map(|(_, value)| value),
            Content::List(items) => part.parse::<usize>().ok().and_then(|position| items.get(position)),
            _ => None,
        };
        let Some(next) = next else { break };
        node = next;
    }
    node
}

impl Valid {
    /// A new world in this state, or a copy of `base` with this state added.
    ///
    /// # Errors
    /// The first invalid row or finding, with its span.
    pub(super) fn world(&self, base: Option<&World>) -> Result<World, (Span, String)> {
        let (document, findings) = (self.document.clone(), self.findings.to_vec());
        let built = match base {
            Some(base) => restore::merge(base, document, findings),
            None => restore::world(document, findings),
        };
        built.map_err(|error| (self.span_of(&error), error.to_string()))
    }

    /// The position of an error.
    fn span_of(&self, error: &DocumentError) -> Span {
        let (row, path) = match error {
            DocumentError::Row(error) => {
                let RowError { row, path, .. } = &**error;
                (row, path.as_deref())
            }
            DocumentError::Duplicate(row) => (row, None),
            DocumentError::Finding(_) => return self.span,
        };
        let is_row = |other: &crate::state::Row| {
            (other.kind, other.account, &other.region, &other.key) == (row.kind, row.account, &row.region, &row.key)
        };
        let position = self.document.relations.iter().rposition(is_row);
        let path = path.map(|path| format!(".value.{path}")).unwrap_or_default();
        position.map_or(self.span, |position| at(&self.node, &format!("relations[{position}]{path}")).span)
    }
}
