//! Tests of automation rules of the V2 half.

use securityhub_fixtures::Operation::{
    BatchImportFindings, BatchUpdateFindingsV2, CreateAggregatorV2, CreateAutomationRuleV2, DeleteAutomationRuleV2,
    EnableSecurityHubV2, GetAutomationRuleV2, GetFindingStatisticsV2, GetFindingsV2, GetResourcesV2,
    ListAutomationRulesV2, UpdateAutomationRuleV2,
};
use serde_json::{Map, Value, json};

use crate::domain::caller::Caller;
use crate::domain::findings::explain::{self, Question};
use crate::operations::{Context, Input, findings_v2};
use crate::state::{Principal, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding, id};

fn stage() -> Stage {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    stage
}

fn title(value: &str) -> Value {
    let filter = json!({ "Value": value, "Comparison": "PREFIX" });
    json!({ "OcsfFindingCriteria": {
        "CompositeFilters": [{ "StringFilters": [{ "FieldName": "finding_info.title", "Filter": filter }] }],
    } })
}

fn rule(name: &str, order: f64, update: Value) -> Value {
    json!({
        "RuleName": name, "Description": "For a test", "RuleOrder": order, "Criteria": title("Port"),
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update }],
    })
}

fn create(stage: &Stage, rule: Value) -> String {
    stage.good(ADMINISTRATOR, CreateAutomationRuleV2, rule)["RuleArn"].as_str().unwrap().to_owned()
}

