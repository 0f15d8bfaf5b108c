//! Tests of events through the service.

use std::collections::BTreeSet;

use super::*;
use crate::domain::events::envelope;

const IMPORTED: &str = "Security%20Hub%20Findings%20-%20Imported";
const ACTION: &str = "arn:aws:securityhub:us-east-1:111111111111:action/custom/tickets";

fn get(service: &Service, query: &str) -> Value {
    let (status, answer) = send(service, "GET", &format!("/_emulator/events{query}"), "");
    assert_eq!(status, 200, "{answer}");
    answer
}

fn import(service: &Service, finding_ids: &[&str]) {
    let findings: Vec<Value> = finding_ids.iter().map(|id| finding(id, json!({}))).collect();
    let (status, answer) = post(service, "/findings/import", json!({ "Findings": findings }).to_string());
    assert_eq!((status, &answer["FailedCount"]), (200, &json!(0)), "{answer}");
}

/// IDs of findings, `Last` and `Dropped`.
fn page(service: &Service, query: &str) -> (Vec<String>, u64, u64) {
    let answer = get(service, query);
    let id = |event: &Value| event["detail"]["findings"][0]["Id"].as_str().unwrap().to_owned();
    let events = answer["Events"].as_array().unwrap().iter().map(id).collect();
    (events, answer["Last"].as_u64().unwrap(), answer["Dropped"].as_u64().unwrap())
}

fn page_of(ids: &[&str], last: u64, dropped: u64) -> (Vec<String>, u64, u64) {
    (ids.iter().map(|id| (*id).to_owned()).collect(), last, dropped)
}

/// A service with a hub that keeps a number of events.
fn keeping(events: usize) -> Service {
    let service = Service::new(Settings { events, ..Settings::default() }, None).unwrap();
    assert_eq!(post(&service, "/accounts", "{}").0, 200);
    service
}

/// Rules: EVT-09.
#[test]
fn events_are_listed_page_by_page_and_cleared() {
    let service = service();
    assert_eq!(page(&service, ""), page_of(&[], 0, 0));
    import(&service, &["a", "b", "c"]);
    assert_eq!(page(&service, ""), page_of(&["a", "b", "c"], 3, 0));
    assert_eq!(page(&service, "?limit=2"), page_of(&["a", "b"], 2, 0));
    assert_eq!(page(&service, "?limit=2&after=2"), page_of(&["c"], 3, 0));
    for (query, count) in [
        ("?account=111111111111&region=us-east-1", 3),
        ("?account=222222222222", 0),
        ("?region=eu-west-1", 0),
        (&format!("?detail-type={IMPORTED}"), 3),
        ("?detail-type=other", 0),
    ] {
        let (found, last, dropped) = page(&service, query);
        assert_eq!((found.len(), last, dropped), (count, 3, 0), "{query}");
    }
    assert_eq!(get(&service, "?limit=2")["More"], json!(true));
    assert_eq!(get(&service, "?limit=3")["More"], json!(false));
    assert_eq!(send(&service, "DELETE", "/_emulator/events", ""), (200, json!({ "Deleted": 3 })));
    assert_eq!(page(&service, ""), page_of(&[], 3, 0), "deleted events do not count as dropped");
    import(&service, &["d"]);
    assert_eq!(page(&service, ""), page_of(&["d"], 4, 0));
}

/// Rules: EVT-09, EVT-10.
#[test]
fn a_reset_never_reuses_event_numbers_or_ids() {
    let service = service();
    import(&service, &["a", "b"]);
    let first = get(&service, "")["Events"].clone();
    post(&service, "/_emulator/reset", "");
    assert_eq!(page(&service, ""), page_of(&[], 2, 0));
    assert_eq!(post(&service, "/accounts", "{}").0, 200);
    import(&service, &["a", "b"]);
    assert_eq!(page(&service, "?after=2"), page_of(&["a", "b"], 4, 0));
    let second = get(&service, "")["Events"].clone();
    let ids: BTreeSet<_> =
        [&first, &second].iter().flat_map(|page| page.as_array().unwrap()).map(|it| it["id"].to_string()).collect();
    assert_eq!(ids.len(), 4);
}

/// Rules: EVT-09.
#[test]
fn only_the_configured_number_of_newest_events_is_kept() {
    let service = keeping(2);
    import(&service, &["a", "b", "c", "d", "e"]);
    assert_eq!(page(&service, ""), page_of(&["d", "e"], 5, 3));
    assert_eq!(page(&service, "?after=2"), page_of(&["d", "e"], 5, 1));
    assert_eq!(page(&service, "?after=4"), page_of(&["e"], 5, 0));
    let off = keeping(0);
    import(&off, &["a"]);
    for (method, path, body) in [
        ("GET", "/_emulator/events", String::new()),
        ("POST", "/_emulator/custom-actions", custom_action(json!({ "FindingIdentifiers": [] }))),
    ] {
        let (status, answer) = send(&off, method, path, body);
        assert_eq!(status, 400);
        assert_eq!(answer["Message"], "events are disabled; start the emulator with --events 10000");
    }
}

