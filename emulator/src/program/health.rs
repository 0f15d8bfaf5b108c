//! `health`: checks whether a running emulator is ready, for scripts and health checks of containers.

use std::time::{Duration, Instant};

use bytes::Bytes;
use clap::Args;
use http::StatusCode;
use serde_json::Value;

use super::arguments::Remote;
use super::client;
use super::endpoint::Endpoint;
use super::exit::Exit;
use super::output;
use crate::units::RealTime;

pub(super) const HELP: &str = "\
Start an emulator in the background, and continue when it is ready:
  securityhub-local serve --scenario builtin:quickstart &
  securityhub-local health --wait 30s

Check the health of a container in a Dockerfile:
  HEALTHCHECK --interval=5s CMD [\"securityhub-local\", \"health\"]

Exit codes: 0 ready; 1 the emulator does not respond or is not ready; 2 invalid arguments.";

/// The interval between two attempts.
const INTERVAL: Duration = Duration::from_millis(50);
/// Time limit for a response.
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Args)]
pub(super) struct HealthArguments {
    /// Maximum time to wait until an emulator is ready, such as 30s [default: do not wait]
    #[arg(long, value_name = "DURATION", env = "SECURITYHUB_LOCAL_WAIT")]
    wait: Option<RealTime>,

    #[command(flatten)]
    remote: Remote,
}

/// The reason why an emulator is not ready.
enum Unready {
    /// No emulator responds.
    NoResponse(String),
    /// The emulator responds with this message.
    NotYet(String),
}

/// Checks the health and prints it.
pub(super) fn run(arguments: &HealthArguments) -> Result<(), Exit> {
    let endpoint = arguments.remote.endpoint()?;
    let wait = arguments.wait.unwrap_or_default().0;
    let end = Instant::now() + wait;
    // A response is not awaited longer than the emulator.
    let limit = || match end.saturating_duration_since(Instant::now()) {
        _ if wait.is_zero() => TIMEOUT,
        left => left.clamp(INTERVAL, TIMEOUT),
    };
    loop {
        match check(&endpoint, limit) {
            Ok(health) => return print(&arguments.remote, &health),
            Err(_) if Instant::now() < end => std::thread::sleep(INTERVAL),
            Err(Unready::NoResponse(error)) => return Err(client::unreachable(&endpoint, &error)),
            Err(Unready::NotYet(message)) => return Err(Exit::failed(message)),
        }
    }
}

/// Gets the health of an emulator that is ready. `limit` is the time limit of the next response.
fn check(endpoint: &Endpoint, limit: impl Fn() -> Duration) -> Result<Bytes, Unready> {
    let get = |path| match client::get_once(endpoint, path, limit()) {
        Ok((StatusCode::OK, body)) => Ok(body),
        Ok((status, body)) => {
            let message = client::message(&body);
            let other = || format!("{path} of {} returned {status}", endpoint.described());
            Err(Unready::NotYet(message.unwrap_or_else(other)))
        }
        Err(error) => Err(Unready::NoResponse(error)),
    };
    get("/_emulator/ready")?;
    let health = get("/_emulator/health")?;
    let status =
        serde_json::from_slice::<Value>(&health).ok().and_then(|health| health["status"].as_str().map(str::to_owned));
    match status.as_deref() {
        Some("ok" | "degraded") => Ok(health),
        Some(other) => Err(Unready::NotYet(format!("the emulator is not ready: its status is `{other}`"))),
        None => Err(Unready::NotYet(format!(
            "the server at {} is not a securityhub-local emulator; set --url to the address of one",
            endpoint.described()
        ))),
    }
}

fn print(remote: &Remote, health: &[u8]) -> Result<(), Exit> {
    if remote.json {
        return output::print(&format!("{}\n", String::from_utf8_lossy(health).trim_end()));
    }
    output::print(&render(&client::read(health)?))
}

/// Renders the health as one line.
fn render(health: &Value) -> String {
    let text = |name: &str| output::escape_control_characters(health[name].as_str().unwrap_or("-"));
    let [hubs, findings] = ["hubs", "findings"].map(|name| health[name].as_u64().unwrap_or_default());
    let status = text("status");
    format!("{status}: version {}, clock {}, hubs: {hubs}, findings: {findings}\n", text("version"), text("clock"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rules: CPL-121.
    #[test]
    fn the_health_is_printed_as_one_line() {
        let health =
            json!({ "status": "ok", "version": "1", "clock": "2026-01-15T09:00:00.000Z", "hubs": 6, "findings": 67 });
        assert_eq!(render(&health), "ok: version 1, clock 2026-01-15T09:00:00.000Z, hubs: 6, findings: 67\n");
    }
}
