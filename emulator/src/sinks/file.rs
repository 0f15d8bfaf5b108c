//! Deliveries to files: one line for each message (CPL-84).

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::outcome::Outcome;
use super::queue::Message;
use crate::domain::events::envelope;

/// Appends each message as one line. A message is delivered when its line is complete.
pub async fn deliver(path: &Path, messages: Vec<Message>) -> Outcome {
    let target = path.to_owned();
    let attempt = move || {
        let mut written = 0;
        let appended = append(&target, &messages, &mut written);
        let mut messages = messages;
        let retry = messages.split_off(written);
        let error = appended.err().map(|error| format!("cannot write {}: {error}", target.display()));
        Outcome { delivered: written, retry, error, ..Outcome::default() }
    };
    match tokio::task::spawn_blocking(attempt).await {
        Ok(outcome) => outcome,
        // The runtime is shutting down.
        Err(error) => Outcome { error: Some(error.to_string()), ..Outcome::default() },
    }
}

fn append(path: &Path, messages: &[Message], written: &mut usize) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    for message in messages {
        let mut line = match message {
            Message::Event(event, ids) => envelope::write(event, ids),
            Message::Announcement(announcement) => announcement.envelope.clone(),
        };
        line.push('\n');
        append_line(&mut file, &line)?;
        *written += 1;
    }
    Ok(())
}

/// Appends a line, and removes a partly written line after an error.
fn append_line(file: &mut File, line: &str) -> io::Result<()> {
    let length = file.metadata()?.len();
    file.write_all(line.as_bytes()).inspect_err(|_| _ = file.set_len(length))
}