/// Rules: EVT-09.
#[test]
fn an_invalid_event_query_is_answered_with_the_expected_form() {
    let service = service();
    for query in ["?account=1", "?limit=0", "?limit=1001"] {
        let (status, answer) = send(&service, "GET", &format!("/_emulator/events{query}"), "");
        assert_eq!(status, 400);
        assert!(answer["Message"].as_str().unwrap().contains("; expected a call such as ?limit=10"), "{answer}");
    }
    for query in ["?after=x", "?unknown=1"] {
        assert_eq!(send(&service, "GET", &format!("/_emulator/events{query}"), "").0, 400);
    }
}

/// A scenario with a finding and immediate control checks.
fn scenario() -> crate::scenario::Scenario {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.yaml");
    std::fs::write(folder.path().join("findings.json"), json!([finding("f", json!({}))]).to_string()).unwrap();
    let text = "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\nregions: [us-east-1]\nhubs:\n  \
                - { account: \"111111111111\", regions: all, quiet: true, standards: [pci-dss-3.2.1] }\nresources:\n  \
                - { account: \"111111111111\", regions: all, type: AwsS3Bucket, id: pay }\n\
                findings: [{ file: findings.json }]\n";
    std::fs::write(&file, text).unwrap();
    crate::scenario::load(&[file]).unwrap()
}

/// Rules: EVT-08.
#[test]
fn the_initial_state_causes_no_events() {
    let service = Service::new(Settings::default(), Some(scenario())).unwrap();
    assert!(service.world().finding_count() > 1, "controls were checked");
    let newer = finding("f", json!({ "UpdatedAt": "2026-01-11T00:00:00Z" })).to_string();
    for last in 0..2 {
        assert_eq!(page(&service, ""), page_of(&[], last, 0));
        assert_eq!(post(&service, "/_emulator/findings", newer.clone()).0, 200);
        assert_eq!(page(&service, ""), page_of(&["f"], last + 1, 0));
        post(&service, "/_emulator/reset", "");
    }
    post(&service, "/_emulator/clock", json!({ "advance": "13h" }).to_string());
    assert!(!page(&service, "").0.is_empty(), "pending work emits its events");
}

/// Rules: EVT-20, EVT-52.
#[test]
fn findings_of_aws_services_cause_events_too() {
    let service = service();
    assert_eq!(post(&service, "/_emulator/findings", of_aws("f").to_string()).0, 200);
    let event = get(&service, "")["Events"][0].clone();
    assert_eq!(event["resources"], json!(["arn:aws:securityhub:us-east-1::product/aws/access-analyzer/f"]));
    assert_eq!(event["detail"]["findings"], post(&service, "/findings", "{}").1["Findings"]);
}

fn custom_action(selection: Value) -> String {
    let mut body = json!({ "ActionTargetArn": ACTION });
    body.as_object_mut().unwrap().extend(selection.as_object().unwrap().clone());
    body.to_string()
}

/// Rules: EVT-65, ACT-09.
#[test]
fn a_user_sends_findings_or_insight_results_over_the_control_plane() {
    let service = service();
    import(&service, &["a"]);
    let target = json!({ "Name": "Tickets", "Description": "d", "Id": "tickets" }).to_string();
    assert_eq!(post(&service, "/actionTargets", target).1["ActionTargetArn"], ACTION);
    send(&service, "DELETE", "/_emulator/events", "");
    let named = |id: &str| json!([{ "Id": id, "ProductArn": finding(id, json!({}))["ProductArn"] }]);
    let insight = "arn:aws:securityhub:::insight/securityhub/default/1";
    for (selection, status) in [
        (json!({ "FindingIdentifiers": named("a") }), 200),
        (json!({ "InsightArn": insight }), 200),
        (json!({ "FindingIdentifiers": named("b") }), 404),
        (json!({ "FindingIdentifiers": [] }), 400),
        (json!({ "InsightArn": insight, "ResultValues": ["unknown"] }), 404),
        (json!({ "InsightArn": format!("{insight}x") }), 404),
        (json!({}), 400),
        (json!({ "FindingIdentifiers": named("a"), "InsightArn": insight }), 400),
        (json!({ "FindingIdentifiers": named("a"), "Unknown": 1 }), 400),
    ] {
        let (found, answer) = post(&service, "/_emulator/custom-actions", custom_action(selection.clone()));
        assert_eq!(found, status, "{selection} {answer}");
        assert_eq!(answer.get("EventCount"), (status == 200).then(|| json!(1)).as_ref(), "{answer}");
    }
    let events = get(&service, "")["Events"].clone();
    let types: Vec<&str> =
        events.as_array().unwrap().iter().map(|event| event["detail-type"].as_str().unwrap()).collect();
    assert_eq!(types, ["Security Hub Findings - Custom Action", "Security Hub Insight Results"]);
    assert_eq!(events[1]["resources"], json!([ACTION]));
}

