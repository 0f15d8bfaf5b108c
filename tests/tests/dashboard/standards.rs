//! Tests of the pages of standards.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::site::{Site, text};

const ADMINISTRATOR: &str = "/_emulator/ui/as/111111111111/us-east-1/";
const MEMBER: &str = "/_emulator/ui/as/222222222222/us-east-1/";
const CIS: &str = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0";
const CIS_NAME: &str = "CIS AWS Foundations Benchmark v1.2.0";

/// The score in a text such as `85 %`.
fn percent(text: &str) -> u64 {
    text.strip_suffix(" %").unwrap_or_else(|| panic!("{text}")).parse().unwrap()
}

fn scores(site: &Site, account: &str) -> Value {
    site.control(&format!("/_emulator/compliance?account={account}&region=us-east-1"))
}

/// Rules: DSH-80.
#[test]
fn the_table_of_standards_equals_the_scores_of_the_control_plane() {
    let site = Site::of("controls.yaml");
    let page = site.page(&format!("{ADMINISTRATOR}standards"));
    assert_eq!(page.text_of("heading"), "Standards");
    let rows = page.table("Standards").unwrap();
    let columns = ["Standard", "Score", "Passed", "Failed", "Unknown", "No data", "Disabled", "Status", "Action"];
    assert_eq!(rows[0], columns);
    let (_, described) = site.call("111111111111", "us-east-1", Operation::DescribeStandards, &json!({}));
    assert_eq!(rows.len() - 1, described["Standards"].as_array().unwrap().len());
    let scores = scores(&site, "111111111111");
    let enabled = scores["Standards"].as_array().unwrap();
    assert_eq!(enabled.len(), 4);
    for standard in enabled {
        let name = standard["Name"].as_str().unwrap();
        let row = page.row("Standards", name);
        let score = standard["Score"].as_u64().map_or("–".to_owned(), |score| format!("{score} %"));
        let counts =
            ["Passed", "Failed", "Unknown", "NoData", "Disabled"].map(|count| standard["Counts"][count].to_string());
        assert_eq!((&row[1], &row[2..7]), (&score, &counts[..]), "{name}");
        assert_eq!((row[7].as_str(), row[8].clone()), ("READY", format!("Disable {name}")));
    }
    let row = page.row("Standards", "NIST Special Publication 800-53");
    assert_eq!(row[1..8], ["–", "–", "–", "–", "–", "–", "–"]);
    assert_eq!(row[8], format!("Enable {}", row[0]));
    assert_eq!(page.table("Scores by standard and account"), None, "the account has no members");
}

/// Rules: DSH-80, DSH-82.
#[test]
fn a_fixed_resource_raises_the_score() {
    let site = Site::of("cis-and-pci.yaml");
    let (standards, control) = (format!("{MEMBER}standards"), format!("{MEMBER}control?id=IAM.5"));
    let page = site.page(&standards);
    assert!(page.buttons().contains(&format!("Enable {CIS_NAME}")), "{:?}", page.buttons());
    assert!(site.page(&format!("{ADMINISTRATOR}standards")).table("Scores by standard and account").is_none());
    let page = site.submitted(&standards, &[("action", "standard"), ("enable", CIS)]);
    assert_eq!(page.text_of("status"), "1 standard enabled, 0 refused.");
    assert!(page.text_of("main").contains("aws securityhub batch-enable-standards"));
    let before = percent(&page.row("Standards", CIS_NAME)[1]);
    let page = site.page(&format!("{ADMINISTRATOR}standards"));
    let rows = page.table("Scores by standard and account").unwrap();
    assert_eq!(rows[0], ["Account", CIS_NAME]);
    assert_eq!(page.row("Scores by standard and account", "222222222222")[1], format!("{before} %"));
    assert!(page.links().contains(&(standards.clone(), format!("{before} %"))), "{:?}", page.links());
    let page = site.page(&control);
    assert!(page.text_of("heading").starts_with("IAM.5 "), "{}", page.text_of("heading"));
    let user = "arn:aws:iam::222222222222:user/ops";
    let check = |page: &super::document::Document| {
        let row = page.table("Checks").unwrap()[1].clone();
        assert_eq!(row[..3], ["222222222222", "us-east-1", user]);
        row[3].clone()
    };
    assert_eq!(check(&page), "FAILED");
    assert_eq!(page.row("Resources", user)[2..], ["FAILED".to_owned(), format!("Fix {user}")]);
    assert!(page.text_of("main").contains("/_emulator/resources -X PUT"), "the call that changes the resource");
    let page = site.submitted(&control, &[("action", "resource"), ("fix", &format!("AwsIamUser {user}"))]);
    assert!(page.text_of("status").starts_with("1 resource declared, 0 refused."), "{}", page.text_of("status"));
    assert_eq!((check(&page).as_str(), page.row("Resources", user)[2].as_str()), ("PASSED", "PASSED"));
    let after = percent(&site.page(&standards).row("Standards", CIS_NAME)[1]);
    assert!(after > before, "{before} {after}");
    assert_eq!(scores(&site, "222222222222")["Standards"][0]["Score"], after);
    let page = site.submitted(&control, &[("action", "resource"), ("fail", &format!("AwsIamUser {user}"))]);
    assert_eq!(check(&page), "FAILED");
    let page = site.page(&standards);
    let subscription = "arn:aws:securityhub:us-east-1:222222222222:subscription/cis-aws-foundations-benchmark/v/1.2.0";
    assert!(page.text().contains(&format!("value=\"{subscription}\"")));
    let page = site.submitted(&standards, &[("action", "standard"), ("disable", subscription)]);
    assert_eq!(page.row("Standards", CIS_NAME)[1..3], ["–", "–"]);
}

