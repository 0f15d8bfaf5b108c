//! The world as a document: plain values that describe its whole state, for exports and for files that outlive the
//! process.
//!
//! A [`WorldDocument`] contains everything but the findings. Relations are a list of rows ([`Row`]), one for each hub,
//! standard, member and so on; [`Relations::changes_since`] finds the rows that differ between two states in time
//! proportional to the difference. Findings are documents of their own ([`FindingDocument`]), because there may be many.
//!
//! A document does not contain events, cached inventories and signals of exposures. Inventories and signals are
//! computed again.

mod build;
mod directory;
mod findings;
mod hubs;
mod organization;
mod product;
mod relations;
mod rows;

use std::fmt;
use std::sync::Arc;

use securityhub_engine::Key;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use build::RowError;
pub use findings::{FindingDocument, FindingRow};
pub use rows::{Kind, RowChange, RowKey, Rows, apply};

use super::clock::{Clock, Mode, Start, Timestamp};
use super::delays::Delays;
use super::directory::Credential;
use super::due::Due;
use super::hub::HubKey;
use super::names::{AccountId, Region, TableKey};
use super::relations::Relations;
use super::scores::DailyScore;
use super::settings_v2::SettingsV2;
use super::world::World;
use crate::ocsf::Settings;

/// The state of a world, without its findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldDocument {
    /// The name of its scenario.
    #[serde(default)]
    pub name: Option<String>,
    /// The clock.
    pub clock: Mode,
    /// The initial setting of the clock. If it is missing, a reset sets the clock to the time of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_start: Option<Start>,
    /// The source of IDs.
    pub ids: IdsDocument,
    /// The number of the next finding.
    pub next_finding: u64,
    /// Simulated delays.
    #[serde(default)]
    pub delays: Delays,
    /// Settings of the V2 half.
    #[serde(default = "SettingsV2::default")]
    pub security_hub_v2: SettingsV2,
    /// Settings of the conversion to OCSF.
    #[serde(default)]
    pub ocsf: Settings,
    /// Security scores that are computed once a day; `None` if they are computed on every read.
    #[serde(default)]
    pub daily_scores: Option<Vec<ScoreDocument>>,
    /// Open sessions of roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SessionDocument>,
    /// The Regions whose findings have changed since exposures were computed.
    #[serde(default)]
    pub changed_since_exposures: Vec<Region>,
    /// Pending work, in order of its due times.
    #[serde(default)]
    pub pending: Vec<PendingDocument>,
    /// Relations, hubs and declared resources, in the order of rows.
    #[serde(default)]
    pub relations: Vec<Row>,
}

/// The position of the source of IDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdsDocument {
    /// The seed.
    pub seed: u64,
    /// The number of random numbers that were generated from it.
    pub made: u64,
}

/// The daily scores of a hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreDocument {
    /// The hub.
    pub hub: HubKey,
    /// Its scores.
    pub score: DailyScore,
}

/// An open session of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionDocument {
    /// Its access key.
    pub access_key: String,
    /// The principal and the secrets.
    pub credential: Credential,
    /// The time at which it ends.
    pub ends_at: Timestamp,
}

/// Pending work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingDocument {
    /// Its due time.
    pub at: Timestamp,
    /// The work.
    pub work: Due,
}

/// A part of relations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The kind.
    pub kind: Kind,
    /// The account, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// The Region, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The ID or name.
    pub key: String,
    /// Its value.
    pub value: Value,
}

impl Row {
    /// The row with this identity.
    pub fn new(row: RowKey, value: Value) -> Row {
        Row { kind: row.kind, account: row.account, region: row.region, key: row.key, value }
    }

    /// Its identity.
    pub fn identity(&self) -> RowKey {
        RowKey { account: self.account, region: self.region.clone(), kind: self.kind, key: self.key.clone() }
    }

    pub(super) fn parts(self) -> (RowKey, Value) {
        (RowKey { account: self.account, region: self.region, kind: self.kind, key: self.key }, self.value)
    }
}

/// A document that does not describe a world.
#[derive(Clone, Debug, PartialEq)]
pub enum DocumentError {
    /// A row is invalid.
    Row(Box<RowError>),
    /// Two rows have the same identity.
    Duplicate(RowKey),
    /// The document of a finding does not begin with its key, or its number is not unique.
    Finding(u64),
}

impl fmt::Display for DocumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DocumentError::Row(error) => error.fmt(formatter),
            DocumentError::Duplicate(row) => write!(formatter, "{row}: duplicate row"),
            DocumentError::Finding(number) => {
                write!(
                    formatter,
                    "finding {number}: the document does not begin with its ProductArn, Id and AwsAccountId, or the number is not unique"
                )
            }
        }
    }
}

