//! Why a pattern does not select an event: the first field that fails, what it requires, and what the event has.

use std::collections::BTreeMap;
use std::fmt;

use super::condition::Condition;
use super::leaves::Leaf;
use super::{Fields, failing_field};
use crate::suggest;

/// Maximum number of values in a sentence, and of characters of a text in it.
const MAX_VALUES: usize = 3;
const MAX_LENGTH: usize = 160;

/// The first field that keeps a pattern from selecting an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The path of the field, such as `detail.findings.Severity.Label`.
    pub path: String,
    /// The conditions of the field, as the pattern contains them.
    pub expected: String,
    /// The value of the event.
    pub found: Found,
}

/// The value of an event at the path of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing; if possible with the path that the author of the pattern probably meant.
    Nothing(Option<String>),
    /// An object, which has no value itself.
    Object,
    /// These values, none of which meets a condition.
    Values(String),
    /// These values. One of them meets a condition, but in a different array element than the preceding fields.
    OtherElement(String),
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Nothing(None) => formatter.write_str("nothing"),
            Found::Nothing(Some(path)) => write!(formatter, "nothing; did you mean {path}?"),
            Found::Object => formatter.write_str("an object"),
            Found::Values(values) => formatter.write_str(values),
            Found::OtherElement(values) => {
                write!(formatter, "{values}, but in a different array element than the preceding fields of the pattern")
            }
        }
    }
}

/// `detail.findings.Severity.Label: expected ["HIGH"], found "LOW"`
impl fmt::Display for Miss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Miss { path, expected, found } = self;
        write!(formatter, "{path}: expected {expected}, found {found}")
    }
}

/// The first field that fails, of the alternative in which most fields hold; `None` if an alternative selects the event.
pub(super) fn miss(alternatives: &[Fields], leaves: &BTreeMap<String, Vec<Leaf<'_>>>) -> Option<Miss> {
    let mut furthest: Option<(usize, &Fields)> = None;
    for fields in alternatives {
        let position = failing_field(fields, leaves)?;
        if furthest.is_none_or(|(other, _)| position > other) {
            furthest = Some((position, fields));
        }
    }
    let (position, fields) = furthest?;
    let (path, conditions) = fields.iter().nth(position)?;
    let expected: Vec<String> = conditions.iter().map(ToString::to_string).collect();
    let expected = shortened(&format!("[{}]", expected.join(",")));
    Some(Miss { path: path.clone(), expected, found: found(path, conditions, leaves) })
}

fn found(path: &str, conditions: &[Condition], leaves: &BTreeMap<String, Vec<Leaf<'_>>>) -> Found {
    let Some(candidates) = leaves.get(path) else {
        let is_below = |other: &String| other.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        if leaves.keys().any(is_below) {
            return Found::Object;
        }
        return Found::Nothing(suggest::nearest(path, leaves.keys().map(String::as_str)).map(str::to_owned));
    };
    let values: Vec<String> =
        candidates.iter().take(MAX_VALUES).map(|leaf| shortened(&leaf.value.to_string())).collect();
    let mut values = values.join(" and ");
    if candidates.len() > MAX_VALUES {
        values = format!("{values} and {} more", candidates.len() - MAX_VALUES);
    }
    let holds = |leaf: &Leaf<'_>| conditions.iter().any(|condition| condition.holds(leaf.value));
    if candidates.iter().any(holds) { Found::OtherElement(values) } else { Found::Values(values) }
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::EventPattern;

    fn event() -> Value {
        json!({
            "source": "aws.securityhub",
            "detail": { "findings": [{
                "Severity": { "Label": "LOW", "Normalized": 1 },
                "Resources": [{ "Type": "AwsS3Bucket", "Id": "x" }, { "Type": "AwsIamUser", "Id": "y" }],
            }] },
        })
    }

    fn why(pattern: &Value) -> Option<String> {
        let pattern = EventPattern::read(&pattern.to_string()).unwrap();
        let miss = pattern.miss(&event());
        assert_eq!(miss.is_none(), pattern.matches(&event()), "{miss:?}");
        miss.map(|miss| miss.to_string())
    }

    /// Rules: DSH-97, PAT-12.
    #[test]
    fn the_first_field_that_fails_is_named_with_both_values() {
        let of_finding = |pattern: Value| json!({ "detail": { "findings": pattern } });
        for (pattern, expected) in [
            (json!({ "source": ["aws.securityhub"] }), None),
            (
                of_finding(json!({ "Severity": { "Label": ["HIGH", "CRITICAL"] } })),
                Some("detail.findings.Severity.Label: expected [\"HIGH\",\"CRITICAL\"], found \"LOW\""),
            ),
            (
                of_finding(json!({ "Severity": ["HIGH"] })),
                Some("detail.findings.Severity: expected [\"HIGH\"], found an object"),
            ),
            (
                of_finding(json!({ "Severity": { "Lable": ["LOW"] } })),
                Some(
                    "detail.findings.Severity.Lable: expected [\"LOW\"], found nothing; did you mean \
                     detail.findings.Severity.Label?",
                ),
            ),
            (
                of_finding(json!({ "Severity": { "Label": [{ "exists": false }] } })),
                Some("detail.findings.Severity.Label: expected [{\"exists\":false}], found \"LOW\""),
            ),
            (
                of_finding(json!({ "Resources": { "Type": ["AwsS3Bucket"], "Id": ["y"] } })),
                Some(
                    "detail.findings.Resources.Type: expected [\"AwsS3Bucket\"], found \"AwsS3Bucket\" and \
                     \"AwsIamUser\", but in a different array element than the preceding fields of the pattern",
                ),
            ),
            (
                json!({ "$or": [{ "source": ["other"] }, { "a": [{ "exists": false }], "source": [{ "prefix": "b" }] }] }),
                Some("source: expected [{\"prefix\":\"b\"}], found \"aws.securityhub\""),
            ),
        ] {
            assert_eq!(why(&pattern).as_deref(), expected, "{pattern}");
        }
    }

    /// Rules: DSH-97.
    #[test]
    fn conditions_are_shown_as_the_pattern_contains_them() {
        for condition in [
            r#"{"anything-but":["LOW"]}"#,
            r#"{"anything-but":{"prefix":["L"]}}"#,
            r#"{"wildcard":"a*\\\\*b"}"#,
            r#"{"suffix":{"equals-ignore-case":"x"}}"#,
            r#"{"numeric":[">",1,"<=",5.5]}"#,
            r#"{"numeric":["=",7]}"#,
            r#"{"cidr":"10.0.0.0/8"}"#,
            "null",
            "1.50",
        ] {
            let pattern = format!(r#"{{"detail":{{"findings":{{"Severity":{{"Label":[{condition}]}}}}}}}}"#);
            let miss = EventPattern::read(&pattern).unwrap().miss(&event()).unwrap();
            assert_eq!(miss.expected, format!("[{condition}]"));
        }
        let long = EventPattern::read(&format!(r#"{{"source":["{}"]}}"#, "a".repeat(1000))).unwrap();
        assert!(long.miss(&event()).unwrap().to_string().len() < 300);
    }
}
