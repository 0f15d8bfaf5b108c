//! Tests of `Events` without HTTP.

use serde_json::json;

use super::*;
use crate::dashboard::view::View;
use crate::scenario;
use crate::service::{Service, Settings};
use crate::state::Region;
use crate::testing::{ADMINISTRATOR, MEMBER, finding_of, id};

const TWO: &str = r#"
name: two
clock: { now: 2026-01-15T09:00:00Z, frozen: true }
regions: [us-east-1]
hubs:
  - { account: "111111111111", regions: all, quiet: true, members: { "222222222222": enabled } }
"#;

fn service(settings: Settings) -> Service {
    let scenario = scenario::load_sources(&[scenario::Source::Text(TWO.to_owned())]).unwrap();
    Service::new(settings, Some(scenario)).unwrap()
}

fn view(account: &str, query: &str) -> View {
    View::of(id(account), Region::new("us-east-1")).to("events", Query::parse(query))
}

fn shown(service: &Service, view: &View) -> Result<Content, PageError> {
    show(&Context::new(service, view, "token".to_owned(), "http://x".to_owned()))
}

fn page(service: &Service, account: &str, query: &str) -> Content {
    shown(service, &view(account, query)).unwrap()
}

/// Imports findings of the member with these titles and severities.
fn import(service: &Service, findings: &[(&str, &str)]) {
    let finding = |(title, label): &(&str, &str)| {
        finding_of(MEMBER, title, json!({ "Title": title, "Severity": { "Label": label } }))
    };
    let findings: Vec<Value> = findings.iter().map(finding).collect();
    let view = view(MEMBER, "");
    let context = Context::new(service, &view, String::new(), String::new());
    let answer = context.send(&Call::api(Operation::BatchImportFindings, json!({ "Findings": findings }))).unwrap();
    assert_eq!(answer["FailedCount"], 0, "{answer}");
}

/// The cells of each row.
fn rows(page: &Content) -> Vec<Vec<String>> {
    let (_, body) = page.body.split_once("<tbody id=\"event-rows\">").unwrap();
    let (body, _) = body.split_once("</tbody>").unwrap();
    let rows = body.split("<tr>").skip(1).map(|row| row.replace("</th>", "</td>"));
    rows.map(|row| row.split("</td>").map(text).take_while(|cell| !cell.trim().is_empty()).collect()).collect()
}

/// The text of HTML.
fn text(html: &str) -> String {
    let (mut text, mut is_tag) = (String::new(), false);
    for letter in html.chars() {
        match letter {
            '<' => is_tag = true,
            '>' => is_tag = false,
            _ if !is_tag => text.push(letter),
            _ => {}
        }
    }
    text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&")
}

/// Rules: DSH-95.
#[test]
fn a_bus_shows_its_events_newest_first() {
    let service = service(Settings::default());
    assert!(page(&service, MEMBER, "").body.contains("No events yet"));
    import(&service, &[("first", "LOW"), ("<b>second</b>", "HIGH")]);
    let own = page(&service, MEMBER, "");
    let expected = ["3", "2026-01-15 09:00:00Z", MEMBER, "us-east-1", "Imported", "HIGH: <b>second</b>"];
    assert_eq!(rows(&own)[0], expected);
    assert_eq!(rows(&own).len(), 2);
    assert!(own.body.contains("HIGH</span>: &#60;b&#62;second") && !own.body.contains("No events yet"), "{}", own.body);
    assert_eq!(rows(&page(&service, ADMINISTRATOR, ""))[0][0], "4");
    assert_eq!(rows(&page(&service, MEMBER, "all=1")).len(), 4);
    assert_eq!(rows(&page(&service, MEMBER, "kind=Custom%20Action")).len(), 0);
    assert_eq!(rows(&page(&service, MEMBER, "before=3"))[0][0], "1");
    assert!(!page(&service, MEMBER, "before=3").body.contains("data-stream"), "older events are not followed");
    let opened = page(&service, MEMBER, "event=3");
    assert!(opened.body.contains("<h2>Event 3</h2>"), "{}", opened.body);
    assert!(
        opened.body.contains("&#34;detail-type&#34;: &#34;Security Hub Findings - Imported&#34;"),
        "{}",
        opened.body
    );
    for query in ["event=4", "event=99", "event=x"] {
        let refused = shown(&service, &view(MEMBER, query));
        assert!(matches!(refused, Err(PageError::NotFound { .. })), "{query}: an event of another bus, or none");
    }
    assert!(page(&service, MEMBER, "event=4&all=1").body.contains("<h2>Event 4</h2>"));
}

