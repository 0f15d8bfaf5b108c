//! Random sequences of calls, with IDs from the current organization. After each call, accepted or refused, the
//! organization is a tree, and the enforced policies are those that are attached.

use jiff::SignedDuration;
use quickcheck::{Arbitrary, Gen, TestResult};
use serde_json::{Value, json};

use super::{MANAGEMENT, call, stage};
use crate::domain::accounts::organization::tree::policies::enforce;
use crate::domain::due;
use crate::state::{Directory, FULL_AWS_ACCESS, Organization, PolicyType};
use crate::testing::{self, MEMBER, Stage};

const CONTENT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"securityhub:Disable*","Resource":"*"}]}"#;

/// The kinds of calls.
const CALLS: [&str; 16] = [
    "CreateOrganizationalUnit",
    "UpdateOrganizationalUnit",
    "DeleteOrganizationalUnit",
    "CreateAccount",
    "MoveAccount",
    "CloseAccount",
    "RemoveAccountFromOrganization",
    "LeaveOrganization",
    "CreatePolicy",
    "UpdatePolicy",
    "DeletePolicy",
    "AttachPolicy",
    "DetachPolicy",
    "EnablePolicyType",
    "DisablePolicyType",
    "advance",
];

/// A call: its kind, and the random numbers that choose its IDs.
#[derive(Clone, Debug)]
struct Call {
    kind: &'static str,
    picks: [usize; 3],
}

impl Arbitrary for Call {
    fn arbitrary(random: &mut Gen) -> Call {
        // Attachments are the most common, since they depend on everything else.
        let kinds: Vec<&str> = CALLS.iter().copied().chain(["AttachPolicy", "CreatePolicy", "MoveAccount"]).collect();
        let kind = random.choose(&kinds).copied().unwrap_or("advance");
        Call { kind, picks: [(); 3].map(|()| usize::arbitrary(random)) }
    }
}

impl Call {
    fn run(&self, stage: &Stage) {
        if self.kind == "advance" {
            stage.0.clock.advance(SignedDuration::from_hours(24 * i64::try_from(self.picks[0] % 60).unwrap()));
        } else {
            let caller = if self.kind == "LeaveOrganization" { MEMBER } else { MANAGEMENT };
            let input = self.input(&stage.0.directory());
            let refused = call(stage, caller, self.kind, input.clone()).err();
            let known = refused.is_none_or(|(status, _)| status == 400);
            assert!(known, "{} {input}: {refused:?}", self.kind);
        }
        due::run(&stage.0, stage.0.clock.now());
    }

    fn input(&self, directory: &Directory) -> Value {
        let organization = directory.organization.as_ref().unwrap();
        let [one, two, three] = self.picks;
        let units: Vec<String> = organization.units.keys().cloned().collect();
        let accounts: Vec<String> = organization.parents.keys().map(ToString::to_string).collect();
        let parents: Vec<String> = [organization.root_id.clone()].into_iter().chain(units.iter().cloned()).collect();
        let targets: Vec<String> = parents.iter().chain(&accounts).cloned().collect();
        let policies: Vec<String> =
            [FULL_AWS_ACCESS.to_owned()].into_iter().chain(organization.policies.created.keys().cloned()).collect();
        let pick = |all: &[String], number: usize| all.get(number % all.len().max(1)).cloned().unwrap_or_default();
        let kind = PolicyType::ALL[three % 2].as_str();
        json!({
            "ParentId": pick(&parents, one),
            "OrganizationalUnitId": pick(&units, one),
            "AccountId": pick(&accounts, one),
            "SourceParentId": organization.parents.values().nth(one % accounts.len()),
            "DestinationParentId": pick(&parents, two),
            "PolicyId": pick(&policies, two),
            "TargetId": pick(&targets, one),
            "RootId": organization.root_id,
            "PolicyType": kind,
            "Type": kind,
            "Name": format!("name {}", two % 4),
            "Description": "",
            "Content": CONTENT,
            "AccountName": "new",
            "Email": format!("new{}@example.com", two % 8),
        })
    }
}

/// The invariants after every call.
fn check(directory: &Directory) {
    let organization = directory.organization.as_ref().unwrap();
    let exists = |parent: &String| *parent == organization.root_id || organization.units.contains_key(parent);
    assert!(organization.parents.values().all(exists), "an account has no parent");
    for (id, unit) in &organization.units {
        assert!(exists(&unit.parent), "{id} has no parent");
        let above = |id: &&String| organization.units.get(*id).map(|unit| &unit.parent);
        assert!(std::iter::successors(Some(id), above).take(10).count() <= 6, "{id} is nested too deeply");
        let twins = organization.units.values().filter(|other| other.parent == unit.parent && other.name == unit.name);
        assert_eq!(twins.count(), 1, "{id} shares its name with a sibling");
    }
    for created in &organization.created {
        assert!(organization.parents.contains_key(created), "{created} is not in the organization");
    }
    check_policies(organization);
    let mut again = directory.clone();
    enforce(&mut again);
    assert_eq!(
        again.policies.service_control, directory.policies.service_control,
        "the enforced policies are not the attached ones"
    );
}

fn check_policies(organization: &Organization) {
    let policies = &organization.policies;
    let is_target = |id: &String| {
        *id == organization.root_id
            || organization.units.contains_key(id)
            || organization.parents.keys().any(|account| account.as_str() == id)
    };
    for (target, ids) in &policies.attached {
        assert!(is_target(target) && !ids.is_empty(), "{target} is not a target, or has no policy");
        for id in ids {
            let kind = policies.created.get(id).map(|policy| policy.kind);
            assert!(
                kind.is_some_and(|kind| policies.enabled.contains(&kind)),
                "{id} does not exist, or its type is disabled"
            );
        }
    }
    for target in &policies.without_full_access {
        let attached = policies.attached_to(target, PolicyType::ServiceControl).count();
        assert!(is_target(target) && attached > 0, "{target} has no service control policy");
    }
}

/// Rules: NB-30 to NB-36.
#[test]
fn an_organization_stays_a_tree_after_random_calls() {
    fn holds(calls: Vec<Call>) -> TestResult {
        let stage = stage();
        for call in &calls {
            call.run(&stage);
            check(&stage.0.directory());
        }
        TestResult::passed()
    }
    testing::check(100).quickcheck(holds as fn(Vec<Call>) -> TestResult);
}
