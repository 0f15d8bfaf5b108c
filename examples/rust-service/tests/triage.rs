//! Tests with an emulator in the process of each test. They need no port and no credentials, and run in parallel.

use std::error::Error;

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::types::AwsSecurityFinding;
use securityhub_local::{Emulator, EventFilter, Fault, FaultError, FaultPartial, RequestFilter, Verify};
use serde_json::json;
use triage::{Summary, Tickets, triage};

type Outcome = Result<(), Box<dyn Error>>;

const SECURITY: &str = "111111111111";

/// Names tickets after their accounts.
struct Numbered;

impl Tickets for Numbered {
    fn open(&mut self, account: &str, _: &[AwsSecurityFinding]) -> String {
        format!("SEC-{account}")
    }
}

/// A client that calls as an account of the scenario.
fn client(hub: &Emulator, account: &str) -> Result<Client, Box<dyn Error>> {
    Ok(Client::new(&hub.account_by_id(account)?.sdk_config("us-east-1")))
}

#[securityhub_local::test(scenario = "tests/scenario.yaml")]
async fn each_account_gets_one_ticket(hub: Emulator) -> Outcome {
    let client = client(&hub, SECURITY)?;
    let first = triage(&client, &mut Numbered).await?;
    assert_eq!(first.tickets, ["SEC-111111111111", "SEC-222222222222", "SEC-333333333333"]);
    assert!(first.findings > 100, "all pages are read");
    assert_eq!(first.failed, [""; 0]);

    let second = triage(&client, &mut Numbered).await?;
    assert_eq!(second, Summary::default(), "the findings are no longer new");

    // A member sees the note of its administrator, and EventBridge receives the change in both accounts.
    let input = json!({ "Workflow": { "Status": "NOTIFIED" }, "Note": { "Text": "SEC-222222222222" } });
    hub.verify(&Verify::operation("BatchUpdateFindings").matching(input)).await?;
    let events =
        hub.stored_events(&EventFilter { account: Some("222222222222".to_owned()), ..EventFilter::default() })?;
    assert_eq!(events[0]["detail"]["findings"][0]["Note"]["Text"], "SEC-222222222222");
    Ok(())
}

#[securityhub_local::test(scenario = "tests/scenario.yaml")]
async fn a_member_triages_its_own_findings(hub: Emulator) -> Outcome {
    let summary = triage(&client(&hub, "222222222222")?, &mut Numbered).await?;
    assert_eq!(summary.tickets, ["SEC-222222222222"]);
    Ok(())
}

#[securityhub_local::test(scenario = "tests/scenario.yaml", flavor = "multi_thread")]
async fn throttled_calls_are_repeated(hub: Emulator) -> Outcome {
    let throttle = FaultError { code: Some("Throttle".to_owned()), ..FaultError::default() };
    let fault =
        Fault { operation: Some("GetFindings".into()), error: Some(throttle), times: Some(1), ..Fault::default() };
    let _fault = hub.fault(fault)?;
    let summary = triage(&client(&hub, SECURITY)?, &mut Numbered).await?;
    assert_eq!(summary.tickets.len(), 3);
    let throttled = RequestFilter { status: Some("429".to_owned()), ..RequestFilter::operation("GetFindings") };
    assert_eq!(hub.requests(&throttled)?.len(), 1);
    Ok(())
}

#[securityhub_local::test(scenario = "tests/scenario.yaml")]
async fn findings_that_are_not_updated_are_reported(hub: Emulator) -> Outcome {
    let partial = FaultPartial { every: Some(50), ..FaultPartial::default() };
    let fault = Fault { operation: Some("BatchUpdateFindings".into()), partial: Some(partial), ..Fault::default() };
    let _fault = hub.fault(fault)?;
    let summary = triage(&client(&hub, SECURITY)?, &mut Numbered).await?;
    assert!(!summary.failed.is_empty() && summary.failed.len() < summary.findings / 10, "{:?}", summary.failed);
    Ok(())
}

#[securityhub_local::test]
async fn an_account_without_security_hub_is_an_error(hub: Emulator) -> Outcome {
    let account = hub.account();
    let client = Client::new(&account.sdk_config("us-east-1"));
    let error = triage(&client, &mut Numbered).await.unwrap_err().to_string();
    assert!(error.contains(&format!("Account {} is not subscribed to AWS Security Hub", account.id())), "{error}");

    account.enable(&["us-east-1"]).await?;
    assert_eq!(triage(&client, &mut Numbered).await?, Summary::default());
    Ok(())
}
