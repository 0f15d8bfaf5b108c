//! Tests of the page `finding`.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use securityhub_fixtures::Operation;
use securityhub_local::service::Settings;
use serde_json::{Value, json};

use super::check_page;
use super::document::{Document, attribute, content, elements};
use super::site::{Site, text};

const ADMINISTRATOR: &str = "111111111111";
const MEMBER: &str = "222222222222";
const REGION: &str = "us-east-1";
const VIEWS: [&str; 7] = ["overview", "json", "history", "resources", "events", "rules", "explain"];

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The address of a finding for an account in us-east-1, with more of the query.
fn address(account: &str, finding: &Value, more: &str) -> String {
    address_in(account, REGION, finding, more)
}

fn address_in(account: &str, region: &str, finding: &Value, more: &str) -> String {
    let member = |name: &str| encoded(finding[name].as_str().unwrap());
    let (product, id) = (member("ProductArn"), member("Id"));
    format!("/_emulator/ui/as/{account}/{region}/finding?product={product}&id={id}{more}")
}

/// The findings that filters select.
fn findings(site: &Site, account: &str, filters: &Value) -> Vec<Value> {
    let input = json!({ "Filters": filters, "MaxResults": 100 });
    let (status, answer) = site.call(account, REGION, Operation::GetFindings, &input);
    assert_eq!(status, 200, "{answer}");
    answer["Findings"].as_array().unwrap().clone()
}

fn equals(name: &str, value: &str) -> Value {
    json!({ name: [{ "Value": value, "Comparison": "EQUALS" }] })
}

/// A finding of the member's own product, imported with more members.
fn import(site: &Site, id: &str, more: &Value) -> Value {
    import_as(site, MEMBER, id, more)
}

fn import_as(site: &Site, account: &str, id: &str, more: &Value) -> Value {
    let mut finding = json!({
        "SchemaVersion": "2018-10-08",
        "Id": id,
        "ProductArn": format!("arn:aws:securityhub:{REGION}:{account}:product/{account}/default"),
        "GeneratorId": "scanner",
        "AwsAccountId": account,
        "Types": ["Software and Configuration Checks"],
        "CreatedAt": "2026-01-15T08:00:00Z",
        "UpdatedAt": "2026-01-15T08:00:00Z",
        "Severity": { "Label": "HIGH" },
        "Title": "A finding",
        "Description": "Imported by a test.",
        "Resources": [{ "Type": "Other", "Id": "resource-1" }],
    });
    for (name, value) in more.as_object().unwrap() {
        finding[name] = value.clone();
    }
    let input = json!({ "Findings": [finding] });
    let (_, answer) = site.call(account, REGION, Operation::BatchImportFindings, &input);
    assert_eq!(answer["SuccessCount"], 1, "{answer}");
    findings(site, account, &equals("Id", id)).remove(0)
}

/// The value of a term of the facts.
fn fact(page: &Document, term: &str) -> String {
    page.with(|html| {
        let found = elements(html, "dt").find(|it| content(*it) == term);
        let found = found.unwrap_or_else(|| panic!("no fact {term}: {}", page.text()));
        content(found.next_sibling_element().unwrap())
    })
}

/// Rules: DSH-65.
#[test]
fn every_view_of_a_finding_passes_the_checks_of_pages() {
    for (scenario, account) in
        [("quickstart.yaml", ADMINISTRATOR), ("quickstart.yaml", MEMBER), ("controls.yaml", ADMINISTRATOR)]
    {
        let site = Site::of(scenario);
        for product in ["GuardDuty", "Security Hub"] {
            let Some(finding) = findings(&site, account, &equals("ProductName", product)).into_iter().next() else {
                continue;
            };
            for view in VIEWS {
                let address = address(account, &finding, &format!("&view={view}"));
                let page = check_page(&site, &address);
                assert_eq!(page.text_of("heading"), finding["Title"].as_str().unwrap(), "{address}");
                let links = page.with(|html| {
                    let navigation =
                        elements(html, "nav").find(|it| attribute(*it, "aria-label") == "Finding").unwrap();
                    let current = elements(navigation, "a").filter(|it| attribute(*it, "aria-current") == "page");
                    assert_eq!(current.map(content).collect::<Vec<_>>().join(" ").to_lowercase(), view);
                    elements(navigation, "a").map(content).collect::<Vec<_>>()
                });
                assert_eq!(links, ["Overview", "JSON", "History", "Resources", "Events", "Rules", "Explain"]);
            }
        }
    }
}

