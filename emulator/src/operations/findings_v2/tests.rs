//! Tests of reading, counting and updating findings of the V2 half.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use crate::domain::findings::{delivery, import};
use crate::ocsf::Settings;
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding, finding_of};

/// A world in which an account has enabled both hubs.
fn stage() -> Stage {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.good(ADMINISTRATOR, Operation::EnableSecurityHubV2, json!({}));
    stage
}

fn import(stage: &Stage, account: &str, finding: &Value) {
    let answer = stage.good(account, Operation::BatchImportFindings, json!({ "Findings": [finding] }));
    assert_eq!(answer["SuccessCount"], 1, "{answer}");
}

/// Imports a finding on behalf of its product. Customers may not import findings of AWS's products.
fn deliver(stage: &Stage, product: &str, with: Value) {
    let mut document = finding("x", with);
    document["ProductArn"] = format!("arn:aws:securityhub:{REGION}::product/aws/{product}").into();
    let (text, world) = (document.to_string(), &stage.0);
    let mut transaction = world.write_findings();
    let read = import::read_finding(&text).unwrap();
    let outcome = delivery::deliver(&mut transaction, world, world.clock.now(), &[read]).unwrap();
    let failed: Vec<&str> = outcome.failed.iter().map(|failed| failed.message.as_str()).collect();
    assert_eq!((outcome.success_count, failed), (1, vec![]));
    transaction.commit();
}

/// The titles of the findings that filters select.
fn titles(stage: &Stage, input: Value) -> Vec<String> {
    let answer = stage.good(ADMINISTRATOR, Operation::GetFindingsV2, input);
    let title = |finding: &Value| finding["finding_info"]["title"].as_str().unwrap_or_default().to_owned();
    answer["Findings"].as_array().unwrap().iter().map(title).collect()
}

fn string(field: &str, comparison: &str, value: &str) -> Value {
    json!({ "FieldName": field, "Filter": { "Value": value, "Comparison": comparison } })
}

fn composite(filters: Value) -> Value {
    json!({ "Filters": { "CompositeFilters": [filters] } })
}

/// The four findings of the worked cases.
fn four_findings() -> Stage {
    let stage = stage();
    let control = |id: &str, status: &str, label: &str, workflow: &str, state: &str, title: &str| {
        json!({
            "Id": id, "Title": title, "Severity": { "Label": label }, "Workflow": { "Status": workflow },
            "RecordState": state, "Compliance": { "Status": status, "SecurityControlId": "S3.1" },
        })
    };
    deliver(&stage, "securityhub", control("a", "FAILED", "HIGH", "NEW", "ACTIVE", "A"));
    let vulnerability = json!([{ "Id": "CVE-2024-1", "ExploitAvailable": "YES" }]);
    deliver(
        &stage,
        "inspector",
        json!({
            "Id": "b", "Title": "B", "Severity": { "Label": "MEDIUM" }, "Vulnerabilities": vulnerability,
        }),
    );
    deliver(
        &stage,
        "guardduty",
        json!({
            "Id": "c", "Title": "C", "Severity": { "Label": "LOW" }, "Workflow": { "Status": "SUPPRESSED" },
            "Types": ["TTPs/Discovery/Recon:IAMUser-X"],
        }),
    );
    deliver(&stage, "securityhub", control("d", "PASSED", "INFORMATIONAL", "RESOLVED", "ARCHIVED", "D"));
    stage
}

