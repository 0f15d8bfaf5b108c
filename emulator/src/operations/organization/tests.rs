//! Rules of the organization, tested through operations and events of accounts.

use securityhub_fixtures::Operation::{
    AcceptAdministratorInvitation, CreateFindingAggregator, CreateMembers, DescribeHub,
    DescribeOrganizationConfiguration, DisableOrganizationAdminAccount, DisableSecurityHub, DisassociateMembers,
    EnableOrganizationAdminAccount, EnableSecurityHub, GetAdministratorAccount, GetFindings, InviteMembers,
    ListFindingAggregators, ListInvitations, ListMembers, ListOrganizationAdminAccounts,
    UpdateOrganizationConfiguration, UpdateSecurityHubConfiguration,
};
use serde_json::{Value, json};

use crate::domain::accounts::organization::accounts::{self, AccountError, Event};
use crate::domain::accounts::organization::near_name;
use crate::domain::due;
use crate::domain::findings::aggregation::replicas;
use crate::state::{AccountStatus, HubKey, Quotas, Region, Unit};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding_of, id};

const MANAGEMENT: &str = "999999999999";
const OTHER: &str = "333333333333";
const NEWCOMER: &str = "444444444444";
const OUTSIDER: &str = "555555555555";
const OTHER_REGION: &str = "eu-west-1";
const UNIT: &str = "ou-lo12-workload1";

/// An organization of four accounts and a unit, without enabled hubs.
fn organization() -> Stage {
    let stage = Stage::empty();
    stage.organization(&[
        (MANAGEMENT, "management"),
        (ADMINISTRATOR, "security"),
        (MEMBER, "member"),
        (OTHER, "other"),
    ]);
    stage.relations(|directory| {
        let units = &mut directory.organization.as_mut().unwrap().units;
        for (unit, name) in [(UNIT, "Workloads"), ("ou-lo12-twin00001", "Twin"), ("ou-lo12-twin00002", "Twin")] {
            units.insert(unit.to_owned(), Unit { name: name.to_owned(), parent: "r-lo12".to_owned() });
        }
    });
    stage
}

fn admin(account: &str) -> Value {
    json!({ "AdminAccountId": account })
}

/// [`ADMINISTRATOR`] is the delegated administrator in [`REGION`].
fn delegated() -> Stage {
    let stage = organization();
    stage.good(MANAGEMENT, EnableOrganizationAdminAccount, admin(ADMINISTRATOR));
    stage
}

/// The same, and accounts that join are enabled.
fn enabling() -> Stage {
    let stage = delegated();
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, json!({ "AutoEnable": true }));
    stage
}

fn apply_event(stage: &Stage, account: &str, event: Event) -> Result<(), AccountError> {
    let now = stage.0.clock.now();
    due::run(&stage.0, now);
    let mut transaction = stage.0.write();
    accounts::carry_out(&mut transaction, &stage.0, id(account), event, now)?;
    replicas::apply_relation_changes(&mut transaction, &stage.0);
    transaction.commit();
    Ok(())
}

fn join() -> Event {
    Event::Join { parent: None, name: None, email: None }
}

/// Every record of an administrator: account and status.
fn records(stage: &Stage, administrator: &str) -> Vec<(String, String)> {
    let answer = stage.good(administrator, ListMembers, json!({ "OnlyAssociated": false }));
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = answer["Members"].as_array().unwrap().iter();
    rows.map(|row| (text(row, "AccountId"), text(row, "MemberStatus"))).collect()
}

fn record(account: &str, status: &str) -> (String, String) {
    (account.to_owned(), status.to_owned())
}

fn listed(stage: &Stage, account: &str) -> Value {
    stage.good(account, ListOrganizationAdminAccounts, json!({}))["AdminAccounts"].clone()
}

fn hub(stage: &Stage, region: &str, account: &str) -> Option<std::sync::Arc<crate::state::Hub>> {
    stage.0.hub(&HubKey { account: id(account), region: Region::new(region) })
}

fn add(stage: &Stage, administrator: &str, account: &str) {
    let answer = stage.good(administrator, CreateMembers, json!({ "AccountDetails": [{ "AccountId": account }] }));
    assert_eq!(answer["UnprocessedAccounts"], json!([]));
}

