//! Tests of remediations.

use securityhub_fixtures::Operation::{EnableSecurityHubV2, GetRemediationsV2, ListExposuresByRemediationV2};
use serde_json::{Value, json};

use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage};

fn exposure(account: &str, name: &str, severity_id: u8, kinds: &[&str]) -> Value {
    let event = |kind: &&str| {
        json!({
            "uid": format!("{name}/{kind}"), "title": format!("Finding of {kind}"), "type": "Finding",
            "tags": [{ "name": kind, "values": [format!("Label of {kind}")] }],
            "traits": [{ "category": kind }],
        })
    };
    json!({
        "class_uid": 2004,
        "cloud": { "account": { "uid": account }, "region": REGION },
        "finding_info": {
            "uid": name, "title": format!("Exposure of {name}"), "types": ["Exposure/Potential Impact/Resource Hijacking"],
            "modified_time_dt": "2026-01-15T08:00:00.000Z",
            "related_events": kinds.iter().map(event).collect::<Vec<_>>(),
        },
        "metadata": { "product": { "uid": "arn:aws:securityhub:us-east-1::productv2/aws/securityhub-risk" } },
        "resources": [{ "type": "AWS::EC2::Instance", "uid": name, "region": REGION }],
        "severity_id": severity_id,
    })
}

fn stage() -> Stage {
    let stage = Stage::with_hubs(&[]);
    for account in [ADMINISTRATOR, MEMBER] {
        stage.good(account, EnableSecurityHubV2, json!({}));
    }
    stage
}

fn items(stage: &Stage, input: Value) -> Vec<Value> {
    stage.good(ADMINISTRATOR, GetRemediationsV2, input)["Items"].as_array().unwrap().clone()
}

/// The input for a remediation of an exposure.
pub(crate) fn target(stage: &Stage) -> Value {
    stage.send(exposure(ADMINISTRATOR, "i-1", 4, &["Reachability", "Vulnerability"]));
    json!({ "TargetUid": items(stage, json!({}))[0]["TargetUid"] })
}

fn all_three() -> Stage {
    let stage = stage();
    stage.send(exposure(ADMINISTRATOR, "i-low", 2, &["Misconfiguration", "Assumability"]));
    stage.send(exposure(ADMINISTRATOR, "i-high", 5, &["Reachability", "Vulnerability", "Assumability"]));
    stage.send(exposure(MEMBER, "i-other", 4, &["Reachability", "Vulnerability"]));
    stage
}

/// Rules: RMV-01, RMV-03, RMV-05.
#[test]
fn each_kind_of_trait_of_an_exposure_has_a_remediation_and_the_most_severe_come_first() {
    let stage = all_three();
    let found = items(&stage, json!({}));
    let priorities: Vec<&str> = found.iter().map(|item| item["Priority"].as_str().unwrap()).collect();
    assert_eq!(priorities, ["Critical", "Critical", "Critical", "Low", "Low"]);
    let of =
        |kind: &str| found.iter().find(|item| item["Trait"]["Type"] == kind && item["Priority"] == "Critical").unwrap();
    insta::assert_json_snapshot!(of("Vulnerability"));
    assert!(of("Vulnerability").get("Guidance").is_none());
    let whole = items(&stage, json!({ "MaxResults": 2, "ShowGuidance": true, "GuidanceFormat": "Terraform" }));
    assert_eq!(whole.len(), 2);
    assert_eq!(whole[0]["Guidance"]["Examples"].as_object().unwrap().len(), 1);
    let page = stage.good(ADMINISTRATOR, GetRemediationsV2, json!({ "MaxResults": 3 }));
    let rest = stage.good(ADMINISTRATOR, GetRemediationsV2, json!({ "NextToken": page["NextToken"] }));
    assert_eq!((rest["Items"].as_array().unwrap().len(), rest.get("NextToken")), (2, None));
}

