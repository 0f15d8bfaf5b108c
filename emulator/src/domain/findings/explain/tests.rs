//! Explanations compared with the results of GetFindings.

use insta::assert_json_snapshot;
use securityhub_engine::filter::matches;
use securityhub_fixtures::Operation::{BatchImportFindings, DisableSecurityHub, EnableSecurityHub, GetFindings};
use serde_json::{Value, json};

use super::*;
use crate::domain::findings::visibility::{Visibility, views, visibility_of};
use crate::state::{MemberStatus, Principal, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding, finding_of, id};

const STATUSES: [MemberStatus; 5] = [
    MemberStatus::Created,
    MemberStatus::Invited,
    MemberStatus::Enabled,
    MemberStatus::Removed,
    MemberStatus::Resigned,
];

fn caller(stage: &Stage, account: &str, region: &str) -> Caller {
    let principal = Principal::local_user(id(account));
    Caller { principal, region: Region::new(region), now: stage.0.clock.now() }
}

fn ask(stage: &Stage, account: &str, finding_id: &str, filters: &Value) -> Explanation {
    let question = Question { id: Some(finding_id), product_arn: None, filters };
    explain(&stage.0, &caller(stage, account, REGION), &question).unwrap()
}

fn import(stage: &Stage, account: &str, findings: &[Value]) {
    let answer = stage.good(account, BatchImportFindings, json!({ "Findings": findings }));
    assert_eq!(answer["FailedCount"], 0, "{answer}");
}

/// Two findings for the examples; the second belongs to the member.
fn worked() -> Stage {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    let types = |types: &[&str]| types.iter().map(|of| json!({ "Type": of, "Id": "r" })).collect::<Value>();
    let a = json!({
        "Title": "S3.1 bucket is public", "Confidence": 90, "Compliance": { "Status": "FAILED" },
        "UpdatedAt": "2026-01-15T08:00:00Z", "ProductFields": { "ControlId": "S3.1" },
        "Resources": [{ "Type": "AwsS3Bucket", "Id": "r", "Tags": { "env": "prod", "team": "Red" } },
                      { "Type": "AwsIamAccessKey", "Id": "r" }],
        "Network": { "SourceIpV4": "10.0.0.5" },
    });
    let b = json!({
        "Title": "GuardDuty Lambda Protection", "Severity": { "Label": "LOW" },
        "UpdatedAt": "2026-01-08T09:00:00Z", "ProductFields": { "RuleId": "1.3" },
        "Resources": [{ "Type": "AwsLambdaFunction", "Id": "r", "Tags": { "env": "dev" } }],
        "Note": { "Text": "ok", "UpdatedBy": "x", "UpdatedAt": "2026-01-08T09:00:00Z" }, "Sample": true,
    });
    let c = json!({
        "Title": "IAM.1 policy allows admin", "Severity": { "Label": "CRITICAL" }, "Confidence": 50,
        "Compliance": { "Status": "FAILED" }, "UpdatedAt": "2026-01-08T11:00:00+02:00",
        "Resources": types(&["AwsIamPolicy", "AwsIamRole"]), "Network": { "SourceIpV4": "10.1.2.3" },
    });
    let d = json!({
        "Title": "IAM.2 role unused", "Severity": { "Label": "MEDIUM" }, "Confidence": 50,
        "Compliance": { "Status": "PASSED" }, "UpdatedAt": "2026-01-11T00:00:00Z",
        "Resources": types(&["AwsIamRole"]), "ProductFields": { "ControlId": "1.3" },
    });
    import(&stage, ADMINISTRATOR, &[finding("a", a), finding("c", c), finding("d", d)]);
    import(&stage, MEMBER, &[finding_of(MEMBER, "b", b)]);
    stage
}

/// `EQUALS HIGH, EQUALS LOW`: elements of a string filter.
fn strings(elements: &str) -> Value {
    let element = |text: &str| {
        let (comparison, value) = text.split_once(' ').unwrap();
        json!({ "Comparison": comparison, "Value": value })
    };
    elements.split(", ").map(element).collect()
}

fn entries(elements: &str) -> Value {
    let element = |text: &str| {
        let parts: Vec<&str> = text.split(' ').collect();
        json!({ "Key": parts[0], "Comparison": parts[1], "Value": parts[2] })
    };
    elements.split(", ").map(element).collect()
}

