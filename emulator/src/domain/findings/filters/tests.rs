//! Rules of filters, sort criteria and pages, tested through GetFindings.

use std::collections::BTreeSet;

use securityhub_fixtures::Operation::{BatchImportFindings, GetFindings};
use serde_json::{Value, json};

use crate::state::MemberStatus;
use crate::testing::{ADMINISTRATOR, MEMBER, Outcome, REGION, Stage, finding, finding_of};

fn import(stage: &Stage, account: &str, findings: &[Value]) {
    let answer = stage.good(account, BatchImportFindings, json!({ "Findings": findings }));
    assert_eq!(answer["FailedFindings"], json!([]));
}

/// Four findings, as an administrator of both accounts sees them. The clock is at 2026-01-15T09:00:00Z, five days later
/// than in the documented examples.
fn four() -> Stage {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    let resource = |kind: &str, tags: Value| json!({ "Type": kind, "Id": format!("{kind}-1"), "Tags": tags });
    let plain = |kind: &str| json!({ "Type": kind, "Id": format!("{kind}-1") });
    let note = |text: &str| json!({ "Text": text, "UpdatedBy": "x", "UpdatedAt": "2026-01-01T00:00:00Z" });
    let a = json!({
        "Title": "S3.1 bucket is public", "Severity": { "Label": "HIGH" }, "Confidence": 90,
        "Compliance": { "Status": "FAILED" }, "UpdatedAt": "2026-01-15T08:00:00Z",
        "Resources": [resource("AwsS3Bucket", json!({ "env": "prod", "team": "Red" })), plain("AwsIamAccessKey")],
        "ProductFields": { "ControlId": "S3.1" }, "Network": { "SourceIpV4": "10.0.0.5" },
    });
    let b = json!({
        "Title": "GuardDuty Lambda Protection", "Severity": { "Label": "LOW" }, "UpdatedAt": "2026-01-08T09:00:00Z",
        "Resources": [resource("AwsLambdaFunction", json!({ "env": "dev" }))],
        "ProductFields": { "RuleId": "1.3" }, "Note": note("ok"),
    });
    let c = json!({
        "Title": "IAM.1 policy allows admin", "Severity": { "Label": "CRITICAL" }, "Confidence": 50,
        "Compliance": { "Status": "FAILED" }, "UpdatedAt": "2026-01-08T11:00:00+02:00",
        "Resources": [plain("AwsIamPolicy"), plain("AwsIamRole")], "Network": { "SourceIpV4": "10.1.2.3" },
    });
    let d = json!({
        "Title": "IAM.2 role unused", "Severity": { "Label": "MEDIUM" }, "Confidence": 50,
        "Compliance": { "Status": "PASSED" }, "UpdatedAt": "2025-12-01T00:00:00Z",
        "Resources": [resource("AwsIamRole", json!({ "env": "Prod" }))],
        "ProductFields": { "ControlId": "1.3" }, "Note": note("fixed"),
    });
    import(&stage, ADMINISTRATOR, &[finding("a", a)]);
    import(&stage, MEMBER, &[finding_of(MEMBER, "b", b)]);
    import(&stage, ADMINISTRATOR, &[finding("c", c), finding("d", d)]);
    stage.member(MemberStatus::Enabled);
    stage
}

fn ids(answer: &Value) -> String {
    let ids = answer["Findings"].as_array().unwrap().iter().map(|finding| finding["Id"].as_str().unwrap());
    ids.collect::<Vec<_>>().join(" ")
}

fn search(stage: &Stage, filters: Value) -> Outcome {
    stage.call(ADMINISTRATOR, GetFindings, json!({ "Filters": filters }))
}

fn strings(elements: &[(&str, &str)]) -> Value {
    elements.iter().map(|(comparison, value)| json!({ "Value": value, "Comparison": comparison })).collect()
}

fn entries(elements: &[(&str, &str, &str)]) -> Value {
    let element =
        |(key, comparison, value): &(&str, &str, &str)| json!({ "Key": key, "Value": value, "Comparison": comparison });
    elements.iter().map(element).collect()
}

/// The error message for filters.
fn refused(filters: Value) -> String {
    let (status, code, message) = search(&four(), filters).unwrap_err();
    assert_eq!((status, code), (400, "InvalidInputException"));
    message.strip_prefix("Invalid Filters in the input: ").expect(&message).to_owned()
}

