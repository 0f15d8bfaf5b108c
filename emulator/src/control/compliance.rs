//! `GET /_emulator/compliance`: control statuses and security scores as the console shows them.

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use serde::Deserialize;

use super::request::{self, error_response};
use crate::domain::caller::Caller;
use crate::domain::controls::scores::{self, Compliance};
use crate::domain::{due, hub_access, overview};
use crate::served::ServedWorld;
use crate::state::{Principal, World};

const EXPECTED: &str = "expected ?account=111111111111&region=us-east-1, with \
                        &standard=fsbp-1.0.0 (or an ARN) to list the controls of one standard";

/// The account, the Region, and optionally the standard.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    account: Option<String>,
    region: Option<String>,
    standard: Option<String>,
}

/// Returns the scores that an account sees in a Region; 400 if its hub is disabled.
pub(super) async fn scores(Extension(served): Extension<ServedWorld>, query: request::QueryOf<Input>) -> Response {
    match computed(&served.world(), &query.0) {
        Ok(compliance) => Json(compliance).into_response(),
        Err(message) => error_response(StatusCode::BAD_REQUEST, &message),
    }
}

fn computed(world: &World, input: &Input) -> Result<Compliance, String> {
    let account = request::account(input.account.as_deref().unwrap_or_default(), EXPECTED)?;
    let region = input.region.as_deref().filter(|region| !region.is_empty());
    let region = request::region(world, region.ok_or_else(|| format!("region is missing; {EXPECTED}"))?)?;
    let standard = input.standard.as_deref().map(scores::standard).transpose();
    let standard = standard.map_err(|error| format!("{error}; {EXPECTED}"))?;
    let now = world.clock.now();
    due::run(world, now);
    let caller = Caller { principal: Principal::local_user(account), region, now };
    if !hub_access::is_enabled(world, &caller.hub_key()) {
        let missing = overview::missing_hub(&world.relations(), &caller.hub_key());
        return Err(format!("Security Hub is not enabled for {account} in {}. {missing}", caller.region));
    }
    let compliance = scores::daily::shown(world, &caller, standard);
    match standard.filter(|_| compliance.computed_at.is_some() && compliance.scores.standards.is_empty()) {
        Some(standard) => Err(format!(
            "{} is not enabled in any of the accounts and Regions that {account} can see in {}",
            standard.id, caller.region
        )),
        None => Ok(compliance),
    }
}
