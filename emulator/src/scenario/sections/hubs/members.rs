//! `members` of a hub: the accounts that its account administers, and how far each is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Hub;
use crate::scenario::check::Check;
use crate::scenario::files::Place;
use crate::scenario::spanned::Entries;
use crate::state::{AccountId, HubKey, MemberStatus};

/// How far a member is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "MemberStatus")]
#[serde(rename_all = "snake_case")]
pub(super) enum Written {
    /// A member.
    Enabled,
    /// Invited, not yet accepted.
    Invited,
    /// Added, not yet invited.
    Created,
    /// Disassociated by the administrator.
    Removed,
    /// Left, or declined.
    Resigned,
}

impl From<Written> for MemberStatus {
    fn from(written: Written) -> Self {
        match written {
            Written::Enabled => MemberStatus::Enabled,
            Written::Invited => MemberStatus::Invited,
            Written::Created => MemberStatus::Created,
            Written::Removed => MemberStatus::Removed,
            Written::Resigned => MemberStatus::Resigned,
        }
    }
}

/// A member of a hub.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// How far it is.
    pub(super) status: MemberStatus,
    /// Where it stands.
    pub(super) place: Place,
}

/// Reads the members of an entry.
pub(super) fn check(written: Entries<Written>, check: &mut Check) -> BTreeMap<AccountId, Member> {
    let member = |(account, status): (_, Written)| {
        Some((check.account(&account)?, Member { status: status.into(), place: account.place }))
    };
    written.0.into_iter().filter_map(member).collect()
}

/// Checks that no account administers itself, has two administrators in a Region, or is administrator and member, and
/// that a member makes findings of controls as its administrator does.
pub(super) fn check_relations(hubs: &BTreeMap<HubKey, Hub>, check: &mut Check) {
    // By place, since an entry of several Regions tells a mistake once.
    let mut mistakes = BTreeMap::new();
    let mut administrators = BTreeMap::new();
    for (key, hub) in hubs {
        for (account, member) in &hub.members {
            if *account == key.account {
                mistakes.insert(member.place, (format!("{account} cannot be its own member"), "another account"));
            } else if member.status == MemberStatus::Enabled {
                let member_key = HubKey { account: *account, region: key.region.clone() };
                if let Some(other) = administrators.insert(member_key.clone(), key.account) {
                    let message = format!("{account} is an enabled member of {other} in {} already", key.region);
                    mistakes.insert(member.place, (message, "one administrator for each Region"));
                }
                mistakes.extend(as_member(&member_key, hubs.get(&member_key), hub, member));
            }
        }
    }
    for (place, (message, expected)) in mistakes {
        check.push(check.at(place, message).expected(expected));
    }
}

/// What an enabled member's own hub may not say.
fn as_member(
    key: &HubKey,
    own: Option<&Hub>,
    of_administrator: &Hub,
    member: &Member,
) -> Option<(Place, (String, &'static str))> {
    let own = own?;
    if own.members.values().any(|member| member.status == MemberStatus::Enabled) {
        let message = format!("{} has enabled members itself in {}", key.account, key.region);
        return Some((member.place, (message, "an account that administers no other")));
    }
    let generator = of_administrator.control_finding_generator.map(|(generator, _)| generator).unwrap_or_default();
    let (_, place) = own.control_finding_generator.filter(|(own, _)| *own != generator)?;
    let message = format!("{} is an enabled member and takes its administrator's value", key.account);
    Some((place, (message, generator.as_str())))
}
