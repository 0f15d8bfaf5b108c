//! Tests of the page `Findings`.

use std::collections::BTreeSet;

use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use super::document::Document;
use super::links;
use super::site::{Site, header, text};

const ADMINISTRATOR: &str = "111111111111";
const REGION: &str = "us-east-1";
const FINDINGS: &str = "/_emulator/ui/as/111111111111/us-east-1/findings";
const OPEN: &str = "f=RecordState:EQUALS:ACTIVE&f=WorkflowStatus:EQUALS:NEW&f=WorkflowStatus:EQUALS:NOTIFIED";

fn page(site: &Site, query: &str) -> Document {
    site.page(&format!("{FINDINGS}?{query}"))
}

/// All findings that GetFindings returns, in its order.
fn listed(site: &Site, input: &Value) -> Vec<Value> {
    let (mut findings, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut input = input.clone();
        if !token.is_null() {
            input["NextToken"] = token;
        }
        let (status, mut body) = site.call(ADMINISTRATOR, REGION, Operation::GetFindings, &input);
        assert_eq!(status, 200, "{body}");
        findings.append(body["Findings"].as_array_mut().unwrap());
        token = body["NextToken"].clone();
        if token.is_null() {
            return findings;
        }
    }
}

fn string(finding: &Value, place: &str) -> String {
    finding.pointer(place).and_then(Value::as_str).unwrap_or("–").to_owned()
}

/// The cells of the table for a finding, without `Select` and `Narrow`.
fn cells(finding: &Value) -> Vec<String> {
    let places = [
        "/Severity/Label",
        "/Title",
        "/AwsAccountId",
        "/Region",
        "/ProductName",
        "/Resources/0/Id",
        "/Compliance/Status",
        "/Workflow/Status",
        "/RecordState",
    ];
    let updated = format!("{}Z", string(finding, "/UpdatedAt")[..19].replace('T', " "));
    places.iter().map(|place| string(finding, place)).chain([updated]).collect()
}

/// Rules: DSH-50, DSH-55, DSH-57.
#[test]
fn the_table_has_the_findings_of_getfindings_in_its_order() {
    let site = Site::of("forty-members.yaml");
    let columns = "Select,Severity,Title,Account,Region,Product,Resource,Compliance,Workflow,Record,Updated,Narrow";
    let desc = |field: &str| json!({ "Field": field, "SortOrder": "desc" });
    for (query, input) in [
        ("", json!({ "MaxResults": 100 })),
        (
            "&sort=SeverityNormalized:desc&sort=UpdatedAt:desc",
            json!({ "SortCriteria": [desc("SeverityNormalized"), desc("UpdatedAt")], "MaxResults": 100 }),
        ),
        (
            "&f=SeverityLabel:EQUALS:HIGH",
            json!({ "Filters": { "SeverityLabel": [{ "Value": "HIGH", "Comparison": "EQUALS" }] }, "MaxResults": 100 }),
        ),
    ] {
        let expected = listed(&site, &input);
        let mut found = Vec::new();
        for (number, chunk) in expected.chunks(25).enumerate() {
            let shown = page(&site, &format!("size=25&page={}{query}", number + 1));
            assert_eq!(shown.columns("Findings").join(","), columns);
            let from = number * 25 + 1;
            let line = format!("{from}–{} of {} findings", from + chunk.len() - 1, expected.len());
            assert_eq!(shown.text_of("shown"), line, "{query}");
            found.extend(shown.rows("Findings").into_iter().map(|row| row[1..row.len() - 1].to_vec()));
        }
        assert!(expected.len() > 25, "{query}");
        assert_eq!(found, expected.iter().map(cells).collect::<Vec<_>>(), "{query}");
    }
    let sorted = page(&site, "sort=UpdatedAt:desc");
    assert!(sorted.text().contains("aria-sort=\"descending\""));
    assert_eq!(sorted.link("Updated").unwrap(), format!("{FINDINGS}?sort=UpdatedAt:asc"));
    assert_eq!(sorted.link("Default order").unwrap(), FINDINGS);
    assert!(page(&site, "").text_of("main").contains("stored first is first"));
}

