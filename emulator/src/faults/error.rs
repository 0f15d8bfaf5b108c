//! Errors that rules return: the valid codes, and the error that a call of an operation gets (CPL-35).

use std::borrow::Cow;

use securityhub_fixtures::errors::UNDECLARED_ERRORS;
use securityhub_fixtures::{Operation, model};

use super::mistake::{Mistake, nearest};
use super::selector::{Scope, Subject};
use crate::aws_error::ErrorCode;
use crate::state::FaultError;

/// Names of families of codes. The operation determines the code that a call gets.
const FAMILIES: [(&str, Family); 3] =
    [("Throttle", Family::Throttle), ("Internal", Family::Internal), ("Denied", Family::Denied)];

/// An error to return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultAnswer {
    /// The code.
    pub code: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// The message.
    pub message: String,
}

/// The error of a rule.
#[derive(Clone, Debug)]
pub(super) struct ErrorRule {
    code: Code,
    status: Option<u16>,
    message: Option<String>,
}

#[derive(Clone, Debug)]
enum Code {
    /// A code with its usual status.
    Named(String, u16),
    /// The code of this family that the operation uses.
    Of(Family),
}

/// A family of codes with the same meaning, from which the operation uses one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// A bad request.
    Invalid,
    /// A conflict with the state of the target.
    Conflict,
    /// Too many requests.
    Throttle,
    /// An internal error.
    Internal,
    /// The caller lacks permission.
    Denied,
}

impl ErrorRule {
    /// Parses the error of a rule that selects the calls of `scope`.
    pub(super) fn read(written: &FaultError, scope: &Scope) -> Result<ErrorRule, Mistake> {
        let FaultError { code, status, message } = written;
        if let Some(status) = status.filter(|status| !(400..=599).contains(status)) {
            return Err(Mistake::new("Status", format!("{status} is not a status from 400 to 599")));
        }
        let code = match (code.as_deref(), *status) {
            (None, None) => return Err(Mistake::new("", "expected 'Code', 'Status' or both")),
            (None, Some(status)) => usual(status),
            (Some(code), status) => read_code(code, status, scope)?,
        };
        Ok(ErrorRule { code, status: *status, message: message.clone() })
    }

    /// The error that a call gets from the rule with an ID.
    pub(super) fn answer(&self, subject: &Subject<'_>, id: &str) -> FaultAnswer {
        let (code, usual) = match &self.code {
            Code::Named(code, status) => (Cow::Owned(code.clone()), *status),
            Code::Of(family) => (Cow::Borrowed(family.code(subject)), family.status()),
        };
        let is_throttling = Family::of(&code) == Some(Family::Throttle);
        let usual_message =
            || if is_throttling { "Too Many Requests".to_owned() } else { format!("Injected by fault {id}") };
        let message = self.message.clone().unwrap_or_else(usual_message);
        FaultAnswer { code, status: self.status.unwrap_or(usual), message }
    }
}

