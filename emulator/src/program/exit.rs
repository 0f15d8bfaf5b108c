//! What the exit codes mean.

use std::fmt::Display;
use std::process::ExitCode;

use super::output;

/// Why the program ends without success.
#[derive(Debug)]
pub(super) enum Exit {
    /// 1: something failed while it ran, such as a port that is taken.
    Failed(String),
    /// 2: the user's input is wrong: arguments, or a scenario with mistakes, which are told already.
    Mistake(String),
}

impl Exit {
    pub(super) fn failed(message: impl Display) -> Exit {
        Exit::Failed(message.to_string())
    }

    pub(super) fn mistake(message: impl Display) -> Exit {
        Exit::Mistake(message.to_string())
    }

    /// Tells the user and gives the code.
    pub(super) fn print(self) -> ExitCode {
        let (code, message) = match self {
            Exit::Failed(message) => (1, format!("securityhub-local: {message}")),
            Exit::Mistake(message) => (2, message),
        };
        if !message.is_empty() {
            output::complain(&message);
        }
        ExitCode::from(code)
    }
}
