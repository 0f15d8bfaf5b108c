//! Metrics in the formats of Prometheus (CPL-100 to CPL-102).
//!
//! Contents: the counters of one emulator, and the text of a page in the text format 0.0.4 or in OpenMetrics. Numbers
//! that other modules know, such as the number of findings, are not copied here: the control plane reads them when it
//! writes the page. The counters are not global, so several emulators in one process count separately.
//!
//! Recording a call of Security Hub increments atomic counters, which are indexed by operation. The crate
//! `prometheus-client` was not adopted: it writes OpenMetrics only, in which counters have different names than in the text
//! format 0.0.4; it finds a counter by hashing a set of labels under a lock; and the numbers of other modules would
//! need collectors of about the same length as the code that writes a page.

mod calls;
mod histogram;
mod log;
mod page;
mod process;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use securityhub_fixtures::Operation;

use calls::{Calls, Sample};
use histogram::Histogram;
pub use log::LogCounters;
pub use page::{Format, Kind, Page, Samples};
pub use process::{memory, write as write_process};

/// Services that have their own label. The operations of others are counted together.
const NEIGHBOURS: [&str; 5] = ["ec2", "iam", "organizations", "s3", "sts"];
/// Maximum number of operations of other services with their own label.
const MAX_NEIGHBOURS: usize = 200;
/// Maximum number of outcomes of the control plane with their own label: more than all routes have.
const MAX_CONTROL: usize = 2000;
/// Maximum number of faults with their own label: the maximum number of faults at a time.
const MAX_FAULTS: usize = 1000;
/// The label of values without their own label.
const OTHER: &str = "other";
/// The operation label of a call whose path does not match an operation.
const NONE: &str = "none";

/// The metrics of an emulator. Counters never decrease.
#[derive(Debug)]
pub struct Metrics {
    is_off: AtomicBool,
    /// Calls of Security Hub by operation. The last element counts the calls without an operation.
    operations: Vec<Calls>,
    /// Calls of other services, by service and operation.
    neighbours: Mutex<BTreeMap<(&'static str, String), Calls>>,
    in_flight: AtomicU64,
    /// Calls of the control plane by method, route and status.
    control: Mutex<BTreeMap<(&'static str, &'static str, u16), u64>>,
    refused: [AtomicU64; Reason::ALL.len()],
    panics: AtomicU64,
    /// The number of times that each fault has fired, by its ID.
    fired: Mutex<BTreeMap<String, u64>>,
    /// Calls above the rate limits of AWS, by operation.
    rate_limited: Mutex<BTreeMap<Operation, u64>>,
}

/// The reason why a request did not reach the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its origin is not allowed.
    Origin,
    /// Its host is missing or not allowed.
    Host,
    /// Its body exceeds the memory for bodies.
    BodyMemory,
}

impl Reason {
    const ALL: [Reason; 3] = [Reason::Origin, Reason::Host, Reason::BodyMemory];

    fn label(self) -> &'static str {
        match self {
            Reason::Origin => "origin",
            Reason::Host => "host",
            Reason::BodyMemory => "body_memory",
        }
    }
}

/// The operation that a call addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called<'c> {
    /// An operation of Security Hub; `None` if the path does not match an operation.
    SecurityHub(Option<Operation>),
    /// A service other than Security Hub, and its operation if that is known.
    Neighbour(&'c str, Option<&'c str>),
}

/// The outcome of a call.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'c> {
    /// The status; `None` if a fault suppressed the response.
    pub status: Option<u16>,
    /// The error code of a refused call.
    pub error: Option<&'c str>,
    /// The time from the request to the response.
    pub duration: Duration,
}

/// Counts a call as in progress until dropped.
#[derive(Debug)]
pub struct InFlight<'m>(&'m Metrics);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let of_operations = Operation::ALL.into_iter().map(|operation| Calls::new(Some(operation.model().status)));
        Metrics {
            is_off: AtomicBool::new(false),
            operations: of_operations.chain([Calls::new(None)]).collect(),
            neighbours: Mutex::default(),
            in_flight: AtomicU64::new(0),
            control: Mutex::default(),
            refused: Default::default(),
            panics: AtomicU64::new(0),
            fired: Mutex::default(),
            rate_limited: Mutex::default(),
        }
    }
}

impl Metrics {
    /// Stops counting calls. Must be called before the first call.
    pub fn turn_off(&self) {
        self.is_off.store(true, Ordering::Relaxed);
    }

    /// Returns whether calls are counted.
    pub fn is_on(&self) -> bool {
        !self.is_off.load(Ordering::Relaxed)
    }

