//! Transactions that are undone, and records that survive the end of the process.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::SignedDuration;
use parking_lot::Mutex;
use securityhub_fixtures::Operation::{BatchUpdateFindings, CreateMembers, UpdateFindings};

use super::*;
use crate::domain::{due, events};
use crate::state::{
    ChangeLog, Event, EventListener, IdSource, IdsDocument, Record, Recovery, TableKey, World, WorldDocument,
};
use crate::testing::MEMBER;

/// A log on a full disk.
struct FullLog;

impl ChangeLog for FullLog {
    fn append(&self, _: u64, _: &[&[u8]]) -> bool {
        false
    }

    fn reach_event(&self, _: u64) -> bool {
        true
    }

    fn may_write(&self) -> bool {
        true
    }
}

/// A log that stores its records.
#[derive(Default)]
struct StoringLog(Mutex<Vec<Vec<u8>>>);

impl ChangeLog for StoringLog {
    fn append(&self, _: u64, record: &[&[u8]]) -> bool {
        self.0.lock().push(record.concat());
        true
    }

    fn reach_event(&self, _: u64) -> bool {
        true
    }

    fn may_write(&self) -> bool {
        true
    }
}

/// The state of a world and its findings, without positions of generators.
fn state(world: &World) -> (WorldDocument, Vec<String>) {
    let saved = world.saved();
    let document = WorldDocument { ids: IdsDocument { seed: 0, made: 0 }, next_finding: 0, ..saved.document() };
    let rows =
        |table: &TableKey| saved.read_findings(table, |found| found.rows().map(|row| format!("{row:?}")).collect());
    let rows: Vec<Vec<String>> = saved.tables().iter().filter_map(rows).collect();
    (document, rows.concat())
}

/// A world with two findings, one of which has changed.
fn changed() -> Stage {
    let stage = hub();
    import(&stage, &[finding("a", json!({})), finding("b", json!({}))]);
    stage.good(ADMINISTRATOR, BatchUpdateFindings, update("NOTIFIED"));
    stage
}

fn update(status: &str) -> Value {
    let product = finding("a", json!({}))["ProductArn"].clone();
    json!({ "FindingIdentifiers": [{ "Id": "a", "ProductArn": product }], "Workflow": { "Status": status } })
}

/// Rules: CPL-75.
#[test]
fn a_call_that_cannot_be_recorded_changes_nothing() {
    let mut stage = changed();
    stage.0.set_change_log(Some(Arc::new(FullLog)));
    let (before, events) = (state(&stage.0), stage.0.last_event());
    let later = json!({ "UpdatedAt": "2026-01-12T08:00:00Z", "Title": "changed" });
    let note = json!({ "Text": "note", "UpdatedBy": "test" });
    for (operation, input) in [
        (BatchImportFindings, json!({ "Findings": [finding("a", later), finding("c", json!({}))] })),
        (BatchUpdateFindings, update("RESOLVED")),
        (UpdateFindings, json!({ "Filters": {}, "Note": note })),
        (CreateMembers, json!({ "AccountDetails": [{ "AccountId": MEMBER }] })),
    ] {
        _ = stage.call(ADMINISTRATOR, operation, input);
        assert_eq!(state(&stage.0), before, "{}", operation.name());
    }
    stage.0.set_change_log(None);
    import(&stage, &[finding("d", json!({}))]);
    assert_eq!(stage.0.last_event(), events + 1, "only the last call has an event");
}

