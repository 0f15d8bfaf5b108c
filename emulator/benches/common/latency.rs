//! How long one question takes: on one connection, at a steady pace, in rounds.

use std::fmt;
use std::time::{Duration, Instant};

use super::child::Child;
use super::connection::Connection;
use super::summary::Summary;

/// How fast questions follow each other, and how many make a round.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) interval: Duration,
    pub(crate) samples: usize,
}

/// Fifty a second, 300 of them: the program has time to do nothing between two questions.
pub(crate) const QUIET: Pace = Pace { interval: Duration::from_millis(20), samples: 300 };

/// Milliseconds from a request's first byte to its answer's last: the median and the 99th percentile of each round.
pub(crate) struct Latency {
    pub(crate) medians: Summary,
    pub(crate) percentiles_99: Summary,
}

impl Latency {
    /// Asks each of the questions in turn for so many rounds, after one that does not count for each of them.
    pub(crate) fn measure(server: &Child, questions: &[Vec<u8>], rounds: usize) -> Latency {
        let mut connection = Connection::open(server.address());
        for question in questions {
            connection.ask_well(question);
        }
        let rounds: Vec<Summary> = (0..rounds).map(|_| round(&mut connection, questions, QUIET)).collect();
        Latency::of(&rounds)
    }

    /// Of rounds that were measured.
    pub(crate) fn of(rounds: &[Summary]) -> Latency {
        Latency {
            medians: Summary::of(rounds.iter().map(Summary::median)),
            percentiles_99: Summary::of(rounds.iter().map(Summary::percentile_99)),
        }
    }
}

/// Milliseconds of each answer of a round. A question is late, and not left out, when the answer before it was.
pub(crate) fn round(connection: &mut Connection, questions: &[Vec<u8>], pace: Pace) -> Summary {
    let start = Instant::now();
    let ask = |(number, question): (u32, &Vec<u8>)| {
        std::thread::sleep((pace.interval * number).saturating_sub(start.elapsed()));
        milliseconds(connection, question)
    };
    Summary::of((0..).zip(questions.iter().cycle()).take(pace.samples).map(ask))
}

/// Milliseconds from a request's first byte to its answer's last.
pub(crate) fn milliseconds(connection: &mut Connection, question: &[u8]) -> f64 {
    let asked = Instant::now();
    connection.ask_well(question);
    asked.elapsed().as_secs_f64() * 1000.0
}

impl fmt::Display for Latency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "p50 {:.2} ms, p99 {:.2} ms", self.medians, self.percentiles_99)
    }
}