/// Rules: FLT-02, FLT-03, FLT-10, FLT-18, FLT-40 to FLT-43.
#[test]
fn string_comparisons_select_the_documented_findings() {
    let stage = four();
    for (name, elements, expected) in [
        ("Title", &[("PREFIX", "IAM")][..], "c d"),
        ("Title", &[("PREFIX", "iam")], ""),
        ("SeverityLabel", &[("EQUALS", "HIGH"), ("EQUALS", "LOW")], "a b"),
        ("SeverityLabel", &[("NOT_EQUALS", "HIGH"), ("NOT_EQUALS", "LOW")], "c d"),
        ("ResourceType", &[("PREFIX", "AwsIam")], "a c d"),
        ("ResourceType", &[("PREFIX", "AwsIam"), ("NOT_EQUALS", "AwsIamPolicy")], "a d"),
        ("ResourceType", &[("PREFIX_NOT_EQUALS", "AwsIam")], "b"),
        ("ComplianceStatus", &[("EQUALS", "FAILED"), ("EQUALS", "PASSED")], "a c d"),
        ("ComplianceStatus", &[("NOT_EQUALS", "PASSED")], "a b c"),
        ("NoteText", &[("NOT_EQUALS", "ok")], "a c d"),
        ("AwsAccountId", &[("EQUALS", "1234567890")], ""),
    ] {
        assert_eq!(ids(&search(&stage, json!({ name: strings(elements) })).unwrap()), expected, "{name} {elements:?}");
    }
    let both = json!({
        "SeverityLabel": strings(&[("EQUALS", "HIGH")]),
        "AwsAccountId": strings(&[("EQUALS", MEMBER)]),
    });
    assert_eq!(ids(&search(&stage, both).unwrap()), "");
}

/// Rules: FLT-20, FLT-24 to FLT-27, FLT-29.
#[test]
fn number_and_date_filters_select_the_documented_findings() {
    let stage = four();
    for (name, elements, expected) in [
        ("Confidence", json!([{ "Gte": 50, "Lt": 90 }]), "c d"),
        ("Confidence", json!([{ "Gte": 90 }, { "Lte": 40 }]), "a"),
        ("UpdatedAt", json!([{ "DateRange": { "Value": 7, "Unit": "DAYS" } }]), "a b c"),
        ("UpdatedAt", json!([{ "DateRange": { "Value": 7, "Unit": "DAYS", "Comparison": "OLDER_THAN" } }]), "d"),
        ("UpdatedAt", json!([{ "Start": "2026-01-08T09:00:00Z", "End": "2026-01-08T09:00:00Z" }]), "b c"),
        ("UpdatedAt", json!([{ "Start": "2026-01-08", "End": "2999-01-01T00" }]), "a b c"),
        ("UpdatedAt", json!([{ "Start": "2026-01-08T09:00", "End": "Thu, 08 Jan 2026 09:00:00 UTC" }]), "b c"),
        ("UpdatedAt", json!([{ "Start": "2026-01-09", "End": "2026-01-08" }]), ""),
    ] {
        assert_eq!(ids(&search(&stage, json!({ name: elements })).unwrap()), expected, "{name} {elements}");
    }
}

/// Rules: FLT-31, FLT-32, FLT-33, FLT-36, FLT-38, FLT-39.
#[test]
fn map_keyword_ip_and_boolean_filters_select_the_documented_findings() {
    let stage = four();
    for (name, elements, expected) in [
        ("ResourceTags", entries(&[("env", "EQUALS", "prod")]), "a"),
        ("ResourceTags", entries(&[("env", "EQUALS", "prod"), ("env", "EQUALS", "dev")]), "a b"),
        ("ResourceTags", entries(&[("env", "NOT_EQUALS", "prod")]), "b c d"),
        ("ProductFields", entries(&[("ControlId", "EQUALS", "1.3"), ("RuleId", "EQUALS", "1.3")]), "b d"),
        ("NetworkSourceIpV4", json!([{ "Cidr": "10.0.0.0/16" }]), "a"),
        ("Keyword", json!([{ "Value": "lambda PROTECTION" }]), "b"),
        ("Sample", json!([{ "Value": false }]), "a b c d"),
        ("Sample", json!([{ "Value": true }]), ""),
    ] {
        assert_eq!(ids(&search(&stage, json!({ name: elements })).unwrap()), expected, "{name} {elements}");
    }
}

/// Rules: FLT-01, FLT-06.
#[test]
fn missing_and_empty_filters_match_all_findings() {
    let stage = four();
    for filters in [json!({}), json!({ "Title": [] })] {
        assert_eq!(ids(&search(&stage, filters).unwrap()), "a b c d");
    }
    assert_eq!(ids(&stage.good(ADMINISTRATOR, GetFindings, json!({ "Filters": null }))), "a b c d");
}

