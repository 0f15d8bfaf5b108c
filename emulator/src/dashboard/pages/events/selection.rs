//! The events of the page: its query as a filter.

use crate::dashboard::view::{Query, View};
use crate::domain::events::envelope;
use crate::domain::events::filter::EventFilter;
use crate::domain::events::pattern::EventPattern;
use crate::state::EventKind;

/// The events that a query selects, and the pattern with which they are compared.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// True to select the events of all accounts and Regions.
    pub all: bool,
    /// The only kind of events to select.
    pub kind: Option<EventKind>,
    /// Only events with a smaller number.
    pub before: Option<u64>,
    /// The pattern. Events that it does not select are shown, too.
    pub pattern: Option<EventPattern>,
}

impl Selection {
    /// Reads a query. If a part of it cannot be used, it is ignored, and there is a sentence about it.
    pub fn of(query: &Query) -> (Selection, Option<String>) {
        let value = |name: &str| query.first(name).map(str::trim).filter(|value| !value.is_empty());
        let mut selection = Selection { all: value("all").is_some_and(|all| all != "0"), ..Selection::default() };
        let mut mistake = None;
        if let Some(text) = value("kind") {
            selection.kind = EventKind::ALL.into_iter().find(|kind| folded(name(*kind)) == folded(text));
            if selection.kind.is_none() {
                let names = EventKind::ALL.map(name).join(", ");
                mistake = Some(format!("`{text}` is not a kind of events; expected one of {names}."));
            }
        }
        if let Some(text) = value("before") {
            selection.before = text.parse().ok();
            if selection.before.is_none() {
                mistake = Some(format!("`before={text}` is not the number of an event."));
            }
        }
        if let Some(text) = value("pattern") {
            match EventPattern::read(text) {
                Ok(pattern) => selection.pattern = Some(pattern),
                Err(sentence) => mistake = Some(sentence),
            }
        }
        (selection, mistake)
    }

    /// The filter of events. The pattern is not a part of it.
    pub fn filter(&self, view: &View) -> EventFilter {
        EventFilter {
            account: (!self.all).then_some(view.account),
            region: (!self.all).then(|| view.region.clone()),
            detail_type: self.kind.map(|kind| envelope::detail_type_of(kind).to_owned()),
            test: None,
            pattern: None,
        }
    }
}

/// The name of a kind on the page.
pub fn name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Finding => "Imported",
        EventKind::Ocsf => "Imported V2",
        EventKind::Selected => "Custom Action",
        EventKind::Results => "Insight Results",
    }
}

/// A name without the difference of cases and separators.
fn folded(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: DSH-95.
    #[test]
    fn a_query_selects_events() {
        let of = |text: &str| Selection::of(&Query::parse(text));
        let (selection, mistake) = of("kind=custom-action&before=12&all=1&pattern=%7B%22source%22%3A%5B%22a%22%5D%7D");
        assert_eq!((selection.kind, selection.before, mistake), (Some(EventKind::Selected), Some(12), None));
        assert!(selection.all && selection.pattern.is_some());
        assert!(of("kind=&before=&pattern=&all=0").1.is_none());
        for (text, sentence) in [
            ("kind=nope", "`nope` is not a kind of events; expected one of Imported, Imported V2,"),
            ("before=x", "`before=x` is not the number of an event."),
            ("pattern=%7B", "Event pattern is not valid. Reason: "),
        ] {
            let mistake = of(text).1.unwrap();
            assert!(mistake.starts_with(sentence), "{mistake}");
        }
    }
}