/// An administrator by invitation with one member.
fn by_invitation(stage: &Stage, administrator: &str, account: &str) {
    for account in [administrator, account] {
        _ = stage.call(account, EnableSecurityHub, json!({}));
    }
    add(stage, administrator, account);
    stage.good(administrator, InviteMembers, json!({ "AccountIds": [account] }));
    let invitations = stage.good(account, ListInvitations, json!({}));
    let invitation = invitations["Invitations"][0]["InvitationId"].clone();
    let accept = json!({ "AdministratorId": administrator, "InvitationId": invitation });
    stage.good(account, AcceptAdministratorInvitation, accept);
}

/// Rules: ORG-01, ORG-02, ORG-04, ORG-10, ARN-09, CLI-04.
#[test]
fn the_management_account_designates_an_administrator() {
    let stage = organization();
    assert_eq!(listed(&stage, MANAGEMENT), json!([]));
    let expected = json!({ "AdminAccountId": ADMINISTRATOR, "Feature": "SecurityHub" });
    for _ in 0..2 {
        assert_eq!(stage.good(MANAGEMENT, EnableOrganizationAdminAccount, admin(ADMINISTRATOR)), expected);
        assert_eq!(listed(&stage, MANAGEMENT), json!([{ "AccountId": ADMINISTRATOR, "Status": "ENABLED" }]));
    }
    let of_administrator = hub(&stage, REGION, ADMINISTRATOR).unwrap();
    assert_eq!(of_administrator.standards.len(), 2, "the hub of the administrator has the default standards");
    assert_eq!(hub(&stage, OTHER_REGION, ADMINISTRATOR), None);
    let directory = stage.0.directory();
    let organization = directory.organization.as_ref().unwrap();
    let service = "securityhub.amazonaws.com".to_owned();
    assert!(organization.service_access.contains_key(&service));
    assert!(organization.delegated_administrators.contains_key(&(service, id(ADMINISTRATOR))));
    stage.refused(ADMINISTRATOR, EnableSecurityHub, json!({}), 409, "ResourceConflictException");
    assert_eq!(stage.good(MANAGEMENT, DisableOrganizationAdminAccount, admin(ADMINISTRATOR)), json!({}));
    assert_eq!(listed(&stage, MANAGEMENT), json!([]));
}

/// Rules: ORG-03, ORG-05.
#[test]
fn there_is_one_administrator_for_all_regions() {
    let stage = delegated();
    let sentence = "Security Hub delegated administrator account 111111111111 is already designated for the \
                    organization. Remove it before you designate another account.";
    for region in [REGION, OTHER_REGION] {
        let refused = stage.call_in(region, MANAGEMENT, EnableOrganizationAdminAccount, admin(OTHER)).unwrap_err();
        assert_eq!(refused, (400, "InvalidInputException", sentence.to_owned()));
        assert_eq!(hub(&stage, region, OTHER), None, "an error changes nothing");
    }
    // After the removal here, it is still registered in Organizations.
    stage.good(MANAGEMENT, DisableOrganizationAdminAccount, admin(ADMINISTRATOR));
    assert_eq!(stage.call(MANAGEMENT, EnableOrganizationAdminAccount, admin(OTHER)).unwrap_err().2, sentence);
    stage.call_in(OTHER_REGION, MANAGEMENT, EnableOrganizationAdminAccount, admin(ADMINISTRATOR)).unwrap();
}

/// Rules: ORG-03.
#[test]
fn the_management_account_can_be_designated_once_its_hub_is_enabled() {
    let stage = delegated();
    let designate = |region| stage.call_in(region, MANAGEMENT, EnableOrganizationAdminAccount, admin(MANAGEMENT));
    assert_eq!(designate(REGION).unwrap_err().0, 400, "this Region already has an administrator");
    let off = designate(OTHER_REGION).unwrap_err();
    assert_eq!((off.0, off.1), (400, "InvalidInputException"));
    stage.call_in(OTHER_REGION, MANAGEMENT, EnableSecurityHub, json!({})).unwrap();
    designate(OTHER_REGION).unwrap();
    let directory = stage.0.directory();
    let delegates = &directory.organization.as_ref().unwrap().delegated_administrators;
    assert!(delegates.keys().all(|(_, account)| *account == id(ADMINISTRATOR)), "only the administrator is delegated");
}

