//! Shared by the tests of this crate: a world, and calls from any account whose responses are checked.

use std::any::Any;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use jiff::SignedDuration;
use parking_lot::Mutex;
use quickcheck::{Gen, QuickCheck};
use securityhub_fixtures::Operation;
use securityhub_fixtures::model::Kind;
use serde_json::{Value, json};

use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::v2::native::{self, Refused};
use crate::domain::{due, events};
use crate::gate;
use crate::operations::{self, Context};
use crate::shape::{check, read};
use crate::state::{
    Account, AccountId, ChangeLog, Clock, Directory, Due, Member, MemberKind, MemberStatus, Organization, Principal,
    Record, Recovery, Region, Row, RowKind, World, timestamp_text,
};

pub(crate) const ADMINISTRATOR: &str = "111111111111";
pub(crate) const MEMBER: &str = "222222222222";
pub(crate) const REGION: &str = "us-east-1";

/// The seed of random tests, unless `QUICKCHECK_SEED` names another one.
const SEED: u64 = 1;
/// The size of random values, such as the maximum length of a list.
const SIZE: usize = 100;

/// Checks a property with this number of random values. Each run uses the same values, unless the environment variable
/// `QUICKCHECK_SEED` contains another number or `random`.
pub(crate) fn check(tests: u64) -> QuickCheck {
    let given = std::env::var("QUICKCHECK_SEED");
    let seed = match given.as_deref() {
        Err(_) => SEED,
        Ok("random") => RandomState::new().build_hasher().finish(),
        Ok(number) => number.parse().expect("QUICKCHECK_SEED is a number or `random`"),
    };
    // A failed test shows its output.
    println!("QUICKCHECK_SEED={seed}");
    QuickCheck::new().rng(Gen::from_size_and_seed(SIZE, seed)).tests(tests).max_tests(tests * 10)
}

/// A world whose clock is frozen at 2026-01-15T09:00:00Z.
pub(crate) struct Stage(pub(crate) World);

