//! Pages of rows, and where the next one begins.

use std::cmp::Ordering;
use std::ops::Range;

use crate::invariant::Invariant;
use crate::sort::{SortKey, SortValue};

/// Room behind a page for what the caller ends a body with.
pub(crate) const ROOM: usize = 512;

/// Where a row stands in an order. A page that begins after a position needs no row to stand there any more (SRT-18).
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// Its place under each criterion of the order; empty without criteria.
    pub keys: Vec<SortValue>,
    /// Its sequence number. Rows of two tables have the same one only where one is a copy of the other.
    pub sequence: u64,
}

impl Position {
    /// The order of two rows: by the criteria, then oldest first (SRT-04, SRT-08).
    pub fn compare(&self, other: &Self, sort: &[SortKey]) -> Ordering {
        let places = self.keys.iter().zip(&other.keys);
        let criteria = sort.iter().zip(places);
        let keys = criteria.map(|(key, (one, two))| one.place().compare(two.place(), key.descending));
        keys.fold(Ordering::Equal, Ordering::then).then(self.sequence.cmp(&other.sequence))
    }
}

/// One row of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where its document, as stored, stands in the page's bytes.
    pub document: Range<usize>,
    /// Where the row stood when the page was made.
    pub position: Position,
}

/// Rows in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// What the page was made behind, then the documents joined by commas.
    pub bytes: Vec<u8>,
    /// The rows, as many as were asked for unless there are no more.
    pub rows: Vec<Row>,
    /// Whether rows follow after the last one.
    pub more: bool,
}

impl Page {
    /// The documents of the rows.
    pub fn documents(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.iter().map(|row| {
            self.bytes.get(row.document.clone()).or_report("a row names bytes of its page").unwrap_or_default()
        })
    }
}

/// Joins pages that several tables gave for one question, order, position and limit, behind `bytes`. Rows that stand at
/// one position are one document, of which the first page's is taken.
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
