//! Errors of central configuration.

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::state::{CentralConfiguration, Directory};

/// Maximum number of policies of an organization (QUO-04).
pub const MAX_POLICIES: usize = 20;

/// Reason why a call of central configuration is refused. The sentences are `inferred`, except those of
/// `NotAdministrator` and `IncompletePolicy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CentralError {
    /// The caller is not the delegated administrator, calls outside the home Region, or there is no central
    /// configuration (CCF-11, CCF-12).
    NotAdministrator,
    /// The administrator calls in another Region than the home Region (CCF-12).
    OutsideHome,
    /// There is no such policy (CCF-19).
    NoPolicy(String),
    /// There is no such target in the organization (CCF-24).
    NoTarget(String),
    /// A target must be exactly one of root, unit and account (CCF-24).
    InvalidTarget,
    /// The target has no association, or one with another policy (CCF-26, CCF-33).
    NoAssociation(String),
    /// Another policy has the name (CCF-15).
    NameTaken(String),
    /// The name is too long or contains invalid characters (CCF-15).
    InvalidName(String),
    /// The maximum number of policies exists already (CCF-15).
    TooMany,
    /// A policy enables Security Hub without standards and controls (CCF-16).
    IncompletePolicy,
    /// A policy has invalid content (CCF-16 … CCF-18).
    InvalidPolicy(String),
    /// Parameters that a control does not accept, with the sentence of UpdateSecurityControl (CCF-18, SEC-34).
    InvalidParameters(String),
    /// The policy is associated with a target (CCF-21).
    InUse,
}

impl From<CentralError> for AwsError {
    fn from(error: CentralError) -> AwsError {
        match error {
            CentralError::NotAdministrator => AwsError::access_denied(
                "Must be a Security Hub delegated administrator with Central Configuration enabled",
            ),
            CentralError::OutsideHome => {
                AwsError::access_denied("Central Configuration APIs can only be called from the aggregation region")
            }
            CentralError::NoPolicy(id) => AwsError::not_found(format!("Configuration policy {id} was not found")),
            CentralError::NoTarget(id) => AwsError::not_found(format!("Target {id} was not found in the organization")),
            CentralError::InvalidTarget => AwsError::invalid_input(
                "Invalid parameter 'Target'. Specify exactly one of AccountId, OrganizationalUnitId and RootId",
            ),
            CentralError::NoAssociation(id) => {
                AwsError::not_found(format!("No configuration policy is associated with target {id}"))
            }
            CentralError::NameTaken(name) => AwsError::new(
                ErrorCode::ResourceConflictException,
                format!("A configuration policy named {name} already exists"),
            ),
            CentralError::InvalidName(name) => AwsError::invalid_input(format!("Invalid parameter 'Name'. {name}")),
            CentralError::TooMany => AwsError::new(
                ErrorCode::LimitExceededException,
                format!("An organization can have at most {MAX_POLICIES} configuration policies"),
            ),
            CentralError::IncompletePolicy => AwsError::invalid_input(
                "Invalid semantics: Enabled standards and security control configurations must be configured when \
                 Security Hub is enabled",
            ),
            CentralError::InvalidPolicy(message) => {
                AwsError::invalid_input(format!("Invalid parameter 'ConfigurationPolicy'. {message}"))
            }
            CentralError::InvalidParameters(sentence) => AwsError::invalid_input(sentence),
            CentralError::InUse => AwsError::new(
                ErrorCode::ResourceConflictException,
                "The configuration policy is still associated with targets",
            ),
        }
    }
}

/// The central configuration, if the caller may read and change it in this Region (CCF-11, CCF-12).
///
/// # Errors
/// [`CentralError::NotAdministrator`], [`CentralError::OutsideHome`].
pub fn administered<'d>(directory: &'d Directory, caller: &Caller) -> Result<&'d CentralConfiguration, CentralError> {
    let central = directory.organization.as_ref().and_then(|organization| organization.central.as_ref());
    let is_callers =
        |central: &&CentralConfiguration| central.administrator == caller.account() && central.enabled_at <= caller.now;
    let central = central.filter(is_callers).ok_or(CentralError::NotAdministrator)?;
    if central.home == caller.region { Ok(central) } else { Err(CentralError::OutsideHome) }
}