/// Rules: ARV-01, ARV-13, ARV-14, ARV-15, O2G-08.
#[test]
fn a_rule_is_created_read_changed_listed_and_deleted() {
    let stage = stage();
    let mut sent = rule("Late", 100.5, json!({ "SeverityId": 5, "Comment": "Urgent" }));
    sent["ClientToken"] = json!("one");
    let created = stage.good(ADMINISTRATOR, CreateAutomationRuleV2, sent.clone());
    assert_eq!(stage.good(ADMINISTRATOR, CreateAutomationRuleV2, sent.clone()), created);
    let arn = created["RuleArn"].as_str().unwrap().to_owned();
    assert_eq!(
        arn,
        format!(
            "arn:aws:securityhub:{REGION}:{ADMINISTRATOR}:automation-rulev2/{}",
            created["RuleId"].as_str().unwrap()
        )
    );
    create(&stage, rule("Early", 2.0, json!({ "StatusId": 3 })));
    let by = |identifier: &Value| stage.good(ADMINISTRATOR, GetAutomationRuleV2, json!({ "Identifier": identifier }));
    let read = by(&created["RuleId"]);
    assert_eq!(read, by(&created["RuleArn"]));
    for member in ["RuleName", "Description", "RuleOrder", "Criteria", "Actions"] {
        assert_eq!(read[member], sent[member], "{member}");
    }
    assert_eq!((&read["RuleStatus"], &read["CreatedAt"]), (&json!("ENABLED"), &json!("2026-01-15T09:00:00.000Z")));
    let listed = || {
        let listed = stage.good(ADMINISTRATOR, ListAutomationRulesV2, json!({}));
        let rules = listed["Rules"].as_array().unwrap().clone();
        assert!(rules.iter().all(|rule| rule.get("Criteria").is_none()));
        rules.iter().map(|rule| rule["RuleName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(), ["Early", "Late"]);
    stage.good(
        ADMINISTRATOR,
        UpdateAutomationRuleV2,
        json!({ "Identifier": arn, "RuleOrder": 1, "RuleStatus": "DISABLED" }),
    );
    assert_eq!(listed(), ["Late", "Early"]);
    let read = by(&json!(arn));
    assert_eq!((&read["RuleStatus"], &read["RuleName"]), (&json!("DISABLED"), &json!("Late")));
    stage.good(ADMINISTRATOR, DeleteAutomationRuleV2, json!({ "Identifier": arn }));
    for operation in [GetAutomationRuleV2, DeleteAutomationRuleV2] {
        stage.refused(ADMINISTRATOR, operation, json!({ "Identifier": arn }), 404, "ResourceNotFoundException");
    }
}

/// Rules: ARV-03, ARV-04, ARV-06, ARV-07, UNK-20.
#[test]
fn an_invalid_rule_is_refused() {
    let stage = stage();
    let good = rule("R", 1.0, json!({ "SeverityId": 5 }));
    let with = |member: &str, value: Value| {
        let mut rule = good.clone();
        rule[member] = value;
        rule
    };
    let action = |action: Value| with("Actions", json!([action]));
    let resources = json!({ "ResourceCriteria": { "CompositeFilters": [{ "StringFilters": [
        { "FieldName": "ResourceType", "Filter": { "Value": "AWS::S3::Bucket", "Comparison": "EQUALS" } },
    ] }] } });
    for refused in [
        with("Criteria", json!({})),
        with("Criteria", json!({ "OcsfFindingCriteria": { "CompositeFilters": [] } })),
        with("Criteria", json!({ "OcsfFindingCriteria": { "CompositeFilters": [{ "StringFilters": [] }] } })),
        with("Criteria", resources),
        action(json!({ "Type": "FINDING_FIELDS_UPDATE" })),
        action(json!({ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {} })),
        action(json!({ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "SeverityId": 7 } })),
        action(json!({ "Type": "EXTERNAL_INTEGRATION" })),
        action(json!({ "Type": "RESOURCE_FIELDS_UPDATE", "ResourceFieldsUpdate": { "Criticality": "High" } })),
        with("RuleOrder", json!(0.5)),
        with("RuleName", json!("x".repeat(257))),
    ] {
        stage.refused(ADMINISTRATOR, CreateAutomationRuleV2, refused, 400, "ValidationException");
    }
    (0..100).for_each(|_| _ = create(&stage, good.clone()));
    stage.refused(ADMINISTRATOR, CreateAutomationRuleV2, good, 402, "ServiceQuotaExceededException");
}

/// Rules: ARV-02, UNK-16, DEC-03.
#[test]
fn a_setting_makes_rules_require_an_aggregator() {
    let mut stage = stage();
    let arn = create(&stage, rule("R", 1.0, json!({ "SeverityId": 5 })));
    stage.0.v2_settings.rules_need_aggregator = true;
    let update = json!({ "Identifier": arn, "RuleOrder": 2 });
    stage.refused(ADMINISTRATOR, UpdateAutomationRuleV2, update.clone(), 409, "ConflictException");
    let another = rule("R", 1.0, json!({ "SeverityId": 5 }));
    stage.refused(ADMINISTRATOR, CreateAutomationRuleV2, another.clone(), 409, "ConflictException");
    let linked = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": ["eu-west-1"] });
    stage.good(ADMINISTRATOR, CreateAggregatorV2, linked);
    stage.good(ADMINISTRATOR, UpdateAutomationRuleV2, update);
    create(&stage, another);
}

/// Rules: ARV-05, ARV-09, DEC-09.
#[test]
fn rules_change_the_findings_of_a_provider_in_order() {
    let stage = stage();
    create(&stage, rule("Second", 2.0, json!({ "SeverityId": 5, "Comment": "second" })));
    let of_status = json!([{ "FieldName": "status", "Filter": { "Value": "Unknown", "Comparison": "EQUALS" } }]);
    let mut never = rule("Never", 3.0, json!({ "Comment": "never" }));
    never["Criteria"] = json!({ "OcsfFindingCriteria": { "CompositeFilters": [{ "StringFilters": of_status }] } });
    create(&stage, never);
    create(&stage, rule("First", 1.0, json!({ "SeverityId": 1, "StatusId": 3, "Comment": "first" })));
    let import = |updated_at: &str| {
        let finding = finding("a", json!({ "UpdatedAt": updated_at }));
        stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding] }));
    };
    let shown = || stage.good(ADMINISTRATOR, GetFindingsV2, json!({}))["Findings"][0].clone();
    import("2026-01-10T08:00:00Z");
    let finding = shown();
    assert_eq!((&finding["severity"], &finding["status"]), (&json!("Critical"), &json!("Suppressed")));
    assert_eq!((&finding["comment"], &finding["vendor_attributes"]["severity"]), (&json!("second"), &json!("High")));
    let uid = &finding["metadata"]["uid"];
    stage.good(ADMINISTRATOR, BatchUpdateFindingsV2, json!({ "MetadataUids": [uid], "SeverityId": 2 }));
    assert_eq!(shown()["severity"], "Low", "no rule runs");
    import("2026-01-11T08:00:00Z");
    assert_eq!(shown()["severity"], "Critical", "the rule runs at the provider's next update");
}

