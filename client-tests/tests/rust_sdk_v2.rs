//! aws-sdk-securityhub calls each operation of the V2 half and of connectors that it supports, and parses the
//! responses.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::future::Future;

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_securityhub::primitives::DateTime;
use aws_sdk_securityhub::types::{
    AutomationRulesActionTypeV2, AutomationRulesActionV2, AutomationRulesFindingFieldsUpdateV2,
    AzureProviderConfiguration, AzureScopeConfiguration, AzureUpdateConfiguration, CompositeFilter, Criteria,
    CspmProviderConfiguration, CspmProviderUpdateConfiguration, ExportDestination, ExportOutput, ExportStatus,
    FeatureName, FindingsExportFormat, FindingsOutput, FindingsSelectableField, GroupByField, GroupByRule,
    JiraCloudProviderConfiguration, OcsfFindingFilters, OcsfStringField, OcsfStringFilter, ProviderConfiguration,
    ResourceGroupByField, ResourceGroupByRule, RuleStatusV2, S3ExportDestination, ScopeType, StringFilter,
    StringFilterComparison,
};
use securityhub_local::Emulator;
use securityhub_local_client_tests::sdk;

const NOBODY: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The parsed response of a call that must succeed.
async fn good<T, E, R>(call: impl Future<Output = Result<T, SdkError<E, R>>>) -> T
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
    SdkError<E, R>: std::error::Error,
{
    call.await.unwrap_or_else(|error| panic!("{}", DisplayErrorContext(error)))
}

/// Expects a call to fail with this error code.
async fn refused<T: std::fmt::Debug, E: ProvideErrorMetadata, R>(
    code: &str,
    call: impl Future<Output = Result<T, SdkError<E, R>>>,
) {
    match call.await {
        Err(error) => assert_eq!(error.code(), Some(code)),
        Ok(answer) => panic!("expected {code}, got {answer:?}"),
    }
}

/// An emulator with findings and one account, whose V2 hub is enabled.
async fn start() -> (Emulator, Client) {
    let text = "clock: { now: \"2026-01-15T09:00:00Z\", frozen: true }\nregions: [us-east-1]\nhubs: [{ account: \
                \"111111111111\", regions: all }]\nfindings: [{ generate: { product: inspector, count: 20 } }]\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.yaml");
    std::fs::write(&file, text).unwrap();
    let emulator = Emulator::builder().scenario(file).start().await.unwrap();
    let client = sdk(&emulator, "111111111111", "us-east-1");
    let arn = good(client.enable_security_hub_v2().send()).await.hub_v2_arn.unwrap();
    assert!(arn.contains(":hubv2/"), "{arn}");
    (emulator, client)
}

/// The `metadata.uid` of a finding.
async fn uid(client: &Client) -> String {
    let found = good(client.get_findings_v2().max_results(1).send()).await;
    let finding = found.findings()[0].as_object().unwrap();
    finding["metadata"].as_object().unwrap()["uid"].as_string().unwrap().to_owned()
}

/// Rules: HV2-04, HV2-05, FTR-01, PRV-01.
#[tokio::test]
async fn hubs_features_trials_and_products_are_parsed() {
    let (_emulator, client) = start().await;
    let name = FeatureName::NetworkScanning;
    good(client.enable_security_hub_feature_v2().feature_name(name.clone()).send()).await;
    let hub = good(client.describe_security_hub_v2().send()).await;
    assert_eq!(hub.features().unwrap().len(), 1);
    good(client.disable_security_hub_feature_v2().feature_name(name).send()).await;
    assert_eq!(good(client.list_free_trial_statuses_v2().send()).await.account_free_trial_statuses().len(), 1);
    assert!(!good(client.describe_products_v2().send()).await.products_v2().is_empty());
    good(client.disable_security_hub_v2().send()).await;
    refused("ResourceNotFoundException", client.describe_security_hub_v2().send()).await;
}

