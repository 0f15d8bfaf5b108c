//! Parsed paths into a document. Several paths are followed in one pass over the text.

use crate::item::{self, Item};
use crate::json;
use crate::schema::{FieldId, FieldKind};

/// The path from the root of a document to the values of a field. A step may pass through all elements of an array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    member: String,
    each: bool,
}

impl Path {
    /// Parses the notation of the field tables: members joined by dots, with `[]` after a member to select its
    /// elements.
    pub(crate) fn parse(text: &str) -> Self {
        let step = |part: &str| match part.strip_suffix("[]") {
            Some(member) => Step { member: member.to_owned(), each: true },
            None => Step { member: part.to_owned(), each: false },
        };
        Self { steps: text.split('.').filter(|part| !part.is_empty()).map(step).collect() }
    }

    /// Returns whether the path ends in the elements of an array.
    fn ends_in_elements(&self) -> bool {
        self.steps.last().is_some_and(|step| step.each)
    }
}

/// The paths of several fields, merged at common prefixes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    root: Node,
}

#[derive(Clone, Debug, Default)]
struct Node {
    leaves: Vec<Leaf>,
    members: Vec<(String, Node)>,
    /// The elements of an array.
    each: Option<Box<Node>>,
}

#[derive(Clone, Copy, Debug)]
struct Leaf {
    field: FieldId,
    kind: FieldKind,
    /// True if map entries are objects with `name` and `value`.
    pairs: bool,
}

impl Paths {
    /// Adds the path of a field.
    pub(crate) fn add(&mut self, field: FieldId, kind: FieldKind, path: &Path) {
        let mut node = &mut self.root;
        for step in &path.steps {
            let known = node.members.iter().position(|(name, _)| *name == step.member);
            let position = known.unwrap_or(node.members.len());
            if known.is_none() {
                node.members.push((step.member.clone(), Node::default()));
            }
            node = &mut node.members[position].1;
            if step.each {
                node = node.each.get_or_insert_default();
            }
        }
        node.leaves.push(Leaf { field, kind, pairs: path.ends_in_elements() });
    }

    /// Returns whether there are no paths.
    pub(crate) fn is_empty(&self) -> bool {
        self.root.members.is_empty()
    }

    /// Returns whether `found` returns true for any value at any of the paths; then the traversal ends. Values of
    /// another form than the path expects (an object instead of an array, or the reverse) are missing.
    pub(crate) fn any(&self, document: &[u8], found: &mut dyn FnMut(FieldId, Item<'_>) -> bool) -> bool {
        let mut walk = Walk { document, found, is_found: false };
        walk.root(&self.root);
        walk.is_found
    }
}

struct Walk<'d, 'f> {
    document: &'d [u8],
    found: &'f mut dyn FnMut(FieldId, Item<'_>) -> bool,
    is_found: bool,
}

impl Walk<'_, '_> {
    /// Traverses the document as far as paths lead.
    fn root(&mut self, root: &Node) {
        let document = self.document;
        let start = json::blanks(document, 0);
        if document.get(start) != Some(&b'{') {
            return;
        }
        let mut left = root.members.len();
        json::members(document, start, |name, at| {
            let Some((_, below)) = root.members.iter().find(|(member, _)| member.as_bytes() == name) else {
                return json::value(document, at);
            };
            let end = self.value(below, at)?;
            left -= 1;
            (left > 0).then_some(end)
        });
    }

    /// The position after the value at `at`. `None` ends the traversal, because of a match or invalid JSON.
    fn value(&mut self, node: &Node, at: usize) -> Option<usize> {
        let document = self.document;
        let end = match (document.get(at)?, &node.each) {
            (b'{', _) if !node.members.is_empty() => json::members(document, at, |name, at| {
                match node.members.iter().find(|(member, _)| member.as_bytes() == name) {
                    Some((_, below)) => self.value(below, at),
                    None => json::value(document, at),
                }
            }),
            (b'[', Some(each)) => json::elements(document, at, |at| self.value(each, at)),
            _ => json::value(document, at),
        }?;
        for leaf in &node.leaves {
            let found = &mut *self.found;
            let value = document.get(at..end)?;
            if item::any(leaf.kind, leaf.pairs, value, &mut |item| found(leaf.field, item)) {
                self.is_found = true;
                return None;
            }
        }
        Some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(path: &str, document: &Value, expected: &[&str]) {
        let mut paths = Paths::default();
        paths.add(FieldId(0), FieldKind::String, &Path::parse(path));
        let mut seen = Vec::new();
        paths.any(document.to_string().as_bytes(), &mut |_, item| {
            if let Item::Text(text) = item {
                seen.push(text.to_owned());
            }
            false
        });
        assert_eq!(seen, expected, "{path}");
    }

    /// Rules: FLT-42.
    #[test]
    fn a_path_reaches_every_element() {
        let document = json!({"Resources": [{"Ips": ["a", "b"]}, {}, {"Ips": ["c"]}, {"Ips": "d"}], "Title": "t"});
        check("Title", &document, &["t"]);
        check("Resources[].Ips[]", &document, &["a", "b", "c"]);
        check("Resources.Ips[]", &document, &[]);
        check("Title[]", &document, &[]);
        check("Missing.Deeper", &document, &[]);
    }

    #[test]
    fn a_traversal_stops_at_the_first_match() {
        let mut paths = Paths::default();
        paths.add(FieldId(0), FieldKind::String, &Path::parse("Types[]"));
        let mut seen = 0;
        let document = json!({"Types": ["a", "b", "c"]}).to_string();
        assert!(paths.any(document.as_bytes(), &mut |_, item| {
            seen += 1;
            item == Item::Text("b")
        }));
        assert_eq!(seen, 2);
    }

    #[test]
    fn several_fields_are_read_in_one_pass() {
        let mut paths = Paths::default();
        for (number, path) in (0..).zip(["A.B", "A.C[]", "A", "C"]) {
            paths.add(FieldId(number), FieldKind::String, &Path::parse(path));
        }
        let mut seen = Vec::new();
        let document = json!({"A": {"B": "b", "C": ["c", "d"]}, "C": "e"}).to_string();
        paths.any(document.as_bytes(), &mut |field, item| {
            seen.push((field.0, format!("{item:?}")));
            false
        });
        let expected = [(0, "b"), (1, "c"), (1, "d"), (3, "e")];
        assert_eq!(seen, expected.map(|(field, text)| (field, format!("Text({text:?})"))));
    }
}