/// The result of a call: the body, or the error's status, code and message.
pub(crate) type Outcome = Result<Value, (u16, &'static str, String)>;

impl Stage {
    /// A world without hubs.
    pub(crate) fn empty() -> Stage {
        let mut world = World::new(Clock::frozen("2026-01-15T09:00:00Z".parse().unwrap()), 7);
        world.enable_events(10_000, events::derive, 0, None);
        world.set_change_log(Some(Arc::new(Records::default())));
        Stage(world)
    }

    /// A world with hubs of these accounts in [`REGION`].
    pub(crate) fn with_hubs(accounts: &[&str]) -> Stage {
        let stage = Stage::empty();
        for account in accounts {
            stage.good(account, Operation::EnableSecurityHub, json!({}));
        }
        stage
    }

    /// Calls an operation from an account in [`REGION`].
    pub(crate) fn call(&self, account: &str, operation: Operation, input: Value) -> Outcome {
        self.call_in(REGION, account, operation, input)
    }

    /// Calls an operation from an account in a Region. Every response is checked against its output shape.
    pub(crate) fn call_in(&self, region: &str, account: &str, operation: Operation, input: Value) -> Outcome {
        self.call_as(&Principal::local_user(id(account)), region, operation, input)
    }

    /// Calls an operation as a principal in a Region.
    pub(crate) fn call_as(&self, principal: &Principal, region: &str, operation: Operation, input: Value) -> Outcome {
        let now = self.0.clock.now();
        due::run(&self.0, now);
        let caller = Caller { principal: principal.clone(), region: Region::new(region), now };
        let text = input.to_string();
        let shape = operation.model().input;
        let document = match operations::entry(operation).per_item {
            Some(list) => read::body_with_items(shape, list, &text),
            None => read::document(shape, &text),
        };
        let mut document = document.expect("the request is not JSON");
        if let Kind::Structure(structure) = &shape.shape().kind {
            read::missing(structure, &mut document);
        }
        let answered = gate::enter(&self.0, &caller, None, operation, document)
            .and_then(|input| operations::call(&Context { world: &self.0, caller, test: None }, operation, input));
        match answered {
            Ok(answer) => {
                let body: Value = serde_json::from_slice(&answer.0).expect("an answer is JSON");
                let violations = check::answer(operation.model().output, &body);
                assert!(violations.is_empty(), "{}: {violations:?} in {body}", operation.name());
                Ok(body)
            }
            Err(AwsError { code, status, message, .. }) => Err((status, code.name(), message.into_owned())),
        }
    }

    /// Calls an operation and expects success.
    pub(crate) fn good(&self, account: &str, operation: Operation, input: Value) -> Value {
        self.call(account, operation, input).unwrap_or_else(|error| panic!("{}: {error:?}", operation.name()))
    }

    /// Calls an operation, expects this error, and returns its message.
    pub(crate) fn refused(&self, account: &str, operation: Operation, input: Value, status: u16, code: &str) -> String {
        let (found_status, found_code, message) =
            self.call(account, operation, input).expect_err("the call should be refused");
        assert_eq!((found_status, found_code), (status, code), "{message}");
        message
    }

    /// Sends a finding in OCSF as its product does.
    pub(crate) fn send(&self, finding: Value) {
        assert_eq!(self.try_to_send(finding), (1, Vec::new()));
    }

    /// Like [`Stage::send`], but returns the number of stored findings and the refused ones.
    pub(crate) fn try_to_send(&self, mut finding: Value) -> (usize, Vec<Refused>) {
        let finding = finding.as_object_mut().map(std::mem::take).expect("a finding is an object");
        let mut transaction = self.0.write_findings();
        let outcome = native::deliver(&mut transaction, &self.0, self.0.clock.now(), vec![finding]);
        transaction.commit();
        outcome
    }

    /// The events sent since the last call, as a rule receives them.
    pub(crate) fn events(&self) -> Vec<Value> {
        assert_eq!(self.0.events(0, 0, |_| true).dropped, 0, "the test emits too many events");
        let read =
            |event| serde_json::from_str(&events::envelope::write(event, &self.0.ids)).expect("an event is JSON");
        self.0.take_events().iter().map(read).collect()
    }

    /// Advances the clock by days.
    pub(crate) fn days_pass(&self, days: i64) {
        self.0.clock.advance(SignedDuration::from_hours(days * 24));
    }

    /// Does the work that follows a change of the clock over the control plane.
    pub(crate) fn after_clock_change(&self) {
        assert!(due::change_clock(&self.0, |_| ()));
    }

    /// The current time in the format of the service.
    pub(crate) fn now(&self) -> String {
        timestamp_text(self.0.clock.now())
    }

    /// Changes relations.
    pub(crate) fn relations(&self, edit: impl FnOnce(&mut Directory)) {
        let mut transaction = self.0.write();
        transaction.edit_directory(edit);
        transaction.commit();
    }

    /// Creates an organization of these accounts and names; the first is the management account.
    pub(crate) fn organization(&self, accounts: &[(&str, &str)]) {
        self.relations(|directory| {
            let (root, management_account) = ("r-lo12".to_owned(), id(accounts[0].0));
            let since = jiff::Timestamp::UNIX_EPOCH;
            let mut organization = Organization::new("o-local123456".into(), root.clone(), management_account, since);
            organization.parents.extend(accounts.iter().map(|(account, _)| (id(account), root.clone())));
            directory.organization = Some(organization);
            for (account, name) in accounts {
                let email = format!("{name}@example.com");
                let known = Account { name: (*name).to_owned(), email, ..Account::unknown(id(account)) };
                directory.accounts.insert(id(account), known);
            }
        });
    }

    /// Makes [`MEMBER`] a member of [`ADMINISTRATOR`] in [`REGION`].
    pub(crate) fn member(&self, status: MemberStatus) {
        self.relations(|directory| {
            let member = Member::new(status, MemberKind::Invitation, self.0.clock.now());
            let members = directory.members.entry((id(ADMINISTRATOR), Region::new(REGION))).or_default();
            members.insert(id(MEMBER), member);
        });
    }
}

pub(crate) fn id(account: &str) -> AccountId {
    AccountId::parse(account).expect("a test names accounts by twelve digits")
}

/// A valid finding of the private product of [`ADMINISTRATOR`], with members replaced by those of `with`. A null
/// removes a member.
pub(crate) fn finding(finding_id: &str, with: Value) -> Value {
    finding_of(ADMINISTRATOR, finding_id, with)
}

/// The same, for another account.
pub(crate) fn finding_of(account: &str, finding_id: &str, with: Value) -> Value {
    let mut finding = json!({
        "SchemaVersion": "2018-10-08",
        "Id": finding_id,
        "ProductArn": format!("arn:aws:securityhub:{REGION}:{account}:product/{account}/default"),
        "GeneratorId": "scanner/rule-1",
        "AwsAccountId": account,
        "Types": ["Software and Configuration Checks/Vulnerabilities"],
        "CreatedAt": "2026-01-10T08:00:00Z",
        "UpdatedAt": "2026-01-10T08:00:00Z",
        "Severity": { "Label": "HIGH" },
        "Title": "Port 22 is open",
        "Description": "Found by a scan.",
        "Resources": [{ "Type": "Other", "Id": "host-1" }],
    });
    if let (Value::Object(members), Value::Object(with)) = (&mut finding, with) {
        for (name, value) in with {
            if value.is_null() {
                members.shift_remove(&name);
            } else {
                members.insert(name, value);
            }
        }
    }
    finding
}

/// Applies each record of a world immediately.
#[derive(Default)]
struct Records(Mutex<Recovery>);

impl ChangeLog for Records {
    fn append(&self, _: u64, record: &[&[u8]]) -> bool {
        let record = record.concat();
        let Some(Record::Changes(changes)) = Record::read(&record) else { panic!("a record of changes is valid") };
        self.0.lock().apply(changes).expect("the changes of a record are valid");
        true
    }

    fn reach_event(&self, _: u64) -> bool {
        true
    }

    fn may_write(&self) -> bool {
        true
    }
}

/// Every test of the domain also tests records: they must contain all changes of its calls.
impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let log = self.0.change_log().and_then(|log| (&**log as &dyn Any).downcast_ref::<Records>());
        if let Some(Records(records)) = log {
            let rebuilt = std::mem::take(&mut *records.lock()).finish().expect("the records describe a world");
            assert_same(&self.0, &rebuilt);
        }
    }
}