/// Rules: DSH-95.
#[test]
fn older_events_are_on_other_pages_and_dropped_ones_are_counted() {
    let service = service(Settings { events: 120, ..Settings::default() });
    let titles: Vec<String> = (0..70).map(|number| format!("t{number}")).collect();
    let findings: Vec<(&str, &str)> = titles.iter().map(|title| (title.as_str(), "LOW")).collect();
    import(&service, &findings);
    let first = page(&service, MEMBER, "");
    assert_eq!(rows(&first).len(), ROWS);
    assert!(first.body.contains("20 events were dropped"), "{}", first.body);
    let oldest = &rows(&first)[ROWS - 1][0];
    let older = format!("?before={oldest}\">Older</a>");
    assert!(first.body.contains(&older), "{older} in {}", first.body);
    let second = page(&service, MEMBER, &format!("before={oldest}"));
    assert_eq!(rows(&second).len(), 10);
    assert!(second.body.contains(">Newest</a>") && !second.body.contains(">Older</a>"), "{}", second.body);
    assert!(first.body.len() < 100_000, "{}", first.body.len());
}

/// Rules: DSH-97.
#[test]
fn a_pattern_is_compared_with_every_event() {
    let service = service(Settings::default());
    import(&service, &[("a", "LOW"), ("b", "HIGH"), ("c", "HIGH")]);
    let pattern = r#"{"detail":{"findings":{"Severity":{"Label":["HIGH"]}}}}"#;
    let query = Query::default().with("pattern", pattern).text();
    let found = page(&service, MEMBER, query.trim_start_matches('?'));
    assert!(found.body.contains("2 of 3 selected"), "{}", found.body);
    let cells: Vec<Vec<String>> = rows(&found).into_iter().map(|row| row[5..].to_vec()).collect();
    let why = "detail.findings.Severity.Label: expected [\"HIGH\"], found \"LOW\"";
    assert_eq!(cells, [vec!["HIGH: c", "yes", "–"], vec!["HIGH: b", "yes", "–"], vec!["LOW: a", "no", why]]);
    let rule = "aws events put-rule --region us-east-1 --name security-hub-findings \\\n  --event-pattern &#39;{&#34;detail&#34;:";
    assert!(found.body.contains(rule), "{}", found.body);
    assert_eq!((found.calls.len(), found.alert), (2, None));
    let sample = Query::parse(&query[1..]).with("sample", r#"{"detail":{"findings":[{"Severity":{"Label":"LOW"}}]}}"#);
    let tested = page(&service, MEMBER, sample.text().trim_start_matches('?'));
    assert!(
        tested.body.contains("does not select the pasted event. detail.findings.Severity.Label: expected"),
        "{}",
        tested.body
    );
    let refused = page(&service, MEMBER, "pattern=%7B%22a%22%3A%20%22b%22%7D");
    let alert = refused.alert.unwrap();
    assert!(alert.contains("\"a\" must be an object or an array at [Source: (String)"), "{alert}");
    assert!(alert.contains("line: 1, column: 8]"), "{alert}");
    assert!(refused.body.contains("{&#34;a&#34;: &#34;b&#34;}</textarea>"), "{}", refused.body);
}

/// Rules: DSH-95.
#[test]
fn a_page_without_events_says_why() {
    let service = service(Settings { events: 0, ..Settings::default() });
    let Err(PageError::Refused { sentence, .. }) = shown(&service, &view(MEMBER, "")) else { panic!("refused") };
    assert!(sentence.starts_with("events are disabled"), "{sentence}");
    let service = self::service(Settings::default());
    let Err(PageError::Refused { sentence, .. }) = shown(&service, &view("555555555555", "")) else {
        panic!("refused")
    };
    assert!(sentence.contains("555555555555 is not subscribed"), "{sentence}");
    assert!(shown(&service, &view("555555555555", "all=1")).is_ok());
    import(&service, &[("a", "LOW")]);
    let administrator = page(&service, ADMINISTRATOR, "kind=Insight%20Results");
    assert!(administrator.body.contains("No event of this kind") && administrator.body.contains("all=1"));
}
