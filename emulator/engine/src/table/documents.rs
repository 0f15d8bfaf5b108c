//! The bytes of documents, in large pieces.
//!
//! One allocation per document would add a tenth of a finding's size. Space left behind by updates is reclaimed when
//! half of a piece is unused.

use std::ops::Range;
use std::sync::Arc;

use crate::blocks::Blocks;
use crate::derive::Stored;
use crate::invariant::Invariant;

/// Size of a piece. A larger document has its own piece.
const PIECE: usize = 8 * 1024 * 1024;
/// Smaller batches are copied.
const SMALL: usize = 64 * 1024;

/// Number of pieces that clones share as a unit.
const PIECES_PER_BLOCK: usize = 64;

/// Documents by slot. Clones share the bytes until one of them is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    pieces: Blocks<Piece, PIECES_PER_BLOCK>,
    /// The piece to which documents are appended.
    open: Option<usize>,
    /// The piece of the batch that is being stored. It is not freed, however few of its bytes are in use so far.
    unfinished: Option<usize>,
    locations: Blocks<Location>,
    /// Total size of all documents: each query asks for it, so it is not summed over the pieces.
    used: usize,
}

/// A buffer of concatenated documents, to be stored without copying.
#[derive(Debug)]
pub struct Batch {
    /// The piece that contains them; `None` for a small batch.
    piece: Option<usize>,
    bytes: Vec<u8>,
}

impl Batch {
    /// A document of a batch that is not a piece.
    fn document(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).or_report("a document is a range of its batch").unwrap_or_default()
    }
}

/// An immutable copy of a document, unaffected by later changes of its table.
///
/// The snapshot of a large batch's document does not copy it: it shares the bytes of the batch, which the table does
/// not change as long as they are shared.
#[derive(Clone, Debug)]
pub struct Snapshot {
    bytes: Arc<Vec<u8>>,
    range: Range<u32>,
    /// Length of the annex, which follows the document.
    annex: u32,
}

impl Snapshot {
    /// A copy of a document without an annex.
    pub fn copy(document: &[u8]) -> Self {
        Self::copy_both(Stored { document, annex: &[] })
    }

    /// A copy of a document and its annex.
    pub fn copy_both(Stored { document, annex }: Stored<'_>) -> Self {
        Self { range: 0..size(document), bytes: Arc::new([document, annex].concat()), annex: size(annex) }
    }

    /// The document and its annex.
    pub fn stored(&self) -> Stored<'_> {
        let end = self.range.end as usize;
        let annex = self.bytes.get(end..end + self.annex as usize);
        Stored {
            document: self.as_bytes(),
            annex: annex.or_report("a snapshot is a range of its piece").unwrap_or_default(),
        }
    }

    /// The document.
    pub fn as_bytes(&self) -> &[u8] {
        let range = self.range.start as usize..self.range.end as usize;
        self.bytes.get(range).or_report("a snapshot is a range of its piece").unwrap_or_default()
    }
}

#[derive(Clone, Debug, Default)]
struct Piece {
    /// Shared with snapshots and clones, if there are any. Shared bytes are never written to.
    bytes: Arc<Vec<u8>>,
    /// Number of bytes that belong to documents.
    used: usize,
    /// The slots whose documents were appended to this piece; some may have moved since.
    slots: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Location {
    piece: u32,
    start: u32,
    /// Length of the document.
    length: u32,
    /// Length of the annex, which follows the document.
    annex: u32,
}

impl Location {
    /// Number of bytes of the document and its annex.
    fn size(self) -> usize {
        self.length as usize + self.annex as usize
    }

    fn range(self) -> Range<usize> {
        let start = self.start as usize;
        start..start + self.size()
    }
}

impl Documents {
    /// The document of a slot. Empty if it was cleared or does not exist, which a draft may request.
    pub(super) fn get(&self, slot: u32) -> &[u8] {
        self.stored(slot).document
    }

    /// The document of a slot with its annex.
    pub(super) fn stored(&self, slot: u32) -> Stored<'_> {
        let Some(location) = self.locations.get(slot as usize) else { return Stored { document: &[], annex: &[] } };
        let piece = self.pieces.get(location.piece as usize);
        let bytes = piece.and_then(|piece| piece.bytes.get(location.range()));
        let bytes = bytes.or_report("a location is a range of its piece").unwrap_or_default();
        let (document, annex) = bytes.split_at_checked(location.length as usize).unwrap_or_default();
        Stored { document, annex }
    }

    /// The number of slots.
    pub(super) fn len(&self) -> usize {
        self.locations.len()
    }

