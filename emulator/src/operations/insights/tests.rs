//! Rules of insights, tested through the operations.

use securityhub_fixtures::Operation::{
    BatchImportFindings, CreateInsight, DeleteInsight, DisableSecurityHub, EnableSecurityHub, GetInsightResults,
    GetInsights, ListTagsForResource, UpdateInsight,
};
use serde_json::{Value, json};

use crate::state::MemberStatus;
use crate::testing::{ADMINISTRATOR, MEMBER, Stage, finding, finding_of};

const TOP_RESOURCES: &str = "arn:aws:securityhub:::insight/securityhub/default/1";
const TOP_ACCOUNTS: &str = "arn:aws:securityhub:::insight/securityhub/default/27";

fn strings(elements: &[(&str, &str)]) -> Value {
    elements.iter().map(|(comparison, value)| json!({ "Value": value, "Comparison": comparison })).collect()
}

fn insight(filters: Value, group_by: &str) -> Value {
    json!({ "Name": "Mine", "Filters": filters, "GroupByAttribute": group_by })
}

/// Creates an insight and returns its ARN.
fn make(stage: &Stage, account: &str, input: Value) -> String {
    stage.good(account, CreateInsight, input)["InsightArn"].as_str().unwrap().to_owned()
}

fn on() -> Stage {
    Stage::with_hubs(&[ADMINISTRATOR, MEMBER])
}

fn read(stage: &Stage, arn: &str) -> Value {
    stage.good(ADMINISTRATOR, GetInsights, json!({ "InsightArns": [arn] }))["Insights"][0].clone()
}

fn import(stage: &Stage, account: &str, findings: &[Value]) {
    let answer = stage.good(account, BatchImportFindings, json!({ "Findings": findings }));
    assert_eq!(answer["FailedFindings"], json!([]));
}

/// The results of an ARN, as `value count` joined by commas.
fn counted(stage: &Stage, account: &str, arn: &str) -> String {
    let answer = stage.good(account, GetInsightResults, json!({ "InsightArn": arn }));
    let results = &answer["InsightResults"];
    assert_eq!(results["InsightArn"], arn);
    let values = results["ResultValues"].as_array().unwrap().iter();
    let texts = values.map(|value| format!("{} {}", value["GroupByAttributeValue"].as_str().unwrap(), value["Count"]));
    texts.collect::<Vec<_>>().join(", ")
}

/// The results of a new insight of the administrator's.
fn counts(stage: &Stage, filters: Value, group_by: &str) -> String {
    let arn = make(stage, ADMINISTRATOR, insight(filters, group_by));
    counted(stage, ADMINISTRATOR, &arn)
}

/// Rules: INS-01, INS-02, INS-05, INS-06.
#[test]
fn an_insight_is_created_changed_listed_and_deleted() {
    let stage = on();
    let filters = json!({ "Title": strings(&[("PREFIX", "Port")]) });
    let arn = make(&stage, ADMINISTRATOR, insight(filters.clone(), "ResourceId"));
    let (prefix, id) = arn.rsplit_once('/').unwrap();
    assert_eq!(prefix, "arn:aws:securityhub:us-east-1:111111111111:insight/111111111111/custom");
    assert_eq!(id.len(), 36);
    let mut expected = insight(filters, "ResourceId");
    expected["InsightArn"] = json!(arn);
    assert_eq!(read(&stage, &arn), expected);
    let update = json!({ "InsightArn": arn, "Filters": { "Id": strings(&[("EQUALS", "x")]) } });
    assert_eq!(stage.good(ADMINISTRATOR, UpdateInsight, update), json!({}));
    expected["Filters"] = json!({ "Id": strings(&[("EQUALS", "x")]) });
    assert_eq!(read(&stage, &arn), expected, "filters are replaced as a whole, absent members stay unchanged");
    let update = json!({ "InsightArn": arn, "Name": "Ours", "GroupByAttribute": "AwsAccountId" });
    stage.good(ADMINISTRATOR, UpdateInsight, update);
    let after = read(&stage, &arn);
    assert_eq!((&after["Name"], &after["GroupByAttribute"]), (&json!("Ours"), &json!("AwsAccountId")));
    assert_eq!(after["Filters"], expected["Filters"]);
    let named = json!({ "InsightArn": arn });
    assert_eq!(stage.good(ADMINISTRATOR, DeleteInsight, named.clone()), named);
    assert_eq!(stage.good(ADMINISTRATOR, GetInsights, json!({})), json!({ "Insights": [] }));
}

