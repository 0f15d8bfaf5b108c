//! Clients that change separate parts of the state.

use serde_json::{Value, json};

use super::connection::Connection;

const ADMINISTRATOR: &str = "111111111111";
const CHECKED: &str = "222222222222";
const HOME: &str = "us-east-1";
/// The number of findings of an import and of an update.
const BATCH: usize = 10;

/// A client. Its calls are numbered from 1.
pub(super) trait Client: Send {
    /// Makes the next call. Returns whether it was acknowledged.
    fn call(&mut self, connection: &mut Connection) -> bool;

    /// Checks that the state is that after the last acknowledged call or after the call in flight. Returns true in the
    /// second case.
    fn verify(&mut self, connection: &mut Connection) -> bool;
}

/// The number of acknowledged calls, and whether another one was in flight.
#[derive(Default)]
struct Progress {
    done: u64,
    is_in_flight: bool,
}

impl Progress {
    /// Makes the next call, to which it passes its number.
    fn next(&mut self, call: impl FnOnce(u64) -> Option<Value>) -> bool {
        self.is_in_flight = true;
        let is_acknowledged = call(self.done + 1).is_some();
        if is_acknowledged {
            self.done += 1;
            self.is_in_flight = false;
        }
        is_acknowledged
    }

    /// Continues after the call with this number, which must be the last acknowledged one or the one in flight.
    fn settle(&mut self, found: u64, part: &str) -> bool {
        let was_there = self.is_in_flight && found == self.done + 1;
        assert!(
            was_there || found == self.done,
            "{part}: {} calls were acknowledged, but the state is that after call {found}",
            self.done
        );
        *self = Progress { done: found, is_in_flight: false };
        was_there
    }
}

/// All clients.
pub(super) fn clients() -> Vec<Box<dyn Client>> {
    vec![
        Box::<Imports>::default(),
        Box::<Updates>::default(),
        Box::<Members>::default(),
        Box::<Standards>::default(),
        Box::<Clock>::default(),
    ]
}

fn finding(region: &str, id: &str) -> Value {
    json!({
        "SchemaVersion": "2018-10-08", "Id": id, "AwsAccountId": ADMINISTRATOR, "GeneratorId": "kills",
        "ProductArn": format!("arn:aws:securityhub:{region}:{ADMINISTRATOR}:product/{ADMINISTRATOR}/default"),
        "Types": ["Software and Configuration Checks"], "CreatedAt": "2026-01-15T09:00:00Z",
        "UpdatedAt": "2026-01-15T09:00:00Z", "Severity": { "Label": "LOW" }, "Title": "title",
        "Description": "description", "Resources": [{ "Type": "Other", "Id": "resource" }],
    })
}

fn import(connection: &mut Connection, region: &str, findings: &[Value]) -> Option<Value> {
    let body = json!({ "Findings": findings });
    let answer = connection.call(ADMINISTRATOR, region, "POST /findings/import", &body)?;
    assert_eq!(answer["SuccessCount"], findings.len(), "{answer}");
    Some(answer)
}

/// The findings whose IDs begin with a text.
fn findings(connection: &mut Connection, region: &str, prefix: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut token = Value::Null;
    loop {
        let filters = json!({ "Id": [{ "Value": prefix, "Comparison": "PREFIX" }] });
        let body = json!({ "Filters": filters, "MaxResults": 100, "NextToken": token });
        let page = connection.call(ADMINISTRATOR, region, "POST /findings", &body).expect("the program answers");
        found.extend(page["Findings"].as_array().expect("a list of findings").iter().cloned());
        token = page["NextToken"].clone();
        if token.is_null() {
            return found;
        }
    }
}

/// Imports a batch of new findings with each call.
#[derive(Default)]
struct Imports {
    progress: Progress,
    /// The number of the first call since the last check.
    first: u64,
}

