//! A batch of findings, in order: all of it refused, or each finding judged on its own (findings.md 1.2 … 1.4).

use std::collections::BTreeSet;

use bytes::Bytes;
use securityhub_fixtures::Operation;
use securityhub_fixtures::model::{Kind, ShapeId};
use serde_json::{Map, Value};

use super::product::{self, Source, Unusable};
use super::{asff, expiry, merge, normalise};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::hub;
use crate::shape::{Segment, Violation, read};
use crate::state::{
    AccountId, Directory, FindingKey, FindingWriter, HubKey, Region, Timestamp, Transaction, World, timestamp_text,
};

/// A finding as it was sent.
#[derive(Debug, Default)]
pub struct Sent {
    /// Its members, as far as the model knows them.
    pub members: Map<String, Value>,
    /// What it breaks of the model, with paths that begin at the finding.
    pub violations: Vec<Violation>,
}

/// Who sends a batch.
#[derive(Clone, Copy, Debug)]
pub enum Sender<'c> {
    /// A caller of BatchImportFindings.
    Caller(&'c Caller),
    /// The product itself, for which AWS's own services import (IMP-11).
    Product,
}

/// What became of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many findings were accepted, the ignored ones included (REI-03).
    pub success_count: usize,
    /// Those that were not, in the order of the request (IMP-31).
    pub failed: Vec<Failed>,
}

/// A finding that was not accepted.
#[derive(Debug, PartialEq, Eq)]
pub struct Failed {
    /// Its id, as sent.
    pub id: String,
    /// `InvalidInput` or `InvalidAccess`.
    pub code: &'static str,
    /// Why.
    pub message: String,
}

/// Where a batch arrives.
pub struct Endpoint<'w> {
    /// The world.
    pub world: &'w World,
    /// The relations, as they were when the call began.
    pub directory: &'w Directory,
    /// The Region.
    pub region: &'w Region,
    /// The time.
    pub now: Timestamp,
}

/// A finding that passed all checks.
struct Accepted {
    key: FindingKey,
    source: Source,
    finding: Map<String, Value>,
}

/// Imports a batch in the order in which it was sent (IMP-40).
///
/// # Errors
/// 400 or 403 for the whole call, with nothing stored, when the caller may not import one of the findings (IMP-04 …
/// IMP-11).
pub fn batch(
    transaction: &mut Transaction<'_>,
    endpoint: &Endpoint<'_>,
    sender: Sender<'_>,
    findings: Vec<Sent>,
) -> Result<Outcome, AwsError> {
    for finding in &findings {
        admit(endpoint, sender, finding)?;
    }
    let mut outcome = Outcome::default();
    let mut accepted = Vec::with_capacity(findings.len());
    for sent in findings {
        let id = string(&sent.members, "Id").to_owned();
        match accept(endpoint, sent) {
            Ok(finding) => accepted.push(finding),
            Err((code, message)) => outcome.failed.push(Failed { id, code, message }),
        }
    }
    outcome.success_count = accepted.len();
    store(transaction, endpoint, accepted);
    Ok(outcome)
}

/// Reads one finding from JSON text.
///
/// # Errors
/// Why the text is no JSON.
pub fn read_finding(text: &str) -> Result<Sent, read::NotJson> {
    let read = read::document(finding_shape(), text)?;
    Ok(Sent { members: read.members, violations: read.violations })
}

/// The model's shape of a finding.
fn finding_shape() -> ShapeId {
    let input = Operation::BatchImportFindings.model().input;
    let list = match &input.shape().kind {
        Kind::Structure(structure) => structure.member("Findings").map_or(input, |(_, member)| member.shape),
        _ => input,
    };
    match &list.shape().kind {
        Kind::List { member, .. } => *member,
        _ => list,
    }
}

/// Whether the sender may import this finding; what breaks its shape is judged later.
fn admit(endpoint: &Endpoint<'_>, sender: Sender<'_>, sent: &Sent) -> Result<(), AwsError> {
    let (Sender::Caller(caller), Some(Value::String(product_arn))) = (sender, sent.members.get("ProductArn")) else {
        return Ok(());
    };
    let denied = || caller.not_authorized(Operation::BatchImportFindings, product_arn);
    // A text that cannot be an ARN by its length is the finding's own mistake.
    let breaks_shape = |violation: &Violation| matches!(violation.path[..], [Segment::Member(_, "ProductArn")]);
    if sent.violations.iter().any(breaks_shape) {
        return Ok(());
    }
    match product::find(product_arn, endpoint.region) {
        Err(Unusable::NoProductArn) => Err(AwsError::invalid_input(format!("productArn: \"{product_arn}\""))),
        Err(Unusable::NoProduct) => Err(denied()),
        Ok(source) => {
            // An owner that is no account id is the finding's own mistake (ASF-05).
            let owner = AccountId::parse(string(&sent.members, "AwsAccountId")).unwrap_or(caller.account());
            if source.admits(caller.account(), owner) { Ok(()) } else { Err(denied()) }
        }
    }
}

