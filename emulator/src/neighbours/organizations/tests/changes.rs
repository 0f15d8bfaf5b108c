//! Tests of operations that change the organization.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::{OPERATIONS, Run};
use super::{MANAGEMENT, call, ids, stage};
use crate::domain::accounts::organization::tree::policies::enforce;
use crate::domain::due;
use crate::domain::policy::{Keys, Request, bounds, evaluate};
use crate::state::{HubKey, OrganizationConfiguration, Policy, PolicyType, Principal, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, Stage, id};

const ROOT: &str = "r-lo12";
const WORKLOADS: &str = "ou-lo12-workload1";
const FULL: &str = "p-FullAWSAccess";
const DENY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"securityhub:Disable*","Resource":"*"}]}"#;

/// An organization with service control policies enabled.
fn governed() -> Stage {
    let stage = stage();
    stage.relations(|directory| {
        let organization = directory.organization.as_mut().unwrap();
        organization.policies.enabled.insert(PolicyType::ServiceControl);
    });
    stage
}

fn manage(stage: &Stage, operation: &str, input: Value) -> Value {
    call(stage, MANAGEMENT, operation, input).unwrap()
}

fn refused(stage: &Stage, operation: &str, input: Value) -> &'static str {
    let (status, code) = call(stage, MANAGEMENT, operation, input).unwrap_err();
    assert_eq!(status, 400, "{operation}");
    code
}

