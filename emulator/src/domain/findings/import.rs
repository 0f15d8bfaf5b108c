//! Imports a batch of findings in order. The batch is refused as a whole, or each finding is accepted or rejected.

use std::borrow::Cow;

use super::asff;
use super::document::{self, Finding};
use super::merge::Kind;
use super::names::{self, Name, Named};
use super::normalise::{self, Arrival};
use super::origin::Origins;
pub use super::origin::{Endpoint, Sender};
use super::store::{self, Accepted};
use crate::aws_error::AwsError;
use crate::shape::items::Item;
use crate::shape::scan::{Scanned, Scanner};
use crate::shape::{Segment, Violation, read};
use crate::state::{FindingsTransaction, timestamp_text};

/// The result of importing a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The number of accepted findings, including ignored ones (REI-03).
    pub success_count: usize,
    /// The rejected findings, in the order of the request (IMP-31).
    pub failed: Vec<Failed>,
}

/// A finding that was not accepted.
#[derive(Debug, PartialEq, Eq)]
pub struct Failed {
    /// Its id, as sent.
    pub id: String,
    /// `InvalidInput` or `InvalidAccess`.
    pub code: &'static str,
    /// The reason.
    pub message: String,
}

/// Imports batches at one endpoint. It caches what it looks up about products and owners, so it must not be used across
/// changes of hubs or relations.
pub struct Importer<'e, 'w> {
    endpoint: &'e Endpoint<'w>,
    origins: Origins<'e, 'w>,
    /// The time and the Region, as JSON.
    now: String,
    region: String,
}

/// Imports a batch in the order in which it was sent (IMP-40).
///
/// # Errors
/// 400 or 403 for the whole call, with nothing stored, when the caller may not import one of the findings (IMP-04 …
/// IMP-11).
pub fn batch(
    transaction: &mut FindingsTransaction<'_>,
    endpoint: &Endpoint<'_>,
    sender: Sender<'_>,
    findings: &[Item<'_>],
) -> Result<Outcome, AwsError> {
    Importer::new(endpoint).batch(transaction, sender, findings)
}

impl<'e, 'w> Importer<'e, 'w> {
    /// An importer for an endpoint.
    pub fn new(endpoint: &'e Endpoint<'w>) -> Importer<'e, 'w> {
        let now = document::quoted(&timestamp_text(endpoint.now));
        let region = document::quoted(endpoint.region.as_str());
        Importer { endpoint, origins: Origins::new(endpoint), now, region }
    }

    /// The number of products and owners that were looked up.
    #[cfg(test)]
    pub(super) fn lookups(&self) -> usize {
        self.origins.count()
    }

    /// Imports a batch.
    ///
    /// # Errors
    /// The errors of [`batch`].
    pub fn batch(
        &mut self,
        transaction: &mut FindingsTransaction<'_>,
        sender: Sender<'_>,
        findings: &[Item<'_>],
    ) -> Result<Outcome, AwsError> {
        let Importer { endpoint, origins, now, region } = self;
        if let Sender::Caller(caller) = sender {
            for finding in findings {
                // A text whose length rules out an ARN makes only its finding invalid.
                if let Some(product_arn) = string(finding, "ProductArn").filter(|_| !breaks(finding, "ProductArn")) {
                    let owner = string(finding, "AwsAccountId").unwrap_or_default();
                    origins.find(&product_arn, &owner).admit(caller)?;
                }
            }
        }
        let mut outcome = Outcome::default();
        let mut accepted = Vec::with_capacity(findings.len());
        for sent in findings {
            match accept(origins, endpoint, sender, (now, region), sent) {
                Ok(finding) => accepted.push(finding),
                Err((code, message)) => {
                    let id = string(sent, "Id").unwrap_or_default().into_owned();
                    outcome.failed.push(Failed { id, code, message });
                }
            }
        }
        outcome.success_count = accepted.len();
        store::store(transaction, endpoint, &accepted);
        Ok(outcome)
    }
}

/// Reads one finding from JSON text.
///
/// # Errors
/// The reason why the text is not JSON.
pub fn read_finding(text: &str) -> Result<Item<'_>, read::NotJson> {
    let text = text.trim_matches([' ', '\n', '\r', '\t']);
    match Scanner::default().structure(names::FINDING, text, 0) {
        Some((Scanned { text: compact, members }, end)) if end == text.len() => {
            Ok(Item::Faultless { text: compact, members })
        }
        _ => read::document(names::FINDING, text).map(Item::Read),
    }
}

/// A string member of a finding as it was sent. The item must be a finding: members are found by their positions in the
/// model. For items of other lists there is [`items::string`](crate::shape::items::string).
pub fn string<'i>(sent: &'i Item<'_>, name: &str) -> Option<Cow<'i, str>> {
    match sent {
        Item::Read(read) => read.members.get(name)?.as_str().map(Cow::Borrowed),
        Item::Faultless { text, members } => {
            let Name(position) = name.name()?;
            let span = members.iter().find(|span| span.position == position)?;
            document::string(text.get(span.range.clone())?)
        }
    }
}

/// Returns whether a member of the finding violates the model.
fn breaks(sent: &Item<'_>, name: &str) -> bool {
    let is_about = |violation: &Violation| matches!(violation.path[..], [Segment::Member(_, found)] if found == name);
    matches!(sent, Item::Read(read) if read.violations.iter().any(is_about))
}

/// Checks one finding and adds the members that the service adds.
fn accept<'t, 'w: 't>(
    origins: &mut Origins<'_, 'w>,
    endpoint: &Endpoint<'w>,
    sender: Sender<'_>,
    (now, region_text): (&'t str, &'t str),
    sent: &'t Item<'_>,
) -> Result<Accepted<'t>, (&'static str, String)> {
    let mut finding = check(sent).map_err(|message| ("InvalidInput", message))?;
    let text = |name: Name| finding.string(name).unwrap_or_default();
    let origin = origins.find(&text(names::PRODUCT_ARN), &text(names::AWS_ACCOUNT_ID));
    origin.accepts(sender).map_err(|message| ("InvalidAccess", message))?;
    let (Ok(source), Some(account)) = (origin.source, origin.owner) else {
        return Err(("InvalidInput", "AwsAccountId is not a valid account ID".to_owned()));
    };
    let arrival = Arrival { source, region: endpoint.region, region_text, now, account_name: origin.account_name };
    finding.respell();
    let key = finding.key(account);
    let is_of_product = matches!(sender, Sender::Product);
    // Only GetFindings gives a finding a ProcessedAt.
    let kind = if is_of_product && finding.has(names::PROCESSED_AT) { Kind::Recording } else { Kind::New };
    if is_of_product {
        normalise::complete_provider_severity(&mut finding);
    }
    normalise::finding(&mut finding, &arrival);
    let rules = store::matched_rules(endpoint.world, &origin.rules, &finding, kind);
    Ok(Accepted { key, owner: account, source, finding, kind, rules })
}

/// The finding, or the error message if it is refused.
fn check<'t>(sent: &'t Item<'_>) -> Result<Finding<'t>, String> {
    let read = match sent {
        Item::Faultless { text, members } => {
            let finding = Finding::of_spans(text, members);
            if text.len() <= asff::MAX_BYTES && asff::is_plainly_valid(&finding) {
                return Ok(finding);
            }
            match asff::refusal(&finding.to_values(), Vec::new()) {
                None => return Ok(finding),
                Some(message) => return Err(message),
            }
        }
        Item::Read(read) => read,
    };
    match asff::refusal(&read.members, read.violations.clone()) {
        None => Ok(Finding::of_values(&read.members)),
        Some(message) => Err(message),
    }
}
