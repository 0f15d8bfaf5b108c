//! Logging to standard error, quiet by default.
//!
//! Logging must never delay a response. Lines are therefore pushed to a bounded queue, and a separate thread writes
//! them. If nobody reads the pipe, the queue fills up, further lines are dropped and counted, and requests continue.
//! Lines that cannot be written (closed pipe, full disk) are dropped and counted too. When the log becomes writable
//! again, one line reports the number of missing lines.
//!
//! Not `tracing-appender`: its worker does not report the number of dropped lines, and its guard prints with `println!`
//! and `eprintln!` at shutdown if the queue is full, which panics if that output is closed.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::mem;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::cli::{LogForm, LogLevel};
use super::style::Style;
use crate::metrics::LogCounters;

/// Maximum size of the text waiting to be written, in bytes.
const MAX_QUEUED: usize = 1024 * 1024;
/// Time limit for writing the last lines at shutdown.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(200);

/// The log of the process. Dropping it waits a moment for the last lines to be written.
pub(super) struct Log(LogOutput);

/// The output of the log, for text that does not come from log events.
#[derive(Clone)]
pub(super) struct LogOutput {
    queue: Arc<Queue>,
    pub(super) form: LogForm,
}

/// Lines waiting to be written.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    /// Signalled when text is waiting.
    filled: Condvar,
    /// Signalled when everything has been written.
    emptied: Condvar,
    counters: LogCounters,
}

#[derive(Default)]
struct State {
    text: Vec<u8>,
    /// True while the writing thread writes text that it has taken from the queue.
    is_writing: bool,
    /// The number of dropped lines that have not been reported yet.
    dropped: u64,
    /// True if the program is shutting down, so that no later line can report them.
    is_ending: bool,
}

impl Log {
    /// Starts logging for the process. A second call leaves the first log unchanged.
    pub(super) fn start(form: LogForm, level: LogLevel) -> Log {
        let queue = Arc::new(Queue::default());
        let log = Log(LogOutput { queue: Arc::clone(&queue), form });
        let thread = std::thread::Builder::new().name("log".to_owned());
        // Without a thread, lines are dropped and counted as if nobody read them.
        _ = thread.spawn(move || queue.write_to(&mut error_output(), form));
        subscribe(&log.0.queue, form, level);
        std::panic::set_hook(Box::new(report_panic));
        log
    }

    /// The counters of this log.
    pub(super) fn counters(&self) -> LogCounters {
        self.0.queue.counters.clone()
    }

    /// The output of this log.
    pub(super) fn output(&self) -> LogOutput {
        self.0.clone()
    }
}

impl LogOutput {
    /// Adds text that is not a log line, such as the warnings of a scenario.
    pub(super) fn print(&self, text: &str) {
        self.queue.push(text.as_bytes());
    }

    /// Adds a line in the format of the log, regardless of the log level.
    pub(super) fn say(&self, level: &str, message: &str) {
        self.queue.push(line(self.form, level, message, None).as_bytes());
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.queue.wait_until_written(FLUSH_TIMEOUT);
    }
}

/// Standard error without the lock of [`std::io::stderr`], because the thread may be blocked in a write when the
/// program ends.
#[cfg(unix)]
fn error_output() -> Box<dyn Write> {
    use std::os::fd::AsFd as _;
    match std::io::stderr().as_fd().try_clone_to_owned() {
        Ok(descriptor) => Box::new(std::fs::File::from(descriptor)),
        Err(_) => Box::new(std::io::stderr()),
    }
}

#[cfg(not(unix))]
fn error_output() -> Box<dyn Write> {
    Box::new(std::io::stderr())
}

fn subscribe(queue: &Arc<Queue>, form: LogForm, level: LogLevel) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let builder = tracing_subscriber::fmt().with_writer(Lines(Arc::clone(queue))).with_max_level(level);
    // tracing would print its internal errors with `eprintln!`, which panics if standard error is closed.
    let builder = builder.with_target(false).with_ansi(Style::of_errors().colours).log_internal_errors(false);
    // An existing log stays unchanged.
    _ = match form {
        LogForm::Pretty => builder.try_init(),
        LogForm::Json => builder.json().try_init(),
    };
}

/// Logs a panic. The standard hook writes to standard error itself and could block on its reader.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let formatted = payload.downcast_ref::<String>().map(String::as_str);
    let reason = formatted.or(payload.downcast_ref::<&str>().copied()).unwrap_or("(no message)");
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(reason, location, "a thread panicked");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        tracing::error!(%backtrace, "backtrace of the panic");
    }
}

impl Queue {
    fn push(&self, text: &[u8]) {
        let mut state = self.state.lock();
        if state.text.len() + text.len() > MAX_QUEUED {
            state.dropped += lines(text);
            self.counters.add_dropped(lines(text));
            return;
        }
        state.text.extend_from_slice(text);
        self.counters.set_waiting(state.text.len());
        self.filled.notify_one();
    }

