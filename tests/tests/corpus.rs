//! Findings of every shape and their responses from AWS: the table in `tests/corpus`.
//!
//! Each file is a list of cases. A case starts from `sample::finding` and lists the differences: `with` replaces
//! members, `without` removes them, `raw` adds members as JSON text, `product` makes it a finding of a listed product,
//! and `again` imports it a second time with these changes. `{"$text": t, "times": n}` means n times t, `{"$list": v,
//! "times": n}` a list of n times v, `{"$map": n}` a map of n pairs. An error is given as `refused` (the message about
//! the finding), `message` (a message without the usual prefix) or `call` (the whole call is refused). A case with none
//! of them is accepted: GetFindings then returns all members that were sent, unless the case is `lossy`, and has the
//! values of `returned` at these JSON pointers, where null means absent.
#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use http::Request;
use securityhub_fixtures::Operation;
use securityhub_fixtures::model::{Kind, Location, ShapeId};
use securityhub_local_tests::answer;
use securityhub_local_tests::client::TestClient;
use securityhub_local_tests::sample;
use serde_json::{Value, json};

const ACCOUNT: &str = "111111111111";
const FILES: [(&str, &str); 12] = [
    ("calls", include_str!("../corpus/calls.json")),
    ("forms", include_str!("../corpus/forms.json")),
    ("maps", include_str!("../corpus/maps.json")),
    ("members", include_str!("../corpus/members.json")),
    ("products", include_str!("../corpus/products.json")),
    ("required", include_str!("../corpus/required.json")),
    ("resources", include_str!("../corpus/resources.json")),
    ("severities", include_str!("../corpus/severities.json")),
    ("sizes", include_str!("../corpus/sizes.json")),
    ("texts", include_str!("../corpus/texts.json")),
    ("times", include_str!("../corpus/times.json")),
    ("types", include_str!("../corpus/types.json")),
];
/// The keys that a case may have.
const KEYS: [&str; 11] =
    ["name", "with", "without", "raw", "product", "again", "refused", "message", "call", "lossy", "returned"];

struct Case {
    name: String,
    value: Value,
    /// The ID of the finding, unless the case sets one.
    id: String,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (file, text) in FILES {
        let list: Vec<Value> = serde_json::from_str(text).unwrap_or_else(|error| panic!("{file}.json: {error}"));
        for (number, value) in list.into_iter().enumerate() {
            for key in value.as_object().expect("a case is an object").keys() {
                assert!(KEYS.contains(&key.as_str()), "{file}.json: a case has no {key}");
            }
            let name = format!("{file}: {}", value["name"].as_str().expect("a case has a name"));
            cases.push(Case { name, value, id: format!("{file}/{number}") });
        }
    }
    cases
}

/// The value with `$text`, `$list` and `$map` expanded.
fn expand(value: &Value) -> Value {
    let times = || usize::try_from(value["times"].as_u64().expect("a number of times")).expect("a small number");
    match value {
        Value::Object(members) => {
            if let Some(text) = members.get("$text") {
                return json!(text.as_str().expect("a text").repeat(times()));
            }
            if let Some(item) = members.get("$list") {
                return Value::Array(vec![expand(item); times()]);
            }
            if let Some(count) = members.get("$map") {
                let count = count.as_u64().expect("a number of pairs");
                return (0..count).map(|number| (format!("key {number}"), json!("v"))).collect();
            }
            Value::Object(members.iter().map(|(name, value)| (name.clone(), expand(value))).collect())
        }
        Value::Array(items) => items.iter().map(expand).collect(),
        _ => value.clone(),
    }
}

impl Case {
    /// The finding as a value and as the text to send.
    fn finding(&self) -> (Value, String) {
        let mut finding = sample::finding(ACCOUNT);
        let members = finding.as_object_mut().expect("an object");
        members.insert("Id".to_owned(), json!(self.id));
        if let Some(product) = self.value["product"].as_str() {
            members.insert("ProductArn".to_owned(), json!(product_arn(product)));
        }
        for name in self.value["without"].as_array().into_iter().flatten() {
            members.shift_remove(name.as_str().expect("a name"));
        }
        members.extend(expand(&self.value["with"]).as_object().cloned().unwrap_or_default());
        let mut text = finding.to_string();
        if let Some(raw) = self.value["raw"].as_str() {
            text = format!("{},{raw}}}", text.strip_suffix('}').expect("an object"));
            finding = serde_json::from_str(&text).expect("raw members are JSON");
        }
        (finding, text)
    }

