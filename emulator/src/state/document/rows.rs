//! Relations as rows: one value for each hub, standard, member and so on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use imbl::ordmap::DiffItem;
use imbl::{OrdMap, OrdSet, ordset};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::invariant::Invariant;
use crate::state::names::{AccountId, Region};

/// Defines [`Kind`] with its names.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The kind of a row. In alphabetical order, which is that of the names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)*];

            /// The name of the kind.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Kind::$name => stringify!($name),)*
                }
            }
        }
    };
}

kinds! {
    /// An account: its details and its place in the organization.
    Account,
    /// A request to create an account.
    AccountCreation,
    /// A custom action.
    ActionTarget,
    /// A finding aggregator.
    Aggregator,
    /// An aggregator of the V2 half.
    AggregatorV2,
    /// The association of a configuration policy with a target, and its result.
    Association,
    /// An automation rule.
    AutomationRule,
    /// An automation rule of the V2 half.
    AutomationRuleV2,
    /// Central configuration.
    CentralConfiguration,
    /// The response to a call with a client token.
    ClientToken,
    /// A configuration policy.
    ConfigurationPolicy,
    /// A connector of the classic half.
    Connector,
    /// A connector of the V2 half.
    ConnectorV2,
    /// The settings of a security control.
    Control,
    /// An access key.
    Credential,
    /// A delegated administrator of a service other than Security Hub.
    DelegatedAdministrator,
    /// A resource type whose last resource was deleted.
    EmptyResourceType,
    /// A job that exports findings.
    ExportJob,
    /// A hub of the classic half.
    Hub,
    /// A hub of the V2 half.
    HubV2,
    /// A policy of IAM.
    IamPolicy,
    /// An insight.
    Insight,
    /// An invitation, as the invited account sees it.
    Invitation,
    /// A member of an administrator.
    Member,
    /// The organization.
    Organization,
    /// A delegated administrator of Security Hub.
    OrganizationAdmin,
    /// The settings for accounts that join the organization, in a Region.
    OrganizationConfiguration,
    /// A policy of the organization.
    Policy,
    /// The policies that are attached to a root, a unit or an account.
    PolicyAttachment,
    /// A product whose findings a hub accepts.
    ProductSubscription,
    /// A finding for which a recommended policy was generated.
    RecommendedPolicy,
    /// The recorder of AWS Config.
    Recorder,
    /// A declared resource.
    Resource,
    /// The permissions of a role.
    Role,
    /// A service with trusted access to the organization.
    ServiceAccess,
    /// The parsed service control policies of a target.
    ServiceControl,
    /// A setting of the whole world.
    Setting,
    /// An enabled standard.
    Standard,
    /// A changed control of an enabled standard.
    StandardControl,
    /// Tags of a hub or of an entity of the organization.
    Tags,
    /// A ticket.
    Ticket,
    /// An organizational unit.
    Unit,
}

impl Kind {
    /// The name in comparisons (CPL-53). Connectors of both halves have the same name there, and so do both kinds of
    /// control settings.
    pub fn display_name(self) -> &'static str {
        match self {
            Kind::ConnectorV2 => Kind::Connector.as_str(),
            Kind::StandardControl => Kind::Control.as_str(),
            kind => kind.as_str(),
        }
    }

    /// Returns whether rows of this kind are invisible to calls.
    pub fn is_internal(self) -> bool {
        self == Kind::ClientToken
    }
}

/// The identity of a row. Rows are ordered by account, Region, kind and key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowKey {
    /// The account, if it belongs to one.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The Region, if it belongs to one.
    #[serde(default)]
    pub region: Option<Region>,
    /// The kind.
    pub kind: Kind,
    /// The ID or name, unique among the rows of the kind in its account and Region.
    pub key: String,
}

impl fmt::Display for RowKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind.as_str(), self.key)?;
        if let Some(account) = self.account {
            write!(formatter, " of {account}")?;
        }
        if let Some(region) = &self.region {
            write!(formatter, " in {region}")?;
        }
        Ok(())
    }
}

/// Relations as rows.
pub type Rows = BTreeMap<RowKey, Value>;

/// A row that was added, removed or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct RowChange {
    /// The row.
    pub row: RowKey,
    /// Its value before; `None` if it was added.
    pub before: Option<Value>,
    /// Its value after; `None` if it was removed.
    pub after: Option<Value>,
}

/// Applies changes to rows.
pub fn apply(rows: &mut Rows, changes: impl IntoIterator<Item = RowChange>) {
    for change in changes {
        match change.after {
            Some(value) => _ = rows.insert(change.row, value),
            None => _ = rows.remove(&change.row),
        }
    }
}