/// Rules: OCT-20 to OCT-25, OCT-28, GFV-01, GFV-05, GFV-07, GFV-10, GFV-13, GFV-16, UNK-04, UNK-12.
#[test]
fn worked_filters_select_findings() {
    let stage = four_findings();
    assert_eq!(titles(&stage, json!({})), ["A", "B", "C", "D"]);
    assert_eq!(titles(&stage, json!({ "Filters": {} })), ["A", "B", "C", "D"]);
    assert_eq!(titles(&stage, json!({ "Filters": { "CompositeFilters": [] } })), ["A", "B", "C", "D"]);
    assert_eq!(titles(&stage, composite(json!({}))), ["A", "B", "C", "D"]);
    let severe = string("severity", "EQUALS", "High");
    let either =
        json!({ "StringFilters": [severe, string("class_name", "EQUALS", "Vulnerability Finding")], "Operator": "OR" });
    assert_eq!(titles(&stage, composite(either)), ["A", "B"]);
    let joined = json!({ "Filters": { "CompositeOperator": "OR", "CompositeFilters": [
        { "StringFilters": [string("status", "EQUALS", "Suppressed")] },
        { "StringFilters": [string("compliance.status", "EQUALS", "Pass")] },
    ] } });
    assert_eq!(titles(&stage, joined.clone()), ["C", "D"]);
    let mut all_of = joined;
    all_of["Filters"].as_object_mut().unwrap().remove("CompositeOperator");
    assert!(titles(&stage, all_of).is_empty(), "no finding is suppressed and passes");
    let number = |field: &str, test: Value| json!({ "FieldName": field, "Filter": test });
    let nested = json!({
        "StringFilters": [string("class_name", "PREFIX", "Compliance")],
        "NestedCompositeFilters": [{ "Operator": "OR", "NumberFilters": [
            number("severity_id", json!({ "Gte": 4 })), number("activity_id", json!({ "Eq": 3 })),
        ] }],
    });
    assert_eq!(titles(&stage, composite(nested)), ["A", "D"]);
    let boolean = |value: bool| {
        let filter = json!({ "FieldName": "vulnerabilities.is_exploit_available", "Filter": { "Value": value } });
        composite(json!({ "BooleanFilters": [filter] }))
    };
    assert!(titles(&stage, boolean(false)).is_empty());
    assert_eq!(titles(&stage, boolean(true)), ["B"]);
    let both = json!({ "StringFilters": [
        string("class_name", "EQUALS", "Compliance Finding"), string("class_name", "EQUALS", "Vulnerability Finding"),
    ] });
    assert!(titles(&stage, composite(both)).is_empty());
    let open = json!({ "StringFilters": [string("activity_name", "NOT_EQUALS", "Close")] });
    assert_eq!(titles(&stage, composite(open)), ["A", "B", "C"]);
    let no_comment = json!({ "StringFilters": [string("comment", "NOT_EQUALS", "x")] });
    assert_eq!(titles(&stage, composite(no_comment)).len(), 4, "a missing value satisfies a negative comparison");
    let no_uid = json!({ "StringFilters": [string("metadata.uid", "EQUALS", "x")] });
    assert!(titles(&stage, composite(no_uid)).is_empty());
}

/// Rules: O2G-11, OCT-26, OCT-27, OCT-29, GFV-03, GFV-04, GFV-06, GFV-08, GFV-09, GFV-11, GFV-14, GFV-15, UNK-12.
#[test]
fn invalid_queries_are_refused() {
    let stage = four_findings();
    let title = string("finding_info.title", "EQUALS", "x");
    let range = json!({ "Value": 1, "Unit": "DAYS" });
    let date =
        |filter: Value| json!({ "DateFilters": [{ "FieldName": "finding_info.modified_time_dt", "Filter": filter }] });
    let nested = json!({ "NestedCompositeFilters": [{ "NestedCompositeFilters": [{ "StringFilters": [title] }] }] });
    let start = "2026-01-01T00:00:00Z";
    for filters in [
        json!({ "StringFilters": [string("finding_info.title", "CONTAINS", "x")] }),
        json!({ "StringFilters": [string("Severity", "EQUALS", "x")] }),
        json!({ "StringFilters": [{ "FieldName": "severity" }] }),
        json!({ "StringFilters": [{ "FieldName": "severity", "Filter": {} }] }),
        json!({ "StringFilters": [{ "Filter": { "Value": "x", "Comparison": "EQUALS" } }] }),
        json!({ "StringFilters": [string("severity", "EQUALS", "x"), string("severity", "NOT_EQUALS", "y")] }),
        json!({ "StringFilters": vec![title.clone(); 21] }),
        nested,
        date(json!({ "Start": start })),
        date(json!({ "Start": start, "End": start, "DateRange": range })),
        date(json!({ "Start": "yesterday", "End": start })),
    ] {
        stage.refused(ADMINISTRATOR, Operation::GetFindingsV2, composite(filters), 400, "ValidationException");
    }
    let refused = |input| stage.refused(ADMINISTRATOR, Operation::GetFindingsV2, input, 400, "ValidationException");
    refused(json!({ "Filters": { "CompositeFilters": vec![json!({}); 11] } }));
    refused(json!({ "SortCriteria": [{ "Field": "resources.tags", "SortOrder": "asc" }] }));
    refused(json!({ "SortCriteria": [{ "Field": "Severity" }] }));
    let page = stage.good(ADMINISTRATOR, Operation::GetFindingsV2, json!({ "MaxResults": 1 }));
    let token = &page["NextToken"];
    let next = stage.good(ADMINISTRATOR, Operation::GetFindingsV2, json!({ "MaxResults": 1, "NextToken": token }));
    assert_eq!(next["Findings"][0]["finding_info"]["title"], "B");
    refused(json!({ "NextToken": token, "Filters": { "CompositeFilters": [{ "StringFilters": [title] }] } }));
    refused(json!({ "NextToken": "damaged" }));
}

