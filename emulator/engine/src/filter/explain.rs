//! Explains why a document satisfies a filter or not: like [`matches`](super::matches), but with the values it found.

use std::collections::HashSet;
use std::fmt;
use std::ops::Bound;

use ipnet::IpNet;

use super::combine::Comparison;
use super::{DateRange, Filter, NumberRange, Test, TextTest, is_in};
use crate::date;
use crate::item::Item;
use crate::schema::{FieldId, FieldKind, Schema};

/// Maximum number of strings listed for a keyword.
const FEW: usize = 5;
/// Maximum number of strings listed for a set.
const FEW_OF_A_SET: usize = 10;

/// The result of a filter, or of a part of one, for a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// True if the document satisfies it.
    pub holds: bool,
    /// The reason.
    pub reason: Reason,
}

/// The reason for a result, with one variant per node of the filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Holds if all parts hold.
    All(Vec<Explanation>),
    /// Holds if any part holds.
    Any(Vec<Explanation>),
    /// Holds if the part does not hold.
    Not(Box<Explanation>),
    /// Holds if any value of a field passes.
    Values(Values),
}

/// The condition on a field, and the values in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// The field's name; `None` if the schema has no such field.
    pub field: Option<&'static str>,
    /// The condition, starting with the API's name of the comparison if there is one: `PREFIX AwsIam`.
    pub condition: String,
    /// All values of the field, in document order; for a keyword, only some of those that pass.
    pub found: Vec<Found>,
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The value; for a map entry, key and value joined by `=`.
    pub text: String,
    /// True if it passes.
    pub passes: bool,
}

/// Evaluates a filter and all of its parts for a document, given as JSON text. The result is that of
/// [`matches`](super::matches).
pub fn explain(filter: &Filter, schema: &Schema, document: &[u8]) -> Explanation {
    let each = |parts: &[Filter]| parts.iter().map(|part| explain(part, schema, document)).collect::<Vec<_>>();
    match filter {
        Filter::All(parts) => {
            let parts = each(parts);
            Explanation { holds: parts.iter().all(|part| part.holds), reason: Reason::All(parts) }
        }
        Filter::Any(parts) => {
            let parts = each(parts);
            Explanation { holds: parts.iter().any(|part| part.holds), reason: Reason::Any(parts) }
        }
        Filter::Not(part) => {
            let part = explain(part, schema, document);
            Explanation { holds: !part.holds, reason: Reason::Not(Box::new(part)) }
        }
        Filter::Term { field, test } => {
            values(*field, schema, document, test.to_string(), &mut |item| test.passes(item))
        }
        Filter::In { field, values: set } => {
            values(*field, schema, document, describe_set(set), &mut |item| is_in(set, item))
        }
    }
}

impl Explanation {
    /// The conditions on fields, in the order of the filter.
    pub fn values(&self) -> Vec<&Values> {
        match &self.reason {
            Reason::All(parts) | Reason::Any(parts) => parts.iter().flat_map(Explanation::values).collect(),
            Reason::Not(part) => part.values(),
            Reason::Values(values) => vec![values],
        }
    }
}

fn values(
    field: FieldId,
    schema: &Schema,
    document: &[u8],
    condition: String,
    passes: &mut dyn FnMut(Item<'_>) -> bool,
) -> Explanation {
    let is_keyword = schema.kind(field) == Some(FieldKind::Keyword);
    let mut found = Vec::new();
    schema.any(field, document, &mut |item| {
        let passes = passes(item);
        if passes || !is_keyword {
            found.push(Found { text: text_of(item), passes });
        }
        is_keyword && found.len() == FEW
    });
    let holds = found.iter().any(|found| found.passes);
    Explanation { holds, reason: Reason::Values(Values { field: schema.name(field), condition, found }) }
}

fn text_of(item: Item<'_>) -> String {
    match item {
        Item::Text(text) | Item::Anywhere(text) | Item::Instant { text, .. } | Item::Address { text, .. } => {
            text.to_owned()
        }
        Item::Number(number) => number.to_string(),
        Item::Entry { key, value } => format!("{key}={value}"),
        Item::Boolean(boolean) => boolean.to_string(),
    }
}

fn describe_set(set: &HashSet<String>) -> String {
    if set.len() > FEW_OF_A_SET {
        return format!("one of {} strings", set.len());
    }
    let mut strings: Vec<&str> = set.iter().map(String::as_str).collect();
    strings.sort_unstable();
    format!("one of {}", strings.join(", "))
}

/// The condition in the words of the API.
impl fmt::Display for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(test) => test.fmt(formatter),
            Self::Number(range) => formatter.write_str(&describe_numbers(range)),
            Self::Date(range) => formatter.write_str(&describe_dates(range)),
            Self::Ip(block) => write!(formatter, "Cidr {}", IpNet::trunc(block)),
            Self::Entry { key, value } => write!(formatter, "{key} {value}"),
            Self::Keyword(needle) => write!(formatter, "{:?} (case-insensitive)", needle.text),
            Self::Boolean(value) => value.fmt(formatter),
            Self::Present => formatter.write_str("any value"),
        }
    }
}

