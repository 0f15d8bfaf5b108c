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
        match self.0.served.record(CallKind::Reads, 0, run) {
            Some(Err(_)) => self.record_panic(&self.0.request_ids.uuid(), "-", "due work"),
            Some(Ok(())) | None => {}
        }
        !world.is_due(now)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use serde_json::Value;

    use crate::{Emulator, EventFilter, Messages};

    /// A running clock, a standard that is incomplete for a second, and a finding when it is complete.
    const SCENARIO: &str = "
delays: { standards_enable: 1s }
hubs: [{ account: '111111111111', regions: all, default_standards: false }]
resources: [{ account: '111111111111', regions: [us-east-1], type: AwsS3Bucket, id: logs, fails: [S3.8] }]
event_sinks: { events: { type: file, path: events.jsonl } }
";

    fn emulator(folder: &Path, clock: &str) -> Emulator {
        let file = folder.join("scenario.yaml");
        std::fs::write(&file, format!("{clock}{SCENARIO}")).unwrap();
        runtime().block_on(Emulator::builder().scenario(file).start()).unwrap()
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    async fn send(emulator: &Emulator, path: &str, body: &Value) {
        let authorization = "AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, \
                             SignedHeaders=host, Signature=00";
        let request = http::Request::post(path).header("authorization", authorization);
        let response = emulator.service().handle(request.body(body.to_string().into()).unwrap()).await;
        assert_eq!(response.status(), 200, "{response:?}");
    }

    async fn enable_standard(emulator: &Emulator) {
        let arn = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";
        let body = serde_json::json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": arn }] });
        send(emulator, "/standards/register", &body).await;
    }

    /// Whether a stream has an event within this time.
    async fn has_event(messages: &mut Messages, time: Duration) -> bool {
        let event = async { while messages.next().await.expect("the stream is open").kind != "event" {} };
        tokio::time::timeout(time, event).await.is_ok()
    }

    /// Waits without a call until a stream and a file have an event.
    async fn assert_events_without_a_call(folder: &Path, messages: &mut Messages) {
        assert!(has_event(messages, Duration::from_secs(20)).await, "the stream has no event");
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while !std::fs::read_to_string(folder.join("events.jsonl")).is_ok_and(|text| text.contains("S3.8")) {
            assert!(std::time::Instant::now() < end, "the file has no event");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Rules: CPL-81, CPL-84.
    #[test]
    fn events_of_due_work_are_sent_without_a_call() {
        let folder = tempfile::tempdir().unwrap();
        let emulator = emulator(folder.path(), "");
        runtime().block_on(async {
            let mut messages = emulator.stream(&EventFilter::default()).await.unwrap();
            enable_standard(&emulator).await;
            assert_events_without_a_call(folder.path(), &mut messages).await;
        });
    }

    /// Rules: CPL-81, CPL-90.
    #[test]
    fn due_work_waits_while_the_clock_is_frozen() {
        let folder = tempfile::tempdir().unwrap();
        let emulator = emulator(folder.path(), "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\n");
        runtime().block_on(async {
            let mut messages = emulator.stream(&EventFilter::default()).await.unwrap();
            enable_standard(&emulator).await;
            assert!(!has_event(&mut messages, Duration::from_millis(1500)).await, "the work is not due");
            send(&emulator, "/_emulator/clock", &serde_json::json!({ "frozen": false })).await;
            assert_events_without_a_call(folder.path(), &mut messages).await;
        });
    }
}