/// Rules: FLT-05.
#[test]
fn too_many_filter_names_or_elements_are_refused() {
    let names = [
        "Id",
        "Title",
        "Type",
        "Region",
        "GeneratorId",
        "ProductArn",
        "AwsAccountId",
        "Description",
        "RecordState",
        "ProductName",
        "CompanyName",
    ];
    let filters: Value = names.iter().map(|name| ((*name).to_owned(), strings(&[("PREFIX", "x")]))).collect();
    assert_eq!(refused(filters), "data should NOT have more than 10 properties");
    let many = vec![("EQUALS", "x"); 21];
    assert_eq!(refused(json!({ "Title": strings(&many) })), "data.Title should NOT have more than 20 items");
}

/// Rules: FLT-07, FLT-09.
#[test]
fn unknown_filters_and_comparisons_are_refused() {
    assert_eq!(refused(json!({ "Nope": [] })), "data should NOT have additional properties");
    let element = json!([{ "Value": "x", "Comparison": "EQUALS", "More": 1 }]);
    assert_eq!(refused(json!({ "Title": element })), "data.Title[0] should NOT have additional properties");
}

/// Rules: FLT-12, FLT-13, FLT-14, FLT-15.
#[test]
fn invalid_filter_elements_are_refused() {
    let title = |element: Value| refused(json!({ "Title": [element] }));
    for comparison in ["CONTAINS", "NOT_CONTAINS", "CONTAINS_WORD", "LIKE"] {
        let refusal = title(json!({ "Value": "x", "Comparison": comparison }));
        assert_eq!(refusal, "data.Title[0].Comparison should be equal to one of the allowed values");
    }
    assert_eq!(title(json!({ "Comparison": "EQUALS" })), "data.Title[0] should have required property 'Value'");
    assert_eq!(title(json!({ "Value": "x" })), "data.Title[0] should have required property 'Comparison'");
    assert_eq!(
        title(json!({ "Value": "", "Comparison": "EQUALS" })),
        "data.Title[0].Value should NOT be shorter than 1 characters"
    );
    assert_eq!(title(json!({ "Value": 5, "Comparison": "EQUALS" })), "data.Title[0].Value should be string");
}

/// Rules: FLT-17.
#[test]
fn invalid_combinations_of_comparisons_are_refused() {
    for (first, second) in [("EQUALS", "NOT_EQUALS"), ("PREFIX_NOT_EQUALS", "EQUALS")] {
        refused(json!({ "ResourceType": strings(&[(first, "x"), (second, "y")]) }));
    }
    refused(json!({ "ResourceTags": entries(&[("a", "EQUALS", "x"), ("a", "NOT_EQUALS", "y")]) }));
}

/// Rules: FLT-22, FLT-23, FLT-26, FLT-28, FLT-30, FLT-34, FLT-37.
#[test]
fn filter_elements_with_missing_or_mixed_members_are_refused() {
    for (name, element, refusal) in [
        ("Confidence", json!({}), "data.Confidence[0] should NOT have fewer than 1 properties"),
        ("Confidence", json!({ "Gte": "5" }), "data.Confidence[0].Gte should be number"),
        (
            "UpdatedAt",
            json!({ "Start": "2026-01-01T00:00:00Z" }),
            "data.UpdatedAt[0] should have required property 'End'",
        ),
        (
            "UpdatedAt",
            json!({ "End": "2026-01-01T00:00:00Z" }),
            "data.UpdatedAt[0] should have required property 'Start'",
        ),
        (
            "UpdatedAt",
            json!({ "Start": "now", "End": "2026-01-01" }),
            "data.UpdatedAt[0].Start should match format \"date-time\"",
        ),
        (
            "CreatedAt",
            json!({ "DateRange": { "Value": "7", "Unit": "DAYS" } }),
            "data.CreatedAt[0].DateRange.Value should be number",
        ),
        (
            "CreatedAt",
            json!({ "DateRange": { "Value": 7 } }),
            "data.CreatedAt[0].DateRange should have required property 'Unit'",
        ),
        (
            "CreatedAt",
            json!({ "Start": "2026-01-01", "End": "2026-01-02", "DateRange": { "Value": 7, "Unit": "DAYS" } }),
            "data.CreatedAt[0] should match exactly one schema in oneOf",
        ),
        (
            "ResourceTags",
            json!({ "Key": "a", "Value": "b" }),
            "data.ResourceTags[0] should have required property 'Comparison'",
        ),
        ("NetworkSourceIpV4", json!({ "Cidr": "::1" }), "data.NetworkSourceIpV4[0].Cidr should match format \"ipv4\""),
        ("NetworkSourceIpV6", json!({ "Cidr": "x" }), "data.NetworkSourceIpV6[0].Cidr should match format \"ipv6\""),
    ] {
        assert_eq!(refused(json!({ name: [element] })), refusal);
    }
}

