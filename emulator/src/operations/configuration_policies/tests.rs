//! Rules of central configuration, driven through the operations.

mod controls;
mod delays;
mod leaving;
mod linking;
mod management;
mod roles;

use securityhub_fixtures::Operation::{
    self, BatchGetConfigurationPolicyAssociations, CreateConfigurationPolicy, CreateFindingAggregator,
    DeleteConfigurationPolicy, DeleteFindingAggregator, DescribeHub, DescribeOrganizationConfiguration,
    DisableOrganizationAdminAccount, DisableSecurityHub, DisassociateMembers, EnableOrganizationAdminAccount,
    EnableSecurityHub, GetAdministratorAccount, GetConfigurationPolicy, GetConfigurationPolicyAssociation, GetFindings,
    ListConfigurationPolicies, ListConfigurationPolicyAssociations, ListFindingAggregators, ListTagsForResource,
    StartConfigurationPolicyAssociation, StartConfigurationPolicyDisassociation, UpdateConfigurationPolicy,
    UpdateFindingAggregator, UpdateOrganizationConfiguration, UpdateSecurityHubConfiguration,
};
use serde_json::{Value, json};

use crate::domain::accounts::organization::accounts::{self, Event};
use crate::state::{Hub, HubKey, Region, Unit};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, id};

const MANAGEMENT: &str = "999999999999";
const OTHER: &str = "333333333333";
const NEWCOMER: &str = "444444444444";
const OTHER_REGION: &str = "eu-west-1";
const ROOT: &str = "r-lo12";
const UNIT: &str = "ou-lo12-workload1";
const FSBP: &str = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";
const OUTSIDE_HOME: &str = "Central Configuration APIs can only be called from the aggregation region";
const REFUSED: &str = "Must be a Security Hub delegated administrator with Central Configuration enabled";
const GOVERNED: &str = "This account is currently associated with a central configuration policy, so only the \
                        administrator can access this operation.";

/// An organization with a delegated administrator and an aggregator; [`MEMBER`] is in [`UNIT`], its hub on.
fn local() -> Stage {
    let stage = Stage::empty();
    stage.organization(&[
        (MANAGEMENT, "management"),
        (ADMINISTRATOR, "security"),
        (MEMBER, "member"),
        (OTHER, "other"),
    ]);
    stage.relations(|directory| {
        directory.regions = vec![Region::new(REGION), Region::new(OTHER_REGION)];
        let organization = directory.organization.as_mut().unwrap();
        organization.units.insert(UNIT.to_owned(), Unit { name: "Workloads".to_owned(), parent: ROOT.to_owned() });
        organization.parents.insert(id(MEMBER), UNIT.to_owned());
    });
    stage.good(MEMBER, EnableSecurityHub, json!({}));
    stage.good(MANAGEMENT, EnableOrganizationAdminAccount, json!({ "AdminAccountId": ADMINISTRATOR }));
    stage.good(ADMINISTRATOR, CreateFindingAggregator, json!({ "RegionLinkingMode": "ALL_REGIONS" }));
    stage
}

fn configuration(kind: &str) -> Value {
    let kind = json!({ "ConfigurationType": kind });
    json!({ "AutoEnable": false, "AutoEnableStandards": "NONE", "OrganizationConfiguration": kind })
}

fn central() -> Stage {
    let stage = local();
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, configuration("CENTRAL"));
    stage
}

fn says(standards: &[&str]) -> Value {
    let controls = json!({ "DisabledSecurityControlIdentifiers": ["S3.1"] });
    json!({ "SecurityHub": {
        "ServiceEnabled": true, "EnabledStandardIdentifiers": standards, "SecurityControlsConfiguration": controls,
    } })
}

fn off() -> Value {
    json!({ "SecurityHub": { "ServiceEnabled": false } })
}

fn create(stage: &Stage, name: &str, content: Value) -> String {
    let input = json!({ "Name": name, "ConfigurationPolicy": content });
    stage.good(ADMINISTRATOR, CreateConfigurationPolicy, input)["Id"].as_str().unwrap().to_owned()
}

fn target(target: &str) -> Value {
    let member = match target {
        ROOT => "RootId",
        UNIT => "OrganizationalUnitId",
        _ => "AccountId",
    };
    json!({ "Target": { member: target } })
}

fn with_policy(policy: &str, of: &str) -> Value {
    let mut input = target(of);
    input["ConfigurationPolicyIdentifier"] = json!(policy);
    input
}

