//! Client tokens: a call that is repeated with its token gets the first response again and changes nothing (O2G-08).

use bytes::Bytes;
use jiff::SignedDuration;
use securityhub_fixtures::Operation;
use serde_json::Value;

use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::state::{Answered, ClientToken, Timestamp, Transaction};

/// The time for which a token is remembered (`inferred`).
const RETENTION: SignedDuration = SignedDuration::from_hours(8);

/// A call with a client token.
#[derive(Debug)]
pub struct Call {
    token: ClientToken,
    parameters: Value,
    now: Timestamp,
}

impl Call {
    /// A call of an operation with a token and its other parameters.
    pub fn new(caller: &Caller, operation: Operation, token: String, parameters: Value) -> Call {
        let token = ClientToken { hub: caller.hub_key(), operation: operation.name(), token };
        Call { token, parameters, now: caller.now }
    }

    /// The response to an earlier call with the same token and parameters, if there was one. Failed calls are not
    /// remembered (DEC-22).
    ///
    /// # Errors
    /// 409 `ConflictException` if the token was used with other parameters.
    pub fn answer(&self, transaction: &Transaction<'_>) -> Result<Option<Bytes>, AwsError> {
        let since = self.since();
        let Some(answered) = transaction.answered(&self.token).filter(|answered| answered.at > since) else {
            return Ok(None);
        };
        if answered.parameters != self.parameters {
            let token = &self.token.token;
            return Err(AwsError::conflict(format!("ClientToken {token} was already used with other parameters")));
        }
        Ok(Some(answered.answer.clone()))
    }

    /// Remembers the response.
    pub fn remember(self, transaction: &mut Transaction<'_>, answer: Bytes) {
        let since = self.since();
        let answered = Answered { parameters: self.parameters, answer, at: self.now };
        transaction.stage_answer(self.token, answered, since);
    }

    /// Tokens from before this time are forgotten.
    fn since(&self) -> Timestamp {
        self.now.checked_sub(RETENTION).unwrap_or(Timestamp::MIN)
    }
}
