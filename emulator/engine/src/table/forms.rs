//! A cache of derived forms. Reading a page again copies the forms from this cache instead of deriving them again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, PoisonError};

use crate::sync::Mutex;

/// The cache holds at most `LEAST` bytes plus one `PART`th of the size of all documents.
const LEAST: usize = 8 * 1024 * 1024;
const PART: usize = 32;

/// The latest derived forms by slot. The cache of a clone is empty.
#[derive(Debug, Default)]
pub(super) struct Forms(Mutex<Cached>);

#[derive(Debug, Default)]
struct Cached {
    /// A version number from the caller. It changes when something other than the documents changes the forms.
    context: u64,
    forms: HashMap<u32, Arc<[u8]>>,
    /// The slots in the order in which they were cached. A slot may be in it twice.
    order: VecDeque<u32>,
    bytes: usize,
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
        slots.iter().map(|slot| cached.forms.get(slot).map(Arc::clone)).collect()
    }

    /// Caches forms, and drops the oldest ones while the cache exceeds its limit. `documents` is the size of all
    /// documents.
    pub(super) fn put(&self, context: u64, forms: Vec<(u32, Arc<[u8]>)>, documents: usize) {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.context != context {
            return;
        }
        for (slot, form) in forms {
            cached.bytes += form.len();
            cached.order.push_back(slot);
            if let Some(before) = cached.forms.insert(slot, form) {
                cached.bytes = cached.bytes.saturating_sub(before.len());
            }
        }
        while cached.bytes > LEAST + documents / PART
            && let Some(slot) = cached.order.pop_front()
        {
            if let Some(form) = cached.forms.remove(&slot) {
                cached.bytes = cached.bytes.saturating_sub(form.len());
            }
        }
    }

    /// Drops the form of a slot whose document has changed.
    pub(super) fn forget(&mut self, slot: u32) {
        let cached = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(form) = cached.forms.remove(&slot) {
            cached.bytes = cached.bytes.saturating_sub(form.len());
        }
        if cached.forms.is_empty() {
            cached.order.clear();
        }
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