/// Rules: GFV-14, UNK-12.
#[test]
fn findings_are_sorted() {
    let stage = four_findings();
    let by = |field: &str, order: &str| json!({ "SortCriteria": [{ "Field": field, "SortOrder": order }] });
    assert_eq!(titles(&stage, by("severity_id", "desc")), ["A", "B", "C", "D"]);
    assert_eq!(titles(&stage, by("finding_info.title", "desc")), ["D", "C", "B", "A"]);
}

/// Rules: OCT-30, OCT-31, STV-01, STV-02, STV-03, STV-04, STV-05, UNK-13.
#[test]
fn findings_are_counted() {
    let stage = four_findings();
    let fields = ["severity", "compliance.status", "comment"];
    let rules =
        |fields: &[&str]| -> Vec<Value> { fields.iter().map(|field| json!({ "GroupByField": field })).collect() };
    let counted = |input| stage.good(ADMINISTRATOR, Operation::GetFindingStatisticsV2, input)["GroupByResults"].clone();
    let answer = counted(json!({ "GroupByRules": rules(&fields[..2]) }));
    let value = |value: &str, count: u64| json!({ "FieldValue": value, "Count": count });
    let severities = ["High", "Informational", "Low", "Medium"].map(|name| value(name, 1));
    assert_eq!(answer[0], json!({ "GroupByField": "severity", "GroupByValues": severities }));
    let statuses = [value("Fail", 1), value("Pass", 1)];
    assert_eq!(answer[1], json!({ "GroupByField": "compliance.status", "GroupByValues": statuses }));
    let classes = json!({ "GroupByRules": rules(&["class_name"]), "MaxStatisticResults": 2 });
    let first = [value("Compliance Finding", 2), value("Detection Finding", 1)];
    assert_eq!(counted(classes)[0]["GroupByValues"], json!(first));
    let ascending = json!({ "GroupByRules": rules(&["class_name"]), "SortOrder": "asc" });
    assert_eq!(counted(ascending)[0]["GroupByValues"][2], value("Compliance Finding", 2));
    let severe = json!({ "CompositeFilters": [{ "StringFilters": [string("severity", "EQUALS", "High")] }] });
    let filtered = json!({ "GroupByRules": [{ "GroupByField": "class_name", "Filters": severe }] });
    assert_eq!(counted(filtered)[0]["GroupByValues"], json!([value("Compliance Finding", 1)]));
    for refused in [json!({ "GroupByRules": [] }), json!({ "GroupByRules": rules(&["severity"; 6]) })] {
        stage.refused(ADMINISTRATOR, Operation::GetFindingStatisticsV2, refused, 400, "ValidationException");
    }
}

