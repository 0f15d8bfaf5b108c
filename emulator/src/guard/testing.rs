//! Tests with a separate emulator: [`run_test`], which the attribute `securityhub_local::test` calls.

use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::{Builder, Emulator};
use crate::journal::{Filter, RecordedCall};
use crate::service::Service;

/// Number of calls that a failed test shows.
const SHOWN_CALLS: usize = 10;
/// Maximum number of characters of an input that is shown.
const SHOWN_INPUT: usize = 400;
/// Stack size of the threads of a test, in bytes. Without optimisation, `aws-sdk-securityhub` needs more than the usual
/// 2 MiB to read one finding.
const STACK: usize = 16 * 1024 * 1024;

/// The runtime of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flavor {
    /// All tasks run on the thread of the test.
    #[default]
    CurrentThread,
    /// Tasks also run on as many threads as the machine has processors.
    MultiThread,
}

/// The result of a test: `()`, or a [`Result`].
pub trait Outcome {
    /// The error of a test that has failed.
    fn failure(&self) -> Option<String>;
}

impl Outcome for () {
    fn failure(&self) -> Option<String> {
        None
    }
}

impl<T, E: fmt::Debug> Outcome for Result<T, E> {
    fn failure(&self) -> Option<String> {
        self.as_ref().err().map(|error| format!("{error:?}"))
    }
}

/// The error of a test with the attribute.
#[doc(hidden)]
pub struct TestFailure(String);

/// Without quotes, because the test harness shows this form.
impl fmt::Debug for TestFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Starts an emulator and runs a test with it, on a new tokio runtime with one thread. If the test fails, the last calls
/// of the emulator are printed to standard error.
///
/// ```
/// securityhub_local::run_test(securityhub_local::Emulator::builder(), |hub| async move {
///     assert!(hub.events().is_empty());
/// });
/// ```
///
/// # Panics
/// If the emulator does not start, or the test panics.
pub fn run_test<R: Outcome, F: Future<Output = R>>(builder: Builder, test: impl FnOnce(Emulator) -> F) -> R {
    run_test_on(Flavor::CurrentThread, builder, test)
}

/// Like [`run_test`], on a runtime with one or several threads.
///
/// # Panics
/// If the emulator does not start, or the test panics.
#[allow(clippy::panic, reason = "a test may panic")]
pub fn run_test_on<R: Outcome, F: Future<Output = R>>(
    flavor: Flavor,
    builder: Builder,
    test: impl FnOnce(Emulator) -> F,
) -> R {
    let runtime = match flavor {
        Flavor::CurrentThread => tokio::runtime::Builder::new_current_thread().enable_all().build(),
        Flavor::MultiThread => {
            tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build()
        }
    };
    let runtime = runtime.unwrap_or_else(|error| panic!("the runtime of the test cannot start: {error}"));
    let emulator = runtime.block_on(builder.start()).unwrap_or_else(|error| panic!("{error}"));
    let service = emulator.service().clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(test(emulator))));
    if outcome.as_ref().map_or(true, |outcome| outcome.failure().is_some()) {
        eprintln!("{}", last_calls(&service));
    }
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Runs a test with the attribute, on a thread with a large stack.
///
/// # Errors
/// The error of the test.
///
/// # Panics
/// As [`run_test`].
#[doc(hidden)]
#[allow(clippy::panic, reason = "a test may panic")]
pub fn run_attribute<R: Outcome, F: Future<Output = R>>(
    name: &str,
    flavor: Flavor,
    builder: Builder,
    test: impl FnOnce(Emulator) -> F + Send,
) -> Result<(), TestFailure> {
    let run = || run_test_on(flavor, builder, test).failure();
    let failure = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(STACK).spawn_scoped(scope, run);
        let thread = thread.unwrap_or_else(|error| panic!("the thread of the test cannot start: {error}"));
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    });
    failure.map_or(Ok(()), |error| Err(TestFailure(error)))
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
