//! The first example of docs/guides/rust.md, line by line.

use aws_sdk_securityhub::Client;
use securityhub_local::{Emulator, Verify};

#[securityhub_local::test(scenario = "builtin:quickstart")]
async fn the_hub_is_described_once(emulator: Emulator) -> Result<(), Box<dyn std::error::Error>> {
    let account = emulator.account_by_id("111111111111")?;
    let client = Client::new(&account.sdk_config("us-east-1"));

    let hub = client.describe_hub().send().await?;

    assert_eq!(hub.hub_arn(), Some("arn:aws:securityhub:us-east-1:111111111111:hub/default"));
    emulator.verify(&Verify::operation("DescribeHub").times(1)).await?;
    assert!(emulator.events().is_empty()); // no event was sent to EventBridge
    Ok(())
}