/// Rules: DSH-65.
#[test]
fn a_finding_that_an_account_does_not_see_is_not_found_and_explained() {
    let site = Site::of("quickstart.yaml");
    let finding = import(&site, "a", &json!({}));
    let address = address("333333333333", &finding, "");
    let response = site.get(&address);
    assert_eq!(response.status(), 404);
    let page = Document::new(&text(&response));
    page.check_structure(&address);
    page.check_tables(&address);
    assert_eq!(page.text_of("heading"), "Not found");
    let rows = page.required_table("Who sees it");
    assert_eq!(rows[0], ["Account", "Region", "Sees it", "Why"]);
    let of = |account: &str| rows.iter().find(|row| row[0].starts_with(account)).unwrap()[2].clone();
    assert_eq!(of("333333333333"), "no", "{rows:?}");
    assert_eq!((of(MEMBER).as_str(), of(ADMINISTRATOR).as_str()), ("yes", "yes"), "{rows:?}");
    let nothing = json!({ "ProductArn": finding["ProductArn"], "Id": "nope" });
    let page = site.get(&self::address(MEMBER, &nothing, ""));
    assert!(page.status() == 404 && text(&page).contains("no finding with this Id"), "{}", text(&page));
}

/// Rules: DSH-65.
#[test]
fn findings_with_the_same_id_are_listed_to_choose_from() {
    let site = Site::of("quickstart.yaml");
    let template = findings(&site, MEMBER, &equals("ProductName", "GuardDuty")).remove(0);
    let product = format!("arn:aws:securityhub:{REGION}::product/aws/guardduty");
    let of = |account: &str| {
        let mut finding = template.clone();
        (finding["Id"], finding["ProductArn"], finding["AwsAccountId"]) =
            ("same".into(), product.clone().into(), account.into());
        finding
    };
    let body = json!([of(MEMBER), of("333333333333")]).to_string();
    let imported =
        site.send(Site::request("POST", "/_emulator/findings", &[("content-type", "application/json")], &body));
    assert_eq!(imported.status(), 200, "{}", text(&imported));
    let several = address(ADMINISTRATOR, &of(MEMBER), "&view=json");
    let page = check_page(&site, &several);
    let rows = page.required_table("Findings with this Id");
    assert_eq!(rows.len(), 3, "{rows:?}");
    let links = page.links();
    let (link, _) = links.iter().find(|(_, text)| text == "333333333333").unwrap();
    assert!(link.contains("view=json"), "{link}");
    let chosen = site.page(link);
    assert!(chosen.text_of("main").contains("\"AwsAccountId\": \"333333333333\""), "{}", chosen.text());
    let by_id = format!("/_emulator/ui/as/{ADMINISTRATOR}/{REGION}/finding?id=same");
    assert_eq!(check_page(&site, &by_id).required_table("Findings with this Id").len(), 3);
    let one = site.page(&format!("{by_id}&account={MEMBER}"));
    assert_eq!(fact(&one, "Account"), format!("{MEMBER} (prod)"));
}

