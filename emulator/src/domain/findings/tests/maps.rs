//! Empty values in string maps (ASF-92).

use securityhub_fixtures::Operation::{
    BatchGetAutomationRules, BatchUpdateFindings, CreateAutomationRule, CreateInsight, GetFindingHistory,
    GetInsightResults,
};

use super::*;

/// The ids of findings that a filter of one name selects.
fn ids(stage: &Stage, name: &str, elements: &Value) -> Vec<String> {
    let answer = stage.good(ADMINISTRATOR, GetFindings, json!({ "Filters": { name: elements } }));
    let id = |finding: &Value| finding["Id"].as_str().unwrap().to_owned();
    answer["Findings"].as_array().unwrap().iter().map(id).collect()
}

fn element(key: &str, value: &str, comparison: &str) -> Value {
    json!([{ "Key": key, "Value": value, "Comparison": comparison }])
}

fn with_empty_values() -> Value {
    json!({
        "ProductFields": { "unit": "", "blank": " ", "team": "pay" },
        "UserDefinedFields": { "unit": "" },
        "Resources": [{ "Type": "Other", "Id": "x", "Tags": { "unit": "" }, "Details": { "Other": { "unit": "" } } }],
        "Threats": [{ "Name": "t" }],
    })
}

/// Rules: ASF-92, FLT-34.
#[test]
fn an_empty_value_of_a_map_is_stored_returned_and_found() {
    let stage = hub();
    let sent = finding("f", with_empty_values());
    let read = stored(&stage, &sent);
    assert_eq!((&read["UserDefinedFields"], &read["ProductFields"]["unit"]), (&json!({ "unit": "" }), &json!("")));
    assert_eq!(read["Resources"][0]["Tags"], json!({ "unit": "" }));
    assert_eq!(read["Resources"][0]["Details"]["Other"], json!({ "unit": "" }));
    stored(&stage, &finding("g", json!({ "ProductFields": { "unit": "x" } })));
    for name in ["ProductFields", "UserDefinedFields", "ResourceTags", "ResourceDetailsOther"] {
        assert_eq!(ids(&stage, name, &element("unit", "", "EQUALS")), ["f"], "{name}");
    }
    assert_eq!(ids(&stage, "ProductFields", &element("unit", "", "NOT_EQUALS")), ["g"]);
    assert_eq!(ids(&stage, "ProductFields", &element("blank", "", "EQUALS")), Vec::<String>::new());
    assert_eq!(ids(&stage, "ProductFields", &element("absent", "", "EQUALS")), Vec::<String>::new());
    let keyless = json!({ "Filters": { "ProductFields": element("", "x", "EQUALS") } });
    let message = stage.refused(ADMINISTRATOR, GetFindings, keyless, 400, "InvalidInputException");
    assert!(message.ends_with("data.ProductFields[0].Key should NOT be shorter than 1 characters"), "{message}");
}

/// Rules: ASF-92, ASF-07.
#[test]
fn keys_and_all_other_strings_stay_non_empty() {
    for (with, path) in [
        (json!({ "ProductFields": { "": "x" } }), "ProductFields['']"),
        (json!({ "UserDefinedFields": { "": "x" } }), "UserDefinedFields['']"),
        (json!({ "Resources": [{ "Type": "Other", "Id": "x", "Tags": { "": "v" } }] }), "Resources[0].Tags['']"),
        (json!({ "Description": "" }), "Description"),
        (json!({ "Title": "" }), "Title"),
        (json!({ "Resources": [{ "Type": "Other", "Id": "" }] }), "Resources[0].Id"),
        (json!({ "Resources": [{ "Type": "Other", "Id": "x", "Region": "" }] }), "Resources[0].Region"),
        (json!({ "Remediation": { "Recommendation": { "Text": "" } } }), "Remediation.Recommendation.Text"),
        (json!({ "Compliance": { "RelatedRequirements": [""] } }), "Compliance.RelatedRequirements[0]"),
    ] {
        assert_eq!(refusal(with), format!("data.{path} should NOT be shorter than 1 characters."));
    }
}

