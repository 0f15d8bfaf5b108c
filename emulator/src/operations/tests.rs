//! Rules of hubs and tags, tested through the operations.

mod identifiers;

use securityhub_fixtures::Operation::{
    BatchImportFindings, DescribeHub, DisableSecurityHub, EnableSecurityHub, ListTagsForResource, TagResource,
    UntagResource, UpdateSecurityHubConfiguration,
};
use serde_json::{Value, json};

use crate::state::{Account, AccountStatus, Hub, HubKey, Member, MemberKind, MemberStatus, Organization, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding, id};

const HUB_ARN: &str = "arn:aws:securityhub:us-east-1:111111111111:hub/default";

fn on() -> Stage {
    Stage::with_hubs(&[ADMINISTRATOR])
}

fn stored_hub(stage: &Stage, account: &str) -> Option<Hub> {
    let key = HubKey { account: id(account), region: Region::new(REGION) };
    stage.0.hub(&key).map(|hub| (*hub).clone())
}

fn generator(stage: &Stage, account: &str) -> Value {
    stage.good(account, DescribeHub, json!({}))["ControlFindingGenerator"].clone()
}

fn describe(stage: &Stage) -> Value {
    stage.good(ADMINISTRATOR, DescribeHub, json!({}))
}

fn tags(stage: &Stage) -> Value {
    stage.good(ADMINISTRATOR, ListTagsForResource, json!({ "ResourceArn": HUB_ARN }))["Tags"].clone()
}

fn centrally_managed(stage: &Stage) {
    stage.relations(|directory| {
        let account = Account {
            name: String::new(),
            email: String::new(),
            status: AccountStatus::Active,
            centrally_managed: true,
        };
        directory.accounts.insert(id(ADMINISTRATOR), account);
    });
}

/// Rules: HUB-01, HUB-03, HUB-04, HUB-08, ACC-05.
#[test]
fn a_new_hub_is_described() {
    let stage = Stage::empty();
    assert_eq!(stage.good(ADMINISTRATOR, EnableSecurityHub, json!({})), json!({}));
    insta::assert_json_snapshot!(describe(&stage), @r#"
    {
      "HubArn": "arn:aws:securityhub:us-east-1:111111111111:hub/default",
      "SubscribedAt": "2026-01-15T09:00:00.000Z",
      "AutoEnableControls": true,
      "ControlFindingGenerator": "SECURITY_CONTROL"
    }
    "#);
}

/// Rules: HUB-01, ACC-01.
#[test]
fn a_hub_belongs_to_one_account_and_region() {
    let stage = on();
    assert_eq!(stage.call(MEMBER, DescribeHub, json!({})).unwrap_err().0, 401);
    assert_eq!(stage.call_in("eu-west-1", ADMINISTRATOR, DescribeHub, json!({})).unwrap_err().0, 401);
    stage.call_in("cn-north-1", ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    let hub = stage.call_in("cn-north-1", ADMINISTRATOR, DescribeHub, json!({})).unwrap();
    assert_eq!(hub["HubArn"], "arn:aws-cn:securityhub:cn-north-1:111111111111:hub/default");
}

/// Rules: HUB-02.
#[test]
fn the_default_standards_are_enabled_unless_declined() {
    let standards = |input: Value| {
        let stage = Stage::empty();
        stage.good(ADMINISTRATOR, EnableSecurityHub, input);
        stored_hub(&stage, ADMINISTRATOR).unwrap().standards.into_keys().collect::<Vec<_>>()
    };
    let expected = ["cis-1.2.0", "fsbp-1.0.0"];
    assert_eq!(standards(json!({})), expected);
    assert_eq!(standards(json!({ "EnableDefaultStandards": true })), expected);
    assert!(standards(json!({ "EnableDefaultStandards": false })).is_empty());
}

/// Rules: HUB-03.
#[test]
fn a_member_gets_its_administrators_finding_generator() {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "ControlFindingGenerator": "STANDARD_CONTROL" }));
    stage.member(MemberStatus::Enabled);
    stage.good(MEMBER, EnableSecurityHub, json!({ "ControlFindingGenerator": "SECURITY_CONTROL" }));
    assert_eq!(generator(&stage, MEMBER), "STANDARD_CONTROL");
}

