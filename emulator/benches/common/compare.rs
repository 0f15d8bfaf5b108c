//! Compares the program with its upper bound, in alternating rounds.

use std::fmt;
use std::time::{Duration, Instant};

use super::bare::Limit;
use super::child::Child;
use super::connection::once;
use super::load::{self, Requests};
use super::size::sized;
use super::summary::Summary;

/// Number of pairs of rounds, each of length [`round_time`].
fn pairs() -> usize {
    sized(5, 1)
}

fn round_time() -> Duration {
    sized(Duration::from_millis(1500), Duration::from_millis(30))
}

const CONNECTIONS: usize = 8;

/// The results of pairs of rounds.
pub(crate) struct Pairs {
    /// Responses per second of the program.
    program: Summary,
    /// Responses per second of the bare server.
    bare: Summary,
    /// The ratio of the two, pair by pair.
    pub(crate) ratio: Summary,
}

impl Pairs {
    /// The column titles of the output of [`Pairs`].
    pub(crate) fn titles() -> String {
        format!("{:>12} {:>12}   ratio, median (min … max of {} pairs)", "program /s", "bare /s", pairs())
    }
}

impl fmt::Display for Pairs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (program, bare) = (self.program.median(), self.bare.median());
        write!(formatter, "{program:>12.0} {bare:>12.0}   {:.2}", self.ratio)
    }
}

/// Loads the two servers alternately, over eight connections.
pub(crate) fn compare(program: &Child, bare: &Child, requests: &dyn Fn() -> Box<dyn Requests>, limit: &Limit) -> Pairs {
    compare_prepared(program, bare, requests, limit, &|| {})
}

/// The same, with an action before each round of the program.
pub(crate) fn compare_prepared(
    program: &Child,
    bare: &Child,
    requests: &dyn Fn() -> Box<dyn Requests>,
    limit: &Limit,
    prepare: &dyn Fn(),
) -> Pairs {
    once(bare.address(), &limit.prepare);
    round(program, requests, round_time() / 3);
    round(bare, &limit.requests, round_time() / 3);
    let pair = |_| {
        prepare();
        (round(program, requests, round_time()), round(bare, &limit.requests, round_time()))
    };
    let rates: Vec<(f64, f64)> = (0..pairs()).map(pair).collect();
    Pairs {
        program: Summary::of(rates.iter().map(|(program, _)| *program)),
        bare: Summary::of(rates.iter().map(|(_, bare)| *bare)),
        ratio: Summary::of(rates.iter().map(|(program, bare)| program / bare)),
    }
}

/// Responses per second.
fn round(server: &Child, requests: &dyn Fn() -> Box<dyn Requests>, time: Duration) -> f64 {
    let connections = (0..CONNECTIONS).map(|_| requests()).collect();
    load::run(server.address(), connections, Some(Instant::now() + time)).rate()
}
