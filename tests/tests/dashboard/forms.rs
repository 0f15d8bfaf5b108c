//! Tests of forms that write, with the one that every page shows while the hub is off.

use securityhub_fixtures::Operation;
use securityhub_local_tests::program::Program;
use serde_json::json;

use super::document::Document;
use super::site::{HOST, Site, header, text};

const UNSUBSCRIBED: &str = "/_emulator/ui/as/555555555555/us-east-1/";

/// The token of the forms of a page.
pub fn token(page: &Document) -> String {
    let (_, rest) = page.text().split_once("name=\"token\" value=\"").expect("a form with a token");
    rest.split('"').next().unwrap().to_owned()
}

fn enable(site: &Site) -> String {
    format!("token={}&action=enable-hub", token(&site.page(UNSUBSCRIBED)))
}

fn is_enabled(site: &Site) -> bool {
    site.call("555555555555", "us-east-1", Operation::DescribeHub, &json!({})).0 == 200
}

/// Rules: DSH-11, DSH-12.
#[test]
fn a_hub_that_is_off_can_be_enabled_with_one_button() {
    let site = Site::of("quickstart.yaml");
    let page = site.page(UNSUBSCRIBED);
    let main = page.text_of("main");
    assert!(main.contains("Account 555555555555 is not subscribed to AWS Security Hub"), "{main}");
    assert!(main.contains("Enable Security Hub") && main.contains("enable-security-hub"), "{main}");
    assert!(page.text().contains("role=\"alert\"") && main.contains("InvalidAccessException"), "{main}");
    let response = site.post(UNSUBSCRIBED, &[("origin", &format!("http://{HOST}"))], &enable(&site));
    assert_eq!(response.status(), 303, "{}", text(&response));
    let next = header(&response, "location").to_owned();
    assert!(next.starts_with(UNSUBSCRIBED) && next.contains("message="), "{next}");
    assert!(is_enabled(&site));
    let other = next.replace("555555555555", "222222222222");
    assert_eq!(site.page(&other).text_of("status"), "", "a message is not shown on another view");
    // A request without a body does not use the message up.
    site.send(Site::request("HEAD", &next, &[], ""));
    let shown = site.page(&next);
    assert_eq!(shown.text_of("status"), "Security Hub is enabled.");
    assert!(shown.text_of("main").contains("aws securityhub enable-security-hub"), "{}", shown.text());
    assert_eq!(site.page(&next).text_of("status"), "", "a message is shown once");
    let recorded = site.control("/_emulator/requests?operation=EnableSecurityHub");
    let calls = recorded["Requests"].as_array().unwrap();
    assert_eq!(calls.len(), 1, "{recorded}");
    assert_eq!((&calls[0]["Via"], &calls[0]["Account"]), (&json!("dashboard"), &json!("555555555555")));
    let all = site.control("/_emulator/requests?operation=GetFindings");
    assert_eq!(all["Requests"], json!([]), "reads of pages are not recorded");
}

/// Rules: DSH-11.
#[test]
fn a_refused_form_is_shown_again_with_the_sentence_of_the_service() {
    let site = Site::of("quickstart.yaml");
    let form = enable(&site);
    assert_eq!(site.post(UNSUBSCRIBED, &[], &form).status(), 303);
    let response = site.post(UNSUBSCRIBED, &[], &form);
    assert_eq!(response.status(), 422);
    let main = Document::new(&text(&response)).text_of("main");
    assert!(main.contains("ResourceConflictException (409)"), "{main}");
}