/// Rules: DSH-66.
#[test]
fn the_overview_shows_values_of_providers_beside_those_of_customers() {
    let site = Site::of("quickstart.yaml");
    let more = json!({
        "Confidence": 40,
        "FirstObservedAt": "2026-01-14T08:00:00.500Z",
        "SourceUrl": "javascript:alert(1)",
        "Remediation": { "Recommendation": { "Text": "Close it.", "Url": "https://example.com/a?b&c" } },
        "Compliance": { "Status": "FAILED", "StatusReasons": [{ "ReasonCode": "CODE", "Description": "because" }], "SecurityControlId": "S3.1" },
        "UserDefinedFields": { "ticket": "T-1" },
        "RelatedFindings": [{ "ProductArn": format!("arn:aws:securityhub:{REGION}:{MEMBER}:product/{MEMBER}/default"), "Id": "b" }],
    });
    import(&site, "b", &json!({ "Title": "Another" }));
    let finding = import(&site, "a", &more);
    let input = json!({
        "FindingIdentifiers": [{ "Id": "a", "ProductArn": finding["ProductArn"] }],
        "Severity": { "Label": "LOW" }, "Confidence": 90, "Note": { "Text": "Seen", "UpdatedBy": "me" },
    });
    assert_eq!(site.call(MEMBER, REGION, Operation::BatchUpdateFindings, &input).0, 200);
    let page = check_page(&site, &address(ADMINISTRATOR, &finding, ""));
    for (term, expected) in [
        ("Severity", "LOW provider: HIGH"),
        ("Confidence", "90 provider: 40"),
        ("Workflow", "NEW"),
        ("Record state", "ACTIVE"),
        ("First observed", "2026-01-14 08:00:00Z"),
        ("Last observed", "–"),
        ("Note", "Seen"),
        ("ticket", "T-1"),
        ("Status", "FAILED"),
        ("Reasons", "CODE: because"),
        ("Control", "S3.1"),
        ("Source", "javascript:alert(1)"),
        ("Instructions", "https://example.com/a?b&c"),
        ("Findings", "b"),
    ] {
        assert_eq!(fact(&page, term), expected, "{term}");
    }
    assert!(!page.text().contains("href=\"javascript:"), "{}", page.text());
    assert!(page.links().iter().any(|(link, text)| text == "b" && link.contains("id=b")), "{:?}", page.links());
    let others = page.required_table("Other findings of the same resource");
    assert_eq!(others[0], ["Title", "Severity", "Account", "Product", "Workflow", "Updated"]);
    assert_eq!((others.len(), others[1][0].as_str()), (2, "Another"));
}

/// Rules: DSH-31, DSH-65, DSH-67.
#[test]
fn text_of_a_finding_is_escaped_in_every_view() {
    let site = Site::of("quickstart.yaml");
    let bad = "</pre><script>alert('1')</script>\"&amp;";
    let finding = import(
        &site,
        &format!("id {bad}"),
        &json!({
            "Title": bad, "Description": bad, "UserDefinedFields": { "a b": bad },
            "Resources": [{ "Type": "Other", "Id": bad, "Details": { "Other": { "x<y": bad } } }],
            "ProductFields": { bad: bad },
        }),
    );
    for view in VIEWS {
        let page = check_page(&site, &address(MEMBER, &finding, &format!("&view={view}")));
        assert_eq!(page.text_of("heading"), bad);
    }
}

/// Rules: DSH-67.
#[test]
fn the_document_is_that_of_getfindings() {
    let site = Site::of("quickstart.yaml");
    for finding in findings(&site, ADMINISTRATOR, &json!({})).iter().take(10) {
        let page = site.page(&address(ADMINISTRATOR, finding, "&view=json"));
        let shown = page.with(|html| {
            let pre = elements(html, "pre").find(|pre| attribute(*pre, "class") == "json").unwrap();
            pre.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect::<String>()
        });
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), *finding);
        page.with(|html| {
            let anchor = elements(html, "a").find(|it| it.attribute("id") == Some("Severity.Label")).unwrap();
            assert_eq!((attribute(anchor, "href"), content(anchor).as_str()), ("#Severity.Label", "\"Label\""));
        });
    }
}

/// Rules: DSH-67.
#[test]
fn the_history_and_the_resources_are_tables() {
    let site = Site::of("quickstart.yaml");
    let finding = import(
        &site,
        "a",
        &json!({ "Resources": [{ "Type": "Other", "Id": "x", "Details": { "Other": { "k": "v" } } }] }),
    );
    site.submitted(&address(MEMBER, &finding, ""), "action=update&workflow=RESOLVED");
    let page = site.page(&address(MEMBER, &finding, "&view=history"));
    let rows = page.required_table("History");
    assert_eq!(rows[0], ["Time", "By", "Field", "Old", "New"]);
    let user = format!("arn:aws:iam::{MEMBER}:user/local");
    assert!(
        rows.contains(
            &["2026-01-15 09:00:00Z", &user, "Workflow.Status", "NEW", "RESOLVED"].map(str::to_owned).to_vec()
        ),
        "{rows:?}"
    );
    let product = finding["ProductArn"].as_str().unwrap();
    assert_eq!(rows.last().unwrap()[1..], [product, "Created", "–", "–"], "{rows:?}");
    let rows = site.page(&address(MEMBER, &finding, "&view=resources")).required_table("Resource 1: Other");
    assert_eq!(rows[0], ["Attribute", "Value"]);
    assert!(rows.contains(&["Details.Other.k", "v"].map(str::to_owned).to_vec()), "{rows:?}");
}

