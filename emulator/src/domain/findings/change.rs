//! Changes that customers make to stored findings: BatchUpdateFindings and UpdateFindings (findings.md 4 and 5).

use securityhub_engine::{Filter, Slot};
use serde_json::{Map, Value};

use super::asff::MOST_BYTES;
use super::document::{self, Finding};
use super::{customer, history, merge};
use crate::state::{FindingWriter, Findings, HistorySource, Timestamp};

/// A finding by the two parts of its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identifier {
    /// `ProductArn`
    pub product_arn: String,
    /// `Id`
    pub id: String,
}

/// Why a finding was not changed: code and sentence of BatchUpdateFindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unchanged {
    /// The caller sees no such finding (BUF-40, BUF-11).
    NotFound,
    /// It was named before (BUF-41).
    Duplicate,
    /// It would become too large (BUF-43).
    TooLarge,
}

impl Unchanged {
    /// The code and the sentence.
    pub fn said(self) -> (&'static str, &'static str) {
        match self {
            Unchanged::NotFound => ("FindingNotFound", "Finding Not Found"),
            Unchanged::Duplicate => ("DuplicatedFindingIdentifier", "Finding Identifier is duplicated"),
            Unchanged::TooLarge => ("FindingSizeExceeded", "Finding size exceeded 240 KB"),
        }
    }
}

/// Where the findings of a name are whose owner's account the caller sees. A product of AWS may have findings of one
/// name in several accounts; all of them are meant (inferred).
pub fn find(findings: &Findings, identifier: &Identifier, sees: impl Fn(&str) -> bool) -> Vec<Slot> {
    let table = findings.table();
    let is_seen = |slot: &Slot| customer::owner(table.document(*slot)).is_some_and(|owner| sees(&owner));
    let name = document::name_of(&identifier.product_arn, &identifier.id);
    table.named(&name).into_iter().filter(is_seen).collect()
}

/// Sets what a customer gives of the findings in these slots (BUF-20 … BUF-36).
///
/// # Errors
/// [`Unchanged::TooLarge`]; then none of them has changed.
pub fn update(
    writer: &mut FindingWriter<'_>,
    slots: &[Slot],
    given: &Map<String, Value>,
    principal_arn: &str,
    now: Timestamp,
) -> Result<(), Unchanged> {
    let mut changed = Vec::with_capacity(slots.len());
    for slot in slots {
        let document = writer.findings().table().document(*slot);
        let stored = Finding::stored(document);
        let mut finding = stored.clone();
        customer::update(&mut finding, given, now);
        if finding.size() > MOST_BYTES {
            return Err(Unchanged::TooLarge);
        }
        let mut written = Vec::with_capacity(document.len() + 512);
        finding.write(&mut written);
        changed.push((*slot, written, history::difference(&stored, &finding)));
    }
    for (slot, written, updates) in changed {
        let created_at = history::processed_at(writer.findings().table().document(slot));
        let ledger = writer.ledger(slot);
        ledger.touch(customer::touched(given));
        if given.contains_key("Note") {
            ledger.note_beneath = None;
        }
        history::record(ledger, created_at, now, HistorySource::Customer(principal_arn.to_owned()), updates);
        writer.replace(slot, &written);
    }
    Ok(())
}

/// What UpdateFindings sets.
#[derive(Debug, Default)]
pub struct PassingUpdate {
    /// A note, as given.
    pub note: Option<Value>,
    /// `ACTIVE` or `ARCHIVED`.
    pub record_state: Option<String>,
}

/// Sets note and state of all findings that satisfy a filter, until their next import (UPF-01 … UPF-08).
pub fn update_until_import(writer: &mut FindingWriter<'_>, filter: &Filter, update: &PassingUpdate, now: Timestamp) {
    for slot in writer.findings().table().matching(filter) {
        let document = writer.findings().table().document(slot).to_vec();
        let stored = Finding::stored(&document);
        let mut finding = stored.clone();
        if let Some(note) = &update.note {
            customer::set_note(&mut finding, note, now);
        }
        if let Some(state) = &update.record_state {
            finding.set_string("RecordState", state);
            merge::reopen(&mut finding, &stored);
        }
        let mut written = Vec::with_capacity(document.len() + 512);
        finding.write(&mut written);
        if update.note.is_some() {
            let beneath = stored.get("Note").map(str::to_owned);
            writer.ledger(slot).note_beneath.get_or_insert(beneath);
        }
        writer.replace(slot, &written);
    }
}
