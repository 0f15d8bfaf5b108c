//! Rules of imports, driven through the operations.

use securityhub_fixtures::Operation::{BatchImportFindings, GetFindings};
use serde_json::{Value, json};

use super::import::{self, Endpoint, Sender};
use crate::state::{AccountStatus, MemberStatus, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding, finding_of, id};

fn hub() -> Stage {
    Stage::with_hubs(&[ADMINISTRATOR])
}

fn import(stage: &Stage, findings: &[Value]) -> Value {
    stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": findings }))
}

/// Imports one finding and expects it to be accepted; gives it as it is read then.
fn stored(stage: &Stage, finding: &Value) -> Value {
    let answer = import(stage, std::slice::from_ref(finding));
    assert_eq!(answer, json!({ "FailedCount": 0, "SuccessCount": 1, "FailedFindings": [] }));
    read(stage, finding["Id"].as_str().unwrap())
}

fn read(stage: &Stage, finding_id: &str) -> Value {
    let filters = json!({ "Id": [{ "Value": finding_id, "Comparison": "EQUALS" }] });
    stage.good(ADMINISTRATOR, GetFindings, json!({ "Filters": filters }))["Findings"][0].clone()
}

/// Why one finding fails: code and message.
fn failure(stage: &Stage, finding: &Value) -> (String, String) {
    let answer = import(stage, std::slice::from_ref(finding));
    assert_eq!((&answer["FailedCount"], &answer["SuccessCount"]), (&json!(1), &json!(0)), "{answer}");
    let failed = &answer["FailedFindings"][0];
    assert_eq!(failed["Id"], finding["Id"]);
    (failed["ErrorCode"].as_str().unwrap().to_owned(), failed["ErrorMessage"].as_str().unwrap().to_owned())
}

/// The AJV sentence with which one finding is refused.
fn said(with: Value) -> String {
    let (code, message) = failure(&hub(), &finding("f", with));
    assert_eq!(code, "InvalidInput");
    message.strip_prefix("Finding does not adhere to Amazon Finding Format. ").expect(&message).to_owned()
}

/// Imports as a product of AWS does; gives failure messages.
fn as_product(stage: &Stage, findings: &[Value]) -> Vec<String> {
    let region = Region::new(REGION);
    let directory = stage.0.directory();
    let endpoint = Endpoint { world: &stage.0, directory: &directory, region: &region, now: stage.0.clock.now() };
    let sent = findings.iter().map(|finding| import::read_finding(&finding.to_string()).unwrap()).collect();
    let mut transaction = stage.0.write_findings();
    let outcome = import::batch(&mut transaction, &endpoint, Sender::Product, sent).unwrap();
    transaction.commit();
    outcome.failed.into_iter().map(|failed| failed.message).collect()
}

fn product_arn(path: &str) -> Value {
    json!(format!("arn:aws:securityhub:{REGION}::product/{path}"))
}

fn denied(stage: &Stage, with: Value, resource: &str) {
    let input = json!({ "Findings": [finding("good", json!({})), finding("f", with)] });
    let message = stage.refused(ADMINISTRATOR, BatchImportFindings, input, 403, "AccessDeniedException");
    let expected = format!(
        "User: arn:aws:iam::{ADMINISTRATOR}:user/local is not authorized to perform: securityhub:BatchImportFindings \
         on resource: {resource}"
    );
    assert_eq!(message, expected);
    assert_eq!(stage.0.finding_count(), 0, "nothing of the batch is stored");
}

#[test]
fn imp_01_imp_30_a_hub_takes_findings_of_its_private_product() {
    let stage = hub();
    assert_eq!(stored(&stage, &finding("f", json!({})))["Id"], "f");
}

#[test]
fn imp_04_imp_05_a_finding_of_another_account_refuses_the_call() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    let own = format!("arn:aws:securityhub:{REGION}:{ADMINISTRATOR}:product/{ADMINISTRATOR}/default");
    denied(&stage, json!({ "AwsAccountId": MEMBER }), &own);
}

