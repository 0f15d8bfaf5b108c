//! A finding as its top-level members, each as JSON text.
//!
//! Most of a finding passes through the service as it was sent. So nothing is parsed that no rule looks at: members
//! are moved as text, and only those that a rule reads or changes are taken apart.

use std::borrow::Cow;
use std::sync::LazyLock;

use securityhub_engine::{Key, json};
use securityhub_fixtures::Operation;
use securityhub_fixtures::model::{Kind, ShapeId, Structure};
use serde_json::{Map, Value};

use crate::shape::scan::Span;
use crate::state::AccountId;

/// The members that a stored finding begins with, in this order: its key.
const KEY: [&str; 3] = ["ProductArn", "Id", "AwsAccountId"];

/// The model's shape of a finding.
pub fn shape() -> ShapeId {
    static SHAPE: LazyLock<ShapeId> = LazyLock::new(|| {
        let input = Operation::BatchImportFindings.model().input;
        let list = match &input.shape().kind {
            Kind::Structure(structure) => structure.member("Findings").map_or(input, |(_, member)| member.shape),
            _ => input,
        };
        match &list.shape().kind {
            Kind::List { member, .. } => *member,
            _ => list,
        }
    });
    *SHAPE
}

fn structure() -> Option<&'static Structure> {
    match &shape().shape().kind {
        Kind::Structure(structure) => Some(structure),
        _ => None,
    }
}

/// The place of a member in the model; one that the model does not know has none.
fn position(name: &str) -> Option<u16> {
    structure()?.member(name).map(|(position, _)| position)
}

fn name(position: u16) -> &'static str {
    structure().and_then(|structure| structure.members.get(usize::from(position))).map_or("", |member| member.name)
}

/// A finding: its top-level members in order, by their places in the model.
#[derive(Clone, Debug, Default)]
pub struct Finding<'t> {
    members: Vec<(u16, Cow<'t, str>)>,
}

impl<'t> Finding<'t> {
    /// A finding whose members have been found in `text`.
    pub fn of_spans(text: &'t str, spans: &[Span]) -> Finding<'t> {
        // Room for what the service adds.
        let mut members = Vec::with_capacity(spans.len() + 12);
        members.extend(spans.iter().filter_map(|span| Some((span.position, text.get(span.range.clone())?.into()))));
        Finding { members }
    }

    /// A finding that was stored.
    pub fn stored(document: &'t [u8]) -> Finding<'t> {
        let mut finding = Finding { members: Vec::with_capacity(40) };
        let Ok(text) = std::str::from_utf8(document) else { return finding };
        json::members(document, 0, |name, at| {
            let end = json::value(document, at)?;
            let position = position(std::str::from_utf8(name).ok()?)?;
            finding.members.push((position, text.get(at..end)?.into()));
            Some(end)
        });
        finding
    }

    /// A finding that was read into values.
    pub fn of_values(members: &Map<String, Value>) -> Finding<'static> {
        let members = members.iter().filter_map(|(name, value)| Some((position(name)?, value.to_string().into())));
        Finding { members: members.collect() }
    }

    /// The members, in order.
    pub fn members(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.members.iter().map(|(position, value)| (name(*position), value.as_ref()))
    }

    /// A member as JSON.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.at(position(name)?)
    }

    fn at(&self, position: u16) -> Option<&str> {
        self.members.iter().find(|(other, _)| *other == position).map(|(_, value)| value.as_ref())
    }

