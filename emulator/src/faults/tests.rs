//! Tests of the list of rules: mistakes, selection, counters, random numbers and errors.

use std::cell::LazyCell;
use std::time::Duration;

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::*;
use crate::state::{Fault, FaultStage, FaultWire, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, id};

fn rules(value: Value) -> Vec<Fault> {
    serde_json::from_value(value).unwrap()
}

fn faults(value: Value) -> Faults {
    let faults = Faults::default();
    faults.set(rules(value), &FaultContext::default()).unwrap();
    faults
}

fn mistake(value: Value) -> String {
    Faults::default().set(rules(json!([value])), &FaultContext::default()).unwrap_err().to_string()
}

/// Decides about a call of an operation of Security Hub.
fn decide(faults: &Faults, operation: Operation, account: &str, input: Value) -> Option<Decision> {
    let input = LazyCell::new(|| input);
    let region = Region::new(REGION);
    faults.decide(&Subject {
        service: "securityhub",
        operation: Some(operation),
        name: operation.name(),
        account: id(account),
        region: &region,
        test: Some("team/a"),
        input: &input,
    })
}

fn hub(faults: &Faults) -> Option<Decision> {
    decide(faults, Operation::DescribeHub, ADMINISTRATOR, json!({}))
}

/// Makes calls of DescribeHub; returns `x` for each call that fails, and `.` for each other call.
fn next(faults: &Faults, calls: usize) -> String {
    (0..calls).map(|_| if hub(faults).is_some() { 'x' } else { '.' }).collect()
}

fn error(decision: Option<Decision>) -> (String, u16, String) {
    match decision.and_then(|decision| decision.effect) {
        Some(Effect::Error(FaultAnswer { code, status, message })) => (code.into_owned(), status, message),
        other => panic!("{other:?}"),
    }
}

/// Asserts that the message about each rule begins with the given text.
fn assert_mistakes<const N: usize>(rules: [(Value, &str); N]) {
    for (rule, expected) in rules {
        let message = mistake(rule.clone());
        assert!(message.starts_with(expected), "{rule}: {message}");
    }
}

/// Rules: CPL-31, CPL-33.
#[test]
fn an_invalid_selector_is_refused_with_its_path_and_a_suggestion() {
    let throttle = || json!({ "Code": "Throttle" });
    assert_mistakes([
        (
            json!({ "Operation": "GetFinding", "Error": throttle() }),
            "member 'Faults[0].Operation': unknown operation 'GetFinding'; did you mean 'GetFindings'?",
        ),
        (
            json!({ "Operation": ["GetFindings", "Batsh*"], "Error": throttle() }),
            "member 'Faults[0].Operation[1]': unknown operation 'Batsh*'",
        ),
        (
            json!({ "Service": "sts", "Operation": "AssumeRoll", "Error": throttle() }),
            "member 'Faults[0].Operation': unknown operation 'AssumeRoll'; did you mean 'AssumeRole'?",
        ),
        (
            json!({ "Service": "*", "Operation": "NoSuchOp", "Error": throttle() }),
            "member 'Faults[0].Operation': unknown operation 'NoSuchOp'; for an operation of another service",
        ),
        (
            json!({ "Operation": "*Hub", "Error": throttle() }),
            "member 'Faults[0].Operation': unknown operation '*Hub'; a '*' is only allowed at the end",
        ),
        (json!({ "Operation": [], "Error": throttle() }), "member 'Faults[0].Operation': the list is empty"),
        (
            json!({ "Service": "securtyhub", "Error": throttle() }),
            "member 'Faults[0].Service': unknown service 'securtyhub'; did you mean 'securityhub'?",
        ),
        (json!({ "Account": "1", "Error": throttle() }), "member 'Faults[0].Account': '1' is not a valid account ID"),
        (
            json!({ "Region": "us-eats-1", "Error": throttle() }),
            "member 'Faults[0].Region': unknown Region 'us-eats-1'; did you mean 'us-east-1'?",
        ),
        (json!({ "Test": "a b", "Error": throttle() }), "member 'Faults[0].Test': 'a b' is not a valid tag"),
        (json!({ "Match": { "$prefx": "a" }, "Error": throttle() }), "member 'Faults[0].Match.$prefx': "),
    ]);
}

