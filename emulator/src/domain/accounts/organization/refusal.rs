//! Errors of operations on the organization.

use crate::aws_error::{AwsError, ErrorCode};
use crate::state::{AccountId, Region};

/// Reason why a call about the organization is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganizationError {
    /// The caller does not belong to an organization (ORG-07).
    NotInOrganization,
    /// The caller is not the management account (ORG-07).
    NotManagementAccount,
    /// Only the management account may list the administrator of the V2 API (ORG-10).
    NotListedToOthers,
    /// The account to designate is not in the organization (ORG-06).
    NoMember,
    /// Another account is designated (ORG-03, ORG-05).
    AnotherIsDesignated(AccountId),
    /// The account to designate is suspended or closed (ORG-08).
    OutOfUse(AccountId),
    /// The account to designate is an enabled member (ORG-08).
    MemberOfAnother(AccountId),
    /// The management account must enable its hub before it can be designated (ORG-03).
    ManagementAccountIsOff(Region),
    /// The account to remove is not designated (ORG-11).
    NotDesignated(AccountId),
    /// The caller is not the delegated administrator in this Region (ORG-30).
    NotAdministrator(AccountId),
    /// Central configuration does not allow enabling new accounts by default (ORG-34).
    EnablesUnderCentral,
    /// Central configuration requires an aggregator, and can be changed in its home Region only (CCF-02, CCF-08).
    NoHomeRegion,
    /// The management account cannot use central configuration (CCF-03).
    ManagementAccountIsAdministrator,
    /// Central configuration cannot be turned off while policies or associations exist (CCF-09).
    PoliciesExist,
    /// The management account cannot be the administrator of the V2 API (HV2-20).
    ManagementAccountOfV2,
    /// Under central configuration the designation cannot be removed (ORG-12).
    Central,
}

impl From<OrganizationError> for AwsError {
    fn from(error: OrganizationError) -> AwsError {
        AwsError::invalid_input(match error {
            OrganizationError::NotInOrganization => {
                return AwsError::access_denied("Your account is not a member of an organization");
            }
            OrganizationError::NotManagementAccount => {
                let message = "You must be the organization management account to perform this operation";
                return AwsError::access_denied(message);
            }
            OrganizationError::NotListedToOthers => {
                let message = "You must be the organization management account to perform this operation";
                return AwsError::new(ErrorCode::InvalidAccessException, message);
            }
            OrganizationError::NotAdministrator(account) => {
                let message = format!("Account {account} is not an administrator for this organization");
                return AwsError::new(ErrorCode::InvalidAccessException, message);
            }
            OrganizationError::NoMember => "The account provided is not a member of the organization".to_owned(),
            OrganizationError::AnotherIsDesignated(account) => format!(
                "Security Hub delegated administrator account {account} is already designated for the organization. \
                 Remove it before you designate another account."
            ),
            OrganizationError::OutOfUse(account) => format!("Account {account} is suspended"),
            OrganizationError::MemberOfAnother(account) => {
                format!("Account {account} is a member account of another administrator account")
            }
            OrganizationError::ManagementAccountIsOff(region) => {
                format!("Enable Security Hub in the management account in {region} before you designate it")
            }
            OrganizationError::ManagementAccountOfV2 => {
                "The organization management account cannot be the Security Hub delegated administrator".to_owned()
            }
            OrganizationError::NotDesignated(account) => {
                format!("Account {account} is not the Security Hub delegated administrator")
            }
            OrganizationError::EnablesUnderCentral => {
                "Auto Enable and AutoEnableStandards can not be enabled for Central Configuration".to_owned()
            }
            OrganizationError::NoHomeRegion => {
                "Central configuration requires a finding aggregator. Call this operation \
                                                from the home Region."
                    .to_owned()
            }
            OrganizationError::ManagementAccountIsAdministrator => {
                return AwsError::access_denied("The organization management account cannot use central configuration");
            }
            OrganizationError::PoliciesExist => {
                let message =
                    "Cannot disable central configuration while configuration policies or associations exist.";
                return AwsError::new(ErrorCode::ResourceConflictException, message);
            }
            OrganizationError::Central => {
                "The organization uses central configuration. Switch to local configuration first.".to_owned()
            }
        })
    }
}
