//! Deserialization of static texts, such as names of standards and controls.
//!
//! The state refers to such texts as `&'static str`. Deserialized texts are interned: equal texts share their memory,
//! which is never freed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer};

use super::names::Name;

/// The interned texts. They are not part of a world, so the lock is not one of `sync`.
static TEXTS: Mutex<BTreeSet<Name>> = Mutex::new(BTreeSet::new());

/// The interned copy of a text.
pub fn text(text: &str) -> Name {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let new: Name = text.to_owned().leak();
    texts.insert(new);
    new
}

/// A value that consists of interned texts.
pub(super) trait Interned: Sized {
    /// The value as it is deserialized.
    type Read: for<'de> Deserialize<'de>;

    /// Interns the texts of a deserialized value.
    fn of(read: Self::Read) -> Self;
}

impl Interned for Name {
    type Read = String;

    fn of(read: String) -> Name {
        text(&read)
    }
}

impl Interned for Vec<Name> {
    type Read = Vec<String>;

    fn of(read: Vec<String>) -> Vec<Name> {
        read.iter().map(|read| text(read)).collect()
    }
}

impl Interned for BTreeSet<Name> {
    type Read = Vec<String>;

    fn of(read: Vec<String>) -> BTreeSet<Name> {
        read.iter().map(|read| text(read)).collect()
    }
}

impl Interned for Option<BTreeSet<Name>> {
    type Read = Option<Vec<String>>;

    fn of(read: Option<Vec<String>>) -> Option<BTreeSet<Name>> {
        read.map(Interned::of)
    }
}

impl<V: for<'de> Deserialize<'de>> Interned for BTreeMap<Name, V> {
    type Read = BTreeMap<String, V>;

    fn of(read: BTreeMap<String, V>) -> BTreeMap<Name, V> {
        read.into_iter().map(|(key, value)| (text(&key), value)).collect()
    }
}

/// Deserializes a value of interned texts; for `#[serde(deserialize_with = …)]`.
pub(super) fn read<'de, T: Interned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::Read::deserialize(deserializer).map(T::of)
}

/// Deserializes a member that is present and may be `null`.
pub(super) fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_their_memory() {
        let (one, two) = (text("S3.1"), text(&String::from("S3.1")));
        assert!(std::ptr::eq(one, two));
    }
}
