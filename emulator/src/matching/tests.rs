//! Tests of matches with tables of values, and properties of random matches.

use quickcheck::{Arbitrary, Gen, TestResult};
use serde_json::{Map, Value, json};

use super::{Difference, Match};
use crate::testing::check;

fn selects(document: &Value, value: &Value) -> bool {
    Match::parse(document).unwrap().matches(value)
}

/// Rules: CPL-27.
#[test]
fn objects_match_by_members_and_arrays_by_elements() {
    let value = json!({ "a": { "b": 1, "c": "x" }, "list": [{ "n": 1, "m": 2 }, { "n": 3 }], "none": null });
    for (document, expected) in [
        (json!({}), true),
        (json!({ "a": { "b": 1 } }), true),
        (json!({ "a": { "b": 1.0 } }), true),
        (json!({ "a": { "b": "1" } }), false),
        (json!({ "a": { "d": {} } }), false),
        (json!({ "a": { "c": "X" } }), false),
        (json!({ "list": [] }), true),
        (json!({ "list": [{ "n": 3 }, { "n": 1 }] }), true),
        (json!({ "list": [{ "n": 3, "m": 2 }] }), false),
        (json!({ "list": { "n": 1 } }), false),
        (json!({ "none": null }), true),
        (json!({ "other": null }), false),
        (json!([]), false),
    ] {
        assert_eq!(selects(&document, &value), expected, "{document}");
    }
}

/// Rules: CPL-27.
#[test]
fn a_test_applies_to_one_value() {
    let value =
        json!({ "text": "critical", "list": [1, "b", { "c": 2 }], "number": 5, "big": 9_007_199_254_740_993_u64 });
    for (document, expected) in [
        (json!({ "text": { "$exists": true }, "other": { "$exists": false } }), true),
        (json!({ "text": { "$exists": false } }), false),
        (json!({ "text": { "$prefix": "crit" } }), true),
        (json!({ "text": { "$prefix": "Crit" } }), false),
        (json!({ "text": { "$suffix": "cal" } }), true),
        (json!({ "text": { "$contains": "tic" } }), true),
        (json!({ "number": { "$contains": "5" } }), false),
        (json!({ "text": { "$not": "high" } }), true),
        (json!({ "other": { "$not": "high" } }), true),
        (json!({ "text": { "$not": { "$prefix": "crit" } } }), false),
        (json!({ "text": { "$length": 8 } }), true),
        (json!({ "list": { "$length": 3 } }), true),
        (json!({ "list": { "$length": 2 } }), false),
        (json!({ "list": { "$exactly": [1, "b", { "c": 2 }] } }), true),
        (json!({ "list": { "$exactly": ["b", 1, { "c": 2 }] } }), false),
        (json!({ "list": { "$exactly": [1, "b"] } }), false),
        (json!({ "list": [{ "$prefix": "b" }] }), true),
        (json!({ "text": { "$in": ["high", { "$prefix": "crit" }] } }), true),
        (json!({ "text": { "$in": [] } }), false),
        (json!({ "number": { "$gte": 5 } }), true),
        (json!({ "number": { "$gte": 5.5 } }), false),
        (json!({ "number": { "$gte": 4, "$lte": 5 } }), true),
        (json!({ "number": { "$gte": "4" } }), false),
        (json!({ "text": { "$lte": "d" } }), true),
        (json!({ "other": { "$lte": "d" } }), false),
        (json!({ "big": 9_007_199_254_740_992_u64 }), false),
    ] {
        assert_eq!(selects(&document, &value), expected, "{document}");
    }
}

/// Rules: CPL-27.
#[test]
fn an_unknown_test_is_refused_with_its_path() {
    for (document, expected) in [
        (json!({ "a": [{ "$prefx": "x" }] }), "'Match.a[0].$prefx': unknown test '$prefx'; did you mean '$prefix'?"),
        (json!({ "$regex_of": "x" }), "'Match.$regex_of': unknown test '$regex_of'; expected $exists, $not, $prefix, "),
        (
            json!({ "$not": { "b": { "$Exists": 1 } } }),
            "'Match.$not.b.$Exists': unknown test '$Exists'; did you mean '$exists'?",
        ),
        (json!({ "a": { "$exists": 1 } }), "'Match.a.$exists': expected true or false"),
        (json!({ "$in": "x" }), "'Match.$in': expected an array"),
        (json!({ "$exactly": [{ "$length": -1 }] }), "'Match.$exactly[0].$length': expected a number of elements"),
        (json!({ "a": 1, "$not": 2 }), "'Match.$not': a test cannot be combined with the member 'a' in one object"),
        (json!({ "$not": 2, "a": 1 }), "'Match.$not': a test cannot be combined with the member 'a' in one object"),
    ] {
        let mistake = Match::parse(&document).unwrap_err().to_string();
        assert!(mistake.starts_with(expected), "{document}: {mistake}");
    }
}