#[test]
fn imp_06_a_product_of_another_region_refuses_the_call() {
    let arn = format!("arn:aws:securityhub:eu-west-1:{ADMINISTRATOR}:product/{ADMINISTRATOR}/default");
    denied(&hub(), json!({ "ProductArn": arn }), &arn);
}

#[test]
fn imp_08_imp_10_imp_11_products_that_the_caller_may_not_write_refuse_the_call() {
    for path in ["nobody/nothing", "aws/guardduty", "amazon/route-53-resolver-dns-firewall-aws-list"] {
        let arn = format!("arn:aws:securityhub:{REGION}::product/{path}");
        denied(&hub(), json!({ "ProductArn": arn }), &arn);
    }
    let arn = format!("arn:aws:securityhub:{REGION}:{MEMBER}:product/{MEMBER}/default");
    denied(&hub(), json!({ "ProductArn": arn }), &arn);
}

#[test]
fn imp_07_imp_09_what_is_no_product_arn_is_named_in_the_message() {
    for arn in [
        "arn:aws:securityhub:::product/aquasecurity/aquasecurity",
        "arn:aws-cn:securityhub:us-east-1::product/prowler/prowler",
        "product/prowler/prowler",
        "arn:aws:securityhub:us-east-1::product/prowler",
    ] {
        let input = json!({ "Findings": [finding("f", json!({ "ProductArn": arn }))] });
        let message = hub().refused(ADMINISTRATOR, BatchImportFindings, input, 400, "InvalidInputException");
        assert_eq!(message, format!("productArn: \"{arn}\""));
    }
}

#[test]
fn imp_21_imp_25_what_is_no_list_of_findings_refuses_the_call() {
    let stage = hub();
    let said = |input| stage.refused(ADMINISTRATOR, BatchImportFindings, input, 400, "InvalidInputException");
    assert_eq!(said(json!({})), "Invalid parameter 'Findings'. data should have required property 'Findings'");
    assert_eq!(
        said(json!({ "Findings": [] })),
        "Invalid parameter 'Findings'. data.Findings should NOT have fewer than 1 items"
    );
    assert_eq!(
        said(json!({ "Findings": vec![finding("f", json!({})); 101] })),
        "Invalid parameter 'Findings'. data.Findings should NOT have more than 100 items"
    );
    assert_eq!(said(json!({ "Findings": [5] })), "Invalid parameter 'Findings'. data.Findings[0] should be object");
    assert!(said(json!({ "Findings": [finding("f", json!({ "Id": null }))] })).contains("required property 'Id'"));
    assert!(
        said(json!({ "Findings": [finding("f", json!({ "Id": 5 }))] }))
            .contains("data.Findings[0].Id should be string")
    );
}

#[test]
fn imp_23_a_hub_that_is_off_refuses_the_call() {
    let input = json!({ "Findings": [finding("f", json!({}))] });
    let message = Stage::empty().refused(ADMINISTRATOR, BatchImportFindings, input, 401, "InvalidAccessException");
    assert_eq!(message, "Account 111111111111 is not subscribed to AWS Security Hub");
}

#[test]
fn imp_31_good_findings_of_a_batch_are_stored_and_failures_keep_their_order() {
    let stage = hub();
    let bad = |id| finding(id, json!({ "Title": null }));
    let answer = import(&stage, &[bad("b1"), finding("g1", json!({})), bad("b2"), finding("g2", json!({}))]);
    assert_eq!((&answer["FailedCount"], &answer["SuccessCount"]), (&json!(2), &json!(2)));
    let ids: Vec<_> = answer["FailedFindings"].as_array().unwrap().iter().map(|failed| &failed["Id"]).collect();
    assert_eq!(ids, ["b1", "b2"]);
    assert_eq!(read(&stage, "g2")["Id"], "g2");
}

#[test]
fn imp_33_a_product_needs_a_subscription() {
    let arn = product_arn("prowler/prowler");
    let (code, message) = failure(&hub(), &finding("f", json!({ "ProductArn": arn })));
    assert_eq!(code, "InvalidAccess");
    assert_eq!(message, format!("Account {ADMINISTRATOR} is not subscribed to product {}", arn.as_str().unwrap()));
}