fn questions() -> Vec<Value> {
    let dates = |range: Value| json!({ "UpdatedAt": [range] });
    vec![
        json!({}),
        Value::Null,
        json!({ "Title": [] }),
        json!({ "Title": strings("PREFIX IAM") }),
        json!({ "Title": strings("PREFIX iam") }),
        json!({ "SeverityLabel": strings("EQUALS HIGH, EQUALS LOW") }),
        json!({ "SeverityLabel": strings("NOT_EQUALS HIGH, NOT_EQUALS LOW") }),
        json!({ "SeverityLabel": strings("EQUALS HIGH"), "AwsAccountId": strings("EQUALS 222222222222") }),
        json!({ "ResourceType": strings("PREFIX AwsIam") }),
        json!({ "ResourceType": strings("PREFIX AwsIam, NOT_EQUALS AwsIamPolicy") }),
        json!({ "ResourceType": strings("PREFIX_NOT_EQUALS AwsIam") }),
        json!({ "ResourceType": strings("PREFIX AwsS3, PREFIX AwsIam, NOT_EQUALS AwsIamRole, NOT_EQUALS AwsS3Object") }),
        json!({ "ComplianceStatus": strings("EQUALS FAILED, EQUALS PASSED") }),
        json!({ "ComplianceStatus": strings("NOT_EQUALS PASSED") }),
        json!({ "NoteText": strings("NOT_EQUALS ok") }),
        json!({ "Confidence": [{ "Gte": 50, "Lt": 90 }] }),
        json!({ "Confidence": [{ "Gte": 90 }, { "Lte": 40 }] }),
        dates(json!({ "DateRange": { "Value": 7, "Unit": "DAYS" } })),
        dates(json!({ "DateRange": { "Value": 5, "Unit": "DAYS", "Comparison": "OLDER_THAN" } })),
        dates(json!({ "Start": "2026-01-08T09:00:00Z", "End": "2026-01-08T09:00:00Z" })),
        json!({ "ResourceTags": entries("env EQUALS prod, env EQUALS dev") }),
        json!({ "ResourceTags": entries("env NOT_EQUALS prod") }),
        json!({ "ProductFields": entries("ControlId EQUALS 1.3, RuleId EQUALS 1.3") }),
        json!({ "NetworkSourceIpV4": [{ "Cidr": "10.0.0.0/16" }] }),
        json!({ "Keyword": [{ "Value": "LAMBDA" }, { "Value": "policy" }] }),
        json!({ "Sample": [{ "Value": false }] }),
        json!({ "Sample": [{ "Value": true }] }),
    ]
}

/// A naive evaluation of FLT-03.
fn joined(filter: &ExplainedFilter) -> bool {
    let (negative, positive): (Vec<_>, Vec<_>) = filter.elements.iter().partition(|element| element.negative);
    let any = positive.is_empty() || positive.iter().any(|element| element.passes);
    any && negative.iter().all(|element| element.passes)
}

/// Rules: FLT-02, FLT-03, VIS-01.
#[test]
fn every_explanation_agrees_with_get_findings() {
    let stage = worked();
    let (mut returned, mut hidden) = (0, 0);
    for account in [ADMINISTRATOR, MEMBER] {
        for filters in questions() {
            let answer = stage.good(account, GetFindings, json!({ "Filters": filters }));
            for finding_id in ["a", "b", "c", "d"] {
                let found = answer["Findings"].as_array().unwrap().iter().any(|finding| finding["Id"] == finding_id);
                let explanation = ask(&stage, account, finding_id, &filters);
                let [finding] = &explanation.findings[..] else { panic!("{explanation:?}") };
                assert_eq!(finding.returned, found, "{account} {finding_id} {filters}: {}", finding.summary);
                assert_eq!(finding.summary.starts_with("returned: "), found, "{}", finding.summary);
                for filter in &finding.filters {
                    assert_eq!(joined(filter), filter.passes, "{filter:?}");
                    assert!(filter.elements.iter().any(|element| element.decides), "{filter:?}");
                }
                if found { returned += 1 } else { hidden += 1 }
            }
        }
    }
    assert!(returned > 50 && hidden > 50, "{returned} returned, {hidden} not");
}

