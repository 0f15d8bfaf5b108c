//! Log lines: to standard error, quiet unless asked.

use tracing::level_filters::LevelFilter;

use super::cli::{LogForm, LogLevel};

/// Sets the log up for the process. A second call changes nothing.
pub(super) fn start(form: LogForm, level: LogLevel) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let builder = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(level).with_target(false);
    // A log that is set up already stays as it is.
    _ = match form {
        LogForm::Pretty => builder.try_init(),
        LogForm::Json => builder.json().try_init(),
    };
}
