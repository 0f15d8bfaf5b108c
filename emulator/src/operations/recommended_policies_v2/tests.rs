//! Tests of recommended policies.

use securityhub_fixtures::Operation::{
    EnableSecurityHubV2, GenerateRecommendedPolicyV2, GetFindingsV2, GetRecommendedPolicyV2,
};
use serde_json::{Value, json};

use crate::testing::{ADMINISTRATOR, REGION, Stage};

fn uid_of(stage: &Stage, product: &str, title: &str, kind: &str) -> String {
    stage.send(json!({
        "class_uid": 2004,
        "cloud": { "account": { "uid": ADMINISTRATOR }, "region": REGION },
        "finding_info": {
            "uid": title, "title": title, "types": [kind], "modified_time_dt": "2026-01-15T08:00:00.000Z",
        },
        "metadata": { "product": { "uid": format!("arn:aws:securityhub:us-east-1::productv2/aws/{product}") } },
        "resources": [{ "type": "AWS::IAM::Role", "uid": "r", "uid_alt": "arn:aws:iam::111111111111:role/r" }],
        "severity_id": 2,
    }));
    let filter = json!({ "FieldName": "finding_info.title", "Filter": { "Value": title, "Comparison": "EQUALS" } });
    let filters = json!({ "CompositeFilters": [{ "StringFilters": [filter] }] });
    let found = stage.good(ADMINISTRATOR, GetFindingsV2, json!({ "Filters": filters }));
    found["Findings"][0]["metadata"]["uid"].as_str().unwrap().to_owned()
}

/// The input for a finding whose recommended policy was generated.
pub(crate) fn generated(stage: &Stage) -> Value {
    let input = json!({ "MetadataUid": uid_of(stage, "access-analyzer", "UnusedPermission", "Permissions") });
    stage.good(ADMINISTRATOR, GenerateRecommendedPolicyV2, input.clone());
    input
}

/// Rules: RPV-01, RPV-02, RPV-03, DEC-12.
#[test]
fn a_policy_is_recommended_for_findings_about_unused_permissions_once_it_is_generated() {
    let stage = Stage::empty();
    let unused = json!({ "MetadataUid": "a".repeat(64) });
    stage.refused(ADMINISTRATOR, GetRecommendedPolicyV2, unused.clone(), 404, "ResourceNotFoundException");
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    stage.refused(ADMINISTRATOR, GenerateRecommendedPolicyV2, unused, 404, "ResourceNotFoundException");
    let with_type =
        |product: &str, title: &str, kind: &str| json!({ "MetadataUid": uid_of(&stage, product, title, kind) });
    let of = |product: &str, title: &str| with_type(product, title, "Permissions");
    for other in [of("access-analyzer", "ExternalAccess"), of("inspector", "UnusedPermission of Inspector")] {
        stage.refused(ADMINISTRATOR, GenerateRecommendedPolicyV2, other, 400, "ValidationException");
    }
    stage.refused(
        ADMINISTRATOR,
        GenerateRecommendedPolicyV2,
        json!({ "MetadataUid": "x" }),
        400,
        "ValidationException",
    );
    let unused = of("access-analyzer", "UnusedPermission");
    stage.refused(ADMINISTRATOR, GetRecommendedPolicyV2, unused.clone(), 404, "ResourceNotFoundException");
    for _ in 0..2 {
        assert_eq!(stage.good(ADMINISTRATOR, GenerateRecommendedPolicyV2, unused.clone()), json!({}));
    }
    let by_type = with_type("access-analyzer", "Role r", "UnusedIAMRole");
    stage.good(ADMINISTRATOR, GenerateRecommendedPolicyV2, by_type);
    let answer = stage.good(ADMINISTRATOR, GetRecommendedPolicyV2, unused);
    assert_eq!(
        answer,
        json!({
            "Status": "SUCCEEDED",
            "RecommendationType": "UNUSED_PERMISSION_RECOMMENDATION",
            "ResourceArn": "arn:aws:iam::111111111111:role/r",
            "RecommendationSteps": [{ "UnusedPermissions": { "RecommendedAction": "DETACH_POLICY" } }],
        })
    );
}
