//! Pages of rows, and the position at which the next page begins.

use std::cmp::Ordering;
use std::ops::Range;

use crate::invariant::Invariant;
use crate::sort::{SortKey, SortValue};

/// Spare capacity after a page, for the end of the response body.
pub(crate) const ROOM: usize = 512;

/// The position of a row in an order. A page can begin after a position even if the row no longer exists (SRT-18).
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// The sort value for each criterion; empty without criteria.
    pub keys: Vec<SortValue>,
    /// The sequence number. Rows of two tables share one only if one is a replica of the other.
    pub sequence: u64,
}

impl Position {
    /// Compares two rows by the criteria, then oldest first (SRT-04, SRT-08).
    pub fn compare(&self, other: &Self, sort: &[SortKey]) -> Ordering {
        let positions = self.keys.iter().zip(&other.keys);
        let criteria = sort.iter().zip(positions);
        let keys = criteria.map(|(key, (one, two))| one.as_ref().compare(two.as_ref(), key.descending));
        keys.fold(Ordering::Equal, Ordering::then).then(self.sequence.cmp(&other.sequence))
    }
}

/// A row of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The range of its document in the bytes of the page.
    pub document: Range<usize>,
    /// The position of the row when the page was created.
    pub position: Position,
}

/// Rows in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The bytes given at the start, followed by the documents joined by commas.
    pub bytes: Vec<u8>,
    /// The rows, as many as requested unless there are no more.
    pub rows: Vec<Row>,
    /// True if further rows follow.
    pub more: bool,
}

impl Page {
    /// The documents of the rows.
    pub fn documents(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.iter().map(|row| {
            self.bytes.get(row.document.clone()).or_report("a row is a range of its page").unwrap_or_default()
        })
    }
}

/// Merges pages from several tables for the same query, order, position and limit, and appends the result to `bytes`.
/// Rows with the same position are the same document, which is taken from the first page.
pub fn merge(pages: &[Page], sort: &[SortKey], limit: usize, mut bytes: Vec<u8>) -> Page {
    let more = pages.iter().any(|page| page.more);
    let mut found: Vec<(&Row, &[u8])> = pages.iter().flat_map(|page| page.rows.iter().zip(page.documents())).collect();
    found.sort_by(|(one, _), (two, _)| one.position.compare(&two.position, sort));
    found.dedup_by(|(later, _), (first, _)| later.position.compare(&first.position, sort).is_eq());
    let more = more || found.len() > limit;
    found.truncate(limit);
    bytes.reserve(found.iter().map(|(_, document)| document.len() + 1).sum::<usize>() + ROOM);
    let mut rows = Vec::with_capacity(found.len());
    for (row, document) in found {
        if !rows.is_empty() {
            bytes.push(b',');
        }
        let start = bytes.len();
        bytes.extend_from_slice(document);
        rows.push(Row { document: start..bytes.len(), position: row.position.clone() });
    }
    Page { bytes, rows, more }
}
