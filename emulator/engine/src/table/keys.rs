//! An index of slots by the first bytes of their documents.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use super::documents::Documents;
use crate::blocks::{Blocks, Index};
use crate::invariant::Invariant;

/// The bytes with which a document begins, unique within its table. They consist of a name and an owner.
///
/// Documents of several owners may have the same name. The table only compares bytes; a document must begin with its
/// key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    bytes: Vec<u8>,
    name: usize,
}

impl Key {
    /// A key whose first `name` bytes are its name, and whose other bytes are its owner.
    pub fn new(bytes: Vec<u8>, name: usize) -> Self {
        Self { bytes, name }
    }

    /// Both parts.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The part that documents of several owners may share.
    pub fn name(&self) -> &[u8] {
        self.bytes.get(..self.name).or_report("a key begins with its name").unwrap_or_default()
    }
}

/// An index that stores hashes instead of keys, and compares keys with the documents themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    hasher: DefaultHashBuilder,
    slots: Index,
    /// The hash of each slot's name.
    hashes: Blocks<u64>,
}

impl Keys {
    pub(super) fn find(&self, key: &Key, documents: &Documents) -> Option<u32> {
        let hash = self.hasher.hash_one(key.name());
        self.slots.find(hash, |slot| documents.get(*slot).starts_with(&key.bytes))
    }

    /// The slots of all documents with a name.
    pub(super) fn named<'t>(&'t self, name: &'t [u8], documents: &'t Documents) -> impl Iterator<Item = u32> + 't {
        let hash = self.hasher.hash_one(name);
        self.slots.iter_hash(hash).filter(move |slot| documents.get(*slot).starts_with(name))
    }

    /// Adds the next slot, whose key must not exist yet.
    pub(super) fn push(&mut self, slot: u32, key: &Key) {
        let hash = self.hasher.hash_one(key.name());
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.slots.insert(hash, slot, |slot| hash_of(hashes, slot));
    }

    /// Removes a slot.
    pub(super) fn remove(&mut self, slot: u32) {
        if let Some(hash) = self.hashes.get(slot as usize) {
            self.slots.remove(*hash, slot);
        }
    }

    /// Keeps only these slots, renumbered from 0 in this order.
    pub(super) fn keep(&mut self, slots: &[u32]) {
        self.hashes = slots.iter().filter_map(|slot| self.hashes.get(*slot as usize).copied()).collect();
        let hashes = &self.hashes;
        self.slots = Index::default();
        for (slot, hash) in (0..).zip(hashes.iter()) {
            self.slots.insert(*hash, slot, |slot| hash_of(hashes, slot));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }
}

fn hash_of(hashes: &Blocks<u64>, slot: u32) -> u64 {
    hashes.get(slot as usize).copied().or_report("a slot has a hash").unwrap_or_default()
}
