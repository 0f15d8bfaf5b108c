//! Rows of the organization.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::rows::{Changes, Kind, Present, pairs};
use crate::state::central_configuration::{Applied, CentralConfiguration, Settled};
use crate::state::clock::Timestamp;
use crate::state::directory::{Organization, OrganizationConfiguration};
use crate::state::names::{AccountId, Region};
use crate::state::organization_policies::{OrganizationPolicies, PolicyType};

/// The key of the row of central configuration, and of those of settings in a Region.
pub(super) const CONFIGURATION: &str = "configuration";
/// The key of the delegated administrator of the classic half.
pub(super) const SECURITY_HUB: &str = "securityhub";
/// The key of the delegated administrator of the V2 half.
pub(super) const SECURITY_HUB_V2: &str = "securityhubv2";

/// The value of a row of the kind `Organization`. Its key is the ID.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationRow {
    pub(super) root_id: String,
    pub(super) management_account: AccountId,
    pub(super) joined_at: Timestamp,
    pub(super) policy_types: BTreeSet<PolicyType>,
}

/// The value of a row of the kind `PolicyAttachment`. Its key is the target.
#[derive(PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AttachmentRow {
    /// The IDs of the attached policies.
    pub(super) attached: Vec<String>,
    /// True if FullAWSAccess is detached.
    pub(super) lacks_full_access: bool,
}

impl AttachmentRow {
    fn new(policies: &OrganizationPolicies, target: &String) -> Option<AttachmentRow> {
        let row = AttachmentRow {
            attached: policies.attached.get(target).cloned().unwrap_or_default(),
            lacks_full_access: policies.without_full_access.contains(target),
        };
        (row != AttachmentRow::default()).then_some(row)
    }
}

/// The value of a row of the kind `CentralConfiguration`.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CentralRow {
    pub(super) enabled_at: Timestamp,
    pub(super) regions: BTreeSet<Region>,
}

/// The value of a row of the kind `Association`. Its key is the target.
#[derive(PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AssociationRow {
    /// The association of the target itself.
    pub(super) applied: Option<Applied>,
    /// The result of applying the policy that governs the target.
    pub(super) result: Option<Settled>,
}

/// Adds the changes of an organization.
pub(super) fn organization(changes: &mut Changes, before: Option<&Organization>, after: Option<&Organization>) {
    changes.place(None, None);
    let row = |of: Option<&Organization>| -> BTreeMap<String, OrganizationRow> {
        let row = |of: &Organization| OrganizationRow {
            root_id: of.root_id.clone(),
            management_account: of.management_account,
            joined_at: of.joined_at,
            policy_types: of.policies.enabled.clone(),
        };
        of.into_iter().map(|of| (of.id.clone(), row(of))).collect()
    };
    changes.map(Kind::Organization, Some(&row(before)), Some(&row(after)));
    changes.map(Kind::Unit, before.map(|it| &it.units), after.map(|it| &it.units));
    changes.map(Kind::ServiceAccess, before.map(|it| &it.service_access), after.map(|it| &it.service_access));
    let creations = |of: Option<&Organization>| of.map(|it| it.creations.clone()).unwrap_or_default();
    changes.shared_map(Kind::AccountCreation, &creations(before), &creations(after));
    let tags = |of: Option<&Organization>| of.map(|it| it.tags.clone()).unwrap_or_default();
    changes.shared_map(Kind::Tags, &tags(before), &tags(after));
    policies(changes, before.map(|it| &it.policies), after.map(|it| &it.policies));
    administrators(changes, before, after);
    central(changes, before.and_then(|it| it.central.as_ref()), after.and_then(|it| it.central.as_ref()));
}

fn policies(changes: &mut Changes, before: Option<&OrganizationPolicies>, after: Option<&OrganizationPolicies>) {
    let none = OrganizationPolicies::default();
    let (before, after) = (before.unwrap_or(&none), after.unwrap_or(&none));
    changes.map(Kind::Policy, Some(&before.created), Some(&after.created));
    let mut targets: BTreeSet<String> = BTreeSet::new();
    super::directory::changed_keys(&mut targets, &before.attached, &after.attached);
    targets.extend(before.without_full_access.diff(&after.without_full_access).map(|item| match item {
        imbl::ordset::DiffItem::Add(target) | imbl::ordset::DiffItem::Remove(target) => target.clone(),
    }));
    for target in targets {
        let (before, after) = (AttachmentRow::new(before, &target), AttachmentRow::new(after, &target));
        changes.row(Kind::PolicyAttachment, &target, before.as_ref(), after.as_ref());
    }
}

