//! Tests of reading, messages and responses, with shapes of the service model.

use securityhub_fixtures::Operation;
use serde_json::json;

use super::{check, items, read, sentence};
use crate::testing::finding;

/// Reads `text` as the body of `operation` and renders the violations.
fn breaks(operation: Operation, text: &str) -> String {
    sentence::classic(&read::body(operation.model().input, text).unwrap().violations)
}

/// Rules: ERR-10.
#[test]
fn all_violations_are_collected_in_schema_order() {
    let text = r#"{"MaxResults":"7","Filters":{"Title":[{"Value":5}],"CreatedAt":[{"DateRange":{"Value":"7"}}]}}"#;
    assert_eq!(
        breaks(Operation::GetFindings, text),
        "Invalid Filters in the input: data.CreatedAt[0].DateRange.Value should be number, \
         data.Title[0].Value should be string, Invalid parameter 'MaxResults'. data.MaxResults should be number"
    );
}

/// Rules: ERR-10.
#[test]
fn lengths_count_code_points() {
    let finding = |title: &str| format!(r#"{{"Findings":[{{"Title":"{title}"}}]}}"#);
    let longer =
        |title: &str| breaks(Operation::BatchImportFindings, &finding(title)).contains("Title should NOT be longer");
    assert!(!longer(&"é".repeat(256)));
    assert!(longer(&"é".repeat(257)));
}

/// Rules: ASF-07.
#[test]
fn an_empty_string_is_too_short_and_a_blank_one_does_not_match() {
    let text = r#"{"Findings":[{"Title":"","Description":"  "}]}"#;
    let message = breaks(Operation::BatchImportFindings, text);
    assert!(message.contains("data.Findings[0].Title should NOT be shorter than 1 characters"), "{message}");
    assert!(message.contains(r#"data.Findings[0].Description should match pattern ".*\S.*""#), "{message}");
}

/// Rules: ASF-06, ASF-09.
#[test]
fn unknown_members_and_nulls_are_ignored() {
    let read = read::body(
        Operation::EnableSecurityHub.model().input,
        r#"{"Nope":{"a":[1]},"Tags":null,"EnableDefaultStandards":true}"#,
    );
    let read = read.unwrap();
    assert_eq!(json!(read.members), json!({"EnableDefaultStandards": true}));
    assert!(read.violations.is_empty());
}

/// Rules: ERR-21.
#[test]
fn a_parameter_out_of_range_is_reported_with_its_value_or_size() {
    let findings = ["{}"; 109].join(",");
    assert_eq!(
        breaks(Operation::BatchImportFindings, &format!(r#"{{"Findings":[{findings}]}}"#)),
        "Invalid parameter 'Findings'. Size '109' is greater than maximum value: 100."
    );
    assert_eq!(
        breaks(Operation::BatchImportFindings, r#"{"Findings":[]}"#),
        "Invalid parameter 'Findings'. Size '0' is less than minimum value: 1."
    );
    let orders = |order: &str| breaks(Operation::CreateAutomationRule, &format!(r#"{{"RuleOrder":{order}}}"#));
    assert_eq!(orders("1100"), "Invalid parameter 'RuleOrder'. '1100' is greater than maximum value: 1000.");
    assert_eq!(orders("-1"), "Invalid parameter 'RuleOrder'. '-1' is less than minimum value: 1.");
}

/// Rules: ERR-21.
#[test]
fn values_out_of_range_inside_a_finding_are_reported_by_the_schema() {
    let related = [r#"{"Id":"i","ProductArn":"p"}"#; 11].join(",");
    let finding = format!(r#"{{"Findings":[{{"Confidence":101,"RelatedFindings":[{related}]}}]}}"#);
    let finding = breaks(Operation::BatchImportFindings, &finding);
    for expected in
        ["data.Findings[0].Confidence should be <= 100", "RelatedFindings should NOT have more than 10 items"]
    {
        assert!(finding.contains(expected), "{finding}");
    }
}

/// Rules: ASF-92.
#[test]
fn a_map_key_is_quoted_in_its_path() {
    let text = r#"{"Findings":[{"ProductFields":{"x":5}}]}"#;
    let message = breaks(Operation::BatchImportFindings, text);
    assert!(message.contains("data.Findings[0].ProductFields['x'] should be string"), "{message}");
}

/// Rules: CLN-07.
#[test]
fn numbers_keep_their_original_spelling() {
    let text = r#"{"Filters":{"Confidence":[{"Gte":80,"Lte":99.5}]}}"#;
    let read = read::body(Operation::GetFindings.model().input, text).unwrap();
    assert_eq!(json!(read.members).to_string(), text);
}

/// Rules: ERR-11.
#[test]
fn a_malformed_text_is_not_a_document() {
    let input = Operation::EnableSecurityHub.model().input;
    for text in ["", "{", "{}x", "nul", "{\"Tags\":{\"a\":\"\\ud800\"}}", "{\"EnableDefaultStandards\":1e999}"] {
        assert!(read::body(input, text).is_err(), "{text}");
    }
    assert!(read::body(input, &"[".repeat(100_000)).is_err());
    assert_eq!(breaks(Operation::EnableSecurityHub, "[]"), "data should be object");
    assert_eq!(breaks(Operation::EnableSecurityHub, "null"), "data should be object");
}

/// Rules: O2G-04, UNK-07.
#[test]
fn the_v2_api_uses_the_messages_of_its_framework() {
    let read = read::body(Operation::GetFindingsV2.model().input, r#"{"MaxResults":101}"#).unwrap();
    assert_eq!(
        sentence::framework(&read.violations),
        "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: \
         Member must have value less than or equal to 100"
    );
}

/// Rules: ERR-10.
#[test]
fn a_union_member_of_the_wrong_type_counts_as_present() {
    let target = |target: &str| {
        let text = format!(r#"{{"ConfigurationPolicyIdentifier":"x","Target":{target}}}"#);
        breaks(Operation::StartConfigurationPolicyAssociation, &text)
    };
    assert_eq!(target(r#"{"AccountId":5}"#), "Invalid parameter 'Target'. data.Target.AccountId should be string");
    assert_eq!(target("{}"), "Invalid parameter 'Target'. data.Target should match exactly one schema in oneOf");
    assert!(target(r#"{"AccountId":5,"RootId":"r-x"}"#).contains("data.Target should match exactly one schema"));
}

#[test]
fn a_response_is_checked_against_its_shape() {
    let output = Operation::DescribeHub.model().output;
    assert!(check::answer(output, &json!({"HubArn": "x", "ControlFindingGenerator": "SECURITY_CONTROL"})).is_empty());
    for wrong in [json!({"HubArn": 5}), json!({"Hub": "x"}), json!({"ControlFindingGenerator": "NEITHER"}), json!([])] {
        assert!(!check::answer(output, &wrong).is_empty(), "{wrong}");
    }
    let output = Operation::GetFindings.model().output;
    assert!(!check::answer(output, &json!({})).is_empty(), "Findings is required");
}

/// Rules: IMP-30.
#[test]
fn items_are_found_in_every_spelling_of_the_body() {
    let shape = Operation::BatchImportFindings.model().input;
    let ids = |text: &str| -> Vec<String> {
        let read = read::body_with_items(shape, "Findings", text).unwrap();
        let items = read.items.unwrap_or_else(|| panic!("{text}: {:?}", read.violations)).items;
        items.iter().map(|item| crate::domain::findings::import::string(item, "Id").unwrap().into_owned()).collect()
    };
    for text in [
        r#"{"Findings":[{"Id":"a"},{"Id":"b"}]}"#,
        "{\"Findings\":[{\"Id\":\"a\"},{\"Id\":\"b\"}]}\n",
        "\n { \"Findings\" : [ {\"Id\":\"a\"} ,\n {\"Id\":\"b\"} ] } \n",
        r#"{"\u0046indings":[{"Id":"a"},{"Id":"b"}]}"#,
        r#"{"Other":{"x":[1]},"Findings":[{"Id":"no"}],"Findings":[{"Id":"a"},{"Id":"b"}],"More":null}"#,
        "{\"Findings\":[{\"Title\":\"a long title that hides what follows it from the first look\", \"Id\":\"a\"},  {\"Id\":\"b\"}]\t}",
    ] {
        assert_eq!(ids(text), ["a", "b"], "{text}");
    }
    for text in
        [r#"{"Findings":[{"Id":"a"}]"#, r#"{"Findings":[{"Id":"a"}]} x"#, r#"{"Findings":[{"Id":"a"}],"x":tru}"#, ""]
    {
        assert!(read::body_with_items(shape, "Findings", text).is_err(), "{text}");
    }
    let none = read::body_with_items(shape, "Findings", r#"{"Findings":[]}"#).unwrap();
    assert!(none.items.is_none() && none.violations.len() == 1);
}

/// Rules: IMP-30.
#[test]
fn late_whitespace_does_not_disable_the_fast_path() {
    let shape = Operation::BatchImportFindings.model().input;
    let faultless = finding("a", json!({})).to_string();
    let late = faultless.replace("\"Types\":", "\"Types\" :\n");
    assert!(late.len() > faultless.len());
    let faulty = faultless.replace("2018-10-08", "2018");
    let read = |items: &[&str]| -> Vec<bool> {
        let text = format!(r#"{{"Findings":[{}]}}"#, items.join(","));
        let items = read::body_with_items(shape, "Findings", &text).unwrap().items.unwrap().items;
        items.iter().map(|item| matches!(item, items::Item::Faultless { .. })).collect()
    };
    assert_eq!(read(&[&faultless, &late, &faultless]), [true, true, true]);
    assert_eq!(read(&[&late, &faulty, &late]), [true, false, true], "only the faulty item is read on the slow path");
    assert_eq!(read(&[&faultless, &faulty]), [true, false]);
}

/// Rules: ERR-24.
#[test]
fn only_the_first_hundred_violations_are_reported() {
    let of = |list: &str| format!(r#"{{"SecurityControlId":"a","Parameters":{{{list}}}}}"#);
    let many = of(&format!(r#""a":{{"ValueType":"CUSTOM","Value":{{"EnumList":[{}]}}}}"#, vec!["1"; 500].join(",")));
    assert_eq!(breaks(Operation::UpdateSecurityControl, &many).matches("should be string").count(), 100);
    let key = "k".repeat(30_000);
    let long =
        of(&format!(r#""{key}":{{"ValueType":"CUSTOM","Value":{{"EnumList":[{}]}}}}"#, vec!["1"; 500].join(",")));
    assert!(breaks(Operation::UpdateSecurityControl, &long).len() < 100_000);
}

/// Rules: ERR-24.
#[test]
fn only_the_size_is_reported_of_a_map_that_is_too_large() {
    let tags: Vec<String> = (0..60).map(|number| format!(r#""{number}":1"#)).collect();
    let text = format!(r#"{{"Tags":{{{}}}}}"#, tags.join(","));
    let expected = "Invalid parameter 'Tags'. data.Tags should NOT have more than 50 properties";
    assert_eq!(breaks(Operation::EnableSecurityHub, &text), expected);
}
