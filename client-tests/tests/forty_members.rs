//! Tests of the forty members with aws-sdk-securityhub, as their administrator and as two of them.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::error::ProvideErrorMetadata;
use securityhub_local_client_tests::{sdk, start};

const SCENARIO: &str = "forty-members.yaml";
const ADMINISTRATOR: &str = "111111111111";
/// An enabled member with findings.
const PAYMENTS: &str = "200000000001";
/// Invited, with its own hub.
const PARTNER: &str = "200000000036";

/// The number of members with each status, over all pages.
async fn statuses(administrator: &Client) -> BTreeMap<String, usize> {
    let mut pages = administrator.list_members().only_associated(false).max_results(7).into_paginator().send();
    let mut counts = BTreeMap::new();
    while let Some(page) = pages.next().await {
        for member in page.unwrap().members() {
            assert_eq!(member.administrator_id(), Some(ADMINISTRATOR));
            *counts.entry(member.member_status().unwrap().to_owned()).or_default() += 1;
        }
    }
    counts
}

fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(status, count)| ((*status).to_owned(), *count)).collect()
}

/// Rules: INV-14, INV-05, ROL-01.
#[tokio::test]
async fn the_administrator_lists_its_members_of_each_region() {
    let emulator = start(SCENARIO).await;
    let administrator = sdk(&emulator, ADMINISTRATOR, "us-east-1");
    assert_eq!(statuses(&administrator).await, counts(&[("Enabled", 35), ("Invited", 4), ("Resigned", 1)]));
    assert_eq!(administrator.list_members().send().await.unwrap().members().len(), 35, "the enabled members");
    let europe = sdk(&emulator, ADMINISTRATOR, "eu-west-1");
    assert_eq!(statuses(&europe).await, counts(&[("Enabled", 2), ("Invited", 1)]));
    let read = administrator.get_members().account_ids(PAYMENTS).account_ids("999999999999").send().await.unwrap();
    assert_eq!(read.members()[0].email(), Some("payments-prod@example.com"));
    let unprocessed = read.unprocessed_accounts()[0].processing_result().unwrap();
    assert!(unprocessed.ends_with("is not a member of the current account."), "{unprocessed}");
}

/// Rules: MST-12, MST-13, INV-30, ROL-30.
#[tokio::test]
async fn an_enabled_member_reads_its_administrator_and_leaves() {
    let emulator = start(SCENARIO).await;
    let administrator = sdk(&emulator, ADMINISTRATOR, "us-east-1");
    let member = sdk(&emulator, PAYMENTS, "us-east-1");
    let found = member.get_administrator_account().send().await.unwrap().administrator.unwrap();
    assert_eq!((found.account_id(), found.member_status()), (Some(ADMINISTRATOR), Some("Enabled")));
    assert!(member.list_members().send().await.unwrap().members().is_empty());
    let own = member.get_findings().max_results(100).send().await.unwrap().findings().len();
    let seen = |found: &[aws_sdk_securityhub::types::AwsSecurityFinding]| {
        found.iter().filter(|finding| finding.aws_account_id() == Some(PAYMENTS)).count()
    };
    let mut all = Vec::new();
    let mut pages = administrator.get_findings().into_paginator().send();
    while let Some(page) = pages.next().await {
        all.extend(page.unwrap().findings().to_vec());
    }
    assert!(own > 0 && seen(&all) == own, "{own}");
    let stays = member.disable_security_hub().send().await.unwrap_err().into_service_error();
    assert_eq!(stays.code(), Some("InvalidInputException"));
    member.disassociate_from_administrator_account().send().await.unwrap();
    let left = administrator.get_findings().max_results(100).send().await.unwrap();
    assert_eq!(seen(left.findings()), 0);
    assert_eq!(member.get_findings().max_results(100).send().await.unwrap().findings().len(), own);
    assert!(member.get_administrator_account().send().await.unwrap().administrator.is_none());
}

/// Rules: MST-08, MST-17, CLI-03.
#[tokio::test]
async fn an_invited_account_accepts_and_is_removed_again() {
    let emulator = start(SCENARIO).await;
    let administrator = sdk(&emulator, ADMINISTRATOR, "us-east-1");
    let partner = sdk(&emulator, PARTNER, "us-east-1");
    assert_eq!(partner.get_invitations_count().send().await.unwrap().invitations_count(), Some(1));
    let invitations = partner.list_invitations().send().await.unwrap();
    let [invitation] = invitations.invitations() else { panic!("one invitation") };
    let wrong = partner.accept_administrator_invitation().administrator_id(ADMINISTRATOR).invitation_id("0");
    let wrong = wrong.send().await.unwrap_err().into_service_error();
    assert!(wrong.is_invalid_input_exception() && wrong.message().unwrap().contains("no pending invitation"));
    let id = invitation.invitation_id().unwrap();
    partner.accept_administrator_invitation().administrator_id(ADMINISTRATOR).invitation_id(id).send().await.unwrap();
    assert_eq!(statuses(&administrator).await, counts(&[("Enabled", 36), ("Invited", 3), ("Resigned", 1)]));
    let deleted = administrator.delete_members().account_ids(PARTNER).send().await.unwrap();
    assert_eq!(deleted.unprocessed_accounts().len(), 1, "an enabled member is not deleted");
    administrator.disassociate_members().account_ids(PARTNER).send().await.unwrap();
    let deleted = administrator.delete_members().account_ids(PARTNER).send().await.unwrap();
    assert!(deleted.unprocessed_accounts().is_empty());
    assert_eq!(statuses(&administrator).await, counts(&[("Enabled", 35), ("Invited", 3), ("Resigned", 1)]));
    assert!(partner.list_invitations().send().await.unwrap().invitations().is_empty());
}
