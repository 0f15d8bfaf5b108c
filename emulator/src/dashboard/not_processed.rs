//! The table of items that an action could not process.

use askama::Template;

use super::template::html;
use super::text;

/// Maximum number of rows.
const ROWS: usize = 200;

#[derive(Template)]
#[template(path = "parts/not_processed.html")]
struct NotProcessed<'n, const N: usize> {
    columns: [&'static str; N],
    rows: &'n [[String; N]],
    more: Option<String>,
}

/// The table `Not processed` as HTML; empty without rows. The first column has the names of the rows.
pub fn table<const N: usize>(columns: [&'static str; N], rows: &[[String; N]]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let more = rows.len().checked_sub(ROWS).filter(|more| *more > 0).map(|more| text::number(more as u64));
    html(&NotProcessed { columns, rows: rows.get(..ROWS).unwrap_or(rows), more })
}
