//! AWS's rate limits (CPL-41): a token bucket for each account, Region and operation, on the clock of the world.

use securityhub_fixtures::Operation;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::state::{RateLimit, World};

/// The ID that the response and the journal show for a call over the limit.
pub const RATE_LIMIT: &str = "rate-limit";

/// The limit of an operation (IMP-24, STD-28, CTL-19, QUO-07).
pub fn limit(operation: Operation) -> RateLimit {
    let (per_second, burst) = match operation {
        Operation::GetFindings => (3, 6),
        Operation::BatchEnableStandards => (1, 1),
        Operation::UpdateStandardsControl => (1, 5),
        _ => (10, 30),
    };
    RateLimit { per_second, burst }
}

/// Counts a call, or refuses it if the caller has exceeded the limit of the operation. A refused call takes no token.
///
/// # Errors
/// 429 with the code that the operation uses.
pub fn admit(world: &World, caller: &Caller, operation: Operation) -> Result<(), AwsError> {
    let key = (caller.account(), caller.region.clone(), operation);
    if world.faults.take_token(key, limit(operation), world.clock.now()) {
        return Ok(());
    }
    let is_v2 = operation.answers_validation_exception();
    let code = if is_v2 { ErrorCode::ThrottlingException } else { ErrorCode::TooManyRequestsException };
    Err(AwsError::new(code, "Too Many Requests"))
}
