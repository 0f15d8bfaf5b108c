//! The first check of operations of the V2 half: is the caller's V2 hub enabled?

use securityhub_fixtures::Operation;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::state::Region;

/// The message of a call that needs the caller's V2 hub, except for those that list `ConflictException`.
const NOT_SUBSCRIBED: &str = "You are not subscribed to HubV2";

/// The error of an operation that needs the caller's V2 hub: 409 `ConflictException` if the operation lists this error,
/// else 404 `ResourceNotFoundException` if it lists that one, else 403 `AccessDeniedException` (O2G-05, O2G-06).
pub fn off(caller: &Caller, operation: Operation) -> AwsError {
    let lists = |code: ErrorCode| operation.model().errors.contains(&code.name());
    if lists(ErrorCode::ConflictException) {
        return AwsError::conflict(format!("Security Hub V2 is not enabled for {}", caller.account()));
    }
    if lists(ErrorCode::ResourceNotFoundException) { not_subscribed() } else { AwsError::access_denied(NOT_SUBSCRIBED) }
}

/// 404: the V2 hub is disabled.
pub fn not_subscribed() -> AwsError {
    AwsError::not_found(NOT_SUBSCRIBED)
}

/// 409 for a call that is only possible in the home Region of an aggregator (AGV-06).
pub fn not_home(current: &Region, home: &Region) -> AwsError {
    AwsError::conflict(format!("The current Region {current} does not match the aggregation Region {home}"))
}
