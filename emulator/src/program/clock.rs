//! `clock`: shows and moves the clock of a running emulator.

use clap::{Args, Subcommand};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output;

pub(super) const HELP: &str = "\
Move the clock by a day. Work that becomes due is done in order, each item at its due time:
  securityhub-local clock advance P1D

Durations are numbers with d, h, m, s or ms, such as 36h or 1h30m, or ISO 8601, such as P3D.

Stop the clock at a known time, so that timestamps in responses are predictable:
  securityhub-local clock freeze
  securityhub-local clock set 2026-01-15T09:00:00Z

The clock cannot go back. Return to an earlier time with `reset` or `snapshot restore`.

Exit codes: 0 success; 1 the emulator does not respond or refuses the change; 2 invalid arguments.";

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct ClockArguments {
    #[command(subcommand)]
    command: Option<ClockCommand>,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Subcommand)]
enum ClockCommand {
    /// Show the time and whether the clock is frozen; same as `clock` alone
    #[command(after_help = HELP)]
    Show(Remote),
    /// Move the clock forward by a duration
    #[command(after_help = HELP)]
    Advance {
        /// Duration, such as 36h, P3D or P1M
        #[arg(value_name = "DURATION")]
        by: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Move the clock forward to a time
    #[command(after_help = HELP)]
    Set {
        /// Time in RFC 3339, such as 2026-01-15T09:00:00Z
        #[arg(value_name = "TIME")]
        to: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Stop the clock
    #[command(after_help = HELP)]
    Freeze(Remote),
    /// Let the clock run
    #[command(after_help = HELP)]
    Run(Remote),
}

/// The clock.
#[derive(Deserialize)]
struct Clock {
    now: String,
    frozen: bool,
}

/// Runs the command, and prints the clock.
pub(super) fn run(arguments: &ClockArguments) -> Result<(), Exit> {
    let (remote, change) = match &arguments.command {
        None => (&arguments.remote, None),
        Some(ClockCommand::Show(remote)) => (remote, None),
        Some(ClockCommand::Advance { by, remote }) => (remote, Some(json!({ "advance": by }))),
        Some(ClockCommand::Set { to, remote }) => (remote, Some(json!({ "set": to }))),
        Some(ClockCommand::Freeze(remote)) => (remote, Some(json!({ "frozen": true }))),
        Some(ClockCommand::Run(remote)) => (remote, Some(json!({ "frozen": false }))),
    };
    let answer = call(remote, change.as_ref())?;
    output::print_answer(remote.json, &answer, |answer| {
        let Clock { now, frozen } = client::read(answer)?;
        let state = if frozen { "frozen" } else { "running" };
        Ok(format!("{} ({state})\n", output::escape_control_characters(&now)))
    })
}

fn call(remote: &Remote, change: Option<&Value>) -> Result<bytes::Bytes, Exit> {
    let method = if change.is_some() { Method::POST } else { Method::GET };
    client::send(remote, method, "/_emulator/clock", change)
}
