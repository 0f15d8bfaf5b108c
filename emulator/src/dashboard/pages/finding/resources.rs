//! `Resources`: a table for each resource with all that the finding says about it (DSH-67).

use askama::Template;
use serde_json::Value;

use super::facts::{plain, size};
use super::shown::Shown;
use crate::dashboard::answer::{list, text};
use crate::dashboard::page::Section;

/// Maximum number of bytes of the tables of a page.
const BYTES: usize = 200 * 1024;
/// Bytes of the markup of a row.
const ROW: usize = 60;

#[derive(Template)]
#[template(path = "pages/finding/resources.html")]
struct Resources {
    resources: Vec<Resource>,
    is_cut: bool,
}

struct Resource {
    number: usize,
    name: String,
    rows: Vec<(String, String)>,
}

/// Shows the view.
pub(super) fn show(shown: &Shown) -> Section {
    let mut left = BYTES;
    let mut resources = Vec::new();
    let all = list(&shown.value, "Resources");
    let mut is_cut = false;
    for (number, resource) in (1..).zip(all) {
        let mut rows = Vec::new();
        flatten(resource, "", &mut rows);
        let size: usize = rows.iter().map(size_of_row).sum();
        if size > left {
            is_cut = true;
            let fits = |row: &(String, String)| {
                let size = size_of_row(row);
                let fits = size <= left;
                left = left.saturating_sub(size);
                fits
            };
            rows = rows.into_iter().take_while(fits).collect();
        } else {
            left -= size;
        }
        if rows.is_empty() {
            break;
        }
        resources.push(Resource { number, name: format!("Resource {number}: {}", text(resource, "Type")), rows });
    }
    Section::new(&Resources { resources, is_cut }, vec![shown.call()])
}

fn size_of_row((path, value): &(String, String)) -> usize {
    size(path) + size(value) + ROW
}

/// The scalars within a value, with their paths. A list of scalars is one value.
fn flatten(value: &Value, path: &str, rows: &mut Vec<(String, String)>) {
    let is_scalar = |value: &Value| !value.is_object() && !value.is_array();
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(value, &path, rows);
            }
        }
        Value::Array(values) if !values.iter().all(is_scalar) => {
            for (position, value) in values.iter().enumerate() {
                flatten(value, &format!("{path}[{position}]"), rows);
            }
        }
        other => rows.push((path.to_owned(), plain(other))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rules: DSH-67.
    #[test]
    fn details_are_flattened() {
        let mut rows = Vec::new();
        let resource =
            json!({ "Id": "a", "Details": { "X": { "List": [1, 2], "Many": [{ "B": true }, { "B": null }] } } });
        flatten(&resource, "", &mut rows);
        let expected =
            [("Id", "a"), ("Details.X.List", "1, 2"), ("Details.X.Many[0].B", "yes"), ("Details.X.Many[1].B", "–")];
        assert_eq!(rows, expected.map(|(path, value)| (path.to_owned(), value.to_owned())));
    }
}
