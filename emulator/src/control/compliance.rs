//! `GET /_emulator/compliance`: control statuses and security scores as the console shows them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::api::{Call, Json, Nothing, Refusal};
use super::request;
use crate::domain::caller::Caller;
use crate::domain::controls::scores::{self, Compliance};
use crate::domain::{hub_access, overview};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ComplianceInput {
    /// The account that sees the scores.
    account: String,
    /// The Region.
    region: String,
    /// The standard whose controls are listed, such as `fsbp-1.0.0` or its ARN.
    standard: Option<String>,
    /// False to read daily scores without requesting their computation; true by default.
    request: Option<bool>,
}

/// Returns the scores that an account sees in a Region; 400 if its hub is disabled.
pub(super) fn scores(call: &Call<'_>, input: ComplianceInput, _: Nothing) -> Result<Json<Compliance>, Refusal> {
    let (world, now) = call.world();
    let world = &*world;
    let account = request::account(&input.account)?;
    let region = request::region(world, &input.region)?;
    let standard = input.standard.as_deref().map(scores::standard).transpose().map_err(Refusal::unreadable)?;
    let caller = Caller::local_user(account, region, now);
    if !hub_access::is_enabled(world, &caller.hub_key()) {
        let missing = overview::missing_hub(&world.relations(), &caller.hub_key());
        return Err(format!("Security Hub is not enabled for {account} in {}. {missing}", caller.region).into());
    }
    let read = if input.request == Some(false) { scores::daily::latest } else { scores::daily::shown };
    let compliance = read(world, &caller, standard);
    match standard.filter(|_| compliance.computed_at.is_some() && compliance.scores.standards.is_empty()) {
        Some(standard) => Err(format!(
            "{} is not enabled in any of the accounts and Regions that {account} can see from {}",
            standard.id, caller.region
        )
        .into()),
        None => Ok(Json(compliance)),
    }
}
