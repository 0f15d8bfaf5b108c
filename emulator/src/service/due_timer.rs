//! The time at which the next work is due while the clock runs.

use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::served::ServedWorld;
use crate::state::World;
use crate::state::sync::Mutex;

/// Maximum time until the task reads the system clock again, which can be set while the task sleeps.
const MAX_SLEEP: Duration = Duration::from_mins(1);
/// Tolerance for due times: clocks count milliseconds, so the due time of the same work varies between two
/// computations.
const TOLERANCE: Duration = Duration::from_millis(2);

/// The time at which the task of `Service::do_due_work` wakes up. Calls wake it earlier if they schedule earlier work
/// or change the clock.
#[derive(Debug, Default)]
pub(super) struct DueTimer {
    /// `None` if the task sleeps until it is woken.
    wakes_at: Mutex<Option<Instant>>,
    woken: Notify,
}

impl DueTimer {
    /// Wakes the task if work is due before the task wakes up by itself. Call this after changes of the world.
    pub(super) fn reschedule(&self, world: &World) {
        let Some(due_at) = due_at(world) else { return };
        let wakes_later = self.wakes_at.lock().is_none_or(|wakes_at| due_at + TOLERANCE < wakes_at);
        if wakes_later {
            self.woken.notify_one();
        }
    }

    /// Waits until work is due, or until the system clock must be read again.
    pub(super) async fn wait(&self, served: &ServedWorld) {
        loop {
            let wakes_at = self.arm(served);
            let sleeps = async {
                match wakes_at {
                    Some(wakes_at) => sleep_until(wakes_at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.woken.notified() => {}
                () = sleeps => return,
            }
        }
    }

    /// The time until which the task sleeps. The world is read under the lock, so that a change after it wakes the task.
    fn arm(&self, served: &ServedWorld) -> Option<Instant> {
        let mut wakes_at = self.wakes_at.lock();
        *wakes_at = due_at(&served.world());
        *wakes_at
    }
}

/// The time at which work is due, at most [`MAX_SLEEP`] from now; `None` if no work is pending or the clock is frozen.
fn due_at(world: &World) -> Option<Instant> {
    world.time_to_due().map(|time| Instant::now() + time.min(MAX_SLEEP))
}
