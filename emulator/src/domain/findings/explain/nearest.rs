//! The findings that come nearest to filters. They are explained if the question does not name a finding.

use std::cmp::Reverse;
use std::collections::HashMap;

use securityhub_engine::{Filter, Part, Slot};

/// Maximum number of findings to explain if the question does not name one.
const MAX_NEAREST: usize = 3;

/// The findings that fail the fewest filters, from all tables that the caller sees.
#[derive(Debug)]
pub(super) struct Nearest<'q, T> {
    /// The filter of the whole request.
    whole: &'q Filter,
    /// The name of each filter, the filter, and the number of visible findings that pass it.
    filters: Vec<(&'q str, &'q Filter, usize)>,
    visible: usize,
    returned: usize,
    /// The explained findings with the number of filters that each of them fails.
    found: Vec<(usize, T)>,
}

impl<'q, T> Nearest<'q, T> {
    pub(super) fn new(whole: &'q Filter, filters: impl Iterator<Item = (&'q str, &'q Filter)>) -> Self {
        let filters = filters.map(|(name, filter)| (name, filter, 0)).collect();
        Nearest { whole, filters, visible: 0, returned: 0, found: Vec::new() }
    }

    /// Adds the findings of a table that `visible` selects. `explain` explains one of them.
    pub(super) fn add(&mut self, part: &Part<'_>, visible: &Filter, explain: impl Fn(Slot) -> T) {
        let and = |filter: &Filter| Filter::All(vec![visible.clone(), filter.clone()]);
        let shown = part.matching(visible);
        self.visible += shown.len();
        self.returned += part.count(&and(self.whole));
        let mut failing: HashMap<Slot, usize> = shown.into_iter().map(|slot| (slot, self.filters.len())).collect();
        for (_, filter, count) in &mut self.filters {
            for slot in part.matching(&and(filter)) {
                *count += 1;
                if let Some(failing) = failing.get_mut(&slot) {
                    *failing -= 1;
                }
            }
        }
        let mut nearest: Vec<(usize, Slot)> = failing.into_iter().map(|(slot, failing)| (failing, slot)).collect();
        nearest.sort_unstable_by_key(|(failing, slot)| (*failing, Reverse(*slot)));
        nearest.truncate(MAX_NEAREST);
        self.found.extend(nearest.into_iter().map(|(failing, slot)| (failing, explain(slot))));
    }

    /// The summary in one line, and the explanations of the nearest findings. Of findings of one table that fail equally
    /// many filters, the newest come first.
    pub(super) fn finish(mut self, region: &str) -> (String, Vec<T>) {
        let counts: Vec<String> =
            self.filters.iter().map(|(name, _, count)| format!("{name} matches {count}")).collect();
        let summary = match (self.visible, self.returned) {
            (0, _) => format!("not returned: the caller sees no findings in {region}"),
            (visible, 0) => {
                let noun = if visible == 1 { "finding" } else { "findings" };
                let counts = counts.join(", ");
                format!("not returned: none of the {visible} {noun} that the caller sees matches the filters; {counts}")
            }
            (_, 1) => "returned: 1 finding now matches the filters".to_owned(),
            (_, returned) => format!("returned: {returned} findings now match the filters"),
        };
        self.found.sort_by_key(|(failing, _)| *failing);
        self.found.truncate(MAX_NEAREST);
        (summary, self.found.into_iter().map(|(_, finding)| finding).collect())
    }
}