#[test]
fn imp_34_imp_35_sizes_are_bounded() {
    let long = "x".repeat(32_768);
    let (_, message) = failure(&hub(), &finding("f", json!({ "Types": [long] })));
    assert_eq!(message, "The maximum size of an individual field should be less than 32768");
    let just = "x".repeat(32_767);
    stored(&hub(), &finding("f", json!({ "Types": [just] })));
    let (code, message) = failure(&hub(), &finding("f", json!({ "Types": vec![just; 8] })));
    assert_eq!((&*code, &*message), ("InvalidInput", "Finding size exceeded 240 KB"));
}

#[test]
fn imp_40_the_same_key_twice_is_a_create_and_an_update() {
    let stage = hub();
    let later = finding("f", json!({ "UpdatedAt": "2026-01-11T08:00:00Z", "Title": "Later" }));
    let answer = import(&stage, &[finding("f", json!({})), later, finding("f", json!({ "Title": "Ignored" }))]);
    assert_eq!(answer["SuccessCount"], 3);
    assert_eq!((stage.0.finding_count(), &read(&stage, "f")["Title"]), (1, &json!("Later")));
}

#[test]
fn imp_41_an_id_is_unique_for_its_product_only() {
    let stage = hub();
    import(&stage, &[finding("f", json!({}))]);
    let of_guardduty = finding("f", json!({ "ProductArn": product_arn("aws/guardduty") }));
    assert!(as_product(&stage, &[of_guardduty]).is_empty());
    assert_eq!(stage.0.finding_count(), 2);
}

#[test]
fn imp_45_a_finding_that_was_read_is_taken_back() {
    let stage = hub();
    let mut read = stored(&stage, &finding("f", json!({ "Sample": true, "Confidence": 50 })));
    read["RecordState"] = json!("ARCHIVED");
    read["UpdatedAt"] = json!("2026-01-12T00:00:00Z");
    let again = stored(&stage, &read);
    assert_eq!(again["RecordState"], "ARCHIVED");
    read["ProcessedAt"] = again["ProcessedAt"].clone();
    assert_eq!(again, read, "nothing else has changed");
}

#[test]
fn asf_01_required_attributes_are_named() {
    for name in
        ["SchemaVersion", "GeneratorId", "AwsAccountId", "CreatedAt", "UpdatedAt", "Title", "Description", "Resources"]
    {
        assert_eq!(said(json!({ name: null })), format!("data should have required property '{name}'."));
    }
}

#[test]
fn asf_02_asf_03_severity_and_types_stand_in_one_place_or_the_other() {
    let missing = "data should have required property 'FindingProviderFields', data should match some schema in anyOf.";
    assert_eq!(said(json!({ "Severity": null })), missing);
    assert_eq!(said(json!({ "Types": null })), missing);
    let mixed = json!({ "Severity": null, "FindingProviderFields": { "Severity": { "Label": "LOW" } } });
    stored(&hub(), &finding("f", mixed));
    let without_types = json!({ "Types": null, "FindingProviderFields": { "Severity": { "Label": "LOW" } } });
    assert_eq!(said(without_types), "data.FindingProviderFields should have required property 'Types'.");
}

#[test]
fn asf_04_asf_05_asf_08_asf_70_sentences_of_single_attributes() {
    assert_eq!(
        said(json!({ "SchemaVersion": "2019-01-01" })),
        "data.SchemaVersion should be equal to one of the allowed values."
    );
    assert_eq!(said(json!({ "AwsAccountId": "1" })), "data.AwsAccountId should match pattern \"^[0-9]{12}$\".");
    assert_eq!(said(json!({ "Resources": [] })), "data.Resources should NOT have fewer than 1 items.");
    assert_eq!(
        said(json!({ "Resources": [{ "Type": "", "Id": "x" }] })),
        "data.Resources[0].Type should NOT be shorter than 1 characters."
    );
    assert_eq!(said(json!({ "Types": ["a/b/c/d"] })), "data.Types[0] should match pattern \"^([^/]+)(/[^/]+){0,2}$\".");
    assert_eq!(
        said(json!({ "Remediation": { "Recommendation": { "Text": "x".repeat(513) } } })),
        "data.Remediation.Recommendation.Text should NOT be longer than 512 characters."
    );
    let other = json!({ "Destinations": "x".repeat(1025) });
    assert_eq!(
        said(json!({ "Resources": [{ "Type": "Other", "Id": "x", "Details": { "Other": other } }] })),
        "data.Resources[0].Details.Other['Destinations'] should NOT be longer than 1024 characters."
    );
}

