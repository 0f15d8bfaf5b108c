//! `/_emulator/health`, `/_emulator/ready` and `/_emulator/reset`, with the aliases that tools for LocalStack and moto
//! call.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::answer::Done;
use super::api::{Call, Json, Nothing, Refusal};
use crate::served::ServedWorld;
use crate::state::timestamp_text;

/// The health of the emulator. Its members are in lower case for compatibility.
#[derive(Serialize, JsonSchema)]
pub(super) struct Health {
    /// `ok`; `cannot write` while the data directory cannot be written, so that calls that change the state fail;
    /// `degraded` after a request has panicked, since its changes may be incomplete.
    status: &'static str,
    /// The durability of acknowledged calls: with `process`, they survive the end of the process; with `disk`, also a
    /// power loss; with `none`, neither.
    durability: &'static str,
    /// The ID of the last request that panicked.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_panic: Option<String>,
    /// The number of log lines that could not be written.
    #[serde(default, skip_serializing_if = "is_zero")]
    dropped_log_lines: u64,
    version: &'static str,
    clock: String,
    hubs: usize,
    findings: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde requires a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Returns the version, the clock, and the number of hubs and findings.
pub(super) fn health(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Health>, Refusal> {
    let (world, now) = call.world();
    let last_panic = call.served.last_panic();
    Ok(Json(Health {
        status: match &last_panic {
            _ if call.served.cannot_write() => "cannot write",
            Some(_) => "degraded",
            None => "ok",
        },
        durability: call.served.durability(),
        last_panic,
        dropped_log_lines: call.served.log().dropped(),
        version: env!("CARGO_PKG_VERSION"),
        clock: timestamp_text(now),
        hubs: world.relations().hub_count(),
        findings: world.finding_count(),
    }))
}

/// The readiness of the emulator.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Ready {
    ready: bool,
}

/// Confirms that the emulator accepts calls. It does so from the moment when the scenario is loaded and the port is
/// open until it is stopped (CPL-15).
pub(super) fn ready(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Ready>, Refusal> {
    if call.served.notifications().is_stopping() {
        let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the emulator is stopping");
        return Err(refusal.with_member("Ready", false));
    }
    Ok(Json(Ready { ready: true }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    /// `start`, the default: the state as the scenario describes it. `empty`: an empty state with the system clock.
    #[serde(default)]
    to: Target,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Target {
    #[default]
    Start,
    Empty,
}

/// Replaces the world by the start or by an empty one (CPL-50).
pub(super) fn reset(call: &Call<'_>, query: Reset, _: Nothing) -> Result<Done, Refusal> {
    to(call.served, query.to)
}

fn to(served: &ServedWorld, target: Target) -> Result<Done, Refusal> {
    let is_replaced = match target {
        Target::Start => served.reset(),
        Target::Empty => served.empty(),
    };
    if is_replaced { Ok(Done) } else { Err(Refusal::cannot_write()) }
}

/// The health in the form of LocalStack (CPL-14).
pub(super) fn localstack_health(_: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Value>, Refusal> {
    Ok(Json(json!({
        "services": { "securityhub": "running", "sts": "running", "organizations": "running" },
        "edition": "securityhub-local",
        "version": env!("CARGO_PKG_VERSION"),
    })))
}

/// Resets to the start, as the reset of LocalStack does (CPL-14).
pub(super) fn localstack_reset(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Done, Refusal> {
    to(call.served, Target::Start)
}

/// Resets to the start, with the answer of moto's reset (CPL-14).
pub(super) fn moto_reset(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Value>, Refusal> {
    to(call.served, Target::Start)?;
    Ok(Json(json!({ "status": "ok" })))
}
