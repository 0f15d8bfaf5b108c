//! What is to be said of a policy document, and of which of its values.

/// Something that is wrong with a policy document, or of no use in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Of what.
    pub path: Vec<PathStep>,
    /// Whether it is of the last key of the path, not of its value.
    pub of_key: bool,
    /// What is wrong.
    pub message: String,
    /// What was expected instead.
    pub expected: Option<String>,
    /// The word that is wrong, and those that it may have been meant to be.
    pub meant: Option<(String, Vec<&'static str>)>,
    /// Whether the document is refused for it.
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

/// A step, as it is taken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'d> {
    Key(&'d str),
    Item(usize),
}

/// The remarks so far, and where the reader stands.
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

    /// Makes remarks one step further.
    pub(super) fn enter(&mut self, step: Step<'_>, remark: impl FnOnce(&mut Self)) {
        self.go(step);
        remark(self);
        self.back();
    }

    /// Refuses the document for the value here.
    pub(super) fn refuse(&mut self, message: impl Into<String>, expected: impl Into<String>) {
        self.push(message.into(), Some(expected.into()), false);
    }

    /// Refuses the document for the key here.
    pub(super) fn refuse_key(&mut self, message: impl Into<String>, expected: impl Into<String>) {
        self.push(message.into(), Some(expected.into()), true);
    }

    /// Warns of the value here.
    pub(super) fn warn(&mut self, message: impl Into<String>) {
        self.push(message.into(), None, false);
    }

    /// Warns of the key here.
    pub(super) fn warn_key(&mut self, message: impl Into<String>) {
        self.push(message.into(), None, true);
    }

    /// Adds to the last remark which words the wrong one may have been meant to be.
    pub(super) fn meant(&mut self, wrong: &str, words: impl IntoIterator<Item = &'static str>) {
        if let Some(last) = self.all.last_mut() {
            last.meant = Some((wrong.to_owned(), words.into_iter().collect()));
        }
    }

    fn push(&mut self, message: String, expected: Option<String>, of_key: bool) {
        let refuses = expected.is_some();
        self.all.push(Remark { path: self.path.clone(), of_key, message, expected, meant: None, refuses });
    }
}
