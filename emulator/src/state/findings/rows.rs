//! Findings as bytes, for records of changes and for snapshots of the world.
//!
//! A block of findings consists of their number, one row of fixed size each, their metadata as JSON, their annexes and
//! their documents. The documents come last, so that a table can adopt the bytes of a block without copying them.

use std::ops::Range;
use std::sync::Arc;

use securityhub_engine::{Key, Layer, Scope, Slot, Snapshot, Stored, json};

use super::{FindingMetadata, Findings};
use crate::invariant::Invariant;

/// The size of a row: number, end, flags, and the sizes of metadata, annex and document.
const ROW: usize = 32;
/// Documents that are smaller together are copied, in bytes.
const MIN_SHARED: usize = 16 * 1024;
/// Bits of the flags: the layers in which the finding is hidden.
const LAYERS: [(Layer, u32); 2] = [(Layer::First, 1), (Layer::Second, 2)];
/// The end of a finding that never expires.
const NEVER: i64 = i64::MAX;

/// A block of findings.
pub(in crate::state) struct Block {
    rows: Vec<Row>,
    /// The end of the block.
    pub(in crate::state) end: usize,
}

/// A finding, as ranges of bytes.
struct Row {
    number: u64,
    end: i64,
    flags: u32,
    metadata: Range<usize>,
    annex: Range<usize>,
    document: Range<usize>,
}

/// The parts of a block after its rows, in order.
#[derive(Clone, Copy)]
enum Part {
    Metadata,
    Annex,
    Document,
}

impl Row {
    fn part(&mut self, part: Part) -> &mut Range<usize> {
        match part {
            Part::Metadata => &mut self.metadata,
            Part::Annex => &mut self.annex,
            Part::Document => &mut self.document,
        }
    }
}

/// Reads little-endian numbers.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(N)?)?.try_into().ok()?;
        self.at += N;
        Some(taken)
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.take()?)).ok()
    }
}

impl Block {
    /// Reads the rows of a block that begins at an offset; `None` if the block is not valid.
    pub(in crate::state) fn read(bytes: &[u8], at: usize) -> Option<Block> {
        let mut reader = Reader { bytes, at };
        let count = reader.size()?;
        let mut rows = Vec::with_capacity(count.min(bytes.len() / ROW));
        for _ in 0..count {
            let number = u64::from_le_bytes(reader.take()?);
            let end = i64::from_le_bytes(reader.take()?);
            let flags = u32::from_le_bytes(reader.take()?);
            let sizes = [reader.size()?, reader.size()?, reader.size()?];
            let [metadata, annex, document] = sizes.map(|size| 0..size);
            rows.push(Row { number, end, flags, metadata, annex, document });
        }
        let mut end = reader.at;
        for part in [Part::Metadata, Part::Annex, Part::Document] {
            for row in &mut rows {
                let range = row.part(part);
                *range = end..end.checked_add(range.len())?;
                end = range.end;
            }
        }
        (end <= bytes.len()).then_some(Block { rows, end })
    }
}

/// The key of a stored document: its members up to the owner, or the unique ID of a finding that exists only in OCSF.
fn key(document: &[u8]) -> Option<Key> {
    let (mut name, mut whole) = (0, 0);
    json::members(document, 0, |member, at| {
        let end = json::value(document, at)?;
        match member {
            b"uid" if name == 0 => {
                (name, whole) = (end, end);
                None
            }
            b"AwsAccountId" => {
                whole = end;
                None
            }
            _ => {
                name = end;
                Some(end)
            }
        }
    });
    (whole > 0).then_some(())?;
    Some(Key::new(document.get(..whole)?.to_vec(), name))
}

impl Findings {
    /// Appends a block of the findings of these slots.
    pub(in crate::state) fn write_rows(&self, slots: &[Slot], block: &mut Vec<u8>) {
        block.reserve(slots.iter().map(|slot| ROW + self.stored_size(*slot)).sum());
        self.write_heads(slots, block);
        for slot in slots {
            block.extend_from_slice(self.table.stored(*slot).document);
        }
    }

    /// Appends a block of the findings of these slots, without its last part, the documents, if these need not be copied.
    /// Returns the documents in this case.
    pub(in crate::state) fn write_rows_around(&self, slots: &[Slot], block: &mut Vec<u8>) -> Option<Snapshot> {
        match self.table.run(slots) {
            Some(documents) if documents.as_bytes().len() >= MIN_SHARED => {
                self.write_heads(slots, block);
                Some(documents)
            }
            _ => {
                self.write_rows(slots, block);
                None
            }
        }
    }

