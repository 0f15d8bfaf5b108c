//! Does work at its due time while the clock runs, so that its events are sent without a call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use super::Service;
use super::lanes::Lane;
use crate::domain::due;
use crate::served::{CallKind, ServedWorld};
use crate::state::World;
use crate::state::sync::Mutex;

#[cfg(test)]
mod tests;

/// Maximum time between two looks at the clock of the machine, which can be set.
const MAX_SLEEP: Duration = Duration::from_mins(1);
/// Time until the next attempt if due work cannot be done, for example because the disk is full.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Due times are computed from clocks in milliseconds, so that the same due time differs a little.
const TOLERANCE: Duration = Duration::from_millis(2);

/// The time at which the task of [`Service::do_due_work`] wakes up. Calls wake it earlier if they schedule earlier work
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

impl Service {
    /// Does work when it becomes due, without end.
    pub(super) async fn do_due_work(&self) {
        loop {
            let wakes_at = self.0.timer.arm(&self.0.served);
            let sleeps = async {
                match wakes_at {
                    Some(wakes_at) => sleep_until(wakes_at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.0.timer.woken.notified() => continue,
                () = sleeps => {}
            }
            let service = self.clone();
            if self.0.lanes.run(Lane::Due, move || service.do_due_work_now()).await != Some(true) {
                sleep(RETRY_INTERVAL).await;
            }
        }
    }

    /// Does all work that is due. Returns whether no due work remains.
    fn do_due_work_now(&self) -> bool {
        let world = self.world();
        let now = world.clock.now();
        let run = || catch_unwind(AssertUnwindSafe(|| due::run(&world, now)));
        if let Some(Err(_)) = self.0.served.record(CallKind::Reads, 0, run) {
            self.record_panic(&self.0.request_ids.uuid(), "-", "due work");
        }
        !world.is_due(now)
    }
}
