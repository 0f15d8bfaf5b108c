//! Relations between accounts: who exists, who belongs to whom, who is which access key.
//!
//! A directory is small and read by every call, so readers get the whole of it as an `Arc` and a writer
//! replaces it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imbl::OrdMap;
use securityhub_fixtures::products::{self, Product};
use securityhub_fixtures::regions;

use super::aggregator::Aggregator;
use super::central_configuration::CentralConfiguration;
use super::clock::Timestamp;
use super::member::{Member, MemberQuotas, MemberStatus};
use super::names::{AccountId, Region, UnknownRegion};
use super::policy::{Permissions, Policies};

/// The records that an administrator keeps in a region. A writer replaces the whole directory, so this map is one that
/// shares what did not change: otherwise each new member would copy all others.
pub type Members = OrdMap<AccountId, Member>;

/// All relations of a world.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// The regions that a scenario names, in its order.
    pub regions: Vec<Region>,
    /// The products that a scenario declares beside those of the catalogue (PRD-33).
    pub products: Vec<&'static Product>,
    /// The account of access keys that nothing else claims.
    pub default_account: Option<AccountId>,
    /// Accounts that are known by more than their id.
    pub accounts: OrdMap<AccountId, Account>,
    /// The organization, if there is one.
    pub organization: Option<Organization>,
    /// The access keys that a scenario lists, with their principals; those of sessions are not among them.
    pub credentials: BTreeMap<String, Credential>,
    /// The members of an administrator in a region: the administrator, the region, the member.
    pub members: BTreeMap<(AccountId, Region), Members>,
    /// How many members an administrator may have.
    pub quotas: MemberQuotas,
    /// The finding aggregators of accounts; one serves all Regions.
    pub aggregators: BTreeMap<AccountId, Aggregator>,
    /// Policies, and what they are attached to.
    pub policies: Policies,
    /// Security controls that AWS has not added to all of their standards yet, by their ids, with the short names of the
    /// standards that are to come (SEC-50).
    pub new_controls: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

/// What is known of an account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its e-mail address.
    pub email: String,
    /// Its status in the organization.
    pub status: AccountStatus,
    /// Whether a central configuration policy governs its hub (HUB-07).
    pub centrally_managed: bool,
}

/// The status of an account in its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Suspended by AWS.
    Suspended,
    /// Closed by its owner since then; after a while it is gone (RET-11).
    Closed(Timestamp),
}

impl Account {
    /// An account of which nothing is known.
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
    /// Each account's parent: the root's id or a unit's.
    pub parents: OrdMap<AccountId, String>,
    /// When its accounts joined.
    pub joined_at: Timestamp,
    /// When accounts joined that came later.
    pub joined_later: OrdMap<AccountId, Timestamp>,
    /// Service principals with trusted access, and since when.
    pub service_access: BTreeMap<String, Timestamp>,
    /// Accounts delegated a service: (service principal, account) and since when.
    pub delegated_administrators: BTreeMap<(String, AccountId), Timestamp>,
    /// The delegated administrator of Security Hub, by region (HUB-11).
    pub security_hub_administrators: BTreeMap<Region, AccountId>,
    /// The delegated administrator of Security Hub's V2 half, in all regions (ORG-38).
    pub security_hub_v2_administrator: Option<AccountId>,
    /// What delegated administrators have set for accounts to come, by region; the rest is as at the start (ORG-32).
    pub configurations: BTreeMap<Region, OrganizationConfiguration>,
    /// Central configuration, where it is on.
    pub central: Option<CentralConfiguration>,
}

/// What becomes of accounts that join the organization, in one region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrganizationConfiguration {
    /// Whether they become members, their hubs on (ORG-35).
    pub auto_enable: bool,
    /// Whether a hub that comes on so has the default standards.
    pub auto_enable_standards: bool,
}

impl Default for OrganizationConfiguration {
    /// As it is until somebody says otherwise (ORG-32).
    fn default() -> Self {
        OrganizationConfiguration { auto_enable: false, auto_enable_standards: true }
    }
}

impl Organization {
    /// An organization of its management account alone.
    pub fn new(id: String, root_id: String, management_account: AccountId, now: Timestamp) -> Organization {
        Organization {
            id,
            management_account,
            units: BTreeMap::new(),
            parents: OrdMap::unit(management_account, root_id.clone()),
            root_id,
            joined_at: now,
            joined_later: OrdMap::new(),
            service_access: BTreeMap::new(),
            delegated_administrators: BTreeMap::new(),
            security_hub_administrators: BTreeMap::new(),
            security_hub_v2_administrator: None,
            configurations: BTreeMap::new(),
            central: None,
        }
    }

    /// What becomes of accounts that join, in a region.
    pub fn configuration(&self, region: &Region) -> OrganizationConfiguration {
        self.configurations.get(region).copied().unwrap_or_default()
    }
}

/// An organizational unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// The root's id or another unit's.
    pub parent: String,
}

