//! Invariants of members, invitations and administrators.

use std::collections::{BTreeMap, BTreeSet};

use securityhub_fixtures::Operation::{GetAdministratorAccount, ListInvitations, ListMembers};
use serde_json::{Value, json};

use super::calls::Call;
use super::{ACCOUNTS, REGIONS, Step};
use crate::state::MemberStatus::{Deleted, Enabled};
use crate::state::{AccountId, Directory, Hub, HubKey, Member, MemberKind, Members, Region};
use crate::testing::{Stage, id};

pub(super) type Records = BTreeMap<(AccountId, Region, AccountId), Member>;

/// All records, with administrator and member.
pub(super) fn records(directory: &Directory) -> Records {
    let of = |((administrator, region), members): (&(AccountId, Region), &Members)| {
        let (administrator, region) = (*administrator, region.clone());
        let row =
            move |(account, member): (&AccountId, &Member)| ((administrator, region.clone(), *account), member.clone());
        members.iter().map(row).collect::<Vec<_>>()
    };
    directory.members.iter().flat_map(of).collect()
}

fn hubs(stage: &Stage) -> Vec<Option<Hub>> {
    let key = |account, region| HubKey { account: id(account), region: Region::new(region) };
    let keys = ACCOUNTS.iter().flat_map(|account| REGIONS.map(|region| key(account, region)));
    keys.map(|key| stage.0.hub(&key).map(|hub| (*hub).clone())).collect()
}

/// Other state that a refused call must not change: hubs, delegations, configurations and aggregators.
pub(super) fn others(stage: &Stage) -> impl PartialEq + use<> {
    let directory = stage.0.directory();
    let of_organization = directory.organization.clone().map(|organization| {
        let delegations = (organization.security_hub_administrators, organization.delegated_administrators);
        (organization.parents, organization.configurations, organization.central, delegations)
    });
    (hubs(stage), of_organization, directory.aggregators.clone())
}

/// Statuses only change as the state machine allows, by calls that may cause the transition.
pub(super) fn check_moves(stage: &Stage, step: Step, before: &Records, after: &Records) {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let status = |records: &Records| records.get(key).map(|member| member.status);
        let moved = (status(before), status(after));
        if before.get(key) == after.get(key) {
            continue;
        }
        // A suspended account only gets a record and is enabled when it is added again (MST-03, MST-04).
        let is_enabled_now = moved.0 != moved.1 && moved.1 == Some(Enabled);
        let is_of_organization =
            |records: &Records| records.get(key).is_some_and(|member| member.kind == MemberKind::Organization);
        let of_organization = is_of_organization(before) || is_of_organization(after);
        let allowed = if of_organization { step.moves_of_organization() } else { step.moves() };
        let ends_invitations = step.ends_invitations() && moved.0 == moved.1;
        let is_accepted = matches!(step, Step::Call(_)) && !is_of_organization(after);
        let is_out_of_use = stage.0.directory().is_out_of_use(key.2);
        assert!(!is_enabled_now || is_accepted || !is_out_of_use, "{step:?} enabled the suspended member {key:?}");
        assert!(allowed.contains(&moved) || ends_invitations, "{step:?} moved {key:?} {moved:?}");
    }
}

/// Unprocessed accounts are unchanged, unless the list contains them twice.
pub(super) fn check_unprocessed(call: &Call, answer: &Value, before: &Records, after: &Records) {
    let [first, second] = call.others;
    for account in answer["UnprocessedAccounts"].as_array().into_iter().flatten().filter(|_| first != second) {
        let account = id(account["AccountId"].as_str().unwrap());
        let (caller, region) = (id(call.caller), Region::new(call.region));
        for key in [(caller, region.clone(), account), (account, region, caller)] {
            assert_eq!(before.get(&key), after.get(&key), "{call:?}: {answer}");
        }
    }
}

/// Invariants of every world.
pub(super) fn check_records(directory: &Directory) {
    for ((administrator, region), members) in &directory.members {
        assert!(!members.contains_key(administrator), "{administrator} is its own member");
        let is_member = directory.administrator(*administrator, region).is_some();
        assert!(
            !is_member || members.values().all(|member| !member.status.is_live()),
            "{administrator} is both administrator and member in {region}"
        );
    }
    for account in ACCOUNTS.map(id) {
        for region in REGIONS.map(Region::new) {
            let enabled = directory.records_of(account, &region).filter(|(_, member)| member.status == Enabled);
            assert!(enabled.count() <= 1, "{account} has two administrators in {region}");
        }
    }
}

/// A designated administrator belongs to the organization, has an enabled hub, is not a member, and is the only one
/// apart from the management account. Organization members are members of the designated administrator.
pub(super) fn check_administrators(stage: &Stage) {
    let directory = stage.0.directory();
    let Some(organization) = &directory.organization else { return };
    let designated = &organization.security_hub_administrators;
    for (region, account) in designated {
        let hub = stage.0.hub(&HubKey { account: *account, region: region.clone() });
        assert!(hub.is_some_and(|hub| hub.subscribed_at().is_some()), "the hub of {account} in {region} is disabled");
        assert!(directory.is_in_organization(*account) && directory.administrator(*account, region).is_none());
    }
    let others = designated.values().filter(|account| **account != organization.management_account);
    assert!(others.collect::<BTreeSet<_>>().len() <= 1, "{designated:?}");
    for ((administrator, region), members) in &directory.members {
        for (account, member) in members {
            if member.kind == MemberKind::Organization {
                assert_eq!(designated.get(region), Some(administrator), "{account} in {region}");
                let is_in = directory.is_in_organization(*account);
                assert!(is_in || member.status == Deleted, "{account} in {region}: {:?}", member.status);
            }
        }
    }
}

/// Administrators and members read the same relations.
pub(super) fn check_both_sides(stage: &Stage) {
    for region in REGIONS {
        // Triples of sender, account and status.
        let (mut of_administrators, mut of_members) = (Vec::new(), Vec::new());
        for account in ACCOUNTS {
            let Ok(members) = stage.call_in(region, account, ListMembers, json!({ "OnlyAssociated": false })) else {
                continue;
            };
            let row = |row: &Value| (account.to_owned(), text(row, "AccountId"), text(row, "MemberStatus"));
            of_administrators.extend(members["Members"].as_array().unwrap().iter().map(row));
            let invitations = stage.call_in(region, account, ListInvitations, json!({})).unwrap();
            let row = |row: &Value| (text(row, "AccountId"), account.to_owned(), text(row, "MemberStatus"));
            of_members.extend(invitations["Invitations"].as_array().unwrap().iter().map(row));
            let administrator = stage.call_in(region, account, GetAdministratorAccount, json!({})).unwrap();
            of_members.extend(administrator.get("Administrator").map(row));
        }
        for (sender, account, status) in &of_members {
            let is_listed = of_administrators.contains(&(sender.clone(), account.clone(), status.clone()));
            // An administrator that became a member lists no members, but the invitations that it sent stay visible.
            let has_administrator = stage.0.directory().administrator(id(sender), &Region::new(region)).is_some();
            assert!(is_listed || has_administrator, "{account} reads {sender} {status} in {region}");
        }
        let is_seen = |(_, _, status): &&(String, String, String)| ["Invited", "Enabled"].contains(&status.as_str());
        for row in of_administrators.iter().filter(is_seen) {
            let is_off = stage.call_in(region, &row.1, ListMembers, json!({})).is_err();
            assert!(is_off || of_members.contains(row), "{} reads another relation than {row:?} in {region}", row.1);
        }
    }
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap().to_owned()
}