fn administrators(changes: &mut Changes, before: Option<&Organization>, after: Option<&Organization>) {
    let of_services = |of: Option<&Organization>| of.map(|it| it.delegated_administrators.clone()).unwrap_or_default();
    let (services_before, services_after) = (of_services(before), of_services(after));
    for ((service, account), (before, after)) in pairs(services_before.iter(), services_after.iter()) {
        changes.place(Some(*account), None);
        changes.row(Kind::DelegatedAdministrator, service, before, after);
    }
    #[allow(clippy::zero_sized_map_values, reason = "rows are made from maps")]
    let of_hubs = |of: Option<&Organization>| -> BTreeMap<(AccountId, Option<Region>), Present> {
        let classic = of.into_iter().flat_map(|it| &it.security_hub_administrators);
        let classic = classic.map(|(region, account)| ((*account, Some(region.clone())), Present {}));
        let v2 = of.and_then(|it| it.security_hub_v2_administrator);
        classic.chain(v2.map(|account| ((account, None), Present {}))).collect()
    };
    let (hubs_before, hubs_after) = (of_hubs(before), of_hubs(after));
    for ((account, region), (before, after)) in pairs(hubs_before.iter(), hubs_after.iter()) {
        changes.place(Some(*account), region.as_ref());
        let key = if region.is_some() { SECURITY_HUB } else { SECURITY_HUB_V2 };
        changes.row(Kind::OrganizationAdmin, key, before, after);
    }
    let of = |of: Option<&Organization>| of.map(|it| it.configurations.clone()).unwrap_or_default();
    let (settings_before, settings_after) = (of(before), of(after));
    for (region, (before, after)) in pairs(settings_before.iter(), settings_after.iter()) {
        changes.place(None, Some(region));
        changes.row::<OrganizationConfiguration>(Kind::OrganizationConfiguration, CONFIGURATION, before, after);
    }
}

fn central(changes: &mut Changes, before: Option<&CentralConfiguration>, after: Option<&CentralConfiguration>) {
    // The administrator and the home Region are parts of the rows' identity.
    let of = |central: Option<&'_ CentralConfiguration>| central.map(|it| (it.administrator, it.home.clone()));
    match (of(before), of(after)) {
        (Some(one), Some(other)) if one != other => {
            central(changes, before, None);
            central(changes, None, after);
            return;
        }
        (Some((administrator, home)), _) | (None, Some((administrator, home))) => {
            changes.place(Some(administrator), Some(&home));
        }
        (None, None) => return,
    }
    let row = |central: Option<&'_ CentralConfiguration>| {
        central.map(|it| CentralRow { enabled_at: it.enabled_at, regions: it.regions.clone() })
    };
    changes.row(Kind::CentralConfiguration, CONFIGURATION, row(before).as_ref(), row(after).as_ref());
    changes.map(Kind::ConfigurationPolicy, before.map(|it| &it.policies), after.map(|it| &it.policies));
    let associations = |central: Option<&CentralConfiguration>| -> BTreeMap<String, AssociationRow> {
        let mut rows: BTreeMap<String, AssociationRow> = BTreeMap::new();
        for (target, applied) in central.into_iter().flat_map(|it| &it.applied) {
            rows.entry(target.clone()).or_default().applied = Some(applied.clone());
        }
        for (target, result) in central.into_iter().flat_map(|it| &it.settled) {
            rows.entry(target.clone()).or_default().result = Some(result.clone());
        }
        rows
    };
    let is_same = before.zip(after).is_some_and(|(one, two)| one.applied == two.applied && one.settled == two.settled);
    if !is_same {
        changes.map(Kind::Association, Some(&associations(before)), Some(&associations(after)));
    }
}
