//! Packages on resources, as documents of a table.

use std::collections::{BTreeMap, BTreeSet};

use securityhub_engine::{Key, Table};
use serde_json::{Map, Value, json};

use super::fields;
use super::resource::ResourceKey;

/// A package on a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Installed {
    /// `PackageName`
    pub name: String,
    /// `PackageVersion`
    pub version: Option<String>,
    /// `PackageType`
    pub kind: String,
    /// The resource.
    pub resource: ResourceKey,
}

/// `PackageType` of a package manager in OCSF (SWV-01).
pub fn kind(package_manager: Option<&str>) -> &'static str {
    if package_manager == Some("OS") { "operating-system" } else { "library" }
}

/// The members of a resource that the responses of software operations contain.
const OF_RESOURCE: [&str; 9] = [
    "AccountId",
    "ResourceType",
    "Region",
    "ResourceId",
    "ResourceProvider",
    "ResourceOwnerOrgId",
    "ResourceOwnerAccountId",
    "ResourceCloudPartition",
    "ResourceRegion",
];

/// A table with one document per package and resource. `members_of` gives the members of a resource.
pub fn table(
    installed: &BTreeSet<Installed>,
    members_of: impl Fn(&ResourceKey) -> Option<Map<String, Value>>,
) -> Table {
    let mut table = Table::new(std::sync::Arc::clone(fields::of_software()));
    let describe = |key: &ResourceKey| -> Option<Value> {
        let members = members_of(key)?.into_iter();
        Some(Value::Object(members.filter(|(name, _)| OF_RESOURCE.contains(&name.as_str())).collect()))
    };
    // A resource has many packages, and its members include its whole configuration.
    let mut described: BTreeMap<&ResourceKey, Option<Value>> = BTreeMap::new();
    for (number, package) in (0..).zip(installed) {
        let described = described.entry(&package.resource).or_insert_with(|| describe(&package.resource));
        let Some(resource) = described.clone() else { continue };
        let start = format!("{{\"Number\":{number}");
        let mut document = json!({ "Number": number, "PackageName": package.name, "PackageType": package.kind });
        if let Some(version) = &package.version {
            document["PackageVersion"] = json!(version);
        }
        document["Resource"] = resource;
        let length = start.len();
        table.insert(&Key::new(start.into_bytes(), length), number, document.to_string().as_bytes());
    }
    table
}
