//! Tests of the forms of `Test bench`, end to end.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::site::Site;

const ADMINISTRATOR: &str = "111111111111";
const BENCH: &str = "/_emulator/ui/as/111111111111/us-east-1/bench";
const FINDING: &str = r#"{
    "SchemaVersion": "2018-10-08", "Id": "pasted", "GeneratorId": "g", "AwsAccountId": "111111111111",
    "ProductArn": "arn:aws:securityhub:us-east-1:111111111111:product/111111111111/default",
    "Types": ["Software and Configuration Checks"], "CreatedAt": "2026-01-15T08:00:00Z",
    "UpdatedAt": "2026-01-15T08:00:00Z", "Severity": { "Label": "HIGH" }, "Title": "Pasted", "Description": "d",
    "Resources": [{ "Type": "Other", "Id": "r" }]
}"#;

fn findings(site: &Site) -> u64 {
    site.control("/_emulator/health")["findings"].as_u64().unwrap()
}

/// Rules: DSH-100.
#[test]
fn the_clock_can_be_frozen_and_advanced() {
    let site = Site::of("quickstart.yaml");
    let main = site.page(BENCH).words();
    assert!(main.contains("2026-01-15 09:00:00Z , frozen") && main.contains("Let the clock run"), "{main}");
    assert!(main.contains("91 days due: ") && main.contains("findings that expire"), "{main}");
    assert_eq!(site.submitted(BENCH, &[("action", "run")]).text_of("status"), "The clock runs.");
    assert_eq!(site.control("/_emulator/clock")["frozen"], false);
    assert_eq!(site.submitted(BENCH, &[("action", "freeze")]).text_of("status"), "The clock is frozen.");
    let before = site.control("/_emulator/clock")["now"].clone();
    let page = site.submitted(BENCH, &[("action", "advance"), ("by", "P1D")]);
    assert!(page.text_of("status").starts_with("Advanced by P1D to 2026-01-16 09:00:"), "{}", page.text_of("status"));
    assert!(page.words().contains("securityhub-local clock advance P1D"), "the call is shown");
    assert!(page.text_of("footer").contains("Clock 2026-01-16 09:00:"), "{}", page.text_of("footer"));
    assert_ne!(site.control("/_emulator/clock")["now"], before);
    let page = site.refused(BENCH, &[("action", "advance"), ("by", "soon")]);
    assert!(page.words().contains("`soon` is not a valid duration"), "{}", page.words());
    assert!(page.text().contains("name=\"by\" value=\"soon\""), "what was typed is shown again");
    site.refused(BENCH, &[("action", "advance"), ("by", "")]);
    let before = findings(&site);
    site.submitted(BENCH, &[("action", "advance"), ("by", "P91D")]);
    assert!(findings(&site) < before, "findings expire");
}

/// Rules: DSH-101.
#[test]
fn findings_can_be_generated_and_imported() {
    let site = Site::of("quickstart.yaml");
    let before = findings(&site);
    let generate = [("action", "generate"), ("product", "guardduty"), ("number", "25"), ("account", "222222222222")];
    let page = site.submitted(BENCH, &generate);
    assert_eq!(page.text_of("status"), "25 generated, 0 failed");
    assert_eq!(findings(&site), before + 25);
    site.submitted(BENCH, &generate);
    assert_eq!(findings(&site), before + 50, "they are new findings each time");
    let call = page.words();
    assert!(
        call.contains("securityhub-local call POST /_emulator/findings/generate \\ '{\"Product\":\"guardduty\""),
        "{call}"
    );
    let events = site.page("/_emulator/ui/as/222222222222/us-east-1/events").words();
    assert!(events.contains("Imported"), "generated findings emit events: {events}");
    for (number, account) in [("0", "111111111111"), ("10001", "111111111111"), ("1", "1"), ("1", "555555555555")] {
        let fields = [("action", "generate"), ("product", "all"), ("number", number), ("account", account)];
        let page = site.refused(BENCH, &fields);
        assert!(page.text().contains(&format!("value=\"{account}\"")), "{number} {account}");
    }
    let broken = FINDING.replace("\"Title\": \"Pasted\",", "").replace("\"pasted\"", "\"<b>broken</b>\"");
    let page = site.submitted(BENCH, &[("action", "import"), ("asff", &format!("[{FINDING}, {broken}]"))]);
    assert_eq!(page.text_of("status"), "1 imported, 1 failed");
    let main = page.words();
    assert!(main.contains("Not imported Finding Code Message <b>broken</b> InvalidInput"), "{main}");
    for (asff, sentence) in [("", "Paste findings"), ("{", "not valid JSON"), ("[1]", "is not a JSON object")] {
        let page = site.refused(BENCH, &[("action", "import"), ("asff", asff)]);
        assert!(page.words().contains(sentence), "{asff}: {}", page.words());
    }
}

