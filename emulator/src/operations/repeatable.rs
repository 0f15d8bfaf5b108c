//! Operations with a `ClientToken`.

use securityhub_fixtures::Operation;
use serde_json::Value;

use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::idempotency::Call;
use crate::state::Transaction;

/// Runs an operation once for each `ClientToken`: a repeated call gets the first response again (O2G-08).
///
/// # Errors
/// 409 `ConflictException` if the token was used with other parameters; the error of the operation.
pub fn once(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    operation: Operation,
    mut input: Input,
    run: impl FnOnce(&mut Transaction<'_>, Input) -> Result<Answer, AwsError>,
) -> Result<Answer, AwsError> {
    let Some(token) = input.take("ClientToken")? else { return run(transaction, input) };
    let call = Call::new(&context.caller, operation, token, Value::Object(input.members.clone()));
    if let Some(answer) = call.answer(transaction)? {
        return Ok(Answer(answer));
    }
    let answer = run(transaction, input)?;
    call.remember(transaction, answer.0.clone());
    Ok(answer)
}
