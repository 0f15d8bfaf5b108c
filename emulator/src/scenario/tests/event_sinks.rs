//! Tests of the key `event_sinks`.

use super::{build, errors, load};

/// Rules: CPL-82, CPL-84.
#[test]
fn sinks_are_declared_by_name() {
    let scenario = load(&[(
        "scenario-a.yaml",
        "regions: [us-east-1, eu-west-1]\nevent_sinks:\n  hook:\n    type: webhook\n    url: http://127.0.0.1:8080/x\n    \
         headers: { authorization: Bearer x }\n    accounts: [111111111111]\n    regions: [eu-west-1]\n    pattern: { source: \
         [aws.securityhub] }\n    retries: 3\n    queue_size: 5\n    enabled: false\n  log: { type: file, path: \
         events.jsonl }\n",
    )]);
    let world = scenario.build().unwrap();
    let hook = serde_json::to_value(&world.event_sinks["hook"]).unwrap();
    let expected = serde_json::json!({
        "Type": "webhook", "Url": "http://127.0.0.1:8080/x", "Pattern": { "source": ["aws.securityhub"] },
        "Accounts": ["111111111111"], "Regions": ["eu-west-1"], "Headers": { "authorization": "Bearer x" }, "Retries": 3,
        "QueueSize": 5, "Enabled": false,
    });
    assert_eq!(hook, expected);
    let path = world.event_sinks["log"].path.clone().unwrap();
    let folder = scenario.paths()[0].parent().unwrap().to_owned();
    assert_eq!(path, folder.join("events.jsonl").display().to_string(), "relative to the file");
    assert_eq!(build("{}").event_sinks.len(), 0);
    let merged = load(&[
        (
            "scenario-a.yaml",
            "event_sinks: { a: { type: webhook, url: http://a }, b: { type: webhook, url: http://b } }\n",
        ),
        ("scenario-b.yaml", "event_sinks: { a: { type: webhook, url: http://c } }\n"),
    ]);
    let world = merged.build().unwrap();
    assert_eq!(world.event_sinks["a"].url.as_deref(), Some("http://c"));
    assert_eq!(world.event_sinks.len(), 2);
}

/// Rules: CPL-82.
#[test]
fn mistakes_in_sinks_are_reported_at_their_keys() {
    for (sink, expected) in [
        ("{ type: hook }", "hook"),
        ("{ url: http://a }", "type"),
        ("{ type: webhook }", "`url`: missing"),
        ("{ type: webhook, url: \"ftp://a\" }", "`url`: invalid URL ftp://a"),
        ("{ type: webhook, url: http://a, path: x }", "`path`: only sinks of type file have this member"),
        ("{ type: webhook, url: http://a, pattern: { a: [] } }", "Empty arrays are not allowed"),
        ("{ type: webhook, url: http://a, regions: [eu-west-9] }", "eu-west-9"),
        ("{ type: webhook, url: http://a, accounts: [1] }", "`1`"),
        ("{ type: webhook, url: http://a, queue_size: 0 }", "`queue_size`: 0 is not between 1 and 1000000"),
        ("{ type: eventbridge, url: http://a/b }", "`url`: http://a/b has a path"),
    ] {
        let text = errors(&format!("event_sinks:\n  one: {sink}\n"));
        assert!(text.contains(expected) && text.contains("2 |"), "{sink}\n{text}");
    }
    let text = errors("event_sinks:\n  \"a b\": { type: webhook, url: http://a }\n");
    assert!(text.contains("`a b` is not a valid sink name"), "{text}");
}
