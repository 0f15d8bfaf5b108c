//! Computes an inventory from the findings and declarations that a caller sees.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::SignedDuration;
use securityhub_engine::{Derive, Filter, Key, Parts, Table};
use serde_json::Value;

use super::super::visibility::{self, DAYS_OF_CLOSED, DAYS_OF_OPEN, View};
use super::criticality::Rules;
use super::resource::{Collected, Mention, ResourceKey};
use super::software::{self, Installed};
use super::{declared, fields};
use crate::domain::caller::Caller;
use crate::ocsf::ConversionContext;
use crate::state::{Inventory, Timestamp, World, timestamp_text};

/// The paths of a finding from which an inventory is computed.
const PATHS: [&str; 8] = [
    "activity_id",
    "cloud.region",
    "finding_info.types",
    "metadata.product.name",
    "resources.uid",
    "severity",
    "status_id",
    "vulnerabilities.affected_packages.name",
];

/// The families into which Security Hub groups types of findings (RSV-05, OCM-20).
const FAMILIES: [&str; 6] =
    ["Posture Management", "Vulnerabilities", "Threats", "Sensitive Data", "Exposure", "Coverage"];

/// Collects resources and packages.
pub struct Builder {
    resources: BTreeMap<ResourceKey, Collected>,
    installed: BTreeSet<Installed>,
    /// The findings with their resources, each with the criticality that the finding gives it. Empty if no rule sets a
    /// criticality.
    named: Vec<(String, Vec<Named>)>,
    valid_until: Timestamp,
    has_retention: bool,
}

/// A resource, and the criticality that a finding gives it.
type Named = (ResourceKey, Option<String>);

/// The inventory of views.
pub fn build(world: &World, caller: &Caller, views: &[View]) -> Inventory {
    let rules = Rules::new(world, caller, views);
    let mut builder = Builder {
        resources: BTreeMap::new(),
        installed: BTreeSet::new(),
        named: Vec::new(),
        valid_until: Timestamp::MAX,
        has_retention: world.v2_settings.has_retention,
    };
    let directory = world.directory();
    let organization_of = |account: &str| visibility::organization_of(&directory, account);
    let context = ConversionContext { organization_of: &organization_of };
    let parts = PATHS.into_iter().fold(Parts::default(), |parts, path| parts.and(world.ocsf().parts(path)));
    for view in views {
        let filter = Filter::All(vec![view.filter(world, caller.now)]);
        if let Some(findings) = world.snapshot_of_findings(&view.table, &filter) {
            let mut document = Vec::new();
            for slot in view.part(&findings).matching(&filter) {
                document.clear();
                world.ocsf().write(findings.table().stored(slot), parts, context, &mut document);
                if let Ok(finding) = serde_json::from_slice(&document) {
                    if !rules.is_empty() {
                        let uid = world.ocsf().uid(findings.table().stored(slot));
                        builder.named.extend(uid.map(|uid| (uid, named(&finding))));
                    }
                    let present = world.ocsf().state(findings.table().stored(slot));
                    builder.finding(&finding, visibility::created_at(view, &findings, slot, &present));
                }
            }
        }
        if !view.table.is_ocsf_only && view.table.origin.is_none() {
            declared::add(&mut builder, world, view);
        }
    }
    if rules.have_relative_dates {
        let next = caller.now.checked_add(SignedDuration::from_millis(1)).unwrap_or(Timestamp::MAX);
        builder.valid_until = builder.valid_until.min(next);
    }
    builder.finish(&timestamp_text(caller.now), &rules)
}

/// The resources of a finding.
fn named(finding: &Value) -> Vec<Named> {
    let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (account, region) = (text("/cloud/account/uid"), text("/cloud/region"));
    let resources = finding.get("resources").and_then(Value::as_array).into_iter().flatten();
    let own = |object: &Value| object.get("criticality").and_then(Value::as_str).map(str::to_owned);
    resources.filter_map(|object| Some((key(account, region, object)?, own(object)))).collect()
}

impl Builder {
    /// The resource with a key, which is added if it is new.
    pub fn resource(&mut self, key: ResourceKey) -> &mut Collected {
        self.resources.entry(key).or_default()
    }

    /// Adds a package on a resource.
    pub fn install(&mut self, installed: Installed) {
        self.installed.insert(installed);
    }

