//! The two servers, as processes that end with their guard.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

/// A server process.
pub(crate) struct Child {
    process: std::process::Child,
    address: SocketAddr,
}

impl Child {
    /// The program, on a free port.
    pub(crate) fn program(arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_securityhub-local"));
        command.args(["serve", "--port", "0"]).args(arguments);
        Child::start(command)
    }

    /// The bare hyper server: this executable again.
    pub(crate) fn bare() -> Child {
        let mut command = Command::new(std::env::current_exe().expect("an executable knows its path"));
        command.arg("--bare");
        Child::start(command)
    }

    /// Starts a server whose first line ends with its URL.
    fn start(mut command: Command) -> Child {
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("standard output is piped");
        BufReader::new(output).read_line(&mut line).expect("the server says where it is");
        let address = line.trim().rsplit("http://").next().unwrap_or_default().parse().expect("an address");
        Child { process, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
