//! Looks for new severe findings every minute, until Ctrl-C.

use std::time::Duration;

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::types::AwsSecurityFinding;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use triage::{Tickets, triage};

const INTERVAL: Duration = Duration::from_secs(60);

/// Prints tickets instead of opening them.
struct Console;

impl Tickets for Console {
    fn open(&mut self, account: &str, findings: &[AwsSecurityFinding]) -> String {
        let first = findings.first().and_then(AwsSecurityFinding::title).unwrap_or_default();
        println!("{account}: {} new findings, the first is: {first}", findings.len());
        format!("TICKET-{account}")
    }
}

/// The client is that of AWS, or of the emulator if `AWS_ENDPOINT_URL_SECURITYHUB` is set.
#[tokio::main]
async fn main() {
    let https = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let client = Client::new(&aws_config::from_env().http_client(https).load().await);
    let mut interval = tokio::time::interval(INTERVAL);
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            _ = tokio::signal::ctrl_c() => return,
        }
        match triage(&client, &mut Console).await {
            Ok(summary) => println!("{} tickets about {} findings", summary.tickets.len(), summary.findings),
            Err(error) => eprintln!("{error}"),
        }
    }
}
