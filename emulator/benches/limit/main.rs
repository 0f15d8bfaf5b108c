//! The program beside its limit: a bare hyper server that answers the same bytes, in the same run.
//!
//! `cargo bench` prints, for each kind of call, requests a second of both and their ratio, pair by pair, and how
//! long the program takes from start to its first answer. Program, bare server and client are three processes
//! on one machine; only ratios mean something.

#![allow(clippy::expect_used, reason = "a bench stops where it cannot go on")]

mod bare;
mod bodies;
mod child;
mod load;

use std::path::Path;
use std::time::{Duration, Instant};

use bodies::Imports;
use child::Child;
use load::{Request, run};

/// Pairs of rounds; each round lasts [`ROUND`].
const PAIRS: usize = 5;
const ROUND: Duration = Duration::from_millis(1500);
const STARTS: usize = 21;
/// Findings in the store when a page is read, in batches of 100.
const STORED_BATCHES: usize = 200;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--bare") {
        return bare::serve();
    }
    let quickstart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/quickstart.yaml");
    println!("start to healthy, with the quickstart: {}", starts(&quickstart));
    println!("\n{:<28} {:>12} {:>12}   ratio, median (min … max of {PAIRS} pairs)", "call", "program /s", "bare /s");
    let program = Child::program(&[]);
    let bare = Child::bare();
    run_once(&program, &bodies::enable_hub());
    describe_hub(&program, &bare);
    import(&program, &bare);
    page(&bare);
}

/// Milliseconds from starting the process to an answer of its health check: median and range.
fn starts(scenario: &Path) -> String {
    let mut times: Vec<f64> = (0..STARTS)
        .map(|_| {
            let start = Instant::now();
            let program = Child::program(&["--scenario", &scenario.to_string_lossy()]);
            run_once(&program, b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n");
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    format!("{:.1} ms (median of {STARTS}; {:.1} … {:.1})", times[STARTS / 2], times[0], times[STARTS - 1])
}

fn run_once(server: &Child, request: &[u8]) {
    let answer = load::once(server.address(), request);
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

fn describe_hub(program: &Child, bare: &Child) {
    let request = bodies::describe_hub();
    let answer = load::body(&load::once(program.address(), &request));
    compare("DescribeHub", program, bare, || Request::Same(request.clone()), &bare::echo(&answer));
}

fn import(program: &Child, bare: &Child) {
    let imports = Imports::new(0);
    println!("  (a body of {} bytes)", imports.body_length());
    let counter = std::sync::atomic::AtomicU32::new(1);
    let request = || {
        let stream = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Request::Import(Box::new(Imports::new(stream)))
    };
    compare("import of 100 x 2.4 KB", program, bare, request, &bare::sink(&imports));
}

/// A page of 100 with one EQUALS, out of a store that the load before has not grown.
fn page(bare: &Child) {
    let program = Child::program(&[]);
    run_once(&program, &bodies::enable_hub());
    let mut imports = Imports::new(0);
    for _ in 0..STORED_BATCHES {
        run_once(&program, imports.next());
    }
    let request = bodies::page();
    let answer = load::body(&load::once(program.address(), &request));
    println!("  (a page of {} bytes, {} findings stored)", answer.len(), STORED_BATCHES * 100);
    compare("GetFindings, page of 100", &program, bare, || Request::Same(request.clone()), &bare::echo(&answer));
}

/// Runs the two in turn and prints medians and ratios.
fn compare(name: &str, program: &Child, bare: &Child, request: impl Fn() -> Request, limit: &bare::Limit) {
    run_once(bare, &limit.prepare);
    let (mut ratios, mut ours, mut limits) = (Vec::new(), Vec::new(), Vec::new());
    run(program.address(), &request, ROUND / 3);
    run(bare.address(), &|| limit.request.copy(), ROUND / 3);
    for _ in 0..PAIRS {
        let our = run(program.address(), &request, ROUND);
        let bare = run(bare.address(), &|| limit.request.copy(), ROUND);
        ratios.push(our / bare);
        ours.push(our);
        limits.push(bare);
    }
    for list in [&mut ratios, &mut ours, &mut limits] {
        list.sort_by(f64::total_cmp);
    }
    let middle = PAIRS / 2;
    println!(
        "{name:<28} {:>12.0} {:>12.0}   {:.2} ({:.2} … {:.2})",
        ours[middle],
        limits[middle],
        ratios[middle],
        ratios[0],
        ratios[PAIRS - 1]
    );
}