    /// The slots whose documents differ in a later state, which may have been cloned since. While a clone shares a
    /// piece, existing documents in it are not overwritten.
    pub(super) fn differing<'a>(&'a self, later: &'a Self) -> impl Iterator<Item = u32> + 'a {
        self.locations.differing(&later.locations).map(crate::count::number)
    }

    /// The slots whose content differs from that in another state, which need not be an earlier or later one. Slots in
    /// blocks of locations that both states share have the same content, because each write of a document sets its
    /// location.
    pub(super) fn differing_content<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = u32> + 'a {
        let is_at_same_place = move |slot: u32| {
            let location = self.locations.get(slot as usize);
            let Some(location) = location.filter(|it| Some(*it) == other.locations.get(slot as usize)) else {
                return false;
            };
            let bytes = |of: &'a Self| of.pieces.get(location.piece as usize).map(|piece| &piece.bytes);
            bytes(self).zip(bytes(other)).is_some_and(|(one, two)| Arc::ptr_eq(one, two))
        };
        let differs = move |slot: &u32| {
            let (one, two) = (self.stored(*slot), other.stored(*slot));
            !is_at_same_place(*slot) && (one.document != two.document || one.annex != two.annex)
        };
        self.locations.unshared(&other.locations).map(crate::count::number).filter(differs)
    }

    /// Total size of all documents.
    pub(super) fn bytes(&self) -> usize {
        self.used
    }

    /// Stores the document of the next slot.
    pub(super) fn push(&mut self, slot: u32, stored: Stored<'_>) {
        let location = self.write(slot, stored);
        self.locations.push(location);
    }

    /// Adopts concatenated documents as a piece.
    pub(super) fn add_batch(&mut self, mut bytes: Vec<u8>) -> Batch {
        if bytes.len() < SMALL {
            return Batch { piece: None, bytes };
        }
        if bytes.len() < bytes.capacity() / 4 * 3 {
            bytes.shrink_to_fit();
        }
        self.pieces.push(Piece { bytes: Arc::new(bytes), ..Piece::default() });
        self.unfinished = Some(self.pieces.len() - 1);
        Batch { piece: self.unfinished, bytes: Vec::new() }
    }

    /// Stores a document of a batch as that of the next slot.
    pub(super) fn push_from(&mut self, slot: u32, batch: &Batch, range: Range<usize>) {
        let Some((number, piece)) = batch.piece.and_then(|number| Some((number, self.pieces.get_mut(number)?))) else {
            return self.push(slot, Stored { document: batch.document(range), annex: &[] });
        };
        piece.used += range.len();
        self.used += range.len();
        piece.slots.push(slot);
        let [piece, start, length] = [number, range.start, range.len()].map(crate::count::number);
        self.locations.push(Location { piece, start, length, annex: 0 });
    }

    /// A document of a batch.
    pub(super) fn snapshot(&self, batch: &Batch, range: Range<usize>) -> Snapshot {
        let [start, end] = [range.start, range.end].map(crate::count::number);
        match batch.piece.and_then(|number| self.pieces.get(number)) {
            Some(piece) => Snapshot { bytes: Arc::clone(&piece.bytes), range: start..end, annex: 0 },
            None => Snapshot::copy(batch.document(range)),
        }
    }

    /// The documents of these slots as one range of bytes, without copying them; `None` unless they follow one another
    /// in one piece and none has an annex.
    pub(super) fn run(&self, slots: impl Iterator<Item = u32>) -> Option<Snapshot> {
        let mut run: Option<Location> = None;
        for slot in slots {
            let next = self.locations.get(slot as usize).copied().filter(|next| next.annex == 0)?;
            run = match run {
                None => Some(next),
                Some(run) if run.piece == next.piece && run.start + run.length == next.start => {
                    Some(Location { length: run.length + next.length, ..run })
                }
                Some(_) => return None,
            };
        }
        let run = run?;
        let bytes = Arc::clone(&self.pieces.get(run.piece as usize)?.bytes);
        Some(Snapshot { bytes, range: run.start..run.start + run.length, annex: 0 })
    }

    /// Ends a batch. Documents that were not stored become waste.
    pub(super) fn finish_batch(&mut self, batch: &Batch) {
        if let Some(number) = batch.piece {
            self.unfinished = None;
            self.tidy(number);
        }
    }

    /// Replaces the document and the annex of a slot, in place if they fit and no snapshot shares them.
    pub(super) fn replace(&mut self, slot: u32, stored: Stored<'_>) {
        let Some(location) = self.locations.get(slot as usize).copied().or_report("a slot has a location") else {
            return;
        };
        let (Stored { document, annex }, start) = (stored, location.start as usize);
        let size_now = document.len() + annex.len();
        if size_now <= location.size()
            && let Some(piece) = self.pieces.get_mut(location.piece as usize)
            && let Some(bytes) = Arc::get_mut(&mut piece.bytes)
            && let Some(bytes) = bytes.get_mut(start..start + size_now)
        {
            let (for_document, for_annex) = bytes.split_at_mut(document.len());
            for_document.copy_from_slice(document);
            for_annex.copy_from_slice(annex);
            let freed = location.size() - size_now;
            piece.used -= freed;
            self.used -= freed;
            self.put_location(slot, Location { length: size(document), annex: size(annex), ..location });
            return;
        }
        let new = self.write(slot, stored);
        self.put_location(slot, new);
        self.release(location);
    }

    /// Removes the document of a slot.
    pub(super) fn clear(&mut self, slot: u32) {
        if let Some(location) = self.locations.get(slot as usize).copied() {
            self.put_location(slot, Location::default());
            self.release(location);
        }
    }

    /// Keeps only these slots, renumbered from 0 in this order. All others must have been cleared.
    pub(super) fn keep(&mut self, slots: &[u32]) {
        self.locations = slots.iter().filter_map(|slot| self.locations.get(*slot as usize).copied()).collect();
        self.pieces.iter_mut().for_each(|piece| piece.slots.clear());
        for (slot, location) in (0..).zip(self.locations.iter()) {
            if let Some(piece) = self.pieces.get_mut(location.piece as usize) {
                piece.slots.push(slot);
            }
        }
    }

    fn put_location(&mut self, slot: u32, location: Location) {
        if let Some(current) = self.locations.get_mut(slot as usize) {
            *current = location;
        }
    }

    /// Appends to the open piece, or to a new one.
    fn write(&mut self, slot: u32, stored: Stored<'_>) -> Location {
        let Stored { document, annex } = stored;
        let added = document.len() + annex.len();
        let fits = |number: &usize| {
            let Some(piece) = self.pieces.get_mut(*number) else { return false };
            // A clone of the table may share the open piece.
            Arc::get_mut(&mut piece.bytes).is_some_and(|bytes| bytes.len() + added <= bytes.capacity())
        };
        let number = self.open.filter(fits).unwrap_or_else(|| {
            let bytes = Vec::with_capacity(added.max(PIECE));
            self.pieces.push(Piece { bytes: Arc::new(bytes), ..Piece::default() });
            self.pieces.len() - 1
        });
        self.open = Some(number);
        let piece_number = crate::count::number(number);
        let mut location = Location { piece: piece_number, start: 0, length: size(document), annex: size(annex) };
        if let Some(piece) = self.pieces.get_mut(number).or_report("there is an open piece")
            && let Some(bytes) = Arc::get_mut(&mut piece.bytes).or_report("the open piece is not shared")
        {
            location.start = size(bytes);
            bytes.extend_from_slice(document);
            bytes.extend_from_slice(annex);
            piece.used += added;
            self.used += added;
            piece.slots.push(slot);
        }
        location
    }

    /// Marks the bytes of a location as unused.
    fn release(&mut self, location: Location) {
        if let Some(piece) = self.pieces.get_mut(location.piece as usize) {
            piece.used = piece.used.saturating_sub(location.size());
            self.used = self.used.saturating_sub(location.size());
        }
        self.tidy(location.piece as usize);
    }

    /// Empties a piece that is mostly unused by moving its documents to the open piece.
    fn tidy(&mut self, number: usize) {
        let is_needed = self.open == Some(number) || self.unfinished == Some(number);
        let Some(piece) = self.pieces.get_mut(number).or_report("a location refers to an existing piece") else {
            return;
        };
        if is_needed || piece.used * 2 > piece.bytes.len() {
            return;
        }
        let emptied = std::mem::take(piece);
        self.used = self.used.saturating_sub(emptied.used);
        for slot in emptied.slots {
            let Some(old) = self.locations.get(slot as usize).copied().or_report("a slot has a location") else {
                continue;
            };
            if old.piece as usize == number
                && let Some(bytes) = emptied.bytes.get(old.range()).filter(|bytes| !bytes.is_empty())
                && let Some((document, annex)) = bytes.split_at_checked(old.length as usize)
            {
                let new = self.write(slot, Stored { document, annex });
                self.put_location(slot, new);
            }
        }
    }
}

