//! Templates: files that describe kinds of findings, parsed into trees with resolved names.
//!
//! A file has `weight` (the product's share among several), `names`, `fragments`, `finding` (members of every finding),
//! and `kinds`, each with `kind` (its name), `weight`, `names`, `like` (fragments of findings) and `finding`.
//! `shared.json` is the base of every file: its names and fragments come first. A finding is merged, object into
//! object, from that of `shared.json`, that of its file, the fragments listed in `like`, and that of the kind; `null`
//! removes a member.
//!
//! **Names** are visible after their definition: a name may use earlier names, the names of a kind also those of its
//! file, and a later name hides an earlier one. Each name has one value per finding, so that an ID can occur in several
//! places.
//! - a text: the value is the text;
//! - a list: the value is one of its items; an object among them may have a `weight` (default: 1);
//! - an object: the value is a record, whose fields are texts and values;
//! - `{"residents": 8, "per": "region", "each": {…}}`: the value is one of this many records that an account has in a
//!   Region (`region`), that it has in all Regions (`account`), or that all accounts share (`organization`). Records
//!   depend on the seed only, and therefore recur. `{row}` numbers them from 1.
//!
//! **Given names**: `account`, `region`, `partition`, `dns_suffix`, `console` (host of the Region's console),
//! `administrator` (the organization's security account), `product_arn`, `row`, and `time` with `first_observed`,
//! `last_observed`, `created` and `updated`.
//!
//! **Texts** contain expressions in braces: a name or a field of it (`{instance.id}`), or a value that is generated on
//! each use: `{hex:17}`, `{HEX:64}`, `{key:16}`, `{code:6}`, `{digits:10}`, `{uuid}`, `{number:1-100}`, `{ago:1-30}` (a
//! time, days before now, that ends with its seconds). An object in a text is written as JSON. A text that is a single
//! expression with `=` becomes the value with its JSON type: `"{=host.asn}"` a number, `"{=package.cvss}"` an object.
//! `"{use:instance}"` is replaced by a fragment. A member is omitted if its text refers to a field that the record
//! lacks. At least one record must have the field, unless a `?` follows it: `{package.Release?}`.

use std::collections::BTreeMap;

use securityhub_fixtures::generators::SHARED;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::expression::{self, Part, Path, Text};

/// The names that every template has, in the order of their positions.
pub(super) const GIVEN: [&str; 9] =
    ["account", "region", "partition", "dns_suffix", "console", "administrator", "product_arn", "row", "time"];
/// The fields of `time`.
pub(super) const TIMES: [&str; 4] = ["first_observed", "last_observed", "created", "updated"];
/// Maximum nesting depth of fragments.
const DEPTH: usize = 8;

/// A parsed template.
#[derive(Debug)]
pub(super) struct Template {
    /// The product's share among several products.
    pub(super) weight: u64,
    /// The definitions of names, by position.
    pub(super) names: Vec<Name>,
    /// The kinds of findings.
    pub(super) kinds: Vec<Kind>,
}

/// A kind of finding.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its name.
    #[cfg(test)]
    pub(super) name: String,
    pub(super) weight: u64,
    pub(super) finding: Node,
}

/// The definition of a name.
#[derive(Clone, Debug)]
pub(super) enum Name {
    /// One of [`GIVEN`].
    Given,
    /// A value that is evaluated once per finding.
    Once(Node),
    /// A resident.
    Resident(Residence),
}

/// The residents of a name.
#[derive(Clone, Debug)]
pub(super) struct Residence {
    /// The kind that defines them, if any, and the name. Together with the seed they determine the residents.
    pub(super) name: String,
    /// True if all templates share them.
    pub(super) is_shared: bool,
    pub(super) count: usize,
    pub(super) per: ResidentOwner,
    pub(super) each: Node,
}

/// The owner of residents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResidentOwner {
    /// An account in a Region.
    Region,
    /// An account.
    Account,
    /// The organization.
    Organization,
}

/// A value of a template.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A constant.
    Constant(Constant),
    /// A text that consists of parts.
    Text(Vec<Part>),
    /// A value with its JSON type.
    Value(Part),
    /// `{…}`
    Object(Vec<(Literal, Node)>),
    /// `[…]`
    List(Vec<Node>),
    /// One of several nodes, with weights.
    Choice(Vec<(u64, Node)>),
}

/// A constant and its JSON.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) value: Value,
    pub(super) json: String,
}

impl From<Value> for Constant {
    fn from(value: Value) -> Constant {
        Constant { json: value.to_string(), value }
    }
}

/// The name of a member and its JSON.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    pub(super) text: String,
    pub(super) json: String,
}

