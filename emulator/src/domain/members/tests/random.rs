//! Random calls of all kinds from random accounts in two Regions, and accounts that join and leave the organization: what
//! must hold after each of them.

use std::collections::BTreeMap;

use quickcheck::{Arbitrary, Gen, QuickCheck};
use securityhub_fixtures::Operation::{
    self, AcceptAdministratorInvitation, AcceptInvitation, CreateMembers, DeclineInvitations, DeleteInvitations,
    DeleteMembers, DescribeOrganizationConfiguration, DisableOrganizationAdminAccount, DisableSecurityHub,
    DisassociateFromAdministratorAccount, DisassociateFromMasterAccount, DisassociateMembers,
    EnableOrganizationAdminAccount, EnableSecurityHub, GetAdministratorAccount, GetInvitationsCount, GetMasterAccount,
    GetMembers, InviteMembers, ListInvitations, ListMembers, ListOrganizationAdminAccounts,
    UpdateOrganizationConfiguration,
};
use serde_json::{Value, json};

use crate::domain::due;
use crate::domain::organization::accounts::{self, Event};
use crate::state::MemberStatus::{self, Created, Deleted, Enabled, Invited, Removed, Resigned};
use crate::state::{AccountId, Directory, Hub, HubKey, Member, MemberKind, Region};
use crate::testing::{Outcome, Stage, id};

/// The first is the management account and the second the delegated administrator at first, where there is an
/// organization; the last is in none at first.
const ACCOUNTS: [&str; 5] = ["000000000001", "000000000002", "000000000003", "000000000004", "000000000005"];
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// What somebody may call.
const CALLS: [Operation; 25] = [
    CreateMembers,
    CreateMembers,
    InviteMembers,
    InviteMembers,
    AcceptInvitation,
    AcceptAdministratorInvitation,
    AcceptAdministratorInvitation,
    DisassociateMembers,
    DeleteMembers,
    DeclineInvitations,
    DeleteInvitations,
    DisassociateFromAdministratorAccount,
    DisassociateFromMasterAccount,
    EnableSecurityHub,
    DisableSecurityHub,
    GetMembers,
    GetMasterAccount,
    GetInvitationsCount,
    EnableOrganizationAdminAccount,
    EnableOrganizationAdminAccount,
    DisableOrganizationAdminAccount,
    UpdateOrganizationConfiguration,
    UpdateOrganizationConfiguration,
    DescribeOrganizationConfiguration,
    ListOrganizationAdminAccounts,
];

