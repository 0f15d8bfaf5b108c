//! Members through the organization.

use securityhub_fixtures::Operation::{
    CreateMembers, DeleteMembers, DescribeHub, DisableSecurityHub, DisassociateFromAdministratorAccount,
    DisassociateMembers, EnableSecurityHub, GetFindings, InviteMembers,
};
use serde_json::{Value, json};

use super::*;
use crate::domain::accounts::members::is_limit_reached;
use crate::domain::accounts::members::organization::{
    Joining, adopt_organization_accounts, become_organization_member, end_delegation, forget_account,
    leave_organization,
};
use crate::state::{AccountStatus, HubKey, Quotas, Region, Transaction};
use crate::testing::{finding_of, id};

const MANAGEMENT: &str = "999999999999";

/// [`ADMINISTRATOR`] is the delegated administrator of an organization that [`MEMBER`] and [`OTHER`] are in.
fn organization(hubs: &[&str]) -> Stage {
    let stage = Stage::with_hubs(hubs);
    let accounts = [(MANAGEMENT, "management"), (ADMINISTRATOR, "security"), (MEMBER, "member"), (OTHER, "other")];
    stage.organization(&accounts);
    delegate(&stage);
    stage
}

fn delegate(stage: &Stage) {
    stage.relations(|directory| {
        let organization = directory.organization.as_mut().unwrap();
        organization.security_hub_administrators.insert(Region::new(REGION), id(ADMINISTRATOR));
    });
}

fn suspend(stage: &Stage, account: &str, status: AccountStatus) {
    stage.relations(|directory| directory.accounts.get_mut(&id(account)).unwrap().status = status);
}

fn administrator_key() -> HubKey {
    HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) }
}

fn apply_event(stage: &Stage, event: impl FnOnce(&mut Transaction<'_>)) {
    let mut transaction = stage.0.write();
    event(&mut transaction);
    transaction.commit();
}

fn seen(stage: &Stage) -> usize {
    stage.good(ADMINISTRATOR, GetFindings, json!({}))["Findings"].as_array().unwrap().len()
}

/// A finding of an account.
fn found(stage: &Stage, account: &str) {
    let input = json!({ "Findings": [finding_of(account, "f", json!({}))] });
    stage.good(account, securityhub_fixtures::Operation::BatchImportFindings, input);
}

/// Rules: MST-02, INV-03, INV-30, HUB-03, TF-43.
#[test]
fn an_organization_account_becomes_a_member_at_once() {
    let stage = organization(&[]);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "ControlFindingGenerator": "STANDARD_CONTROL" }));
    stage.good(OTHER, EnableSecurityHub, json!({}));
    create(&stage, ADMINISTRATOR, MEMBER);
    create(&stage, ADMINISTRATOR, OTHER);
    let member = &members(&stage, ADMINISTRATOR)[0];
    assert_eq!(member["MemberStatus"], "Enabled");
    assert_eq!((member.get("InvitedAt"), member.get("Email")), (None, None), "no address was given");
    for account in [MEMBER, OTHER] {
        let expected = json!({ "Administrator": { "AccountId": ADMINISTRATOR, "MemberStatus": "Enabled" } });
        assert_eq!(stage.good(account, GetAdministratorAccount, json!({})), expected);
        assert_eq!(stage.good(account, DescribeHub, json!({}))["ControlFindingGenerator"], "STANDARD_CONTROL");
        assert_eq!(invitations(&stage, account), Vec::<Value>::new());
    }
    let hub = stage.0.hub(&HubKey { account: id(MEMBER), region: Region::new(REGION) }).unwrap();
    assert_eq!(hub.standards.len(), 2, "the default standards");
}

/// Rules: INV-08.
#[test]
fn an_account_of_another_organization_is_invited() {
    let stage = organization(&[ADMINISTRATOR, UNRELATED]);
    enable(&stage, ADMINISTRATOR, UNRELATED);
    // An administrator without a delegation must invite all accounts.
    let stage = organization(&[MEMBER, OTHER]);
    enable(&stage, MEMBER, OTHER);
}

