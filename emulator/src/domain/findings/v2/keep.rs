//! Keeps the provider's values for the V2 half when the classic half changes a finding (OCM-04, OCM-05).
//!
//! Customers of the classic half change the ASFF document itself. The V2 half shows the provider's values and its own
//! customers' changes instead, so the values that the document loses are kept in the annex.

use securityhub_engine::Stored;
use serde_json::value::RawValue;

use crate::domain::findings::document::{Finding, quoted};
use crate::domain::findings::merge;
use crate::domain::findings::names::{self, Name};
use crate::domain::findings::product::Source;
use crate::ocsf::{Annex, Past, native};
use crate::state::{Timestamp, World};

/// Attributes that the classic half changes in place, without a copy in FindingProviderFields.
const KEPT: [Name; 3] = [names::WORKFLOW, names::USER_DEFINED_FIELDS, names::RECORD_STATE];

/// Maximum number of past states of a finding that are kept.
const MOST_STATES: usize = 100;

/// The statuses of the V2 half that have a counterpart in the classic half (OCM-61).
const STATUSES: [(u8, &str); 4] = [(1, "NEW"), (2, "NOTIFIED"), (3, "SUPPRESSED"), (4, "RESOLVED")];

/// Keeps the provider's values of attributes that differ between two states of a finding.
pub fn after_change(annex: &mut Annex, before: &Finding<'_>, after: &Finding<'_>) {
    for name in KEPT {
        if before.get(name) != after.get(name) {
            annex.provided.entry(name.text().to_owned()).or_insert_with(|| before.get(name).and_then(raw));
        }
    }
}

/// Records the state of a finding before a write, for trends (TRV-03). Worlds without a V2 hub skip this.
pub fn note_state(world: &World, before: Stored<'_>, document: &[u8], annex: &mut Annex, now: Timestamp) {
    if !world.has_hubs_v2() {
        return;
    }
    let before = world.ocsf().state(before);
    let after = world.ocsf().state(Stored { document, annex: &annex.to_bytes() });
    if (before.severity_id, before.is_closed) != (after.severity_id, after.is_closed) {
        if annex.past.len() >= MOST_STATES {
            annex.past.remove(0);
        }
        let until = now.as_millisecond();
        annex.past.push(Past { until, severity_id: before.severity_id, is_closed: before.is_closed });
    }
}

/// Drops the status that a customer has set when the provider closes or opens the finding, or when the finding no longer
/// passes, unless the status is Suppressed (BUV-11).
pub fn reset_status(world: &World, before: Stored<'_>, document: &[u8], annex: &mut Annex) {
    if matches!(annex.status_id, Some(2 | 4)) {
        let after = world.ocsf().state(Stored { document, annex: &[] });
        let fails_again = native::is_passed(before.document) && !native::is_passed(document);
        if fails_again || world.ocsf().state(before).is_closed != after.is_closed {
            annex.status_id = None;
        }
    }
}

/// Updates the annex after an import. The provider's own workflow and the status that a customer of the V2 half has set
/// are reset when the finding is active or failing again, and resolved when its control passes (BUV-11).
pub fn after_import(annex: &mut Annex, stored: &Finding<'_>, imported: &Finding<'_>, source: Source) {
    annex.is_updated = true;
    let mut before = stored.clone();
    if let Some(Some(state)) = annex.provided.remove(names::RECORD_STATE.text()) {
        before.set(names::RECORD_STATE, state.get().to_owned());
    }
    let reset = |workflow: Option<&str>| {
        let mut finding = imported.clone();
        match workflow {
            Some(workflow) => finding.set(names::WORKFLOW, workflow.to_owned()),
            None => finding.remove(names::WORKFLOW),
        }
        merge::reopen(&mut finding, &before);
        merge::resolve_passed(&mut finding, Some(&before), source);
        finding.get(names::WORKFLOW).map(str::to_owned)
    };
    if let Some(workflow) = annex.provided.remove(names::WORKFLOW.text()) {
        let workflow = reset(workflow.as_deref().map(RawValue::get));
        if workflow.as_deref() != imported.get(names::WORKFLOW) {
            annex.provided.insert(names::WORKFLOW.text().to_owned(), workflow.as_deref().and_then(raw));
        }
    }
    let status = annex.status_id.and_then(|id| STATUSES.iter().find(|(known, _)| *known == id));
    if let Some((_, status)) = status {
        let workflow = reset(Some(&format!("{{\"Status\":{}}}", quoted(status))));
        let after = STATUSES.iter().find(|(_, status)| workflow.as_ref().is_some_and(|it| it.contains(status)));
        annex.status_id = after.map(|(id, _)| *id).or(annex.status_id);
    }
}

fn raw(json: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(json.to_owned()).ok()
}