/// Rules: CPL-31, CPL-33, CPL-35, CPL-36.
#[test]
fn an_invalid_effect_is_refused_with_its_path_and_a_suggestion() {
    let throttle = || json!({ "Code": "Throttle" });
    assert_mistakes([
        (json!({}), "member 'Faults[0]': expected at least one of 'Error', 'Wire', 'Partial' and 'Latency'"),
        (json!({ "Error": throttle(), "Wire": "reset" }), "member 'Faults[0]': at most one of"),
        (json!({ "Error": {} }), "member 'Faults[0].Error': expected 'Code', 'Status' or both"),
        (
            json!({ "Error": { "Code": "Throtle" } }),
            "member 'Faults[0].Error.Code': 'Throtle' is not an error code of the selected operations; did you mean \
             'Throttle'?",
        ),
        (
            json!({ "Operation": "GetFindingsV2", "Error": { "Code": "InternalException" } }),
            "member 'Faults[0].Error.Code': 'InternalException' is not an error code of GetFindingsV2; did you mean \
             'InternalServerException'?; any code",
        ),
        (
            json!({ "Operation": "DescribeHub", "Error": { "Code": "ThrottlingException" } }),
            "member 'Faults[0].Error.Code': 'ThrottlingException' is not an error code of DescribeHub; did you mean \
             'TooManyRequestsException'?; any code",
        ),
        (
            json!({ "Operation": "BatchImportFindings", "Partial": {}, "Stage": "after" }),
            "member 'Faults[0].Stage': 'after' cannot be combined with 'Partial', whose items fail before",
        ),
        (json!({ "Error": { "Code": "a b", "Status": 400 } }), "member 'Faults[0].Error.Code': 'a b' is not a valid"),
        (json!({ "Error": { "Status": 302 } }), "member 'Faults[0].Error.Status': 302 is not a status from 400 to 599"),
        (json!({ "Probability": 1.5, "Error": throttle() }), "member 'Faults[0].Probability': 1.5 is not"),
        (json!({ "Every": 0, "Error": throttle() }), "member 'Faults[0].Every': expected a number from 1"),
        (json!({ "Id": "a b", "Error": throttle() }), "member 'Faults[0].Id': 'a b' is not a valid ID"),
        (json!({ "Wire": "reset", "WireOver": "soon" }), "member 'Faults[0].WireOver': 'soon' is not a valid duration"),
        (json!({ "Error": throttle(), "WireOver": "1s" }), "member 'Faults[0].WireOver': only allowed with 'Wire'"),
        (json!({ "Latency": {} }), "member 'Faults[0].Latency': expected exactly one of"),
        (json!({ "Latency": { "Uniform": ["2s"] } }), "member 'Faults[0].Latency.Uniform': expected two durations"),
        (json!({ "Latency": { "Uniform": ["2s", "x"] } }), "member 'Faults[0].Latency.Uniform[1]': 'x' is not"),
        (json!({ "Latency": { "Uniform": ["2s", "1s"] } }), "member 'Faults[0].Latency.Uniform': the first duration"),
        (
            json!({ "Latency": { "Lognormal": { "Median": "1s", "Sigma": -1.0 } } }),
            "member 'Faults[0].Latency.Lognormal.Sigma': expected",
        ),
    ]);
}

/// Rules: CPL-33, CPL-38.
#[test]
fn an_invalid_choice_of_items_is_refused_with_its_path_and_a_suggestion() {
    assert_mistakes([
        (
            json!({ "Operation": "GetFindings", "Partial": {} }),
            "member 'Faults[0].Partial': GetFindings does not have items that can fail; use one of BatchImportFindings, ",
        ),
        (
            json!({ "Operation": "Describe*", "Partial": {} }),
            "member 'Faults[0].Partial': none of the selected operations",
        ),
        (json!({ "Partial": { "Ids": ["a"], "Every": 2 } }), "member 'Faults[0].Partial': at most one of"),
        (json!({ "Partial": { "Every": 0 } }), "member 'Faults[0].Partial.Every': expected a number from 1"),
        (
            json!({ "Operation": "BatchGetSecurityControls", "Partial": { "Code": "NOTFOUND" } }),
            "member 'Faults[0].Partial.Code': 'NOTFOUND' is not a code of the items; did you mean 'NOT_FOUND'?",
        ),
        (
            json!({ "Operation": "BatchGetAutomationRules", "Partial": { "Code": "x" } }),
            "member 'Faults[0].Partial.Code': 'x' is not a code of the items; expected an HTTP status",
        ),
        (
            json!({ "Operation": "GetMembers", "Partial": { "Code": "x" } }),
            "member 'Faults[0].Partial.Code': 'x' is not a code of the items; items of this operation do not have a code",
        ),
    ]);
}

