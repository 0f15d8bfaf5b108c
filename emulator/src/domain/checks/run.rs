//! When findings of controls are made, checked again and archived (standards.md 4.5, 4.6).

use std::collections::BTreeSet;

use jiff::SignedDuration;
use securityhub_engine::{Filter, Scope, date};
use securityhub_fixtures::standards::{self, CONTROLS, Control, Form, Standard, StandardControl};
use serde_json::{Map, Value, json};

use super::document::{self, Subject, Times};
use super::results;
use crate::domain::due;
use crate::domain::findings::delivery::BATCH;
use crate::domain::findings::document::{Finding, key_of};
use crate::domain::findings::import::{self, Endpoint, Sender};
use crate::domain::standards::{controls, subscriptions};
use crate::state::{
    CheckScope, ControlFindingGenerator, Due, Hub, HubKey, Timestamp, Transaction, World, timestamp_text,
};

/// How often all controls are checked (FND-42).
const PERIOD: SignedDuration = SignedDuration::from_hours(12);

/// What an archived finding says when the way of making findings was changed (FND-52).
const CONSOLIDATION: [(&str, &str); 2] = [
    ("ArchivalReasons:0/ReasonCode", "CONSOLIDATED_CONTROL_FINDINGS_UPDATE"),
    (
        "ArchivalReasons:0/Description",
        "The finding is in an ARCHIVED state because consolidated control findings has been turned on or off. This \
         causes findings in the previous state to be archived when new findings are being generated.",
    ),
];

/// Asks for a check after a while; without declared resources there is nothing to check.
pub fn request(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    scope: CheckScope,
    now: Timestamp,
    after: SignedDuration,
) {
    if transaction.resources().is_some() {
        due::put(transaction, now, after, Due::Check(key.clone(), scope));
    }
}

/// Checks the controls of a scope, imports what they find, and archives what nobody asks for any more.
pub fn run(world: &World, transaction: &mut Transaction<'_>, key: &HubKey, scope: CheckScope, now: Timestamp) {
    let Some(resources) = &world.resources else { return };
    let Some(hub) = transaction.hub(key).filter(|hub| hub.subscribed_at().is_some()) else { return };
    let checked = subjects(&hub);
    let mut wanted = BTreeSet::new();
    let mut findings = Vec::new();
    for subject in &checked {
        let is_due = is_in(scope, subject.control());
        for check in results::of(resources, key, &hub, subject.control()) {
            let id = document::id(&world.ids, key, subject, &check);
            if is_due {
                findings.extend(stored(world, key, &id, |stored| {
                    let times = Times::new(stored, check.result.status, timestamp_text(later(now, stored)));
                    let finding = document::write(&world.ids, key, &hub, subject, &check, &times);
                    let is_told = stored.is_some_and(|stored| is_told(stored, &finding, now));
                    (!is_told).then(|| finding.to_string())
                }));
            }
            wanted.insert(id);
        }
    }
    findings.extend(unwanted(world, transaction, key, &hub, &wanted, scope == CheckScope::Generator, now));
    deliver(world, transaction, key, &findings, now);
    schedule(transaction, key, &hub, !checked.is_empty(), now);
}

/// Stages the next check of all, once the last one is over.
fn schedule(transaction: &mut Transaction<'_>, key: &HubKey, hub: &Hub, has_controls: bool, now: Timestamp) {
    if !has_controls || hub.next_check.is_some_and(|next| next > now) {
        return;
    }
    let next = now.checked_add(PERIOD).unwrap_or(Timestamp::MAX);
    transaction.put_hub(key.clone(), Hub { next_check: Some(next), ..hub.clone() });
    transaction.put_due(next, Due::Check(key.clone(), CheckScope::All));
}

fn is_in(scope: CheckScope, control: &Control) -> bool {
    match scope {
        CheckScope::All | CheckScope::Generator => true,
        CheckScope::Control(id) => control.id == id,
        CheckScope::Standard(id) => {
            standards::standard(id).is_some_and(|standard| standard.seats(control).next().is_some())
        }
    }
}

/// What findings are made of: the enabled seats of standards that are ready, one by one or by security control, as the
/// hub makes its findings; findings of some standards are always by security control (FND-01).
fn subjects(hub: &Hub) -> Vec<Subject> {
    let mut by_control: Vec<(&'static Standard, &'static StandardControl)> = Vec::new();
    let mut subjects = Vec::new();
    for (standard, subscription) in subscriptions::all(hub).filter(|(_, it)| it.status.is_updatable()) {
        for seat in standard.controls.iter().filter(|seat| controls::state(subscription, seat).enabled) {
            let is_by_control = hub.control_finding_generator == ControlFindingGenerator::SecurityControl;
            if is_by_control || standard.form == Form::SecurityControl {
                by_control.push((standard, seat));
            } else {
                subjects.push(Subject::Seat(standard, seat));
            }
        }
    }
    by_control.sort_by_key(|(standard, _)| standard.standards_id);
    subjects.extend(CONTROLS.iter().filter_map(|control| security_control(control, &by_control)));
    subjects
}

