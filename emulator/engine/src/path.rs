//! Paths into a document, parsed once.

use serde_json::Value;

/// The way from the root of a document to the values of a field; a step may pass through every element of an array.
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
    /// Parses the notation of the field tables: members joined by dots, `[]` after a member whose elements are meant.
    pub(crate) fn parse(text: &str) -> Self {
        let step = |part: &str| match part.strip_suffix("[]") {
            Some(member) => Step { member: member.to_owned(), each: true },
            None => Step { member: part.to_owned(), each: false },
        };
        Self { steps: text.split('.').filter(|part| !part.is_empty()).map(step).collect() }
    }

    /// Whether the path ends in the elements of an array.
    pub(crate) fn ends_in_elements(&self) -> bool {
        self.steps.last().is_some_and(|step| step.each)
    }

    /// Whether `found` holds for any value at this path. Values of another form than the path says (an object where
    /// an array is expected and the reverse) are missing.
    pub(crate) fn any<'d>(&self, document: &'d Value, found: &mut dyn FnMut(&'d Value) -> bool) -> bool {
        any(&self.steps, document, found)
    }
}

fn any<'d>(steps: &[Step], node: &'d Value, found: &mut dyn FnMut(&'d Value) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return found(node);
    };
    match node.get(&step.member) {
        None => false,
        Some(member) if step.each => {
            member.as_array().is_some_and(|elements| elements.iter().any(|element| any(rest, element, found)))
        }
        Some(member) => any(rest, member, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(path: &str, document: &Value, expected: &[Value]) {
        let mut seen = Vec::new();
        Path::parse(path).any(document, &mut |value| {
            seen.push(value.clone());
            false
        });
        assert_eq!(seen, expected, "{path}");
    }

    #[test]
    fn flt_42_a_path_reaches_every_element() {
        let document = json!({"Resources": [{"Ips": ["a", "b"]}, {}, {"Ips": ["c"]}, {"Ips": "d"}], "Title": "t"});
        check("Title", &document, &[json!("t")]);
        check("Resources[].Ips[]", &document, &[json!("a"), json!("b"), json!("c")]);
        check("Resources.Ips[]", &document, &[]);
        check("Title[]", &document, &[]);
        check("Missing.Deeper", &document, &[]);
    }

    #[test]
    fn a_path_stops_at_the_first_find() {
        let document = json!({"Types": ["a", "b", "c"]});
        let mut seen = 0;
        assert!(Path::parse("Types[]").any(&document, &mut |value| {
            seen += 1;
            value == "b"
        }));
        assert_eq!(seen, 2);
    }
}
