//! Pages of rows, and where the next one begins.

use std::cmp::Ordering;
use std::sync::Arc;

use bytes::Bytes;

use crate::sort::{SortKey, SortValue};
use crate::table::Key;

/// Where a row stands in an order. A page that begins after a position needs no row to stand there any more (SRT-18).
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// Its place under each criterion of the order; empty without criteria.
    pub keys: Vec<SortValue>,
    /// Its sequence number, which no other row of any table has.
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
    /// Whose document it is.
    pub key: Arc<Key>,
    /// The document, as stored.
    pub document: Bytes,
    /// Where the row stood when the page was made.
    pub position: Position,
}

/// Rows in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The rows, as many as were asked for unless there are no more.
    pub rows: Vec<Row>,
    /// Whether rows follow after the last one.
    pub more: bool,
}

/// Joins pages that several tables gave for one question, order, position and limit.
pub fn merge(pages: Vec<Page>, sort: &[SortKey], limit: usize) -> Page {
    let more = pages.iter().any(|page| page.more);
    let mut rows: Vec<Row> = pages.into_iter().flat_map(|page| page.rows).collect();
    rows.sort_by(|one, two| one.position.compare(&two.position, sort));
    let more = more || rows.len() > limit;
    rows.truncate(limit);
    Page { rows, more }
}
