//! Threads for long-running work, so that threads that serve connections never do it.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Minimum number of concurrent calls of a lane. It exceeds the number of processors, since a call may wait for a lock
/// that another call holds.
const MIN_WIDTH: usize = 8;

/// A lane runs a bounded number of calls concurrently. Further calls wait in order, without occupying a thread.
///
/// Each lane has its own bound, so that slow queries do not block imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Calls that read findings or long lists.
    Reads,
    /// Calls that change findings only. They do not wait for writers of relations, so they have their own lane.
    Findings,
    /// Calls that change hubs and relations, which run one at a time, and calls of other services.
    Relations,
    /// Calls of the control plane.
    Control,
    /// Small calls that arrive while pending work is due and therefore do this work first.
    Due,
}

/// The lanes of a service.
pub(super) struct Lanes([Arc<Semaphore>; 5]);

impl Default for Lanes {
    fn default() -> Self {
        let width = std::thread::available_parallelism().map_or(1, usize::from).max(MIN_WIDTH);
        Lanes([(); 5].map(|()| Arc::new(Semaphore::new(width))))
    }
}

impl Lanes {
    /// Runs `work` on a separate thread once the lane has capacity; `None` if the runtime shuts down before. Work is
    /// not started if its future is dropped while it waits, for example because the client disconnected.
    pub(super) async fn run<R: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Option<R> {
        let [reads, findings, relations, control, due] = &self.0;
        let room = match lane {
            Lane::Reads => reads,
            Lane::Findings => findings,
            Lane::Relations => relations,
            Lane::Control => control,
            Lane::Due => due,
        };
        let room = Arc::clone(room).acquire_owned().await.ok()?;
        let work = move || {
            let result = work();
            drop(room);
            result
        };
        tokio::task::spawn_blocking(work).await.ok()
    }
}
