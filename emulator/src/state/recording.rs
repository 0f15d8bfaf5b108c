//! Records: the changes of one transaction as bytes.
//!
//! A record consists of a byte for its kind, the changes of findings in the order in which they were made, the other
//! changes as JSON, and the length of the JSON. The documents of a large import are not copied into it: a record is then
//! made of several parts.

use std::cell::Cell;
use std::collections::BTreeMap;

use securityhub_engine::{Layer, Slot, Snapshot};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::{Clock, Mode, Start, Timestamp};
use super::document::{RowChange, RowKey};
use super::due::Due;
use super::findings::{Block, Findings};
use super::hub::HubKey;
use super::names::TableKey;
use super::scores::DailyScore;
use crate::invariant::Invariant;

/// Kinds of records.
const CHANGES: u8 = 1;
const REPLACEMENT: u8 = 2;
const NUMBERS: u8 = 3;
/// Kinds of changes of findings.
const PUT: u8 = 1;
const REMOVE: u8 = 2;
const HIDE: u8 = 3;
const ADD: u8 = 4;
/// Maximum capacity of a buffer that is used again, in bytes.
const MAX_SPARE: usize = 1024 * 1024;

thread_local! {
    /// The buffer of the thread's last record. A new one for each update of many findings would take as long as the
    /// copy of the findings.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The bytes of a record.
pub(super) struct Bytes {
    own: Vec<u8>,
    shared: Vec<Shared>,
}

/// Documents of findings that are part of a record.
struct Shared {
    /// The number of the record's own bytes before them.
    at: usize,
    documents: Snapshot,
}

impl Bytes {
    /// The parts of the record, in order.
    pub(super) fn parts(&self) -> Vec<&[u8]> {
        let mut parts = Vec::with_capacity(2 * self.shared.len() + 1);
        let (mut rest, mut before) = (self.own.as_slice(), 0);
        for Shared { at, documents } in &self.shared {
            let (part, after) = rest.split_at_checked(at - before).unwrap_or((rest, &[]));
            parts.extend([part, documents.as_bytes()]);
            (rest, before) = (after, *at);
        }
        parts.push(rest);
        parts
    }

    /// Stores the buffer for the next record of this thread.
    pub(super) fn recycle(mut self) {
        if self.own.capacity() <= MAX_SPARE {
            self.own.clear();
            SPARE.set(self.own);
        }
    }
}

/// The changes of a transaction so far.
#[derive(Default)]
pub(super) struct Recording {
    pub(super) head: Head,
    /// Changes of findings, after the kind of the record.
    findings: Vec<u8>,
    shared: Vec<Shared>,
}

/// Changes that are not changes of findings.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Head {
    /// The changed relations and hubs; `None` for removed ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rows: Vec<(RowKey, Option<Value>)>,
    /// Added pending work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) due: Vec<(Timestamp, Due)>,
    /// Pending work that was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) done: Vec<(Timestamp, Due)>,
    /// Changed daily scores.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) scores: BTreeMap<HubKey, Option<DailyScore>>,
    /// The clock, if it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) clock: Option<SavedClock>,
    /// The position of the source of IDs.
    pub(super) ids: u64,
    /// The next sequence number of findings.
    pub(super) sequence: u64,
    /// The tables of the changes of findings, which refer to them by position.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tables: Vec<TableKey>,
}

/// A clock as a value. A frozen one continues at its instant, a running one at the same distance from the system clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedClock {
    mode: Mode,
    start: Start,
}

impl SavedClock {
    /// The clock as it is now.
    pub fn of(clock: &Clock) -> SavedClock {
        SavedClock { mode: clock.mode(), start: clock.start() }
    }

    /// Its mode and its initial setting.
    pub(super) fn parts(self) -> (Mode, Option<Start>) {
        (self.mode, Some(self.start))
    }
}

/// A record that was read.
pub enum Record<'r> {
    /// Changes of the world.
    Changes(Changes<'r>),
    /// The world was replaced.
    Replacement(Replacement),
    /// Numbers were used.
    Numbers(Numbers),
}

/// The changes of a transaction.
pub struct Changes<'r> {
    pub(super) head: Head,
    findings: &'r [u8],
}

/// A replacement of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The new world.
    pub by: NewWorld,
    /// Its clock.
    pub clock: SavedClock,
}

/// The world that replaces another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewWorld {
    /// The start.
    Start,
    /// An empty world.
    Empty,
    /// The world of the snapshot with this name.
    Snapshot(String),
    /// The world of the snapshot with this name, which is the start from now on.
    NewStart(String),
}

/// Numbers that must not be reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Numbers {
    /// No event has a greater number.
    pub events: u64,
    /// No entry of the journal has a greater number.
    pub requests: u64,
}

/// A change of findings.
pub(super) enum FindingChange {
    /// Findings are stored or replaced.
    Put(Block),
    /// Findings are removed, by number.
    Remove(Vec<u64>),
    /// Findings are hidden in a layer, by number.
    Hide(Layer, Vec<u64>),
    /// Findings are added in the order of their numbers, and replace those with the same keys.
    Add(Block),
}

impl Recording {
    /// Returns whether findings have changed.
    pub(super) fn has_findings(&self) -> bool {
        !self.findings.is_empty()
    }

    /// Returns whether only positions have changed.
    pub(super) fn is_empty(&self) -> bool {
        let Head { rows, due, done, scores, clock, .. } = &self.head;
        !self.has_findings()
            && rows.is_empty()
            && due.is_empty()
            && done.is_empty()
            && scores.is_empty()
            && clock.is_none()
    }