#[test]
fn query_errors_have_the_same_form_as_all_errors() {
    let service = service();
    for path in [
        "/_emulator/events?limit=abc",
        "/_emulator/events?foo=1",
        "/_emulator/members?foo=1",
        "/_emulator/reset?to=1&to=2",
    ] {
        let (status, answer) = send(&service, if path.contains("reset") { "POST" } else { "GET" }, path, "");
        assert_eq!(status, 400, "{path}");
        assert!(answer["Message"].is_string(), "{path}: {answer}");
    }
}

/// Rules: PAT-01, PAT-40.
#[test]
fn events_are_filtered_by_the_pattern_of_a_rule() {
    let service = service();
    import(&service, &["a", "b"]);
    let pattern = |text: &str| format!("?pattern={}", text.replace('{', "%7B").replace('}', "%7D").replace('"', "%22"));
    let of = |ids: &str| pattern(&format!(r#"{{"detail":{{"findings":{{"Id":[{ids}]}}}}}}"#));
    assert_eq!(page(&service, &of("\"b\"")), page_of(&["b"], 2, 0));
    assert_eq!(page(&service, &of(r#"{"prefix":"x"}"#)), page_of(&[], 2, 0));
    let (status, answer) = send(&service, "GET", &format!("/_emulator/events{}", pattern("{}")), "");
    let sentence = "Event pattern is not valid. Reason: Empty objects are not allowed\n at [Source: (String)\"{}\"; line: 1, \
                    column: 3]";
    assert_eq!((status, &answer["Message"]), (400, &json!(sentence)));
}

/// Rules: EVT-09.
#[test]
fn a_call_compares_at_most_a_thousand_events_and_the_next_continues() {
    let service = keeping(5_000);
    for batch in 0..25 {
        let ids: Vec<String> = (0..100).map(|number| format!("f{}", batch * 100 + number)).collect();
        import(&service, &ids.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let matching = |after: u64, pattern: &str| {
        let pattern = percent_encoding::utf8_percent_encode(pattern, percent_encoding::NON_ALPHANUMERIC).to_string();
        let answer = get(&service, &format!("?limit=2&after={after}&pattern={pattern}"));
        (
            page(&service, &format!("?limit=2&after={after}&pattern={pattern}")).0,
            answer["Last"].clone(),
            answer["More"].clone(),
        )
    };
    let of = |ids: &[&str], last: u64, more: bool| {
        (ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>(), json!(last), json!(more))
    };
    let pattern = r#"{"detail":{"findings":{"Id":["f10","f2400"]}}}"#;
    assert_eq!(matching(0, pattern), of(&["f10"], 1_000, true));
    assert_eq!(matching(1_000, pattern), of(&[], 2_000, true));
    assert_eq!(matching(2_000, pattern), of(&["f2400"], 2_500, false));
    let all = r#"{"source":["aws.securityhub"]}"#;
    assert_eq!(matching(0, all), of(&["f0", "f1"], 2, true));
    // Each alternative of a pattern counts as a comparison.
    let alternatives = r#"{"$or":[{"account":["1"]},{"region":["x"]}]}"#;
    assert_eq!(matching(0, alternatives), of(&[], 500, true));
}

/// Rules: CPL-84, EVT-11.
#[test]
fn an_event_of_an_indented_import_is_one_line() {
    let service = service();
    let import = json!({ "Findings": [finding("a", json!({ "Description": "two\nlines" }))] });
    let (status, answer) = post(&service, "/findings/import", format!("{import:#}").replace('\n', "\r\n"));
    assert_eq!((status, &answer["SuccessCount"]), (200, &json!(1)), "{answer}");
    let world = service.world();
    let page = world.events(0, 1, |_| true);
    let text = envelope::write(&page.events[0], &world.ids);
    assert!(!text.contains(['\n', '\r']), "{text}");
    let (_, found) = post(&service, "/findings", "{}");
    let event: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(event["detail"]["findings"][0], found["Findings"][0]);
}
