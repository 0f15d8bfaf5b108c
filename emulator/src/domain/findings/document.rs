//! A finding as its top-level members, each as JSON text.
//!
//! Most of a finding passes through the service unchanged, so only members that a rule reads or changes are parsed. The
//! others are copied as text.

use std::borrow::Cow;
use std::ops::Range;

pub use securityhub_engine::json::text::{elements_of, member_of, members_of, object, quoted, respelled, string};
use securityhub_engine::{Key, json};
use serde_json::{Map, Value};

use super::names::{self, Inner, Name, Named};
use crate::shape::scan::Span;
use crate::state::AccountId;

/// Maximum number of members of a finding in the model.
const MAX_MEMBERS: usize = names::COUNT.next_multiple_of(64);
/// The members of the key, in the order in which a stored finding begins with them.
const KEY: [Name; 3] = [names::PRODUCT_ARN, names::ID, names::AWS_ACCOUNT_ID];

/// A finding: its top-level members in order, by their positions in the model.
#[derive(Clone, Debug)]
pub struct Finding<'t> {
    /// The text that contains the members that were not set.
    text: &'t str,
    members: Vec<Member<'t>>,
    /// For each position in the model, one plus the index of that member in `members`; 0 if the finding does not have
    /// it.
    positions: [u8; MAX_MEMBERS],
}

#[derive(Clone, Debug)]
struct Member<'t> {
    name: Name,
    value: Piece<'t>,
}

#[derive(Clone, Debug)]
enum Piece<'t> {
    /// A value of the text that a scan has read, and the members that the value has (see [`Span::present`]).
    Scanned { range: Range<u32>, present: u64 },
    /// A value of the text.
    Sent { range: Range<u32> },
    /// A value that was set.
    Set(Cow<'t, str>),
    /// The member was removed.
    Gone,
}

impl Default for Finding<'_> {
    fn default() -> Self {
        Finding { text: "", members: Vec::new(), positions: [0; MAX_MEMBERS] }
    }
}

impl<'t> Finding<'t> {
    fn with_room(text: &'t str, members: usize) -> Finding<'t> {
        Finding { text, members: Vec::with_capacity(members), positions: [0; MAX_MEMBERS] }
    }

    /// A finding from the members that a scan found in `text`.
    pub fn of_spans(text: &'t str, spans: &[Span]) -> Finding<'t> {
        // Includes capacity for the members that the service adds.
        let mut finding = Finding::with_room(text, spans.len() + 9);
        for span in spans {
            finding.push(Name(span.position), Piece::Scanned { range: short(&span.range), present: span.present });
        }
        finding
    }

    /// A finding that was stored.
    pub fn stored(document: &'t [u8]) -> Finding<'t> {
        let Ok(text) = std::str::from_utf8(document) else { return Finding::default() };
        let mut finding = Finding::with_room(text, 40);
        json::members(document, 0, |name, at| {
            let end = json::value(document, at)?;
            let name = std::str::from_utf8(name).ok()?.name()?;
            if text.get(..at)?.ends_with(name.spelled()) {
                finding.push(name, Piece::Sent { range: short(&(at..end)) });
            } else {
                // There is whitespace around the colon, so only the value can be copied.
                finding.push(name, Piece::Set(text.get(at..end)?.into()));
            }
            Some(end)
        });
        finding
    }

    fn push(&mut self, name: Name, value: Piece<'t>) {
        self.members.push(Member { name, value });
        if let Some(position) = self.positions.get_mut(usize::from(name.0)) {
            *position = u8::try_from(self.members.len()).unwrap_or_default();
        }
    }

    /// A finding that was read into values.
    pub fn of_values(members: &Map<String, Value>) -> Finding<'static> {
        let mut finding = Finding::with_room("", members.len());
        for (name, value) in members {
            if let Some(name) = name.as_str().name() {
                finding.push(name, Piece::Set(value.to_string().into()));
            }
        }
        finding
    }

    /// The members, in order.
    pub fn members(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.members.iter().filter_map(|member| Some((member.name.text(), self.value(&member.value)?)))
    }

    fn value<'f>(&'f self, piece: &'f Piece<'t>) -> Option<&'f str> {
        match piece {
            Piece::Scanned { range, .. } | Piece::Sent { range } => self.text.get(long(range)),
            Piece::Set(value) => Some(value),
            Piece::Gone => None,
        }
    }