fn policy(stage: &Stage, name: &str, content: &str) -> String {
    let input = json!({ "Name": name, "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": content });
    let created = manage(stage, "CreatePolicy", input);
    created["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned()
}

fn unit(stage: &Stage, parent: &str, name: &str) -> String {
    let created = manage(stage, "CreateOrganizationalUnit", json!({ "ParentId": parent, "Name": name }));
    created["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned()
}

/// Creates an account and returns its ID.
fn account(stage: &Stage, email: &str) -> String {
    let created = manage(stage, "CreateAccount", json!({ "AccountName": "new", "Email": email }));
    let request = created["CreateAccountStatus"]["Id"].clone();
    due::run(&stage.0, stage.0.clock.now());
    let status = manage(stage, "DescribeCreateAccountStatus", json!({ "CreateAccountRequestId": request }));
    status["CreateAccountStatus"]["AccountId"].as_str().unwrap_or_else(|| panic!("{status}")).to_owned()
}

/// Returns whether service control policies let a member disable Security Hub.
fn may_disable(stage: &Stage, account: &str) -> bool {
    let principal = Principal::local_user(id(account));
    let directory = stage.0.directory();
    let request = Request { action: "securityhub:DisableSecurityHub", resource: "*", keys: &Keys::default() };
    evaluate(&bounds::layers(&directory, &principal), request).is_ok()
}

/// Rules: NB-30.
#[test]
fn an_organization_is_created_and_deleted() {
    let stage = Stage::empty();
    let alone = |operation, input| call(&stage, MANAGEMENT, operation, input);
    assert_eq!(alone("DescribeOrganization", json!({})), Err((400, "AWSOrganizationsNotInUseException")));
    assert_eq!(alone("CreateOrganization", json!({ "FeatureSet": "SOME" })), Err((400, "InvalidInputException")));
    let created = alone("CreateOrganization", json!({ "FeatureSet": "ALL" })).unwrap();
    assert_eq!(created["Organization"]["MasterAccountId"], MANAGEMENT);
    assert_eq!(created, alone("DescribeOrganization", json!({})).unwrap());
    assert_eq!(alone("CreateOrganization", json!({})), Err((400, "AlreadyInOrganizationException")));
    let second = call(&stage, MEMBER, "CreateOrganization", json!({}));
    assert_eq!(second, Err((400, "ConstraintViolationException")), "there is one organization at a time");
    let roots = alone("ListRoots", json!({})).unwrap();
    assert_eq!(roots["Roots"][0]["PolicyTypes"], json!([]), "AWS enables no policy type");

    let member = account(&stage, "one@example.com");
    assert_eq!(alone("DeleteOrganization", json!({})), Err((400, "OrganizationNotEmptyException")));
    stage.0.clock.advance(SignedDuration::from_hours(7 * 24));
    alone("RemoveAccountFromOrganization", json!({ "AccountId": member })).unwrap();
    alone("DeleteOrganization", json!({})).unwrap();
    assert_eq!(alone("DescribeOrganization", json!({})), Err((400, "AWSOrganizationsNotInUseException")));
}

/// Rules: NB-31.
#[test]
fn units_are_created_renamed_and_deleted() {
    let stage = governed();
    let child = unit(&stage, WORKLOADS, "Production");
    let shown = manage(&stage, "DescribeOrganizationalUnit", json!({ "OrganizationalUnitId": child }));
    assert_eq!(shown["OrganizationalUnit"]["Name"], "Production");
    let duplicate = json!({ "ParentId": WORKLOADS, "Name": "Production" });
    assert_eq!(refused(&stage, "CreateOrganizationalUnit", duplicate), "DuplicateOrganizationalUnitException");
    let nowhere = json!({ "ParentId": "ou-lo12-nowhere00", "Name": "x" });
    assert_eq!(refused(&stage, "CreateOrganizationalUnit", nowhere), "ParentNotFoundException");
    let other = unit(&stage, WORKLOADS, "Test");
    let rename = |name: &str| json!({ "OrganizationalUnitId": other, "Name": name });
    assert_eq!(
        refused(&stage, "UpdateOrganizationalUnit", rename("Production")),
        "DuplicateOrganizationalUnitException"
    );
    let renamed = manage(&stage, "UpdateOrganizationalUnit", rename("Staging"));
    assert_eq!(renamed["OrganizationalUnit"]["Name"], "Staging");
    manage(&stage, "UpdateOrganizationalUnit", rename("Staging"));

    let delete = |id: &str| json!({ "OrganizationalUnitId": id });
    assert_eq!(refused(&stage, "DeleteOrganizationalUnit", delete(WORKLOADS)), "OrganizationalUnitNotEmptyException");
    manage(&stage, "DeleteOrganizationalUnit", delete(&child));
    assert_eq!(refused(&stage, "DeleteOrganizationalUnit", delete(&child)), "OrganizationalUnitNotFoundException");
    let children = manage(&stage, "ListChildren", json!({ "ParentId": WORKLOADS, "ChildType": "ORGANIZATIONAL_UNIT" }));
    assert_eq!(ids(&children, "Children"), [other]);
}

/// Rules: NB-31.
#[test]
fn units_are_nested_at_most_five_levels_deep() {
    let stage = governed();
    let deepest = (0..4).fold(WORKLOADS.to_owned(), |parent, _| unit(&stage, &parent, "below"));
    let too_deep = json!({ "ParentId": deepest, "Name": "below" });
    assert_eq!(refused(&stage, "CreateOrganizationalUnit", too_deep), "ConstraintViolationException");
}

/// Rules: NB-32, IAM-11.
#[test]
fn an_attached_service_control_policy_denies_from_the_next_call_on() {
    let stage = governed();
    let deny = policy(&stage, "deny", DENY);
    let at = |target: &str| json!({ "PolicyId": deny, "TargetId": target });
    for target in [ROOT, WORKLOADS, MEMBER] {
        assert!(may_disable(&stage, MEMBER), "{target}");
        manage(&stage, "AttachPolicy", at(target));
        assert!(!may_disable(&stage, MEMBER), "{target}");
        assert_eq!(refused(&stage, "AttachPolicy", at(target)), "DuplicatePolicyAttachmentException");
        assert_eq!(refused(&stage, "DeletePolicy", json!({ "PolicyId": deny })), "PolicyInUseException");
        let targets = manage(&stage, "ListTargetsForPolicy", json!({ "PolicyId": deny }));
        assert_eq!(targets["Targets"][0]["TargetId"], target);
        manage(&stage, "DetachPolicy", at(target));
        assert_eq!(refused(&stage, "DetachPolicy", at(target)), "PolicyNotAttachedException");
    }
    assert!(may_disable(&stage, MEMBER));
    manage(&stage, "DeletePolicy", json!({ "PolicyId": deny }));
    assert_eq!(refused(&stage, "DescribePolicy", json!({ "PolicyId": deny })), "PolicyNotFoundException");
}

/// Rules: NB-32.
#[test]
fn an_updated_policy_is_enforced_where_it_is_attached() {
    let stage = governed();
    let changing = policy(&stage, "changing", DENY);
    manage(&stage, "AttachPolicy", json!({ "PolicyId": changing, "TargetId": WORKLOADS }));
    let allow = DENY.replace("Deny", "Allow");
    let changed = manage(&stage, "UpdatePolicy", json!({ "PolicyId": changing, "Content": allow }));
    assert_eq!((&changed["Policy"]["Content"], may_disable(&stage, MEMBER)), (&json!(allow), true));
    let renamed = manage(&stage, "UpdatePolicy", json!({ "PolicyId": changing, "Name": "renamed" }));
    assert_eq!(renamed["Policy"]["PolicySummary"]["Name"], "renamed");
    assert_eq!(renamed["Policy"]["Content"], allow, "the document does not change");
}

/// Rules: NB-32.
#[test]
fn a_target_keeps_at_least_one_service_control_policy() {
    let stage = governed();
    let full = json!({ "PolicyId": FULL, "TargetId": WORKLOADS });
    assert_eq!(refused(&stage, "DetachPolicy", full.clone()), "ConstraintViolationException");
    let allow = policy(&stage, "allow", &DENY.replace("Deny", "Allow"));
    manage(&stage, "AttachPolicy", json!({ "PolicyId": allow, "TargetId": WORKLOADS }));
    manage(&stage, "DetachPolicy", full.clone());
    let action = |action| {
        let request = Request { action, resource: "*", keys: &Keys::default() };
        let principal = Principal::local_user(id(MEMBER));
        evaluate(&bounds::layers(&stage.0.directory(), &principal), request).is_ok()
    };
    assert!(action("securityhub:DisableSecurityHub"));
    assert!(!action("securityhub:GetFindings"), "only the attached policy allows actions");
    let listed = json!({ "TargetId": WORKLOADS, "Filter": "SERVICE_CONTROL_POLICY" });
    assert_eq!(ids(&manage(&stage, "ListPoliciesForTarget", listed), "Policies"), [allow.as_str()]);
    manage(&stage, "AttachPolicy", full);
    assert!(action("securityhub:GetFindings"));
}

/// Rules: NB-32.
#[test]
fn ten_service_control_policies_can_be_attached_to_a_target() {
    let stage = governed();
    let attach = |number: usize| {
        let one = policy(&stage, &format!("policy {number}"), DENY);
        call(&stage, MANAGEMENT, "AttachPolicy", json!({ "PolicyId": one, "TargetId": WORKLOADS }))
    };
    for number in 0..9 {
        attach(number).unwrap();
    }
    assert_eq!(attach(9), Err((400, "ConstraintViolationException")));
}

/// Rules: NB-33.
#[test]
fn a_disabled_policy_type_detaches_its_policies() {
    let stage = governed();
    let deny = policy(&stage, "deny", DENY);
    manage(&stage, "AttachPolicy", json!({ "PolicyId": deny, "TargetId": ROOT }));
    let types = |operation| {
        call(&stage, MANAGEMENT, operation, json!({ "RootId": ROOT, "PolicyType": "SERVICE_CONTROL_POLICY" }))
    };
    assert_eq!(types("EnablePolicyType"), Err((400, "PolicyTypeAlreadyEnabledException")));
    assert_eq!(types("DisablePolicyType").unwrap()["Root"]["PolicyTypes"], json!([]));
    assert!(may_disable(&stage, MEMBER));
    assert_eq!(types("DisablePolicyType"), Err((400, "PolicyTypeNotEnabledException")));
    let attach = json!({ "PolicyId": deny, "TargetId": ROOT });
    assert_eq!(refused(&stage, "AttachPolicy", attach), "PolicyTypeNotEnabledException");
    types("EnablePolicyType").unwrap();
    assert!(may_disable(&stage, MEMBER), "only FullAWSAccess is attached");
}

/// Rules: NB-33.
#[test]
fn policies_of_other_types_are_stored_and_attached() {
    let stage = governed();
    let kind = "SECURITYHUB_POLICY";
    let create = |content: &str| json!({ "Name": "hub", "Description": "d", "Type": kind, "Content": content });
    for wrong in ["[]", r#"{"securityhub":{"enable_in_regions":[]}}"#] {
        assert_eq!(refused(&stage, "CreatePolicy", create(wrong)), "MalformedPolicyDocumentException");
    }
    let content = r#"{"securityhub":{"enable_in_regions":{"@@assign":["us-east-1"]},"disable_in_regions":[]}}"#;
    let created = manage(&stage, "CreatePolicy", create(content));
    let policy = created["Policy"]["PolicySummary"]["Id"].as_str().unwrap();
    let attach = json!({ "PolicyId": policy, "TargetId": ROOT });
    assert_eq!(refused(&stage, "AttachPolicy", attach.clone()), "PolicyTypeNotEnabledException");
    manage(&stage, "EnablePolicyType", json!({ "RootId": ROOT, "PolicyType": kind }));
    manage(&stage, "AttachPolicy", attach);
    assert_eq!(ids(&manage(&stage, "ListPolicies", json!({ "Filter": kind })), "Policies"), [policy]);
    assert_eq!(manage(&stage, "DescribePolicy", json!({ "PolicyId": policy }))["Policy"]["Content"], content);
}

/// Rules: NB-32.
#[test]
fn invalid_policies_are_refused() {
    let stage = governed();
    policy(&stage, "taken", DENY);
    let create = |name: &str, content: &str| {
        let input = json!({ "Name": name, "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": content });
        refused(&stage, "CreatePolicy", input)
    };
    assert_eq!(create("taken", DENY), "DuplicatePolicyException");
    assert_eq!(create("FullAWSAccess", DENY), "DuplicatePolicyException");
    for content in ["x", "{}", "[]", r#"{"Statement":[{"Effect":"Permit","Action":"*","Resource":"*"}]}"#] {
        assert_eq!(create("new", content), "MalformedPolicyDocumentException", "{content}");
    }
    assert_eq!(create("new", &format!("{DENY}{}", " ".repeat(10_240))), "ConstraintViolationException");
    let kind = json!({ "Name": "n", "Description": "", "Type": "POLICY", "Content": DENY });
    assert_eq!(refused(&stage, "CreatePolicy", kind), "InvalidInputException");
    assert_eq!(refused(&stage, "DeletePolicy", json!({ "PolicyId": FULL })), "InvalidInputException");
    let target = json!({ "PolicyId": FULL, "TargetId": "123456789012" });
    assert_eq!(refused(&stage, "AttachPolicy", target), "TargetNotFoundException");
}

/// Rules: NB-34, ORG-35.
#[test]
fn a_created_account_joins_as_the_administrator_enables_accounts() {
    let stage = governed();
    let region = Region::new("us-east-1");
    stage.relations(|directory| {
        let organization = directory.organization.as_mut().unwrap();
        organization.security_hub_administrators = [(region.clone(), id(ADMINISTRATOR))].into();
        let configuration = OrganizationConfiguration { auto_enable: true, auto_enable_standards: false };
        organization.configurations = [(region.clone(), configuration)].into();
    });
    let created = account(&stage, "new@example.com");
    assert!(stage.0.hub(&HubKey { account: id(&created), region: region.clone() }).is_some());
    assert!(stage.0.directory().member(id(ADMINISTRATOR), &region, id(&created)).is_some());
    let shown = manage(&stage, "DescribeAccount", json!({ "AccountId": created }));
    assert_eq!(shown["Account"]["JoinedMethod"], "CREATED");
    assert_eq!(shown["Account"]["Email"], "new@example.com");
    let parents = manage(&stage, "ListParents", json!({ "ChildId": created }));
    assert_eq!(parents["Parents"][0]["Id"], ROOT);
}

/// Rules: NB-34.
#[test]
fn creating_an_account_takes_its_delay_and_can_fail() {
    let mut stage = governed();
    stage.0.delays.account_creation = SignedDuration::from_mins(5);
    let create = || manage(&stage, "CreateAccount", json!({ "AccountName": "a", "Email": "a@example.com" }));
    let requests = [create(), create()].map(|created| created["CreateAccountStatus"]["Id"].clone());
    let status = |request: &Value| {
        due::run(&stage.0, stage.0.clock.now());
        let shown = manage(&stage, "DescribeCreateAccountStatus", json!({ "CreateAccountRequestId": request }));
        shown["CreateAccountStatus"].clone()
    };
    assert_eq!(status(&requests[0])["State"], "IN_PROGRESS");
    stage.0.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(status(&requests[0])["State"], "SUCCEEDED");
    let failed = status(&requests[1]);
    assert_eq!((&failed["State"], &failed["FailureReason"]), (&json!("FAILED"), &json!("EMAIL_ALREADY_EXISTS")));
    let listed = manage(&stage, "ListCreateAccountStatus", json!({ "States": ["FAILED"] }));
    assert_eq!(ids(&listed, "CreateAccountStatuses"), [requests[1].as_str().unwrap()]);
    stage.relations(|directory| directory.quotas.accounts = 4);
    let fifth = json!({ "AccountName": "b", "Email": "b@example.com" });
    assert_eq!(refused(&stage, "CreateAccount", fifth), "ConstraintViolationException");
}

/// Rules: NB-35.
#[test]
fn accounts_move_between_units() {
    let stage = governed();
    let step = |source: &str, destination: &str| json!({ "AccountId": MEMBER, "SourceParentId": source, "DestinationParentId": destination });
    assert_eq!(refused(&stage, "MoveAccount", step(ROOT, WORKLOADS)), "SourceParentNotFoundException");
    assert_eq!(refused(&stage, "MoveAccount", step(WORKLOADS, WORKLOADS)), "DuplicateAccountException");
    let nowhere = step(WORKLOADS, "ou-lo12-nowhere00");
    assert_eq!(refused(&stage, "MoveAccount", nowhere), "DestinationParentNotFoundException");
    let deny = policy(&stage, "deny", DENY);
    manage(&stage, "AttachPolicy", json!({ "PolicyId": deny, "TargetId": WORKLOADS }));
    assert!(!may_disable(&stage, MEMBER));
    manage(&stage, "MoveAccount", step(WORKLOADS, ROOT));
    assert!(may_disable(&stage, MEMBER));
}

/// Rules: NB-35, RET-11.
#[test]
fn a_closed_account_keeps_its_unit_for_90_days() {
    let stage = governed();
    let close = |account: &str| call(&stage, MANAGEMENT, "CloseAccount", json!({ "AccountId": account }));
    assert_eq!(close(MANAGEMENT), Err((400, "ConstraintViolationException")));
    assert_eq!(close("123456789012"), Err((400, "AccountNotFoundException")));
    close(MEMBER).unwrap();
    assert_eq!(close(MEMBER), Err((400, "AccountAlreadyClosedException")));
    let shown = manage(&stage, "DescribeAccount", json!({ "AccountId": MEMBER }));
    assert_eq!((&shown["Account"]["Status"], &shown["Account"]["State"]), (&json!("SUSPENDED"), &json!("CLOSED")));
    let unit = json!({ "OrganizationalUnitId": WORKLOADS });
    assert_eq!(refused(&stage, "DeleteOrganizationalUnit", unit.clone()), "OrganizationalUnitNotEmptyException");
    stage.0.clock.advance(SignedDuration::from_hours(90 * 24));
    due::run(&stage.0, stage.0.clock.now());
    manage(&stage, "DeleteOrganizationalUnit", unit);
}

/// Rules: NB-35.
#[test]
fn a_created_account_cannot_be_removed_for_seven_days() {
    let stage = governed();
    let created = account(&stage, "new@example.com");
    let remove = json!({ "AccountId": created });
    assert_eq!(refused(&stage, "RemoveAccountFromOrganization", remove.clone()), "ConstraintViolationException");
    stage.0.clock.advance(SignedDuration::from_hours(7 * 24));
    manage(&stage, "RemoveAccountFromOrganization", remove.clone());
    assert_eq!(refused(&stage, "RemoveAccountFromOrganization", remove), "AccountNotFoundException");
    let management = json!({ "AccountId": MANAGEMENT });
    assert_eq!(refused(&stage, "RemoveAccountFromOrganization", management), "MasterCannotLeaveOrganizationException");
}

/// Rules: NB-35, IAM-11.
#[test]
fn a_service_control_policy_keeps_a_member_in_the_organization() {
    let stage = governed();
    let stay = policy(&stage, "stay", &DENY.replace("securityhub:Disable*", "organizations:LeaveOrganization"));
    let target = json!({ "PolicyId": stay, "TargetId": WORKLOADS });
    manage(&stage, "AttachPolicy", target.clone());
    assert_eq!(call(&stage, MEMBER, "LeaveOrganization", json!({})), Err((400, "AccessDeniedException")));
    manage(&stage, "DetachPolicy", target);
    call(&stage, MEMBER, "LeaveOrganization", json!({})).unwrap();
    assert!(!stage.0.directory().is_in_organization(id(MEMBER)));
}

/// Rules: NB-36.
#[test]
fn resources_have_tags() {
    let stage = governed();
    let deny = policy(&stage, "deny", DENY);
    for resource in [ROOT, WORKLOADS, MEMBER, &deny] {
        let tags = json!([{ "Key": "team", "Value": "blue" }, { "Key": "cost", "Value": "" }]);
        manage(&stage, "TagResource", json!({ "ResourceId": resource, "Tags": tags }));
        manage(&stage, "UntagResource", json!({ "ResourceId": resource, "TagKeys": ["cost", "none"] }));
        let listed = manage(&stage, "ListTagsForResource", json!({ "ResourceId": resource }));
        assert_eq!(listed, json!({ "Tags": [{ "Key": "team", "Value": "blue" }] }), "{resource}");
    }
    let tag = |resource: &str, keys: &[&str]| {
        let tags: Vec<Value> = keys.iter().map(|key| json!({ "Key": key, "Value": "" })).collect();
        refused(&stage, "TagResource", json!({ "ResourceId": resource, "Tags": tags }))
    };
    assert_eq!(tag("123456789012", &["a"]), "TargetNotFoundException");
    assert_eq!(tag(MEMBER, &["a", "a"]), "InvalidInputException");
    assert_eq!(tag(MEMBER, &["aws:a"]), "InvalidInputException");
    let many: Vec<String> = (0..50).map(|number| format!("key {number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(tag(MEMBER, &many), "ConstraintViolationException", "51 tags with the existing one");
}

/// Rules: NB-30 to NB-36.
#[test]
fn members_change_nothing() {
    let stage = governed();
    let before = stage.0.directory();
    for (operation, run) in OPERATIONS {
        let input = json!({ "FeatureSet": "ALL" });
        if matches!(run, Run::Change(_)) {
            assert_eq!(call(&stage, MEMBER, operation, input), Err((400, "AccessDeniedException")), "{operation}");
        }
    }
    assert!(std::sync::Arc::ptr_eq(&before, &stage.0.directory()), "the directory was not replaced");
}

/// The enforced policies depend only on the attachments.
#[test]
fn enforcing_again_changes_nothing() {
    let stage = governed();
    let deny = policy(&stage, "deny", DENY);
    manage(&stage, "AttachPolicy", json!({ "PolicyId": deny, "TargetId": WORKLOADS }));
    let mut directory = stage.0.directory().as_ref().clone();
    let before = directory.policies.service_control.clone();
    enforce(&mut directory);
    assert_eq!(directory.policies.service_control, before);
    assert_eq!(before[WORKLOADS][0], Policy::full_aws_access().into());
}