    /// Whether a member is there.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A member that is a string.
    pub fn string(&self, name: &str) -> Option<Cow<'_, str>> {
        string(self.get(name)?)
    }

    /// A string member of an object member, such as `Workflow.Status`.
    pub fn string_in(&self, name: &str, member: &str) -> Option<Cow<'_, str>> {
        member_of(self.get(name)?, member).and_then(string)
    }

    /// Sets a member to JSON, in the place where it stood. A member that the model does not know is not set.
    pub fn set(&mut self, name: &str, value: impl Into<Cow<'t, str>>) {
        let Some(position) = position(name) else { return };
        match self.members.iter_mut().find(|(other, _)| *other == position) {
            Some((_, place)) => *place = value.into(),
            None => self.members.push((position, value.into())),
        }
    }

    /// Sets a member to JSON if it is not there.
    pub fn set_default(&mut self, name: &str, value: impl Into<Cow<'t, str>>) {
        if !self.has(name) {
            self.set(name, value);
        }
    }

    /// Sets a member to a string.
    pub fn set_string(&mut self, name: &str, value: &str) {
        self.set(name, quoted(value));
    }

    /// Writes a string member in the one spelling that keys are compared in.
    pub fn respell(&mut self, name: &str) {
        if self.get(name).is_some_and(|value| value.contains('\\')) {
            let respelled = self.string(name).map(|value| quoted(&value)).unwrap_or_default();
            self.set(name, respelled);
        }
    }

    /// Takes a member away.
    pub fn remove(&mut self, name: &str) -> Option<Cow<'t, str>> {
        let position = position(name)?;
        let index = self.members.iter().position(|(other, _)| *other == position)?;
        Some(self.members.remove(index).1)
    }

    /// How many bytes it has as compact JSON.
    pub fn size(&self) -> usize {
        let members = self.members().map(|(name, value)| name.len() + value.len() + 4);
        members.sum::<usize>().max(1) + 1
    }

    /// Writes it as compact JSON, its key first.
    pub fn write(&self, document: &mut Vec<u8>) {
        let key = KEY.map(|name| position(name).unwrap_or(u16::MAX));
        let mut separator = b'{';
        let mut write = |position: u16, value: &str| {
            document.push(separator);
            document.push(b'"');
            document.extend_from_slice(name(position).as_bytes());
            document.extend_from_slice(b"\":");
            document.extend_from_slice(value.as_bytes());
            separator = b',';
        };
        for position in key {
            self.at(position).into_iter().for_each(|value| write(position, value));
        }
        for (position, value) in self.members.iter().filter(|(position, _)| !key.contains(position)) {
            write(*position, value);
        }
        document.extend_from_slice(if separator == b'{' { b"{}" } else { b"}" });
    }

    /// As values.
    pub fn to_values(&self) -> Map<String, Value> {
        let value = |value: &str| serde_json::from_str(value).unwrap_or_default();
        self.members().map(|(name, text)| (name.to_owned(), value(text))).collect()
    }
}

/// What the documents of a finding's product and id begin with, whosever they are.
pub fn name_of(product_arn: &str, id: &str) -> Vec<u8> {
    let mut name = Vec::with_capacity(product_arn.len() + id.len() + 32);
    name.extend_from_slice(b"{\"ProductArn\":");
    name.extend_from_slice(quoted(product_arn).as_bytes());
    name.extend_from_slice(b",\"Id\":");
    name.extend_from_slice(quoted(id).as_bytes());
    name
}

/// What a finding's document begins with: no other finding of the Region has all three.
pub fn key_of(product_arn: &str, id: &str, account: AccountId) -> Key {
    let owner = format!(",\"AwsAccountId\":\"{account}\"");
    Key::new(&name_of(product_arn, id), owner.as_bytes())
}

/// The key that a stored finding begins with.
pub fn key(document: &[u8]) -> Option<Key> {
    let finding = Finding::stored(document);
    let owner = AccountId::parse(&finding.string("AwsAccountId")?)?;
    Some(key_of(&finding.string("ProductArn")?, &finding.string("Id")?, owner))
}

/// The account that a stored finding belongs to.
pub fn owner(document: &[u8]) -> Option<String> {
    let mut owner = None;
    // It stands among the first members, at which the walk ends.
    json::members(document, 0, |name, at| {
        let end = json::value(document, at)?;
        if name == b"AwsAccountId" {
            owner = string(std::str::from_utf8(document.get(at..end)?).ok()?).map(Cow::into_owned);
            return None;
        }
        Some(end)
    });
    owner
}

/// A string as JSON.
pub fn quoted(text: &str) -> String {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        return Value::from(text).to_string();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    quoted.push_str(text);
    quoted.push('"');
    quoted
}

