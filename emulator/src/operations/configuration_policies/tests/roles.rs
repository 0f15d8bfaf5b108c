//! Who may do what beside policies.

use securityhub_fixtures::Operation::{CreateMembers, GetMembers, InviteMembers, ListInvitations, ListMembers};

use super::*;

/// Rules: ROL-25.
#[test]
fn who_is_governed_adds_and_invites_nobody_and_who_manages_itself_may() {
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
        let said = answer["UnprocessedAccounts"][0]["ProcessingResult"].as_str().unwrap();
        assert!(said.contains("already an associated member of another master account"), "{said}");
    }
    // One that manages itself has to be nobody's member first.
    start(&stage, "SELF_MANAGED_SECURITY_HUB", MEMBER);
    for region in [REGION, ELSEWHERE] {
        let members = json!({ "AccountIds": [MEMBER] });
        stage.call_in(region, ADMINISTRATOR, DisassociateMembers, members).unwrap();
    }
    assert_eq!(stage.good(MEMBER, CreateMembers, details), json!({ "UnprocessedAccounts": [] }));
    assert_eq!(
        stage.good(MEMBER, InviteMembers, json!({ "AccountIds": [outside] })),
        json!({ "UnprocessedAccounts": [] })
    );
}