/// Rules: CPL-11.
#[test]
fn a_panic_in_a_transaction_undoes_its_writes() {
    for is_recorded in [true, false] {
        let mut stage = changed();
        if !is_recorded {
            stage.0.set_change_log(None);
        }
        let before = state(&stage.0);
        let region = Region::new(REGION);
        let panics = |write: &dyn Fn(&mut crate::state::FindingsTransaction<'_>)| {
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                let mut transaction = stage.0.write_findings();
                write(&mut transaction);
                panic!("as the test requires");
            }));
            assert!(panicked.is_err());
            assert_eq!(state(&stage.0), before);
        };
        let change_all = |writer: &mut crate::state::FindingWriter<'_>| {
            for slot in writer.findings().table().slots().collect::<Vec<_>>() {
                let text = String::from_utf8(writer.findings().table().document(slot).to_vec()).unwrap();
                writer.replace(slot, text.replace("Port 22", "Port 23").as_bytes());
                writer.set_expiry(slot, "2027-01-15T09:00:00Z".parse().unwrap());
                writer.metadata(slot).created_at = Some("2027-01-15T09:00:00Z".to_owned());
            }
        };
        panics(&|transaction| transaction.edit_findings(&region, change_all));
        panics(&|transaction| {
            transaction.edit_findings(&region, |writer| {
                change_all(writer);
                panic!("as the test requires");
            });
        });
        panics(&|transaction| {
            transaction.edit_findings(&region, change_all);
            transaction.drop_findings(&region, |_| true);
        });
        assert_eq!(stored(&stage, &finding("c", json!({})))["Id"], "c", "the next call works");
    }
}

/// Rules: CPL-71.
#[test]
fn the_record_of_a_change_of_the_clock_contains_its_consequences() {
    let mut stage = Stage::empty();
    let log = Arc::new(StoringLog::default());
    stage.0.set_change_log(Some(Arc::clone(&log) as Arc<dyn ChangeLog>));
    stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::EnableSecurityHub, json!({}));
    import(&stage, &[finding("a", json!({}))]);
    let count = log.0.lock().len();
    // This time is after the expiry of the finding, and before the sweep of that hour.
    let by = SignedDuration::from_hours(90 * 24) + SignedDuration::from_mins(1);
    assert!(due::change_clock(&stage.0, |clock| clock.advance(by)));
    assert_eq!(stage.0.finding_count(), 0);
    let mut recovery = Recovery::default();
    for record in &log.0.lock()[..=count] {
        let Some(Record::Changes(changes)) = Record::read(record) else { panic!("a record of changes") };
        recovery.apply(changes).unwrap();
    }
    let world = recovery.finish().unwrap();
    assert_eq!((world.clock.now(), world.finding_count()), (stage.0.clock.now(), 1));
    due::run(&world, world.clock.now());
    assert_eq!(world.finding_count(), 0);
}

/// Reserves event numbers, and compares those of events with them.
#[derive(Default)]
struct ReservingLog {
    up_to: AtomicU64,
    received: AtomicU64,
}

impl ChangeLog for ReservingLog {
    fn append(&self, _: u64, _: &[&[u8]]) -> bool {
        true
    }

    fn reach_event(&self, number: u64) -> bool {
        self.up_to.store(number, Ordering::Relaxed);
        number <= 2
    }

    fn may_write(&self) -> bool {
        true
    }
}

impl EventListener for ReservingLog {
    fn is_listening(&self) -> bool {
        true
    }

    fn receive(&self, events: &[Event], _: &IdSource) {
        for event in events {
            assert!(event.number <= self.up_to.load(Ordering::Relaxed), "the number was not reserved");
            self.received.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn notify(&self) {}
}

/// Rules: CPL-77.
#[test]
fn an_event_is_only_emitted_after_its_number_was_reserved() {
    let mut stage = hub();
    let log = Arc::new(ReservingLog::default());
    stage.0.set_change_log(Some(Arc::clone(&log) as Arc<dyn ChangeLog>));
    stage.0.enable_events(1, events::derive, 0, Some(Arc::clone(&log) as Arc<dyn EventListener>));
    import(&stage, &[finding("a", json!({})), finding("b", json!({}))]);
    assert_eq!((log.received.load(Ordering::Relaxed), stage.0.last_event()), (2, 2));
    import(&stage, &[finding("c", json!({}))]);
    assert_eq!(log.received.load(Ordering::Relaxed), 2, "numbers that are not reserved are not used");
    assert_eq!(stage.0.last_event(), 2);
}