/// The codes of each family, of which services use different ones.
const CODES: [(Family, &[&str]); 5] = [
    (Family::Invalid, &["InvalidInputException", "ValidationException"]),
    (Family::Conflict, &["ResourceConflictException", "ConflictException"]),
    (
        Family::Throttle,
        &["TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "SlowDown"],
    ),
    (
        Family::Internal,
        &["InternalException", "InternalServerException", "InternalFailure", "InternalError", "ServiceException"],
    ),
    (Family::Denied, &["AccessDeniedException", "AccessDenied", "UnauthorizedOperation"]),
];

impl Family {
    /// The family of a code.
    fn of(code: &str) -> Option<Family> {
        CODES.iter().find(|(_, codes)| codes.contains(&code)).map(|(family, _)| *family)
    }

    fn status(self) -> u16 {
        match self {
            Family::Invalid => 400,
            Family::Conflict => 409,
            Family::Throttle => 429,
            Family::Internal => 500,
            Family::Denied => 403,
        }
    }

    /// The code for a call. The codes of services other than Security Hub are taken from their documentation.
    fn code(self, subject: &Subject<'_>) -> &'static str {
        let is_v2 = subject.operation.is_some_and(Operation::answers_validation_exception);
        match (self, subject.service) {
            (Family::Throttle, "sts" | "iam") => "Throttling",
            (Family::Throttle, "ec2") => "RequestLimitExceeded",
            (Family::Throttle, "s3") => "SlowDown",
            (Family::Throttle, _) if is_v2 => ErrorCode::ThrottlingException.name(),
            (Family::Throttle, _) => ErrorCode::TooManyRequestsException.name(),
            (Family::Internal, "sts" | "iam") => "InternalFailure",
            (Family::Internal, "ec2" | "s3") => "InternalError",
            (Family::Internal, "organizations") => "ServiceException",
            (Family::Internal, _) if is_v2 => ErrorCode::InternalServerException.name(),
            (Family::Internal, _) => ErrorCode::InternalException.name(),
            (Family::Denied, "sts" | "iam" | "s3") => ErrorCode::AccessDenied.name(),
            (Family::Denied, "ec2") => "UnauthorizedOperation",
            (Family::Denied, _) => ErrorCode::AccessDeniedException.name(),
            (Family::Invalid, _) if is_v2 => ErrorCode::ValidationException.name(),
            (Family::Invalid, _) => ErrorCode::InvalidInputException.name(),
            (Family::Conflict, _) if is_v2 => ErrorCode::ConflictException.name(),
            (Family::Conflict, _) => ErrorCode::ResourceConflictException.name(),
        }
    }
}

/// The code of an error that only sets a status.
fn usual(status: u16) -> Code {
    let named = |code: &str| Code::Named(code.to_owned(), status);
    match status {
        400 => Code::Of(Family::Invalid),
        403 => Code::Of(Family::Denied),
        404 => named(ErrorCode::ResourceNotFoundException.name()),
        409 => Code::Of(Family::Conflict),
        429 => Code::Of(Family::Throttle),
        500 => Code::Of(Family::Internal),
        503 => named(ErrorCode::ServiceUnavailableException.name()),
        _ => named("InternalFailure"),
    }
}

/// Parses a code. If the rule lists operations, all of them must have the code; otherwise one selected operation
/// suffices.
fn read_code(code: &str, status: Option<u16>, scope: &Scope) -> Result<Code, Mistake> {
    if let Some((_, family)) = FAMILIES.iter().find(|(name, _)| *name == code) {
        return Ok(Code::Of(*family));
    }
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "._:-".contains(letter);
    if code.is_empty() || code.len() > 128 || !code.chars().all(is_allowed) {
        let expected = "expected 1 to 128 letters, digits, '.', '_', ':' and '-'";
        return Err(Mistake::new("Code", format!("'{code}' is not a valid error code; {expected}")));
    }
    let listed = scope.listed().filter(|_| scope.is_of_security_hub());
    let found = match &listed {
        Some(operations) => {
            let statuses: Option<Vec<u16>> = operations.iter().map(|operation| status_of(*operation, code)).collect();
            statuses.and_then(|statuses| statuses.first().copied())
        }
        None => scope.operations().into_iter().find_map(|operation| status_of(operation, code)),
    };
    let of_others = || (!scope.is_of_security_hub()).then(|| status_of_any_service(code)).flatten();
    if let Some(usual) = status.or(found).or_else(of_others) {
        return Ok(Code::Named(code.to_owned(), usual));
    }
    let operations = listed.unwrap_or_else(|| scope.operations());
    let mut known: Vec<&str> = operations.iter().flat_map(|operation| codes(*operation)).collect();
    if !scope.is_of_security_hub() {
        known.extend(ErrorCode::ALL.iter().map(|code| code.name()));
    }
    known.extend(FAMILIES.iter().map(|(name, _)| *name));
    let nearest = suggestion(code, &known);
    let of = scope.describe();
    let message = format!("'{code}' is not an error code of {of}{nearest}; any code can be sent with 'Status'");
    Err(Mistake::new("Code", message))
}

/// The text `; did you mean 'x'?` with the known code of the same family, whose name may be very different, or with the
/// most similar known code; empty if there is neither.
fn suggestion(code: &str, known: &[&str]) -> String {
    let of_family = Family::of(code).and_then(|family| {
        let codes = CODES.iter().filter(|(other, _)| *other == family).flat_map(|(_, codes)| *codes);
        codes.copied().find(|code| known.contains(code))
    });
    match of_family {
        Some(code) => format!("; did you mean '{code}'?"),
        None => nearest(code, known.iter().copied()),
    }
}

/// The status of a code that an operation may return, because its model or `UNDECLARED_ERRORS` lists the code.
fn status_of(operation: Operation, code: &str) -> Option<u16> {
    if operation.model().errors.contains(&code) {
        return model::error_status(code);
    }
    let undeclared = UNDECLARED_ERRORS.iter();
    let mut of_operation = undeclared.filter(|error| error.operation.is_none_or(|other| other == operation));
    let found = of_operation.find(|error| error.code == code).map(|error| error.status);
    let unavailable = ErrorCode::ServiceUnavailableException;
    found.or_else(|| (code == unavailable.name()).then(|| unavailable.status()))
}

/// The codes that an operation may return.
fn codes(operation: Operation) -> impl Iterator<Item = &'static str> {
    let undeclared = UNDECLARED_ERRORS.iter();
    let of_operation = undeclared.filter(move |error| error.operation.is_none_or(|other| other == operation));
    let declared = operation.model().errors.iter().copied();
    declared.chain(of_operation.map(|error| error.code)).chain([ErrorCode::ServiceUnavailableException.name()])
}

/// The status of a code of any service.
fn status_of_any_service(code: &str) -> Option<u16> {
    ErrorCode::ALL.iter().find(|known| known.name() == code).map(|known| known.status())
}