/// Rules: STV-02, STV-03, STV-04, UNK-13.
#[test]
fn a_finding_counts_once_for_each_value_and_a_rule_has_400_values_by_default() {
    let stage = stage();
    let resource = |kind: &str, id: &str| json!({ "Type": kind, "Id": id });
    let resources = json!([resource("Other", "a"), resource("Other", "b"), resource("Container", "c")]);
    import(&stage, ADMINISTRATOR, &finding("0", json!({ "Title": "0", "Resources": resources })));
    let counted = |input| {
        let answer = stage.good(ADMINISTRATOR, Operation::GetFindingStatisticsV2, input);
        answer["GroupByResults"][0]["GroupByValues"].as_array().unwrap().clone()
    };
    let of = |field: &str| json!({ "GroupByRules": [{ "GroupByField": field }] });
    let once = |value: &str| json!({ "FieldValue": value, "Count": 1 });
    assert_eq!(counted(of("resources.type")), [once("Container"), once("Other")]);
    for batch in 0..5 {
        let finding = |number: usize| {
            let id = (batch * 100 + number).to_string();
            finding(&id, json!({ "Title": id }))
        };
        let findings: Vec<Value> = (0..100).map(finding).collect();
        stage.good(ADMINISTRATOR, Operation::BatchImportFindings, json!({ "Findings": findings }));
    }
    assert_eq!(counted(of("finding_info.title")).len(), 400);
    let mut more = of("finding_info.title");
    more["MaxStatisticResults"] = json!(401);
    stage.refused(ADMINISTRATOR, Operation::GetFindingStatisticsV2, more, 400, "ValidationException");
}

/// Rules: BUV-01, BUV-02, BUV-03, BUV-04, BUV-05, BUV-06, BUV-07, OCT-10, OCM-04.
#[test]
fn customers_of_the_v2_half_change_findings_there_only() {
    let stage = four_findings();
    let found = |title: &str| {
        let filters = json!({ "StringFilters": [string("finding_info.title", "EQUALS", title)] });
        stage.good(ADMINISTRATOR, Operation::GetFindingsV2, composite(filters))["Findings"][0].clone()
    };
    let before = found("B");
    let uid = before["metadata"]["uid"].clone();
    let identifier = json!({
        "CloudAccountUid": ADMINISTRATOR, "FindingInfoUid": "b",
        "MetadataProductUid": format!("arn:aws:securityhub:{REGION}::productv2/aws/inspector"),
    });
    let answer = stage.good(
        ADMINISTRATOR,
        Operation::BatchUpdateFindingsV2,
        json!({
            "MetadataUids": [uid, "0".repeat(64)], "SeverityId": 6, "Comment": "Checked",
        }),
    );
    assert_eq!(answer["ProcessedFindings"], json!([{ "MetadataUid": uid }]));
    assert_eq!(answer["UnprocessedFindings"][0]["ErrorCode"], "ResourceNotFoundException");
    let answer = stage.good(
        ADMINISTRATOR,
        Operation::BatchUpdateFindingsV2,
        json!({
            "FindingIdentifiers": [identifier, identifier], "StatusId": 2,
        }),
    );
    assert_eq!(
        answer["ProcessedFindings"],
        json!([{ "FindingIdentifier": identifier }, { "FindingIdentifier": identifier }])
    );
    let after = found("B");
    assert_eq!((&after["severity"], &after["severity_id"]), (&json!("Fatal"), &json!(6)));
    assert_eq!((&after["status"], &after["comment"]), (&json!("In Progress"), &json!("Checked")));
    for unchanged in ["vendor_attributes", "finding_info", "time", "activity_id", "metadata"] {
        assert_eq!(after[unchanged], before[unchanged], "{unchanged}");
    }
    let classic = stage.good(
        ADMINISTRATOR,
        Operation::GetFindings,
        json!({ "Filters": { "Title": [{ "Value": "B", "Comparison": "EQUALS" }] } }),
    );
    assert_eq!(classic["Findings"][0]["Severity"]["Label"], "MEDIUM");
    assert_eq!(classic["Findings"][0]["Workflow"]["Status"], "NEW");
    for refused in [
        json!({ "MetadataUids": [uid] }),
        json!({ "StatusId": 1 }),
        json!({ "MetadataUids": [uid], "FindingIdentifiers": [identifier], "StatusId": 1 }),
        json!({ "MetadataUids": [uid], "StatusId": 6 }),
        json!({ "MetadataUids": [uid], "SeverityId": 7 }),
        json!({ "MetadataUids": ["ABC"], "SeverityId": 1 }),
        json!({ "MetadataUids": [uid], "Comment": "x".repeat(513) }),
    ] {
        stage.refused(ADMINISTRATOR, Operation::BatchUpdateFindingsV2, refused, 400, "ValidationException");
    }
}

