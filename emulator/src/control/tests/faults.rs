//! Tests of faults through the service: routes, errors, partial failures, rate limits and resets.

use securityhub_fixtures::Operation;

use super::*;

/// The response to a request that is signed for a service.
fn response(service: &Service, scope: &str, method: &str, path: &str, body: &str) -> Response<Bytes> {
    let signature = SIGNATURE.replace("securityhub", scope);
    let request = Request::builder().method(method).uri(path).header("authorization", signature);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = if scope == "securityhub" {
        Request::builder().method(method).uri(path).header("authorization", SIGNATURE)
    } else {
        request
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(service.handle(request.body(Bytes::from(body.to_owned())).unwrap()))
}

fn set(service: &Service, faults: Value) {
    let (status, answer) = send(service, "PUT", "/_emulator/faults", json!({ "Faults": faults }).to_string());
    assert_eq!(status, 200, "{answer}");
}

fn listed(service: &Service) -> Vec<Value> {
    send(service, "GET", "/_emulator/faults", "").1["Faults"].as_array().unwrap().clone()
}

fn ids(service: &Service) -> Vec<String> {
    listed(service).iter().map(|fault| fault["Id"].as_str().unwrap().to_owned()).collect()
}

/// Rules: CPL-33.
#[test]
fn faults_are_listed_replaced_added_and_deleted() {
    let service = service();
    let fault = |extra: Value| {
        let mut fault = json!({ "Error": { "Status": 500 }, "Operation": "GetFindings" });
        fault.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        fault
    };
    set(&service, json!([fault(json!({})), fault(json!({ "Id": "a", "Test": "t" }))]));
    assert_eq!(ids(&service), ["f-1", "a"]);
    let (status, added) = post(&service, "/_emulator/faults", fault(json!({ "Times": 1 })).to_string());
    let expected = json!({ "Id": "f-2", "Operation": "GetFindings", "Times": 1, "Error": { "Status": 500 }, "Seen": 0, "Fired": 0 });
    assert_eq!((status, added), (201, json!({ "Faults": [expected] })));
    let both = json!({ "Faults": [fault(json!({ "Id": "b" })), fault(json!({ "Id": "c" }))] });
    assert_eq!(post(&service, "/_emulator/faults?position=first", both.to_string()).0, 201);
    assert_eq!(ids(&service), ["b", "c", "f-1", "a", "f-2"]);
    assert_eq!(post(&service, "/findings", "{}").0, 500);
    let (_, one) = send(&service, "GET", "/_emulator/faults?id=b", "");
    assert_eq!((&one["Faults"][0]["Seen"], &one["Faults"][0]["Fired"]), (&json!(1), &json!(1)));
    let delete = |query: &str| send(&service, "DELETE", &format!("/_emulator/faults{query}"), "");
    assert_eq!(delete("?id=b"), (200, json!({ "Deleted": 1 })));
    assert_eq!(delete("?id=b").0, 404);
    assert_eq!(delete("?test=t"), (200, json!({ "Deleted": 1 })));
    assert_eq!(delete("?test=t"), (200, json!({ "Deleted": 0 })));
    assert_eq!(delete(""), (200, json!({ "Deleted": 3 })));
    assert_eq!(post(&service, "/findings", "{}").0, 200);
    let answered = listed(&service);
    set(&service, json!([fault(json!({ "Id": "x" }))]));
    let again = json!(listed(&service));
    set(&service, again);
    assert_eq!((answered.len(), ids(&service)), (0, vec!["x".to_owned()]), "a listed fault is valid input");
}

/// Rules: CPL-05, CPL-33.
#[test]
fn an_invalid_fault_is_refused_with_its_path() {
    let service = service();
    set(&service, json!([{ "Id": "a", "Wire": "reset" }]));
    for (method, body, status, expected) in [
        (
            "PUT",
            json!({ "Faults": [{ "Probabilty": 1 }] }),
            400,
            "unknown member 'Faults[0].Probabilty'; did you mean 'Probability'?",
        ),
        ("POST", json!({ "Probabilty": 1 }), 400, "unknown member 'Probabilty'; did you mean 'Probability'?"),
        ("POST", json!({ "Wire": "rest" }), 400, "'rest' is not a value of member 'Wire'; did you mean 'reset'?"),
        ("POST", json!({ "Error": { "Code": "Throtle" } }), 400, "member 'Error.Code': 'Throtle' is not an error code"),
        ("POST", json!({ "Faults": [{ "Wire": "hang" }, { "Error": {} }] }), 400, "member 'Faults[1].Error': expected"),
        ("POST", json!({ "Id": "a", "Wire": "hang" }), 409, "member 'Faults[0].Id': another fault has the ID 'a'"),
        ("POST", json!({ "Operation": 1, "Wire": "hang" }), 400, "member 'Operation': expected a string or"),
    ] {
        let (found, answer) = send(&service, method, "/_emulator/faults", body.to_string());
        let message = answer["Message"].as_str().unwrap();
        assert!(found == status && message.starts_with(expected), "{found} {message}");
    }
    assert_eq!(ids(&service), ["a"]);
}

/// Rules: CPL-34, CPL-35.
#[test]
fn an_error_replaces_the_call_or_its_response() {
    let service = service();
    let import = |id: &str| {
        let findings = json!({ "Findings": [finding(id, json!({}))] }).to_string();
        response(&service, "securityhub", "POST", "/findings/import", &findings)
    };
    set(
        &service,
        json!([
            { "Operation": "BatchImportFindings", "Error": { "Code": "Throttle" }, "Times": 1 },
            { "Operation": "BatchImportFindings", "Error": { "Code": "Internal" }, "Stage": "after", "Id": "late" },
        ]),
    );
    let refused = import("a");
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-emulator-fault"], "f-1");
    assert_eq!(refused.headers()["x-amzn-errortype"], "TooManyRequestsException");
    let body: Value = serde_json::from_slice(refused.body()).unwrap();
    assert_eq!(body, json!({ "Message": "Too Many Requests", "Code": "TooManyRequestsException" }));
    assert_eq!(service.world().finding_count(), 0);
    let lost = import("a");
    assert_eq!((lost.status().as_u16(), &lost.headers()["x-emulator-fault"]), (500, &"late".parse().unwrap()));
    assert_eq!(service.world().finding_count(), 1, "the call took effect");
    // Calls with an invalid signature, path or body are refused before faults are tried.
    assert_eq!(response(&service, "securityhub", "POST", "/findings/import", "{").status(), 400);
    set(&service, json!([{ "Error": { "Status": 503 } }]));
    assert_eq!(response(&service, "securityhub", "GET", "/nope", "").status(), 404);
    let unsigned = Request::builder().method("POST").uri("/findings").body(Bytes::new()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(service.handle(unsigned)).status(), 403);
    assert_eq!(listed(&service)[0]["Seen"], 0);
}

/// Rules: CPL-31, CPL-35.
#[test]
fn other_services_fail_in_their_own_protocol() {
    let service = service();
    set(&service, json!([{ "Service": "*", "Error": { "Code": "Throttle" } }]));
    let identity = response(&service, "sts", "POST", "/", "Action=GetCallerIdentity&Version=2011-06-15");
    let body = String::from_utf8_lossy(identity.body()).into_owned();
    assert!(identity.status() == 429 && body.contains("<Code>Throttling</Code>"), "{body}");
    let hub = response(&service, "securityhub", "GET", "/accounts", "");
    assert_eq!(hub.headers()["x-amzn-errortype"], "TooManyRequestsException");
    set(
        &service,
        json!([{ "Service": "sts", "Operation": "GetCallerIdentity", "Error": { "Code": "Odd", "Status": 418 } }]),
    );
    let identity = response(&service, "sts", "POST", "/", "Action=GetCallerIdentity&Version=2011-06-15");
    assert!(String::from_utf8_lossy(identity.body()).contains("<Code>Odd</Code>"));
    assert_eq!(response(&service, "securityhub", "GET", "/accounts", "").status(), 200);
}

/// Rules: CPL-38.
#[test]
fn some_findings_of_an_import_fail() {
    let service = service();
    let import = |faults: Value, ids: &[&str]| {
        set(&service, faults);
        let findings: Vec<Value> =
            ids.iter().map(|id| finding(id, if *id == "bad" { json!({ "Title": null }) } else { json!({}) })).collect();
        let response =
            response(&service, "securityhub", "POST", "/findings/import", &json!({ "Findings": findings }).to_string());
        let fault = response.headers().get("x-emulator-fault").map(|id| id.to_str().unwrap().to_owned());
        assert_eq!(response.status(), 200);
        (serde_json::from_slice::<Value>(response.body()).unwrap(), fault)
    };
    let failed = |answer: &Value| -> Vec<(String, String)> {
        let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
        answer["FailedFindings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (text(item, "Id"), text(item, "ErrorCode")))
            .collect()
    };
    let pair = |id: &str, code: &str| (id.to_owned(), code.to_owned());
    let (answer, fault) = import(
        json!([{ "Partial": { "Every": 2, "Code": "Odd", "Message": "no" }, "Id": "half" }]),
        &["a", "b", "bad", "d", "e"],
    );
    assert_eq!((answer["FailedCount"].clone(), answer["SuccessCount"].clone()), (json!(3), json!(2)));
    assert_eq!(failed(&answer), [pair("b", "Odd"), pair("bad", "InvalidInput"), pair("d", "Odd")]);
    assert_eq!(answer["FailedFindings"][0]["ErrorMessage"], "no");
    assert_eq!((fault.as_deref(), service.world().finding_count()), (Some("half"), 2));
    let (answer, _) = import(json!([{ "Partial": {} }]), &["f", "g"]);
    assert_eq!((answer["FailedCount"].clone(), answer["SuccessCount"].clone()), (json!(2), json!(0)));
    assert_eq!(answer["FailedFindings"][1]["ErrorMessage"], "Injected by fault f-1");
    let (answer, fault) = import(json!([{ "Partial": { "Ids": ["x"] } }]), &["f"]);
    assert_eq!((answer["SuccessCount"].clone(), fault), (json!(1), None));
    let (answer, _) = import(json!([{ "Partial": { "Indexes": [0, 7] } }]), &["y", "z"]);
    assert_eq!(failed(&answer), [pair("y", "InvalidInput")]);
    assert_eq!(service.world().finding_count(), 4);
}

/// Calls of operations with items, each with two items, and the list of failed items in the answer.
fn batches() -> Vec<(Operation, Value, &'static str)> {
    let rule = |number: u8| format!("arn:aws:securityhub:us-east-1:111111111111:automation-rule/{number}");
    let standard = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";
    let association = |id: &str| json!({ "SecurityControlId": id, "StandardsArn": standard });
    let update =
        |id: &str| json!({ "SecurityControlId": id, "StandardsArn": standard, "AssociationStatus": "ENABLED" });
    let product = "arn:aws:securityhub:us-east-1::product/aws/access-analyzer";
    let identifiers = ["a", "b"].map(|id| json!({ "Id": id, "ProductArn": product }));
    let rules = json!({ "AutomationRulesArns": [rule(1), rule(2)] });
    let changes = json!({ "UpdateAutomationRulesRequestItems": [{ "RuleArn": rule(1) }, { "RuleArn": rule(2) }] });
    let controls = ["S3.1", "No.1"];
    let associations = json!({ "StandardsControlAssociationIds": controls.map(association) });
    let updates = json!({ "StandardsControlAssociationUpdates": controls.map(update) });
    let details = json!({ "AccountDetails": [{ "AccountId": "222222222222" }, { "AccountId": "333333333333" }] });
    let accounts = json!({ "AccountIds": ["222222222222", "333333333333"] });
    let uids = json!({ "MetadataUids": ["0".repeat(64), "1".repeat(64)], "Comment": "c" });
    let findings = json!({ "FindingIdentifiers": identifiers, "Confidence": 1 });
    let (of_rules, of_accounts) = ("UnprocessedAutomationRules", "UnprocessedAccounts");
    vec![
        (Operation::BatchUpdateFindings, findings, "UnprocessedFindings"),
        (Operation::BatchUpdateFindingsV2, uids, "UnprocessedFindings"),
        (Operation::BatchGetAutomationRules, rules.clone(), of_rules),
        (Operation::BatchDeleteAutomationRules, rules, of_rules),
        (Operation::BatchUpdateAutomationRules, changes, of_rules),
        (Operation::BatchGetSecurityControls, json!({ "SecurityControlIds": controls }), "UnprocessedIds"),
        (Operation::BatchGetStandardsControlAssociations, associations, "UnprocessedAssociations"),
        (Operation::BatchUpdateStandardsControlAssociations, updates, "UnprocessedAssociationUpdates"),
        (Operation::CreateMembers, details, of_accounts),
        (Operation::InviteMembers, accounts.clone(), of_accounts),
        (Operation::GetMembers, accounts.clone(), of_accounts),
        (Operation::DeleteMembers, accounts.clone(), of_accounts),
        (Operation::DeclineInvitations, accounts.clone(), of_accounts),
        (Operation::DeleteInvitations, accounts, of_accounts),
    ]
}

/// Debug builds check each answer against its shape, so the failed items have the right members.
///
/// Rules: CPL-38.
#[test]
fn items_of_all_batch_operations_fail() {
    for (operation, body, list) in batches() {
        let (method, path, operation) = (operation.model().method, operation.model().path, operation.name());
        let service = service();
        assert_eq!(post(&service, "/hubv2", "{}").0, 200);
        let natural = send(&service, method, path, body.to_string());
        assert_eq!(natural.0, 200, "{operation}: {}", natural.1);
        for (partial, count) in [(json!({ "Indexes": [1], "Message": "m" }), 1), (json!({ "Message": "m" }), 2)] {
            let service = self::service();
            assert_eq!(post(&service, "/hubv2", "{}").0, 200);
            set(&service, json!([{ "Operation": operation, "Partial": partial }]));
            let (status, answer) = send(&service, method, path, body.to_string());
            assert_eq!(status, 200, "{operation}: {answer}");
            let failed = answer[list].as_array().unwrap_or_else(|| panic!("{operation}: {answer}"));
            let injected = failed.iter().filter(|item| item.to_string().contains(r#":"m""#)).count();
            assert_eq!(injected, count, "{operation}: {answer}");
            assert!(
                failed.last().unwrap().to_string().contains(r#":"m""#),
                "{operation}: the order is that of the request"
            );
            assert_eq!(listed(&service)[0]["Fired"], 1);
        }
    }
}

/// Rules: CPL-39.
#[test]
fn faults_can_be_declared_in_the_format_of_localstack() {
    let service = service();
    let chaos = |method: &str, body: Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        send(&service, method, "/_localstack/chaos/faults", body)
    };
    set(&service, json!([{ "Id": "own", "Operation": "GetInsights", "Error": { "Status": 500 } }]));
    let elsewhere = json!({ "service": "lambda", "region": "nowhere-1" });
    let hub =
        json!({ "service": "securityhub", "operation": "DescribeHub", "error": { "statusCode": 418, "code": "Odd" } });
    assert_eq!(chaos("POST", json!([elsewhere])), (200, json!([elsewhere])));
    assert_eq!(chaos("PATCH", json!([hub])), (200, json!([elsewhere, hub])));
    assert_eq!(ids(&service), ["own", "ls-1", "ls-2"]);
    let found = response(&service, "securityhub", "GET", "/accounts", "");
    assert_eq!((found.status().as_u16(), &found.headers()["x-amzn-errortype"]), (418, &"Odd".parse().unwrap()));
    assert_eq!(chaos("DELETE", json!([hub])), (200, json!([elsewhere])));
    assert_eq!(response(&service, "securityhub", "GET", "/accounts", "").status(), 200);
    assert_eq!(chaos("POST", json!([{}])), (200, json!([{}])));
    let found = response(&service, "securityhub", "GET", "/accounts", "");
    assert_eq!(
        (found.status().as_u16(), &found.headers()["x-amzn-errortype"]),
        (503, &"ServiceUnavailable".parse().unwrap())
    );
    for (error, status, code) in [
        (json!({ "code": "Odd" }), 400, "Odd"),
        (json!({ "code": "ThrottlingException" }), 429, "ThrottlingException"),
        (json!({ "statusCode": 500 }), 500, "InternalException"),
    ] {
        chaos("POST", json!([{ "error": error }]));
        let found = response(&service, "securityhub", "GET", "/accounts", "");
        assert_eq!((found.status().as_u16(), found.headers()["x-amzn-errortype"].to_str().unwrap()), (status, code));
    }
    assert_eq!(chaos("DELETE", Value::Null), (200, json!([])));
    assert_eq!(ids(&service), ["own"]);
    assert_eq!(chaos("POST", json!([{ "probabilty": 1 }])).0, 400);
    for (fault, expected) in [
        (json!({ "error": { "statusCode": 200 } }), "member '[0].error.statusCode': 200 is not a status"),
        (
            json!({ "error": { "statusCode": 500, "code": "" } }),
            "member '[0].error.code': '' is not a valid error code",
        ),
        (json!({ "probability": 2 }), "member '[0].probability': "),
        (json!({ "service": "securityhub", "operation": "GetFinding" }), "member '[0].operation': unknown operation"),
    ] {
        let (status, answer) = chaos("POST", json!([fault]));
        assert!(status == 400 && answer["Message"].as_str().unwrap().starts_with(expected), "{answer}");
    }
    let effects = |method: &str, body: &str| send(&service, method, "/_localstack/chaos/effects", body.to_owned());
    assert_eq!(effects("GET", ""), (200, json!({ "latency": 0 })));
    assert_eq!(effects("POST", r#"{"latency": 30}"#), (200, json!({ "latency": 30 })));
    let start = std::time::Instant::now();
    assert_eq!(response(&service, "securityhub", "GET", "/accounts", "").status(), 200);
    assert!(start.elapsed().as_millis() >= 30);
    effects("POST", r#"{"latency": 0}"#);
    assert_eq!(ids(&service), ["own"]);
}

/// Rules: CPL-41, CPL-55.
#[test]
fn the_rate_limits_of_aws_apply_on_request() {
    let settings = Settings { aws_rate_limits: true, ..Settings::default() };
    let service = Service::new(settings, None).unwrap();
    post(&service, "/_emulator/clock", r#"{"frozen": true}"#);
    assert_eq!(post(&service, "/accounts", "{}").0, 200);
    set(&service, json!([{ "Operation": "GetFindings", "Error": { "Status": 500 }, "After": 5 }]));
    let calls = || -> Vec<u16> { (0..8).map(|_| post(&service, "/findings", "{}").0).collect() };
    assert_eq!(calls(), [200, 200, 200, 200, 200, 500, 429, 429], "rate limits are checked before faults");
    let refused = response(&service, "securityhub", "POST", "/findings", "{}");
    assert_eq!(refused.headers()["x-emulator-fault"], "rate-limit");
    assert_eq!(refused.headers()["x-amzn-errortype"], "TooManyRequestsException");
    send(&service, "DELETE", "/_emulator/faults", "");
    send(&service, "PUT", "/_emulator/snapshots/s", "");
    post(&service, "/_emulator/clock", r#"{"advance": "PT1S"}"#);
    assert_eq!(calls().iter().filter(|status| **status == 200).count(), 3);
    send(&service, "POST", "/_emulator/snapshots/s/restore", "");
    assert_eq!(calls()[0], 429, "the tokens are those of the snapshot");
    post(&service, "/_emulator/reset", "");
    assert_eq!(post(&service, "/accounts", "{}").0, 200);
    assert_eq!(calls().iter().filter(|status| **status == 200).count(), 6);
}

/// Rules: CPL-55.
#[test]
fn a_reset_removes_faults_and_a_restore_keeps_them() {
    let service = service();
    send(&service, "PUT", "/_emulator/snapshots/s", "");
    set(&service, json!([{ "Id": "a", "Operation": "GetFindings", "Error": { "Status": 500 } }]));
    post(&service, "/findings", "{}");
    assert_eq!(send(&service, "POST", "/_emulator/snapshots/s/restore", "").0, 200);
    assert_eq!(listed(&service)[0]["Fired"], 1);
    post(&service, "/_emulator/reset", "");
    assert_eq!(listed(&service), Vec::<Value>::new());
    let start =
        serde_json::from_value(json!([{ "Id": "start", "Operation": "GetFindings", "Error": { "Status": 500 } }]));
    service.add_faults(start.unwrap()).unwrap();
    post(&service, "/findings", "{}");
    set(&service, json!([]));
    post(&service, "/_emulator/reset", "");
    assert_eq!((ids(&service), listed(&service)[0]["Seen"].clone()), (vec!["start".to_owned()], json!(0)));
    post(&service, "/_emulator/reset?to=empty", "");
    assert_eq!(ids(&service), Vec::<String>::new());
}
