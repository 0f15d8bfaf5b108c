//! The delays of a scenario.

use jiff::SignedDuration;

use super::*;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Rules: CCF-05.
#[test]
fn central_configuration_is_pending_for_the_scenarios_delay() {
    let mut stage = local();
    stage.0.delays.central_configuration = MINUTE;
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, configuration("CENTRAL"));
    assert_eq!(described(&stage, REGION), json!({ "ConfigurationType": "CENTRAL", "Status": "PENDING" }));
    let message = stage.refused(ADMINISTRATOR, ListConfigurationPolicies, json!({}), 403, "AccessDeniedException");
    assert_eq!(message, REFUSED);
    stage.0.clock.advance(MINUTE);
    assert_eq!(described(&stage, REGION)["Status"], "ENABLED");
    stage.good(ADMINISTRATOR, ListConfigurationPolicies, json!({}));
}

/// Rules: CCF-20, CCF-27.
#[test]
fn targets_are_pending_for_the_scenarios_delay() {
    let mut stage = central();
    stage.0.delays.policy_association = MINUTE;
    let policy = create(&stage, "p", says(&[FSBP]));
    start(&stage, &policy, UNIT);
    assert_eq!(governs(&stage, UNIT), is(&policy, "APPLIED", "PENDING"));
    assert_eq!(governs(&stage, MEMBER), is(&policy, "INHERITED", "PENDING"));
    assert_eq!(
        hub(&stage, REGION, MEMBER).unwrap().standards.len(),
        2,
        "the member keeps its standards while the association is pending"
    );
    stage.0.clock.advance(MINUTE);
    stage.good(ADMINISTRATOR, DescribeHub, json!({}));
    assert_eq!(governs(&stage, MEMBER), is(&policy, "INHERITED", "SUCCESS"));
    assert_eq!(hub(&stage, REGION, MEMBER).unwrap().standards.len(), 1);
    // A change makes the targets pending again. A policy that was disassociated can be deleted before its targets have
    // settled.
    stage.good(
        ADMINISTRATOR,
        UpdateConfigurationPolicy,
        json!({ "Identifier": policy, "ConfigurationPolicy": says(&[]) }),
    );
    assert_eq!(governs(&stage, UNIT), is(&policy, "APPLIED", "PENDING"));
    stage.good(ADMINISTRATOR, StartConfigurationPolicyDisassociation, with_policy(&policy, UNIT));
    stage.good(ADMINISTRATOR, DeleteConfigurationPolicy, json!({ "Identifier": policy }));
    stage.0.clock.advance(MINUTE);
    stage.good(ADMINISTRATOR, DescribeHub, json!({}));
    assert_eq!(governs(&stage, MEMBER), None);
}

/// Rules: CCF-07.
#[test]
fn changes_wait_until_central_configuration_is_enabled() {
    let mut stage = local();
    stage.0.delays.central_configuration = MINUTE;
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, configuration("CENTRAL"));
    assert!(hub(&stage, OTHER_REGION, ADMINISTRATOR).is_none(), "central configuration is pending");
    stage.0.clock.advance(MINUTE);
    stage.good(ADMINISTRATOR, DescribeHub, json!({}));
    assert!(hub(&stage, OTHER_REGION, ADMINISTRATOR).is_some());
    assert_eq!(stage.0.directory().administrator(id(MEMBER), &Region::new(REGION)), Some(id(ADMINISTRATOR)));
}

/// Rules: CCF-25, CCF-27.
#[test]
fn a_second_change_restarts_the_delay_of_a_target_and_its_parent() {
    let mut stage = central();
    stage.0.delays.policy_association = MINUTE * 5;
    let policies = ["p", "q"].map(|name| create(&stage, name, says(&[FSBP])));
    start(&stage, &policies[0], UNIT);
    stage.0.clock.advance(MINUTE * 4);
    start(&stage, &policies[1], MEMBER);
    stage.0.clock.advance(MINUTE);
    stage.good(ADMINISTRATOR, DescribeHub, json!({}));
    assert_eq!(
        governs(&stage, MEMBER),
        is(&policies[1], "APPLIED", "PENDING"),
        "the association of the member began a minute ago"
    );
    assert_eq!(governs(&stage, UNIT), is(&policies[0], "APPLIED", "PENDING"), "the unit is pending like its account");
    stage.0.clock.advance(MINUTE * 4);
    stage.good(ADMINISTRATOR, DescribeHub, json!({}));
    assert_eq!(governs(&stage, MEMBER), is(&policies[1], "APPLIED", "SUCCESS"));
    assert_eq!(governs(&stage, UNIT), is(&policies[0], "APPLIED", "SUCCESS"));
}

/// Rules: CCF-27, CCF-45.
#[test]
fn a_pending_unit_does_not_wait_for_an_account_that_left_it() {
    for event in [Event::Move { parent: "root".to_owned() }, Event::Leave] {
        let mut stage = central();
        stage.0.delays.policy_association = MINUTE * 5;
        let policies = ["p", "q"].map(|name| create(&stage, name, says(&[FSBP])));
        start(&stage, &policies[0], UNIT);
        stage.0.clock.advance(MINUTE * 4);
        start(&stage, &policies[1], MEMBER);
        apply_event(&stage, MEMBER, event.clone());
        assert_eq!(
            governs(&stage, UNIT),
            is(&policies[0], "APPLIED", "PENDING"),
            "the delay of the association is not over"
        );
        stage.0.clock.advance(MINUTE);
        stage.good(ADMINISTRATOR, DescribeHub, json!({}));
        assert_eq!(governs(&stage, UNIT), is(&policies[0], "APPLIED", "SUCCESS"));

        start(&stage, &policies[0], UNIT);
        apply_event(&stage, OTHER, Event::Move { parent: UNIT.to_owned() });
        stage.0.clock.advance(MINUTE * 4);
        start(&stage, &policies[1], OTHER);
        stage.0.clock.advance(MINUTE);
        stage.good(ADMINISTRATOR, DescribeHub, json!({}));
        assert_eq!(governs(&stage, UNIT), is(&policies[0], "APPLIED", "PENDING"), "an account in the unit is pending");
        apply_event(&stage, OTHER, event);
        assert_eq!(governs(&stage, UNIT), is(&policies[0], "APPLIED", "SUCCESS"));
    }
}
