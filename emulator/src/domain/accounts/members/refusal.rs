//! Errors about members and invitations with AWS's sentences: for one account of a list ([`Refusal`]), or for the whole
//! call ([`RelationError`]).

use crate::aws_error::{AwsError, ErrorCode};
use crate::state::AccountId;

/// Reason why one account of a list was not processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The account id is invalid.
    InvalidAccountId,
    /// An account cannot become a member of itself.
    CreatesItself,
    /// An account cannot invite itself.
    InvitesItself,
    /// A member cannot create members.
    MemberCreates,
    /// A member cannot invite.
    MemberInvites,
    /// The account is in the caller's list already.
    AlreadyThere,
    /// The account is an enabled member of another administrator.
    OfAnother,
    /// The account is invited or enabled already.
    AlreadyInvited,
    /// The caller has no record of the account.
    NoMember,
    /// An enabled member cannot be deleted.
    StillAssociated,
    /// A member of the organization cannot be deleted.
    OfOrganization,
    /// The caller has the maximum number of members.
    TooMany,
    /// Only the management account itself can enable its hub.
    ManagementAccountIsOff,
    /// An account of the organization needs no invitation.
    OrganizationAccount,
    /// A pending or accepted invitation cannot be deleted.
    LiveInvitation,
    /// There is no invitation to decline or delete.
    NoInvitation,
    /// The account comes after the fiftieth of the list.
    PastTheLimit,
    /// The account has members of its own, so it cannot become a member: `inferred`, including the sentence.
    IsAdministrator,
}

/// An unprocessed account of a list, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprocessed {
    /// The account id.
    pub account: String,
    /// The reason.
    pub refusal: Refusal,
}

impl Refusal {
    /// The sentence of `ProcessingResult`. Clients search it for certain phrases (UPR-01 … UPR-15).
    pub fn sentence(self) -> &'static str {
        match self {
            Refusal::InvalidAccountId => {
                "The request is rejected because an invalid or out-of-range value is specified as an input parameter."
            }
            Refusal::CreatesItself => "The request is rejected because an account cannot become a member of itself.",
            Refusal::InvitesItself => "The request is rejected because the current account cannot invite itself.",
            Refusal::MemberCreates => {
                "The request is rejected because the current account cannot create members since it is already an \
                 associated member of another master account."
            }
            Refusal::MemberInvites => {
                "The request is rejected because the current account cannot invite other accounts since it is already \
                 an associated member of another master account."
            }
            Refusal::AlreadyThere => {
                "The request is rejected because the given account ID is already a member or associated member of the \
                 current account."
            }
            Refusal::OfAnother => {
                "The request is rejected because the given account ID is already an associated member of another \
                 master account."
            }
            Refusal::AlreadyInvited => {
                "The request is rejected because the current account has already invited or is already the \
                 SecurityHub master of the given member account ID."
            }
            Refusal::NoMember => {
                "The request is rejected because the given account ID is not a member of the current account."
            }
            Refusal::StillAssociated => {
                "The request is rejected because the current account cannot delete the given member account ID since \
                 it is still associated to it."
            }
            Refusal::OfOrganization => {
                "The request is rejected because the given account ID belongs to the organization of the current \
                 account."
            }
            Refusal::TooMany => {
                "The request is rejected because the current account cannot create anymore members since it cannot \
                 exceed the maximum number of allowed members."
            }
            Refusal::ManagementAccountIsOff => {
                "The request is rejected because the organization management account has not enabled Security Hub."
            }
            Refusal::OrganizationAccount => "The request is rejected because organization accounts cannot be invited.",
            Refusal::LiveInvitation => {
                "The request is rejected because the current account cannot delete the invitation from the given \
                 master account ID since it is still associated to it or has not declined their invitation yet."
            }
            Refusal::NoInvitation => NO_PENDING_INVITATION,
            Refusal::PastTheLimit => "Maximum number of results exceeded",
            Refusal::IsAdministrator => {
                "The request is rejected because the given account ID has created, invited or associated members \
                 itself."
            }
        }
    }
}

const NO_PENDING_INVITATION: &str = "The request is rejected because the current account has no pending invitation \
                                     from the given master account ID or is already an associated member of another \
                                     master account.";

/// Processes the accounts of a list independently and collects those that are refused.
pub fn each<'a>(
    accounts: impl IntoIterator<Item = &'a String>,
    mut act: impl FnMut(AccountId) -> Result<(), Refusal>,
) -> Vec<Unprocessed> {
    let refuse = |account: &'a String| {
        let outcome = AccountId::parse(account).ok_or(Refusal::InvalidAccountId).and_then(&mut act);
        outcome.err().map(|refusal| Unprocessed { account: account.clone(), refusal })
    };
    accounts.into_iter().filter_map(refuse).collect()
}

/// Reason why a call about the caller's own relation is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationError {
    /// The administrator's account id is invalid.
    InvalidAccountId,
    /// There is no such invitation (INV-24).
    NoPendingInvitation,
    /// The caller is a member already (INV-25).
    AlreadyMember,
    /// The caller has members itself (INV-26).
    HasMembers,
    /// The administrator is a member itself (INV-27).
    InviterIsMember,
    /// The caller has no administrator (INV-31).
    NotAssociated,
    /// The caller belongs to an organization, which manages the relation (INV-31).
    ManagedByOrganization,
}

impl From<RelationError> for AwsError {
    fn from(error: RelationError) -> AwsError {
        match error {
            RelationError::InvalidAccountId => AwsError::invalid_input(Refusal::InvalidAccountId.sentence()),
            RelationError::NoPendingInvitation => AwsError::invalid_input(NO_PENDING_INVITATION),
            RelationError::AlreadyMember => AwsError::invalid_input(
                "The request is rejected because the current account cannot accept invitations since it is already \
                 an associated member of some master account.",
            ),
            RelationError::HasMembers => AwsError::invalid_input(
                "The request is rejected because the current account cannot accept invitations since it still has \
                 created, invited or associated members.",
            ),
            RelationError::InviterIsMember => AwsError::invalid_input(
                "The request is rejected because the current account cannot accept invitation from the given account \
                 ID since the latter is an associated member of another master account.",
            ),
            RelationError::NotAssociated => AwsError::not_found(
                "The request is rejected because the current account is not associated to a master account.",
            ),
            RelationError::ManagedByOrganization => AwsError::new(
                ErrorCode::BadRequestException,
                "The request is rejected because member cannot disassociate from Organization administrator",
            ),
        }
    }
}
