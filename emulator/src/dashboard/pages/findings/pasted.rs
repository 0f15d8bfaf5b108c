//! `Paste filters`: reads the JSON of `Filters`, or a command of the AWS CLI, as chips (DSH-38).

use std::iter::Peekable;
use std::str::Chars;

use securityhub_engine::{FieldKind, Schema};
use serde_json::{Map, Value};

use crate::dashboard::chips::{self, Chip};

/// Reads a text as chips.
///
/// # Errors
/// A sentence about what cannot be read.
pub(super) fn chips(schema: &Schema, text: &str) -> Result<Vec<Chip>, String> {
    let filters = filters(text.trim())?;
    let mut chips = Vec::new();
    for (name, elements) in filters {
        let mut elements = elements;
        let kind = schema.field(&name).and_then(|field| schema.kind(field));
        if matches!(kind, Some(FieldKind::Number | FieldKind::Date | FieldKind::Boolean)) {
            restore(&mut elements);
        }
        let one = [(name.clone(), elements)].into_iter().collect();
        let read = chips::of_filters(schema, &one);
        chips.extend(read.ok_or_else(|| format!("This page cannot show the filter `{name}`."))?);
    }
    if chips.is_empty() { Err("The text contains no filter with a value.".to_owned()) } else { Ok(chips) }
}

/// Restores numbers and booleans, which shorthand writes like texts.
fn restore(value: &mut Value) {
    const TYPED: [&str; 6] = ["Eq", "Gte", "Gt", "Lte", "Lt", "DateRange"];
    let elements = value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
    for element in elements {
        let is_flag = element.len() == 1;
        for (name, value) in element.iter_mut() {
            let range = value.as_object_mut().and_then(|range| range.get_mut("Value"));
            let value = if range.is_some() { range } else { Some(value) };
            let Some(value) = value.filter(|_| TYPED.contains(&name.as_str()) || is_flag) else { continue };
            let restored = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
            if let Some(restored) = restored.filter(|restored| restored.is_number() || restored.is_boolean()) {
                *value = restored;
            }
        }
    }
}

fn filters(text: &str) -> Result<Map<String, Value>, String> {
    if text.starts_with('{') {
        return json(text);
    }
    let words = words(text);
    let mut options = words.iter().map(String::as_str);
    while let Some(word) = options.next() {
        let value = if word == "--filters" { options.next() } else { word.strip_prefix("--filters=") };
        let Some(value) = value else { continue };
        return if value.starts_with('{') { json(value) } else { shorthand(value) };
    }
    Err("The text is neither the JSON of Filters nor a command with --filters.".to_owned())
}

/// `Filters`, or an input that contains them.
fn json(text: &str) -> Result<Map<String, Value>, String> {
    let read: Map<String, Value> = serde_json::from_str(text).map_err(|error| format!("Invalid JSON: {error}."))?;
    match read.get("Filters") {
        Some(Value::Object(filters)) => Ok(filters.clone()),
        _ => Ok(read),
    }
}

/// The words of a command, split as by a shell. Variables are not replaced.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (letter, Some(open)) if letter == open => quote = None,
            ('\\', None | Some('"')) => match letters.next() {
                Some('\n') | None => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            (letter, None) if letter.is_whitespace() => words.extend(word.take()),
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// Maximum number of lists and objects around a value.
const DEEPEST: usize = 8;

/// The shorthand of the AWS CLI for `Filters`: `Name=[{Value=a,Comparison=EQUALS}],Other=[…]`.
fn shorthand(text: &str) -> Result<Map<String, Value>, String> {
    let mut letters = text.chars().peekable();
    let pairs = pairs(&mut letters, None, DEEPEST);
    pairs.filter(|_| letters.peek().is_none()).ok_or_else(|| format!("The shorthand cannot be read: {text}"))
}

fn pairs(letters: &mut Peekable<Chars<'_>>, end: Option<char>, depth: usize) -> Option<Map<String, Value>> {
    let mut members = Map::new();
    loop {
        let name = plain(letters, &['=']);
        letters.next_if_eq(&'=')?;
        members.insert(name.trim().to_owned(), value(letters, depth)?);
        if letters.next_if_eq(&',').is_none() {
            break;
        }
    }
    match end {
        Some(end) => letters.next_if_eq(&end).map(|_| members),
        None => Some(members),
    }
}

fn value(letters: &mut Peekable<Chars<'_>>, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    match letters.peek().copied()? {
        '{' => {
            letters.next();
            pairs(letters, Some('}'), depth).map(Value::Object)
        }
        '[' => {
            letters.next();
            let mut list = Vec::new();
            while letters.next_if_eq(&']').is_none() {
                list.push(value(letters, depth)?);
                if letters.next_if_eq(&',').is_none() && letters.peek() != Some(&']') {
                    return None;
                }
            }
            Some(Value::Array(list))
        }
        quote @ ('\'' | '"') => {
            letters.next();
            let text = plain(letters, &[quote]);
            letters.next_if_eq(&quote).map(|_| Value::String(text))
        }
        _ => Some(Value::String(plain(letters, &[',', ']', '}']))),
    }
}

