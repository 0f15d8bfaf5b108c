//! Exposures as findings in OCSF (OCF-34).

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use securityhub_engine::Filter;
use securityhub_fixtures::exposures::{KINDS, RULES, Rule};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::signals::{PRODUCT, of_kind};
use crate::ocsf;
use crate::state::{AccountId, Exposed, Region, ResourceName, Signal, TableKey, Timestamp, World, timestamp_text};

/// Maximum number of findings that an exposure names for each kind of trait.
const MOST_EVENTS: usize = 20;

/// The first rule whose traits a resource has; `None` if the resource has no exposure.
pub fn rule(name: &ResourceName, exposed: &Exposed) -> Option<&'static Rule> {
    let has = |kind: &str| {
        let position = KINDS.iter().position(|known| *known == kind);
        position.is_some_and(|position| of_kind(exposed, position).next().is_some())
    };
    let applies = |rule: &&Rule| {
        (rule.resource_type == "*" || rule.resource_type == &*name.resource_type)
            && rule.traits.iter().all(|kind| has(kind))
    };
    RULES.iter().find(applies)
}

fn product_uid(region: &Region) -> String {
    format!("arn:{}:securityhub:{region}::{PRODUCT}", region.partition())
}

/// `finding_info.uid` of the exposure of a resource (DEC-10).
fn uid(name: &ResourceName, region: &Region) -> String {
    let identity = [name.account.as_str(), region.as_str(), &name.resource_type, &name.id].join("\n");
    let hash = hex::encode(Sha256::digest(identity));
    format!("arn:{}:securityhub:{region}:{}:risk:{hash}", region.partition(), name.account)
}

/// `metadata.uid` of the exposure of a resource.
pub fn metadata_uid(name: &ResourceName, region: &Region) -> String {
    ocsf::uid([&product_uid(region), name.account.as_str(), region.as_str(), &uid(name, region)])
}

/// The open exposure of a resource. `created` is the creation time of the stored exposure, if there is one.
pub fn open(
    (name, exposed): (&ResourceName, &Exposed),
    (region, account_name, version): (&Region, Option<&str>, &str),
    rule: &Rule,
    created: Option<&Value>,
    modified: Timestamp,
) -> Option<Value> {
    let object: Value = serde_json::from_str(&exposed.object).ok()?;
    let modified = timestamp_text(modified);
    let created = created.cloned().unwrap_or_else(|| json!(modified));
    let title = rule.title.replace("{resource}", &kind_of(&name.resource_type));
    let events = related_events(name, exposed);
    let mut account = json!({ "uid": name.account.as_str() });
    if let Some(account_name) = account_name {
        account["name"] = json!(account_name);
    }
    let severity = ocsf::severity(rule.severity_id).unwrap_or_default();
    let finding = json!({
        "activity_id": 1,
        "class_uid": 2004,
        "cloud": { "account": account, "cloud_partition": region.partition(), "provider": "AWS", "region": region.as_str() },
        "finding_info": {
            "analytic": { "name": "Exposure", "type": "Rule", "type_id": 1, "uid": "0.0.1" },
            "created_time_dt": created,
            "desc": title,
            "first_seen_time_dt": created,
            "last_seen_time_dt": modified,
            "modified_time_dt": modified,
            "related_events": events,
            "related_events_count": events.len(),
            "title": title,
            "types": [format!("Exposure/Potential Impact/{}", rule.impact)],
            "uid": uid(name, region),
        },
        "impact": severity,
        "likelihood": rule.likelihood,
        "metadata": {
            "product": {
                "feature": { "uid": "security-hub/Exposure" },
                "name": "Security Hub Exposure Detection",
                "uid": product_uid(region),
                "vendor_name": "AWS",
            },
            "profiles": ["cloud", "datetime"],
            "version": version,
        },
        "resources": [object],
        "severity_id": rule.severity_id,
        "status_id": 1,
    });
    completed(finding)
}

