//! Policies of type SECURITYHUB_POLICY: their documents, and the effective policies of an account (HV2-22).
//!
//! Restrictions on operators of child policies (`@@operators_allowed_for_child_policies`) have no effect here.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::governance;
use crate::state::{AccountId, Directory, HubKey, Organization, PolicyType, Region};

/// The name in a document that stands for every Region, including those added later.
pub const ALL_SUPPORTED: &str = "ALL_SUPPORTED";

/// A list of Regions in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Change {
    /// The Regions that replace the inherited ones.
    assign: Option<Vec<String>>,
    /// The Regions that are added to the inherited ones.
    append: Vec<String>,
    /// The Regions that are removed from the inherited ones.
    remove: Vec<String>,
}

/// The lists of Regions in which a document enables and disables the V2 hub or a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Changes {
    enable: Change,
    disable: Change,
}

/// The document of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    hub: Changes,
    scanning: Option<Changes>,
}

/// The Regions in which policies enable and disable the V2 hub or a feature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// The names of the Regions where the hub or feature is enabled.
    pub enable: BTreeSet<String>,
    /// The names of the Regions where the hub or feature is disabled, even if `enable` also contains them.
    pub disable: BTreeSet<String>,
}

/// The effective policies of a target: those attached to its parents and to itself, joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effective {
    /// The Regions of the V2 hub.
    pub hub: Regions,
    /// The Regions of the feature `NETWORK_SCANNING`.
    pub scanning: Regions,
}

impl Regions {
    /// Returns whether policies enable or disable the hub or feature in a Region; `None` if they do neither.
    pub fn verdict(&self, region: &Region) -> Option<bool> {
        let names = |list: &BTreeSet<String>| list.contains(region.as_str()) || list.contains(ALL_SUPPORTED);
        match (names(&self.disable), names(&self.enable)) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        }
    }
}

/// Reads a document; `None` if it is not valid. Both lists are required (documented).
pub fn read(document: &Value) -> Option<Document> {
    let root = document.as_object().filter(|root| root.len() == 1)?;
    let hub = root.get("securityhub")?;
    let scanning = match hub.get("features") {
        Some(features) => match features.as_object()?.get("network_scanning") {
            Some(scanning) => Some(changes(scanning)?),
            None => None,
        },
        None => None,
    };
    Some(Document { hub: changes(hub)?, scanning })
}

fn changes(value: &Value) -> Option<Changes> {
    Some(Changes {
        enable: change(value.get("enable_in_regions")?)?,
        disable: change(value.get("disable_in_regions")?)?,
    })
}

fn change(value: &Value) -> Option<Change> {
    let Value::Object(operators) = value else {
        return Some(Change { assign: Some(regions(value)?), ..Change::default() });
    };
    let mut change = Change::default();
    for (operator, value) in operators {
        match operator.as_str() {
            "@@assign" => change.assign = Some(regions(value)?),
            "@@append" => change.append = regions(value)?,
            "@@remove" => change.remove = regions(value)?,
            "@@operators_allowed_for_child_policies" => {}
            _ => return None,
        }
    }
    Some(change)
}

fn regions(value: &Value) -> Option<Vec<String>> {
    let name = |value: &Value| {
        let name = value.as_str().filter(|name| *name == ALL_SUPPORTED || Region::is_name(name));
        name.map(str::to_owned)
    };
    value.as_array()?.iter().map(name).collect()
}

impl Change {
    /// Applies the policies of one target to the Regions that the target inherits.
    fn apply<'c>(inherited: &mut BTreeSet<String>, changes: impl Iterator<Item = &'c Change> + Clone) {
        if changes.clone().any(|change| change.assign.is_some()) {
            inherited.clear();
        }
        let added = changes.clone().flat_map(|change| change.assign.iter().flatten().chain(&change.append));
        inherited.extend(added.cloned());
        for removed in changes.flat_map(|change| &change.remove) {
            inherited.remove(removed);
        }
    }
}