#[test]
fn asf_40_asf_42_asf_43_timestamps_are_held_to_their_format_and_stored_as_sent() {
    for wrong in ["2026-01-10", "2026-01-10 08:00:00Z", "2026-02-31T08:00:00Z", "2026-01-10T08:00:00", "yesterday"] {
        assert_eq!(said(json!({ "CreatedAt": wrong })), "data.CreatedAt should match format \"date-time\".");
    }
    let sent = "2026-01-10T10:00:00.123456789+02:00";
    assert_eq!(stored(&hub(), &finding("f", json!({ "CreatedAt": sent })))["CreatedAt"], sent);
}

#[test]
fn asf_63_asf_64_a_severity_needs_a_label_or_a_number() {
    assert_eq!(
        said(json!({ "Severity": { "Original": "bad" } })),
        "data.Severity should have required property 'Normalized', data.Severity should have required property 'Label', \
         data.Severity should match some schema in anyOf."
    );
    assert_eq!(said(json!({ "Severity": { "Normalized": 101 } })), "data.Severity.Normalized should be <= 100.");
    assert_eq!(said(json!({ "Severity": { "Normalized": 50.5 } })), "data.Severity.Normalized should be integer.");
    assert_eq!(
        said(json!({ "Severity": { "Label": "BAD" } })),
        "data.Severity.Label should be equal to one of the allowed values."
    );
}

#[test]
fn asf_94_asf_96_pairs_of_aws_do_not_count_and_a_recommendation_says_something() {
    let pairs =
        |count: usize, prefix: &str| -> Value { (0..count).map(|n| (format!("{prefix}{n}"), json!("x"))).collect() };
    assert_eq!(
        said(json!({ "ProductFields": pairs(51, "p") })),
        "data.ProductFields should NOT have more than 50 properties."
    );
    stored(&hub(), &finding("f", json!({ "ProductFields": pairs(60, "aws/x/") })));
    assert_eq!(
        said(json!({ "Remediation": { "Recommendation": {} } })),
        "data.Remediation.Recommendation should have required property 'Text', data.Remediation.Recommendation should \
         have required property 'Url', data.Remediation.Recommendation should match some schema in anyOf."
    );
}

#[test]
fn asf_20_to_asf_32_the_service_completes_a_finding() {
    insta::assert_json_snapshot!(stored(
        &hub(),
        &finding("f", json!({ "ProcessedAt": "2020-01-01T00:00:00Z", "Region": "mars" }))
    ));
}

#[test]
fn asf_22_asf_24_a_listed_product_has_its_names_from_the_catalogue() {
    let stage = hub();
    let of_guardduty = finding("f", json!({ "ProductArn": product_arn("aws/guardduty"), "ProductName": "Mine" }));
    assert!(as_product(&stage, &[of_guardduty]).is_empty());
    let read = read(&stage, "f");
    assert_eq!((&read["ProductName"], &read["CompanyName"]), (&json!("GuardDuty"), &json!("Amazon")));
    assert_eq!(
        read["ProductFields"]["aws/securityhub/FindingId"],
        format!("arn:aws:securityhub:{REGION}::product/aws/guardduty/f")
    );
}

#[test]
fn asf_23_asf_25_a_private_product_may_name_itself() {
    let read = stored(&hub(), &finding("f", json!({ "ProductName": "DecoyDetector" })));
    assert_eq!((&read["ProductName"], &read["CompanyName"]), (&json!("DecoyDetector"), &json!("Personal")));
    assert_eq!(read["ProductFields"]["aws/securityhub/ProductName"], "Default");
}

