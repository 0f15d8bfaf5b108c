//! `organization.security_hub_policies`: policies of the organization that enable and disable V2 hubs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::all_or::AllOr;
use super::regions::{self, RegionText};
use crate::domain::accounts::organization::security_hub_policy::ALL_SUPPORTED;
use crate::scenario::check::Check;
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{IdSource, Organization, OrganizationPolicy, PolicyType, Region};

/// A policy of type SECURITYHUB_POLICY. Where no policy names a Region, accounts enable their V2 hubs themselves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "SecurityHubPolicy")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Regions where the V2 hubs are enabled: all Regions that AWS enables by default and those of the scenario, or a
    /// list. Default: none.
    enable_in_regions: Option<AllOr<RegionText>>,
    /// Regions where the V2 hubs are disabled, even if `enable_in_regions` has them. Default: none.
    disable_in_regions: Option<AllOr<RegionText>>,
}

/// The documents of the policies, by name.
pub(in crate::scenario) type Valid = BTreeMap<String, Value>;

/// Checks the policies.
pub(super) fn check(written: Entries<Declared>, regions: &[Region], check: &mut Check) -> Valid {
    let mut policies = Valid::new();
    for (name, written) in written.0 {
        let enable = names(written.enable_in_regions, regions, check);
        let disable = names(written.disable_in_regions, regions, check);
        let lists = json!({
            "enable_in_regions": { "@@append": enable },
            "disable_in_regions": { "@@append": disable },
        });
        policies.insert(name.value, json!({ "securityhub": lists }));
    }
    policies
}

/// Splits the names of attached policies into those of service control policies and those of policies for V2 hubs.
pub(super) fn split(written: Vec<Spanned<String>>, valid: &Valid) -> (Vec<Spanned<String>>, Vec<String>) {
    let (own, others): (Vec<_>, Vec<_>) = written.into_iter().partition(|name| valid.contains_key(&name.value));
    (others, own.into_iter().map(|name| name.value).collect())
}

fn names(written: Option<AllOr<RegionText>>, regions: &[Region], check: &mut Check) -> Vec<String> {
    match written {
        None => Vec::new(),
        Some(AllOr::All) => vec![ALL_SUPPORTED.to_owned()],
        Some(AllOr::Listed(names)) => {
            let (known, unknown): (Vec<_>, Vec<_>) =
                names.into_iter().partition(|RegionText(name)| regions::is_known(name, regions, check));
            if !unknown.is_empty() {
                check.lose(&["organization", "security_hub_policies"]);
            }
            known.into_iter().map(|RegionText(name)| name.value).collect()
        }
    }
}

/// Attaches policies to a target. Their IDs depend on the seed and their names only.
pub(super) fn attach<'n>(
    valid: &Valid,
    names: impl IntoIterator<Item = &'n String>,
    target: &str,
    ids: &IdSource,
    organization: &mut Organization,
) {
    for name in names {
        let Some(document) = valid.get(name) else { continue };
        let digits = ids.uuid_of(&format!("security-hub-policy/{name}")).replace('-', "");
        let id = format!("p-{}", digits.get(..8).unwrap_or(&digits));
        organization.policies.created.entry(id.clone()).or_insert_with(|| OrganizationPolicy {
            name: name.clone(),
            description: String::new(),
            kind: PolicyType::SecurityHub,
            content: document.to_string(),
            parsed: None,
        });
        organization.policies.attached.entry(target.to_owned()).or_default().push(id);
    }
}
