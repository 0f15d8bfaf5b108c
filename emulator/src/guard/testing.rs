//! Tests with an emulator of their own: [`run_test`], which the attribute `securityhub_local::test` calls.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::{Builder, Emulator};
use crate::journal::{Filter, RecordedCall};
use crate::service::Service;

/// Number of calls that a failed test shows.
const SHOWN_CALLS: usize = 10;
/// Maximum number of characters of an input that is shown.
const SHOWN_INPUT: usize = 400;

/// The result of a test: `()`, or a [`Result`].
pub trait Outcome {
    /// Returns whether the test has failed.
    fn is_failure(&self) -> bool;
}

impl Outcome for () {
    fn is_failure(&self) -> bool {
        false
    }
}

impl<T, E> Outcome for Result<T, E> {
    fn is_failure(&self) -> bool {
        self.is_err()
    }
}

/// Starts an emulator and runs a test with it, on a new tokio runtime. If the test fails, the last calls of the emulator
/// are printed to standard error.
///
/// ```
/// securityhub_local::run_test(securityhub_local::Emulator::builder(), |hub| async move {
///     assert!(hub.events().is_empty());
/// });
/// ```
///
/// # Panics
/// If the emulator does not start, or the test panics.
#[allow(clippy::panic, reason = "a test may panic")]
pub fn run_test<R: Outcome, F: Future<Output = R>>(builder: Builder, test: impl FnOnce(Emulator) -> F) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("the runtime of the test cannot start: {error}"));
    let emulator = runtime.block_on(builder.start()).unwrap_or_else(|error| panic!("{error}"));
    let service = emulator.service().clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(test(emulator))));
    if outcome.as_ref().map_or(true, Outcome::is_failure) {
        eprintln!("{}", last_calls(&service));
    }
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Describes the last calls of an emulator.
fn last_calls(service: &Service) -> String {
    let journal = service.served().journal();
    let last = journal.last();
    let after = last.saturating_sub(SHOWN_CALLS as u64);
    let calls = journal.page(&Filter { after, ..Filter::default() }, SHOWN_CALLS, 0).calls;
    if calls.is_empty() {
        return "securityhub-local: no calls are recorded".to_owned();
    }
    let mut text = format!("securityhub-local: the last {} of {last} calls:", calls.len());
    for call in &calls {
        describe(&mut text, call);
    }
    text
}

fn describe(text: &mut String, call: &RecordedCall) {
    let operation = call.operation.clone().unwrap_or_else(|| format!("{} {}", call.method, call.path));
    let [account, region] = [&call.account, &call.region].map(|word| word.as_deref().unwrap_or("-"));
    let status = call.status.map_or_else(|| "no response".to_owned(), |status| status.to_string());
    _ = write!(text, "\n  {} {operation} {account} {region}: {status}", call.number);
    if let (Some(code), Some(message)) = (&call.error_code, &call.error_message) {
        _ = write!(text, " {code}: {message}");
    }
    let input = call.input.to_string();
    let shown: String = input.chars().take(SHOWN_INPUT).collect();
    let end = if shown.len() < input.len() { "…" } else { "" };
    _ = write!(text, "\n    input: {shown}{end}");
}