#[test]
fn asf_33_accounts_of_an_organization_carry_their_name() {
    let stage = hub();
    assert_eq!(stored(&stage, &finding("f", json!({ "AwsAccountName": "mine" }))).get("AwsAccountName"), None);
    stage.relations(|directory| {
        directory.organization = Some(crate::state::Organization {
            id: "o-local123456".into(),
            root_id: "r-lo12".into(),
            management_account: id(ADMINISTRATOR),
            units: std::collections::BTreeMap::new(),
            parents: std::collections::BTreeMap::new(),
            joined_at: jiff::Timestamp::UNIX_EPOCH,
            service_access: std::collections::BTreeMap::new(),
            delegated_administrators: std::collections::BTreeMap::new(),
            security_hub_administrators: std::collections::BTreeMap::new(),
        });
        let account = crate::state::Account {
            name: "security".into(),
            email: "security@example.com".into(),
            status: AccountStatus::Active,
            centrally_managed: false,
        };
        directory.accounts.insert(id(ADMINISTRATOR), account);
    });
    assert_eq!(stored(&stage, &finding("g", json!({})))["AwsAccountName"], "security");
}

#[test]
fn asf_50_asf_51_asf_52_asf_53_provider_fields_of_a_new_finding() {
    let shown = |with: Value| {
        let read = stored(&hub(), &finding("f", with));
        (read["FindingProviderFields"]["Confidence"].clone(), read["Confidence"].clone())
    };
    assert_eq!(shown(json!({ "FindingProviderFields": { "Confidence": 1 } })), (json!(1), json!(1)));
    assert_eq!(shown(json!({ "Confidence": 2 })), (json!(2), json!(2)));
    assert_eq!(shown(json!({ "Confidence": 2, "FindingProviderFields": { "Confidence": 1 } })), (json!(1), json!(1)));
    assert_eq!(shown(json!({})), (Value::Null, Value::Null));
}

#[test]
fn asf_50_asf_51_asf_52_asf_53_provider_fields_of_a_stored_finding() {
    let shown = |with: Value| {
        let stage = hub();
        stored(&stage, &finding("f", json!({ "Confidence": 9 })));
        let mut again = finding("f", with);
        again["UpdatedAt"] = json!("2026-01-11T08:00:00Z");
        let read = stored(&stage, &again);
        (read["FindingProviderFields"]["Confidence"].clone(), read["Confidence"].clone())
    };
    assert_eq!(shown(json!({ "FindingProviderFields": { "Confidence": 1 } })), (json!(1), json!(1)));
    assert_eq!(shown(json!({ "Confidence": 2 })), (json!(2), json!(2)));
    assert_eq!(shown(json!({ "Confidence": 2, "FindingProviderFields": { "Confidence": 1 } })), (json!(1), json!(2)));
    assert_eq!(shown(json!({})), (Value::Null, Value::Null));
}

#[test]
fn asf_54_asf_60_asf_61_asf_62_label_and_number_follow_from_each_other() {
    let shown = |severity: Value| {
        let read = stored(&hub(), &finding("f", json!({ "Severity": severity })));
        assert_eq!(read["Severity"], read["FindingProviderFields"]["Severity"]);
        (read["Severity"]["Label"].as_str().unwrap().to_owned(), read["Severity"]["Normalized"].as_i64().unwrap())
    };
    for (least, most, label, number) in [
        (0, 0, "INFORMATIONAL", 0),
        (1, 39, "LOW", 1),
        (40, 69, "MEDIUM", 40),
        (70, 89, "HIGH", 70),
        (90, 100, "CRITICAL", 90),
    ] {
        assert_eq!(shown(json!({ "Normalized": least })).0, label);
        assert_eq!(shown(json!({ "Normalized": most })).0, label);
        assert_eq!(shown(json!({ "Label": label })).1, number);
    }
    assert_eq!(shown(json!({ "Label": "LOW", "Normalized": 95 })), ("LOW".into(), 95));
}