    /// Adds changed relations.
    pub(super) fn relations(&mut self, changes: Vec<RowChange>) {
        self.head.rows.extend(changes.into_iter().map(|change| (change.row, change.after)));
    }

    /// Adds findings that were stored or replaced.
    pub(super) fn put(&mut self, table: &TableKey, findings: &Findings, slots: &[Slot]) {
        self.block(PUT, table, findings, slots);
    }

    /// Adds findings that were added in the order of their numbers.
    pub(super) fn add(&mut self, table: &TableKey, findings: &Findings, slots: &[Slot]) {
        self.block(ADD, table, findings, slots);
    }

    fn block(&mut self, kind: u8, table: &TableKey, findings: &Findings, slots: &[Slot]) {
        if !slots.is_empty() {
            self.begin(kind, table);
            if let Some(documents) = findings.write_rows_around(slots, &mut self.findings) {
                self.shared.push(Shared { at: self.findings.len(), documents });
            }
        }
    }

    /// Adds findings that were removed.
    pub(super) fn remove(&mut self, table: &TableKey, numbers: &[u64]) {
        if !numbers.is_empty() {
            self.begin(REMOVE, table);
            self.numbers(numbers);
        }
    }

    /// Adds findings that were hidden.
    pub(super) fn hide(&mut self, table: &TableKey, layer: Layer, numbers: &[u64]) {
        if !numbers.is_empty() {
            self.begin(HIDE, table);
            self.findings.push(u8::from(layer == Layer::Second));
            self.numbers(numbers);
        }
    }

    fn begin(&mut self, kind: u8, table: &TableKey) {
        if self.findings.is_empty() {
            self.findings = SPARE.take();
            self.findings.push(CHANGES);
        }
        let tables = &mut self.head.tables;
        let position = tables.iter().position(|other| other == table).unwrap_or_else(|| {
            tables.push(table.clone());
            tables.len() - 1
        });
        self.findings.push(kind);
        self.findings.extend_from_slice(&u32::try_from(position).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn numbers(&mut self, numbers: &[u64]) {
        self.findings.extend_from_slice(&u32::try_from(numbers.len()).unwrap_or(u32::MAX).to_le_bytes());
        for number in numbers {
            self.findings.extend_from_slice(&number.to_le_bytes());
        }
    }

    /// The record.
    pub(super) fn finish(self) -> Bytes {
        let mut record = self.findings;
        if record.is_empty() {
            record.push(CHANGES);
        }
        let start = record.len();
        serde_json::to_writer(&mut record, &self.head).or_report("changes are JSON");
        let length = record.len() - start;
        record.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        Bytes { own: record, shared: self.shared }
    }
}

impl Replacement {
    /// The record.
    pub fn record(&self) -> Vec<u8> {
        of_json(REPLACEMENT, self)
    }
}

impl Numbers {
    /// The record.
    pub fn record(self) -> Vec<u8> {
        of_json(NUMBERS, &self)
    }
}

fn of_json(kind: u8, content: &impl Serialize) -> Vec<u8> {
    let mut record = vec![kind];
    serde_json::to_writer(&mut record, content).or_report("a record is JSON");
    record
}

impl Record<'_> {
    /// Returns whether a record contains changes, without parsing it.
    pub fn is_of_changes(record: &[u8]) -> bool {
        record.first() == Some(&CHANGES)
    }

    /// Reads a record; `None` if it is not valid.
    pub fn read(record: &[u8]) -> Option<Record<'_>> {
        let (kind, content) = record.split_first()?;
        match *kind {
            CHANGES => {
                let (content, length) = content.split_last_chunk::<4>()?;
                let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
                let (findings, head) = content.split_at_checked(content.len().checked_sub(length)?)?;
                Some(Record::Changes(Changes { head: serde_json::from_slice(head).ok()?, findings }))
            }
            REPLACEMENT => serde_json::from_slice(content).ok().map(Record::Replacement),
            NUMBERS => serde_json::from_slice(content).ok().map(Record::Numbers),
            _ => None,
        }
    }
}

impl<'r> Changes<'r> {
    /// Passes the changes of findings to `apply`, in order; `None` if one is not valid or `apply` returns `None`.
    pub(super) fn findings(
        &self,
        mut apply: impl FnMut(&TableKey, FindingChange, &'r [u8]) -> Option<()>,
    ) -> Option<()> {
        let bytes = self.findings;
        let mut at = 0;
        while at < bytes.len() {
            let kind = *bytes.get(at)?;
            let table = self.head.tables.get(size(bytes, at + 1)?)?;
            at += 5;
            let change = match kind {
                PUT | ADD => {
                    let block = Block::read(bytes, at)?;
                    at = block.end;
                    if kind == PUT { FindingChange::Put(block) } else { FindingChange::Add(block) }
                }
                REMOVE => FindingChange::Remove(numbers(bytes, &mut at)?),
                HIDE => {
                    let layer = if *bytes.get(at)? == 0 { Layer::First } else { Layer::Second };
                    at += 1;
                    FindingChange::Hide(layer, numbers(bytes, &mut at)?)
                }
                _ => return None,
            };
            apply(table, change, bytes)?;
        }
        Some(())
    }
}

fn size(bytes: &[u8], at: usize) -> Option<usize> {
    let size = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(size)).ok()
}

fn numbers(bytes: &[u8], at: &mut usize) -> Option<Vec<u64>> {
    let count = size(bytes, *at)?;
    let start = *at + 4;
    *at = start.checked_add(count.checked_mul(8)?)?;
    let numbers = bytes.get(start..*at)?.as_chunks::<8>().0.iter();
    Some(numbers.map(|number| u64::from_le_bytes(*number)).collect())
}
