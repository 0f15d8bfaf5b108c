//! Tests of the routes as a whole: messages about wrong words, and the OpenAPI document with its examples.

use super::*;

fn refused(method: &str, path: &str, body: &str) -> String {
    let service = Service::new(Settings::default(), None).unwrap();
    let (status, answer) = send(&service, method, path, body.to_owned());
    assert_eq!(status, 400, "{answer}");
    answer["Message"].as_str().unwrap().to_owned()
}

/// Rules: CPL-05.
#[test]
fn refusals_name_the_wrong_word_and_the_most_similar_valid_word() {
    for (method, path, body, expected) in [
        (
            "POST",
            "/_emulator/reset?TO=empty",
            "",
            "unknown parameter 'TO'; did you mean 'to'?; expected a call such as ?to=start",
        ),
        ("POST", "/_emulator/reset?to=empty&to=start", "", "duplicate parameter 'to'"),
        (
            "POST",
            "/_emulator/reset?to=emtpy",
            "",
            "'emtpy' is not a value of parameter 'to'; did you mean 'empty'?; expected start, empty",
        ),
        ("POST", "/_emulator/reset", "{\"to\":\"empty\"}", "this call does not take a body"),
        ("GET", "/_emulator/events?limit=ten", "", "parameter 'limit': expected a whole number that is not negative"),
        ("GET", "/_emulator/members", "", "missing parameter 'administrator'"),
        ("POST", "/_emulator/clock", "{\"advanse\":\"P1D\"}", "unknown member 'advanse'; did you mean 'advance'?"),
        ("POST", "/_emulator/clock", "{\"advance\":\"P1D\",\"advance\":\"P1D\"}", "duplicate member 'advance'"),
        ("POST", "/_emulator/clock", "{\"advance\":1}", "member 'advance': expected a string, found 1"),
        ("POST", "/_emulator/clock", "{\"advance\":null}", "the body has none of the members"),
        ("POST", "/_emulator/clock", "{\"advance\":\"P1D\"} x", "invalid JSON in the body: trailing characters"),
        ("POST", "/_emulator/clock", "{", "EOF while parsing an object"),
        (
            "POST",
            "/_emulator/members",
            "{\"Administrator\":\"1\",\"Regions\":[],\"AccountDetails\":[{\"AcountId\":\"2\"}]}",
            "unknown member 'AccountDetails[0].AcountId'; did you mean 'AccountId'?",
        ),
        (
            "POST",
            "/_emulator/explain",
            "{\"Account\":\"1\"}",
            "missing member 'Region'; expected a call such as {\"Account\"",
        ),
    ] {
        let message = refused(method, path, body);
        assert!(message.starts_with(expected), "{message}\n{expected}");
    }
}

/// Rules: CPL-05.
#[test]
fn bodies_are_read_strictly_and_types_are_named_as_in_json() {
    for (method, path, body, expected) in [
        ("POST", "/_emulator/clock", "[true, null, null]", "expected an object, found an array"),
        (
            "POST",
            "/_emulator/clock",
            "{\"frozen\":\"yes\"}",
            "member 'frozen': expected true or false, found the string 'yes'",
        ),
        (
            "POST",
            "/_emulator/requests/verify",
            "{\"Times\":[1,2]}",
            "member 'Times': expected an object, found an array",
        ),
        (
            "POST",
            "/_emulator/requests/verify",
            "{\"Times\":{\"Min\":-1}}",
            "member 'Times.Min': expected a whole number that is not negative, found -1",
        ),
        (
            "POST",
            "/_emulator/requests/verify",
            "{\"Match\":{\"Filters\":{\"Id\":[],\"Id\":[1]}}}",
            "duplicate member 'Match.Filters.Id'",
        ),
        ("GET", "/_emulator/requests?match=%7B%22a%22:1,%22a%22:2%7D", "", "parameter 'match': duplicate member 'a'"),
        ("GET", "/_emulator/requests?match=%5B", "", "parameter 'match': invalid JSON: EOF while parsing a list"),
        ("GET", "/_emulator/requests?match=1%202", "", "parameter 'match': invalid JSON: trailing characters"),
        (
            "PUT",
            "/_emulator/sinks/s",
            "{\"Type\":\"webhook\",\"Url\":\"http://a\",\"Headers\":{\"x\":\"1\",\"x\":\"2\"}}",
            "duplicate member 'Headers.x'",
        ),
        (
            "POST",
            "/_emulator/faults",
            "{\"Error\":[null,500,null]}",
            "member 'Error': expected an object, found an array",
        ),
    ] {
        let message = refused(method, path, body);
        assert!(message.starts_with(expected), "{message}\n{expected}");
    }
}

/// Sends each example of the document to a new server and compares the status with that of the document.
///
/// Rules: CPL-01, CPL-03, CPL-04.
#[test]
fn every_operation_of_the_document_is_called() {
    let fresh = || Service::new(Settings::default(), None).unwrap();
    let (status, document) = send(&fresh(), "GET", "/_emulator/openapi.json", "");
    assert_eq!((status, &document["openapi"]), (200, &json!("3.1.0")));
    let mut called = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = method.to_uppercase();
            let mut url = path.clone();
            let mut query = Vec::new();
            for parameter in operation["parameters"].as_array().unwrap() {
                let name = parameter["name"].as_str().unwrap();
                match (parameter["in"].as_str(), parameter["example"].as_str()) {
                    (Some("path"), Some(example)) => url = url.replace(&format!("{{{name}}}"), example),
                    (_, Some(example)) => query.push(format!("{name}={example}")),
                    (_, None) => assert_eq!(parameter["required"], false, "{path} {name}"),
                }
                assert!(parameter["in"] == "path" || parameter["description"].is_string(), "{path} {name}");
            }
            let body = &operation["requestBody"]["content"]["application/json"]["example"];
            assert_eq!(body.is_null(), operation.get("requestBody").is_none(), "{method} {path} has an example");
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let (status, answered) = send(&fresh(), &method, &format!("{url}?{}", query.join("&")), body.clone());
            assert_eq!(operation["x-fresh-status"], status, "{method} {url} {body}: {answered}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(status >= 400 || responses.contains_key(&status.to_string()), "{method} {path}: {status}");
            assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{path}");
            called += 1;
        }
    }
    assert_eq!(called, routes::all().len());
    assert_references(&document, &document);
    // If several schemas had the same name, all but the first would be numbered, such as `Input2`.
    let mut names = document["components"]["schemas"].as_object().unwrap().keys();
    assert_eq!(names.find(|name| name.ends_with(|last: char| last.is_ascii_digit())), None);
}

/// Asserts that all references of the document can be resolved.
fn assert_references(part: &Value, document: &Value) {
    if let Some(reference) = part.get("$ref").and_then(Value::as_str) {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    match part {
        Value::Object(members) => members.values().for_each(|part| assert_references(part, document)),
        Value::Array(parts) => parts.iter().for_each(|part| assert_references(part, document)),
        _ => {}
    }
}