impl World {
    /// The state of this world without its findings. Must be called on a fork, such as [`World::saved`], so that no
    /// other thread writes to it. Waits for exports that are being computed.
    pub fn document(&self) -> WorldDocument {
        let (seed, made) = self.ids.position();
        let scores = |scores: Vec<(HubKey, DailyScore)>| {
            scores.into_iter().map(|(hub, score)| ScoreDocument { hub, score }).collect()
        };
        WorldDocument {
            name: self.name.clone(),
            clock: self.clock.mode(),
            clock_start: Some(self.clock.start()),
            ids: IdsDocument { seed, made },
            next_finding: self.next_finding(),
            delays: self.delays,
            security_hub_v2: self.v2_settings,
            ocsf: self.ocsf().settings.clone(),
            daily_scores: self.daily_scores.as_ref().map(|all| scores(all.list())),
            sessions: self.session_documents(),
            changed_since_exposures: self.changed_since_exposures(),
            pending: self.pending().into_iter().map(|(at, work)| PendingDocument { at, work }).collect(),
            relations: self.finished_relations().rows().into_iter().map(|(row, value)| Row::new(row, value)).collect(),
        }
    }

    /// Relations in which all exports whose time has passed are finished. Waits for those that are being computed.
    pub fn finished_relations(&self) -> Arc<Relations> {
        finished(&self.relations())
    }

    /// A world without findings, as a document describes it. It does not emit events yet.
    ///
    /// # Errors
    /// [`DocumentError`]
    pub fn from_document(document: WorldDocument) -> Result<World, DocumentError> {
        let mut rows = Rows::new();
        for row in document.relations {
            let identity = row.identity();
            if rows.contains_key(&identity) {
                return Err(DocumentError::Duplicate(identity));
            }
            rows.insert(identity, row.value);
        }
        let relations = Relations::from_rows(&rows).map_err(|error| DocumentError::Row(Box::new(error)))?;
        let clock = Clock::restored(document.clock, document.clock_start);
        let IdsDocument { seed, made } = document.ids;
        let mut world = World::new(clock, seed);
        world.name = document.name;
        world.ids = super::ids::IdSource::at(seed, made);
        world.delays = document.delays;
        world.v2_settings = document.security_hub_v2;
        world.set_ocsf(document.ocsf);
        world.daily_scores = document.daily_scores.map(|scores| {
            let all = super::scores::DailyScores::default();
            for ScoreDocument { hub, score } in scores {
                all.put(hub, score);
            }
            all
        });
        let now = world.clock.now();
        for SessionDocument { access_key, credential, ends_at } in document.sessions {
            world.open_session(access_key, credential, ends_at, now);
        }
        let pending = document.pending.into_iter().map(|PendingDocument { at, work }| (at, work)).collect();
        let unfinished = unfinished(&relations);
        world.restore(relations, document.next_finding, pending, &document.changed_since_exposures);
        world.schedule(unfinished, false);
        Ok(world)
    }

    /// All tables of findings, in order.
    pub fn tables(&self) -> Vec<TableKey> {
        let own = self.finding_regions();
        let ocsf_only = self.ocsf_only_regions();
        let own = own.iter().map(TableKey::from).chain(ocsf_only.iter().map(TableKey::ocsf_only));
        let mut tables: Vec<TableKey> = own.chain(self.replica_tables()).collect();
        tables.sort();
        tables
    }

    /// Stores findings with their numbers, metadata and expiry. `key` extracts the key of a document. Their numbers
    /// must be greater than those of stored findings.
    ///
    /// # Errors
    /// [`DocumentError::Finding`]
    pub fn restore_findings(
        &self,
        mut findings: Vec<FindingDocument<'_>>,
        key: impl Fn(&TableKey, &[u8]) -> Option<Key>,
    ) -> Result<(), DocumentError> {
        findings.sort_by(|one, other| (&one.table, one.row.number).cmp(&(&other.table, other.row.number)));
        for of_table in findings.chunk_by(|one, other| one.table == other.table) {
            let Some(first) = of_table.first() else { continue };
            let table = &first.table;
            self.edit_findings(table, |stored, _| {
                let mut last = None;
                for FindingDocument { row, .. } in of_table {
                    let wrong = DocumentError::Finding(row.number);
                    let key = key(table, &row.document).filter(|key| row.document.starts_with(key.as_bytes()));
                    let Some(key) = key.filter(|key| last < Some(row.number) && stored.table().find(key).is_none())
                    else {
                        return Err(wrong);
                    };
                    last = Some(row.number);
                    stored.restore(&key, row);
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

fn finished(relations: &Arc<Relations>) -> Arc<Relations> {
    let mut finished = Arc::clone(relations);
    for (key, hub) in relations.hubs_v2() {
        if hub.exports.iter().any(|job| job.rendering.is_some()) {
            let mut hub = (**hub).clone();
            hub.exports = hub.exports.into_iter().map(super::export_job::ExportJob::finished).collect();
            Arc::make_mut(&mut finished).replace_hub_v2(key.clone(), Some(Arc::new(hub)));
        }
    }
    finished
}

/// The pending work of exports whose output was not complete when the rows were written. It is computed again.
fn unfinished(relations: &Relations) -> Vec<(Timestamp, Due)> {
    let mut unfinished = Vec::new();
    for (key, hub) in relations.hubs_v2() {
        let jobs = hub.exports.iter().filter(|job| job.is_running());
        let ended = jobs.filter_map(|job| Some((job.ended_at?, Due::FinishExport(key.clone(), job.id.clone()))));
        unfinished.extend(ended);
    }
    unfinished
}
