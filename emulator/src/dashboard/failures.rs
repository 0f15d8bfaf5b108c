//! The table of items that an action could not process.

use askama::Template;

use super::template::html;
use super::text;

/// Maximum number of rows.
const ROWS: usize = 200;

/// Maximum number of characters of a cell.
const CELL: usize = 500;

/// An item that could not be processed: its name, and the reason in one or more cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure<const N: usize> {
    cells: [String; N],
    address: Option<String>,
}

impl<const N: usize> Failure<N> {
    /// A row with these cells.
    pub fn new(cells: [&str; N]) -> Failure<N> {
        Failure { cells: cells.map(|cell| text::cut(cell, CELL)), address: None }
    }

    /// The same with a link to the item.
    #[must_use]
    pub fn linked(self, address: String) -> Failure<N> {
        Failure { address: Some(address), ..self }
    }
}

#[derive(Template)]
#[template(path = "parts/failures.html")]
struct Failures<'f, const N: usize> {
    caption: &'f str,
    columns: [&'f str; N],
    rows: &'f [Failure<N>],
    more: Option<String>,
}

/// The table as HTML; empty without rows.
pub fn table<const N: usize>(caption: &str, columns: [&str; N], rows: &[Failure<N>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let shown = rows.get(..ROWS).unwrap_or(rows);
    html(&Failures { caption, columns, rows: shown, more: text::more(rows.len(), ROWS) })
}
