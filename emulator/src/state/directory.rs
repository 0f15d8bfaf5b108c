//! Accounts and the relations between them: organization, members, aggregators, policies and access keys.
//!
//! A directory is small and every call reads it, so readers take the whole of it as an `Arc` and a writer replaces it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use securityhub_fixtures::products::{self, Product};
use securityhub_fixtures::regions;
use serde::{Deserialize, Serialize};

use super::aggregator::Aggregator;
use super::aggregator_v2::AggregatorV2;
use super::central_configuration::CentralConfiguration;
use super::clock::Timestamp;
use super::interned;
use super::inventory::DeclaredInventory;
use super::member::{Member, MemberStatus, Quotas};
use super::names::{AccountId, Name, Region, UnknownRegion};
use super::organization_policies::OrganizationPolicies;
use super::policy::{Permissions, Policies};
use super::recommendations::Recommendations;

/// The member records of an administrator in a Region. A writer replaces the whole directory, so the map is persistent:
/// with a plain map, each new member would copy all others.
pub type Members = OrdMap<AccountId, Member>;

/// The accounts of a world and the relations between them.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// The Regions that the scenario lists, in its order.
    pub regions: Vec<Region>,
    /// The products that the scenario declares in addition to the catalogue (PRD-33).
    pub products: Vec<&'static Product>,
    /// The account used for access keys that match nothing else.
    pub default_account: Option<AccountId>,
    /// Accounts with more information than their ID.
    pub accounts: OrdMap<AccountId, Account>,
    /// The organization, if there is one.
    pub organization: Option<Organization>,
    /// The access keys that the scenario lists, with their principals. Session keys are stored separately.
    pub credentials: BTreeMap<String, Credential>,
    /// Member records by administrator, Region and member account.
    pub members: BTreeMap<(AccountId, Region), Members>,
    /// Limits on the number of members and accounts.
    pub quotas: Quotas,
    /// The finding aggregators, by account. An aggregator applies to all Regions.
    pub aggregators: BTreeMap<AccountId, Aggregator>,
    /// The aggregators of the V2 half, by account.
    pub aggregators_v2: BTreeMap<AccountId, AggregatorV2>,
    /// Policies and their targets.
    pub policies: Policies,
    /// The resources and packages that scenarios declare for the inventory of the V2 half.
    pub inventory: Arc<DeclaredInventory>,
    /// The recommendations that scenarios declare for findings of the V2 half.
    pub recommendations: Arc<Recommendations>,
    /// Security controls that AWS has not yet added to all of their standards, by control ID, with the short names of
    /// the standards still to come (SEC-50).
    pub new_controls: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

/// The properties of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its e-mail address.
    pub email: String,
    /// Its status in the organization.
    pub status: AccountStatus,
    /// True if a central configuration policy governs its hub (HUB-07).
    pub centrally_managed: bool,
}

/// The status of an account in its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Suspended by AWS.
    Suspended,
    /// Closed by its owner at this time. A closed account is removed after a while (RET-11).
    Closed(Timestamp),
}

impl Account {
    /// An account for which only the ID is known.
    pub fn unknown(id: AccountId) -> Account {
        Account {
            name: format!("account-{id}"),
            email: format!("{id}@example.com"),
            status: AccountStatus::Active,
            centrally_managed: false,
        }
    }
}

/// An organization of AWS Organizations.
#[derive(Clone, Debug)]
pub struct Organization {
    /// `o-…`
    pub id: String,
    /// `r-…`
    pub root_id: String,
    /// The management account.
    pub management_account: AccountId,
    /// Units by id.
    pub units: BTreeMap<String, Unit>,
    /// The parent of each account: the ID of the root or of a unit.
    pub parents: OrdMap<AccountId, String>,
    /// The time at which the initial accounts joined.
    pub joined_at: Timestamp,
    /// The time at which accounts joined that came later.
    pub joined_later: OrdMap<AccountId, Timestamp>,
    /// The accounts that the organization created itself.
    pub created: OrdSet<AccountId>,
    /// Requests to create an account, by ID (`car-…`).
    pub creations: OrdMap<String, AccountCreation>,
    /// Policies and their attachments.
    pub policies: OrganizationPolicies,
    /// Tags by the ID of the account, unit, root or policy.
    pub tags: OrdMap<String, BTreeMap<String, String>>,
    /// Service principals with trusted access, and the time it was granted.
    pub service_access: BTreeMap<String, Timestamp>,
    /// Delegated administrators by service principal and account, and the time of registration.
    pub delegated_administrators: BTreeMap<(String, AccountId), Timestamp>,
    /// The delegated administrator of Security Hub, by region (HUB-11).
    pub security_hub_administrators: BTreeMap<Region, AccountId>,
    /// The delegated administrator of Security Hub V2, in all Regions (ORG-38).
    pub security_hub_v2_administrator: Option<AccountId>,
    /// Auto-enable settings of delegated administrators, by Region. Missing entries have the defaults (ORG-32).
    pub configurations: BTreeMap<Region, OrganizationConfiguration>,
    /// Central configuration, if it is enabled.
    pub central: Option<CentralConfiguration>,
}

