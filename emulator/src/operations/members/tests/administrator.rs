//! Operations of administrators.

use securityhub_fixtures::Operation::{
    self, AcceptInvitation, CreateMembers, DeclineInvitations, DeleteMembers, DescribeHub,
    DisassociateFromMasterAccount, DisassociateMembers, EnableSecurityHub, GetMembers, InviteMembers, ListMembers,
};
use serde_json::{Value, json};

use super::*;
use crate::state::{HubKey, Quotas, Region};
use crate::testing::id;

const NO_HUB: &str = "The request is rejected since no such resource found.";

/// Rules: MST-01, INV-01, INV-03, ACC-02, ACC-04, ACC-05.
#[test]
fn an_added_account_has_the_status_created_and_sees_no_invitation() {
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
    assert_eq!(stage.good(ADMINISTRATOR, ListMembers, json!({})), json!({ "Members": [] }), "no member is enabled");
    assert_eq!((invitations(&stage, MEMBER), administrator(&stage, MEMBER)), (vec![], None));
}

/// Rules: INV-02, UPR-15.
#[test]
fn accounts_after_the_fiftieth_are_unprocessed() {
    let stage = stage();
    let accounts: Vec<String> = (0..53).map(|number| format!("9{number:011}")).collect();
    let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let answer = stage.good(ADMINISTRATOR, CreateMembers, details(&accounts));
    let past =
        |account: &&str| json!({ "AccountId": account, "ProcessingResult": "Maximum number of results exceeded" });
    assert_eq!(answer["UnprocessedAccounts"], accounts[50..].iter().map(past).collect::<Value>());
    assert_eq!(stage.0.directory().members.values().next().unwrap().len(), 50);
    let answer = stage.good(ADMINISTRATOR, CreateMembers, details(&accounts[..50]));
    assert_eq!(answer["UnprocessedAccounts"].as_array().unwrap().len(), 50, "only the first fifty are processed");
}

/// Rules: MST-05, INV-04, INV-28, ACC-05.
#[test]
fn both_sides_see_an_invitation() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    create(&stage, ADMINISTRATOR, MEMBER);
    stage.days_pass(1);
    none_unprocessed(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[MEMBER])));
    let member = &members(&stage, ADMINISTRATOR)[0];
    assert_eq!(member["MemberStatus"], "Invited");
    assert_eq!((&member["InvitedAt"], &member["UpdatedAt"]), (&json!(stage.now()), &json!(stage.now())));
    // The hub of the invited account may be disabled until then.
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
fn inviting_again_creates_a_new_invitation_id() {
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
fn an_invited_or_enabled_account_cannot_be_invited_again() {
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
fn a_removed_member_is_standalone_with_an_enabled_hub() {
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
fn disassociating_succeeds_in_every_status() {
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
    assert_eq!(
        members(&stage, ADMINISTRATOR)[0]["UpdatedAt"],
        "2026-01-15T09:00:00.000Z",
        "the second call changes nothing"
    );
}

/// Rules: MST-17, INV-20, CLI-02.
#[test]
fn a_deleted_record_disappears_on_both_sides() {
    let stage = stage();
    create(&stage, ADMINISTRATOR, MEMBER);
    invite(&stage, ADMINISTRATOR, OTHER);
    enable(&stage, ADMINISTRATOR, UNRELATED);
    stage.good(UNRELATED, DisassociateFromMasterAccount, json!({}));
    none_unprocessed(&stage.good(ADMINISTRATOR, DeleteMembers, ids(&[MEMBER, OTHER, UNRELATED])));
    assert_eq!(members(&stage, ADMINISTRATOR), Vec::<Value>::new());
    for account in [OTHER, UNRELATED] {
        assert_eq!(invitations(&stage, account), Vec::<Value>::new());
    }
    let found = stage.good(ADMINISTRATOR, GetMembers, ids(&[OTHER]));
    assert_eq!(found["Members"], json!([]));
}

/// Rules: MST-18, UPR-08, UPR-07, INV-20.
#[test]
fn an_enabled_member_cannot_be_deleted() {
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
fn an_invalid_account_id_is_returned_as_unprocessed() {
    let stage = stage();
    let message =
        "The request is rejected because an invalid or out-of-range value is specified as an input parameter.";
    for wrong in ["1", "12345678901x", "1111111111111"] {
        assert_eq!(sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[wrong])), wrong), message);
        for operation in [InviteMembers, GetMembers, DeleteMembers, DeclineInvitations] {
            assert_eq!(sentence(&stage.good(ADMINISTRATOR, operation, ids(&[wrong])), wrong), message);
        }
    }
}

/// Rules: UPR-02, INV-06.
#[test]
fn an_account_cannot_be_its_own_member() {
    let stage = related();
    // The check that the caller is a member comes first.
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
fn a_member_cannot_add_or_invite_members() {
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
fn a_listed_account_cannot_be_added_again() {
    let stage = stage();
    let message = "The request is rejected because the given account ID is already a member or associated member of the \
                current account.";
    let refused = |status_before: &str| {
        assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is(status_before));
        assert_eq!(sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[MEMBER])), MEMBER), message);
        assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is(status_before));
    };
    let answer = stage.good(ADMINISTRATOR, CreateMembers, details(&[MEMBER, MEMBER]));
    assert_eq!(sentence(&answer, MEMBER), message, "the second entry of one call is refused, too");
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
fn a_member_of_another_administrator_cannot_be_added_or_invited() {
    let stage = stage();
    create(&stage, OTHER, MEMBER);
    create(&stage, UNRELATED, ADMINISTRATOR);
    enable(&stage, ADMINISTRATOR, MEMBER);
    let message = "The request is rejected because the given account ID is already an associated member of another \
                master account.";
    assert_eq!(sentence(&stage.good(OTHER, InviteMembers, ids(&[MEMBER])), MEMBER), message);
    assert_eq!(sentence(&stage.good(UNRELATED, CreateMembers, details(&[MEMBER])), MEMBER), message);
    // An account with members may be added, but cannot accept.
    none_unprocessed(&stage.good(UNRELATED, InviteMembers, ids(&[ADMINISTRATOR])));
}

