//! Derived documents: a second form of each document, computed on demand from the stored document and its annex.
//!
//! A table stores only one form. Fields of the derived form have columns like all others, so one filter may use fields of
//! both forms.

use std::fmt::Debug;

/// A document and its annex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored<'d> {
    /// The document.
    pub document: &'d [u8],
    /// Additional data that the caller stored with the document. Only the derived form uses it; it is usually empty.
    pub annex: &'d [u8],
}

/// Parts of a derived document, as a set of bits that a [`Derive`] assigns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts(pub u64);

impl Parts {
    /// All parts.
    pub const ALL: Self = Self(u64::MAX);

    /// The parts of both sets together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether the sets have a part in common.
    pub fn contain(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Computes the derived form of documents.
pub trait Derive: Debug + Send + Sync {
    /// The parts that contain the values of a path.
    fn parts(&self, path: &str) -> Parts;

    /// Appends the derived form to `derived` as JSON. Members outside of `parts` may be missing.
    fn derive(&self, stored: Stored<'_>, parts: Parts, derived: &mut Vec<u8>);
}