/// Rules: FLT-03.
#[test]
fn the_elements_that_decide_are_marked() {
    let stage = worked();
    let decides = |finding_id: &str, elements: &str| {
        let explanation = ask(&stage, ADMINISTRATOR, finding_id, &json!({ "ResourceType": strings(elements) }));
        let filter = &explanation.findings[0].filters[0];
        let marks: String = filter.elements.iter().map(|element| if element.decides { 'x' } else { '.' }).collect();
        (filter.passes, marks)
    };
    let verdict = |passes, marks: &str| (passes, marks.to_owned());
    assert_eq!(decides("a", "PREFIX AwsS3, PREFIX AwsEc2, NOT_EQUALS AwsIamRole"), verdict(true, "x.x"));
    assert_eq!(decides("a", "PREFIX AwsEc2, PREFIX AwsRds, NOT_EQUALS AwsIamRole"), verdict(false, "xx."));
    assert_eq!(decides("a", "PREFIX AwsS3, NOT_EQUALS AwsS3Bucket, NOT_EQUALS AwsS3Object"), verdict(false, ".x."));
    assert_eq!(decides("a", "PREFIX AwsEc2, NOT_EQUALS AwsS3Bucket"), verdict(false, "xx"));
}

/// Rules: FLT-02, FLT-27, FLT-31, FLT-40.
#[test]
fn a_summary_names_the_filter_its_condition_and_the_findings_value() {
    let stage = worked();
    let message = |finding_id: &str, filters: Value| ask(&stage, ADMINISTRATOR, finding_id, &filters).summary;
    assert_eq!(
        message("b", json!({ "ResourceType": strings("PREFIX AwsIam") })),
        "not returned: ResourceType requires PREFIX AwsIam; the finding has AwsLambdaFunction"
    );
    assert_eq!(
        message(
            "b",
            json!({ "ComplianceStatus": strings("EQUALS FAILED, EQUALS PASSED"), "Title": strings("PREFIX x") })
        ),
        "not returned: ComplianceStatus requires EQUALS FAILED or EQUALS PASSED; the finding has no value; Title does \
         not match either"
    );
    let range = json!({ "DateRange": { "Value": 7, "Unit": "DAYS", "Comparison": "OLDER_THAN" } });
    assert_eq!(
        message("a", json!({ "UpdatedAt": [range] })),
        "not returned: UpdatedAt requires OLDER_THAN 7 DAYS (before 2026-01-08T09:00:00Z); the finding has \
         2026-01-15T08:00:00Z"
    );
    assert_eq!(
        message("a", json!({ "ResourceTags": entries("team EQUALS red") })),
        "not returned: ResourceTags requires team EQUALS red; the finding has team=Red"
    );
    assert_eq!(
        message("a", json!({ "ResourceTags": entries("owner EQUALS red") })),
        "not returned: ResourceTags requires owner EQUALS red; the finding has no entry with that key"
    );
    assert_eq!(
        message("b", json!({ "Sample": [{ "Value": false }] })),
        "not returned: Sample requires false or no value; the finding has true"
    );
    assert_eq!(message("a", json!({})), "returned: the caller can see the finding and no filter is given");
    assert_eq!(
        message("a", json!({ "Title": strings("PREFIX S3") })),
        "returned: the caller can see the finding and every filter matches"
    );
}

/// Rules: VIS-01, VIS-05, HUB-18.
#[test]
fn the_explained_visibility_agrees_with_the_views() {
    for status in STATUSES.map(Some).into_iter().chain([None]) {
        for hubs in [&[ADMINISTRATOR, MEMBER][..], &[ADMINISTRATOR], &[MEMBER]] {
            let stage = Stage::with_hubs(hubs);
            if let Some(status) = status {
                stage.member(status);
            }
            for (account, owner) in [(ADMINISTRATOR, MEMBER), (MEMBER, ADMINISTRATOR), (MEMBER, MEMBER)] {
                let caller = caller(&stage, account, REGION);
                let document = json!({ "AwsAccountId": owner }).to_string();
                let views = views(&stage.0, &caller);
                let [view] = &views[..] else { panic!("{views:?}") };
                let is_visible = matches(&view.filter(&stage.0), stage.0.schema(), document.as_bytes());
                let visibility = visibility_of(&stage.0, &caller, &view.table, id(owner));
                // A caller without a hub is refused before visibility matters.
                let expected = hubs.contains(&account) && is_visible;
                assert_eq!(visibility.is_visible(), expected, "{account} {owner} {status:?} {hubs:?}: {visibility:?}");
                assert_eq!(visibility == Visibility::CallerIsOff, !hubs.contains(&account));
            }
        }
    }
}