/// Rules: MST-03, MST-04.
#[test]
fn a_suspended_account_stays_suspended_until_it_is_added_again() {
    let stage = organization(&[ADMINISTRATOR]);
    suspend(&stage, MEMBER, AccountStatus::Suspended);
    create(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("AccountSuspended"));
    assert_eq!(stage.call(MEMBER, DescribeHub, json!({})).unwrap_err().0, 401);
    suspend(&stage, MEMBER, AccountStatus::Active);
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("AccountSuspended"));
    create(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Enabled"));
    stage.good(MEMBER, DescribeHub, json!({}));
}

/// Rules: MST-22, ROL-35.
#[test]
fn findings_of_a_member_stay_visible_when_it_is_suspended() {
    let stage = organization(&[ADMINISTRATOR, MEMBER]);
    found(&stage, MEMBER);
    create(&stage, ADMINISTRATOR, MEMBER);
    suspend(&stage, MEMBER, AccountStatus::Suspended);
    assert_eq!((status(&stage, ADMINISTRATOR, MEMBER), seen(&stage)), (is("Enabled"), 1));
    create(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!((status(&stage, ADMINISTRATOR, MEMBER), seen(&stage)), (is("AccountSuspended"), 0));
}

/// Rules: MST-14, INV-31.
#[test]
fn an_organization_member_cannot_disassociate() {
    let stage = organization(&[ADMINISTRATOR]);
    create(&stage, ADMINISTRATOR, MEMBER);
    let message = stage.refused(MEMBER, DisassociateFromAdministratorAccount, json!({}), 400, "BadRequestException");
    assert_eq!(message, "The request is rejected because member cannot disassociate from Organization administrator");
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Enabled"));
    stage.refused(MEMBER, DisableSecurityHub, json!({}), 400, "InvalidInputException");
}

/// Rules: MST-19, UPR-09.
#[test]
fn an_organization_member_cannot_be_deleted() {
    let stage = organization(&[ADMINISTRATOR]);
    create(&stage, ADMINISTRATOR, MEMBER);
    for expected in ["Enabled", "Removed"] {
        assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is(expected));
        assert_eq!(
            sentence(&stage.good(ADMINISTRATOR, DeleteMembers, ids(&[MEMBER])), MEMBER),
            "The request is rejected because the given account ID belongs to the organization of the current account."
        );
        stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER]));
    }
}

/// Rules: INV-07, INV-19.
#[test]
fn a_removed_account_of_the_organization_is_added_again() {
    let stage = organization(&[ADMINISTRATOR]);
    create(&stage, ADMINISTRATOR, MEMBER);
    let again = sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[MEMBER])), MEMBER);
    assert!(again.contains("is already a member or associated"), "{again}");
    stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER]));
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Removed"));
    stage.good(MEMBER, DescribeHub, json!({}));
    create(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Enabled"));
}

/// Rules: INV-09, UPR-11.
#[test]
fn the_management_account_must_enable_its_own_hub() {
    let stage = organization(&[ADMINISTRATOR]);
    assert_eq!(
        sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[MANAGEMENT])), MANAGEMENT),
        "The request is rejected because the organization management account has not enabled Security Hub."
    );
    stage.good(MANAGEMENT, EnableSecurityHub, json!({}));
    create(&stage, ADMINISTRATOR, MANAGEMENT);
    assert_eq!(status(&stage, ADMINISTRATOR, MANAGEMENT), is("Enabled"));
}

/// Rules: INV-10, UPR-12.
#[test]
fn organization_accounts_cannot_be_invited() {
    let stage = organization(&[ADMINISTRATOR]);
    let invite = || sentence(&stage.good(ADMINISTRATOR, InviteMembers, ids(&[MEMBER])), MEMBER);
    let message = "The request is rejected because organization accounts cannot be invited.";
    assert_eq!(invite(), message);
    create(&stage, ADMINISTRATOR, MEMBER);
    assert!(invite().contains("has already invited or is already the SecurityHub master"));
    stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER]));
    assert_eq!(invite(), message);
}

