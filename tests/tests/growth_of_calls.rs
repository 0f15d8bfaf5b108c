//! Tests that the cost of a call does not depend on the number of earlier calls or on the size of the world: imports,
//! sessions, members, histories, resets. This file has no other tests, because their processor time would distort the
//! measurements.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;

use bytes::Bytes;
use http::Request;
use securityhub_fixtures::Operation;
use securityhub_local::service::Settings;
use securityhub_local_tests::client::{self, TestClient};
use securityhub_local_tests::growth::assert_in_proportion;
use securityhub_local_tests::sample;
use serde_json::{Value, json};

const ADMINISTRATOR: &str = "111111111111";
/// Number of findings per import.
const BATCH: usize = 50;

/// The account with a number.
fn account(number: usize) -> String {
    (222_222_000_000 + number).to_string()
}

/// The finding with a number, updated at a second of the day.
fn finding(number: usize, second: usize) -> Value {
    let mut finding = sample::finding(ADMINISTRATOR);
    finding["Id"] = json!(format!("finding-{number}"));
    finding["Title"] = json!(format!("Port {number} is open, seen {second} times"));
    finding["UpdatedAt"] =
        json!(format!("2026-01-16T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60));
    finding
}

fn import_of(findings: Vec<Value>, client: &TestClient) -> Request<Bytes> {
    client::request(Operation::BatchImportFindings, &json!({ "Findings": findings }), &client.authorization())
}

/// Imports of new findings whose numbers begin at `from`.
fn imports(client: &TestClient, from: usize, count: usize) -> Vec<Request<Bytes>> {
    let batch = |first| import_of((first..first + BATCH).map(|number| finding(number, 0)).collect(), client);
    (from..from + count).step_by(BATCH).map(batch).collect()
}

fn send_all(client: &TestClient, requests: Vec<Request<Bytes>>) {
    for request in requests {
        assert_eq!(client.send(request).status(), 200);
    }
}

/// A hub whose findings have been filtered and sorted, so that columns are maintained from then on.
fn filtered() -> TestClient {
    let client = TestClient::enabled();
    send_all(&client, imports(&client, 1_000_000, BATCH));
    let question = json!({
        "Filters": { "Title": [{ "Value": "Port 1", "Comparison": "PREFIX" }] },
        "SortCriteria": [{ "Field": "UpdatedAt", "SortOrder": "desc" }],
    });
    assert_eq!(client.call(Operation::GetFindings, &question).0, 200);
    client
}

/// Creates one world per size on first use, so that repeated measurements share it.
fn once_for_each_size<T>(make: impl Fn(usize) -> T) -> impl FnMut(usize) -> Rc<T> {
    let worlds = RefCell::new(HashMap::<usize, Rc<T>>::new());
    move |size| Rc::clone(worlds.borrow_mut().entry(size).or_insert_with(|| Rc::new(make(size))))
}

#[test]
fn an_import_takes_linear_time() {
    let prepare = |size| {
        let client = filtered();
        let requests = imports(&client, 0, size);
        (client, requests)
    };
    assert_in_proportion("findings that are imported", 1_000, prepare, |(client, requests)| {
        send_all(&client, requests);
    });
}

#[test]
fn the_time_of_an_import_is_independent_of_stored_findings() {
    // `size` times `size` findings: work that examines all of them would take four times as long.
    let prepare = once_for_each_size(|size| {
        let client = filtered();
        send_all(&client, imports(&client, 0, size * size));
        (client, Cell::new(size * size))
    });
    assert_in_proportion("imports beside stored findings", 50, prepare, |stored| {
        let (client, next) = &*stored;
        let from = next.replace(next.get() + 4 * BATCH);
        send_all(client, imports(client, from, 4 * BATCH));
    });
}

#[test]
fn the_time_of_an_import_is_independent_of_earlier_imports_of_the_finding() {
    let prepare = |size| {
        let client = filtered();
        let again = |second| import_of(vec![finding(0, second)], &client);
        let requests: Vec<Request<Bytes>> = (1..=size).map(again).collect();
        (client, requests)
    };
    assert_in_proportion("imports of one finding", 400, prepare, |(client, requests)| send_all(&client, requests));
}

#[test]
fn importing_many_findings_again_takes_linear_time() {
    let prepare = |size| {
        let client = filtered();
        send_all(&client, imports(&client, 0, size));
        let batch = |first| import_of((first..first + BATCH).map(|number| finding(number, 1)).collect(), &client);
        let requests: Vec<Request<Bytes>> = (0..size).step_by(BATCH).map(batch).collect();
        (client, requests)
    };
    assert_in_proportion("findings imported again", 1_000, prepare, |(client, requests)| send_all(&client, requests));
}

/// Rules: HIS-06.
#[test]
fn the_time_to_find_a_history_is_independent_of_their_number() {
    let prepare = once_for_each_size(|size| {
        let client = TestClient::enabled();
        let count = (size * size).div_ceil(BATCH) * BATCH;
        send_all(&client, imports(&client, 0, count));
        for first in (0..count).step_by(BATCH) {
            send_all(&client, vec![import_of((first..first + BATCH).map(|n| finding(n, 1)).collect(), &client)]);
        }
        client
    });
    assert_in_proportion("histories of many findings", 50, prepare, |client| {
        for number in 0..50 {
            let finding = finding(number, 0);
            let identifier = json!({ "Id": finding["Id"], "ProductArn": finding["ProductArn"] });
            let (_, answer) = client.call(Operation::GetFindingHistory, &json!({ "FindingIdentifier": identifier }));
            assert_eq!(answer["Records"].as_array().map(Vec::len), Some(2), "{answer}");
        }
    });
}

fn assume_role(client: &TestClient) -> String {
    let form = "Action=AssumeRole&RoleArn=arn:aws:iam::333333333333:role/x&RoleSessionName=ab";
    let request = Request::post("/")
        .header("authorization", client.authorization().replace("securityhub", "sts"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from_static(form.as_bytes()));
    let answer = client.send(request.unwrap());
    let text = String::from_utf8_lossy(answer.body()).into_owned();
    let key = text.split("<AccessKeyId>").nth(1).and_then(|rest| rest.split('<').next());
    key.unwrap_or_else(|| panic!("no key in {text}")).to_owned()
}

/// Rules: NB-21.
#[test]
fn the_time_to_open_and_use_a_session_is_independent_of_their_number() {
    let prepare = once_for_each_size(|size| {
        let client = TestClient::enabled();
        (0..size * size).for_each(|_| _ = assume_role(&client));
        client
    });
    assert_in_proportion("calls beside other sessions", 40, prepare, |client| {
        let mut session = client.another();
        for _ in 0..50 {
            session.account = assume_role(&client);
            let (status, answer) = session.call(Operation::GetEnabledStandards, &json!({}));
            assert_ne!(status, 200, "the account of the role has no hub: {answer}");
        }
    });
}

/// A world from a scenario, where `rest` follows the clock and the Regions.
fn world(name: &str, rest: &str) -> TestClient {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("growth-of-calls");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.yaml"));
    let clock = "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\nregions: [us-east-1]\n";
    std::fs::write(&path, format!("{clock}{rest}")).unwrap();
    TestClient::new(Settings::default(), Some(path.to_str().unwrap()))
}

/// The administrator's world with a number of members.
fn with_members(count: usize, name: &str) -> TestClient {
    let mut rest = format!(
        "quotas: {{ invited_members: 10000 }}\nhubs:\n  - account: \"{ADMINISTRATOR}\"\n    regions: all\n    members:\n"
    );
    (0..count).for_each(|number| _ = writeln!(rest, "      \"{}\": enabled", account(number)));
    world(&format!("{name}-{count}"), &rest)
}

/// Adds an account as a member that accepts, and checks it.
fn join(client: &TestClient, member: &str) {
    let well = |client: &TestClient, operation, input: &Value| {
        let (status, answer) = client.call(operation, input);
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let mut invited = client.another();
    member.clone_into(&mut invited.account);
    let quiet = json!({ "EnableDefaultStandards": false });
    well(&invited, Operation::EnableSecurityHub, &quiet);
    well(
        client,
        Operation::CreateMembers,
        &json!({ "AccountDetails": [{ "AccountId": member, "Email": "a@b.example" }] }),
    );
    well(client, Operation::InviteMembers, &json!({ "AccountIds": [member] }));
    let invitations = well(&invited, Operation::ListInvitations, &json!({}));
    let invitation = &invitations["Invitations"][0]["InvitationId"];
    let accept = json!({ "AdministratorId": ADMINISTRATOR, "InvitationId": invitation });
    well(&invited, Operation::AcceptAdministratorInvitation, &accept);
    let members = well(client, Operation::GetMembers, &json!({ "AccountIds": [member] }));
    assert_eq!(members["Members"][0]["MemberStatus"], "Enabled", "{members}");
}

/// Rules: INV-01.
#[test]
fn the_time_to_add_a_member_is_independent_of_their_number() {
    let prepare = once_for_each_size(|size| (with_members(size * size, "joining"), Cell::new(500_000)));
    assert_in_proportion("accounts that join others", 40, prepare, |world| {
        let (client, next) = &*world;
        let from = next.replace(next.get() + 10);
        (from..from + 10).for_each(|number| join(client, &account(number)));
    });
}

/// Rules: INV-01.
#[test]
fn adding_many_members_one_by_one_takes_linear_time() {
    assert_in_proportion(
        "accounts that join",
        100,
        |size| (TestClient::enabled(), size),
        |(client, size)| {
            (0..size).for_each(|number| join(&client, &account(number)));
        },
    );
}

#[test]
fn the_time_to_join_an_organization_is_independent_of_its_size() {
    let prepare = once_for_each_size(|size| {
        let accounts: Vec<String> = (0..size * size).map(|number| format!("\"{}\"", account(number))).collect();
        let rest = format!(
            "organization:\n  management_account: \"999999999999\"\n  units: {{ Work: {{ accounts: [{}] }} }}\n\
             hubs: [{{ account: \"{ADMINISTRATOR}\", regions: all }}]\n",
            accounts.join(", ")
        );
        (world(&format!("organization-{size}"), &rest), Cell::new(500_000))
    });
    assert_in_proportion("accounts that join an organization", 40, prepare, |joining| {
        let (client, next) = &*joining;
        let from = next.replace(next.get() + 20);
        for number in from..from + 20 {
            let body = json!({ "Action": "join", "AccountId": account(number) }).to_string();
            let request = Request::post("/_emulator/organization").body(Bytes::from(body)).unwrap();
            assert_eq!(client.send(request).status(), 200);
        }
    });
}

#[test]
fn the_time_of_a_page_of_members_is_independent_of_their_number() {
    let prepare = once_for_each_size(|size| with_members(size * size, "pages"));
    assert_in_proportion("pages of members", 40, prepare, |client| {
        for _ in 0..50 {
            let (_, answer) = client.call(Operation::ListMembers, &json!({ "MaxResults": 5 }));
            assert_eq!(answer["Members"].as_array().map(Vec::len), Some(5), "{answer}");
        }
    });
}

#[test]
fn the_time_of_a_reset_is_at_most_linear_in_the_changes_since_the_start() {
    let prepare = |size| {
        let client = filtered();
        send_all(&client, imports(&client, 0, 10 * size));
        (0..size).for_each(|_| _ = assume_role(&client));
        client
    };
    assert_in_proportion("resets of changed worlds", 100, prepare, |client| {
        assert_eq!(client.control("POST", "/_emulator/reset", ""), 200);
    });
}

#[test]
fn the_time_of_a_reset_is_independent_of_earlier_resets() {
    let resets = |(client, size): (TestClient, usize)| {
        for _ in 0..size {
            assert_eq!(client.control("POST", "/_emulator/reset", ""), 200);
            assert_eq!(client.call(Operation::EnableSecurityHub, &json!({})).0, 200);
            send_all(&client, imports(&client, 0, BATCH));
        }
    };
    assert_in_proportion("resets", 20, |size| (TestClient::default(), size), resets);
}