fn start(stage: &Stage, policy: &str, of: &str) -> Value {
    stage.good(ADMINISTRATOR, StartConfigurationPolicyAssociation, with_policy(policy, of))
}

/// Policy, type and status of the association of a target.
fn governs(stage: &Stage, of: &str) -> Option<(String, String, String)> {
    let answer = stage.call(ADMINISTRATOR, GetConfigurationPolicyAssociation, target(of)).ok()?;
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    Some((text("ConfigurationPolicyId"), text("AssociationType"), text("AssociationStatus")))
}

#[allow(clippy::unnecessary_wraps, reason = "it is compared with an Option")]
fn is(policy: &str, kind: &str, status: &str) -> Option<(String, String, String)> {
    Some((policy.to_owned(), kind.to_owned(), status.to_owned()))
}

fn hub(stage: &Stage, region: &str, account: &str) -> Option<Hub> {
    let hub = stage.0.hub(&HubKey { account: id(account), region: Region::new(region) });
    hub.filter(|hub| hub.subscribed_at().is_some()).map(|hub| (*hub).clone())
}

fn apply_event(stage: &Stage, account: &str, event: Event) {
    let mut transaction = stage.0.write();
    accounts::carry_out(&mut transaction, &stage.0, id(account), event, stage.0.clock.now()).unwrap();
    transaction.commit();
}

fn described(stage: &Stage, region: &str) -> Value {
    let answer = stage.call_in(region, ADMINISTRATOR, DescribeOrganizationConfiguration, json!({})).unwrap();
    answer["OrganizationConfiguration"].clone()
}