/// Rules: DSH-68.
#[test]
fn the_events_of_a_finding_are_those_of_all_receivers() {
    let site = Site::of("quickstart.yaml");
    let finding = import(&site, "a", &json!({}));
    import(&site, "b", &json!({}));
    let page = check_page(&site, &address(MEMBER, &finding, "&view=events"));
    let rows = page.required_table("Events of this finding");
    assert_eq!(rows[0], ["Number", "Time", "Account", "Region", "Kind", "Finding"]);
    let receivers: Vec<&str> = rows[1..].iter().map(|row| row[2].as_str()).collect();
    assert_eq!(receivers, [ADMINISTRATOR, MEMBER], "newest first");
    assert!(rows[1..].iter().all(|row| row[4..] == ["Imported", "HIGH: A finding"]), "{rows:?}");
    let links = page.links();
    let (link, _) = links.iter().find(|(_, text)| *text == rows[1][0]).unwrap();
    let page = check_page(&site, link.split('#').next().unwrap());
    let main = page.text_of("main");
    assert!(main.contains("\"detail-type\": \"Security Hub Findings - Imported\""), "{main}");
    let none = findings(&site, MEMBER, &equals("ProductName", "GuardDuty")).remove(0);
    let main = site.page(&address(MEMBER, &none, "&view=events")).text_of("main");
    assert!(main.contains("No event about this finding"), "{main}");
    let off = Settings { events: 0, ..Settings::default() };
    let path = format!("{}/../scenarios/quickstart.yaml", env!("CARGO_MANIFEST_DIR"));
    let site = Site::with(off, Some(&path));
    let main = check_page(&site, &address(MEMBER, &none, "&view=events")).text_of("main");
    assert!(main.contains("Events are disabled"), "{main}");
}

fn rule(name: &str, order: u32, more: &Value) -> Value {
    let mut rule = json!({
        "RuleName": name, "RuleOrder": order, "Description": "of a test",
        "Criteria": { "Title": [{ "Value": "finding", "Comparison": "CONTAINS" }] },
        "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Criticality": 7 } }],
    });
    for (name, value) in more.as_object().unwrap() {
        rule[name] = value.clone();
    }
    rule
}

/// Rules: DSH-68.
#[test]
fn automation_rules_are_compared_with_the_finding() {
    let site = Site::of("quickstart.yaml");
    for rule in [
        rule("labels", 1, &json!({})),
        rule("low only", 2, &json!({ "Criteria": equals("SeverityLabel", "LOW") })),
        rule("off", 3, &json!({ "RuleStatus": "DISABLED" })),
        rule("last", 4, &json!({ "IsTerminal": true })),
        rule("after", 5, &json!({})),
    ] {
        assert_eq!(site.call(ADMINISTRATOR, REGION, Operation::CreateAutomationRule, &rule).0, 200, "{rule}");
    }
    let finding = import(&site, "a", &json!({}));
    // The history begins with the second import.
    import(&site, "a", &json!({ "Title": "A changed finding", "UpdatedAt": "2026-01-15T08:30:00Z", "Criticality": 1 }));
    let page = check_page(&site, &address(ADMINISTRATOR, &finding, "&view=rules"));
    let rows = page.required_table("Automation rules");
    assert_eq!(rows[0], ["Order", "Rule", "Status", "Would match", "Why not", "Applied"]);
    let shown: Vec<Vec<&str>> = rows[1..].iter().map(|row| row[..5].iter().map(String::as_str).collect()).collect();
    assert_eq!(
        shown,
        [
            ["1", "labels", "ENABLED", "yes", "–"],
            ["2", "low only", "ENABLED", "no", "SeverityLabel requires EQUALS LOW; the finding has HIGH"],
            ["3", "off", "DISABLED", "yes", "the rule is disabled"],
            ["4", "last", "ENABLED", "yes", "–"],
            ["5", "after", "ENABLED", "yes", "an earlier rule, last, matches and is terminal"],
        ]
    );
    assert!(rows[1][5].contains("2026-01-15 09:00:00Z"), "{rows:?}");
    assert_eq!(rows[2][5], "–", "{rows:?}");
    let page = check_page(&site, &address(MEMBER, &finding, "&view=rules"));
    let main = page.text_of("main");
    assert!(main.contains("Member account 222222222222 cannot use automation rules"), "{main}");
    let links = page.links();
    let (link, _) = links.iter().find(|(_, text)| text.contains("See them as account 111111111111")).unwrap();
    assert!(site.page(link).required_table("Automation rules").len() == 6, "{link}");
}

