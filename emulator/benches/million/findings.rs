//! A million findings that vary like those of an organization: 40 accounts, 200 generators, five severities with
//! different weights, 300,000 titles, times within 30 days, tags, three resource types; about 2.4 KB each.
//!
//! The text of a finding is prepared for each severity and each entry of `resources.json`, with fields of fixed width.
//! A request concatenates random texts and overwrites these fields, so nothing is formatted per finding.

use std::ops::Range;

use serde_json::{Value, json};

use crate::common::http;
use crate::common::load::Requests;
pub(crate) use crate::common::organization::account;
use crate::random::Random;

/// The accounts; the first is the administrator of the others.
pub(crate) const ACCOUNTS: usize = 40;
/// Number of findings per request.
pub(crate) const BATCH: usize = 100;
/// Labels and weights.
const SEVERITIES: [(&str, usize); 5] =
    [("INFORMATIONAL", 10), ("LOW", 40), ("MEDIUM", 30), ("HIGH", 15), ("CRITICAL", 5)];
const GENERATORS: usize = 200;
const TITLES: usize = 300_000;
const DAYS: usize = 30;
const ENVIRONMENTS: [&str; 4] = ["prod", "test", "demo", "labs"];
/// Each has eight letters.
pub(crate) const TEAMS: [&str; 8] =
    ["payments", "checkout", "identity", "shipping", "platform", "research", "security", "delivery"];
const COST_CENTRES: usize = 60;

/// The parts that vary between findings, other than severity and resource.
#[derive(Clone, Copy)]
enum Mark {
    Number,
    Account,
    Generator,
    Title,
    /// `15T09:30:00.123`
    Time,
    Environment,
    Team,
    CostCentre,
}

/// Placeholders in a prepared text: a character that occurs nowhere else, and its number of repetitions.
const MARKS: [(Mark, u8, usize); 8] = [
    (Mark::Number, b'#', 12),
    (Mark::Account, b'@', 12),
    (Mark::Generator, b'%', 3),
    (Mark::Title, b'^', 6),
    (Mark::Time, b'~', 15),
    (Mark::Environment, b'$', 4),
    (Mark::Team, b'&', 8),
    (Mark::CostCentre, b'*', 4),
];

/// A prepared finding and the offsets of its fields of fixed width.
struct Prepared {
    text: Vec<u8>,
    marks: Vec<(usize, Mark)>,
}

impl Prepared {
    fn new(text: &str) -> Prepared {
        let text = text.as_bytes().to_vec();
        let mut marks = Vec::new();
        for (mark, sign, width) in MARKS {
            let mut at = 0;
            while let Some(found) = text[at..].iter().position(|byte| *byte == sign) {
                marks.push((at + found, mark));
                at += found + width;
            }
        }
        Prepared { text, marks }
    }
}

/// The import requests of a connection.
pub(crate) struct Imports {
    /// By severity, then by resource.
    prepared: Vec<Vec<Prepared>>,
    random: Random,
    /// The accounts that own the findings.
    owners: Range<usize>,
    /// True if a request contains findings of several accounts. They are then sent on behalf of their products.
    mixed: bool,
    connection: usize,
    sent: usize,
    count: usize,
    request: Vec<u8>,
    body: Vec<u8>,
}

impl Imports {
    /// `count` findings whose IDs are unique across connections.
    pub(crate) fn new(connection: usize, count: usize) -> Imports {
        Imports::of(0..ACCOUNTS, false, connection, count)
    }

    /// The same for other accounts, with each request for one or for several accounts.
    pub(crate) fn of(owners: Range<usize>, mixed: bool, connection: usize, count: usize) -> Imports {
        let resources: Vec<Value> = serde_json::from_str(include_str!("resources.json")).expect("a list");
        let of_severity = |(label, _)| resources.iter().map(|resource| finding(label, resource)).collect();
        Imports {
            prepared: SEVERITIES.map(of_severity).into(),
            random: Random(connection as u64),
            owners,
            mixed,
            connection,
            sent: 0,
            count,
            request: Vec::new(),
            body: Vec::new(),
        }
    }

    fn owner(&mut self) -> String {
        account(self.owners.start + self.random.below(self.owners.len()))
    }

    fn severity(&mut self) -> usize {
        let mut drawn = self.random.below(SEVERITIES.iter().map(|(_, weight)| weight).sum());
        for (position, (_, weight)) in SEVERITIES.iter().enumerate() {
            match drawn.checked_sub(*weight) {
                Some(rest) => drawn = rest,
                None => return position,
            }
        }
        0
    }

    fn push(&mut self, account: &str) {
        let (severity, resource) = (self.severity(), self.random.below(self.prepared[0].len()));
        let prepared = &self.prepared[severity][resource];
        let start = self.body.len();
        self.body.extend_from_slice(&prepared.text);
        let random = &mut self.random;
        let number = digits::<12>(self.connection * 100_000_000 + self.sent);
        let generator = digits::<3>(random.below(GENERATORS));
        let title = digits::<6>(random.below(TITLES));
        let time = time(random);
        let environment = ENVIRONMENTS[random.below(ENVIRONMENTS.len())];
        let team = TEAMS[random.below(TEAMS.len())];
        let cost_centre = digits::<4>(random.below(COST_CENTRES));
        for (at, mark) in &prepared.marks {
            let value: &[u8] = match mark {
                Mark::Number => &number,
                Mark::Account => account.as_bytes(),
                Mark::Generator => &generator,
                Mark::Title => &title,
                Mark::Time => &time,
                Mark::Environment => environment.as_bytes(),
                Mark::Team => team.as_bytes(),
                Mark::CostCentre => &cost_centre,
            };
            self.body[start + at..start + at + value.len()].copy_from_slice(value);
        }
        self.sent += 1;
    }
}

impl Requests for Imports {
    fn next(&mut self) -> Option<&[u8]> {
        if self.sent >= self.count {
            return None;
        }
        let mut account = self.owner();
        self.body.clear();
        self.body.extend_from_slice(b"{\"Findings\":[");
        for position in 0..BATCH {
            if position > 0 {
                self.body.push(b',');
            }
            if self.mixed {
                account = self.owner();
            }
            self.push(&account);
        }
        self.body.extend_from_slice(b"]}");
        let path = if self.mixed { "POST /_emulator/findings" } else { "POST /findings/import" };
        self.request = http::head(path, &account, self.body.len());
        self.request.extend_from_slice(&self.body);
        Some(&self.request)
    }
}

fn digits<const WIDTH: usize>(mut number: usize) -> [u8; WIDTH] {
    let mut digits = [b'0'; WIDTH];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    digits
}

/// `15T09:30:00.123`, a time in a month of thirty days.
fn time(random: &mut Random) -> [u8; 15] {
    let mut time = *b"00T00:00:00.000";
    time[..2].copy_from_slice(&digits::<2>(1 + random.below(DAYS)));
    time[3..5].copy_from_slice(&digits::<2>(random.below(24)));
    time[6..8].copy_from_slice(&digits::<2>(random.below(60)));
    time[9..11].copy_from_slice(&digits::<2>(random.below(60)));
    time[12..].copy_from_slice(&digits::<3>(random.below(1000)));
    time
}

/// The text of a finding like one from a vulnerability scanner.
fn finding(severity: &str, resource: &Value) -> Prepared {
    let mut finding: Value = serde_json::from_str(include_str!("finding.json")).expect("a finding");
    finding["Severity"] = json!({ "Label": severity, "Original": severity });
    finding["Resources"] = json!([resource]);
    Prepared::new(&finding.to_string())
}
