//! Snapshots of a world as bytes, and the reconstruction of a world from a snapshot and records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use securityhub_engine::Slot;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Timestamp;
use super::document::{DocumentError, PendingDocument, Row, RowKey, ScoreDocument, WorldDocument};
use super::due::Due;
use super::event_sink::EventSink;
use super::fault::{Fault, WorldFaults};
use super::findings::Block;
use super::hub::HubKey;
use super::names::{Region, TableKey};
use super::recording::{Changes, FindingChange, Head, SavedClock};
use super::scores::DailyScore;
use super::world::World;
use crate::invariant::Invariant;

/// Kinds of parts of a snapshot.
const WORLD: u8 = 1;
const FINDINGS: u8 = 2;
/// The approximate size of a part with findings.
const PART: usize = 4 * 1024 * 1024;

/// The part of a snapshot with everything except findings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorldPart {
    world: WorldDocument,
    /// The sinks of the scenario.
    event_sinks: BTreeMap<String, EventSink>,
    /// The faults of the scenario, and whether it applies the rate limits of AWS.
    faults: (Vec<Fault>, bool),
    /// The tables of the parts with findings, which refer to them by position.
    tables: Vec<TableKey>,
}

impl World {
    /// Passes the parts of a snapshot of this world to `add`. Must be called on a fork, so that no other thread writes
    /// to it.
    pub fn write_parts<E>(&self, mut add: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let tables = self.tables();
        // Sessions are lost when the process ends.
        let world = WorldDocument { sessions: Vec::new(), ..self.document() };
        let faults = (self.faults.declared.to_vec(), self.faults.has_rate_limits);
        let part = WorldPart { world, event_sinks: (*self.event_sinks).clone(), faults, tables: tables.clone() };
        let mut bytes = vec![WORLD];
        serde_json::to_writer(&mut bytes, &part).or_report("a world is JSON");
        add(&bytes)?;
        for (position, table) in (0_u32..).zip(&tables) {
            self.write_table(position, table, &mut add)?;
        }
        Ok(())
    }

    fn write_table<E>(
        &self,
        position: u32,
        table: &TableKey,
        add: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(findings) = self.share_findings(table) else { return Ok(()) };
        let mut write = |slots: &[Slot]| {
            let mut bytes = vec![FINDINGS];
            bytes.extend_from_slice(&position.to_le_bytes());
            findings.write_rows(slots, &mut bytes);
            add(&bytes)
        };
        let (mut slots, mut size) = (Vec::new(), 0);
        for slot in findings.table().slots() {
            slots.push(slot);
            size += findings.stored_size(slot);
            if size >= PART {
                write(&slots)?;
                (slots, size) = (Vec::new(), 0);
            }
        }
        if slots.is_empty() { Ok(()) } else { write(&slots) }
    }

    /// The approximate size of a snapshot of the findings.
    pub fn size_of_findings(&self) -> u64 {
        let sizes = self.tables().into_iter().filter_map(|table| {
            self.read_findings(table, |findings| findings.table().bytes() + 64 * findings.table().len())
        });
        sizes.sum::<usize>() as u64
    }
}

/// A world that is being rebuilt.
pub struct Recovery {
    /// A world with the tables of findings.
    world: World,
    /// Everything else, without pending work and relations.
    document: WorldDocument,
    rows: BTreeMap<RowKey, Value>,
    pending: BTreeSet<(Timestamp, Due)>,
    scores: BTreeMap<HubKey, DailyScore>,
    /// The tables of the parts with findings.
    tables: Vec<TableKey>,
}

impl Default for Recovery {
    fn default() -> Self {
        let world = World::default();
        let document = world.document();
        Recovery {
            world,
            document,
            rows: BTreeMap::new(),
            pending: BTreeSet::new(),
            scores: BTreeMap::new(),
            tables: Vec::new(),
        }
    }
}

impl Recovery {
    /// Adds a part of a snapshot; `None` if it is not valid.
    pub fn add_part(&mut self, part: Vec<u8>) -> Option<()> {
        match *part.first()? {
            WORLD => {
                self.add_world(serde_json::from_slice(part.get(1..)?).ok()?);
                Some(())
            }
            FINDINGS => {
                let position = u32::from_le_bytes(part.get(1..5)?.try_into().ok()?);
                let table = self.tables.get(usize::try_from(position).ok()?)?.clone();
                let block = Block::read(&part, 5)?;
                self.world.edit_findings(&table, |findings, _| findings.adopt_rows(part, &block))
            }
            _ => None,
        }
    }

