//! Deliveries to a channel of a program that uses the library.

use serde_json::Value;
use tokio::sync::{mpsc, watch};

use super::outcome::Outcome;
use super::queue::Message;
use crate::domain::events::envelope;
use crate::invariant::Invariant;

/// Sends the first message, which is the only one. A full channel delays it until the program receives or the sink
/// changes.
pub async fn deliver(
    sender: &mpsc::Sender<Value>,
    messages: Vec<Message>,
    changes: &mut watch::Receiver<u64>,
) -> Outcome {
    let Some(message) = messages.first() else { return Outcome::default() };
    tokio::select! {
        permit = sender.reserve() => match permit {
            Ok(permit) => {
                permit.send(json(message));
                Outcome { delivered: messages.len(), ..Outcome::default() }
            }
            Err(_) => Outcome::failed(messages.len(), "the receiver of the channel was dropped"),
        },
        _ = changes.changed() => Outcome { retry: messages, ..Outcome::default() },
    }
}

fn json(message: &Message) -> Value {
    let text = match message {
        Message::Event(event, ids) => &envelope::write(event, ids),
        Message::Announcement(announcement) => &announcement.envelope,
    };
    serde_json::from_str(text).or_report("an envelope is JSON").unwrap_or_default()
}
