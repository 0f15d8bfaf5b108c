//! Standard output and standard error. All other output of the program goes through here, because `println!` and
//! `eprintln!` panic if their reader has closed the pipe.

use std::io::{ErrorKind, Write as _};

use super::exit::Exit;

/// Writes a text to standard output.
///
/// # Errors
/// Exit code 1 if it cannot be written. It is not an error if the reader closes the pipe early.
pub(super) fn print(text: &str) -> Result<(), Exit> {
    let mut output = std::io::stdout();
    check_written(output.write_all(text.as_bytes()).and_then(|()| output.flush()))
}

/// Writes each value to standard output, one per line.
///
/// # Errors
/// The errors of [`print`].
pub(super) fn print_lines<T: std::fmt::Display>(values: &[T]) -> Result<(), Exit> {
    let lines: Vec<String> = values.iter().map(|value| format!("{value}\n")).collect();
    print(&lines.concat())
}

/// Writes a response of the emulator: with `is_json` unchanged, otherwise as rendered by `text`.
///
/// # Errors
/// The errors of [`print`] and of `text`.
pub(super) fn print_answer(
    is_json: bool,
    answer: &[u8],
    text: impl FnOnce(&[u8]) -> Result<String, Exit>,
) -> Result<(), Exit> {
    if is_json {
        return print(&format!("{}\n", String::from_utf8_lossy(answer).trim_end()));
    }
    print(&text(answer)?)
}

/// Writes a line to standard error. A failure to write cannot be reported.
pub(super) fn print_error(line: &str) {
    _ = std::io::stderr().write_all(format!("{}\n", line.trim_end()).as_bytes());
}

/// The result of writing to standard output.
pub(super) fn check_written(result: std::io::Result<()>) -> Result<(), Exit> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Exit::failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Escapes control characters of external text for a line of a table.
pub(super) fn escape_control_characters(text: &str) -> String {
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
    use super::escape_control_characters;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escape_control_characters("a\u{1b}[2J\n\tß"), "a\\u{1b}[2J\\n\\tß");
    }
}
