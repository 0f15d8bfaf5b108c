//! Ctrl-C, SIGTERM and the end of standard input.

use std::io;

use tokio::sync::oneshot;

/// Exit codes of a process that a signal stopped, as shells report them: 128 and the number of the signal.
const INTERRUPTED: u8 = 130;
#[cfg(unix)]
const TERMINATED: u8 = 143;
/// The end of standard input is not a failure.
const ENDED: u8 = 0;

/// The signals that stop the program. They are handled from the creation of this value.
pub(super) struct Signals {
    process: ProcessSignals,
    input: Option<oneshot::Receiver<()>>,
}

impl Signals {
    pub(super) fn new(stops_with_input: bool) -> io::Result<Signals> {
        let input = if stops_with_input { Some(end_of_input()?) } else { None };
        Ok(Signals { process: ProcessSignals::new()?, input })
    }

    /// Completes when the process is asked to stop, with the exit code of a process that could not finish its work.
    pub(super) async fn next(&mut self) -> u8 {
        let Some(input) = &mut self.input else { return self.process.next().await };
        tokio::select! {
            code = self.process.next() => code,
            _ = input => ENDED,
        }
    }
}

/// Completes when standard input ends or cannot be read. A separate thread reads it, because tokio reads it on a thread
/// that delays the end of the runtime.
fn end_of_input() -> io::Result<oneshot::Receiver<()>> {
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new().name("input".to_owned()).spawn(move || {
        _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        _ = sender.send(());
    })?;
    Ok(receiver)
}

#[cfg(unix)]
struct ProcessSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl ProcessSignals {
    fn new() -> io::Result<ProcessSignals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(ProcessSignals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPTED,
            _ = self.terminate.recv() => TERMINATED,
        }
    }
}

#[cfg(not(unix))]
struct ProcessSignals;

#[cfg(not(unix))]
impl ProcessSignals {
    #[allow(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
    fn new() -> io::Result<ProcessSignals> {
        Ok(ProcessSignals)
    }

    async fn next(&mut self) -> u8 {
        _ = tokio::signal::ctrl_c().await;
        INTERRUPTED
    }
}
