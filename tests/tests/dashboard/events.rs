//! Tests of `Events` over HTTP.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use securityhub_fixtures::Operation;
use serde_json::json;

use super::document::Document;
use super::site::{Site, header, text};

const EVENTS: &str = "/_emulator/ui/as/222222222222/us-east-1/events";

fn import(site: &Site, id: &str, label: &str) {
    let finding = json!({
        "SchemaVersion": "2018-10-08", "Id": id, "GeneratorId": "g", "AwsAccountId": "222222222222",
        "ProductArn": "arn:aws:securityhub:us-east-1:222222222222:product/222222222222/default",
        "Types": ["Software and Configuration Checks"], "CreatedAt": "2026-01-15T08:00:00Z",
        "UpdatedAt": "2026-01-15T08:00:00Z", "Severity": { "Label": label }, "Title": "<script>alert(1)</script>",
        "Description": "d", "Resources": [{ "Type": "Other", "Id": "r" }],
    });
    let input = json!({ "Findings": [finding] });
    let (status, answer) = site.call("222222222222", "us-east-1", Operation::BatchImportFindings, &input);
    assert_eq!((status, &answer["FailedCount"]), (200, &json!(0)), "{answer}");
}

/// Rules: DSH-31, DSH-35, DSH-95, DSH-97.
#[test]
fn a_pattern_is_tested_and_the_reason_of_a_miss_is_shown() {
    let site = Site::of("quickstart.yaml");
    import(&site, "a", "LOW");
    import(&site, "b", "CRITICAL");
    let pattern = r#"{"detail": {"findings": {"Severity": {"Label": ["CRITICAL"]}}}}"#;
    let address = format!("{EVENTS}?pattern={}", utf8_percent_encode(pattern, NON_ALPHANUMERIC));
    let page = site.page(&address);
    let main = page.words();
    assert!(main.contains("1 of 2 selected"), "{main}");
    let row = "Imported LOW : <script>alert(1)</script> no detail.findings.Severity.Label: expected [\"CRITICAL\"], found \"LOW\"";
    assert!(main.contains(row), "{main}");
    assert!(main.contains("aws events put-rule --region us-east-1"), "{main}");
    page.check_structure(&address);
    page.check_content_policy(&address);
    page.check_tables(&address);
    page.check_calls(&address);
    super::calls::check(&site, &address, &page);
    super::links::check(&site, &address, &page);
    let refused = site.get(&format!("{EVENTS}?pattern=%7B%22source%22%3A%20%22a%22%7D"));
    assert_eq!(refused.status(), 400);
    let refused = Document::new(&text(&refused));
    let main = refused.words();
    assert!(
        main.contains("\"source\" must be an object or an array") && main.contains("line: 1, column: 13]"),
        "{main}"
    );
    assert!(refused.text().contains("role=\"alert\""), "{main}");
    for query in ["kind=nope", "before=x"] {
        assert_eq!(site.status(&format!("{EVENTS}?{query}")), 400, "{query}");
    }
    assert_eq!(site.status(&format!("{EVENTS}?event=99")), 404);
}

/// Rules: DSH-04, DSH-14, DSH-96.
#[test]
fn a_page_names_the_stream_that_continues_it() {
    let site = Site::of("quickstart.yaml");
    import(&site, "a", "LOW");
    let page = site.page(EVENTS);
    assert!(page.links().iter().any(|(link, name)| name == "Reload" && link == EVENTS), "{:?}", page.links());
    let (_, rest) = page.text().split_once("data-stream=\"").unwrap();
    let address = rest.split('"').next().unwrap().replace("&#38;", "&");
    import(&site, "b", "CRITICAL");
    let stream = site.get(&address);
    assert_eq!(header(&stream, "content-type"), "text/event-stream");
    let messages = text(&stream);
    assert_eq!(messages.matches("event: event\n").count(), 1, "{messages}");
    assert!(messages.contains("CRITICAL</span>: &#60;script&#62;alert(1)"), "{messages}");
    assert_eq!(site.page(EVENTS).text().matches("<tr><th scope=\"row\">").count(), 2);
}
