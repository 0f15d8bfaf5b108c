//! From a template to a finding: names get their values, texts are written.

use std::fmt::Write as _;
use std::sync::Arc;

use fastrand::Rng;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::expression::{Fresh, Part, Path};
use super::resident::{Known, Residents};
use super::template::{self, GIVEN, Literal, Name, Node, Residence, Template};
use crate::state::{AccountId, HubKey, Timestamp, timestamp_text};

/// What a finding is about, beside its template.
pub(super) struct Around<'r> {
    pub(super) product_arn: String,
    pub(super) hub: &'r HubKey,
    pub(super) administrator: AccountId,
    pub(super) days: u32,
    pub(super) now: Timestamp,
}

/// Writes a finding of one of the template's kinds as compact JSON.
pub(super) fn finding(
    template: &Template,
    around: &Around<'_>,
    residents: &mut Residents,
    random: &mut Rng,
    written: &mut Vec<u8>,
) {
    let kind = template::pick(random, &template.kinds, |kind| kind.weight);
    let Some(kind) = kind.and_then(|kind| template.kinds.get(kind)) else { return };
    Evaluation::new(template, around, residents, random, 0).write(&kind.finding, written);
}

/// One finding, or one resident, while it is made.
struct Evaluation<'e> {
    template: &'e Template,
    around: &'e Around<'e>,
    residents: &'e mut Residents,
    random: &'e mut Rng,
    row: usize,
    /// The values that names have got so far.
    values: Vec<Option<Arc<Value>>>,
    /// Room for a text that is being made.
    text: String,
}

