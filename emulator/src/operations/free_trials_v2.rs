//! ListFreeTrialStatusesV2.

#[cfg(test)]
mod tests;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::accounts::free_trials::{self, FreeTrial};
use crate::state::{AccountId, HubKey, timestamp_text};

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    #[serde(default)]
    account_ids: Vec<String>,
    #[serde(default)]
    statuses: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AccountOutput {
    account_id: AccountId,
    evaluated_at: String,
    free_trial_statuses: Vec<StatusOutput>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StatusOutput {
    feature_type: &'static str,
    status: &'static str,
    started_at: String,
    expires_at: String,
}

/// Lists the free trials of accounts in the caller's Region, even while the V2 hub is disabled (FTR-01 … FTR-05).
///
/// # Errors
/// 400 `ValidationException` for an account that the caller does not administer, and for a token of another query.
pub fn list_free_trial_statuses_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<ListInput>(Operation::ListFreeTrialStatusesV2, input)?;
    let page = page.open(context, &json!(&input))?;
    let caller = &context.caller;
    let relations = context.world.relations();
    let requested: Vec<AccountId> = input.account_ids.iter().filter_map(|account| AccountId::parse(account)).collect();
    let accounts = free_trials::accounts(relations.directory(), caller, &requested)?;
    let status = |trial: &FreeTrial| StatusOutput {
        feature_type: trial.kind,
        status: if trial.is_active(caller.now) { "ACTIVE" } else { "INACTIVE" },
        started_at: timestamp_text(trial.started_at),
        expires_at: timestamp_text(trial.expires_at),
    };
    let is_wanted = |row: &StatusOutput| input.statuses.is_empty() || input.statuses.iter().any(|it| it == row.status);
    let row = |account: AccountId| {
        let trials = free_trials::of_hub(&relations, &HubKey { account, region: caller.region.clone() });
        AccountOutput {
            account_id: account,
            evaluated_at: timestamp_text(caller.now),
            free_trial_statuses: trials.iter().map(status).filter(is_wanted).collect(),
        }
    };
    page.by_name(accounts, ToString::to_string).map(row).answer()
}
