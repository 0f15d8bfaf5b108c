//! Generated findings: how many the program writes per second, and how long it takes to start with them, compared with
//! goals.
//!
//! ```text
//! cargo bench -p securityhub-local --bench scenario
//! ```
//!
//! `generate` writes a hundred thousand findings of all products to /dev/null, and the time of the whole process
//! counts, including its start. The scenario has an administrator with a thousand members and a hundred thousand
//! findings distributed over all of them; the time is measured from the start of the program to the last byte of a
//! response.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "other benches use the other items")]
mod common;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use common::child::Child;
use common::connection::once;
use common::goal::{at_least, below, line};
use common::size::sized;
use common::summary::Summary;
use tempfile::NamedTempFile;

fn accounts() -> u32 {
    sized(1_000, 10)
}

fn findings() -> u32 {
    sized(100_000, 200)
}

/// Number of measurements.
fn runs() -> usize {
    sized(7, 1)
}

fn main() {
    println!("{} findings; each line: median (minimum … maximum) of {} runs\n", findings(), runs());
    let written = Summary::of((0..runs()).map(|_| f64::from(findings()) / generate()));
    line(
        "generate, findings of all products a second",
        &format!("{written:.0}"),
        &at_least(written.median(), 300_000.0),
    );
    let file = scenario();
    let started = Summary::of((0..runs()).map(|_| start(&file)));
    let what = format!("start with {} accounts and {} findings", accounts(), findings());
    line(&what, &format!("{started:.3} s"), &below(started.median(), 1.0, " s"));
}

/// Seconds that `generate` takes.
fn generate() -> f64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_securityhub-local"));
    command.args(["generate", "--product", "all", "--now", "2026-01-15T09:00:00Z", "--format", "lines"]);
    command.args(["--count", &findings().to_string()]).stdout(Stdio::null());
    let start = Instant::now();
    assert!(command.status().expect("the program starts").success(), "the command must write all findings");
    start.elapsed().as_secs_f64()
}

/// Seconds from the start of the program to its health response.
fn start(file: &NamedTempFile) -> f64 {
    let start = Instant::now();
    let program = Child::program(&["--scenario", &file.path().to_string_lossy()]);
    let health = once(program.address(), b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n");
    let seconds = start.elapsed().as_secs_f64();
    let health = String::from_utf8_lossy(&health);
    assert!(health.contains(&format!("\"findings\":{}", findings())), "all findings are there: {health}");
    seconds
}

/// A temporary scenario file.
fn scenario() -> NamedTempFile {
    let mut text = "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\nseed: 7\n".to_owned();
    text.push_str("hubs:\n  - account: \"111111111111\"\n    regions: all\n    members:\n");
    for number in 1..=accounts() {
        _ = writeln!(text, "      \"{:012}\": enabled", 200_000_000_000 + u64::from(number));
    }
    _ = writeln!(text, "findings:\n  - generate: {{ product: all, count: {} }}", findings());
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("room for a small file");
    file
}