/// Rules: CCF-01, CCF-05, CCF-07, CCF-08.
#[test]
fn central_configuration_is_turned_on_in_the_home_region() {
    let stage = central();
    let expected = json!({
        "ConfigurationType": "CENTRAL", "Status": "ENABLED",
        "StatusMessage": "Central configuration has been enabled successfully",
    });
    for region in [REGION, OTHER_REGION] {
        assert_eq!(described(&stage, region), expected);
        assert!(hub(&stage, region, ADMINISTRATOR).is_some());
    }
    let administrator = stage.good(MEMBER, GetAdministratorAccount, json!({}))["Administrator"]["AccountId"].clone();
    assert_eq!(administrator, ADMINISTRATOR);
    assert_eq!(hub(&stage, REGION, OTHER), None, "an account without an enabled hub stays unchanged");
    let elsewhere = stage.call_in(OTHER_REGION, ADMINISTRATOR, UpdateOrganizationConfiguration, configuration("LOCAL"));
    assert_eq!(elsewhere.unwrap_err().0, 400);
    assert_eq!(governs(&stage, MEMBER), None);
    stage.good(MEMBER, UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": false }));
}

/// Rules: CCF-02, CCF-03.
#[test]
fn callers_that_cannot_turn_on_central_configuration_are_refused() {
    let stage = local();
    let central = || configuration("CENTRAL");
    let arn = stage.good(ADMINISTRATOR, ListFindingAggregators, json!({}))["FindingAggregators"][0].clone();
    stage.good(ADMINISTRATOR, DeleteFindingAggregator, arn);
    let refusal =
        stage.refused(ADMINISTRATOR, UpdateOrganizationConfiguration, central(), 400, "InvalidInputException");
    assert_eq!(
        refusal,
        "Central configuration requires a finding aggregator. Call this operation from the home Region."
    );
    let stage = Stage::with_hubs(&[MANAGEMENT]);
    stage.organization(&[(MANAGEMENT, "management"), (MEMBER, "member")]);
    stage.good(MANAGEMENT, EnableOrganizationAdminAccount, json!({ "AdminAccountId": MANAGEMENT }));
    stage.good(MANAGEMENT, CreateFindingAggregator, json!({ "RegionLinkingMode": "NO_REGIONS" }));
    stage.refused(MANAGEMENT, UpdateOrganizationConfiguration, central(), 403, "AccessDeniedException");
}

/// Rules: CCF-09, CCF-10, ORG-12.
#[test]
fn central_configuration_is_turned_off_once_no_policies_remain() {
    let stage = central();
    let dismiss = json!({ "AdminAccountId": ADMINISTRATOR });
    stage.refused(MANAGEMENT, DisableOrganizationAdminAccount, dismiss, 400, "InvalidInputException");
    let policy = create(&stage, "p", says(&[FSBP]));
    start(&stage, "SELF_MANAGED_SECURITY_HUB", OTHER);
    let back = |status| {
        let input = configuration("LOCAL");
        let refusal =
            stage.refused(ADMINISTRATOR, UpdateOrganizationConfiguration, input, status, "ResourceConflictException");
        assert_eq!(refusal, "Cannot disable central configuration while configuration policies or associations exist.");
    };
    back(409);
    stage.good(ADMINISTRATOR, DeleteConfigurationPolicy, json!({ "Identifier": policy }));
    back(409);
    let end = with_policy("SELF_MANAGED_SECURITY_HUB", OTHER);
    stage.good(ADMINISTRATOR, StartConfigurationPolicyDisassociation, end);
    stage.good(ADMINISTRATOR, UpdateOrganizationConfiguration, configuration("LOCAL"));
    for region in [REGION, OTHER_REGION] {
        assert_eq!(described(&stage, region), json!({ "ConfigurationType": "LOCAL", "Status": "ENABLED" }));
    }
    assert_eq!(stage.call(ADMINISTRATOR, ListConfigurationPolicies, json!({})).unwrap_err().2, REFUSED);
}

/// Rules: CCF-11, CCF-12, ROL-20.
#[test]
fn only_the_administrator_manages_policies_in_the_home_region() {
    let target = target(MEMBER);
    let operations: [(Operation, Value); 5] = [
        (ListConfigurationPolicies, json!({})),
        (GetConfigurationPolicy, json!({ "Identifier": "x" })),
        (CreateConfigurationPolicy, json!({ "Name": "p", "ConfigurationPolicy": off() })),
        (GetConfigurationPolicyAssociation, target),
        (ListConfigurationPolicyAssociations, json!({})),
    ];
    let (local, central) = (local(), central());
    for (operation, input) in operations {
        let outside = central.call_in(OTHER_REGION, ADMINISTRATOR, operation, input.clone());
        assert_eq!(outside, Err((403, "AccessDeniedException", OUTSIDE_HOME.to_owned())), "{}", operation.name());
        let refusals = [local.call(ADMINISTRATOR, operation, input.clone()), central.call(MEMBER, operation, input)];
        for refusal in refusals {
            assert_eq!(refusal, Err((403, "AccessDeniedException", REFUSED.to_owned())), "{}", operation.name());
        }
    }
}

/// Rules: CCF-15, CCF-19, CCF-20, CCF-22, QUO-04.
#[test]
fn a_policy_is_created_read_and_changed() {
    let stage = central();
    assert_eq!(
        stage.good(ADMINISTRATOR, ListConfigurationPolicies, json!({})),
        json!({ "ConfigurationPolicySummaries": [] })
    );
    let input = json!({ "Name": "p", "Description": "d", "ConfigurationPolicy": says(&[FSBP]), "Tags": { "a": "b" } });
    let made = stage.good(ADMINISTRATOR, CreateConfigurationPolicy, input.clone());
    assert_eq!((&made["ConfigurationPolicy"], &made["CreatedAt"]), (&says(&[FSBP]), &made["UpdatedAt"]));
    for identifier in [&made["Id"], &made["Arn"]] {
        assert_eq!(stage.good(ADMINISTRATOR, GetConfigurationPolicy, json!({ "Identifier": identifier })), made);
    }
    let tags = stage.good(ADMINISTRATOR, ListTagsForResource, json!({ "ResourceArn": made["Arn"] }));
    assert_eq!(tags, json!({ "Tags": { "a": "b" } }));
    stage.refused(ADMINISTRATOR, CreateConfigurationPolicy, input, 409, "ResourceConflictException");
    stage.days_pass(1);
    let changed = stage.good(
        ADMINISTRATOR,
        UpdateConfigurationPolicy,
        json!({ "Identifier": made["Id"], "ConfigurationPolicy": off() }),
    );
    assert_eq!((&changed["Name"], &changed["Description"]), (&json!("p"), &json!("d")));
    assert_eq!((&changed["ConfigurationPolicy"], &changed["UpdatedAt"]), (&off(), &json!(stage.now())));
    let unknown = json!({ "Identifier": "00000000-0000-0000-0000-000000000000" });
    for operation in [GetConfigurationPolicy, UpdateConfigurationPolicy, DeleteConfigurationPolicy] {
        stage.refused(ADMINISTRATOR, operation, unknown.clone(), 404, "ResourceNotFoundException");
    }
    for number in 1..20 {
        create(&stage, &format!("p{number}"), off());
    }
    let one_more = json!({ "Name": "more", "ConfigurationPolicy": off() });
    stage.refused(ADMINISTRATOR, CreateConfigurationPolicy, one_more, 429, "LimitExceededException");
    let page = stage.good(ADMINISTRATOR, ListConfigurationPolicies, json!({ "MaxResults": 15 }));
    let rest = json!({ "MaxResults": 15, "NextToken": page["NextToken"] });
    let rest = stage.good(ADMINISTRATOR, ListConfigurationPolicies, rest);
    assert_eq!(rest["ConfigurationPolicySummaries"].as_array().unwrap().len(), 5);
}

/// Rules: CCF-16, CCF-17.
#[test]
fn invalid_content_of_a_policy_is_refused() {
    let stage = central();
    let both = json!({ "EnabledSecurityControlIdentifiers": [], "DisabledSecurityControlIdentifiers": [] });
    let with = |controls: Value| {
        json!({ "SecurityHub": {
            "ServiceEnabled": true, "EnabledStandardIdentifiers": [], "SecurityControlsConfiguration": controls,
        } })
    };
    let no_standards = json!({ "SecurityHub": {
        "ServiceEnabled": true, "SecurityControlsConfiguration": { "DisabledSecurityControlIdentifiers": [] },
    } });
    let standards = json!({ "SecurityHub": { "ServiceEnabled": false, "EnabledStandardIdentifiers": [FSBP] } });
    let elsewhere = FSBP.replace(REGION, OTHER_REGION);
    let wrong = [with(both), with(json!({})), no_standards, standards, json!({}), says(&[&elsewhere]), says(&["x"])];
    for content in wrong {
        let input = json!({ "Name": "p", "ConfigurationPolicy": content });
        stage.refused(ADMINISTRATOR, CreateConfigurationPolicy, input, 400, "InvalidInputException");
    }
    let mut more = off();
    more["SecurityHub"]["SecurityControlsConfiguration"] = json!({ "DisabledSecurityControlIdentifiers": [] });
    let policy = create(&stage, "p", more);
    let read = stage.good(ADMINISTRATOR, GetConfigurationPolicy, json!({ "Identifier": policy }));
    assert_eq!(read["ConfigurationPolicy"], off());
}

/// Rules: CCF-16.
#[test]
fn an_enabling_policy_without_standards_or_controls_is_refused_with_aws_sentence() {
    let stage = central();
    let good = create(&stage, "good", says(&[]));
    let missing = |member: &str| {
        let mut content = says(&[]);
        content["SecurityHub"].as_object_mut().unwrap().remove(member);
        content
    };
    let mut neither = says(&[]);
    neither["SecurityHub"]["SecurityControlsConfiguration"] = json!({});
    let incomplete = [missing("EnabledStandardIdentifiers"), missing("SecurityControlsConfiguration"), neither];
    let refusal = "Invalid semantics: Enabled standards and security control configurations must be configured when \
                Security Hub is enabled";
    for content in incomplete {
        let creation = json!({ "Name": "p", "ConfigurationPolicy": content });
        let update = json!({ "Identifier": good, "ConfigurationPolicy": content });
        for (operation, input) in [(CreateConfigurationPolicy, creation), (UpdateConfigurationPolicy, update)] {
            assert_eq!(stage.refused(ADMINISTRATOR, operation, input, 400, "InvalidInputException"), refusal);
        }
    }
}

/// Rules: CCF-25, CCF-26, CCF-29, CCF-44.
#[test]
fn a_target_inherits_from_its_nearest_parent() {
    let stage = central();
    let policy = create(&stage, "p", says(&[FSBP]));
    stage.good(MANAGEMENT, EnableSecurityHub, json!({}));
    stage.call_in(OTHER_REGION, MANAGEMENT, EnableSecurityHub, json!({})).unwrap();
    let started = start(&stage, &policy, ROOT);
    assert_eq!((&started["AssociationStatus"], &started["AssociationType"]), (&json!("PENDING"), &json!("APPLIED")));
    assert_eq!((&started["TargetType"], &started["ConfigurationPolicyId"]), (&json!("ROOT"), &json!(policy)));
    assert_eq!(governs(&stage, ROOT), is(&policy, "APPLIED", "SUCCESS"));
    for of in [UNIT, MEMBER, OTHER] {
        assert_eq!(governs(&stage, of), is(&policy, "INHERITED", "SUCCESS"), "{of}");
    }
    let read = stage.good(ADMINISTRATOR, GetConfigurationPolicyAssociation, target(MEMBER));
    assert_eq!(read["AssociationStatusMessage"], "Association applied successfully on this target.");
    start(&stage, "SELF_MANAGED_SECURITY_HUB", UNIT);
    assert_eq!(governs(&stage, MEMBER), is("SELF_MANAGED_SECURITY_HUB", "INHERITED", "SUCCESS"));
    stage.good(MEMBER, UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": false }));
    let other = create(&stage, "other", off());
    start(&stage, &other, MEMBER);
    assert_eq!(governs(&stage, MEMBER), is(&other, "APPLIED", "SUCCESS"));
}

/// Rules: CCF-30, CCF-40, ROL-21, ROL-27.
#[test]
fn a_policy_enables_hubs_and_standards_in_all_linked_regions() {
    let stage = central();
    let policy = create(&stage, "p", says(&[FSBP]));
    start(&stage, &policy, UNIT);
    start(&stage, &policy, ADMINISTRATOR);
    for region in [REGION, OTHER_REGION] {
        let standards = hub(&stage, region, MEMBER).unwrap().standards;
        let enabled: Vec<&str> = standards.into_keys().collect();
        assert_eq!(
            enabled,
            [securityhub_fixtures::standards::STANDARDS
                .iter()
                .find(|standard| FSBP.ends_with(standard.standards_id))
                .unwrap()
                .id]
        );
        let administrator = stage.call_in(region, MEMBER, GetAdministratorAccount, json!({})).unwrap();
        assert_eq!(administrator["Administrator"]["AccountId"], ADMINISTRATOR);
        for account in [MEMBER, ADMINISTRATOR] {
            let change = json!({ "AutoEnableControls": false });
            let refused = stage.call_in(region, account, UpdateSecurityHubConfiguration, change).unwrap_err();
            assert_eq!(refused, (403, "AccessDeniedException", GOVERNED.to_owned()));
        }
    }
    for operation in [EnableSecurityHub, DisableSecurityHub] {
        assert_eq!(stage.refused(MEMBER, operation, json!({}), 403, "AccessDeniedException"), GOVERNED);
    }
    stage.good(MEMBER, GetFindings, json!({}));
    let generator = json!({ "ControlFindingGenerator": "STANDARD_CONTROL" });
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, generator);
    let governed =
        |input| stage.refused(ADMINISTRATOR, UpdateSecurityHubConfiguration, input, 403, "AccessDeniedException");
    assert_eq!(governed(json!({})), GOVERNED, "the administrator can only set the generator");
    assert_eq!(stage.good(MEMBER, DescribeHub, json!({}))["ControlFindingGenerator"], "STANDARD_CONTROL");
    let members = json!({ "AccountIds": [MEMBER] });
    stage.refused(ADMINISTRATOR, DisassociateMembers, members, 403, "AccessDeniedException");
    stage.good(ADMINISTRATOR, UpdateConfigurationPolicy, json!({ "Identifier": policy, "ConfigurationPolicy": off() }));
    for region in [REGION, OTHER_REGION] {
        assert_eq!(hub(&stage, region, MEMBER), None);
        assert!(hub(&stage, region, ADMINISTRATOR).is_some(), "the administrator's hub stays enabled (CCF-32)");
    }
    assert_eq!(governs(&stage, ADMINISTRATOR), is(&policy, "APPLIED", "SUCCESS"));
}

/// Rules: CCF-32.
#[test]
fn a_policy_that_disables_hubs_skips_the_administrator() {
    let stage = central();
    let policy = create(&stage, "p", off());
    let before = hub(&stage, REGION, ADMINISTRATOR);
    start(&stage, &policy, ROOT);
    assert_eq!(hub(&stage, REGION, ADMINISTRATOR), before);
    assert_eq!((hub(&stage, REGION, MEMBER), governs(&stage, ROOT)), (None, is(&policy, "APPLIED", "SUCCESS")));
}

/// Rules: CCF-27, CCF-28, CCF-29, CCF-31.
#[test]
fn a_failed_account_fails_its_parents_until_the_association_is_restarted() {
    let stage = central();
    let policy = create(&stage, "p", says(&[]));
    apply_event(&stage, MEMBER, Event::Suspend);
    start(&stage, &policy, ROOT);
    let failed = |of: &str, kind: &str, message: &str| {
        assert_eq!(governs(&stage, of), is(&policy, kind, "FAILED"), "{of}");
        let read = stage.good(ADMINISTRATOR, GetConfigurationPolicyAssociation, target(of));
        assert_eq!(read["AssociationStatusMessage"], message);
    };
    // The management account's hub is disabled.
    failed(
        ROOT,
        "APPLIED",
        "Policy association failed because 2 organizational units or accounts under this root failed.",
    );
    failed(UNIT, "INHERITED", "One or more children under this target failed association.");
    failed(MEMBER, "INHERITED", "The account is suspended.");
    assert_eq!(governs(&stage, OTHER), is(&policy, "INHERITED", "SUCCESS"));
    apply_event(&stage, MEMBER, Event::Reactivate);
    start(&stage, &policy, MEMBER);
    assert_eq!(governs(&stage, MEMBER), is(&policy, "APPLIED", "SUCCESS"));
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "FAILED"), "a parent is not reevaluated automatically");
    start(&stage, &policy, UNIT);
    assert_eq!(governs(&stage, UNIT), is(&policy, "APPLIED", "SUCCESS"));
}

