//! A million findings that differ as those of an organization do: 40 accounts, 200 generators, five severities of
//! unlike weight, 300,000 titles, times spread over 30 days, tags, three types of resource; each of about 2.4 KB.
//!
//! The text of a finding is prepared for each severity and each of `resources.json`, with marks of fixed width. A
//! request is texts drawn at random and joined, and the marks overwritten: nothing is formatted for each finding.

use std::ops::Range;

use serde_json::{Value, json};

use crate::common::http;
use crate::common::load::Requests;
pub(crate) use crate::common::organization::account;
use crate::random::Random;

/// The accounts; the first is the administrator of the others.
pub(crate) const ACCOUNTS: usize = 40;
/// Findings of a request.
pub(crate) const BATCH: usize = 100;
/// Label and weight.
const SEVERITIES: [(&str, usize); 5] =
    [("INFORMATIONAL", 10), ("LOW", 40), ("MEDIUM", 30), ("HIGH", 15), ("CRITICAL", 5)];
const GENERATORS: usize = 200;
const TITLES: usize = 300_000;
const DAYS: usize = 30;
const ENVIRONMENTS: [&str; 4] = ["prod", "test", "demo", "labs"];
/// Each eight letters long.
pub(crate) const TEAMS: [&str; 8] =
    ["payments", "checkout", "identity", "shipping", "platform", "research", "security", "delivery"];
const COST_CENTRES: usize = 60;

/// What differs from finding to finding beside severity and resource.
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

/// How a mark is written in a prepared text: a sign that stands nowhere else there, and how many of it.
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

/// A prepared finding and where its marks stand.
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

/// Import requests of one connection.
pub(crate) struct Imports {
    /// By severity, then by resource.
    prepared: Vec<Vec<Prepared>>,
    random: Random,
    /// The accounts that findings belong to.
    owners: Range<usize>,
    /// Whether findings of one request belong to several; then they are sent as their products send them.
    mixed: bool,
    connection: usize,
    sent: usize,
    count: usize,
    request: Vec<u8>,
    body: Vec<u8>,
}

impl Imports {
    /// `count` findings, whose ids no other connection makes.
    pub(crate) fn new(connection: usize, count: usize) -> Imports {
        Imports::of(0..ACCOUNTS, false, connection, count)
    }

    /// The same for other accounts, each request of one or of many.
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

/// `15T09:30:00.123`, a time of a month of thirty days.
fn time(random: &mut Random) -> [u8; 15] {
    let mut time = *b"00T00:00:00.000";
    time[..2].copy_from_slice(&digits::<2>(1 + random.below(DAYS)));
    time[3..5].copy_from_slice(&digits::<2>(random.below(24)));
    time[6..8].copy_from_slice(&digits::<2>(random.below(60)));
    time[9..11].copy_from_slice(&digits::<2>(random.below(60)));
    time[12..].copy_from_slice(&digits::<3>(random.below(1000)));
    time
}

/// The text of a finding as a scanner of vulnerabilities sends it.
fn finding(severity: &str, resource: &Value) -> Prepared {
    let mut finding: Value = serde_json::from_str(include_str!("finding.json")).expect("a finding");
    finding["Severity"] = json!({ "Label": severity, "Original": severity });
    finding["Resources"] = json!([resource]);
    Prepared::new(&finding.to_string())
}