/// Rules: HUB-05.
#[test]
fn tags_of_the_hub_are_stored_but_not_described() {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "Tags": { "team": "blue" } }));
    assert_eq!(tags(&stage), json!({ "team": "blue" }));
    assert_eq!(describe(&stage).get("Tags"), None);
    let message =
        Stage::empty().refused(ADMINISTRATOR, EnableSecurityHub, json!({ "Tags": {} }), 400, "InvalidInputException");
    assert_eq!(message, "Invalid parameter 'Tags'. data.Tags should NOT have fewer than 1 properties");
}

/// Rules: HUB-06.
#[test]
fn enabling_a_hub_twice_is_a_conflict_without_effect() {
    let stage = on();
    let input = json!({ "ControlFindingGenerator": "STANDARD_CONTROL" });
    let message = stage.refused(ADMINISTRATOR, EnableSecurityHub, input, 409, "ResourceConflictException");
    assert_eq!(message, "Account is already subscribed to Security Hub");
    assert_eq!(generator(&stage, ADMINISTRATOR), "SECURITY_CONTROL");
}

/// Rules: HUB-07.
#[test]
fn a_centrally_managed_account_cannot_change_its_hub() {
    let stage = on();
    centrally_managed(&stage);
    for operation in [UpdateSecurityHubConfiguration, DisableSecurityHub] {
        let message = stage.refused(ADMINISTRATOR, operation, json!({}), 403, "AccessDeniedException");
        assert!(
            message.starts_with("This account is currently associated with a central configuration policy"),
            "{message}"
        );
    }
    let stage = Stage::empty();
    centrally_managed(&stage);
    stage.refused(ADMINISTRATOR, EnableSecurityHub, json!({}), 403, "AccessDeniedException");
}

/// Rules: HUB-08.
#[test]
fn describe_hub_accepts_only_the_callers_own_hub_arn() {
    let stage = on();
    assert_eq!(stage.good(ADMINISTRATOR, DescribeHub, json!({ "HubArn": HUB_ARN })), describe(&stage));
    for other in [
        "arn:aws:securityhub:us-east-1:222222222222:hub/default",
        "arn:aws:securityhub:eu-west-1:111111111111:hub/default",
    ] {
        stage.refused(ADMINISTRATOR, DescribeHub, json!({ "HubArn": other }), 404, "ResourceNotFoundException");
    }
    stage.refused(ADMINISTRATOR, DescribeHub, json!({ "HubArn": "hub" }), 400, "InvalidInputException");
}

/// Rules: HUB-08, CLN-03.
#[test]
fn the_error_of_a_disabled_hub_names_the_account() {
    let message = Stage::empty().refused(ADMINISTRATOR, DescribeHub, json!({}), 401, "InvalidAccessException");
    assert_eq!(message, "Account 111111111111 is not subscribed to AWS Security Hub");
}

/// Rules: HUB-09.
#[test]
fn omitted_hub_settings_stay_unchanged() {
    let stage = on();
    let before = describe(&stage);
    assert_eq!(stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({})), json!({}));
    assert_eq!(describe(&stage), before);
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": false }));
    assert_eq!(describe(&stage)["AutoEnableControls"], false);
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({ "ControlFindingGenerator": "STANDARD_CONTROL" }));
    let after = describe(&stage);
    assert_eq!(after["AutoEnableControls"], false);
    assert_eq!(after["ControlFindingGenerator"], "STANDARD_CONTROL");
}

/// Rules: HUB-10, SEC-53.
#[test]
fn the_administrator_sets_the_generator_of_its_members() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    stage.good(MEMBER, UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": false }));
    let input = json!({ "ControlFindingGenerator": "STANDARD_CONTROL", "AutoEnableControls": true });
    stage.refused(MEMBER, UpdateSecurityHubConfiguration, input.clone(), 401, "InvalidAccessException");
    assert_eq!(
        stage.good(MEMBER, DescribeHub, json!({}))["AutoEnableControls"],
        false,
        "a rejected update changes nothing"
    );
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, input);
    assert_eq!(generator(&stage, MEMBER), "STANDARD_CONTROL");
}

