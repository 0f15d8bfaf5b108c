//! Tests of the delegated administrator with aws-sdk-securityhub, as the management account, the administrator, a
//! member, an account that was never added, and one that joins.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use aws_sdk_securityhub::error::ProvideErrorMetadata;
use securityhub_local::Emulator;
use securityhub_local_client_tests::{post, sdk, start};

const SCENARIO: &str = "delegated-admin.yaml";
const MANAGEMENT: &str = "999999999999";
const ADMINISTRATOR: &str = "111111111111";
/// A member from the start.
const SHOP: &str = "222222222222";
/// In the organization, but never added.
const WAREHOUSE: &str = "333333333333";
/// Joins during the test.
const PAYMENTS: &str = "444444444444";

async fn happens(emulator: &Emulator, action: &str) {
    let body =
        format!(r#"{{"Action": "{action}", "AccountId": "{PAYMENTS}", "Parent": "Workloads", "Name": "payments"}}"#);
    let body = if action == "join" { body } else { format!(r#"{{"Action": "{action}", "AccountId": "{PAYMENTS}"}}"#) };
    let endpoint = emulator.endpoint();
    tokio::task::spawn_blocking(move || post(&endpoint, "/_emulator/organization", &body)).await.unwrap();
}

/// Rules: ORG-07, ORG-10, ORG-30.
#[tokio::test]
async fn the_management_account_designates_the_administrator_but_cannot_configure() {
    let emulator = start(SCENARIO).await;
    for region in ["us-east-1", "eu-west-1"] {
        let management = sdk(&emulator, MANAGEMENT, region);
        let list = management.list_organization_admin_accounts().send().await.unwrap();
        assert_eq!(list.admin_accounts()[0].account_id(), Some(ADMINISTRATOR));
        let refused = management.describe_organization_configuration().send().await.unwrap_err();
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 401);
        let message = refused.message().unwrap();
        assert!(
            message.contains("is not subscribed") || message.contains("is not an administrator for this organization"),
            "{message}"
        );
        let member = sdk(&emulator, SHOP, region);
        let refused = member.list_organization_admin_accounts().send().await.unwrap_err();
        assert_eq!(refused.code(), Some("AccessDeniedException"));
        let configuration = sdk(&emulator, ADMINISTRATOR, region).describe_organization_configuration();
        let configuration = configuration.send().await.unwrap();
        assert_eq!(configuration.auto_enable(), Some(true));
        assert_eq!(configuration.auto_enable_standards().unwrap().as_str(), "DEFAULT");
    }
}

/// Rules: ORG-35, ORG-36, ROL-30.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_joins_is_enabled_automatically_and_leaves() {
    let emulator = start(SCENARIO).await;
    let administrator = sdk(&emulator, ADMINISTRATOR, "eu-west-1");
    let payments = sdk(&emulator, PAYMENTS, "eu-west-1");
    let warehouse = sdk(&emulator, WAREHOUSE, "eu-west-1");
    assert!(payments.describe_hub().send().await.unwrap_err().into_service_error().is_invalid_access_exception());
    happens(&emulator, "join").await;
    let enabled = payments.get_enabled_standards().send().await.unwrap();
    assert_eq!(enabled.standards_subscriptions().len(), 2, "the standards that AWS enables by default");
    let found = payments.get_administrator_account().send().await.unwrap().administrator.unwrap();
    assert_eq!(found.account_id(), Some(ADMINISTRATOR));
    let members = administrator.list_members().send().await.unwrap();
    let ids: Vec<&str> = members.members().iter().filter_map(|member| member.account_id()).collect();
    assert_eq!(ids, [SHOP, PAYMENTS], "{WAREHOUSE} was in the organization before and stays unchanged");
    assert!(warehouse.describe_hub().send().await.unwrap_err().into_service_error().is_invalid_access_exception());
    let refused = payments.disassociate_from_administrator_account().send().await.unwrap_err();
    assert!(refused.code().is_some(), "a member of the organization cannot leave");
    happens(&emulator, "leave").await;
    let all = administrator.list_members().only_associated(false).send().await.unwrap();
    let status = |id: &str| {
        all.members().iter().find(|member| member.account_id() == Some(id)).and_then(|member| member.member_status())
    };
    assert_eq!((status(SHOP), status(PAYMENTS)), (Some("Enabled"), Some("Deleted")));
    payments.describe_hub().send().await.unwrap();
    assert!(payments.get_administrator_account().send().await.unwrap().administrator.is_none());
}
