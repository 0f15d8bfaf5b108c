//! The import rate from the first tenth to the last, and the memory per finding.

use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::ask::{Question, administrator};
use crate::common::child::Child;
use crate::common::connection::{Connection, once};
use crate::common::load::{self, Requests};
use crate::common::summary::Summary;
use crate::findings::{BATCH, Imports};

const CONNECTIONS: usize = 2;
/// Number of pages whose documents are weighed.
const WEIGHED_PAGES: usize = 100;

/// Import rates in findings per second.
pub(crate) struct Rates {
    /// The rate of each tenth.
    tenths: Vec<f64>,
    whole: f64,
}

impl Rates {
    /// The ratio of the last tenth's rate to the first's.
    pub(crate) fn ratio(&self) -> f64 {
        self.tenths[self.tenths.len() - 1] / self.tenths[0]
    }
}

impl std::fmt::Display for Rates {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (first, last) = (self.tenths[0], self.tenths[self.tenths.len() - 1]);
        let tenths = Summary::of(self.tenths.iter().copied());
        let (whole, ratio) = (self.whole, self.ratio());
        write!(formatter, "{whole:.0} /s; tenths {tenths:.0}; first {first:.0}, last {last:.0}: {ratio:.2}")
    }
}

/// Imports `count` findings and checks that all are stored.
pub(crate) fn import(program: &Child, count: usize) -> Rates {
    let rates = send(program, count);
    all_there(program, count);
    rates
}

/// Checks that this many findings are stored.
pub(crate) fn all_there(program: &Child, count: usize) {
    let health = once(program.address(), b"GET /_emulator/health HTTP/1.1\r\nhost: x\r\n\r\n");
    let health: Value = serde_json::from_slice(&health).expect("health is JSON");
    assert_eq!(health["findings"], count, "all are imported: {health}");
}

/// Imports `count` findings over two connections.
pub(crate) fn send(server: &Child, count: usize) -> Rates {
    let requests = |connection| -> Box<dyn Requests> { Box::new(Imports::new(connection, count / CONNECTIONS)) };
    let answers = load::run(server.address(), (0..CONNECTIONS).map(requests).collect(), None);
    Rates { tenths: tenths(answers.start, &answers.times), whole: answers.rate() * as_number(BATCH) }
}

/// The rate of each tenth of the responses.
fn tenths(start: Instant, times: &[Instant]) -> Vec<f64> {
    let tenth = times.len() / 10;
    let ends = times.chunks_exact(tenth).filter_map(|chunk| chunk.last());
    let mut before = start;
    let mut rates = Vec::new();
    for end in ends.take(10) {
        rates.push(as_number(tenth * BATCH) / (*end - before).as_secs_f64());
        before = *end;
    }
    rates
}

/// Resident memory of a process in bytes; `None` on systems without /proc.
pub(crate) fn resident(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

/// The documents of a page and the token of the next page.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page<'a> {
    #[serde(borrow)]
    findings: Vec<&'a RawValue>,
    next_token: Option<String>,
}

/// The exact lengths of the documents on the first pages, as returned.
pub(crate) fn weigh(program: &Child) -> Summary {
    let mut connection = Connection::open(program.address());
    let (mut lengths, mut token) = (Vec::new(), None);
    for _ in 0..WEIGHED_PAGES {
        let body = connection.send_ok(&administrator(&Question { token: token.as_deref(), ..Question::default() }));
        let page: Page<'_> = serde_json::from_slice(body).expect("a page");
        lengths.extend(page.findings.iter().map(|document| as_number(document.get().len())));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    Summary::of(lengths)
}

#[allow(clippy::cast_precision_loss, reason = "counts and lengths are far below 2^52")]
pub(crate) fn as_number(count: usize) -> f64 {
    count as f64
}