/// A call: by whom, where, about whom.
#[derive(Clone, Copy, Debug)]
struct Call {
    operation: Operation,
    caller: &'static str,
    region: &'static str,
    others: [&'static str; 2],
    /// Whether an acceptance names the invitation that there is.
    knows_the_invitation: bool,
}

impl Arbitrary for Call {
    fn arbitrary(g: &mut Gen) -> Call {
        let account = |g: &mut Gen| *g.choose(&ACCOUNTS).unwrap();
        let operation = *g.choose(&CALLS).unwrap();
        let is_managements = matches!(operation, EnableOrganizationAdminAccount | DisableOrganizationAdminAccount);
        Call {
            operation,
            caller: if is_managements && !u8::arbitrary(g).is_multiple_of(8) { ACCOUNTS[0] } else { account(g) },
            // Mostly one of them, so that calls meet.
            region: REGIONS[usize::from(u8::arbitrary(g).is_multiple_of(4))],
            others: [account(g), account(g)],
            knows_the_invitation: !u8::arbitrary(g).is_multiple_of(8),
        }
    }
}

/// A call, or an account that joins the organization or leaves it.
#[derive(Clone, Copy, Debug)]
enum Step {
    Call(Call),
    Joins(&'static str),
    Leaves(&'static str),
}

impl Arbitrary for Step {
    fn arbitrary(g: &mut Gen) -> Step {
        let account = *g.choose(&ACCOUNTS).unwrap();
        match u8::arbitrary(g) % 8 {
            0 => Step::Joins(account),
            1 => Step::Leaves(account),
            _ => Step::Call(Call::arbitrary(g)),
        }
    }
}

impl Step {
    /// What is answered; an error's place is taken by `Err`.
    fn happen(self, stage: &Stage) -> Result<Value, ()> {
        let (account, event) = match self {
            Step::Call(call) => return call.send(stage).map_err(|_| ()),
            Step::Joins(account) => (account, Event::Join { parent: None, name: None, email: None }),
            Step::Leaves(account) => (account, Event::Leave),
        };
        let mut transaction = stage.0.write();
        accounts::happen(&mut transaction, &stage.0, id(account), event, stage.0.clock.now()).map_err(|_| ())?;
        transaction.commit();
        Ok(Value::Null)
    }

    fn moves(self) -> &'static [(Option<MemberStatus>, Option<MemberStatus>)] {
        match self {
            Step::Call(call) => call.moves(),
            Step::Joins(_) | Step::Leaves(_) => &[],
        }
    }

    fn moves_of_organization(self) -> &'static [(Option<MemberStatus>, Option<MemberStatus>)] {
        match self {
            Step::Call(call) => call.moves_of_organization(),
            Step::Joins(_) => JOINED,
            Step::Leaves(_) => &[(Some(Enabled), Some(Deleted)), (Some(Removed), Some(Deleted))],
        }
    }
}

/// What adding does to a record that is the organization's, before or after.
const CREATED: &[(Option<MemberStatus>, Option<MemberStatus>)] = &[
    (None, Some(Enabled)),
    (Some(Created), Some(Enabled)),
    (Some(Invited), Some(Enabled)),
    (Some(Removed), Some(Enabled)),
    (Some(Resigned), Some(Enabled)),
    (Some(Deleted), Some(Enabled)),
    (Some(Deleted), Some(Created)),
];

/// From anywhere to a member of the organization.
const JOINED: &[(Option<MemberStatus>, Option<MemberStatus>)] = &[
    (None, Some(Enabled)),
    (Some(Created), Some(Enabled)),
    (Some(Invited), Some(Enabled)),
    (Some(Enabled), Some(Enabled)),
    (Some(Removed), Some(Enabled)),
    (Some(Resigned), Some(Enabled)),
    (Some(Deleted), Some(Enabled)),
];

impl Call {
    fn input(&self, directory: &Directory) -> Value {
        let [first, second] = self.others;
        match self.operation {
            CreateMembers => json!({ "AccountDetails": [{ "AccountId": first }, { "AccountId": second }] }),
            AcceptInvitation => json!({ "MasterId": first, "InvitationId": self.invitation_id(directory) }),
            AcceptAdministratorInvitation => {
                json!({ "AdministratorId": first, "InvitationId": self.invitation_id(directory) })
            }
            InviteMembers | GetMembers | DisassociateMembers | DeleteMembers | DeclineInvitations
            | DeleteInvitations => json!({ "AccountIds": [first, second] }),
            EnableOrganizationAdminAccount | DisableOrganizationAdminAccount => json!({ "AdminAccountId": first }),
            UpdateOrganizationConfiguration => json!({ "AutoEnable": first < second }),
            _ => json!({}),
        }
    }

    fn invitation_id(&self, directory: &Directory) -> String {
        let record = directory.member(id(self.others[0]), &Region::new(self.region), id(self.caller));
        let invitation = record.and_then(|member| member.invitation.as_ref()).filter(|_| self.knows_the_invitation);
        invitation.map_or_else(|| "0".repeat(32), |invitation| invitation.id.clone())
    }

    fn send(&self, stage: &Stage) -> Outcome {
        let input = self.input(&stage.0.directory());
        stage.call_in(self.region, self.caller, self.operation, input)
    }