/// Rules: SEC-53.
#[test]
fn findings_are_consolidated_in_govcloud_and_china_too() {
    for region in ["us-gov-west-1", "cn-north-1"] {
        let stage = Stage::empty();
        let call = |operation, input| stage.call_in(region, ADMINISTRATOR, operation, input).unwrap();
        call(EnableSecurityHub, json!({}));
        assert_eq!(call(DescribeHub, json!({}))["ControlFindingGenerator"], "SECURITY_CONTROL", "{region}");
        call(UpdateSecurityHubConfiguration, json!({ "ControlFindingGenerator": "STANDARD_CONTROL" }));
        assert_eq!(call(DescribeHub, json!({}))["ControlFindingGenerator"], "STANDARD_CONTROL", "{region}");
    }
}

/// Rules: HUB-11, HUB-12.
#[test]
fn an_administrator_with_members_cannot_disable_its_hub() {
    let stage = on();
    stage.member(MemberStatus::Enabled);
    let message = stage.refused(ADMINISTRATOR, DisableSecurityHub, json!({}), 400, "InvalidInputException");
    assert_eq!(message, "Cannot disable Security Hub on the Security Hub administrator");
    for status in [MemberStatus::Created, MemberStatus::Invited, MemberStatus::Removed, MemberStatus::Resigned] {
        let stage = on();
        stage.member(status);
        stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
        assert!(stage.0.directory().members.is_empty(), "the records of members are deleted");
    }
}

/// Rules: HUB-11.
#[test]
fn a_delegated_administrator_cannot_disable_its_hub() {
    let stage = on();
    stage.relations(|directory| {
        let since = jiff::Timestamp::UNIX_EPOCH;
        let mut organization = Organization::new("o-local123456".into(), "r-lo12".into(), id(MEMBER), since);
        organization.security_hub_administrators = [(Region::new(REGION), id(ADMINISTRATOR))].into();
        directory.organization = Some(organization);
    });
    let message = stage.refused(ADMINISTRATOR, DisableSecurityHub, json!({}), 400, "InvalidInputException");
    assert_eq!(message, "Cannot disable Security Hub on the Security Hub administrator");
}

/// Rules: HUB-13.
#[test]
fn an_enabled_member_cannot_disable_its_hub() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    let message = stage.refused(MEMBER, DisableSecurityHub, json!({}), 400, "InvalidInputException");
    assert_eq!(message, "Member account cannot disable Security Hub");
}

/// Rules: HUB-14, HUB-15.
#[test]
fn operations_on_a_disabled_hub_are_refused() {
    let stage = on();
    assert_eq!(stage.good(ADMINISTRATOR, DisableSecurityHub, json!({})), json!({}));
    stage.refused(ADMINISTRATOR, DisableSecurityHub, json!({}), 404, "ResourceNotFoundException");
    stage.refused(ADMINISTRATOR, DescribeHub, json!({}), 401, "InvalidAccessException");
    stage.refused(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({}), 401, "InvalidAccessException");
    let tags = json!({ "ResourceArn": HUB_ARN });
    stage.refused(ADMINISTRATOR, ListTagsForResource, tags, 404, "ResourceNotFoundException");
}

/// Rules: HUB-15.
#[test]
fn disabling_a_hub_removes_received_invitations() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Invited);
    stage.good(MEMBER, DisableSecurityHub, json!({}));
    let members = stage.0.directory().members[&(id(ADMINISTRATOR), Region::new(REGION))].clone();
    assert_eq!(members[&id(MEMBER)].status, MemberStatus::Resigned);
}

