//! Remediations, derived from the exposures that a caller sees: one for each exposure and each kind of its traits
//! (RMV-01 … RMV-06).

use std::collections::{BTreeMap, BTreeSet};

use securityhub_engine::Filter;
use securityhub_engine::filter::Test;
use securityhub_fixtures::exposures::RULES;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::domain::caller::Caller;
use crate::domain::findings::v2::inventory::resource::{ResourceKey, guid};
use crate::domain::findings::v2::lookup;
use crate::state::{DeclaredRemediation, World};

/// The prefix of the types of exposures.
const EXPOSURE: &str = "Exposure/";

/// The effect on an exposure when its resource loses the traits of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impact {
    /// The exposure is resolved.
    Resolves,
    /// The severity of the exposure is lower.
    Reduces,
    /// The severity of the exposure does not change.
    Unchanged,
}

/// A remediation, which removes the traits of one kind from the resource of an exposure.
#[derive(Clone, Debug)]
pub struct Remediation {
    /// `TargetUid`
    pub target_uid: String,
    /// The exposure as GetFindingsV2 returns it.
    pub exposure: Value,
    /// The kind of the traits.
    pub kind: String,
    /// The names of the traits.
    pub title: String,
    /// The titles of the findings with these traits.
    pub findings: Vec<String>,
    /// `severity_id` of the exposure, from 1 to 5.
    pub severity_id: u8,
    /// `severity_id` of the exposure without these traits; 1 if it is resolved.
    pub projected_id: u8,
    /// The effect on the exposure.
    pub impact: Impact,
    /// The advice that the scenario declares.
    pub declared: Option<DeclaredRemediation>,
}

/// The remediations that a caller sees, those of the most severe exposures first.
pub fn all(world: &World, caller: &Caller) -> Vec<Remediation> {
    let Some(types) = world.schema().derived_field("finding_info.types") else { return Vec::new() };
    let exposures = lookup::all(world, caller, &Filter::term(types, Test::prefix(EXPOSURE.to_owned())));
    let mut all: Vec<Remediation> = exposures.iter().flat_map(of_exposure).collect();
    let directory = world.directory();
    for declared in &directory.recommendations.remediations {
        for remediation in all.iter_mut().filter(|remediation| remediation.is_declared_by(declared)) {
            remediation.declared = Some(declared.clone());
        }
    }
    all.sort_by(|one, two| two.severity_id.cmp(&one.severity_id).then_with(|| one.target_uid.cmp(&two.target_uid)));
    all
}

/// One remediation for each kind of trait, in alphabetical order.
fn of_exposure(exposure: &Value) -> Vec<Remediation> {
    let list = |value: &Value, member: &str| value.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    let events = exposure.get("finding_info").map(|info| list(info, "related_events")).unwrap_or_default();
    let mut traits: BTreeMap<String, (BTreeSet<String>, Vec<String>)> = BTreeMap::new();
    for event in &events {
        let tags = list(event, "tags");
        let of_traits = list(event, "traits");
        let named = tags.iter().filter_map(|tag| text(tag, "name"));
        let kinds: BTreeSet<String> = named.chain(of_traits.iter().filter_map(|of| text(of, "category"))).collect();
        for kind in kinds {
            let labels = tags.iter().filter(|tag| text(tag, "name").as_deref() == Some(&*kind));
            let labels = labels.flat_map(|tag| list(tag, "values"));
            let labels = labels.filter_map(|label| label.as_str().map(str::to_owned));
            let labels: Vec<String> = labels.collect();
            let (known, findings) = traits.entry(kind).or_default();
            known.extend(labels);
            findings.extend(text(event, "title"));
        }
    }
    let kinds: BTreeSet<&str> = traits.keys().map(String::as_str).collect();
    let uid = exposure.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
    let severity_id = exposure.get("severity_id").and_then(Value::as_u64).unwrap_or_default();
    let severity_id = u8::try_from(severity_id.clamp(1, 5)).unwrap_or(1);
    let remediation = |(kind, (labels, findings)): (&String, &(BTreeSet<String>, Vec<String>))| {
        let projected = without(exposure, &kinds, kind).map(|projected| projected.min(severity_id));
        let title = labels.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        Remediation {
            target_uid: hex::encode(Sha256::digest(format!("{uid}\n{kind}"))),
            exposure: exposure.clone(),
            title: if title.is_empty() { kind.clone() } else { title },
            kind: kind.clone(),
            findings: findings.clone(),
            severity_id,
            projected_id: projected.unwrap_or(1),
            impact: match projected {
                None => Impact::Resolves,
                Some(projected) if projected < severity_id => Impact::Reduces,
                Some(_) => Impact::Unchanged,
            },
            declared: None,
        }
    };
    traits.iter().map(remediation).collect()
}

