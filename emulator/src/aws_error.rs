//! The error type that callers see, usable from every module.

use std::borrow::Cow;
use std::fmt;

use securityhub_fixtures::model;

/// Defines [`ErrorCode`] with wire names and the statuses to use where the service model has none.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal,)*) => {
        /// An error code, sent in `x-amzn-ErrorType` and `Code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// All codes, in the order of declaration.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name,)*];

            /// The code as sent on the wire.
            pub fn name(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => stringify!($name),)*
                }
            }

            /// The HTTP status, unless an error overrides it (ACC-07).
            pub fn status(self) -> u16 {
                match self {
                    $(ErrorCode::$name => $status,)*
                }
            }
        }
    };
}

error_codes! {
    /// The caller lacks permission.
    AccessDeniedException = 403,
    /// The state of the target does not allow the operation (V2 API).
    ConflictException = 409,
    /// An internal error (classic API).
    InternalException = 500,
    /// An internal error (V2 API).
    InternalServerException = 500,
    /// Security Hub is not enabled in this account and Region.
    InvalidAccessException = 401,
    /// A bad request (classic API).
    InvalidInputException = 400,
    /// A resource quota is exceeded.
    LimitExceededException = 429,
    /// The organization does not exist.
    OrganizationNotFoundException = 400,
    /// The organizational unit does not exist.
    OrganizationalUnitNotFoundException = 400,
    /// The resource exists already.
    ResourceConflictException = 409,
    /// The resource is in use.
    ResourceInUseException = 400,
    /// The resource does not exist.
    ResourceNotFoundException = 404,
    /// A quota is exceeded (V2 API).
    ServiceQuotaExceededException = 402,
    /// Too many requests (V2 API).
    ThrottlingException = 429,
    /// A bad request (V2 API).
    ValidationException = 400,
    /// The hub is disabled: the code of member and invitation operations (INV-04). It has no shape.
    BadRequestException = 400,
    /// Too many requests (classic API, IMP-24). It has no shape.
    TooManyRequestsException = 429,
    /// The path or method matches no operation, or the operation is not implemented.
    UnknownOperationException = 404,
    /// The request is not signed.
    MissingAuthenticationTokenException = 403,
    /// The signature is malformed.
    IncompleteSignatureException = 403,
    /// The signature does not match the request (`--verify-signatures`).
    InvalidSignatureException = 403,
    /// The access key is unknown (`--verify-signatures`).
    UnrecognizedClientException = 403,
    /// The session that signed the request has expired.
    ExpiredTokenException = 403,
    /// The media type of the body is not supported.
    UnsupportedMediaTypeException = 415,
    /// The server has no capacity for the request at the moment.
    ServiceUnavailableException = 503,
    /// The request did not arrive in time.
    RequestTimeoutException = 408,
    /// AWS Organizations: the account does not belong to an organization.
    AWSOrganizationsNotInUseException = 400,
    /// AWS Organizations: unknown account.
    AccountNotFoundException = 400,
    /// AWS Organizations: unknown root or unit.
    ParentNotFoundException = 400,
    /// AWS Organizations: unknown account, root or unit.
    ChildNotFoundException = 400,
    /// AWS Organizations: the account is already registered.
    AccountAlreadyRegisteredException = 400,
    /// AWS Organizations: the account is not registered.
    AccountNotRegisteredException = 400,
    /// AWS Organizations: a constraint of the organization is violated.
    ConstraintViolationException = 400,
    /// AWS Organizations: the account is closed.
    AccountAlreadyClosedException = 400,
    /// AWS Organizations: the account belongs to an organization.
    AlreadyInOrganizationException = 400,
    /// AWS Organizations: unknown request to create an account.
    CreateAccountStatusNotFoundException = 400,
    /// AWS Organizations: unknown root or unit to move to.
    DestinationParentNotFoundException = 400,
    /// AWS Organizations: the account is below that parent already.
    DuplicateAccountException = 400,
    /// AWS Organizations: a unit with the name exists.
    DuplicateOrganizationalUnitException = 400,
    /// AWS Organizations: the policy is attached already.
    DuplicatePolicyAttachmentException = 400,
    /// AWS Organizations: a policy with the name exists.
    DuplicatePolicyException = 400,
    /// AWS Organizations: invalid policy document.
    MalformedPolicyDocumentException = 400,
    /// AWS Organizations: the management account cannot leave.
    MasterCannotLeaveOrganizationException = 400,
    /// AWS Organizations: the organization has member accounts.
    OrganizationNotEmptyException = 400,
    /// AWS Organizations: the unit has accounts or units.
    OrganizationalUnitNotEmptyException = 400,
    /// AWS Organizations: the policy is attached.
    PolicyInUseException = 400,
    /// AWS Organizations: the policy is not attached.
    PolicyNotAttachedException = 400,
    /// AWS Organizations: unknown policy.
    PolicyNotFoundException = 400,
    /// AWS Organizations: the policy type is enabled.
    PolicyTypeAlreadyEnabledException = 400,
    /// AWS Organizations: the policy type is not enabled.
    PolicyTypeNotEnabledException = 400,
    /// AWS Organizations: unknown root.
    RootNotFoundException = 400,
    /// AWS Organizations: the account is not below that parent.
    SourceParentNotFoundException = 400,
    /// AWS Organizations: unknown account, unit, root or policy.
    TargetNotFoundException = 400,
    /// A neighbouring service with a JSON protocol: the body is not a JSON object.
    SerializationException = 400,
    /// AWS IAM: unknown user.
    NoSuchEntity = 404,
    /// Query protocol: a parameter is missing or invalid.
    ValidationError = 400,
    /// AWS STS: invalid session policy.
    MalformedPolicyDocument = 400,
    /// AWS EC2: invalid parameter.
    InvalidParameterValue = 400,
    /// Query protocol: the caller lacks permission.
    AccessDenied = 403,
}

