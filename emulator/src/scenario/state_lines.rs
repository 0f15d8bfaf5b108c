//! Locates the findings in the text of an exported state, where each finding is one line.
//!
//! An export can contain a million findings. They are read as JSON, line by line, and are not added to the tree: in the
//! text that the parser gets, spaces replace them.

use std::ops::Range;

use memchr::memmem;

/// The beginning of a finding in an exported state, after the indentation and the list marker.
const START: &str = "{\"number\":";

/// The ranges of the findings of an exported state in a text. Empty if the text has no state.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let has_state = text.starts_with("state:") || text.contains("\nstate:") || text.contains("\"state\"");
    if !has_state || memmem::find(text.as_bytes(), START.as_bytes()).is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let entry = line.trim();
        let entry = entry.strip_prefix("- ").unwrap_or(entry);
        let entry = entry.strip_suffix(',').unwrap_or(entry);
        if entry.starts_with(START) && entry.ends_with('}') {
            let offset = start + line.find('{').unwrap_or_default();
            found.push(offset..offset + entry.len());
        }
        start += line.len();
    }
    found
}

/// Replaces the lines that contain these ranges with spaces, so that all positions stay the same.
pub(super) fn mask(text: &str, ranges: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut copied = 0;
    for range in ranges {
        let start = text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let end = text.get(range.end..).and_then(|after| after.find('\n')).map_or(text.len(), |end| range.end + end);
        masked.push_str(text.get(copied..start).unwrap_or_default());
        masked.extend(std::iter::repeat_n(' ', end - start));
        copied = end;
    }
    masked.push_str(text.get(copied..).unwrap_or_default());
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_of_a_state_are_found_and_masked() {
        let text = "state:\n  findings:\n    - {\"number\":1,\"x\":\"ü\"}\n    - {\"number\":2}\nname: x\n";
        let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["{\"number\":1,\"x\":\"ü\"}", "{\"number\":2}"]);
        let masked = mask(text, &find(text));
        assert_eq!((masked.len(), masked.trim_end()), (text.len(), masked.trim_end()));
        assert_eq!(masked.split_whitespace().collect::<Vec<_>>(), ["state:", "findings:", "name:", "x"]);
        let json = "{\"state\": {\"findings\": [\n{\"number\":1},\n{\"number\":2}\n]}}";
        assert_eq!(mask(json, &find(json)).split_whitespace().count(), 4);
        assert!(find("findings:\n  - {\"number\":1}\n").is_empty(), "the text has no state");
    }
}