    fn add_world(&mut self, WorldPart { mut world, event_sinks, faults, tables }: WorldPart) {
        self.world.set_ocsf(world.ocsf.clone());
        self.world.event_sinks = Arc::new(event_sinks);
        let (declared, has_rate_limits) = faults;
        self.world.faults = WorldFaults { declared: Arc::new(declared), has_rate_limits, ..WorldFaults::default() };
        self.rows = std::mem::take(&mut world.relations).into_iter().map(Row::parts).collect();
        let pending = std::mem::take(&mut world.pending).into_iter();
        self.pending = pending.map(|PendingDocument { at, work }| (at, work)).collect();
        let scores = world.daily_scores.iter_mut().flat_map(std::mem::take);
        self.scores = scores.map(|ScoreDocument { hub, score }| (hub, score)).collect();
        (self.document, self.tables) = (world, tables);
    }

    /// Applies the changes of a transaction; `None` if they are not valid.
    pub fn apply(&mut self, changes: Changes<'_>) -> Option<()> {
        let world = &self.world;
        changes.findings(|table, change, bytes| {
            world.edit_findings(table, |findings, _| match change {
                FindingChange::Put(block) => findings.put_rows(bytes, &block),
                FindingChange::Add(block) => findings.add_rows(bytes, &block),
                FindingChange::Remove(numbers) => {
                    findings.remove_numbers(&numbers);
                    Some(())
                }
                FindingChange::Hide(layer, numbers) => {
                    findings.hide_numbers(layer, &numbers);
                    Some(())
                }
            })
        })?;
        let Head { rows, due, done, scores, clock, ids, sequence, .. } = changes.head;
        for (row, value) in rows {
            match value {
                Some(value) => _ = self.rows.insert(row, value),
                None => _ = self.rows.remove(&row),
            }
        }
        for entry in &done {
            self.pending.remove(entry);
        }
        self.pending.extend(due);
        for (hub, score) in scores {
            match score {
                Some(score) => _ = self.scores.insert(hub, score),
                None => _ = self.scores.remove(&hub),
            }
        }
        if let Some(clock) = clock {
            self.set_clock(clock);
        }
        self.document.ids.made = self.document.ids.made.max(ids);
        self.document.next_finding = self.document.next_finding.max(sequence);
        Some(())
    }

    /// Sets the clock of the world.
    pub fn set_clock(&mut self, clock: SavedClock) {
        (self.document.clock, self.document.clock_start) = clock.parts();
    }

    /// The world.
    ///
    /// # Errors
    /// The relations are not valid.
    pub fn finish(self) -> Result<World, DocumentError> {
        let Recovery { world: tables, mut document, rows, pending, scores, .. } = self;
        // Records do not contain which findings have changed since the last computation of exposures, so all are read
        // again.
        let exposed = pending.iter().filter_map(|(_, due)| match due {
            Due::ComputeExposures(region) => Some(region.clone()),
            _ => None,
        });
        let exposed: BTreeSet<Region> = exposed.collect();
        document.changed_since_exposures = exposed.into_iter().collect();
        document.relations = rows.into_iter().map(|(row, value)| Row::new(row, value)).collect();
        document.pending = pending.into_iter().map(|(at, work)| PendingDocument { at, work }).collect();
        if let Some(all) = &mut document.daily_scores {
            all.extend(scores.into_iter().map(|(hub, score)| ScoreDocument { hub, score }));
        }
        let mut world = World::from_document(document)?;
        world.take_tables(tables);
        if let Some(daily) = &world.daily_scores {
            daily.take_changed();
        }
        Ok(world)
    }
}

impl World {
    /// Takes over the tables of a world with the same settings, and the parts that documents do not contain.
    fn take_tables(&mut self, from: World) {
        (self.findings, self.ocsf_only, self.replicas) = (from.findings, from.ocsf_only, from.replicas);
        (self.finding_count, self.schema, self.ocsf) = (from.finding_count, from.schema, from.ocsf);
        (self.event_sinks, self.faults) = (from.event_sinks, from.faults);
    }
}