    fn member(&self, name: Name) -> Option<&Member<'t>> {
        self.members.get(self.index(name)?)
    }

    fn index(&self, name: Name) -> Option<usize> {
        usize::from(*self.positions.get(usize::from(name.0))?).checked_sub(1)
    }

    /// A member as JSON.
    pub fn get(&self, name: impl Named) -> Option<&str> {
        self.value(&self.member(name.name()?)?.value)
    }

    /// Returns whether the finding has a member.
    pub fn has(&self, name: impl Named) -> bool {
        self.get(name).is_some()
    }

    /// Returns whether a structure, or each structure of a list, has an inner member. False if the finding does not
    /// have the structure or list.
    pub(super) fn has_in(&self, inner: Inner) -> bool {
        let Some(member) = self.member(inner.of) else { return false };
        if let Piece::Scanned { present, .. } = member.value
            && inner.position < 64
        {
            return present >> inner.position & 1 == 1;
        }
        let Some(value) = self.value(&member.value) else { return false };
        if value.starts_with('[') {
            elements_of(value).into_iter().all(|element| member_of(element, inner.name).is_some())
        } else {
            member_of(value, inner.name).is_some()
        }
    }

    /// A member that is a string.
    pub fn string(&self, name: impl Named) -> Option<Cow<'_, str>> {
        string(self.get(name)?)
    }

    /// A string member of an object member, such as `Workflow.Status`.
    pub fn string_in(&self, name: impl Named, member: &str) -> Option<Cow<'_, str>> {
        member_of(self.get(name)?, member).and_then(string)
    }

    /// Sets a member to JSON. An existing member keeps its place. A member that the model does not know is not set.
    pub fn set(&mut self, name: impl Named, value: impl Into<Cow<'t, str>>) {
        let Some(name) = name.name() else { return };
        let value = Piece::Set(value.into());
        match self.index(name).and_then(|index| self.members.get_mut(index)) {
            Some(member) => member.value = value,
            None => self.push(name, value),
        }
    }

    /// Sets a member to JSON if the finding does not have it.
    pub fn set_default(&mut self, name: impl Named, value: impl Into<Cow<'t, str>>) {
        let Some(name) = name.name() else { return };
        if !self.has(name) {
            self.set(name, value);
        }
    }

    /// Sets a member to a string.
    pub fn set_string(&mut self, name: impl Named, value: &str) {
        self.set(name, quoted(value));
    }

    /// Removes the escapes that JSON does not need, such as `\/`. Keys are compared by their bytes, and the conversion
    /// to OCSF reads text as it is spelled.
    pub(super) fn respell(&mut self) {
        if !self.text.contains('\\') {
            return;
        }
        for member in &mut self.members {
            let text = match &member.value {
                Piece::Scanned { range, .. } | Piece::Sent { range } => self.text.get(long(range)),
                Piece::Set(value) => Some(&**value),
                Piece::Gone => None,
            };
            if let Some(Cow::Owned(respelled)) = text.map(respelled) {
                member.value = Piece::Set(respelled.into());
            }
        }
    }

    /// Removes a member.
    pub fn remove(&mut self, name: impl Named) {
        self.take(name);
    }

    /// Removes a member and returns it as JSON.
    pub fn take(&mut self, name: impl Named) -> Option<Cow<'t, str>> {
        let name = name.name()?;
        let index = self.index(name)?;
        let value = std::mem::replace(&mut self.members.get_mut(index)?.value, Piece::Gone);
        *self.positions.get_mut(usize::from(name.0))? = 0;
        match value {
            Piece::Scanned { range, .. } | Piece::Sent { range } => self.text.get(long(&range)).map(Cow::Borrowed),
            Piece::Set(value) => Some(value),
            Piece::Gone => None,
        }
    }

    /// Its size as compact JSON, in bytes.
    pub fn size(&self) -> usize {
        let members = self.members().map(|(name, value)| name.len() + value.len() + 4);
        members.sum::<usize>().max(1) + 1
    }

    /// Writes it as compact JSON that begins with its key. Members that are adjacent in the text are copied together.
    pub fn write(&self, document: &mut Vec<u8>) {
        let mut writer = Writer { text: self.text, document, run: 0..0, separator: b'{' };
        let key = KEY.into_iter().filter_map(|name| self.member(name));
        for member in key.chain(self.members.iter().filter(|member| !KEY.contains(&member.name))) {
            writer.member(member);
        }
        writer.finish();
    }

    /// Its key if it belongs to `account`. It must have been [respelled](Finding::respell).
    pub fn key(&self, account: AccountId) -> Key {
        let [product_arn, id] = [self.get(names::PRODUCT_ARN), self.get(names::ID)].map(Option::unwrap_or_default);
        let mut name = Vec::with_capacity(product_arn.len() + id.len() + 64);
        for part in ["{\"ProductArn\":", product_arn, ",\"Id\":", id] {
            name.extend_from_slice(part.as_bytes());
        }
        key_of_name(name, account)
    }

    /// Converts the members to JSON values.
    pub fn to_values(&self) -> Map<String, Value> {
        let value = |value: &str| serde_json::from_str(value).unwrap_or_default();
        self.members().map(|(name, text)| (name.to_owned(), value(text))).collect()
    }
}