/// Rules: VIS-01, VIS-05.
#[test]
fn the_reason_why_a_finding_is_hidden_is_explained() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    import(&stage, MEMBER, &[finding_of(MEMBER, "m", json!({}))]);
    import(&stage, ADMINISTRATOR, &[finding("o", json!({}))]);
    let message = |account: &str, finding_id: &str| ask(&stage, account, finding_id, &json!({})).summary;
    assert_eq!(
        message(ADMINISTRATOR, "m"),
        "not returned: its owner 222222222222 is not a member of 111111111111 in us-east-1"
    );
    stage.member(MemberStatus::Invited);
    assert_eq!(
        message(ADMINISTRATOR, "m"),
        "not returned: its owner 222222222222 is a member of 111111111111 in us-east-1 with the status Invited; \
         only findings of Enabled members are visible"
    );
    stage.member(MemberStatus::Enabled);
    assert_eq!(
        message(MEMBER, "o"),
        "not returned: its owner 111111111111 is the administrator of 222222222222 in us-east-1; members cannot \
         see the findings of their administrator"
    );
    assert_eq!(
        message("333333333333", "m"),
        "not returned: Security Hub is not enabled for 333333333333 in us-east-1, so GetFindings returns InvalidAccessException"
    );
    assert_eq!(message("333333333333", "no such id"), message("333333333333", "m"));
    assert_eq!(
        message(MEMBER, "no such id"),
        "not returned: no finding with this Id is stored, in us-east-1 or elsewhere; it was never imported, or it has \
         expired"
    );
    stage.member(MemberStatus::Removed);
    stage.good(MEMBER, DisableSecurityHub, json!({}));
    stage.member(MemberStatus::Enabled);
    assert_eq!(
        message(ADMINISTRATOR, "m"),
        "not returned: its owner 222222222222 is an enabled member of 111111111111 in us-east-1, but Security \
         Hub is not enabled for 222222222222"
    );
}

