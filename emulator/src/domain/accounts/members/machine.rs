//! The status machine of a relation: where each event leads from where (MST-01 … MST-25).

use crate::state::MemberKind::{self, Invitation, Organization};
use crate::state::MemberStatus::{self, AccountSuspended, Created, Deleted, Enabled, Invited, Removed, Resigned};

/// What happens to the relation between an administrator and an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The administrator adds an account that is not of its organization.
    Create,
    /// An account of the administrator's organization becomes its member: added by the delegated administrator,
    /// enabled as it joins, or found there when its administrator becomes the delegated one.
    Join,
    /// The delegated administrator adds a suspended account of its organization.
    JoinSuspended,
    /// The administrator invites.
    Invite,
    /// The account accepts. Whether the invitation is the one it has, and not declined, is asked elsewhere.
    Accept,
    /// The account declines.
    Decline,
    /// The member leaves.
    Leave,
    /// The administrator parts with the member.
    Disassociate,
    /// The administrator deletes the record.
    Delete,
    /// The account leaves the organization.
    LeaveOrganization,
}

/// Where an event leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The record is, or becomes, of this status.
    To(MemberStatus),
    /// The record goes.
    End,
}

/// Where `event` leads from `from`, `None` being no record; `None` when it leads nowhere: the event is refused, or
/// nothing happens.
#[allow(clippy::match_same_arms, reason = "a line a rule")]
pub fn next(from: Option<(MemberStatus, MemberKind)>, event: Event) -> Option<Step> {
    let step = match (event, from) {
        // MST-01. Who left the organization is as good as new.
        (Event::Create, None | Some((Deleted, _))) => Step::To(Created),
        // MST-02, MST-04, MST-25, INV-07.
        (Event::Join, None | Some((_, Invitation))) => Step::To(Enabled),
        (Event::Join, Some((Removed | Deleted | AccountSuspended, Organization))) => Step::To(Enabled),
        // MST-03.
        (Event::JoinSuspended, _) => Step::To(AccountSuspended),
        // MST-05, MST-06.
        (Event::Invite, Some((Created | Removed | Resigned, Invitation))) => Step::To(Invited),
        // MST-08, MST-11.
        (Event::Accept, Some((Invited | Resigned, Invitation))) => Step::To(Enabled),
        // MST-09.
        (Event::Decline, Some((Invited, Invitation))) => Step::To(Resigned),
        // MST-13; not MST-14.
        (Event::Leave, Some((Enabled, Invitation))) => Step::To(Resigned),
        // MST-12, MST-15; not MST-16.
        (Event::Disassociate, Some((Created | Invited | Enabled, _))) => Step::To(Removed),
        // MST-17; not MST-18, MST-19.
        (Event::Delete, Some((Created | Invited | Removed | Resigned, Invitation) | (Deleted, _))) => Step::End,
        // MST-20; that the records of who was removed or suspended follow is `inferred`, lest nothing could be done with them.
        (Event::LeaveOrganization, Some((Enabled | Removed | AccountSuspended, Organization))) => Step::To(Deleted),
        _ => return None,
    };
    Some(step)
}