/// Rules: ORG-06, ORG-08.
#[test]
fn accounts_that_cannot_be_designated_are_refused() {
    let stage = organization();
    let refused = |account: &str| {
        stage.refused(MANAGEMENT, EnableOrganizationAdminAccount, admin(account), 400, "InvalidInputException")
    };
    for account in [OUTSIDER, "12345"] {
        assert_eq!(refused(account), "The account provided is not a member of the organization");
    }
    apply_event(&stage, OTHER, Event::Suspend).unwrap();
    assert_eq!(refused(OTHER), "Account 333333333333 is suspended");
    by_invitation(&stage, OUTSIDER, MEMBER);
    assert_eq!(refused(MEMBER), "Account 222222222222 is a member account of another administrator account");
    assert_eq!(listed(&stage, MANAGEMENT), json!([]));
}

/// Rules: ORG-07.
#[test]
fn only_the_management_account_can_designate() {
    let stage = delegated();
    let management = "You must be the organization management account to perform this operation";
    let outside = "Your account is not a member of an organization";
    for (account, message) in [(MEMBER, management), (ADMINISTRATOR, management), (OUTSIDER, outside)] {
        for operation in [EnableOrganizationAdminAccount, DisableOrganizationAdminAccount] {
            let refused = stage.refused(account, operation, admin(ADMINISTRATOR), 403, "AccessDeniedException");
            assert_eq!(refused, message);
        }
    }
    for (account, message) in [(MEMBER, management), (OUTSIDER, outside)] {
        let refused = stage.refused(account, ListOrganizationAdminAccounts, json!({}), 403, "AccessDeniedException");
        assert_eq!(refused, message);
    }
    assert_eq!(listed(&stage, ADMINISTRATOR).as_array().unwrap().len(), 1, "the administrator may read");
}

/// Rules: ORG-10, QUO-08.
#[test]
fn the_list_of_administrators_has_at_most_one_row() {
    let stage = delegated();
    let list = |input: Value| stage.call(MANAGEMENT, ListOrganizationAdminAccounts, input);
    assert!(list(json!({ "MaxResults": 10 })).is_ok());
    for input in [json!({ "MaxResults": 11 }), json!({ "NextToken": "x" }), json!({ "Feature": "x" })] {
        assert_eq!(list(input).unwrap_err().0, 400);
    }
}

/// Rules: ORG-10.
#[test]
fn the_classic_and_v2_apis_have_separate_administrators() {
    let stage = delegated();
    let with = |account: &str| json!({ "AdminAccountId": account, "Feature": "SecurityHubV2" });
    let v2 = |region| {
        let answer =
            stage.call_in(region, MANAGEMENT, ListOrganizationAdminAccounts, json!({ "Feature": "SecurityHubV2" }));
        answer.unwrap()
    };
    assert_eq!(v2(REGION), json!({ "AdminAccounts": [], "Feature": "SecurityHubV2" }));
    stage.refused(MANAGEMENT, EnableOrganizationAdminAccount, with(OTHER), 400, "InvalidInputException");
    let answer = stage.good(MANAGEMENT, EnableOrganizationAdminAccount, with(ADMINISTRATOR));
    assert_eq!(answer["Feature"], "SecurityHubV2");
    for region in [REGION, OTHER_REGION] {
        assert_eq!(v2(region)["AdminAccounts"], json!([{ "AccountId": ADMINISTRATOR }]), "no status is shown");
    }
    for account in [ADMINISTRATOR, MEMBER] {
        let feature = json!({ "Feature": "SecurityHubV2" });
        stage.refused(account, ListOrganizationAdminAccounts, feature, 401, "InvalidAccessException");
    }
    stage.good(MANAGEMENT, DisableOrganizationAdminAccount, admin(ADMINISTRATOR));
    assert_eq!(v2(REGION)["AdminAccounts"][0]["AccountId"], ADMINISTRATOR);
    stage.good(MANAGEMENT, DisableOrganizationAdminAccount, with(ADMINISTRATOR));
    assert_eq!(v2(OTHER_REGION)["AdminAccounts"], json!([]));
}

