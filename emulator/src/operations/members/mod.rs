//! Members and invitations from both sides: operations of administrators ([`administrator`]), and of members and
//! invited accounts ([`invited`]).

pub mod administrator;
pub mod invited;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::Answer;
use crate::aws_error::AwsError;
use crate::domain::accounts::members::Unprocessed;

/// Default size of a page (INV-14: `inferred`).
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccountIdsInput {
    account_ids: Vec<String>,
}

/// `{AccountId, ProcessingResult}` of an unprocessed account.
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

/// The list is present even if it is empty (INV-01).
fn unprocessed(accounts: Vec<Unprocessed>) -> Result<Answer, AwsError> {
    Answer::json(&UnprocessedOutput { unprocessed_accounts: accounts.into_iter().map(Into::into).collect() })
}