    /// Counts a call of an API as in progress until the result is dropped; `None` if calls are not counted.
    pub fn begin(&self) -> Option<InFlight<'_>> {
        self.is_on().then(|| {
            self.in_flight.fetch_add(1, Ordering::Relaxed);
            InFlight(self)
        })
    }

    /// Counts an answered call of an API.
    pub fn answered(&self, called: Called<'_>, outcome: &Outcome<'_>) {
        match called {
            Called::SecurityHub(operation) => {
                let at = operation.map_or(Operation::ALL.len(), |operation| operation as usize);
                if let Some(calls) = self.operations.get(at) {
                    calls.record(outcome);
                }
            }
            Called::Neighbour(service, operation) => self.answered_by_neighbour(service, operation, outcome),
        }
    }

    fn answered_by_neighbour(&self, service: &str, operation: Option<&str>, outcome: &Outcome<'_>) {
        let service = NEIGHBOURS.into_iter().find(|known| *known == service);
        // Clients can name operations that do not exist, but the number of labels must be limited.
        let operation = operation.filter(|_| service.is_some());
        let (service, operation) = (service.unwrap_or(OTHER), operation.unwrap_or(NONE));
        let mut neighbours = self.neighbours.lock();
        let is_full = neighbours.len() >= MAX_NEIGHBOURS;
        let mut key = (service, operation.to_owned());
        if is_full && !neighbours.contains_key(&key) {
            OTHER.clone_into(&mut key.1);
        }
        neighbours.entry(key).or_insert_with(|| Calls::new(Some(200))).record(outcome);
    }

    /// Counts an answered call of the control plane. `route` is the path of the route; `None` if the path does not
    /// match a route.
    pub fn controlled(&self, method: &str, route: Option<&'static str>, status: u16) {
        let methods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
        let method = methods.into_iter().find(|known| *known == method).unwrap_or(OTHER);
        let key = (method, route.unwrap_or(OTHER), status);
        let mut control = self.control.lock();
        if control.len() < MAX_CONTROL || control.contains_key(&key) {
            *control.entry(key).or_default() += 1;
        }
    }

    /// Counts a request that did not reach the service.
    pub fn refused(&self, reason: Reason) {
        if let Some(count) = self.refused.get(reason as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a call that panicked.
    pub fn panicked(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts that a fault has fired.
    pub fn fired(&self, fault: &str) {
        let mut fired = self.fired.lock();
        let is_full = fired.len() >= MAX_FAULTS && !fired.contains_key(fault);
        *fired.entry(if is_full { OTHER } else { fault }.to_owned()).or_default() += 1;
    }

    /// Counts a call above the rate limit of its operation.
    pub fn rate_limited(&self, operation: Operation) {
        *self.rate_limited.lock().entry(operation).or_default() += 1;
    }

    /// Writes these metrics to a page.
    pub fn write(&self, page: &mut Page) {
        self.write_calls(page);
        let in_flight = self.in_flight.load(Ordering::Relaxed);
        page.gauge("requests_in_flight", "API calls that have not been answered yet.", in_flight);
        let mut samples = page.metric(Kind::Counter, "control_requests_total", "Calls of the control plane.");
        for ((method, route, status), count) in &*self.control.lock() {
            samples.add(&[("method", method), ("route", route), ("status", &status.to_string())], count);
        }
        let help = "Requests that were refused before they reached an API.";
        let mut samples = page.metric(Kind::Counter, "refused_total", help);
        for (reason, count) in Reason::ALL.iter().zip(&self.refused) {
            samples.add(&[("reason", reason.label())], count.load(Ordering::Relaxed));
        }
        let mut samples = page.metric(Kind::Counter, "faults_fired_total", "Number of times that faults have fired.");
        for (fault, count) in &*self.fired.lock() {
            samples.add(&[("fault", fault)], count);
        }
        let help = "Calls above the rate limits of AWS.";
        let mut samples = page.metric(Kind::Counter, "rate_limited_total", help);
        for (operation, count) in &*self.rate_limited.lock() {
            samples.add(&[("operation", operation.name())], count);
        }
        page.counter("panics_total", "Calls that panicked.", self.panics.load(Ordering::Relaxed));
    }

    fn write_calls(&self, page: &mut Page) {
        let names = Operation::ALL.iter().map(|operation| operation.name()).chain([NONE]);
        let neighbours = self.neighbours.lock();
        let of_neighbours = neighbours.iter().map(|((service, name), calls)| (*service, name.as_str(), calls));
        let all = names.zip(&self.operations).map(|(name, calls)| ("securityhub", name, calls)).chain(of_neighbours);
        let called: Vec<_> = all.filter(|(.., calls)| calls.count() > 0).collect();
        let mut samples = page.metric(Kind::Counter, "requests_total", "Answered API calls.");
        for (service, operation, calls) in &called {
            calls.each(|Sample { status, error, count }| {
                let status = status.map_or_else(|| NONE.to_owned(), |status| status.to_string());
                let labels = [("service", *service), ("operation", operation), ("status", &status), ("error", error)];
                samples.add(&labels, count);
            });
        }
        let help = "Time from the request to the response of API calls, including latencies of faults.";
        let mut samples = page.metric(Kind::Histogram, "request_duration_seconds", help);
        // Several services have operations of the same name, such as TagResource.
        let mut durations: BTreeMap<&str, Vec<&Histogram>> = BTreeMap::new();
        for (_, operation, calls) in &called {
            durations.entry(operation).or_default().push(&calls.durations);
        }
        for (operation, durations) in durations {
            histogram::write(&durations, &mut samples, &[("operation", operation)]);
        }
    }
}

#[cfg(test)]
mod tests;