    /// The moves of a record by invitation that the call may cause; `None` is no record.
    fn moves(&self) -> &'static [(Option<MemberStatus>, Option<MemberStatus>)] {
        match self.operation {
            CreateMembers => &[(None, Some(Created))],
            InviteMembers => {
                &[(Some(Created), Some(Invited)), (Some(Removed), Some(Invited)), (Some(Resigned), Some(Invited))]
            }
            AcceptInvitation | AcceptAdministratorInvitation => {
                &[(Some(Invited), Some(Enabled)), (Some(Resigned), Some(Enabled))]
            }
            DeclineInvitations => &[(Some(Invited), Some(Resigned))],
            DisassociateFromAdministratorAccount | DisassociateFromMasterAccount => &[(Some(Enabled), Some(Resigned))],
            DisassociateMembers => {
                &[(Some(Created), Some(Removed)), (Some(Invited), Some(Removed)), (Some(Enabled), Some(Removed))]
            }
            DeleteMembers => {
                &[(Some(Created), None), (Some(Invited), None), (Some(Removed), None), (Some(Resigned), None)]
            }
            DisableSecurityHub => &[
                (Some(Created), None),
                (Some(Invited), None),
                (Some(Removed), None),
                (Some(Resigned), None),
                (Some(Invited), Some(Resigned)),
            ],
            _ => &[],
        }
    }

    /// The same of records that are the organization's, before or after.
    fn moves_of_organization(&self) -> &'static [(Option<MemberStatus>, Option<MemberStatus>)] {
        match self.operation {
            EnableOrganizationAdminAccount => JOINED,
            // Who left the organization is added as any other account is.
            CreateMembers => CREATED,
            DisassociateMembers => &[(Some(Enabled), Some(Removed))],
            DeleteMembers => &[(Some(Deleted), None)],
            DisableOrganizationAdminAccount | DisableSecurityHub => {
                &[(Some(Enabled), None), (Some(Removed), None), (Some(Deleted), None)]
            }
            _ => &[],
        }
    }
}

/// The world, with an organization or without.
fn world(with_organization: bool) -> Stage {
    let stage = Stage::empty();
    for account in ACCOUNTS {
        stage.good(account, EnableSecurityHub, json!({}));
    }
    if with_organization {
        stage.organization(&ACCOUNTS.map(|account| (account, account))[..4]);
        for region in REGIONS {
            let input = json!({ "AdminAccountId": ACCOUNTS[1] });
            stage.call_in(region, ACCOUNTS[0], EnableOrganizationAdminAccount, input).unwrap();
        }
    }
    stage
}

type Records = BTreeMap<(AccountId, Region, AccountId), Member>;