/// Stores a finding with `first`, imports it again with `second`, and gives it as it is read then.
fn twice(product: Option<&str>, first: Value, second: Value) -> Value {
    let stage = hub();
    for (with, updated_at) in [(first, "2026-01-10T08:00:00Z"), (second, "2026-01-11T08:00:00Z")] {
        let mut finding = finding("f", with);
        finding["UpdatedAt"] = json!(updated_at);
        match product {
            Some(product) => {
                finding["ProductArn"] = product_arn(product);
                assert!(as_product(&stage, &[finding]).is_empty());
            }
            None => _ = stored(&stage, &finding),
        }
    }
    read(&stage, "f")
}

#[test]
fn rei_02_rei_03_only_a_later_import_counts_as_instants() {
    let stage = hub();
    stored(&stage, &finding("f", json!({ "UpdatedAt": "2026-01-10T08:00:00Z" })));
    let before = read(&stage, "f");
    stage.days_pass(1);
    for ignored in ["2026-01-10T08:00:00Z", "2026-01-10T09:59:00+02:00", "2026-01-09T00:00:00Z"] {
        import(&stage, &[finding("f", json!({ "UpdatedAt": ignored, "Title": "Other" }))]);
        assert_eq!(read(&stage, "f"), before, "{ignored}");
    }
    let after = stored(&stage, &finding("f", json!({ "UpdatedAt": "2026-01-10T10:01:00+02:00", "Title": "Other" })));
    assert_eq!((&after["Title"], &after["ProcessedAt"]), (&json!("Other"), &json!(stage.now())));
}

#[test]
fn rei_05_what_the_customer_owns_stays() {
    let first = json!({
        "Note": { "Text": "n", "UpdatedBy": "me", "UpdatedAt": "2026-01-10T08:00:00Z" },
        "UserDefinedFields": { "a": "b" },
        "VerificationState": "TRUE_POSITIVE",
        "Workflow": { "Status": "SUPPRESSED" },
    });
    let second =
        json!({ "VerificationState": "UNKNOWN", "Workflow": { "Status": "NEW" }, "UserDefinedFields": { "c": "d" } });
    let read = twice(None, first.clone(), second);
    for (name, value) in first.as_object().unwrap() {
        assert_eq!(&read[name], value);
    }
    let read = twice(None, json!({}), json!({ "VerificationState": "UNKNOWN" }));
    assert_eq!(read.get("VerificationState"), None, "what was not there does not come");
}

#[test]
fn rei_07_rei_10_rei_12_the_rest_is_replaced_as_a_whole() {
    let first =
        json!({ "CreatedAt": "2026-01-01T00:00:00Z", "SourceUrl": "x", "Confidence": 5, "RecordState": "ARCHIVED" });
    let read = twice(None, first, json!({ "CreatedAt": "2026-01-05T00:00:00Z", "Title": "New" }));
    assert_eq!(read["CreatedAt"], "2026-01-01T00:00:00Z");
    assert_eq!((read.get("SourceUrl"), read.get("Confidence")), (None, None));
    assert_eq!((&read["Title"], &read["RecordState"]), (&json!("New"), &json!("ACTIVE")));
}

fn workflow(status: &str, with: Value) -> Value {
    let mut with = with;
    with["Workflow"] = json!({ "Status": status });
    with
}

#[test]
fn rei_20_rei_25_a_finding_that_is_active_again_is_new_again_unless_suppressed() {
    for (from, to) in [("NOTIFIED", "NEW"), ("RESOLVED", "NEW"), ("SUPPRESSED", "SUPPRESSED"), ("NEW", "NEW")] {
        let read = twice(None, workflow(from, json!({ "RecordState": "ARCHIVED" })), json!({}));
        assert_eq!(read["Workflow"]["Status"], to, "from {from}");
    }
}