/// Rules: VIS-01, VIS-02, VIS-09.
#[test]
fn members_do_not_see_other_accounts_and_filters_never_widen_visibility() {
    let stage = four();
    assert_eq!(ids(&stage.good(MEMBER, GetFindings, json!({}))), "b");
    let of_administrator = json!({ "Filters": { "AwsAccountId": strings(&[("EQUALS", ADMINISTRATOR)]) } });
    assert_eq!(ids(&stage.good(MEMBER, GetFindings, of_administrator)), "");
    stage.member(MemberStatus::Resigned);
    assert_eq!(ids(&search(&stage, json!({})).unwrap()), "a c d", "VIS-02: access ends with the membership");
}

fn sorted(stage: &Stage, criteria: Value) -> String {
    ids(&stage.good(ADMINISTRATOR, GetFindings, json!({ "SortCriteria": criteria })))
}

/// Rules: SRT-01, SRT-04, SRT-05, SRT-06, SRT-07, SRT-08.
#[test]
fn findings_are_sorted_by_the_sort_criteria_with_missing_values_last() {
    let stage = four();
    assert_eq!(sorted(&stage, json!([])), "a b c d");
    assert_eq!(sorted(&stage, json!([{ "Field": "UpdatedAt", "SortOrder": "desc" }])), "a b c d");
    assert_eq!(sorted(&stage, json!([{ "Field": "UpdatedAt", "SortOrder": "asc" }])), "d b c a");
    assert_eq!(sorted(&stage, json!([{ "Field": "SeverityLabel" }])), "c a b d", "labels are sorted alphabetically");
    assert_eq!(sorted(&stage, json!([{ "Field": "SeverityNormalized", "SortOrder": "desc" }])), "c a d b");
    assert_eq!(
        sorted(&stage, json!([{ "Field": "Confidence", "SortOrder": "desc" }])),
        "a c d b",
        "missing values come last"
    );
    assert_eq!(
        sorted(&stage, json!([{ "Field": "Confidence" }, { "Field": "Title", "SortOrder": "desc" }])),
        "d c a b"
    );
    assert_eq!(sorted(&stage, json!([{ "Field": "ResourceType", "SortOrder": "desc" }])), "a b c d", "largest element");
}

/// Rules: SRT-02, SRT-03.
#[test]
fn invalid_sort_criteria_are_refused() {
    let stage = four();
    for field in ["Keyword", "ResourceTags", "Nope"] {
        let input = json!({ "SortCriteria": [{ "Field": field, "SortOrder": "asc" }] });
        let refusal = stage.refused(ADMINISTRATOR, GetFindings, input, 400, "InvalidInputException");
        assert_eq!(
            refusal,
            "Invalid parameter 'SortCriteria'. data.SortCriteria[0].Field should be equal to one of the allowed values"
        );
    }
    let input = json!({ "SortCriteria": [{ "Field": "Title", "SortOrder": "ASC" }] });
    stage.refused(ADMINISTRATOR, GetFindings, input, 400, "InvalidInputException");
}

/// Rules: SRT-10, SRT-11, SRT-12.
#[test]
fn every_page_but_the_last_is_full_and_has_a_token() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    for batch in 0..2 {
        let findings: Vec<Value> = (0..75).map(|n| finding(&format!("f{batch}-{n:02}"), json!({}))).collect();
        import(&stage, ADMINISTRATOR, &findings);
    }
    let first = stage.good(ADMINISTRATOR, GetFindings, json!({}));
    assert_eq!(first["Findings"].as_array().unwrap().len(), 100);
    let second = stage.good(ADMINISTRATOR, GetFindings, json!({ "NextToken": first["NextToken"], "MaxResults": 50 }));
    assert_eq!((second["Findings"].as_array().unwrap().len(), second.get("NextToken")), (50, None));
    for (size, refusal) in [(0, "less than minimum value: 1"), (101, "greater than maximum value: 100")] {
        let input = json!({ "MaxResults": size });
        let message = stage.refused(ADMINISTRATOR, GetFindings, input, 400, "InvalidInputException");
        assert_eq!(message, format!("Invalid parameter 'MaxResults'. '{size}' is {refusal}."));
    }
}

