//! Enables hubs through the domain, and stores the relations of members.

use std::collections::{BTreeMap, BTreeSet};

use super::members::Member;
use super::{Hub, Valid};
use crate::aws_error::AwsError;
use crate::domain::accounts::hub::{self, Enable};
use crate::domain::accounts::members;
use crate::domain::controls::standards::subscriptions;
use crate::domain::hub_access::HubError;
use crate::scenario::sections::refused::Refused;
use crate::state::{
    AccountId, Directory, HubKey, IdSource, Member as MemberRecord, MemberKind, MemberStatus, Timestamp, Transaction,
    World,
};

/// Stores the members in the directory and enables all hubs. If the world `is_in_use`, hubs that are already enabled keep
/// their tags and standards. Administrators are enabled first, because members inherit settings from them.
pub(in crate::scenario) fn apply(
    valid: &Valid,
    world: &World,
    (mut directory, is_in_use): (Directory, bool),
    now: Timestamp,
) -> Vec<Refused> {
    for (key, hub) in &valid.hubs {
        write_members(key, &hub.members, &world.ids, &mut directory, now);
    }
    let mut transaction = world.write();
    transaction.edit_directory(|written| *written = directory);
    let mut refused = Vec::new();
    let (administrators, others): (Vec<_>, Vec<_>) = valid.hubs.iter().partition(|(_, hub)| !hub.members.is_empty());
    for (key, hub) in administrators.into_iter().chain(others) {
        if let Err(error) = enable(&mut transaction, key, hub, (now, is_in_use)) {
            refused.extend(hub.span.map(|span| (span, AwsError::from(error).message.into_owned())));
        }
    }
    transaction.commit();
    refused
}

fn enable(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    hub: &Hub,
    (now, is_in_use): (Timestamp, bool),
) -> Result<(), HubError> {
    let enable = Enable {
        default_standards: hub.default_standards,
        control_finding_generator: hub.control_finding_generator.map(|(generator, _)| generator),
        tags: hub.tags.clone(),
    };
    let is_enabled = transaction.hub(key).is_some_and(|hub| hub.subscribed_at().is_some());
    if !(is_in_use && is_enabled) {
        hub::enable(transaction, key, now, enable)?;
    }
    if hub.auto_enable_controls.is_some() {
        hub::update(transaction, key, now, hub.auto_enable_controls, None)?;
    }
    if let Some(enabled) = transaction.hub(key) {
        let mut enabled = (*enabled).clone();
        let enabled_before: BTreeSet<&str> = enabled.standards.keys().copied().collect();
        if let Some(products) = &hub.products {
            enabled.product_subscriptions.clone_from(products);
        }
        enabled.config_recorder = hub.config_recorder.clone();
        enabled.is_quiet = hub.quiet;
        for standard in &hub.standards {
            if is_in_use && enabled_before.contains(standard.id) {
                continue;
            }
            subscriptions::begin(transaction, key, &mut enabled, standard, BTreeMap::new(), now);
        }
        transaction.stage_hub(key.clone(), enabled);
    }
    Ok(())
}

fn write_members(
    key: &HubKey,
    members: &BTreeMap<AccountId, Member>,
    ids: &IdSource,
    directory: &mut Directory,
    now: Timestamp,
) {
    if members.is_empty() {
        return;
    }
    let record = |(account, member): (&AccountId, &Member)| {
        let kind = kind(key, *account, member.status, directory);
        let known = directory.accounts.get(account).map(|account| account.email.clone());
        let mut record = members::with_status(member.status, kind, ids, now);
        if record.invited_at.is_some() {
            record.invited_at = member.invited_at.or(member.updated_at).or(record.invited_at);
        }
        if let Some(invitation) = &mut record.invitation {
            invitation.is_declined = member.is_declined;
        }
        let invited_at = record.invited_at.filter(|_| member.status == MemberStatus::Invited);
        record.updated_at = member.updated_at.or(invited_at).unwrap_or(now);
        (*account, MemberRecord { email: member.email.clone().or(known), ..record })
    };
    let records: Vec<(AccountId, MemberRecord)> = members.iter().map(record).collect();
    directory.members.entry((key.account, key.region.clone())).or_default().extend(records);
}

/// Accounts of the organization become members of its delegated administrator without an invitation, except those that
/// are invited or have left.
fn kind(administrator: &HubKey, member: AccountId, status: MemberStatus, directory: &Directory) -> MemberKind {
    let of_organization = directory.is_delegated_administrator(administrator.account, &administrator.region)
        && directory.is_in_organization(member);
    if status.is_without_invitation(of_organization) { MemberKind::Organization } else { MemberKind::Invitation }
}
