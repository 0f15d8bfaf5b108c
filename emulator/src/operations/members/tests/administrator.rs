//! What an administrator does.

use securityhub_fixtures::Operation::{
    self, AcceptInvitation, CreateMembers, DeclineInvitations, DeleteMembers, DescribeHub,
    DisassociateFromMasterAccount, DisassociateMembers, EnableSecurityHub, GetMembers, InviteMembers, ListMembers,
};
use serde_json::{Value, json};

use super::*;
use crate::state::{HubKey, MemberQuotas, Region};
use crate::testing::id;

const NO_HUB: &str = "The request is rejected since no such resource found.";

/// Rules: MST-01, INV-01, INV-03, ACC-02, ACC-04, ACC-05.
#[test]
fn an_account_that_is_added_is_created_and_knows_nothing() {
    let stage = stage();
    let input =
        json!({ "AccountDetails": [{ "AccountId": MEMBER, "Email": "member@example.com" }, { "AccountId": OTHER }] });
    none_unprocessed(&stage.good(ADMINISTRATOR, CreateMembers, input));
    insta::assert_json_snapshot!(members(&stage, ADMINISTRATOR), @r#"
    [
      {
        "AccountId": "222222222222",
        "Email": "member@example.com",
        "MasterId": "111111111111",
        "AdministratorId": "111111111111",
        "MemberStatus": "Created",
        "UpdatedAt": "2026-01-15T09:00:00.000Z"
      },
      {
        "AccountId": "333333333333",
        "MasterId": "111111111111",
        "AdministratorId": "111111111111",
        "MemberStatus": "Created",
        "UpdatedAt": "2026-01-15T09:00:00.000Z"
      }
    ]
    "#);
    assert_eq!(stage.good(ADMINISTRATOR, ListMembers, json!({})), json!({ "Members": [] }), "none is associated");
    assert_eq!((invitations(&stage, MEMBER), administrator(&stage, MEMBER)), (vec![], None));
}

/// Rules: INV-02, UPR-15.
#[test]
fn accounts_behind_the_fiftieth_are_left_unprocessed() {
    let stage = stage();
    let accounts: Vec<String> = (0..53).map(|number| format!("9{number:011}")).collect();
    let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let answer = stage.good(ADMINISTRATOR, CreateMembers, details(&accounts));
    let past =
        |account: &&str| json!({ "AccountId": account, "ProcessingResult": "Maximum number of results exceeded" });
    assert_eq!(answer["UnprocessedAccounts"], accounts[50..].iter().map(past).collect::<Value>());
    assert_eq!(stage.0.directory().members.values().next().unwrap().len(), 50);
    let answer = stage.good(ADMINISTRATOR, CreateMembers, details(&accounts[..50]));
    assert_eq!(answer["UnprocessedAccounts"].as_array().unwrap().len(), 50, "the first fifty are judged");
}

/// Rules: MST-05, INV-04, INV-28, ACC-05.
#[test]
fn an_invitation_is_seen_from_both_sides() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    create(&stage, ADMINISTRATOR, MEMBER);
    stage.days_pass(1);
    none_unprocessed(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[MEMBER])));
    let member = &members(&stage, ADMINISTRATOR)[0];
    assert_eq!(member["MemberStatus"], "Invited");
    assert_eq!((&member["InvitedAt"], &member["UpdatedAt"]), (&json!(stage.now()), &json!(stage.now())));
    // The hub of the invited account need not have been on.
    stage.good(MEMBER, EnableSecurityHub, json!({}));
    let invitation = &invitations(&stage, MEMBER)[0];
    assert_eq!(
        (&invitation["AccountId"], &invitation["MemberStatus"], &invitation["InvitedAt"]),
        (&json!(ADMINISTRATOR), &json!("Invited"), &json!(stage.now()))
    );
    assert_eq!(administrator(&stage, MEMBER), None);
}

