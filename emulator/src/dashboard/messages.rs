//! Messages about the results of actions, each for one view and shown once (DSH-11).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::call::Call;
use super::forms;
use super::view::View;

/// The name in the query that refers to a message.
pub const NAME: &str = "message";
/// The time after which a message is dropped.
const LIFETIME: Duration = Duration::from_mins(1);
/// Maximum number of messages.
const MOST: usize = 1_000;

/// The result of an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// A sentence with numbers, such as `2 changed, 0 refused`.
    pub text: String,
    /// Further content as HTML, such as a table of refused items.
    pub details: String,
    /// The calls that the action made.
    pub calls: Vec<Call>,
}

impl Message {
    /// A message with the calls that it is about.
    pub fn new(text: impl Into<String>, calls: Vec<Call>) -> Message {
        Message { text: text.into(), details: String::new(), calls }
    }
}

/// Messages that have not been shown, by a number that nobody can guess.
#[derive(Default)]
pub struct Messages(Mutex<HashMap<String, Waiting>>);

struct Waiting {
    since: Instant,
    /// The path of the view that shows it.
    path: String,
    message: Message,
}

impl Messages {
    /// Stores a message for a view, and returns its number.
    pub fn put(&self, view: &View, message: Message) -> String {
        let (number, since) = (hex::encode(forms::random::<16>()), Instant::now());
        let mut messages = self.0.lock();
        messages.retain(|_, waiting| waiting.since.elapsed() < LIFETIME);
        if messages.len() < MOST {
            messages.insert(number.clone(), Waiting { since, path: view.path(), message });
        }
        number
    }

    /// Takes a message out; `None` if it does not exist or is for another view.
    pub fn take(&self, view: &View, number: &str) -> Option<Message> {
        let mut messages = self.0.lock();
        let is_shown = |waiting: &Waiting| waiting.path == view.path() && waiting.since.elapsed() < LIFETIME;
        messages.get(number).filter(|waiting| is_shown(waiting))?;
        messages.remove(number).map(|waiting| waiting.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Region;
    use crate::testing::{ADMINISTRATOR, MEMBER, REGION, id};

    /// Rules: DSH-11.
    #[test]
    fn a_message_is_shown_once_and_only_on_its_view() {
        let messages = Messages::default();
        let view = |account: &str| View::of(id(account), Region::new(REGION));
        let number = messages.put(&view(MEMBER), Message::new("2 changed, 0 refused", Vec::new()));
        assert_eq!(messages.take(&view(ADMINISTRATOR), &number), None);
        assert_eq!(messages.take(&view(MEMBER), "0"), None);
        assert_eq!(messages.take(&view(MEMBER), &number).unwrap().text, "2 changed, 0 refused");
        assert_eq!(messages.take(&view(MEMBER), &number), None);
        let numbers: std::collections::HashSet<_> =
            (0..MOST + 5).map(|_| messages.put(&view(MEMBER), Message::default())).collect();
        assert_eq!((numbers.len(), messages.0.lock().len()), (MOST + 5, MOST));
    }
}
