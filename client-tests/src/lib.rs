//! Shared by the tests with real clients: the Python environment, clients of the Rust SDK, and calls of the control
//! plane.
#![allow(clippy::expect_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::missing_panics_doc, reason = "test code panics if a client cannot be installed")]

pub mod markdown;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use aws_credential_types::Credentials;
use aws_sdk_securityhub::config::Region;
use aws_sdk_securityhub::{Client, Config};
use securityhub_local::Emulator;

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A Python virtual environment with the packages of `python/requirements.txt`, created once in the target directory.
///
/// If Python is missing, it prints a message and returns `None`; in CI that is a failure.
pub fn python_environment() -> Option<PathBuf> {
    // Tests run concurrently; the first one creates it.
    static ENVIRONMENT: LazyLock<Option<PathBuf>> = LazyLock::new(make_environment);
    ENVIRONMENT.clone()
}

fn make_environment() -> Option<PathBuf> {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).expect("requirements.txt is there");
    let test = std::env::current_exe().expect("an executable knows its path");
    let target = test.ancestors().nth(3).expect("tests are built in target/PROFILE/deps");
    let environment = target.join("client-tests-python");
    let done = environment.join("requirements-installed.txt");
    if std::fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Some(environment);
    }
    let made = run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
    if let Err(reason) = made {
        let sentence = format!("real Python clients are not tested, since python3 with venv is missing: {reason}");
        assert!(std::env::var_os("CI").is_none(), "{sentence}");
        println!("{sentence}");
        return None;
    }
    let pip = environment.join("bin/pip");
    run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements))
        .unwrap_or_else(|reason| panic!("the Python clients cannot be installed: {reason}"));
    std::fs::write(done, wanted).expect("the environment can be written");
    Some(environment)
}

/// A command of the environment that calls an endpoint as the quickstart's security account.
pub fn client(environment: &Path, program: &str, endpoint: &str) -> Command {
    let mut command = command(environment, program);
    command
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "111111111111")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_DEFAULT_REGION", "us-east-1");
    command
}

/// A command that finds the programs of the environment first and ignores the user's AWS configuration.
pub fn command(environment: &Path, program: &str) -> Command {
    let programs = environment.join("bin");
    let ours = programs.join(program);
    let mut command = if ours.exists() { Command::new(ours) } else { Command::new(program) };
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_PAGER", "");
    command
}

/// A client of the Rust SDK that calls an emulator in process, as an account in a Region.
pub fn sdk(emulator: &Emulator, account: &str, region: &str) -> Client {
    let config = Config::builder()
        .behavior_version_latest()
        .endpoint_url(emulator.endpoint())
        .region(Region::new(region.to_owned()))
        .credentials_provider(Credentials::new(account, "x", None, None, "test"))
        .http_client(emulator.http_client());
    Client::from_conf(config.build())
}

/// Starts an emulator with a shipped scenario, by file name.
pub async fn start(scenario: &str) -> Emulator {
    let file = repository().join("scenarios").join(scenario);
    Emulator::builder().scenario(file).start().await.expect("a shipped scenario is valid")
}

/// Posts JSON to the control plane and returns the body of the successful response.
pub fn post(endpoint: &str, path: &str, body: &str) -> String {
    send(endpoint, "POST", path, body)
}

/// Sends JSON to the control plane with any method and returns the body of the successful response.
pub fn send(endpoint: &str, method: &str, path: &str, body: &str) -> String {
    let address = endpoint.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the emulator listens");
    let length = body.len();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the answer is text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
    body.to_owned()
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Err(error) => Err(error.to_string()),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
