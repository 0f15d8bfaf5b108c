//! Tests that work grows linearly with the input: lists, maps, filters, forms, policies, bodies of the control plane.
//! This file has no other tests, because their processor time would distort the measurements.
#![allow(clippy::expect_used, reason = "a test may panic")]

use std::fmt::Write as _;

use bytes::Bytes;
use http::Request;
use securityhub_fixtures::Operation;
use securityhub_local_tests::client::{self, TestClient};
use securityhub_local_tests::collections::{self, Items};
use securityhub_local_tests::growth::assert_in_proportion;
use serde_json::json;

/// Measures a request whose body is created by `body` for each size.
fn assert_body(
    what: &str,
    size: usize,
    request: impl Fn(&TestClient, Bytes) -> Request<Bytes>,
    body: impl Fn(usize) -> String,
) {
    let client = TestClient::enabled();
    assert_in_proportion(what, size, |size| request(&client, body(size).into()), |request| _ = client.send(request));
}

/// A request of an operation with a body that no SDK needs to be able to produce.
fn call(operation: Operation) -> impl Fn(&TestClient, Bytes) -> Request<Bytes> {
    move |client, body| {
        let mut request = client::request(operation, &json!({}), &client.authorization());
        *request.body_mut() = body;
        request
    }
}

fn control(method: &'static str, path: &'static str) -> impl Fn(&TestClient, Bytes) -> Request<Bytes> {
    move |_, body| Request::builder().method(method).uri(path).body(body).expect("a request")
}

fn neighbour(service: &'static str) -> impl Fn(&TestClient, Bytes) -> Request<Bytes> {
    move |client, body| {
        let authorization = client.authorization().replace("securityhub", service);
        let request = Request::post("/").header("authorization", authorization);
        request.header("content-type", "application/x-www-form-urlencoded").body(body).expect("a request")
    }
}

/// `[item,item,…]`
fn list(size: usize, item: impl Fn(usize) -> String) -> String {
    format!("[{}]", (0..size).map(item).collect::<Vec<_>>().join(","))
}

