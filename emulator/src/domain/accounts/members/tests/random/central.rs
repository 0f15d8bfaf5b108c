//! Calls of central configuration, their expected effects, and invariants of accounts with and without a governing
//! policy.

use std::collections::{BTreeMap, BTreeSet};

use quickcheck::{Arbitrary, Gen};
use securityhub_fixtures::Operation::{
    CreateConfigurationPolicy, CreateFindingAggregator, DeleteConfigurationPolicy, DeleteFindingAggregator,
    GetConfigurationPolicyAssociation, ListConfigurationPolicies, ListConfigurationPolicyAssociations,
    StartConfigurationPolicyAssociation, StartConfigurationPolicyDisassociation, UpdateConfigurationPolicy,
    UpdateFindingAggregator, UpdateOrganizationConfiguration,
};
use serde_json::{Value, json};

use super::{ACCOUNTS, PARENTS, REGIONS, Step};
use crate::domain::findings::aggregation::aggregator_arn;
use crate::state::{CentralConfiguration, Directory, HubKey, Region, SubscriptionStatus, Timestamp};
use crate::testing::{Outcome, Stage, id};

const SELF_MANAGED: &str = "SELF_MANAGED_SECURITY_HUB";
const FSBP: &str = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";
const CIS: &str = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0";
const REFUSED: &str = "Must be a Security Hub delegated administrator with Central Configuration enabled";

/// The content of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Off,
    /// With these standards: their ARNs, and their ids in hubs.
    On(&'static [(&'static str, &'static str)]),
}

const CONTENTS: [Content; 5] = [
    Content::Off,
    Content::Off,
    Content::On(&[]),
    Content::On(&[(CIS, "cis-1.2.0")]),
    Content::On(&[(CIS, "cis-1.2.0"), (FSBP, "fsbp-1.0.0")]),
];

impl Content {
    fn json(self) -> Value {
        let Content::On(standards) = self else { return json!({ "SecurityHub": { "ServiceEnabled": false } }) };
        let standards: Vec<&str> = standards.iter().map(|(arn, _)| *arn).collect();
        let controls = json!({ "DisabledSecurityControlIdentifiers": [] });
        json!({ "SecurityHub": {
            "ServiceEnabled": true, "EnabledStandardIdentifiers": standards, "SecurityControlsConfiguration": controls,
        } })
    }
}

