//! `metrics`: prints the metrics of a running emulator.

use clap::Args;
use http::Method;

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output;

pub(super) const HELP: &str = "\
Show how often each operation was called, by status and error code:
  securityhub-local metrics | grep requests_total

Prometheus reads the same text from /metrics. Counters start at 0 when the emulator starts, and a \
reset does not change them.

Exit codes: 0 success; 1 the emulator does not respond; 2 invalid arguments.";

#[derive(Args)]
pub(super) struct MetricsArguments {
    /// URL of the running emulator [default: as for `status`]
    #[arg(long, value_name = "URL", env = "SECURITYHUB_LOCAL_URL")]
    url: Option<String>,
}

/// Prints the metrics.
pub(super) fn run(arguments: &MetricsArguments) -> Result<(), Exit> {
    let remote = Remote { url: arguments.url.clone(), json: false };
    let answer = client::send(&remote, Method::GET, "/_emulator/metrics", None)?;
    output::print(&String::from_utf8_lossy(&answer))
}