    /// Writes pushed lines as long as the process runs.
    fn write_to(&self, output: &mut dyn Write, form: LogForm) {
        let mut state = self.state.lock();
        loop {
            while state.text.is_empty() && !mem::take(&mut state.is_ending) {
                self.filled.wait(&mut state);
            }
            let missing = mem::take(&mut state.dropped);
            let mut text = mem::take(&mut state.text);
            self.counters.set_waiting(0);
            state.is_writing = true;
            drop(state);
            if missing > 0 {
                // The report of missing lines follows what was queued before them.
                text.extend_from_slice(missing_lines(form, missing).as_bytes());
            }
            let unwritten = write_all(output, &text);
            // The report itself does not count as a missing line.
            let (fresh, again) = if missing > 0 && unwritten > 0 { (unwritten - 1, missing) } else { (unwritten, 0) };
            self.counters.add_dropped(fresh);
            state = self.state.lock();
            state.is_writing = false;
            state.dropped += fresh + again;
            self.emptied.notify_all();
        }
    }

    fn wait_until_written(&self, max: Duration) {
        let end = Instant::now() + max;
        let mut state = self.state.lock();
        state.is_ending = state.dropped > 0;
        self.filled.notify_one();
        while !state.text.is_empty() || state.is_writing || state.is_ending {
            if self.emptied.wait_until(&mut state, end).timed_out() {
                return;
            }
        }
    }
}

/// Writes text and returns the number of lines that were not written.
fn write_all(output: &mut dyn Write, mut text: &[u8]) -> u64 {
    while !text.is_empty() {
        match output.write(text) {
            Ok(0) => break,
            Ok(written) => text = text.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    lines(text)
}

fn lines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

/// The report of missing lines, in the format of log lines.
fn missing_lines(form: LogForm, count: u64) -> String {
    line(form, "ERROR", "log lines were dropped because they could not be written", Some(count))
}

/// A line in the format of log lines.
fn line(form: LogForm, level: &str, message: &str, dropped: Option<u64>) -> String {
    let now = jiff::Timestamp::now();
    match form {
        LogForm::Pretty => {
            let dropped = dropped.map(|count| format!(" dropped={count}")).unwrap_or_default();
            format!("{now:.6} {level:>5} {message}{dropped}\n")
        }
        LogForm::Json => {
            let mut fields = serde_json::json!({ "message": message });
            if let Some(count) = dropped {
                fields["dropped"] = count.into();
            }
            format!("{}\n", serde_json::json!({ "timestamp": format!("{now:.6}"), "level": level, "fields": fields }))
        }
    }
}

/// Writes each event as a whole line, so that lines of several threads do not mix.
struct Lines(Arc<Queue>);

/// The line of an event.
struct Line<'q> {
    queue: &'q Queue,
    text: Vec<u8>,
}

impl<'q> MakeWriter<'q> for Lines {
    type Writer = Line<'q>;

    fn make_writer(&'q self) -> Line<'q> {
        Line { queue: &self.0, text: Vec::new() }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.text.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.queue.push(&self.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that accepts some bytes, then fails for a while, then accepts everything.
    struct Failing {
        accepted: Vec<u8>,
        /// The outcome of each write: the number of bytes accepted, or a failure.
        script: Vec<Option<usize>>,
    }

    impl Write for Failing {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            let step = if self.script.is_empty() { Some(text.len()) } else { self.script.remove(0) };
            let Some(length) = step else { return Err(std::io::ErrorKind::BrokenPipe.into()) };
            let length = length.min(text.len());
            self.accepted.extend_from_slice(&text[..length]);
            Ok(length)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Rules: CPL-11.
    #[test]
    fn unwritten_lines_are_counted() {
        let mut output = Failing { accepted: Vec::new(), script: vec![Some(3), None] };
        assert_eq!(write_all(&mut output, b"one\ntwo\nthree\n"), 3, "the end of the first line is missing");
        assert_eq!(write_all(&mut output, b"four\n"), 0);
        assert_eq!(output.accepted, b"onefour\n");
    }

    /// Rules: CPL-11.
    #[test]
    fn a_full_queue_drops_lines_without_blocking() {
        let queue = Queue::default();
        let line = [&[b'x'; 1023][..], b"\n"].concat();
        for _ in 0..2000 {
            queue.push(&line);
        }
        let state = queue.state.lock();
        assert_eq!((state.text.len(), state.dropped), (MAX_QUEUED, 2000 - 1024));
    }

    #[test]
    fn the_report_of_missing_lines_has_the_log_format() {
        let line = missing_lines(LogForm::Json, 7);
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["level"], &line["fields"]["dropped"]), (&"ERROR".into(), &7.into()));
        assert!(missing_lines(LogForm::Pretty, 7).ends_with(" dropped=7\n"));
    }
}
