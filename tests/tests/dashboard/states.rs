//! Tests of pages without content: each says why, and the next thing to do (DSH-30).

use securityhub_fixtures::Operation;
use securityhub_local::dashboard::routes;
use serde_json::json;

use super::document::Document;
use super::site::{Site, text};

/// Pages that show the hub of the account, and those that show its findings.
const OF_HUB: [&str; 7] = ["", "findings", "insights", "standards", "accounts", "rules", "products"];
const OF_FINDINGS: [&str; 2] = ["", "findings"];

/// Rules: DSH-30.
#[test]
fn a_page_of_an_account_without_a_hub_has_a_button_that_enables_it() {
    let site = Site::of("quickstart.yaml");
    for path in OF_HUB {
        let address = format!("/_emulator/ui/as/555555555555/us-east-1/{path}");
        let page = site.page(&address);
        let main = page.text_of("main");
        assert!(main.contains("Account 555555555555 is not subscribed to AWS Security Hub"), "{address}: {main}");
        assert!(main.contains("Enable Security Hub"), "{address}: {main}");
        assert!(page.text().contains("value=\"enable-hub\""), "{address}");
    }
}

/// Rules: DSH-13.
#[test]
fn every_page_stays_small_with_many_filters() {
    let site = Site::of("quickstart.yaml");
    let filter = |number: usize| format!("f=ResourceId:NOT_EQUALS:arn:aws:s3:::a-bucket-with-the-number-{number:04}");
    for count in [15, 150, 700] {
        let query = (0..count).map(filter).collect::<Vec<_>>().join("&");
        for route in routes::all() {
            let view = if route.path == "finding" { "&view=explain" } else { "" };
            let address = format!("/_emulator/ui/as/111111111111/us-east-1/{}?{query}{view}", route.path);
            let bytes = site.get(&address).body().len();
            assert!(bytes <= 300 * 1024, "{} with {count} filters: {bytes} bytes", route.path);
        }
    }
}

/// Rules: DSH-89, DSH-91.
#[test]
fn an_account_without_a_hub_sees_its_organization() {
    let site = Site::of("console-settings.yaml");
    let address = "/_emulator/ui/as/555555555555/us-east-1/accounts";
    let response = site.get(address);
    assert_eq!(response.status(), 200);
    let main = site.page(address).text_of("main");
    for section in ["is not subscribed to AWS Security Hub", "Organization", "Denied by policy", "May ACCOUNT do"] {
        assert!(main.contains(section), "{section}: {main}");
    }
    assert!(!main.contains("Invite accounts"), "{main}");
}

/// Rules: DSH-30.
#[test]
fn a_page_without_findings_shows_how_to_import_one() {
    let site = Site::of("");
    let (status, _) = site.call("000000000000", "us-east-1", Operation::EnableSecurityHub, &json!({}));
    assert_eq!(status, 200);
    for path in OF_FINDINGS {
        let address = format!("/_emulator/ui/as/000000000000/us-east-1/{path}");
        let page = site.page(&address);
        let main = page.text_of("main");
        assert!(main.contains("No findings yet") && main.contains("batch-import-findings"), "{address}: {main}");
        let bench = page.links().into_iter().any(|(link, _)| link.ends_with("/us-east-1/bench"));
        assert!(bench, "{address}: no link to the test bench");
    }
}

/// Rules: DSH-30.
#[test]
fn filters_that_select_nothing_can_be_removed() {
    let site = Site::of("quickstart.yaml");
    for (path, query, sentence) in [
        ("fidelity", "q=nothing+like+this", "No rules match these filters"),
        ("products", "q=nothing+like+this", "No products match these filters"),
        ("findings", "f=Title:EQUALS:no", "No finding has all of these"),
    ] {
        let page = "/_emulator/ui/as/111111111111/us-east-1/";
        let response = site.get(&format!("{page}{path}?{query}"));
        let found = Document::new(&text(&response));
        let main = found.text_of("main");
        assert!(main.contains(sentence), "{path}: {main}");
        let is_without = |(link, _): (String, String)| link == format!("{page}{path}");
        assert!(found.links().into_iter().any(is_without), "{path}: no link to the page without filters");
    }
}
