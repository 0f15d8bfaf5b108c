//! Rules of automation rules, driven through the operations.

use securityhub_fixtures::Operation::{
    BatchDeleteAutomationRules, BatchGetAutomationRules, BatchUpdateAutomationRules, CreateAutomationRule,
    DisableSecurityHub, EnableSecurityHub, ListAutomationRules, ListTagsForResource, TagResource, UntagResource,
};
use securityhub_fixtures::fields::CRITERIA;
use serde_json::{Value, json};

use crate::state::MemberStatus;
use crate::testing::{ADMINISTRATOR, MEMBER, Stage};

fn strings(elements: &[(&str, &str)]) -> Value {
    elements.iter().map(|(comparison, value)| json!({ "Value": value, "Comparison": comparison })).collect()
}

fn suppress() -> Value {
    json!([{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Workflow": { "Status": "SUPPRESSED" } } }])
}

/// A valid rule, with members replaced by those of `with`.
fn rule(with: Value) -> Value {
    let mut rule = json!({
        "RuleName": "Quiet",
        "Description": "What nobody needs to see.",
        "RuleOrder": 1,
        "Criteria": { "Title": strings(&[("PREFIX", "Port")]) },
        "Actions": suppress(),
    });
    for (member, value) in with.as_object().unwrap() {
        rule[member] = value.clone();
    }
    rule
}

fn on() -> Stage {
    Stage::with_hubs(&[ADMINISTRATOR, MEMBER])
}

fn make(stage: &Stage, with: Value) -> String {
    stage.good(ADMINISTRATOR, CreateAutomationRule, rule(with))["RuleArn"].as_str().unwrap().to_owned()
}

fn get(stage: &Stage, arns: &[&str]) -> Value {
    stage.good(ADMINISTRATOR, BatchGetAutomationRules, json!({ "AutomationRulesArns": arns }))
}

fn read(stage: &Stage, arn: &str) -> Value {
    get(stage, &[arn])["Rules"][0].clone()
}

fn update(stage: &Stage, items: Value) -> Value {
    stage.good(ADMINISTRATOR, BatchUpdateAutomationRules, json!({ "UpdateAutomationRulesRequestItems": items }))
}

fn refused(stage: &Stage, with: Value) -> String {
    stage.refused(ADMINISTRATOR, CreateAutomationRule, rule(with), 400, "InvalidInputException")
}

/// Rules: ARU-01, ARU-02, ARU-03, ARU-08, ARU-09.
#[test]
fn a_rule_is_returned_completely() {
    let stage = on();
    let arn = make(&stage, json!({}));
    let (prefix, id) = arn.rsplit_once('/').unwrap();
    assert_eq!((prefix, id.len()), ("arn:aws:securityhub:us-east-1:111111111111:automation-rule", 36));
    let mut expected = rule(json!({}));
    for (member, value) in [
        ("RuleArn", json!(arn)),
        ("RuleStatus", json!("ENABLED")),
        ("IsTerminal", json!(false)),
        ("CreatedAt", json!("2026-01-15T09:00:00.000Z")),
        ("UpdatedAt", json!("2026-01-15T09:00:00.000Z")),
        ("CreatedBy", json!("arn:aws:iam::111111111111:user/local")),
    ] {
        expected[member] = value;
    }
    assert_eq!(get(&stage, &[&arn]), json!({ "Rules": [expected], "UnprocessedAutomationRules": [] }));
}

/// Rules: ARU-03, ARU-04.
#[test]
fn rule_names_and_orders_need_not_be_unique_and_orders_have_limits() {
    let stage = on();
    assert_ne!(make(&stage, json!({})), make(&stage, json!({})));
    make(&stage, json!({ "RuleOrder": 1000 }));
    assert_eq!(
        refused(&stage, json!({ "RuleOrder": 0 })),
        "Invalid parameter 'RuleOrder'. '0' is less than minimum value: 1."
    );
    refused(&stage, json!({ "RuleOrder": 1001 }));
    refused(&stage, json!({ "RuleStatus": "enabled" }));
}

/// Rules: ARU-05.
#[test]
fn a_rule_needs_an_action_that_sets_a_field_and_a_criterion() {
    let stage = on();
    let set =
        |update: Value| json!({ "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update }] });
    let action = "Invalid parameter 'Actions'. data.Actions";
    for (with, message) in [
        (json!({ "Actions": [] }), "Invalid parameter 'Actions'. Size '0' is less than minimum value: 1.".to_owned()),
        (
            json!({ "Actions": [suppress()[0], suppress()[0]] }),
            "Invalid parameter 'Actions'. Size '2' is greater than maximum value: 1.".to_owned(),
        ),
        (
            json!({ "Actions": [{ "FindingFieldsUpdate": { "Confidence": 1 } }] }),
            format!("{action}[0] should have required property 'Type'"),
        ),
        (
            json!({ "Actions": [{ "Type": "FINDING_FIELDS_UPDATE" }] }),
            format!("{action}[0] should have required property 'FindingFieldsUpdate'"),
        ),
        (set(json!({})), format!("{action}[0].FindingFieldsUpdate should NOT have fewer than 1 properties")),
        (set(json!({ "Confidence": 101 })), format!("{action}[0].FindingFieldsUpdate.Confidence should be <= 100")),
        (
            set(json!({ "Note": { "Text": "x" } })),
            format!("{action}[0].FindingFieldsUpdate.Note should have required property 'UpdatedBy'"),
        ),
        (
            set(json!({ "Types": ["a/b/c/d"] })),
            format!("{action}[0].FindingFieldsUpdate.Types[0] should match pattern \"^([^/]+)(/[^/]+){{0,2}}$\""),
        ),
        (
            set(json!({ "RelatedFindings": [] })),
            format!("{action}[0].FindingFieldsUpdate.RelatedFindings should NOT have fewer than 1 items"),
        ),
        (
            json!({ "Criteria": {} }),
            "Invalid Criteria in the input: data should NOT have fewer than 1 properties".to_owned(),
        ),
    ] {
        assert_eq!(refused(&stage, with), message);
    }
}

/// Rules: ARU-06.
#[test]
fn the_101st_rule_is_refused() {
    let stage = on();
    let arns: Vec<String> = (0..100).map(|_| make(&stage, json!({}))).collect();
    stage.refused(ADMINISTRATOR, CreateAutomationRule, rule(json!({})), 429, "LimitExceededException");
    stage.good(MEMBER, CreateAutomationRule, rule(json!({})));
    let gone = stage.good(ADMINISTRATOR, BatchDeleteAutomationRules, json!({ "AutomationRulesArns": arns[..1] }));
    assert_eq!(gone, json!({ "ProcessedAutomationRules": [arns[0]], "UnprocessedAutomationRules": [] }));
    make(&stage, json!({}));
}

/// Rules: ARU-07, TAG-02, TAG-04, TAG-07.
#[test]
fn a_rule_has_tags() {
    let stage = on();
    let tags =
        |arn: &str| stage.good(ADMINISTRATOR, ListTagsForResource, json!({ "ResourceArn": arn }))["Tags"].clone();
    let arn = make(&stage, json!({ "Tags": { "team": "blue" } }));
    assert_eq!((tags(&arn), tags(&make(&stage, json!({})))), (json!({ "team": "blue" }), json!({})));
    stage.good(ADMINISTRATOR, TagResource, json!({ "ResourceArn": arn, "Tags": { "a": "1", "team": "red" } }));
    stage.good(ADMINISTRATOR, UntagResource, json!({ "ResourceArn": arn, "TagKeys": ["a", "b"] }));
    assert_eq!(tags(&arn), json!({ "team": "red" }));
    let many: Value = (0..50).map(|number| (format!("k{number}"), json!("v"))).collect();
    let more = json!({ "ResourceArn": arn, "Tags": many });
    stage.refused(ADMINISTRATOR, TagResource, more, 400, "InvalidInputException");
    assert_eq!(tags(&arn), json!({ "team": "red" }), "a rejected call changes no tags");
    refused(&stage, json!({ "Tags": {} }));
    for (account, arn) in [(MEMBER, arn.clone()), (ADMINISTRATOR, format!("{arn}0"))] {
        for (operation, more) in [(ListTagsForResource, json!({})), (TagResource, json!({ "Tags": { "a": "1" } }))] {
            let mut input = more;
            input["ResourceArn"] = json!(arn);
            stage.refused(account, operation, input, 404, "ResourceNotFoundException");
        }
    }
}

/// Rules: ARU-09, ARU-10, FLT-08, CLN-08.
#[test]
fn criteria_and_actions_are_returned_as_sent() {
    let stage = on();
    let criteria = r#"{
        "Title": [{ "Value": "b", "Comparison": "CONTAINS" }, { "Comparison": "CONTAINS", "Value": "a" }],
        "Confidence": [{ "Lt": 90.5, "Gte": 0 }],
        "UpdatedAt": [{ "Start": "2026-01-01T00:00:00+01:00", "End": "2026-01-02T00:00:00Z" }]
    }"#;
    let actions = r#"[{
        "Type": "FINDING_FIELDS_UPDATE",
        "FindingFieldsUpdate": {
            "Severity": { "Product": 0.0, "Label": "LOW" },
            "Confidence": 0,
            "UserDefinedFields": { "b": "1", "a": "2" }
        }
    }]"#;
    let sent = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let arn = make(&stage, json!({ "Criteria": sent(criteria), "Actions": sent(actions) }));
    let found = read(&stage, &arn);
    assert_eq!(found["Criteria"].to_string(), sent(criteria).to_string());
    assert_eq!(found["Actions"].to_string(), sent(actions).to_string());
    let severity =
        json!([{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Severity": { "Product": 0 } } }]);
    update(&stage, json!([{ "RuleArn": arn, "Actions": severity }]));
    assert_eq!(read(&stage, &arn)["Actions"].to_string(), severity.to_string());
}

/// Rules: ARU-11.
#[test]
fn given_attributes_are_changed_and_criteria_replaced_as_a_whole() {
    let stage = on();
    let (one, two) = (make(&stage, json!({})), make(&stage, json!({ "IsTerminal": true })));
    let before = read(&stage, &two);
    stage.days_pass(1);
    let criteria = json!({ "Id": strings(&[("EQUALS", "x")]) });
    let items = json!([
        { "RuleArn": one, "RuleName": "Loud", "RuleOrder": 7, "RuleStatus": "DISABLED", "Criteria": criteria },
        { "RuleArn": two },
    ]);
    let expected = json!({ "ProcessedAutomationRules": [one, two], "UnprocessedAutomationRules": [] });
    assert_eq!(update(&stage, items), expected);
    let mut expected = rule(json!({
        "RuleArn": one, "RuleName": "Loud", "RuleOrder": 7, "RuleStatus": "DISABLED", "Criteria": criteria,
        "IsTerminal": false, "CreatedAt": before["CreatedAt"], "UpdatedAt": stage.now(),
        "CreatedBy": before["CreatedBy"],
    }));
    assert_eq!(read(&stage, &one), expected);
    expected = before;
    expected["UpdatedAt"] = json!(stage.now());
    assert_eq!(read(&stage, &two), expected, "absent members stay unchanged");
    let items = json!({ "UpdateAutomationRulesRequestItems": [] });
    stage.refused(ADMINISTRATOR, BatchUpdateAutomationRules, items, 400, "InvalidInputException");
}

/// Rules: ARU-12, ARU-13, ARU-14.
#[test]
fn each_rule_of_a_batch_is_processed_independently() {
    let stage = on();
    let (one, two) = (make(&stage, json!({})), make(&stage, json!({})));
    let missing = format!("{one}0");
    let unprocessed =
        |arn: &str, status: u16, code: &str| json!([{ "RuleArn": arn, "ErrorCode": status, "ErrorMessage": code }]);
    let not_found = unprocessed(&missing, 404, "ResourceNotFoundException");
    let got = get(&stage, &[&two, &missing, &one]);
    assert_eq!((&got["Rules"][0]["RuleArn"], &got["Rules"][1]["RuleArn"]), (&json!(two), &json!(one)));
    assert_eq!(got["UnprocessedAutomationRules"], not_found);
    assert_eq!(get(&stage, &[&missing]), json!({ "Rules": [], "UnprocessedAutomationRules": not_found }));
    let bad = json!({ "Title": strings(&[("CONTAINS_WORD", "x")]) });
    let answer = update(
        &stage,
        json!([{ "RuleArn": one, "RuleName": "Changed", "Criteria": bad }, { "RuleArn": two, "RuleName": "Changed" }]),
    );
    assert_eq!(answer["ProcessedAutomationRules"], json!([two]));
    assert_eq!(answer["UnprocessedAutomationRules"], unprocessed(&one, 400, "InvalidInputException"));
    assert_eq!(
        (&read(&stage, &one)["RuleName"], &read(&stage, &two)["RuleName"]),
        (&json!("Quiet"), &json!("Changed"))
    );
    let answer = update(&stage, json!([{ "RuleArn": missing }]));
    assert_eq!(answer, json!({ "ProcessedAutomationRules": [], "UnprocessedAutomationRules": not_found }));
    let delete = json!({ "AutomationRulesArns": [missing, one] });
    let answer = stage.good(ADMINISTRATOR, BatchDeleteAutomationRules, delete.clone());
    assert_eq!(answer, json!({ "ProcessedAutomationRules": [one], "UnprocessedAutomationRules": not_found }));
    let answer = stage.good(ADMINISTRATOR, BatchDeleteAutomationRules, delete);
    assert_eq!(answer["UnprocessedAutomationRules"].as_array().unwrap().len(), 2);
    assert_eq!(get(&stage, &[&one])["Rules"], json!([]));
    for count in [0, 101] {
        let arns = json!({ "AutomationRulesArns": vec!["x"; count] });
        stage.refused(ADMINISTRATOR, BatchGetAutomationRules, arns.clone(), 400, "InvalidInputException");
        stage.refused(ADMINISTRATOR, BatchDeleteAutomationRules, arns, 400, "InvalidInputException");
    }
}

/// Rules: ARU-13.
#[test]
fn an_invalid_item_is_unprocessed_and_the_other_rules_are_changed() {
    let stage = on();
    let arns: Vec<String> = (0..6).map(|_| make(&stage, json!({}))).collect();
    let broken = [
        json!({ "RuleOrder": 1100 }),
        json!({ "RuleName": 5 }),
        json!({ "RuleStatus": "PAUSED" }),
        json!({ "Criteria": { "Title": [{ "Value": 5, "Comparison": "EQUALS" }] } }),
        json!({ "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Confidence": 101 } }] }),
    ];
    let named = |(arn, item): (&String, &Value)| {
        let mut item = item.clone();
        item["RuleArn"] = json!(arn);
        item["Description"] = json!("changed");
        item
    };
    let mut items: Vec<Value> = arns.iter().zip(&broken).map(named).collect();
    items.push(named((&arns[5], &json!({}))));
    let unknown = format!("{}0", arns[0]);
    items.push(named((&unknown, &broken[0])));
    let answer = update(&stage, json!(items));
    assert_eq!(answer["ProcessedAutomationRules"], json!([arns[5]]));
    let expected = |arn: &String| json!({ "RuleArn": arn, "ErrorCode": 400, "ErrorMessage": "InvalidInputException" });
    let expected: Vec<Value> = arns[..5].iter().chain([&unknown]).map(expected).collect();
    assert_eq!(answer["UnprocessedAutomationRules"], json!(expected), "in the order of the request");
    for arn in &arns[..5] {
        assert_ne!(read(&stage, arn)["Description"], "changed");
    }
    assert_eq!(read(&stage, &arns[5])["Description"], "changed");
}

/// Rules: ARU-13.
#[test]
fn an_item_without_an_arn_refuses_the_call() {
    let stage = on();
    let arn = make(&stage, json!({}));
    let list = "Invalid parameter 'UpdateAutomationRulesRequestItems'. data.UpdateAutomationRulesRequestItems";
    for (item, message) in [
        (json!({ "RuleName": "x" }), "[1] should have required property 'RuleArn'"),
        (json!({ "RuleArn": 5 }), "[1].RuleArn should be string"),
        (json!({ "RuleArn": "" }), "[1].RuleArn should NOT be shorter than 1 characters"),
        (json!(5), "[1] should be object"),
    ] {
        let items = json!([{ "RuleArn": arn, "Description": "changed" }, item]);
        let input = json!({ "UpdateAutomationRulesRequestItems": items });
        let refused = stage.refused(ADMINISTRATOR, BatchUpdateAutomationRules, input, 400, "InvalidInputException");
        assert_eq!(refused, format!("{list}{message}"));
    }
    assert_ne!(read(&stage, &arn)["Description"], "changed");
}

/// Rules: ARU-15, ARU-38.
#[test]
fn rules_are_listed_in_evaluation_order_without_criteria() {
    let stage = on();
    make(&stage, json!({ "RuleName": "c", "RuleOrder": 20 }));
    let early = make(&stage, json!({ "RuleName": "a", "RuleOrder": 3, "RuleStatus": "DISABLED" }));
    make(&stage, json!({ "RuleName": "b", "RuleOrder": 3 }));
    let listed = |input: Value| {
        let answer = stage.good(ADMINISTRATOR, ListAutomationRules, input);
        let rules = answer["AutomationRulesMetadata"].as_array().unwrap().clone();
        let names: Vec<String> = rules.iter().map(|rule| rule["RuleName"].as_str().unwrap().to_owned()).collect();
        (names.join(" "), answer.get("NextToken").cloned(), rules)
    };
    let (names, token, rules) = listed(json!({}));
    assert_eq!((names.as_str(), token), ("a b c", None));
    let mut expected = read(&stage, &early);
    expected.as_object_mut().unwrap().retain(|name, _| name != "Criteria" && name != "Actions");
    assert_eq!(rules[0], expected);
    let (names, token, _) = listed(json!({ "MaxResults": 2 }));
    assert_eq!(names, "a b");
    let (names, token, _) = listed(json!({ "MaxResults": 2, "NextToken": token.unwrap() }));
    assert_eq!((names.as_str(), token), ("c", None));
    stage.days_pass(1);
    update(&stage, json!([{ "RuleArn": early }]));
    assert_eq!(listed(json!({})).0, "b a c");
    stage.refused(ADMINISTRATOR, ListAutomationRules, json!({ "NextToken": "x" }), 400, "InvalidInputException");
    assert_eq!(stage.good(MEMBER, ListAutomationRules, json!({})), json!({ "AutomationRulesMetadata": [] }));
}

/// Rules: ARU-16, ARU-17.
#[test]
fn a_member_cannot_manage_rules_and_keeps_its_own() {
    let stage = on();
    let arn = stage.good(MEMBER, CreateAutomationRule, rule(json!({})))["RuleArn"].clone();
    make(&stage, json!({}));
    stage.member(MemberStatus::Enabled);
    let arns = json!({ "AutomationRulesArns": [arn] });
    let items = json!({ "UpdateAutomationRulesRequestItems": [{ "RuleArn": arn }] });
    for (operation, input, status, code) in [
        (CreateAutomationRule, rule(json!({})), 403, "AccessDeniedException"),
        (BatchGetAutomationRules, arns.clone(), 403, "AccessDeniedException"),
        (ListAutomationRules, json!({}), 403, "AccessDeniedException"),
        (BatchUpdateAutomationRules, items, 401, "InvalidAccessException"),
        (BatchDeleteAutomationRules, arns.clone(), 401, "InvalidAccessException"),
    ] {
        let message = stage.refused(MEMBER, operation, input, status, code);
        assert!(message.contains(MEMBER) && !message.contains("not subscribed"), "{message}");
    }
    make(&stage, json!({}));
    stage.member(MemberStatus::Resigned);
    let kept = stage.good(MEMBER, BatchGetAutomationRules, arns);
    assert_eq!(kept["Rules"][0]["RuleArn"], arn);
}

/// Rules: ARU-20, ARU-26.
#[test]
fn criteria_accept_a_subset_of_the_filters() {
    let stage = on();
    let all: Value = CRITERIA
        .iter()
        .map(|criterion| {
            let element = match criterion.field.name {
                name if name.ends_with("At") => json!({ "DateRange": { "Value": 1, "Unit": "DAYS" } }),
                "Confidence" | "Criticality" => json!({ "Gt": 1, "Lt": 5 }),
                "ResourceTags" | "ResourceDetailsOther" | "UserDefinedFields" => {
                    json!({ "Key": "k", "Value": "v", "Comparison": "CONTAINS" })
                }
                _ => json!({ "Value": "x", "Comparison": "EQUALS" }),
            };
            (criterion.field.name.to_owned(), json!([element]))
        })
        .collect();
    assert_eq!(all.as_object().unwrap().len(), 41);
    make(&stage, json!({ "Criteria": all }));
    for name in ["Region", "ProductFields", "Keyword", "Sample", "SeverityNormalized", "WorkflowState", "Nope"] {
        let message = refused(&stage, json!({ "Criteria": { name: strings(&[("EQUALS", "x")]) } }));
        assert_eq!(message, "Invalid Criteria in the input: data should NOT have additional properties");
    }
    let arn = make(&stage, json!({}));
    let item = json!({ "RuleArn": arn, "Criteria": { "Region": strings(&[("EQUALS", "x")]) } });
    assert_eq!(update(&stage, json!([item]))["UnprocessedAutomationRules"][0]["ErrorCode"], 400);
}

/// Rules: ARU-21, ARU-25, FLT-06.
#[test]
fn each_criterion_has_its_own_limit_of_elements() {
    let stage = on();
    for (name, most) in [("Title", 100), ("AwsAccountId", 100), ("Description", 20), ("ResourceOwnerOrgId", 20)] {
        let many = |count: usize| json!({ "Criteria": { name: strings(&vec![("EQUALS", "1234567890"); count]) } });
        make(&stage, many(most));
        assert_eq!(
            refused(&stage, many(most + 1)),
            format!("Invalid Criteria in the input: data.{name} should NOT have more than {most} items")
        );
        let message = refused(&stage, many(0));
        assert_eq!(message, format!("Invalid Criteria in the input: data.{name} should NOT have fewer than 1 items"));
    }
}

/// Rules: ARU-22, ARU-24, ARU-26, FLT-12, FLT-17, FLT-26, FLT-31.
#[test]
fn invalid_elements_of_criteria_are_refused() {
    let stage = on();
    for comparison in ["EQUALS", "PREFIX", "CONTAINS", "NOT_EQUALS", "PREFIX_NOT_EQUALS", "NOT_CONTAINS"] {
        make(&stage, json!({ "Criteria": { "SeverityLabel": strings(&[(comparison, "x")]) } }));
    }
    for comparison in ["EQUALS", "CONTAINS", "NOT_EQUALS", "NOT_CONTAINS"] {
        let element = json!({ "Key": "k", "Value": "v", "Comparison": comparison });
        make(&stage, json!({ "Criteria": { "UserDefinedFields": [element] } }));
    }
    let tag = |comparison: &str| json!({ "Key": "k", "Value": "v", "Comparison": comparison });
    let dates = |start: &str| json!({ "CreatedAt": [{ "Start": start, "End": "2026-01-02T00:00:00Z" }] });
    make(&stage, json!({ "Criteria": dates("2026-01-01T00:00:00.123+0100") }));
    for (criteria, message) in [
        (
            json!({ "Title": strings(&[("CONTAINS_WORD", "x")]) }),
            "data.Title[0].Comparison should be equal to one of the allowed values",
        ),
        (
            json!({ "Title": strings(&[("CONTAINS", "x"), ("EQUALS", "y")]) }),
            "data.Title cannot combine CONTAINS with EQUALS",
        ),
        (
            json!({ "ResourceTags": [tag("EQUALS"), tag("NOT_EQUALS")] }),
            "data.ResourceTags cannot combine EQUALS with NOT_EQUALS",
        ),
        (dates("2026-01-01"), "data.CreatedAt[0].Start should match format \"date-time\""),
        (dates("Mon, 02 Jan 2006 15:04:05 UTC"), "data.CreatedAt[0].Start should match format \"date-time\""),
        (json!({ "Title": [{ "Value": "x" }] }), "data.Title[0] should have required property 'Comparison'"),
        (json!({ "Confidence": [{ "Gte": "5" }] }), "data.Confidence[0].Gte should be number"),
    ] {
        assert_eq!(
            refused(&stage, json!({ "Criteria": criteria })),
            format!("Invalid Criteria in the input: {message}")
        );
    }
}

/// Rules: HUB-16, ARU-01.
#[test]
fn rules_survive_disabling_and_enabling_the_hub() {
    let stage = on();
    let arn = make(&stage, json!({}));
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    stage.refused(ADMINISTRATOR, ListAutomationRules, json!({}), 401, "InvalidAccessException");
    let tags = json!({ "ResourceArn": arn });
    stage.refused(ADMINISTRATOR, ListTagsForResource, tags.clone(), 404, "ResourceNotFoundException");
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    stage.good(ADMINISTRATOR, ListTagsForResource, tags);
    assert_eq!(read(&stage, &arn)["RuleArn"], arn);
}

/// Rules: ARU-13.
#[test]
fn a_repeated_rule_arn_is_answered_once() {
    let stage = on();
    let arn = make(&stage, json!({}));
    let gone = arn.replace("automation-rule/", "automation-rule/0");
    let answer = get(&stage, &[&arn, &gone, &arn, &gone]);
    assert_eq!(answer["Rules"].as_array().unwrap().len(), 1);
    assert_eq!(answer["UnprocessedAutomationRules"].as_array().unwrap().len(), 1);
}