/// Rules: DEC-09.
#[test]
fn a_rule_that_no_longer_matches_leaves_the_values_of_the_last_writer() {
    let stage = stage();
    create(&stage, rule("R", 1.0, json!({ "SeverityId": 5, "Comment": "by rule" })));
    let import = |title: &str, updated_at: &str| {
        let finding = finding("a", json!({ "Title": title, "UpdatedAt": updated_at }));
        stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding] }));
        let shown = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}))["Findings"][0].clone();
        ["severity", "comment"].map(|member| shown[member].clone())
    };
    assert_eq!(import("Port 22 is open", "2026-01-10T08:00:00Z"), ["Critical", "by rule"]);
    let uid = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}))["Findings"][0]["metadata"]["uid"].clone();
    stage.good(ADMINISTRATOR, BatchUpdateFindingsV2, json!({ "MetadataUids": [uid], "Comment": "by a customer" }));
    assert_eq!(import("No port is open", "2026-01-11T08:00:00Z"), ["Critical", "by a customer"]);
    assert_eq!(import("Port 22 is open", "2026-01-12T08:00:00Z"), ["Critical", "by rule"]);
}

/// Rules: DEC-16.
#[test]
fn checks_that_need_no_state_precede_those_of_the_caller() {
    let stage = stage();
    let with_action = |arn: &str| {
        let mut rule = rule("R", 1.0, json!({}));
        let integration = json!({ "ConnectorArn": arn });
        rule["Actions"] = json!([{ "Type": "EXTERNAL_INTEGRATION", "ExternalIntegrationConfiguration": integration }]);
        rule
    };
    let unknown = with_action("arn:aws:securityhub:us-east-1:111111111111:connectorv2/none");
    stage.refused(ADMINISTRATOR, CreateAutomationRuleV2, unknown.clone(), 400, "ValidationException");
    stage.organization(&[("999999999999", "management"), (MEMBER, "security"), (ADMINISTRATOR, "app")]);
    stage.relations(|directory| {
        directory.organization.as_mut().unwrap().security_hub_v2_administrator = Some(id(MEMBER));
    });
    stage.refused(ADMINISTRATOR, CreateAutomationRuleV2, unknown, 403, "AccessDeniedException");
    let status = |comparison: &str, value: &str| json!({ "FieldName": "status", "Filter": { "Value": value, "Comparison": comparison } });
    let excluded = json!([status("EQUALS", "New"), status("NOT_EQUALS", "Resolved")]);
    let excluded = json!({ "CompositeFilters": [{ "StringFilters": excluded }] });
    let mut combined = rule("R", 1.0, json!({ "SeverityId": 5 }));
    combined["Criteria"] = json!({ "OcsfFindingCriteria": excluded });
    let linked = |region: &str| json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": [region] });
    let scopes = json!({ "AwsOrganizations": [{ "OrganizationId": "o-other" }] });
    for (operation, input) in [
        (CreateAutomationRuleV2, with_action("a connector")),
        (CreateAutomationRuleV2, with_action("arn:aws:securityhub:us-east-1:111111111111:hubv2/x")),
        (CreateAutomationRuleV2, combined),
        (CreateAggregatorV2, linked("eu-west-9")),
        (GetFindingsV2, json!({ "Filters": excluded, "Scopes": scopes })),
    ] {
        stage.refused(ADMINISTRATOR, operation, input, 400, "ValidationException");
    }
    stage.refused(ADMINISTRATOR, CreateAggregatorV2, linked("eu-west-1"), 403, "AccessDeniedException");
    stage.refused(ADMINISTRATOR, GetFindingsV2, json!({ "Scopes": scopes }), 403, "AccessDeniedException");
}

