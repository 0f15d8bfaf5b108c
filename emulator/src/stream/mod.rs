//! Streams of events and calls as they occur, in the format of server-sent events (CPL-81).
//!
//! A stream reads the ring of events and the journal from its cursor whenever there is news; it keeps no messages of its
//! own. The filters of readers and the content of messages do not belong here.

mod cursor;
mod reader;
#[cfg(test)]
mod tests;

use std::io;
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

/// The interval of comments, which show both sides that the connection is open.
const COMMENT_INTERVAL: Duration = Duration::from_secs(15);
const COMMENT: &[u8] = b": keep-alive\n\n";
/// Maximum number of parts that wait for the connection.
const PARTS: usize = 4;

/// What a stream follows.
#[derive(Clone, Debug, Default)]
pub struct Follow {
    /// The events; `None` for none.
    pub events: Option<EventFilter>,
    /// The calls; `None` for none.
    pub requests: Option<Filter>,
    /// The last message that was read; `None` to start with what comes next.
    pub after: Option<Cursor>,
}

/// Opens a stream that ends with its reader or with the emulator. `place` is its place among the streams. `None` outside of
/// a runtime.
pub fn open(
    served: ServedWorld,
    follow: Follow,
    place: OwnedSemaphorePermit,
) -> Option<mpsc::Receiver<io::Result<Bytes>>> {
    let runtime = Handle::try_current().ok()?;
    let (sender, receiver) = mpsc::channel(PARTS);
    // What happens from now on is a part of the stream.
    let reader = Reader::new(&served, follow);
    runtime.spawn(async move {
        run(&served, reader, &sender).await;
        drop(place);
    });
    Some(receiver)
}

/// The messages that a stream would send at once.
pub fn read_now(served: &ServedWorld, follow: Follow) -> String {
    let mut reader = Reader::new(served, follow);
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
