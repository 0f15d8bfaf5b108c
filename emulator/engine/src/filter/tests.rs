//! Tests of filters on single documents.

use serde_json::{Value, json};

use super::*;
use crate::schema::{Field, FieldKind};

const FIELDS: [Field; 8] = [
    Field { name: "Title", kind: FieldKind::String, path: "Title" },
    Field { name: "Type", kind: FieldKind::String, path: "Types[]" },
    Field { name: "Confidence", kind: FieldKind::Number, path: "Confidence" },
    Field { name: "UpdatedAt", kind: FieldKind::Date, path: "UpdatedAt" },
    Field { name: "Sample", kind: FieldKind::Boolean, path: "Sample" },
    Field { name: "ResourceTags", kind: FieldKind::Map, path: "Resources[].Tags" },
    Field { name: "Keyword", kind: FieldKind::Keyword, path: "Title" },
    Field { name: "resources.tags", kind: FieldKind::Map, path: "resources[].tags[]" },
];

fn term(name: &str, test: Test) -> Filter {
    Filter::term(Schema::new(&FIELDS).field(name).expect(name), test)
}

fn entry(key: &str, value: &str) -> Test {
    Test::Entry { key: key.to_owned(), value: TextTest::Equals(value.to_owned()) }
}

#[track_caller]
fn check(document: &Value, filter: &Filter, expected: bool) {
    assert_eq!(
        matches(filter, &Schema::new(&FIELDS), document.to_string().as_bytes()),
        expected,
        "{filter:?} on {document}"
    );
}

/// Rules: FLT-35.
#[test]
fn key_and_value_must_be_in_the_same_map() {
    let document = json!({"Resources": [{"Tags": {"env": "prod"}}, {"Tags": {"team": "red"}}, {}]});
    check(&document, &term("ResourceTags", entry("env", "prod")), true);
    check(&document, &term("ResourceTags", entry("team", "red")), true);
    check(&document, &term("ResourceTags", entry("env", "red")), false);
    check(&document, &term("ResourceTags", entry("Env", "prod")), false);
}

/// Rules: GFV-10.
#[test]
fn a_map_entry_may_be_an_object_of_name_and_value() {
    let document = json!({"resources": [{"tags": [{"name": "env", "value": "prod"}, {"name": "team"}]}]});
    check(&document, &term("resources.tags", entry("env", "prod")), true);
    check(&document, &term("resources.tags", entry("name", "env")), false);
    check(&document, &term("resources.tags", entry("team", "prod")), false);
}

/// Rules: FLT-38.
#[test]
fn keywords_are_found_in_values_at_any_depth() {
    let document = json!({"Title": "x", "Note": {"Text": "By Admin"}, "Types": [["deep"]], "Confidence": 12});
    let keyword = |text: &str| term("Keyword", Test::Keyword(Needle::new(text)));
    check(&document, &keyword("aDMIN"), true);
    check(&document, &keyword("EEP"), true);
    check(&document, &keyword("Note"), false);
    check(&document, &keyword("12"), false);
}

/// Rules: FLT-39.
#[test]
fn false_matches_false_or_absent() {
    let flag = |value| Filter::flag(Schema::new(&FIELDS).field("Sample").expect("a field"), value);
    for (document, is_true) in [(json!({"Sample": true}), true), (json!({"Sample": false}), false), (json!({}), false)]
    {
        check(&document, &flag(true), is_true);
        check(&document, &flag(false), !is_true);
    }
    check(&json!({}), &term("Sample", Test::Boolean(false)), false);
    check(&json!({"Sample": false}), &term("Sample", Test::Boolean(false)), true);
}

/// Rules: FLT-45.
#[test]
fn empty_null_and_other_types_are_missing() {
    let document = json!({
        "Title": null, "Types": [], "Confidence": "50", "UpdatedAt": "2026-01-03", "Sample": "true",
        "Resources": [{"Tags": {}}, {"Tags": {"env": 1}}], "resources": [{"tags": {"name": "a", "value": "b"}}]
    });
    for field in FIELDS.iter().filter(|field| field.kind != FieldKind::Keyword) {
        check(&document, &term(field.name, Test::Present), false);
    }
    check(&json!({"Title": ""}), &term("Title", Test::Present), true);
}

#[test]
fn a_test_of_another_kind_passes_nothing() {
    let document = json!({"Title": "50", "Confidence": 50, "Sample": true});
    check(&document, &term("Title", Test::Number(NumberRange::default())), false);
    check(&document, &term("Confidence", Test::equals("50")), false);
    check(&document, &term("Keyword", Test::equals("50")), false);
    check(&document, &term("Title", Test::Keyword(Needle::new("5"))), false);
    check(&document, &Filter::term(FieldId(99), Test::Present), false);
}

/// Rules: VIS-01.
#[test]
fn in_matches_members_of_a_set() {
    let accounts = |values: &[&str]| Filter::In {
        field: FieldId(1),
        values: Arc::new(values.iter().map(ToString::to_string).collect()),
    };
    let document = json!({"Types": ["a", "b"]});
    check(&document, &accounts(&["b", "c"]), true);
    check(&document, &accounts(&["c"]), false);
    check(&document, &accounts(&[]), false);
    check(&json!({}), &accounts(&["b"]), false);
}
