//! Does work at its due time while the clock runs, so that its events are sent without a call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::time::sleep;

use super::Service;
use super::lanes::Lane;
use crate::domain::due;
use crate::served::CallKind;

#[cfg(test)]
mod tests;

/// Time until the next attempt if due work cannot be done, for example because the disk is full.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

impl Service {
    /// Does work whenever it becomes due. Never returns.
    pub(super) async fn do_due_work(&self) {
        loop {
            self.0.timer.wait(&self.0.served).await;
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
