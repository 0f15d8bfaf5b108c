//! Log lines: to standard error, quiet by default.
//!
//! A log must never cost an answer. Lines therefore go to a bounded queue, and a thread of their own writes them. When
//! nobody reads the pipe the queue fills up, further lines are dropped and counted, and requests go on. A line that
//! cannot be written (reader gone, disk full) is dropped and counted too. As soon as the log can be written again, one
//! line says how many are missing.
//!
//! Not `tracing-appender`: its worker does not say how many lines it dropped, and its guard prints with `println!` and
//! `eprintln!` at shutdown when the queue is full, which panics when that output is closed.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::mem;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::cli::{LogForm, LogLevel};
use super::style::Style;

/// How much text waits to be written, in bytes.
const MOST_WAITING: usize = 1024 * 1024;
/// How long the end of the program waits for the last lines.
const LAST_LINES: Duration = Duration::from_millis(200);

/// The log of the process; dropping it waits a moment until the last lines are written.
pub(super) struct Log(Arc<Queue>);

/// Lines that wait to be written.
#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    /// Something waits.
    filled: Condvar,
    /// All is written.
    emptied: Condvar,
    /// Lines that were dropped since the start.
    all_dropped: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    text: Vec<u8>,
    /// Whether the writing thread holds text that it has taken.
    is_writing: bool,
    /// Lines that were dropped and that no line has reported yet.
    dropped: u64,
    /// Whether the program ends, so that no line comes that could report them.
    is_ending: bool,
}

impl Log {
    /// Sets the log up for the process. A second call leaves the first log as it is.
    pub(super) fn start(form: LogForm, level: LogLevel) -> Log {
        let queue = Arc::new(Queue::default());
        let log = Log(Arc::clone(&queue));
        let thread = std::thread::Builder::new().name("log".to_owned());
        // Without a thread lines are dropped and counted, as when nobody reads them.
        _ = thread.spawn(move || queue.write_to(&mut error_output(), form));
        subscribe(&log.0, form, level);
        std::panic::set_hook(Box::new(report_panic));
        log
    }

    /// How many lines were dropped since the start.
    pub(super) fn dropped(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.0.all_dropped)
    }

    /// Adds text that is no log line, such as the warnings of a scenario.
    pub(super) fn print(&self, text: &str) {
        self.0.push(text.as_bytes());
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.wait_until_written(LAST_LINES);
    }
}

/// Standard error without the lock of [`std::io::stderr`]: the thread may be stuck in a write when the program ends.
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
    // Errors of the log itself would be printed by `eprintln!`, which panics when standard error is closed.
    let builder = builder.with_target(false).with_ansi(Style::of_errors().colours).log_internal_errors(false);
    // A log that is set up already stays as it is.
    _ = match form {
        LogForm::Pretty => builder.try_init(),
        LogForm::Json => builder.json().try_init(),
    };
}

/// Logs a panic. The standard hook writes to standard error itself and would wait for its reader.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let formatted = payload.downcast_ref::<String>().map(String::as_str);
    let reason = formatted.or(payload.downcast_ref::<&str>().copied()).unwrap_or("(no message)");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(reason, place, "a thread panicked");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        tracing::error!(%backtrace, "of the panic");
    }
}

impl Queue {
    fn push(&self, text: &[u8]) {
        let mut state = self.state.lock();
        if state.text.len() + text.len() > MOST_WAITING {
            state.dropped += lines(text);
            self.all_dropped.fetch_add(lines(text), Ordering::Relaxed);
            return;
        }
        state.text.extend_from_slice(text);
        self.filled.notify_one();
    }

    /// Writes what is pushed, for as long as the process runs.
    fn write_to(&self, output: &mut dyn Write, form: LogForm) {
        let mut state = self.state.lock();
        loop {
            while state.text.is_empty() && !mem::take(&mut state.is_ending) {
                self.filled.wait(&mut state);
            }
            let missing = mem::take(&mut state.dropped);
            let mut text = mem::take(&mut state.text);
            state.is_writing = true;
            drop(state);
            if missing > 0 {
                // What is missing comes after what was queued before it.
                text.extend_from_slice(missing_lines(form, missing).as_bytes());
            }
            let unwritten = write_all(output, &text);
            // The line that reports the others is not one of those that are missing.
            let (fresh, again) = if missing > 0 && unwritten > 0 { (unwritten - 1, missing) } else { (unwritten, 0) };
            self.all_dropped.fetch_add(fresh, Ordering::Relaxed);
            state = self.state.lock();
            state.is_writing = false;
            state.dropped += fresh + again;
            self.emptied.notify_all();
        }
    }

    fn wait_until_written(&self, most: Duration) {
        let end = Instant::now() + most;
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

/// Writes text; gives how many of its lines were not written.
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

/// The line that says how many are missing, in the form of the others.
fn missing_lines(form: LogForm, count: u64) -> String {
    let now = jiff::Timestamp::now();
    let message = "log lines were dropped because they could not be written";
    match form {
        LogForm::Pretty => format!("{now:.6} ERROR {message} dropped={count}\n"),
        LogForm::Json => {
            let fields = serde_json::json!({ "message": message, "dropped": count });
            format!("{}\n", serde_json::json!({ "timestamp": format!("{now:.6}"), "level": "ERROR", "fields": fields }))
        }
    }
}

/// Gives each event a line of its own, so that lines of several threads do not mix.
struct Lines(Arc<Queue>);

/// The line of one event.
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

    /// A reader that takes some bytes, then fails for a while, then takes all.
    struct Failing {
        taken: Vec<u8>,
        /// What each write does: takes so many bytes, or fails.
        script: Vec<Option<usize>>,
    }

    impl Write for Failing {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            let step = if self.script.is_empty() { Some(text.len()) } else { self.script.remove(0) };
            let Some(length) = step else { return Err(std::io::ErrorKind::BrokenPipe.into()) };
            let length = length.min(text.len());
            self.taken.extend_from_slice(&text[..length]);
            Ok(length)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Rules: CPL-11.
    #[test]
    fn lines_that_were_not_written_are_counted() {
        let mut output = Failing { taken: Vec::new(), script: vec![Some(3), None] };
        assert_eq!(write_all(&mut output, b"one\ntwo\nthree\n"), 3, "of the first line the end is missing");
        assert_eq!(write_all(&mut output, b"four\n"), 0);
        assert_eq!(output.taken, b"onefour\n");
    }

    /// Rules: CPL-11.
    #[test]
    fn a_full_queue_drops_lines_and_does_not_wait() {
        let queue = Queue::default();
        let line = [&[b'x'; 1023][..], b"\n"].concat();
        for _ in 0..2000 {
            queue.push(&line);
        }
        let state = queue.state.lock();
        assert_eq!((state.text.len(), state.dropped), (MOST_WAITING, 2000 - 1024));
    }

    #[test]
    fn the_line_about_missing_lines_has_the_form_of_the_others() {
        let line = missing_lines(LogForm::Json, 7);
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["level"], &line["fields"]["dropped"]), (&"ERROR".into(), &7.into()));
        assert!(missing_lines(LogForm::Pretty, 7).ends_with(" dropped=7\n"));
    }
}