/// Rules: OCM-05, BUV-11, OCT-01, OCT-02, OCT-03, UNK-01, UNK-22.
#[test]
fn each_half_keeps_its_own_customers_changes() {
    let stage = stage();
    let control = |status: &str, updated_at: &str, state: &str| {
        json!({
            "Id": "c", "Title": "C", "UpdatedAt": updated_at, "RecordState": state,
            "Severity": { "Label": if status == "PASSED" { "INFORMATIONAL" } else { "MEDIUM" } },
            "Compliance": { "Status": status },
        })
    };
    let shown = || stage.good(ADMINISTRATOR, Operation::GetFindingsV2, json!({}))["Findings"][0].clone();
    let summary = || {
        let shown = shown();
        ["type_uid", "status", "severity"].map(|member| shown[member].to_string().replace('"', ""))
    };
    deliver(&stage, "securityhub", control("PASSED", "2026-01-11T00:00:00Z", "ACTIVE"));
    assert_eq!(summary(), ["200301", "Resolved", "Informational"]);
    let uid = shown()["metadata"]["uid"].clone();
    deliver(&stage, "securityhub", control("FAILED", "2026-01-12T00:00:00Z", "ACTIVE"));
    assert_eq!(summary(), ["200302", "New", "Medium"]);
    let identifier =
        json!({ "Id": "c", "ProductArn": format!("arn:aws:securityhub:{REGION}::product/aws/securityhub") });
    stage.good(
        ADMINISTRATOR,
        Operation::BatchUpdateFindings,
        json!({
            "FindingIdentifiers": [identifier], "Workflow": { "Status": "SUPPRESSED" }, "Severity": { "Label": "LOW" },
        }),
    );
    assert_eq!(summary(), ["200302", "New", "Medium"], "changes of the classic half are not visible");
    stage.good(ADMINISTRATOR, Operation::BatchUpdateFindingsV2, json!({ "MetadataUids": [uid], "StatusId": 2 }));
    assert_eq!(summary(), ["200302", "In Progress", "Medium"]);
    deliver(&stage, "securityhub", control("PASSED", "2026-01-13T00:00:00Z", "ACTIVE"));
    assert_eq!(summary(), ["200302", "Resolved", "Informational"]);
    deliver(&stage, "securityhub", control("FAILED", "2026-01-14T00:00:00Z", "ACTIVE"));
    assert_eq!(summary(), ["200302", "New", "Medium"]);
    deliver(&stage, "securityhub", control("FAILED", "2026-01-14T01:00:00Z", "ARCHIVED"));
    assert_eq!(summary(), ["200303", "New", "Medium"]);
    assert_eq!(shown()["metadata"]["uid"], uid);
}

/// Rules: HV2-10.
#[test]
fn old_findings_leave_the_v2_half() {
    let stage = four_findings();
    stage.days_pass(10);
    assert_eq!(titles(&stage, json!({})), ["A", "B", "C"], "a closed finding is shown for 14 days");
    stage.days_pass(76);
    assert!(titles(&stage, json!({})).is_empty());
}

