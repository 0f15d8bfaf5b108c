//! `reset`: returns a running emulator to the state of its scenario, or to an empty state.

use clap::{Args, ValueEnum};
use http::Method;

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output;

pub(super) const HELP: &str = "\
Return to the state that the scenario describes:
  securityhub-local reset

Remove everything, and set the clock to that of this machine:
  securityhub-local reset --to empty

To return to another state, use `securityhub-local snapshot restore NAME`.

Exit codes: 0 success; 1 the emulator does not respond; 2 invalid arguments.";

#[derive(Args)]
pub(super) struct ResetArguments {
    /// State to return to
    #[arg(long, value_name = "STATE", env = "SECURITYHUB_LOCAL_TO", value_enum, default_value_t = Target::Start)]
    to: Target,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// State that the scenario describes
    Start,
    /// No hubs, accounts or findings, and the clock of this machine
    Empty,
}

/// Resets the emulator.
pub(super) fn run(arguments: &ResetArguments) -> Result<(), Exit> {
    let (path, done) = match arguments.to {
        Target::Start => ("/_emulator/reset?to=start", "Reset to the state of the scenario."),
        Target::Empty => ("/_emulator/reset?to=empty", "The emulator is empty."),
    };
    let answer = client::send(&arguments.remote, Method::POST, path, None)?;
    output::print_answer(arguments.remote.json, &answer, |_| Ok(format!("{done}\n")))
}
