//! Calls about members, invitations and the organization: caller, Region, subject, and the transitions of a record that
//! they may cause.

use quickcheck::{Arbitrary, Gen};
use securityhub_fixtures::Operation::{
    self, AcceptAdministratorInvitation, AcceptInvitation, CreateMembers, DeclineInvitations, DeleteInvitations,
    DeleteMembers, DescribeOrganizationConfiguration, DisableOrganizationAdminAccount, DisableSecurityHub,
    DisassociateFromAdministratorAccount, DisassociateFromMasterAccount, DisassociateMembers,
    EnableOrganizationAdminAccount, EnableSecurityHub, GetInvitationsCount, GetMasterAccount, GetMembers,
    InviteMembers, ListOrganizationAdminAccounts, UpdateOrganizationConfiguration,
};
use serde_json::{Value, json};

use super::{ACCOUNTS, REGIONS};
use crate::state::MemberStatus::{self, AccountSuspended, Created, Deleted, Enabled, Invited, Removed, Resigned};
use crate::state::{Directory, Region};
use crate::testing::{Outcome, Stage, id};

/// Transitions of a record; `None` is a missing record.
pub(super) type Moves = &'static [(Option<MemberStatus>, Option<MemberStatus>)];

/// The operations that are called.
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

/// A call: caller, Region and subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) operation: Operation,
    pub(super) caller: &'static str,
    pub(super) region: &'static str,
    pub(super) others: [&'static str; 2],
    /// True if an acceptance names the current invitation id.
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
            // Mostly one Region, so that calls concern the same relations.
            region: REGIONS[usize::from(u8::arbitrary(g).is_multiple_of(4))],
            others: [account(g), account(g)],
            knows_the_invitation: !u8::arbitrary(g).is_multiple_of(8),
        }
    }
}

/// Transitions by adding an account of the organization.
const CREATED: Moves = &[
    (None, Some(Enabled)),
    (Some(Created), Some(Enabled)),
    (Some(Invited), Some(Enabled)),
    (Some(Removed), Some(Enabled)),
    (Some(Resigned), Some(Enabled)),
    (Some(Deleted), Some(Enabled)),
    (Some(Deleted), Some(Created)),
    (None, Some(AccountSuspended)),
    (Some(Created), Some(AccountSuspended)),
    (Some(Invited), Some(AccountSuspended)),
    (Some(Enabled), Some(AccountSuspended)),
    (Some(Removed), Some(AccountSuspended)),
    (Some(Resigned), Some(AccountSuspended)),
    (Some(Deleted), Some(AccountSuspended)),
    (Some(AccountSuspended), Some(AccountSuspended)),
    (Some(AccountSuspended), Some(Enabled)),
];

/// From any status to a member of the organization.
pub(super) const JOINED: Moves = &[
    (None, Some(Enabled)),
    (Some(Created), Some(Enabled)),
    (Some(Invited), Some(Enabled)),
    (Some(Enabled), Some(Enabled)),
    (Some(Removed), Some(Enabled)),
    (Some(Resigned), Some(Enabled)),
    (Some(Deleted), Some(Enabled)),
    (None, Some(AccountSuspended)),
    (Some(Created), Some(AccountSuspended)),
    (Some(Invited), Some(AccountSuspended)),
    (Some(Enabled), Some(AccountSuspended)),
    (Some(Removed), Some(AccountSuspended)),
    (Some(Resigned), Some(AccountSuspended)),
    (Some(Deleted), Some(AccountSuspended)),
    (Some(AccountSuspended), Some(AccountSuspended)),
    (Some(AccountSuspended), Some(Enabled)),
];

/// Transitions of invited members when a hub is disabled.
pub(super) const TURNED_OFF: Moves = &[
    (Some(Created), None),
    (Some(Invited), None),
    (Some(Removed), None),
    (Some(Resigned), None),
    (Some(Invited), Some(Resigned)),
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

    pub(super) fn send(&self, stage: &Stage) -> Outcome {
        let input = self.input(&stage.0.directory());
        stage.call_in(self.region, self.caller, self.operation, input)
    }

    /// The transitions of an invited member's record that the call may cause; `None` is a missing record.
    pub(super) fn moves(&self) -> Moves {
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
            DisableSecurityHub => TURNED_OFF,
            _ => &[],
        }
    }

    /// The same for records of organization members.
    pub(super) fn moves_of_organization(&self) -> Moves {
        match self.operation {
            EnableOrganizationAdminAccount => JOINED,
            // An account that left the organization is added like any other account.
            CreateMembers => CREATED,
            DisassociateMembers => &[(Some(Enabled), Some(Removed))],
            DeleteMembers => &[(Some(Deleted), None)],
            DisableOrganizationAdminAccount | DisableSecurityHub => {
                &[(Some(Enabled), None), (Some(Removed), None), (Some(Deleted), None), (Some(AccountSuspended), None)]
            }
            _ => &[],
        }
    }
}
