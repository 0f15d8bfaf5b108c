//! `policies`: IAM policies and service control policies, by the names that other sections refer to.

mod attach;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::policy::{self, PathStep, Remark};
use crate::scenario::check::{Check, not_null};
use crate::scenario::files::{FileId, Span};
use crate::scenario::parse;
use crate::scenario::spanned::{Content, Entries, Node, Spanned};
use crate::state::{Permissions, Policy};
use crate::suggest;

/// A policy, as a file or as a document.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Policy", extend("minProperties" = 1, "maxProperties" = 1))]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// JSON file of the document, such as scp/prevent-tamper.json, relative to the directory of this file.
    #[schemars(transform = not_null)]
    file: Option<Spanned<String>>,
    /// Policy document in the IAM policy language, with Version and Statement.
    #[schemars(transform = not_null)]
    document: Option<Node>,
}

/// Policies by name; `None` for invalid ones.
#[derive(Debug)]
pub(in crate::scenario) struct Valid(BTreeMap<String, Option<Document>>);

/// A valid policy.
#[derive(Debug)]
struct Document {
    policy: Arc<Policy>,
    /// The document as JSON text.
    json: String,
}

/// The service control policies that a section attaches to one target.
pub(super) struct Attached<'w> {
    pub(super) policies: &'w [Spanned<String>],
    pub(super) full_aws_access: Option<&'w Spanned<bool>>,
}

/// Checks all documents.
pub(in crate::scenario) fn check(written: Entries<Declared>, check: &mut Check) -> Valid {
    let mut policies = BTreeMap::new();
    for (name, written) in written.0 {
        // The schema requires exactly one of the two.
        let file = written.file.and_then(|file| read(&file, check));
        let document = written.document.or(file);
        let policy = document.and_then(|document| policy_of(&name.value, &document, check));
        policies.insert(name.value, policy);
    }
    Valid(policies)
}

fn read(file: &Spanned<String>, check: &mut Check) -> Option<Node> {
    if check.refuses_file(file.span) {
        return None;
    }
    let written_in: FileId = file.span.file;
    let path = check.files.resolve(&file.value, written_in);
    if !check.files.has(&path) {
        let diagnostic = check.at(file.span, format!("file not found: `{}`", file.value));
        let near = check.files.files_near(&file.value, written_in);
        let nearest = suggest::nearest(&file.value, near.iter().map(String::as_str));
        check.push(diagnostic.expected("a path relative to the directory of this file").suggest(nearest));
        return None;
    }
    let node = check.files.read(&path).and_then(|id| parse::text(&check.files, id));
    node.map_err(|diagnostic| check.push(*diagnostic)).ok()
}

fn policy_of(name: &str, document: &Node, check: &mut Check) -> Option<Document> {
    let before = check.diagnostics.len();
    let value = json(document, check);
    let (policy, remarks) = policy::read(name, &value);
    for remark in &remarks {
        report(document, remark, check);
    }
    // A duplicate key is an error that the JSON value does not show.
    let refused = check.diagnostics.len() - before > remarks.len();
    let policy = policy.filter(|_| !refused)?;
    Some(Document { policy: Arc::new(policy), json: value.to_string() })
}

/// The JSON value of a part of the tree.
fn json(node: &Node, check: &mut Check) -> Value {
    match &node.content {
        Content::Null => Value::Null,
        Content::Boolean(value) => Value::Bool(*value),
        Content::Integer(value, written) => {
            i64::try_from(*value).map_or_else(|_| Value::String(written.clone()), Value::from)
        }
        Content::Number(value) => Value::from(*value),
        Content::Text(text) => Value::String(text.clone()),
        Content::List(items) => items.iter().map(|item| json(item, check)).collect(),
        Content::Map(entries) => {
            let mut members = Map::new();
            for (key, value) in entries {
                let value = json(value, check);
                if members.insert(key.value.clone(), value).is_some() {
                    let diagnostic = check.at(key.span, format!("duplicate key `{}`", key.value));
                    check.push(diagnostic.expected("each key at most once"));
                }
            }
            Value::Object(members)
        }
    }
}

fn report(document: &Node, remark: &Remark, check: &mut Check) {
    let mut diagnostic = check.at(span(document, remark), &*remark.message);
    if let Some(expected) = &remark.expected {
        diagnostic = diagnostic.expected(&**expected);
    }
    if let Some((wrong, words)) = &remark.suggestions {
        diagnostic = diagnostic.suggest(suggest::nearest(wrong, words.iter().copied()));
    }
    check.push(if remark.refuses { diagnostic } else { diagnostic.warning() });
}

/// The span in the text that a remark refers to.
fn span(document: &Node, remark: &Remark) -> Span {
    let (mut node, mut span) = (document, document.span);
    for step in &remark.path {
        let next = match (step, &node.content) {
            (PathStep::Key(name), Content::Map(entries)) => {
                let entry = entries.iter().find(|(key, _)| key.value == *name);
                entry.map(|(key, value)| (value, if remark.of_key { key.span } else { value.span }))
            }
            (PathStep::Item(position), Content::List(items)) => items.get(*position).map(|item| (item, item.span)),
            _ => None,
        };
        let Some((inner, there)) = next else { break };
        (node, span) = (inner, there);
    }
    span
}

impl Valid {
    /// The valid policies.
    pub(super) fn named(&self) -> BTreeMap<String, Arc<Policy>> {
        let good = self.0.iter().filter_map(|(name, policy)| Some((name.clone(), policy.as_ref()?.policy.clone())));
        good.collect()
    }

    /// Returns whether a policy has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The policy with a name that another section refers to.
    pub(super) fn find(&self, name: &Spanned<String>, check: &mut Check) -> Option<Arc<Policy>> {
        let found = self.0.get(&name.value);
        if found.is_none() && !check.is_lost(&["policies", &name.value]) {
            let diagnostic = check.at(name.span, format!("unknown policy `{}`", name.value));
            let nearest = suggest::nearest(&name.value, self.0.keys().map(String::as_str));
            check.push(diagnostic.expected("a name defined under `policies`").suggest(nearest));
        }
        found?.as_ref().map(|document| document.policy.clone())
    }

    fn find_all(&self, names: &[Spanned<String>], check: &mut Check) -> Vec<Arc<Policy>> {
        names.iter().filter_map(|name| self.find(name, check)).collect()
    }

    /// The service control policies of one target, including FullAWSAccess unless it is detached. Empty if nothing is
    /// attached, which has the same effect.
    pub(super) fn attached(&self, written: &Attached<'_>, check: &mut Check) -> Vec<Arc<Policy>> {
        let mut policies = self.find_all(written.policies, check);
        match written.full_aws_access {
            Some(full) if !full.value => {
                if written.policies.is_empty() {
                    let diagnostic =
                        check.at(full.span, "without FullAWSAccess, no service control policy would be attached");
                    check.push(diagnostic.expected("`policies` to use instead of FullAWSAccess"));
                }
            }
            _ if policies.is_empty() => {}
            _ => policies.insert(0, Arc::new(Policy::full_aws_access())),
        }
        policies
    }

    /// The permissions of a principal. Without `policies` it has administrator access within its boundary.
    pub(super) fn permissions(
        &self,
        policies: Option<&Vec<Spanned<String>>>,
        boundary: Option<&Spanned<String>>,
        check: &mut Check,
    ) -> Permissions {
        Permissions {
            identity: policies.map(|names| self.find_all(names, check)),
            boundary: boundary.and_then(|name| self.find(name, check)),
            session: None,
        }
    }
}