/// A length in 32 bits: pieces are smaller than that, and so are documents.
fn size(bytes: &[u8]) -> u32 {
    crate::count::number(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(document: &[u8]) -> Stored<'_> {
        Stored { document, annex: &[] }
    }

    fn document(seed: usize) -> Vec<u8> {
        vec![u8::try_from(seed % 251).unwrap_or(0); 1000 + seed * 7919 % 200_000]
    }

    #[test]
    fn a_document_that_is_replaced_while_its_batch_is_stored_leaves_the_rest_of_the_batch() {
        let all: Vec<Vec<u8>> = (1..4).map(|number| vec![number; SMALL]).collect();
        let mut documents = Documents::default();
        let batch = documents.add_batch(all.concat());
        documents.push_from(0, &batch, 0..SMALL);
        let longer = vec![9; SMALL + 1];
        documents.replace(0, plain(&longer));
        documents.push_from(1, &batch, SMALL..2 * SMALL);
        documents.push_from(2, &batch, 2 * SMALL..3 * SMALL);
        documents.finish_batch(&batch);
        assert!(
            [longer, all[1].clone(), all[2].clone()]
                .iter()
                .enumerate()
                .all(|(slot, document)| { documents.get(u32::try_from(slot).unwrap_or_default()) == document })
        );
    }

    #[test]
    fn a_batch_is_stored_without_copying_unless_mostly_unused() {
        for (length, is_piece) in [(10, false), (1000, true)] {
            let all: Vec<Vec<u8>> = (0..100_u8).map(|number| vec![number; length]).collect();
            let mut documents = Documents::default();
            documents.push(0, plain(b"first"));
            for (first, step) in [(1, 1), (101, 9)] {
                let batch = documents.add_batch(all.concat());
                assert_eq!(batch.piece.is_some(), is_piece);
                let some = (0..100).step_by(step);
                for (slot, number) in (first..).zip(some.clone()) {
                    documents.push_from(slot, &batch, number * length..(number + 1) * length);
                }
                documents.finish_batch(&batch);
                for (slot, number) in (first..).zip(some) {
                    assert_eq!(documents.get(slot), all[number]);
                }
            }
            let held: usize = documents.pieces.iter().map(|piece| piece.bytes.len()).sum();
            assert_eq!(held, 5 + 112 * length, "only the documents of the second batch are kept");
            documents.replace(1, plain(&[7; 2000]));
            assert_eq!((documents.get(1), documents.get(0)), (&[7; 2000][..], &b"first"[..]));
        }
    }

    #[test]
    fn a_snapshot_does_not_change() {
        for length in [10, 1000] {
            let all: Vec<Vec<u8>> = (0..100_u8).map(|number| vec![number; length]).collect();
            let mut documents = Documents::default();
            let batch = documents.add_batch(all.concat());
            let mut snapshots = Vec::new();
            for number in 0..100_u8 {
                let range = usize::from(number) * length..(usize::from(number) + 1) * length;
                snapshots.push(documents.snapshot(&batch, range.clone()));
                documents.push_from(number.into(), &batch, range);
            }
            documents.finish_batch(&batch);
            for slot in 0..90 {
                documents.replace(slot, plain(b"short"));
            }
            for (number, snapshot) in (0..).zip(&snapshots) {
                assert_eq!(snapshot.as_bytes(), vec![number; length]);
                let stored = documents.get(number.into()).to_vec();
                assert_eq!(stored, if number < 90 { b"short".to_vec() } else { vec![number; length] });
            }
            drop(snapshots);
            documents.replace(95, plain(b"shorter"));
            assert_eq!((documents.get(95), documents.get(96)), (&b"shorter"[..], &vec![96; length][..]));
        }
    }

    #[test]
    fn documents_stay_intact_while_others_change_and_waste_is_reclaimed() {
        let mut documents = Documents::default();
        let mut expected: Vec<Vec<u8>> = Vec::new();
        for slot in 0..200_u32 {
            expected.push(document(slot as usize));
            documents.push(slot, plain(&expected[slot as usize]));
        }
        for round in 0..3000_usize {
            let slot = round * 31 % 200;
            expected[slot] = if round % 7 == 0 { Vec::new() } else { document(round) };
            if expected[slot].is_empty() {
                documents.clear(u32::try_from(slot).unwrap());
            } else {
                documents.replace(u32::try_from(slot).unwrap(), plain(&expected[slot]));
            }
        }
        for (slot, document) in (0..).zip(&expected) {
            assert_eq!(documents.get(slot), document, "{slot}");
        }
        let held: usize = documents.pieces.iter().map(|piece| piece.bytes.capacity()).sum();
        let used: usize = expected.iter().map(Vec::len).sum();
        assert_eq!(documents.bytes(), used);
        assert!(held <= used * 2 + 2 * PIECE, "{held} bytes for {used}");
    }
}