/// Whom an access key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The account and the principal.
    pub principal: Principal,
    /// The secret key, where signatures are verified.
    pub secret: Option<String>,
    /// The token that must come with signatures of a session that was opened here, where they are verified.
    pub token: Option<String>,
}

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub account: AccountId,
    /// `arn:aws:iam::…:user/…` or `arn:aws:sts::…:assumed-role/…`.
    pub arn: String,
    /// The unique id, `AIDA…` or `AROA…:session`.
    pub user_id: String,
    /// Of a session, the ARN of its role: `arn:aws:iam::…:role/…`.
    pub role_arn: Option<String>,
    /// What its policies let it do; `None` for an administrator.
    pub permissions: Option<Arc<Permissions>>,
}

impl Directory {
    /// The product of the catalogue, or of the scenario, that has these two parts of an ARN.
    pub fn product(&self, company_id: &str, product_id: &str) -> Option<&'static Product> {
        let is_it = |product: &&&Product| product.company_id == company_id && product.product_id == product_id;
        products::find(company_id, product_id).or_else(|| self.products.iter().find(is_it).copied())
    }

    /// The Region of a name: one that AWS has, or one that the scenario lists.
    ///
    /// # Errors
    /// [`UnknownRegion`].
    pub fn region(&self, name: &str) -> Result<Region, UnknownRegion> {
        let is_listed = || self.regions.iter().any(|region| region.as_str() == name);
        let is_known = regions::find(name).is_some() || is_listed();
        if is_known { Ok(Region::new(name)) } else { Err(UnknownRegion(name.to_owned())) }
    }

    /// The record that an administrator keeps of an account in a region.
    pub fn member(&self, administrator: AccountId, region: &Region, account: AccountId) -> Option<&Member> {
        self.members.get(&(administrator, region.clone()))?.get(&account)
    }

    /// All records of an account in a region, whoever keeps them: what the account itself sees of its invitations.
    pub fn records_of(&self, account: AccountId, region: &Region) -> impl Iterator<Item = (AccountId, &Member)> {
        let here = self.members.iter().filter(move |((_, place), _)| place == region);
        here.filter_map(move |((administrator, _), members)| Some((*administrator, members.get(&account)?)))
    }

    /// The administrator of an account in a region: the one that holds it as an enabled member.
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

    /// Whether the account is in the organization, if there is one; the management account is.
    pub fn is_in_organization(&self, account: AccountId) -> bool {
        let contains = |organization: &Organization| {
            organization.management_account == account || organization.parents.contains_key(&account)
        };
        self.organization.as_ref().is_some_and(contains)
    }

    /// Whether the account is suspended or closed, so that nobody can use it.
    pub fn is_out_of_use(&self, account: AccountId) -> bool {
        self.accounts.get(&account).is_some_and(|account| account.status != AccountStatus::Active)
    }

    /// Whether a region is configured centrally: the home region, and those linked to it.
    pub fn is_central(&self, region: &Region) -> bool {
        let central = self.organization.as_ref().and_then(|organization| organization.central.as_ref());
        central.is_some_and(|central| {
            let aggregator = self.aggregators.get(&central.administrator);
            central.home == *region || aggregator.is_some_and(|aggregator| aggregator.links(region))
        })
    }

    /// The administrators that hold an account as an enabled member, in any region.
    pub fn administrators(&self, account: AccountId) -> impl Iterator<Item = AccountId> {
        let holds =
            move |members: &Members| members.get(&account).is_some_and(|member| member.status == MemberStatus::Enabled);
        self.members.iter().filter(move |(_, members)| holds(members)).map(|((administrator, _), _)| *administrator)
    }

    /// Whether the account is an enabled member of any administrator, in any region.
    pub fn is_member(&self, account: AccountId) -> bool {
        self.administrators(account).next().is_some()
    }

    /// The home region in which an account's findings of `region` are shown too: its own aggregator says so, or that
    /// of its administrator there.
    pub fn home(&self, account: AccountId, region: &Region) -> Option<&Region> {
        if self.aggregators.is_empty() {
            return None;
        }
        let owner = self.administrator(account, region).unwrap_or(account);
        self.aggregators.get(&owner).filter(|aggregator| aggregator.links(region)).map(|aggregator| &aggregator.home)
    }

    /// Whether the account is the organization's delegated administrator of Security Hub in a region.
    pub fn is_delegated_administrator(&self, account: AccountId, region: &Region) -> bool {
        let organization = self.organization.as_ref();
        organization.and_then(|organization| organization.security_hub_administrators.get(region)) == Some(&account)
    }
}

impl Principal {
    /// The user that an account's bare access key stands for (NB-20).
    pub fn local_user(account: AccountId) -> Principal {
        Principal::user(account, "local")
    }

    /// A user of an account; an administrator.
    pub fn user(account: AccountId, name: &str) -> Principal {
        Principal {
            account,
            arn: format!("arn:aws:iam::{account}:user/{name}"),
            user_id: format!("AIDALOCAL{account}"),
            role_arn: None,
            permissions: None,
        }
    }

    /// The same in the partition of a Region: whose ARN was made without one gets it.
    #[must_use]
    pub fn of_partition(mut self, partition: &str) -> Principal {
        if let Some(rest) = self.arn.strip_prefix("arn:aws:iam:").filter(|_| self.role_arn.is_none()) {
            self.arn = format!("arn:{partition}:iam:{rest}");
        }
        self
    }

    /// A session of a role of an account; an administrator. `path` begins and ends with a slash.
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