/// Rules: DSH-50, DSH-57.
#[test]
fn pages_are_linked_and_wrong_queries_are_named() {
    let site = Site::of("forty-members.yaml");
    let total = site.findings(ADMINISTRATOR, REGION, &Map::new()).div_ceil(25);
    let second = page(&site, "size=25&page=2");
    for (name, expected) in [
        ("First", "size=25".to_owned()),
        ("Previous", "size=25".to_owned()),
        ("Next", "size=25&page=3".to_owned()),
        ("Last", format!("size=25&page={total}")),
        ("100", "size=100".to_owned()),
    ] {
        assert_eq!(second.link(name).unwrap(), format!("{FINDINGS}?{expected}"), "{name}");
    }
    assert!(second.text().contains("<nav class=\"pages\" aria-label=\"Pages\">"));
    let beyond = site.get(&format!("{FINDINGS}?size=25&page={}", total + 1));
    assert_eq!(beyond.status(), 404);
    let beyond = Document::new(&text(&beyond));
    assert_eq!(beyond.text_of("heading"), "Not found");
    assert_eq!(beyond.link(&format!("Page {total}")).unwrap(), format!("{FINDINGS}?size=25&page={total}"));
    for query in [
        "f=a",
        "f=Nope:EQUALS:a",
        "f=Title:CONTAINS:a",
        "f=Title:EQUALS:",
        "f=Confidence:GTE:much",
        "f=Confidence:EQUALS:5",
        "f=NetworkSourceIpV4:CIDR:x",
        "f=Sample:IS:maybe",
        "f=SeverityLabel:EQUALS:HIGH&f=SeverityLabel:NOT_EQUALS:LOW",
        "f=UpdatedAt:BETWEEN:yesterday..today",
        "page=0",
        "page=x",
        "size=10",
        "time=Title",
        "group=UpdatedAt",
        "sort=Nope:asc",
        "sort=Title:up",
    ] {
        let response = site.get(&format!("{FINDINGS}?{query}"));
        let shown = Document::new(&text(&response));
        assert_eq!((response.status().as_u16(), shown.text_of("heading").as_str()), (400, "Findings"), "{query}");
        assert!(shown.text().contains("role=\"alert\""), "{query}: {}", shown.text());
        shown.check_structure(FINDINGS);
    }
    let wrong = Document::new(&text(&site.get(&format!("{FINDINGS}?f=Nope:EQUALS:a&f=Title:EQUALS:b"))));
    assert_eq!(wrong.link("Remove Nope is a").unwrap(), format!("{FINDINGS}?f=Title:EQUALS:b"));
    assert_eq!(site.status(&format!("{FINDINGS}?unknown=1&f=Title:EQUALS:b")), 200);
}

/// Rules: DSH-52, DSH-53.
#[test]
fn every_filter_is_a_chip_that_can_be_removed() {
    let site = Site::of("quickstart.yaml");
    let shown = page(&site, &format!("{OPEN}&sort=Title:asc"));
    let chips = shown.with(|html| {
        let list = html.descendants().find(|node| node.attribute("aria-label") == Some("Filters")).unwrap();
        list.children().filter(roxmltree::Node::is_element).map(super::document::content).collect::<Vec<_>>()
    });
    assert_eq!(chips, ["RecordState is ACTIVE", "WorkflowStatus is NEW", "WorkflowStatus is NOTIFIED"]);
    let left = "f=RecordState:EQUALS:ACTIVE&f=WorkflowStatus:EQUALS:NOTIFIED&sort=Title:asc";
    assert_eq!(shown.link("Remove WorkflowStatus is NEW").unwrap(), format!("{FINDINGS}?{left}"));
    assert_eq!(shown.link("Remove all").unwrap(), format!("{FINDINGS}?sort=Title:asc"));
    assert!(shown.text().contains(&format!("href=\"{FINDINGS}?{}\"", OPEN.replace('&', "&#38;"))), "the link in Main");
    let all = listed(&site, &json!({ "MaxResults": 100 })).len();
    let line = page(&site, "").text_of("shown");
    assert_eq!(line, format!("1–{all} of {all} findings"), "without chips, all findings are shown");
}