/// Rules: HUB-16, HUB-17.
#[test]
fn settings_are_restored_within_90_days_but_standards_are_not() {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "Tags": { "team": "blue" } }));
    let input = json!({ "AutoEnableControls": false, "ControlFindingGenerator": "STANDARD_CONTROL" });
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, input);
    let subscriptions = stored_hub(&stage, ADMINISTRATOR).unwrap().product_subscriptions;
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    let dormant = stored_hub(&stage, ADMINISTRATOR).unwrap();
    assert!(dormant.standards.is_empty() && dormant.product_subscriptions.is_empty());
    stage.days_pass(89);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    let hub = describe(&stage);
    assert_eq!(
        (&hub["AutoEnableControls"], &hub["ControlFindingGenerator"]),
        (&json!(false), &json!("STANDARD_CONTROL"))
    );
    assert_eq!(hub["SubscribedAt"], stage.now());
    assert_eq!(tags(&stage), json!({ "team": "blue" }));
    let back = stored_hub(&stage, ADMINISTRATOR).unwrap();
    assert!(back.standards.is_empty());
    assert_eq!(back.product_subscriptions, subscriptions, "the subscriptions to AWS products are restored");
    stage.days_pass(10);
    assert_eq!(describe(&stage)["AutoEnableControls"], false, "the earlier due entry has no effect");
}

/// Rules: HUB-16.
#[test]
fn after_90_days_a_disabled_hub_is_forgotten() {
    let stage = on();
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": false }));
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    stage.days_pass(91);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    assert_eq!(describe(&stage)["AutoEnableControls"], true);
}

/// Rules: HUB-19.
#[test]
fn hubs_of_members_stay_enabled() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Resigned);
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    stage.good(MEMBER, DescribeHub, json!({}));
}

/// Rules: PRD-21.
#[test]
fn a_new_hub_is_subscribed_to_the_products_of_its_partition() {
    let stage = on();
    let subscriptions = stored_hub(&stage, ADMINISTRATOR).unwrap().product_subscriptions;
    assert!(subscriptions.contains("aws/guardduty") && !subscriptions.contains("prowler/prowler"));
    assert_eq!(subscriptions.len(), 11);
}

/// Rules: TAG-04, TAG-07.
#[test]
fn tags_are_merged_and_removing_an_absent_key_succeeds() {
    let stage = on();
    assert_eq!(tags(&stage), json!({}));
    let tag = |tags: Value| stage.good(ADMINISTRATOR, TagResource, json!({ "ResourceArn": HUB_ARN, "Tags": tags }));
    assert_eq!(tag(json!({ "a": "1", "b": "2" })), json!({}));
    tag(json!({ "b": "3", "c": "" }));
    assert_eq!(tags(&stage), json!({ "a": "1", "b": "3", "c": "" }));
    let untag = json!({ "ResourceArn": HUB_ARN, "TagKeys": ["a", "nothing"] });
    assert_eq!(stage.good(ADMINISTRATOR, UntagResource, untag), json!({}));
    assert_eq!(tags(&stage), json!({ "b": "3", "c": "" }));
}

/// Rules: TAG-04.
#[test]
fn a_resource_has_at_most_50_tags_and_changes_are_atomic() {
    let stage = on();
    let many = |from: usize, to: usize| -> Value { (from..to).map(|n| (format!("k{n}"), json!("v"))).collect() };
    stage.good(ADMINISTRATOR, TagResource, json!({ "ResourceArn": HUB_ARN, "Tags": many(0, 49) }));
    let input = json!({ "ResourceArn": HUB_ARN, "Tags": many(48, 51) });
    stage.refused(ADMINISTRATOR, TagResource, input, 400, "InvalidInputException");
    assert_eq!(tags(&stage).as_object().unwrap().len(), 49);
    let input = json!({ "ResourceArn": HUB_ARN, "Tags": many(0, 51) });
    stage.refused(ADMINISTRATOR, TagResource, input, 400, "InvalidInputException");
}

/// Rules: TAG-02, TAG-05, TAG-06.
#[test]
fn untaggable_resources_are_refused() {
    let stage = on();
    let check = |arn: &str, status: u16, code: &str| {
        for (operation, mut input) in [
            (ListTagsForResource, json!({})),
            (TagResource, json!({ "Tags": { "a": "b" } })),
            (UntagResource, json!({ "TagKeys": ["a"] })),
        ] {
            input["ResourceArn"] = json!(arn);
            stage.refused(ADMINISTRATOR, operation, input, status, code);
        }
    };
    check("arn:aws:s3:::bucket", 400, "InvalidInputException");
    check("arn:aws:securityhub:us-east-1:111111111111:finding-aggregator/x", 400, "InvalidInputException");
    check("arn:aws:securityhub:us-east-1:111111111111:insight/111111111111/custom/x", 400, "InvalidInputException");
    check("arn:aws:securityhub:us-east-1:222222222222:hub/default", 404, "ResourceNotFoundException");
    check("arn:aws:securityhub:eu-west-1:111111111111:hub/default", 404, "ResourceNotFoundException");
    check("arn:aws:securityhub:us-east-1:111111111111:automation-rule/none", 404, "ResourceNotFoundException");
    check("arn:aws:securityhub:", 404, "ResourceNotFoundException");
}