/// Checks one finding and adds what the service adds.
fn accept(endpoint: &Endpoint<'_>, sent: Sent) -> Result<Accepted, (&'static str, String)> {
    let mut finding = sent.members;
    if let Some(message) = asff::refusal(&finding, sent.violations) {
        return Err(("InvalidInput", message));
    }
    let product_arn = string(&finding, "ProductArn").to_owned();
    let Some(account) = AccountId::parse(string(&finding, "AwsAccountId")) else {
        return Err(("InvalidInput", "AwsAccountId is no account id".to_owned()));
    };
    let source = product::find(&product_arn, endpoint.region)
        .map_err(|_| ("InvalidAccess", format!("No product {product_arn} in {}", endpoint.region)))?;
    let owner = HubKey { account, region: endpoint.region.clone() };
    subscribed(endpoint.world, &owner, source, &product_arn).map_err(|message| ("InvalidAccess", message))?;
    let now = timestamp_text(endpoint.now);
    let account_name = account_name(endpoint.directory, account);
    let arrival = normalise::Arrival { source, region: endpoint.region, now: &now, account_name };
    normalise::finding(&mut finding, &arrival);
    let id = string(&finding, "Id").to_owned();
    let key = FindingKey { region: endpoint.region.clone(), account, product_arn, id };
    Ok(Accepted { key, source, finding })
}

/// Whether the owner takes findings of the product (IMP-33).
fn subscribed(world: &World, owner: &HubKey, source: Source, product_arn: &str) -> Result<(), String> {
    let account = owner.account;
    if !hub::is_enabled(world, owner) {
        return Err(format!("Account {account} is not subscribed to AWS Security Hub"));
    }
    let takes = source
        .subscription()
        .is_none_or(|name| world.hub(owner).is_some_and(|hub| hub.product_subscriptions.contains(&name)));
    if takes { Ok(()) } else { Err(format!("Account {account} is not subscribed to product {product_arn}")) }
}

/// The name of an account that belongs to the organization (ASF-33).
fn account_name(directory: &Directory, account: AccountId) -> Option<&str> {
    let organization = directory.organization.as_ref()?;
    let belongs = organization.management_account == account || organization.parents.contains_key(&account);
    let name = directory.accounts.get(&account).filter(|_| belongs).map(|account| account.name.as_str());
    name.filter(|name| !name.is_empty())
}

/// Stores what was accepted under one lock, in order.
fn store(transaction: &mut Transaction<'_>, endpoint: &Endpoint<'_>, accepted: Vec<Accepted>) {
    if accepted.is_empty() {
        return;
    }
    let expiries: BTreeSet<Timestamp> = transaction.edit_findings(endpoint.region, |writer| {
        accepted.into_iter().filter_map(|finding| put(writer, finding)).collect()
    });
    for at in expiries {
        expiry::put(transaction, endpoint.region, at);
    }
}

/// Stores one finding, unless what is stored is as new (REI-03); gives when it expires.
fn put(writer: &mut FindingWriter<'_>, accepted: Accepted) -> Option<Timestamp> {
    let Accepted { key, source, finding } = accepted;
    let stored =
        writer.get(&key).and_then(|stored| serde_json::from_slice::<Map<String, Value>>(&stored.document).ok());
    let merged = match stored {
        None => merge::create(finding, source),
        Some(stored) if merge::is_later(&finding, &stored) => merge::update(finding, &stored, source),
        Some(_) => return None,
    };
    let value = Value::Object(merged);
    let document = Bytes::from(value.to_string());
    let expires = expiry::sweep_time(&document);
    writer.put(key, document, &value);
    expires
}

fn string<'m>(members: &'m Map<String, Value>, name: &str) -> &'m str {
    members.get(name).and_then(Value::as_str).unwrap_or_default()
}