/// Rules: MST-06.
#[test]
fn an_invitation_is_sent_again_with_a_new_id() {
    let stage = stage();
    invite(&stage, ADMINISTRATOR, MEMBER);
    let first = invitation_id(&stage, ADMINISTRATOR, MEMBER);
    none_unprocessed(&stage.good(MEMBER, DeclineInvitations, ids(&[ADMINISTRATOR])));
    stage.days_pass(1);
    none_unprocessed(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[MEMBER])));
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Invited"));
    assert_eq!(members(&stage, ADMINISTRATOR)[0]["InvitedAt"], stage.now());
    assert_ne!(invitation_id(&stage, ADMINISTRATOR, MEMBER), first);
    let old = json!({ "MasterId": ADMINISTRATOR, "InvitationId": first });
    stage.refused(MEMBER, AcceptInvitation, old, 400, "InvalidInputException");
    stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER]));
    none_unprocessed(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[MEMBER])));
    accept(&stage, ADMINISTRATOR, MEMBER);
}

/// Rules: MST-07, UPR-06.
#[test]
fn who_is_invited_or_enabled_is_not_invited_again() {
    let stage = stage();
    enable(&stage, ADMINISTRATOR, MEMBER);
    invite(&stage, ADMINISTRATOR, OTHER);
    let before = (members(&stage, ADMINISTRATOR), invitations(&stage, MEMBER));
    stage.days_pass(1);
    for account in [MEMBER, OTHER] {
        let answer = stage.good(ADMINISTRATOR, InviteMembers, ids(&[account]));
        assert_eq!(
            sentence(&answer, account),
            "The request is rejected because the current account has already invited or is already the SecurityHub \
             master of the given member account ID."
        );
    }
    assert_eq!((members(&stage, ADMINISTRATOR), invitations(&stage, MEMBER)), before);
}

/// Rules: MST-12, ROL-30, INV-17.
#[test]
fn a_member_that_is_removed_is_alone_and_its_hub_on() {
    let stage = related();
    stage.days_pass(1);
    assert_eq!(stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER, "999999999999", "x"])), json!({}));
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Removed"));
    assert_eq!(members(&stage, ADMINISTRATOR)[0]["UpdatedAt"], stage.now());
    assert_eq!((administrator(&stage, MEMBER), invitations(&stage, MEMBER)), (None, vec![]));
    stage.good(MEMBER, DescribeHub, json!({}));
}

/// Rules: MST-15, MST-16, CLI-02.
#[test]
fn disassociating_is_no_error_whatever_the_status() {
    let stage = stage();
    create(&stage, ADMINISTRATOR, MEMBER);
    invite(&stage, ADMINISTRATOR, OTHER);
    for _ in 0..2 {
        assert_eq!(stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER, OTHER])), json!({}));
        for account in [MEMBER, OTHER] {
            assert_eq!(status(&stage, ADMINISTRATOR, account), is("Removed"));
            assert_eq!(invitations(&stage, account), Vec::<Value>::new());
        }
        stage.days_pass(1);
    }
    assert_eq!(members(&stage, ADMINISTRATOR)[0]["UpdatedAt"], "2026-01-15T09:00:00.000Z", "nothing happens twice");
}

/// Rules: MST-17, INV-20, CLI-02.
#[test]
fn a_record_that_is_deleted_is_gone_from_both_sides() {
    let stage = stage();
    create(&stage, ADMINISTRATOR, MEMBER);
    invite(&stage, ADMINISTRATOR, OTHER);
    enable(&stage, ADMINISTRATOR, STRANGER);
    stage.good(STRANGER, DisassociateFromMasterAccount, json!({}));
    none_unprocessed(&stage.good(ADMINISTRATOR, DeleteMembers, ids(&[MEMBER, OTHER, STRANGER])));
    assert_eq!(members(&stage, ADMINISTRATOR), Vec::<Value>::new());
    for account in [OTHER, STRANGER] {
        assert_eq!(invitations(&stage, account), Vec::<Value>::new());
    }
    let found = stage.good(ADMINISTRATOR, GetMembers, ids(&[OTHER]));
    assert_eq!(found["Members"], json!([]));
}

/// Rules: MST-18, UPR-08, UPR-07, INV-20.
#[test]
fn an_enabled_member_is_not_deleted() {
    let stage = related();
    let answer = stage.good(ADMINISTRATOR, DeleteMembers, ids(&[MEMBER]));
    assert_eq!(
        sentence(&answer, MEMBER),
        "The request is rejected because the current account cannot delete the given member account ID since it is \
         still associated to it."
    );
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Enabled"));
    let answer = stage.good(ADMINISTRATOR, DeleteMembers, ids(&[OTHER]));
    assert_eq!(
        sentence(&answer, OTHER),
        "The request is rejected because the given account ID is not a member of the current account."
    );
}