impl Client for Imports {
    fn call(&mut self, connection: &mut Connection) -> bool {
        self.progress.next(|number| {
            let batch: Vec<Value> =
                (0..BATCH).map(|index| finding(HOME, &format!("import-{number:07}-{index}"))).collect();
            import(connection, HOME, &batch)
        })
    }

    fn verify(&mut self, connection: &mut Connection) -> bool {
        // The last known batch is checked again.
        let mut found = self.first.saturating_sub(1);
        loop {
            let batch = findings(connection, HOME, &format!("import-{:07}-", found + 1));
            assert!([0, BATCH].contains(&batch.len()), "{} of {BATCH} findings of import {}", batch.len(), found + 1);
            if batch.is_empty() {
                break;
            }
            found += 1;
        }
        self.first = found;
        self.progress.settle(found, "imports")
    }
}

/// Updates the same findings with each call.
#[derive(Default)]
struct Updates {
    progress: Progress,
}

const UPDATED: &str = "eu-west-1";

impl Client for Updates {
    fn call(&mut self, connection: &mut Connection) -> bool {
        let ids: Vec<String> = (0..BATCH).map(|index| format!("update-{index}")).collect();
        self.progress.next(|number| {
            if number == 1 {
                let batch: Vec<Value> = ids.iter().map(|id| finding(UPDATED, id)).collect();
                return import(connection, UPDATED, &batch);
            }
            let arn = finding(UPDATED, "")["ProductArn"].clone();
            let identifiers: Vec<Value> = ids.iter().map(|id| json!({ "Id": id, "ProductArn": arn })).collect();
            let body = json!({
                "FindingIdentifiers": identifiers,
                "UserDefinedFields": { "call": number.to_string() },
                "Note": { "Text": format!("call {number}"), "UpdatedBy": "kills" },
            });
            let answer = connection.call(ADMINISTRATOR, UPDATED, "PATCH /findings/batchupdate", &body)?;
            assert_eq!(answer["ProcessedFindings"].as_array().map(Vec::len), Some(BATCH), "{answer}");
            Some(answer)
        })
    }

    fn verify(&mut self, connection: &mut Connection) -> bool {
        let found = findings(connection, UPDATED, "update-");
        let mut calls: Vec<u64> = found
            .iter()
            .map(|finding| {
                let call = finding["UserDefinedFields"]["call"].as_str();
                let number = call.map_or(1, |call| call.parse().expect("a number"));
                let note = finding["Note"]["Text"].as_str().map(ToOwned::to_owned);
                assert_eq!(note, call.map(|call| format!("call {call}")), "both changes of an update are there");
                number
            })
            .collect();
        assert!([0, BATCH].contains(&found.len()), "{} of {BATCH} findings", found.len());
        calls.dedup();
        assert!(calls.len() <= 1, "all findings must have the same update: {calls:?}");
        self.progress.settle(calls.first().copied().unwrap_or_default(), "updates")
    }
}

/// Creates two members, and deletes them.
#[derive(Default)]
struct Members {
    progress: Progress,
}

const MEMBERS: [&str; 2] = ["333333333333", "444444444444"];

impl Client for Members {
    fn call(&mut self, connection: &mut Connection) -> bool {
        self.progress.next(|number| {
            let (path, body) = if number % 2 == 1 {
                let details: Vec<Value> = MEMBERS.iter().map(|account| json!({ "AccountId": account })).collect();
                ("POST /members", json!({ "AccountDetails": details }))
            } else {
                ("POST /members/delete", json!({ "AccountIds": MEMBERS }))
            };
            let answer = connection.call(ADMINISTRATOR, HOME, path, &body)?;
            assert_eq!(answer["UnprocessedAccounts"].as_array().map_or(0, Vec::len), 0, "{answer}");
            Some(answer)
        })
    }

