//! Tests of `scenarios/prevent-tamper.yaml` with `aws-sdk-securityhub` and `aws-sdk-sts`, as a member, as the exempt
//! role, and as the management account.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use aws_credential_types::Credentials;
use aws_sdk_securityhub::config::Region;
use aws_sdk_securityhub::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_securityhub::{Client, Config};
use securityhub_local::Emulator;
use securityhub_local_client_tests::repository;

const MEMBER: &str = "222222222222";
const MANAGEMENT: &str = "999999999999";

async fn emulator() -> Emulator {
    Emulator::builder().scenario(repository().join("scenarios/prevent-tamper.yaml")).start().await.unwrap()
}

fn keys(account: &str) -> Credentials {
    Credentials::new(account, "x", None, None, "test")
}

fn client(emulator: &Emulator, keys: Credentials) -> Client {
    let config = Config::builder()
        .behavior_version_latest()
        .endpoint_url(emulator.endpoint())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .credentials_provider(keys);
    Client::from_conf(config.build())
}

/// The keys of a role's session in the member's account, optionally with a session policy.
async fn session(emulator: &Emulator, role: &str, policy: Option<&str>) -> Credentials {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version_latest()
        .endpoint_url(emulator.endpoint())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .credentials_provider(keys(MEMBER));
    let assume = aws_sdk_sts::Client::from_conf(config.build())
        .assume_role()
        .role_arn(format!("arn:aws:iam::{MEMBER}:role/{role}"))
        .role_session_name("incident-42")
        .set_policy(policy.map(str::to_owned));
    let keys = assume.send().await.unwrap().credentials.unwrap();
    Credentials::new(keys.access_key_id, keys.secret_access_key, Some(keys.session_token), None, "test")
}

/// The message of an AccessDeniedException; `None` if the call was authorized, even if it failed.
fn denied<T, E: ProvideErrorMetadata>(answer: Result<T, SdkError<E>>) -> Option<String> {
    let error = answer.err()?;
    let refused = error.as_service_error().expect("the service answers");
    (refused.code() == Some("AccessDeniedException")).then(|| refused.message().unwrap().to_owned())
}

/// Calls all actions that the policy denies: the name of each action, and its error message.
async fn tamper(client: &Client) -> Vec<(&'static str, Option<String>)> {
    let rule = "arn:aws:securityhub:us-east-1:222222222222:control/cis-aws-foundations-benchmark/v/1.2.0/1.1";
    let subscription = "arn:aws:securityhub:us-east-1:222222222222:subscription/cis-aws-foundations-benchmark/v/1.2.0";
    vec![
        ("DeleteMembers", denied(client.delete_members().account_ids("333333333333").send().await)),
        ("DisassociateMembers", denied(client.disassociate_members().account_ids("333333333333").send().await)),
        ("DisassociateFromAdministratorAccount", denied(client.disassociate_from_administrator_account().send().await)),
        #[allow(deprecated, reason = "programs still call it")]
        ("DisassociateFromMasterAccount", denied(client.disassociate_from_master_account().send().await)),
        ("DeleteInvitations", denied(client.delete_invitations().account_ids("111111111111").send().await)),
        (
            "BatchDisableStandards",
            denied(client.batch_disable_standards().standards_subscription_arns(subscription).send().await),
        ),
        ("UpdateStandardsControl", denied(client.update_standards_control().standards_control_arn(rule).send().await)),
        ("DisableSecurityHub", denied(client.disable_security_hub().send().await)),
    ]
}

/// Rules: DEN-04, IAM-11, ERR-19.
#[tokio::test]
async fn a_member_cannot_tamper() {
    let emulator = emulator().await;
    let member = client(&emulator, keys(MEMBER));
    for (action, denial) in tamper(&member).await {
        assert_eq!(
            denial.as_deref(),
            Some(&*format!(
                "User: arn:aws:iam::222222222222:user/local is not authorized to perform: securityhub:{action} on resource: \
                 arn:aws:securityhub:us-east-1:222222222222:hub/default with an explicit deny in a service control policy"
            ))
        );
    }
    assert!(!member.get_findings().send().await.unwrap().findings().is_empty(), "the member can still read findings");
    assert!(member.describe_hub().send().await.is_ok(), "the hub of the member is enabled");
}

/// Rules: IAM-11, IAM-12.
#[tokio::test]
async fn the_break_glass_role_can_unless_its_session_policy_denies() {
    let emulator = emulator().await;
    let only_reads = r#"{"Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "securityhub:Get*", "Resource": "*"}}"#;
    let reader = client(&emulator, session(&emulator, "BreakGlass", Some(only_reads)).await);
    let denial = denied(reader.disable_security_hub().send().await).unwrap();
    assert_eq!(
        denial,
        "User: arn:aws:sts::222222222222:assumed-role/BreakGlass/incident-42 is not authorized to perform: \
         securityhub:DisableSecurityHub on resource: arn:aws:securityhub:us-east-1:222222222222:hub/default because no \
         session policy allows the securityhub:DisableSecurityHub action"
    );
    let other = client(&emulator, session(&emulator, "Administrator", None).await);
    assert!(denied(other.disable_security_hub().send().await).unwrap().contains("service control policy"));
    let break_glass = client(&emulator, session(&emulator, "BreakGlass", None).await);
    for (action, denial) in tamper(&break_glass).await {
        assert!(denial.is_none_or(|denial| !denial.contains("policy")), "{action}");
    }
}

/// Rules: IAM-11.
#[tokio::test]
async fn the_management_account_is_exempt() {
    let emulator = emulator().await;
    let management = client(&emulator, keys(MANAGEMENT));
    for (action, denial) in tamper(&management).await {
        assert!(denial.is_none_or(|denial| !denial.contains("policy")), "{action}");
    }
    let off = management.describe_hub().send().await.unwrap_err().into_service_error();
    assert!(off.is_invalid_access_exception(), "the management account has disabled its hub");
}