/// Rules: HV2-23, HV2-24, BUV-08, DEC-15.
#[test]
fn the_delegated_administrator_sees_its_organization() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.organization(&[("999999999999", "management"), (ADMINISTRATOR, "security"), (MEMBER, "app")]);
    stage.relations(|directory| {
        let organization = directory.organization.as_mut().unwrap();
        organization.security_hub_v2_administrator = Some(crate::testing::id(ADMINISTRATOR));
    });
    import(&stage, MEMBER, &finding_of(MEMBER, "m", json!({ "Title": "M" })));
    import(&stage, ADMINISTRATOR, &finding("a", json!({ "Title": "A" })));
    stage.good(ADMINISTRATOR, Operation::EnableSecurityHubV2, json!({}));
    assert_eq!(titles(&stage, json!({})), ["A"], "the member's V2 hub is disabled");
    stage.good(MEMBER, Operation::EnableSecurityHubV2, json!({}));
    assert_eq!(titles(&stage, json!({})), ["M", "A"]);
    let scope = |id: &str| json!({ "Scopes": { "AwsOrganizations": [{ "OrganizationId": id }] } });
    assert_eq!(titles(&stage, scope("o-local123456")).len(), 2);
    let refused = |account: &str, input: Value, status: u16, code: &str| {
        stage.refused(account, Operation::GetFindingsV2, input, status, code);
    };
    refused(ADMINISTRATOR, scope("o-other"), 400, "OrganizationNotFoundException");
    let unit = json!({ "Scopes": { "AwsOrganizations": [{ "OrganizationalUnitId": "ou-none" }] } });
    refused(ADMINISTRATOR, unit, 400, "OrganizationalUnitNotFoundException");
    refused(MEMBER, scope("o-local123456"), 403, "AccessDeniedException");
    let own = stage.good(MEMBER, Operation::GetFindingsV2, json!({}));
    assert_eq!(own["Findings"].as_array().unwrap().len(), 1);
    let owner = &own["Findings"][0]["resources"][0]["owner"];
    assert_eq!(owner["org"]["uid"], "o-local123456", "{owner}");
    let by_organization =
        composite(json!({ "StringFilters": [string("resources.owner.org.uid", "PREFIX", "o-local")] }));
    assert_eq!(titles(&stage, by_organization).len(), 2);
}

/// Rules: EVT-04, EVT-30, BUV-10, UNK-21.
#[test]
fn findings_are_events_of_both_halves() {
    let stage = stage();
    import(&stage, ADMINISTRATOR, &finding("a", json!({})));
    let events = stage.events();
    let kinds: Vec<&str> = events.iter().map(|event| event["detail-type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Security Hub Findings - Imported", "Findings Imported V2"]);
    let uid = &events[1]["detail"]["findings"][0]["metadata"]["uid"];
    assert_eq!(events[1]["resources"], json!([uid]));
    stage.good(ADMINISTRATOR, Operation::BatchUpdateFindingsV2, json!({ "MetadataUids": [uid], "StatusId": 3 }));
    let events = stage.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["detail"]["findings"][0]["status"], "Suppressed");
    let archived = json!({ "RecordState": "ARCHIVED", "UpdatedAt": "2026-01-12T00:00:00Z" });
    import(&stage, ADMINISTRATOR, &finding("a", archived));
    let events = stage.events();
    assert_eq!((events.len(), &events[1]["detail"]["findings"][0]["activity_name"]), (2, &json!("Close")));
    stage.days_pass(15);
    assert!(titles(&stage, json!({})).is_empty());
    stage.days_pass(90);
    stage.good(ADMINISTRATOR, Operation::GetFindings, json!({}));
    assert_eq!((stage.0.finding_count(), stage.events()), (0, vec![]), "findings that expire are not events");
}

/// Rules: DEC-07.
#[test]
fn a_finding_that_is_created_as_archived_is_closed_from_the_start() {
    let stage = stage();
    let activities = |state: &str, updated_at: &str| -> Vec<Value> {
        import(&stage, ADMINISTRATOR, &finding("a", json!({ "RecordState": state, "UpdatedAt": updated_at })));
        let events = stage.events().into_iter().filter(|event| event["detail-type"] == "Findings Imported V2");
        events.map(|event| event["detail"]["findings"][0]["activity_name"].clone()).collect()
    };
    assert_eq!(activities("ARCHIVED", "2026-01-10T08:00:00Z"), ["Close"]);
    assert_eq!(activities("ACTIVE", "2026-01-11T08:00:00Z"), ["Update"]);
}

/// Rules: DEC-17.
#[test]
fn nested_composite_filters_do_not_count_toward_the_limit_of_composite_filters() {
    let stage = four_findings();
    let nested = |count: usize| {
        let severe = json!({ "StringFilters": [string("severity", "EQUALS", "High")] });
        json!({ "NestedCompositeFilters": vec![severe; count] })
    };
    let ten = json!({ "Filters": { "CompositeFilters": vec![nested(10); 10] } });
    assert_eq!(titles(&stage, ten), ["A"]);
    let many = composite(nested(11));
    stage.refused(ADMINISTRATOR, Operation::GetFindingsV2, many, 400, "ValidationException");
}

