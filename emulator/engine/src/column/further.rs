//! The second and later values of slots that have several.

use std::ops::Range;

/// Waste below this many values is not worth tidying.
const LITTLE: usize = 64 * 1024;

/// Lists by slot, one after the other in one place, so that neighbouring slots are read together.
#[derive(Debug)]
pub(super) struct Further<T> {
    /// Where the list of each slot stands, as far as slots with a list go.
    places: Vec<Place>,
    values: Vec<T>,
    /// Values that belong to no slot.
    waste: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: u32,
    length: u32,
}

impl Place {
    fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.length as usize
    }
}

impl<T> Default for Further<T> {
    fn default() -> Self {
        Self { places: Vec::new(), values: Vec::new(), waste: 0 }
    }
}

impl<T: Copy> Further<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.values.len() == self.waste
    }

    pub(super) fn get(&self, slot: u32) -> &[T] {
        let place = self.places.get(slot as usize).copied().unwrap_or_default();
        self.values.get(place.range()).unwrap_or_default()
    }

    /// Adds a value to the list of a slot. The list that was added to last grows where it is.
    pub(super) fn push(&mut self, slot: u32, value: T) {
        let index = slot as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, Place::default());
        }
        let Some(place) = self.places.get_mut(index) else { return };
        if place.range().end != self.values.len() {
            let start = super::number(self.values.len());
            self.values.extend_from_within(place.range());
            self.waste += place.length as usize;
            place.start = start;
        }
        self.values.push(value);
        place.length += 1;
    }

    pub(super) fn clear(&mut self, slot: u32) {
        if let Some(place) = self.places.get_mut(slot as usize) {
            self.waste += place.length as usize;
            *place = Place::default();
        }
        if self.waste > LITTLE && self.waste * 2 > self.values.len() {
            self.tidy();
        }
    }

    /// The same with values of another type.
    pub(super) fn convert<U>(&self, convert: impl Fn(T) -> U) -> Further<U> {
        let values = self.values.iter().map(|value| convert(*value)).collect();
        Further { places: self.places.clone(), values, waste: self.waste }
    }

    fn tidy(&mut self) {
        let mut values = Vec::with_capacity(self.values.len().saturating_sub(self.waste));
        for place in self.places.iter_mut().filter(|place| place.length > 0) {
            let start = super::number(values.len());
            values.extend_from_slice(self.values.get(place.range()).unwrap_or_default());
            place.start = start;
        }
        (self.values, self.waste) = (values, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_grow_end_and_leave_no_waste() {
        let mut further = Further::default();
        for round in 0..40_000_u32 {
            let slot = round % 100;
            further.clear(slot);
            (0..slot % 4).for_each(|value| further.push(slot, round + value));
        }
        for slot in 0..100 {
            let expected: Vec<u32> = (0..slot % 4).map(|value| 39_900 + slot + value).collect();
            assert_eq!(further.get(slot), expected);
        }
        assert!(further.values.len() < 3 * LITTLE);
        further.push(1, 7);
        assert_eq!(further.get(1), [39_901, 7]);
        assert_eq!(further.get(1000), [0; 0]);
        assert!(!further.is_empty() && Further::<u32>::default().is_empty());
        (0..100).for_each(|slot| further.clear(slot));
        assert!(further.is_empty());
    }
}