impl Effective {
    /// The effective policies of a target whose parent has these. Several policies of the target are joined.
    #[must_use]
    pub fn below(mut self, organization: &Organization, target: &str) -> Effective {
        let attached = organization.policies.attached_to(target, PolicyType::SecurityHub);
        let documents: Vec<Document> =
            attached.filter_map(|(_, policy)| read(&serde_json::from_str(&policy.content).ok()?)).collect();
        let hub = || documents.iter().map(|document| &document.hub);
        Change::apply(&mut self.hub.enable, hub().map(|changes| &changes.enable));
        Change::apply(&mut self.hub.disable, hub().map(|changes| &changes.disable));
        let scanning = || documents.iter().filter_map(|document| document.scanning.as_ref());
        Change::apply(&mut self.scanning.enable, scanning().map(|changes| &changes.enable));
        Change::apply(&mut self.scanning.disable, scanning().map(|changes| &changes.disable));
        self
    }
}

/// Returns whether an organization has policies of this type.
pub fn exist(organization: &Organization) -> bool {
    organization.policies.created.values().any(|policy| policy.kind == PolicyType::SecurityHub)
}

/// The effective policies of an account; `None` if the organization has no such policies or the account does not belong
/// to it.
pub fn effective(directory: &Directory, account: AccountId) -> Option<Effective> {
    let organization = directory.organization.as_ref().filter(|organization| exist(organization))?;
    let own = organization.contains(account).then(|| account.to_string())?;
    let mut chain: Vec<String> = std::iter::successors(Some(own), |id| governance::above(organization, id)).collect();
    chain.reverse();
    Some(chain.iter().fold(Effective::default(), |effective, target| effective.below(organization, target)))
}

/// Returns whether policies enable or disable the V2 hub of an account in a Region; `None` if they do neither.
pub fn of_hub(directory: &Directory, key: &HubKey) -> Option<bool> {
    effective(directory, key.account)?.hub.verdict(&key.region)
}

/// Returns whether policies enable or disable network scanning of an account in a Region; `None` if they do neither.
pub fn of_scanning(directory: &Directory, key: &HubKey) -> Option<bool> {
    effective(directory, key.account)?.scanning.verdict(&key.region)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rules: HV2-22.
    #[test]
    fn a_document_has_both_lists_with_or_without_operators() {
        let plain = json!({ "securityhub": { "enable_in_regions": ["us-east-1"], "disable_in_regions": [] } });
        let with_operators = json!({ "securityhub": {
            "enable_in_regions": { "@@assign": ["us-east-1"], "@@operators_allowed_for_child_policies": ["@@all"] },
            "disable_in_regions": { "@@assign": [] },
        } });
        assert_eq!(read(&plain).unwrap(), read(&with_operators).unwrap());
        for wrong in [
            json!({}),
            json!({ "securityhub": {} }),
            json!({ "securityhub": { "enable_in_regions": [] } }),
            json!({ "securityhub": { "enable_in_regions": ["x"], "disable_in_regions": [] } }),
            json!({ "securityhub": { "enable_in_regions": "us-east-1", "disable_in_regions": [] } }),
            json!({ "securityhub": { "enable_in_regions": { "@@set": [] }, "disable_in_regions": [] } }),
            json!({ "securityhub": { "enable_in_regions": [], "disable_in_regions": [] }, "other": {} }),
        ] {
            assert_eq!(read(&wrong), None, "{wrong}");
        }
    }

    /// Rules: HV2-22.
    #[test]
    fn disabling_takes_precedence() {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let regions = Regions { enable: set(&[ALL_SUPPORTED]), disable: set(&["eu-west-1"]) };
        assert_eq!(regions.verdict(&Region::new("eu-west-1")), Some(false));
        assert_eq!(regions.verdict(&Region::new("us-east-1")), Some(true));
        assert_eq!(Regions::default().verdict(&Region::new("us-east-1")), None);
    }
}
