//! The one error type that a caller may see, below every room.

use std::borrow::Cow;
use std::fmt;

use securityhub_fixtures::model;

/// Defines [`ErrorCode`] with its wire name and the status it has where the service model says none.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal,)*) => {
        /// A code that an error answer carries in `x-amzn-ErrorType` and `Code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
        }

        impl ErrorCode {
            /// Every code, in the order of declaration.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name,)*];

            /// The code as it stands on the wire.
            pub fn name(self) -> &'static str {
                match self {
                    $(ErrorCode::$name => stringify!($name),)*
                }
            }

            /// The HTTP status that it has unless the error says otherwise (ACC-07).
            pub fn status(self) -> u16 {
                match self {
                    $(ErrorCode::$name => $status,)*
                }
            }
        }
    };
}

error_codes! {
    /// The caller may not do this.
    AccessDeniedException = 403,
    /// The state of the target forbids it (V2 half).
    ConflictException = 409,
    /// A fault of the service (classic half).
    InternalException = 500,
    /// A fault of the service (V2 half).
    InternalServerException = 500,
    /// Security Hub is not enabled in this account and region.
    InvalidAccessException = 401,
    /// A bad request (classic half).
    InvalidInputException = 400,
    /// A quota of resources is used up.
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
    /// A quota is used up (V2 half).
    ServiceQuotaExceededException = 402,
    /// Too many requests (V2 half).
    ThrottlingException = 429,
    /// A bad request (V2 half).
    ValidationException = 400,
    /// The hub is off: the code of the member and invitation operations (INV-04). It has no shape.
    BadRequestException = 400,
    /// Too many requests (classic half, IMP-24). It has no shape.
    TooManyRequestsException = 429,
    /// The path or the method belongs to no operation, or the operation is not built.
    UnknownOperationException = 404,
    /// The request carries no signature.
    MissingAuthenticationTokenException = 403,
    /// The signature cannot be read.
    IncompleteSignatureException = 403,
    /// The signature does not fit the request (`--verify-signatures`).
    InvalidSignatureException = 403,
    /// The access key is not known (`--verify-signatures`).
    UnrecognizedClientException = 403,
    /// The session that signed the request is over.
    ExpiredTokenException = 403,
    /// The body is of a media type that the service does not read.
    UnsupportedMediaTypeException = 415,
    /// The server has no room for the request now.
    ServiceUnavailableException = 503,
    /// The request did not arrive in time.
    RequestTimeoutException = 408,
    /// The AWS Organizations face: the account is in no organization.
    AWSOrganizationsNotInUseException = 400,
    /// The AWS Organizations face: no such account.
    AccountNotFoundException = 400,
    /// The AWS Organizations face: no such root or unit.
    ParentNotFoundException = 400,
    /// The AWS Organizations face: no such account, root or unit.
    ChildNotFoundException = 400,
    /// The AWS Organizations face: the account is registered already.
    AccountAlreadyRegisteredException = 400,
    /// The AWS Organizations face: the account is not registered.
    AccountNotRegisteredException = 400,
    /// The AWS Organizations face: the organization does not allow it.
    ConstraintViolationException = 400,
    /// A JSON face of a neighbour: the body is no JSON object.
    SerializationException = 400,
    /// The AWS IAM face: no such user.
    NoSuchEntity = 404,
    /// The query faces: a parameter is missing or wrong.
    ValidationError = 400,
    /// The AWS STS face: the policy of a session is none.
    MalformedPolicyDocument = 400,
    /// The AWS EC2 face: a parameter is wrong.
    InvalidParameterValue = 400,
    /// The query faces: the caller may not do this.
    AccessDenied = 403,
}

/// An answer other than success. `source` is for the log and never goes on the wire.
#[derive(Debug)]
pub struct AwsError {
    /// The code.
    pub code: ErrorCode,
    /// The HTTP status.
    pub status: u16,
    /// The sentence of the `Message` member.
    pub message: Cow<'static, str>,
    /// The code of its `Reason` member, which errors of AWS Organizations have.
    pub reason: Option<&'static str>,
    /// What went wrong inside, for the log.
    pub source: Option<String>,
}

impl AwsError {
    /// An error with the status that its code has.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        AwsError { code, status: code.status(), message: message.into(), reason: None, source: None }
    }

    /// The same error with another HTTP status (ACC-07).
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

    /// The same error with what caused it, for the log.
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

    /// 404 `ResourceNotFoundException`.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::ResourceNotFoundException, message)
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({}): {}", self.code.name(), self.status, self.message)?;
        match &self.source {
            Some(source) => write!(formatter, " [{source}]"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for AwsError {}

/// Whether the service model has a shape for this code, with this status.
pub fn is_modelled(code: ErrorCode) -> bool {
    model::error_status(code.name()) == Some(code.status())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: ERR-02.
    #[test]
    fn statuses_are_those_of_the_service_model() {
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
    fn the_status_belongs_to_the_answer() {
        let error = AwsError::invalid_input("x").with_status(401);
        assert_eq!((error.code.name(), error.status), ("InvalidInputException", 401));
    }
}
