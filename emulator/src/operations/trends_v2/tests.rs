//! Tests of trends.

use securityhub_fixtures::Operation::{
    BatchImportFindings, BatchUpdateFindingsV2, EnableSecurityHubV2, GetFindingsTrendsV2, GetFindingsV2,
    GetResourcesTrendsV2,
};
use serde_json::{Value, json};

use crate::testing::{ADMINISTRATOR, Stage, finding};

fn import(stage: &Stage, id: &str, with: Value) {
    let answer = stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding(id, with)] }));
    assert_eq!(answer["SuccessCount"], 1, "{answer}");
}

/// Five days from the initial time of the clock, with a change on each.
fn stage() -> Stage {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    import(&stage, "a", json!({ "UpdatedAt": "2026-01-15T01:00:00Z" }));
    stage.days_pass(1);
    import(
        &stage,
        "b",
        json!({ "UpdatedAt": "2026-01-16T01:00:00Z", "Resources": [{ "Type": "Other", "Id": "host-2" }] }),
    );
    stage.days_pass(1);
    let uid = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}))["Findings"][0]["metadata"]["uid"].clone();
    stage.good(ADMINISTRATOR, BatchUpdateFindingsV2, json!({ "MetadataUids": [uid], "SeverityId": 5 }));
    stage.days_pass(1);
    import(
        &stage,
        "b",
        json!({ "UpdatedAt": "2026-01-18T01:00:00Z", "RecordState": "ARCHIVED", "Resources": [{ "Type": "Other", "Id": "host-2" }] }),
    );
    stage.days_pass(1);
    stage
}

fn period() -> Value {
    json!({ "StartTime": "2026-01-14T00:00:00Z", "EndTime": "2026-01-19T09:00:00Z" })
}

/// Rules: TRV-01, TRV-03, UNK-14, DEC-18.
#[test]
fn a_point_is_the_number_of_open_findings_at_the_end_of_its_day() {
    let stage = stage();
    let answer = stage.good(ADMINISTRATOR, GetFindingsTrendsV2, period());
    assert_eq!(answer["Granularity"], "Daily");
    let points = answer["TrendsMetrics"].as_array().unwrap();
    let counts: Vec<(u64, u64)> = points
        .iter()
        .map(|point| &point["TrendsValues"]["SeverityTrends"])
        .map(|severities| (severities["High"].as_u64().unwrap(), severities["Critical"].as_u64().unwrap()))
        .collect();
    assert_eq!(counts, [(0, 0), (1, 0), (2, 0), (1, 1), (0, 1), (0, 1)]);
    assert_eq!(points[1]["Timestamp"], "2026-01-15T00:00:00.000Z");
    let now = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}));
    assert_eq!(now["Findings"].as_array().unwrap().len(), 2, "the closed finding is still stored");
}

/// Rules: TRV-01, TRV-02, DEC-19.
#[test]
fn trends_are_filtered_and_paged() {
    let stage = stage();
    let mut input = period();
    let filter = json!({ "Value": "Close", "Comparison": "NOT_EQUALS" });
    let filters = json!([{ "StringFilters": [{ "FieldName": "finding_activity_name", "Filter": filter }] }]);
    input["Filters"] = json!({ "CompositeFilters": filters });
    input["MaxResults"] = json!(4);
    let first = stage.good(ADMINISTRATOR, GetFindingsTrendsV2, input.clone());
    assert_eq!(first["TrendsMetrics"][2]["TrendsValues"]["SeverityTrends"]["High"], 1);
    input["NextToken"] = first["NextToken"].clone();
    let second = stage.good(ADMINISTRATOR, GetFindingsTrendsV2, input.clone());
    assert_eq!(second["TrendsMetrics"].as_array().unwrap().len(), 2);
    let with = |member: &str, value: Value| {
        let mut other = input.clone();
        other[member] = value;
        other
    };
    let word = json!({ "FieldName": "region", "Filter": { "Value": "x", "Comparison": "CONTAINS_WORD" } });
    let mut by_word = period();
    by_word["Filters"] = json!({ "CompositeFilters": [{ "StringFilters": [word] }] });
    for refused in [
        by_word,
        with("StartTime", json!("2026-01-13T00:00:00Z")),
        with("EndTime", json!("2026-01-19T08:00:00Z")),
        with("Filters", json!({})),
        json!({ "StartTime": "2026-01-14T00:00:00Z", "EndTime": "2026-01-14T00:00:00Z" }),
        json!({ "StartTime": "2026-01-14T00:00:00Z", "EndTime": "2026-02-14T00:00:00Z" }),
    ] {
        stage.refused(ADMINISTRATOR, GetFindingsTrendsV2, refused, 400, "ValidationException");
    }
}

/// Rules: TRV-04.
#[test]
fn resources_are_counted_from_the_day_on_which_a_finding_names_them() {
    let stage = stage();
    let answer = stage.good(ADMINISTRATOR, GetResourcesTrendsV2, period());
    let points = answer["TrendsMetrics"].as_array().unwrap();
    let counts: Vec<u64> =
        points.iter().map(|point| point["TrendsValues"]["ResourcesCount"]["AllResources"].as_u64().unwrap()).collect();
    assert_eq!(counts, [0, 1, 2, 2, 2, 2]);
}
