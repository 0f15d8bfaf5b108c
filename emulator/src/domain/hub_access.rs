//! Checks that many operations begin with: whether a hub is enabled, and who may change it.

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::domain::governance;
use crate::domain::tags::TagError;
use crate::state::{AccountId, Directory, Hub, HubKey, Transaction, World};

/// Reason why a hub refuses a call.
#[derive(Debug, PartialEq, Eq)]
pub enum HubError {
    /// The hub is enabled already (HUB-06).
    AlreadyEnabled,
    /// The hub is disabled, and the caller wants to disable it (HUB-14).
    NotEnabled,
    /// A central configuration policy governs it (HUB-07, CCF-30).
    CentrallyManaged,
    /// The caller is the delegated administrator or has enabled members (HUB-11, HUB-12).
    Administrator,
    /// The caller is an enabled member (HUB-13).
    Member,
    /// A member must not choose how control findings are generated (HUB-10).
    MemberSetsGenerator(AccountId),
    /// With the tags from before it was disabled, the hub would have too many (TAG-04).
    TooManyTags,
}

impl From<HubError> for AwsError {
    fn from(error: HubError) -> AwsError {
        match error {
            HubError::AlreadyEnabled => {
                AwsError::new(ErrorCode::ResourceConflictException, "Account is already subscribed to Security Hub")
            }
            HubError::NotEnabled => AwsError::not_found("Account is not subscribed to AWS Security Hub"),
            HubError::CentrallyManaged => AwsError::access_denied(
                "This account is currently associated with a central configuration policy, so only the administrator \
                 can access this operation.",
            ),
            HubError::Administrator => {
                AwsError::invalid_input("Cannot disable Security Hub on the Security Hub administrator")
            }
            HubError::Member => AwsError::invalid_input("Member account cannot disable Security Hub"),
            HubError::MemberSetsGenerator(account) => AwsError::new(
                ErrorCode::InvalidAccessException,
                format!("Request contains configurations that cannot be updated by a member account {account}"),
            ),
            HubError::TooManyTags => TagError::TooMany.into(),
        }
    }
}

/// The error of a call about members or invitations while the caller's hub is disabled (INV-04).
pub fn no_members_without_a_hub() -> AwsError {
    AwsError::new(ErrorCode::BadRequestException, "The request is rejected since no such resource found.")
}

/// The error of a call that needs the caller's hub (HUB-08, CLN-03).
pub fn not_subscribed(caller: &Caller) -> AwsError {
    AwsError::new(
        ErrorCode::InvalidAccessException,
        format!("Account {} is not subscribed to AWS Security Hub", caller.account()),
    )
}

/// Returns whether the hub is enabled.
pub fn is_enabled(world: &World, key: &HubKey) -> bool {
    world.relations().is_on(key)
}

/// Checks that no central configuration policy governs the account's settings (HUB-07, STD-29).
///
/// # Errors
/// [`HubError::CentrallyManaged`].
pub fn refuse_centrally_managed(directory: &Directory, key: &HubKey) -> Result<(), HubError> {
    if governance::is_managed(directory, key) { Err(HubError::CentrallyManaged) } else { Ok(()) }
}

/// Checks that an account may enable its hub (HUB-07). A governed account may not, except the management account after
/// the association of its policy has failed: AWS never enables a hub in that account, so the association fails until
/// the account enables the hub itself (CCF-31, CCF-46).
///
/// # Errors
/// [`HubError::CentrallyManaged`].
pub fn may_enable(directory: &Directory, key: &HubKey) -> Result<(), HubError> {
    if governance::is_failed_management_account(directory, key.account) {
        return Ok(());
    }
    refuse_centrally_managed(directory, key)
}

/// The hub, if it is enabled.
///
/// # Errors
/// [`HubError::NotEnabled`].
pub fn enabled(transaction: &Transaction<'_>, key: &HubKey) -> Result<Hub, HubError> {
    let hub = transaction.hub(key).filter(|hub| hub.subscribed_at().is_some());
    hub.map(|hub| (*hub).clone()).ok_or(HubError::NotEnabled)
}
