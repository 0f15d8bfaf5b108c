//! Sends a number of random and mutated requests to emulators in this process. Stops at the first response that AWS
//! could not give (a panic, a 5xx, an invalid form), or that takes more than 100 ms of processor time per 10 KB of
//! request. Equal seeds send equal requests.
//!
//! ```text
//! cargo run --release -p securityhub-local-tests --bin fuzz -- --requests 1000000 --seed 1
//! ```

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use securityhub_local_tests::random::{Clients, Random};

/// Maximum processor time per 10 KB of request.
const LIMIT: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, otherwise: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.map_or(Some(otherwise), |at| arguments.get(at + 1)?.parse().ok())
    };
    let (Some(requests), Some(seed)) = (number("--requests", 1_000_000), number("--seed", 1)) else {
        eprintln!("usage: fuzz [--requests N] [--seed N]");
        return ExitCode::from(2);
    };
    run(requests, seed)
}

fn run(requests: u64, seed: u64) -> ExitCode {
    let (mut clients, mut random) = (Clients::new(Some(LIMIT)), Random::new(seed));
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    let start = Instant::now();
    let shows = std::io::stderr().is_terminal();
    for sent in 0..requests {
        let own_seed = random.seed();
        let answered = catch_unwind(AssertUnwindSafe(|| clients.send_random(&mut random)));
        let Ok(status) = answered else {
            eprintln!("request {sent} of seed {seed} failed; its own seed is {own_seed}");
            return ExitCode::FAILURE;
        };
        *statuses.entry(status).or_default() += 1;
        if shows && sent % 10_000 == 0 {
            eprint!("\r{sent} of {requests} requests");
            _ = std::io::stderr().flush();
        }
    }
    if shows {
        eprint!("\r");
    }
    let by_status: Vec<String> = statuses.iter().map(|(status, count)| format!("{status}: {count}")).collect();
    println!(
        "{requests} requests (seed {seed}) in {:.0} s: no panic, all responses in the form of AWS ({}), none over {} ms of \
         CPU time per 10 KB; {} findings imported, {} read",
        start.elapsed().as_secs_f64(),
        by_status.join(", "),
        LIMIT.as_millis(),
        clients.store.imported,
        clients.store.read,
    );
    ExitCode::SUCCESS
}
