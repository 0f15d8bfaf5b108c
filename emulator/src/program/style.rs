//! Colours in output for people.

use std::io::IsTerminal as _;

#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) colours: bool,
}

impl Style {
    /// Colours are used on a terminal, unless the user has disabled them.
    pub(super) fn of_output() -> Style {
        Style::of(std::io::stdout().is_terminal())
    }

    /// The same for standard error.
    pub(super) fn of_errors() -> Style {
        Style::of(std::io::stderr().is_terminal())
    }

    fn of(is_terminal: bool) -> Style {
        Style { colours: is_terminal && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty()) }
    }

    /// The text in the colour of an ANSI code.
    pub(super) fn paint(self, code: &str, text: &str) -> String {
        if self.colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub(super) fn mark(self, passes: bool) -> String {
        if passes { self.paint("32", "✔") } else { self.paint("31", "✘") }
    }
}
