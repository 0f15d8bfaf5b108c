//! Event patterns: which events a rule of EventBridge selects.
//!
//! What lives here: reading a pattern and refusing it in the words and with the places of the service ([`read`], over
//! [`tokens`]), what one value is held against ([`condition`]), and the match of a whole event, which remembers in which
//! elements of arrays it stands ([`leaves`]). What may not: what an event is about.
//!
//! A pattern is a list of alternatives, since `$or` multiplies them; each has conditions by path.

mod condition;
mod leaves;
mod read;
mod tokens;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use condition::Condition;
use leaves::{Leaf, Membership};

/// The most characters of a pattern (PAT-02).
pub const MOST_CHARACTERS: usize = 4096;

/// All that a path must satisfy: one of these conditions.
type Fields = BTreeMap<String, Arc<[Condition]>>;

/// A pattern that was read.
#[derive(Clone, Debug)]
pub struct EventPattern(Vec<Fields>);

impl EventPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// The sentence of `InvalidEventPatternException` (PAT-40 … PAT-68).
    pub fn read(text: &str) -> Result<EventPattern, String> {
        let length = text.chars().count();
        if length > MOST_CHARACTERS {
            return Err(format!("Event pattern is too long: {length} characters, of {MOST_CHARACTERS} at most"));
        }
        let read = read::pattern(text);
        read.map(EventPattern).map_err(|reason| format!("Event pattern is not valid. Reason: {reason}"))
    }

    /// How many alternatives it has; an event may be compared with each of them.
    pub fn alternatives(&self) -> usize {
        self.0.len()
    }

    /// Whether it selects an event.
    pub fn matches(&self, event: &Value) -> bool {
        let leaves = leaves::of(event);
        self.0.iter().any(|fields| selects(fields, &leaves))
    }
}

/// Whether there is a leaf for every field, such that all that lie in one array lie in one element of it (PAT-12). Fields
/// are met in the order of their names, as the service does: what is to be absent is absent from the elements that were
/// met before it (PAT-15, PAT-16).
fn selects(fields: &Fields, leaves: &BTreeMap<String, Vec<Leaf>>) -> bool {
    let there: Vec<&[Leaf]> =
        fields.keys().map(|path| leaves.get(path).map(Vec::as_slice).unwrap_or_default()).collect();
    let later = arrays_of_later_fields(&there);
    let mut met: BTreeSet<Membership> = BTreeSet::from([Membership::default()]);
    for ((conditions, there), later) in fields.values().zip(there).zip(&later) {
        let mut next = BTreeSet::new();
        for membership in &met {
            let consistent = there.iter().filter_map(|leaf| Some((leaf, leaf.membership.joined(membership)?)));
            let consistent: Vec<(&Leaf, Membership)> = consistent.collect();
            if consistent.is_empty() && conditions.iter().any(Condition::wants_absence) {
                next.insert(membership.clone());
            }
            let good = |(leaf, _): &(&Leaf, Membership)| conditions.iter().any(|condition| condition.holds(leaf.value));
            next.extend(consistent.into_iter().filter(good).map(|(_, joined)| joined));
        }
        // Elements of an array that no later field lies in make no difference any more. Without this, arrays that have
        // nothing to do with each other would multiply.
        met = next.into_iter().map(|membership| membership.within(later)).collect();
        if met.is_empty() {
            return false;
        }
    }
    true
}

/// For each field, the arrays that leaves of later fields lie in.
fn arrays_of_later_fields<'l>(there: &[&'l [Leaf<'_>]]) -> Vec<BTreeSet<&'l str>> {
    let mut arrays = BTreeSet::new();
    let mut later: Vec<BTreeSet<&str>> = Vec::with_capacity(there.len());
    for leaves in there.iter().rev() {
        later.push(arrays.clone());
        arrays.extend(leaves.iter().flat_map(|leaf| leaf.membership.arrays()));
    }
    later.reverse();
    later
}
