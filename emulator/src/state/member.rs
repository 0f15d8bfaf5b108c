//! The record of a member, which represents both sides of the relation.
//!
//! The administrator reads the record as its member. The member reads the same record as its invitation or its
//! administrator. A single record cannot contradict itself.

use serde::{Deserialize, Serialize};

use super::clock::Timestamp;

/// The record of a member in one Region, owned by its administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The status of the relation.
    pub status: MemberStatus,
    /// The way the member was added.
    pub kind: MemberKind,
    /// The contact e-mail address (INV-03).
    pub email: Option<String>,
    /// Time of the last invitation.
    pub invited_at: Option<Timestamp>,
    /// The invitation, as long as the member's list contains it. It has a separate row in documents.
    #[serde(skip)]
    pub invitation: Option<Invitation>,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// An invitation as the invited account sees it. Its status is that of the member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// 32 hexadecimal digits (ARN-07).
    pub id: String,
    /// True if it was declined. A declined invitation cannot be accepted, unlike that of a member that left (MST-11).
    pub is_declined: bool,
    /// A text from the administrator. AWS only sends it by e-mail; no operation sets or returns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The status of the relation of a member and its administrator (ACC-02, ACC-03).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberStatus {
    /// Added, not yet invited.
    Created,
    /// Invited, not yet accepted.
    Invited,
    /// An enabled member.
    Enabled,
    /// Disassociated by the administrator.
    Removed,
    /// Left, or declined.
    Resigned,
    /// Left the organization.
    Deleted,
    /// The account was suspended when it was added.
    AccountSuspended,
}

/// The way a member was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// Through the organization.
    Organization,
    /// By invitation.
    Invitation,
}

/// Limits on the numbers of members, accounts and connectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Members of a delegated administrator (QUO-01).
    pub members: usize,
    /// Members by invitation, including those only added or invited (QUO-02).
    pub invited_members: usize,
    /// Accounts of the organization, including closed ones.
    pub accounts: usize,
    /// Connectors of an account in a Region, in each half; `None` if they are not limited (CNV-13).
    pub connectors: Option<usize>,
}

impl Default for Quotas {
    fn default() -> Self {
        Quotas { members: 10_000, invited_members: 1_000, accounts: 10_000, connectors: None }
    }
}

impl Member {
    /// A member with the given status and no further data.
    pub fn new(status: MemberStatus, kind: MemberKind, updated_at: Timestamp) -> Member {
        Member { status, kind, email: None, invited_at: None, invitation: None, updated_at }
    }
}

impl MemberStatus {
    /// All statuses.
    pub const ALL: [MemberStatus; 7] = [
        MemberStatus::Created,
        MemberStatus::Invited,
        MemberStatus::Enabled,
        MemberStatus::Removed,
        MemberStatus::Resigned,
        MemberStatus::Deleted,
        MemberStatus::AccountSuspended,
    ];

    /// Returns whether a member with this status has no invitation. `is_in_organization` is true for an account of the
    /// administrator's organization.
    pub fn is_without_invitation(self, is_in_organization: bool) -> bool {
        match self {
            MemberStatus::Enabled | MemberStatus::Removed => is_in_organization,
            MemberStatus::Deleted | MemberStatus::AccountSuspended => true,
            MemberStatus::Created | MemberStatus::Invited | MemberStatus::Resigned => false,
        }
    }

    /// The value on the wire (ACC-02).
    pub fn as_str(self) -> &'static str {
        match self {
            MemberStatus::Created => "Created",
            MemberStatus::Invited => "Invited",
            MemberStatus::Enabled => "Enabled",
            MemberStatus::Removed => "Removed",
            MemberStatus::Resigned => "Resigned",
            MemberStatus::Deleted => "Deleted",
            MemberStatus::AccountSuspended => "AccountSuspended",
        }
    }

    /// Returns whether an account that has such a member counts as an administrator. Such an account cannot also be a
    /// member (INV-26).
    pub fn is_live(self) -> bool {
        matches!(self, MemberStatus::Created | MemberStatus::Invited | MemberStatus::Enabled)
    }
}
