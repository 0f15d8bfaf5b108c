//! Tests of `Overview` without HTTP.

use http::Method;
use serde_json::json;

use super::*;
use crate::dashboard::view::View;
use crate::scenario;
use crate::service::{Service, Settings};
use crate::state::Region;
use crate::testing::id;

const CONTROLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/controls.yaml");
/// Two accounts in two Regions; the second is only invited in one of them.
const TWO: &str = r#"
name: two
clock: { now: 2026-01-15T09:00:00Z, frozen: true }
regions: [us-east-1, eu-west-1]
hubs:
  - { account: "111111111111", regions: [us-east-1], quiet: true, members: { "222222222222": enabled } }
  - { account: "111111111111", regions: [eu-west-1], quiet: true, members: { "222222222222": invited } }
"#;

/// The page of a service as an account sees it in us-east-1.
fn shown(service: &Service, account: &str) -> Result<Content, PageError> {
    let view = View::of(id(account), Region::new("us-east-1"));
    show(&Context::new(service, &view, "token".to_owned(), "http://x".to_owned()))
}

fn service(scenario: scenario::Scenario) -> Service {
    Service::new(Settings::default(), Some(scenario)).unwrap()
}

/// Rules: DSH-43.
#[test]
fn coverage_shows_the_hubs_and_memberships_of_each_region() {
    let scenario = scenario::load_sources(&[scenario::Source::Text(TWO.to_owned())]).unwrap();
    let service = service(scenario);
    let view = View::of(id("111111111111"), Region::new("us-east-1"));
    let context = Context::new(&service, &view, String::new(), String::new());
    let coverage = Coverage::of(&context);
    let texts = |row: &coverage::Row| {
        let cells = row.cells.iter().map(|cell| format!("{} {}", cell.hub, cell.status.unwrap_or("-")));
        (row.account.clone(), cells.collect::<Vec<_>>())
    };
    assert_eq!(coverage.regions, ["us-east-1", "eu-west-1"]);
    let rows: Vec<_> = coverage.rows.iter().map(texts).collect();
    let expected = [("111111111111", ["on -", "on -"]), ("222222222222", ["on Enabled", "off Invited"])];
    let expected = expected.map(|(account, cells)| (account.to_owned(), cells.map(str::to_owned).to_vec()));
    assert_eq!(rows, expected);
    assert_eq!(coverage.rows[1].cells[1].address, "/_emulator/ui/as/222222222222/eu-west-1/");
    let page = shown(&service, "111111111111").unwrap();
    assert!(page.body.contains("<h2 id=\"empty\">No findings yet</h2>"), "{}", page.body);
    assert!(!page.body.contains("Security score"), "{}", page.body);
    // The shown call can be run without changes.
    let input = json!({ "Findings": [import_call(&context).input().unwrap()["Findings"][0]] });
    let imported = context.send(&Call::api(Operation::BatchImportFindings, input)).unwrap();
    assert_eq!(imported["SuccessCount"], 1, "{imported}");
    assert!(!shown(&service, "111111111111").unwrap().body.contains("No findings yet"));
    assert_eq!(page.calls.len(), 2);
}

/// Rules: DSH-43.
#[test]
fn the_scores_of_enabled_standards_equal_those_of_the_control_plane() {
    let service = service(scenario::load(&[CONTROLS.into()]).unwrap());
    let page = shown(&service, "111111111111").unwrap();
    let view = View::of(id("111111111111"), Region::new("us-east-1"));
    let context = Context::new(&service, &view, String::new(), String::new());
    let path = "/_emulator/compliance?account=111111111111&region=us-east-1";
    let answer = context.fetch(&Call::control(&Method::GET, path, json!(null), "compliance")).unwrap();
    let standards = answer["Standards"].as_array().unwrap();
    assert!(!standards.is_empty());
    for standard in standards {
        let text = standard["Score"].as_u64().map_or_else(|| ABSENT.to_owned(), |score| format!("{score} %"));
        let item = format!(
            "<span class=\"name\">{}</span> <span class=\"text\">{text}</span>",
            standard["Name"].as_str().unwrap()
        );
        assert!(page.body.contains(&item), "{item} in {}", page.body);
    }
}

/// Rules: DSH-10.
#[test]
fn a_page_does_not_request_daily_scores() {
    let text = format!("{TWO}score_mode: daily\n");
    let service = service(scenario::load_sources(&[scenario::Source::Text(text)]).unwrap());
    shown(&service, "111111111111").unwrap();
    let world = service.world();
    let key = crate::state::HubKey { account: id("111111111111"), region: Region::new("us-east-1") };
    assert!(world.daily_scores.as_ref().unwrap().get(&key).is_none());
}

/// Rules: DSH-11.
#[test]
fn a_page_that_the_account_may_not_read_is_refused_with_its_call() {
    let service = Service::new(Settings::default(), None).unwrap();
    let Err(PageError::Refused { sentence, code, status, call }) = shown(&service, "222222222222") else {
        panic!("the page is refused")
    };
    assert_eq!((code.as_deref(), status), (Some("InvalidAccessException"), 401));
    assert!(sentence.contains("222222222222 is not subscribed"), "{sentence}");
    assert_eq!(*call, Call::api(Operation::GetFindings, json!({})));
}