/// Rules: UPR-01.
#[test]
fn what_is_no_account_id_is_left_unprocessed_as_it_was_sent() {
    let stage = stage();
    let said = "The request is rejected because an invalid or out-of-range value is specified as an input parameter.";
    for wrong in ["1", "12345678901x", "1111111111111"] {
        assert_eq!(sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[wrong])), wrong), said);
        for operation in [InviteMembers, GetMembers, DeleteMembers, DeclineInvitations] {
            assert_eq!(sentence(&stage.good(ADMINISTRATOR, operation, ids(&[wrong])), wrong), said);
        }
    }
}

/// Rules: UPR-02, INV-06.
#[test]
fn nobody_is_a_member_of_itself() {
    let stage = related();
    // It is told before that the caller is a member itself.
    for account in [ADMINISTRATOR, MEMBER] {
        assert_eq!(
            sentence(&stage.good(account, CreateMembers, details(&[account])), account),
            "The request is rejected because an account cannot become a member of itself."
        );
        assert_eq!(
            sentence(&stage.good(account, InviteMembers, ids(&[account])), account),
            "The request is rejected because the current account cannot invite itself."
        );
    }
}

/// Rules: UPR-03, INV-06, INV-12.
#[test]
fn a_member_adds_and_invites_nobody() {
    let stage = related();
    for account in [ADMINISTRATOR, OTHER] {
        assert_eq!(
            sentence(&stage.good(MEMBER, CreateMembers, details(&[account])), account),
            "The request is rejected because the current account cannot create members since it is already an \
             associated member of another master account."
        );
        assert_eq!(
            sentence(&stage.good(MEMBER, InviteMembers, ids(&[account])), account),
            "The request is rejected because the current account cannot invite other accounts since it is already an \
             associated member of another master account."
        );
    }
}

/// Rules: UPR-04, INV-07.
#[test]
fn who_is_in_the_list_is_not_added_again() {
    let stage = stage();
    let said = "The request is rejected because the given account ID is already a member or associated member of the \
                current account.";
    let refused = |status_before: &str| {
        assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is(status_before));
        assert_eq!(sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[MEMBER])), MEMBER), said);
        assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is(status_before));
    };
    let answer = stage.good(ADMINISTRATOR, CreateMembers, details(&[MEMBER, MEMBER]));
    assert_eq!(sentence(&answer, MEMBER), said, "the second of one call too");
    refused("Created");
    stage.good(ADMINISTRATOR, InviteMembers, ids(&[MEMBER]));
    refused("Invited");
    stage.good(MEMBER, DeclineInvitations, ids(&[ADMINISTRATOR]));
    refused("Resigned");
    stage.good(ADMINISTRATOR, InviteMembers, ids(&[MEMBER]));
    accept(&stage, ADMINISTRATOR, MEMBER);
    refused("Enabled");
    stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER]));
    refused("Removed");
}

/// Rules: UPR-05, INV-11, INV-12.
#[test]
fn a_member_of_another_is_neither_added_nor_invited() {
    let stage = stage();
    create(&stage, OTHER, MEMBER);
    create(&stage, STRANGER, ADMINISTRATOR);
    enable(&stage, ADMINISTRATOR, MEMBER);
    let said = "The request is rejected because the given account ID is already an associated member of another \
                master account.";
    assert_eq!(sentence(&stage.good(OTHER, InviteMembers, ids(&[MEMBER])), MEMBER), said);
    assert_eq!(sentence(&stage.good(STRANGER, CreateMembers, details(&[MEMBER])), MEMBER), said);
    // An account that administers others may be added; it cannot accept.
    none_unprocessed(&stage.good(STRANGER, InviteMembers, ids(&[ADMINISTRATOR])));
}