/// The condition in the words of the API.
impl fmt::Display for TextTest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (comparison, value) = match self {
            Self::Equals(value) => (Comparison::Equals, value.as_str()),
            Self::Prefix(value) => (Comparison::Prefix, value.as_str()),
            Self::Contains(value) => (Comparison::Contains, value.as_str()),
            Self::ContainsWord(words) => (Comparison::ContainsWord, &*words.0.join(" ")),
        };
        write!(formatter, "{} {value}", comparison.name())
    }
}

fn describe_numbers(range: &NumberRange) -> String {
    let NumberRange { eq, gte, lte, gt, lt } = range;
    let bounds = [("Eq", eq), ("Gte", gte), ("Lte", lte), ("Gt", gt), ("Lt", lt)];
    let words = bounds.iter().filter_map(|(name, bound)| bound.map(|bound| format!("{name} {bound}")));
    let words: Vec<String> = words.collect();
    if words.is_empty() { "any number".to_owned() } else { words.join(", ") }
}

fn describe_dates(range: &DateRange) -> String {
    let start = match range.start {
        Bound::Included(start) => Some(format!("from {}", date::text(start))),
        Bound::Excluded(start) => Some(format!("after {}", date::text(start))),
        Bound::Unbounded => None,
    };
    let end = match range.end {
        Bound::Included(end) => Some(format!("to {}", date::text(end))),
        Bound::Excluded(end) => Some(format!("before {}", date::text(end))),
        Bound::Unbounded => None,
    };
    let words: Vec<String> = start.into_iter().chain(end).collect();
    if words.is_empty() { "any date".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::super::{Needle, Words, block};
    use super::*;
    use crate::schema::Field;

    const FIELDS: [Field; 6] = [
        Field { name: "Type", kind: FieldKind::String, path: "Types[]" },
        Field { name: "Confidence", kind: FieldKind::Number, path: "Confidence" },
        Field { name: "UpdatedAt", kind: FieldKind::Date, path: "UpdatedAt" },
        Field { name: "Tags", kind: FieldKind::Map, path: "Tags" },
        Field { name: "Address", kind: FieldKind::Ip, path: "Address" },
        Field { name: "Keyword", kind: FieldKind::Keyword, path: "" },
    ];

    fn explained(name: &str, test: Test, document: &Value) -> (bool, String) {
        let schema = Schema::new(&FIELDS);
        let filter = Filter::term(schema.field(name).expect(name), test);
        let explanation = explain(&filter, &schema, document.to_string().as_bytes());
        let [values] = explanation.values()[..] else { panic!("{explanation:?}") };
        let mark = |found: &Found| format!("{}{}", if found.passes { "+" } else { "-" }, found.text);
        let found: Vec<String> = values.found.iter().map(mark).collect();
        let field = values.field.expect("a field of the schema");
        (explanation.holds, format!("{field}: {}: {}", values.condition, found.join(" ")))
    }

    #[track_caller]
    fn check(name: &str, test: Test, document: Value, expected: (bool, &str)) {
        assert_eq!(explained(name, test, &document), (expected.0, expected.1.to_owned()));
    }

    /// Rules: FLT-42.
    #[test]
    fn a_term_lists_all_values_and_those_that_pass() {
        let document = json!({ "Types": ["AwsIamRole", "AwsS3Bucket"] });
        check(
            "Type",
            Test::prefix("AwsIam"),
            document.clone(),
            (true, "Type: PREFIX AwsIam: +AwsIamRole -AwsS3Bucket"),
        );
        check("Type", Test::equals("x"), document, (false, "Type: EQUALS x: -AwsIamRole -AwsS3Bucket"));
        check("Type", Test::Present, json!({}), (false, "Type: any value: "));
        let words = Test::Text(TextTest::ContainsWord(Words::of("iam-ROLE")));
        check("Type", words, json!({ "Types": ["an IAM role"] }), (true, "Type: CONTAINS_WORD iam role: +an IAM role"));
    }

    #[test]
    fn each_kind_is_explained_in_the_words_of_the_api() {
        let range = NumberRange { gte: Some(50.0), lt: Some(90.5), ..NumberRange::default() };
        let document = json!({ "Confidence": 90, "UpdatedAt": "2026-01-03T14:00:00+02:00", "Address": "10.1.2.3" });
        check("Confidence", Test::Number(range), document.clone(), (true, "Confidence: Gte 50, Lt 90.5: +90"));
        check("Confidence", Test::Number(NumberRange::default()), json!({}), (false, "Confidence: any number: "));
        let noon = date::strict("2026-01-03T12:00:00Z").expect("a date");
        let expected = "UpdatedAt: from 2026-01-03T12:00:00Z to 2026-01-03T12:00:00Z: +2026-01-03T14:00:00+02:00";
        check("UpdatedAt", Test::Date(DateRange::between(noon, noon)), document.clone(), (true, expected));
        let expected = "UpdatedAt: before 2026-01-03T12:00:00Z: -2026-01-03T14:00:00+02:00";
        check("UpdatedAt", Test::Date(DateRange::before(noon)), document.clone(), (false, expected));
        let network = block("10.0.7.7/16").expect("a block");
        check("Address", Test::Ip(network), document, (false, "Address: Cidr 10.0.0.0/16: -10.1.2.3"));
        let entry = Test::Entry { key: "env".to_owned(), value: TextTest::Equals("prod".to_owned()) };
        let document = json!({ "Tags": { "env": "dev", "team": "red" } });
        check("Tags", entry, document, (false, "Tags: env EQUALS prod: -env=dev -team=red"));
    }

    /// Rules: FLT-38.
    #[test]
    fn a_keyword_lists_a_few_strings_that_contain_it() {
        let document = json!({ "Types": ["An Admin", "no", "admin 1", "admin 2"], "Title": "admin 3" });
        let expected = (true, "Keyword: \"admin\" (case-insensitive): +An Admin +admin 1 +admin 2 +admin 3");
        check("Keyword", Test::Keyword(Needle::new("ADMIN")), document, expected);
        let many = json!({ "Types": vec!["admin"; 100] });
        assert_eq!(explained("Keyword", Test::Keyword(Needle::new("admin")), &many).1.matches("+admin").count(), FEW);
    }

    /// Rules: FLT-43.
    #[test]
    fn every_node_has_a_result() {
        let schema = Schema::new(&FIELDS);
        let term = |value: &str| Filter::term(FieldId(0), Test::equals(value));
        let filter = Filter::All(vec![Filter::Any(vec![term("a"), term("b")]), term("c").negated()]);
        let explanation = explain(&filter, &schema, br#"{"Types":["b","c"]}"#);
        let Reason::All(parts) = &explanation.reason else { panic!("{explanation:?}") };
        let verdicts: Vec<bool> = parts.iter().map(|part| part.holds).collect();
        assert_eq!((explanation.holds, verdicts), (false, vec![true, false]));
        assert_eq!(explanation.values().iter().map(|values| values.found.len()).collect::<Vec<_>>(), [2, 2, 2]);
    }

    /// Rules: VIS-01.
    #[test]
    fn a_set_is_described_by_its_strings_or_their_number() {
        let schema = Schema::new(&FIELDS);
        let condition = |count: u32| {
            let values = Arc::new((0..count).map(|number| number.to_string()).collect());
            let explanation = explain(&Filter::In { field: FieldId(0), values }, &schema, br#"{"Types":["1"]}"#);
            (explanation.holds, explanation.values()[0].condition.clone())
        };
        assert_eq!(condition(3), (true, "one of 0, 1, 2".to_owned()));
        assert_eq!(condition(11), (true, "one of 11 strings".to_owned()));
        assert_eq!(condition(1), (false, "one of 0".to_owned()));
    }
}
