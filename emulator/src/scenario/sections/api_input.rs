//! Entries that have the meaning of an operation's input or output. They are checked by its shape, so they are refused with
//! the messages of the API, at the position of the wrong value.

use securityhub_fixtures::Operation;
use securityhub_fixtures::model::{Kind, ShapeId};
use serde_json::{Map, Value};

use crate::scenario::check::Check;
use crate::scenario::files::Span;
use crate::scenario::spanned::{Content, Node, Spanned};
use crate::shape::read::{self, Document};
use crate::shape::{Rule, Segment, Violation, check as output, sentence};

/// A map with the names of the API, which keeps the positions of what is written in a scenario.
#[derive(Clone, Debug)]
pub(super) struct ApiInput(Node);

impl ApiInput {
    /// An empty map. `span` is the position of a missing member.
    pub(super) fn new(span: Span) -> ApiInput {
        ApiInput(Node { span, content: Content::Map(Vec::new()) })
    }

    /// Adds a member, if it is given.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: Option<Node>) -> ApiInput {
        if let (Content::Map(members), Some(value)) = (&mut self.0.content, value) {
            members.push((Spanned { value: name.to_owned(), span: value.span }, value));
        }
        self
    }

    /// Adds a text, if it is given.
    #[must_use]
    pub(super) fn with_text(self, name: &str, text: Option<&Spanned<String>>) -> ApiInput {
        self.with(name, text.map(self::text))
    }

    /// The map as a part of another one.
    pub(super) fn node(self) -> Node {
        self.0
    }

    /// The members, if they are a valid input of an operation. Violations are reported.
    pub(super) fn input(self, operation: Operation, check: &mut Check) -> Option<Map<String, Value>> {
        let input = operation.model().input;
        let mut document = read::body(input, &self.0.to_json().to_string()).unwrap_or_default();
        if let Kind::Structure(structure) = &input.shape().kind {
            read::missing(structure, &mut document);
        }
        let Document { members, violations, .. } = document;
        self.report(&violations, check);
        violations.is_empty().then_some(members)
    }

    /// The value, if the API could return it as a member with a shape. Violations are reported.
    pub(super) fn output(self, name: &'static str, shape: ShapeId, check: &mut Check) -> Option<Value> {
        let value = self.0.to_json();
        let mut violations = output::answer(shape, &value);
        for violation in &mut violations {
            violation.path.insert(0, Segment::Member(0, name));
        }
        ApiInput::new(self.0.span).with(name, Some(self.0)).report(&violations, check);
        violations.is_empty().then_some(value)
    }

    /// Reports violations, those at one position together.
    fn report(&self, violations: &[Violation], check: &mut Check) {
        for at_one_place in violations.chunk_by(|one, two| span_of(&self.0, one) == span_of(&self.0, two)) {
            let Some(first) = at_one_place.first() else { continue };
            check.push(check.at(span_of(&self.0, first), sentence::framework(at_one_place)));
        }
    }
}

impl From<Node> for ApiInput {
    fn from(node: Node) -> ApiInput {
        ApiInput(node)
    }
}

/// A text as a part of an input.
pub(super) fn text(text: &Spanned<String>) -> Node {
    Node { span: text.span, content: Content::Text(text.value.clone()) }
}

/// A list of texts as a part of an input. `span` is the position of an empty list.
pub(super) fn texts(texts: &[Spanned<String>], span: Span) -> Node {
    let span = texts.first().map_or(span, |first| first.span);
    Node { span, content: Content::List(texts.iter().map(text).collect()) }
}

/// The position of the value that violates a constraint, or of the nearest part that contains it.
pub(super) fn span_of(root: &Node, violation: &Violation) -> Span {
    let mut node = root;
    for segment in &violation.path {
        let next = match (segment, &node.content) {
            (Segment::Member(_, name), Content::Map(members)) => member(members, name).map(|(_, node)| node),
            (Segment::Key(key), Content::Map(members)) => member(members, key).map(|(_, node)| node),
            (Segment::Item(position), Content::List(items)) => items.get(*position),
            _ => None,
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    match (&violation.rule, &node.content) {
        (Rule::Unknown(name), Content::Map(members)) => member(members, name).map_or(node.span, |(key, _)| key.span),
        _ => node.span,
    }
}

fn member<'m>(members: &'m [(Spanned<String>, Node)], name: &str) -> Option<&'m (Spanned<String>, Node)> {
    members.iter().find(|(key, _)| key.value == name)
}