/// Rules: IMP-21.
#[test]
fn findings_beyond_the_limit_are_counted_but_not_validated() {
    let of = |item: &'static str| move |size: usize| format!(r#"{{"Findings":{}}}"#, list(size, |_| item.to_owned()));
    for item in ["{}", "1", r#"{"Resources":[{}]}"#] {
        assert_body(item, 4_000, call(Operation::BatchImportFindings), of(item));
    }
    let nested = |size: usize| format!(r#"{{"Findings":[{{"Resources":{}}}]}}"#, list(size, |_| "{}".to_owned()));
    assert_body("resources", 4_000, call(Operation::BatchImportFindings), nested);
}

/// Rules: FLT-05, FLT-17.
#[test]
fn values_of_one_filter_are_not_compared_in_pairs() {
    let value = |number: usize| format!(r#"{{"Value":"{number}","Comparison":"EQUALS"}}"#);
    let filters = |size: usize| format!(r#"{{"Filters":{{"Title":{}}}}}"#, list(size, value));
    assert_body("filter values", 4_000, call(Operation::GetFindings), filters);
    let filters = |size: usize| {
        let names = (0..size).map(|number| format!(r#""Name{number}":[]"#)).collect::<Vec<_>>();
        format!(r#"{{"Filters":{{{}}}}}"#, names.join(","))
    };
    assert_body("filter names", 4_000, call(Operation::GetFindings), filters);
}

/// Rules: RES-10.
#[test]
fn declaring_resources_takes_linear_time_whether_valid_or_not() {
    let declare = || control("PUT", "/_emulator/resources");
    for wrong in ["{}", "1", r#"{"nope":1,"type":"AwsS3Bucke"}"#] {
        assert_body(wrong, 1_000, declare(), |size| list(size, |_| wrong.to_owned()));
    }
    let fails = |size: usize| {
        let names = list(size, |number| format!(r#""S3.{}""#, number + 90));
        format!(r#"{{"account":"111111111111","regions":"all","type":"AwsS3Bucket","id":"b","fails":{names}}}"#)
    };
    assert_body("unknown controls", 1_000, declare(), fails);
    let key = |size: usize| format!(r#"{{"{}":1}}"#, "regions".repeat(size));
    assert_body("a long key", 10_000, declare(), key);
    let buckets = |size: usize| {
        let bucket = |number| {
            format!(r#"{{"account":"111111111111","regions":["us-east-1"],"type":"AwsS3Bucket","id":"b{number}"}}"#)
        };
        list(size, bucket)
    };
    assert_body("buckets", 150, declare(), buckets);
}

/// Rules: RES-10.
#[test]
fn yaml_aliases_do_not_multiply() {
    let bomb = |size: usize| {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        (1..=size).for_each(|level| {
            let alias = format!("*a{}", level - 1);
            _ = writeln!(text, "a{level}: &a{level} [{}]", [alias.as_str(); 10].join(", "));
        });
        text
    };
    assert_body("aliases", 10, control("PUT", "/_emulator/resources"), bomb);
    let many = |size: usize| format!("[&a {{x: 1}}{}]", ", *a".repeat(size));
    assert_body("many aliases", 2_000, control("PUT", "/_emulator/resources"), many);
}

/// Rules: INV-01.
#[test]
fn adding_members_over_the_control_plane_takes_linear_time() {
    let account = |number: usize| 222_222_000_000 + number;
    let add = || control("POST", "/_emulator/members");
    let body =
        |list: &str| format!(r#"{{"Administrator":"111111111111","Regions":["us-east-1"],{list},"Invite":true}}"#);
    let details = |size: usize| {
        let detail = |number| format!(r#"{{"AccountId":"{}","Email":"a@b.example"}}"#, account(number));
        body(&format!(r#""AccountDetails":{}"#, list(size, detail)))
    };
    assert_body("account details", 200, add(), details);
    let csv = |size: usize| {
        let lines: Vec<String> = (0..size).map(|number| format!("{},a@b.example\\n", account(number))).collect();
        body(&format!(r#""Csv":"{}""#, lines.concat()))
    };
    assert_body("a list of accounts", 200, add(), csv);
    let wrong = |size: usize| body(&format!(r#""Csv":"{}""#, "x,y\\n".repeat(size)));
    assert_body("a wrong list of accounts", 4_000, add(), wrong);
    let ids = |size: usize| {
        let ids = list(size, |number| format!(r#""{}""#, account(number)));
        format!(r#"{{"Administrator":"111111111111","Regions":["us-east-1"],"AccountIds":{ids}}}"#)
    };
    assert_body("accounts that accept", 1_000, control("POST", "/_emulator/members/accept"), ids);
    let regions = |size: usize| {
        let regions = list(size, |_| r#""us-east-1""#.to_owned());
        format!(r#"{{"Administrator":"111111111111","Regions":{regions},"AccountDetails":[]}}"#)
    };
    assert_body("Regions", 1_000, add(), regions);
}

/// Rules: IMP-11, EVT-65.
#[test]
fn other_bodies_of_the_control_plane_take_linear_time() {
    let findings = |item: &'static str| move |size: usize| list(size, |_| item.to_owned());
    assert_body("findings", 2_000, control("POST", "/_emulator/findings"), findings(r#"{"Id":"a"}"#));
    assert_body("wrong findings", 2_000, control("POST", "/_emulator/findings"), findings("{}"));
    let selected = |size: usize| {
        let names = list(size, |number| format!(r#"{{"Id":"{number}","ProductArn":"p"}}"#));
        format!(r#"{{"ActionTargetArn":"x","FindingIdentifiers":{names}}}"#)
    };
    assert_body("selected findings", 2_000, control("POST", "/_emulator/custom-actions"), selected);
    let regions = |size: usize| list(size, |number| format!(r#""us-east-{number}""#));
    let record = |size: usize| format!(r#"{{"Account":"111111111111","Regions":{},"Recorder":"off"}}"#, regions(size));
    assert_body("recorders", 2_000, control("PUT", "/_emulator/config-recorder"), record);
    let run = |size: usize| format!(r#"{{"Account":"111111111111","Regions":{}}}"#, regions(size));
    assert_body("checks", 2_000, control("POST", "/_emulator/checks/run"), run);
    let filters = |size: usize| {
        let values = list(size, |number| format!(r#"{{"Value":"{number}","Comparison":"EQUALS"}}"#));
        format!(r#"{{"Account":"111111111111","Region":"us-east-1","Id":"a","Filters":{{"Title":{values}}}}}"#)
    };
    assert_body("explained filters", 2_000, control("POST", "/_emulator/explain"), filters);
}

/// Rules: NB-20, NB-22.
#[test]
fn forms_of_other_services_take_linear_time() {
    let filters = |size: usize| {
        let filter = |number: usize| format!("&Filter.{number}.Name=region-name&Filter.{number}.Value.1=x");
        (1..=size).fold("Action=DescribeRegions".to_owned(), |form, number| form + &filter(number))
    };
    assert_body("EC2 filters", 2_000, neighbour("ec2"), filters);
    let values = |size: usize| {
        let value = |number: usize| format!("&RegionName.{number}=us-east-1&Filter.1.Value.{number}=x");
        (1..=size)
            .fold("Action=DescribeRegions&Filter.1.Name=endpoint".to_owned(), |form, number| form + &value(number))
    };
    assert_body("EC2 values", 2_000, neighbour("ec2"), values);
    let policies = |size: usize| {
        let policy = |number: usize| format!("&PolicyArns.member.{number}.arn=arn:aws:iam::aws:policy/x");
        let role = "Action=AssumeRole&RoleArn=arn:aws:iam::333333333333:role/x&RoleSessionName=ab".to_owned();
        (1..=size).fold(role, |form, number| form + &policy(number))
    };
    assert_body("session policies", 2_000, neighbour("sts"), policies);
}

/// Rules: NB-21.
#[test]
fn opening_a_session_takes_constant_time() {
    let assume = "Action=AssumeRole&RoleArn=arn:aws:iam::333333333333:role/x&RoleSessionName=ab";
    let sessions = |size: usize| {
        let client = TestClient::enabled();
        let request = neighbour("sts");
        (0..size).for_each(|_| {
            assert_eq!(client.send(request(&client, Bytes::from_static(assume.as_bytes()))).status(), 200);
        });
    };
    assert_in_proportion("sessions", 500, |size| size, sessions);
}

/// Rules: ERR-10.
#[test]
fn every_list_and_map_of_every_operation_takes_linear_time() {
    let client = TestClient::enabled();
    for collection in collections::all() {
        for items in [Items::Valid, Items::Wrong] {
            let what = format!("{} {} {items:?}", collection.operation.name(), collection.path.join("."));
            let input = |size| collection.input(size, items);
            let prepare = |size| client::request(collection.operation, &input(size), &client.authorization());
            assert_in_proportion(&what, 2_000, prepare, |request| _ = client.send(request));
        }
    }
}