fn security_control(
    control: &'static Control,
    seats: &[(&'static Standard, &'static StandardControl)],
) -> Option<Subject> {
    let mut standards: Vec<(&'static Standard, Vec<&'static StandardControl>)> = Vec::new();
    for (standard, seat) in seats.iter().filter(|(_, seat)| seat.control.id == control.id) {
        match standards.last_mut().filter(|(last, _)| last.id == standard.id) {
            Some((_, seats)) => seats.push(seat),
            None => standards.push((standard, vec![seat])),
        }
    }
    (!standards.is_empty()).then_some(Subject::SecurityControl(control, standards))
}

/// Looks at the stored finding of an id.
fn stored<R>(world: &World, key: &HubKey, id: &str, look: impl Fn(Option<&Finding<'_>>) -> R) -> R {
    let name = key_of(&document::product_arn(key), id, key.account);
    let found = world.read_findings(&key.region, |findings| {
        let slot = findings.table().find(&name)?;
        Some(look(Some(&Finding::stored(findings.table().document(slot)))))
    });
    found.flatten().unwrap_or_else(|| look(None))
}

/// Whether the stored finding tells the same of this very time, as when two standards are enabled at once.
fn is_told(stored: &Finding<'_>, finding: &Value, now: Timestamp) -> bool {
    let updated = stored.string("UpdatedAt").and_then(|text| date::strict(&text));
    let is_of_now = updated.is_some_and(|updated| updated >= i128::from(now.as_millisecond()) * 1_000_000);
    let compliance = stored.get("Compliance").and_then(|text| serde_json::from_str::<Value>(text).ok());
    is_of_now
        && stored.string("RecordState").is_some_and(|state| state == "ACTIVE")
        && compliance.as_ref() == finding.get("Compliance")
}

/// The time of a check; on a clock that stands it is a millisecond after the one before, since an import must be later
/// than what is stored (REI-01).
fn later(now: Timestamp, stored: Option<&Finding<'_>>) -> Timestamp {
    let updated = stored.and_then(|stored| date::strict(&stored.string("UpdatedAt")?));
    let after = updated.and_then(|updated| Timestamp::from_nanosecond(updated + 1_000_000).ok());
    after.map_or(now, |after| after.max(now))
}

/// Active findings that no check makes any more, as they are to be archived: at once when the hub now makes its findings in
/// another way, else when they have not been checked for a while (FND-50 … FND-52).
fn unwanted(
    world: &World,
    transaction: &Transaction<'_>,
    key: &HubKey,
    hub: &Hub,
    wanted: &BTreeSet<String>,
    is_switched: bool,
    now: Timestamp,
) -> Vec<String> {
    let oldest = now.checked_sub(transaction.delays().archive_disabled).unwrap_or(Timestamp::MIN);
    let filter = active(world, key);
    let is_consolidated = hub.control_finding_generator == ControlFindingGenerator::SecurityControl;
    let archive = |document: &[u8]| {
        let finding = Finding::stored(document);
        let id = finding.string("Id").filter(|id| !wanted.contains(&**id))?;
        let is_of_seat = id.contains(":subscription/");
        let is_of_other_mode = is_switched && is_of_seat == is_consolidated;
        let updated = Timestamp::from_nanosecond(date::strict(&finding.string("UpdatedAt")?)?).ok()?;
        if !is_of_other_mode && updated > oldest {
            return None;
        }
        let mut members: Map<String, Value> = serde_json::from_slice(document).ok()?;
        members.insert("RecordState".to_owned(), "ARCHIVED".into());
        members.insert("UpdatedAt".to_owned(), timestamp_text(later(now, Some(&finding))).into());
        if let Some(fields) =
            members.get_mut("ProductFields").and_then(Value::as_object_mut).filter(|_| is_of_other_mode)
        {
            fields.extend(CONSOLIDATION.map(|(name, value)| (name.to_owned(), json!(value))));
        }
        Some(Value::Object(members).to_string())
    };
    let archived = world.read_findings(&key.region, |findings| {
        let table = findings.table();
        table
            .within(Scope::All)
            .matching(&filter)
            .into_iter()
            .filter_map(|slot| archive(table.document(slot)))
            .collect::<Vec<_>>()
    });
    archived.unwrap_or_default()
}

/// Active control findings of a hub's account.
fn active(world: &World, key: &HubKey) -> Filter {
    let is = |name: &str, value: String| match world.schema().field(name) {
        Some(field) => Filter::In { field, values: std::sync::Arc::new([value].into_iter().collect()) },
        None => Filter::nothing(),
    };
    Filter::All(vec![
        is("AwsAccountId", key.account.to_string()),
        is("ProductArn", document::product_arn(key)),
        is("RecordState", "ACTIVE".to_owned()),
    ])
}

/// Imports as Security Hub itself (FND-11, FND-12).
fn deliver(world: &World, transaction: &mut Transaction<'_>, key: &HubKey, findings: &[String], now: Timestamp) {
    let directory = world.directory();
    let endpoint = Endpoint { world, directory: &directory, region: &key.region, now };
    for batch in findings.chunks(BATCH) {
        let items: Vec<_> = batch.iter().filter_map(|text| import::read_finding(text).ok()).collect();
        match import::batch(transaction, &endpoint, Sender::Product, &items) {
            Ok(outcome) => {
                for failed in outcome.failed {
                    tracing::debug!(id = failed.id, why = failed.message, "a control finding was not taken");
                }
            }
            Err(error) => tracing::warn!(%error, hub = ?key, "control findings were refused"),
        }
    }
}
