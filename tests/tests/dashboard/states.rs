//! Tests of pages without content: each says why, and the next thing to do (DSH-30).

use securityhub_fixtures::Operation;
use securityhub_local::dashboard::routes;
use serde_json::{Value, json};

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

/// Rules: DSH-13.
#[test]
fn every_page_stays_small_with_long_values() {
    let site = Site::of("quickstart.yaml");
    let long = |length: usize| "<&".repeat(length / 2);
    let findings: Vec<Value> = (0..120)
        .map(|number| {
            json!({
                "SchemaVersion": "2018-10-08", "Id": format!("{number}{}", long(480)), "GeneratorId": long(480),
                "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty", "AwsAccountId": "222222222222",
                "Types": ["Effects"], "Title": long(250), "Description": long(1_000),
                "CreatedAt": "2026-01-10T09:00:00Z", "UpdatedAt": "2026-01-10T09:00:00Z", "Severity": { "Label": "HIGH" },
                "Resources": [{ "Type": "Other", "Id": format!("{number}{}", long(480)) }],
            })
        })
        .collect();
    let view = "/_emulator/ui/as/111111111111/us-east-1/";
    let findings = json!(findings).to_string();
    for findings in [findings.as_str(), &findings.replace("2018-10-08", "2018")] {
        let page = site.submitted(&format!("{view}bench"), &[("action", "import"), ("asff", findings)]);
        assert!(page.text().len() <= 300 * 1024, "{} bytes: {}", page.text().len(), page.text_of("status"));
    }
    for number in 1..=30 {
        let value = |_: u64| json!({ "Value": long(500), "Comparison": "NOT_EQUALS" });
        let values: Vec<Value> = (0..20).map(value).collect();
        let input = json!({
            "RuleName": format!("rule {number}"), "Description": "d", "RuleOrder": number,
            "Criteria": { "Id": values, "Title": values, "GeneratorId": values, "ResourceId": values },
            "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Confidence": 1 } }],
        });
        let (status, answer) = site.call("111111111111", "us-east-1", Operation::CreateAutomationRule, &input);
        assert_eq!(status, 200, "{answer}");
    }
    let filters =
        json!({ "Title": (0..20).map(|_| json!({ "Value": long(500), "Comparison": "EQUALS" })).collect::<Vec<_>>() });
    let input = json!({ "Name": "long", "Filters": filters, "GroupByAttribute": "Id" });
    let (_, insight) = site.call("111111111111", "us-east-1", Operation::CreateInsight, &input);
    let all = site.page(&format!("{view}findings?f=GeneratorId:PREFIX:%3C"));
    let finding = all.links().into_iter().map(|(link, _)| link).find(|link| link.contains("finding?product")).unwrap();
    let insight = format!("{view}insight?arn={}", insight["InsightArn"].as_str().unwrap());
    let lists = ["", "&size=100", "&size=100&group=Id", "&size=100&group=resource", "&group=check"]
        .map(|query| format!("{view}findings?f=GeneratorId:PREFIX:%3C{query}"));
    let of_finding = ["", "&view=json", "&view=rules", "&view=explain"].map(|query| format!("{finding}{query}"));
    let others = [view.to_owned(), format!("{view}rules"), format!("{view}insights"), insight];
    for address in lists.iter().chain(&of_finding).chain(&others) {
        let page = site.page(address);
        page.check_structure(address);
        assert!(page.text().len() <= 300 * 1024, "{address:.200}: {} bytes", page.text().len());
    }
}

/// Rules: DSH-30.
#[test]
fn a_list_that_is_empty_because_of_the_query_says_so() {
    let site = Site::of("quickstart.yaml");
    let view = "/_emulator/ui/as/111111111111/us-east-1/";
    site.submitted(&format!("{view}bench"), &[("action", "advance"), ("by", "1h")]);
    site.call("111111111111", "us-east-1", Operation::DescribeHub, &json!({}));
    let requests = site.page(&format!("{view}bench?operation=Nope")).text_of("main");
    assert!(requests.contains("No recorded call matches these filters. Show all calls"), "{requests}");
    let events = site.page(&format!("{view}events?before=1")).text_of("main");
    assert!(events.contains("No older events exist"), "{events}");
    for page in ["insight", "standard", "control"] {
        let missing = Document::new(&text(&site.get(&format!("{view}{page}")))).text_of("main");
        assert!(missing.contains("The address does not name"), "{page}: {missing}");
    }
    let asked = format!("{view}accounts?may-account=222222222222&may-operation=");
    let asked = Document::new(&text(&site.get(&asked))).text_of("main");
    assert!(asked.contains("Enter an operation, such as DisableSecurityHub."), "{asked}");
    let zero = site.page(&format!("{view}findings?f=Title:EQUALS:%00"));
    assert!(!zero.text().contains('\0') && zero.text().contains('\u{fffd}'), "{}", zero.text_of("main"));
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
