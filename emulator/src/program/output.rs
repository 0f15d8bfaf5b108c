//! Standard output and standard error. Nothing else in the program prints: `println!` and `eprintln!` panic when their
//! reader is gone.

use std::io::{ErrorKind, Write as _};

use super::exit::Exit;

/// Writes a text to standard output.
///
/// # Errors
/// 1 when it cannot be written. A reader that has seen enough and closed the pipe is no failure.
pub(super) fn print(text: &str) -> Result<(), Exit> {
    let mut output = std::io::stdout();
    written(output.write_all(text.as_bytes()).and_then(|()| output.flush()))
}

/// Writes a line to standard error. If it cannot be written, there is nobody left to tell.
pub(super) fn complain(line: &str) {
    _ = std::io::stderr().write_all(format!("{}\n", line.trim_end()).as_bytes());
}

/// What came of writing to standard output.
pub(super) fn written(result: std::io::Result<()>) -> Result<(), Exit> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Exit::failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// A text of somebody else's for a line of a table: control characters are shown and do nothing.
pub(super) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn control_characters_are_shown_and_do_nothing() {
        assert_eq!(harmless("a\u{1b}[2J\n\tß"), "a\\u{1b}[2J\\n\\tß");
    }
}
