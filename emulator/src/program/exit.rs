//! The meaning of exit codes.

use std::fmt::Display;
use std::process::ExitCode;

use super::output;

/// The reason why the program ends without success.
#[derive(Debug)]
pub(super) enum Exit {
    /// 1: a failure at run time, such as a port in use.
    Failed(String),
    /// 2: invalid input, such as arguments or an invalid scenario, whose errors have been printed already.
    Invalid(String),
    /// 130 or 143: Ctrl-C or SIGTERM before the server was ready, as shells number them.
    Stopped(u8),
}

impl Exit {
    pub(super) fn failed(message: impl Display) -> Exit {
        Exit::Failed(message.to_string())
    }

    pub(super) fn invalid(message: impl Display) -> Exit {
        Exit::Invalid(message.to_string())
    }

    /// Prints the message and returns the exit code.
    pub(super) fn print(self) -> ExitCode {
        let (code, message) = match self {
            Exit::Failed(message) => (1, format!("securityhub-local: {message}")),
            Exit::Invalid(message) => (2, message),
            Exit::Stopped(code) => (code, String::new()),
        };
        if !message.is_empty() {
            output::print_error(&message);
        }
        ExitCode::from(code)
    }
}
