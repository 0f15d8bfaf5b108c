//! A cache of derived forms. Reading a page again copies the forms from this cache instead of deriving them again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError};

use crate::sync::Mutex;

/// The cache holds at most `LEAST` bytes plus one `PART`th of the size of all documents.
const LEAST: usize = 8 * 1024 * 1024;
const PART: usize = 64;
/// Number of outdated entries below which the order of forms is not compacted.
const FEW: usize = 32;

/// The latest derived forms by slot. The cache of a clone is empty.
#[derive(Debug, Default)]
pub(super) struct Forms(Mutex<Cached>);

#[derive(Debug, Default)]
struct Cached {
    /// A version number from the caller. It changes when something other than the documents changes the forms.
    context: u64,
    /// The form of each slot, with its number.
    forms: HashMap<u32, (u64, Arc<[u8]>)>,
    /// Slots with the numbers of their forms, oldest first. Entries of forms that were dropped or replaced are removed
    /// when they outnumber the others.
    order: VecDeque<(u32, u64)>,
    /// The number of the next form.
    next: u64,
    bytes: usize,
}

impl Cached {
    fn insert(&mut self, slot: u32, form: Arc<[u8]>) {
        self.remove(slot);
        self.bytes += form.len();
        self.order.push_back((slot, self.next));
        self.forms.insert(slot, (self.next, form));
        self.next += 1;
        if self.order.len() > 2 * self.forms.len() + FEW {
            self.order.retain(|(slot, number)| self.forms.get(slot).is_some_and(|(of_form, _)| of_form == number));
        }
    }

    fn remove(&mut self, slot: u32) {
        if let Some((_, form)) = self.forms.remove(&slot) {
            self.bytes = self.bytes.saturating_sub(form.len());
        }
    }

    /// Drops the oldest form.
    fn remove_oldest(&mut self) {
        if let Some((slot, number)) = self.order.pop_front()
            && self.forms.get(&slot).is_some_and(|(of_form, _)| *of_form == number)
        {
            self.remove(slot);
        }
    }
}

impl Clone for Forms {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Forms {
    /// The cached forms of slots. Clears the cache first if it belongs to another context.
    pub(super) fn get(&self, context: u64, slots: &[u32]) -> Vec<Option<Arc<[u8]>>> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.context != context {
            *cached = Cached { context, ..Cached::default() };
        }
        slots.iter().map(|slot| cached.forms.get(slot).map(|(_, form)| Arc::clone(form))).collect()
    }

    /// Caches forms, and drops the oldest ones while the cache exceeds its limit. `documents` is the size of all
    /// documents.
    pub(super) fn put(&self, context: u64, forms: Vec<(u32, Arc<[u8]>)>, documents: usize) {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.context != context {
            return;
        }
        for (slot, form) in forms {
            cached.insert(slot, form);
        }
        while cached.bytes > LEAST + documents / PART && !cached.order.is_empty() {
            cached.remove_oldest();
        }
    }

    /// Drops the form of a slot whose document has changed.
    pub(super) fn forget(&mut self, slot: u32) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).remove(slot);
    }

    /// Clears the cache after slots have been renumbered.
    pub(super) fn clear(&mut self) {
        *self.0.get_mut().unwrap_or_else(PoisonError::into_inner) = Cached::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(byte: u8, length: usize) -> Arc<[u8]> {
        vec![byte; length].into()
    }

    #[test]
    fn forms_are_cached_until_their_document_or_the_context_changes() {
        let mut forms = Forms::default();
        assert_eq!(forms.get(1, &[7]), [None]);
        forms.put(1, vec![(7, form(1, 3)), (8, form(2, 3))], 0);
        assert_eq!(forms.get(1, &[7, 9]), [Some(form(1, 3)), None]);
        forms.forget(7);
        assert_eq!(forms.get(1, &[7, 8]), [None, Some(form(2, 3))]);
        assert_eq!(forms.clone().get(1, &[8]), [None], "the cache of a clone is empty");
        assert_eq!(forms.get(2, &[8]), [None], "another context");
        forms.put(1, vec![(8, form(2, 3))], 0);
        assert_eq!(forms.get(2, &[8]), [None], "the form belongs to an earlier context");
    }

    #[test]
    fn the_cache_does_not_grow_with_the_number_of_writes() {
        let mut forms = Forms::default();
        _ = forms.get(0, &[]);
        forms.put(0, vec![(0, form(0, 1))], 0);
        for _ in 0..10_000 {
            forms.put(0, vec![(1, form(0, 1))], 0);
            forms.forget(1);
        }
        let cached = forms.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        assert!(cached.order.len() < 100, "{}", cached.order.len());
    }

    #[test]
    fn a_form_that_was_cached_again_is_not_the_oldest() {
        let mut forms = Forms::default();
        _ = forms.get(0, &[]);
        forms.put(0, vec![(9, form(0, 1)), (0, form(0, LEAST / 3))], 0);
        forms.forget(0);
        forms.put(0, vec![(1, form(0, LEAST / 3)), (0, form(0, LEAST / 3)), (2, form(0, LEAST / 3))], 0);
        forms.put(0, vec![(3, form(0, LEAST / 3))], 0);
        let kept: Vec<bool> = forms.get(0, &[9, 1, 0, 2, 3]).iter().map(Option::is_some).collect();
        assert_eq!(kept, [false, false, true, true, true]);
    }

    #[test]
    fn the_oldest_forms_are_dropped() {
        let forms = Forms::default();
        _ = forms.get(0, &[]);
        for slot in 0..20 {
            forms.put(0, vec![(slot, form(0, LEAST / 10))], 0);
        }
        let kept = forms.get(0, &(0..20).collect::<Vec<_>>());
        assert_eq!(
            kept.iter().map(Option::is_some).collect::<Vec<_>>(),
            (0..20).map(|slot| slot >= 10).collect::<Vec<_>>()
        );
    }
}
