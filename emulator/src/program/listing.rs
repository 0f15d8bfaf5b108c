//! Prints the stored events or calls as lines and, with `--follow`, later ones.

use std::io::Write as _;

use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::arguments::Remote;
use super::exit::Exit;
use super::follow;
use super::{client, output};

/// A list of events or of calls.
pub(super) struct Listing<'r> {
    pub(super) remote: &'r Remote,
    /// The kind of the messages in a stream, such as `event`.
    pub(super) kind: &'static str,
    /// The name of an item in sentences, such as `event`.
    pub(super) noun: &'static str,
    /// The line above the items.
    pub(super) heading: String,
    /// Renders an item as a line.
    pub(super) line: fn(&str) -> String,
}

/// A page of items.
pub(super) struct Page {
    pub(super) items: Vec<Box<RawValue>>,
    /// The number after which the next page begins.
    pub(super) last: u64,
    pub(super) dropped: u64,
    pub(super) has_more: bool,
}

/// The number of items that a stream has skipped.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dropped {
    dropped: u64,
}

/// The number of deleted items.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Deleted {
    deleted: u64,
}

impl Listing<'_> {
    /// Prints all pages. `page` gets the page after a number.
    pub(super) fn print_pages(&self, page: impl Fn(u64) -> Result<Page, Exit>) -> Result<(), Exit> {
        let (mut after, mut has_heading) = (0, true);
        loop {
            let page = page(after)?;
            self.print_dropped(page.dropped);
            let items: Vec<&str> = page.items.iter().map(|item| item.get()).collect();
            if !self.print(&items, std::mem::take(&mut has_heading))? || !page.has_more {
                return Ok(());
            }
            after = page.last;
        }
    }

    /// Prints the stored items and those that follow, from the stream at `path`. `refused` converts a message of the
    /// emulator to an error.
    pub(super) fn follow(&self, path: &str, refused: fn(String) -> Exit) -> Result<(), Exit> {
        if !self.print(&[], true)? {
            return Ok(());
        }
        follow::follow(self.remote, path, refused, |message| match message.kind.as_str() {
            kind if kind == self.kind => self.print(&[&message.data], false),
            "dropped" => {
                self.print_dropped(serde_json::from_str::<Dropped>(&message.data).map_or(0, |message| message.dropped));
                Ok(true)
            }
            _ => Ok(true),
        })
    }

    /// Deletes the items at `path` and prints their number.
    pub(super) fn delete(&self, path: &str) -> Result<(), Exit> {
        let answer = client::send(self.remote, Method::DELETE, path, None)?;
        output::print_answer(self.remote.json, &answer, |answer| {
            let Deleted { deleted } = client::read(answer)?;
            Ok(format!("deleted {deleted} {}{}\n", self.noun, if deleted == 1 { "" } else { "s" }))
        })
    }

    /// Prints items as JSON, or as lines below an optional heading. Returns `false` if the reader of the output has
    /// closed it.
    fn print(&self, items: &[&str], has_heading: bool) -> Result<bool, Exit> {
        let is_json = self.remote.json;
        let mut text = if has_heading && !is_json { self.heading.clone() } else { String::new() };
        for item in items {
            if is_json {
                text.extend([item, "\n"]);
            } else {
                text.push_str(&(self.line)(item));
            }
        }
        let mut output = std::io::stdout();
        match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
            Ok(()) => Ok(true),
            failed => output::check_written(failed).map(|()| false),
        }
    }

    fn print_dropped(&self, dropped: u64) {
        let noun = self.noun;
        match dropped {
            0 => {}
            1 => output::print_error(&format!("1 earlier {noun} was dropped")),
            dropped => output::print_error(&format!("{dropped} earlier {noun}s were dropped")),
        }
    }
}
