//! Tests of the page of a control.

use securityhub_fixtures::Operation;
use serde_json::json;

use super::document::Document;
use super::site::Site;

const PAGE: &str = "/_emulator/ui/as/111111111111/us-east-1/control?id=";

fn control(site: &Site, id: &str) -> Document {
    site.page(&format!("{PAGE}{id}"))
}

/// Rules: DSH-82.
#[test]
fn a_control_has_its_standards_and_checks() {
    let site = Site::of("controls.yaml");
    let page = control(&site, "S3.5");
    assert_eq!(page.text_of("heading"), "S3.5 S3 general purpose buckets should require requests to use SSL");
    let standards = page.table("Standards").unwrap();
    assert_eq!(standards[0][..3], ["Standard", "Requirements", "Enabled"]);
    assert!(standards.len() > 1 && standards[1..].iter().all(|row| row[2] == "yes"), "{standards:?}");
    assert!(page.links().iter().any(|(link, _)| link.contains("/S3.5/remediation")));
    let rows = page.table("Checks").unwrap();
    assert_eq!(rows[0], ["Account", "Region", "Resource", "Result", "Workflow", "Updated"]);
    let filters = json!({
        "ComplianceSecurityControlId": [{ "Value": "S3.5", "Comparison": "EQUALS" }],
        "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }],
    });
    let count = site.findings("111111111111", "us-east-1", filters.as_object().unwrap());
    assert_eq!(rows.len() as u64 - 1, count);
    assert_eq!(rows[1][..5], ["111111111111", "us-east-1", "arn:aws:s3:::pay-invoices", "FAILED", "NEW"]);
    for unknown in ["", "Nope.1", "%3Cscript%3E", "s3.5"] {
        assert_eq!(site.status(&format!("{PAGE}{unknown}")), 404, "{unknown}");
    }
}

/// Rules: DSH-82.
#[test]
fn parameters_are_set_and_reset() {
    let site = Site::of("controls.yaml");
    let address = format!("{PAGE}ACM.1");
    let page = site.page(&address);
    let main = page.text_of("main");
    assert!(main.contains("daysToExpiration") && main.contains("from 14 to 365. Default: 30."), "{main}");
    let set = |value: &'static str| {
        [("action", "parameters"), ("parameter-daysToExpiration", value), ("update-reason", "Policy")]
    };
    let done = site.submitted(&address, &set("45"));
    assert_eq!(done.text_of("status"), "1 parameter set, 0 refused.");
    assert!(done.text().contains("name=\"parameter-daysToExpiration\" value=\"45\""), "{}", done.text());
    let check = |page: &Document| page.table("Checks").unwrap()[1][3].clone();
    assert_eq!(check(&done), "FAILED", "the certificate depends on the parameter");
    let wrong = site.refused(&address, &set("soon"));
    assert!(wrong.text_of("main").contains("`soon` is not a valid value of daysToExpiration"));
    assert!(wrong.text().contains("name=\"parameter-daysToExpiration\" value=\"soon\""));
    let beyond = site.refused(&address, &set("1000"));
    assert!(beyond.text_of("main").contains("InvalidInputException (400)"), "{}", beyond.text_of("main"));
    let reset = site.submitted(&address, &set(""));
    assert_eq!(check(&reset), "PASSED");
}

/// Rules: DSH-82.
#[test]
fn a_control_without_checks_says_why() {
    let site = Site::of("quickstart.yaml");
    let call = |operation, input| site.call("111111111111", "us-east-1", operation, &input);
    let sentence = |page: &Document| page.text_of("main");
    assert!(sentence(&control(&site, "S3.5")).contains("not checked: "));
    let fsbp = "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1";
    let requests = json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": fsbp }] });
    assert_eq!(call(Operation::BatchEnableStandards, requests).0, 200);
    let page = control(&site, "S3.5");
    let main = sentence(&page);
    assert!(
        main.contains("not checked: no resource is declared") && main.contains("call PUT /_emulator/resources"),
        "{main}"
    );
    let address = format!("{PAGE}S3.5");
    let declare =
        |id: &'static str| [("action", "declare"), ("type", "AwsS3Bucket"), ("resource-id", id), ("result", "fails")];
    assert!(site.refused(&address, &declare("")).text_of("main").contains("Enter the ID of the resource"));
    let page = site.submitted(&address, &declare("logs"));
    assert_eq!(page.row("Resources", "arn:aws:s3:::logs")[2], "FAILED");
    assert_eq!(page.table("Checks").unwrap()[1][3], "FAILED");
    let json = r#"[{"account": "111111111111", "regions": ["us-east-1"], "type": "AwsS3Bucket", "id": "logs"}]"#;
    let page = site.submitted(&address, &[("action", "declare-json"), ("json", json)]);
    assert_eq!(page.table("Checks").unwrap()[1][3], "PASSED");
    let wrong = site.refused(&address, &[("action", "declare-json"), ("json", "[<script>")]);
    assert!(wrong.text_of("main").contains("not valid JSON") && wrong.text_of("json").contains("[<script>"));
    let wrong = site.refused(&address, &[("action", "declare-json"), ("json", r#"{"type": "AwsS3Bucke"}"#)]);
    assert!(wrong.text_of("main").contains("AwsS3Bucket"), "{}", wrong.text_of("main"));
}

/// Rules: DSH-81, DSH-82.
#[test]
fn a_control_is_disabled_in_one_standard() {
    let site = Site::of("controls.yaml");
    let address = format!("{PAGE}S3.5");
    let arn = "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1";
    let change = [("action", "association"), ("disable", arn), ("reason", "Not needed")];
    assert!(site.refused(&address, &change[..2]).text_of("main").contains("UpdatedReason is required"));
    let page = site.submitted(&address, &change);
    let row = page.row("Standards", "PCI DSS v3.2.1");
    assert_eq!((row[2].as_str(), row[4].as_str()), ("no", "Not needed"));
    let page = site.submitted(&address, &[("action", "association"), ("enable", arn)]);
    assert_eq!(page.row("Standards", "PCI DSS v3.2.1")[2], "yes");
}

/// S3.1 is added to FSBP later, and the other standards contain it from the start.
const ADDED_LATER: &str = r#"
name: added later
clock: { now: 2026-01-15T09:00:00Z, frozen: true }
regions: [us-east-1]
hubs:
  - { account: "111111111111", regions: all, quiet: true }
new_controls:
  - { control: S3.1, at: P10D, standards: [fsbp-1.0.0] }
"#;

/// Rules: DSH-82, SEC-50.
#[test]
fn a_standard_is_offered_only_if_it_contains_the_control_already() {
    let site = Site::written(ADDED_LATER);
    let standards = |page: &Document| page.text_of("main");
    let before = standards(&control(&site, "S3.1"));
    assert!(before.contains("PCI DSS") && !before.contains("Foundational Security Best Practices"), "{before}");
    site.send(Site::request("POST", "/_emulator/clock", &[], r#"{"advance": "P11D"}"#));
    let after = standards(&control(&site, "S3.1"));
    assert!(after.contains("Foundational Security Best Practices"), "{after}");
}
