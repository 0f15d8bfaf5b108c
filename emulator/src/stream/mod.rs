//! Streams of events and calls as they occur, in the format of server-sent events (CPL-81).
//!
//! After each signal, a stream reads the ring of events and the journal from its cursor; it does not store messages. The
//! filters of readers and the content of messages do not belong here.

mod cursor;
mod reader;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::yield_now;
use tokio::time::{Instant, interval_at};

pub use cursor::Cursor;
use reader::Reader;

use crate::domain::events::filter::EventFilter;
use crate::journal::Filter;
use crate::served::ServedWorld;
use crate::served::notifications::Topic;
use crate::state::{Event, World};

/// Interval of comments, by which both sides detect that the connection is open.
const COMMENT_INTERVAL: Duration = Duration::from_secs(15);
const COMMENT: &[u8] = b": keep-alive\n\n";
/// Maximum number of parts that are queued for a connection.
const PARTS: usize = 4;

/// The selection of a stream's messages.
#[derive(Clone, Debug, Default)]
pub struct Subscription {
    /// Filter of events; `None` to send no events.
    pub events: Option<EventFilter>,
    /// Filter of calls; `None` to send no calls.
    pub requests: Option<Filter>,
    /// Cursor of the last message that was read; `None` to start with the next message.
    pub after: Option<Cursor>,
    /// The form of events; `None` for their envelopes.
    pub form: Option<Form>,
}

/// A form in which a stream sends events, on one line. Such a stream contains no announcements.
#[derive(Clone)]
pub struct Form(pub Arc<WriteEvent>);

/// Writes an event.
type WriteEvent = dyn Fn(&Event, &World) -> String + Send + Sync;

impl fmt::Debug for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Form")
    }
}

/// Opens a stream, which ends when its reader disconnects or the emulator stops. `permit` limits the number of streams.
/// Returns `None` outside of a runtime.
pub fn open(
    served: ServedWorld,
    subscription: Subscription,
    permit: OwnedSemaphorePermit,
) -> Option<mpsc::Receiver<io::Result<Bytes>>> {
    let runtime = Handle::try_current().ok()?;
    let (sender, receiver) = mpsc::channel(PARTS);
    // The reader is created before the task starts, so that the stream contains every later message.
    let reader = Reader::new(&served, subscription);
    runtime.spawn(async move {
        run(&served, reader, &sender).await;
        drop(permit);
    });
    Some(receiver)
}

/// The messages that a stream would send immediately.
pub fn read_now(served: &ServedWorld, subscription: Subscription) -> String {
    let mut reader = Reader::new(served, subscription);
    let mut messages = String::new();
    loop {
        let (text, has_more) = reader.read(served);
        messages.push_str(&text);
        if !has_more {
            return messages;
        }
    }
}

async fn run(served: &ServedWorld, mut reader: Reader, sender: &mpsc::Sender<io::Result<Bytes>>) {
    let mut comments = interval_at(Instant::now() + COMMENT_INTERVAL, COMMENT_INTERVAL);
    let notifications = served.notifications();
    while !notifications.is_stopping() {
        let events = notifications.signal(Topic::Events).notified();
        let requests = notifications.signal(Topic::Requests).notified();
        loop {
            let (text, has_more) = reader.read(served);
            if !text.is_empty() && sender.send(Ok(text.into())).await.is_err() {
                return;
            }
            if !has_more {
                break;
            }
            yield_now().await;
        }
        tokio::select! {
            () = events => {}
            () = requests => {}
            _ = comments.tick() => {
                if sender.send(Ok(Bytes::from_static(COMMENT))).await.is_err() {
                    return;
                }
            }
            () = notifications.stopped() => {}
            () = sender.closed() => return,
        }
    }
}
