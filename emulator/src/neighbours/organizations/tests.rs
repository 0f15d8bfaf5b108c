//! Tests of Organizations operations that read, and of delegation.

mod changes;
mod hubs_v2;
mod random;

use serde_json::{Value, json};

use crate::domain::caller::Caller;
use crate::state::{Member, MemberKind, MemberStatus, Organization, Principal, Region, Unit};
use crate::testing::{ADMINISTRATOR, MEMBER, Stage, id};

const MANAGEMENT: &str = "999999999999";

fn stage() -> Stage {
    let stage = Stage::empty();
    stage.relations(|directory| {
        let since = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut organization = Organization::new("o-local123456".into(), "r-lo12".into(), id(MANAGEMENT), since);
        let unit = "ou-lo12-workload1".to_owned();
        organization.units = [(unit.clone(), Unit { name: "Workloads".into(), parent: "r-lo12".into() })].into();
        organization.parents.extend([(id(ADMINISTRATOR), "r-lo12".into()), (id(MEMBER), unit)]);
        directory.organization = Some(organization);
    });
    stage
}

fn call(stage: &Stage, account: &str, operation: &str, input: Value) -> Result<Value, (u16, &'static str)> {
    let principal = Principal::local_user(id(account));
    let caller = Caller { principal, region: Region::new("us-east-1"), now: stage.0.clock.now() };
    let input = input.as_object().unwrap();
    match super::call(&stage.0, &caller, operation, input) {
        Ok(answer) => Ok(answer.expect("a supported operation")),
        Err(error) => Err((error.status, error.code.name())),
    }
}

fn ids(answer: &Value, list: &str) -> Vec<String> {
    answer[list].as_array().unwrap().iter().map(|row| row["Id"].as_str().unwrap().to_owned()).collect()
}