/// Rules: DSH-51, DSH-54.
#[test]
fn a_filter_is_added_with_a_form() {
    let site = Site::of("quickstart.yaml");
    let send = |query: &str| {
        let response = site.get(&format!("{FINDINGS}?{query}"));
        assert_eq!(response.status(), 302, "{query}");
        let address = header(&response, "location").to_owned();
        assert!(site.status(&address) == 200, "{address}");
        address.strip_prefix(FINDINGS).unwrap().to_owned()
    };
    for (query, expected) in [
        ("field=SeverityLabel&comparison=EQUALS&value=HIGH", "?f=SeverityLabel:EQUALS:HIGH"),
        (
            "f=Title:PREFIX:a&sort=Title:asc&size=25&field=Title&comparison=PREFIX&value=b",
            "?f=Title:PREFIX:a&f=Title:PREFIX:b&sort=Title:asc&size=25",
        ),
        ("field=Confidence&comparison=EQUALS&value=5", "?f=Confidence:EQ:5"),
        ("field=Sample&comparison=EQUALS&value=true", "?f=Sample:IS:true"),
        ("field=UpdatedAt&comparison=WITHIN&value=7", "?f=UpdatedAt:WITHIN:7"),
        ("field=ProductFields&comparison=NOT_EQUALS&value=a/b%3Dc", "?f=ProductFields:NOT_EQUALS:a/b=c"),
    ] {
        assert_eq!(send(query), expected, "{query}");
    }
    let shown = page(&site, "f=RecordState:EQUALS:ACTIVE&field=ProductName&comparison=EQUALS&value=");
    let (fields, suggestions) = shown.with(|html| {
        let values = |id: &str| {
            let list = html.descendants().find(|node| node.attribute("id") == Some(id)).unwrap();
            let options = list.descendants().filter(|node| node.has_tag_name("option"));
            let text = |node: roxmltree::Node<'_, '_>| {
                node.attribute("value").map_or_else(|| super::document::content(node), str::to_owned)
            };
            options.map(text).collect::<Vec<_>>()
        };
        (values("field"), values("suggestions"))
    });
    assert_eq!(fields.iter().collect::<BTreeSet<_>>().len(), 107);
    let active = json!({ "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }] });
    let listed = listed(&site, &json!({ "Filters": active, "MaxResults": 100 }));
    let products: BTreeSet<String> = listed.iter().map(|finding| string(finding, "/ProductName")).collect();
    assert_eq!(suggestions.into_iter().collect::<BTreeSet<_>>(), products);
}

/// Rules: DSH-56.
#[test]
fn narrowing_never_leads_to_a_query_that_is_refused() {
    let site = Site::of("quickstart.yaml");
    for query in ["", OPEN, "f=ResourceType:PREFIX:Aws&f=SeverityLabel:NOT_EQUALS:LOW"] {
        let shown = page(&site, query);
        let row = shown.rows("Findings").remove(0);
        assert!(row.last().unwrap().contains(&format!("Only {}", row[1])), "{row:?}");
        for (link, name) in shown.links().into_iter().filter(|(link, _)| link.starts_with('?')).take(30) {
            let address = format!("{FINDINGS}{link}");
            let narrowed = site.page(&address);
            let count = site.findings(ADMINISTRATOR, REGION, &links::filters(&address).unwrap_or_default());
            let line = narrowed.text_of("shown");
            assert!(line.ends_with(&format!("{count} finding{}", if count == 1 { "" } else { "s" })), "{name}: {line}");
        }
    }
    let shown = page(&site, "f=WorkflowStatus:EQUALS:NEW");
    assert_eq!(shown.link("Exclude NEW"), None, "the last EQUALS of a field");
    assert_eq!(page(&site, OPEN).link("Only NEW").unwrap(), "?f=RecordState:EQUALS:ACTIVE&f=WorkflowStatus:EQUALS:NEW");
}

/// The number of findings with a value in a field.
fn with_value(site: &Site, chips: &str, name: &str, value: &str) -> u64 {
    let mut filters = links::filters(&format!("/findings?{chips}")).unwrap_or_default();
    filters.insert(name.to_owned(), json!([{ "Value": value, "Comparison": "EQUALS" }]));
    site.findings(ADMINISTRATOR, REGION, &filters)
}

/// Rules: DSH-58, DSH-59.
#[test]
fn groups_count_the_findings_that_their_filters_select() {
    let site = Site::of("quickstart.yaml");
    let chips = "f=RecordState:EQUALS:ACTIVE";
    for group in ["check", "resource", "account", "ProductName", "Type", "ResourceType"] {
        let address = format!("{FINDINGS}?{chips}&group={group}&size=100");
        let shown = site.page(&address);
        let caption = format!("Findings by {group}");
        let columns = "Group,By,Findings,Highest severity,Accounts,Resources,Last updated";
        assert_eq!(shown.columns(&caption).join(","), columns);
        let rows = shown.rows(&caption);
        assert!(!rows.is_empty(), "{group}");
        let mut sizes = Vec::new();
        for row in &rows {
            let (selected, all) = (with_value(&site, chips, &row[1], &row[0]), with_value(&site, "", &row[1], &row[0]));
            assert_eq!(row[2], format!("{selected} of {all}"), "{group}: {row:?}");
            sizes.push(selected);
        }
        assert!(sizes.is_sorted_by(|one, two| one >= two), "{group}: {sizes:?}");
        links::check_numbers(&site, &address, &shown);
        let findings = site.findings(ADMINISTRATOR, REGION, &links::filters(&format!("/findings?{chips}")).unwrap());
        let overlaps = shown.text_of("main").contains("add up to more than the total");
        assert_eq!(overlaps, sizes.iter().sum::<u64>() > findings, "{group}");
    }
    let active = json!({ "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }] });
    let check = |finding: &Value| {
        let product = string(finding, "/ProductArn");
        let is_of_aws = product.contains("::product/aws/") && !product.contains("::product/aws/securityhub");
        let control = finding.pointer("/Compliance/SecurityControlId").map(|_| "/Compliance/SecurityControlId");
        let kind = finding.pointer("/Types/0").filter(|_| is_of_aws).map(|_| "/Types/0");
        string(finding, control.or(kind).unwrap_or("/GeneratorId"))
    };
    let expected: BTreeSet<String> =
        listed(&site, &json!({ "Filters": active, "MaxResults": 100 })).iter().map(check).collect();
    let rows = page(&site, &format!("{chips}&group=check&size=100")).rows("Findings by check");
    assert_eq!(rows.into_iter().map(|row| row[0].clone()).collect::<BTreeSet<_>>(), expected);
}

/// Rules: DSH-30.
#[test]
fn an_empty_page_says_what_to_do() {
    let none = Site::of("quickstart.yaml");
    let shown = page(&none, "f=SeverityLabel:EQUALS:HIGH&f=Title:EQUALS:nothing");
    let main = shown.text_of("main");
    let high = with_value(&none, "", "SeverityLabel", "HIGH");
    assert!(main.contains("No finding has all of these"), "{main}");
    assert!(main.contains(&format!("{high} without Title is nothing")), "{main}");
    assert!(main.contains("0 without SeverityLabel is HIGH"), "{main}");
    links::check_numbers(&none, FINDINGS, &shown);
    let empty = Site::of("");
    empty.call(ADMINISTRATOR, REGION, Operation::EnableSecurityHub, &json!({ "EnableDefaultStandards": false }));
    let main = page(&empty, "").text_of("main");
    assert!(main.contains("No findings yet") && main.contains("batch-import-findings"), "{main}");
    assert!(main.contains("0 findings"), "{main}");
    let off = empty.page(&FINDINGS.replace(ADMINISTRATOR, "555555555555")).text_of("main");
    assert!(off.contains("Account 555555555555 is not subscribed to AWS Security Hub"), "{off}");
}

fn import(site: &Site, number: usize, with: &Value) -> Value {
    let product = format!("arn:aws:securityhub:{REGION}:{ADMINISTRATOR}:product/{ADMINISTRATOR}/default");
    let mut finding = json!({
        "SchemaVersion": "2018-10-08", "Id": format!("of-test-{number}"), "ProductArn": product,
        "GeneratorId": "test", "AwsAccountId": ADMINISTRATOR, "Types": ["Software and Configuration Checks"],
        "CreatedAt": "2026-01-10T09:00:00Z", "UpdatedAt": "2026-01-10T09:00:00Z", "Severity": { "Label": "HIGH" },
        "Title": "A title", "Description": "A description", "Resources": [{ "Type": "Other", "Id": "a-resource" }],
    });
    finding.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    let (status, body) =
        site.call(ADMINISTRATOR, REGION, Operation::BatchImportFindings, &json!({ "Findings": [finding.clone()] }));
    assert_eq!((status, &body["SuccessCount"]), (200, &json!(1)), "{body}");
    finding
}

/// Rules: DSH-13, DSH-31.
#[test]
fn hostile_and_long_values_are_escaped_and_the_page_stays_small() {
    let site = Site::of("");
    site.call(ADMINISTRATOR, REGION, Operation::EnableSecurityHub, &json!({ "EnableDefaultStandards": false }));
    let hostile = "\"><script>alert(1)</script>&amp;'";
    for number in 0..110 {
        let resource = format!("arn:aws:s3:::{}{hostile}{number}", "long-".repeat(60));
        let title = format!("{hostile}{}", "x".repeat(200));
        import(&site, number, &json!({ "Title": title, "Resources": [{ "Type": "Other", "Id": resource }] }));
    }
    let five = format!("{OPEN}&f=SeverityLabel:EQUALS:HIGH&f=AwsAccountId:EQUALS:{ADMINISTRATOR}");
    for query in [
        String::new(),
        five.clone(),
        format!("{five}&size=100"),
        format!("{five}&size=100&narrow=3"),
        "group=resource&size=100".to_owned(),
    ] {
        let address = format!("{FINDINGS}?{query}");
        let response = site.get(&address);
        assert_eq!(response.status(), 200, "{query}");
        assert!(response.body().len() <= 300 * 1024, "{query}: {} bytes", response.body().len());
        let shown = Document::new(&text(&response));
        assert!(!shown.text().contains("<script>"), "{query}");
        shown.check_structure(&address);
        shown.check_content_policy(&address);
        links::check(&site, &address, &shown);
        let title = shown.rows("Findings").first().map(|row| row[2].clone());
        assert!(title.is_none_or(|title| title.starts_with(hostile)), "{query}");
    }
    let opened = page(&site, &format!("{five}&size=100&narrow=3"));
    assert!(opened.rows("Findings")[2].last().unwrap().contains("Only "), "the links of one row");
    assert!(opened.rows("Findings")[3].last().unwrap().contains("Show filters"));
    assert_eq!(opened.text().matches("<details class=\"narrow\" open").count(), 1, "the row is open");
    let address = format!("?{five}&size=100&narrow=4#narrow-4");
    assert!(opened.links().contains(&(address, "Show filters".to_owned())), "{:?}", opened.links());
}

/// Rules: DSH-13.
#[test]
fn the_page_stays_small_with_many_and_long_filters() {
    let site = Site::of("quickstart.yaml");
    let chips = |count: usize, length: usize, letter: &str| {
        let chips = (0..count).map(|number| format!("f=Title:PREFIX:{}{number}", letter.repeat(length)));
        chips.collect::<Vec<_>>().join("&")
    };
    for (query, status) in [
        (chips(13, 20, "a"), 200),
        (chips(5, 1_000, "a"), 200),
        (format!("{}&size=100&group=resource", chips(5, 1_000, "a")), 200),
        (chips(10, 1_000, "%C3%A4"), 400),
        (chips(200, 1, "a"), 400),
        (format!("f={}", "a".repeat(30_000)), 400),
    ] {
        let address = format!("{FINDINGS}?{query}");
        let response = site.get(&address);
        assert_eq!(response.status(), status, "{address:.200}");
        assert!(response.body().len() <= 300 * 1024, "{address:.200}: {} bytes", response.body().len());
        let shown = Document::new(&text(&response));
        shown.check_structure(&address);
        assert!(shown.link("Remove all").is_some(), "{address:.200}");
    }
    let long = page(&site, &format!("f=Title:NOT_EQUALS:{}&size=25", "a".repeat(1_000)));
    assert_eq!(long.rows("Findings").len(), 25);
    assert!(long.text_of("main").contains("Some links are missing on this page"), "{}", long.text_of("main"));
}

/// Rules: DSH-11, DSH-60.
#[test]
fn findings_with_the_same_identifier_are_counted_as_they_are_changed() {
    let site = Site::of("quickstart.yaml");
    let product = "arn:aws:securityhub:us-east-1::product/aws/guardduty";
    let findings = ["222222222222", "333333333333"].map(|account| {
        json!({
            "SchemaVersion": "2018-10-08", "Id": "dup/1", "ProductArn": product, "GeneratorId": "test",
            "AwsAccountId": account, "Types": ["Software and Configuration Checks"], "Title": "A title",
            "CreatedAt": "2026-01-10T09:00:00Z", "UpdatedAt": "2026-01-10T09:00:00Z", "Severity": { "Label": "HIGH" },
            "Description": "A description", "Resources": [{ "Type": "Other", "Id": "a-resource" }],
        })
    });
    let bench = FINDINGS.replace("findings", "bench");
    let asff = json!(findings).to_string();
    site.submitted(&bench, &[("action", "import"), ("asff", asff.as_str())]);
    let address = format!("{FINDINGS}?f=Id:EQUALS:dup/1");
    let identifier = format!("{product} dup/1");
    let one = [("finding", identifier.as_str())];
    let both = [one[0], one[0]];
    for (selected, status) in [(&one[..], "NOTIFIED"), (&both, "RESOLVED")] {
        let fields = [selected, &[("action", "update"), ("workflow", status)]].concat();
        assert_eq!(site.submitted(&address, &fields).text_of("status"), "2 changed, 0 refused");
        let found = json!({ "Id": [{ "Value": "dup/1", "Comparison": "EQUALS" }] });
        let found = listed(&site, &json!({ "Filters": found }));
        assert!(found.len() == 2 && found.iter().all(|finding| finding["Workflow"]["Status"] == status), "{found:?}");
    }
    let archived = site.submitted(&address, &[&both[..], &[("action", "archive")]].concat());
    assert_eq!(archived.text_of("status"), "2 changed, 0 refused");
}

/// Rules: DSH-57.
#[test]
fn the_histogram_follows_the_filters_and_the_chosen_time() {
    let site = Site::of("quickstart.yaml");
    for (query, time) in
        [("f=SeverityLabel:EQUALS:HIGH", "UpdatedAt"), ("f=RecordState:EQUALS:ACTIVE&time=CreatedAt", "CreatedAt")]
    {
        let address = format!("{FINDINGS}?{query}");
        let shown = site.page(&address);
        let rows = shown.rows("Findings over time");
        assert!((24..=60).contains(&rows.len()), "{query}");
        let sum: u64 = rows.iter().map(|row| row[2].replace(',', "").parse::<u64>().unwrap()).sum();
        let filters = links::filters(&format!("/findings?{}", query.split("&time").next().unwrap())).unwrap();
        assert_eq!(sum, site.findings(ADMINISTRATOR, REGION, &filters), "{query}");
        links::check_numbers(&site, &address, &shown);
        assert!(shown.text().contains(&format!("{time}:BETWEEN:")), "{query}");
    }
    // A range of the same time is cut to the interval; a relative one cannot be linked.
    let cut = "f=UpdatedAt:BETWEEN:2026-01-01T00:00:00Z..2026-01-14T12:34:56Z";
    let shown = page(&site, cut);
    links::check_numbers(&site, &format!("{FINDINGS}?{cut}"), &shown);
    let shown = page(&site, "f=UpdatedAt:WITHIN:3650");
    assert!(!shown.rows("Findings over time").is_empty() && !shown.text().contains("UpdatedAt:BETWEEN:"));
}

/// Rules: DSH-53.
#[test]
fn filters_are_the_start_of_an_insight_a_rule_and_an_explanation() {
    let site = Site::of("quickstart.yaml");
    let findings = page(&site, "f=SeverityLabel:EQUALS:HIGH&group=account");
    let address = findings.link("Save as insight").unwrap();
    assert_eq!(address, FINDINGS.replace("/findings", "/insights?f=SeverityLabel:EQUALS:HIGH#create"));
    assert!(findings.link("Create an automation rule").unwrap().ends_with("?f=SeverityLabel:EQUALS:HIGH#editor"));
    let form = site.page(&address);
    assert!(form.text_of("filters").contains("SeverityLabel"), "the form of insights has the filters");
    let rules = site.page(&findings.link("Create an automation rule").unwrap());
    assert!(rules.text_of("main").contains("SeverityLabel is HIGH"), "{}", rules.text());
    let explained = site.page(&findings.link("Explain a finding").unwrap());
    assert!(explained.text_of("main").contains("SeverityLabel"), "{}", explained.text());
}

/// Rules: DSH-38.
#[test]
fn a_pasted_command_becomes_chips() {
    let site = Site::of("quickstart.yaml");
    let command = "aws%20securityhub%20get-findings%20--filters%20'Title=[{Value=a,Comparison=PREFIX}]'";
    let response = site.get(&format!("{FINDINGS}?f=RecordState:EQUALS:ACTIVE&paste={command}"));
    assert_eq!(response.status(), 302, "{}", text(&response));
    assert_eq!(header(&response, "location"), format!("{FINDINGS}?f=RecordState:EQUALS:ACTIVE&f=Title:PREFIX:a"));
    assert_eq!(site.status(&format!("{FINDINGS}?paste=nothing")), 400);
}

/// The identifier that the check box of a finding sends.
fn check_box(finding: &Value) -> String {
    format!("{} {}", string(finding, "/ProductArn"), string(finding, "/Id"))
}

/// Rules: DSH-60.
#[test]
fn selected_findings_are_changed_together() {
    let site = Site::of("quickstart.yaml");
    let address = format!("{FINDINGS}?f=RecordState:EQUALS:ACTIVE&sort=Title:asc&size=25");
    let main = site.page(&address).text_of("main");
    for text in ["With selected", "that match", "Workflow status", "Note", "Severity", "Verification state", "Archive"]
    {
        assert!(main.contains(text), "{text}: {main}");
    }
    let active = json!({ "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }] });
    let before = listed(&site, &json!({ "Filters": active }));
    let chosen: Vec<String> = before.iter().take(20).map(check_box).collect();
    let mut fields: Vec<(&str, &str)> = chosen.iter().map(|identifier| ("finding", identifier.as_str())).collect();
    fields.extend([("action", "update"), ("workflow", "NOTIFIED"), ("note", "Seen")]);
    let done = site.submitted(&address, &fields);
    assert_eq!(done.text_of("status"), "20 changed, 0 refused");
    assert!(done.link("Remove RecordState is ACTIVE").is_some(), "the filters are kept");
    let after = listed(&site, &json!({ "Filters": active }));
    for finding in &after {
        let is_changed = string(finding, "/Note/Text") == "Seen";
        assert_eq!(is_changed, chosen.contains(&check_box(finding)), "{finding}");
        assert!(!is_changed || string(finding, "/Workflow/Status") == "NOTIFIED", "{finding}");
    }
}

/// Rules: DSH-60.
#[test]
fn all_findings_that_match_are_changed_together() {
    let site = Site::of("quickstart.yaml");
    let high = json!({ "SeverityLabel": [{ "Value": "HIGH", "Comparison": "EQUALS" }] });
    let address = format!("{FINDINGS}?f=SeverityLabel:EQUALS:HIGH&size=25");
    let count = listed(&site, &json!({ "Filters": high })).len();
    let done = site.submitted(&address, &[("action", "update"), ("all", "yes"), ("note", "All of them")]);
    assert_eq!(done.text_of("status"), format!("{count} changed, 0 refused"));
    for finding in listed(&site, &json!({})) {
        let is_high = string(&finding, "/Severity/Label") == "HIGH";
        assert_eq!(string(&finding, "/Note/Text") == "All of them", is_high, "{finding}");
    }
    let archived = site.submitted(&address, &[("action", "archive"), ("all", "yes")]);
    assert_eq!(archived.text_of("status"), format!("{count} changed, 0 refused"));
    assert!(listed(&site, &json!({ "Filters": high })).iter().all(|finding| finding["RecordState"] == "ARCHIVED"));
    for (fields, sentence) in [
        (&[("action", "update"), ("workflow", "NEW")][..], "Select at least one finding."),
        (&[("action", "update"), ("all", "yes")], "Choose at least one attribute"),
        (&[("action", "update"), ("finding", "no such")], "Choose at least one attribute"),
        (&[("action", "nope"), ("all", "yes")], "`nope` is not an action"),
    ] {
        let main = site.refused(&address, fields).text_of("main");
        assert!(main.contains(sentence), "{fields:?}: {main}");
    }
    let unknown =
        [("action", "update"), ("finding", "arn:aws:securityhub:us-east-1::product/x/y nothing"), ("note", "x")];
    let partly = site.submitted(&address, &unknown);
    assert_eq!(partly.text_of("status").split_once(" refused").map(|(start, _)| start), Some("0 changed, 1"));
    assert_eq!(partly.columns("Not processed"), ["Finding", "Code", "Message"]);
}
