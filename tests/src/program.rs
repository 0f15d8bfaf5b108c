//! The program as a process, built once and stopped when its guard is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The program's path. It is built here when it is not, or not as the sources are now: tests of another package get no
/// binary of this one from cargo.
static PATH: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", "securityhub-local", "--bin", "securityhub-local"])
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the program builds");
    let test = std::env::current_exe().expect("an executable knows its path");
    let target = test.ancestors().nth(2).expect("tests are built in target/PROFILE/deps");
    target.join(format!("securityhub-local{}", std::env::consts::EXE_SUFFIX))
});

/// Where the program is.
pub fn path() -> &'static Path {
    &PATH
}

/// A command of the program, with none of its environment variables set.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(&*PATH);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SECURITYHUB_LOCAL_")) {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

/// Runs a command of the program to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

/// How long one program may serve. After that it is killed, so that a test that waits for something which never comes
/// fails instead of hanging.
const LONGEST: Duration = Duration::from_mins(10);

/// How long `eventually` waits.
const PATIENCE: Duration = Duration::from_mins(1);

/// Calls `attempt` until it gives something.
///
/// # Panics
/// After a minute without it.
pub fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "not after {PATIENCE:?}: {what}");
    }
}

/// A server that serves until it is dropped.
pub struct Program {
    process: Child,
    /// Its end tells the watchdog that the program is no longer needed.
    _needed: Sender<()>,
    /// The line that it said when it was ready.
    pub ready: String,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Program {
    /// `serve --port 0` with more arguments.
    pub fn start(arguments: &[&str]) -> Program {
        let mut command = command(&["serve", "--port", "0"]);
        command.args(arguments);
        Program::serve(command)
    }

    /// Any serving command; its standard error is a pipe that nobody reads before the end.
    pub fn serve(command: Command) -> Program {
        Program::serve_with_log(command, Stdio::piped())
    }

    /// Any serving command whose standard error goes to `log`.
    pub fn serve_with_log(mut command: Command, log: impl Into<Stdio>) -> Program {
        let mut process = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let needed = watch(&process);
        let mut ready = String::new();
        let output = process.stdout.take().expect("standard output is piped");
        BufReader::new(output).read_line(&mut ready).expect("the program speaks");
        let url = ready.trim().rsplit("http://").next().unwrap_or_default();
        let address = url.parse().unwrap_or_else(|_| panic!("no address in {ready:?}"));
        Program { process, _needed: needed, ready, address }
    }

    /// The process id, to send signals to.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits for the end, at most so long; gives the exit code, the time that it took, and standard error.
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

    /// Its standard error, to be read while it runs.
    pub fn log(&mut self) -> ChildStderr {
        self.process.stderr.take().expect("standard error is piped")
    }

    /// A connection to it; reads wait ten seconds at most.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the program listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a connected socket");
        stream
    }

    /// Sends bytes on a connection of their own and reads one answer: its head and its body.
    pub fn send(&self, request: &[u8]) -> (String, String) {
        let mut stream = self.connect();
        stream.write_all(request).expect("the program reads");
        answer(&mut stream)
    }

    /// Asks for health; it must be well.
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

/// Kills a process that is still needed after the longest time.
fn watch(process: &Child) -> Sender<()> {
    let (needed, end) = mpsc::channel();
    let id = i32::try_from(process.id()).ok().and_then(Pid::from_raw);
    std::thread::spawn(move || {
        if let (Err(RecvTimeoutError::Timeout), Some(id)) = (end.recv_timeout(LONGEST), id) {
            eprintln!("a program still served after {LONGEST:?} and was killed");
            _ = kill_process(id, Signal::KILL);
        }
    });
    needed
}

/// Reads one answer with a content length.
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
        assert!(read > 0, "the connection ended in the middle: {text:?}");
    }
}