/// Rules: NB-26.
#[test]
fn an_organization_is_described_to_each_member() {
    insta::assert_json_snapshot!(call(&stage(), MEMBER, "DescribeOrganization", json!({})).unwrap(), @r#"
    {
      "Organization": {
        "Id": "o-local123456",
        "Arn": "arn:aws:organizations::999999999999:organization/o-local123456",
        "FeatureSet": "ALL",
        "MasterAccountArn": "arn:aws:organizations::999999999999:account/o-local123456/999999999999",
        "MasterAccountId": "999999999999",
        "MasterAccountEmail": "999999999999@example.com",
        "AvailablePolicyTypes": [
          {
            "Type": "SERVICE_CONTROL_POLICY",
            "Status": "ENABLED"
          }
        ]
      }
    }
    "#);
}

/// Rules: NB-26.
#[test]
fn only_permitted_accounts_can_list_accounts_in_pages() {
    let stage = stage();
    let first = call(&stage, MANAGEMENT, "ListAccounts", json!({ "MaxResults": 2 })).unwrap();
    assert_eq!(ids(&first, "Accounts"), [ADMINISTRATOR, MEMBER]);
    let rest = call(&stage, MANAGEMENT, "ListAccounts", json!({ "NextToken": first["NextToken"] })).unwrap();
    assert_eq!((ids(&rest, "Accounts"), rest.get("NextToken")), (vec![MANAGEMENT.to_owned()], None));
    assert_eq!(rest["Accounts"][0]["JoinedTimestamp"], 1_767_225_600.0);
    assert_eq!(call(&stage, MEMBER, "ListAccounts", json!({})), Err((400, "AccessDeniedException")));
    for token in [json!("x"), json!("2"), json!(2), json!("")] {
        let refused = call(&stage, MANAGEMENT, "ListAccounts", json!({ "NextToken": token }));
        assert_eq!(refused, Err((400, "InvalidInputException")), "{token}");
    }
}

/// Rules: NB-26.
#[test]
fn a_token_is_valid_only_for_its_world_and_query() {
    let mut stage = stage();
    let of_parent = json!({ "ParentId": "r-lo12", "MaxResults": 1 });
    let token = |stage: &Stage, operation, input: &Value| {
        call(stage, MANAGEMENT, operation, input.clone()).unwrap()["NextToken"].as_str().unwrap().to_owned()
    };
    let accounts = token(&stage, "ListAccounts", &json!({ "MaxResults": 1 }));
    let below_root = token(&stage, "ListAccountsForParent", &of_parent);
    let next = |stage: &Stage, operation, token: &str, parent: Option<&str>| {
        call(stage, MANAGEMENT, operation, json!({ "NextToken": token, "ParentId": parent })).map(|_| ())
    };
    let invalid = Err((400, "InvalidInputException"));
    assert_eq!(next(&stage, "ListAccounts", &accounts, None), Ok(()));
    assert_eq!(next(&stage, "ListAccountsForParent", &below_root, Some("r-lo12")), Ok(()));
    assert_eq!(next(&stage, "ListAccountsForParent", &below_root, Some("ou-lo12-workload1")), invalid);
    assert_eq!(next(&stage, "ListAccounts", &below_root, None), invalid);
    stage.0.set_epoch(stage.0.epoch() + 1);
    assert_eq!(next(&stage, "ListAccounts", &accounts, None), invalid, "a token expires with a reset");
}

/// Rules: NB-26.
#[test]
fn the_tree_can_be_traversed_down_and_up() {
    let stage = stage();
    let read = |operation, input| call(&stage, MANAGEMENT, operation, input).unwrap();
    assert_eq!(ids(&read("ListRoots", json!({})), "Roots"), ["r-lo12"]);
    let units = read("ListOrganizationalUnitsForParent", json!({ "ParentId": "r-lo12" }));
    assert_eq!(ids(&units, "OrganizationalUnits"), ["ou-lo12-workload1"]);
    let accounts = read("ListAccountsForParent", json!({ "ParentId": "ou-lo12-workload1" }));
    assert_eq!(ids(&accounts, "Accounts"), [MEMBER]);
    let parents = read("ListParents", json!({ "ChildId": MEMBER }));
    assert_eq!(parents, json!({ "Parents": [{ "Id": "ou-lo12-workload1", "Type": "ORGANIZATIONAL_UNIT" }] }));
    let error = |operation, input| call(&stage, MANAGEMENT, operation, input).unwrap_err().1;
    assert_eq!(error("ListAccountsForParent", json!({ "ParentId": "r-zzzz" })), "ParentNotFoundException");
    assert_eq!(error("ListParents", json!({ "ChildId": "123456789012" })), "ChildNotFoundException");
    for (operation, member, ids) in [
        ("ListAccountsForParent", "ParentId", &["x", "r-abc", "r-ABCD", "ou-lo12-short", "111111111111", ""][..]),
        ("ListParents", "ChildId", &["x", "r-lo12", "11111111111", ""]),
        ("DescribeAccount", "AccountId", &["x", "1111111111111"]),
    ] {
        for id in ids {
            assert_eq!(error(operation, json!({ member: id })), "InvalidInputException", "{operation} {id}");
        }
    }
    assert_eq!(error("DescribeAccount", json!({ "AccountId": "123456789012" })), "AccountNotFoundException");
}

/// Rules: NB-26.
#[test]
fn only_the_management_account_delegates_services() {
    let stage = stage();
    let service = "securityhub.amazonaws.com";
    let delegate = json!({ "ServicePrincipal": service, "AccountId": ADMINISTRATOR });
    let manage = |operation, input: &Value| call(&stage, MANAGEMENT, operation, input.clone());
    assert_eq!(
        call(&stage, MEMBER, "RegisterDelegatedAdministrator", delegate.clone()),
        Err((400, "AccessDeniedException"))
    );
    manage("EnableAWSServiceAccess", &json!({ "ServicePrincipal": service })).unwrap();
    let access = manage("ListAWSServiceAccessForOrganization", &json!({})).unwrap();
    assert_eq!(access["EnabledServicePrincipals"][0]["ServicePrincipal"], service);
    manage("RegisterDelegatedAdministrator", &delegate).unwrap();
    assert_eq!(manage("RegisterDelegatedAdministrator", &delegate), Err((400, "AccountAlreadyRegisteredException")));
    let listed = call(&stage, ADMINISTRATOR, "ListDelegatedAdministrators", json!({})).unwrap();
    assert_eq!(ids(&listed, "DelegatedAdministrators"), [ADMINISTRATOR]);
    manage("DeregisterDelegatedAdministrator", &delegate).unwrap();
    assert_eq!(manage("DeregisterDelegatedAdministrator", &delegate), Err((400, "AccountNotRegisteredException")));
    manage("DisableAWSServiceAccess", &json!({ "ServicePrincipal": service })).unwrap();
    assert_eq!(
        manage("ListAWSServiceAccessForOrganization", &json!({})).unwrap(),
        json!({ "EnabledServicePrincipals": [] })
    );
}

/// Rules: NB-26.
#[test]
fn an_account_outside_the_organization_gets_an_error() {
    let outside = call(&stage(), "123456789012", "DescribeOrganization", json!({}));
    assert_eq!(outside, Err((400, "AWSOrganizationsNotInUseException")));
}

/// Rules: NB-26.
#[test]
fn delegation_requires_trusted_access_and_security_hub_allows_one_member() {
    let stage = stage();
    let write = |operation, service: &str, account: &str| {
        let input = json!({ "ServicePrincipal": service, "AccountId": account });
        call(&stage, MANAGEMENT, operation, input).map_err(|(_, code)| code)
    };
    let service = "securityhub.amazonaws.com";
    let register = "RegisterDelegatedAdministrator";
    assert_eq!(
        write(register, service, ADMINISTRATOR),
        Err("ConstraintViolationException"),
        "trusted access is not enabled yet"
    );
    for wrong in ["securityhub", ".amazonaws.com", "security hub.amazonaws.com"] {
        assert_eq!(write("EnableAWSServiceAccess", wrong, ""), Err("InvalidInputException"), "{wrong}");
    }
    write("EnableAWSServiceAccess", service, "").unwrap();
    write("EnableAWSServiceAccess", "config.amazonaws.com", "").unwrap();
    assert_eq!(write(register, service, MANAGEMENT), Err("ConstraintViolationException"));
    assert_eq!(write(register, service, "123456789012"), Err("AccountNotFoundException"));
    write(register, service, ADMINISTRATOR).unwrap();
    assert_eq!(
        write(register, service, MEMBER),
        Err("ConstraintViolationException"),
        "another account is already the administrator"
    );
    write(register, "config.amazonaws.com", ADMINISTRATOR).unwrap();
    write(register, "config.amazonaws.com", MEMBER).unwrap();
}

const SERVICE: &str = "securityhub.amazonaws.com";

/// [`ADMINISTRATOR`] is the administrator of both Security Hub APIs in two Regions, with [`MEMBER`] as its member.
fn administered() -> Stage {
    let stage = stage();
    stage.relations(|directory| {
        let organization = directory.organization.as_mut().unwrap();
        let since = organization.joined_at;
        organization.delegated_administrators = [((SERVICE.to_owned(), id(ADMINISTRATOR)), since)].into();
        organization.security_hub_administrators =
            ["us-east-1", "eu-west-1"].map(|region| (Region::new(region), id(ADMINISTRATOR))).into();
        organization.security_hub_v2_administrator = Some(id(ADMINISTRATOR));
        let member = Member::new(MemberStatus::Enabled, MemberKind::Organization, since);
        for region in ["us-east-1", "eu-west-1"] {
            let key = (id(ADMINISTRATOR), Region::new(region));
            directory.members.entry(key).or_default().insert(id(MEMBER), member.clone());
        }
    });
    stage
}

/// Checks that there is no administrator of Security Hub.
fn assert_no_administrator(stage: &Stage) {
    let directory = stage.0.directory();
    let organization = directory.organization.as_ref().unwrap();
    assert!(organization.security_hub_administrators.is_empty());
    assert_eq!(organization.security_hub_v2_administrator, None);
    assert_eq!(directory.members.keys().next(), None, "no account has members");
    let denied = call(stage, ADMINISTRATOR, "ListAccounts", json!({}));
    assert_eq!(denied, Err((400, "AccessDeniedException")), "the role has lost the permission to read");
}

/// Rules: ORG-13.
#[test]
fn deregistering_removes_the_security_hub_administrator_in_all_regions() {
    let stage = administered();
    let input = json!({ "ServicePrincipal": SERVICE, "AccountId": ADMINISTRATOR });
    call(&stage, MANAGEMENT, "DeregisterDelegatedAdministrator", input).unwrap();
    assert_no_administrator(&stage);
}

/// Rules: ORG-14.
#[test]
fn disabling_trusted_access_removes_the_administrator_and_its_members() {
    let stage = administered();
    // The management account can be the administrator of a Region itself, without delegation.
    stage.relations(|directory| {
        let organization = directory.organization.as_mut().unwrap();
        organization.security_hub_administrators.insert(Region::new("us-west-2"), id(MANAGEMENT));
        let config = ("config.amazonaws.com".to_owned(), id(MEMBER));
        organization.delegated_administrators.insert(config, organization.joined_at);
    });
    call(&stage, MANAGEMENT, "DisableAWSServiceAccess", json!({ "ServicePrincipal": "config.amazonaws.com" })).unwrap();
    assert_eq!(stage.0.directory().organization.as_ref().unwrap().security_hub_administrators.len(), 3);
    call(&stage, MANAGEMENT, "DisableAWSServiceAccess", json!({ "ServicePrincipal": SERVICE })).unwrap();
    assert_no_administrator(&stage);
    let delegates = call(&stage, MANAGEMENT, "ListDelegatedAdministrators", json!({})).unwrap();
    assert_eq!(ids(&delegates, "DelegatedAdministrators"), [MEMBER], "other services keep their administrators");
}

#[test]
fn faults_accept_exactly_the_supported_operations() {
    let supported: Vec<&str> = super::OPERATIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(crate::faults::names::of_other("organizations"), supported);
}
