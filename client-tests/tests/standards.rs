//! Tests of security standards with aws-sdk-securityhub: enabling a standard creates findings, fixing a resource makes
//! them pass, disabling the standard archives them, and AWS Config determines what is checked.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::types::{
    AwsSecurityFinding, AwsSecurityFindingFilters, AwsSecurityFindingIdentifier, ComplianceStatus,
    ControlFindingGenerator, NoteUpdate, RecordState, StandardsStatus, StandardsSubscriptionRequest, StatusReasonCode,
    StringFilter, StringFilterComparison, WorkflowStatus, WorkflowUpdate,
};
use securityhub_local::Emulator;
use securityhub_local_client_tests::{sdk, send, start};

const SECURITY: &str = "111111111111";
const PAYMENTS: &str = "222222222222";
const CIS: &str = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0";
const PCI: &str = "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1";

/// Calls the control plane.
async fn control(emulator: &Emulator, method: &'static str, path: &'static str, body: &str) {
    let (endpoint, body) = (emulator.endpoint(), body.to_owned());
    tokio::task::spawn_blocking(move || send(&endpoint, method, path, &body)).await.unwrap();
}

async fn days_pass(emulator: &Emulator, days: u8) {
    control(emulator, "POST", "/_emulator/clock", &format!(r#"{{"advance": "P{days}D"}}"#)).await;
}

async fn enable(client: &Client, standards: &[&str]) {
    let request = |arn: &&str| StandardsSubscriptionRequest::builder().standards_arn(*arn).build();
    let requests: Vec<_> = standards.iter().map(request).collect();
    let answer =
        client.batch_enable_standards().set_standards_subscription_requests(Some(requests)).send().await.unwrap();
    let statuses: BTreeSet<&str> =
        answer.standards_subscriptions().iter().map(|it| it.standards_status().unwrap().as_str()).collect();
    assert_eq!(statuses, BTreeSet::from(["PENDING"]));
}

fn equals(value: &str) -> StringFilter {
    StringFilter::builder().value(value).comparison(StringFilterComparison::Equals).build()
}

/// All findings that match a filter.
async fn findings(client: &Client, filters: AwsSecurityFindingFilters) -> Vec<AwsSecurityFinding> {
    let mut pages = client.get_findings().filters(filters).into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(finding) = pages.next().await {
        all.push(finding.unwrap());
    }
    all
}

/// The IDs of controls that the account sees as failed.
async fn failed(client: &Client) -> BTreeSet<String> {
    let filters =
        AwsSecurityFindingFilters::builder().compliance_status(equals("FAILED")).record_state(equals("ACTIVE")).build();
    findings(client, filters).await.iter().map(|it| security_control(it).to_owned()).collect()
}

fn security_control(finding: &AwsSecurityFinding) -> &str {
    finding.compliance().unwrap().security_control_id().unwrap()
}

/// The only finding of a control.
async fn of(client: &Client, control: &str) -> AwsSecurityFinding {
    let filters = AwsSecurityFindingFilters::builder().compliance_security_control_id(equals(control)).build();
    let [finding] = findings(client, filters).await.try_into().unwrap();
    finding
}

fn standards(finding: &AwsSecurityFinding) -> Vec<&str> {
    finding.compliance().unwrap().associated_standards().iter().filter_map(|it| it.standards_id()).collect()
}

fn compliance(finding: &AwsSecurityFinding) -> (ComplianceStatus, WorkflowStatus, RecordState) {
    let status = finding.compliance().unwrap().status().unwrap().clone();
    let workflow = finding.workflow().unwrap().status().unwrap().clone();
    (status, workflow, finding.record_state().unwrap().clone())
}

/// The bucket, with its failed controls.
fn bucket(fails: &str) -> String {
    format!(
        r#"{{"account": "{PAYMENTS}", "regions": ["us-east-1"], "type": "AwsS3Bucket", "id": "card-exports", "fails": {fails}}}"#
    )
}

/// Rules: FND-20, FND-21, CIS-11.
#[tokio::test(flavor = "multi_thread")]
async fn fixing_a_resource_makes_its_finding_pass_and_resolves_it() {
    let emulator = start("cis-and-pci.yaml").await;
    let payments = sdk(&emulator, PAYMENTS, "us-east-1");
    let security = sdk(&emulator, SECURITY, "us-east-1");
    assert_eq!(findings(&payments, AwsSecurityFindingFilters::builder().build()).await.len(), 0);
    enable(&payments, &[CIS, PCI]).await;
    let enabled = payments.get_enabled_standards().send().await.unwrap();
    assert!(enabled.standards_subscriptions().iter().all(|it| it.standards_status() == Some(&StandardsStatus::Ready)));
    let expected = ["CloudTrail.1", "EC2.13", "EC2.6", "IAM.5", "IAM.9", "S3.3", "S3.5"].map(str::to_owned);
    assert_eq!(failed(&payments).await, BTreeSet::from(expected.clone()));
    assert_eq!(failed(&security).await, BTreeSet::from(expected), "the administrator sees the failed controls");
    let ports = of(&payments, "EC2.13").await;
    assert_eq!(standards(&ports), ["ruleset/cis-aws-foundations-benchmark/v/1.2.0", "standards/pci-dss/v/3.2.1"]);

    let public = of(&security, "S3.3").await;
    assert_eq!(compliance(&public), (ComplianceStatus::Failed, WorkflowStatus::New, RecordState::Active));
    assert_eq!(public.resources()[0].id(), Some("arn:aws:s3:::card-exports"));
    let identifier = AwsSecurityFindingIdentifier::builder()
        .id(public.id().unwrap())
        .product_arn(public.product_arn().unwrap())
        .build();
    let updated = security
        .batch_update_findings()
        .finding_identifiers(identifier.clone())
        .workflow(WorkflowUpdate::builder().status(WorkflowStatus::Notified).build())
        .note(NoteUpdate::builder().text("To the team of payments").updated_by("security").build())
        .send();
    assert_eq!(updated.await.unwrap().processed_findings().len(), 1);
    control(&emulator, "PUT", "/_emulator/resources", &bucket("[]")).await;
    let public = of(&payments, "S3.3").await;
    assert_eq!(compliance(&public), (ComplianceStatus::Passed, WorkflowStatus::Resolved, RecordState::Active));
    assert_eq!(public.note().map(|note| note.text().unwrap()), Some("To the team of payments"));
    control(&emulator, "PUT", "/_emulator/resources", &bucket(r#"["S3.3"]"#)).await;
    let public = of(&payments, "S3.3").await;
    assert_eq!(compliance(&public), (ComplianceStatus::Failed, WorkflowStatus::New, RecordState::Active));
    let history = payments.get_finding_history().finding_identifier(identifier).send().await.unwrap();
    let sources: Vec<&str> =
        history.records().iter().map(|it| it.update_source().unwrap().r#type().unwrap().as_str()).collect();
    assert_eq!(
        sources,
        ["BATCH_IMPORT_FINDINGS", "BATCH_IMPORT_FINDINGS", "BATCH_UPDATE_FINDINGS", "BATCH_IMPORT_FINDINGS"],
        "broken again, corrected, noted, found"
    );
}

/// Rules: FND-50, FND-55, STD-43.
#[tokio::test(flavor = "multi_thread")]
async fn disabling_a_standard_archives_findings_that_no_other_standard_has() {
    let emulator = start("cis-and-pci.yaml").await;
    let payments = sdk(&emulator, PAYMENTS, "us-east-1");
    enable(&payments, &[CIS, PCI]).await;
    let subscription = "arn:aws:securityhub:us-east-1:222222222222:subscription/pci-dss/v/3.2.1";
    payments.batch_disable_standards().standards_subscription_arns(subscription).send().await.unwrap();
    assert_eq!(
        of(&payments, "S3.3").await.record_state(),
        Some(&RecordState::Active),
        "findings are archived after three days"
    );
    days_pass(&emulator, 4).await;
    assert_eq!(
        of(&payments, "S3.3").await.record_state(),
        Some(&RecordState::Archived),
        "only PCI DSS contains the control"
    );
    let ports = of(&payments, "EC2.13").await;
    assert_eq!(ports.record_state(), Some(&RecordState::Active));
    assert_eq!(standards(&ports), ["ruleset/cis-aws-foundations-benchmark/v/1.2.0"]);
    let expected = ["CloudTrail.1", "EC2.13", "EC2.6", "IAM.5", "IAM.9"].map(str::to_owned);
    assert_eq!(failed(&payments).await, BTreeSet::from(expected));
}

/// Rules: FND-51, FND-52.
#[tokio::test(flavor = "multi_thread")]
async fn the_administrator_can_generate_findings_per_standard() {
    let emulator = start("cis-and-pci.yaml").await;
    let payments = sdk(&emulator, PAYMENTS, "us-east-1");
    let security = sdk(&emulator, SECURITY, "us-east-1");
    enable(&payments, &[CIS, PCI]).await;
    let before = of(&payments, "EC2.13").await;
    let generator = ControlFindingGenerator::StandardControl;
    security.update_security_hub_configuration().control_finding_generator(generator).send().await.unwrap();
    let filters = AwsSecurityFindingFilters::builder()
        .compliance_security_control_id(equals("EC2.13"))
        .record_state(equals("ACTIVE"))
        .build();
    let each = findings(&payments, filters).await;
    let mut generators: Vec<&str> = each.iter().map(|it| it.generator_id().unwrap()).collect();
    generators.sort_unstable();
    let rule = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0/rule/4.1";
    assert_eq!(generators, [rule, "pci-dss/v/3.2.1/PCI.EC2.5"]);
    let filters = AwsSecurityFindingFilters::builder().id(equals(before.id().unwrap())).build();
    let [before] = findings(&payments, filters).await.try_into().unwrap();
    assert_eq!(before.record_state(), Some(&RecordState::Archived));
    let reason = before.product_fields().unwrap().get("ArchivalReasons:0/ReasonCode").map(String::as_str);
    assert_eq!(reason, Some("CONSOLIDATED_CONTROL_FINDINGS_UPDATE"));
}

/// Rules: FND-34, STD-61, RES-05.
#[tokio::test(flavor = "multi_thread")]
async fn controls_see_resources_after_the_recorder_is_turned_on() {
    let emulator = start("config-off.yaml").await;
    let off = sdk(&emulator, SECURITY, "us-west-2");
    let enabled = off.get_enabled_standards().send().await.unwrap();
    let subscription = &enabled.standards_subscriptions()[0];
    assert_eq!(subscription.standards_status(), Some(&StandardsStatus::Incomplete));
    let reason = subscription.standards_status_reason().unwrap().status_reason_code();
    assert_eq!(reason, Some(&StatusReasonCode::NoAvailableConfigurationRecorder));
    assert_eq!(reason_of(&of(&off, "Config.1").await), Some("CONFIG_RECORDER_DISABLED"));
    assert_eq!(failed(&off).await, BTreeSet::from(["Config.1".to_owned()]));
    let blind = of(&off, "S3.5").await;
    assert_eq!(compliance(&blind), (ComplianceStatus::Warning, WorkflowStatus::New, RecordState::Active));
    assert_eq!(blind.resources()[0].id(), Some("AWS::::Account:111111111111"));
    let body = r#"{"Account": "111111111111", "Regions": ["us-west-2"], "Recorder": "on"}"#;
    control(&emulator, "PUT", "/_emulator/config-recorder", body).await;
    let recorder = of(&off, "Config.1").await;
    assert_eq!(compliance(&recorder), (ComplianceStatus::Passed, WorkflowStatus::Resolved, RecordState::Active));
    assert_eq!(failed(&off).await, BTreeSet::from(["EC2.6".to_owned(), "S3.5".to_owned()]));
    days_pass(&emulator, 1).await;
    let enabled = off.get_enabled_standards().send().await.unwrap();
    assert_eq!(
        enabled.standards_subscriptions()[0].standards_status(),
        Some(&StandardsStatus::Ready),
        "the standard was retried"
    );
}

/// Rules: FND-35, FND-36.
#[tokio::test]
async fn resources_that_config_does_not_record_are_not_seen() {
    let emulator = start("config-off.yaml").await;
    let all = sdk(&emulator, SECURITY, "us-east-1");
    assert_eq!(failed(&all).await, BTreeSet::from(["EC2.6".to_owned(), "S3.5".to_owned()]));
    let some = sdk(&emulator, SECURITY, "eu-west-1");
    let recorder = of(&some, "Config.1").await;
    assert_eq!(reason_of(&recorder), Some("CONFIG_RECORDER_MISSING_REQUIRED_RESOURCE_TYPES"));
    assert_eq!(failed(&some).await, BTreeSet::from(["Config.1".to_owned(), "EC2.6".to_owned()]));
    assert_eq!(of(&some, "S3.5").await.compliance().unwrap().status(), Some(&ComplianceStatus::Warning));
    let role = sdk(&emulator, SECURITY, "eu-central-1");
    assert_eq!(reason_of(&of(&role, "Config.1").await), Some("CONFIG_RECORDER_CUSTOM_ROLE"));
    assert_eq!(failed(&role).await.len(), 3);
}

fn reason_of(finding: &AwsSecurityFinding) -> Option<&str> {
    finding.compliance()?.status_reasons().first()?.reason_code()
}