/// Rules: DSH-101.
#[test]
fn resources_are_declared_and_checked() {
    let site = Site::of("controls.yaml");
    let declare = [("action", "declare"), ("type", "AwsS3Bucket"), ("id", "new-bucket"), ("fails", "S3.5, S3.8")];
    let page = site.submitted(BENCH, &declare);
    assert_eq!(page.text_of("status"), "1 declared.");
    let main = page.words();
    assert!(main.contains("arn:aws:s3:::new-bucket AwsS3Bucket S3.5, S3.8 Delete"), "{main}");
    assert!(site.submitted(BENCH, &[("action", "run-checks")]).text_of("status").ends_with("were checked."));
    let page = site.submitted(BENCH, &[("action", "recorder"), ("recorder", "off us-east-1")]);
    assert_eq!(page.text_of("status"), "The recorder in us-east-1 is off.");
    assert!(page.words().contains("us-east-1 off Turn on"), "{}", page.words());
    let delete = [("action", "delete-resource"), ("type", "AwsS3Bucket"), ("id", "arn:aws:s3:::new-bucket")];
    assert_eq!(site.submitted(BENCH, &delete).text_of("status"), "1 deleted.");
    site.refused(BENCH, &delete);
    site.refused(BENCH, &[("action", "declare"), ("type", "AwsNope"), ("id", "x")]);
    let empty = Site::of("quickstart.yaml");
    let page = empty.refused(BENCH, &[("action", "run-checks")]);
    assert!(page.words().contains("no resources are declared"), "{}", page.words());
}

/// Rules: DSH-102.
#[test]
fn a_reset_needs_a_confirmation() {
    let site = Site::of("quickstart.yaml");
    let before = findings(&site);
    site.submitted(BENCH, &[("action", "import"), ("asff", FINDING)]);
    let page = site.refused(BENCH, &[("action", "reset"), ("to", "start")]);
    assert!(page.words().contains("Select `Yes, forget what changed` first"), "{}", page.words());
    assert_eq!(findings(&site), before + 1);
    let page = site.submitted(BENCH, &[("action", "reset"), ("to", "start"), ("confirm", "yes")]);
    assert_eq!(page.text_of("status"), "Reset to the state of the scenario.");
    assert_eq!(findings(&site), before);
    let page = site.submitted(BENCH, &[("action", "reset"), ("to", "empty"), ("confirm", "yes")]);
    assert_eq!((page.text_of("status").as_str(), findings(&site)), ("The emulator is empty.", 0));
    let main = page.words();
    assert!(main.contains("Hubs 0 Findings 0") && main.contains("quickstart.yaml"), "{main}");
}