    fn finding(&mut self, finding: &Value, created_at: Timestamp) {
        let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let number = |pointer: &str| finding.pointer(pointer).and_then(Value::as_i64).unwrap_or_default();
        let account = text("/cloud/account/uid");
        let is_closed = number("/activity_id") == 3;
        let modified = number("/finding_info/modified_time");
        self.expires(modified, is_closed);
        let types = finding.pointer("/finding_info/types").and_then(Value::as_array);
        let types: HashSet<&str> = types.into_iter().flatten().filter_map(Value::as_str).collect();
        let is_family =
            |family: &&str| types.iter().any(|kind| *kind == *family || kind.starts_with(&format!("{family}/")));
        let family = FAMILIES.into_iter().find(is_family).unwrap_or("Other");
        let is_counted = !is_closed && matches!(number("/status_id"), 1 | 2);
        let mention = Mention {
            region: text("/cloud/region"),
            created_at,
            modified: (modified, text("/finding_info/modified_time_dt")),
            counted_as: is_counted.then(|| (family, text("/metadata/product/name"))),
            severity: text("/severity"),
        };
        let list = |pointer: &str| finding.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        let mut keys = BTreeSet::new();
        for object in list("/resources") {
            let Some(key) = key(account, mention.region, object) else { continue };
            if keys.insert(key.clone()) {
                self.resource(key).mention(object, &mention);
            }
        }
        let packages = list("/vulnerabilities").filter_map(|of| of.get("affected_packages")?.as_array()).flatten();
        for package in packages {
            let text = |member: &str| package.get(member).and_then(Value::as_str);
            let Some(name) = text("name").filter(|name| !name.trim().is_empty()) else { continue };
            for resource in &keys {
                self.install(Installed {
                    name: name.to_owned(),
                    version: text("version").filter(|version| !version.trim().is_empty()).map(str::to_owned),
                    kind: software::kind(text("package_manager")).to_owned(),
                    resource: resource.clone(),
                });
            }
        }
    }

    /// The inventory is valid until the first finding is no longer shown (HV2-10).
    fn expires(&mut self, modified: i64, is_closed: bool) {
        if self.has_retention
            && let Ok(modified) = Timestamp::from_millisecond(modified)
        {
            let days = if is_closed { DAYS_OF_CLOSED } else { DAYS_OF_OPEN };
            let at = modified.checked_add(SignedDuration::from_hours(days * 24)).unwrap_or(Timestamp::MAX);
            self.valid_until = self.valid_until.min(at);
        }
    }

    fn finish(self, captured_at: &str, rules: &Rules) -> Inventory {
        let members = |key: &ResourceKey| Some(self.resources.get(key)?.members(key, captured_at));
        let mut resources = Table::new(Arc::clone(fields::of_resources()));
        let (mut first_seen, mut levels) = (HashMap::new(), BTreeMap::new());
        for (number, (key, collected)) in (0..).zip(&self.resources) {
            first_seen.extend(collected.first_seen.map(|first_seen| (number, first_seen)));
            let Some(mut members) = members(key) else { continue };
            levels.extend(rules.apply(&mut members).map(|level| (key, level)));
            let document = Value::Object(members).to_string();
            // The document begins with `{"ResourceGuid":"…"`, which is its key.
            let start = document.split_inclusive('"').take(4).map(str::len).sum();
            let name = document.as_bytes().get(..start).unwrap_or_default().to_vec();
            resources.insert(&Key::new(name, start), number, document.as_bytes());
        }
        let mut critical: BTreeMap<String, HashSet<String>> = BTreeMap::new();
        for (uid, named) in &self.named {
            for level in named.iter().filter_map(|(key, own)| levels.get(key).or(own.as_ref())) {
                critical.entry(level.clone()).or_default().insert(uid.clone());
            }
        }
        let software = software::table(&self.installed, members);
        Inventory { resources, software, first_seen, critical, valid_until: self.valid_until }
    }
}

/// The key of a resource that a finding names; `None` if the resource has no type or ID.
pub fn key(account: &str, region: &str, object: &Value) -> Option<ResourceKey> {
    let text = |member: &str| object.get(member).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    Some(ResourceKey {
        account: account.to_owned(),
        region: text("region").unwrap_or(region).to_owned(),
        resource_type: text("type")?.to_owned(),
        id: text("uid_alt").or(text("uid"))?.to_owned(),
    })
}
