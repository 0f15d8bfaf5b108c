//! Tests of central configuration with aws-sdk-securityhub, as the administrator, governed accounts and self-managed
//! accounts.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::error::ProvideErrorMetadata;
use aws_sdk_securityhub::types::{AssociationStatus, StandardsSubscriptionRequest, Target};
use securityhub_local_client_tests::{sdk, start};

const SCENARIO: &str = "central-configuration.yaml";
const ADMINISTRATOR: &str = "111111111111";
const SHOP: &str = "222222222222";
const WAREHOUSE: &str = "333333333333";
const LAB: &str = "444444444444";
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];
const GOVERNED: &str = "This account is currently associated with a central configuration policy, so only the \
                        administrator can access this operation.";

/// The last parts of the ARNs of a hub's standards.
async fn standards(client: &Client) -> Vec<String> {
    let enabled = client.get_enabled_standards().send().await.unwrap();
    let name = |arn: &str| arn.rsplit("standards/").next().unwrap().to_owned();
    let mut names: Vec<String> =
        enabled.standards_subscriptions().iter().map(|it| name(it.standards_arn().unwrap())).collect();
    names.sort();
    names
}

async fn status(client: &Client, control: &str) -> AssociationStatus {
    let list = client.list_standards_control_associations().security_control_id(control).send().await.unwrap();
    list.standards_control_association_summaries()[0].association_status().unwrap().clone()
}

/// Rules: CCF-29, CCF-36.
#[tokio::test]
async fn the_administrator_lists_associations_and_their_status() {
    let emulator = start(SCENARIO).await;
    let administrator = sdk(&emulator, ADMINISTRATOR, "us-east-1");
    let policies = administrator.list_configuration_policies().send().await.unwrap();
    let names: BTreeMap<&str, &str> =
        policies.configuration_policy_summaries().iter().map(|it| (it.id().unwrap(), it.name().unwrap())).collect();
    assert_eq!(names.len(), 2);
    let mut pages =
        administrator.list_configuration_policy_associations().max_results(3).into_paginator().items().send();
    let mut rows = BTreeMap::new();
    while let Some(row) = pages.next().await {
        let row = row.unwrap();
        let id = row.configuration_policy_id().unwrap();
        let (kind, status) = (row.association_type().unwrap().as_str(), row.association_status().unwrap().as_str());
        let what = format!("{} {kind} {status}", names.get(id).unwrap_or(&id));
        rows.insert(row.target_id().unwrap().to_owned(), what);
    }
    assert_eq!(rows.len(), 9, "the root, three units and five accounts: {rows:?}");
    assert_eq!(rows["r-a1b2"], "SELF_MANAGED_SECURITY_HUB APPLIED FAILED");
    assert_eq!(rows[ADMINISTRATOR], "SELF_MANAGED_SECURITY_HUB INHERITED SUCCESS");
    assert_eq!(rows[SHOP], "baseline INHERITED SUCCESS");
    assert_eq!(rows[WAREHOUSE], "baseline INHERITED FAILED");
    assert_eq!(rows[LAB], "closed INHERITED SUCCESS");
    let target = Target::AccountId(WAREHOUSE.to_owned());
    let read = administrator.get_configuration_policy_association().target(target).send().await.unwrap();
    assert_eq!(read.association_status_message(), Some("AWS Config does not record in eu-west-1."));
}

/// Rules: CCF-40, CCF-41, ROL-21, ROL-22.
#[tokio::test]
async fn a_governed_account_has_the_settings_of_its_policy_and_cannot_change_them() {
    let emulator = start(SCENARIO).await;
    for region in REGIONS {
        let shop = sdk(&emulator, SHOP, region);
        let expected = ["aws-foundational-security-best-practices/v/1.0.0", "cis-aws-foundations-benchmark/v/1.4.0"];
        assert_eq!(standards(&shop).await, expected);
        assert_eq!(status(&shop, "S3.9").await, AssociationStatus::Disabled);
        assert_eq!(status(&shop, "S3.8").await, AssociationStatus::Enabled);
        let is_home = region == "us-east-1";
        assert_eq!(
            status(&shop, "IAM.9").await == AssociationStatus::Enabled,
            is_home,
            "IAM is checked only in the home Region"
        );
        let controls = shop.batch_get_security_controls().security_control_ids("ACM.1").send().await.unwrap();
        let parameters = controls.security_controls()[0].parameters().unwrap();
        let days = parameters["daysToExpiration"].value().unwrap().as_integer().unwrap();
        assert_eq!(*days, 45);
        let refused = shop.disable_security_hub().send().await.unwrap_err();
        assert_eq!((refused.code(), refused.message()), (Some("AccessDeniedException"), Some(GOVERNED)));
        let pci = format!("arn:aws:securityhub:{region}::standards/pci-dss/v/3.2.1");
        let request = StandardsSubscriptionRequest::builder().standards_arn(pci).build();
        let refused = shop.batch_enable_standards().standards_subscription_requests(request).send().await.unwrap_err();
        assert_eq!(refused.message(), Some(GOVERNED));
        let administrator = shop.get_administrator_account().send().await.unwrap().administrator.unwrap();
        assert_eq!(administrator.account_id(), Some(ADMINISTRATOR));
        let refused = sdk(&emulator, LAB, region).describe_hub().send().await.unwrap_err();
        assert!(
            refused.message().unwrap().contains("is not subscribed to AWS Security Hub"),
            "the policy of the account disabled its hub"
        );
    }
}

/// Rules: CCF-11, CCF-12, CCF-44.
#[tokio::test]
async fn a_self_managed_account_can_change_its_settings_but_no_policies() {
    let emulator = start(SCENARIO).await;
    let administrator = sdk(&emulator, ADMINISTRATOR, "us-east-1");
    let target = || Target::AccountId(SHOP.to_owned());
    administrator
        .start_configuration_policy_association()
        .configuration_policy_identifier("SELF_MANAGED_SECURITY_HUB")
        .target(target())
        .send()
        .await
        .unwrap();
    let shop = sdk(&emulator, SHOP, "eu-west-1");
    assert_eq!(standards(&shop).await.len(), 2, "settings remain");
    shop.update_security_hub_configuration().auto_enable_controls(false).send().await.unwrap();
    let elsewhere = sdk(&emulator, ADMINISTRATOR, "eu-west-1");
    for (outsider, expected) in [
        (&shop, "Must be a Security Hub delegated administrator with Central Configuration enabled"),
        (&elsewhere, "Central Configuration APIs can only be called from the aggregation region"),
    ] {
        let refused = outsider.list_configuration_policies().send().await.unwrap_err();
        assert_eq!((refused.code(), refused.message()), (Some("AccessDeniedException"), Some(expected)));
    }
    administrator
        .start_configuration_policy_disassociation()
        .configuration_policy_identifier("SELF_MANAGED_SECURITY_HUB")
        .target(target())
        .send()
        .await
        .unwrap();
    let refused = shop.update_security_hub_configuration().auto_enable_controls(true).send().await.unwrap_err();
    assert_eq!(refused.message(), Some(GOVERNED), "the account inherits the policy of its unit again");
}
