//! Tests of exports, loading and comparisons.

use super::*;

const SCENARIO: &str = "/_emulator/scenario";

fn import(service: &Service, id: &str) {
    let findings = json!({ "Findings": [finding(id, json!({}))] }).to_string();
    assert_eq!(post(service, "/findings/import", findings).1["SuccessCount"], 1);
}

/// The text of a response and its media type.
fn text(service: &Service, path: &str) -> (String, String) {
    let request = Request::builder().method("GET").uri(path).body(Bytes::new()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response: Response<Bytes> = runtime.block_on(service.handle(request));
    assert_eq!(response.status(), 200, "{path}");
    let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    (String::from_utf8(response.into_body().to_vec()).unwrap(), media_type)
}

/// Rules: CPL-60, CPL-63.
#[test]
fn an_export_is_loaded_into_another_emulator() {
    let service = service();
    import(&service, "a");
    let (yaml, media_type) = text(&service, SCENARIO);
    assert_eq!(media_type, "application/yaml");
    assert_eq!(text(&service, SCENARIO).0, yaml);
    let (as_json, media_type) = text(&service, "/_emulator/scenario?format=json");
    assert_eq!(media_type, "application/json");
    let _: Value = serde_json::from_str(&as_json).unwrap();
    for exported in [yaml, as_json] {
        let other = Service::new(Settings::default(), None).unwrap();
        let loaded = send(&other, "PUT", SCENARIO, exported.clone());
        assert_eq!(loaded, (200, json!({ "Hubs": 1, "Findings": 1 })));
        assert_eq!(post(&other, "/findings", "{}").1["Findings"], post(&service, "/findings", "{}").1["Findings"]);
        import(&other, "b");
        post(&other, "/_emulator/reset", "");
        assert_eq!(other.world().finding_count(), 1, "a reset returns to the loaded state");
    }
}

/// Rules: CPL-63.
#[test]
fn a_scenario_is_added_to_the_state() {
    let service = service();
    import(&service, "a");
    let more =
        "hubs: [{account: '111111111111', regions: [us-east-1]}, {account: '222222222222', regions: [us-east-1]}]";
    let (status, loaded) = send(&service, "PUT", "/_emulator/scenario?mode=add", more);
    assert_eq!((status, loaded), (200, json!({ "Hubs": 2, "Findings": 1 })));
    let exported = text(&service, SCENARIO).0;
    import(&service, "b");
    let (status, loaded) = send(&service, "PUT", "/_emulator/scenario?mode=add", exported);
    assert_eq!((status, loaded), (200, json!({ "Hubs": 2, "Findings": 2 })));
    post(&service, "/_emulator/reset", "");
    assert_eq!(service.world().finding_count(), 0, "a reset returns to the start before the addition");
}

/// Rules: CPL-12, CPL-63.
#[test]
fn an_addition_neither_loses_changes_of_other_calls_nor_is_refused_because_of_them() {
    const CALLS: usize = 100;
    let service = service();
    assert_eq!(post(&service, "/_emulator/clock", r#"{"frozen": true}"#).0, 200);
    let start = service.world().clock.now();
    std::thread::scope(|scope| {
        scope.spawn(|| (0..CALLS).for_each(|number| import(&service, &format!("f-{number}"))));
        scope.spawn(|| {
            for _ in 0..CALLS {
                assert_eq!(post(&service, "/_emulator/clock", r#"{"advance": "1h"}"#).0, 200);
            }
        });
        for number in 0..CALLS {
            let account = 222_222_222_000 + number;
            let more = json!({ "hubs": [{ "account": account.to_string(), "regions": ["us-east-1"] }] }).to_string();
            let (status, answer) = send(&service, "PUT", "/_emulator/scenario?mode=add", more);
            assert_eq!(status, 200, "{answer}");
        }
    });
    let world = service.world();
    assert_eq!((world.finding_count(), world.relations().hub_count()), (CALLS, CALLS + 1));
    assert_eq!(world.clock.now().duration_since(start).as_hours(), 100);
}

/// Rules: CPL-63.
#[test]
fn an_added_scenario_refers_to_the_state() {
    let service = service();
    let start = "regions: [us-east-1, eu-west-1]\nquotas: { members: 1, invited_members: 1 }\n\
                 hubs: [{ account: '111111111111', regions: all }]\n\
                 hubs_v2: [{ account: '222222222222', regions: [eu-west-1] }]\n";
    let (status, answer) = send(&service, "PUT", SCENARIO, start);
    assert_eq!(status, 200, "{answer}");
    let add = |text: &'static str| send(&service, "PUT", "/_emulator/scenario?mode=add", text);
    let findings = "findings: [{ generate: { product: guardduty, count: 6, regions: all } }]\n";
    assert_eq!(add(findings), (200, json!({ "Hubs": 2, "Findings": 6 })));
    let listed =
        "findings: [{ generate: { product: macie, count: 4, accounts: ['222222222222'], regions: [eu-west-1] } }]\n";
    assert_eq!(add(listed), (200, json!({ "Hubs": 2, "Findings": 10 })));
    for text in [
        "aggregators: [{ account: '111111111111', home: eu-west-1 }]\n",
        "insights: [{ account: '111111111111', regions: all, name: n, filters: {}, group_by: ResourceId }]\n",
        // A Region that no scenario lists.
        "hubs: [{ account: '111111111111', regions: [ap-south-1] }]\n",
    ] {
        assert_eq!(add(text).0, 200, "{text}");
    }
    for (text, message) in [
        ("hubs: [{ account: '333333333333', regions: [eu-west-9] }]\n", "eu-west-9"),
        (
            "hubs: [{ account: '333333333333', regions: all, members: { '444444444444': enabled, '555555555555': enabled } }]\n",
            "at most 1",
        ),
        ("aggregators: [{ account: '333333333333', home: eu-west-1 }]\n", "Security Hub is not enabled"),
    ] {
        let (status, refused) = add(text);
        assert!(status == 400 && refused.to_string().contains(message), "{text}: {refused}");
    }
}

/// Rules: CPL-63.
#[test]
fn mistakes_are_listed_with_line_column_and_path() {
    let service = service();
    import(&service, "a");
    let (status, refused) = send(&service, "PUT", SCENARIO, "name: x\nhubs:\n  - account: '33'\n    regions: all\n");
    assert_eq!(status, 400, "{refused}");
    let mistake = json!({
        "Line": 3, "Column": 14, "Path": "hubs[0].account",
        "Message": "`33` is not a valid account ID, expected 12 digits",
    });
    assert_eq!(refused["Mistakes"], json!([mistake]));
    for (body, path) in [
        ("findings: [{ file: x.json }]", "findings[0].file"),
        ("policies: { p: { file: x.json } }", "policies.p.file"),
        ("state: { clock: 1, ids: { seed: 0, made: 0 }, next_finding: 0 }", "state.clock"),
    ] {
        let (status, refused) = send(&service, "PUT", SCENARIO, body);
        assert_eq!((status, &refused["Mistakes"][0]["Path"]), (400, &json!(path)), "{refused}");
    }
    let exported = text(&service, SCENARIO).0;
    for (right, wrong, path) in [
        ("\"is_quiet\":false", "\"is_quiet\":7", ".value.is_quiet"),
        ("\"region\":\"us-east-1\",", "\"region\":5,", "state.findings[0]"),
        ("kind: \"Hub\"", "kind: \"Hubb\"", ".kind"),
        ("next_finding: 1", "next_finding: x", "state.next_finding"),
    ] {
        assert!(exported.contains(right), "{right} in {exported}");
        let (status, refused) = send(&service, "PUT", SCENARIO, exported.replacen(right, wrong, 1));
        let found = refused["Mistakes"][0]["Path"].as_str().unwrap_or_default().to_owned();
        assert!(status == 400 && found.ends_with(path), "{wrong}: {refused}");
        assert!(refused["Mistakes"][0]["Line"].as_u64() > Some(1), "{refused}");
    }
    assert_eq!(service.world().finding_count(), 1, "nothing has changed");
}

/// Rules: CPL-61.
#[test]
fn secrets_are_exported_only_on_request() {
    let service = service();
    let keys = "credentials: { AKIATEST: { account: '111111111111', secret: very-secret } }";
    let (status, answer) = send(&service, "PUT", SCENARIO, keys);
    assert_eq!(status, 200, "{answer}");
    let exported = text(&service, SCENARIO).0;
    assert!(exported.contains("AKIATEST") && !exported.contains("very-secret"));
    assert!(text(&service, "/_emulator/scenario?secrets=true").0.contains("very-secret"));
    assert_eq!(send(&service, "PUT", SCENARIO, exported).0, 200);
    let sink = json!({ "Type": "webhook", "Url": "http://127.0.0.1:1/", "Headers": { "authorization": "Bearer very-secret", "X-Team": "security" } });
    assert_eq!(send(&service, "PUT", "/_emulator/sinks/hook", sink.to_string()).0, 201);
    let exported = text(&service, SCENARIO).0;
    assert!(exported.contains("X-Team") && !exported.contains("very-secret"), "{exported}");
    assert!(text(&service, "/_emulator/scenario?secrets=true").0.contains("Bearer very-secret"));
}

/// Rules: CPL-53.
#[test]
fn a_snapshot_is_compared_with_another_one_and_with_the_current_state() {
    let service = service();
    assert_eq!(send(&service, "PUT", "/_emulator/snapshots/one", "").0, 201);
    import(&service, "a");
    let diff = |path: &str| send(&service, "GET", &format!("/_emulator/snapshots/{path}"), "");
    let (status, now) = diff("one/diff");
    assert_eq!(status, 200, "{now}");
    assert_eq!((&now["Findings"]["Added"][0]["Id"], &now["Findings"]["Removed"]), (&json!("a"), &json!([])));
    assert_eq!((&now["Relations"]["Added"], &now["Truncated"]), (&json!([]), &json!(false)));
    assert_eq!(send(&service, "PUT", "/_emulator/snapshots/two", "").0, 201);
    let (_, back) = diff("two/diff?to=one");
    assert_eq!(back["Findings"]["Removed"], now["Findings"]["Added"]);
    let (_, start) = diff("start/diff?to=one&limit=1");
    assert_eq!(
        (&start["Relations"]["Added"][0]["Account"], &start["Truncated"]),
        (&json!(ADMINISTRATOR), &json!(true))
    );
    assert_eq!((diff("none/diff").0, diff("one/diff?to=none").0, diff("one/diff?limit=0").0), (404, 404, 400));
}

/// Rules: CPL-61.
#[test]
fn an_export_contains_faults_rate_limits_and_sinks() {
    let service = service();
    let text_of = "aws_rate_limits: true\n\
                   faults: [{ operation: GetFindings, error: { code: Throttle }, match: { MaxResults: { $gte: 5 } }, times: 2 }]\n\
                   event_sinks: { hook: { type: webhook, url: 'http://127.0.0.1:9', headers: { X-Team: v } } }\n";
    let (status, answer) = send(&service, "PUT", SCENARIO, text_of);
    assert_eq!(status, 200, "{answer}");
    let exported = text(&service, SCENARIO).0;
    for part in ["aws_rate_limits: true", "\"MaxResults\":{\"$gte\":5}", "\"X-Team\":\"v\"", "\"queue_size\":10000"] {
        assert!(exported.contains(part), "{part} in {exported}");
    }
    assert_eq!(send(&service, "PUT", SCENARIO, exported.clone()).0, 200);
    assert_eq!(text(&service, SCENARIO).0, exported);
    let file = "event_sinks: { log: { type: file, path: /tmp/events.jsonl } }";
    let (status, refused) = send(&service, "PUT", SCENARIO, file);
    assert_eq!((status, &refused["Mistakes"][0]["Path"]), (400, &json!("event_sinks.log.path")), "{refused}");
}

/// Rules: CPL-63.
#[test]
fn an_added_scenario_refers_to_files_of_the_request_and_to_hubs_of_the_state() {
    let service = service();
    let scp =
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "securityhub:*", "Resource": "*"}]}"#;
    let add = |scenario: &str, files: Value| {
        let body = json!({ "Scenario": scenario, "Files": files });
        send(&service, "PUT", "/_emulator/scenario?mode=add", body.to_string())
    };
    let findings = |id: &str| finding(id, json!({})).to_string();
    let files =
        json!({ "more/a.json": findings("a"), "more/b.json": findings("b"), "more/c/d.json": "{", "scp.json": scp });
    let scenario = "findings: [{ file: './more/*.json' }]\npolicies: { no-access: { file: scp.json } }\n";
    assert_eq!(add(scenario, files), (200, json!({ "Hubs": 1, "Findings": 2 })));
    for (scenario, files, path, message) in [
        ("findings: [{ file: a.json }]", json!({}), json!("findings[0].file"), "no file matches `a.json`"),
        (
            "findings: [{ file: a.json }]",
            json!({ "b.json": "[]" }),
            json!("findings[0].file"),
            "no file matches `a.json`",
        ),
        ("findings: [{ file: /etc/passwd }]", json!({ "b.json": "[]" }), json!("findings[0].file"), "no file matches"),
        (
            "policies: { p: { file: /etc/passwd } }",
            json!({ "b.json": "[]" }),
            json!("policies.p.file"),
            "file not found",
        ),
        ("findings: [{ file: a.json }]", json!({ "a.json": "[7]" }), Value::Null, "a.json: finding 1 of this file"),
    ] {
        let (status, refused) = add(scenario, files);
        let mistake = &refused["Mistakes"][0];
        assert_eq!((status, &mistake["Path"]), (400, &path), "{refused}");
        assert!(mistake["Message"].as_str().unwrap().contains(message), "{refused}");
    }
    for (body, message) in [
        (json!({ "Scenario": "", "File": {} }), "unknown member 'File'; did you mean 'Files'?"),
        (json!({ "Scenario": "" }), "missing member 'Files'"),
        (json!({ "Scenario": "", "Files": { "a": 1 } }), "member 'Files.a': expected a string, found 1"),
    ] {
        let (status, refused) = send(&service, "PUT", SCENARIO, body.to_string());
        assert!(status == 400 && refused["Message"].as_str().unwrap().starts_with(message), "{refused}");
    }
    assert_eq!(service.world().finding_count(), 2);
}

/// Rules: CPL-05, CPL-63.
#[test]
fn a_text_without_content_does_not_replace_the_state() {
    let service = service();
    let wrapped = json!({ "Scenario": "# nothing\n", "Files": {} }).to_string();
    for body in ["", "null", " \n", "---\n# only a comment\n", "~\n...\n", &wrapped] {
        for mode in ["replace", "add"] {
            let path = format!("{SCENARIO}?mode={mode}");
            let (status, answer) = send(&service, "PUT", &path, body.to_owned());
            assert_eq!(status, 400, "{body}: {answer}");
            assert!(answer["Message"].as_str().unwrap().starts_with("the scenario is empty"), "{answer}");
        }
    }
    assert_eq!(service.world().relations().hub_count(), 1);
    assert_eq!(send(&service, "PUT", SCENARIO, "{}"), (200, json!({ "Hubs": 0, "Findings": 0 })));
}