impl From<String> for Literal {
    fn from(text: String) -> Literal {
        Literal { json: Value::from(&*text).to_string(), text }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplate {
    #[serde(default = "one")]
    weight: u64,
    #[serde(default)]
    names: Map<String, Value>,
    #[serde(default)]
    fragments: BTreeMap<String, Value>,
    #[serde(default)]
    finding: Value,
    #[serde(default)]
    kinds: Vec<RawKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKind {
    kind: String,
    #[serde(default = "one")]
    weight: u64,
    #[serde(default)]
    names: Map<String, Value>,
    /// Fragments of findings that are the base of its own members.
    #[serde(default)]
    like: Vec<String>,
    finding: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResidence {
    residents: usize,
    per: ResidentOwner,
    each: Value,
}

fn one() -> u64 {
    1
}

/// The common part of all templates: names, fragments, and the members of every finding.
#[derive(Clone)]
pub(super) struct Shared {
    scope: Scope,
    finding: Value,
}

/// The names and fragments that a text may use.
#[derive(Clone, Default)]
pub(super) struct Scope {
    positions: BTreeMap<String, usize>,
    names: Vec<Name>,
    fragments: BTreeMap<String, Value>,
    /// True if the names being defined are those of `shared.json`.
    is_shared: bool,
}

impl Shared {
    /// Reads `shared.json`.
    ///
    /// # Errors
    /// The error in the file.
    pub(super) fn read() -> Result<Shared, String> {
        let in_shared = |error| format!("shared.json: {error}");
        let shared: RawTemplate = serde_json::from_str(SHARED).map_err(|error| in_shared(error.to_string()))?;
        let mut scope = Scope::with_given_names();
        scope.fragments = shared.fragments;
        scope.is_shared = true;
        scope.define(shared.names, "").map_err(in_shared)?;
        scope.is_shared = false;
        Ok(Shared { scope, finding: shared.finding })
    }
}

impl Template {
    /// Reads a template on top of the shared one.
    ///
    /// # Errors
    /// The error in the file.
    pub(super) fn read(text: &str, shared: &Shared) -> Result<Template, String> {
        let written: RawTemplate = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let Shared { mut scope, mut finding } = shared.clone();
        scope.fragments.extend(written.fragments);
        scope.define(written.names, "")?;
        merge(&mut finding, written.finding);
        let positions = scope.positions.clone();
        let mut kinds = Vec::with_capacity(written.kinds.len());
        for kind in written.kinds {
            scope.positions.clone_from(&positions);
            kinds.push(scope.kind(&finding, kind)?);
        }
        Ok(Template { weight: written.weight, names: scope.names, kinds })
    }
}

impl Template {
    /// Returns whether a node, or a field of it, is never null, so that nothing needs to be omitted.
    pub(super) fn is_never_null(&self, node: &Node, fields: &[String]) -> bool {
        match node {
            Node::Constant(constant) => {
                let found = fields.iter().try_fold(&constant.value, |value, field| value.get(field));
                found.is_some_and(|value| !value.is_null())
            }
            Node::Text(parts) => fields.is_empty() && parts.iter().all(|part| self.is_part_never_null(part, &[])),
            Node::Value(part) => self.is_part_never_null(part, fields),
            Node::Object(members) => {
                let [field, rest @ ..] = fields else { return true };
                members.iter().any(|(name, node)| name.text == *field && self.is_never_null(node, rest))
            }
            Node::List(_) => fields.is_empty(),
            Node::Choice(items) => {
                let all = items.iter().all(|(_, node)| self.is_never_null(node, fields));
                all && items.iter().any(|(weight, _)| *weight > 0)
            }
        }
    }

    fn is_part_never_null(&self, part: &Part, fields: &[String]) -> bool {
        let Part::Name(path) = part else { return fields.is_empty() };
        let fields = [&path.fields[..], fields].concat();
        match self.names.get(path.name) {
            Some(Name::Given) => is_given(path.name, &fields),
            Some(Name::Once(node)) => self.is_never_null(node, &fields),
            Some(Name::Resident(residence)) => residence.count > 0 && self.is_never_null(&residence.each, &fields),
            None => false,
        }
    }
}

impl Scope {
    fn with_given_names() -> Scope {
        let positions = GIVEN.iter().enumerate().map(|(position, name)| ((*name).to_owned(), position)).collect();
        Scope { positions, names: vec![Name::Given; GIVEN.len()], ..Scope::default() }
    }

    /// The position of a name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// Returns whether a name has these fields, in at least one of its possible records.
    pub(super) fn has(&self, path: &Path) -> bool {
        match self.names.get(path.name) {
            Some(Name::Given) => is_given(path.name, &path.fields),
            Some(Name::Once(node)) => self.node_has(node, &path.fields),
            Some(Name::Resident(residence)) => self.node_has(&residence.each, &path.fields),
            None => false,
        }
    }

    fn node_has(&self, node: &Node, fields: &[String]) -> bool {
        let [field, rest @ ..] = fields else { return true };
        match node {
            Node::Object(members) => {
                members.iter().any(|(name, node)| name.text == *field && self.node_has(node, rest))
            }
            Node::Choice(items) => items.iter().any(|(_, node)| self.node_has(node, fields)),
            Node::Constant(constant) => {
                fields.iter().try_fold(&constant.value, |value, field| value.get(field)).is_some()
            }
            Node::Value(Part::Name(path)) => {
                self.has(&Path { name: path.name, fields: [&path.fields[..], fields].concat() })
            }
            Node::Value(_) | Node::Text(_) | Node::List(_) => false,
        }
    }

    /// Defines names. `of` distinguishes residents of a kind from those of other kinds.
    fn define(&mut self, names: Map<String, Value>, of: &str) -> Result<(), String> {
        for (name, value) in names {
            let defined = self.name(&name, of, value).map_err(|error| format!("name {name}: {error}"))?;
            self.positions.insert(name, self.names.len());
            self.names.push(defined);
        }
        Ok(())
    }

    fn name(&self, name: &str, of: &str, value: Value) -> Result<Name, String> {
        match value {
            Value::Object(members) if members.contains_key("residents") => {
                let written: RawResidence =
                    serde_json::from_value(Value::Object(members)).map_err(|error| error.to_string())?;
                let each = self.node(written.each, 0)?;
                let RawResidence { residents: count, per, .. } = written;
                let name = format!("{of}/{name}");
                Ok(Name::Resident(Residence { name, is_shared: self.is_shared, count, per, each }))
            }
            Value::Array(items) if !items.is_empty() => {
                let item = |mut item: Value| {
                    let weight = item.as_object_mut().and_then(|members| members.shift_remove("weight"));
                    Ok((weight.and_then(|weight| weight.as_u64()).unwrap_or(1), self.node(item, 0)?))
                };
                items.into_iter().map(item).collect::<Result<_, String>>().map(|items| Name::Once(Node::Choice(items)))
            }
            value => self.node(value, 0).map(Name::Once),
        }
    }

    fn kind(&mut self, of_all: &Value, written: RawKind) -> Result<Kind, String> {
        let RawKind { kind, weight, names, like, finding } = written;
        let in_kind = |error| format!("kind {kind}: {error}");
        self.define(names, &kind).map_err(in_kind)?;
        let mut merged = of_all.clone();
        for fragment in like {
            let found =
                self.fragments.get(&fragment).ok_or_else(|| in_kind(format!("unknown fragment `{fragment}`")))?;
            merge(&mut merged, found.clone());
        }
        merge(&mut merged, finding);
        let finding = self.node(merged, 0).map_err(in_kind)?;
        Ok(Kind {
            #[cfg(test)]
            name: kind,
            weight,
            finding,
        })
    }

    /// Parses a value. `depth` is the number of fragments around it.
    fn node(&self, value: Value, depth: usize) -> Result<Node, String> {
        match value {
            Value::String(text) => self.text(&text, depth),
            Value::Array(items) => {
                let nodes = items.into_iter().map(|item| self.node(item, depth)).collect::<Result<Vec<_>, _>>()?;
                Ok(constant(Node::List(nodes)))
            }
            Value::Object(members) => {
                let member = |(name, value)| Ok((Literal::from(name), self.node(value, depth)?));
                Ok(constant(Node::Object(members.into_iter().map(member).collect::<Result<Vec<_>, String>>()?)))
            }
            other => Ok(Node::Constant(other.into())),
        }
    }

    fn text(&self, text: &str, depth: usize) -> Result<Node, String> {
        Ok(match expression::read(text, self)? {
            Text::Parts(parts) => match &parts[..] {
                [Part::Literal(text)] => Node::Constant(Value::String(text.clone()).into()),
                _ => Node::Text(parts),
            },
            Text::Value(part) => Node::Value(part),
            Text::Use(name) => {
                let fragment = self.fragments.get(&name).filter(|_| depth < DEPTH);
                let fragment =
                    fragment.ok_or_else(|| format!("unknown fragment `{name}`, or a fragment that includes itself"))?;
                self.node(fragment.clone(), depth + 1).map_err(|error| format!("fragment {name}: {error}"))?
            }
        })
    }
}

/// Returns whether a given name has these fields: `time` has several, the others have none.
fn is_given(position: usize, fields: &[String]) -> bool {
    let is_time = GIVEN.get(position) == Some(&"time");
    match fields {
        [] => !is_time,
        [field] => is_time && TIMES.contains(&&**field),
        _ => false,
    }
}

/// Merges a node that contains only constants into one constant, without null members.
fn constant(node: Node) -> Node {
    let is_constant = |node: &Node| matches!(node, Node::Constant(_));
    match &node {
        Node::Object(members) if members.iter().all(|(_, node)| is_constant(node)) => {
            let member = |(name, node): &(Literal, Node)| match node {
                Node::Constant(Constant { value, .. }) if !value.is_null() => Some((name.text.clone(), value.clone())),
                _ => None,
            };
            Node::Constant(Value::Object(members.iter().filter_map(member).collect()).into())
        }
        Node::List(nodes) if nodes.iter().all(is_constant) => {
            let item = |node: &Node| match node {
                Node::Constant(Constant { value, .. }) if !value.is_null() => Some(value.clone()),
                _ => None,
            };
            Node::Constant(Value::Array(nodes.iter().filter_map(item).collect()).into())
        }
        _ => node,
    }
}

/// Merges a value into another: objects are merged, anything else is replaced.
fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                merge(under.entry(name).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over,
    }
}
