//! `POST /_emulator/explain` and `GET /_emulator/requests/{number}/explain`: explain why findings are or are not returned.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Call, Json, Nothing, Refusal};
use super::{request, requests};
use crate::domain::caller::Caller;
use crate::domain::findings::explain::{self, Explanation, Question};
use crate::journal::explained_operation;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ExplainInput {
    /// The account that would call GetFindings.
    account: String,
    /// The Region that it would call.
    region: String,
    /// The `Id` of the finding. By default, up to three findings that fail the fewest filters are explained.
    id: Option<String>,
    /// The ProductArn of the finding, if several findings have this Id.
    product_arn: Option<String>,
    /// The filters, as GetFindings or GetFindingsV2 takes them.
    #[serde(default)]
    filters: Value,
}

/// The findings to explain.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedQuestion {
    /// The `Id` of the finding. By default, up to three findings that fail the fewest filters are explained.
    id: Option<String>,
}

/// Explains findings to the caller named in the body. Invalid filters get a 400 with the service's own message.
pub(super) fn explain(
    call: &Call<'_>,
    _: Nothing,
    Json(input): Json<ExplainInput>,
) -> Result<Json<Explanation>, Refusal> {
    let question =
        Question { id: input.id.as_deref(), product_arn: input.product_arn.as_deref(), filters: &input.filters };
    answer(call, &input.account, &input.region, &question)
}

/// Explains findings to the caller of a recorded call, with the filters of the call. The explanation is about the findings
/// that exist now.
pub(super) fn explain_recorded(
    call: &Call<'_>,
    query: RecordedQuestion,
    _: Nothing,
) -> Result<Json<Explanation>, Refusal> {
    let journal = requests::journal(call)?;
    let recorded = call.label.parse().ok().and_then(|number| journal.call(number));
    let recorded =
        recorded.ok_or_else(|| Refusal::not_found(format!("no recorded call has the number '{}'", call.label)))?;
    let number = recorded.number;
    let operation = recorded.operation.as_deref().unwrap_or("unknown");
    let is_v2 = explained_operation(operation).ok_or_else(|| {
        format!("call {number} is a {operation} call; only calls to GetFindings and GetFindingsV2 can be explained")
    })?;
    if let Some(message) = &recorded.error_message {
        return Err(format!("call {number} failed: {message}").into());
    }
    let mut filters = recorded.input.get("Filters").cloned().unwrap_or_default();
    if is_v2 && filters.get("CompositeFilters").is_none() {
        // An explanation is about GetFindingsV2 if the filters have this member.
        filters = json!({ "CompositeFilters": [] });
    }
    let (account, region) = (recorded.account.unwrap_or_default(), recorded.region.unwrap_or_default());
    answer(call, &account, &region, &Question { id: query.id.as_deref(), product_arn: None, filters: &filters })
}

fn answer(call: &Call<'_>, account: &str, region: &str, question: &Question<'_>) -> Result<Json<Explanation>, Refusal> {
    let account = request::account(account)?;
    let (world, now) = call.world();
    let caller = Caller::local_user(account, request::region(&world, region)?, now);
    let explained = explain::explain(&world, &caller, question);
    explained.map(Json).map_err(|error| error.message.into_owned().into())
}