/// Rules: ORG-11, ORG-20, MST-24.
#[test]
fn removing_the_administrator_makes_accounts_standalone_in_the_region() {
    let stage = delegated();
    stage.call_in(OTHER_REGION, MANAGEMENT, EnableOrganizationAdminAccount, admin(ADMINISTRATOR)).unwrap();
    add(&stage, ADMINISTRATOR, MEMBER);
    by_invitation(&stage, ADMINISTRATOR, OUTSIDER);
    let refused =
        stage.refused(MANAGEMENT, DisableOrganizationAdminAccount, admin(OTHER), 400, "InvalidInputException");
    assert_eq!(refused, "Account 333333333333 is not the Security Hub delegated administrator");
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, json!({ "AutoEnable": true }));
    stage.good(MANAGEMENT, DisableOrganizationAdminAccount, admin(ADMINISTRATOR));
    assert_eq!(records(&stage, ADMINISTRATOR), [record(OUTSIDER, "Enabled")], "members by invitation remain members");
    assert_eq!(stage.good(MEMBER, GetAdministratorAccount, json!({})), json!({}));
    stage.good(MEMBER, DescribeHub, json!({}));
    let directory = stage.0.directory();
    assert!(directory.is_delegated_administrator(id(ADMINISTRATOR), &Region::new(OTHER_REGION)));
    assert_eq!(
        directory.organization.as_ref().unwrap().delegated_administrators.len(),
        1,
        "the administrator is still registered in Organizations"
    );
    stage.refused(MANAGEMENT, DisableOrganizationAdminAccount, admin(ADMINISTRATOR), 400, "InvalidInputException");
    stage.good(MANAGEMENT, EnableOrganizationAdminAccount, admin(ADMINISTRATOR));
    let configuration = stage.good(ADMINISTRATOR, DescribeOrganizationConfiguration, json!({}));
    assert_eq!(configuration["AutoEnable"], false, "the configuration has its defaults again");
}

/// Rules: HUB-11, ORG-11.
#[test]
fn a_former_administrator_can_disable_its_hub() {
    let stage = delegated();
    stage.refused(ADMINISTRATOR, DisableSecurityHub, json!({}), 400, "InvalidInputException");
    stage.good(MANAGEMENT, DisableOrganizationAdminAccount, admin(ADMINISTRATOR));
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
}

/// Rules: MST-25.
#[test]
fn designating_an_administrator_adopts_its_invited_members() {
    let stage = organization();
    by_invitation(&stage, ADMINISTRATOR, MEMBER);
    by_invitation(&stage, ADMINISTRATOR, OUTSIDER);
    stage.good(MANAGEMENT, EnableOrganizationAdminAccount, admin(ADMINISTRATOR));
    assert_eq!(records(&stage, ADMINISTRATOR), [record(MEMBER, "Enabled"), record(OUTSIDER, "Enabled")]);
    let left = |account| stage.good(account, ListInvitations, json!({}))["Invitations"].as_array().unwrap().len();
    assert_eq!((left(MEMBER), left(OUTSIDER)), (0, 1));
}

/// Rules: INV-12, INV-26.
#[test]
fn a_delegated_administrator_cannot_become_a_member() {
    let stage = organization();
    for account in [OUTSIDER, ADMINISTRATOR] {
        stage.good(account, EnableSecurityHub, json!({}));
    }
    add(&stage, OUTSIDER, ADMINISTRATOR);
    stage.good(OUTSIDER, InviteMembers, json!({ "AccountIds": [ADMINISTRATOR] }));
    stage.good(MANAGEMENT, EnableOrganizationAdminAccount, admin(ADMINISTRATOR));
    let invitation = stage.good(ADMINISTRATOR, ListInvitations, json!({}))["Invitations"][0]["InvitationId"].clone();
    let accept = json!({ "AdministratorId": OUTSIDER, "InvitationId": invitation });
    stage.refused(ADMINISTRATOR, AcceptAdministratorInvitation, accept, 400, "InvalidInputException");
}

/// Rules: ORG-30, ORG-31, ROL-13.
#[test]
fn only_the_administrator_can_use_the_organization_configuration() {
    let stage = delegated();
    let operations = [
        (DescribeOrganizationConfiguration, json!({})),
        (UpdateOrganizationConfiguration, json!({ "AutoEnable": true })),
    ];
    for (operation, input) in operations {
        for account in [MANAGEMENT, MEMBER, OUTSIDER] {
            let off = stage.refused(account, operation, input.clone(), 401, "InvalidAccessException");
            assert_eq!(off, format!("Account {account} is not subscribed to AWS Security Hub"));
        }
        for account in [MANAGEMENT, MEMBER, OUTSIDER] {
            _ = stage.call(account, EnableSecurityHub, json!({}));
            let other = stage.refused(account, operation, input.clone(), 401, "InvalidAccessException");
            assert_eq!(other, format!("Account {account} is not an administrator for this organization"));
            stage.good(account, DisableSecurityHub, json!({}));
        }
        stage.good(ADMINISTRATOR, operation, input);
    }
}