/// Rules: AGG-21, ARV-02, ARV-12, ARV-16, GFV-02, DEC-24.
#[test]
fn rules_live_in_the_home_region_of_the_administrator() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.organization(&[("999999999999", "management"), (ADMINISTRATOR, "security"), (MEMBER, "app")]);
    for (account, region) in [(ADMINISTRATOR, REGION), (ADMINISTRATOR, "eu-west-1"), (MEMBER, REGION)] {
        stage.call_in(region, account, EnableSecurityHubV2, json!({})).unwrap();
    }
    let update = json!({ "SeverityId": 5 });
    let own = stage.good(MEMBER, CreateAutomationRuleV2, rule("Own", 1.0, json!({ "StatusId": 4 })));
    stage.relations(|directory| {
        let organization = directory.organization.as_mut().unwrap();
        organization.security_hub_v2_administrator = Some(crate::testing::id(ADMINISTRATOR));
    });
    stage.refused(MEMBER, CreateAutomationRuleV2, rule("R", 1.0, update.clone()), 403, "AccessDeniedException");
    stage.good(MEMBER, GetAutomationRuleV2, json!({ "Identifier": own["RuleArn"] }));
    let linked = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": [REGION] });
    stage.call_in("eu-west-1", ADMINISTRATOR, CreateAggregatorV2, linked).unwrap();
    let elsewhere =
        stage.refused(ADMINISTRATOR, CreateAutomationRuleV2, rule("R", 1.0, update.clone()), 409, "ConflictException");
    assert_eq!(elsewhere, format!("The current Region {REGION} does not match the aggregation Region eu-west-1"));
    stage.call_in("eu-west-1", ADMINISTRATOR, CreateAutomationRuleV2, rule("R", 1.0, update)).unwrap();
    let of_member = crate::testing::finding_of(MEMBER, "m", json!({}));
    stage.good(MEMBER, BatchImportFindings, json!({ "Findings": [of_member] }));
    let shown = stage.good(MEMBER, GetFindingsV2, json!({}))["Findings"][0].clone();
    assert_eq!(
        (&shown["severity"], &shown["status"]),
        (&json!("Critical"), &json!("New")),
        "the member's own rule does not run"
    );
    let home = stage.call_in("eu-west-1", ADMINISTRATOR, GetFindingsV2, json!({})).unwrap();
    assert_eq!(home["Findings"].as_array().unwrap().len(), 1);
}

/// Rules: ARV-11, RSV-06.
#[test]
fn a_rule_on_resources_sets_their_criticality() {
    let stage = stage();
    let bucket = |id: &str| json!({ "Type": "AwsS3Bucket", "Id": format!("arn:aws:s3:::{id}"), "Region": REGION });
    let import = |id: &str, resource: Value| {
        let finding = finding(id, json!({ "Resources": [resource] }));
        stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding] }));
    };
    import("a", bucket("before"));
    let of_buckets =
        json!([{ "FieldName": "ResourceType", "Filter": { "Value": "AWS::S3::Bucket", "Comparison": "EQUALS" } }]);
    create(
        &stage,
        json!({
            "RuleName": "Buckets matter", "Description": "For a test", "RuleOrder": 1,
            "Criteria": { "ResourceCriteria": { "CompositeFilters": [{ "StringFilters": of_buckets }] } },
            "Actions": [{ "Type": "RESOURCE_FIELDS_UPDATE", "ResourceFieldsUpdate": { "Criticality": "Very High" } }],
        }),
    );
    import("b", bucket("after"));
    import("c", json!({ "Type": "Other", "Id": "host" }));
    let resources = stage.good(ADMINISTRATOR, GetResourcesV2, json!({}))["Resources"].clone();
    let criticality = |id: &str| {
        let resource = resources.as_array().unwrap().iter().find(|resource| resource["ResourceId"] == id).unwrap();
        (resource["ResourceCriticality"].clone(), resource["CriticalitySources"].clone())
    };
    let sources = json!([{ "Source": "AutomationRule", "Reason": "Buckets matter" }]);
    assert_eq!(criticality("arn:aws:s3:::before"), (json!("Very High"), sources.clone()));
    assert_eq!(criticality("arn:aws:s3:::after"), (json!("Very High"), sources));
    assert_eq!(criticality("host"), (json!("Unknown"), Value::Null));
    let findings = stage.good(ADMINISTRATOR, GetFindingsV2, json!({}))["Findings"].clone();
    let shown: Vec<Value> =
        findings.as_array().unwrap().iter().map(|it| it["resources"][0]["criticality"].clone()).collect();
    assert_eq!(shown, [json!("Very High"), json!("Very High"), Value::Null]);
    let critical =
        json!([{ "FieldName": "resources.criticality", "Filter": { "Value": "Very", "Comparison": "PREFIX" } }]);
    let filters = json!({ "CompositeFilters": [{ "StringFilters": critical }] });
    let found = stage.good(ADMINISTRATOR, GetFindingsV2, json!({ "Filters": filters }));
    assert_eq!(found["Findings"].as_array().unwrap().len(), 2);
    let explained =
        ["a", "c"].map(|id| explain(&stage, &Question { id: Some(id), product_arn: None, filters: &filters }));
    assert_eq!(explained, [true, false]);
    let counted = json!({ "GroupByRules": [{ "GroupByField": "resources.criticality" }] });
    let counted = stage.good(ADMINISTRATOR, GetFindingStatisticsV2, counted);
    let expected = json!([{ "FieldValue": "Very High", "Count": 2 }]);
    assert_eq!(counted["GroupByResults"][0]["GroupByValues"], expected);
}

