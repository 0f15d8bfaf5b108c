//! Opens a ticket for each account with new severe findings, and marks these findings as `NOTIFIED`.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::error::DisplayErrorContext;
use aws_sdk_securityhub::types::{
    AwsSecurityFinding, AwsSecurityFindingFilters, AwsSecurityFindingIdentifier, NoteUpdate, StringFilter,
    StringFilterComparison, WorkflowStatus, WorkflowUpdate,
};

/// Maximum number of findings of a call to BatchUpdateFindings.
const BATCH: usize = 100;

/// A ticket system.
pub trait Tickets {
    /// Opens a ticket about findings of an account, and returns its name.
    fn open(&mut self, account: &str, findings: &[AwsSecurityFinding]) -> String;
}

/// What one run has done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The names of the new tickets.
    pub tickets: Vec<String>,
    /// The number of findings that the tickets are about.
    pub findings: usize,
    /// The IDs of the findings that Security Hub did not update, with its reasons. The next run opens a ticket again.
    pub failed: Vec<String>,
}

/// A call to Security Hub that failed.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Opens a ticket for each account with new severe findings.
///
/// # Errors
/// If a call to Security Hub fails. Findings that were not updated are still new.
pub async fn triage(client: &Client, tickets: &mut impl Tickets) -> Result<Summary, Error> {
    let mut summary = Summary::default();
    // All pages are read first, because an update changes what the filters select.
    for (account, findings) in new_findings(client).await? {
        let ticket = tickets.open(&account, &findings);
        for batch in findings.chunks(BATCH) {
            summary.failed.extend(update(client, &ticket, batch).await?);
        }
        summary.findings += findings.len();
        summary.tickets.push(ticket);
    }
    Ok(summary)
}

/// The new severe findings that the caller sees, by account.
async fn new_findings(client: &Client) -> Result<BTreeMap<String, Vec<AwsSecurityFinding>>, Error> {
    let filters = AwsSecurityFindingFilters::builder()
        .severity_label(equals("CRITICAL"))
        .severity_label(equals("HIGH"))
        .workflow_status(equals("NEW"))
        .record_state(equals("ACTIVE"))
        .build();
    let mut pages = client.get_findings().filters(filters).max_results(100).into_paginator().send();
    let mut found = BTreeMap::<String, Vec<AwsSecurityFinding>>::new();
    while let Some(page) = pages.next().await {
        for finding in page.map_err(|error| failed("GetFindings", &error))?.findings.unwrap_or_default() {
            let account = finding.aws_account_id().unwrap_or_default().to_owned();
            found.entry(account).or_default().push(finding);
        }
    }
    Ok(found)
}

/// Notes a ticket on up to 100 findings, and returns those that were not updated.
async fn update(client: &Client, ticket: &str, findings: &[AwsSecurityFinding]) -> Result<Vec<String>, Error> {
    let identifiers = findings.iter().map(|finding| {
        let identifier = AwsSecurityFindingIdentifier::builder();
        identifier.set_id(finding.id.clone()).set_product_arn(finding.product_arn.clone()).build()
    });
    let note = NoteUpdate::builder().text(ticket).updated_by("triage").build();
    let updated = client
        .batch_update_findings()
        .set_finding_identifiers(Some(identifiers.collect()))
        .workflow(WorkflowUpdate::builder().status(WorkflowStatus::Notified).build())
        .note(note)
        .send()
        .await
        .map_err(|error| failed("BatchUpdateFindings", &error))?;
    let unprocessed = updated.unprocessed_findings.unwrap_or_default().into_iter();
    Ok(unprocessed
        .map(|finding| {
            let id = finding.finding_identifier.and_then(|identifier| identifier.id).unwrap_or_default();
            format!("{id}: {}", finding.error_message.unwrap_or_default())
        })
        .collect())
}

fn equals(value: &str) -> StringFilter {
    StringFilter::builder().value(value).comparison(StringFilterComparison::Equals).build()
}

fn failed<E: std::error::Error>(operation: &str, error: &E) -> Error {
    Error(format!("{operation} failed: {}", DisplayErrorContext(error)))
}
