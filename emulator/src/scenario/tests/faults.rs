//! Tests of `faults` and `aws_rate_limits`.

use serde_json::json;

use super::*;

/// Rules: CPL-40.
#[test]
fn faults_have_the_members_of_the_control_plane_in_snake_case() {
    let world = build(
        "aws_rate_limits: true\nfaults:\n  - { operation: [BatchImportFindings, Get*], account: 111111111111, error: { code: \
         Throttle }, times: 3 }\n  - { id: slow, wire: dribble, wire_over: 5s, stage: after }\n  - { operation: \
         BatchGetAutomationRules, partial: { indexes: [0], code: 404 }, match: { AutomationRulesArns: [{ $prefix: arn }] } }\n  \
         - { latency: { lognormal: { median: 80ms, sigma: 0.4 } }, probability: 1 }",
    );
    let faults = json!(*world.faults.declared);
    let expected = json!([
        { "Operation": ["BatchImportFindings", "Get*"], "Account": "111111111111", "Times": 3, "Error": { "Code": "Throttle" } },
        { "Id": "slow", "Wire": "dribble", "WireOver": "5s", "Stage": "after" },
        {
            "Operation": "BatchGetAutomationRules",
            "Match": { "AutomationRulesArns": [{ "$prefix": "arn" }] },
            "Partial": { "Indexes": [0], "Code": "404" },
        },
        { "Probability": 1.0, "Latency": { "Lognormal": { "Median": "80ms", "Sigma": 0.4 } } },
    ]);
    assert_eq!(faults, expected);
    assert!(world.faults.has_rate_limits);
    assert!(!build("name: none").faults.has_rate_limits);
}

/// Rules: CPL-33, CPL-40.
#[test]
fn all_mistakes_in_faults_are_reported_with_their_positions() {
    let errors = errors(
        "faults:\n  - { operation: GetFinding, error: { status: 500 } }\n  - { error: { code: Throtle } }\n  - { wire: rest }\n  \
         - { latncy: { fixed: 1s } }\n  - { id: a, wire: reset }\n  - { id: a, wire: hang }\n  - { match: { $prefx: a }, wire: reset }",
    );
    for expected in [
        "unknown operation 'GetFinding'; did you mean 'GetFindings'?",
        "'Throtle' is not an error code of the selected operations; did you mean 'Throttle'?",
        "did you mean `reset`?",
        "unknown key `latncy`",
        "another fault has the ID 'a'",
        "--> scenario.yaml:3:22",
    ] {
        assert!(errors.contains(expected), "{expected} in {errors}");
    }
}