/// Rules: SRT-12, VIS-05.
#[test]
fn no_findings_give_an_empty_list_and_a_missing_hub_gives_an_error() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    assert_eq!(stage.good(ADMINISTRATOR, GetFindings, json!({})), json!({ "Findings": [] }));
    stage.refused(MEMBER, GetFindings, json!({}), 401, "InvalidAccessException");
}

/// Rules: SRT-13, SRT-14, SRT-15.
#[test]
fn a_page_token_is_bound_to_its_query_account_and_region() {
    let stage = four();
    stage.call_in("eu-west-1", ADMINISTRATOR, securityhub_fixtures::Operation::EnableSecurityHub, json!({})).unwrap();
    let token = stage.good(ADMINISTRATOR, GetFindings, json!({ "MaxResults": 1 }))["NextToken"].clone();
    let changed = json!({ "NextToken": token, "Filters": { "Title": strings(&[("PREFIX", "I")]) } });
    let refusal = stage.refused(ADMINISTRATOR, GetFindings, changed, 400, "InvalidInputException");
    assert_eq!(refusal, "Invalid NextToken: Input Query has changed");
    let foreign = json!({ "NextToken": token });
    let refusal = stage.refused(MEMBER, GetFindings, foreign.clone(), 400, "InvalidInputException");
    assert!(refusal.starts_with("Invalid NextToken"));
    assert_eq!(stage.call_in("eu-west-1", ADMINISTRATOR, GetFindings, foreign).unwrap_err().0, 400);
    let resumed = stage.good(ADMINISTRATOR, GetFindings, json!({ "NextToken": token, "MaxResults": 2 }));
    assert_eq!(ids(&resumed), "b c");
}

/// Rules: SRT-18.
#[test]
fn paging_returns_each_finding_once_despite_concurrent_changes() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let batch = |prefix: &str, updated_at: &str| -> Vec<Value> {
        (0..30).map(|n| finding(&format!("{prefix}{n:02}"), json!({ "UpdatedAt": updated_at }))).collect()
    };
    import(&stage, ADMINISTRATOR, &batch("f", "2026-01-10T08:00:00Z"));
    let (mut seen, mut token, mut step) = (Vec::new(), Value::Null, 0);
    loop {
        let page = stage.good(ADMINISTRATOR, GetFindings, json!({ "MaxResults": 7, "NextToken": token }));
        seen.extend(
            page["Findings"].as_array().unwrap().iter().map(|finding| finding["Id"].as_str().unwrap().to_owned()),
        );
        step += 1;
        if step < 4 {
            import(&stage, ADMINISTRATOR, &batch("f", &format!("2026-01-{:02}T08:00:00Z", 10 + step)));
            import(&stage, ADMINISTRATOR, &batch(&format!("new{step}-"), "2026-01-10T08:00:00Z"));
        }
        match page.get("NextToken") {
            Some(next) => token = next.clone(),
            None => break,
        }
    }
    assert_eq!(seen[..30], (0..30).map(|n| format!("f{n:02}")).collect::<Vec<_>>());
    assert_eq!(seen.len(), seen.iter().collect::<BTreeSet<_>>().len(), "no finding is returned twice");
    assert_eq!(seen.len(), 120, "findings stored in the meantime are on the last pages");
}

/// Rules: FLT-56.
#[test]
fn accounts_of_the_organization_are_found_by_name() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    stage.organization(&[(ADMINISTRATOR, "security")]);
    import(&stage, ADMINISTRATOR, &[finding("a", json!({}))]);
    import(&stage, MEMBER, &[finding_of(MEMBER, "b", json!({}))]);
    let named =
        |comparison, value| search(&stage, json!({ "AwsAccountName": strings(&[(comparison, value)]) })).unwrap();
    assert_eq!(ids(&named("PREFIX", "sec")), "a");
    assert_eq!(ids(&named("NOT_EQUALS", "security")), "b", "an account outside the organization has no name");
}

/// Rules: FLT-60.
#[test]
fn an_id_filter_may_match_several_findings() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    import(&stage, ADMINISTRATOR, &[finding("f", json!({}))]);
    import(&stage, MEMBER, &[finding_of(MEMBER, "f", json!({}))]);
    assert_eq!(ids(&search(&stage, json!({ "Id": strings(&[("EQUALS", "f")]) })).unwrap()), "f f");
}

