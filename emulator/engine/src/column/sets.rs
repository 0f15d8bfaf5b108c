//! The dictionary codes of sets of texts. Large sets, such as the accounts visible to an administrator, are looked up
//! repeatedly, so their translation into codes is cached until the dictionary changes.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, Weak};

use crate::sync::Mutex;

/// Smaller sets are looked up every time.
const SMALL: usize = 64;
/// Maximum number of cached sets.
const MOST: usize = 8;

/// The codes of a set.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Codes {
    wanted: Vec<bool>,
    numbers: Vec<u32>,
}

impl Codes {
    /// A set of these codes, all below `end`.
    pub(crate) fn new(numbers: impl Iterator<Item = u32>, end: usize) -> Self {
        let mut codes = Self { wanted: vec![false; end], numbers: numbers.collect() };
        for number in &codes.numbers {
            if let Some(position) = codes.wanted.get_mut(*number as usize) {
                *position = true;
            }
        }
        codes
    }

    /// Returns whether a code belongs to the set.
    pub(crate) fn has(&self, number: u32) -> bool {
        self.wanted.get(number as usize).copied().unwrap_or_default()
    }

    /// The codes, in any order.
    pub(crate) fn numbers(&self) -> &[u32] {
        &self.numbers
    }
}

/// A set, identified by its address, with its codes.
type Known = (Weak<HashSet<String>>, Arc<Codes>);

/// The cached sets, most recently used last.
#[derive(Debug, Default)]
pub(super) struct Sets(Mutex<Vec<Known>>);

impl Clone for Sets {
    /// The cache of a clone is empty.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Sets {
    /// The codes of a set, from the cache or from `make`. A set is identified by its address as long as it exists.
    pub(super) fn get(&self, set: &Arc<HashSet<String>>, make: impl FnOnce() -> Codes) -> Arc<Codes> {
        if set.len() < SMALL {
            return Arc::new(make());
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The weak reference prevents the address from being reused.
        if let Some((_, codes)) = known.iter().find(|(other, _)| std::ptr::eq(other.as_ptr(), Arc::as_ptr(set))) {
            return Arc::clone(codes);
        }
        let codes = Arc::new(make());
        known.retain(|(other, _)| other.strong_count() > 0);
        if known.len() >= MOST {
            known.remove(0);
        }
        known.push((Arc::downgrade(set), Arc::clone(&codes)));
        codes
    }

    /// Clears the cache after codes have been reassigned.
    pub(super) fn forget(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(end: usize) -> Arc<HashSet<String>> {
        Arc::new((0..end).map(|number| number.to_string()).collect())
    }

    #[test]
    fn a_large_set_is_cached_until_codes_change() {
        let mut sets = Sets::default();
        let made = |sets: &Sets, set: &Arc<HashSet<String>>| {
            let mut made = false;
            sets.get(set, || {
                made = true;
                Codes::new([1].into_iter(), 3)
            });
            made
        };
        let (large, small) = (set(SMALL), set(SMALL - 1));
        assert!(made(&sets, &large) && !made(&sets, &large));
        assert!(made(&sets, &small) && made(&sets, &small));
        let others: Vec<_> = (0..MOST).map(|_| set(SMALL)).collect();
        assert!(others.iter().all(|other| made(&sets, other)), "an equal set at another address is translated again");
        assert!(made(&sets, &large), "the oldest set was dropped");
        sets.forget();
        assert!(made(&sets, &large));
    }

    #[test]
    fn a_set_of_codes_knows_its_members() {
        let codes = Codes::new([2, 0].into_iter(), 3);
        assert_eq!([0, 1, 2, 3].map(|number| codes.has(number)), [true, false, true, false]);
        assert_eq!(codes.numbers(), [2, 0]);
    }
}
