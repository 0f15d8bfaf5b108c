//! Operations of invited accounts and members.

use securityhub_fixtures::Operation::{
    AcceptAdministratorInvitation, AcceptInvitation, DeclineInvitations, DeleteInvitations, DeleteMembers,
    DisableSecurityHub, DisassociateFromAdministratorAccount, DisassociateFromMasterAccount, DisassociateMembers,
    EnableSecurityHub, GetFindings, GetInvitationsCount, GetMasterAccount, InviteMembers, ListMembers,
};
use serde_json::{Value, json};

use super::*;
use crate::testing::finding_of;

fn count(stage: &Stage, account: &str) -> Value {
    stage.good(account, GetInvitationsCount, json!({}))["InvitationsCount"].clone()
}

/// The message of a refused acceptance.
fn not_accepted(stage: &Stage, account: &str, administrator: &str, invitation_id: &str) -> String {
    let input = json!({ "AdministratorId": administrator, "InvitationId": invitation_id });
    stage.refused(account, AcceptAdministratorInvitation, input, 400, "InvalidInputException")
}

const NO_INVITATION: &str = "The request is rejected because the current account has no pending invitation from the \
                             given master account ID or is already an associated member of another master account.";

/// Rules: MST-08, INV-21, INV-22, INV-30, ARN-07.
#[test]
fn an_account_that_accepts_becomes_a_member_and_keeps_the_invitation() {
    let stage = stage();
    invite(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(count(&stage, MEMBER), 1);
    let invitation = invitation_id(&stage, ADMINISTRATOR, MEMBER);
    assert!(invitation.len() == 32 && invitation.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f')));
    stage.days_pass(1);
    accept(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Enabled"));
    assert_eq!(members(&stage, ADMINISTRATOR)[0]["UpdatedAt"], stage.now());
    assert_eq!(count(&stage, MEMBER), 0);
    let expected = json!({
        "AccountId": ADMINISTRATOR,
        "InvitationId": invitation,
        "InvitedAt": "2026-01-15T09:00:00.000Z",
        "MemberStatus": "Enabled",
    });
    assert_eq!(invitations(&stage, MEMBER), std::slice::from_ref(&expected));
    assert_eq!(stage.good(MEMBER, GetAdministratorAccount, json!({})), json!({ "Administrator": expected }));
    assert_eq!(stage.good(MEMBER, GetMasterAccount, json!({})), json!({ "Master": expected }));
    assert_eq!(stage.good(OTHER, GetAdministratorAccount, json!({})), json!({}));
    assert_eq!(stage.good(ADMINISTRATOR, GetMasterAccount, json!({})), json!({}));
}

/// Rules: INV-23, INV-32.
#[test]
fn operations_with_older_names_behave_the_same() {
    let stage = stage();
    invite(&stage, ADMINISTRATOR, MEMBER);
    let id = invitation_id(&stage, ADMINISTRATOR, MEMBER);
    let wrong = json!({ "AdministratorId": ADMINISTRATOR, "InvitationId": id });
    stage.refused(MEMBER, AcceptInvitation, wrong, 400, "InvalidInputException");
    let input = json!({ "MasterId": ADMINISTRATOR, "InvitationId": id });
    assert_eq!(stage.good(MEMBER, AcceptInvitation, input), json!({}));
    assert_eq!(administrator(&stage, MEMBER), Some((ADMINISTRATOR.to_owned(), "Enabled".to_owned())));
    assert_eq!(stage.good(MEMBER, DisassociateFromMasterAccount, json!({})), json!({}));
    accept(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(stage.good(MEMBER, DisassociateFromAdministratorAccount, json!({})), json!({}));
    assert_eq!(administrator(&stage, MEMBER), None);
}

/// Rules: MST-09, MST-10, INV-28, INV-29.
#[test]
fn a_declined_invitation_stays_until_it_is_deleted() {
    let stage = stage();
    invite(&stage, ADMINISTRATOR, MEMBER);
    let invitation = invitation_id(&stage, ADMINISTRATOR, MEMBER);
    none_unprocessed(&stage.good(MEMBER, DeclineInvitations, ids(&[ADMINISTRATOR])));
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Resigned"));
    assert_eq!(
        (count(&stage, MEMBER), &invitations(&stage, MEMBER)[0]["MemberStatus"]),
        (json!(0), &json!("Resigned"))
    );
    assert_eq!(not_accepted(&stage, MEMBER, ADMINISTRATOR, &invitation), NO_INVITATION, "the invitation was declined");
    let again = stage.good(MEMBER, DeclineInvitations, ids(&[ADMINISTRATOR]));
    assert_eq!(sentence(&again, ADMINISTRATOR), NO_INVITATION, "the invitation was declined before");
    none_unprocessed(&stage.good(MEMBER, DeleteInvitations, ids(&[ADMINISTRATOR])));
    assert_eq!((invitations(&stage, MEMBER), status(&stage, ADMINISTRATOR, MEMBER)), (vec![], is("Resigned")));
}

/// Rules: MST-11, MST-13.
#[test]
fn a_member_that_left_can_accept_again() {
    let stage = related();
    stage.days_pass(1);
    stage.good(MEMBER, DisassociateFromAdministratorAccount, json!({}));
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Resigned"));
    assert_eq!(members(&stage, ADMINISTRATOR)[0]["UpdatedAt"], stage.now());
    assert_eq!(administrator(&stage, MEMBER), None);
    assert_eq!(invitations(&stage, MEMBER)[0]["MemberStatus"], "Resigned");
    accept(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Enabled"));
    stage.good(MEMBER, DisassociateFromAdministratorAccount, json!({}));
    let id = invitation_id(&stage, ADMINISTRATOR, MEMBER);
    none_unprocessed(&stage.good(MEMBER, DeleteInvitations, ids(&[ADMINISTRATOR])));
    assert_eq!(not_accepted(&stage, MEMBER, ADMINISTRATOR, &id), NO_INVITATION);
}

/// Rules: UPR-13, UPR-14, INV-29.
#[test]
fn pending_invitations_cannot_be_deleted_and_answered_ones_cannot_be_declined() {
    let stage = stage();
    invite(&stage, ADMINISTRATOR, MEMBER);
    let live = "The request is rejected because the current account cannot delete the invitation from the given \
                master account ID since it is still associated to it or has not declined their invitation yet.";
    let delete = || sentence(&stage.good(MEMBER, DeleteInvitations, ids(&[ADMINISTRATOR])), ADMINISTRATOR);
    let decline = |sender| sentence(&stage.good(MEMBER, DeclineInvitations, ids(&[sender])), sender);
    assert_eq!(delete(), live);
    assert_eq!(decline(OTHER), NO_INVITATION);
    accept(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!((delete().as_str(), decline(ADMINISTRATOR).as_str()), (live, NO_INVITATION));
    stage.good(MEMBER, DisassociateFromAdministratorAccount, json!({}));
    assert_eq!(decline(ADMINISTRATOR), NO_INVITATION);
    none_unprocessed(&stage.good(MEMBER, DeleteInvitations, ids(&[ADMINISTRATOR])));
    assert_eq!(delete(), NO_INVITATION);
}

/// Rules: INV-11, INV-25.
#[test]
fn only_one_of_two_invitations_can_be_accepted() {
    let stage = stage();
    invite(&stage, ADMINISTRATOR, MEMBER);
    stage.days_pass(1);
    invite(&stage, OTHER, MEMBER);
    assert_eq!(count(&stage, MEMBER), 2);
    accept(&stage, OTHER, MEMBER);
    assert_eq!((count(&stage, MEMBER), status(&stage, ADMINISTRATOR, MEMBER)), (json!(1), is("Invited")));
    for sender in [ADMINISTRATOR, OTHER] {
        let id = invitation_id(&stage, sender, MEMBER);
        assert_eq!(
            not_accepted(&stage, MEMBER, sender, &id),
            "The request is rejected because the current account cannot accept invitations since it is already an \
             associated member of some master account."
        );
    }
}

/// Rules: INV-21, CLI-03, CLI-07.
#[test]
fn invitations_are_listed_once_per_sender_with_the_newest_last() {
    let stage = stage();
    for sender in [UNRELATED, OTHER, ADMINISTRATOR] {
        invite(&stage, sender, MEMBER);
        stage.days_pass(1);
    }
    let senders = |stage: &Stage| {
        invitations(stage, MEMBER).iter().map(|row| row["AccountId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(senders(&stage), [UNRELATED, OTHER, ADMINISTRATOR]);
    let first = stage.good(MEMBER, ListInvitations, json!({ "MaxResults": 2 }));
    let rest = stage.good(MEMBER, ListInvitations, json!({ "NextToken": first["NextToken"] }));
    assert_eq!((&rest["Invitations"][0]["AccountId"], rest.get("NextToken")), (&json!(ADMINISTRATOR), None));
    stage.refused(OTHER, ListInvitations, json!({ "NextToken": first["NextToken"] }), 400, "InvalidInputException");
    stage.refused(MEMBER, ListInvitations, json!({ "MaxResults": 51 }), 400, "InvalidInputException");
    stage.good(MEMBER, DeclineInvitations, ids(&[UNRELATED]));
    stage.good(UNRELATED, InviteMembers, ids(&[MEMBER]));
    assert_eq!(senders(&stage), [OTHER, ADMINISTRATOR, UNRELATED]);
}

/// Rules: INV-24.
#[test]
fn only_the_current_invitation_id_can_be_accepted() {
    let stage = stage();
    create(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(not_accepted(&stage, MEMBER, ADMINISTRATOR, "0"), NO_INVITATION);
    stage.good(ADMINISTRATOR, InviteMembers, ids(&[MEMBER]));
    let id = invitation_id(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(not_accepted(&stage, MEMBER, ADMINISTRATOR, "0"), NO_INVITATION);
    assert_eq!(not_accepted(&stage, MEMBER, OTHER, &id), NO_INVITATION);
    assert_eq!(not_accepted(&stage, OTHER, ADMINISTRATOR, &id), NO_INVITATION);
    assert!(not_accepted(&stage, MEMBER, "x", &id).contains("invalid or out-of-range value"));
    stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER]));
    assert_eq!(not_accepted(&stage, MEMBER, ADMINISTRATOR, &id), NO_INVITATION);
    stage.good(ADMINISTRATOR, DeleteMembers, ids(&[MEMBER]));
    assert_eq!(not_accepted(&stage, MEMBER, ADMINISTRATOR, &id), NO_INVITATION);
}

/// Rules: INV-26, INV-12.
#[test]
fn an_account_with_members_cannot_accept_an_invitation() {
    let stage = stage();
    invite(&stage, ADMINISTRATOR, MEMBER);
    let id = invitation_id(&stage, ADMINISTRATOR, MEMBER);
    let message = "The request is rejected because the current account cannot accept invitations since it still has \
                created, invited or associated members.";
    create(&stage, MEMBER, OTHER);
    assert_eq!(not_accepted(&stage, MEMBER, ADMINISTRATOR, &id), message);
    stage.good(MEMBER, InviteMembers, ids(&[OTHER]));
    assert_eq!(not_accepted(&stage, MEMBER, ADMINISTRATOR, &id), message);
    accept(&stage, MEMBER, OTHER);
    assert_eq!(not_accepted(&stage, MEMBER, ADMINISTRATOR, &id), message);
    stage.good(MEMBER, DisassociateMembers, ids(&[OTHER]));
    accept(&stage, ADMINISTRATOR, MEMBER);
}

/// Rules: INV-27.
#[test]
fn invitations_of_an_administrator_that_became_a_member_cannot_be_accepted() {
    let stage = stage();
    enable(&stage, OTHER, MEMBER);
    stage.good(MEMBER, DisassociateFromAdministratorAccount, json!({}));
    enable(&stage, ADMINISTRATOR, OTHER);
    let id = invitation_id(&stage, OTHER, MEMBER);
    assert_eq!(
        not_accepted(&stage, MEMBER, OTHER, &id),
        "The request is rejected because the current account cannot accept invitation from the given account ID since \
         the latter is an associated member of another master account."
    );
}

/// Rules: INV-31.
#[test]
fn an_account_without_an_administrator_cannot_disassociate() {
    let stage = stage();
    for operation in [DisassociateFromAdministratorAccount, DisassociateFromMasterAccount] {
        assert_eq!(
            stage.refused(MEMBER, operation, json!({}), 404, "ResourceNotFoundException"),
            "The request is rejected because the current account is not associated to a master account."
        );
    }
}

/// Rules: INV-34.
#[test]
fn an_administrator_sees_the_earlier_findings_of_a_new_member() {
    let stage = stage();
    let input = json!({ "Findings": [finding_of(MEMBER, "old", json!({}))] });
    stage.good(MEMBER, securityhub_fixtures::Operation::BatchImportFindings, input);
    let seen = || stage.good(ADMINISTRATOR, GetFindings, json!({}))["Findings"].as_array().unwrap().len();
    invite(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(seen(), 0);
    accept(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(seen(), 1);
    stage.good(MEMBER, DisassociateFromAdministratorAccount, json!({}));
    assert_eq!(seen(), 0);
}

/// Rules: HUB-15.
#[test]
fn disabling_a_hub_deletes_its_received_invitations() {
    let stage = stage();
    invite(&stage, ADMINISTRATOR, MEMBER);
    invite(&stage, OTHER, MEMBER);
    let id = invitation_id(&stage, ADMINISTRATOR, MEMBER);
    stage.good(MEMBER, DeclineInvitations, ids(&[OTHER]));
    stage.good(MEMBER, DisableSecurityHub, json!({}));
    stage.good(MEMBER, EnableSecurityHub, json!({}));
    assert_eq!(invitations(&stage, MEMBER), Vec::<Value>::new());
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Resigned"));
    assert_eq!(not_accepted(&stage, MEMBER, ADMINISTRATOR, &id), NO_INVITATION);
}

/// Rules: CLI-07, CLI-10.
#[test]
fn a_script_can_make_an_account_an_enabled_member() {
    let stage = stage();
    for _ in 0..4 {
        let listed = stage.good(ADMINISTRATOR, ListMembers, json!({ "OnlyAssociated": false }));
        let found = listed["Members"].as_array().unwrap().first().map(|member| member["MemberStatus"].clone());
        match found.as_ref().and_then(Value::as_str) {
            None => create(&stage, ADMINISTRATOR, MEMBER),
            Some("Created") => none_unprocessed(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[MEMBER]))),
            Some("Invited") => {
                let invitation = invitations(&stage, MEMBER).pop().unwrap();
                let input = json!({ "MasterId": ADMINISTRATOR, "InvitationId": invitation["InvitationId"] });
                stage.good(MEMBER, AcceptInvitation, input);
            }
            Some(last) => assert_eq!(last, "Enabled"),
        }
    }
    assert_eq!(stage.good(ADMINISTRATOR, ListMembers, json!({}))["Members"].as_array().unwrap().len(), 1);
    // A second run gets two error messages, which the script ignores.
    let created = sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[MEMBER])), MEMBER);
    assert!(created.contains("given account ID is already a member or associated"), "{created}");
    let invited = sentence(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[MEMBER])), MEMBER);
    assert!(invited.contains("because the current account has already invited or is already the SecurityHub"));
}

/// Rules: CLI-02, MST-17.
#[test]
fn two_calls_remove_a_member_in_any_status() {
    let stage = related();
    create(&stage, ADMINISTRATOR, OTHER);
    invite(&stage, ADMINISTRATOR, UNRELATED);
    for account in [MEMBER, OTHER, UNRELATED] {
        stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[account]));
        none_unprocessed(&stage.good(ADMINISTRATOR, DeleteMembers, ids(&[account])));
    }
    assert_eq!(members(&stage, ADMINISTRATOR), Vec::<Value>::new());
}
