//! Latency of queries on one connection at a steady rate, in rounds.

use std::fmt;
use std::time::{Duration, Instant};

use super::child::Child;
use super::connection::Connection;
use super::size::sized;
use super::summary::Summary;

/// The rate of queries, and their number per round.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) interval: Duration,
    pub(crate) samples: usize,
}

/// 50 queries per second, 300 in total, so that the program is idle between two queries.
pub(crate) fn quiet() -> Pace {
    Pace { interval: Duration::from_millis(20), samples: sized(300, 3) }
}

/// Latency in milliseconds, from the first byte of the request to the last byte of the response: the median and 99th
/// percentile of each round.
pub(crate) struct Latency {
    pub(crate) medians: Summary,
    pub(crate) percentiles_99: Summary,
}

impl Latency {
    /// Sends the queries in turn for a number of rounds, after a warm-up of each query.
    pub(crate) fn measure(server: &Child, questions: &[Vec<u8>], rounds: usize) -> Latency {
        let mut connection = Connection::open(server.address());
        for question in questions {
            connection.send_ok(question);
        }
        let rounds: Vec<Summary> = (0..rounds).map(|_| round(&mut connection, questions, quiet())).collect();
        Latency::of(&rounds)
    }

    /// From rounds that have been measured.
    pub(crate) fn of(rounds: &[Summary]) -> Latency {
        Latency {
            medians: Summary::of(rounds.iter().map(Summary::median)),
            percentiles_99: Summary::of(rounds.iter().map(Summary::percentile_99)),
        }
    }
}

/// The latencies of a round in milliseconds. If a response is late, the next query is sent late rather than skipped.
pub(crate) fn round(connection: &mut Connection, questions: &[Vec<u8>], pace: Pace) -> Summary {
    let start = Instant::now();
    let ask = |(number, question): (u32, &Vec<u8>)| {
        std::thread::sleep((pace.interval * number).saturating_sub(start.elapsed()));
        milliseconds(connection, question)
    };
    Summary::of((0..).zip(questions.iter().cycle()).take(pace.samples).map(ask))
}

/// The latency in milliseconds, from the first byte of the request to the last byte of the response.
pub(crate) fn milliseconds(connection: &mut Connection, question: &[u8]) -> f64 {
    let start = Instant::now();
    connection.send_ok(question);
    start.elapsed().as_secs_f64() * 1000.0
}

impl fmt::Display for Latency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "p50 {:.2} ms, p99 {:.2} ms", self.medians, self.percentiles_99)
    }
}