/// Rules: UPR-07, INV-10, INV-13.
#[test]
fn an_account_without_a_record_is_no_member() {
    let stage = related();
    let said = "The request is rejected because the given account ID is not a member of the current account.";
    assert_eq!(sentence(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[OTHER])), OTHER), said);
    let found = stage.good(ADMINISTRATOR, GetMembers, ids(&[OTHER, MEMBER]));
    assert_eq!(sentence(&found, OTHER), said);
    assert_eq!(found["Members"][0], members(&stage, ADMINISTRATOR)[0]);
    let found = stage.good(STRANGER, GetMembers, ids(&[MEMBER]));
    assert_eq!(found["Members"], json!([]));
    let many = json!({ "AccountIds": vec![MEMBER; 51] });
    stage.refused(ADMINISTRATOR, GetMembers, many, 400, "InvalidInputException");
}

/// Rules: UPR-10, QUO-02.
#[test]
fn invited_members_have_a_quota() {
    let stage = stage();
    stage.relations(|directory| directory.quotas = MemberQuotas { members: 10, invited_members: 2 });
    create(&stage, ADMINISTRATOR, MEMBER);
    invite(&stage, ADMINISTRATOR, OTHER);
    let said = "The request is rejected because the current account cannot create anymore members since it cannot \
                exceed the maximum number of allowed members.";
    let full =
        |account| assert_eq!(sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[account])), account), said);
    full(STRANGER);
    // Who has gone makes room, and needs it when invited again.
    none_unprocessed(&stage.good(OTHER, DeclineInvitations, ids(&[ADMINISTRATOR])));
    create(&stage, ADMINISTRATOR, STRANGER);
    assert_eq!(sentence(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[OTHER])), OTHER), said);
    full("555555555555");
    create(&stage, OTHER, "555555555555");
    assert_eq!(MemberQuotas::default(), MemberQuotas { members: 10_000, invited_members: 1_000 });
}

/// Rules: INV-05, ACC-01.
#[test]
fn a_relation_is_of_one_region() {
    let stage = related();
    for account in [ADMINISTRATOR, MEMBER] {
        stage.call_in("eu-west-1", account, EnableSecurityHub, json!({})).unwrap();
    }
    let there = |account, operation| stage.call_in("eu-west-1", account, operation, json!({})).unwrap();
    assert_eq!(there(ADMINISTRATOR, ListMembers), json!({ "Members": [] }));
    assert_eq!(there(MEMBER, ListInvitations), json!({ "Invitations": [] }));
    let added = stage.call_in("eu-west-1", MEMBER, CreateMembers, details(&[ADMINISTRATOR])).unwrap();
    none_unprocessed(&added);
    assert_eq!(REGION, "us-east-1");
}

/// Rules: INV-14, ARN-13, QUO-08.
#[test]
fn members_are_listed_by_account_in_pages() {
    let stage = stage();
    let accounts: Vec<String> = (0..52).rev().map(|number| format!("9{number:011}")).collect();
    for account in &accounts {
        create(&stage, ADMINISTRATOR, account);
    }
    let list = |input: Value| stage.good(ADMINISTRATOR, ListMembers, input);
    let first = list(json!({ "OnlyAssociated": false }));
    assert_eq!(first["Members"].as_array().unwrap().len(), 50);
    let rest = list(json!({ "OnlyAssociated": false, "MaxResults": 2, "NextToken": first["NextToken"] }));
    assert_eq!(rest["Members"].as_array().unwrap().len(), 2);
    assert_eq!((rest.get("NextToken"), &rest["Members"][1]["AccountId"]), (None, &json!(accounts[0])));
    for wrong in [
        json!({ "OnlyAssociated": true, "NextToken": first["NextToken"] }),
        json!({ "OnlyAssociated": false, "NextToken": "x" }),
        json!({ "MaxResults": 51 }),
        json!({ "MaxResults": 0 }),
    ] {
        stage.refused(ADMINISTRATOR, ListMembers, wrong, 400, "InvalidInputException");
    }
    let input = json!({ "OnlyAssociated": false, "NextToken": first["NextToken"] });
    stage.refused(OTHER, ListMembers, input, 400, "InvalidInputException");
}