/// Rules: CCF-21, CCF-33, CCF-34, CLI-06.
#[test]
fn a_policy_is_disassociated_and_deleted() {
    let stage = central();
    let policy = create(&stage, "p", says(&[FSBP]));
    start(&stage, &policy, UNIT);
    let delete = || json!({ "Identifier": policy });
    stage.refused(ADMINISTRATOR, DeleteConfigurationPolicy, delete(), 409, "ResourceConflictException");
    let end = |of: &str| stage.call(ADMINISTRATOR, StartConfigurationPolicyDisassociation, with_policy(&policy, of));
    assert_eq!(end(MEMBER).unwrap_err().0, 404, "the association is inherited");
    assert_eq!(end(UNIT), Ok(json!({})));
    assert_eq!(end(UNIT).unwrap_err().0, 404);
    assert_eq!(governs(&stage, MEMBER), None);
    assert_eq!(hub(&stage, REGION, MEMBER).unwrap().standards.len(), 1, "settings stay");
    stage.good(MEMBER, UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": false }));
    assert_eq!(stage.good(ADMINISTRATOR, DeleteConfigurationPolicy, delete()), json!({}));
}

/// Rules: CCF-24, CCF-35, CCF-36.
#[test]
fn associations_are_read_in_batches_and_listed() {
    let stage = central();
    let policy = create(&stage, "p", says(&[]));
    start(&stage, &policy, UNIT);
    for of in ["888888888888", "r-xxxx"] {
        let input = json!({ "ConfigurationPolicyIdentifier": policy, "Target": { "AccountId": of } });
        stage.refused(ADMINISTRATOR, StartConfigurationPolicyAssociation, input, 404, "ResourceNotFoundException");
    }
    let input = json!({ "ConfigurationPolicyAssociationIdentifiers": [target(MEMBER), target(OTHER)] });
    let read = stage.good(ADMINISTRATOR, BatchGetConfigurationPolicyAssociations, input);
    assert_eq!(read["ConfigurationPolicyAssociations"][0]["TargetId"], MEMBER);
    let unprocessed = &read["UnprocessedConfigurationPolicyAssociations"][0];
    assert_eq!(unprocessed["ConfigurationPolicyAssociationIdentifiers"], target(OTHER));
    assert_eq!(unprocessed["ErrorCode"], "404");
    let listed = |filters: Value| {
        let answer = stage.good(ADMINISTRATOR, ListConfigurationPolicyAssociations, json!({ "Filters": filters }));
        let rows = answer["ConfigurationPolicyAssociationSummaries"].as_array().unwrap().clone();
        rows.iter().map(|row| row["TargetId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(json!({})), [MEMBER, UNIT]);
    assert_eq!(listed(json!({ "AssociationType": "INHERITED", "ConfigurationPolicyId": policy })), [MEMBER]);
    assert_eq!(listed(json!({ "AssociationStatus": "FAILED" })), Vec::<String>::new());
    assert_eq!(listed(json!({ "ConfigurationPolicyId": "SELF_MANAGED_SECURITY_HUB" })), Vec::<String>::new());
}

/// Rules: CCF-42, ROL-34.
#[test]
fn an_account_that_joins_or_moves_gets_the_policy_of_its_new_parent() {
    let stage = central();
    let policy = create(&stage, "p", says(&[FSBP]));
    start(&stage, &policy, UNIT);
    apply_event(&stage, NEWCOMER, Event::Join { parent: Some("Workloads".to_owned()), name: None, email: None });
    assert_eq!(governs(&stage, NEWCOMER), is(&policy, "INHERITED", "SUCCESS"));
    assert!(hub(&stage, OTHER_REGION, NEWCOMER).is_some());
    apply_event(&stage, NEWCOMER, Event::Move { parent: "root".to_owned() });
    assert_eq!(governs(&stage, NEWCOMER), None);
    apply_event(&stage, NEWCOMER, Event::Move { parent: UNIT.to_owned() });
    stage.refused(NEWCOMER, DisableSecurityHub, json!({}), 403, "AccessDeniedException");
    apply_event(&stage, NEWCOMER, Event::Leave);
    assert_eq!(hub(&stage, REGION, NEWCOMER).unwrap().standards.len(), 1);
    stage.good(NEWCOMER, DisableSecurityHub, json!({}));
}

/// Rules: CCF-43, AGG-19, ROL-26.
#[test]
fn changes_of_the_aggregator_apply_to_central_configuration() {
    let stage = central();
    let policy = create(&stage, "p", says(&[FSBP]));
    start(&stage, &policy, UNIT);
    let mut arn = stage.good(ADMINISTRATOR, ListFindingAggregators, json!({}))["FindingAggregators"][0].clone();
    arn["RegionLinkingMode"] = json!("NO_REGIONS");
    stage.good(ADMINISTRATOR, UpdateFindingAggregator, arn.clone());
    assert!(hub(&stage, OTHER_REGION, MEMBER).is_some(), "settings stay");
    let change = || json!({ "AutoEnableControls": false });
    stage.call_in(OTHER_REGION, MEMBER, UpdateSecurityHubConfiguration, change()).unwrap();
    arn["RegionLinkingMode"] = json!("ALL_REGIONS");
    stage.good(ADMINISTRATOR, UpdateFindingAggregator, arn.clone());
    assert_eq!(stage.call_in(OTHER_REGION, MEMBER, UpdateSecurityHubConfiguration, change()).unwrap_err().0, 403);
    arn.as_object_mut().unwrap().remove("RegionLinkingMode");
    stage.good(ADMINISTRATOR, DeleteFindingAggregator, arn);
    assert_eq!(described(&stage, REGION)["ConfigurationType"], "LOCAL");
    stage.good(MEMBER, UpdateSecurityHubConfiguration, change());
    assert_eq!(stage.call(ADMINISTRATOR, ListConfigurationPolicies, json!({})).unwrap_err().0, 403);
}

/// Rules: ORG-13.
#[test]
fn ending_the_delegation_ends_central_configuration() {
    let stage = central();
    start(&stage, &create(&stage, "p", says(&[FSBP])), UNIT);
    let mut transaction = stage.0.write();
    crate::domain::accounts::organization::administrator::end_everywhere(&mut transaction, id(ADMINISTRATOR));
    transaction.commit();
    assert_eq!(stage.0.directory().organization.as_ref().unwrap().central, None);
    assert_eq!(hub(&stage, REGION, MEMBER).unwrap().standards.len(), 1, "settings stay");
    stage.good(MEMBER, UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": false }));
}

/// Rules: ROL-23, ROL-24, ROL-28.
#[test]
fn a_policy_leaves_other_settings_unchanged() {
    let stage = central();
    start(&stage, &create(&stage, "p", says(&[FSBP])), UNIT);
    let findings = json!({ "Findings": [crate::testing::finding_of(MEMBER, "f", json!({}))] });
    stage.good(MEMBER, Operation::BatchImportFindings, findings);
    for account in [ADMINISTRATOR, MEMBER] {
        assert_eq!(stage.good(account, GetFindings, json!({}))["Findings"].as_array().unwrap().len(), 1);
        let target = json!({ "Id": "Ticket", "Name": "Ticket", "Description": "x" });
        stage.good(account, Operation::CreateActionTarget, target);
    }
    stage.good(ADMINISTRATOR, Operation::ListAutomationRules, json!({}));
    stage.refused(MEMBER, Operation::ListAutomationRules, json!({}), 403, "AccessDeniedException");
}