/// Rules: GFV-12, UNK-11.
#[test]
fn addresses_are_filtered_singly_or_in_ranges() {
    let mut stage = stage();
    let remote = json!({ "IpAddressV4": "198.51.100.7" });
    let action = json!({ "ActionType": "AWS_API_CALL", "AwsApiCallAction": { "Api": "X", "RemoteIpDetails": remote } });
    deliver(&stage, "guardduty", json!({ "Id": "g", "Title": "G", "Action": action }));
    let from = |cidr: &str| {
        let filter = json!({ "FieldName": "evidences.src_endpoint.ip", "Filter": { "Cidr": cidr } });
        composite(json!({ "IpFilters": [filter] }))
    };
    assert_eq!(titles(&stage, from("198.51.100.7")), ["G"]);
    assert_eq!(titles(&stage, from("198.51.100.0/24")), ["G"]);
    assert!(titles(&stage, from("198.51.101.0/24")).is_empty());
    stage.0.v2_settings.accepts_ip_ranges = false;
    assert_eq!(titles(&stage, from("198.51.100.7")), ["G"]);
    stage.refused(ADMINISTRATOR, Operation::GetFindingsV2, from("198.51.100.0/24"), 400, "ValidationException");
}

/// Rules: OCM-02, UNK-02.
#[test]
fn a_setting_hides_the_findings_of_customers_own_products_from_the_v2_half() {
    let mut stage = stage();
    import(&stage, ADMINISTRATOR, &finding("own", json!({ "Title": "Own" })));
    deliver(&stage, "guardduty", json!({ "Id": "g", "Title": "G" }));
    assert_eq!(titles(&stage, json!({})), ["Own", "G"]);
    stage.0.v2_settings.shows_custom_findings = false;
    assert_eq!(titles(&stage, json!({})), ["G"]);
    let classic = stage.good(ADMINISTRATOR, Operation::GetFindings, json!({}));
    assert_eq!(classic["Findings"].as_array().unwrap().len(), 2);
}

/// Rules: OCM-03, GFV-02.
#[test]
fn findings_that_exist_only_in_ocsf_are_seen_by_the_v2_half_only() {
    let stage = four_findings();
    stage.events();
    let exposure = |title: &str| {
        json!({
            "class_uid": 2004, "severity_id": 5,
            "cloud": { "account": { "uid": ADMINISTRATOR }, "region": REGION, "provider": "AWS" },
            "finding_info": { "uid": "risk-1", "title": title, "modified_time_dt": "2026-01-14T00:00:00.000Z" },
            "metadata": { "product": { "uid": "arn:aws:securityhub:us-east-1::productv2/aws/securityhub-risk" } },
        })
    };
    stage.send(exposure("E"));
    assert_eq!(titles(&stage, json!({})), ["A", "B", "C", "D", "E"]);
    let kinds: Vec<Value> = stage.events().iter().map(|event| event["detail-type"].clone()).collect();
    assert_eq!(kinds, ["Findings Imported V2"]);
    let classic = stage.good(ADMINISTRATOR, Operation::GetFindings, json!({}));
    assert_eq!(classic["Findings"].as_array().unwrap().len(), 4);
    let found = || {
        let filters = json!({ "StringFilters": [string("severity", "EQUALS", "Critical")] });
        stage.good(ADMINISTRATOR, Operation::GetFindingsV2, composite(filters))["Findings"][0].clone()
    };
    let uid = found()["metadata"]["uid"].clone();
    let changed = json!({ "MetadataUids": [uid], "StatusId": 3 });
    let answer = stage.good(ADMINISTRATOR, Operation::BatchUpdateFindingsV2, changed);
    assert_eq!(answer["ProcessedFindings"].as_array().unwrap().len(), 1);
    stage.send(exposure("F"));
    let finding = found();
    assert_eq!((&finding["finding_info"]["title"], &finding["status"]), (&json!("F"), &json!("Suppressed")));
    assert_eq!(finding["activity_name"], "Update");
    let counted = json!({ "GroupByRules": [{ "GroupByField": "severity" }] });
    let counted = stage.good(ADMINISTRATOR, Operation::GetFindingStatisticsV2, counted);
    assert_eq!(counted["GroupByResults"][0]["GroupByValues"].as_array().unwrap().len(), 5);
    let (stored, refused) = stage.try_to_send(json!({ "class_uid": 2004 }));
    assert_eq!((stored, refused.len()), (0, 1));
}

