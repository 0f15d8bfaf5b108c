//! Why members and invitations are refused, in AWS's sentences: an account of a list ([`Refusal`]), or the whole call
//! ([`RelationError`]).

use crate::aws_error::{AwsError, ErrorCode};
use crate::state::AccountId;

/// Why one account of a list is left unprocessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no account id.
    InvalidAccountId,
    /// An account cannot become a member of itself.
    CreatesItself,
    /// An account cannot invite itself.
    InvitesItself,
    /// A member cannot create members.
    MemberCreates,
    /// A member cannot invite.
    MemberInvites,
    /// It is in the caller's list already.
    AlreadyThere,
    /// It is an enabled member of another administrator.
    OfAnother,
    /// It is invited or enabled already.
    AlreadyInvited,
    /// The caller keeps no record of it.
    NoMember,
    /// An enabled member cannot be deleted.
    StillAssociated,
    /// An organization's member cannot be deleted.
    OfOrganization,
    /// The caller has all the members it may have.
    TooMany,
    /// The management account is enabled by nobody but itself.
    ManagementAccountIsOff,
    /// An organization's account needs no invitation.
    OrganizationAccount,
    /// An invitation that is not declined cannot be deleted.
    LiveInvitation,
    /// There is no invitation that could be declined or deleted.
    NoInvitation,
    /// It stands behind the fiftieth.
    PastTheLimit,
    /// It has members of its own, so that it cannot be one: `inferred`, the sentence too.
    IsAdministrator,
}

/// An account of a list that was left unprocessed, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprocessed {
    /// The account id.
    pub account: String,
    /// Why.
    pub refusal: Refusal,
}

impl Refusal {
    /// The sentence of `ProcessingResult`, which clients search for parts (UPR-01 … UPR-15).
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

/// Judges the accounts of a list one by one; what is refused is left unprocessed.
pub fn each<'a>(
    accounts: impl IntoIterator<Item = &'a String>,
    mut act: impl FnMut(AccountId) -> Result<(), Refusal>,
) -> Vec<Unprocessed> {
    let judge = |account: &'a String| {
        let outcome = AccountId::parse(account).ok_or(Refusal::InvalidAccountId).and_then(&mut act);
        outcome.err().map(|refusal| Unprocessed { account: account.clone(), refusal })
    };
    accounts.into_iter().filter_map(judge).collect()
}

/// Why a call about the caller's own relation is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationError {
    /// The administrator's id is no account id.
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
    /// The caller's organization decides (INV-31).
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