/// Rules: ERR-06.
#[test]
fn an_unimplemented_operation_is_named() {
    let error = super::not_implemented(securityhub_fixtures::Operation::StartExportJobV2);
    assert_eq!((error.status, error.code.name()), (404, "UnknownOperationException"));
    assert!(error.message.contains("StartExportJobV2"), "{}", error.message);
}

/// Rules: HUB-03, HUB-17.
#[test]
fn a_reenabled_hub_gets_its_administrators_settings_and_requested_standards() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.good(MEMBER, DisableSecurityHub, json!({}));
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({ "ControlFindingGenerator": "STANDARD_CONTROL" }));
    stage.member(MemberStatus::Enabled);
    stage.good(MEMBER, EnableSecurityHub, json!({}));
    assert_eq!(generator(&stage, MEMBER), "STANDARD_CONTROL");
    assert_eq!(stored_hub(&stage, MEMBER).unwrap().standards.len(), 2);
}

/// Rules: HUB-10, HUB-12, HUB-13.
#[test]
fn organization_members_are_members() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.relations(|directory| {
        let updated_at = jiff::Timestamp::UNIX_EPOCH;
        let member = Member::new(MemberStatus::Enabled, MemberKind::Organization, updated_at);
        directory
            .members
            .insert((id(ADMINISTRATOR), Region::new(REGION)), [(id(MEMBER), member)].into_iter().collect());
    });
    let input = json!({ "ControlFindingGenerator": "SECURITY_CONTROL" });
    stage.refused(MEMBER, UpdateSecurityHubConfiguration, input, 401, "InvalidAccessException");
    stage.refused(MEMBER, DisableSecurityHub, json!({}), 400, "InvalidInputException");
    stage.refused(ADMINISTRATOR, DisableSecurityHub, json!({}), 400, "InvalidInputException");
}

/// Rules: HUB-10, HUB-13, ACC-01.
#[test]
fn a_membership_has_effect_in_its_region_only() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    let there = |account: &str, operation, input: Value| stage.call_in("eu-west-1", account, operation, input);
    for account in [ADMINISTRATOR, MEMBER] {
        there(account, EnableSecurityHub, json!({})).unwrap();
    }
    let input = json!({ "ControlFindingGenerator": "STANDARD_CONTROL" });
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, input.clone());
    assert_eq!(there(MEMBER, DescribeHub, json!({})).unwrap()["ControlFindingGenerator"], "SECURITY_CONTROL");
    there(MEMBER, UpdateSecurityHubConfiguration, input).unwrap();
    there(MEMBER, DisableSecurityHub, json!({})).unwrap();
    there(ADMINISTRATOR, DisableSecurityHub, json!({})).unwrap();
    stage.good(MEMBER, DescribeHub, json!({}));
}

/// Rules: HUB-11, ACC-06.
#[test]
fn refusing_to_disable_a_hub_uses_an_undeclared_error_code() {
    let stage = on();
    stage.member(MemberStatus::Enabled);
    let code = "InvalidInputException";
    assert!(!DisableSecurityHub.model().errors.contains(&code));
    stage.refused(ADMINISTRATOR, DisableSecurityHub, json!({}), 400, code);
}