/// A range of a finding's text, which is far shorter than 4 GiB.
fn short(range: &Range<usize>) -> Range<u32> {
    let [start, end] = [range.start, range.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
    start..end
}

fn long(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// Writes members in order.
struct Writer<'w> {
    text: &'w str,
    document: &'w mut Vec<u8>,
    /// The adjacent members of the text that are not written yet, including names and separators.
    run: Range<usize>,
    separator: u8,
}

impl Writer<'_> {
    fn member(&mut self, member: &Member<'_>) {
        match &member.value {
            Piece::Scanned { range, .. } | Piece::Sent { range } => {
                let spelled = member.name.spelled();
                let range = long(range);
                // In the text, the name precedes the value, and a comma precedes the name.
                let start = range.start.saturating_sub(spelled.len());
                if self.run.is_empty() || start != self.run.end + 1 {
                    self.flush();
                    self.document.push(self.separator);
                    self.separator = b',';
                    self.run.start = start;
                }
                self.run.end = range.end;
            }
            Piece::Set(value) => {
                self.flush();
                self.document.push(self.separator);
                self.separator = b',';
                self.document.extend_from_slice(member.name.spelled().as_bytes());
                self.document.extend_from_slice(value.as_bytes());
            }
            Piece::Gone => {}
        }
    }

    fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        self.document.extend_from_slice(self.text.as_bytes().get(run).unwrap_or_default());
    }

    fn finish(mut self) {
        self.flush();
        self.document.extend_from_slice(if self.separator == b'{' { b"{}" } else { b"}" });
    }
}

/// The beginning of documents of a product and an id, regardless of their owner.
pub fn name_of(product_arn: &str, id: &str) -> Vec<u8> {
    let mut name = Vec::with_capacity(product_arn.len() + id.len() + 32);
    name.extend_from_slice(b"{\"ProductArn\":");
    name.extend_from_slice(quoted(product_arn).as_bytes());
    name.extend_from_slice(b",\"Id\":");
    name.extend_from_slice(quoted(id).as_bytes());
    name
}

/// The beginning of a finding's document, which is unique in its Region.
pub fn key_of(product_arn: &str, id: &str, account: AccountId) -> Key {
    key_of_name(name_of(product_arn, id), account)
}

fn key_of_name(mut name: Vec<u8>, account: AccountId) -> Key {
    let length = name.len();
    name.extend_from_slice(b",\"AwsAccountId\":\"");
    name.extend_from_slice(account.as_str().as_bytes());
    name.push(b'"');
    Key::new(name, length)
}

/// The key that a stored finding begins with.
pub fn key(document: &[u8]) -> Option<Key> {
    let finding = Finding::stored(document);
    let owner = AccountId::parse(&finding.string("AwsAccountId")?)?;
    Some(key_of(&finding.string("ProductArn")?, &finding.string("Id")?, owner))
}

/// The account that a stored finding belongs to, in ASFF or only in OCSF.
pub fn owner(document: &[u8]) -> Option<String> {
    let mut owner = None;
    // AwsAccountId is one of the first members, so the walk ends early.
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

/// Returns whether a stored finding belongs to an account.
pub fn is_of_account(document: &[u8], account: AccountId) -> bool {
    owner(document).is_some_and(|owner| owner == account.as_str())
}

/// Adds a member to a JSON object.
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
    fn members_are_written_in_order_if_others_between_them_are_set_or_removed() {
        let text = r#"{"Title":"t","Id":"i","Severity":{"Label":"LOW"},"Types":["a"],"Confidence":1,"Sample":true}"#;
        let mut finding = Finding::stored(text.as_bytes());
        finding.set("Severity", r#"{"Label":"HIGH"}"#);
        finding.remove("Types");
        finding.remove("Nothing");
        finding.set_default("Confidence", "5");
        finding.set("Types", "[]");
        assert_eq!(finding.take("Sample").as_deref(), Some("true"));
        let mut document = Vec::new();
        finding.write(&mut document);
        let expected = r#"{"Id":"i","Title":"t","Severity":{"Label":"HIGH"},"Confidence":1,"Types":[]}"#;
        assert_eq!(String::from_utf8_lossy(&document), expected);
        assert_eq!((finding.size(), finding.has("Sample"), finding.has("Types")), (expected.len(), false, true));
        assert!(finding.has_in(names::SEVERITY_LABEL) && !finding.has_in(names::SEVERITY_NORMALIZED));
    }

    #[test]
    fn a_member_is_added_to_an_object() {
        assert_eq!(with_member("{}", "x", "1"), r#"{"x":1}"#);
        assert_eq!(with_member(r#"{"x":1}"#, "y", "[]"), r#"{"x":1,"y":[]}"#);
    }
}