/// Rules: DSH-81.
#[test]
fn a_standard_lists_its_controls_with_their_checks() {
    let site = Site::of("controls.yaml");
    let address = format!("{ADMINISTRATOR}standard?arn={CIS}");
    let page = site.page(&address);
    assert_eq!(page.text_of("heading"), CIS_NAME);
    let rows = page.table("Controls").unwrap();
    let columns = ["Control", "Title", "Severity", "Status", "Failed checks", "Checks", "Enabled"];
    assert_eq!(rows[0], columns);
    let path = format!("/_emulator/compliance?account=111111111111&region=us-east-1&standard={CIS}");
    let listed = site.control(&path)["Standards"][0]["Controls"].clone();
    let listed = listed.as_array().unwrap();
    assert_eq!(rows.len() - 1, listed.len());
    for (row, control) in rows[1..].iter().zip(listed) {
        let expected = ["SecurityControlId", "Title", "SeverityRating", "ControlStatus"]
            .map(|name| control[name].as_str().unwrap().to_owned());
        let counts = ["FailedChecks", "TotalChecks"].map(|name| control[name].to_string());
        assert_eq!((&row[..4], &row[4..6], row[6].as_str()), (&expected[..], &counts[..], "yes"));
    }
    let failed = site.page(&format!("{address}&status=FAILED"));
    let statuses: Vec<String> = failed.table("Controls").unwrap()[1..].iter().map(|row| row[3].clone()).collect();
    assert!(!statuses.is_empty() && statuses.iter().all(|status| status == "FAILED"), "{statuses:?}");
    let found = site.page(&format!("{address}&q=mfa")).table("Controls").unwrap();
    assert!(found.len() > 1 && found.len() < rows.len() && found[1..].iter().all(|row| row[1].contains("MFA")));
    let none = site.page(&format!("{address}&q=%3Cscript%3E"));
    assert!(none.text_of("main").contains("No controls match these filters."));
    for (query, status, sentence) in [
        ("&status=BAD", 400, "`BAD` is not a valid status"),
        ("&page=x", 400, "`x` is not a valid page number"),
        ("&page=9", 404, "Page 9 does not exist"),
    ] {
        let response = site.get(&format!("{address}{query}"));
        assert_eq!(response.status(), status, "{query}");
        assert!(text(&response).contains(sentence), "{query}: {}", text(&response));
    }
    let unknown = site.get(&format!("{ADMINISTRATOR}standard?arn=x"));
    assert_eq!(unknown.status(), 404);
}

/// Rules: DSH-81.
#[test]
fn a_standard_with_many_controls_is_shown_in_pages() {
    let site = Site::of("cis-and-pci.yaml");
    let address = format!(
        "{MEMBER}standard?arn=arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0"
    );
    let first = site.page(&address);
    let main = first.text_of("main");
    assert!(main.contains("1–100 of ") && main.contains("not enabled in this account"), "{main}");
    let rows = first.table("Controls").unwrap();
    assert_eq!((rows.len(), &rows[1][3..]), (101, &["–", "–", "–", "–"].map(str::to_owned)[..]));
    assert!(!first.buttons().contains(&"Disable selected".to_owned()));
    let last = site.page(&format!("{address}&page=4"));
    assert!(last.table("Controls").unwrap().len() < 101);
    assert!(last.links().iter().any(|(_, name)| name == "Previous"));
}

