//! Permissions of accounts under configuration policies.

use securityhub_fixtures::Operation::{CreateMembers, GetMembers, InviteMembers, ListInvitations, ListMembers};

use super::*;

/// Rules: ROL-25.
#[test]
fn governed_accounts_cannot_add_or_invite_members_and_self_managed_ones_can() {
    let stage = central();
    let outside = "555555555555";
    let details = json!({ "AccountDetails": [{ "AccountId": outside }] });
    start(&stage, &create(&stage, "p", says(&[])), MEMBER);
    let managed = |operation, input| stage.good(MEMBER, operation, input);
    assert_eq!(managed(ListMembers, json!({ "OnlyAssociated": false })), json!({ "Members": [] }));
    assert_eq!(managed(ListInvitations, json!({})), json!({ "Invitations": [] }));
    assert_eq!(managed(GetMembers, json!({ "AccountIds": [OTHER] }))["Members"], json!([]));
    for (operation, input) in [(CreateMembers, details.clone()), (InviteMembers, json!({ "AccountIds": [outside] }))] {
        let answer = managed(operation, input);
        let message = answer["UnprocessedAccounts"][0]["ProcessingResult"].as_str().unwrap();
        assert!(message.contains("already an associated member of another master account"), "{message}");
    }
    // A self-managed account can add members once it is not a member itself.
    start(&stage, "SELF_MANAGED_SECURITY_HUB", MEMBER);
    for region in [REGION, OTHER_REGION] {
        let members = json!({ "AccountIds": [MEMBER] });
        stage.call_in(region, ADMINISTRATOR, DisassociateMembers, members).unwrap();
    }
    assert_eq!(stage.good(MEMBER, CreateMembers, details), json!({ "UnprocessedAccounts": [] }));
    assert_eq!(
        stage.good(MEMBER, InviteMembers, json!({ "AccountIds": [outside] })),
        json!({ "UnprocessedAccounts": [] })
    );
}