#[test]
fn rei_21_rei_24_rei_26_rei_27_what_a_change_of_compliance_does() {
    let status = |status: &str| json!({ "Compliance": { "Status": status } });
    for failing in ["FAILED", "WARNING", "NOT_AVAILABLE"] {
        let read = twice(None, workflow("RESOLVED", status("PASSED")), status(failing));
        assert_eq!(read["Workflow"]["Status"], "NEW", "PASSED to {failing}");
    }
    let kept = |first: Value, second: Value| {
        twice(None, workflow("NOTIFIED", first), second)["Workflow"]["Status"] == "NOTIFIED"
    };
    assert!(kept(status("FAILED"), status("WARNING")));
    assert!(kept(status("PASSED"), json!({})));
    assert!(kept(json!({}), status("FAILED")));
    assert!(kept(status("FAILED"), status("PASSED")), "of another product PASSED changes nothing");
}

#[test]
fn rei_22_rei_23_a_control_that_passes_is_resolved() {
    let status = |status: &str| json!({ "Compliance": { "Status": status } });
    for product in ["aws/securityhub", "aws/config"] {
        let read = twice(Some(product), status("FAILED"), status("PASSED"));
        assert_eq!(read["Workflow"]["Status"], "RESOLVED", "{product}");
        let read = twice(Some(product), workflow("SUPPRESSED", status("FAILED")), status("PASSED"));
        assert_eq!(read["Workflow"]["Status"], "SUPPRESSED", "{product}");
        let stage = hub();
        let mut created = finding("f", status("PASSED"));
        created["ProductArn"] = product_arn(product);
        assert!(as_product(&stage, &[created]).is_empty());
        assert_eq!(self::read(&stage, "f")["Workflow"]["Status"], "RESOLVED", "{product} at creation");
    }
    assert_eq!(twice(Some("aws/config"), status("WARNING"), status("PASSED"))["Workflow"]["Status"], "NEW");
    assert_eq!(twice(Some("aws/securityhub"), status("WARNING"), status("PASSED"))["Workflow"]["Status"], "RESOLVED");
}

#[test]
fn ret_01_ret_02_findings_expire_after_30_and_90_days() {
    let stage = hub();
    let archived = json!({ "RecordState": "ARCHIVED", "UpdatedAt": "2020-01-01T00:00:00Z" });
    import(&stage, &[finding("active", json!({})), finding("archived", archived)]);
    stage.days_pass(29);
    assert_eq!(read(&stage, "archived")["Id"], "archived", "it counts from the import");
    stage.days_pass(2);
    assert_eq!(read(&stage, "archived"), Value::Null);
    assert_eq!(read(&stage, "active")["Id"], "active");
    stage.days_pass(60);
    assert_eq!(read(&stage, "active"), Value::Null);
    assert_eq!(stage.0.finding_count(), 0);
}

#[test]
fn ret_02_a_control_finding_counts_from_its_own_update() {
    let stage = hub();
    let control =
        finding("f", json!({ "ProductArn": product_arn("aws/securityhub"), "UpdatedAt": "2025-11-01T00:00:00Z" }));
    assert!(as_product(&stage, &[control]).is_empty());
    stage.days_pass(10);
    assert_eq!(read(&stage, "f")["Id"], "f");
    stage.days_pass(10);
    assert_eq!(read(&stage, "f"), Value::Null);
}

#[test]
fn hub_16_hub_18_ret_06_a_dormant_hub_keeps_findings_and_hides_them() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    let findings = json!({ "Findings": [finding_of(MEMBER, "a", json!({})), finding_of(MEMBER, "r", json!({ "RecordState": "ARCHIVED" }))] });
    stage.good(MEMBER, BatchImportFindings, findings);
    let seen = |account: &str| {
        stage.call(account, GetFindings, json!({})).map(|answer| answer["Findings"].as_array().unwrap().len())
    };
    stage.good(MEMBER, securityhub_fixtures::Operation::DisableSecurityHub, json!({}));
    stage.member(MemberStatus::Enabled);
    assert_eq!(seen(ADMINISTRATOR), Ok(0));
    assert_eq!(seen(MEMBER).unwrap_err().0, 401);
    stage.days_pass(40);
    stage.good(MEMBER, securityhub_fixtures::Operation::EnableSecurityHub, json!({}));
    assert_eq!((seen(ADMINISTRATOR), seen(MEMBER)), (Ok(1), Ok(1)), "the archived one is gone");
}
