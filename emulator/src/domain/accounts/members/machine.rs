//! The state machine of a relation: the transitions for each event (MST-01 … MST-25).

use crate::state::MemberKind::{self, Invitation, Organization};
use crate::state::MemberStatus::{self, AccountSuspended, Created, Deleted, Enabled, Invited, Removed, Resigned};

/// An event in the relation between an administrator and an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The administrator adds an account outside its organization.
    Create,
    /// An account of the administrator's organization becomes its member: because the delegated administrator adds it,
    /// because it is enabled when it joins, or because it is in the organization when its administrator is delegated.
    Join,
    /// The delegated administrator adds a suspended account of its organization.
    JoinSuspended,
    /// The administrator invites the account.
    Invite,
    /// The account accepts. The caller has checked that the invitation is current and not declined.
    Accept,
    /// The account declines.
    Decline,
    /// The member leaves.
    Leave,
    /// The administrator disassociates the member.
    Disassociate,
    /// The administrator deletes the record.
    Delete,
    /// The account leaves the organization.
    LeaveOrganization,
}

/// The result of a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The record gets this status; it is created if necessary.
    To(MemberStatus),
    /// The record is deleted.
    End,
}

/// The transition of `event` from `from`, where `None` means no record. `None` if there is none: the event is refused,
/// or has no effect.
#[allow(clippy::match_same_arms, reason = "one line per rule")]
pub fn next(from: Option<(MemberStatus, MemberKind)>, event: Event) -> Option<Transition> {
    let step = match (event, from) {
        // MST-01. An account that left the organization is treated as unknown.
        (Event::Create, None | Some((Deleted, _))) => Transition::To(Created),
        // MST-02, MST-04, MST-25, INV-07.
        (Event::Join, None | Some((_, Invitation))) => Transition::To(Enabled),
        (Event::Join, Some((Removed | Deleted | AccountSuspended, Organization))) => Transition::To(Enabled),
        // MST-03.
        (Event::JoinSuspended, _) => Transition::To(AccountSuspended),
        // MST-05, MST-06.
        (Event::Invite, Some((Created | Removed | Resigned, Invitation))) => Transition::To(Invited),
        // MST-08, MST-11.
        (Event::Accept, Some((Invited | Resigned, Invitation))) => Transition::To(Enabled),
        // MST-09.
        (Event::Decline, Some((Invited, Invitation))) => Transition::To(Resigned),
        // MST-13; not MST-14.
        (Event::Leave, Some((Enabled, Invitation))) => Transition::To(Resigned),
        // MST-12, MST-15; not MST-16.
        (Event::Disassociate, Some((Created | Invited | Enabled, _))) => Transition::To(Removed),
        // MST-17; not MST-18, MST-19.
        (Event::Delete, Some((Created | Invited | Removed | Resigned, Invitation) | (Deleted, _))) => Transition::End,
        // MST-20. That this includes removed and suspended accounts is `inferred`; otherwise their records could never
        // be deleted.
        (Event::LeaveOrganization, Some((Enabled | Removed | AccountSuspended, Organization))) => {
            Transition::To(Deleted)
        }
        _ => return None,
    };
    Some(step)
}
