//! Slots by what their documents begin with.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use super::documents::Documents;
use crate::blocks::{Blocks, Index};
use crate::invariant::Invariant;

/// What a document begins with, and no other document of its table: a name, and whose it is.
///
/// Documents of several owners may have one name. The table compares bytes and knows no more of them; a document
/// must begin with its key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    bytes: Vec<u8>,
    name: usize,
}

impl Key {
    /// A key whose first `name` bytes are its name, and the others whose it is.
    pub fn new(bytes: Vec<u8>, name: usize) -> Self {
        Self { bytes, name }
    }

    /// Both parts.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What documents of several owners may share.
    pub fn name(&self) -> &[u8] {
        self.bytes.get(..self.name).or_report("a key begins with its name").unwrap_or_default()
    }
}

/// An index that holds no key: it keeps hashes, and compares with the documents themselves.
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

    /// The slots of all documents that begin with a name.
    pub(super) fn named<'t>(&'t self, name: &'t [u8], documents: &'t Documents) -> impl Iterator<Item = u32> + 't {
        let hash = self.hasher.hash_one(name);
        self.slots.iter_hash(hash).filter(move |slot| documents.get(*slot).starts_with(name))
    }

    /// Adds the next slot, whose key must be new.
    pub(super) fn push(&mut self, slot: u32, key: &Key) {
        let hash = self.hasher.hash_one(key.name());
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.slots.insert(hash, slot, |slot| hash_of(hashes, slot));
    }

    /// Forgets a slot.
    pub(super) fn remove(&mut self, slot: u32) {
        if let Some(hash) = self.hashes.get(slot as usize) {
            self.slots.remove(*hash, slot);
        }
    }

    /// Keeps these slots, in this order, under new numbers from 0 on.
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