/// Rules: GFV-01, STV-01, TRV-01, BUV-05, RSV-01, RSV-08, TRV-04.
#[tokio::test]
async fn findings_and_resources_are_parsed() {
    let (_emulator, client) = start().await;
    let uid = uid(&client).await;
    let update = client.batch_update_findings_v2().metadata_uids(&uid).metadata_uids(NOBODY);
    let updated = good(update.status_id(2).comment("seen").send()).await;
    assert_eq!((updated.processed_findings().len(), updated.unprocessed_findings().len()), (1, 1));
    let rule = GroupByRule::builder().group_by_field(GroupByField::Severity).build();
    let counts = good(client.get_finding_statistics_v2().group_by_rules(rule).send()).await;
    assert!(!counts.group_by_results()[0].group_by_values().is_empty());
    let [from, to] = [1_767_225_600, 1_768_435_200].map(DateTime::from_secs);
    let trends = good(client.get_findings_trends_v2().start_time(from).end_time(to).send()).await;
    assert_eq!(trends.trends_metrics().len(), 14);
    let trends = good(client.get_resources_trends_v2().start_time(from).end_time(to).send()).await;
    assert_eq!(trends.trends_metrics().len(), 14);
    assert!(!good(client.get_resources_v2().send()).await.resources().is_empty());
    let rule = ResourceGroupByRule::builder().group_by_field(ResourceGroupByField::ResourceType).build();
    good(client.get_resources_statistics_v2().group_by_rules(rule).send()).await;
}

fn low() -> OcsfFindingFilters {
    let equals = StringFilter::builder().value("Low").comparison(StringFilterComparison::Equals).build();
    let severity = OcsfStringFilter::builder().field_name(OcsfStringField::Severity).filter(equals).build();
    OcsfFindingFilters::builder().composite_filters(CompositeFilter::builder().string_filters(severity).build()).build()
}

/// Rules: AGV-01, AGV-05, AGV-08, ARV-13, ARV-14.
#[tokio::test]
async fn aggregators_and_rules_are_parsed() {
    let (_emulator, client) = start().await;
    let linking = "SPECIFIED_REGIONS";
    let create = client.create_aggregator_v2().region_linking_mode(linking).linked_regions("eu-west-1");
    let arn = good(create.send()).await.aggregator_v2_arn.unwrap();
    assert_eq!(good(client.list_aggregators_v2().send()).await.aggregators_v2().len(), 1);
    let update = client.update_aggregator_v2().aggregator_v2_arn(&arn).region_linking_mode(linking);
    good(update.linked_regions("eu-west-1").send()).await;
    let read = good(client.get_aggregator_v2().aggregator_v2_arn(&arn).send()).await;
    assert_eq!(read.linked_regions(), ["eu-west-1"]);
    let action = AutomationRulesActionV2::builder()
        .r#type(AutomationRulesActionTypeV2::FindingFieldsUpdate)
        .finding_fields_update(AutomationRulesFindingFieldsUpdateV2::builder().status_id(3).build())
        .build();
    let create = client.create_automation_rule_v2().rule_name("low").description("d").rule_order(1.5);
    let created = good(create.criteria(Criteria::OcsfFindingCriteria(low())).actions(action).send()).await;
    let rule = created.rule_arn.unwrap();
    let read = good(client.get_automation_rule_v2().identifier(&rule).send()).await;
    assert_eq!((read.criteria(), read.rule_order()), (Some(&Criteria::OcsfFindingCriteria(low())), Some(1.5)));
    let update = client.update_automation_rule_v2().identifier(&rule).rule_status(RuleStatusV2::Disabled);
    good(update.send()).await;
    assert_eq!(good(client.list_automation_rules_v2().send()).await.rules().len(), 1);
    good(client.delete_automation_rule_v2().identifier(rule).send()).await;
    good(client.delete_aggregator_v2().aggregator_v2_arn(arn).send()).await;
}