/// Rules: DSH-12, DSH-103.
#[test]
fn a_fault_hits_a_call_and_is_shown_in_the_requests() {
    let site = Site::of("quickstart.yaml");
    let add = [("action", "add-fault"), ("operation", "GetFindings"), ("error", "Throttle"), ("times", "1")];
    let page = site.submitted(BENCH, &add);
    assert_eq!(page.text_of("status"), "Added the fault f-1.");
    let row = "f-1 GetFindings; Times 1 Error Code Throttle 0 0 Remove";
    assert!(page.words().contains(row), "{}", page.words());
    site.page(&BENCH.replace("bench", ""));
    let call = |input: &Value| site.call(ADMINISTRATOR, "us-east-1", Operation::GetFindings, input).0;
    assert_eq!(call(&json!({})), 429, "pages are not hit by faults");
    assert_eq!(call(&json!({ "Filters": { "Title": [{ "Value": "nope", "Comparison": "EQUALS" }] } })), 200);
    let page = site.page(BENCH);
    let main = page.words();
    assert!(main.contains("Error Code Throttle 2 1 Remove"), "{main}");
    assert!(
        main.contains("GetFindings 200 no findings: explain") && main.contains("429 TooManyRequestsException"),
        "{main}"
    );
    let links = page.links();
    let opened =
        |text: &str| links.iter().filter(|(_, name)| name == text).map(|(link, _)| link.clone()).collect::<Vec<_>>();
    let failed = site.page(&opened("GetFindings")[1]).words();
    assert!(failed.contains("Request 1 Operation GetFindings") && failed.contains("Fault f-1"), "{failed}");
    let explained = site.page(&opened("no findings: explain")[0]).words();
    assert!(
        explained.contains("Why it returned no findings") && explained.contains("\"Filters\": { \"Title\""),
        "{explained}"
    );
    let filtered = site.page(&format!("{BENCH}?status=4xx&fault=f-1&operation=Get*")).words();
    assert!(filtered.contains("429 TooManyRequestsException") && !filtered.contains("GetFindings 200"), "{filtered}");
    let invalid = site.get(&format!("{BENCH}?status=nope"));
    assert_eq!(invalid.status(), 400);
    assert_eq!(site.submitted(BENCH, &[("action", "clear-requests")]).text_of("status"), "2 deleted.");
    assert!(site.page(BENCH).words().contains("No recorded calls"));
    assert_eq!(site.status(&format!("{BENCH}?request=1")), 404);
    let page = site.refused(BENCH, &[("action", "add-fault"), ("operation", "GetFinding"), ("error", "Throttle")]);
    assert!(page.words().contains("did you mean 'GetFindings'?"), "{}", page.words());
    assert!(page.text().contains("name=\"operation\" value=\"GetFinding\""), "what was typed is shown again");
    site.refused(BENCH, &[("action", "add-fault"), ("operation", "GetFindings")]);
    site.refused(BENCH, &[("action", "add-fault"), ("error", "Throttle"), ("times", "often")]);
    let page = site.submitted(BENCH, &[("action", "remove-fault"), ("id", "f-1")]);
    assert_eq!(page.text_of("status"), "Removed the fault f-1.");
    assert!(page.words().contains("No faults."));
    site.refused(BENCH, &[("action", "remove-fault"), ("id", "f-1")]);
}

/// Rules: DSH-103.
#[test]
fn a_snapshot_is_saved_compared_and_restored() {
    let site = Site::of("quickstart.yaml");
    let before = findings(&site);
    let page = site.submitted(BENCH, &[("action", "save-snapshot"), ("name", "before")]);
    assert!(page.text_of("status").starts_with("Saved before with"), "{}", page.text_of("status"));
    site.submitted(BENCH, &[("action", "import"), ("asff", FINDING)]);
    let compare = format!("{BENCH}?compare=before");
    let main = site.page(&compare).words();
    assert!(main.contains("Changes Name Kind Change Place pasted Finding added 111111111111 us-east-1"), "{main}");
    let page = site.submitted(&compare, &[("action", "restore-snapshot"), ("snapshot", "before")]);
    assert_eq!(page.text_of("status"), "Restored the snapshot before.");
    assert!(page.words().contains("No hub, setting or finding has changed."), "{}", page.words());
    assert_eq!(findings(&site), before);
    let names = ["", "a b", "../x", "start"];
    for name in names {
        site.refused(BENCH, &[("action", "save-snapshot"), ("name", name)]);
    }
    site.refused(BENCH, &[("action", "restore-snapshot"), ("snapshot", "nope")]);
    assert_eq!(site.status(&format!("{BENCH}?compare=nope")), 404);
    assert_eq!(site.status(&format!("{BENCH}?compare=..%2Fx")), 404);
    let page = site.submitted(&compare, &[("action", "delete-snapshot"), ("snapshot", "before")]);
    assert_eq!(page.text_of("status"), "Deleted the snapshot before.");
    assert_eq!(site.status(&compare), 404);
    assert_eq!(site.status(&format!("{BENCH}?compare=start")), 200);
    site.refused(BENCH, &[("action", "nope")]);
}

/// Rules: DSH-12, DSH-102, DSH-103.
#[test]
fn the_bench_works_for_an_account_without_a_hub() {
    let site = Site::of("quickstart.yaml");
    let bench = BENCH.replace(ADMINISTRATOR, "555555555555");
    let page = site.page(&bench);
    for heading in ["Clock", "Findings", "Checks", "Reset", "World", "Requests", "Faults", "Snapshots"] {
        assert!(page.text().contains(&format!("\">{heading}</h2>")), "{heading}");
    }
    let recorder = [("action", "recorder"), ("recorder", "on us-east-1")];
    let page = site.refused(&bench, &recorder);
    assert!(page.words().contains("Security Hub is not enabled for 555555555555"), "{}", page.words());
    assert_eq!(findings(&site), site.control("/_emulator/status")["Findings"].as_u64().unwrap());
}
