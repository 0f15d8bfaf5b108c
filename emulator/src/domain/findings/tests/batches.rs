//! Batches: who may import, and what refuses the call or a single finding.

use securityhub_fixtures::Operation::BatchImportFindings;
use serde_json::{Value, json};

use super::{
    Endpoint, Importer, Sender, as_product, failure, failures_of_product, hub, import, product_arn, read, read_finding,
    stored, subscribe,
};
use crate::state::{MemberStatus, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding, finding_of};

fn denied(stage: &Stage, with: Value, resource: &str) {
    let input = json!({ "Findings": [finding("good", json!({})), finding("f", with)] });
    let message = stage.refused(ADMINISTRATOR, BatchImportFindings, input, 403, "AccessDeniedException");
    let expected = format!(
        "User: arn:aws:iam::{ADMINISTRATOR}:user/local is not authorized to perform: securityhub:BatchImportFindings \
         on resource: {resource}"
    );
    assert_eq!(message, expected);
    assert_eq!(stage.0.finding_count(), 0, "no finding of the batch is stored");
}

/// Rules: IMP-01, IMP-30, IMP-44.
#[test]
fn a_hub_accepts_findings_of_its_private_product() {
    let stage = hub();
    assert_eq!(stored(&stage, &finding("f", json!({})))["Id"], "f");
}

/// Rules: IMP-04, IMP-05.
#[test]
fn a_finding_of_another_account_refuses_the_call() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    let own = format!("arn:aws:securityhub:{REGION}:{ADMINISTRATOR}:product/{ADMINISTRATOR}/default");
    denied(&stage, json!({ "AwsAccountId": MEMBER }), &own);
}

/// Rules: IMP-06.
#[test]
fn a_product_of_another_region_refuses_the_call() {
    let arn = format!("arn:aws:securityhub:eu-west-1:{ADMINISTRATOR}:product/{ADMINISTRATOR}/default");
    denied(&hub(), json!({ "ProductArn": arn }), &arn);
}

/// Rules: IMP-08, IMP-10, IMP-11.
#[test]
fn a_product_that_the_caller_may_not_use_refuses_the_call() {
    for path in ["nobody/nothing", "aws/guardduty", "amazon/route-53-resolver-dns-firewall-aws-list"] {
        let arn = format!("arn:aws:securityhub:{REGION}::product/{path}");
        denied(&hub(), json!({ "ProductArn": arn }), &arn);
    }
    let arn = format!("arn:aws:securityhub:{REGION}:{MEMBER}:product/{MEMBER}/default");
    denied(&hub(), json!({ "ProductArn": arn }), &arn);
}