/// Rules: CNV-01, CNV-07, CNV-08, TKV-04, CNC-01, CNC-04.
#[tokio::test]
async fn connectors_and_tickets_are_parsed() {
    let (_emulator, client) = start().await;
    let aggregator = client.create_aggregator_v2().region_linking_mode("SPECIFIED_REGIONS");
    good(aggregator.linked_regions("eu-west-1").send()).await;
    let jira = ProviderConfiguration::JiraCloud(JiraCloudProviderConfiguration::builder().project_key("SEC").build());
    let created = good(client.create_connector_v2().name("jira").provider(jira).send()).await;
    let (id, address) = (created.connector_id.unwrap(), created.auth_url.unwrap());
    let state = address.split(['?', '&']).find_map(|part| part.strip_prefix("state=")).unwrap();
    good(client.register_connector_v2().auth_code("code").auth_state(state).send()).await;
    assert!(good(client.get_connector_v2().connector_id(&id).send()).await.provider_detail().unwrap().is_jira_cloud());
    assert_eq!(good(client.list_connectors_v2().send()).await.connectors().len(), 1);
    good(client.update_connector_v2().connector_id(&id).description("d").send()).await;
    let ticket = client.create_ticket_v2().connector_id(&id).finding_metadata_uid(uid(&client).await);
    assert!(good(ticket.send()).await.ticket_id().is_some());
    good(client.delete_connector_v2().connector_id(id).send()).await;

    let scope = AzureScopeConfiguration::builder().scope_type(ScopeType::Tenant).build();
    let azure = AzureProviderConfiguration::builder()
        .aws_config_connector_arn("arn:aws:config:us-east-1:111111111111:connector/a")
        .scope_configuration(scope.clone())
        .azure_regions("eastus")
        .build();
    let create = client.create_connector().name("cloud").provider(CspmProviderConfiguration::Azure(azure));
    let id = good(create.send()).await.connector_id.unwrap();
    assert!(good(client.get_connector().connector_id(&id).send()).await.created_at().is_some());
    assert_eq!(good(client.list_connectors().send()).await.connectors().len(), 1);
    let azure = AzureUpdateConfiguration::builder().scope_configuration(scope).azure_regions("westus").build();
    let update = client.update_connector().connector_id(&id);
    good(update.provider(CspmProviderUpdateConfiguration::Azure(azure)).send()).await;
    good(client.delete_connector().connector_id(id).send()).await;
}

/// Rules: EXV-01, EXV-05, EXV-06, EXV-07.
#[tokio::test]
async fn export_jobs_are_parsed() {
    let (_emulator, client) = start().await;
    let destination = S3ExportDestination::builder()
        .bucket_arn("arn:aws:s3:::exports")
        .kms_key_arn("arn:aws:kms:us-east-1:111111111111:key/1")
        .build();
    let output = FindingsOutput::builder()
        .format(FindingsExportFormat::Csv)
        .selected_fields(FindingsSelectableField::Severity)
        .build();
    let start = client.start_export_job_v2().destination(ExportDestination::S3(destination));
    let id = good(start.output_configuration(ExportOutput::Findings(output)).send()).await.export_job_id.unwrap();
    let job = good(client.get_export_job_v2().export_job_id(&id).send()).await;
    assert_eq!((job.status(), job.ended_at().is_some()), (Some(&ExportStatus::Succeeded), true));
    assert_eq!(good(client.list_export_jobs_v2().send()).await.items().len(), 1);
    refused("ConflictException", client.cancel_export_job_v2().export_job_id(id).send()).await;
}

/// Rules: CLN-05.
#[tokio::test]
async fn policies_and_remediations_that_do_not_exist_are_refused() {
    let (_emulator, client) = start().await;
    let missing = "ResourceNotFoundException";
    refused(missing, client.generate_recommended_policy_v2().metadata_uid(NOBODY).send()).await;
    refused(missing, client.get_recommended_policy_v2().metadata_uid(NOBODY).send()).await;
    refused(missing, client.get_remediations_v2().target_uid("none").send()).await;
    refused(missing, client.list_exposures_by_remediation_v2().target_uid("none").send()).await;
}
