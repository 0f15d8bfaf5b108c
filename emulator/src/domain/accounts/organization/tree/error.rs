//! Errors of AWS Organizations.

use crate::aws_error::{AwsError, ErrorCode};

/// Defines [`TreeError`]: code, reason if the code has reasons, and the message.
macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident = $code:ident $(/ $reason:literal)?, $message:literal;)*) => {
        /// Reason why AWS Organizations refuses a change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum TreeError {
            $($(#[$doc])* $name,)*
        }

        impl From<TreeError> for AwsError {
            fn from(error: TreeError) -> AwsError {
                match error {
                    $(TreeError::$name => AwsError::new(ErrorCode::$code, $message)$(.with_reason($reason))?,)*
                }
            }
        }
    };
}

errors! {
    /// The caller belongs to an organization.
    AlreadyInOrganization = AlreadyInOrganizationException, "The AWS account is already a member of an organization.";
    /// This emulator has one organization.
    SecondOrganization = ConstraintViolationException,
        "This emulator serves one organization at a time, and another account manages it.";
    /// The organization has accounts besides the management account.
    OrganizationNotEmpty = OrganizationNotEmptyException,
        "To delete the organization you must first remove all member accounts (except the management account).";
    /// The unit has accounts or units.
    UnitNotEmpty = OrganizationalUnitNotEmptyException,
        "You can't delete an organizational unit that contains accounts or other organizational units.";
    /// No such unit.
    NoUnit = OrganizationalUnitNotFoundException,
        "You specified an organizational unit that doesn't exist.";
    /// Another unit of the parent has the name.
    DuplicateUnit = DuplicateOrganizationalUnitException, "An OU with the same name already exists.";
    /// Units are nested at most five levels deep.
    UnitTooDeep = ConstraintViolationException / "OU_DEPTH_LIMIT_EXCEEDED",
        "You have exceeded the maximum organizational unit depth.";
    /// The organization has the maximum number of units.
    TooManyUnits = ConstraintViolationException / "OU_NUMBER_LIMIT_EXCEEDED",
        "You have exceeded the allowed number of organizational units.";
    /// No such parent.
    NoParent = ParentNotFoundException, "You specified a parent that doesn't exist.";
    /// No such account, unit, root or policy.
    NoTarget = TargetNotFoundException, "You specified a target that doesn't exist.";
    /// No such root.
    NoRoot = RootNotFoundException, "You specified a root that doesn't exist.";
    /// No such policy.
    NoPolicy = PolicyNotFoundException, "You specified a policy that doesn't exist.";
    /// Another policy of the type has the name.
    DuplicatePolicy = DuplicatePolicyException, "A policy with the same name already exists.";
    /// The organization has the maximum number of policies of a type.
    TooManyPolicies = ConstraintViolationException / "POLICY_NUMBER_LIMIT_EXCEEDED",
        "You have exceeded the allowed number of policies.";
    /// The policy is attached.
    PolicyInUse = PolicyInUseException, "This policy is attached to one or more targets. Detach it before you delete it.";
    /// AWS manages the policy.
    ImmutablePolicy = InvalidInputException / "IMMUTABLE_POLICY", "You cannot update or delete an AWS managed policy.";
    /// The policy type is enabled.
    TypeEnabled = PolicyTypeAlreadyEnabledException, "The specified policy type is already enabled.";
    /// The policy type is not enabled.
    TypeNotEnabled = PolicyTypeNotEnabledException,
        "This operation can be performed only for enabled policy types.";
    /// The policy is attached to the target.
    DuplicateAttachment = DuplicatePolicyAttachmentException,
        "A policy of the specified type is already attached to the specified target.";
    /// The policy is not attached to the target.
    NotAttached = PolicyNotAttachedException, "The policy isn't attached to the specified target.";
    /// The target has the maximum number of policies.
    TooManyAttached = ConstraintViolationException / "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        "You have attached the maximum number of policies to the specified target.";
    /// It is the only service control policy of the target.
    LastAttached = ConstraintViolationException / "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
        "You cannot remove the last policy attached to the specified target. You must have at least one attached at all \
         times.";
    /// No such account.
    NoAccount = AccountNotFoundException, "You specified an account that doesn't exist.";
    /// The organization has the maximum number of accounts.
    TooManyAccounts = ConstraintViolationException / "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
        "You have exceeded the allowed number of AWS Accounts.";
    /// The account is not below the named parent.
    NoSourceParent = SourceParentNotFoundException, "You specified a source parent that doesn't exist.";
    /// No such parent to move to.
    NoDestinationParent = DestinationParentNotFoundException, "You specified a destination parent that doesn't exist.";
    /// The account is below that parent already.
    DuplicateAccount = DuplicateAccountException, "The account is already in the specified destination.";
    /// The account is closed.
    AlreadyClosed = AccountAlreadyClosedException, "The account is already closed.";
    /// The management account cannot be closed.
    CannotCloseManagement = ConstraintViolationException / "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
        "You cannot close the management account of the organization.";
    /// Too many accounts were closed in the last 30 days.
    CloseQuota = ConstraintViolationException / "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
        "You have exceeded close account quota for the past 30 days.";
    /// A delegated administrator cannot be removed or closed.
    IsDelegated = ConstraintViolationException / "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
        "You cannot remove a delegated administrator account from the organization. Deregister it first.";
    /// The management account cannot leave.
    ManagementCannotLeave = MasterCannotLeaveOrganizationException,
        "The management account cannot leave the organization. Delete the organization instead.";
    /// The account was created a short time ago.
    WaitPeriod = ConstraintViolationException / "WAIT_PERIOD_ACTIVE",
        "This operation requires a wait period. You must wait until at least seven days after the account was created.";
    /// Too many tags on one resource.
    TooManyTags = ConstraintViolationException / "MAX_TAG_LIMIT_EXCEEDED",
        "You have exceeded the allowed number of tags.";
    /// The same key twice.
    DuplicateTag = InvalidInputException / "DUPLICATE_TAG_KEY", "Tag keys must be unique.";
    /// A key that begins with `aws:`.
    SystemTag = InvalidInputException / "INVALID_SYSTEM_TAGS_PARAMETER", "You cannot use system tags.";
}
