//! The organization in the form returned by Organizations. Timestamps are seconds since 1970, the format of awsJson1.1.

use serde_json::{Value, json};

use crate::domain::accounts::organization::tree::policies::is_attached;
use crate::state::{
    AccountId, AccountStatus, CreationState, Directory, FULL_AWS_ACCESS, Organization, PolicyType, Timestamp,
};

/// The document of FullAWSAccess.
const FULL_AWS_ACCESS_CONTENT: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"#;

/// Renders parts of an organization.
pub(super) struct View<'d> {
    directory: &'d Directory,
    organization: &'d Organization,
}

impl<'d> View<'d> {
    pub(super) fn new(directory: &'d Directory, organization: &'d Organization) -> View<'d> {
        View { directory, organization }
    }

    pub(super) fn organization(&self) -> Value {
        let management_account = self.organization.management_account;
        json!({
            "Id": self.organization.id,
            "Arn": self.arn("organization", ""),
            "FeatureSet": "ALL",
            "MasterAccountArn": self.arn("account", management_account.as_str()),
            "MasterAccountId": management_account.as_str(),
            "MasterAccountEmail": self.email(management_account),
            // AWS documents that only this type is listed, regardless of the enabled types.
            "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
        })
    }

    pub(super) fn root(&self) -> Value {
        let id = &self.organization.root_id;
        let types = self.organization.policies.enabled.iter();
        let types: Vec<Value> = types.map(|kind| json!({ "Type": kind.as_str(), "Status": "ENABLED" })).collect();
        json!({ "Id": id, "Arn": self.arn("root", id), "Name": "Root", "PolicyTypes": types })
    }

    /// The IDs of all accounts, in order, including the management account.
    pub(super) fn account_ids(&self) -> Vec<AccountId> {
        let mut ids: Vec<AccountId> = self.organization.parents.keys().copied().collect();
        ids.push(self.organization.management_account);
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The IDs of the accounts directly below a parent, in order.
    pub(super) fn account_ids_of(&self, parent: &str) -> Vec<AccountId> {
        let mut ids = self.account_ids();
        ids.retain(|account| self.parent_id(*account) == Some(parent));
        ids
    }

    pub(super) fn account(&self, account: AccountId) -> Option<Value> {
        self.parent_id(account)?;
        let organization = self.organization;
        // A closed account is shown as suspended until it is removed. `State`, AWS's newer member, has the exact state.
        let (status, state) = match self.directory.accounts.get(&account).map(|known| known.status) {
            None | Some(AccountStatus::Active) => ("ACTIVE", "ACTIVE"),
            Some(AccountStatus::Suspended) => ("SUSPENDED", "SUSPENDED"),
            Some(AccountStatus::Closed(_)) => ("SUSPENDED", "CLOSED"),
        };
        let joined_later = organization.joined_later.get(&account);
        let is_invited = joined_later.is_some() && !organization.created.contains(&account);
        Some(json!({
            "Id": account.as_str(),
            "Arn": self.arn("account", account.as_str()),
            "Email": self.email(account),
            "Name": self.account_name(account),
            "Status": status,
            "State": state,
            "JoinedMethod": if is_invited { "INVITED" } else { "CREATED" },
            "JoinedTimestamp": seconds(*joined_later.unwrap_or(&organization.joined_at)),
        }))
    }

    fn account_name(&self, account: AccountId) -> &str {
        let name = self.directory.accounts.get(&account).map(|known| known.name.as_str());
        name.filter(|name| !name.is_empty()).unwrap_or_else(|| self.account_id_text(account))
    }

    /// The ID of an account, which replaces an empty name.
    fn account_id_text(&self, account: AccountId) -> &str {
        self.organization.parents.get_key_value(&account).map_or("", |(id, _)| id.as_str())
    }

    /// The IDs of requests to create an account that are in one of the states; without states, of all requests.
    pub(super) fn creation_ids(&self, states: &[String]) -> Vec<&'d String> {
        let creations = self.organization.creations.iter();
        let wanted =
            |state: &CreationState| states.is_empty() || states.iter().any(|wanted| wanted == state_name(state));
        creations.filter(|(_, creation)| wanted(&creation.state)).map(|(id, _)| id).collect()
    }

    /// The status of a request to create an account.
    pub(super) fn creation(&self, id: &str) -> Option<Value> {
        let creation = self.organization.creations.get(id)?;
        let mut status = json!({
            "Id": id,
            "AccountName": creation.name,
            "State": state_name(&creation.state),
            "RequestedTimestamp": seconds(creation.requested_at),
        });
        match creation.state {
            CreationState::InProgress => {}
            CreationState::Succeeded(at, account) => {
                status["CompletedTimestamp"] = json!(seconds(at));
                status["AccountId"] = json!(account.as_str());
            }
            CreationState::Failed(at, reason) => {
                status["CompletedTimestamp"] = json!(seconds(at));
                status["FailureReason"] = json!(reason);
            }
        }
        Some(status)
    }

    /// The IDs of the units directly below a parent, in order.
    pub(super) fn unit_ids_of(&self, parent: &str) -> Vec<&'d String> {
        let units = self.organization.units.iter().filter(|(_, unit)| unit.parent == parent);
        units.map(|(id, _)| id).collect()
    }

    pub(super) fn unit(&self, id: &str) -> Option<Value> {
        let unit = self.organization.units.get(id)?;
        Some(json!({ "Id": id, "Arn": self.arn("ou", id), "Name": unit.name }))
    }

    /// The parent of an account or a unit.
    pub(super) fn parent_of(&self, child: &str) -> Option<Value> {
        let of_unit = self.organization.units.get(child).map(|unit| unit.parent.as_str());
        let parent = of_unit.or_else(|| self.parent_id(AccountId::parse(child)?))?;
        let kind = if parent == self.organization.root_id { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
        Some(json!({ "Id": parent, "Type": kind }))
    }

    /// The root or unit that contains an account. The management account is below the root unless it was moved.
    fn parent_id(&self, account: AccountId) -> Option<&'d str> {
        let under_root =
            (account == self.organization.management_account).then_some(self.organization.root_id.as_str());
        self.organization.parents.get(&account).map(String::as_str).or(under_root)
    }

    /// The IDs of all policies of a type, in order; those of AWS first.
    pub(super) fn policy_ids(&self, kind: PolicyType) -> Vec<&'d str> {
        let created = self.organization.policies.created.iter().filter(|(_, policy)| policy.kind == kind);
        managed(kind).chain(created.map(|(id, _)| id.as_str())).collect()
    }

    /// The IDs of the policies of a type that are attached to a target.
    pub(super) fn policy_ids_of(&self, target: &str, kind: PolicyType) -> Vec<&'d str> {
        let attached = managed(kind).filter(|id| is_attached(self.organization, id, target));
        attached.chain(self.organization.policies.attached_to(target, kind).map(|(id, _)| id)).collect()
    }

    pub(super) fn policy_summary(&self, id: &str) -> Option<Value> {
        if is_managed(id) {
            return Some(json!({
                "Id": id,
                "Arn": format!("arn:aws:organizations::aws:policy/service_control_policy/{id}"),
                "Name": "FullAWSAccess",
                "Description": "Allows access to every operation",
                "Type": PolicyType::ServiceControl.as_str(),
                "AwsManaged": true,
            }));
        }
        let policy = self.organization.policies.created.get(id)?;
        let Organization { id: organization, management_account, .. } = self.organization;
        let kind = policy.kind.arn_part();
        Some(json!({
            "Id": id,
            "Arn": format!("arn:aws:organizations::{management_account}:policy/{organization}/{kind}/{id}"),
            "Name": policy.name,
            "Description": policy.description,
            "Type": policy.kind.as_str(),
            "AwsManaged": false,
        }))
    }

    pub(super) fn policy(&self, id: &str) -> Option<Value> {
        let summary = self.policy_summary(id)?;
        let created = self.organization.policies.created.get(id).map(|policy| policy.content.as_str());
        Some(json!({ "PolicySummary": summary, "Content": created.unwrap_or(FULL_AWS_ACCESS_CONTENT) }))
    }

    /// The IDs of the root, the units and the accounts that a policy is attached to.
    pub(super) fn targets_of(&self, policy: &str) -> Vec<&'d str> {
        let organization = self.organization;
        let accounts = organization.parents.keys().map(AccountId::as_str);
        let units = organization.units.keys().map(String::as_str);
        let all = [organization.root_id.as_str()].into_iter().chain(units).chain(accounts);
        all.filter(|target| is_attached(organization, policy, target)).collect()
    }

    /// A root, a unit or an account as the target of a policy.
    pub(super) fn target(&self, id: &str) -> Value {
        let unit = self.organization.units.get(id).map(|unit| ("ORGANIZATIONAL_UNIT", "ou", unit.name.as_str()));
        let account = || Some(("ACCOUNT", "account", self.account_name(AccountId::parse(id)?)));
        let (kind, path, name) = unit.or_else(account).unwrap_or(("ROOT", "root", "Root"));
        json!({ "TargetId": id, "Arn": self.arn(path, id), "Name": name, "Type": kind })
    }

    /// The delegated administrators of a service, or of any, with the time of their first registration.
    pub(super) fn delegated_administrators(&self, service: Option<&str>) -> Vec<(AccountId, Timestamp)> {
        let delegations = self.organization.delegated_administrators.iter();
        let mut rows: Vec<(AccountId, Timestamp)> = Vec::new();
        for ((_, account), since) in delegations.filter(|((name, _), _)| service.is_none_or(|service| name == service))
        {
            if rows.iter().all(|(listed, _)| listed != account) {
                rows.push((*account, *since));
            }
        }
        rows
    }

    pub(super) fn delegated_administrator(&self, (account, since): (AccountId, Timestamp)) -> Value {
        let mut row = self.account(account).unwrap_or_default();
        row["DelegationEnabledDate"] = json!(seconds(since));
        row
    }

    fn email(&self, account: AccountId) -> String {
        let known = self.directory.accounts.get(&account).map(|known| known.email.clone());
        known.filter(|email| !email.is_empty()).unwrap_or_else(|| format!("{account}@example.com"))
    }

    fn arn(&self, kind: &str, id: &str) -> String {
        let Organization { id: organization, management_account, .. } = self.organization;
        let slash = if id.is_empty() { "" } else { "/" };
        format!("arn:aws:organizations::{management_account}:{kind}/{organization}{slash}{id}")
    }
}

/// Returns whether AWS manages a policy, so that it can be attached and detached but not changed.
fn is_managed(id: &str) -> bool {
    id == FULL_AWS_ACCESS
}

/// The IDs of AWS's policies of a type.
fn managed<'d>(kind: PolicyType) -> impl Iterator<Item = &'d str> {
    (kind == PolicyType::ServiceControl).then_some(FULL_AWS_ACCESS).into_iter()
}

fn state_name(state: &CreationState) -> &'static str {
    match state {
        CreationState::InProgress => "IN_PROGRESS",
        CreationState::Succeeded(..) => "SUCCEEDED",
        CreationState::Failed(..) => "FAILED",
    }
}

pub(super) fn seconds(instant: Timestamp) -> f64 {
    instant.as_duration().as_secs_f64()
}