    fn verify(&mut self, connection: &mut Connection) -> bool {
        let page = connection.call(ADMINISTRATOR, HOME, "GET /members?OnlyAssociated=false", &Value::Null);
        let page = page.expect("the program answers");
        let count = page["Members"].as_array().map_or(0, Vec::len);
        assert!([0, MEMBERS.len()].contains(&count), "{count} of {} members: {page}", MEMBERS.len());
        self.progress.settle(toggle_number(&self.progress, count > 0), "members")
    }
}

/// Enables two standards, whose controls are checked, and disables them.
#[derive(Default)]
struct Standards {
    progress: Progress,
}

const STANDARDS: [&str; 2] = ["aws-foundational-security-best-practices/v/1.0.0", "nist-800-53/v/5.0.0"];

impl Client for Standards {
    fn call(&mut self, connection: &mut Connection) -> bool {
        self.progress.next(|number| {
            let (path, body) = if number % 2 == 1 {
                let arn = |id| json!({ "StandardsArn": format!("arn:aws:securityhub:{HOME}::standards/{id}") });
                ("POST /standards/register", json!({ "StandardsSubscriptionRequests": STANDARDS.map(arn) }))
            } else {
                let arn = |id| format!("arn:aws:securityhub:{HOME}:{CHECKED}:subscription/{id}");
                ("POST /standards/deregister", json!({ "StandardsSubscriptionArns": STANDARDS.map(arn) }))
            };
            connection.call(CHECKED, HOME, path, &body)
        })
    }

    fn verify(&mut self, connection: &mut Connection) -> bool {
        let page = connection.call(CHECKED, HOME, "POST /standards/get", &json!({})).expect("the program answers");
        let enabled = page["StandardsSubscriptions"].as_array().expect("a list of subscriptions");
        let is_ready = |it: &&Value| it["StandardsStatus"] == "READY" || it["StandardsStatus"] == "INCOMPLETE";
        let count = enabled.iter().filter(is_ready).count();
        assert_eq!(count, enabled.len(), "pending work is done before a call: {page}");
        assert!([0, STANDARDS.len()].contains(&count), "{count} of {} standards: {page}", STANDARDS.len());
        if count > 0 {
            let filters = json!({ "ComplianceSecurityControlId": [{ "Value": "S3.5", "Comparison": "EQUALS" }],
                "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }] });
            let page = connection.call(CHECKED, HOME, "POST /findings", &json!({ "Filters": filters }));
            let page = page.expect("the program answers");
            assert!(page["Findings"].as_array().is_some_and(|found| !found.is_empty()), "enabled controls are checked");
        }
        self.progress.settle(toggle_number(&self.progress, count > 0), "standards")
    }
}

/// The number of the last call of a client whose odd calls turn something on.
fn toggle_number(progress: &Progress, is_on: bool) -> u64 {
    let is_last = (progress.done % 2 == 1) == is_on;
    if is_last { progress.done } else { progress.done + 1 }
}

/// Advances the clock by one second with each call.
#[derive(Default)]
struct Clock {
    progress: Progress,
}

impl Client for Clock {
    fn call(&mut self, connection: &mut Connection) -> bool {
        let body = json!({ "advance": "PT1S" });
        self.progress.next(|_| connection.call(ADMINISTRATOR, HOME, "POST /_emulator/clock", &body))
    }

    fn verify(&mut self, connection: &mut Connection) -> bool {
        let clock = connection.call(ADMINISTRATOR, HOME, "GET /_emulator/clock", &Value::Null);
        let clock = clock.expect("the program answers");
        assert_eq!(clock["frozen"], true, "{clock}");
        let now = clock["now"].as_str().expect("a time");
        self.progress.settle(seconds_since_start(now), "the clock")
    }
}

/// The seconds from the start of the scenario, `2026-01-15T09:00:00Z`, on the same or the next days of the month.
fn seconds_since_start(now: &str) -> u64 {
    let part = |from: usize| now[from..from + 2].parse::<u64>().expect("two digits");
    ((part(8) - 15) * 24 + part(11) - 9) * 3600 + part(14) * 60 + part(17)
}
