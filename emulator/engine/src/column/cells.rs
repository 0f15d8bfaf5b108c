//! The values of a column, by slot.

use std::collections::HashMap;

use roaring::RoaringBitmap;

/// None, one or several values a slot.
///
/// Which slots have a value at all is a bitmap of its own, so that absence needs no value to stand for it. Most slots
/// have at most one value; the further values of the others stand apart.
#[derive(Debug, Default)]
pub(crate) struct Cells<T> {
    present: RoaringBitmap,
    first: Vec<T>,
    further: HashMap<u32, Box<[T]>>,
}

impl<T: Copy + Default> Cells<T> {
    /// Gives an empty slot its values.
    pub(crate) fn set(&mut self, slot: u32, values: &[T]) {
        let Some((first, further)) = values.split_first() else { return };
        let index = slot as usize;
        if self.first.len() <= index {
            self.first.resize(index + 1, T::default());
        }
        if let Some(place) = self.first.get_mut(index) {
            *place = *first;
        }
        self.present.insert(slot);
        if !further.is_empty() {
            self.further.insert(slot, further.into());
        }
    }

    /// Empties a slot.
    pub(crate) fn clear(&mut self, slot: u32) {
        self.present.remove(slot);
        self.further.remove(&slot);
    }

    /// The values of a slot.
    pub(crate) fn values(&self, slot: u32) -> impl Iterator<Item = T> {
        let first = self.present.contains(slot).then(|| self.first.get(slot as usize)).flatten();
        first.into_iter().chain(self.further(slot)).copied()
    }

    /// The slots with a value.
    pub(crate) fn present(&self) -> &RoaringBitmap {
        &self.present
    }

    /// Those of `candidates` with a value that passes.
    pub(crate) fn passing(&self, candidates: &RoaringBitmap, passes: impl Fn(T) -> bool) -> RoaringBitmap {
        let slots = &self.present & candidates;
        let passing = slots.iter().filter(|slot| {
            self.first.get(*slot as usize).is_some_and(|value| passes(*value))
                || self.further(*slot).iter().any(|value| passes(*value))
        });
        passing.collect()
    }

    fn further(&self, slot: u32) -> &[T] {
        if self.further.is_empty() {
            return &[];
        }
        self.further.get(&slot).map_or(&[], |values| values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flt_45_no_value_is_absent() {
        let mut cells = Cells::default();
        cells.set(4, &[7, 8, 9]);
        cells.set(1, &[0]);
        cells.set(2, &[]);
        let slots = |cells: &Cells<i32>, wanted: i32| {
            let all = (0..10).collect();
            cells.passing(&all, |value| value == wanted).iter().collect::<Vec<_>>()
        };
        assert_eq!(cells.values(4).collect::<Vec<_>>(), [7, 8, 9]);
        assert_eq!(cells.values(2).count(), 0);
        assert_eq!((slots(&cells, 0), slots(&cells, 9)), (vec![1], vec![4]));
        cells.clear(4);
        cells.set(4, &[5]);
        assert_eq!((slots(&cells, 9), slots(&cells, 5)), (vec![], vec![4]));
    }
}