fn assert_same(world: &World, rebuilt: &World) {
    let (live, again) = (world.saved().document(), rebuilt.document());
    // A job whose output is being computed is started again.
    let rows = |rows: &[Row]| rows.iter().filter(|row| row.kind != RowKind::ExportJob).cloned().collect::<Vec<_>>();
    let (live_rows, again_rows) = (rows(&live.relations), rows(&again.relations));
    for (one, other) in live_rows.iter().zip(&again_rows) {
        assert_eq!(one, other, "a row of the world and of the rebuilt one");
    }
    assert_eq!(live_rows.len(), again_rows.len(), "the number of rows");
    let pending = |world: &World| {
        let mut pending = world.saved().document().pending;
        pending.retain(|pending| !matches!(pending.work, Due::FinishExport(..)));
        pending
    };
    assert_eq!(pending(world), pending(rebuilt), "pending work");
    assert_eq!(live.changed_since_exposures, again.changed_since_exposures, "Regions with changes");
    assert!(again.ids.made <= live.ids.made && again.next_finding <= live.next_finding, "positions");
    let tables = |world: &World| {
        let is_used = |table: &_| world.read_findings(table, |findings| !findings.table().is_empty()) == Some(true);
        world.tables().into_iter().filter(is_used).collect::<Vec<_>>()
    };
    assert_eq!(tables(world), tables(rebuilt), "tables of findings");
    for table in tables(world) {
        world.read_findings(&table, |live| {
            rebuilt.read_findings(&table, |again| {
                for (one, other) in live.rows().zip(again.rows()) {
                    assert_eq!(one, other, "a finding of {table:?}");
                }
                assert_eq!(live.table().len(), again.table().len(), "findings of {table:?}");
            })
        });
    }
}