/// Rules: UPR-07, INV-10, INV-13.
#[test]
fn an_account_without_a_record_is_not_a_member() {
    let stage = related();
    let message = "The request is rejected because the given account ID is not a member of the current account.";
    assert_eq!(sentence(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[OTHER])), OTHER), message);
    let found = stage.good(ADMINISTRATOR, GetMembers, ids(&[OTHER, MEMBER]));
    assert_eq!(sentence(&found, OTHER), message);
    assert_eq!(found["Members"][0], members(&stage, ADMINISTRATOR)[0]);
    let found = stage.good(UNRELATED, GetMembers, ids(&[MEMBER]));
    assert_eq!(found["Members"], json!([]));
    let many = json!({ "AccountIds": vec![MEMBER; 51] });
    stage.refused(ADMINISTRATOR, GetMembers, many, 400, "InvalidInputException");
}

/// Rules: UPR-10, QUO-02.
#[test]
fn the_number_of_invited_members_is_limited() {
    let stage = stage();
    stage.relations(|directory| directory.quotas = Quotas { members: 10, invited_members: 2, ..Quotas::default() });
    create(&stage, ADMINISTRATOR, MEMBER);
    invite(&stage, ADMINISTRATOR, OTHER);
    let message = "The request is rejected because the current account cannot create anymore members since it cannot \
                exceed the maximum number of allowed members.";
    let full = |account| {
        assert_eq!(sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[account])), account), message);
    };
    full(UNRELATED);
    // A member that left frees its place in the quota, and needs one when it is invited again.
    none_unprocessed(&stage.good(OTHER, DeclineInvitations, ids(&[ADMINISTRATOR])));
    create(&stage, ADMINISTRATOR, UNRELATED);
    assert_eq!(sentence(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[OTHER])), OTHER), message);
    full("555555555555");
    create(&stage, OTHER, "555555555555");
    let defaults = Quotas { members: 10_000, invited_members: 1_000, accounts: 10_000, connectors: None };
    assert_eq!(Quotas::default(), defaults);
}

/// Rules: INV-05, ACC-01.
#[test]
fn a_relation_belongs_to_one_region() {
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
fn members_are_listed_in_pages_sorted_by_account() {
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
fn an_invited_member_uses_its_administrators_finding_generator() {
    let stage = Stage::with_hubs(&[MEMBER]);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "ControlFindingGenerator": "STANDARD_CONTROL" }));
    enable(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(stage.good(MEMBER, DescribeHub, json!({}))["ControlFindingGenerator"], "STANDARD_CONTROL");
}

/// Rules: MST-23, HUB-12, HUB-15.
#[test]
fn disabling_an_administrators_hub_withdraws_its_invitations() {
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
fn member_operations_without_a_hub_get_a_generic_error() {
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
        let message = stage.refused(ADMINISTRATOR, operation, json!({}), 401, "InvalidAccessException");
        assert!(message.contains("is not subscribed to AWS Security Hub"), "{message}");
    }
}

/// Rules: CLI-11.
#[test]
fn steampipe_can_read_members_hub_tags_and_administrator() {
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
        assert!(!tokens.contains(token), "the client stops when a token repeats");
        tokens.push(token.clone());
        input["NextToken"] = token.clone();
    }
    assert_eq!((read, tokens.len()), (accounts, 2));
    let hub = stage.good(ADMINISTRATOR, DescribeHub, json!({}))["HubArn"].clone();
    let input = json!({ "ResourceArn": hub });
    assert_eq!(stage.good(ADMINISTRATOR, Operation::ListTagsForResource, input), json!({ "Tags": {} }));
    assert_eq!(stage.good(ADMINISTRATOR, Operation::GetAdministratorAccount, json!({})), json!({}));
    let off = "999999999999";
    let message = stage.refused(off, DescribeHub, json!({}), 401, "InvalidAccessException");
    assert!(message.contains("is not subscribed to AWS Security Hub"), "{message}");
    assert_eq!(stage.refused(off, ListMembers, json!({}), 400, "BadRequestException"), NO_HUB);
}
