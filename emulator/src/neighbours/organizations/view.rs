//! The organization in the form returned by Organizations.

use serde_json::{Value, json};

use crate::state::{AccountId, Directory, Organization, Timestamp};

/// Renders parts of an organization. Timestamps are seconds since 1970, the format of awsJson1.1.
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
            "AvailablePolicyTypes": [],
        })
    }

    /// All accounts by ID, including the management account.
    pub(super) fn accounts(&self) -> Vec<Value> {
        self.account_ids().into_iter().filter_map(|account| self.account(account)).collect()
    }

    pub(super) fn account(&self, account: AccountId) -> Option<Value> {
        self.parent_id(account)?;
        let known = self.directory.accounts.get(&account);
        let name = known.map(|known| known.name.as_str()).filter(|name| !name.is_empty());
        // A closed account is shown as suspended until it is removed.
        let suspended = self.directory.is_out_of_use(account);
        let joined_later = self.organization.joined_later.get(&account);
        Some(json!({
            "Id": account.as_str(),
            "Arn": self.arn("account", account.as_str()),
            "Email": self.email(account),
            "Name": name.unwrap_or(account.as_str()),
            "Status": if suspended { "SUSPENDED" } else { "ACTIVE" },
            "JoinedMethod": if joined_later.is_some() { "INVITED" } else { "CREATED" },
            "JoinedTimestamp": seconds(*joined_later.unwrap_or(&self.organization.joined_at)),
        }))
    }

    pub(super) fn root(&self) -> Value {
        let id = &self.organization.root_id;
        json!({ "Id": id, "Arn": self.arn("root", id), "Name": "Root", "PolicyTypes": [] })
    }

    pub(super) fn units_of(&self, parent: &str) -> Vec<Value> {
        let units = self.organization.units.iter().filter(|(_, unit)| unit.parent == parent);
        units.map(|(id, unit)| json!({ "Id": id, "Arn": self.arn("ou", id), "Name": unit.name })).collect()
    }

    pub(super) fn accounts_of(&self, parent: &str) -> Vec<Value> {
        let ids = self.account_ids().into_iter().filter(|account| self.parent_id(*account) == Some(parent));
        ids.filter_map(|account| self.account(account)).collect()
    }

    pub(super) fn is_parent(&self, id: &str) -> bool {
        self.organization.root_id == id || self.organization.units.contains_key(id)
    }

    /// The parent of an account or a unit.
    pub(super) fn parent_of(&self, child: &str) -> Option<Value> {
        let of_unit = self.organization.units.get(child).map(|unit| unit.parent.as_str());
        let parent = of_unit.or_else(|| self.parent_id(AccountId::parse(child)?))?;
        let kind = if parent == self.organization.root_id { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
        Some(json!({ "Id": parent, "Type": kind }))
    }

    pub(super) fn service_access(&self) -> Vec<Value> {
        let services = self.organization.service_access.iter();
        services
            .map(|(service, since)| json!({ "ServicePrincipal": service, "DateEnabled": seconds(*since) }))
            .collect()
    }

    pub(super) fn delegated_administrators(&self, service: Option<&str>) -> Vec<Value> {
        let delegations = self.organization.delegated_administrators.iter();
        let mut seen = Vec::new();
        let mut rows = Vec::new();
        for ((_, account), since) in delegations.filter(|((name, _), _)| service.is_none_or(|service| name == service))
        {
            if seen.contains(account) {
                continue;
            }
            seen.push(*account);
            if let Some(mut row) = self.account(*account) {
                row["DelegationEnabledDate"] = json!(seconds(*since));
                rows.push(row);
            }
        }
        rows
    }

    fn account_ids(&self) -> Vec<AccountId> {
        let mut ids: Vec<AccountId> = self.organization.parents.keys().copied().collect();
        ids.push(self.organization.management_account);
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The root or unit that contains an account. The management account is below the root unless it was moved.
    fn parent_id(&self, account: AccountId) -> Option<&'d str> {
        let under_root =
            (account == self.organization.management_account).then_some(self.organization.root_id.as_str());
        self.organization.parents.get(&account).map(String::as_str).or(under_root)
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

fn seconds(instant: Timestamp) -> f64 {
    instant.as_duration().as_secs_f64()
}
