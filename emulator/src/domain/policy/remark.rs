//! Remarks on a policy document, with the values they refer to.

/// A problem of a policy document: an error, or something without effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The path to the value.
    pub path: Vec<PathStep>,
    /// True if the problem is the last key of the path, not its value.
    pub of_key: bool,
    /// The problem.
    pub message: String,
    /// The expected value.
    pub expected: Option<String>,
    /// The wrong word, with the words that may have been meant.
    pub suggestions: Option<(String, Vec<&'static str>)>,
    /// True if the document is refused because of it.
    pub refuses: bool,
}

/// A step of a path into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// To the member of this name.
    Key(String),
    /// To the item at this position.
    Item(usize),
}

/// A borrowed [`PathStep`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'d> {
    Key(&'d str),
    Item(usize),
}

/// The remarks so far, and the current path of the reader.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    pub(super) all: Vec<Remark>,
    path: Vec<PathStep>,
}

impl Remarks {
    pub(super) fn go(&mut self, step: Step<'_>) {
        self.path.push(match step {
            Step::Key(name) => PathStep::Key(name.to_owned()),
            Step::Item(position) => PathStep::Item(position),
        });
    }

    pub(super) fn back(&mut self) {
        self.path.pop();
    }

    /// Runs `remark` one step deeper.
    pub(super) fn enter(&mut self, step: Step<'_>, remark: impl FnOnce(&mut Self)) {
        self.go(step);
        remark(self);
        self.back();
    }

    /// Refuses the document because of the current value.
    pub(super) fn refuse(&mut self, message: impl Into<String>, expected: impl Into<String>) {
        self.push(message.into(), Some(expected.into()), false);
    }

    /// Refuses the document because of the current key.
    pub(super) fn refuse_key(&mut self, message: impl Into<String>, expected: impl Into<String>) {
        self.push(message.into(), Some(expected.into()), true);
    }

    /// Warns about the current value.
    pub(super) fn warn(&mut self, message: impl Into<String>) {
        self.push(message.into(), None, false);
    }

    /// Warns about the current key.
    pub(super) fn warn_key(&mut self, message: impl Into<String>) {
        self.push(message.into(), None, true);
    }

    /// Adds to the last remark the words that may have been meant instead of the wrong one.
    pub(super) fn suggest(&mut self, wrong: &str, words: impl IntoIterator<Item = &'static str>) {
        if let Some(last) = self.all.last_mut() {
            last.suggestions = Some((wrong.to_owned(), words.into_iter().collect()));
        }
    }

    fn push(&mut self, message: String, expected: Option<String>, of_key: bool) {
        let refuses = expected.is_some();
        self.all.push(Remark { path: self.path.clone(), of_key, message, expected, suggestions: None, refuses });
    }
}