/// Rules: INV-12.
#[test]
fn an_account_with_members_cannot_become_an_organization_member() {
    let stage = organization(&[ADMINISTRATOR, MEMBER, OTHER]);
    create(&stage, MEMBER, OTHER);
    let message = sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[MEMBER])), MEMBER);
    assert!(message.ends_with("has created, invited or associated members itself."), "{message}");
}

/// Rules: INV-18.
#[test]
fn a_centrally_managed_member_cannot_be_disassociated() {
    let stage = organization(&[ADMINISTRATOR]);
    create(&stage, ADMINISTRATOR, MEMBER);
    create(&stage, ADMINISTRATOR, OTHER);
    stage.relations(|directory| directory.accounts.get_mut(&id(OTHER)).unwrap().centrally_managed = true);
    let input = ids(&[MEMBER, OTHER]);
    stage.refused(ADMINISTRATOR, DisassociateMembers, input, 403, "AccessDeniedException");
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Enabled"), "an error changes nothing");
    stage.good(ADMINISTRATOR, DisassociateMembers, ids(&[MEMBER]));
}

/// Rules: INV-15.
#[test]
fn organization_accounts_that_never_were_members_are_not_listed() {
    let stage = organization(&[ADMINISTRATOR]);
    assert_eq!(members(&stage, ADMINISTRATOR), Vec::<Value>::new());
}

/// Rules: QUO-01, QUO-03, UPR-10.
#[test]
fn the_number_of_organization_members_is_limited() {
    let stage = organization(&[ADMINISTRATOR]);
    stage.relations(|directory| directory.quotas = Quotas { members: 1, invited_members: 5, ..Quotas::default() });
    assert!(!is_limit_reached(&stage.0.directory(), &administrator_key()));
    create(&stage, ADMINISTRATOR, MEMBER);
    assert!(is_limit_reached(&stage.0.directory(), &administrator_key()));
    for account in [OTHER, UNRELATED] {
        let message = sentence(&stage.good(ADMINISTRATOR, CreateMembers, details(&[account])), account);
        assert!(message.contains("cannot create anymore members"), "{message}");
    }
}