    /// Appends the parts of a block before the documents.
    fn write_heads(&self, slots: &[Slot], block: &mut Vec<u8>) {
        let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
        let metadata: Vec<Vec<u8>> = slots.iter().map(|slot| self.metadata_text(*slot)).collect();
        block.extend_from_slice(&u32::try_from(slots.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (slot, metadata) in slots.iter().zip(&metadata) {
            let Stored { document, annex } = self.table.stored(*slot);
            let is_hidden = |layer| !self.table.within(Scope::Visible(layer)).has(*slot);
            let flags = LAYERS.iter().filter(|(layer, _)| is_hidden(*layer)).map(|(_, bit)| bit).sum::<u32>();
            block.extend_from_slice(&self.table.sequence(*slot).to_le_bytes());
            block.extend_from_slice(&self.table.end(*slot).to_le_bytes());
            block.extend_from_slice(&flags.to_le_bytes());
            for part in [metadata.as_slice(), annex, document] {
                block.extend_from_slice(&size(part));
            }
        }
        for metadata in &metadata {
            block.extend_from_slice(metadata);
        }
        for slot in slots {
            block.extend_from_slice(self.table.stored(*slot).annex);
        }
    }

    /// The size of a document and its annex.
    pub(in crate::state) fn stored_size(&self, slot: Slot) -> usize {
        let Stored { document, annex } = self.table.stored(slot);
        document.len() + annex.len()
    }

    fn metadata_text(&self, slot: Slot) -> Vec<u8> {
        let text = |metadata| serde_json::to_vec(metadata).or_report("metadata is JSON").unwrap_or_default();
        self.metadata(slot).map(text).unwrap_or_default()
    }

    /// Stores or replaces the findings of a block; `None` if it is not valid.
    pub(in crate::state) fn put_rows(&mut self, bytes: &[u8], block: &Block) -> Option<()> {
        for row in &block.rows {
            let stored = Stored { document: bytes.get(row.document.clone())?, annex: bytes.get(row.annex.clone())? };
            let slot = match self.table.with_sequence(row.number) {
                Some(slot) => {
                    self.table.replace_with(slot, stored);
                    slot
                }
                None => self.table.insert_with(&key(stored.document)?, row.number, stored),
            };
            self.finish_row(slot, row, bytes.get(row.metadata.clone())?)?;
        }
        Some(())
    }

    /// Like [`Findings::put_rows`], for findings that the table does not have yet, whose bytes it adopts.
    pub(in crate::state) fn adopt_rows(&mut self, bytes: Vec<u8>, block: &Block) -> Option<()> {
        let mut added = Vec::with_capacity(block.rows.len());
        for row in &block.rows {
            let annex = bytes.get(row.annex.clone())?;
            let document = bytes.get(row.document.clone())?;
            let metadata = bytes.get(row.metadata.clone())?.to_vec();
            added.push((key(document)?, annex.to_vec(), metadata));
        }
        let batch = self.table.add_batch(bytes);
        for (row, (key, annex, metadata)) in block.rows.iter().zip(added) {
            let slot = if annex.is_empty() {
                self.table.insert_from(&key, row.number, &batch, row.document.clone())
            } else {
                let document = self.table.snapshot(&batch, row.document.clone());
                self.table.insert_with(&key, row.number, Stored { document: document.as_bytes(), annex: &annex })
            };
            self.finish_row(slot, row, &metadata)?;
        }
        self.table.finish_batch(&batch);
        Some(())
    }

    /// Sets the expiry, the hidden layers and the metadata of a finding.
    fn finish_row(&mut self, slot: Slot, row: &Row, metadata: &[u8]) -> Option<()> {
        if row.end != NEVER || self.table.end(slot) != NEVER {
            self.table.set_end(slot, row.end);
        }
        for (layer, _) in LAYERS.iter().filter(|(_, bit)| row.flags & bit != 0) {
            self.table.hide_slots(*layer, &[slot]);
        }
        if metadata.is_empty() {
            self.metadata.remove(&row.number);
        } else {
            let metadata: FindingMetadata = serde_json::from_slice(metadata).ok()?;
            self.metadata.insert(row.number, Arc::new(metadata));
        }
        Some(())
    }

    /// Adds the findings of a block like [`Findings::add`].
    pub(in crate::state) fn add_rows(&mut self, bytes: &[u8], block: &Block) -> Option<()> {
        let mut others = Findings::new(Arc::clone(self.table.schema()));
        others.put_rows(bytes, block)?;
        let slots: Vec<Slot> = others.table.slots().collect();
        self.add(&others, &slots, key);
        Some(())
    }

    /// Removes the findings with these sequence numbers.
    pub(in crate::state) fn remove_numbers(&mut self, numbers: &[u64]) {
        let slots = self.table.with_sequences(numbers);
        let removed = self.table.remove_all(&slots);
        self.drop_metadata(removed);
    }

    /// Hides the findings with these sequence numbers.
    pub(in crate::state) fn hide_numbers(&mut self, layer: Layer, numbers: &[u64]) {
        let slots = self.table.with_sequences(numbers);
        self.table.hide_slots(layer, &slots);
    }
}
