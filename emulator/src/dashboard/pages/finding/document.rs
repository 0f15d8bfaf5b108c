//! `JSON`: the document as GetFindings sends it. Each member is a link to itself, by its path (DSH-67).

use std::collections::HashSet;
use std::fmt::Write as _;

use askama::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::shown::Shown;
use crate::dashboard::page::Section;

/// Maximum number of bytes of a document on a page.
const BYTES: usize = 240 * 1024;
/// Characters of names in a path that need not be encoded.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');

#[derive(Template)]
#[template(path = "pages/finding/json.html")]
struct Json {
    switch: String,
    text: String,
    is_cut: bool,
}

/// Shows the view. `switch` has the links to other forms of the document.
pub(super) fn show(shown: &Shown, switch: String) -> Section {
    let (text, is_cut) = written(&shown.value, "", &str::to_owned, BYTES);
    Section::new(&Json { switch, text, is_cut }, vec![shown.call()])
}

/// A document as HTML of at most about `most` bytes, and whether it is cut. Each member has its path as anchor, and links
/// to the anchor that `target` returns for it. Documents that are long with links have none.
pub(super) fn written(value: &Value, prefix: &str, target: &Target<'_>, most: usize) -> (String, bool) {
    let mut writer = Writer { html: String::new(), target, most };
    writer.write(value, prefix, 0);
    if writer.html.len() <= most { (writer.html, false) } else { plain(&value.to_string(), most) }
}

/// The anchor that a member with an anchor links to.
pub(super) type Target<'t> = dyn Fn(&str) -> String + 't;

/// The anchors of the members of a document.
pub(super) fn anchors(value: &Value, path: &str, found: &mut HashSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = anchor(path, name);
                anchors(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(list) => {
            for (position, value) in list.iter().enumerate() {
                anchors(value, &format!("{path}[{position}]"), found);
            }
        }
        _ => {}
    }
}

/// The anchor of a member of an object.
fn anchor(path: &str, name: &str) -> String {
    let separator = if path.is_empty() || path.ends_with(':') { "" } else { "." };
    format!("{path}{separator}{}", utf8_percent_encode(name, NAME))
}

/// A text as HTML of at most about `most` bytes, and whether it is cut.
pub(super) fn plain(text: &str, most: usize) -> (String, bool) {
    let mut html = String::new();
    for letter in text.chars() {
        if html.len() >= most {
            return (html, true);
        }
        escape(&mut html, letter);
    }
    (html, false)
}

/// Writes a value with links; stops when more than `most` bytes are written.
struct Writer<'w> {
    html: String,
    target: &'w Target<'w>,
    most: usize,
}

impl Writer<'_> {
    fn write(&mut self, value: &Value, path: &str, depth: usize) {
        if self.html.len() > self.most {
            return;
        }
        match value {
            Value::Object(members) if !members.is_empty() => {
                self.html.push('{');
                for (position, (name, value)) in members.iter().enumerate() {
                    next(&mut self.html, position, depth + 1);
                    let path = anchor(path, name);
                    _ = write!(self.html, "<a id=\"{path}\" href=\"#{}\">", (self.target)(&path));
                    self.scalar(&Value::String(name.clone()));
                    self.html.push_str("</a>: ");
                    self.write(value, &path, depth + 1);
                }
                end(&mut self.html, depth, '}');
            }
            Value::Array(list) if !list.is_empty() => {
                self.html.push('[');
                for (position, value) in list.iter().enumerate() {
                    next(&mut self.html, position, depth + 1);
                    self.write(value, &format!("{path}[{position}]"), depth + 1);
                }
                end(&mut self.html, depth, ']');
            }
            scalar => self.scalar(scalar),
        }
    }

    fn scalar(&mut self, value: &Value) {
        value.to_string().chars().for_each(|letter| escape(&mut self.html, letter));
    }
}

fn next(html: &mut String, position: usize, depth: usize) {
    html.push_str(if position > 0 { ",\n" } else { "\n" });
    html.push_str(&"  ".repeat(depth));
}

fn end(html: &mut String, depth: usize, bracket: char) {
    html.push('\n');
    html.push_str(&"  ".repeat(depth));
    html.push(bracket);
}

/// A character of a text, which is not an attribute.
fn escape(html: &mut String, letter: char) {
    match letter {
        '&' => html.push_str("&amp;"),
        '<' => html.push_str("&lt;"),
        '>' => html.push_str("&gt;"),
        // XML does not allow these characters, and browsers replace them.
        '\u{FFFE}' | '\u{FFFF}' => html.push('\u{FFFD}'),
        other => html.push(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rules: DSH-31, DSH-67.
    #[test]
    fn each_member_has_an_anchor_with_its_path() {
        let value = json!({ "A": [{ "b<c": "</pre>" }, {}], "d e.f": { "g": 1.50 } });
        let (html, is_cut) = written(&value, "", &str::to_owned, BYTES);
        for anchor in ["<a id=\"A\" href=\"#A\">\"A\"</a>", "<a id=\"A[0].b%3Cc\"", "<a id=\"d%20e%2Ef.g\""] {
            assert!(html.contains(anchor), "{anchor}: {html}");
        }
        assert!(!is_cut && html.contains("\"&lt;/pre&gt;\"") && html.contains("{}"), "{html}");
        let (html, _) = written(&value, "ocsf:", &|_| "Title".to_owned(), BYTES);
        assert!(html.contains("<a id=\"ocsf:A\" href=\"#Title\">"), "{html}");
        let mut found = HashSet::new();
        anchors(&value, "", &mut found);
        let expected = ["A", "A[0].b%3Cc", "d%20e%2Ef", "d%20e%2Ef.g"].map(str::to_owned);
        assert_eq!(found, HashSet::from(expected));
    }

    #[test]
    fn a_long_document_is_written_without_links_or_cut() {
        let value = json!({ "A": "<".repeat(100), "B": [1, 2, 3] });
        let (html, is_cut) = written(&value, "", &str::to_owned, 440);
        assert!(!is_cut && !html.contains("<a"), "{html}");
        let (html, is_cut) = written(&value, "", &str::to_owned, 100);
        assert!(is_cut && html.len() < 110, "{html}");
    }
}
