//! The program: command line, start and shutdown, and human-readable output.
//!
//! Contents: commands and their output. Rules of Security Hub do not belong here. Exit codes are decided only in
//! `exit.rs`.

mod arguments;
mod call;
mod cli;
mod client;
mod clock;
mod compliance;
mod coverage;
mod endpoint;
mod env;
mod events;
mod exit;
mod explain;
mod faults;
mod findings;
mod follow;
mod generate;
mod health;
mod hosts;
mod listing;
mod loading;
mod logging;
mod members;
mod metrics;
mod organization;
mod output;
mod policies;
mod ready;
mod requests;
mod reset;
mod scenario;
mod serve;
mod signals;
mod sinks;
mod snapshot;
mod status;
mod style;
mod tls;
mod values;
mod verify;
mod watch;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use cli::{Cli, Command};
use exit::Exit;

/// Runs the program with the arguments and environment of the process.
pub fn main() -> ExitCode {
    match arguments().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.print(),
    }
}

/// The coverage of each operation as Markdown: a line with the counts, and a table.
pub fn coverage_markdown() -> String {
    coverage::markdown()
}

/// The calls of the control plane as a table in Markdown.
pub fn control_plane_markdown() -> String {
    crate::control::routes_markdown()
}

/// The requested command. Help is printed here and ends the program with 0.
fn arguments() -> Result<Option<Command>, Exit> {
    match Cli::try_parse() {
        Ok(cli) => Ok(Some(cli.command)),
        Err(error) if error.use_stderr() => {
            // A failure to write the help or the error cannot be reported.
            _ = error.print();
            Err(Exit::invalid(""))
        }
        Err(help) => output::check_written(help.print().and_then(|()| std::io::stdout().flush())).map(|()| None),
    }
}

fn run(command: Option<Command>) -> Result<(), Exit> {
    let Some(command) = command else { return Ok(()) };
    match command {
        Command::Serve(arguments) => serve::run(arguments)?,
        Command::Explain(arguments) => explain::run(&arguments)?,
        Command::Members(command) => members::run(&command)?,
        Command::Organization(command) => organization::run(&command)?,
        Command::Policies(command) => policies::run(&command)?,
        Command::Compliance(arguments) => compliance::run(&arguments)?,
        Command::Events(arguments) => events::run(&arguments)?,
        Command::Sinks(command) => sinks::run(&command)?,
        Command::Faults(command) => faults::run(&command)?,
        Command::Announce(arguments) => sinks::announce(&arguments)?,
        Command::Requests(arguments) => requests::run(&arguments)?,
        Command::Verify(arguments) => verify::run(&arguments)?,
        Command::Status(remote) => status::run(&remote)?,
        Command::Health(arguments) => health::run(&arguments)?,
        Command::Reset(arguments) => reset::run(&arguments)?,
        Command::Clock(arguments) => clock::run(&arguments)?,
        Command::Snapshot(command) => snapshot::run(&command)?,
        Command::Metrics(arguments) => metrics::run(&arguments)?,
        Command::Env(arguments) => env::run(&arguments)?,
        Command::Findings(arguments) => findings::run(&arguments)?,
        Command::Call(arguments) => call::run(&arguments)?,
        Command::Coverage(arguments) => coverage::run(&arguments)?,
        Command::Generate(arguments) => generate::run(&arguments)?,
        Command::Scenario(command) => scenario::run(&command)?,
        Command::Version => output::print(&format!("securityhub-local {}\n", env!("CARGO_PKG_VERSION")))?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "securityhub-local", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
        }
    }
    Ok(())
}