/// Rules: RSV-06, STV-03.
#[test]
fn findings_are_selected_and_counted_by_the_criticality_that_they_show() {
    let stage = stage();
    let import = |id: &str, kind: &str, resource: &str| {
        let resource = json!({ "Type": kind, "Id": resource, "Region": REGION });
        let finding = finding(id, json!({ "Title": id, "Resources": [resource] }));
        stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding] }));
    };
    // The last parts of the ARNs are equal, and the short ID of a queue is not the end of its ARN.
    import("role", "AwsIamRole", "arn:aws:iam::111111111111:role/a");
    import("function", "AwsLambdaFunction", "arn:aws:lambda:us-east-1:111111111111:function:a");
    import("queue", "AwsSqsQueue", "arn:aws:sqs:us-east-1:111111111111:q");
    import("object", "AwsS3Object", "arn:aws:s3:::bucket/a/b.csv");
    let partner = json!({
        "class_uid": 2004, "cloud": { "account": { "uid": ADMINISTRATOR }, "region": REGION },
        "finding_info": { "uid": "own", "title": "own" },
        "metadata": { "product": { "uid": "arn:aws:securityhub:us-east-1::productv2/partner/product" } },
        "resources": [{ "type": "AWS::EC2::Instance", "uid": "i-1", "criticality": "Medium" }],
    });
    stage.send(partner);
    let titles = |level: &str| {
        let filter =
            json!([{ "FieldName": "resources.criticality", "Filter": { "Value": level, "Comparison": "EQUALS" } }]);
        let input = json!({ "Filters": { "CompositeFilters": [{ "StringFilters": filter }] } });
        let found = stage.good(ADMINISTRATOR, GetFindingsV2, input)["Findings"].clone();
        let title = |finding: &Value| finding["finding_info"]["title"].as_str().unwrap().to_owned();
        found.as_array().unwrap().iter().map(title).collect::<Vec<_>>()
    };
    let counted = || {
        let input = json!({ "GroupByRules": [{ "GroupByField": "resources.criticality" }] });
        stage.good(ADMINISTRATOR, GetFindingStatisticsV2, input)["GroupByResults"][0]["GroupByValues"].clone()
    };
    let medium = json!({ "FieldValue": "Medium", "Count": 1 });
    assert_eq!((titles("Medium"), counted()), (vec!["own".to_owned()], json!([medium])), "no rule sets a criticality");
    let types = ["AWS::IAM::Role", "AWS::SQS::Queue", "AWS::S3::Object"];
    let of_type =
        |kind: &&str| json!({ "FieldName": "ResourceType", "Filter": { "Value": kind, "Comparison": "EQUALS" } });
    let of_types: Vec<Value> = types.iter().map(of_type).collect();
    let criteria = json!({ "CompositeFilters": [{ "StringFilters": of_types, "Operator": "OR" }] });
    create(
        &stage,
        json!({
            "RuleName": "r", "Description": "For a test", "RuleOrder": 1, "Criteria": { "ResourceCriteria": criteria },
            "Actions": [{ "Type": "RESOURCE_FIELDS_UPDATE", "ResourceFieldsUpdate": { "Criticality": "High" } }],
        }),
    );
    assert_eq!(
        (titles("High"), titles("Medium")),
        (["role", "queue", "object"].map(str::to_owned).to_vec(), vec!["own".to_owned()])
    );
    assert_eq!(counted(), json!([{ "FieldValue": "High", "Count": 3 }, medium]));
}

