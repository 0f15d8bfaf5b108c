//! Members and invitations, from both sides: what an administrator calls ([`administrator`]), what a member and an
//! invited account call ([`invited`]).

pub mod administrator;
pub mod invited;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::Answer;
use crate::aws_error::AwsError;
use crate::domain::accounts::members::Unprocessed;

/// How many rows a page has when no size is asked (INV-14: `inferred`).
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountIdsInput {
    account_ids: Vec<String>,
}

/// `{AccountId, ProcessingResult}` of an account that was left unprocessed.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedAccount {
    account_id: String,
    processing_result: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedOutput {
    unprocessed_accounts: Vec<UnprocessedAccount>,
}

impl From<Unprocessed> for UnprocessedAccount {
    fn from(Unprocessed { account, refusal }: Unprocessed) -> UnprocessedAccount {
        UnprocessedAccount { account_id: account, processing_result: refusal.sentence() }
    }
}

/// The list is there when it is empty too (INV-01).
fn unprocessed(accounts: Vec<Unprocessed>) -> Result<Answer, AwsError> {
    Answer::json(&UnprocessedOutput { unprocessed_accounts: accounts.into_iter().map(Into::into).collect() })
}