/// Rules: HUB-15.
#[test]
fn a_disabled_hub_accepts_no_findings_and_other_regions_are_unaffected() {
    let stage = on();
    stage.call_in("eu-west-1", ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    let findings = json!({ "Findings": [finding("a", json!({}))] });
    stage.refused(ADMINISTRATOR, BatchImportFindings, findings, 401, "InvalidAccessException");
    stage.call_in("eu-west-1", ADMINISTRATOR, DescribeHub, json!({})).unwrap();
}

/// Rules: HUB-16.
#[test]
fn every_disabling_restarts_the_90_days() {
    let stage = on();
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": false }));
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    stage.days_pass(80);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    stage.days_pass(80);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    assert_eq!(describe(&stage)["AutoEnableControls"], false);
}

/// Rules: HUB-16, RET-07.
#[test]
fn subscriptions_to_other_products_are_restored() {
    let stage = on();
    let key = HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) };
    let mut hub = stored_hub(&stage, ADMINISTRATOR).unwrap();
    hub.product_subscriptions.insert("prowler/prowler".to_owned());
    let mut transaction = stage.0.write();
    transaction.stage_hub(key, hub);
    transaction.commit();
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    assert_eq!(stored_hub(&stage, ADMINISTRATOR).unwrap().product_subscriptions, ["prowler/prowler".to_owned()].into());
    stage.days_pass(90);
    stage.call(ADMINISTRATOR, DescribeHub, json!({})).unwrap_err();
    assert_eq!(stored_hub(&stage, ADMINISTRATOR), None);
}

/// Rules: HUB-16.
#[test]
fn findings_are_deleted_with_the_settings_of_a_disabled_hub() {
    let stage = on();
    let findings = json!({ "Findings": [finding("a", json!({})), finding("r", json!({ "RecordState": "ARCHIVED" }))] });
    stage.good(ADMINISTRATOR, BatchImportFindings, findings);
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    for (days, stored) in [(29, 2), (1, 1), (59, 1), (1, 0)] {
        stage.days_pass(days);
        stage.call(ADMINISTRATOR, DescribeHub, json!({})).unwrap_err();
        assert_eq!(stage.0.finding_count(), stored, "{}", stage.now());
    }
}

/// Rules: TAG-03.
#[test]
fn tag_keys_and_values_are_validated() {
    let stage = on();
    let tag = |key: &str, value: &str| {
        stage.call(ADMINISTRATOR, TagResource, json!({ "ResourceArn": HUB_ARN, "Tags": { key: value } }))
    };
    let long = |length: usize| "k".repeat(length);
    for (key, value) in [("a,b;c<d", ""), (&*long(128), "\u{1F600}"), ("Team.A/1:x=y_", &*long(256))] {
        assert_eq!(tag(key, value), Ok(json!({})), "{key} {value}");
    }
    for (key, value) in [("", "x"), (&*long(129), "x"), ("a b", "x"), ("a@b", "x"), ("aws:a", "x"), ("a", &*long(257))]
    {
        let (status, code, _) = tag(key, value).unwrap_err();
        assert_eq!((status, code), (400, "InvalidInputException"), "{key} {value}");
    }
    assert_eq!(tags(&stage).as_object().unwrap().len(), 3);
}

/// Rules: TAG-06.
#[test]
fn tags_of_a_disabled_hub_cannot_be_changed() {
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "Tags": { "team": "blue" } }));
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    for (operation, input) in [
        (ListTagsForResource, json!({ "ResourceArn": HUB_ARN })),
        (TagResource, json!({ "ResourceArn": HUB_ARN, "Tags": { "a": "b" } })),
        (UntagResource, json!({ "ResourceArn": HUB_ARN, "TagKeys": ["team"] })),
    ] {
        stage.refused(ADMINISTRATOR, operation, input, 404, "ResourceNotFoundException");
    }
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    assert_eq!(tags(&stage), json!({ "team": "blue" }), "the tags are restored");
}

/// Rules: TAG-04, HUB-05, HUB-17.
#[test]
fn tags_from_before_disabling_count_when_a_hub_is_enabled_again() {
    let many = |from: usize| -> Value { (from..from + 30).map(|n| (format!("k{n}"), json!("v"))).collect() };
    let stage = Stage::empty();
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "Tags": many(0) }));
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    stage.refused(ADMINISTRATOR, EnableSecurityHub, json!({ "Tags": many(30) }), 400, "InvalidInputException");
    stage.refused(ADMINISTRATOR, DescribeHub, json!({}), 401, "InvalidAccessException");
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "Tags": many(20) }));
    assert_eq!(tags(&stage).as_object().unwrap().len(), 50);
}