/// Rules: ORG-32, QUO-03.
#[test]
fn the_initial_organization_configuration_enables_nothing() {
    let stage = delegated();
    let describe = || stage.good(ADMINISTRATOR, DescribeOrganizationConfiguration, json!({}));
    let mut expected = json!({
        "AutoEnable": false,
        "MemberAccountLimitReached": false,
        "AutoEnableStandards": "DEFAULT",
        "OrganizationConfiguration": { "ConfigurationType": "LOCAL", "Status": "ENABLED" },
    });
    assert_eq!(describe(), expected);
    stage.relations(|directory| directory.quotas = Quotas { members: 1, invited_members: 1, ..Quotas::default() });
    add(&stage, ADMINISTRATOR, MEMBER);
    expected["MemberAccountLimitReached"] = json!(true);
    assert_eq!(describe(), expected);
}

/// Rules: ORG-33, CLI-05.
#[test]
fn omitted_settings_stay_unchanged() {
    let stage = delegated();
    let set = |input: Value| {
        assert_eq!(stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, input), json!({}));
        let answer = stage.good(ADMINISTRATOR, DescribeOrganizationConfiguration, json!({}));
        assert_eq!(answer["OrganizationConfiguration"], json!({ "ConfigurationType": "LOCAL", "Status": "ENABLED" }));
        (answer["AutoEnable"].as_bool().unwrap(), answer["AutoEnableStandards"].as_str().unwrap().to_owned())
    };
    assert_eq!(set(json!({ "AutoEnable": true, "AutoEnableStandards": "NONE" })), (true, "NONE".to_owned()));
    assert_eq!(set(json!({ "AutoEnable": false })), (false, "NONE".to_owned()));
    let configuration = json!({ "ConfigurationType": "LOCAL", "Status": "FAILED", "StatusMessage": "x" });
    let input =
        json!({ "AutoEnable": true, "AutoEnableStandards": "DEFAULT", "OrganizationConfiguration": configuration });
    assert_eq!(set(input), (true, "DEFAULT".to_owned()));
    let elsewhere = stage.call_in(OTHER_REGION, ADMINISTRATOR, DescribeOrganizationConfiguration, json!({}));
    assert_eq!(elsewhere.unwrap_err().0, 401, "each Region has its own administrator");
    stage.refused(ADMINISTRATOR, UpdateOrganizationConfiguration, json!({}), 400, "InvalidInputException");
    // The last call of Terraform.
    let local = json!({ "ConfigurationType": "LOCAL" });
    let input = json!({ "AutoEnable": false, "AutoEnableStandards": "NONE", "OrganizationConfiguration": local });
    assert_eq!(set(input), (false, "NONE".to_owned()));
}

/// Rules: ORG-34.
#[test]
fn central_configuration_does_not_enable_new_accounts() {
    let stage = delegated();
    let central = json!({ "ConfigurationType": "CENTRAL" });
    for (auto_enable, standards) in [(true, "NONE"), (false, "DEFAULT"), (true, "DEFAULT")] {
        let input = json!({
            "AutoEnable": auto_enable, "AutoEnableStandards": standards, "OrganizationConfiguration": central,
        });
        let message =
            stage.refused(ADMINISTRATOR, UpdateOrganizationConfiguration, input, 400, "InvalidInputException");
        assert_eq!(message, "Auto Enable and AutoEnableStandards can not be enabled for Central Configuration");
    }
}

