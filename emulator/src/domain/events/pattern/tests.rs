//! Patterns matched against tables of events, and error messages with locations.

use serde_json::{Value, json};

use super::EventPattern;
use crate::testing::check;

fn selects(pattern: &Value, event: &Value) -> bool {
    EventPattern::read(&pattern.to_string()).unwrap().matches(event)
}

/// Returns whether an alternative of a field matches a value.
fn holds(alternative: &Value, value: &Value) -> bool {
    selects(&json!({ "a": [alternative] }), &json!({ "a": value }))
}

/// The error message for a pattern, with its location.
fn message(pattern: &str) -> String {
    let message = EventPattern::read(pattern).unwrap_err();
    message.strip_prefix("Event pattern is not valid. Reason: ").unwrap().to_owned()
}

/// The error message without its location.
fn message_without_location(pattern: &str) -> String {
    message(pattern).split("\n at ").next().unwrap().to_owned()
}

fn finding() -> Value {
    json!({
        "source": "aws.securityhub",
        "detail-type": "Security Hub Findings - Imported",
        "account": "111111111111",
        "resources": ["arn:a", "arn:b"],
        "detail": { "findings": [{
            "Severity": { "Label": "CRITICAL", "Normalized": 90 },
            "Workflow": { "Status": "NEW" },
            "RecordState": "ACTIVE",
            "Compliance": { "Status": "FAILED", "SecurityControlId": "S3.5" },
            "Resources": [{ "Type": "AwsS3Bucket", "Id": "x" }, { "Type": "AwsIamUser", "Id": "y" }],
            "Sample": false,
            "Note": null,
        }] },
    })
}

/// Rules: PAT-01, PAT-10, PAT-11.
#[test]
fn fields_are_anded_and_alternatives_are_ored() {
    for (pattern, expected) in [
        (json!({ "source": ["aws.securityhub"] }), true),
        (json!({ "source": ["other", "aws.securityhub"], "account": ["111111111111"] }), true),
        (json!({ "source": ["aws.securityhub"], "account": ["222222222222"] }), false),
        (json!({ "resources": ["arn:b"] }), true),
        (
            json!({ "detail": { "findings": { "Severity": { "Label": ["CRITICAL"] }, "RecordState": ["ACTIVE"] } } }),
            true,
        ),
        (json!({ "detail": { "Severity": { "Label": ["CRITICAL"] } } }), false),
        (
            json!({ "detail": { "findings": { "Compliance": {
                "Status": ["FAILED"], "SecurityControlId": [{ "anything-but": { "prefix": "IAM." } }] } } } }),
            true,
        ),
    ] {
        assert_eq!(selects(&pattern, &finding()), expected, "{pattern}");
    }
}

/// Rules: PAT-12.
#[test]
fn fields_of_one_array_must_match_in_one_element() {
    let pattern =
        |kind: &str, id: &str| json!({ "detail": { "findings": { "Resources": { "Type": [kind], "Id": [id] } } } });
    assert!(selects(&pattern("AwsS3Bucket", "x"), &finding()));
    assert!(!selects(&pattern("AwsS3Bucket", "y"), &finding()));
    let nested = json!({ "f": [{ "r": [{ "t": 1 }], "s": 1 }, { "r": [{ "t": 2 }], "s": 2 }] });
    assert!(selects(&json!({ "f": { "r": { "t": [2] }, "s": [2] } }), &nested));
    assert!(!selects(&json!({ "f": { "r": { "t": [1] }, "s": [2] } }), &nested));
}

/// Rules: PAT-13 to PAT-16, PAT-29.
#[test]
fn exists_matches_present_or_absent_fields() {
    let absent = json!({ "a": [{ "exists": false }] });
    let present = json!({ "a": [{ "exists": true }] });
    for (event, is_there) in [
        (json!({}), false),
        (json!({ "a": [] }), false),
        (json!({ "a": [{}] }), false),
        (json!({ "a": { "b": 1 } }), false),
        (json!({ "a": null }), true),
        (json!({ "a": 1 }), true),
        (json!({ "a": [1] }), true),
    ] {
        assert_eq!((selects(&present, &event), selects(&absent, &event)), (is_there, !is_there), "{event}");
    }
    let alone = json!({ "f": { "b": [{ "exists": false }] } });
    assert!(!selects(&alone, &json!({ "f": [{ "a": 1 }, { "b": 2 }] })));
    assert!(selects(&alone, &json!({ "f": [{ "a": 1 }, { "a": 2 }] })));
    let beside = json!({ "f": { "a": [{ "exists": true }], "b": [{ "exists": false }] } });
    assert!(selects(&beside, &json!({ "f": [{ "a": 1 }, { "b": 2 }] })));
    assert!(!selects(&beside, &json!({ "f": [{ "a": 1, "b": 2 }] })));
    assert!(holds(&json!({ "anything-but": "x" }), &json!(["x", "y"])), "PAT-14: one element is something else");
    assert!(!holds(&json!({ "anything-but": "x" }), &json!(["x"])));
}

