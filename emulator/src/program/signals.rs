//! Ctrl-C and SIGTERM.

/// Exit codes of a process that a signal stopped, as shells report them: 128 and the number of the signal.
const INTERRUPTED: u8 = 130;
#[cfg(unix)]
const TERMINATED: u8 = 143;

/// The signals that stop the program. They are handled from the creation of this value.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Completes when the process is asked to stop, with the exit code of a process that could not finish its work.
    pub(super) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => TERMINATED,
        }
    }
}

/// The signals that stop the program.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
    pub(super) fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    /// Completes when the process is asked to stop by Ctrl-C.
    pub(super) async fn next(&mut self) -> u8 {
        _ = tokio::signal::ctrl_c().await;
        INTERRUPTED
    }
}
