//! Rows of accounts and the relations between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use imbl::OrdMap;
use securityhub_fixtures::products::Product;
use serde::{Deserialize, Serialize};

use super::organization;
use super::product::ProductRow;
use super::rows::{Changes, Kind, pairs};
use crate::state::aggregator::Aggregator;
use crate::state::aggregator_v2::AggregatorV2;
use crate::state::clock::Timestamp;
use crate::state::directory::{Account, Credential, Directory, Members};
use crate::state::interned;
use crate::state::member::{Invitation, Member, Quotas};
use crate::state::names::{AccountId, Name};
use crate::state::policy::Permissions;

/// The keys of rows of the kind `Setting`.
pub(super) mod setting {
    pub(in crate::state::document) const DEFAULT_ACCOUNT: &str = "default_account";
    pub(in crate::state::document) const INVENTORY: &str = "inventory";
    pub(in crate::state::document) const NEW_CONTROLS: &str = "new_controls";
    pub(in crate::state::document) const PRODUCTS: &str = "products";
    pub(in crate::state::document) const QUOTAS: &str = "quotas";
    pub(in crate::state::document) const RECOMMENDATIONS: &str = "recommendations";
    pub(in crate::state::document) const REGIONS: &str = "regions";
    pub(in crate::state::document) const RESOURCES: &str = "resources";
}

/// The value of a row of the kind `Account`.
#[derive(PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AccountRow {
    /// The details of the account.
    pub(super) details: Option<Account>,
    /// The ID of the root or unit that contains it.
    pub(super) parent: Option<String>,
    /// The time at which it joined the organization, if it joined after the organization was created.
    pub(super) joined_at: Option<Timestamp>,
    /// True if the organization created it.
    pub(super) is_created: bool,
}

impl AccountRow {
    fn new(directory: &Directory, account: AccountId) -> Option<AccountRow> {
        let organization = directory.organization.as_ref();
        let row = AccountRow {
            details: directory.accounts.get(&account).cloned(),
            parent: organization.and_then(|it| it.parents.get(&account).cloned()),
            joined_at: organization.and_then(|it| it.joined_later.get(&account).copied()),
            is_created: organization.is_some_and(|it| it.created.contains(&account)),
        };
        (row != AccountRow::default()).then_some(row)
    }
}

/// The controls that AWS has not yet added to standards.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct NewControls(#[serde(deserialize_with = "new_controls")] pub(super) BTreeMap<Name, BTreeSet<Name>>);

fn new_controls<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Name, BTreeSet<Name>>, D::Error> {
    let read = BTreeMap::<String, BTreeSet<String>>::deserialize(deserializer)?;
    let texts = |of: &BTreeSet<String>| of.iter().map(|of| interned::text(of)).collect();
    Ok(read.iter().map(|(control, standards)| (interned::text(control), texts(standards))).collect())
}

/// Adds the changes of a directory.
pub(super) fn directory(changes: &mut Changes, before: &Directory, after: &Directory) {
    settings(changes, before, after);
    members(changes, before, after);
    for account in changed_accounts(before, after) {
        changes.place(Some(account), None);
        let (before, after) = (AccountRow::new(before, account), AccountRow::new(after, account));
        changes.row(Kind::Account, account.as_str(), before.as_ref(), after.as_ref());
    }
    credentials(changes, &before.credentials, &after.credentials);
    aggregators(changes, before, after);
    changes.place(None, None);
    changes.map(Kind::IamPolicy, Some(&before.policies.named), Some(&after.policies.named));
    changes.map(Kind::ServiceControl, Some(&before.policies.service_control), Some(&after.policies.service_control));
    roles(changes, &before.policies.roles, &after.policies.roles);
    organization::organization(changes, before.organization.as_ref(), after.organization.as_ref());
}

