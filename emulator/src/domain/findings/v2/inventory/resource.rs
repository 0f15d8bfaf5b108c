//! One resource of an inventory, collected from the findings that name it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::category;
use crate::state::Timestamp;

/// The values that identify a resource (DEC-10).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceKey {
    /// `AccountId`
    pub account: String,
    /// `ResourceRegion`
    pub region: String,
    /// `ResourceType`
    pub resource_type: String,
    /// `ResourceId`
    pub id: String,
}

/// A resource while it is collected.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// The object of the newest finding that names it.
    object: Value,
    /// `cloud.region` of that finding.
    region: String,
    /// `modified_time` of that finding, in milliseconds and as text.
    modified: (i64, String),
    /// The time at which a finding first named the resource; `None` if a scenario declares it.
    pub first_seen: Option<Timestamp>,
    is_declared: bool,
    /// The members that a scenario declares. They override those of findings.
    declared: Map<String, Value>,
    /// The number of new or in-progress findings of each severity, by type and product.
    summary: BTreeMap<(String, String), [u64; SEVERITIES.len()]>,
}

/// The members of `Severities`, in the order of their severities' ids.
pub const SEVERITIES: [&str; 8] = ["Unknown", "Informational", "Low", "Medium", "High", "Critical", "Fatal", "Other"];

/// The values of `ResourceCriticality`.
pub const CRITICALITIES: [&str; 5] = ["Very High", "High", "Medium", "Low", "Unknown"];

/// The attributes of a finding that are used for the resources that it names.
pub struct Mention<'f> {
    /// `cloud.region`
    pub region: &'f str,
    /// The time at which the finding was first stored.
    pub created_at: Timestamp,
    /// `finding_info.modified_time` in milliseconds, and as text.
    pub modified: (i64, &'f str),
    /// The family of the finding's types and the name of its product, if the finding is new or in progress (RSV-05).
    pub counted_as: Option<(&'f str, &'f str)>,
    /// `severity`
    pub severity: &'f str,
}

impl Collected {
    /// Adds a finding that names the resource.
    pub fn mention(&mut self, object: &Value, finding: &Mention<'_>) {
        if finding.modified.0 >= self.modified.0 || self.object.is_null() {
            self.object = object.clone();
            finding.region.clone_into(&mut self.region);
            self.modified = (finding.modified.0, finding.modified.1.to_owned());
        }
        if !self.is_declared {
            self.first_seen = Some(self.first_seen.map_or(finding.created_at, |at| at.min(finding.created_at)));
        }
        if let Some((family, product)) = finding.counted_as {
            let counts = self.summary.entry((family.to_owned(), product.to_owned())).or_default();
            let position = SEVERITIES.iter().position(|severity| *severity == finding.severity).unwrap_or_default();
            if let Some(count) = counts.get_mut(position) {
                *count += 1;
            }
        }
    }

    /// Adds a resource that a scenario declares.
    pub fn declare(&mut self, region: &str, object: Option<Value>, members: Map<String, Value>) {
        if self.object.is_null() {
            region.clone_into(&mut self.region);
            self.object = object.unwrap_or_default();
        }
        (self.is_declared, self.first_seen) = (true, None);
        self.declared.extend(members);
    }

    /// The resource as GetResourcesV2 returns it (RSV-01, RSV-03, RSV-05).
    pub fn members(&self, key: &ResourceKey, captured_at: &str) -> Map<String, Value> {
        let at = |pointer: &str| self.object.pointer(pointer).filter(|value| !value.is_null()).cloned();
        let text =
            |pointer: &str| at(pointer).filter(|value| value.as_str().is_some_and(|text| !text.trim().is_empty()));
        let captured_at = if self.modified.1.is_empty() { captured_at } else { &self.modified.1 };
        let given = [
            ("ResourceGuid", Some(json!(guid(key)))),
            ("ResourceId", Some(json!(key.id))),
            ("AccountId", Some(json!(key.account))),
            ("Region", Some(json!(self.region))),
            ("ResourceProvider", Some(text("/provider").unwrap_or_else(|| json!("AWS")))),
            ("ResourceOwnerAccountId", text("/owner/account/uid")),
            ("ResourceOwnerOrgId", text("/owner/org/uid")),
            ("ResourceCloudPartition", text("/cloud_partition")),
            ("ResourceRegion", Some(json!(key.region))),
            ("ResourceCategory", Some(json!(category::of(&key.resource_type)))),
            ("ResourceType", Some(json!(key.resource_type))),
            ("ResourceName", text("/name")),
            ("ResourceDetailCaptureTimeDt", Some(json!(captured_at))),
            ("FindingsSummary", Some(self.findings_summary())),
            ("ResourceTags", at("/tags").map(|tags| named_tags(&tags))),
            ("ResourceConfig", Some(at("/data").unwrap_or_else(|| json!({})))),
            ("ResourceCriticality", Some(json!(self.criticality()))),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let mut members: Map<String, Value> = given.collect();
        members.extend(self.declared.clone());
        members.retain(|_, value| value.as_array().is_none_or(|elements| !elements.is_empty()));
        members
    }

    /// The criticality that the newest finding gives the resource. A rule may replace it (RSV-06).
    fn criticality(&self) -> &'static str {
        let given = self.object.get("criticality").and_then(Value::as_str);
        CRITICALITIES.into_iter().find(|level| given == Some(*level)).unwrap_or("Unknown")
    }

    fn findings_summary(&self) -> Value {
        let entry = |((family, product), counts): (&(String, String), &[u64; SEVERITIES.len()])| {
            let severities = SEVERITIES.iter().zip(counts).map(|(name, count)| ((*name).to_owned(), json!(count)));
            json!({
                "FindingType": family,
                "ProductName": product,
                "TotalFindings": counts.iter().sum::<u64>(),
                "Severities": severities.collect::<Map<String, Value>>(),
            })
        };
        self.summary.iter().map(entry).collect()
    }
}

/// `ResourceGuid` (RSV-03).
pub fn guid(key: &ResourceKey) -> String {
    let ResourceKey { account, region, resource_type, id } = key;
    hex::encode(Sha256::digest([account, region, resource_type, id].map(String::as_str).join("\n")))
}

/// Tags with the names of `ResourceTag`, whose key and value must not be empty.
fn named_tags(tags: &Value) -> Value {
    let tags = tags.as_array().into_iter().flatten();
    let named = tags.filter_map(|tag| {
        let value = tag.get("value").and_then(Value::as_str).filter(|value| !value.trim().is_empty())?;
        let key = tag.get("name").and_then(Value::as_str).filter(|name| !name.trim().is_empty())?;
        Some(json!({ "Key": key, "Value": value }))
    });
    named.collect()
}