impl<'e> Evaluation<'e> {
    fn new(
        template: &'e Template,
        around: &'e Around<'e>,
        residents: &'e mut Residents,
        random: &'e mut Rng,
        row: usize,
    ) -> Evaluation<'e> {
        let values = vec![None; template.names.len()];
        Evaluation { template, around, residents, random, row, values, text: String::new() }
    }

    /// Writes a value and returns `true`, or returns `false` for `null`, which the caller must omit.
    fn write(&mut self, node: &Node, written: &mut Vec<u8>) -> bool {
        match node {
            Node::Constant(constant) => {
                written.extend_from_slice(constant.json.as_bytes());
                !constant.value.is_null()
            }
            Node::Text(parts) => {
                let mut text = std::mem::take(&mut self.text);
                text.clear();
                let is_there = self.text(parts, &mut text).is_some();
                if is_there {
                    write_json(written, &text);
                }
                self.text = text;
                is_there
            }
            Node::Value(Part::Name(path)) => {
                let value = self.name(path.name);
                let value = value.as_ref().and_then(|value| field(value, path)).filter(|value| !value.is_null());
                value.map(|value| write_json(written, value)).is_some()
            }
            Node::Value(part) => {
                write_json(written, &self.part(part));
                true
            }
            Node::Object(members) => {
                let member = |(name, node): &'_ (Literal, Node), written: &mut Vec<u8>| {
                    written.extend_from_slice(name.json.as_bytes());
                    written.push(b':');
                    self.write(node, written)
                };
                write_list(*b"{}", members, written, member);
                true
            }
            Node::List(nodes) => {
                write_list(*b"[]", nodes, written, |node, written| self.write(node, written));
                true
            }
            Node::Choice(items) => {
                let picked = template::pick(self.random, items, |(weight, _)| *weight);
                picked.and_then(|at| items.get(at)).is_some_and(|(_, node)| self.write(node, written))
            }
        }
    }

    /// The value of a name, whose fields may be asked for; `null` is left out.
    fn value(&mut self, node: &Node) -> Value {
        match node {
            Node::Constant(constant) => constant.value.clone(),
            Node::Text(parts) => {
                let mut text = String::new();
                self.text(parts, &mut text).map_or(Value::Null, |()| Value::String(text))
            }
            Node::Value(part) => self.part(part),
            Node::Object(members) => {
                let mut object = Map::with_capacity(members.len());
                for (name, node) in members {
                    let value = self.value(node);
                    if !value.is_null() {
                        object.insert(name.text.clone(), value);
                    }
                }
                Value::Object(object)
            }
            Node::List(nodes) => {
                let items = nodes.iter().map(|node| self.value(node));
                Value::Array(items.filter(|item| !item.is_null()).collect())
            }
            Node::Choice(_) => Arc::unwrap_or_clone(self.shared(node)),
        }
    }

    /// Writes a text; `None` when it names what is not there.
    fn text(&mut self, parts: &[Part], text: &mut String) -> Option<()> {
        for part in parts {
            match part {
                Part::Literal(letters) => text.push_str(letters),
                Part::Name(path) => {
                    let value = self.name(path.name)?;
                    write_value(text, field(&value, path))?;
                }
                Part::Fresh(fresh) => self.write_fresh(text, fresh),
            }
        }
        Some(())
    }

    fn part(&mut self, part: &Part) -> Value {
        match part {
            Part::Literal(letters) => Value::String(letters.clone()),
            Part::Name(path) => {
                let value = self.name(path.name);
                value.and_then(|value| field(&value, path).cloned()).unwrap_or_default()
            }
            Part::Fresh(Fresh::Number(least, most)) => Value::from(self.random.u64(*least..=*most)),
            Part::Fresh(fresh) => {
                let mut text = String::new();
                self.write_fresh(&mut text, fresh);
                Value::String(text)
            }
        }
    }

    /// The value of a name; it is made when it is first asked for.
    fn name(&mut self, position: usize) -> Option<Arc<Value>> {
        if let Some(Some(value)) = self.values.get(position) {
            return Some(Arc::clone(value));
        }
        let template = self.template;
        let value = match template.names.get(position)? {
            Name::Given => Arc::new(self.given(GIVEN.get(position)?)),
            Name::Once(node) => self.shared(node),
            Name::Resident(residence) => self.resident(position, residence)?,
        };
        *self.values.get_mut(position)? = Some(Arc::clone(&value));
        Some(value)
    }

    /// The value of a name. A name that stands for another name shares its value, as a record can be large.
    fn shared(&mut self, node: &Node) -> Arc<Value> {
        match node {
            Node::Value(Part::Name(path)) if path.fields.is_empty() => self.name(path.name).unwrap_or_default(),
            Node::Choice(items) => {
                let picked = template::pick(self.random, items, |(weight, _)| *weight);
                picked.and_then(|at| items.get(at)).map(|(_, node)| self.shared(node)).unwrap_or_default()
            }
            node => Arc::new(self.value(node)),
        }
    }

    fn given(&mut self, name: &str) -> Value {
        let HubKey { account, region } = self.around.hub;
        match name {
            "account" => account.as_str().into(),
            "region" => region.as_str().into(),
            "partition" => region.partition().into(),
            "dns_suffix" => region.dns_suffix().into(),
            "console" => region.console().into(),
            "administrator" => self.around.administrator.as_str().into(),
            "product_arn" => self.around.product_arn.as_str().into(),
            "row" => self.row.into(),
            _ => self.times(),
        }
    }

    /// Times within the days: something is observed first and last; the finding is made soon after the first and updated
    /// soon after the last.
    fn times(&mut self) -> Value {
        let window = i64::from(self.around.days) * 86_400;
        let first = self.random.i64(0..=window);
        // Most things that were seen are seen again.
        let last = self.random.i64(0..=first).min(self.random.i64(0..=first));
        let created = self.soon_after(first);
        let updated = self.soon_after(last).max(created);
        json!({
            "first_observed": whole_seconds(self.moment(first * 1000)),
            "last_observed": whole_seconds(self.moment(last * 1000)),
            "created": timestamp_text(created),
            "updated": timestamp_text(updated),
        })
    }

    /// A time within half an hour after one so many seconds ago, and not after now.
    fn soon_after(&mut self, seconds_ago: i64) -> Timestamp {
        let later = self.random.i64(60_000..1_800_000);
        self.moment(seconds_ago * 1000 - later).min(self.around.now)
    }

    fn moment(&self, milliseconds_ago: i64) -> Timestamp {
        let moment = self.around.now.checked_sub(SignedDuration::from_millis(milliseconds_ago));
        moment.unwrap_or(Timestamp::MIN)
    }

    fn resident(&mut self, position: usize, residence: &Residence) -> Option<Arc<Value>> {
        let hub = self.around.hub;
        let known = match self.residents.known(position, residence, hub) {
            Some(known) => known,
            None => self.settle(position, residence, hub),
        };
        // The first ones are met more often, as the busiest hosts of an account are.
        let last = known.len().checked_sub(1)?;
        let at = self.random.usize(..=last).min(self.random.usize(..=last));
        known.get(at).cloned()
    }

    /// Makes the residents of a hub.
    fn settle(&mut self, position: usize, residence: &Residence, hub: &HubKey) -> Known {
        let mut random = self.residents.random(position, residence, hub);
        let mut made = Vec::with_capacity(residence.count);
        for row in 1..=residence.count {
            let mut evaluation = Evaluation::new(self.template, self.around, self.residents, &mut random, row);
            made.push(Arc::new(evaluation.value(&residence.each)));
        }
        self.residents.remember(position, residence, hub, made)
    }

    fn write_fresh(&mut self, text: &mut String, fresh: &Fresh) {
        let random = &mut *self.random;
        match *fresh {
            Fresh::Hex(count) => text.extend((0..count).map(|_| random.digit(16))),
            Fresh::UpperHex(count) => text.extend((0..count).map(|_| random.digit(16).to_ascii_uppercase())),
            Fresh::Code(count) => text.extend((0..count).map(|_| random.digit(36))),
            Fresh::Key(count) => text.extend((0..count).map(|_| random.digit(36).to_ascii_uppercase())),
            Fresh::Digits(count) => {
                let digit = |at| if at == 0 { char::from(random.u8(b'1'..=b'9')) } else { random.digit(10) };
                text.extend((0..count).map(digit));
            }
            Fresh::Uuid => write_uuid(text, random.u128(..)),
            Fresh::Number(least, most) => _ = write!(text, "{}", random.u64(least..=most)),
            Fresh::Ago(least, most) => {
                let seconds = random.u64(least.saturating_mul(DAY)..=most.saturating_mul(DAY));
                let milliseconds = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
                _ = write!(text, "{}", self.moment(milliseconds).strftime("%Y-%m-%dT%H:%M:%S"));
            }
        }
    }
}

