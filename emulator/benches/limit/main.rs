//! Compares the program with its upper bound: a bare hyper server that sends the same bytes, in the same run.
//!
//! For each kind of call, `cargo bench` prints the requests per second of both and their ratio, pair by pair, and the
//! time from the start of the program to its first response. Program, bare server and client are three processes on one
//! machine, so only the ratios are meaningful.

#![allow(clippy::expect_used, reason = "a bench may panic")]

mod bodies;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "the other bench uses the other items")]
mod common;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use bodies::Imports;
use common::bare::{self, Limit};
use common::child::Child;
use common::compare::{Pairs, compare, compare_prepared};
use common::connection::once;
use common::goal::at_least;
use common::load::{Requests, Same};
use common::memory;
use common::size::sized;
use common::summary::Summary;

/// An upper bound for the memory that a round of imports needs, in bytes.
const MEMORY: usize = 3 << 30;

/// Number of starts of the program.
fn starts() -> usize {
    sized(21, 1)
}

/// Number of stored batches of 100 findings when a page is read.
fn stored_batches() -> usize {
    sized(200, 2)
}

fn main() {
    if std::env::args().any(|argument| argument == "--bare") {
        return bare::serve();
    }
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/quickstart.yaml");
    println!("start until healthy, with the quickstart: {}", start_times(&quickstart));
    println!("\n{:<28} {}", "call", Pairs::titles());
    let program = Child::program(&[]);
    let bare = Child::bare();
    once(program.address(), &bodies::enable_hub());
    describe_hub(&program, &bare);
    import(&program, &bare);
    page(&bare);
}

/// Milliseconds from starting the process to the response of its health check: median and range.
fn start_times(scenario: &Path) -> String {
    let times = Summary::of((0..starts()).map(|_| {
        let start = Instant::now();
        let program = Child::program(&["--scenario", &scenario.to_string_lossy()]);
        once(program.address(), b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n");
        start.elapsed().as_secs_f64() * 1000.0
    }));
    let starts = starts();
    format!("{:.1} ms (median of {starts}; {:.1} … {:.1})", times.median(), times.least(), times.greatest())
}

fn describe_hub(program: &Child, bare: &Child) {
    let request = bodies::describe_hub();
    let answer = once(program.address(), &request);
    let pairs = compare(program, bare, &|| Box::new(Same(request.clone())), &bare::echo(&answer));
    println!("{:<28} {pairs}", "DescribeHub");
}

fn import(program: &Child, bare: &Child) {
    let imports = Imports::new(0);
    println!("  (a body of {} bytes)", imports.body_length());
    let counter = AtomicU32::new(1);
    let requests = || -> Box<dyn Requests> { Box::new(Imports::new(counter.fetch_add(1, Ordering::Relaxed))) };
    // Each round starts with an empty store and warmed-up memory.
    let prepare = || {
        once(program.address(), &bodies::reset());
        once(program.address(), &bodies::enable_hub());
        memory::touch(MEMORY);
    };
    let pairs = compare_prepared(program, bare, &requests, &sink(imports), &prepare);
    let goal = at_least(pairs.ratio.median(), 0.3);
    println!("{:<28} {pairs}   {goal}", "import of 100 x 2.4 KB");
}

/// The upper bound for an import: the bare server reads the same body and sends a response as short.
fn sink(imports: Imports) -> Limit {
    let answer = br#"{"FailedCount":0,"SuccessCount":100,"FailedFindings":[]}"#;
    Limit { prepare: bare::prepare(answer), requests: Box::new(move || Box::new(imports.clone())) }
}

/// A page of 100 with one EQUALS, from a store that the load does not change.
fn page(bare: &Child) {
    let program = Child::program(&[]);
    once(program.address(), &bodies::enable_hub());
    let mut imports = Imports::new(0);
    for _ in 0..stored_batches() {
        once(program.address(), imports.next().unwrap_or_default());
    }
    let request = bodies::page();
    let answer = once(program.address(), &request);
    println!("  (a page of {} bytes, {} findings stored)", answer.len(), stored_batches() * 100);
    let pairs = compare(&program, bare, &|| Box::new(Same(request.clone())), &bare::echo(&answer));
    println!("{:<28} {pairs}", "GetFindings, page of 100");
}
