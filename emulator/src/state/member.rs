//! A member as its administrator keeps it: one record is both sides of the relation.
//!
//! The administrator reads the record as its member; the member reads the same record as an invitation, or as its
//! administrator. So there is no second place that could say otherwise.

use super::clock::Timestamp;

/// A member as its administrator keeps it, in one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Where the relation stands.
    pub status: MemberStatus,
    /// How it came about.
    pub kind: MemberKind,
    /// The e-mail address, for contact (INV-03).
    pub email: Option<String>,
    /// When it was last invited.
    pub invited_at: Option<Timestamp>,
    /// The invitation, for as long as the member has it in its list.
    pub invitation: Option<Invitation>,
    /// When the relation last changed.
    pub updated_at: Timestamp,
}

/// An invitation as the invited account has it; its status is its member's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// 32 hexadecimal digits (ARN-07).
    pub id: String,
    /// Whether it was declined: it can no longer be accepted, unlike that of a member that left (MST-11).
    pub is_declined: bool,
}

/// Where the relation of a member stands (ACC-02, ACC-03).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberStatus {
    /// Added, not yet invited.
    Created,
    /// Invited, not yet accepted.
    Invited,
    /// A member.
    Enabled,
    /// Disassociated by the administrator.
    Removed,
    /// Left, or declined.
    Resigned,
    /// Left the organization.
    Deleted,
    /// Suspended when it was added.
    AccountSuspended,
}

/// How a member came to its administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// Through the organization.
    Organization,
    /// By invitation.
    Invitation,
}

/// How many members one administrator may have in a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberQuotas {
    /// Members of a delegated administrator (QUO-01).
    pub members: usize,
    /// Members by invitation, invited ones and added ones included (QUO-02).
    pub invited_members: usize,
}

impl Default for MemberQuotas {
    fn default() -> Self {
        MemberQuotas { members: 10_000, invited_members: 1_000 }
    }
}

impl Member {
    /// A member of which nothing else is known.
    pub fn new(status: MemberStatus, kind: MemberKind, updated_at: Timestamp) -> Member {
        Member { status, kind, email: None, invited_at: None, invitation: None, updated_at }
    }
}

impl MemberStatus {
    /// All of them.
    pub const ALL: [MemberStatus; 7] = [
        MemberStatus::Created,
        MemberStatus::Invited,
        MemberStatus::Enabled,
        MemberStatus::Removed,
        MemberStatus::Resigned,
        MemberStatus::Deleted,
        MemberStatus::AccountSuspended,
    ];

    /// The word on the wire (ACC-02).
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

    /// Whether an account that has such a member counts as an administrator, to which it cannot be a member as well
    /// (INV-26).
    pub fn is_live(self) -> bool {
        matches!(self, MemberStatus::Created | MemberStatus::Invited | MemberStatus::Enabled)
    }
}