/// Rules: INS-01, INS-15.
#[test]
fn insight_names_need_not_be_unique_and_sort_criteria_are_ignored() {
    let stage = on();
    let mut input = insight(json!({}), "ResourceId");
    input["SortCriteria"] = json!([{ "Field": "Nope" }]);
    assert_ne!(make(&stage, ADMINISTRATOR, input.clone()), make(&stage, ADMINISTRATOR, input));
}

/// Rules: FLT-06, FLT-08, CLN-08.
#[test]
fn insight_filters_are_returned_as_sent() {
    let stage = on();
    let sent = r#"{
        "Confidence": [{ "Lt": 90.5, "Gte": 0 }, { "Eq": 90.0 }],
        "UpdatedAt": [{ "End": "2026-01-10T08", "Start": "Mon, 02 Jan 2006 15:04:05 UTC" }],
        "CreatedAt": [{ "DateRange": { "Unit": "DAYS", "Value": 7 } }],
        "Title": [],
        "AwsAccountId": [{ "Value": "2", "Comparison": "EQUALS" }, { "Value": "1", "Comparison": "EQUALS" }]
    }"#;
    let sent: Value = serde_json::from_str(sent).unwrap();
    let arn = make(&stage, ADMINISTRATOR, insight(sent.clone(), "ResourceId"));
    assert_eq!(read(&stage, &arn)["Filters"].to_string(), sent.to_string());
    stage.good(
        ADMINISTRATOR,
        UpdateInsight,
        json!({ "InsightArn": arn, "Filters": { "Confidence": [{ "Eq": 0.0 }] } }),
    );
    assert_eq!(read(&stage, &arn)["Filters"].to_string(), r#"{"Confidence":[{"Eq":0.0}]}"#);
    // As text, because a JSON reader with rounding errors would read the same value twice.
    let long: Value = serde_json::from_str(r#"{"Confidence":[{"Eq":31.245270191439438}]}"#).unwrap();
    stage.good(ADMINISTRATOR, UpdateInsight, json!({ "InsightArn": arn, "Filters": long }));
    assert_eq!(read(&stage, &arn)["Filters"].to_string(), r#"{"Confidence":[{"Eq":31.245270191439438}]}"#);
}

/// Rules: INS-04.
#[test]
fn the_101st_insight_is_refused() {
    let stage = on();
    for _ in 0..100 {
        make(&stage, ADMINISTRATOR, insight(json!({}), "ResourceId"));
    }
    let more = insight(json!({}), "ResourceId");
    stage.refused(ADMINISTRATOR, CreateInsight, more.clone(), 429, "LimitExceededException");
    make(&stage, MEMBER, more.clone());
    let all = stage.good(ADMINISTRATOR, GetInsights, json!({}));
    assert_eq!((all["Insights"].as_array().unwrap().len(), all.get("NextToken")), (100, None));
    stage.good(ADMINISTRATOR, DeleteInsight, json!({ "InsightArn": all["Insights"][7]["InsightArn"] }));
    make(&stage, ADMINISTRATOR, more);
}

/// Rules: INS-07, INS-13, INS-31.
#[test]
fn unknown_insights_are_not_found() {
    let stage = on();
    let arn = make(&stage, ADMINISTRATOR, insight(json!({}), "ResourceId"));
    let unknown = format!("{arn}0");
    let gap = "arn:aws:securityhub:::insight/securityhub/default/2".to_owned();
    for missing in [&unknown, &gap, &"x".to_owned()] {
        for operation in [UpdateInsight, DeleteInsight, GetInsightResults] {
            let input = json!({ "InsightArn": missing });
            stage.refused(ADMINISTRATOR, operation, input, 404, "ResourceNotFoundException");
        }
        let input = json!({ "InsightArns": [arn, missing] });
        stage.refused(ADMINISTRATOR, GetInsights, input, 404, "ResourceNotFoundException");
    }
    stage.member(MemberStatus::Enabled);
    let of_member = make(&stage, MEMBER, insight(json!({}), "ResourceId"));
    for operation in [UpdateInsight, DeleteInsight, GetInsightResults] {
        let input = json!({ "InsightArn": of_member });
        stage.refused(ADMINISTRATOR, operation, input, 404, "ResourceNotFoundException");
    }
    assert_eq!(stage.good(ADMINISTRATOR, GetInsights, json!({}))["Insights"].as_array().unwrap().len(), 1);
    let tags = json!({ "ResourceArn": arn });
    stage.refused(ADMINISTRATOR, ListTagsForResource, tags, 400, "InvalidInputException");
}

/// Rules: INS-08.
#[test]
fn a_managed_insight_cannot_be_changed() {
    let stage = on();
    for operation in [UpdateInsight, DeleteInsight] {
        stage.refused(ADMINISTRATOR, operation, json!({ "InsightArn": TOP_RESOURCES }), 400, "InvalidInputException");
    }
}

/// Rules: INS-09, INS-10, INS-11.
#[test]
fn all_custom_insights_are_listed_and_requested_ones_keep_their_order() {
    let stage = on();
    let names: Vec<String> = (0..5).map(|number| format!("{}", 9 - number)).collect();
    let arns: Vec<String> = names
        .iter()
        .map(|name| {
            let mut input = insight(json!({}), "ResourceId");
            input["Name"] = json!(name);
            make(&stage, ADMINISTRATOR, input)
        })
        .collect();
    let listed = |input: Value| {
        let answer = stage.good(ADMINISTRATOR, GetInsights, input);
        let insights = answer["Insights"].as_array().unwrap().iter();
        let names: Vec<String> = insights.map(|insight| insight["Name"].as_str().unwrap().to_owned()).collect();
        (names, answer.get("NextToken").cloned())
    };
    assert_eq!(listed(json!({})), (names.clone(), None));
    assert_eq!(listed(json!({ "InsightArns": [] })), (names, None));
    let (request, _) = listed(json!({ "InsightArns": [arns[3], TOP_RESOURCES, arns[0]] }));
    assert_eq!(request, ["6", "1. AWS resources with the most findings", "9"]);
    let (first, token) = listed(json!({ "MaxResults": 2 }));
    assert_eq!(first, ["9", "8"]);
    let token = token.unwrap();
    stage.good(ADMINISTRATOR, DeleteInsight, json!({ "InsightArn": arns[1] }));
    let (second, token) = listed(json!({ "MaxResults": 2, "NextToken": token }));
    assert_eq!(second, ["7", "6"], "paging continues even if the last row was deleted");
    assert_eq!(listed(json!({ "NextToken": token })), (vec!["5".to_owned()], None));
    let request = json!({ "InsightArns": [arns[4], arns[2], arns[0]], "MaxResults": 2 });
    let (page, token) = listed(request.clone());
    assert_eq!(page, ["5", "7"]);
    let mut next = request;
    next["NextToken"] = token.unwrap();
    assert_eq!(listed(next.clone()), (vec!["9".to_owned()], None));
    next["InsightArns"] = json!([arns[4]]);
    stage.refused(ADMINISTRATOR, GetInsights, next, 400, "InvalidInputException");
    stage.refused(ADMINISTRATOR, GetInsights, json!({ "MaxResults": 101 }), 400, "InvalidInputException");
}

/// Rules: INS-14, FLT-07, FLT-13.
#[test]
fn filters_are_checked_when_they_are_stored() {
    let stage = on();
    let arn = make(&stage, ADMINISTRATOR, insight(json!({}), "ResourceId"));
    for (filters, refusal) in [
        (
            json!({ "Title": strings(&[("CONTAINS", "x")]) }),
            "data.Title[0].Comparison should be equal to one of the allowed values",
        ),
        (json!({ "Nope": [] }), "data should NOT have additional properties"),
        (
            json!({ "CreatedAt": [{ "DateRange": { "Value": "7", "Unit": "DAYS" } }] }),
            "data.CreatedAt[0].DateRange.Value should be number",
        ),
    ] {
        let update = json!({ "InsightArn": arn, "Filters": filters });
        for (operation, input) in [(CreateInsight, insight(filters, "ResourceId")), (UpdateInsight, update)] {
            let message = stage.refused(ADMINISTRATOR, operation, input, 400, "InvalidInputException");
            assert_eq!(message, format!("Invalid Filters in the input: {refusal}"));
        }
    }
}

/// Rules: INS-30.
#[test]
fn insights_group_by_strings_and_numbers() {
    let stage = on();
    for name in ["AwsAccountId", "CompanyName", "WorkflowStatus", "SeverityNormalized", "Confidence"] {
        make(&stage, ADMINISTRATOR, insight(json!({}), name));
    }
    let arn = make(&stage, ADMINISTRATOR, insight(json!({}), "ResourceId"));
    for name in ["UpdatedAt", "ResourceTags", "NetworkSourceIpV4", "Keyword", "Sample", "Nope", "awsAccountId"] {
        let update = json!({ "InsightArn": arn, "GroupByAttribute": name });
        for (operation, input) in [(CreateInsight, insight(json!({}), name)), (UpdateInsight, update)] {
            let refusal = stage.refused(ADMINISTRATOR, operation, input, 400, "InvalidInputException");
            assert_eq!(
                refusal,
                "Invalid parameter 'GroupByAttribute'. data.GroupByAttribute should be equal to one of the allowed values"
            );
        }
    }
}

/// Rules: INS-20, INS-22, INS-23, INS-24.
#[test]
fn result_values_are_sorted_by_count() {
    let stage = on();
    assert_eq!(counts(&stage, json!({}), "ResourceType"), "");
    let typed = |id: &str, types: &[&str], more: Value| {
        let resources: Vec<Value> =
            types.iter().map(|kind| json!({ "Type": kind, "Id": format!("{id}-{kind}") })).collect();
        let mut with = more;
        with["Resources"] = json!(resources);
        finding(id, with)
    };
    let findings = [
        typed("a", &["AwsS3Bucket", "AwsIamAccessKey"], json!({ "Confidence": 90 })),
        typed("b", &["AwsLambdaFunction"], json!({})),
        typed("c", &["AwsIamPolicy", "AwsIamRole", "AwsIamRole"], json!({ "Confidence": 50 })),
        typed("d", &["AwsIamRole"], json!({ "Confidence": 50 })),
    ];
    import(&stage, ADMINISTRATOR, &findings);
    assert_eq!(
        counts(&stage, json!({}), "ResourceType"),
        "AwsIamRole 2, AwsIamAccessKey 1, AwsIamPolicy 1, AwsLambdaFunction 1, AwsS3Bucket 1"
    );
    let buckets = json!({ "ResourceType": strings(&[("EQUALS", "AwsS3Bucket")]) });
    assert_eq!(counts(&stage, buckets, "ResourceId"), "a-AwsIamAccessKey 1, a-AwsS3Bucket 1");
    assert_eq!(counts(&stage, json!({}), "Confidence"), "50 2, 90 1");
    assert_eq!(counts(&stage, json!({}), "NoteText"), "");
}

/// Rules: INS-22, INS-26.
#[test]
fn a_result_lists_at_most_100_values() {
    let stage = on();
    let findings: Vec<Value> = (0..60)
        .map(|number| {
            let resource = |half: &str| json!({ "Type": "Other", "Id": format!("{half}{number:02}") });
            finding(&format!("f{number}"), json!({ "Resources": [resource("x"), resource("y")], "Confidence": number }))
        })
        .collect();
    import(&stage, ADMINISTRATOR, &findings);
    let ids = counts(&stage, json!({}), "ResourceId");
    assert_eq!(ids.split(", ").count(), 100);
    assert!(ids.starts_with("x00 1, x01 1") && ids.ends_with("y38 1, y39 1"), "{ids}");
    assert!(counts(&stage, json!({}), "Confidence").starts_with("0 1, 1 1, 10 1"), "values are sorted as text");
}

/// Rules: INS-21, VIS-01.
#[test]
fn an_insight_counts_only_findings_visible_to_the_caller() {
    let stage = on();
    import(&stage, ADMINISTRATOR, &[finding("a", json!({}))]);
    import(&stage, MEMBER, &[finding_of(MEMBER, "b", json!({})), finding_of(MEMBER, "c", json!({}))]);
    assert_eq!(counted(&stage, ADMINISTRATOR, TOP_ACCOUNTS), "111111111111 1");
    stage.member(MemberStatus::Enabled);
    assert_eq!(counted(&stage, ADMINISTRATOR, TOP_ACCOUNTS), "222222222222 2, 111111111111 1");
    assert_eq!(counted(&stage, MEMBER, TOP_ACCOUNTS), "222222222222 2");
}

/// Rules: INS-25, FLT-29.
#[test]
fn relative_dates_are_resolved_at_the_time_of_the_call() {
    let stage = on();
    import(&stage, ADMINISTRATOR, &[finding("a", json!({}))]);
    let filters = json!({ "UpdatedAt": [{ "DateRange": { "Value": 7, "Unit": "DAYS" } }] });
    let arn = make(&stage, ADMINISTRATOR, insight(filters, "ResourceId"));
    assert_eq!(counted(&stage, ADMINISTRATOR, &arn), "host-1 1");
    stage.days_pass(7);
    assert_eq!(counted(&stage, ADMINISTRATOR, &arn), "");
}

/// Rules: HUB-16, INS-01.
#[test]
fn insights_survive_disabling_and_enabling_the_hub() {
    let stage = on();
    let arn = make(&stage, ADMINISTRATOR, insight(json!({}), "ResourceId"));
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    let named = json!({ "InsightArn": arn });
    stage.refused(ADMINISTRATOR, GetInsightResults, named.clone(), 401, "InvalidAccessException");
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    stage.good(ADMINISTRATOR, GetInsightResults, named);
}

/// Rules: INS-09.
#[test]
fn a_repeated_insight_arn_is_answered_once_across_pages() {
    let stage = on();
    let mine = make(&stage, ADMINISTRATOR, insight(json!({}), "Title"));
    let other = make(&stage, ADMINISTRATOR, insight(json!({}), "Type"));
    let mut arns = vec![mine.as_str(); 500];
    arns.extend([other.as_str(), TOP_RESOURCES, mine.as_str()]);
    let ask = |token: Option<&Value>| {
        let input = json!({ "InsightArns": arns, "MaxResults": 2, "NextToken": token });
        stage.good(ADMINISTRATOR, GetInsights, input)
    };
    let first = ask(None);
    let rest = ask(Some(&first["NextToken"]));
    let of = |page: &Value| -> Vec<Value> {
        page["Insights"].as_array().unwrap().iter().map(|insight| insight["InsightArn"].clone()).collect()
    };
    assert_eq!((of(&first), of(&rest)), (vec![json!(mine), json!(other)], vec![json!(TOP_RESOURCES)]));
    assert_eq!(rest.get("NextToken"), None);
}
