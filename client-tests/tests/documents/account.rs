//! The example with a new account of docs/guides/rust.md, line by line.

use aws_sdk_securityhub::Client;
use securityhub_local::Emulator;

#[securityhub_local::test]
async fn a_new_account_has_no_findings(emulator: Emulator) -> Result<(), Box<dyn std::error::Error>> {
    let account = emulator.account();
    account.enable(&["us-east-1"]).await?;
    let client = Client::new(&account.sdk_config("us-east-1"));
    assert!(client.get_findings().send().await?.findings().is_empty());
    Ok(())
}
