//! Tests with concurrent importers, updaters and readers on separate threads, against one service whose calls are
//! served like those of connections. The requests depend only on seeds, and the assertions hold for every interleaving.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use securityhub_fixtures::Operation;
use securityhub_local_tests::client::TestClient;
use securityhub_local_tests::random::Random;
use securityhub_local_tests::sample;
use serde_json::{Value, json};

/// Number of findings that exist before the threads start.
const INITIAL: usize = 400;
/// Maximum number of findings.
const MOST: usize = 2_000;
const BATCH: usize = 8;
const LABELS: [&str; 5] = ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"];

/// A finding whose version appears in each field owned by its provider, and whose length depends on the version. Its
/// severity is constant.
fn finding(number: usize, version: u64) -> Value {
    let mut finding = sample::finding("111111111111");
    let padding = usize::try_from(version * 37 % 400).unwrap();
    let seconds = version / 1000;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    finding["Id"] = json!(format!("stress/{number}"));
    finding["Title"] = json!(title(number, version));
    finding["Description"] = json!(format!("{version} {}", "x".repeat(padding)));
    finding["GeneratorId"] = json!(format!("{version} generator"));
    finding["ProductFields"] = json!({ "version": format!("{version} of {number}") });
    finding["Resources"][0]["Id"] = json!(format!("{version} resource"));
    finding["UpdatedAt"] = json!(format!("2026-01-15T{hour:02}:{minute:02}:{second:02}.{:03}Z", version % 1000));
    finding["Severity"] = json!({ "Label": label(number) });
    finding
}

fn title(number: usize, version: u64) -> String {
    format!("{version} is the version of {number}")
}

fn label(number: usize) -> &'static str {
    LABELS[number % LABELS.len()]
}

/// The number and version of a finding, whose fields must all have the same version.
fn read(found: &Value) -> (usize, u64) {
    let number = found["Id"].as_str().and_then(|id| id.strip_prefix("stress/")?.parse().ok());
    let version = found["GeneratorId"].as_str().and_then(|text| text.split(' ').next()?.parse().ok());
    let (number, version) =
        number.zip(version).unwrap_or_else(|| panic!("the finding does not belong to this test: {found}"));
    let whole = finding(number, version);
    for field in ["Id", "Title", "Description", "GeneratorId", "UpdatedAt"] {
        assert_eq!(found[field], whole[field], "{field} in {found}");
    }
    assert_eq!(found["ProductFields"]["version"], whole["ProductFields"]["version"], "{found}");
    assert_eq!(found["Resources"][0]["Id"], whole["Resources"][0]["Id"], "{found}");
    assert_eq!(found["Severity"]["Label"], whole["Severity"]["Label"], "{found}");
    (number, version)
}

/// State shared by the threads.
struct Shared {
    service: TestClient,
    /// Findings with lower numbers are stored.
    stored: AtomicUsize,
    /// The last version that was assigned.
    version: AtomicU64,
    /// Number of active readers. Writers continue until there are none.
    readers: AtomicUsize,
}

impl Shared {
    fn new(readers: usize) -> Shared {
        let mut service = TestClient::enabled();
        service.is_served = true;
        let shared = Shared {
            service,
            stored: AtomicUsize::new(0),
            version: AtomicU64::new(0),
            readers: AtomicUsize::new(readers),
        };
        let client = Client::new(&shared, 0);
        while shared.stored.load(Ordering::SeqCst) < INITIAL {
            client.create();
        }
        shared
    }

    fn next_version(&self) -> u64 {
        self.version.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn is_read(&self) -> bool {
        self.readers.load(Ordering::SeqCst) > 0
    }
}

/// Counts a reader as finished when it ends, including by a panic.
struct Reading<'s>(&'s Shared);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.readers.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The client of one thread.
struct Client<'s> {
    shared: &'s Shared,
    service: TestClient,
    random: Random,
    /// The latest version of each finding that it has seen or written.
    seen: HashMap<usize, u64>,
}