    fn is_accepted(&self) -> bool {
        ["refused", "message", "call"].iter().all(|key| self.value.get(key).is_none())
    }
}

fn product_arn(product: &str) -> String {
    format!("arn:aws:securityhub:us-east-1::product/{product}")
}

/// Sends BatchImportFindings with this text as its body.
fn import(client: &TestClient, body: String) -> (u16, Value) {
    let request = Request::builder()
        .method("POST")
        .uri("/findings/import")
        .header("authorization", client.authorization())
        .header("content-type", "application/json")
        .body(body.into())
        .expect("a request");
    answer::check(Some(Operation::BatchImportFindings), &client.send(request))
}

fn read(client: &TestClient, finding: &Value) -> Value {
    let equals = |value: &Value| json!([{ "Value": value, "Comparison": "EQUALS" }]);
    let filters = json!({ "Id": equals(&finding["Id"]), "ProductArn": equals(&finding["ProductArn"]) });
    let (_, body) = client.call(Operation::GetFindings, &json!({ "Filters": filters }));
    body["Findings"][0].clone()
}

/// Returns whether a returned value contains everything that was sent. The service may add members and spell numbers
/// differently.
fn holds(returned: &Value, sent: &Value) -> bool {
    match (returned, sent) {
        (Value::Object(returned), Value::Object(sent)) => {
            sent.iter().all(|(name, value)| returned.get(name).is_some_and(|returned| holds(returned, value)))
        }
        (Value::Array(returned), Value::Array(sent)) => {
            returned.len() == sent.len() && returned.iter().zip(sent).all(|(returned, sent)| holds(returned, sent))
        }
        (Value::Number(returned), Value::Number(sent)) => returned.as_f64() == sent.as_f64(),
        _ => returned == sent,
    }
}

/// The errors in the responses to a case.
fn judge(client: &TestClient, case: &Case) -> Vec<String> {
    let (finding, text) = case.finding();
    let mut wrong = Vec::new();
    // Compact, with whitespace, and with an unknown member, which is read in the slow path.
    let unknown = format!("{},\"Unheard-of\":[{{}}]}}", text.strip_suffix('}').unwrap_or_default());
    let bodies = [
        format!("{{\"Findings\":[{text}]}}"),
        format!("{{ \"Findings\" :\n [ {text} ] }}\n"),
        format!("{{\"Findings\":[{unknown}]}}"),
    ];
    for body in bodies {
        let (status, answer) = import(client, body);
        if let Some(call) = case.value.get("call") {
            let is_it = call["status"] == json!(status)
                && call["code"] == answer["Code"]
                && call.get("message").is_none_or(|message| *message == answer["Message"]);
            if !is_it {
                wrong.push(format!("{status} {answer}"));
            }
            continue;
        }
        let failed = &answer["FailedFindings"][0];
        let expected = match (case.value["refused"].as_str(), case.value["message"].as_str()) {
            (Some(sentence), _) => json!(format!("Finding does not adhere to Amazon Finding Format. {sentence}")),
            (None, Some(message)) => json!(message),
            (None, None) => Value::Null,
        };
        if status != 200 || failed["ErrorMessage"] != expected {
            wrong.push(format!("{status} {answer}"));
        }
    }
    if wrong.is_empty() && case.is_accepted() {
        wrong.extend(judge_stored(client, case, &finding));
    }
    wrong
}

