//! Tests of the pages of insights.

use securityhub_fixtures::Operation;
use serde_json::json;

use super::site::{Site, header, text};

const VIEW: &str = "/_emulator/ui/as/111111111111/us-east-1/";
const MANAGED: &str = "arn:aws:securityhub:::insight/securityhub/default/1";

/// Rules: DSH-75.
#[test]
fn insights_are_listed_with_their_first_results() {
    let site = Site::of("quickstart.yaml");
    let page = site.page(&format!("{VIEW}insights"));
    let managed = page.table("Managed insights").unwrap();
    assert_eq!(managed[0], ["Insight", "Grouped by", "Results", "Top"]);
    assert_eq!((managed.len(), page.table("Custom insights")), (36, None));
    assert!(page.text_of("main").contains("This account has no custom insights."));
    let (_, answer) =
        site.call("111111111111", "us-east-1", Operation::GetInsightResults, &json!({ "InsightArn": MANAGED }));
    let values = answer["InsightResults"]["ResultValues"].as_array().unwrap();
    let top = format!("{}: {}", values[0]["GroupByAttributeValue"].as_str().unwrap(), values[0]["Count"]);
    assert_eq!(managed[1][1..], ["ResourceId".to_owned(), values.len().to_string(), top]);
}

/// Rules: DSH-75.
#[test]
fn an_insight_is_created_from_chips_changed_and_deleted() {
    let site = Site::of("quickstart.yaml");
    let address = format!("{VIEW}insights?f=SeverityLabel:EQUALS:HIGH&f=RecordState:EQUALS:ACTIVE");
    let page = site.page(&address);
    let filters = page.text_of("filters");
    let expected = json!({
        "SeverityLabel": [{ "Value": "HIGH", "Comparison": "EQUALS" }],
        "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }],
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&filters).unwrap(), expected);
    let fields = [("action", "create"), ("name", "<b>High</b>"), ("group", "AwsAccountId"), ("filters", &*filters)];
    let wrong = site.refused(&address, &[fields[0], fields[1], fields[2], ("filters", "{")]);
    assert!(wrong.text_of("main").contains("The filters are not a JSON object") && wrong.text_of("filters") == "{");
    let nameless = site.refused(&address, &[fields[0], ("name", ""), fields[2], fields[3]]);
    assert!(nameless.text_of("main").contains("InvalidInputException"), "{}", nameless.text_of("main"));
    let response = site.submit(&address, &fields);
    assert_eq!(response.status(), 303, "{}", text(&response));
    let insight = header(&response, "location").to_owned();
    assert!(insight.starts_with(&format!("{VIEW}insight?arn=")), "{insight}");
    let page = site.page(&insight);
    assert_eq!(
        (page.text_of("heading"), page.text_of("status")),
        ("<b>High</b>".into(), "1 insight created, 0 refused.".into())
    );
    let results = page.table("Results").unwrap();
    assert_eq!(results[0][..2], ["AwsAccountId", "Findings"]);
    let total: u64 = results[1..].iter().map(|row| row[1].parse::<u64>().unwrap()).sum();
    assert!(total > 0);
    assert_eq!(total, site.findings("111111111111", "us-east-1", expected.as_object().unwrap()));
    let insight = insight.split("&message=").next().unwrap();
    let edited = [("action", "edit"), ("name", "Ours"), ("group", "SeverityLabel"), ("filters", &*filters)];
    let page = site.submitted(insight, &edited);
    assert_eq!(
        (page.text_of("heading"), page.table("Results").unwrap()[0][0].clone()),
        ("Ours".into(), "SeverityLabel".into())
    );
    assert_eq!(site.page(&format!("{VIEW}insights")).row("Custom insights", "Ours")[1], "SeverityLabel");
    let page = site.submitted(insight, &[("action", "delete")]);
    assert_eq!(page.text_of("status"), "1 insight deleted, 0 refused.");
    assert_eq!(site.status(insight), 404);
    assert_eq!(site.status(&format!("{VIEW}insights?f=Nope")), 400);
    assert_eq!(site.status(&format!("{VIEW}insights?f=Nope:EQUALS:a")), 400);
    assert!(
        site.page(&format!("{VIEW}insight?arn={MANAGED}")).buttons().is_empty(),
        "managed insights cannot be changed"
    );
}

/// Rules: DSH-75.
#[test]
fn results_are_sent_to_a_custom_action() {
    let site = Site::of("quickstart.yaml");
    let action = json!({ "Name": "Chat", "Description": "To the chat", "Id": "Chat" });
    let (_, created) = site.call("111111111111", "us-east-1", Operation::CreateActionTarget, &action);
    let action = created["ActionTargetArn"].as_str().unwrap();
    let address = format!("{VIEW}insight?arn={MANAGED}");
    let page = site.page(&address);
    assert_eq!(page.buttons(), ["Send"]);
    let value = page.table("Results").unwrap()[1][0].clone();
    let none = site.refused(&address, &[("action", "send"), ("custom-action", action)]);
    assert!(none.text_of("main").contains("Select 1 to 100 results."));
    let sent = site.submitted(&address, &[("action", "send"), ("custom-action", action), ("value", &value)]);
    assert_eq!(sent.text_of("status"), "1 result sent in 1 event.");
    let events = site.control("/_emulator/events?detail-type=Security%20Hub%20Insight%20Results");
    assert_eq!(events["Events"].as_array().unwrap().len(), 1, "{events}");
}

/// Rules: DSH-25, DSH-75.
#[test]
fn a_result_is_a_link_to_its_findings() {
    let site = Site::of("forty-members.yaml");
    let (_, created) = site.call(
        "111111111111",
        "us-east-1",
        Operation::CreateInsight,
        &json!({
            "Name": "Severe", "GroupByAttribute": "SeverityLabel",
            "Filters": { "SeverityLabel": [
                { "Value": "HIGH", "Comparison": "EQUALS" }, { "Value": "CRITICAL", "Comparison": "EQUALS" },
            ] },
        }),
    );
    for arn in [MANAGED, created["InsightArn"].as_str().unwrap()] {
        let address = format!("{VIEW}insight?arn={arn}");
        let page = site.page(&address);
        let rows = page.table("Results").unwrap().len() - 1;
        assert!(rows > 1, "{arn}");
        let (_, table) = page.text().split_once("<caption>Results</caption>").unwrap();
        let (table, _) = table.split_once("</table>").unwrap();
        assert_eq!(table.matches("/findings?f=").count(), rows, "{arn}");
        super::links::check_numbers(&site, &address, &page);
    }
}
