//! Failures of some items of a batch (CPL-38): the chosen items are removed from the input before the operation runs,
//! and added to its answer as failed ones.

use std::collections::BTreeMap;

use bytes::Bytes;
use securityhub_fixtures::Operation;
use securityhub_fixtures::model::{Kind, ShapeId};
use serde_json::{Map, Value, json};

use super::batches::{BATCHES, Batch, DefaultCode, List};
use super::mistake::{Mistake, nearest};
use super::selector::{Scope, Subject};
use crate::invariant::Invariant;
use crate::shape::items::Item;
use crate::state::FaultPartial;

/// The part of a rule that chooses items of a batch and describes their failure.
#[derive(Clone, Debug)]
pub(super) struct PartialRule {
    choice: Choice,
    code: Option<String>,
    message: Option<String>,
}

#[derive(Clone, Debug)]
enum Choice {
    All,
    Ids(Vec<String>),
    Indexes(Vec<usize>),
    Every(usize),
}

/// The chosen items of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {
    operation: Operation,
    /// All items in the order of the request: the ID of each, and the report of each chosen item in the answer.
    items: Vec<(String, Option<Value>)>,
}

impl PartialRule {
    /// Parses the partial failure of a rule that selects the calls of `scope`.
    pub(super) fn read(written: &FaultPartial, scope: &Scope) -> Result<PartialRule, Mistake> {
        let batches = selected(scope)?;
        let choice = match (&written.ids, &written.indexes, written.every) {
            (None, None, None) => Choice::All,
            (Some(ids), None, None) => Choice::Ids(ids.clone()),
            (None, Some(indexes), None) => Choice::Indexes(indexes.clone()),
            (None, None, Some(0)) => return Err(Mistake::new("Every", "expected a number from 1")),
            (None, None, Some(every)) => Choice::Every(every),
            _ => return Err(Mistake::new("", "at most one of 'Ids', 'Indexes' and 'Every' is allowed")),
        };
        if let Some(code) = &written.code {
            check_code(code, &batches)?;
        }
        Ok(PartialRule { choice, code: written.code.clone(), message: written.message.clone() })
    }

    /// The chosen items of a call; `None` if no item is chosen.
    pub(super) fn choose(&self, subject: &Subject<'_>, id: &str) -> Option<Partial> {
        let operation = subject.operation?;
        let batch = Batch::of(operation)?;
        let (list, items) = batch.items(subject.input)?;
        let message = self.message.clone().unwrap_or_else(|| format!("Injected by fault {id}"));
        let each = |(index, item): (usize, &Value)| {
            let is_chosen = match &self.choice {
                Choice::All => true,
                Choice::Ids(ids) => ids.iter().any(|id| id == list.id.of(item)),
                Choice::Indexes(indexes) => indexes.contains(&index),
                Choice::Every(every) => (index + 1).is_multiple_of(*every),
            };
            (list.id.of(item).to_owned(), is_chosen.then(|| report(batch, list, item, self.code.as_deref(), &message)))
        };
        let items: Vec<_> = items.iter().enumerate().map(each).collect();
        items.iter().any(|(_, failed)| failed.is_some()).then_some(Partial { operation, items })
    }
}

/// The batch operations that a scope selects. A scope that lists operations must not list any others.
fn selected(scope: &Scope) -> Result<Vec<&'static Batch>, Mistake> {
    let listed = scope.listed();
    let is_other = |operation: &&Operation| Batch::of(**operation).is_none();
    let other = listed.iter().flatten().find(is_other).map(|operation| operation.name());
    let batches: Vec<&Batch> = scope.operations().into_iter().filter_map(Batch::of).collect();
    if other.is_none() && !batches.is_empty() {
        return Ok(batches);
    }
    let known: Vec<&str> = BATCHES.iter().map(|batch| batch.operation.name()).collect();
    let message = match other {
        Some(other) => format!("{other} does not have items that can fail; use one of {}", known.join(", ")),
        None => format!("none of the selected operations has items that can fail; use one of {}", known.join(", ")),
    };
    Err(Mistake::new("", message))
}

/// Checks the code of failed items. At least one of the selected operations must be able to return it.
fn check_code(code: &str, batches: &[&Batch]) -> Result<(), Mistake> {
    if batches.iter().any(|batch| fits(batch, code)) {
        return Ok(());
    }
    let names = batches.iter().flat_map(|batch| allowed_codes(batch));
    let nearest = nearest(code, names.clone());
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    let expected = match (&names[..], batches) {
        ([], [only, ..]) if only.code == DefaultCode::None => "items of this operation do not have a code".to_owned(),
        ([], _) => "expected an HTTP status, such as 500".to_owned(),
        _ => format!("expected one of {}", names.join(", ")),
    };
    Err(Mistake::new("Code", format!("'{code}' is not a code of the items{nearest}; {expected}")))
}