/// Writes items between brackets, with commas between those that are not left out.
fn write_list<T>(
    brackets: [u8; 2],
    items: &[T],
    written: &mut Vec<u8>,
    mut write: impl FnMut(&T, &mut Vec<u8>) -> bool,
) {
    let [open, close] = brackets;
    written.push(open);
    let first = written.len();
    for item in items {
        let start = written.len();
        if start > first {
            written.push(b',');
        }
        if !write(item, written) {
            written.truncate(start);
        }
    }
    written.push(close);
}

fn write_json(written: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Nothing of a value fails, nor does writing to memory.
    _ = serde_json::to_writer(written, value);
}

/// The seconds of a day.
const DAY: u64 = 86_400;

fn whole_seconds(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// A UUID in the form of version 4.
fn write_uuid(text: &mut String, bits: u128) {
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    _ = write!(
        text,
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        bits >> 96,
        bits >> 80 & 0xffff,
        bits >> 64 & 0xffff,
        bits >> 48 & 0xffff,
        bits & 0xffff_ffff_ffff
    );
}

/// The field of a name's value that a path leads to.
fn field<'v>(value: &'v Value, path: &Path) -> Option<&'v Value> {
    path.fields.iter().try_fold(value, |value, field| value.get(field))
}

/// Writes a value into a text; `None` when there is none.
fn write_value(text: &mut String, value: Option<&Value>) -> Option<()> {
    match value? {
        Value::Null => return None,
        Value::String(letters) => text.push_str(letters),
        other => _ = write!(text, "{other}"),
    }
    Some(())
}