/// Rules: DSH-69.
#[test]
fn filters_are_compared_with_the_finding_as_by_the_control_plane() {
    let site = Site::of("quickstart.yaml");
    let finding = import(&site, "a", &json!({}));
    let page = check_page(
        &site,
        &address(
            MEMBER,
            &finding,
            "&view=explain&f=SeverityLabel:EQUALS:LOW&f=SeverityLabel:EQUALS:HIGH&f=Title:NOT_EQUALS:A%20finding",
        ),
    );
    let rows = page.required_table("Filters held against it");
    assert_eq!(rows[0], ["Filter", "Asks", "Has", "Holds"]);
    assert_eq!(rows[1], ["SeverityLabel", "EQUALS LOW or EQUALS HIGH", "HIGH", "yes"]);
    assert_eq!(rows[2], ["Title", "NOT_EQUALS A finding", "A finding", "no"]);
    let typed: Value = page.with(|html| {
        let area = elements(html, "textarea").next().unwrap();
        serde_json::from_str(area.text().unwrap()).unwrap()
    });
    assert_eq!(typed["SeverityLabel"][1]["Value"], "HIGH");
    let body = json!({ "Account": MEMBER, "Region": REGION, "Id": "a", "Filters": typed }).to_string();
    let explained =
        site.send(Site::request("POST", "/_emulator/explain", &[("content-type", "application/json")], &body));
    let explained: Value = serde_json::from_slice(explained.body()).unwrap();
    assert!(page.text_of("main").contains(explained["Summary"].as_str().unwrap()), "{explained}");
    let viewers = page.required_table("Who sees it");
    assert_eq!(viewers[1][2..], ["yes", "222222222222 owns the finding"], "{viewers:?}");
    let member = "222222222222 is an enabled member of 111111111111 in us-east-1";
    assert!(viewers.iter().any(|row| row[0].starts_with(ADMINISTRATOR) && row[3] == member), "{viewers:?}");
    for (filters, reason) in [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        (r#"{"Nope":[{}]}"#, "Nope"),
        (r#"{"Title":[{"Value":"a","Comparison":"CONTAINS"}]}"#, "Invalid Filters"),
    ] {
        let response = site.get(&address(MEMBER, &finding, &format!("&view=explain&filters={}", encoded(filters))));
        assert_eq!(response.status(), 400, "{filters}");
        let page = Document::new(&text(&response));
        assert!(page.text().contains("role=\"alert\"") && page.text_of("main").contains(reason), "{filters}");
        assert_eq!(
            page.with(|html| elements(html, "textarea").next().unwrap().text().unwrap().trim().to_owned()),
            filters
        );
    }
}

/// Rules: DSH-65, DSH-69.
#[test]
fn without_an_id_the_page_asks_for_one_and_shows_the_nearest_findings() {
    let site = Site::of("quickstart.yaml");
    let page = format!("/_emulator/ui/as/{MEMBER}/{REGION}/finding");
    assert_eq!(check_page(&site, &page).required_table("Recently updated findings").len(), 11);
    let explain = check_page(&site, &format!("{page}?view=explain&f=SeverityLabel:EQUALS:HIGH&f=Title:EQUALS:none"));
    let rows = explain.required_table("Findings that fail the fewest filters");
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(rows[1][1].contains("Title"), "{rows:?}");
    let links = explain.links();
    let (link, _) = links.iter().find(|(_, text)| *text == rows[1][0]).unwrap();
    assert!(site.page(link).required_table("Filters held against it").len() == 3, "{link}");
    assert_eq!(site.status(&format!("{page}?view=explain&f=Nope:EQUALS:HIGH")), 400);
    assert_eq!(site.status(&format!("{page}?view=nope")), 200);
}

/// Rules: DSH-66.
#[test]
fn a_finding_is_changed_by_the_form_on_its_page() {
    let site = Site::of("quickstart.yaml");
    let finding = import(&site, "a", &json!({}));
    let page = address(ADMINISTRATOR, &finding, "");
    let main = site.page(&page).text_of("main");
    for text in ["Workflow status", "Note", "Severity", "Verification state", "Update", "Archive", "Make active"] {
        assert!(main.contains(text), "{text}: {main}");
    }
    let fields = "action=update&workflow=NOTIFIED&note=Seen+by+me&severity=LOW&verification=TRUE_POSITIVE";
    let done = site.submitted(&page, fields);
    assert_eq!(done.text_of("status"), "1 changed, 0 refused");
    assert!(done.text_of("main").contains("aws securityhub batch-update-findings"), "{}", done.text());
    let stored = || findings(&site, MEMBER, &equals("Id", "a")).remove(0);
    let changed = stored();
    assert_eq!(
        (
            &changed["Workflow"]["Status"],
            &changed["Note"]["Text"],
            &changed["Severity"]["Label"],
            &changed["VerificationState"]
        ),
        (&json!("NOTIFIED"), &json!("Seen by me"), &json!("LOW"), &json!("TRUE_POSITIVE"))
    );
    assert_eq!(site.submitted(&page, "action=archive").text_of("status"), "1 changed, 0 refused");
    assert_eq!(stored()["RecordState"], "ARCHIVED");
    site.submitted(&page, "action=activate");
    assert_eq!(stored()["RecordState"], "ACTIVE");
    for (fields, sentence) in [
        ("action=update", "Choose at least one attribute"),
        ("action=update&severity=HUGE", "InvalidInputException (400)"),
        ("action=send", "Choose a custom action"),
        ("action=nope", "`nope` is not an action"),
    ] {
        let response = site.submit(&page, fields);
        assert_eq!(response.status(), 422, "{fields}");
        let main = Document::new(&text(&response)).text_of("main");
        assert!(main.contains(sentence), "{fields}: {main}");
    }
    let typed = site.submit(&page, "action=update&severity=HUGE&note=kept");
    assert!(text(&typed).contains("value=\"kept\""), "what was typed is shown again");
    let recorded = site.control("/_emulator/requests?operation=BatchUpdateFindings");
    assert_eq!(recorded["Requests"][0]["Via"], "dashboard", "{recorded}");
}

/// Rules: DSH-66.
#[test]
fn a_finding_is_sent_to_a_custom_action() {
    let site = Site::of("quickstart.yaml");
    let finding = import(&site, "a", &json!({}));
    let page = address(MEMBER, &finding, "");
    assert!(!site.page(&page).text_of("main").contains("Custom action"));
    let input = json!({ "Name": "Ticket", "Description": "Opens a ticket", "Id": "ticket" });
    let (_, created) = site.call(MEMBER, REGION, Operation::CreateActionTarget, &input);
    let arn = created["ActionTargetArn"].as_str().unwrap();
    let done = site.submitted(&page, &format!("action=send&custom-action={}", encoded(arn)));
    assert_eq!(done.text_of("status"), "1 finding sent");
    let events = site.page(&address(MEMBER, &finding, "&view=events"));
    let rows = events.required_table("Events of this finding");
    assert_eq!(rows[1][4..], ["Custom Action", "HIGH: A finding"], "{rows:?}");
}

/// Rules: DSH-04, DSH-65.
#[test]
fn a_view_that_does_not_exist_is_refused() {
    let site = Site::of("quickstart.yaml");
    let finding = import(&site, "a", &json!({}));
    let response = site.get(&address(MEMBER, &finding, "&view=nope"));
    assert_eq!(response.status(), 400);
    let main = Document::new(&text(&response)).text_of("main");
    assert!(main.contains("`nope` is not a view of a finding"), "{main}");
    let off = site.page(&address("555555555555", &finding, ""));
    assert_eq!(off.text_of("heading"), "Finding");
    assert!(off.text_of("main").contains("Account 555555555555 is not subscribed"), "{}", off.text());
}

/// Rules: DSH-68, DSH-69.
#[test]
fn a_home_region_shows_findings_of_linked_regions() {
    let site = Site::of("aggregation.yaml");
    let all = findings(&site, ADMINISTRATOR, &json!({}));
    let linked = all.iter().find(|finding| finding["Region"] != REGION).expect("a finding of a linked Region");
    for view in VIEWS {
        check_page(&site, &address(ADMINISTRATOR, linked, &format!("&view={view}")));
    }
    let page = site.page(&address(ADMINISTRATOR, linked, "&view=explain"));
    let rows = page.required_table("Who sees it");
    let region = linked["Region"].as_str().unwrap();
    assert!(rows.iter().any(|row| row[1] == region), "{rows:?}");
    assert!(rows.iter().any(|row| row[1] == REGION && row[3].contains("is linked to")), "{rows:?}");
    check_page(&site, &address_in(ADMINISTRATOR, region, linked, ""));
}

/// Rules: DSH-67.
#[test]
fn the_largest_finding_fits_on_its_pages() {
    let site = Site::of("quickstart.yaml");
    let fields: serde_json::Map<String, Value> =
        (0..40).map(|number| (format!("field{number}"), json!("<&".repeat(1_000)))).collect();
    let details: serde_json::Map<String, Value> =
        (0..50).map(|number| (format!("key{number}"), json!("<&".repeat(500)))).collect();
    let resources: Vec<Value> = (0..2)
        .map(|number| json!({ "Type": "Other", "Id": format!("r{number}"), "Details": { "Other": details } }))
        .collect();
    let customer: serde_json::Map<String, Value> =
        (0..50).map(|number| (format!("field{number}"), json!("<".repeat(1_000)))).collect();
    let finding = import(
        &site,
        "large",
        &json!({ "ProductFields": fields, "Resources": resources, "UserDefinedFields": customer }),
    );
    for view in VIEWS {
        let address = address(MEMBER, &finding, &format!("&view={view}"));
        let bytes = site.get(&address).body().len();
        assert!(bytes <= 300 * 1024, "{address} has {bytes} bytes");
        site.page(&address).check_structure(&address);
    }
}

/// Rules: DSH-70.
#[test]
fn a_finding_is_shown_in_both_forms() {
    let site = Site::of("v2-half.yaml");
    let finding = import_as(&site, ADMINISTRATOR, "a", &json!({}));
    let json = check_page(&site, &address(ADMINISTRATOR, &finding, "&view=json"));
    let (link, _) = json.links().into_iter().find(|(_, text)| text == "OCSF").expect("a link to OCSF");
    let page = check_page(&site, &link);
    let documents: Vec<Value> = page.with(|html| {
        let texts = elements(html, "pre").filter(|pre| attribute(*pre, "class") == "json");
        let text = |pre: roxmltree::Node<'_, '_>| {
            pre.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect::<String>()
        };
        texts.map(|pre| serde_json::from_str(&text(pre)).unwrap()).collect()
    });
    assert_eq!(documents[0], finding);
    let filter = json!({ "Value": documents[1]["metadata"]["uid"], "Comparison": "EQUALS" });
    let filters =
        json!({ "CompositeFilters": [{ "StringFilters": [{ "FieldName": "metadata.uid", "Filter": filter }] }] });
    let (_, answer) = site.call(ADMINISTRATOR, REGION, Operation::GetFindingsV2, &json!({ "Filters": filters }));
    assert_eq!(answer["Findings"], json!([documents[1]]));
    page.with(|html| {
        let target =
            |id: &str| attribute(elements(html, "a").find(|it| it.attribute("id") == Some(id)).unwrap(), "href");
        assert_eq!(target("Title"), "#ocsf:finding_info.title");
        assert_eq!(target("ocsf:finding_info.title"), "#Title");
        assert_eq!(target("SchemaVersion"), "#SchemaVersion");
    });
    let overview = check_page(&site, &address(ADMINISTRATOR, &finding, "&format=ocsf"));
    assert_eq!(fact(&overview, "metadata.uid"), documents[1]["metadata"]["uid"].as_str().unwrap());
    let site = Site::of("quickstart.yaml");
    let finding = import(&site, "a", &json!({}));
    assert!(!site.page(&address(MEMBER, &finding, "&view=json")).text_of("main").contains("OCSF"));
    for view in ["json", "overview"] {
        let off = check_page(&site, &address(MEMBER, &finding, &format!("&view={view}&format=ocsf")));
        assert!(off.text_of("main").contains("Security Hub V2 is not enabled"), "{}", off.text());
    }
}