/// Rules: FLT-55.
#[test]
fn the_region_filter_compares_the_findings_own_region() {
    let stage = four();
    assert_eq!(ids(&search(&stage, json!({ "Region": strings(&[("EQUALS", REGION)]) })).unwrap()), "a b c d");
    assert_eq!(ids(&search(&stage, json!({ "Region": strings(&[("EQUALS", "eu-west-1")]) })).unwrap()), "");
}

/// The ids of the findings that the filter selects: `f` with the attributes, `bare` without them.
fn finds(with: Value, filters: Value) -> String {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    import(&stage, ADMINISTRATOR, &[finding("f", with), finding("bare", json!({}))]);
    ids(&search(&stage, filters).unwrap())
}

/// Rules: FLT-16, FLT-46, FLT-51, FLT-53.
#[test]
fn filters_compare_the_values_that_get_findings_returns() {
    let with = || json!({ "Severity": { "Normalized": 95 }, "Workflow": { "Status": "NOTIFIED" } });
    for (name, elements, expected) in [
        ("SeverityLabel", strings(&[("EQUALS", "CRITICAL")]), "f"),
        ("SeverityLabel", strings(&[("EQUALS", "critical")]), ""),
        ("SeverityNormalized", json!([{ "Eq": 70 }]), "bare"),
        ("FindingProviderFieldsSeverityLabel", strings(&[("EQUALS", "CRITICAL")]), "f"),
        ("WorkflowStatus", strings(&[("EQUALS", "NOTIFIED")]), "f"),
        ("WorkflowState", strings(&[("EQUALS", "NEW")]), "f bare"),
        ("ProductFields", entries(&[("aws/securityhub/ProductName", "EQUALS", "Default")]), "f bare"),
    ] {
        assert_eq!(finds(with(), json!({ name: elements })), expected, "{name} {elements}");
    }
}

/// Rules: FLT-35, FLT-44, FLT-45, FLT-52, FLT-54, FLT-57 to FLT-59.
#[test]
fn each_special_filter_name_reads_its_documented_field() {
    let resource = json!({
        "Type": "AwsIamAccessKey", "Id": "key", "Provider": "AWS",
        "Details": { "AwsIamAccessKey": { "UserName": "ann" }, "Other": { "a": "b" } }, "Tags": { "k": "v" },
    });
    let with = || {
        json!({
            "Severity": { "Label": "LOW", "Product": 8 },
            "Resources": [resource, { "Type": "AwsS3Bucket", "Id": "bucket", "Tags": {} }],
            "Compliance": { "AssociatedStandards": [{ "StandardsId": "standards/x/v/1.0.0" }] },
            "Vulnerabilities": [{ "Id": "CVE-1" }, { "Id": "CVE-2", "FixAvailable": "PARTIAL", "ExploitAvailable": "YES" }],
        })
    };
    let equals = |value: &str| strings(&[("EQUALS", value)]);
    for (filters, expected) in [
        (json!({ "ResourceDetailsOther": entries(&[("a", "EQUALS", "b")]) }), "f"),
        (json!({ "ResourceType": equals("AwsS3Bucket"), "ResourceId": equals("key") }), "f"),
        (json!({ "ResourceTags": entries(&[("k", "NOT_EQUALS", "v")]) }), "bare"),
        (json!({ "SeverityProduct": [{ "Gt": 7 }] }), "f"),
        (json!({ "SeverityProduct": [{ "Lt": 7 }] }), ""),
        (json!({ "ResourceAwsIamAccessKeyUserName": equals("ann") }), "f"),
        (json!({ "ComplianceAssociatedStandardsId": equals("standards/x/v/1.0.0") }), "f"),
        (json!({ "VulnerabilitiesFixAvailable": equals("PARTIAL") }), "f"),
        (json!({ "VulnerabilitiesExploitAvailable": equals("YES") }), "f"),
        (json!({ "ResourceProvider": equals("AWS") }), "f"),
    ] {
        assert_eq!(finds(with(), filters.clone()), expected, "{filters}");
    }
}

/// Rules: ASF-104, FLT-50.
#[test]
fn product_name_filters_read_the_top_level_member() {
    let with = || json!({ "ProductName": "DecoyDetector" });
    assert_eq!(finds(with(), json!({ "ProductName": strings(&[("EQUALS", "DecoyDetector")]) })), "f");
    assert_eq!(finds(with(), json!({ "ProductName": strings(&[("EQUALS", "Default")]) })), "bare");
}