/// Rules: CPL-33.
#[test]
fn refused_rules_change_nothing() {
    let faults = faults(json!([{ "Id": "a", "Error": { "Status": 500 } }]));
    let wrong = json!([{ "Error": { "Status": 500 } }, { "Error": { "Status": 500 }, "Every": 0 }]);
    assert!(faults.add(rules(wrong.clone()), Place::Last, &FaultContext::default()).is_err());
    assert!(faults.set(rules(wrong), &FaultContext::default()).is_err());
    let twice = json!([{ "Id": "b", "Error": { "Status": 500 } }, { "Id": "a", "Error": { "Status": 500 } }]);
    let refused = faults.add(rules(twice.clone()), Place::Last, &FaultContext::default());
    assert_eq!(refused, Err(ListError::Id(1, "a".to_owned())));
    assert_eq!(faults.list().len(), 1);
    let many = vec![rules(json!([{ "Error": { "Status": 500 } }])).remove(0); 1000];
    assert_eq!(faults.add(many.clone(), Place::Last, &FaultContext::default()), Err(ListError::TooMany));
    assert!(faults.set(many, &FaultContext::default()).is_ok());
    assert_eq!(faults.list()[999].id.as_deref(), Some("f-1000"));
    assert!(faults.set(rules(twice), &FaultContext::default()).is_ok());
}

/// Rules: CPL-31.
#[test]
fn a_rule_selects_calls() {
    let fails = |selector: Value| {
        let mut rule = json!({ "Error": { "Status": 500 } });
        rule.as_object_mut().unwrap().extend(selector.as_object().unwrap().clone());
        let input = json!({ "Filters": { "Id": [{ "Value": "a", "Comparison": "EQUALS" }] } });
        decide(&faults(json!([rule])), Operation::GetFindings, ADMINISTRATOR, input).is_some()
    };
    for (selector, expected) in [
        (json!({}), true),
        (json!({ "Service": "*" }), true),
        (json!({ "Service": "sts" }), false),
        (json!({ "Operation": "GetFindings" }), true),
        (json!({ "Operation": "GetFindingsV2" }), false),
        (json!({ "Operation": "Get*" }), true),
        (json!({ "Operation": ["DescribeHub", "Get*"] }), true),
        (json!({ "Operation": ["DescribeHub", "List*"] }), false),
        (json!({ "Account": ADMINISTRATOR }), true),
        (json!({ "Account": MEMBER }), false),
        (json!({ "Region": "eu-west-1" }), false),
        (json!({ "Test": "team/a" }), true),
        (json!({ "Test": "team" }), false),
        (json!({ "Match": { "Filters": { "Id": [{ "Value": "a" }] } } }), true),
        (json!({ "Match": { "Filters": { "Id": [{ "Value": "b" }] } } }), false),
        (json!({ "Enabled": false }), false),
    ] {
        assert_eq!(fails(selector.clone()), expected, "{selector}");
    }
}

/// Rules: CPL-32.
#[test]
fn a_rule_fires_by_its_counters() {
    for (when, expected) in [
        (json!({ "Times": 3 }), "xxx......"),
        (json!({ "After": 2 }), "..xxxxxxx"),
        (json!({ "Every": 3 }), "..x..x..x"),
        (json!({ "After": 1, "Every": 2, "Times": 2 }), "..x.x...."),
        (json!({ "Probability": 0.0 }), "........."),
    ] {
        let mut rule = json!({ "Error": { "Status": 500 } });
        rule.as_object_mut().unwrap().extend(when.as_object().unwrap().clone());
        let faults = faults(json!([rule]));
        assert_eq!(next(&faults, 9), expected, "{when}");
        let listed = faults.list();
        let fired = expected.matches('x').count() as u64;
        assert_eq!((listed[0].seen, listed[0].fired), (Some(9), Some(fired)));
    }
}