/// What a JSON string says; none of any other value.
pub fn string(value: &str) -> Option<Cow<'_, str>> {
    json::unescape(value.strip_prefix('"')?.strip_suffix('"')?.as_bytes())
}

/// A member of a JSON object, as JSON.
pub fn member_of<'t>(object: &'t str, name: &str) -> Option<&'t str> {
    members_of(object).into_iter().find(|(other, _)| *other == name).map(|(_, value)| value)
}

/// The members of a JSON object: names without their quotes, as they are spelled, and values as JSON. Of what is no
/// object, none.
pub fn members_of(object: &str) -> Vec<(&str, &str)> {
    let mut members = Vec::new();
    if object.starts_with('{') {
        json::members(object.as_bytes(), 0, |name, at| {
            let end = json::value(object.as_bytes(), at)?;
            members.push((std::str::from_utf8(name).ok()?, object.get(at..end)?));
            Some(end)
        });
    }
    members
}

/// The elements of a JSON array, as JSON. Of what is no array, none.
pub fn elements_of(array: &str) -> Vec<&str> {
    let mut elements = Vec::new();
    if array.starts_with('[') {
        json::elements(array.as_bytes(), 0, |at| {
            let end = json::value(array.as_bytes(), at)?;
            elements.push(array.get(at..end)?);
            Some(end)
        });
    }
    elements
}

/// A JSON object with these members.
pub fn object<'t>(members: impl IntoIterator<Item = (&'t str, &'t str)>) -> String {
    let mut object = String::with_capacity(256);
    object.push('{');
    for (name, value) in members {
        if object.len() > 1 {
            object.push(',');
        }
        object.push('"');
        object.push_str(name);
        object.push_str("\":");
        object.push_str(value);
    }
    object.push('}');
    object
}

/// A JSON object with one more member.
pub fn with_member(object: &str, name: &str, value: &str) -> String {
    let inner = object.strip_suffix('}').unwrap_or(object);
    let comma = if inner.ends_with('{') { "" } else { "," };
    format!("{inner}{comma}\"{name}\":{value}}}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_finding_is_written_with_its_key_first() {
        let values = json!({ "Title": "t", "AwsAccountId": "111111111111", "Id": "a\"b", "ProductArn": "p", "No": 1 });
        let mut finding = Finding::of_values(values.as_object().unwrap());
        finding.set_string("Title", "é\\");
        finding.set_default("Title", "1");
        let mut document = Vec::new();
        finding.write(&mut document);
        let text = r#"{"ProductArn":"p","Id":"a\"b","AwsAccountId":"111111111111","Title":"é\\"}"#;
        assert_eq!(String::from_utf8_lossy(&document), text);
        assert_eq!(finding.size(), text.len());
        let key = key_of("p", "a\"b", AccountId::parse("111111111111").unwrap());
        assert!(document.starts_with(key.as_bytes()));
        assert_eq!(super::key(&document), Some(key));
        assert_eq!(owner(&document).as_deref(), Some("111111111111"));
        let stored = Finding::stored(&document);
        assert_eq!((stored.string("Id").as_deref(), stored.get("Title")), (Some("a\"b"), Some(r#""é\\""#)));
        assert_eq!(stored.to_values(), finding.to_values());
        assert_eq!(Finding::default().size(), 2);
    }

    #[test]
    fn objects_are_taken_apart_and_put_together() {
        let object = r#"{"a":1,"b":{"c":"d"}}"#;
        assert_eq!(member_of(object, "b"), Some(r#"{"c":"d"}"#));
        assert_eq!(member_of(object, "c"), None);
        assert_eq!(super::object(members_of(object)), object);
        assert_eq!(with_member("{}", "x", "1"), r#"{"x":1}"#);
        assert_eq!(with_member(r#"{"x":1}"#, "y", "[]"), r#"{"x":1,"y":[]}"#);
        assert_eq!(elements_of(r#"[1,"]",[2]]"#), ["1", "\"]\"", "[2]"]);
        assert_eq!((members_of("[1]"), elements_of("{}")), (vec![], vec![]));
    }
}
