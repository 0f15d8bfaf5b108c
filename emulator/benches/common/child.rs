//! The servers, as processes that are stopped by their guards.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A server process.
pub(crate) struct Child {
    process: std::process::Child,
    address: SocketAddr,
}

impl Child {
    /// Starts the program on a free port.
    pub(crate) fn program(arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_securityhub-local"));
        command.args(["serve", "--port", "0"]).args(arguments);
        Child::start(command)
    }

    /// Starts a program of any build on a free port, which it writes to a file.
    pub(crate) fn build(program: &Path, arguments: &[&str]) -> Child {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = folder.path().join("port");
        let mut command = Command::new(program);
        command.args(["serve", "--port", "0", "--port-file"]).arg(&port).args(arguments);
        let mut process = command.stdout(Stdio::null()).spawn().expect("the program starts");
        loop {
            if let Ok(text) = std::fs::read_to_string(&port) {
                let port: u16 = text.trim().parse().expect("a port");
                return Child { process, address: ([127, 0, 0, 1], port).into() };
            }
            let ended = process.try_wait().expect("a child can be waited for");
            assert!(ended.is_none(), "{} ended before it served", program.display());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts the bare hyper server, which is this executable again.
    pub(crate) fn bare() -> Child {
        let mut command = Command::new(std::env::current_exe().expect("an executable knows its path"));
        command.arg("--bare");
        Child::start(command)
    }

    /// Starts a server whose first line of output ends with its URL.
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

    /// The process ID.
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
