//! Tests of members and invitations in every state.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::{build, errors, repository};
use crate::testing::Stage;

const CLOCK: &str = "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\n";
const ORGANIZATION: &str = "organization: { management_account: '999999999999', delegated_administrator: '111111111111', units: { \
                            A: { accounts: ['111111111111', '222222222222', '333333333333'] } } }\naccounts: { '333333333333': \
                            { status: suspended } }\n";

fn members(members: &str) -> String {
    format!("{CLOCK}{ORGANIZATION}hubs:\n  - account: '111111111111'\n    regions: all\n    members:\n{members}")
}

/// Rules: CPL-159, INV-21, CLI-07.
#[test]
fn an_account_has_the_invitations_of_several_administrators() {
    let text = std::fs::read_to_string(repository("scenarios/console-settings.yaml")).unwrap();
    let stage = Stage(build(&text));
    let found = stage.good("333333333333", Operation::ListInvitations, json!({}));
    let found: Vec<_> = found["Invitations"].as_array().unwrap().clone();
    let of = |name: &str| found.iter().map(|it| it[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("AccountId"), ["111111111111", "444444444444"]);
    assert_eq!(of("InvitedAt"), ["2026-01-10T08:00:00.000Z", "2026-01-12T08:00:00.000Z"]);
    assert_eq!(stage.good("333333333333", Operation::GetInvitationsCount, json!({}))["InvitationsCount"], 2);
    let accept = json!({ "AdministratorId": "444444444444", "InvitationId": found[1]["InvitationId"] });
    stage.good("333333333333", Operation::AcceptAdministratorInvitation, accept);
    let member = stage.good("111111111111", Operation::GetMembers, json!({ "AccountIds": ["333333333333"] }));
    let member = &member["Members"][0];
    assert_eq!(
        (&member["Email"], &member["UpdatedAt"]),
        (&json!("ops@example.com"), &json!("2026-01-10T08:00:00.000Z"))
    );
    let declined = stage.0.directory();
    let declined = declined.member(
        super::account("111111111111"),
        &crate::state::Region::new("us-east-1"),
        super::account("555555555555"),
    );
    assert!(declined.unwrap().invitation.as_ref().unwrap().is_declined);
}

/// Rules: CPL-159, ACC-02.
#[test]
fn members_are_declared_with_every_status() {
    let stage = Stage(build(&members(
        "      '222222222222': { status: removed, updated_at: 2026-01-03T00:00:00Z }\n      '333333333333': account_suspended\n      \
         '444444444444': deleted\n      '555555555555': created\n      '666666666666': { status: resigned, invited_at: \
         2026-01-01T00:00:00Z, updated_at: 2026-01-02T00:00:00Z }\n",
    )));
    let found = stage.good("111111111111", Operation::ListMembers, json!({ "OnlyAssociated": false }));
    let found: Vec<Value> = found["Members"].as_array().unwrap().clone();
    let of = |name: &str| found.iter().map(|it| it[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("MemberStatus"), ["Removed", "AccountSuspended", "Deleted", "Created", "Resigned"]);
    let (start, null) = (json!("2026-01-15T09:00:00.000Z"), Value::Null);
    let (third, first) = (json!("2026-01-03T00:00:00.000Z"), json!("2026-01-01T00:00:00.000Z"));
    let second = json!("2026-01-02T00:00:00.000Z");
    assert_eq!(of("UpdatedAt"), [third, start.clone(), start.clone(), start, second]);
    assert_eq!(of("InvitedAt"), [null.clone(), null.clone(), null.clone(), null, first]);
}

/// Rules: CPL-159.
#[test]
fn errors_of_details_of_members_are_reported_at_their_keys() {
    insta::assert_snapshot!(errors(&members(
        "      '222222222222': { status: enabled, invited_at: 2026-01-01T00:00:00Z }\n      '333333333333': deleted\n      \
         '444444444444': account_suspended\n      '555555555555': { status: created, invited_at: 2026-01-01T00:00:00Z }\n      \
         '666666666666': { status: invited, declined: true }\n      '777777777777': { status: resigned, invited_at: soon }\n      \
         '888888888888': { status: resigned, invited_at: 2026-01-02T00:00:00Z, updated_at: 2026-01-01T00:00:00Z }\n      \
         '121212121212': { status: invited, invited_at: 2027-01-01T00:00:00Z }\n      '131313131313': { stats: invited }\n      \
         '141414141414': { email: x }\n      '151515151515': resignd\n",
    )));
    let alone = errors("hubs:\n  - { account: '111111111111', regions: all, members: { '222222222222': deleted } }\n");
    assert!(alone.contains("111111111111 is not the delegated administrator"), "{alone}");
}