fn settings(changes: &mut Changes, before: &Directory, after: &Directory) {
    changes.place(None, None);
    setting(changes, setting::REGIONS, &before.regions, &after.regions);
    setting(changes, setting::DEFAULT_ACCOUNT, &before.default_account, &after.default_account);
    setting::<Quotas>(changes, setting::QUOTAS, &before.quotas, &after.quotas);
    let products = |of: &[&'static Product]| of.iter().map(|product| ProductRow::new(product)).collect::<Vec<_>>();
    setting(changes, setting::PRODUCTS, &products(&before.products), &products(&after.products));
    let controls = |of: &Directory| NewControls(of.new_controls.clone());
    setting(changes, setting::NEW_CONTROLS, &controls(before), &controls(after));
    // Scenarios declare these, so they rarely change and may be large.
    if !Arc::ptr_eq(&before.inventory, &after.inventory) {
        setting(changes, setting::INVENTORY, &before.inventory, &after.inventory);
    }
    if !Arc::ptr_eq(&before.recommendations, &after.recommendations) {
        setting(changes, setting::RECOMMENDATIONS, &before.recommendations, &after.recommendations);
    }
}

/// Adds the row of a setting. A setting with its default value does not have a row.
fn setting<T: Serialize + PartialEq + Default>(changes: &mut Changes, key: &str, before: &T, after: &T) {
    let default = T::default();
    let set = |value: &'_ T| *value != default;
    changes.row(Kind::Setting, key, Some(before).filter(|value| set(value)), Some(after).filter(|value| set(value)));
}

/// The accounts whose rows may differ.
fn changed_accounts(before: &Directory, after: &Directory) -> BTreeSet<AccountId> {
    let mut changed = BTreeSet::new();
    changed_keys(&mut changed, &before.accounts, &after.accounts);
    let parts = |directory: &Directory| {
        let organization = directory.organization.as_ref();
        let parents = organization.map(|it| it.parents.clone()).unwrap_or_default();
        let joined = organization.map(|it| it.joined_later.clone()).unwrap_or_default();
        let created = organization.map(|it| it.created.clone()).unwrap_or_default();
        (parents, joined, created)
    };
    let (before, after) = (parts(before), parts(after));
    changed_keys(&mut changed, &before.0, &after.0);
    changed_keys(&mut changed, &before.1, &after.1);
    changed.extend(before.2.diff(&after.2).map(|item| match item {
        imbl::ordset::DiffItem::Add(account) | imbl::ordset::DiffItem::Remove(account) => *account,
    }));
    changed
}

pub(super) fn changed_keys<K: Ord + Clone, V: PartialEq>(
    changed: &mut BTreeSet<K>,
    before: &OrdMap<K, V>,
    after: &OrdMap<K, V>,
) {
    use imbl::ordmap::DiffItem::{Add, Remove, Update};
    changed.extend(before.diff(after).map(|item| match item {
        Add(key, _) | Remove(key, _) | Update { old: (key, _), .. } => key.clone(),
    }));
}

fn members(changes: &mut Changes, before: &Directory, after: &Directory) {
    let none = Members::new();
    for (key, (before, after)) in pairs(before.members.iter(), after.members.iter()) {
        let (administrator, region) = key;
        let (before, after) = (before.unwrap_or(&none), after.unwrap_or(&none));
        let mut accounts = BTreeSet::new();
        changed_keys(&mut accounts, before, after);
        for account in accounts {
            let (before, after) = (before.get(&account), after.get(&account));
            changes.place(Some(*administrator), Some(region));
            changes.row::<Member>(Kind::Member, account.as_str(), before, after);
            let invitation = |member: Option<&'_ Member>| member.and_then(|member| member.invitation.clone());
            let (before, after) = (invitation(before), invitation(after));
            changes.place(Some(account), Some(region));
            changes.row::<Invitation>(Kind::Invitation, administrator.as_str(), before.as_ref(), after.as_ref());
        }
    }
}

fn credentials(changes: &mut Changes, before: &BTreeMap<String, Credential>, after: &BTreeMap<String, Credential>) {
    if before == after {
        return;
    }
    // The account is a part of the row's identity.
    let by_account = |of: &BTreeMap<String, Credential>| -> BTreeMap<(AccountId, String), Credential> {
        of.iter().map(|(key, credential)| ((credential.principal.account, key.clone()), credential.clone())).collect()
    };
    for ((account, key), (before, after)) in pairs(by_account(before).iter(), by_account(after).iter()) {
        changes.place(Some(*account), None);
        changes.row(Kind::Credential, key, before, after);
    }
}

fn roles(
    changes: &mut Changes,
    before: &BTreeMap<(AccountId, String), Permissions>,
    after: &BTreeMap<(AccountId, String), Permissions>,
) {
    if before != after {
        for ((account, name), (before, after)) in pairs(before.iter(), after.iter()) {
            changes.place(Some(*account), None);
            changes.row(Kind::Role, name, before, after);
        }
    }
}

fn aggregators(changes: &mut Changes, before: &Directory, after: &Directory) {
    let id = |aggregator: &Aggregator| (aggregator.home.clone(), aggregator.id.clone());
    for (account, (before, after)) in pairs(before.aggregators.iter(), after.aggregators.iter()) {
        let (before, after) = (before.map(|it| (id(it), it)), after.map(|it| (id(it), it)));
        for ((home, key), (before, after)) in pairs(before.into_iter(), after.into_iter()) {
            changes.place(Some(*account), Some(&home));
            changes.row::<Aggregator>(Kind::Aggregator, &key, before, after);
        }
    }
    let id = |aggregator: &AggregatorV2| (aggregator.home.clone(), aggregator.id.clone());
    for (account, (before, after)) in pairs(before.aggregators_v2.iter(), after.aggregators_v2.iter()) {
        let (before, after) = (before.map(|it| (id(it), it)), after.map(|it| (id(it), it)));
        for ((home, key), (before, after)) in pairs(before.into_iter(), after.into_iter()) {
            changes.place(Some(*account), Some(&home));
            changes.row::<AggregatorV2>(Kind::AggregatorV2, &key, before, after);
        }
    }
}
