//! Reading texts of the program, such as names of standards and controls, with serde.
//!
//! The state refers to such texts as `&'static str`. A text that is read is looked up in a set that lives as long as
//! the process, so a text takes memory once, however often it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Deserializer};

use super::names::Name;

/// The texts that were read so far. They are not part of a world, so the lock is not one of `sync`.
static TEXTS: Mutex<BTreeSet<Name>> = Mutex::new(BTreeSet::new());

/// A text that lives as long as the process.
pub fn text(text: &str) -> Name {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let new: Name = text.to_owned().leak();
    texts.insert(new);
    new
}

/// A value that consists of texts of the program.
pub(super) trait Fixed: Sized {
    /// The value as serde reads it.
    type Read: for<'de> Deserialize<'de>;

    /// Replaces the texts that were read by those of the program.
    fn of(read: Self::Read) -> Self;
}

impl Fixed for Name {
    type Read = String;

    fn of(read: String) -> Name {
        text(&read)
    }
}

impl Fixed for Vec<Name> {
    type Read = Vec<String>;

    fn of(read: Vec<String>) -> Vec<Name> {
        read.iter().map(|read| text(read)).collect()
    }
}

impl Fixed for BTreeSet<Name> {
    type Read = Vec<String>;

    fn of(read: Vec<String>) -> BTreeSet<Name> {
        read.iter().map(|read| text(read)).collect()
    }
}

impl Fixed for Option<BTreeSet<Name>> {
    type Read = Option<Vec<String>>;

    fn of(read: Option<Vec<String>>) -> Option<BTreeSet<Name>> {
        read.map(Fixed::of)
    }
}

impl<V: for<'de> Deserialize<'de>> Fixed for BTreeMap<Name, V> {
    type Read = BTreeMap<String, V>;

    fn of(read: BTreeMap<String, V>) -> BTreeMap<Name, V> {
        read.into_iter().map(|(key, value)| (text(&key), value)).collect()
    }
}

/// Reads a value of texts of the program; for `#[serde(deserialize_with = …)]`.
pub(super) fn read<'de, T: Fixed, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::Read::deserialize(deserializer).map(T::of)
}

/// Reads a member that is present; `null` is one of its values.
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
