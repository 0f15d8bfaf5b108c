//! The leaves of an event by their paths, which contain no array indexes (PAT-10, PAT-11).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The array elements that contain a leaf: the index for the path of each array.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Membership(BTreeMap<String, usize>);

impl Membership {
    /// The paths of the arrays.
    pub(super) fn arrays(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The same, reduced to these arrays.
    pub(super) fn within(mut self, arrays: &BTreeSet<&str>) -> Membership {
        self.0.retain(|path, _| arrays.contains(path.as_str()));
        self
    }

    /// The union of both, unless they are in different elements of one array.
    pub(super) fn joined(&self, other: &Membership) -> Option<Membership> {
        let is_same = |(path, index): (&String, &usize)| other.0.get(path).is_none_or(|at| at == index);
        self.0.iter().all(is_same).then(|| {
            let both = self.0.iter().chain(&other.0);
            Membership(both.map(|(path, index)| (path.clone(), *index)).collect())
        })
    }
}

/// A value that is neither an object nor an array.
#[derive(Debug)]
pub(super) struct Leaf<'e> {
    pub(super) value: &'e Value,
    pub(super) membership: Membership,
}

/// All leaves of an event. An empty array contributes none (PAT-13).
pub(super) fn of(event: &Value) -> BTreeMap<String, Vec<Leaf<'_>>> {
    let mut leaves = BTreeMap::new();
    add(&mut leaves, event, String::new(), &Membership::default());
    leaves
}

fn add<'e>(leaves: &mut BTreeMap<String, Vec<Leaf<'e>>>, value: &'e Value, path: String, membership: &Membership) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                add(leaves, value, step(&path, name), membership);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                let mut inner = membership.clone();
                // A nested array shares the path of the outer one but is a separate array, so its key gets a suffix.
                let mut name = path.clone();
                while inner.0.contains_key(&name) {
                    name.push_str("[]");
                }
                inner.0.insert(name, index);
                add(leaves, value, path.clone(), &inner);
            }
        }
        _ => leaves.entry(path).or_default().push(Leaf { value, membership: membership.clone() }),
    }
}

/// A path extended by a name. A dot in a name works like a separator (PAT-08).
pub(super) fn step(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