/// Rules: OCM-04, OCM-60, OCM-61, OCM-62, UNK-01.
#[test]
fn both_halves_can_share_customers_changes() {
    let mut stage = Stage::empty();
    stage.0.set_ocsf(Settings { is_shared: true, ..Settings::default() });
    for operation in [Operation::EnableSecurityHub, Operation::EnableSecurityHubV2] {
        stage.good(ADMINISTRATOR, operation, json!({}));
    }
    import(&stage, ADMINISTRATOR, &finding("a", json!({})));
    let classic = || stage.good(ADMINISTRATOR, Operation::GetFindings, json!({}))["Findings"][0].clone();
    let v2 = || stage.good(ADMINISTRATOR, Operation::GetFindingsV2, json!({}))["Findings"][0].clone();
    let uid = v2()["metadata"]["uid"].clone();
    let update = |with: Value| {
        let mut update = json!({ "MetadataUids": [uid] });
        update.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        stage.good(ADMINISTRATOR, Operation::BatchUpdateFindingsV2, update);
    };
    update(json!({ "SeverityId": 6, "StatusId": 2, "Comment": "Checked" }));
    let finding = classic();
    assert_eq!(
        (&finding["Severity"]["Label"], &finding["Workflow"]["Status"]),
        (&json!("CRITICAL"), &json!("NOTIFIED"))
    );
    assert_eq!(finding["Note"]["Text"], "Checked");
    assert_eq!((&v2()["severity"], &v2()["comment"]), (&json!("Critical"), &json!("Checked")));
    let identifier = json!({ "Id": "a", "ProductArn": finding["ProductArn"] });
    let workflow = json!({ "FindingIdentifiers": [identifier], "Workflow": { "Status": "SUPPRESSED" } });
    stage.good(ADMINISTRATOR, Operation::BatchUpdateFindings, workflow);
    assert_eq!(v2()["status"], "Suppressed");
    assert_eq!(v2()["vendor_attributes"]["severity"], "High");
    update(json!({ "StatusId": 5 }));
    assert_eq!(classic()["RecordState"], "ARCHIVED");
}

/// Rules: GFV-11, OCM-03, TRV-03, RSV-03.
#[test]
fn findings_in_ocsf_without_times_are_counted_everywhere_and_are_found_by_the_feature_of_their_product() {
    let stage = stage();
    let finding = json!({
        "class_uid": 2004, "severity": "Critical",
        "cloud": { "account": { "uid": ADMINISTRATOR }, "region": REGION },
        "finding_info": { "uid": "risk-1", "title": "E", "modified_time": null },
        "metadata": { "product": {
            "uid": "arn:aws:securityhub:us-east-1::productv2/aws/securityhub-risk",
            "feature": { "uid": "security-hub/Exposure" },
        } },
        "resources": [{ "type": "AWS::S3::Bucket", "uid": "b" }],
    });
    stage.send(finding);
    let now = stage.0.clock.now();
    let feature = string("metadata.product.feature.uid", "EQUALS", "security-hub/Exposure");
    assert_eq!(titles(&stage, composite(json!({ "StringFilters": [feature] }))), ["E"]);
    let period =
        json!({ "StartTime": now.to_string(), "EndTime": (now + jiff::SignedDuration::from_secs(1)).to_string() });
    let trend = stage.good(ADMINISTRATOR, Operation::GetFindingsTrendsV2, period);
    assert_eq!(trend["TrendsMetrics"][0]["TrendsValues"]["SeverityTrends"]["Critical"], 1, "{trend}");
    let resources = stage.good(ADMINISTRATOR, Operation::GetResourcesV2, json!({}));
    assert_eq!(resources["Resources"][0]["FindingsSummary"][0]["Severities"]["Critical"], 1, "{resources}");
}