/// The settings for accounts that join the organization, in one Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationConfiguration {
    /// True if new accounts become members and get Security Hub enabled (ORG-35).
    pub auto_enable: bool,
    /// True if the default standards are enabled with it.
    pub auto_enable_standards: bool,
}

impl Default for OrganizationConfiguration {
    /// The defaults (ORG-32).
    fn default() -> Self {
        OrganizationConfiguration { auto_enable: false, auto_enable_standards: true }
    }
}

impl Organization {
    /// An organization that consists of its management account.
    pub fn new(id: String, root_id: String, management_account: AccountId, now: Timestamp) -> Organization {
        Organization {
            id,
            management_account,
            units: BTreeMap::new(),
            parents: OrdMap::unit(management_account, root_id.clone()),
            root_id,
            joined_at: now,
            joined_later: OrdMap::new(),
            created: OrdSet::new(),
            creations: OrdMap::new(),
            policies: OrganizationPolicies::default(),
            tags: OrdMap::new(),
            service_access: BTreeMap::new(),
            delegated_administrators: BTreeMap::new(),
            security_hub_administrators: BTreeMap::new(),
            security_hub_v2_administrator: None,
            configurations: BTreeMap::new(),
            central: None,
        }
    }

    /// Returns whether an account belongs to the organization. The management account does.
    pub fn contains(&self, account: AccountId) -> bool {
        self.management_account == account || self.parents.contains_key(&account)
    }

    /// The settings for accounts that join, in a Region.
    pub fn configuration(&self, region: &Region) -> OrganizationConfiguration {
        self.configurations.get(region).copied().unwrap_or_default()
    }
}

/// A request to create an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountCreation {
    /// The name of the account.
    pub name: String,
    /// Its e-mail address.
    pub email: String,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// The time of the request.
    pub requested_at: Timestamp,
    /// Its state.
    pub state: CreationState,
}

/// The state of a request to create an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreationState {
    /// Not finished.
    InProgress,
    /// The account was created at this time.
    Succeeded(Timestamp, AccountId),
    /// The request failed at this time, for this reason.
    Failed(Timestamp, #[serde(deserialize_with = "interned::read")] Name),
}

/// An organizational unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// The ID of the root or of the parent unit.
    pub parent: String,
}

/// The principal and secret of an access key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The account and the principal.
    pub principal: Principal,
    /// The secret key, if signatures are verified.
    pub secret: Option<String>,
    /// The session token that requests must carry, if a call of AssumeRole opened the session or signatures are verified.
    pub token: Option<String>,
}

/// The identity of a caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// The account.
    pub account: AccountId,
    /// `arn:aws:iam::…:user/…` or `arn:aws:sts::…:assumed-role/…`.
    pub arn: String,
    /// The unique ID, `AIDA…` or `AROA…:session`.
    pub user_id: String,
    /// For a session, the ARN of its role: `arn:aws:iam::…:role/…`.
    pub role_arn: Option<String>,
    /// The permissions its policies grant; `None` for an administrator.
    pub permissions: Option<Arc<Permissions>>,
}

