//! Event patterns: the events that a rule of EventBridge selects.
//!
//! Contains: reading a pattern and refusing it with the sentences and locations of the service ([`read`], on top of
//! [`tokens`]), conditions on single values ([`condition`]), matching a whole event, which tracks the array elements of
//! each value ([`leaves`]), and the reason why an event is not selected ([`explain`]). Does not contain: the content of
//! events.
//!
//! A pattern is a list of alternatives, because `$or` multiplies them; each has conditions by path.

mod condition;
mod explain;
mod leaves;
mod read;
mod tokens;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use condition::Condition;
pub use explain::{Found, Miss};
use leaves::{Leaf, Membership};

/// Maximum number of characters in a pattern (PAT-02).
pub const MAX_CHARACTERS: usize = 4096;

/// For each path the conditions, one of which must hold.
type Fields = BTreeMap<String, Arc<[Condition]>>;

/// A parsed pattern.
#[derive(Clone, Debug)]
pub struct EventPattern(Vec<Fields>);

impl EventPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// The sentence of `InvalidEventPatternException` (PAT-40 … PAT-68).
    pub fn read(text: &str) -> Result<EventPattern, String> {
        let length = text.chars().count();
        if length > MAX_CHARACTERS {
            return Err(format!("Event pattern is too long: {length} characters, of {MAX_CHARACTERS} at most"));
        }
        let read = read::pattern(text);
        read.map(EventPattern).map_err(|reason| format!("Event pattern is not valid. Reason: {reason}"))
    }

    /// Number of alternatives; matching may compare an event with each of them.
    pub fn alternatives(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the pattern selects an event.
    pub fn matches(&self, event: &Value) -> bool {
        let leaves = leaves::of(event);
        self.0.iter().any(|fields| failing_field(fields, &leaves).is_none())
    }

    /// The first field that keeps the pattern from selecting an event; `None` if the pattern selects it. Of several
    /// alternatives, it is a field of the one that holds for most fields.
    pub fn miss(&self, event: &Value) -> Option<Miss> {
        explain::miss(&self.0, &leaves::of(event))
    }
}

/// The position of the first field that fails. None fails if every field has a matching leaf such that all leaves of one
/// array are in the same element of it (PAT-12). Like the service, this visits the fields in the order of their names: a
/// field that must be absent is checked in the elements that were matched before it (PAT-15, PAT-16).
fn failing_field(fields: &Fields, leaves: &BTreeMap<String, Vec<Leaf>>) -> Option<usize> {
    let leaves_of_fields: Vec<&[Leaf]> =
        fields.keys().map(|path| leaves.get(path).map(Vec::as_slice).unwrap_or_default()).collect();
    let later = arrays_of_later_fields(&leaves_of_fields);
    let mut matched: BTreeSet<Membership> = BTreeSet::from([Membership::default()]);
    for (position, ((conditions, candidates), later)) in fields.values().zip(leaves_of_fields).zip(&later).enumerate() {
        let mut next = BTreeSet::new();
        for membership in &matched {
            let consistent = candidates.iter().filter_map(|leaf| Some((leaf, leaf.membership.joined(membership)?)));
            let consistent: Vec<(&Leaf, Membership)> = consistent.collect();
            if consistent.is_empty() && conditions.iter().any(Condition::matches_absence) {
                next.insert(membership.clone());
            }
            let holds =
                |(leaf, _): &(&Leaf, Membership)| conditions.iter().any(|condition| condition.holds(leaf.value));
            next.extend(consistent.into_iter().filter(holds).map(|(_, joined)| joined));
        }
        // Elements of an array that no later field uses no longer make a difference, so they are dropped. Otherwise the
        // combinations of unrelated arrays would multiply.
        matched = next.into_iter().map(|membership| membership.within(later)).collect();
        if matched.is_empty() {
            return Some(position);
        }
    }
    None
}

/// For each field, the arrays that contain leaves of later fields.
fn arrays_of_later_fields<'l>(leaves_of_fields: &[&'l [Leaf<'_>]]) -> Vec<BTreeSet<&'l str>> {
    let mut arrays = BTreeSet::new();
    let mut later: Vec<BTreeSet<&str>> = Vec::with_capacity(leaves_of_fields.len());
    for leaves in leaves_of_fields.iter().rev() {
        later.push(arrays.clone());
        arrays.extend(leaves.iter().flat_map(|leaf| leaf.membership.arrays()));
    }
    later.reverse();
    later
}