/// Rules: MST-20, ROL-30.
#[test]
fn an_account_that_leaves_the_organization_is_shown_as_deleted() {
    let stage = organization(&[ADMINISTRATOR, MEMBER]);
    found(&stage, MEMBER);
    create(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(seen(&stage), 1);
    stage.days_pass(1);
    stage.relations(|directory| _ = directory.organization.as_mut().unwrap().parents.remove(&id(MEMBER)));
    apply_event(&stage, |transaction| leave_organization(transaction, id(MEMBER), stage.0.clock.now()));
    assert_eq!((status(&stage, ADMINISTRATOR, MEMBER), seen(&stage)), (is("Deleted"), 0));
    assert_eq!(members(&stage, ADMINISTRATOR)[0]["UpdatedAt"], stage.now());
    assert_eq!(administrator(&stage, MEMBER), None);
    stage.good(MEMBER, DescribeHub, json!({}));
    // From then on it is treated like any other account.
    enable(&stage, ADMINISTRATOR, MEMBER);
    assert_eq!(seen(&stage), 1);
}

/// Rules: MST-20, MST-17.
#[test]
fn the_record_of_an_account_that_left_the_organization_can_be_deleted() {
    let stage = organization(&[ADMINISTRATOR]);
    create(&stage, ADMINISTRATOR, MEMBER);
    apply_event(&stage, |transaction| leave_organization(transaction, id(MEMBER), stage.0.clock.now()));
    none_unprocessed(&stage.good(ADMINISTRATOR, DeleteMembers, ids(&[MEMBER])));
    assert_eq!(members(&stage, ADMINISTRATOR), Vec::<Value>::new());
}

/// Rules: MST-21.
#[test]
fn a_closed_account_has_no_member_records() {
    let stage = organization(&[ADMINISTRATOR, UNRELATED, MEMBER]);
    invite(&stage, UNRELATED, MEMBER);
    create(&stage, ADMINISTRATOR, MEMBER);
    apply_event(&stage, |transaction| forget_account(transaction, id(MEMBER)));
    assert_eq!((status(&stage, ADMINISTRATOR, MEMBER), status(&stage, UNRELATED, MEMBER)), (None, None));
}

/// Rules: MST-24.
#[test]
fn organization_members_become_standalone_when_the_delegation_ends() {
    let stage = organization(&[ADMINISTRATOR, UNRELATED]);
    create(&stage, ADMINISTRATOR, MEMBER);
    enable(&stage, ADMINISTRATOR, UNRELATED);
    apply_event(&stage, |transaction| end_delegation(transaction, &administrator_key()));
    assert_eq!((administrator(&stage, MEMBER), status(&stage, ADMINISTRATOR, MEMBER)), (None, None));
    stage.good(MEMBER, DescribeHub, json!({}));
    assert_eq!(status(&stage, ADMINISTRATOR, UNRELATED), is("Enabled"));
}

/// Rules: MST-25.
#[test]
fn invited_members_become_organization_members_with_the_delegation() {
    let stage = stage();
    let accounts = [(MANAGEMENT, "management"), (ADMINISTRATOR, "security"), (MEMBER, "member"), (OTHER, "other")];
    stage.organization(&accounts);
    enable(&stage, ADMINISTRATOR, MEMBER);
    invite(&stage, ADMINISTRATOR, OTHER);
    invite(&stage, ADMINISTRATOR, UNRELATED);
    delegate(&stage);
    apply_event(&stage, |transaction| {
        adopt_organization_accounts(transaction, &administrator_key(), stage.0.clock.now());
    });
    for account in [MEMBER, OTHER] {
        assert_eq!(status(&stage, ADMINISTRATOR, account), is("Enabled"));
        assert_eq!(invitations(&stage, account), Vec::<Value>::new());
        stage.refused(account, DisassociateFromAdministratorAccount, json!({}), 400, "BadRequestException");
    }
    assert_eq!(status(&stage, ADMINISTRATOR, UNRELATED), is("Invited"));
}

/// Rules: MST-03, MST-22, MST-25.
#[test]
fn a_suspended_account_is_adopted_as_suspended_unless_it_is_a_member() {
    let stage = stage();
    stage.organization(&[(MANAGEMENT, "management"), (ADMINISTRATOR, "security"), (MEMBER, "m"), (OTHER, "o")]);
    enable(&stage, ADMINISTRATOR, MEMBER);
    invite(&stage, ADMINISTRATOR, OTHER);
    for account in [MEMBER, OTHER] {
        suspend(&stage, account, AccountStatus::Suspended);
    }
    delegate(&stage);
    apply_event(&stage, |transaction| {
        adopt_organization_accounts(transaction, &administrator_key(), stage.0.clock.now());
    });
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Enabled"));
    assert_eq!(status(&stage, ADMINISTRATOR, OTHER), is("AccountSuspended"));
}

/// Rules: MST-02.
#[test]
fn an_account_that_joins_can_be_enabled_without_standards() {
    let stage = organization(&[ADMINISTRATOR]);
    apply_event(&stage, |transaction| {
        let now = stage.0.clock.now();
        become_organization_member(transaction, &administrator_key(), id(MEMBER), Joining::default(), now);
    });
    assert_eq!(status(&stage, ADMINISTRATOR, MEMBER), is("Enabled"));
    let hub = stage.0.hub(&HubKey { account: id(MEMBER), region: Region::new(REGION) }).unwrap();
    assert!(hub.standards.is_empty());
}