/// Rules: DSH-81.
#[test]
fn controls_are_disabled_with_a_reason() {
    let site = Site::of("controls.yaml");
    let address = format!("{ADMINISTRATOR}standard?arn={CIS}");
    let none = site.refused(&address, &[("action", "controls"), ("change", "disable")]);
    assert!(none.text_of("main").contains("Select at least one control."));
    let selected = [("action", "controls"), ("control", "IAM.5"), ("control", "IAM.9"), ("change", "disable")];
    let without_reason = site.refused(&address, &selected);
    assert!(without_reason.text_of("main").contains("UpdatedReason is required to disable a control"));
    assert_eq!(without_reason.text().matches("checked=\"checked\"").count(), 2, "the selection stays");
    let done = site.submitted(&address, &[&selected[..], &[("reason", "Not needed")]].concat());
    assert_eq!(done.text_of("status"), "2 disabled, 0 refused.");
    let row = done.row("Controls", "IAM.5");
    assert_eq!((row[3].as_str(), row[6].as_str()), ("DISABLED", "no"));
    let partly = [("action", "controls"), ("control", "IAM.5"), ("control", "Nope.1"), ("change", "enable")];
    let done = site.submitted(&address, &partly);
    assert_eq!(done.text_of("status"), "1 enabled, 1 refused.");
    assert_eq!(done.row("Not processed", "Nope.1")[1], "RESOURCE_NOT_FOUND");
    assert_eq!(done.row("Controls", "IAM.5")[6], "yes");
}

/// Rules: DSH-83.
#[test]
fn settings_of_a_configuration_policy_are_text_instead_of_buttons() {
    let site = Site::of("central-configuration.yaml");
    let page = site.page(&format!("{MEMBER}standards"));
    let main = page.text_of("main");
    assert!(main.contains("The standards of this account are set by the configuration policy baseline."), "{main}");
    assert_eq!(page.buttons(), [""; 0]);
    let cis = "CIS AWS Foundations Benchmark v1.4.0";
    assert_eq!(page.row("Standards", cis)[8], "Enabled by the configuration policy baseline");
    assert_eq!(page.row("Standards", CIS_NAME)[8], "Not enabled by the configuration policy baseline");
    let page = site.page(&format!(
        "{MEMBER}standard?arn=arn:aws:securityhub:us-east-1::standards/cis-aws-foundations-benchmark/v/1.4.0"
    ));
    assert!(page.text_of("main").contains("are set by the configuration policy baseline"));
    assert_eq!(page.buttons(), ["Filter"]);
    let page = site.page(&format!("{MEMBER}control?id=ACM.1"));
    assert!(page.text_of("main").contains("are set by the configuration policy baseline"));
    assert!(page.buttons().iter().all(|button| !button.contains("Update") && !button.starts_with("Disable")));
    let off = site.page("/_emulator/ui/as/444444444444/us-east-1/standards");
    assert!(off.text_of("main").contains("are set by the configuration policy closed"), "{}", off.text_of("main"));
    assert_eq!(off.buttons(), [""; 0]);
}

const DAILY: &str = r#"
name: daily
clock: { now: 2026-01-15T09:00:00Z, frozen: true }
score_mode: daily
regions: [us-east-1]
hubs:
  - { account: "111111111111", regions: all, standards: [cis-1.2.0], quiet: true }
resources:
  - { account: "111111111111", regions: all, type: AwsAccount, fails: [IAM.9] }
"#;

/// Rules: DSH-10, DSH-80.
#[test]
fn a_button_requests_daily_scores() {
    let site = Site::written(DAILY);
    let address = format!("{ADMINISTRATOR}standards");
    for _ in 0..2 {
        let page = site.page(&address);
        assert!(page.buttons().contains(&"Request scores".to_owned()), "reading the page requests nothing");
        assert_eq!(page.row("Standards", CIS_NAME)[1], "–");
    }
    let page = site.submitted(&address, &[("action", "request")]);
    assert!(page.text_of("main").contains("for the first time at 2026-01-15 09:30:00Z"), "{}", page.text_of("main"));
    assert!(!page.buttons().contains(&"Request scores".to_owned()));
    site.send(Site::request("POST", "/_emulator/clock", &[], r#"{"advance": "PT31M"}"#));
    let page = site.page(&address);
    assert!(page.row("Standards", CIS_NAME)[1].ends_with(" %"), "{:?}", page.row("Standards", CIS_NAME));
    assert!(page.text_of("main").contains("Scores were computed at 2026-01-15 09:30:00Z"));
}
