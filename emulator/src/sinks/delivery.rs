//! The task that delivers the messages of all sinks. It starts one further task for each lane.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use super::Sinks;
use super::client::Client;
use super::definition::Target;
use super::eventbridge::{self, Naming};
use super::outcome::Outcome;
use super::queue::{Lane, Message};
use super::sink::Sink;
use super::{channel, file, webhook};
use crate::http_client::tls::Trust;

/// The first and the longest time between two attempts.
const MIN_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(10);
/// Maximum random variation of a backoff, as a fraction of the backoff.
const JITTER: f64 = 0.2;
/// Time limit for emptying the queues at shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

impl Sinks {
    /// Delivers until `stop` completes, and then for up to two more seconds while messages are queued.
    pub async fn deliver(&self, stop: impl Future<Output = ()>) {
        let mut workers = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            self.start_workers(&mut workers).await;
            tokio::select! {
                () = self.woken.notified() => {}
                Some(_) = workers.join_next() => {}
                () = &mut stop => break,
            }
        }
        let empty = async {
            while !self.are_idle() {
                self.start_workers(&mut workers).await;
                tokio::select! {
                    () = self.woken.notified() => {}
                    Some(_) = workers.join_next() => {}
                }
            }
        };
        _ = timeout(SHUTDOWN_TIMEOUT, empty).await;
    }

    /// Sorts new messages, and starts a task for each lane with messages.
    async fn start_workers(&self, workers: &mut JoinSet<()>) {
        loop {
            let mut has_sorted = false;
            for sink in self.list() {
                has_sorted |= sink.sort_some();
                while let Some(lane) = sink.begin() {
                    workers.spawn(drain(Arc::clone(&sink), lane, self.trust(), Arc::clone(&self.changed)));
                }
            }
            if !has_sorted {
                return;
            }
            // Messages that the pattern does not select have left the queue.
            self.changed.notify_waiters();
            yield_now().await;
        }
    }
}

/// Marks a lane as free if its task panics.
struct Busy<'s> {
    sink: &'s Sink,
    lane: &'s Lane,
    is_done: bool,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            self.sink.end(self.lane);
        }
    }
}

/// Delivers the messages of a lane until the lane is empty.
async fn drain(sink: Arc<Sink>, lane: Lane, trust: Trust, changed: Arc<Notify>) {
    let mut busy = Busy { sink: &sink, lane: &lane, is_done: false };
    let mut client = Client::new(trust);
    loop {
        let messages = sink.take(&lane);
        if messages.is_empty() {
            busy.is_done = true;
            return;
        }
        deliver(&sink, messages.into(), &mut client, || changed.notify_waiters()).await;
    }
}

/// Delivers messages in order, with at most as many retries as the definition allows.
async fn deliver(sink: &Sink, mut messages: VecDeque<Message>, client: &mut Client, notify: impl Fn()) {
    let mut changes = sink.changes();
    let mut retried: Option<(u32, usize)> = None;
    while !messages.is_empty() && !sink.is_removed() {
        changes.borrow_and_update();
        let definition = sink.definition();
        // Failed messages are sent again alone, before the messages that follow them.
        let max = retried.map_or(usize::MAX, |(_, count)| count);
        let count = batch_size(&definition.target, messages.make_contiguous()).min(max);
        let batch: Vec<Message> = messages.drain(..count).collect();
        let outcome = {
            let _permit = sink.attempts.acquire().await;
            attempt(sink.name(), &definition.target, batch, (&mut *client, &mut changes)).await
        };
        let attempts = retried.map_or(0, |(attempts, _)| attempts);
        let retry = sink.record(outcome, count, attempts >= definition.retries);
        notify();
        if retry.is_empty() {
            retried = None;
            continue;
        }
        retried = Some((attempts + 1, retry.len()));
        retry.into_iter().rev().for_each(|message| messages.push_front(message));
        client.disconnect();
        tokio::select! {
            () = sleep(backoff(attempts, fastrand::f64())) => {}
            _ = changes.changed() => retried = retried.map(|(_, count)| (0, count)),
        }
    }
}

/// Returns the number of leading messages that one attempt sends.
fn batch_size(target: &Target, messages: &[Message]) -> usize {
    match target {
        Target::Webhook { .. } | Target::Channel(_) => 1,
        Target::EventBridge { .. } => eventbridge::batch_size(messages),
        Target::File { .. } => messages.len(),
    }
}

async fn attempt(
    name: &str,
    target: &Target,
    messages: Vec<Message>,
    (client, changes): (&mut Client, &mut watch::Receiver<u64>),
) -> Outcome {
    match target {
        Target::Webhook { url, headers } => webhook::deliver(name, (url, headers), messages, client).await,
        Target::EventBridge { url, bus, source_prefix } => {
            let naming = Naming { bus, source_prefix };
            eventbridge::deliver(url, naming, messages, client).await
        }
        Target::File { path } => file::deliver(path, messages).await,
        Target::Channel(sender) => channel::deliver(sender, messages, changes).await,
    }
}

/// Returns the backoff before the next attempt: 100 ms, doubled after each attempt up to 10 s, with a random variation
/// of 20 %. `random` is from 0 to 1.
fn backoff(attempts: u32, random: f64) -> Duration {
    let doubled = MIN_BACKOFF.saturating_mul(2_u32.saturating_pow(attempts)).min(MAX_BACKOFF);
    doubled.mul_f64(1.0 - JITTER + 2.0 * JITTER * random)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-86.
    #[test]
    fn the_backoff_is_doubled_up_to_ten_seconds() {
        for (attempts, milliseconds) in [(0, 100), (1, 200), (2, 400), (6, 6400), (7, 10_000), (99, 10_000)] {
            assert_eq!(backoff(attempts, 0.5).as_millis(), milliseconds, "{attempts}");
        }
        assert_eq!((backoff(0, 0.0).as_millis(), backoff(7, 1.0).as_millis()), (80, 12_000));
    }
}