/// Rules: HUB-03, HUB-10.
#[test]
fn a_member_by_invitation_makes_findings_of_controls_as_its_administrator_does() {
    let stage = Stage::with_hubs(&[MEMBER]);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "ControlFindingGenerator": "STANDARD_CONTROL" }));
    enable(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(stage.good(MEMBER, DescribeHub, json!({}))["ControlFindingGenerator"], "STANDARD_CONTROL");
}

/// Rules: MST-23, HUB-12, HUB-15.
#[test]
fn an_administrator_without_members_takes_its_invitations_along() {
    let stage = stage();
    invite(&stage, ADMINISTRATOR, MEMBER);
    create(&stage, ADMINISTRATOR, OTHER);
    stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::DisableSecurityHub, json!({}));
    assert_eq!(invitations(&stage, MEMBER), Vec::<Value>::new());
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    assert_eq!(members(&stage, ADMINISTRATOR), Vec::<Value>::new());
    let key = HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) };
    assert!(!stage.0.directory().members.contains_key(&(key.account, key.region)));
}

/// Rules: INV-04, ERR-14.
#[test]
fn members_and_invitations_without_a_hub_are_refused_without_a_word() {
    use securityhub_fixtures::Operation::*;
    let stage = Stage::empty();
    let accept = json!({ "AdministratorId": MEMBER, "MasterId": MEMBER, "InvitationId": "x" });
    for (operation, input) in [
        (ListMembers, json!({})),
        (ListInvitations, json!({})),
        (GetMembers, ids(&[MEMBER])),
        (CreateMembers, details(&[MEMBER])),
        (InviteMembers, ids(&[MEMBER])),
        (DeleteMembers, ids(&[MEMBER])),
        (DisassociateMembers, ids(&[MEMBER])),
        (DeclineInvitations, ids(&[MEMBER])),
        (DeleteInvitations, ids(&[MEMBER])),
        (GetInvitationsCount, json!({})),
        (AcceptInvitation, accept.clone()),
        (AcceptAdministratorInvitation, accept),
    ] {
        assert_eq!(stage.refused(ADMINISTRATOR, operation, input, 400, "BadRequestException"), NO_HUB);
    }
    for operation in
        [GetAdministratorAccount, GetMasterAccount, DisassociateFromAdministratorAccount, DisassociateFromMasterAccount]
    {
        let said = stage.refused(ADMINISTRATOR, operation, json!({}), 401, "InvalidAccessException");
        assert!(said.contains("is not subscribed to AWS Security Hub"), "{said}");
    }
}

/// Rules: CLI-11.
#[test]
fn steampipe_reads_pages_of_members_the_hub_its_tags_and_its_administrator() {
    let stage = stage();
    let accounts: Vec<String> = (0..120).map(|number| format!("9{number:011}")).collect();
    for accounts in accounts.chunks(50) {
        let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
        none_unprocessed(&stage.good(ADMINISTRATOR, CreateMembers, details(&accounts)));
    }
    let mut input = json!({ "OnlyAssociated": false, "MaxResults": 50 });
    let (mut read, mut tokens) = (Vec::new(), Vec::new());
    loop {
        let page = stage.good(ADMINISTRATOR, ListMembers, input.clone());
        let rows = page["Members"].as_array().unwrap().iter();
        read.extend(rows.map(|row| row["AccountId"].as_str().unwrap().to_owned()));
        let Some(token) = page.get("NextToken") else { break };
        assert!(!tokens.contains(token), "it stops at a token that it has seen");
        tokens.push(token.clone());
        input["NextToken"] = token.clone();
    }
    assert_eq!((read, tokens.len()), (accounts, 2));
    let hub = stage.good(ADMINISTRATOR, DescribeHub, json!({}))["HubArn"].clone();
    let asked = json!({ "ResourceArn": hub });
    assert_eq!(stage.good(ADMINISTRATOR, Operation::ListTagsForResource, asked), json!({ "Tags": {} }));
    assert_eq!(stage.good(ADMINISTRATOR, Operation::GetAdministratorAccount, json!({})), json!({}));
    let off = "999999999999";
    let said = stage.refused(off, DescribeHub, json!({}), 401, "InvalidAccessException");
    assert!(said.contains("is not subscribed to AWS Security Hub"), "{said}");
    assert_eq!(stage.refused(off, ListMembers, json!({}), 400, "BadRequestException"), NO_HUB);
}