/// Rules: RMV-01, RMV-02, RMV-04.
#[test]
fn remediations_are_selected_by_target_finding_or_filters_and_by_one_of_them_only() {
    let stage = all_three();
    let item = items(&stage, json!({}))[0].clone();
    assert_eq!(items(&stage, json!({ "TargetUid": item["TargetUid"] })), std::slice::from_ref(&item));
    let filter = |name: &str, value: &str| json!({ "FieldName": name, "Filter": { "Value": value } });
    let filters = |filters: Value| json!({ "Filters": { "CompositeFilters": [{ "StringFilters": filters }] } });
    assert_eq!(items(&stage, filters(json!([filter("Resource.Id", "i-low")]))).len(), 2);
    assert_eq!(items(&stage, filters(json!([filter("Resource.Id", "i-low"), filter("Priority", "High")]))).len(), 0);
    assert_eq!(items(&stage, filters(json!([filter("Status", "New"), filter("Priority", "Critical")]))).len(), 3);
    let both = json!({ "TargetUid": "a", "MetadataUid": "b" });
    stage.refused(ADMINISTRATOR, GetRemediationsV2, both, 400, "ValidationException");
    for unknown in [json!({ "TargetUid": "a" }), json!({ "MetadataUid": "b" })] {
        stage.refused(ADMINISTRATOR, GetRemediationsV2, unknown, 404, "ResourceNotFoundException");
    }
    let empty = self::stage();
    assert_eq!(items(&empty, json!({})), Vec::<Value>::new());
}

/// Rules: RMV-01, RMV-06.
#[test]
fn exposures_of_a_remediation_show_the_severity_that_is_left() {
    let stage = all_three();
    let effects: Vec<(String, String)> = items(&stage, json!({}))
        .iter()
        .map(|item| {
            let input = json!({ "TargetUid": item["TargetUid"] });
            let listed = stage.good(ADMINISTRATOR, ListExposuresByRemediationV2, input);
            assert_eq!((&listed["TotalCount"], &listed["Resource"]), (&json!(1), &item["Resource"]));
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let effect = &listed["Items"][0];
            let change = format!(
                "{} to {}: {}",
                text(&effect["PreviousSeverity"]),
                text(&effect["ProjectedSeverity"]),
                text(&effect["Impact"])
            );
            (format!("{} {}", text(&item["Resource"]["Id"]), text(&item["Trait"]["Type"])), change)
        })
        .collect();
    let mut effects: Vec<String> = effects.into_iter().map(|(of, change)| format!("{of}, {change}")).collect();
    effects.sort();
    assert_eq!(
        effects,
        [
            "i-high Assumability, Critical to High: Reduces",
            "i-high Reachability, Critical to Medium: Reduces",
            "i-high Vulnerability, Critical to High: Reduces",
            "i-low Assumability, Low to Informational: Resolves",
            "i-low Misconfiguration, Low to Informational: Resolves",
        ]
    );
    let unknown = json!({ "TargetUid": "a" });
    stage.refused(ADMINISTRATOR, ListExposuresByRemediationV2, unknown, 404, "ResourceNotFoundException");
    let uid = json!([stage.good(MEMBER, GetRemediationsV2, json!({}))["Items"][0]["TargetUid"]]);
    let foreign = json!({ "TargetUid": uid[0] });
    stage.refused(ADMINISTRATOR, ListExposuresByRemediationV2, foreign, 404, "ResourceNotFoundException");
}

/// Rules: RMV-03, RMV-06.
#[test]
fn a_remediation_of_a_closed_exposure_changes_nothing() {
    let stage = stage();
    let mut exposure = exposure(ADMINISTRATOR, "i-1", 4, &["Reachability", "Vulnerability"]);
    exposure["activity_id"] = json!(3);
    stage.send(exposure);
    for item in items(&stage, json!({})) {
        assert_eq!(item["Status"], "Resolved");
        let counts: u64 = item["Outcome"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
        let input = json!({ "TargetUid": item["TargetUid"] });
        let listed = stage.good(ADMINISTRATOR, ListExposuresByRemediationV2, input);
        assert_eq!((counts, &listed["TotalCount"], &listed["Items"]), (0, &json!(0), &json!([])));
    }
}