/// All records, each with whose it is and of whom.
fn records(directory: &Directory) -> Records {
    let of = |((administrator, region), members): (&(AccountId, Region), &BTreeMap<AccountId, Member>)| {
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

/// Statuses move along the machine, each for a call that moves it so.
fn check_moves(step: Step, before: &Records, after: &Records) {
    let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let status = |records: &Records| records.get(key).map(|member| member.status);
        let moved = (status(before), status(after));
        if before.get(key) == after.get(key) {
            continue;
        }
        let is_of_organization =
            |records: &Records| records.get(key).is_some_and(|member| member.kind == MemberKind::Organization);
        let of_organization = is_of_organization(before) || is_of_organization(after);
        let allowed = if of_organization { step.moves_of_organization() } else { step.moves() };
        let ends_invitations = matches!(
            step,
            Step::Call(Call { operation: DeleteInvitations | DisableSecurityHub, .. }) if moved.0 == moved.1
        );
        assert!(allowed.contains(&moved) || ends_invitations, "{step:?} moved {key:?} {moved:?}");
    }
}

/// What is left unprocessed is as it was, save where the list names it twice.
fn check_unprocessed(call: &Call, answer: &Value, before: &Records, after: &Records) {
    let [first, second] = call.others;
    for account in answer["UnprocessedAccounts"].as_array().into_iter().flatten().filter(|_| first != second) {
        let account = id(account["AccountId"].as_str().unwrap());
        let (caller, region) = (id(call.caller), Region::new(call.region));
        for key in [(caller, region.clone(), account), (account, region, caller)] {
            assert_eq!(before.get(&key), after.get(&key), "{call:?}: {answer}");
        }
    }
}

/// What holds in every world.
fn check_records(directory: &Directory) {
    for ((administrator, region), members) in &directory.members {
        assert!(!members.contains_key(administrator), "{administrator} is its own member");
        let is_member = directory.administrator(*administrator, region).is_some();
        assert!(
            !is_member || members.values().all(|member| !member.status.is_live()),
            "{administrator} is administrator and member in {region}"
        );
    }
    for account in ACCOUNTS.map(id) {
        for region in REGIONS.map(Region::new) {
            let enabled = directory.records_of(account, &region).filter(|(_, member)| member.status == Enabled);
            assert!(enabled.count() <= 1, "{account} has two administrators in {region}");
        }
    }
}

/// Who is designated is of the organization, has its hub on, is nobody's member, and is the only one but for the
/// management account; who is a member through the organization is so of the one that is designated.
fn check_administrators(stage: &Stage) {
    let directory = stage.0.directory();
    let Some(organization) = &directory.organization else { return };
    let designated = &organization.security_hub_administrators;
    for (region, account) in designated {
        let hub = stage.0.hub(&HubKey { account: *account, region: region.clone() });
        assert!(hub.is_some_and(|hub| hub.subscribed_at().is_some()), "the hub of {account} in {region}");
        assert!(directory.is_in_organization(*account) && directory.administrator(*account, region).is_none());
    }
    let others = designated.values().filter(|account| **account != organization.management_account);
    assert!(others.collect::<std::collections::BTreeSet<_>>().len() <= 1, "{designated:?}");
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

/// What administrators and members read is the same.
fn check_both_sides(stage: &Stage) {
    for region in REGIONS {
        // Who sees whom as what: sender, account, status.
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
            // An administrator that became a member lists nobody, but what it had sent is still there to see.
            let has_administrator = stage.0.directory().administrator(id(sender), &Region::new(region)).is_some();
            assert!(is_listed || has_administrator, "{account} reads {sender} {status} in {region}");
        }
        let is_seen = |(_, _, status): &&(String, String, String)| ["Invited", "Enabled"].contains(&status.as_str());
        for row in of_administrators.iter().filter(is_seen) {
            let is_off = stage.call_in(region, &row.1, ListMembers, json!({})).is_err();
            assert!(is_off || of_members.contains(row), "{row:?} is not what {} reads in {region}", row.1);
        }
    }
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap().to_owned()
}

fn run(steps: Vec<Step>, with_organization: bool) -> bool {
    let stage = world(with_organization);
    for step in steps {
        // What became due by itself is no step's doing.
        due::run(&stage.0, stage.0.clock.now());
        let (before, hubs_before) = (records(&stage.0.directory()), hubs(&stage));
        let outcome = step.happen(&stage);
        let after = records(&stage.0.directory());
        match outcome {
            Err(()) => {
                assert!(before == after && hubs_before == hubs(&stage), "{step:?} is refused and changes something");
            }
            Ok(answer) => {
                if let Step::Call(call) = &step {
                    check_unprocessed(call, &answer, &before, &after);
                }
            }
        }
        check_moves(step, &before, &after);
        check_records(&stage.0.directory());
        check_administrators(&stage);
        check_both_sides(&stage);
    }
    true
}

#[test]
fn mst_01_to_mst_25_and_inv_12_random_calls_leave_both_sides_true() {
    QuickCheck::new().tests(150).quickcheck(run as fn(Vec<Step>, bool) -> bool);
}
