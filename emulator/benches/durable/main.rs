//! Measures the cost of a data directory: the rate of imports, compared with the same program without a directory, and
//! the time of a start with 100,000 findings.
//!
//! ```text
//! cargo bench -p securityhub-local --bench durable
//! ```
//!
//! The directories are in the folder for temporary files (`TMPDIR`), so its disk is measured. Each pair of rounds
//! imports without and with a directory, one after the other, over eight connections.

#![allow(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

#[path = "../limit/bodies.rs"]
#[allow(dead_code, reason = "the other bench uses the other items")]
mod bodies;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "other benches use the other items")]
mod common;

use std::time::{Duration, Instant};

use bodies::Imports;
use common::child::Child;
use common::connection::{Connection, once};
use common::goal::{at_least, below, line};
use common::load::{self, Requests};
use common::memory;
use common::size::sized;
use common::summary::Summary;
use tempfile::TempDir;

const CONNECTIONS: u32 = 8;
/// An upper bound for the memory that a round of imports needs, in bytes.
const MEMORY: usize = 3 << 30;

/// Number of pairs of rounds, and the duration of a round.
fn pairs() -> (usize, Duration) {
    sized((15, Duration::from_millis(1500)), (1, Duration::from_millis(30)))
}

/// Number of batches of 100 findings with which the program starts.
fn batches() -> usize {
    sized(1000, 3)
}

fn starts() -> usize {
    sized(7, 1)
}

fn main() {
    let (pairs, findings) = (pairs().0, batches() * 100);
    println!("each line: median (minimum … maximum) of {pairs} pairs or {} starts\n", starts());
    for (durability, goal) in [("process", 0.8), ("disk", 0.25)] {
        let ratios = Summary::of((0..pairs).map(|_| import(None).recip() * import(Some(durability))));
        let what = format!("imports with --durability {durability}, relative to imports in memory");
        line(&what, &format!("{ratios:.2}"), &at_least(ratios.median(), goal));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    fill(&folder);
    let started = Summary::of((0..starts()).map(|_| start(&folder)));
    line(
        &format!("start with {findings} findings in the log"),
        &format!("{started:.3} s"),
        &below(started.median(), 1.0, " s"),
    );
    compact(&folder);
    let started = Summary::of((0..starts()).map(|_| start(&folder)));
    line(
        &format!("start with {findings} findings in a snapshot"),
        &format!("{started:.3} s"),
        &below(started.median(), 1.0, " s"),
    );
}

fn program(folder: &TempDir, durability: &str) -> Child {
    Child::program(&["--data-dir", &folder.path().join("data").to_string_lossy(), "--durability", durability])
}

/// Batches per second.
fn import(durability: Option<&str>) -> f64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = durability.map_or_else(|| Child::program(&[]), |durability| program(&folder, durability));
    once(program.address(), &bodies::enable_hub());
    memory::touch(MEMORY);
    let connections = (0..CONNECTIONS).map(|stream| Box::new(Imports::new(stream)) as Box<dyn Requests>).collect();
    load::run(program.address(), connections, Some(Instant::now() + pairs().1)).rate()
}

fn fill(folder: &TempDir) {
    let program = program(folder, "process");
    once(program.address(), &bodies::enable_hub());
    let (mut imports, mut connection) = (Imports::new(0), Connection::open(program.address()));
    for _ in 0..batches() {
        connection.send_ok(imports.next().unwrap_or_default());
    }
}

/// Restores a snapshot, which writes it to the directory.
fn compact(folder: &TempDir) {
    let program = program(folder, "process");
    let mut connection = Connection::open(program.address());
    connection.send(b"PUT /_emulator/snapshots/s HTTP/1.1\r\nhost: x\r\n\r\n");
    connection.send_ok(b"POST /_emulator/snapshots/s/restore HTTP/1.1\r\nhost: x\r\n\r\n");
}

/// Seconds from the start of the program to its health response.
fn start(folder: &TempDir) -> f64 {
    let start = Instant::now();
    let program = program(folder, "process");
    let health = once(program.address(), b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n");
    let seconds = start.elapsed().as_secs_f64();
    let health = String::from_utf8_lossy(&health).into_owned();
    assert!(health.contains(&format!("\"findings\":{}", batches() * 100)), "{health}");
    seconds
}