/// Rules: PAT-03 to PAT-06.
#[test]
fn plain_values_match_equal_values() {
    for (alternative, value, expected) in [
        (json!("x"), json!("x"), true),
        (json!("x"), json!("X"), false),
        (json!(300), json!(300.0), true),
        (json!(3.0e2), json!(300), true),
        (json!(300), json!("300"), false),
        (json!("300"), json!(300), false),
        (json!(true), json!(true), true),
        (json!(true), json!("true"), false),
        (json!(null), json!(null), true),
        (json!(""), json!(""), true),
        (json!(""), json!(null), false),
        (json!("2001:db8::1"), json!("2001:0db8:0:0:0:0:0:1"), true),
        (json!("10.0.0.1"), json!("10.0.0.1"), true),
        (json!("10.0.0.1"), json!("10.0.0.2"), false),
        (json!({ "exactly": "x" }), json!("x"), true),
    ] {
        assert_eq!(holds(&alternative, &value), expected, "{alternative} {value}");
    }
    for missing in [json!(""), json!(null)] {
        assert!(!selects(&json!({ "a": [missing] }), &json!({ "b": 1 })), "neither matches an absent field");
    }
    let large = "{\"a\":[12345678901234567890123]}";
    let event: Value = serde_json::from_str("{\"a\":12345678901234567890124}").unwrap();
    assert!(!EventPattern::read(large).unwrap().matches(&event), "a double cannot represent the number exactly");
}