/// Rules: VIS-01.
#[test]
fn a_finding_of_another_region_is_named_with_its_region() {
    let stage = worked();
    stage.call_in("eu-west-1", ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    let question = Question { id: Some("a"), product_arn: None, filters: &Value::Null };
    let explanation = explain(&stage.0, &caller(&stage, ADMINISTRATOR, "eu-west-1"), &question).unwrap();
    assert_eq!(explanation.summary, "not returned: the finding is stored in us-east-1, but the call is to eu-west-1");
    assert!(!explanation.findings[0].returned);
    assert_eq!(explanation.findings[0].region, REGION);
}

#[test]
fn all_findings_with_an_id_are_explained_unless_a_product_is_given() {
    let stage = worked();
    import(&stage, MEMBER, &[finding_of(MEMBER, "a", json!({}))]);
    let filters = json!({ "ResourceType": strings("EQUALS Other") });
    let explanation = ask(&stage, ADMINISTRATOR, "a", &filters);
    assert_eq!(explanation.summary, "returned: 1 of the 2 findings with this Id");
    let owners = explanation.findings.iter().map(|finding| (finding.aws_account_id.as_str(), finding.returned));
    assert_eq!(owners.collect::<Vec<_>>(), [(ADMINISTRATOR, false), (MEMBER, true)]);
    let summary = ask(&stage, ADMINISTRATOR, "a", &json!({ "Title": strings("EQUALS x") })).summary;
    assert_eq!(summary, "not returned: none of the 2 findings with this Id");
    let product_arn = explanation.findings[1].product_arn.as_str();
    let question = Question { id: Some("a"), product_arn: Some(product_arn), filters: &filters };
    let one = explain(&stage.0, &caller(&stage, ADMINISTRATOR, REGION), &question).unwrap();
    assert_eq!(one.findings, explanation.findings[1..]);
    let question = Question { product_arn: Some("x"), ..question };
    let none = explain(&stage.0, &caller(&stage, ADMINISTRATOR, REGION), &question).unwrap();
    assert!(none.summary.contains("no finding with this Id and the ProductArn x is stored"), "{}", none.summary);
}

/// Rules: CPL-149.
#[test]
fn without_an_id_the_findings_that_fail_the_fewest_filters_are_explained() {
    let stage = worked();
    let explained = |region: &str, filters: Value| {
        let question = Question { id: None, product_arn: None, filters: &filters };
        explain(&stage.0, &caller(&stage, ADMINISTRATOR, region), &question).unwrap()
    };
    let near = explained(
        REGION,
        json!({
            "SeverityLabel": strings("EQUALS CRITICAL"), "Confidence": [{ "Gte": 90 }],
            "ComplianceStatus": strings("EQUALS FAILED"),
        }),
    );
    let ids: Vec<&str> = near.findings.iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids, ["c", "a", "b"], "c and a fail one filter, and c is newer");
    assert_eq!(
        near.summary,
        "not returned: none of the 4 findings that the caller sees matches the filters; SeverityLabel matches 1, \
         Confidence matches 1, ComplianceStatus matches 2"
    );
    let summary = &near.findings[0].summary;
    assert!(summary.starts_with("not returned: Confidence requires ") && summary.ends_with("has 50"), "{summary}");
    let found = explained(REGION, json!({ "SeverityLabel": strings("EQUALS LOW") }));
    assert_eq!(found.summary, "returned: 1 finding now matches the filters");
    assert!(found.findings[0].returned && found.findings[0].id == "b");
    let off = explained("eu-west-1", json!({}));
    assert!(off.summary.starts_with("not returned: Security Hub is not enabled for 111111111111"), "{}", off.summary);
    stage.call_in("eu-west-1", ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    assert_eq!(explained("eu-west-1", json!({})).summary, "not returned: the caller sees no findings in eu-west-1");
}

/// Rules: FLT-07, FLT-13, FLT-17.
#[test]
fn invalid_filters_get_the_same_error_as_in_get_findings() {
    let stage = worked();
    for filters in [
        json!({ "Titel": strings("EQUALS x") }),
        json!({ "Title": strings("CONTAINS x") }),
        json!({ "Title": strings("EQUALS x, NOT_EQUALS y") }),
        json!({ "Title": [{ "Value": "x" }] }),
        json!({ "Title": "x" }),
        json!({ "Confidence": [{}] }),
        json!(7),
    ] {
        let input = json!({ "Filters": filters });
        let expected = stage.refused(ADMINISTRATOR, GetFindings, input, 400, "InvalidInputException");
        let question = Question { id: Some("a"), product_arn: None, filters: &filters };
        let refused = explain(&stage.0, &caller(&stage, ADMINISTRATOR, REGION), &question).unwrap_err();
        // An explanation also names unknown fields.
        let names = if filters.get("Titel").is_some() { "; unknown field `Titel`, did you mean `Title`?" } else { "" };
        assert_eq!((refused.status, refused.message.into_owned()), (400, format!("{expected}{names}")), "{filters}");
    }
}

/// Rules: FLT-02, FLT-03.
#[test]
fn an_explanation_is_serialized_as_json() {
    let stage = worked();
    let filters = json!({
        "SeverityLabel": strings("EQUALS HIGH, EQUALS CRITICAL"),
        "ResourceType": strings("PREFIX AwsIam, NOT_EQUALS AwsIamPolicy"),
    });
    assert_json_snapshot!("not_returned", ask(&stage, ADMINISTRATOR, "c", &filters));
    let filters = json!({
        "UpdatedAt": [{ "DateRange": { "Value": 7, "Unit": "DAYS" } }],
        "ProductFields": entries("RuleId EQUALS 1.3"),
        "Keyword": [{ "Value": "lambda" }],
    });
    assert_json_snapshot!("returned", ask(&stage, ADMINISTRATOR, "b", &filters));
}

#[test]
fn a_sentence_lists_few_values_and_truncates_long_ones() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let resources: Value = (1..=7).map(|number| json!({ "Type": "Other", "Id": format!("r{number}") })).collect();
    import(&stage, ADMINISTRATOR, &[finding("f", json!({ "Resources": resources, "Description": "é".repeat(100) }))]);
    let filters = json!({ "ResourceId": strings("EQUALS x") });
    let explanation = ask(&stage, ADMINISTRATOR, "f", &filters);
    assert!(explanation.summary.ends_with("has r1, r2, r3, r4, r5 and 2 more"), "{}", explanation.summary);
    assert_eq!(explanation.findings[0].filters[0].values.len(), 7);
    let explanation = ask(&stage, ADMINISTRATOR, "f", &json!({ "Description": strings("EQUALS x") }));
    assert!(explanation.summary.ends_with(&format!("has {}…", "é".repeat(80))), "{}", explanation.summary);
}