/// The errors in an accepted finding when it is read.
fn judge_stored(client: &TestClient, case: &Case, finding: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for change in case.value["again"].as_array().into_iter().flatten() {
        let mut again = finding.clone();
        if let (Some(members), Some(change)) = (again.as_object_mut(), change.as_object()) {
            if !change.contains_key("Title") {
                for name in ["Remediation", "ProductFields"] {
                    members.shift_remove(name);
                }
            }
            members.extend(change.clone());
        }
        let (_, answer) = import(client, json!({ "Findings": [again] }).to_string());
        if answer["SuccessCount"] != json!(1) {
            wrong.push(format!("again: {answer}"));
        }
    }
    let returned = read(client, finding);
    if returned["ProcessedAt"].is_null() {
        wrong.push("is not stored".to_owned());
    }
    if case.value["lossy"] != json!(true) && !holds(&returned, finding) {
        wrong.push(format!("returned {returned}"));
    }
    for (pointer, expected) in case.value["returned"].as_object().into_iter().flatten() {
        let found = returned.pointer(pointer).unwrap_or(&Value::Null);
        if found != expected {
            wrong.push(format!("{pointer} is {found}"));
        }
    }
    // A finding that was read can be imported unchanged (IMP-45).
    let (_, answer) = import(client, json!({ "Findings": [returned] }).to_string());
    if answer["SuccessCount"] != json!(1) {
        wrong.push(format!("what was read: {answer}"));
    }
    wrong
}

/// Rules: IMP-32, IMP-34, IMP-35, IMP-45, ASF-01 to ASF-09, ASF-60 to ASF-66, ASF-70 to ASF-73, ASF-92, ASF-105.
#[test]
fn each_document_of_the_corpus_gets_the_response_of_aws() {
    let client = TestClient::enabled();
    let cases = cases();
    let products: BTreeSet<&str> = cases.iter().filter_map(|case| case.value["product"].as_str()).collect();
    for product in products {
        let request = json!({ "ProductArn": product_arn(product) });
        let (status, body) = client.call(Operation::EnableImportFindingsForProduct, &request);
        assert_eq!(status, 200, "{body}");
    }
    let mut wrong = String::new();
    for case in &cases {
        for what in judge(&client, case) {
            _ = writeln!(wrong, "{}: {what}", case.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(cases.len() >= 150, "{} cases", cases.len());
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "two cases have the same name");
}

/// The members that the model lists for structures of a finding and that `value` has.
fn seen(shape: ShapeId, value: &Value, members: &mut HashSet<(&'static str, &'static str)>) {
    match (&shape.shape().kind, value) {
        (Kind::Structure(structure), Value::Object(found)) => {
            for (name, value) in found.iter().filter(|(_, value)| !value.is_null()) {
                if let Some((_, member)) = structure.member(name) {
                    members.insert((shape.shape().name, member.name));
                    seen(member.shape, value, members);
                }
            }
        }
        (Kind::List { member, .. }, Value::Array(items)) => items.iter().for_each(|item| seen(*member, item, members)),
        (Kind::Map { value: item, .. }, Value::Object(pairs)) => {
            pairs.values().for_each(|value| seen(*item, value, members));
        }
        _ => {}
    }
}

/// All members of the structures in a shape.
fn all(shape: ShapeId, members: &mut BTreeMap<(&'static str, &'static str), ShapeId>) {
    match &shape.shape().kind {
        Kind::Structure(structure) => {
            for member in structure.members {
                if members.insert((shape.shape().name, member.name), member.shape).is_none() {
                    all(member.shape, members);
                }
            }
        }
        Kind::List { member, .. } => all(*member, members),
        Kind::Map { value, .. } => all(*value, members),
        _ => {}
    }
}

fn finding_shape() -> ShapeId {
    let input = Operation::BatchImportFindings.model().input;
    let Kind::Structure(structure) = &input.shape().kind else { panic!("an input is a structure") };
    let (_, findings) = structure.member("Findings").expect("findings");
    assert_eq!(findings.location, Location::Body);
    let Kind::List { member, .. } = &findings.shape.shape().kind else { panic!("findings are a list") };
    *member
}

#[test]
fn accepted_documents_of_the_corpus_cover_each_member_of_a_finding() {
    let (mut members, mut found) = (BTreeMap::new(), HashSet::new());
    all(finding_shape(), &mut members);
    for case in cases().iter().filter(|case| case.is_accepted()) {
        seen(finding_shape(), &case.finding().0, &mut found);
    }
    let absent: Vec<_> = members.keys().filter(|member| !found.contains(*member)).collect();
    assert!(absent.is_empty(), "{} of {} members: {absent:?}", absent.len(), members.len());
    assert!(members.len() > 1_500, "{} members", members.len());
}