/// Rules: ORG-35, ORG-37, MST-02.
#[test]
fn an_account_that_joins_is_enabled() {
    let stage = enabling();
    let generator = json!({ "ControlFindingGenerator": "STANDARD_CONTROL" });
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, generator);
    assert_eq!(records(&stage, ADMINISTRATOR), [], "existing accounts are not enabled");
    apply_event(&stage, NEWCOMER, join()).unwrap();
    assert_eq!(records(&stage, ADMINISTRATOR), [record(NEWCOMER, "Enabled")]);
    let hub_of_newcomer = hub(&stage, REGION, NEWCOMER).unwrap();
    assert_eq!(hub_of_newcomer.standards.len(), 2);
    assert_eq!(hub_of_newcomer.control_finding_generator.as_str(), "STANDARD_CONTROL");
    assert_eq!(hub(&stage, OTHER_REGION, NEWCOMER), None, "the setting applies to one Region");
    let expected = json!({ "Administrator": { "AccountId": ADMINISTRATOR, "MemberStatus": "Enabled" } });
    assert_eq!(stage.good(NEWCOMER, GetAdministratorAccount, json!({})), expected);
}

/// Rules: ORG-35.
#[test]
fn new_accounts_can_be_enabled_without_standards_or_not_at_all() {
    let stage = delegated();
    apply_event(&stage, NEWCOMER, join()).unwrap();
    assert_eq!((records(&stage, ADMINISTRATOR), hub(&stage, REGION, NEWCOMER)), (vec![], None));
    let none = json!({ "AutoEnable": true, "AutoEnableStandards": "NONE" });
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, none);
    apply_event(&stage, OUTSIDER, join()).unwrap();
    assert!(hub(&stage, REGION, OUTSIDER).unwrap().standards.is_empty());
    assert_eq!(records(&stage, ADMINISTRATOR), [record(OUTSIDER, "Enabled")]);
}

/// Rules: ORG-35.
#[test]
fn enabled_hubs_and_members_of_other_administrators_stay_unchanged() {
    let stage = enabling();
    let without = json!({ "EnableDefaultStandards": false });
    stage.good(NEWCOMER, EnableSecurityHub, without);
    apply_event(&stage, NEWCOMER, join()).unwrap();
    assert!(hub(&stage, REGION, NEWCOMER).unwrap().standards.is_empty(), "no standards are enabled");
    by_invitation(&stage, MEMBER, OUTSIDER);
    apply_event(&stage, OUTSIDER, join()).unwrap();
    assert_eq!(records(&stage, ADMINISTRATOR), [record(NEWCOMER, "Enabled")]);
    assert_eq!(records(&stage, MEMBER), [record(OUTSIDER, "Enabled")]);
}

/// Rules: ORG-35, QUO-01.
#[test]
fn an_account_over_the_quota_is_not_enabled() {
    let stage = enabling();
    stage.relations(|directory| directory.quotas = Quotas { members: 1, invited_members: 1, ..Quotas::default() });
    apply_event(&stage, NEWCOMER, join()).unwrap();
    apply_event(&stage, OUTSIDER, join()).unwrap();
    assert_eq!(records(&stage, ADMINISTRATOR), [record(NEWCOMER, "Enabled")]);
}

/// Rules: ORG-36.
#[test]
fn the_management_account_is_not_enabled_automatically() {
    let stage = enabling();
    assert_eq!(apply_event(&stage, MANAGEMENT, join()), Err(AccountError::IsMember(id(MANAGEMENT))));
    apply_event(&stage, MANAGEMENT, Event::Move { parent: UNIT.to_owned() }).unwrap();
    assert_eq!((hub(&stage, REGION, MANAGEMENT), records(&stage, ADMINISTRATOR)), (None, vec![]));
}

/// Rules: MST-20, ORG-35, INV-19.
#[test]
fn an_account_that_leaves_and_rejoins_is_enabled_again() {
    let stage = enabling();
    apply_event(&stage, NEWCOMER, join()).unwrap();
    let findings = json!({ "Findings": [finding_of(NEWCOMER, "f", json!({}))] });
    stage.good(NEWCOMER, securityhub_fixtures::Operation::BatchImportFindings, findings);
    let seen = || stage.good(ADMINISTRATOR, GetFindings, json!({}))["Findings"].as_array().unwrap().len();
    assert_eq!(seen(), 1);
    apply_event(&stage, NEWCOMER, Event::Leave).unwrap();
    assert_eq!((records(&stage, ADMINISTRATOR), seen()), (vec![record(NEWCOMER, "Deleted")], 0));
    stage.good(NEWCOMER, DescribeHub, json!({}));
    assert_eq!(apply_event(&stage, NEWCOMER, Event::Leave), Err(AccountError::NoMember(id(NEWCOMER))));
    apply_event(&stage, NEWCOMER, join()).unwrap();
    assert_eq!((records(&stage, ADMINISTRATOR), seen()), (vec![record(NEWCOMER, "Enabled")], 1));
    stage.good(ADMINISTRATOR, DisassociateMembers, json!({ "AccountIds": [NEWCOMER] }));
    apply_event(&stage, NEWCOMER, Event::Move { parent: "Workloads".to_owned() }).unwrap();
    assert_eq!(records(&stage, ADMINISTRATOR), [record(NEWCOMER, "Removed")]);
    apply_event(&stage, NEWCOMER, Event::Leave).unwrap();
    assert_eq!(records(&stage, ADMINISTRATOR), [record(NEWCOMER, "Deleted")], "the record is replaced");
}