/// An action; policies are given by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    Aggregate,
    Link(&'static str),
    Unaggregate,
    Central,
    Local,
    Create(Content),
    Update(usize, Content),
    Delete(usize),
    /// The policy with this index, or self-management.
    Associate(Option<usize>, &'static str),
    Disassociate(Option<usize>, &'static str),
}

/// An action with its caller and Region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    what: Do,
    caller: &'static str,
    region: &'static str,
}

impl Arbitrary for Task {
    fn arbitrary(g: &mut Gen) -> Task {
        let content = *g.choose(&CONTENTS).unwrap();
        let place = usize::from(u8::arbitrary(g));
        let policy = (!u8::arbitrary(g).is_multiple_of(4)).then_some(place);
        let targets: Vec<&'static str> = PARENTS.into_iter().chain(ACCOUNTS).collect();
        let target = *g.choose(&targets).unwrap();
        let what = match u8::arbitrary(g) % 64 {
            0 | 1 => Do::Aggregate,
            2..=5 => Do::Link(g.choose(&["ALL_REGIONS", "NO_REGIONS"]).unwrap()),
            6 => Do::Unaggregate,
            7..=9 => Do::Central,
            10 => Do::Local,
            11..=19 => Do::Create(content),
            20..=27 => Do::Update(place, content),
            28..=30 => Do::Delete(place),
            31..=51 => Do::Associate(policy, target),
            _ => Do::Disassociate(policy, target),
        };
        let is_usual = |g: &mut Gen| !u8::arbitrary(g).is_multiple_of(16);
        Task {
            what,
            caller: if is_usual(g) { ACCOUNTS[1] } else { g.choose(&ACCOUNTS).unwrap() },
            region: REGIONS[usize::from(!is_usual(g))],
        }
    }
}

impl Task {
    pub(super) fn send(self, stage: &Stage) -> Outcome {
        let directory = stage.0.directory();
        let central = directory.organization.as_ref().and_then(|organization| organization.central.as_ref());
        let policy = |index: usize| policy(central, index);
        let with_policy = |place: Option<usize>, of: &str| {
            let mut input = target(of);
            input["ConfigurationPolicyIdentifier"] = json!(place.map_or_else(|| SELF_MANAGED.to_owned(), policy));
            input
        };
        let (operation, input) = match self.what {
            Do::Aggregate => (CreateFindingAggregator, json!({ "RegionLinkingMode": "ALL_REGIONS" })),
            Do::Link(mode) => {
                let arn = aggregator(&directory, self.caller);
                (UpdateFindingAggregator, json!({ "FindingAggregatorArn": arn, "RegionLinkingMode": mode }))
            }
            Do::Unaggregate => {
                (DeleteFindingAggregator, json!({ "FindingAggregatorArn": aggregator(&directory, self.caller) }))
            }
            Do::Central => (UpdateOrganizationConfiguration, configuration("CENTRAL")),
            Do::Local => (UpdateOrganizationConfiguration, configuration("LOCAL")),
            Do::Create(content) => {
                let name = format!("policy-{}", central.map_or(0, |central| central.policies.len()));
                (CreateConfigurationPolicy, json!({ "Name": name, "ConfigurationPolicy": content.json() }))
            }
            Do::Update(place, content) => {
                let input = json!({ "Identifier": policy(place), "ConfigurationPolicy": content.json() });
                (UpdateConfigurationPolicy, input)
            }
            Do::Delete(place) => (DeleteConfigurationPolicy, json!({ "Identifier": policy(place) })),
            Do::Associate(place, of) => (StartConfigurationPolicyAssociation, with_policy(place, of)),
            Do::Disassociate(place, of) => (StartConfigurationPolicyDisassociation, with_policy(place, of)),
        };
        stage.call_in(self.region, self.caller, operation, input)
    }
}

/// The policy with this index, or an unknown id.
fn policy(central: Option<&CentralConfiguration>, index: usize) -> String {
    let policies: Vec<&String> = central.into_iter().flat_map(|central| central.policies.keys()).collect();
    let nobody = "00000000-0000-0000-0000-000000000000";
    policies.get(index % policies.len().max(1)).map_or_else(|| nobody.to_owned(), |id| (*id).clone())
}

fn aggregator(directory: &Directory, owner: &str) -> String {
    let own = directory.aggregators.get(&id(owner)).map(|aggregator| aggregator_arn(id(owner), aggregator));
    own.unwrap_or_else(|| format!("arn:aws:securityhub:us-east-1:{owner}:finding-aggregator/none"))
}

pub(super) fn configuration(kind: &str) -> Value {
    let kind = json!({ "ConfigurationType": kind });
    json!({ "AutoEnable": false, "AutoEnableStandards": "NONE", "OrganizationConfiguration": kind })
}

fn target(target: &str) -> Value {
    let member = match target {
        _ if target.starts_with("r-") => "RootId",
        _ if target.starts_with("ou-") => "OrganizationalUnitId",
        _ => "AccountId",
    };
    json!({ "Target": { member: target } })
}

/// The expected state after the answers so far.
#[derive(Default)]
pub(super) struct Expected {
    policies: BTreeMap<String, Content>,
    /// The policies that are applied to targets directly.
    applied: BTreeMap<String, String>,
    /// The time until which targets may be pending.
    pending_until: Option<Timestamp>,
}

/// The enabled standards by account and Region; `None` for a disabled hub.
type Settings = BTreeMap<(&'static str, &'static str), Option<BTreeSet<&'static str>>>;

impl Expected {
    /// Creates policies of all kinds, if the world starts with central configuration.
    pub(super) fn begin(&mut self, stage: &Stage) {
        for (number, content) in CONTENTS.into_iter().enumerate().filter(|_| is_central(stage)) {
            let input = json!({ "Name": format!("first-{number}"), "ConfigurationPolicy": content.json() });
            let made = stage.good(ACCOUNTS[1], CreateConfigurationPolicy, input);
            self.policies.insert(text(&made, "Id"), content);
        }
    }

    /// The policy that governs a target, applied to it or to the nearest parent; and whether it is the target's own.
    fn governing(&self, directory: &Directory, of: &str) -> Option<(&str, bool)> {
        let organization = directory.organization.as_ref()?;
        let mut above = match of {
            "ou-lo12-inner0001" => vec!["ou-lo12-inner0001", "ou-lo12-outer0001", "r-lo12"],
            "ou-lo12-outer0001" => vec!["ou-lo12-outer0001", "r-lo12"],
            "r-lo12" => vec!["r-lo12"],
            account => match organization.parents.get(&id(account))?.as_str() {
                "ou-lo12-inner0001" => vec![account, "ou-lo12-inner0001", "ou-lo12-outer0001", "r-lo12"],
                "ou-lo12-outer0001" => vec![account, "ou-lo12-outer0001", "r-lo12"],
                _ => vec![account, "r-lo12"],
            },
        };
        above.retain(|target| self.applied.contains_key(*target));
        let nearest = above.first()?;
        Some((&self.applied[*nearest], *nearest == of))
    }

    /// The policy that governs an account.
    fn policy_of(&self, directory: &Directory, account: &str) -> Option<Content> {
        let (policy, _) = self.governing(directory, account)?;
        (policy != SELF_MANAGED).then(|| self.policies[policy])
    }

    /// The settings of accounts without a governing policy.
    pub(super) fn untouched(&self, stage: &Stage) -> Settings {
        let directory = stage.0.directory();
        let free = ACCOUNTS.into_iter().filter(|account| self.policy_of(&directory, account).is_none());
        let keys = free.flat_map(|account| REGIONS.map(|region| (account, region)));
        keys.map(|(account, region)| ((account, region), settings(stage, account, region))).collect()
    }

    /// Records the answer of a step.
    pub(super) fn follow(&mut self, stage: &Stage, step: Step, answer: Option<&Value>, before: &Settings) {
        let Some(answer) = answer else { return };
        let begins = |at: &mut Option<Timestamp>| *at = Some(stage.0.clock.now() + stage.0.delays.policy_association);
        match step {
            Step::Leaves(account) => _ = self.applied.remove(account),
            Step::Central(Task { what, caller, .. }) => match what {
                Do::Create(content) => _ = self.policies.insert(text(answer, "Id"), content),
                Do::Update(_, content) => {
                    self.policies.insert(text(answer, "Id"), content);
                    begins(&mut self.pending_until);
                }
                Do::Delete(_) => {
                    let left = listed(stage, caller, ListConfigurationPolicies, "ConfigurationPolicySummaries");
                    let left: BTreeSet<String> = left.iter().map(|row| text(row, "Id")).collect();
                    let gone = self.policies.keys().find(|id| !left.contains(*id)).cloned().unwrap();
                    assert!(self.applied.values().all(|policy| *policy != gone), "an associated policy was deleted");
                    self.policies.remove(&gone);
                }
                Do::Associate(_, of) => {
                    self.applied.insert(of.to_owned(), text(answer, "ConfigurationPolicyId"));
                    begins(&mut self.pending_until);
                }
                Do::Disassociate(_, of) => {
                    assert!(self.applied.remove(of).is_some(), "no association was started for {of}");
                    begins(&mut self.pending_until);
                }
                Do::Local if !is_central(stage) => {
                    assert!(self.policies.is_empty() && self.applied.is_empty(), "LOCAL with policies");
                }
                Do::Unaggregate if !is_central(stage) => {
                    *self = Expected::default();
                }
                Do::Link(_) => begins(&mut self.pending_until),
                Do::Aggregate | Do::Unaggregate | Do::Central | Do::Local => {}
            },
            _ => {}
        }
        if let Step::Central(Task { what: Do::Associate(_, of), .. }) = step
            && stage.0.delays.policy_association.is_zero()
        {
            self.check_settled(stage, of);
        }
        if matches!(step, Step::Central(task) if !matches!(task.what, Do::Central | Do::Link(_))) {
            for (place, settings) in self.untouched(stage) {
                assert!(before.get(&place).is_none_or(|before| *before == settings), "{step:?} changed {place:?}");
            }
        }
    }

    /// A target is failed if an account in it is; an account whose hub a policy enabled is a member.
    fn check_settled(&self, stage: &Stage, of: &str) {
        let directory = stage.0.directory();
        let organization = directory.organization.as_ref().unwrap();
        let central = organization.central.as_ref().unwrap();
        let failed = |target: &str| matches!(central.settled[target].outcome, crate::state::Outcome::Failed(_));
        let is_below = |account: &&str| {
            let parent = organization.parents.get(&id(account)).map(String::as_str);
            let place = |parent: &str| PARENTS.iter().position(|other| *other == parent);
            // Each parent is contained in the one before it.
            *account == of || parent.and_then(place).zip(place(of)).is_some_and(|(inner, outer)| inner >= outer)
        };
        let mut below = ACCOUNTS.into_iter().filter(is_below).filter(|it| central.settled.contains_key(*it)).peekable();
        if PARENTS.contains(&of) && below.peek().is_some() {
            assert_eq!(failed(of), below.clone().any(failed), "the status of {of} does not follow from its children");
        }
        for account in below.filter(|account| !failed(account) && *account != central.administrator.as_str()) {
            let is_on = matches!(self.policy_of(&directory, account), Some(Content::On(_)));
            for region in central.regions.iter().filter(|_| is_on) {
                assert!(
                    directory.administrator(id(account), region).is_some(),
                    "{account} in {region} is not a member"
                );
            }
        }
    }

    /// Invariants of every world.
    pub(super) fn check(&self, stage: &Stage, step: Step) {
        let directory = stage.0.directory();
        let central = directory.organization.as_ref().and_then(|organization| organization.central.as_ref());
        let Some(central) = central else {
            assert!(self.policies.is_empty() && self.applied.is_empty(), "{step:?} ended central configuration");
            let refused = stage.call(ACCOUNTS[1], ListConfigurationPolicies, json!({})).unwrap_err();
            assert!(refused.0 == 401 || refused.2 == REFUSED, "{refused:?}");
            return;
        };
        check_administration(stage, &directory, central);
        let administrator = central.administrator.as_str();
        let policies = listed(stage, administrator, ListConfigurationPolicies, "ConfigurationPolicySummaries");
        let policies: Vec<String> = policies.iter().map(|row| text(row, "Id")).collect();
        assert!(policies.iter().eq(self.policies.keys()), "{step:?}: {policies:?}");
        let rows = "ConfigurationPolicyAssociationSummaries";
        let rows = listed(stage, administrator, ListConfigurationPolicyAssociations, rows);
        let rows: BTreeMap<String, Value> = rows.into_iter().map(|row| (text(&row, "TargetId"), row)).collect();
        let is_in = |target: &&str| directory.organization.as_ref().unwrap().parents.contains_key(&id(target));
        let targets = PARENTS.into_iter().chain(ACCOUNTS.into_iter().filter(is_in));
        for of in targets {
            let read =
                stage.call_in(central.home.as_str(), administrator, GetConfigurationPolicyAssociation, target(of));
            assert_eq!(read.clone().ok().as_ref(), rows.get(of), "{step:?}: {of} is listed with another association");
            let found = read.ok().map(|row| (text(&row, "ConfigurationPolicyId"), text(&row, "AssociationType")));
            let kind = |is_own| if is_own { "APPLIED" } else { "INHERITED" }.to_owned();
            let expected = self.governing(&directory, of).map(|(policy, is_own)| (policy.to_owned(), kind(is_own)));
            assert_eq!(found, expected, "{step:?}: {of}");
        }
        self.check_statuses(stage, &directory, step, &rows);
    }

    /// Every status corresponds to the settings.
    fn check_statuses(&self, stage: &Stage, directory: &Directory, step: Step, rows: &BTreeMap<String, Value>) {
        for (of, row) in rows {
            let status = text(row, "AssociationStatus");
            let may_be_pending = self.pending_until.is_some_and(|until| stage.0.clock.now() < until);
            assert!(
                ["SUCCESS", "FAILED"].contains(&status.as_str()) || status == "PENDING" && may_be_pending,
                "{step:?}: {of} is {status}"
            );
            let Some(account) = ACCOUNTS.into_iter().find(|account| account == of).filter(|_| status == "SUCCESS")
            else {
                continue;
            };
            let Some(content) = self.policy_of(directory, account) else { continue };
            for region in REGIONS.into_iter().filter(|region| directory.is_central(&Region::new(region))) {
                let is_administrator = directory.is_delegated_administrator(id(account), &Region::new(region));
                let found = settings(stage, account, region);
                let is_so = match content {
                    Content::Off => found.is_none() || is_administrator,
                    Content::On(standards) => found == Some(standards.iter().map(|(_, id)| *id).collect()),
                };
                assert!(is_so, "{step:?}: {account} in {region} has {found:?}, not {content:?}");
            }
        }
    }
}

/// Under central configuration, its administrator is the delegated one with an enabled hub, and accounts are not
/// enabled automatically.
fn check_administration(stage: &Stage, directory: &Directory, central: &CentralConfiguration) {
    let organization = directory.organization.as_ref().unwrap();
    assert_ne!(central.administrator, organization.management_account);
    assert_eq!(directory.aggregators.get(&central.administrator).map(|it| &it.home), Some(&central.home));
    for region in REGIONS.map(Region::new).into_iter().filter(|region| directory.is_central(region)) {
        let delegate = organization.security_hub_administrators.get(&region);
        assert_eq!(delegate, Some(&central.administrator), "in {region}");
        let hub = stage.0.hub(&HubKey { account: central.administrator, region: region.clone() });
        assert!(hub.is_some_and(|hub| hub.subscribed_at().is_some()), "in {region}");
        let configuration = organization.configuration(&region);
        assert!(!configuration.auto_enable && !configuration.auto_enable_standards, "in {region}: {configuration:?}");
    }
}

fn is_central(stage: &Stage) -> bool {
    stage.0.directory().organization.as_ref().is_some_and(|organization| organization.central.is_some())
}

fn settings(stage: &Stage, account: &str, region: &str) -> Option<BTreeSet<&'static str>> {
    let hub = stage.0.hub(&HubKey { account: id(account), region: Region::new(region) })?;
    let is_there = |(id, it): (&&'static str, &crate::state::Subscription)| {
        (it.status != SubscriptionStatus::Deleting).then_some(*id)
    };
    hub.subscribed_at().map(|_| hub.standards.iter().filter_map(is_there).collect())
}

fn listed(stage: &Stage, caller: &str, operation: securityhub_fixtures::Operation, rows: &str) -> Vec<Value> {
    let home = stage.0.directory().aggregators[&id(caller)].home.clone();
    let answer = stage.call_in(home.as_str(), caller, operation, json!({})).unwrap();
    answer[rows].as_array().unwrap().clone()
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap().to_owned()
}