/// An error response. `source` is for the log and is never sent.
#[derive(Debug)]
pub struct AwsError {
    /// The code.
    pub code: ErrorCode,
    /// A code that a fault sets and that is sent instead.
    pub other_code: Option<Cow<'static, str>>,
    /// The HTTP status.
    pub status: u16,
    /// The text of the `Message` member.
    pub message: Cow<'static, str>,
    /// The value of the `Reason` member, which errors of AWS Organizations have.
    pub reason: Option<&'static str>,
    /// The internal cause, for the log.
    pub source: Option<String>,
    /// True if the changes that the failed call has made are committed.
    pub keeps_changes: bool,
}

impl AwsError {
    /// An error with the default status of its code.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        AwsError {
            code,
            other_code: None,
            status: code.status(),
            message: message.into(),
            reason: None,
            source: None,
            keeps_changes: false,
        }
    }

    /// The code as sent on the wire.
    pub fn name(&self) -> &str {
        self.other_code.as_deref().unwrap_or(self.code.name())
    }

    /// The same error with another code, which is not necessarily a code of AWS.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.other_code = Some(code.into());
        self
    }

    /// The same error with a different HTTP status (ACC-07).
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same error with a `Reason`.
    #[must_use]
    pub fn with_reason(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The same error, with which the changes that the failed call has made are committed.
    #[must_use]
    pub fn keeping_changes(mut self) -> Self {
        self.keeps_changes = true;
        self
    }

    /// The same error with its internal cause, for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl fmt::Display) -> Self {
        self.source = Some(source.to_string());
        self
    }

    /// 400 `InvalidInputException`.
    pub fn invalid_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidInputException, message)
    }

    /// 403 `AccessDeniedException`.
    pub fn access_denied(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::AccessDeniedException, message)
    }

    /// 400 `ValidationException`, the code of a bad request in the V2 half (O2G-03).
    pub fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::ValidationException, message)
    }

    /// 409 `ConflictException`.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::ConflictException, message)
    }

    /// 404 `ResourceNotFoundException`.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::ResourceNotFoundException, message)
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({}): {}", self.name(), self.status, self.message)?;
        match &self.source {
            Some(source) => write!(formatter, " [{source}]"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for AwsError {}

/// Returns whether the service model has a shape for this code, with the same status.
pub fn is_modelled(code: ErrorCode) -> bool {
    model::error_status(code.name()) == Some(code.status())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: ERR-02.
    #[test]
    fn statuses_match_the_service_model() {
        for &code in ErrorCode::ALL {
            if let Some(status) = model::error_status(code.name()) {
                assert_eq!(code.status(), status, "{}", code.name());
            }
        }
        let modelled = ErrorCode::ALL.iter().filter(|&&code| is_modelled(code)).count();
        assert_eq!(modelled, 15, "the service model has 15 error shapes");
    }

    /// Rules: ACC-07.
    #[test]
    fn an_error_can_override_the_status_of_its_code() {
        let error = AwsError::invalid_input("x").with_status(401);
        assert_eq!((error.code.name(), error.status), ("InvalidInputException", 401));
    }
}
