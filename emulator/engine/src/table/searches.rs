//! A cache of keyword searches: which documents were read for a keyword, and which of them contain it.
//!
//! Reading all documents takes long, and consoles repeat a keyword for every page and refresh. The results for the
//! latest keywords are therefore cached with two bits per document, until the document is written.

use std::sync::PoisonError;

use crate::bits::Bits;
use crate::filter::Needle;
use crate::sync::Mutex;

/// Maximum number of cached keywords.
const MOST: usize = 8;

/// The cached keywords, most recently used last. The cache of a clone is empty.
#[derive(Debug, Default)]
pub(super) struct Searches(Mutex<Vec<Search>>);

#[derive(Debug)]
struct Search {
    needle: Needle,
    blocks: Vec<Block>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Block {
    /// The slots whose documents have been read.
    read: Bits,
    /// The slots whose documents contain the keyword.
    found: Bits,
}

impl Clone for Searches {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Searches {
    /// The slots among `candidates` whose documents contain a keyword. `is_in` searches the document at a position.
    pub(super) fn find(
        &self,
        needle: &Needle,
        block: usize,
        candidates: &Bits,
        mut is_in: impl FnMut(usize) -> bool,
    ) -> Bits {
        let mut known = self.with(needle, block, |known| *known).unwrap_or_default();
        let unread = candidates.without(&known.read);
        if !unread.is_empty() {
            unread.positions().filter(|position| is_in(*position)).for_each(|position| known.found.insert(position));
            self.with(needle, block, |remembered| {
                remembered.read = remembered.read.or(&unread);
                remembered.found = remembered.found.or(&known.found);
            });
        }
        candidates.and(&known.found)
    }

    /// Accesses the cached results of a block.
    fn with<R>(&self, needle: &Needle, block: usize, look: impl FnOnce(&mut Block) -> R) -> Option<R> {
        let mut searches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut search = match searches.iter().position(|search| search.needle == *needle) {
            Some(position) => searches.remove(position),
            None => Search { needle: needle.clone(), blocks: Vec::new() },
        };
        if searches.len() >= MOST {
            searches.remove(0);
        }
        if search.blocks.len() <= block {
            search.blocks.resize(block + 1, Block::default());
        }
        let result = search.blocks.get_mut(block).map(look);
        searches.push(search);
        result
    }

    /// Invalidates the results for a slot whose document has changed.
    pub(super) fn forget(&mut self, slot: u32) {
        let (block, position) = (slot as usize / crate::bits::BLOCK, slot as usize % crate::bits::BLOCK);
        let searches = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        for block in searches.iter_mut().filter_map(|search| search.blocks.get_mut(block)) {
            block.read.remove(position);
            block.found.remove(position);
        }
    }

    /// Clears the cache after slots have been renumbered.
    pub(super) fn clear(&mut self) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_once_per_keyword_until_it_changes() {
        let mut searches = Searches::default();
        let all = Bits([u64::MAX; 64]);
        // The documents that are read for a keyword. Every third of them contains the keyword.
        let read = |searches: &Searches, keyword: &str, candidates: &Bits| {
            let mut read = 0;
            let found = searches.find(&Needle::new(keyword), 1, candidates, |position| {
                read += 1;
                position % 3 == 0
            });
            assert_eq!(found.count(), candidates.positions().filter(|position| position % 3 == 0).count() as u64);
            read
        };
        let some = Bits([0xff; 64]);
        assert_eq!(
            (read(&searches, "a", &some), read(&searches, "A", &all), read(&searches, "a", &all)),
            (512, 3584, 0)
        );
        searches.forget(5000);
        searches.forget(5);
        assert_eq!((read(&searches, "a", &all), read(&searches, "a", &all)), (1, 0));
        assert_eq!(read(&searches.clone(), "a", &all), 4096, "the cache of a clone is empty");
        for number in 1..MOST {
            assert_eq!(read(&searches, &number.to_string(), &some), 512);
        }
        assert_eq!(read(&searches, "a", &all), 0);
        assert_eq!(
            (read(&searches, "b", &all), read(&searches, "1", &some)),
            (4096, 512),
            "the oldest keyword was dropped"
        );
        searches.clear();
        assert_eq!(read(&searches, "a", &all), 4096);
    }
}
