//! Threads for work that takes long, so that the threads that serve connections never do it.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// At least so many calls of a lane are done at the same time. More than the processors, since a call may wait for a
/// lock that another one holds.
const LEAST_WIDTH: usize = 8;

/// A lane does a bounded number of calls at the same time; further ones wait in order, and hold no thread meanwhile.
///
/// Each lane has its own bound, so that slow queries do not keep imports from starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Calls that read findings or long lists.
    Reads,
    /// Calls that change findings only; they do not wait for writers of relations, and so have a lane of their own.
    Findings,
    /// Calls that change hubs and relations, one after the other, and those of other services.
    Relations,
    /// Calls of the control plane.
    Control,
    /// Small calls that come when pending work is due, which they do first.
    Due,
}

/// The lanes of a service.
pub(super) struct Lanes([Arc<Semaphore>; 5]);

impl Default for Lanes {
    fn default() -> Self {
        let width = std::thread::available_parallelism().map_or(1, usize::from).max(LEAST_WIDTH);
        Lanes([(); 5].map(|()| Arc::new(Semaphore::new(width))))
    }
}

impl Lanes {
    /// Does `work` on a thread of its own once the lane has room; `None` if the runtime ends before. Work whose future
    /// is dropped while it waits, because its client left, is never begun.
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