/// Rules: CPL-32.
#[test]
fn the_first_failure_ends_the_search_and_latencies_add_up() {
    let faults = faults(json!([
        { "Id": "slow", "Latency": { "Fixed": "40ms" } },
        { "Id": "slower", "Latency": { "Fixed": "2s" }, "Error": { "Status": 503 }, "Times": 1 },
        { "Id": "reset", "Wire": "reset", "Stage": "after" },
        { "Id": "never", "Error": { "Status": 500 } },
    ]));
    let first = hub(&faults).unwrap();
    assert_eq!(first.latency, Duration::from_millis(2040));
    assert_eq!(first.fired.iter().map(|id| &**id).collect::<Vec<_>>(), ["slow", "slower"]);
    assert_eq!(first.id().map(|id| &**id), Some("slower"));
    let second = hub(&faults).unwrap();
    assert_eq!((second.latency, second.stage), (Duration::from_millis(40), FaultStage::After));
    let reset = WireFault { kind: FaultWire::Reset, over: Duration::from_secs(2) };
    assert_eq!(second.effect, Some(Effect::Wire(reset)));
    let seen: Vec<_> = faults.list().iter().map(|fault| fault.seen.unwrap()).collect();
    assert_eq!(seen, [2, 2, 1, 0], "later rules do not count the call");
}

/// Rules: CPL-32.
#[test]
fn counting_is_exact_under_concurrency() {
    let faults = faults(json!([
        { "Error": { "Status": 500 }, "Times": 30 },
        { "Error": { "Status": 500 }, "Every": 7, "After": 4 },
    ]));
    let fired: usize = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| (0..500).filter(|_| hub(&faults).is_some()).count())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(fired, 30 + (4000 - 30 - 4) / 7);
    let listed = faults.list();
    assert_eq!((listed[0].seen, listed[0].fired), (Some(4000), Some(30)));
}

/// Rules: CPL-32.
#[test]
fn random_numbers_depend_only_on_the_seed() {
    let drawn = |seed: Option<u64>, of_world: u64, place: usize| {
        let mut list = vec![json!({ "Error": { "Status": 500 }, "Operation": "GetFindings" }); place];
        list.push(json!({ "Error": { "Status": 500 }, "Probability": 0.5, "Seed": seed }));
        let faults = Faults::default();
        faults.set(rules(json!(list)), &FaultContext { seed: of_world, regions: Vec::new() }).unwrap();
        next(&faults, 200)
    };
    let seven = drawn(Some(7), 0, 0);
    assert_eq!(seven, drawn(Some(7), 1, 3));
    assert_ne!(seven, drawn(Some(8), 0, 0));
    assert_eq!(drawn(None, 5, 1), drawn(None, 5, 1));
    assert_ne!(drawn(None, 5, 1), drawn(None, 5, 2));
    assert_ne!(drawn(None, 5, 1), drawn(None, 6, 1));
    assert!((60..140).contains(&seven.matches('x').count()), "{seven}");
}

/// Rules: CPL-35.
#[test]
fn an_error_has_the_code_and_status_of_the_operation() {
    for (rule, operation, code, status, message) in [
        (json!({ "Code": "Throttle" }), Operation::GetFindings, "TooManyRequestsException", 429, "Too Many Requests"),
        (json!({ "Code": "Throttle" }), Operation::GetFindingsV2, "ThrottlingException", 429, "Too Many Requests"),
        (json!({ "Code": "Internal" }), Operation::GetFindings, "InternalException", 500, "Injected by fault f-1"),
        (
            json!({ "Code": "Internal" }),
            Operation::GetFindingsV2,
            "InternalServerException",
            500,
            "Injected by fault f-1",
        ),
        (json!({ "Code": "Denied" }), Operation::GetFindings, "AccessDeniedException", 403, "Injected by fault f-1"),
        (json!({ "Status": 400 }), Operation::GetFindings, "InvalidInputException", 400, "Injected by fault f-1"),
        (json!({ "Status": 400 }), Operation::GetFindingsV2, "ValidationException", 400, "Injected by fault f-1"),
        (json!({ "Status": 409 }), Operation::GetFindings, "ResourceConflictException", 409, "Injected by fault f-1"),
        (json!({ "Status": 409 }), Operation::GetFindingsV2, "ConflictException", 409, "Injected by fault f-1"),
        (json!({ "Status": 404 }), Operation::GetFindings, "ResourceNotFoundException", 404, "Injected by fault f-1"),
        (json!({ "Status": 503 }), Operation::GetFindings, "ServiceUnavailableException", 503, "Injected by fault f-1"),
        (json!({ "Status": 502 }), Operation::GetFindings, "InternalFailure", 502, "Injected by fault f-1"),
        (
            json!({ "Code": "ExpiredTokenException" }),
            Operation::GetFindings,
            "ExpiredTokenException",
            403,
            "Injected by fault f-1",
        ),
        (
            json!({ "Code": "LimitExceededException", "Message": "no" }),
            Operation::GetFindings,
            "LimitExceededException",
            429,
            "no",
        ),
        (
            json!({ "Code": "InternalException", "Status": 599 }),
            Operation::GetFindings,
            "InternalException",
            599,
            "Injected by fault f-1",
        ),
        (json!({ "Code": "Odd", "Status": 418 }), Operation::GetFindings, "Odd", 418, "Injected by fault f-1"),
    ] {
        let faults = faults(json!([{ "Error": rule.clone() }]));
        let found = error(decide(&faults, operation, ADMINISTRATOR, json!({})));
        assert_eq!(found, (code.to_owned(), status, message.to_owned()), "{rule}");
    }
}