/// Rules: PAT-07, PAT-08.
#[test]
fn the_last_of_repeated_names_wins_and_dots_join_paths() {
    let twice = EventPattern::read(r#"{"a":["x"],"a":["y"]}"#).unwrap();
    assert!(twice.matches(&json!({ "a": "y" })) && !twice.matches(&json!({ "a": "x" })));
    assert!(selects(&json!({ "detail": { "a.b": ["x"] } }), &json!({ "detail": { "a": { "b": "x" } } })));
}

/// Rules: PAT-20 to PAT-26, PAT-30, PAT-69.
#[test]
fn string_operators_match_their_forms() {
    for (alternative, yes, no) in [
        (json!({ "prefix": "ab" }), vec![json!("abc"), json!("ab")], vec![json!("Abc"), json!("xab"), json!(12)]),
        (json!({ "prefix": "" }), vec![json!(""), json!("x")], vec![json!(1), json!(null)]),
        (json!({ "prefix": { "equals-ignore-case": "aB" } }), vec![json!("Abc")], vec![json!("xab")]),
        (json!({ "suffix": "c" }), vec![json!("abc")], vec![json!("abC"), json!(1)]),
        (json!({ "suffix": { "equals-ignore-case": "BC" } }), vec![json!("abc")], vec![json!("abcd")]),
        (json!({ "equals-ignore-case": "aBc" }), vec![json!("AbC")], vec![json!("abcd")]),
        (json!({ "wildcard": "a*c" }), vec![json!("ac"), json!("abbc")], vec![json!("acd"), json!("bac")]),
        (json!({ "wildcard": "*b*" }), vec![json!("b"), json!("abc")], vec![json!("ac"), json!(5)]),
        (json!({ "wildcard": "a\\*c" }), vec![json!("a*c")], vec![json!("abc")]),
        (json!({ "wildcard": "ab*ba" }), vec![json!("abba"), json!("abxba")], vec![json!("aba")]),
        (json!({ "wildcard": "" }), vec![json!("")], vec![json!("x")]),
        (json!({ "anything-but": "x" }), vec![json!("y"), json!(5), json!(null)], vec![json!("x")]),
        (json!({ "anything-but": 5 }), vec![json!("5"), json!(6)], vec![json!(5), json!(5.0)]),
        (json!({ "anything-but": ["x", "y"] }), vec![json!("z"), json!(true)], vec![json!("x"), json!("y")]),
        (
            json!({ "anything-but": { "prefix": "IAM." } }),
            vec![json!("S3.1"), json!(1), json!(null)],
            vec![json!("IAM.1")],
        ),
        (json!({ "anything-but": { "suffix": ["a", "b"] } }), vec![json!("xc")], vec![json!("xa"), json!("xb")]),
        (json!({ "anything-but": { "wildcard": "*x*" } }), vec![json!("abc")], vec![json!("axc")]),
        (json!({ "anything-but": { "equals-ignore-case": ["X"] } }), vec![json!("y")], vec![json!("x"), json!("X")]),
    ] {
        assert!(yes.iter().all(|value| holds(&alternative, value)), "{alternative} {yes:?}");
        assert!(!no.iter().any(|value| holds(&alternative, value)), "{alternative} {no:?}");
        assert!(
            !selects(&json!({ "a": [alternative] }), &json!({ "b": 1 })),
            "{alternative}: an absent field does not match"
        );
    }
}

/// Rules: PAT-27, PAT-28.
#[test]
fn numeric_and_cidr_operators_match_their_ranges() {
    for (alternative, yes, no) in [
        (json!({ "numeric": ["=", 5] }), vec![json!(5), json!(5.0)], vec![json!(6), json!("5")]),
        (json!({ "numeric": [">", 1, "<=", 3] }), vec![json!(2), json!(3)], vec![json!(1), json!(4)]),
        (json!({ "numeric": [">=", 1, "<", 3] }), vec![json!(1), json!(2.99)], vec![json!(3)]),
        (json!({ "numeric": ["<", 0] }), vec![json!(-1)], vec![json!(0)]),
        (json!({ "cidr": "10.0.0.99/24" }), vec![json!("10.0.0.1")], vec![json!("10.0.1.1"), json!("x"), json!("::1")]),
        (json!({ "cidr": "0.0.0.0/0" }), vec![json!("255.1.2.3")], vec![json!("::1")]),
        (json!({ "cidr": "2001:db8::/32" }), vec![json!("2001:db8:1::")], vec![json!("2001:db9::")]),
    ] {
        assert!(yes.iter().all(|value| holds(&alternative, value)), "{alternative} {yes:?}");
        assert!(!no.iter().any(|value| holds(&alternative, value)), "{alternative} {no:?}");
    }
}

/// Rules: PAT-31.
#[test]
fn or_is_anded_with_its_siblings_and_nests() {
    let pattern = json!({
        "source": ["s"],
        "$or": [{ "a": [1] }, { "d": { "b": [2] }, "$or": [{ "c": [3] }, { "c": [4] }] }],
    });
    for (event, expected) in [
        (json!({ "source": "s", "a": 1 }), true),
        (json!({ "source": "t", "a": 1 }), false),
        (json!({ "source": "s", "d": { "b": 2 }, "c": 4 }), true),
        (json!({ "source": "s", "d": { "b": 2 }, "c": 5 }), false),
        (json!({ "source": "s" }), false),
    ] {
        assert_eq!(selects(&pattern, &event), expected, "{event}");
    }
}

/// Rules: PAT-02, PAT-40.
#[test]
fn error_messages_have_locations() {
    let place = |pattern: &str, column: u32| format!(" at [Source: (String)\"{pattern}\"; line: 1, column: {column}]");
    for (pattern, column) in [
        ("{}", 3),
        (r#"{"a":"x"}"#, 7),
        (r#"{"a":[]}"#, 8),
        (r#"{"a":[{"starts":"x"}]}"#, 18),
        (r#"{"a":[{"exists":"true"}]}"#, 18),
        (r#"{"$or":[{"a":[1]}]}"#, 19),
    ] {
        assert!(message(pattern).ends_with(&place(pattern, column)), "{}", message(pattern));
    }
    let mixed = r#"{"a":[{"anything-but":["a",1]}]}"#;
    assert_eq!(message(mixed).matches("\n at ").count(), 2);
    assert_eq!(message("{\n \"a\":\"x\"}").lines().last().unwrap(), " \"a\":\"x\"}\"; line: 2, column: 7]");
    let long = format!(r#"{{"a":["{}"]}}"#, "x".repeat(4096));
    assert!(EventPattern::read(&long).unwrap_err().contains("too long"));
}

/// Rules: PAT-41 to PAT-55.
#[test]
fn invalid_fields_and_string_operators_are_refused() {
    all_refused(&[
        ("[]", "Filter is not an object"),
        (r#""x""#, "Filter is not an object"),
        (r#"{"detail":{}}"#, "Empty objects are not allowed"),
        (r#"{"source":"x"}"#, r#""source" must be an object or an array"#),
        (r#"{"source":[]}"#, "Empty arrays are not allowed"),
        (r#"{"source":[["x"]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"a":[{}]}"#, "Match expression name not found"),
        (r#"{"a":[{"starts":"x"}]}"#, "Unrecognized match type starts"),
        (r#"{"a":[{"prefix":"x","suffix":"y"}]}"#, "Only one key allowed in match expression"),
        (r#"{"a":[{"numeric":["=",1],"x":1}]}"#, "Too many elements in numeric expression"),
        (r#"{"a":[{"anything-but":"x","y":1}]}"#, "Too many elements in numeric expression"),
        (r#"{"a":[{"prefix":1}]}"#, "prefix match pattern must be a string"),
        (r#"{"a":[{"suffix":1}]}"#, "suffix match pattern must be a string"),
        (r#"{"a":[{"equals-ignore-case":1}]}"#, "equals-ignore-case match pattern must be a string"),
        (r#"{"a":[{"wildcard":1}]}"#, "wildcard match pattern must be a string"),
        (r#"{"a":[{"cidr":1}]}"#, "prefix match pattern must be a string"),
        (r#"{"a":[{"prefix":{"x":"y"}}]}"#, "Unsupported prefix pattern: x"),
        (r#"{"a":[{"suffix":{"x":"y"}}]}"#, "Unsupported suffix pattern: x"),
        (r#"{"a":[{"prefix":{}}]}"#, "Prefix expression name not found"),
        (r#"{"a":[{"suffix":{}}]}"#, "Suffix expression name not found"),
        (r#"{"a":[{"anything-but":true}]}"#, "Value of anything-but must be an array or single string/number value."),
        (r#"{"a":[{"anything-but":null}]}"#, "Value of anything-but must be an array or single string/number value."),
        (r#"{"a":[{"anything-but":[true]}]}"#, "Inside anything but list, start|null|boolean is not supported."),
        (
            r#"{"a":[{"anything-but":[]}]}"#,
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        (r#"{"a":[{"anything-but":{"numeric":[]}}]}"#, "Unsupported anything-but pattern: numeric"),
        (r#"{"a":[{"anything-but":{}}]}"#, "Anything-But expression name not found"),
        (r#"{"a":[{"anything-but":{"prefix":""}}]}"#, "Null prefix/suffix not allowed"),
        (r#"{"a":[{"anything-but":{"suffix":[1]}}]}"#, "prefix/suffix match pattern must be a string"),
        (
            r#"{"a":[{"anything-but":{"equals-ignore-case":[1]}}]}"#,
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
        ),
    ]);
}

/// Rules: PAT-32, PAT-33, PAT-56 to PAT-66.
#[test]
fn invalid_numeric_cidr_and_or_operators_are_refused() {
    all_refused(&[
        (r#"{"a":[{"numeric":5}]}"#, "Value of numeric must be an array."),
        (r#"{"a":[{"numeric":[5]}]}"#, "Invalid member in numeric match: 5"),
        (r#"{"a":[{"numeric":["!=",5]}]}"#, "Unrecognized numeric range operator: !="),
        (r#"{"a":[{"numeric":["=","5"]}]}"#, "Value of equals must be numeric"),
        (r#"{"a":[{"numeric":[">=","5"]}]}"#, "Value of >= must be numeric"),
        (r#"{"a":[{"numeric":["=",1,"<",2]}]}"#, "Too many elements in numeric expression"),
        (r#"{"a":[{"numeric":["<",9,">",1]}]}"#, "Too many elements in numeric expression"),
        (r#"{"a":[{"numeric":[">",1,">",2]}]}"#, "Bad numeric range operator: >"),
        (r#"{"a":[{"numeric":[">",1,2]}]}"#, "Bad value in numeric range: 2"),
        (r#"{"a":[{"numeric":[">",1,"<",2,3]}]}"#, "Too many terms in numeric range expression"),
        (r#"{"a":[{"numeric":[">",5,"<",1]}]}"#, "Bottom must be less than top"),
        (r#"{"a":[{"numeric":["=",1e999]}]}"#, "Cannot compare number : 1e999"),
        (r#"{"a":[{"exists":"true"}]}"#, "exists match pattern must be either true or false."),
        (r#"{"a":[{"cidr":"10.0.0.0"}]}"#, "Malformed CIDR, one '/' required"),
        (r#"{"a":[{"cidr":"10.0.0.0/x"}]}"#, "Malformed CIDR, mask bits must be an integer"),
        (r#"{"a":[{"cidr":"10.0.0.0/-1"}]}"#, "Malformed CIDR, mask bits must not be negative"),
        (r#"{"a":[{"cidr":"10.0.0.0/32"}]}"#, "IPv4 mask bits must be < 32"),
        (r#"{"a":[{"cidr":"::/128"}]}"#, "IPv6 mask bits must be < 128"),
        (r#"{"a":[{"cidr":"x/8"}]}"#, "Nonstandard IP address: x"),
        (r#"{"a":[{"cidr":"1.2.3.4.5/8"}]}"#, "Invalid IP address: 1.2.3.4.5"),
        (r#"{"a":[{"wildcard":"a**"}]}"#, "Consecutive wildcard characters at pos 2"),
        (r#"{"a":[{"wildcard":"\\x"}]}"#, "Invalid escape character at pos 1"),
        (r#"{"$or":{"a":[1]}}"#, "It must be an Array followed with $or."),
        (r#"{"$or":[1,2]}"#, "Only JSON object is allowed in array of $or relationship."),
        (r#"{"$or":[{"a":[1]}]}"#, "There must have at least 2 Objects in $or relationship."),
        (
            r#"{"$or":[{"a":[1]},{"numeric":[1]}]}"#,
            "numeric is Ruler reserved fieldName which cannot be used inside $or.",
        ),
    ]);
}

fn all_refused(patterns: &[(&str, &str)]) {
    for (pattern, expected) in patterns {
        assert_eq!(message_without_location(pattern), *expected, "{pattern}");
    }
}

/// Rules: PAT-68.
#[test]
fn invalid_json_is_refused() {
    let start = "Unexpected end-of-input: expected close marker for Array (start marker at [Source: \
                 (String)\"{\"a\":[1\"; line: 1, column: 6])";
    assert!(message(r#"{"a":[1"#).starts_with(start), "{}", message(r#"{"a":[1"#));
    for pattern in
        ["", "{", r#"{"a"}"#, r#"{"a":[1 2]}"#, r#"{"a":x}"#, r#"{"a":["x]}"#, r#"{"a":[1],}"#, r#"{"a":[01]}"#]
    {
        EventPattern::read(pattern).unwrap_err();
    }
}

/// Rules: PAT-40.
#[test]
fn the_reader_accepts_or_refuses_any_text() {
    fn is_handled(text: String) -> bool {
        let _ = EventPattern::read(&text);
        let _ = EventPattern::read(&format!("{{\"a\":[{text}]}}"));
        true
    }
    check(100).quickcheck(is_handled as fn(String) -> bool);
}

/// Rules: PAT-24.
#[test]
fn a_wildcard_matches_like_a_naive_matcher() {
    fn agrees(letters: Vec<u8>, pattern: Vec<u8>) -> bool {
        let text: String = letters.iter().map(|letter| char::from(b'a' + letter % 3)).collect();
        let mut wildcard: String = pattern.iter().map(|sign| ['a', 'b', 'c', '*'][usize::from(sign % 4)]).collect();
        while wildcard.contains("**") {
            wildcard = wildcard.replace("**", "*");
        }
        holds(&json!({ "wildcard": wildcard }), &json!(text)) == walk(wildcard.as_bytes(), text.as_bytes())
    }
    check(100).quickcheck(agrees as fn(Vec<u8>, Vec<u8>) -> bool);
}

/// Rules: PAT-12.
#[test]
fn unrelated_arrays_do_not_multiply() {
    let there = json!([{ "exists": true }]);
    let names = ["a", "b", "c", "d", "e", "f"];
    let pattern: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), there.clone())).collect();
    let pattern = EventPattern::read(&Value::Object(pattern).to_string()).unwrap();
    // Without dropping unrelated arrays, this would try 60^6 combinations.
    let event: Value = names.iter().map(|name| ((*name).to_owned(), json!(vec![1; 60]))).collect();
    assert!(pattern.matches(&event));
}

/// A naive matcher: each asterisk matches nothing, or one more letter.
fn walk(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) if walk(rest, text) => true,
        ([b'*', ..], [_, text @ ..]) => walk(pattern, text),
        ([sign, rest @ ..], [letter, text @ ..]) if sign == letter => walk(rest, text),
        _ => false,
    }
}