/// The severity that an exposure would have without the traits of a kind; `None` if it would be resolved.
fn without(exposure: &Value, kinds: &BTreeSet<&str>, gone: &str) -> Option<u8> {
    let resource_type = exposure.pointer("/resources/0/type").and_then(Value::as_str);
    let is_left = |kind: &&str| *kind != gone && kinds.contains(kind);
    let applies = |rule: &&securityhub_fixtures::exposures::Rule| {
        (rule.resource_type == "*" || Some(rule.resource_type) == resource_type) && rule.traits.iter().all(is_left)
    };
    RULES.iter().find(applies).map(|rule| rule.severity_id)
}

impl Remediation {
    /// The string at a JSON pointer in the exposure.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.exposure.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// `metadata.uid` of the exposure.
    pub fn metadata_uid(&self) -> &str {
        self.text("/metadata/uid").unwrap_or_default()
    }

    /// Returns whether the exposure is closed.
    pub fn is_resolved(&self) -> bool {
        self.exposure.get("activity_id").and_then(Value::as_u64) == Some(3)
    }

    /// `Priority`
    pub fn priority(&self) -> &'static str {
        match self.severity_id {
            5 => "Critical",
            4 => "High",
            3 => "Medium",
            _ => "Low",
        }
    }

    /// `Status`
    pub fn status(&self) -> &'static str {
        match self.exposure.get("activity_id").and_then(Value::as_u64) {
            Some(3) => "Resolved",
            Some(1) => "New",
            _ => "Updated",
        }
    }

    /// `Resource.Id`
    pub fn resource_id(&self) -> &str {
        self.text("/resources/0/uid_alt").or_else(|| self.text("/resources/0/uid")).unwrap_or("-")
    }

    /// Returns whether a declaration is about this resource and these traits.
    fn is_declared_by(&self, declared: &DeclaredRemediation) -> bool {
        let ids = [self.text("/resources/0/uid_alt"), self.text("/resources/0/uid")];
        self.kind == declared.kind && ids.contains(&Some(declared.resource.as_str()))
    }

    /// `Resource.Type`
    pub fn resource_type(&self) -> &str {
        self.text("/resources/0/type").unwrap_or("Other")
    }

    /// `Resource.Region`
    pub fn region(&self) -> &str {
        self.text("/cloud/region").unwrap_or_default()
    }

    /// `Resource.AccountId`
    pub fn account(&self) -> &str {
        self.text("/cloud/account/uid").unwrap_or_default()
    }

    /// `Resource.ResourceRegion`
    pub fn resource_region(&self) -> &str {
        self.text("/resources/0/region").unwrap_or_else(|| self.region())
    }

    /// `Resource.ResourceOwnerAccountId`
    pub fn owner(&self) -> &str {
        self.text("/resources/0/owner/account/uid").unwrap_or_else(|| self.account())
    }

    /// `Resource.CloudProvider`
    pub fn provider(&self) -> &str {
        self.text("/resources/0/provider").unwrap_or("AWS")
    }

    /// `Resource.ResourceGuid`
    pub fn guid(&self) -> String {
        guid(&ResourceKey {
            account: self.account().to_owned(),
            region: self.resource_region().to_owned(),
            resource_type: self.resource_type().to_owned(),
            id: self.resource_id().to_owned(),
        })
    }

    /// The recommended action, and whether the action takes effect at once.
    pub fn action(&self) -> (&str, bool) {
        let (action, is_immediate) = self.computed_action();
        let declared = |member: &str| self.declared.as_ref().and_then(|declared| declared.summary.get(member));
        (
            declared("Action").and_then(Value::as_str).unwrap_or(action),
            declared("IsImmediate").and_then(Value::as_bool).unwrap_or(is_immediate),
        )
    }

    fn computed_action(&self) -> (&'static str, bool) {
        match &*self.kind {
            "Reachability" => ("Restrict access from the internet", true),
            "Vulnerability" => ("Update the vulnerable software", false),
            "Misconfiguration" => ("Correct the configuration", true),
            "Sensitive Data" => ("Remove or protect the sensitive data", false),
            "Assumability" => ("Remove administrator permissions", true),
            _ => ("Review the findings", false),
        }
    }
}