/// Rules: DSH-10, DSH-15.
#[test]
fn forms_of_other_pages_are_refused() {
    let site = Site::of("quickstart.yaml");
    let form = enable(&site);
    let without_token = "action=enable-hub".to_owned();
    let of_another = form.replace("token=", "token=00");
    let same = format!("http://{HOST}");
    let same = ("origin", same.as_str());
    for (headers, body) in [
        (vec![], &without_token),
        (vec![same], &of_another),
        (vec![("origin", "null")], &form),
        (vec![("origin", "http://localhost:3000")], &form),
        (vec![("origin", "http://127.0.0.1:4601")], &form),
        (vec![same, ("sec-fetch-site", "same-site")], &form),
        (vec![("sec-fetch-site", "cross-site")], &form),
    ] {
        let response = site.post(UNSUBSCRIBED, &headers, body);
        assert_eq!(response.status(), 403, "{headers:?} {body}");
        assert_eq!(Document::new(&text(&response)).text_of("heading"), "Refused", "{headers:?} {body}");
    }
    let large = format!("{form}&a={}", "a".repeat(6 * 1024 * 1024));
    assert_eq!(site.post(UNSUBSCRIBED, &[], &large).status(), 413);
    let plain = site.send(Site::request("POST", UNSUBSCRIBED, &[("content-type", "text/plain")], &form));
    assert_eq!(plain.status(), 400);
    assert!(!is_enabled(&site), "nothing was done");
    site.get(&format!("{UNSUBSCRIBED}?{form}"));
    assert!(!is_enabled(&site), "reading a page changes nothing");
    let other = UNSUBSCRIBED.replace("555555555555", "222222222222");
    assert_eq!(site.post(&other, &[], &form).status(), 403, "a token is for one account");
}

/// Rules: CPL-07, CPL-08, DSH-04, DSH-10, DSH-15.
#[test]
fn the_server_accepts_forms_of_its_own_pages_under_every_allowed_host() {
    let program = Program::start(&["--allow-host", "hub.example.com", "--allow-origin", "https://app.example.com"]);
    let path = "/_emulator/ui/as/000000000000/us-east-1/bench";
    let post = |host: &str, headers: &str| {
        let (_, page) = program.send(format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes());
        let form = format!("token={}&action=advance&by=PT1H", token(&Document::new(&page)));
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\n{headers}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{form}",
            form.len()
        );
        program.send(request.as_bytes())
    };
    for host in ["hub.example.com:4600", "192.0.2.2:4600", "hub:4600", "host.docker.internal:4600", "localhost"] {
        let (head, body) = post(host, &format!("origin: http://{host}\r\nsec-fetch-site: same-origin"));
        assert!(head.starts_with("HTTP/1.1 303"), "{host}: {head} {body}");
    }
    for headers in [
        "origin: null",
        "origin: http://evil.example",
        "origin: https://app.example.com",
        "origin: http://localhost:3000",
        "sec-fetch-site: cross-site",
    ] {
        let (head, body) = post("hub:4600", headers);
        assert!(head.starts_with("HTTP/1.1 403") && head.contains("content-type: text/html"), "{headers}: {head}");
        let page = Document::new(&body);
        assert_eq!(page.text_of("heading"), "Refused", "{headers}");
        assert!(page.text_of("main").contains("The form was sent by a page of another"), "{headers}: {body}");
        assert_eq!(page.link("Back to the page").as_deref(), Some(path));
    }
}

/// An account that may not read findings.
const DENIED: &str = r#"
name: denied
clock: { now: 2026-01-15T09:00:00Z, frozen: true }
regions: [us-east-1]
organization:
  management_account: "999999999999"
  units:
    Workloads:
      policies: [no-findings]
      accounts: ["111111111111"]
policies:
  no-findings:
    document:
      Version: "2012-10-17"
      Statement: { Effect: Deny, Action: "securityhub:GetFindings", Resource: "*" }
hubs:
  - { account: "111111111111", regions: all, quiet: true }
"#;

/// Rules: DSH-11, DSH-12.
#[test]
fn policies_apply_to_pages() {
    let site = Site::written(DENIED);
    let page = site.page("/_emulator/ui/as/111111111111/us-east-1/");
    let (heading, main) = (page.text_of("heading"), page.text_of("main"));
    assert_eq!(heading, "Overview");
    assert!(main.contains("is not authorized to perform: securityhub:GetFindings"), "{main}");
    assert!(main.contains("AccessDeniedException") && main.contains("aws securityhub get-findings"), "{main}");
    assert!(!main.contains("Enable Security Hub"), "{main}");
}