/// Closes an exposure that no rule supports any longer. Returns `None` if the exposure is already closed.
pub fn closed(stored: Option<&Value>, modified: Timestamp) -> Option<Value> {
    let mut finding = stored?.clone();
    if finding.get("activity_id").and_then(Value::as_u64) == Some(3) {
        return None;
    }
    let members = finding.as_object_mut()?;
    for derived in ["activity_name", "type_uid", "type_name", "status", "time", "time_dt"] {
        members.remove(derived);
    }
    members.insert("activity_id".to_owned(), json!(3));
    members.insert("status_id".to_owned(), json!(4));
    let information = members.get_mut("finding_info")?.as_object_mut()?;
    for derived in ["modified_time", "last_seen_time"] {
        information.remove(derived);
        information.insert(format!("{derived}_dt"), json!(timestamp_text(modified)));
    }
    completed(finding)
}

fn completed(finding: Value) -> Option<Value> {
    let Value::Object(finding) = finding else { return None };
    let completed = ocsf::native::complete(finding).ok()?;
    Some(Value::Object(completed.ocsf))
}

/// The kind of a resource in words: `EC2 instance` for `AWS::EC2::Instance`.
fn kind_of(resource_type: &str) -> String {
    let parts: Vec<&str> = resource_type.split("::").filter(|part| !part.is_empty()).skip(1).collect();
    let [first, rest @ ..] = &parts[..] else { return resource_type.to_owned() };
    let is_word = |part: &str| part.chars().skip(1).all(|letter| letter.is_ascii_lowercase());
    let words = rest.iter().map(|part| if is_word(part) { part.to_ascii_lowercase() } else { (*part).to_owned() });
    std::iter::once((*first).to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// The findings that an exposure names, each with its traits of one kind. They are sorted by kind, then by creation.
fn events(exposed: &Exposed) -> Vec<(&Signal, BTreeSet<&str>)> {
    let mut events: Vec<(&Signal, BTreeSet<&str>)> = Vec::new();
    for kind in 0..KINDS.len() {
        let first = events.len();
        for signal in of_kind(exposed, kind) {
            let is_full = events.len() - first == MOST_EVENTS;
            match events.last_mut() {
                Some((last, labels)) if last.kind == signal.kind && last.uid == signal.uid => {
                    labels.insert(signal.label);
                }
                _ if is_full => break,
                _ => events.push((signal, BTreeSet::from([signal.label]))),
            }
        }
    }
    events
}

/// A hash of all values from which the exposure of a resource is computed.
pub fn hash(name: &ResourceName, exposed: &Exposed) -> u64 {
    let mut hasher = DefaultHasher::new();
    let severity = rule(name, exposed).map(|rule| (rule.title, rule.severity_id));
    (severity, &exposed.object, events(exposed)).hash(&mut hasher);
    hasher.finish()
}

fn related_events(name: &ResourceName, exposed: &Exposed) -> Vec<Value> {
    events(exposed).into_iter().map(|(signal, labels)| event(name, signal, &labels)).collect()
}

fn event(name: &ResourceName, signal: &Signal, labels: &BTreeSet<&str>) -> Value {
    json!({
        "observables": [{ "type": "Resource UID", "type_id": 10, "value": &*name.id }],
        "product": { "uid": &*signal.product_uid },
        "tags": [{ "name": signal.kind, "values": labels }],
        "title": &*signal.title,
        "traits": [{ "category": signal.kind, "name": labels.iter().copied().collect::<Vec<_>>().join(", ") }],
        "type": "Finding",
        "uid": &*signal.uid,
    })
}

/// The resources of all stored exposures of a Region.
pub fn stored_resources(world: &World, region: &Region) -> Vec<ResourceName> {
    let snapshot = world.snapshot_of_findings(&TableKey::ocsf_only(region), &Filter::everything());
    let tables = snapshot.iter().map(|findings| findings.table());
    tables.flat_map(|table| table.slots().filter_map(|slot| resource_of(&super::sent(table.stored(slot))?))).collect()
}

fn resource_of(finding: &Value) -> Option<ResourceName> {
    let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str);
    text("/metadata/product/uid").filter(|uid| uid.ends_with(PRODUCT))?;
    let account = AccountId::parse(text("/cloud/account/uid")?)?;
    let object: &Map<String, Value> = finding.pointer("/resources/0")?.as_object()?;
    let member = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = member("uid_alt").or_else(|| member("uid"))?;
    Some(ResourceName { account, resource_type: member("type")?.into(), id: id.into() })
}