/// Rules: MST-22, MST-03, MST-04.
#[test]
fn a_suspended_member_stays_until_it_is_added_again() {
    let stage = enabling();
    apply_event(&stage, NEWCOMER, join()).unwrap();
    apply_event(&stage, NEWCOMER, Event::Suspend).unwrap();
    assert_eq!(apply_event(&stage, NEWCOMER, Event::Suspend), Err(AccountError::OutOfUse(id(NEWCOMER))));
    assert_eq!(records(&stage, ADMINISTRATOR), [record(NEWCOMER, "Enabled")]);
    add(&stage, ADMINISTRATOR, NEWCOMER);
    assert_eq!(records(&stage, ADMINISTRATOR), [record(NEWCOMER, "AccountSuspended")]);
    apply_event(&stage, NEWCOMER, Event::Reactivate).unwrap();
    assert_eq!(apply_event(&stage, NEWCOMER, Event::Reactivate), Err(AccountError::InUse(id(NEWCOMER))));
    assert_eq!(records(&stage, ADMINISTRATOR), [record(NEWCOMER, "AccountSuspended")]);
    add(&stage, ADMINISTRATOR, NEWCOMER);
    assert_eq!(records(&stage, ADMINISTRATOR), [record(NEWCOMER, "Enabled")]);
}

/// Rules: RET-11, MST-21.
#[test]
fn a_closed_account_is_not_listed_and_forgotten_after_90_days() {
    let stage = enabling();
    apply_event(&stage, NEWCOMER, join()).unwrap();
    apply_event(&stage, NEWCOMER, Event::Close).unwrap();
    assert_eq!(records(&stage, ADMINISTRATOR), []);
    // If the account is reactivated in time, all of its data is restored.
    stage.days_pass(89);
    let findings = json!({ "Findings": [finding_of(NEWCOMER, "f", json!({}))] });
    apply_event(&stage, NEWCOMER, Event::Reactivate).unwrap();
    stage.days_pass(2);
    stage.good(NEWCOMER, securityhub_fixtures::Operation::BatchImportFindings, findings);
    assert_eq!(stage.0.finding_count(), 1, "the earlier closure has no effect");
    apply_event(&stage, NEWCOMER, Event::Close).unwrap();
    stage.days_pass(89);
    due::run(&stage.0, stage.0.clock.now());
    assert!(hub(&stage, REGION, NEWCOMER).is_some() && stage.0.directory().is_in_organization(id(NEWCOMER)));
    assert_eq!(stage.0.directory().accounts[&id(NEWCOMER)].status, AccountStatus::Closed(stage_time(&stage, -89)));
    stage.days_pass(1);
    due::run(&stage.0, stage.0.clock.now());
    assert_eq!((hub(&stage, REGION, NEWCOMER), stage.0.finding_count()), (None, 0));
    assert!(!stage.0.directory().is_in_organization(id(NEWCOMER)));
}

fn stage_time(stage: &Stage, days: i64) -> crate::state::Timestamp {
    stage.0.clock.now() + jiff::SignedDuration::from_hours(days * 24)
}

/// Rules: ORG-13.
#[test]
fn management_and_delegated_accounts_cannot_leave() {
    let stage = delegated();
    for event in [Event::Leave, Event::Close] {
        assert_eq!(apply_event(&stage, ADMINISTRATOR, event), Err(AccountError::IsDelegated(id(ADMINISTRATOR))));
    }
    for event in [Event::Leave, Event::Close, Event::Suspend] {
        assert_eq!(apply_event(&stage, MANAGEMENT, event), Err(AccountError::IsManagementAccount(id(MANAGEMENT))));
    }
}