/// Rules: GFV-01, GFV-08, DEC-08.
#[test]
fn filters_in_ocsf_are_explained_with_the_values_of_the_finding() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let findings = json!({ "Findings": [finding("a", json!({}))] });
    stage.good(ADMINISTRATOR, Operation::BatchImportFindings, findings);
    let explained_of = |id: Option<&str>, severity: &str| {
        let test = json!({ "Value": severity, "Comparison": "EQUALS" });
        let filters =
            json!({ "CompositeFilters": [{ "StringFilters": [{ "FieldName": "severity", "Filter": test }] }] });
        let question = Question { id, product_arn: None, filters: &filters };
        let principal = crate::state::Principal::local_user(crate::testing::id(ADMINISTRATOR));
        let region = crate::state::Region::new(crate::testing::REGION);
        explain(&stage.0, &Caller { principal, region, now: stage.0.clock.now() }, &question).unwrap()
    };
    let explained = |severity: &str| explained_of(Some("a"), severity);
    assert_eq!(explained("High").summary, "not returned: Security Hub V2 is not enabled for 111111111111 in us-east-1");
    stage.good(ADMINISTRATOR, Operation::EnableSecurityHubV2, json!({}));
    assert!(explained("High").findings[0].returned);
    assert_eq!(explained("Low").summary, "not returned: severity requires EQUALS Low; the finding has High");
    let near = explained_of(None, "Low");
    let summary = "not returned: none of the 1 finding that the caller sees matches the filters; severity matches 0";
    assert_eq!((near.summary.as_str(), near.findings[0].id.as_str()), (summary, "a"));
    stage.days_pass(100);
    assert!(explained("High").summary.contains("more than 90 days ago"));
}

/// Rules: DSH-68.
#[test]
fn criteria_of_rules_are_explained_in_their_own_dialect() {
    let stage = Stage::with_hubs(&[MEMBER]);
    let sent = finding_of(MEMBER, "a", json!({ "Title": "S3.1 bucket is public", "Severity": { "Label": "LOW" } }));
    import(&stage, MEMBER, std::slice::from_ref(&sent));
    let stored = stage.good(MEMBER, GetFindings, json!({}))["Findings"][0].to_string();
    let explained =
        |given: Value| criteria(&stage.0, stage.0.clock.now(), given.as_object().unwrap(), stored.as_bytes());
    let contains = json!({ "Title": [{ "Value": "bucket", "Comparison": "CONTAINS" }] });
    let passed = explained(contains).unwrap();
    assert!(passed.len() == 1 && passed[0].passes, "{passed:?}");
    let high = explained(json!({ "SeverityLabel": [{ "Value": "HIGH", "Comparison": "EQUALS" }] })).unwrap();
    assert_eq!((high[0].passes, high[0].sentence().as_str()), (false, "requires EQUALS HIGH; the finding has LOW"));
    assert_eq!(explained(json!({ "Nope": [{}] })).unwrap_err().status, 400);
}

#[test]
fn a_finding_is_found_by_its_product_as_without_it() {
    let stage = worked();
    for stored in stage.good(ADMINISTRATOR, GetFindings, json!({}))["Findings"].as_array().unwrap() {
        let (name, product) = (stored["Id"].as_str().unwrap(), stored["ProductArn"].as_str().unwrap());
        let question = Question { id: Some(name), product_arn: Some(product), filters: &Value::Null };
        let found = explain(&stage.0, &caller(&stage, MEMBER, REGION), &question).unwrap();
        let all = ask(&stage, MEMBER, name, &Value::Null);
        let of_product = all.findings.into_iter().filter(|finding| finding.product_arn == product);
        assert_eq!(found.findings, of_product.collect::<Vec<_>>(), "{name}");
    }
}