impl Directory {
    /// The product with these two parts of an ARN, from the catalogue or the scenario.
    pub fn product(&self, company_id: &str, product_id: &str) -> Option<&'static Product> {
        let is_it = |product: &&&Product| product.company_id == company_id && product.product_id == product_id;
        products::find(company_id, product_id).or_else(|| self.products.iter().find(is_it).copied())
    }

    /// The Region with a name, if AWS has it or the scenario lists it.
    ///
    /// # Errors
    /// [`UnknownRegion`].
    pub fn region(&self, name: &str) -> Result<Region, UnknownRegion> {
        let is_listed = || self.regions.iter().any(|region| region.as_str() == name);
        let is_known = regions::find(name).is_some() || is_listed();
        if is_known { Ok(Region::new(name)) } else { Err(UnknownRegion(name.to_owned())) }
    }

    /// The record that an administrator has of an account in a Region.
    pub fn member(&self, administrator: AccountId, region: &Region, account: AccountId) -> Option<&Member> {
        self.members.get(&(administrator, region.clone()))?.get(&account)
    }

    /// All records of an account in a Region, across administrators. The account sees its invitations through them.
    pub fn records_of(&self, account: AccountId, region: &Region) -> impl Iterator<Item = (AccountId, &Member)> {
        let here = self.members.iter().filter(move |((_, other), _)| other == region);
        here.filter_map(move |((administrator, _), members)| Some((*administrator, members.get(&account)?)))
    }

    /// The administrator of an account in a Region: the one that has it as an enabled member.
    pub fn administrator(&self, account: AccountId, region: &Region) -> Option<AccountId> {
        let enabled = |(_, member): &(AccountId, &Member)| member.status == MemberStatus::Enabled;
        self.records_of(account, region).find(enabled).map(|(administrator, _)| administrator)
    }

    /// The enabled members of an administrator in a region.
    pub fn enabled_members(&self, administrator: AccountId, region: &Region) -> BTreeSet<AccountId> {
        let members = self.members.get(&(administrator, region.clone()));
        let enabled = members.into_iter().flatten().filter(|(_, member)| member.status == MemberStatus::Enabled);
        enabled.map(|(account, _)| *account).collect()
    }

    /// Returns whether the account belongs to the organization. The management account does.
    pub fn is_in_organization(&self, account: AccountId) -> bool {
        self.organization.as_ref().is_some_and(|organization| organization.contains(account))
    }

    /// Returns whether the account is suspended or closed. Nobody can use such an account.
    pub fn is_out_of_use(&self, account: AccountId) -> bool {
        self.accounts.get(&account).is_some_and(|account| account.status != AccountStatus::Active)
    }

    /// Returns whether a Region is under central configuration: the home Region and those linked to it.
    pub fn is_central(&self, region: &Region) -> bool {
        let central = self.organization.as_ref().and_then(|organization| organization.central.as_ref());
        central.is_some_and(|central| {
            let aggregator = self.aggregators.get(&central.administrator);
            central.home == *region || aggregator.is_some_and(|aggregator| aggregator.links(region))
        })
    }

    /// The administrators that have an account as an enabled member, in any Region.
    pub fn administrators(&self, account: AccountId) -> impl Iterator<Item = AccountId> {
        let holds =
            move |members: &Members| members.get(&account).is_some_and(|member| member.status == MemberStatus::Enabled);
        self.members.iter().filter(move |(_, members)| holds(members)).map(|((administrator, _), _)| *administrator)
    }

    /// Returns whether the account is an enabled member of any administrator, in any Region.
    pub fn is_member(&self, account: AccountId) -> bool {
        self.administrators(account).next().is_some()
    }

    /// The home Region in which an account's findings of `region` are also visible, through its own aggregator or that
    /// of its administrator there.
    pub fn home(&self, account: AccountId, region: &Region) -> Option<&Region> {
        if self.aggregators.is_empty() {
            return None;
        }
        let owner = self.administrator(account, region).unwrap_or(account);
        self.aggregators.get(&owner).filter(|aggregator| aggregator.links(region)).map(|aggregator| &aggregator.home)
    }

    /// The organization of which the account is the delegated administrator of the V2 half (HV2-20).
    pub fn administered_v2(&self, account: AccountId) -> Option<&Organization> {
        let organization = self.organization.as_ref();
        organization.filter(|organization| organization.security_hub_v2_administrator == Some(account))
    }

    /// The delegated administrator of the V2 half if the account is one of its members: every other account of the
    /// organization (HV2-21).
    pub fn administrator_v2(&self, account: AccountId) -> Option<AccountId> {
        let organization = self.organization.as_ref().filter(|organization| organization.contains(account))?;
        organization.security_hub_v2_administrator.filter(|administrator| *administrator != account)
    }

    /// Returns whether the account is the organization's delegated administrator of Security Hub in a Region.
    pub fn is_delegated_administrator(&self, account: AccountId, region: &Region) -> bool {
        let organization = self.organization.as_ref();
        organization.and_then(|organization| organization.security_hub_administrators.get(region)) == Some(&account)
    }
}

impl Principal {
    /// The user for an access key that is just an account ID (NB-20).
    pub fn local_user(account: AccountId) -> Principal {
        Principal::user(account, "local")
    }

    /// A user of an account, with administrator access.
    pub fn user(account: AccountId, name: &str) -> Principal {
        Principal {
            account,
            arn: format!("arn:aws:iam::{account}:user/{name}"),
            user_id: format!("AIDALOCAL{account}"),
            role_arn: None,
            permissions: None,
        }
    }

    /// The same principal in the partition of a Region. Its ARN is built without a partition at first.
    #[must_use]
    pub fn of_partition(mut self, partition: &str) -> Principal {
        if let Some(rest) = self.arn.strip_prefix("arn:aws:iam:").filter(|_| self.role_arn.is_none()) {
            self.arn = format!("arn:{partition}:iam:{rest}");
        }
        self
    }

    /// A session of a role, with administrator access. `path` begins and ends with a slash.
    pub fn session(partition: &str, account: AccountId, (path, role): (&str, &str), name: &str) -> Principal {
        Principal {
            account,
            arn: format!("arn:{partition}:sts::{account}:assumed-role/{role}/{name}"),
            user_id: format!("AROALOCAL{account}:{name}"),
            role_arn: Some(format!("arn:{partition}:iam::{account}:role{path}{role}")),
            permissions: None,
        }
    }
}
