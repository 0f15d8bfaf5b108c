//! Tests of the journal of API calls.

use std::time::{Duration, Instant};

use super::*;

fn list(service: &Service, query: &str) -> Value {
    let (status, answer) = send(service, "GET", &format!("/_emulator/requests{query}"), "");
    assert_eq!(status, 200, "{query}: {answer}");
    answer
}

/// The operations of listed calls.
fn operations(service: &Service, query: &str) -> Vec<String> {
    let answer = list(service, query);
    let name = |call: &Value| call["Operation"].as_str().unwrap_or("-").to_owned();
    answer["Requests"].as_array().unwrap().iter().map(name).collect()
}

/// Sends a request with further headers.
fn send_with(service: &Service, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "authorization") {
        request = request.header("authorization", SIGNATURE);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let response = runtime.block_on(service.handle(request.body(Bytes::from(body.to_owned())).unwrap()));
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
}

/// Rules: CPL-20, CPL-21.
#[test]
fn each_api_call_is_listed_with_input_and_output() {
    let service = service();
    post(&service, "/_emulator/clock", r#"{"frozen": true, "set": "2030-01-01T00:00:00Z"}"#);
    let body = json!({ "Filters": {}, "MaxResults": 1 }).to_string();
    let headers = [("user-agent", "test/1"), ("traceparent", "00-aa-bb-01")];
    send_with(&service, "POST", "/findings", &headers, &body);
    send(&service, "GET", "/members?MaxResults=5", "");
    send(&service, "GET", "/nope?x=1", "");
    post(&service, "/findings", "{");
    let answer = list(&service, "?after=1");
    assert_eq!((&answer["Last"], &answer["Dropped"]), (&json!(5), &json!(0)));
    let mut call = answer["Requests"][0].clone();
    assert!(call["DurationMs"].as_f64().unwrap() > 0.0 && call["RealTime"].as_str().unwrap() > "2026", "{call}");
    assert_eq!(call["RequestId"].as_str().unwrap().len(), 36);
    for member in ["DurationMs", "RealTime", "RequestId"] {
        call[member] = Value::Null;
    }
    let expected = json!({
        "Number": 2, "Time": "2030-01-01T00:00:00.000Z", "RealTime": null, "RequestId": null, "Service": "securityhub",
        "Operation": "GetFindings", "Method": "POST", "Path": "/findings", "Account": "111111111111",
        "Region": "us-east-1", "Principal": "arn:aws:iam::111111111111:user/local", "AccessKeyId": "111111111111",
        "Test": null, "UserAgent": "test/1", "Traceparent": "00-aa-bb-01", "Input": { "Filters": {}, "MaxResults": 1 },
        "Status": 200, "ErrorCode": null, "ErrorMessage": null, "Output": { "Findings": [] }, "DurationMs": null,
        "Fault": null, "Truncated": [], "Explain": "/_emulator/requests/2/explain",
    });
    assert_eq!(call, expected);
    let call = |number: usize| &answer["Requests"][number];
    assert_eq!((&call(1)["Path"], &call(1)["Input"]), (&json!("/members?MaxResults=5"), &json!({ "MaxResults": 5 })));
    let unknown = call(2);
    assert_eq!(
        (&unknown["Operation"], &unknown["Status"], &unknown["Input"]),
        (&Value::Null, &json!(404), &Value::Null)
    );
    assert_eq!(unknown["ErrorCode"], "UnknownOperationException");
    assert!(unknown["ErrorMessage"].as_str().unwrap().starts_with("`GET /nope`"), "{unknown}");
    assert_eq!((&call(3)["Input"], &call(3)["Output"]), (&json!("{"), &Value::Null));
}

/// Rules: CPL-21.
#[test]
fn the_newest_calls_can_be_listed_first() {
    // Call 1 enables the hub.
    let service = service();
    for size in 1..=5 {
        send(&service, "GET", &format!("/members?MaxResults={size}"), "");
    }
    let numbers = |query: &str| {
        let answer = list(&service, query);
        let numbers: Vec<u64> =
            answer["Requests"].as_array().unwrap().iter().map(|call| call["Number"].as_u64().unwrap()).collect();
        (numbers, answer["Last"].as_u64().unwrap())
    };
    assert_eq!(numbers("?newest=true&limit=2&wait=1s"), (vec![6, 5], 6));
    assert_eq!(numbers("?newest=true&limit=9&after=4"), (vec![6, 5], 6));
    assert_eq!(numbers("?newest=false&limit=2"), (vec![1, 2], 2));
    assert_eq!(numbers("?newest=true&operation=GetFindings"), (vec![], 6));
}

/// Rules: CPL-21, CPL-26.
#[test]
fn calls_of_other_services_are_listed_without_secrets() {
    let service = service();
    let scope = |name: &str| SIGNATURE.replace("/securityhub/", &format!("/{name}/"));
    let form = "application/x-www-form-urlencoded";
    let role = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2Fr&RoleSessionName=me";
    let sts = [("authorization", &*scope("sts")), ("content-type", form)];
    assert_eq!(send_with(&service, "POST", "/", &sts, role).0, 200);
    let target = "AWSOrganizationsV20161128.DescribeOrganization";
    let organizations = [("authorization", &*scope("organizations")), ("x-amz-target", target)];
    send_with(&service, "POST", "/", &organizations, "{}");
    let token = "Action=AssumeRoleWithWebIdentity&WebIdentityToken=secret";
    send_with(&service, "POST", "/", &sts, token);
    let presigned = "/accounts?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=111111111111%2F20260115%2Fus-east-1\
                     %2Fsecurityhub%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=abcdef&X-Amz-Security-Token=tok";
    send_with(&service, "GET", presigned, &[("authorization", "")], "");
    let registration = json!({ "AuthCode": "secret", "AuthState": "secret" }).to_string();
    post(&service, "/connectorsv2/register", registration);
    let answer = list(&service, "?after=1");
    let call = |number: usize| &answer["Requests"][number];
    assert_eq!((&call(0)["Service"], &call(0)["Operation"]), (&json!("sts"), &json!("AssumeRole")));
    assert_eq!(call(0)["Input"], role);
    let output = call(0)["Output"].as_str().unwrap();
    assert!(output.contains("<SecretAccessKey>***</SecretAccessKey><SessionToken>***</SessionToken>"), "{output}");
    assert_eq!(call(1)["Operation"], "DescribeOrganization");
    assert_eq!(call(1)["ErrorCode"], "AWSOrganizationsNotInUseException");
    assert_eq!(call(2)["Input"], "Action=AssumeRoleWithWebIdentity&WebIdentityToken=***");
    assert_eq!(operations(&service, "?service=organizations"), ["DescribeOrganization"]);
    let text = answer.to_string();
    for secret in ["secret", "abcdef", "=tok"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

/// Rules: CPL-22.
#[test]
fn calls_are_filtered() {
    let service = service();
    post(&service, "/findings", json!({ "Filters": { "Id": [{ "Value": "x", "Comparison": "EQUALS" }] } }).to_string());
    post(&service, "/findings", "{}");
    post(&service, "/findings", json!({ "MaxResults": 1000 }).to_string());
    post(&service, "/insights/get", "{}");
    let european = SIGNATURE.replace("us-east-1", "eu-west-1").replace("111111111111/", "222222222222/");
    send_with(&service, "GET", "/accounts", &[("authorization", &european)], "");
    let all = ["EnableSecurityHub", "GetFindings", "GetFindings", "GetFindings", "GetInsights", "DescribeHub"];
    assert_eq!(operations(&service, ""), all);
    for (query, expected) in [
        ("?operation=GetFindings", &all[1..4]),
        ("?operation=Get*", &all[1..5]),
        ("?operation=Get", &[]),
        ("?account=222222222222", &all[5..]),
        ("?region=eu-west-1", &all[5..]),
        ("?status=400", &all[3..4]),
        ("?status=4xx", &["GetFindings", "DescribeHub"]),
        ("?status=2xx&operation=GetF*", &all[1..3]),
        ("?error=InvalidInputException", &all[3..4]),
        ("?fault=*", &[]),
        ("?test=a", &[]),
        ("?after=4", &all[4..]),
        ("?limit=1", &all[..1]),
        ("?match=%7B%22Filters%22%3A%7B%22Id%22%3A%5B%7B%22Value%22%3A%22x%22%7D%5D%7D%7D", &all[1..2]),
    ] {
        assert_eq!(operations(&service, query), expected, "{query}");
    }
    for (query, expected) in [
        ("?operations=x", "unknown parameter 'operations'; did you mean 'operation'?"),
        ("?status=9xx", "'9xx' is not a valid status; expected a status such as 429 or 4xx"),
        ("?account=1", "\"1\" is not a valid account ID"),
        ("?limit=0", "limit must be from 1 to 1000"),
        ("?match=%7B", "parameter 'match': invalid JSON"),
        ("?match=%7B%22%24in%22%3A1%7D", "'Match.$in': expected an array"),
        ("?test=a%20b", "'a b' is not a valid test tag"),
        ("?wait=61s", "wait: '61s' is too long; expected at most 60s"),
        ("?wait=soon", "wait: 'soon' is not a valid duration"),
        ("?count=0", "count must be from 1 to 1000"),
    ] {
        let (status, answer) = send(&service, "GET", &format!("/_emulator/requests{query}"), "");
        assert_eq!(status, 400, "{query}");
        assert!(answer["Message"].as_str().unwrap().starts_with(expected), "{query}: {answer}");
    }
}

/// Rules: CPL-25, CPL-55.
#[test]
fn calls_are_deleted_on_request_and_by_a_reset() {
    let service = service();
    post(&service, "/findings", "{}");
    post(&service, "/insights/get", "{}");
    let delete = |query: &str| send(&service, "DELETE", &format!("/_emulator/requests{query}"), "");
    assert_eq!(delete("?operation=GetF*"), (200, json!({ "Deleted": 1 })));
    assert_eq!(operations(&service, ""), ["EnableSecurityHub", "GetInsights"]);
    assert_eq!(delete("?limit=1").0, 400);
    assert_eq!(send(&service, "PUT", "/_emulator/snapshots/s", "").0, 201);
    assert_eq!(post(&service, "/_emulator/snapshots/s/restore", "").0, 200);
    assert_eq!(operations(&service, "").len(), 2, "a restore does not delete recorded calls");
    post(&service, "/_emulator/reset", "");
    assert_eq!(list(&service, ""), json!({ "Requests": [], "Last": 0, "Dropped": 0 }));
    send(&service, "GET", "/accounts", "");
    assert_eq!(list(&service, "")["Last"], 4);
    assert_eq!(delete(""), (200, json!({ "Deleted": 1 })));
}

/// Rules: CPL-24.
#[test]
fn the_journal_can_be_turned_off() {
    let service = Service::new(Settings { journal: 0, ..Settings::default() }, None).unwrap();
    let off = json!({ "Message": "the journal is off: start with --journal 16MiB" });
    for (method, path) in
        [("GET", "/_emulator/requests"), ("DELETE", "/_emulator/requests"), ("POST", "/_emulator/requests/verify")]
    {
        assert_eq!(send(&service, method, path, ""), (400, off.clone()));
    }
    assert_eq!(post(&service, "/accounts", "{}").0, 200);
}

/// Rules: CPL-28, CPL-29.
#[test]
fn calls_are_verified() {
    let service = service();
    let filters = |label: &str| json!({ "Filters": { "SeverityLabel": [{ "Value": label, "Comparison": "EQUALS" }] } });
    post(&service, "/findings", filters("LOW").to_string());
    let verify = |body: Value| post(&service, "/_emulator/requests/verify", body.to_string());
    let low = json!({ "Operation": "GetFindings", "Match": filters("LOW"), "Account": "111111111111", "Status": 200 });
    assert_eq!(verify(low.clone()), (200, json!({ "Count": 1, "Requests": [2] })));
    assert_eq!(verify(json!({})), (200, json!({ "Count": 2, "Requests": [1, 2] })));
    let (status, answer) = verify(json!({ "Operation": "GetFindings", "Match": filters("HIGH"), "Status": "2xx" }));
    let nearest = json!([{
        "Number": 2, "Operation": "GetFindings", "Account": "111111111111", "Region": "us-east-1", "Status": 200,
        "Differences": [{ "Path": "Input.Filters.SeverityLabel[0].Value", "Expected": "HIGH", "Actual": "LOW" }],
        "Explain": "/_emulator/requests/2/explain",
    }]);
    let expected = json!({
        "Message": "expected at least 1 call to GetFindings, found 0", "Count": 0, "Expected": { "Min": 1, "Max": null },
        "Requests": [], "Nearest": nearest,
    });
    assert_eq!((status, answer), (422, expected));
    let mut never = low;
    never["Times"] = json!({ "Max": 0 });
    let (status, answer) = verify(never);
    assert_eq!((status, &answer["Requests"], &answer["Nearest"]), (422, &json!([2]), &json!([])));
    assert_eq!(answer["Message"], "expected no call to GetFindings, found 1");
    for (body, expected) in [
        (json!({ "Times": { "Min": 2, "Max": 1 } }), "member 'Times': 'Min' is greater than 'Max'"),
        (json!({ "Times": { "min": 2 } }), "unknown member 'Times.min'; did you mean 'Min'?"),
        (json!({ "Match": { "a": { "$prefx": "x" } } }), "'Match.a.$prefx': unknown test '$prefx'"),
        (json!({ "Operatoin": "x" }), "unknown member 'Operatoin'; did you mean 'Operation'?"),
    ] {
        let (status, answer) = verify(body);
        assert_eq!(status, 400);
        assert!(answer["Message"].as_str().unwrap().starts_with(expected), "{answer}");
    }
}

/// Rules: CPL-149.
#[test]
fn a_call_that_returned_no_findings_is_explained() {
    let service = service();
    assert_eq!(post(&service, "/_emulator/findings", finding("a", json!({})).to_string()).0, 200);
    let filters = |label: &str| json!({ "Filters": { "SeverityLabel": [{ "Value": label, "Comparison": "EQUALS" }] } });
    post(&service, "/findings", filters("LOW").to_string());
    post(&service, "/findings", filters("HIGH").to_string());
    send(&service, "GET", "/accounts", "");
    let path = "/_emulator/requests/2/explain";
    let listed = list(&service, "");
    let paths: Vec<&Value> = listed["Requests"].as_array().unwrap().iter().map(|call| &call["Explain"]).collect();
    assert_eq!(paths, [&Value::Null, &json!(path), &Value::Null, &Value::Null]);
    let (_, unverified) =
        post(&service, "/_emulator/requests/verify", json!({ "Match": filters("MEDIUM") }).to_string());
    let nearest = unverified["Nearest"].as_array().unwrap().iter().find(|call| call["Number"] == 2).unwrap();
    assert_eq!(nearest["Explain"], path);
    let explained = |path: &str| send(&service, "GET", path, "").1;
    let summary =
        "not returned: none of the 1 finding that the caller sees matches the filters; SeverityLabel matches 0";
    let found = explained(path);
    assert_eq!(
        (&found["Summary"], &found["Id"], &found["Findings"][0]["Id"]),
        (&json!(summary), &Value::Null, &json!("a"))
    );
    let summary = "not returned: SeverityLabel requires EQUALS LOW; the finding has HIGH";
    assert_eq!(explained(&format!("{path}?id=a"))["Summary"], summary);
    for (number, status, expected) in [
        ("4", 400, "call 4 is a DescribeHub call; only calls to GetFindings and GetFindingsV2 can be explained"),
        ("99", 404, "no recorded call has the number '99'"),
        ("x", 404, "no recorded call has the number 'x'"),
    ] {
        let (found, answer) = send(&service, "GET", &format!("/_emulator/requests/{number}/explain"), "");
        assert_eq!((found, &answer["Message"]), (status, &json!(expected)));
    }
    let v2 = Service::new(Settings::default(), None).unwrap();
    assert_eq!(post(&v2, "/hubv2", "{}").0, 200);
    assert_eq!(post(&v2, "/findingsv2", "{}").0, 200);
    let (_, found) = send(&v2, "GET", path, "");
    assert_eq!(found["Summary"], "not returned: the caller sees no findings in us-east-1");
}

/// Rules: CPL-30.
#[test]
fn a_tag_selects_the_calls_of_a_test() {
    let service = service();
    let agent = "aws-cli/2 app/tests.two";
    send_with(&service, "GET", "/accounts", &[("x-emulator-test", "one/a")], "");
    send_with(&service, "GET", "/accounts", &[("user-agent", agent)], "");
    send_with(&service, "GET", "/accounts", &[("user-agent", agent), ("x-emulator-test", "one/a")], "");
    assert_eq!(operations(&service, "?test=one/a").len(), 2);
    assert_eq!(list(&service, "?test=tests.two")["Requests"][0]["Test"], "tests.two");
    for (path, code) in [("/accounts", "InvalidInputException"), ("/hubv2", "ValidationException")] {
        let (status, answer) = send_with(&service, "GET", path, &[("x-emulator-test", "a b")], "");
        assert_eq!((status, &answer["Code"]), (400, &json!(code)), "{answer}");
        assert!(answer["Message"].as_str().unwrap().contains("x-emulator-test"), "{answer}");
    }
}

/// Rules: CPL-23, CPL-28.
#[test]
fn a_wait_ends_when_the_calls_were_made() {
    let service = service();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let ask = |method: &str, path: &str, body: Value| {
        let request = Request::builder().method(method).uri(path).body(Bytes::from(body.to_string())).unwrap();
        let service = service.clone();
        runtime.spawn(async move {
            let response = service.handle(request).await;
            let answer: Value = serde_json::from_slice(response.body()).unwrap();
            (response.status().as_u16(), answer, Instant::now())
        })
    };
    let waiting = [
        ask("GET", "/_emulator/requests?operation=GetFindings&count=2&wait=20s", json!({})),
        ask("GET", "/_emulator/requests?operation=GetFindings&count=2&limit=1&wait=PT20S", json!({})),
        ask(
            "POST",
            "/_emulator/requests/verify",
            json!({ "Operation": "GetFindings", "Times": { "Min": 2 }, "Wait": "20s" }),
        ),
    ];
    let started = Instant::now();
    let timed_out = ask("GET", "/_emulator/requests?operation=GetInsights&wait=100ms", json!({}));
    let (status, answer, ended) = runtime.block_on(timed_out).unwrap();
    assert_eq!((status, &answer["Requests"], &answer["Last"]), (200, &json!([]), &json!(1)));
    assert!(ended - started >= Duration::from_millis(90));
    post(&service, "/findings", "{}");
    std::thread::sleep(Duration::from_millis(100));
    assert!(waiting.iter().all(|call| !call.is_finished()));
    post(&service, "/findings", "{}");
    let made = Instant::now();
    let counts = [2, 1, 2].into_iter().zip(waiting).map(|(count, call)| {
        let (status, answer, ended) = runtime.block_on(call).unwrap();
        assert!(ended < made + Duration::from_secs(5));
        (status, answer["Requests"].as_array().unwrap().len() == count)
    });
    assert_eq!(counts.collect::<Vec<_>>(), [(200, true); 3]);
}

/// Rules: CPL-30, CPL-80.
#[test]
fn events_have_the_tag_of_the_call_that_caused_them() {
    let service = service();
    for (tag, id) in [("one", "a"), ("two", "b")] {
        let body = json!({ "Findings": [finding(id, json!({}))] }).to_string();
        assert_eq!(send_with(&service, "POST", "/findings/import", &[("x-emulator-test", tag)], &body).0, 200);
    }
    let delivered = of_aws("c").to_string();
    assert_eq!(send_with(&service, "POST", "/_emulator/findings", &[("x-emulator-test", "three")], &delivered).0, 200);
    assert_eq!(send_with(&service, "POST", "/_emulator/findings", &[("x-emulator-test", "")], &delivered).0, 400);
    let of_three = send(&service, "GET", "/_emulator/events?test=three", "").1["Events"].clone();
    assert_eq!(of_three[0]["detail"]["findings"][0]["Id"], "c");
    let (_, events) = send(&service, "GET", "/_emulator/events?test=two", "");
    let ids: Vec<&Value> =
        events["Events"].as_array().unwrap().iter().map(|it| &it["detail"]["findings"][0]["Id"]).collect();
    assert_eq!(ids, ["b"]);
    assert_eq!(send(&service, "DELETE", "/_emulator/events?test=two", "").1, json!({ "Deleted": 1 }));
    assert_eq!(send(&service, "GET", "/_emulator/events", "").1["Events"].as_array().unwrap().len(), 2);
}

/// Rules: CPL-21, CPL-22, CPL-30, CPL-34.
#[test]
fn a_fault_is_recorded_and_selects_calls_by_tag() {
    let service = service();
    let fault = json!({ "Operation": "DescribeHub", "Test": "one", "Error": { "Code": "Throttle" } });
    assert_eq!(post(&service, "/_emulator/faults", fault.to_string()).0, 201);
    let statuses = ["one", "two"].map(|tag| send_with(&service, "GET", "/accounts", &[("x-emulator-test", tag)], "").0);
    assert_eq!(statuses, [429, 200]);
    let answer = list(&service, "?fault=*");
    let [call] = &answer["Requests"].as_array().unwrap()[..] else { panic!("{answer}") };
    assert_eq!((&call["Fault"], &call["Test"], &call["Status"]), (&json!("f-1"), &json!("one"), &json!(429)));
    let reset = json!({ "Faults": [{ "Operation": "DescribeHub", "Wire": "reset", "Id": "cut" }] });
    assert_eq!(send(&service, "PUT", "/_emulator/faults", reset.to_string()).0, 200);
    send(&service, "GET", "/accounts", "");
    let invalid = send_with(&service, "GET", "/accounts", &[("x-emulator-test", "a b")], "");
    assert_eq!(invalid.0, 400, "an invalid tag is refused before faults are tried");
    let call = list(&service, "?fault=cut")["Requests"][0].clone();
    assert_eq!((&call["Status"], &call["Output"]), (&Value::Null, &Value::Null));
}

/// Rules: CPL-05, CPL-22, CPL-28.
#[test]
fn a_misspelled_operation_is_refused_because_no_call_has_it() {
    let service = service();
    for (wrong, right) in [
        ("getfindings", "GetFindings"),
        ("GetFinding", "GetFindings"),
        ("BatchImprt*", "BatchImpor*"),
        ("getf*", "GetF*"),
        ("AssumeRoll", "AssumeRole"),
    ] {
        let expected = format!("unknown operation '{wrong}'; did you mean '{right}'?");
        for (method, path, body) in [
            ("GET", format!("/_emulator/requests?operation={wrong}"), json!({})),
            ("DELETE", format!("/_emulator/requests?operation={wrong}"), json!({})),
            ("GET", format!("/_emulator/stream?operation={wrong}"), json!({})),
            ("POST", "/_emulator/requests/verify".to_owned(), json!({ "Operation": wrong, "Times": { "Max": 0 } })),
        ] {
            let (status, answer) = send(&service, method, &path, body.to_string());
            assert_eq!(status, 400, "{method} {path}");
            assert!(answer["Message"].as_str().unwrap().starts_with(&expected), "{answer}");
        }
    }
    for (operation, of) in [
        ("AssumeRole", None),
        ("AssumeRole", Some("sts")),
        ("ListUsers", Some("iam")),
        ("DescribeTable", Some("dynamodb")),
        ("UpdatePolic*", Some("organizations")),
        ("*", None),
    ] {
        let body = json!({ "Operation": operation, "Service": of, "Times": { "Min": 0 } });
        assert_eq!(post(&service, "/_emulator/requests/verify", body.to_string()).0, 200, "{body}");
    }
    for (operation, of, message) in [
        ("AssumeRoll", "sts", "unknown operation 'AssumeRoll'; did you mean 'AssumeRole'?"),
        ("GetFinding", "securityhub", "unknown operation 'GetFinding'; did you mean 'GetFindings'?"),
        ("NoSuchOp", "securityhub", "unknown operation 'NoSuchOp'"),
        ("*Hub", "sts", "unknown operation '*Hub'; a '*' is only allowed at the end"),
        ("GetFindings", "securtyhub", "unknown service 'securtyhub'; did you mean 'securityhub'?"),
    ] {
        let body = json!({ "Operation": operation, "Service": of, "Times": { "Max": 0 } });
        let (status, answer) = post(&service, "/_emulator/requests/verify", body.to_string());
        assert_eq!(status, 400, "{body}");
        assert!(answer["Message"].as_str().unwrap().starts_with(message), "{answer}");
    }
    let any = json!({ "Operation": "NoSuchOp", "Times": { "Max": 0 } }).to_string();
    let (status, answer) = post(&service, "/_emulator/requests/verify", any);
    assert_eq!(status, 400);
    let expected = "unknown operation 'NoSuchOp'; for an operation of another service, set 'Service'";
    assert!(answer["Message"].as_str().unwrap().starts_with(expected), "{answer}");
}
