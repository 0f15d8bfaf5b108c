//! Rules of members and invitations, tested through the operations.

mod administrator;
mod invited;
mod organization;
mod roles;

use securityhub_fixtures::Operation::{
    AcceptAdministratorInvitation, CreateMembers, GetAdministratorAccount, InviteMembers, ListInvitations, ListMembers,
};
use serde_json::{Value, json};

use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage};

const OTHER: &str = "333333333333";
const UNRELATED: &str = "444444444444";

/// Hubs of four accounts.
fn stage() -> Stage {
    Stage::with_hubs(&[ADMINISTRATOR, MEMBER, OTHER, UNRELATED])
}

fn details(accounts: &[&str]) -> Value {
    json!({ "AccountDetails": accounts.iter().map(|account| json!({ "AccountId": account })).collect::<Vec<_>>() })
}

fn ids(accounts: &[&str]) -> Value {
    json!({ "AccountIds": accounts })
}

fn none_unprocessed(answer: &Value) {
    assert_eq!(answer, &json!({ "UnprocessedAccounts": [] }));
}

/// The message for the only unprocessed account.
fn sentence(answer: &Value, account: &str) -> String {
    let unprocessed = answer["UnprocessedAccounts"].as_array().unwrap();
    assert_eq!((unprocessed.len(), &unprocessed[0]["AccountId"]), (1, &json!(account)), "{answer}");
    unprocessed[0]["ProcessingResult"].as_str().unwrap().to_owned()
}

fn create(stage: &Stage, administrator: &str, account: &str) {
    none_unprocessed(&stage.good(administrator, CreateMembers, details(&[account])));
}

fn invite(stage: &Stage, administrator: &str, account: &str) {
    create(stage, administrator, account);
    none_unprocessed(&stage.good(administrator, InviteMembers, ids(&[account])));
}

/// Accepts the invitation of an administrator.
fn accept(stage: &Stage, administrator: &str, account: &str) {
    let input =
        json!({ "AdministratorId": administrator, "InvitationId": invitation_id(stage, administrator, account) });
    assert_eq!(stage.good(account, AcceptAdministratorInvitation, input), json!({}));
}

fn enable(stage: &Stage, administrator: &str, account: &str) {
    invite(stage, administrator, account);
    accept(stage, administrator, account);
}

/// [`MEMBER`] is an enabled member of [`ADMINISTRATOR`] by invitation.
fn related() -> Stage {
    let stage = stage();
    enable(&stage, ADMINISTRATOR, MEMBER);
    stage
}

fn invitations(stage: &Stage, account: &str) -> Vec<Value> {
    stage.good(account, ListInvitations, json!({}))["Invitations"].as_array().unwrap().clone()
}

fn invitation_id(stage: &Stage, sender: &str, account: &str) -> String {
    let invitations = invitations(stage, account);
    let mine: Vec<_> = invitations.iter().filter(|invitation| invitation["AccountId"] == sender).collect();
    assert_eq!(mine.len(), 1, "expected one invitation per sender: {invitations:?}");
    mine[0]["InvitationId"].as_str().unwrap().to_owned()
}

fn members(stage: &Stage, administrator: &str) -> Vec<Value> {
    let all = stage.good(administrator, ListMembers, json!({ "OnlyAssociated": false }));
    all["Members"].as_array().unwrap().clone()
}

/// The status of an account in its administrator's list.
fn status(stage: &Stage, administrator: &str, account: &str) -> Option<String> {
    let members = members(stage, administrator);
    let member = members.iter().find(|member| member["AccountId"] == account)?;
    Some(member["MemberStatus"].as_str().unwrap().to_owned())
}

/// The administrator that an account sees, with its status.
fn administrator(stage: &Stage, account: &str) -> Option<(String, String)> {
    let answer = stage.good(account, GetAdministratorAccount, json!({}));
    let administrator = answer.get("Administrator")?;
    let text = |name: &str| administrator[name].as_str().unwrap().to_owned();
    Some((text("AccountId"), text("MemberStatus")))
}

#[allow(clippy::unnecessary_wraps, reason = "it is compared with an Option")]
fn is(status: &str) -> Option<String> {
    Some(status.to_owned())
}