impl<'s> Client<'s> {
    fn new(shared: &'s Shared, seed: u64) -> Client<'s> {
        Client { shared, service: shared.service.another(), random: Random::new(seed), seen: HashMap::new() }
    }

    fn import(&self, findings: &[Value]) {
        let (status, body) = self.service.call(Operation::BatchImportFindings, &json!({ "Findings": findings }));
        assert_eq!((status, &body["SuccessCount"]), (200, &json!(findings.len())), "{body}");
    }

    /// Imports new findings. Only one thread does this.
    fn create(&self) {
        let first = self.shared.stored.load(Ordering::SeqCst);
        let findings: Vec<Value> =
            (first..first + BATCH).map(|number| finding(number, self.shared.next_version())).collect();
        self.import(&findings);
        self.shared.stored.store(first + BATCH, Ordering::SeqCst);
    }

    /// Imports existing findings again: mostly in a new version, sometimes in an older one, which has no effect if that
    /// version was imported before (REI-03).
    fn update(&mut self) -> Vec<(usize, u64)> {
        let stored = self.shared.stored.load(Ordering::SeqCst);
        let mut updates = Vec::new();
        for _ in 0..BATCH {
            let version = self.shared.next_version();
            let version = if self.random.below(4) == 0 { version.saturating_sub(100).max(1) } else { version };
            updates.push((self.random.below(stored), version));
        }
        let findings: Vec<Value> = updates.iter().map(|(number, version)| finding(*number, *version)).collect();
        self.import(&findings);
        updates
    }

    /// Records the version of a finding that was seen. It must not be older than one that this thread has seen or
    /// written.
    fn note(&mut self, number: usize, version: u64) {
        let seen = self.seen.entry(number).or_default();
        assert!(version >= *seen, "finding {number} changed from version {seen} back to {version}");
        *seen = version;
    }

    /// The numbers of the findings of a page, after checking each, and the token of the next page.
    fn page(&mut self, input: &Value) -> (Vec<usize>, Value) {
        let (status, mut body) = self.service.call(Operation::GetFindings, input);
        assert_eq!(status, 200, "{body}");
        let found: Vec<(usize, u64)> = body["Findings"].as_array().unwrap().iter().map(read).collect();
        for (number, version) in &found {
            self.note(*number, *version);
        }
        (found.into_iter().map(|(number, _)| number).collect(), body["NextToken"].take())
    }

    /// Reads all pages, with varying page sizes.
    fn walk(&mut self, input: &Value) -> Vec<usize> {
        let (mut input, mut numbers) = (input.clone(), Vec::new());
        loop {
            input["MaxResults"] = json!(20 + self.random.below(60));
            let (mut page, token) = self.page(&input);
            numbers.append(&mut page);
            if token.is_null() {
                return numbers;
            }
            input["NextToken"] = token;
        }
    }

    /// Reads all pages and asserts that each finding that matches the query and existed before is seen once, and none
    /// twice.
    fn walk_once(&mut self, input: &Value, concerns: impl Fn(usize) -> bool) {
        let stored = self.shared.stored.load(Ordering::SeqCst);
        let mut numbers = self.walk(input);
        assert!(numbers.iter().all(|number| concerns(*number)), "{input} found others");
        numbers.sort_unstable();
        let twice = numbers.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None, "{input} returned a finding twice");
        let missed = (0..stored).find(|number| concerns(*number) && numbers.binary_search(number).is_err());
        assert_eq!(missed, None, "{input} missed one");
    }

    /// Finds a finding by its ID.
    fn find(&mut self, number: usize) -> u64 {
        let (found, _) = self.page(&equals("Id", &format!("stress/{number}")));
        assert_eq!(found, [number]);
        self.seen[&number]
    }
}

fn equals(field: &str, value: &str) -> Value {
    json!({ "Filters": { field: [{ "Value": value, "Comparison": "EQUALS" }] } })
}

/// Imports new findings and updates until the readers are finished.
fn keep_importing(shared: &Shared, seed: u64) {
    let mut client = Client::new(shared, seed);
    while shared.is_read() {
        if client.random.below(6) == 0 && shared.stored.load(Ordering::SeqCst) < MOST {
            client.create();
        } else {
            client.update();
        }
    }
}

/// Updates findings and reads its own writes until the readers are finished.
fn keep_updating(shared: &Shared, seed: u64) {
    let mut client = Client::new(shared, seed);
    while shared.is_read() {
        for (number, version) in client.update() {
            assert!(client.find(number) >= version, "finding {number} is older than the imported version {version}");
        }
    }
}

/// Runs readers while others import and update.
fn read_during_imports(readers: &[&(dyn Fn(&mut Client<'_>) + Sync)]) {
    let shared = Shared::new(readers.len());
    thread::scope(|scope| {
        for (seed, reader) in (100..).zip(readers) {
            let shared = &shared;
            scope.spawn(move || {
                let _reading = Reading(shared);
                reader(&mut Client::new(shared, seed));
            });
        }
        scope.spawn(|| keep_importing(&shared, 1));
        scope.spawn(|| keep_updating(&shared, 2));
        scope.spawn(|| keep_updating(&shared, 3));
    });
}

const WALKS: usize = 10;

/// Rules: SRT-18, REI-03.
#[test]
fn unsorted_walks_see_each_finding_once_during_imports() {
    read_during_imports(&[&|client| (0..WALKS).for_each(|_| client.walk_once(&json!({}), |_| true)), &|client| {
        for walk in 0..WALKS {
            let label = LABELS[walk % LABELS.len()];
            client.walk_once(&equals("SeverityLabel", label), |number| self::label(number) == label);
        }
    }]);
}

/// Rules: SRT-18, REI-03.
#[test]
fn walks_sorted_by_constant_fields_see_each_finding_once_during_imports() {
    let by = |field: &str, order: &str| json!({ "SortCriteria": [{ "Field": field, "SortOrder": order }] });
    read_during_imports(&[
        &|client| (0..WALKS).for_each(|_| client.walk_once(&by("SeverityLabel", "asc"), |_| true)),
        &|client| {
            for _ in 0..WALKS / 2 {
                client.walk_once(&by("SeverityNormalized", "desc"), |_| true);
                // Updated findings move to the front, so such a walk only guarantees whole findings.
                client.walk(&by("UpdatedAt", "desc"));
            }
        },
    ]);
}

/// Rules: IMP-44, VIS-06.
#[test]
fn each_thread_reads_its_own_writes() {
    let shared = Shared::new(0);
    thread::scope(|scope| {
        for writer in 0..4 {
            let shared = &shared;
            scope.spawn(move || write_and_read(&mut Client::new(shared, writer), writer));
        }
    });
}

/// Updates findings that no other thread updates, and finds each by its new title and no longer by the old one.
fn write_and_read(client: &mut Client<'_>, writer: u64) {
    let own = |drawn: usize| drawn * 4 + usize::try_from(writer).unwrap();
    for _ in 0..150 {
        let number = own(client.random.below(INITIAL / 4));
        let before = client.find(number);
        let version = client.shared.next_version();
        client.import(&[finding(number, version)]);
        assert_eq!(client.find(number), version);
        assert_eq!(client.page(&equals("Title", &title(number, version))).0, [number]);
        assert!(client.page(&equals("Title", &title(number, before))).0.is_empty());
    }
}
