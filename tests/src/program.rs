//! The program as a process, built once and stopped when its guard is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The program's path. It is built here if it is missing or outdated, because cargo does not provide binaries of other
/// packages to tests. `.cargo/config.toml` has the command.
static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut build = Command::new(env!("CARGO"));
    build.arg("build-for-tests");
    // The variables that cargo sets for tests. Cargo would build a dependency that reads them again, and so everything
    // that uses it.
    let is_of_test = |name: &str| name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_");
    for (name, _) in std::env::vars().filter(|(name, _)| is_of_test(name)) {
        build.env_remove(name);
    }
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    let built = build.status().expect("cargo runs");
    assert!(built.success(), "the program builds");
    let this = std::env::current_exe().expect("an executable knows its path");
    // Tests are built in target/PROFILE/deps, and programs in target/PROFILE.
    let folder = this.parent().expect("an executable is in a folder");
    let target = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    target.join(format!("securityhub-local{}", std::env::consts::EXE_SUFFIX))
});

/// The program's path.
pub fn path() -> &'static Path {
    &PATH
}

/// A command of the program, without the environment variables of the program and of AWS clients.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(&*PATH);
    let is_read = |name: &str| name.starts_with("SECURITYHUB_LOCAL_") || name.starts_with("AWS_");
    for (name, _) in std::env::vars().filter(|(name, _)| is_read(name)) {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

/// Runs a command of the program to completion.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

/// Time limit for a server process. It is killed afterwards, so that a test that waits forever fails instead of
/// hanging.
const MAX_LIFETIME: Duration = Duration::from_mins(10);

/// The time limit of `eventually`.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Calls `attempt` until it returns a value.
///
/// # Panics
/// If there is no value after a minute.
pub fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(start.elapsed() < TIMEOUT, "{what} is not true after {TIMEOUT:?}");
    }
}

/// A server that runs until it is dropped.
pub struct Program {
    process: Child,
    /// Dropping it tells the watchdog that the program is no longer needed.
    _needed: Sender<()>,
    /// The line that it printed when it was ready: text, or JSON with `--log json`.
    pub ready: String,
    /// The address on which it listens.
    pub address: SocketAddr,
}

impl Program {
    /// Runs `serve --port 0` with additional arguments.
    pub fn start(arguments: &[&str]) -> Program {
        let mut command = command(&["serve", "--port", "0"]);
        command.args(arguments);
        Program::serve(command)
    }

    /// Runs a server command whose standard error is a pipe that is read only at the end.
    pub fn serve(command: Command) -> Program {
        Program::serve_with_log(command, Stdio::piped())
    }

    /// Runs a server command whose standard error goes to `log`.
    pub fn serve_with_log(mut command: Command, log: impl Into<Stdio>) -> Program {
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let needed = watch(&process);
        let mut ready = String::new();
        let output = process.stdout.take().expect("standard output is piped");
        BufReader::new(output).read_line(&mut ready).expect("the program prints a line when it is ready");
        let url = ready.trim().rsplit("http://").next().and_then(|url| url.split('"').next()).unwrap_or_default();
        let address = url.parse().unwrap_or_else(|_| panic!("the ready line has no address: {ready:?}"));
        Program { process, _needed: needed, ready, address }
    }

    /// Kills the process, and waits until it has exited.
    pub fn kill(&mut self) {
        self.process.kill().expect("a child can be killed");
        self.process.wait().expect("a child can be waited for");
    }

    /// The process ID, for sending signals.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits for the process to exit within a time limit and returns the exit code, the duration and standard error.
    pub fn end(&mut self, most: Duration) -> (Option<i32>, Duration, String) {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().expect("a child can be waited for") {
                let mut text = String::new();
                let mut output = self.process.stderr.take().expect("standard error is piped");
                output.read_to_string(&mut text).expect("log lines are text");
                return (status.code(), start.elapsed(), text);
            }
            assert!(start.elapsed() < most, "the program has not ended after {most:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Its standard error, for reading while it runs.
    pub fn log(&mut self) -> ChildStderr {
        self.process.stderr.take().expect("standard error is piped")
    }

    /// A new connection to it. Reads time out after ten seconds.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the program listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a connected socket");
        stream
    }

    /// Sends bytes on a new connection and reads one response: its head and its body.
    pub fn send(&self, request: &[u8]) -> (String, String) {
        let mut stream = self.connect();
        stream.write_all(request).expect("the program reads");
        answer(&mut stream)
    }

    /// Requests its health, which must be good.
    pub fn assert_healthy(&self) {
        let (head, body) = self.send(b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(body.contains("\"status\":\"ok\""), "{body}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Kills a process that runs too long.
fn watch(process: &Child) -> Sender<()> {
    let (needed, end) = mpsc::channel();
    let id = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
    std::thread::spawn(move || {
        if let (Err(RecvTimeoutError::Timeout), Some(id)) = (end.recv_timeout(MAX_LIFETIME), id) {
            eprintln!("a program was killed because it still ran after {MAX_LIFETIME:?}");
            _ = kill_process(id, Signal::KILL);
        }
    });
    needed
}

/// Reads one response with a content length.
pub fn answer(stream: &mut TcpStream) -> (String, String) {
    let (mut answer, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let read = stream.read(&mut buffer).expect("an answer comes in time");
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or_default();
            if body.len() >= length {
                return (head.to_owned(), body[..length].to_owned());
            }
        }
        assert!(read > 0, "the connection was closed before the end of the response: {text:?}");
    }
}