/// Rules: AGG-21, AGV-10.
#[test]
fn a_home_region_shows_findings_written_after_linking() {
    let stage = stage();
    stage.call_in("eu-west-1", ADMINISTRATOR, EnableSecurityHubV2, json!({})).unwrap();
    let import = |id: &str, updated_at: &str| {
        let finding = finding(id, json!({ "Title": id, "UpdatedAt": updated_at }));
        stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding] }));
    };
    import("before", "2026-01-10T08:00:00Z");
    import("changed", "2026-01-10T08:00:00Z");
    let linked = json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": [REGION] });
    stage.call_in("eu-west-1", ADMINISTRATOR, CreateAggregatorV2, linked).unwrap();
    import("changed", "2026-01-11T08:00:00Z");
    import("after", "2026-01-11T08:00:00Z");
    let titles = |region: &str| {
        let answer = stage.call_in(region, ADMINISTRATOR, GetFindingsV2, json!({})).unwrap();
        let title = |finding: &Value| finding["finding_info"]["title"].as_str().unwrap().to_owned();
        answer["Findings"].as_array().unwrap().iter().map(title).collect::<Vec<_>>()
    };
    assert_eq!(titles("eu-west-1"), ["changed", "after"]);
    assert_eq!(titles(REGION), ["before", "changed", "after"]);
}

fn caller(stage: &Stage) -> Caller {
    let principal = Principal::local_user(id(ADMINISTRATOR));
    Caller { principal, region: Region::new(REGION), now: stage.0.clock.now() }
}

/// Returns whether a finding is returned, according to its explanation.
fn explain(stage: &Stage, question: &Question<'_>) -> bool {
    explain::explain(&stage.0, &caller(stage), question).unwrap().findings[0].returned
}

/// A rule that gives resources a criticality.
fn rule_on_resources(filters: Value) -> Value {
    json!({
        "RuleName": "r", "Description": "For a test", "RuleOrder": 1,
        "Criteria": { "ResourceCriteria": { "CompositeFilters": [filters] } },
        "Actions": [{ "Type": "RESOURCE_FIELDS_UPDATE", "ResourceFieldsUpdate": { "Criticality": "High" } }],
    })
}

/// An inventory is computed from all findings, and small calls must not wait for that.
#[test]
fn a_small_call_does_not_compute_an_inventory() {
    let stage = stage();
    stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding("a", json!({}))] }));
    stage.good(ADMINISTRATOR, GetFindingsV2, json!({}));
    let of_all = json!([{ "FieldName": "ResourceId", "Filter": { "Value": "host-1", "Comparison": "EQUALS" } }]);
    create(&stage, rule_on_resources(json!({ "StringFilters": of_all })));
    let context = Context { world: &stage.0, caller: caller(&stage), test: None };
    let input = Input { members: Map::new(), items: Vec::new() };
    assert!(findings_v2::get_findings_v2_quickly(&context, input).unwrap().is_none());
    assert_eq!(stage.0.kept_inventories(), 0);
}

/// Rules: ARV-11.
#[test]
fn a_rule_with_a_relative_date_sets_the_criticality_of_recent_resources() {
    let stage = stage();
    stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding("a", json!({}))] }));
    let recent = json!({ "DateRange": { "Value": 7, "Unit": "DAYS" } });
    let recent = json!([{ "FieldName": "ResourceDetailCaptureTime", "Filter": recent }]);
    create(&stage, rule_on_resources(json!({ "DateFilters": recent })));
    let criticality = || {
        let resources = stage.good(ADMINISTRATOR, GetResourcesV2, json!({}))["Resources"].clone();
        resources[0]["ResourceCriticality"].as_str().unwrap().to_owned()
    };
    assert_eq!(criticality(), "High");
    stage.days_pass(3);
    assert_eq!(criticality(), "Unknown");
}