/// Returns whether an answer may contain an item with a code.
fn fits(batch: &Batch, code: &str) -> bool {
    match batch.code {
        DefaultCode::None => false,
        DefaultCode::Number(_) => code.parse::<u16>().is_ok(),
        DefaultCode::Text(_) => {
            let mut allowed = allowed_codes(batch).peekable();
            !code.is_empty() && (allowed.peek().is_none() || allowed.any(|name| name == code))
        }
    }
}

/// The codes that the model lists for an item; empty if the model allows any text.
fn allowed_codes(batch: &Batch) -> std::iter::Copied<std::slice::Iter<'static, &'static str>> {
    let member = |shape: ShapeId, name: &str| match &shape.shape().kind {
        Kind::Structure(structure) => structure.member(name).map(|(_, member)| member.shape),
        _ => None,
    };
    let item = member(batch.operation.model().output, batch.failed).and_then(|list| match &list.shape().kind {
        Kind::List { member, .. } => Some(*member),
        _ => None,
    });
    let code = item.and_then(|item| member(item, "ErrorCode")).map(|code| &code.shape().kind);
    let values: &'static [&'static str] = match code {
        Some(Kind::String(string)) => string.values,
        _ => &[],
    };
    values.iter().copied()
}

/// Creates the report of a failed item in the answer.
fn report(batch: &Batch, list: &List, item: &Value, code: Option<&str>, message: &str) -> Value {
    let name = if list.is_reported_whole { item.clone() } else { Value::from(list.id.of(item)) };
    let mut failed = Map::from_iter([(list.reported_as.to_owned(), name)]);
    let fitting = code.filter(|code| fits(batch, code));
    let code = match batch.code {
        DefaultCode::None => None,
        DefaultCode::Text(usual) => Some(Value::from(fitting.unwrap_or(usual))),
        DefaultCode::Number(usual) => Some(json!(fitting.and_then(|code| code.parse().ok()).unwrap_or(usual))),
    };
    failed.extend(code.map(|code| ("ErrorCode".to_owned(), code)));
    failed.insert(batch.message.to_owned(), Value::from(message));
    Value::Object(failed)
}

impl Partial {
    /// Removes the chosen items from an input that has passed all checks of the call.
    pub fn take(&self, members: &mut Map<String, Value>, items: &mut Vec<Item<'_>>) {
        let mut chosen = self.items.iter().map(|(_, failed)| failed.is_some());
        let mut stays = || !chosen.next().unwrap_or(false);
        if !items.is_empty() {
            items.retain(|_| stays());
            return;
        }
        let lists = Batch::of(self.operation).into_iter().flat_map(|batch| batch.lists);
        for list in lists {
            if let Some(Value::Array(items)) = members.get_mut(list.name).filter(|list| *list != &json!([])) {
                items.retain(|_| stays());
            }
        }
    }

    /// The answer to a call whose items have all been removed, if the operation refuses an empty list.
    pub fn answer_without_items(&self) -> Option<Bytes> {
        let is_all = self.items.iter().all(|(_, failed)| failed.is_some());
        let batch = Batch::of(self.operation).filter(|_| is_all)?;
        let answer = batch.answer_without_items()?;
        Some(self.complete(&Value::Object(answer).to_string().into()))
    }

    /// Adds the chosen items to the answer for the others, in the order of the request.
    pub fn complete(&self, answer: &Bytes) -> Bytes {
        let read: Option<Map<String, Value>> = serde_json::from_slice(answer).or_report("an answer is a JSON object");
        let (Some(mut members), Some(batch)) = (read, Batch::of(self.operation)) else { return answer.clone() };
        let reported = match members.remove(batch.failed) {
            Some(Value::Array(reported)) => reported,
            _ => Vec::new(),
        };
        let mut failed: BTreeMap<(usize, usize), Value> = BTreeMap::new();
        let mut from = 0;
        for (number, item) in reported.into_iter().enumerate() {
            from = self.place(batch, &item, from);
            failed.insert((from, number + 1), item);
        }
        for (place, (_, item)) in self.items.iter().enumerate() {
            failed.extend(item.clone().map(|item| ((place, 0), item)));
        }
        if batch.has_counts {
            members.insert("FailedCount".to_owned(), failed.len().into());
        }
        members.insert(batch.failed.to_owned(), failed.into_values().collect());
        Value::Object(members).to_string().into()
    }

    /// The position in the request of an item that the operation itself reports as failed. Operations report items in
    /// the order of the request, so the position is that of the first item after `from` that was not chosen and has the
    /// same ID.
    fn place(&self, batch: &Batch, reported: &Value, from: usize) -> usize {
        let id = batch.lists.iter().find_map(|list| {
            let name = reported.get(list.reported_as)?;
            Some(if list.is_reported_whole { list.id.of(name) } else { name.as_str().unwrap_or_default() })
        });
        let is_it =
            |(_, (other, failed)): &(usize, &(String, Option<Value>))| failed.is_none() && Some(other.as_str()) == id;
        self.items.iter().enumerate().skip(from).find(is_it).map_or(from, |(place, _)| place)
    }
}