/// Rules: ASF-92, BUF-29, HIS-11, EVT-11.
#[test]
fn an_empty_map_value_survives_updates_events_and_history() {
    let stage = hub();
    stored(&stage, &finding("f", json!({ "UserDefinedFields": { "a": "x" } })));
    stage.events();
    let identifier = json!({ "Id": "f", "ProductArn": finding("f", json!({}))["ProductArn"] });
    let update = json!({ "FindingIdentifiers": [identifier], "UserDefinedFields": { "a": "", "b": "" } });
    stage.good(ADMINISTRATOR, BatchUpdateFindings, update);
    assert_eq!(read(&stage, "f")["UserDefinedFields"], json!({ "a": "", "b": "" }));
    let event = &stage.events()[0];
    assert_eq!(event["detail"]["findings"][0]["UserDefinedFields"], json!({ "a": "", "b": "" }));
    let answer = stage.good(ADMINISTRATOR, GetFindingHistory, json!({ "FindingIdentifier": identifier }));
    let updates = &answer["Records"][0]["Updates"];
    assert_eq!(
        updates,
        &json!([
            { "UpdatedField": "UserDefinedFields.a", "OldValue": "x", "NewValue": "" },
            { "UpdatedField": "UserDefinedFields.b", "NewValue": "" },
        ])
    );
    let keyless = json!({ "FindingIdentifiers": [identifier], "UserDefinedFields": { "": "x" } });
    stage.refused(ADMINISTRATOR, BatchUpdateFindings, keyless, 400, "InvalidInputException");
}

/// Rules: ASF-92, ARU-50, INS-01.
#[test]
fn an_empty_map_value_works_in_automation_rules_and_insights() {
    let stage = hub();
    let rule = json!({
        "RuleOrder": 1, "RuleName": "r", "Description": "d",
        "Criteria": { "ResourceTags": element("unit", "", "EQUALS") },
        "Actions": [{
            "Type": "FINDING_FIELDS_UPDATE",
            "FindingFieldsUpdate": { "UserDefinedFields": { "seen": "" }, "Severity": { "Product": 1.5, "Label": "LOW" } },
        }],
    });
    let arn = stage.good(ADMINISTRATOR, CreateAutomationRule, rule.clone())["RuleArn"].clone();
    let rules = stage.good(ADMINISTRATOR, BatchGetAutomationRules, json!({ "AutomationRulesArns": [arn] }));
    assert_eq!(rules["Rules"][0]["Criteria"], rule["Criteria"]);
    assert_eq!(rules["Rules"][0]["Actions"], rule["Actions"]);
    let tagged = |value: &str| json!({ "Resources": [{ "Type": "Other", "Id": "host-1", "Tags": { "unit": value } }] });
    let read = stored(&stage, &finding("f", tagged("")));
    assert_eq!(read["UserDefinedFields"], json!({ "seen": "" }));
    assert_eq!((&read["Severity"]["Label"], &read["Severity"]["Product"]), (&json!("LOW"), &json!(1.5)));
    assert_eq!(read["FindingProviderFields"]["Severity"], json!({ "Label": "HIGH", "Normalized": 70 }));
    let other = stored(&stage, &finding("g", tagged("x")));
    assert_eq!(other.get("UserDefinedFields"), None);
    let insight = json!({
        "Name": "i", "GroupByAttribute": "ResourceId", "Filters": { "UserDefinedFields": element("seen", "", "EQUALS") },
    });
    let arn = stage.good(ADMINISTRATOR, CreateInsight, insight)["InsightArn"].clone();
    let results = stage.good(ADMINISTRATOR, GetInsightResults, json!({ "InsightArn": arn }));
    let values = &results["InsightResults"]["ResultValues"];
    assert_eq!(values, &json!([{ "GroupByAttributeValue": "host-1", "Count": 1 }]));
}