/// Rules: IMP-07, IMP-09.
#[test]
fn an_invalid_product_arn_is_quoted_in_the_message() {
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

/// Rules: IMP-21, IMP-25.
#[test]
fn a_call_without_a_list_of_findings_is_refused() {
    let stage = hub();
    let refusal = |input| stage.refused(ADMINISTRATOR, BatchImportFindings, input, 400, "InvalidInputException");
    assert_eq!(refusal(json!({})), "Invalid parameter 'Findings'. data should have required property 'Findings'");
    assert_eq!(
        refusal(json!({ "Findings": [] })),
        "Invalid parameter 'Findings'. Size '0' is less than minimum value: 1."
    );
    assert_eq!(
        refusal(json!({ "Findings": vec![finding("f", json!({})); 101] })),
        "Invalid parameter 'Findings'. Size '101' is greater than maximum value: 100."
    );
    assert_eq!(refusal(json!({ "Findings": [5] })), "Invalid parameter 'Findings'. data.Findings[0] should be object");
    assert!(refusal(json!({ "Findings": [finding("f", json!({ "Id": null }))] })).contains("required property 'Id'"));
    assert!(
        refusal(json!({ "Findings": [finding("f", json!({ "Id": 5 }))] }))
            .contains("data.Findings[0].Id should be string")
    );
}

/// Rules: IMP-23.
#[test]
fn a_disabled_hub_refuses_the_call() {
    let input = json!({ "Findings": [finding("f", json!({}))] });
    let message = Stage::empty().refused(ADMINISTRATOR, BatchImportFindings, input, 401, "InvalidAccessException");
    assert_eq!(message, "Account 111111111111 is not subscribed to AWS Security Hub");
}

/// Rules: IMP-31.
#[test]
fn valid_findings_of_a_batch_are_stored_and_failures_keep_their_order() {
    let stage = hub();
    let bad = |id| finding(id, json!({ "Title": null }));
    let answer = import(&stage, &[bad("b1"), finding("g1", json!({})), bad("b2"), finding("g2", json!({}))]);
    assert_eq!((&answer["FailedCount"], &answer["SuccessCount"]), (&json!(2), &json!(2)));
    let ids: Vec<_> = answer["FailedFindings"].as_array().unwrap().iter().map(|failed| &failed["Id"]).collect();
    assert_eq!(ids, ["b1", "b2"]);
    assert_eq!(read(&stage, "g2")["Id"], "g2");
}

/// Rules: IMP-33.
#[test]
fn a_product_needs_a_subscription() {
    let arn = product_arn("prowler/prowler");
    let (code, message) = failure(&hub(), &finding("f", json!({ "ProductArn": arn })));
    assert_eq!(code, "InvalidAccess");
    assert_eq!(message, format!("Account {ADMINISTRATOR} is not subscribed to product {}", arn.as_str().unwrap()));
}

/// Rules: IMP-34, IMP-35, IMP-37.
#[test]
fn the_sizes_of_batches_and_findings_are_limited() {
    let long = "x".repeat(32_768);
    let (_, message) = failure(&hub(), &finding("f", json!({ "Types": [long] })));
    assert_eq!(message, "The maximum size of an individual field should be less than 32768");
    let just = "x".repeat(32_767);
    stored(&hub(), &finding("f", json!({ "Types": [just] })));
    let (code, message) = failure(&hub(), &finding("f", json!({ "Types": vec![just; 8] })));
    assert_eq!((&*code, &*message), ("InvalidInput", "Finding size exceeded 240 KB"));
}

/// Rules: IMP-40.
#[test]
fn a_key_repeated_in_a_batch_creates_and_then_updates_the_finding() {
    let stage = hub();
    let later = finding("f", json!({ "UpdatedAt": "2026-01-11T08:00:00Z", "Title": "Later" }));
    let answer = import(&stage, &[finding("f", json!({})), later, finding("f", json!({ "Title": "Ignored" }))]);
    assert_eq!(answer["SuccessCount"], 3);
    assert_eq!((stage.0.finding_count(), &read(&stage, "f")["Title"]), (1, &json!("Later")));
}

/// Rules: IMP-41, REI-11.
#[test]
fn an_id_is_unique_only_within_its_product() {
    let stage = hub();
    import(&stage, &[finding("f", json!({}))]);
    let of_guardduty = finding("f", json!({ "ProductArn": product_arn("aws/guardduty") }));
    as_product(&stage, &[of_guardduty]);
    assert_eq!(stage.0.finding_count(), 2);
}

/// Rules: IMP-45.
#[test]
fn a_finding_that_was_read_can_be_imported_again() {
    let stage = hub();
    let mut read = stored(&stage, &finding("f", json!({ "Sample": true, "Confidence": 50 })));
    read["RecordState"] = json!("ARCHIVED");
    read["UpdatedAt"] = json!("2026-01-12T00:00:00Z");
    let again = stored(&stage, &read);
    assert_eq!(again["RecordState"], "ARCHIVED");
    read["ProcessedAt"] = again["ProcessedAt"].clone();
    assert_eq!(again, read, "nothing else has changed");
}

/// Rules: IMP-02, IMP-03, IMP-13.
#[test]
fn a_product_with_an_account_may_send_for_its_customers() {
    const CROWDSTRIKE: &str = "517716713836";
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER, CROWDSTRIKE]);
    for customer in [ADMINISTRATOR, MEMBER] {
        subscribe(&stage, customer, "crowdstrike/crowdstrike-falcon");
    }
    let arn = format!("arn:aws:securityhub:{REGION}:{CROWDSTRIKE}:product/crowdstrike/crowdstrike-falcon");
    let of = |account: &str| finding_of(account, account, json!({ "ProductArn": arn }));
    let own = finding_of(CROWDSTRIKE, "own", json!({}));
    let input = json!({ "Findings": [of(ADMINISTRATOR), of(MEMBER), own] });
    let answer = stage.good(CROWDSTRIKE, BatchImportFindings, input);
    assert_eq!((&answer["SuccessCount"], stage.0.finding_count()), (&json!(3), 3));
    let answer = import(&stage, &[of(ADMINISTRATOR)]);
    assert_eq!(answer["SuccessCount"], 1, "a customer may import its own findings");
    let input = json!({ "Findings": [of(MEMBER)] });
    stage.refused(ADMINISTRATOR, BatchImportFindings, input, 403, "AccessDeniedException");
}