/// Rules: NB-26.
#[test]
fn units_are_found_by_name_and_id() {
    let stage = organization();
    let to = |parent: &str| apply_event(&stage, MEMBER, Event::Move { parent: parent.to_owned() });
    let parent = || stage.0.directory().organization.as_ref().unwrap().parents[&id(MEMBER)].clone();
    for (name, expected) in [("Workloads", UNIT), ("root", "r-lo12"), (UNIT, UNIT), ("r-lo12", "r-lo12")] {
        to(name).unwrap();
        assert_eq!(parent(), expected);
    }
    assert_eq!(to("Nowhere"), Err(AccountError::NoParent("Nowhere".to_owned(), near_name::NearName::default())));
    assert_eq!(to("Twin"), Err(AccountError::ManyParents("Twin".to_owned())));
    let parent = Some("Workloads".to_owned());
    let join = Event::Join { parent, name: Some("payments".to_owned()), email: None };
    apply_event(&stage, NEWCOMER, join.clone()).unwrap();
    assert_eq!(stage.0.directory().accounts[&id(NEWCOMER)].name, "payments");
    let alone = Stage::empty();
    assert_eq!(apply_event(&alone, NEWCOMER, join), Err(AccountError::NoOrganization));
}

/// Rules: ROL-10, ROL-33, QUO-05, AGG-16.
#[test]
fn members_use_the_aggregator_of_the_organizations_administrator() {
    let stage = enabling();
    let create = |account| stage.call(account, CreateFindingAggregator, json!({ "RegionLinkingMode": "ALL_REGIONS" }));
    create(ADMINISTRATOR).unwrap();
    create(ADMINISTRATOR).unwrap_err();
    apply_event(&stage, NEWCOMER, join()).unwrap();
    assert_eq!(create(NEWCOMER).unwrap_err().0, 401);
    let count = |account| {
        let answer = stage.good(account, ListFindingAggregators, json!({}));
        answer["FindingAggregators"].as_array().unwrap().len()
    };
    assert_eq!((count(ADMINISTRATOR), count(NEWCOMER)), (1, 1), "both accounts list the aggregator");
    let directory = stage.0.directory();
    assert_eq!(
        directory.home(id(NEWCOMER), &Region::new(OTHER_REGION)),
        None,
        "the account is not a member in that Region"
    );
    apply_event(&stage, NEWCOMER, Event::Leave).unwrap();
    assert_eq!((count(ADMINISTRATOR), count(NEWCOMER)), (1, 0));
    create(NEWCOMER).unwrap();
}

/// Rules: CLI-08, CLI-09.
#[test]
fn adding_all_accounts_repeatedly_and_removing_them_succeeds() {
    let stage = delegated();
    stage.refused(ADMINISTRATOR, EnableSecurityHub, json!({}), 409, "ResourceConflictException");
    let details = json!({ "AccountDetails": [{ "AccountId": MEMBER }, { "AccountId": OTHER }] });
    assert_eq!(stage.good(ADMINISTRATOR, CreateMembers, details.clone()), json!({ "UnprocessedAccounts": [] }));
    let again = stage.good(ADMINISTRATOR, CreateMembers, details);
    for unprocessed in again["UnprocessedAccounts"].as_array().unwrap() {
        let message = unprocessed["ProcessingResult"].as_str().unwrap();
        assert!(message.contains("given account ID is already a member or associated"), "{message}");
    }
    assert_eq!(stage.good(ADMINISTRATOR, ListFindingAggregators, json!({}))["FindingAggregators"], json!([]));
    stage.good(ADMINISTRATOR, DisassociateMembers, json!({ "AccountIds": [MEMBER, OTHER] }));
    stage.good(MANAGEMENT, DisableOrganizationAdminAccount, admin(ADMINISTRATOR));
    for account in [MEMBER, OTHER, ADMINISTRATOR] {
        stage.good(account, DisableSecurityHub, json!({}));
        stage.refused(account, DisableSecurityHub, json!({}), 404, "ResourceNotFoundException");
    }
    stage.refused(ADMINISTRATOR, ListMembers, json!({}), 400, "BadRequestException");
}
