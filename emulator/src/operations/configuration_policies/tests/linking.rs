//! Accounts in Regions that come under central configuration, at first and when more Regions are linked.

use super::*;

fn link(stage: &Stage, mode: &str) -> crate::testing::Outcome {
    let mut input = stage.good(ADMINISTRATOR, ListFindingAggregators, json!({}))["FindingAggregators"][0].clone();
    input["RegionLinkingMode"] = json!(mode);
    stage.call(ADMINISTRATOR, UpdateFindingAggregator, input)
}

/// Rules: CCF-07, CCF-28, AGG-19.
#[test]
fn a_region_of_the_administrator_that_is_linked_later_is_configured_centrally() {
    let stage = local();
    let designated = json!({ "AdminAccountId": ADMINISTRATOR });
    stage.call_in(OTHER_REGION, MANAGEMENT, EnableOrganizationAdminAccount, designated).unwrap();
    stage.call_in(OTHER_REGION, OTHER, EnableSecurityHub, json!({})).unwrap();
    let enables = json!({ "AutoEnable": true });
    stage.call_in(OTHER_REGION, ADMINISTRATOR, UpdateOrganizationConfiguration, enables).unwrap();
    link(&stage, "NO_REGIONS").unwrap();
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, configuration("CENTRAL"));
    let read = || stage.call_in(OTHER_REGION, ADMINISTRATOR, DescribeOrganizationConfiguration, json!({})).unwrap();
    assert_eq!((&read()["AutoEnable"], &read()["AutoEnableStandards"]), (&json!(true), &json!("DEFAULT")));
    link(&stage, "ALL_REGIONS").unwrap();
    assert_eq!(read()["OrganizationConfiguration"]["ConfigurationType"], "CENTRAL");
    assert_eq!((&read()["AutoEnable"], &read()["AutoEnableStandards"]), (&json!(false), &json!("NONE")));
    let administrator = stage.call_in(OTHER_REGION, OTHER, GetAdministratorAccount, json!({})).unwrap();
    assert_eq!(administrator["Administrator"]["AccountId"], ADMINISTRATOR);
    // A disassociated member does not come under it again when another Region is linked.
    let other = json!({ "AccountIds": [OTHER] });
    stage.call_in(OTHER_REGION, ADMINISTRATOR, DisassociateMembers, other).unwrap();
    link(&stage, "ALL_REGIONS").unwrap();
    assert_eq!(stage.call_in(OTHER_REGION, OTHER, GetAdministratorAccount, json!({})), Ok(json!({})));
}

/// Rules: CCF-03, CCF-07.
#[test]
fn a_region_with_another_administrator_cannot_be_linked() {
    let stage = local();
    link(&stage, "NO_REGIONS").unwrap();
    stage.call_in(OTHER_REGION, MANAGEMENT, EnableSecurityHub, json!({})).unwrap();
    let designated = json!({ "AdminAccountId": MANAGEMENT });
    stage.call_in(OTHER_REGION, MANAGEMENT, EnableOrganizationAdminAccount, designated).unwrap();
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, configuration("CENTRAL"));
    let refused = link(&stage, "ALL_REGIONS").unwrap_err();
    assert_eq!((refused.0, refused.1), (400, "InvalidInputException"));
    start(&stage, &create(&stage, "p", says(&[FSBP])), UNIT);
    assert_eq!(governs(&stage, MEMBER).unwrap().2, "SUCCESS");
    assert_eq!(stage.0.directory().administrator(id(MEMBER), &Region::new(OTHER_REGION)), None);
}

/// Rules: CCF-07, CCF-40.
#[test]
fn a_region_with_hubs_enabled_later_is_configured_centrally_with_the_next_association() {
    let stage = central();
    let later = "ap-southeast-1";
    stage.call_in(later, OTHER, EnableSecurityHub, json!({})).unwrap();
    start(&stage, &create(&stage, "p", says(&[FSBP])), UNIT);
    assert!(hub(&stage, later, ADMINISTRATOR).is_some() && hub(&stage, later, MEMBER).is_some());
    let administrator = stage.call_in(later, MEMBER, GetAdministratorAccount, json!({})).unwrap();
    assert_eq!(administrator["Administrator"]["AccountId"], ADMINISTRATOR);
    stage.call_in(later, ADMINISTRATOR, DescribeOrganizationConfiguration, json!({})).unwrap();
}

/// Rules: MST-03, CCF-07.
#[test]
fn a_suspended_account_only_gets_a_member_record() {
    let stage = local();
    apply_event(&stage, MEMBER, Event::Suspend);
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, configuration("CENTRAL"));
    let read = stage.good(ADMINISTRATOR, Operation::GetMembers, json!({ "AccountIds": [MEMBER] }));
    assert_eq!(read["Members"][0]["MemberStatus"], "AccountSuspended");
}

/// Rules: CCF-07, CCF-28, CCF-40.
#[test]
fn a_region_that_the_aggregator_names_is_configured_centrally_even_without_hubs() {
    let stage = central();
    start(&stage, &create(&stage, "p", says(&[FSBP])), UNIT);
    let named = "us-west-2";
    let mut input = stage.good(ADMINISTRATOR, ListFindingAggregators, json!({}))["FindingAggregators"][0].clone();
    input["RegionLinkingMode"] = json!("SPECIFIED_REGIONS");
    input["Regions"] = json!([OTHER_REGION, named]);
    stage.good(ADMINISTRATOR, UpdateFindingAggregator, input);
    assert!(hub(&stage, named, ADMINISTRATOR).is_some());
    assert_eq!(hub(&stage, named, MEMBER).unwrap().standards.len(), 1);
}

/// Rules: CCF-28, CCF-31.
#[test]
fn a_reactivated_account_gets_the_policy_that_governs_it() {
    let stage = central();
    let happen = |event| {
        let mut transaction = stage.0.write();
        accounts::carry_out(&mut transaction, &stage.0, id(MEMBER), event, stage.0.clock.now()).unwrap();
        transaction.commit();
    };
    happen(Event::Suspend);
    let policy = create(&stage, "p", says(&[FSBP]));
    start(&stage, &policy, UNIT);
    assert_eq!(governs(&stage, MEMBER).unwrap().2, "FAILED");
    happen(Event::Reactivate);
    assert_eq!(governs(&stage, MEMBER).unwrap().2, "SUCCESS");
    assert_eq!(governs(&stage, UNIT).unwrap().2, "FAILED", "the unit stays failed until it is associated again");
}
