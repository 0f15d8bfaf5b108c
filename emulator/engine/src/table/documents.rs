//! The bytes of documents, in large pieces.
//!
//! One allocation a document would cost a tenth of a finding's own size. Bytes that updates leave behind are given
//! back when half of a piece is waste.

/// The size of a piece. A document that is larger has a piece of its own.
const PIECE: usize = 8 * 1024 * 1024;

/// Documents by slot.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pieces: Vec<Piece>,
    places: Vec<Place>,
}

#[derive(Debug, Default)]
struct Piece {
    bytes: Vec<u8>,
    /// Bytes that belong to documents.
    used: usize,
    /// The slots whose documents were put here; some may have moved since.
    slots: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    piece: u32,
    start: u32,
    length: u32,
}

impl Documents {
    /// The document of a slot; of one that was cleared, nothing.
    pub(super) fn get(&self, slot: u32) -> &[u8] {
        let Some(place) = self.places.get(slot as usize) else { return &[] };
        let piece = self.pieces.get(place.piece as usize);
        let range = place.start as usize..place.start as usize + place.length as usize;
        piece.and_then(|piece| piece.bytes.get(range)).unwrap_or_default()
    }

    /// Puts the document of the next slot.
    pub(super) fn push(&mut self, slot: u32, document: &[u8]) {
        let place = self.write(slot, document);
        self.places.push(place);
    }

    /// Puts another document in a slot, where the one before stood if it fits there.
    pub(super) fn replace(&mut self, slot: u32, document: &[u8]) {
        let Some(place) = self.places.get(slot as usize).copied() else { return };
        if document.len() <= place.length as usize {
            let start = place.start as usize;
            let piece = self.pieces.get_mut(place.piece as usize);
            if let Some(piece) = piece
                && let Some(bytes) = piece.bytes.get_mut(start..start + document.len())
            {
                bytes.copy_from_slice(document);
                piece.used -= place.length as usize - document.len();
            }
            self.put_place(slot, Place { length: size(document), ..place });
            return;
        }
        let new = self.write(slot, document);
        self.put_place(slot, new);
        self.give_back(place);
    }

    /// Ends the document of a slot.
    pub(super) fn clear(&mut self, slot: u32) {
        if let Some(place) = self.places.get(slot as usize).copied() {
            self.put_place(slot, Place::default());
            self.give_back(place);
        }
    }

    /// Keeps these slots, in this order, under new numbers from 0 on; the others must have been cleared.
    pub(super) fn keep(&mut self, slots: &[u32]) {
        self.places = slots.iter().filter_map(|slot| self.places.get(*slot as usize).copied()).collect();
        self.pieces.iter_mut().for_each(|piece| piece.slots.clear());
        for (slot, place) in (0..).zip(&self.places) {
            if let Some(piece) = self.pieces.get_mut(place.piece as usize) {
                piece.slots.push(slot);
            }
        }
    }

    fn put_place(&mut self, slot: u32, place: Place) {
        if let Some(current) = self.places.get_mut(slot as usize) {
            *current = place;
        }
    }

    /// Appends to the last piece, or to a new one.
    fn write(&mut self, slot: u32, document: &[u8]) -> Place {
        let fits = |piece: &Piece| piece.bytes.len() + document.len() <= piece.bytes.capacity();
        if !self.pieces.last().is_some_and(fits) {
            let bytes = Vec::with_capacity(document.len().max(PIECE));
            self.pieces.push(Piece { bytes, ..Piece::default() });
        }
        let number = self.pieces.len().saturating_sub(1);
        let mut place = Place { piece: crate::column::number(number), start: 0, length: size(document) };
        if let Some(piece) = self.pieces.last_mut() {
            place.start = size(&piece.bytes);
            piece.bytes.extend_from_slice(document);
            piece.used += document.len();
            piece.slots.push(slot);
        }
        place
    }

    /// Takes the bytes of a place out of use. A piece that is mostly waste is emptied: its documents move to the last.
    fn give_back(&mut self, place: Place) {
        let is_last = place.piece as usize + 1 == self.pieces.len();
        let Some(piece) = self.pieces.get_mut(place.piece as usize) else { return };
        piece.used = piece.used.saturating_sub(place.length as usize);
        if is_last || piece.used * 2 > piece.bytes.len() {
            return;
        }
        let emptied = std::mem::take(piece);
        for slot in emptied.slots {
            let Some(old) = self.places.get(slot as usize).copied() else { continue };
            let range = old.start as usize..old.start as usize + old.length as usize;
            if old.piece == place.piece
                && let Some(document) = emptied.bytes.get(range).filter(|document| !document.is_empty())
            {
                let new = self.write(slot, document);
                self.put_place(slot, new);
            }
        }
    }
}

/// A length as a number of 32 bits: pieces are smaller than that, and so are documents.
fn size(bytes: &[u8]) -> u32 {
    crate::column::number(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(seed: usize) -> Vec<u8> {
        vec![u8::try_from(seed % 251).unwrap_or(0); 1000 + seed * 7919 % 200_000]
    }

    #[test]
    fn documents_stay_whole_while_others_change_and_waste_is_given_back() {
        let mut documents = Documents::default();
        let mut expected: Vec<Vec<u8>> = Vec::new();
        for slot in 0..200_u32 {
            expected.push(document(slot as usize));
            documents.push(slot, &expected[slot as usize]);
        }
        for round in 0..3000_usize {
            let slot = round * 31 % 200;
            expected[slot] = if round % 7 == 0 { Vec::new() } else { document(round) };
            if expected[slot].is_empty() {
                documents.clear(u32::try_from(slot).unwrap());
            } else {
                documents.replace(u32::try_from(slot).unwrap(), &expected[slot]);
            }
        }
        for (slot, document) in (0..).zip(&expected) {
            assert_eq!(documents.get(slot), document, "{slot}");
        }
        let held: usize = documents.pieces.iter().map(|piece| piece.bytes.capacity()).sum();
        let used: usize = expected.iter().map(Vec::len).sum();
        assert!(held <= used * 2 + 2 * PIECE, "{held} bytes for {used}");
    }
}