/// Rules: IMP-32.
#[test]
fn all_violations_of_a_finding_are_reported_in_schema_order() {
    let wrong = finding(
        "f",
        json!({ "Title": null, "Types": null, "UpdatedAt": "now", "Resources": [{ "Type": 5, "Id": "" }], "Confidence": 101 }),
    );
    let (code, message) = failure(&hub(), &wrong);
    assert_eq!(code, "InvalidInput");
    assert_eq!(
        message,
        "Finding does not adhere to Amazon Finding Format. data should have required property 'Title', data should \
         have required property 'FindingProviderFields', data should match some schema in anyOf, data.UpdatedAt should \
         match format \"date-time\", data.Confidence should be <= 100, data.Resources[0].Type should be string, \
         data.Resources[0].Id should NOT be shorter than 1 characters."
    );
}

/// Rules: IMP-33, RET-08.
#[test]
fn the_owner_of_a_finding_needs_a_hub() {
    let of_guardduty = |account| finding_of(account, "f", json!({ "ProductArn": product_arn("aws/guardduty") }));
    let stage = hub();
    let failed = failures_of_product(&stage, &[of_guardduty(MEMBER), of_guardduty(ADMINISTRATOR)]);
    let [failed] = &failed[..] else { panic!("{failed:?}") };
    assert_eq!((failed.code, &*failed.id), ("InvalidAccess", "f"));
    assert_eq!(failed.message, format!("Account {MEMBER} is not subscribed to AWS Security Hub"));
    assert_eq!(stage.0.finding_count(), 1);
}

/// Rules: IMP-14.
#[test]
fn errors_that_the_model_does_not_declare_are_listed_in_the_table() {
    use securityhub_fixtures::{Operation, errors};
    for (operation, code, status) in [
        (BatchImportFindings, "AccessDeniedException", 403),
        (Operation::EnableImportFindingsForProduct, "ResourceNotFoundException", 404),
        (Operation::ListEnabledProductsForImport, "InvalidInputException", 400),
    ] {
        assert!(!operation.model().errors.contains(&code), "{code} is listed by {}", operation.name());
        assert!(errors::may_answer(Some(operation), code, status), "{code} of {}", operation.name());
    }
}

/// Rules: IMP-26.
#[test]
fn checks_that_refuse_the_whole_call_run_in_a_fixed_order() {
    let foreign = |count: usize| json!({ "Findings": vec![finding_of(MEMBER, "f", json!({})); count] });
    let off = Stage::empty();
    off.refused(ADMINISTRATOR, BatchImportFindings, foreign(101), 400, "InvalidInputException");
    off.refused(ADMINISTRATOR, BatchImportFindings, foreign(1), 401, "InvalidAccessException");
    hub().refused(ADMINISTRATOR, BatchImportFindings, foreign(1), 403, "AccessDeniedException");
}

/// The number of lookups grows with the accounts, not with accounts times batches.
#[test]
fn an_importer_looks_up_a_product_and_an_owner_once_for_all_batches() {
    let accounts: Vec<String> = (0..40).map(|number| format!("{}", 200_000_000_000_u64 + number)).collect();
    let names: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let stage = Stage::with_hubs(&names);
    let (directory, region) = (stage.0.directory(), Region::new(REGION));
    let endpoint = Endpoint { world: &stage.0, directory: &directory, region: &region, now: stage.0.clock.now() };
    let mut importer = Importer::new(&endpoint);
    let mut transaction = stage.0.write_findings();
    for batch in 0..5 {
        let texts: Vec<String> =
            names.iter().map(|account| finding_of(account, &format!("f{batch}"), json!({})).to_string()).collect();
        let sent: Vec<_> = texts.iter().map(|text| read_finding(text).unwrap()).collect();
        let outcome = importer.batch(&mut transaction, Sender::Product, &sent).unwrap();
        assert_eq!((outcome.success_count, outcome.failed), (40, Vec::new()));
        assert_eq!(importer.lookups(), 40, "after batch {batch}");
    }
    transaction.commit();
    assert_eq!(stage.0.finding_count(), 200);
}