/// Rules: CPL-36.
#[test]
fn a_delay_has_its_distribution_and_a_maximum() {
    let delays = |latency: Value| -> Vec<u128> {
        let faults = faults(json!([{ "Latency": latency, "Seed": 1 }]));
        (0..400).map(|_| hub(&faults).unwrap().latency.as_millis()).collect()
    };
    assert!(delays(json!({ "Fixed": "200ms" })).iter().all(|delay| *delay == 200));
    assert!(delays(json!({ "Fixed": "PT2M" })).iter().all(|delay| *delay == 60_000));
    let uniform = delays(json!({ "Uniform": ["50ms", "250ms"] }));
    assert!(uniform.iter().all(|delay| (50..=250).contains(delay)));
    assert!(uniform.iter().any(|delay| *delay < 80) && uniform.iter().any(|delay| *delay > 220));
    let mut lognormal = delays(json!({ "Lognormal": { "Median": "80ms", "Sigma": 0.4, "Max": "200ms" } }));
    lognormal.sort_unstable();
    assert!((70..=90).contains(&lognormal[200]), "{}", lognormal[200]);
    assert_eq!(*lognormal.last().unwrap(), 200);
}

/// Rules: CPL-38.
#[test]
fn a_partial_failure_fires_only_if_it_chooses_an_item() {
    let faults = faults(json!([{ "Partial": { "Ids": ["b"] }, "Times": 1 }]));
    let import = |ids: &[&str]| {
        let findings: Vec<Value> = ids.iter().map(|id| json!({ "Id": id })).collect();
        decide(&faults, Operation::BatchImportFindings, ADMINISTRATOR, json!({ "Findings": findings }))
    };
    assert!(import(&["a"]).is_none());
    assert!(hub(&faults).is_none());
    assert!(import(&["a", "b"]).is_some());
    assert!(import(&["b"]).is_none());
    let listed = faults.list();
    assert_eq!((listed[0].seen, listed[0].fired), (Some(4), Some(1)));
}

/// Rules: CPL-38.
#[test]
fn failed_targets_of_configuration_policies_are_reported_in_order() {
    let operation = Operation::BatchGetConfigurationPolicyAssociations;
    let list = "ConfigurationPolicyAssociationIdentifiers";
    let targets = ["r-1", "ou-1", "ou-2"].map(|id| json!({ "Target": { "OrganizationalUnitId": id } }));
    let faults = faults(json!([{ "Partial": { "Ids": ["r-1", "ou-2"], "Message": "no" } }]));
    let decision = decide(&faults, operation, ADMINISTRATOR, json!({ list: targets })).unwrap();
    let partial = decision.partial().unwrap();
    let mut members = serde_json::Map::from_iter([(list.to_owned(), json!(targets))]);
    partial.take(&mut members, &mut Vec::new());
    assert_eq!(members[list], json!([targets[1]]));
    assert_eq!(partial.answer_without_items(), None);
    let failed = "UnprocessedConfigurationPolicyAssociations";
    let natural = json!({ list: targets[1], "ErrorCode": "404", "ErrorReason": "missing" });
    let answer = json!({ "ConfigurationPolicyAssociations": [], failed: [natural] }).to_string();
    let answer: Value = serde_json::from_slice(&partial.complete(&answer.into())).unwrap();
    let reasons: Vec<_> = answer[failed].as_array().unwrap().iter().map(|it| it["ErrorReason"].clone()).collect();
    assert_eq!(reasons, ["no", "missing", "no"]);
    assert_eq!(answer[failed][2][list], targets[2]);
    let violations = crate::shape::check::answer(operation.model().output, &answer);
    assert!(violations.is_empty(), "{violations:?}");
}