/// Rules: CPL-29.
#[test]
fn differences_have_the_path_and_the_nearest_element() {
    let document = json!({ "Filters": { "SeverityLabel": [{ "Value": "HIGH", "Comparison": "EQUALS" }] }, "Max": 5 });
    let value = json!({ "Filters": { "SeverityLabel": [
        { "Value": "X", "Comparison": "PREFIX" },
        { "Value": "LOW", "Comparison": "EQUALS" },
    ] } });
    let difference =
        |path: &str, expected: Value, actual: Option<Value>| Difference { path: path.to_owned(), expected, actual };
    let found = Match::parse(&document).unwrap().differences("Input", &value);
    let expected = [
        difference("Input.Filters.SeverityLabel[1].Value", json!("HIGH"), Some(json!("LOW"))),
        difference("Input.Max", json!(5), None),
    ];
    assert_eq!(found, expected);
    let found = |document: Value, value: Value| Match::parse(&document).unwrap().differences("", &value);
    assert_eq!(found(json!({ "a": [1] }), json!({ "a": [] })), [difference("a[0]", json!(1), None)]);
    let test = json!({ "$prefix": "b" });
    assert_eq!(found(json!({ "a": test }), json!({ "a": "c" })), [difference("a", test, Some(json!("c")))]);
    assert_eq!(found(json!({ "a": {} }), json!("c")), [difference("", json!({ "a": {} }), Some(json!("c")))]);
}

/// A small random value, and a match that is similar to it.
#[derive(Clone, Debug)]
struct Case {
    value: Value,
    document: Value,
}

impl Arbitrary for Case {
    fn arbitrary(random: &mut Gen) -> Case {
        let value = value(random, 3);
        let document = if bool::arbitrary(random) { similar(random, &value) } else { self::value(random, 3) };
        Case { value, document }
    }
}

fn value(random: &mut Gen, depth: usize) -> Value {
    let kinds: &[u8] = if depth == 0 { &[0, 1, 2, 3] } else { &[0, 1, 2, 3, 4, 4, 5, 5] };
    let count = usize::arbitrary(random) % 4;
    match random.choose(kinds) {
        Some(0) => Value::Null,
        Some(1) => Value::from(u8::arbitrary(random) % 3),
        Some(2) => Value::from(*random.choose(&["a", "ab", "b", ""]).unwrap()),
        Some(3) => Value::from(bool::arbitrary(random)),
        Some(4) => (0..count).map(|_| value(random, depth - 1)).collect(),
        _ => {
            let name = |random: &mut Gen| (*random.choose(&["a", "b", "c"]).unwrap()).to_owned();
            Value::Object((0..count).map(|_| (name(random), value(random, depth - 1))).collect::<Map<_, _>>())
        }
    }
}

/// A match that `value` satisfies, unless a random change is made.
fn similar(random: &mut Gen, value: &Value) -> Value {
    match u8::arbitrary(random) % 16 {
        0 => return self::value(random, 1),
        1 => return json!({ "$not": similar(random, value) }),
        2 => return json!({ "$in": [self::value(random, 1), similar(random, value)] }),
        3 => return json!({ "$exists": bool::arbitrary(random) }),
        _ => {}
    }
    match value {
        Value::Object(members) => {
            let mut selected = Map::new();
            for (name, value) in members {
                if u8::arbitrary(random) % 3 > 0 {
                    selected.insert(name.clone(), similar(random, value));
                }
            }
            Value::Object(selected)
        }
        Value::Array(elements) => {
            let selected: Vec<Value> = elements.iter().map(|element| similar(random, element)).collect();
            if bool::arbitrary(random) { selected.into_iter().rev().collect() } else { json!({ "$exactly": selected }) }
        }
        Value::String(text) if bool::arbitrary(random) => json!({ "$prefix": text.get(..1).unwrap_or_default() }),
        scalar => scalar.clone(),
    }
}

/// A second implementation of the rule, which is as close to its text as possible.
fn is_expected(document: &Value, value: Option<&Value>) -> bool {
    let argument = |name: &str| document.get(name).filter(|_| document.as_object().is_some_and(|it| it.len() == 1));
    if let Some(inner) = argument("$not") {
        return !is_expected(inner, value);
    }
    if let Some(inner) = argument("$in") {
        return (0..inner.as_array().unwrap().len()).any(|number| is_expected(&inner[number], value));
    }
    if let Some(inner) = argument("$exists") {
        return inner.as_bool().unwrap() == value.is_some();
    }
    let Some(value) = value else { return false };
    if let Some(inner) = argument("$prefix") {
        return value.as_str().is_some_and(|text| text.strip_prefix(inner.as_str().unwrap()).is_some());
    }
    if let Some(inner) = argument("$exactly").and_then(Value::as_array) {
        let count = value.as_array().map(Vec::len);
        return count == Some(inner.len()) && (0..inner.len()).all(|at| is_expected(&inner[at], value.get(at)));
    }
    match document {
        Value::Object(members) => {
            value.is_object() && members.iter().all(|(name, it)| is_expected(it, value.get(name)))
        }
        Value::Array(patterns) => {
            let some = |it: &Value| value.as_array().unwrap().iter().any(|element| is_expected(it, Some(element)));
            value.is_array() && patterns.iter().all(some)
        }
        scalar => scalar == value,
    }
}

/// Rules: CPL-27, CPL-29.
#[test]
fn random_matches_agree_with_the_rule() {
    fn property(case: Case) -> TestResult {
        let Ok(document) = Match::parse(&case.document) else { return TestResult::discard() };
        let matches = document.matches(&case.value);
        let differences = document.differences("", &case.value);
        TestResult::from_bool(
            matches == is_expected(&case.document, Some(&case.value)) && matches == differences.is_empty(),
        )
    }
    check(5000).quickcheck(property as fn(Case) -> TestResult);
}

/// Rules: CPL-27.
#[test]
fn a_value_matches_itself() {
    fn property(case: Case) -> bool {
        selects(&case.value, &case.value)
    }
    check(1000).quickcheck(property as fn(Case) -> bool);
}
