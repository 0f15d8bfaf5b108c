//! The findings that differ between two worlds.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use securityhub_engine::Slot;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::values::{self, ValueChange};
use crate::state::{Findings, TableKey, World};

/// The attributes of the annex that the V2 half returns.
const VISIBLE_IN_OCSF: [&str; 4] = ["severity_id", "status_id", "comment", "criticality"];

/// A finding. Findings are ordered by account, Region, product and ID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The account that owns it.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// `ProductArn`, or `metadata.product.uid` of a finding that exists only in OCSF.
    pub product: String,
    /// `Id`, or `metadata.uid` of a finding that exists only in OCSF.
    pub id: String,
}

/// The findings that differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindingDifferences {
    /// Findings that only the second world has.
    pub added: Vec<Finding>,
    /// Findings that only the first world has.
    pub removed: Vec<Finding>,
    /// Findings with different contents.
    pub changed: Vec<(Finding, Vec<ValueChange>)>,
}

/// A finding in one of the worlds.
type Place = (Arc<Findings>, Slot);

pub(super) fn between(from: &World, to: &World, limit: usize, is_truncated: &mut bool) -> FindingDifferences {
    let mut found: BTreeMap<Finding, (Option<Place>, Option<Place>)> = BTreeMap::new();
    let tables: BTreeSet<TableKey> = from.tables().into_iter().chain(to.tables()).collect();
    for table in tables.iter().filter(|table| table.origin.is_none()) {
        let (one, two) = (from.frozen_findings(table), to.frozen_findings(table));
        let slots = match (&one, &two) {
            (Some(one), Some(two)) if Arc::ptr_eq(one, two) => continue,
            (Some(one), Some(two)) => one.table().differing(two.table()),
            (Some(one), None) => one.table().slots().collect(),
            (None, Some(two)) => two.table().slots().collect(),
            (None, None) => continue,
        };
        for slot in slots {
            let of = |findings: &Option<Arc<Findings>>| {
                let findings = findings.as_ref().filter(|findings| findings.table().has(slot))?;
                Some((identity(table, findings.table().document(slot))?, (Arc::clone(findings), slot)))
            };
            if let Some((finding, place)) = of(&one) {
                found.entry(finding).or_default().0 = Some(place);
            }
            if let Some((finding, place)) = of(&two) {
                found.entry(finding).or_default().1 = Some(place);
            }
        }
    }
    sorted(found, limit, is_truncated)
}

fn sorted(
    found: BTreeMap<Finding, (Option<Place>, Option<Place>)>,
    limit: usize,
    is_truncated: &mut bool,
) -> FindingDifferences {
    let mut differences = FindingDifferences::default();
    let mut is_full = |length: usize| {
        *is_truncated |= length >= limit;
        length >= limit
    };
    for (finding, places) in found {
        match places {
            (Some(from), Some(to)) => {
                let changes = changes(&from, &to);
                if !changes.is_empty() && !is_full(differences.changed.len()) {
                    differences.changed.push((finding, changes));
                }
            }
            (None, Some(_)) if !is_full(differences.added.len()) => differences.added.push(finding),
            (Some(_), None) if !is_full(differences.removed.len()) => differences.removed.push(finding),
            _ => {}
        }
    }
    differences
}

/// The members that identify a stored finding, in ASFF or only in OCSF.
#[derive(Deserialize)]
struct Identity<'d> {
    #[serde(borrow, rename = "AwsAccountId")]
    account: Cow<'d, str>,
    #[serde(borrow, rename = "ProductArn")]
    product: Option<Cow<'d, str>>,
    #[serde(borrow, rename = "Id")]
    id: Option<Cow<'d, str>>,
    #[serde(borrow)]
    uid: Option<Cow<'d, str>>,
    ocsf: Option<Ocsf>,
}

#[derive(Deserialize)]
struct Ocsf {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    product: Product,
}

#[derive(Deserialize)]
struct Product {
    uid: Option<String>,
}

fn identity(table: &TableKey, document: &[u8]) -> Option<Finding> {
    let Identity { account, product, id, uid, ocsf } = serde_json::from_slice(document).ok()?;
    let of_ocsf = ocsf.and_then(|ocsf| ocsf.metadata.product.uid);
    Some(Finding {
        account: account.into_owned(),
        region: table.region.to_string(),
        product: product.map(Cow::into_owned).or(of_ocsf).unwrap_or_default(),
        id: id.or(uid)?.into_owned(),
    })
}

fn changes((one, from): &Place, (two, to): &Place) -> Vec<ValueChange> {
    let (from, to) = (one.table().stored(*from), two.table().stored(*to));
    let mut changes = Vec::new();
    if from.document != to.document {
        let value = |document: &[u8]| -> Option<Value> {
            let mut document: Value = serde_json::from_slice(document).ok()?;
            // The stored form of a finding that exists only in OCSF contains the finding as a member.
            Some(document.get_mut("ocsf").map(Value::take).unwrap_or(document))
        };
        values::compare("", value(from.document).as_ref(), value(to.document).as_ref(), &mut changes);
    }
    if from.annex != to.annex {
        let value = |annex: &[u8]| -> Value {
            let annex: Map<String, Value> = serde_json::from_slice(annex).unwrap_or_default();
            annex.into_iter().filter(|(name, _)| VISIBLE_IN_OCSF.contains(&name.as_str())).collect()
        };
        values::compare("Ocsf", Some(&value(from.annex)), Some(&value(to.annex)), &mut changes);
    }
    changes
}