/// Collects the changes between two states of the same part. The rows of a state are its changes since the empty state,
/// so each part is described once.
#[derive(Default)]
pub(super) struct Changes {
    account: Option<AccountId>,
    region: Option<Region>,
    found: Vec<RowChange>,
}

impl Changes {
    /// The changes, in the order of rows.
    pub(super) fn finish(mut self) -> Vec<RowChange> {
        self.found.sort_by(|one, other| one.row.cmp(&other.row));
        self.found
    }

    /// Sets the account and the Region of the rows that are added next.
    pub(super) fn place(&mut self, account: Option<AccountId>, region: Option<&Region>) {
        self.account = account;
        self.region = region.cloned();
    }

    /// Adds a row if its value differs.
    pub(super) fn row<T: Serialize + PartialEq>(
        &mut self,
        kind: Kind,
        key: &str,
        before: Option<&T>,
        after: Option<&T>,
    ) {
        if before == after {
            return;
        }
        let value =
            |value: &T| serde_json::to_value(value).or_report("a part of the state is JSON").unwrap_or_default();
        let (before, after) = (before.map(value), after.map(value));
        // Parts that have separate rows are not serialized, so the values may be equal here.
        if before != after {
            let row = RowKey { account: self.account, region: self.region.clone(), kind, key: key.to_owned() };
            self.found.push(RowChange { row, before, after });
        }
    }

    /// Adds a row for each value that differs.
    pub(super) fn each<'v, K: Ord + AsRef<str>, V: Serialize + PartialEq + 'v>(
        &mut self,
        kind: Kind,
        before: impl Iterator<Item = (K, &'v V)>,
        after: impl Iterator<Item = (K, &'v V)>,
    ) {
        for (key, (before, after)) in pairs(before, after) {
            self.row(kind, key.as_ref(), before, after);
        }
    }

    /// Adds a row for each entry of a map that differs.
    pub(super) fn map<K: Ord + AsRef<str>, V: Serialize + PartialEq>(
        &mut self,
        kind: Kind,
        before: Option<&BTreeMap<K, V>>,
        after: Option<&BTreeMap<K, V>>,
    ) {
        if before != after {
            self.each(kind, entries(before), entries(after));
        }
    }

    /// Adds a row without a value for each element of a set that differs.
    pub(super) fn set(&mut self, kind: Kind, before: Option<&BTreeSet<String>>, after: Option<&BTreeSet<String>>) {
        if before != after {
            #[allow(clippy::zero_sized_map_values, reason = "rows are made from maps")]
            let of = |set: Option<&BTreeSet<String>>| -> BTreeMap<String, Present> {
                set.into_iter().flatten().map(|key| (key.clone(), Present {})).collect()
            };
            self.map(kind, Some(&of(before)), Some(&of(after)));
        }
    }

    /// Like [`Changes::set`], for a persistent set. Shared elements are not compared.
    pub(super) fn shared_set(&mut self, kind: Kind, before: &OrdSet<String>, after: &OrdSet<String>) {
        for item in before.diff(after) {
            match item {
                ordset::DiffItem::Add(key) => self.row(kind, key, None, Some(&Present {})),
                ordset::DiffItem::Remove(key) => self.row(kind, key, Some(&Present {}), None),
            }
        }
    }

    /// Like [`Changes::map`], for a persistent map. Shared entries are not compared.
    pub(super) fn shared_map<K: Ord + AsRef<str>, V: Serialize + PartialEq>(
        &mut self,
        kind: Kind,
        before: &OrdMap<K, V>,
        after: &OrdMap<K, V>,
    ) {
        for item in before.diff(after) {
            match item {
                DiffItem::Add(key, after) => self.row(kind, key.as_ref(), None, Some(after)),
                DiffItem::Update { old: (key, before), new: (_, after) } => {
                    self.row(kind, key.as_ref(), Some(before), Some(after));
                }
                DiffItem::Remove(key, before) => self.row(kind, key.as_ref(), Some(before), None),
            }
        }
    }
}

/// The value of a row that only states that something exists.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Present {}

/// The entries of a map, with their keys as text.
fn entries<K: AsRef<str>, V>(map: Option<&BTreeMap<K, V>>) -> impl Iterator<Item = (&str, &V)> {
    map.into_iter().flatten().map(|(key, value)| (key.as_ref(), value))
}

/// The entries of two maps by key.
pub(super) fn pairs<'v, K: Ord, V: 'v>(
    before: impl Iterator<Item = (K, &'v V)>,
    after: impl Iterator<Item = (K, &'v V)>,
) -> BTreeMap<K, (Option<&'v V>, Option<&'v V>)> {
    let mut pairs: BTreeMap<K, (Option<&V>, Option<&V>)> =
        before.map(|(key, value)| (key, (Some(value), None))).collect();
    for (key, value) in after {
        pairs.entry(key).or_default().1 = Some(value);
    }
    pairs
}