/// The text up to one of these letters.
fn plain(letters: &mut Peekable<Chars<'_>>, ends: &[char]) -> String {
    let mut text = String::new();
    while let Some(letter) = letters.next_if(|letter| !ends.contains(letter)) {
        text.push(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::Operation;
    use serde_json::json;

    use super::*;
    use crate::dashboard::call::Call;
    use crate::dashboard::view::View;
    use crate::state::Region;
    use crate::testing::{MEMBER, REGION, Stage, id};

    fn texts(chips: &[Chip]) -> Vec<String> {
        chips.iter().map(Chip::text).collect()
    }

    /// Rules: DSH-38.
    #[test]
    fn a_shown_command_becomes_the_chips_that_it_was_made_from() {
        let stage = Stage::empty();
        let view = View::of(id(MEMBER), Region::new(REGION));
        for group in [
            vec!["SeverityLabel:EQUALS:HIGH", "SeverityLabel:EQUALS:LOW"],
            vec!["ProductFields:EQUALS:a%3Db=it's, {a} \"b\"", "Title:PREFIX:a b"],
            vec!["Confidence:GTE:5", "Confidence:BETWEEN:5..7.5", "Criticality:EQ:1"],
            vec![
                "UpdatedAt:WITHIN:7",
                "UpdatedAt:OLDER:3",
                "UpdatedAt:BETWEEN:2026-01-01T00:00:00Z..2026-01-02T00:00:00Z",
            ],
            vec!["NetworkSourceIpV4:CIDR:10.0.0.0/8"],
            vec!["Keyword:IS:log4j", "Sample:IS:true"],
        ] {
            let made: Vec<Chip> = group.iter().filter_map(|text| Chip::parse(text)).collect();
            let filters = Value::Object(crate::dashboard::chips::filters(stage.0.schema(), &made).unwrap());
            let input = json!({ "Filters": filters, "MaxResults": 50 });
            let command =
                &Call::api(Operation::GetFindings, input.clone()).shown(&view, "http://127.0.0.1:4600").clients[0].1;
            let mut expected = texts(&made);
            expected.sort();
            for text in [command.clone(), input.to_string(), filters.to_string(), format!("  {filters}\n")] {
                let mut found =
                    texts(&super::chips(stage.0.schema(), &text).unwrap_or_else(|problem| panic!("{problem}: {text}")));
                found.sort();
                assert_eq!(found, expected, "{text}");
            }
        }
    }

    /// Rules: DSH-38.
    #[test]
    fn unreadable_text_is_refused_with_a_reason() {
        let stage = Stage::empty();
        let chips = |text: &str| super::chips(stage.0.schema(), text);
        for (text, part) in [
            ("", "neither"),
            ("aws securityhub get-findings", "neither"),
            ("{", "Invalid JSON"),
            ("{}", "no filter with a value"),
            ("{\"Title\": 1}", "cannot show the filter"),
            ("{\"Confidence\": [{\"Gte\": 1, \"Lt\": 2}]}", "cannot show the filter"),
            ("{\"Nope\": [{\"Value\": \"a\", \"Comparison\": \"EQUALS\"}]}", "cannot show the filter"),
            ("get-findings --filters Title=[{", "shorthand"),
            ("get-findings --filters Title=[}", "shorthand"),
            (&format!("get-findings --filters Title={}", "[".repeat(100_000)), "shorthand"),
            (&format!("{{\"Title\": {}", "[".repeat(100_000)), "Invalid JSON"),
        ] {
            let problem = chips(text).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
        let mut found =
            chips("--filters=\"Title=[{Value=a,Comparison=EQUALS}],Id=[{Value='b,c',Comparison=PREFIX}]\"").unwrap();
        found.sort_by(|one, two| one.name.cmp(&two.name));
        assert_eq!(texts(&found), ["Id:PREFIX:b,c", "Title:EQUALS:a"].map(str::to_owned));
    }
}
