//! Tests of the page `Automation rules`: a rule is created from the filters in the address, changed and deleted.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::document::Document;
use super::forms::token;
use super::site::{Site, text};

const PAGE: &str = "/_emulator/ui/as/111111111111/us-east-1/rules";
const MEMBER: &str = "/_emulator/ui/as/222222222222/us-east-1/rules";

/// The rules in the order of their evaluation.
fn rules(site: &Site) -> Vec<Value> {
    let (_, listed) = site.call("111111111111", "us-east-1", Operation::ListAutomationRules, &json!({}));
    listed["AutomationRulesMetadata"].as_array().unwrap().clone()
}

/// Rules: DSH-11, DSH-92.
#[test]
fn a_rule_is_created_from_filters_and_deleted() {
    let site = Site::of("quickstart.yaml");
    let empty = site.page(PAGE).text_of("main");
    assert!(empty.contains("No automation rules. Create one below"), "{empty}");
    let filters = "f=SeverityLabel:EQUALS:HIGH&f=RecordState:EQUALS:ACTIVE";
    let address = format!("{PAGE}?{filters}");
    let page = site.page(&address);
    let expected = json!({
        "SeverityLabel": [{ "Value": "HIGH", "Comparison": "EQUALS" }],
        "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }],
    });
    let count = site.findings("111111111111", "us-east-1", expected.as_object().unwrap());
    assert!(count > 0 && page.text_of("main").contains(&format!("Would match now: {count} ")), "{}", page.text());
    let fields = format!("action=create-rule&{filters}&name=A&description=d&order=1&enabled=yes&workflow=NOTIFIED");
    let page = site.submitted(&address, &fields);
    assert_eq!(page.text_of("status"), "1 created, 0 refused: the rule A.");
    assert!(page.text_of("main").contains("aws securityhub create-automation-rule"), "{}", page.text());
    let arn = rules(&site)[0]["RuleArn"].as_str().unwrap().to_owned();
    let input = json!({ "AutomationRulesArns": [arn] });
    let (_, rule) = site.call("111111111111", "us-east-1", Operation::BatchGetAutomationRules, &input);
    assert_eq!(rule["Rules"][0]["Criteria"], expected);
    let edit = format!("{PAGE}?edit={arn}");
    let page = site.submitted(&edit, &format!("action=disable&arn={arn}"));
    assert_eq!(
        (page.text_of("status").as_str(), &rules(&site)[0]["RuleStatus"]),
        ("1 changed, 0 refused", &json!("DISABLED"))
    );
    let page = site.submitted(&edit, &format!("action=delete&arn={arn}"));
    assert_eq!((page.text_of("status").as_str(), rules(&site).len()), ("1 deleted, 0 refused", 0));
}

/// Rules: DSH-13, DSH-92.
#[test]
fn the_page_stays_small_with_long_criteria() {
    let site = Site::of("quickstart.yaml");
    let values = |field: &str, length: usize| -> Value {
        let value =
            |number: usize| json!({ "Value": format!("{number:02}{}", "x".repeat(length)), "Comparison": "EQUALS" });
        json!({ field: (0..20).map(value).collect::<Vec<_>>() })
    };
    for (name, length) in [("short", 10), ("long", 1_000)] {
        let input = json!({
            "RuleName": name, "Description": "d", "RuleOrder": 1, "Criteria": values("Title", length),
            "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Workflow": { "Status": "NOTIFIED" } } }],
        });
        let (status, answer) = site.call("111111111111", "us-east-1", Operation::CreateAutomationRule, &input);
        assert_eq!(status, 200, "{answer}");
        for query in [String::new(), format!("?edit={}", answer["RuleArn"].as_str().unwrap())] {
            let page = site.page(&format!("{PAGE}{query}"));
            assert!(page.text().len() <= 300 * 1024, "{name}{query}: {} bytes", page.text().len());
            assert!(page.text_of("main").contains("xxxxxxxxxx"), "{name}{query}");
        }
    }
}

/// Rules: DSH-11, DSH-92.
#[test]
fn a_refused_rule_is_shown_again() {
    let site = Site::of("quickstart.yaml");
    let token = token(&site.page(PAGE));
    let fields = "action=create-rule&name=Kept&description=d&order=2000&workflow=NEW&f=SeverityLabel:EQUALS:HIGH";
    let response = site.post(PAGE, &[], &format!("token={token}&{fields}"));
    let page = Document::new(&text(&response));
    assert_eq!(response.status(), 422);
    assert!(page.text_of("main").contains("InvalidInputException (400)"), "{}", page.text_of("main"));
    assert!(page.text().contains("value=\"Kept\"") && page.text().contains("value=\"2000\""), "{}", page.text());
    assert!(rules(&site).is_empty());
}

/// Rules: DSH-11, DSH-92.
#[test]
fn a_member_may_not_list_rules() {
    let site = Site::of("quickstart.yaml");
    let page = site.page(MEMBER);
    let main = page.text_of("main");
    assert_eq!(page.text_of("heading"), "Automation rules");
    assert!(main.contains("AccessDeniedException") && main.contains("list-automation-rules"), "{main}");
}

/// Rules: DSH-24, DSH-92.
#[test]
fn a_hundred_rules_are_shown_in_pages() {
    let site = Site::of("quickstart.yaml");
    for number in 0..45 {
        let input = json!({
            "RuleName": format!("rule {number}"),
            "Description": "<script>alert(1)</script>",
            "RuleOrder": 1,
            "Criteria": { "Title": [{ "Value": "<b>", "Comparison": "CONTAINS" }] },
            "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Confidence": 7 } }],
        });
        let (status, body) = site.call("111111111111", "us-east-1", Operation::CreateAutomationRule, &input);
        assert_eq!(status, 200, "{body}");
    }
    let page = site.page(&format!("{PAGE}?page=3"));
    assert!(page.text_of("main").contains("41–45 of 45 rules"), "{}", page.text_of("main"));
    assert!(page.text_of("main").contains("Title contains <b>"), "{}", page.text_of("main"));
    assert!(!page.text().contains("<b>") && page.text().len() < 300 * 1024, "{}", page.text().len());
    page.check_structure(PAGE);
    page.check_tables(PAGE);
}
