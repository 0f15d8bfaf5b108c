//! `POST /_emulator/explain`: explains why a finding is or is not returned.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::api::{Call, Json, Nothing, Refusal};
use super::request;
use crate::domain::caller::Caller;
use crate::domain::findings::explain::{self, Question};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ExplainInput {
    /// The account that would call GetFindings.
    account: String,
    /// The Region that it would call.
    region: String,
    /// The `Id` of the finding.
    id: String,
    /// The ProductArn of the finding, if several findings have this Id.
    product_arn: Option<String>,
    /// The filters, as GetFindings or GetFindingsV2 takes them.
    #[serde(default)]
    filters: Value,
}

/// Explains the findings with an ID to the caller named in the body. Invalid filters get a 400 with the service's own
/// message.
pub(super) fn explain(
    call: &Call<'_>,
    _: Nothing,
    Json(input): Json<ExplainInput>,
) -> Result<Json<explain::Explanation>, Refusal> {
    let account = request::account(&input.account)?;
    let (world, now) = call.world();
    let region = request::region(&world, &input.region)?;
    let caller = Caller::local_user(account, region, now);
    let question = Question { id: &input.id, product_arn: input.product_arn.as_deref(), filters: &input.filters };
    let explained = explain::explain(&world, &caller, &question);
    explained.map(Json).map_err(|error| error.message.into_owned().into())
}
