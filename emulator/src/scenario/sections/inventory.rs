//! `inventory`: resources and packages of the V2 half that findings do not name or do not describe completely.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::regions::{self, RegionText};
use crate::scenario::check::{AccountText, Check};
use crate::scenario::spanned::{Entries, Node, Spanned};
use crate::state::{AccountId, DeclaredInventory, DeclaredPackage, DeclaredResource, Region};

/// Resources and packages that GetResourcesV2 and GetSoftwareV2 return in addition to those that findings name.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Inventory")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Resources.
    #[serde(default)]
    resources: Vec<Resource>,
    /// Packages on resources.
    #[serde(default)]
    software: Vec<Package>,
}

impl Declared {
    /// Adds the entries of a later file.
    pub(super) fn add(&mut self, later: Declared) {
        self.resources.extend(later.resources);
        self.software.extend(later.software);
    }
}

/// A resource. If findings name it too, these values override theirs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "InventoryResource")]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names, reason = "`type` cannot be a name in Rust")]
struct Resource {
    /// Account of the resource.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Region of the resource.
    #[schemars(with = "RegionText")]
    region: Option<RegionText>,
    /// Type as in CloudFormation, such as `AWS::EC2::Instance`.
    #[serde(rename = "type")]
    #[schemars(with = "String")]
    resource_type: Option<Spanned<String>>,
    /// ARN of the resource, or another ID by which findings name it.
    #[schemars(with = "String")]
    id: Option<Spanned<String>>,
    /// Name.
    name: Option<String>,
    /// Tags.
    tags: Option<Entries<String>>,
    /// Configuration, as GetResourcesV2 returns it in ResourceConfig.
    config: Option<Node>,
    /// Further members of the resource in the response of GetResourcesV2, such as ResourceSubCategory or DiscoveryType.
    members: Option<Node>,
}

/// A package on a resource.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "InventoryPackage")]
#[serde(deny_unknown_fields)]
struct Package {
    /// Account of the resource.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Region of the resource.
    #[schemars(with = "RegionText")]
    region: Option<RegionText>,
    /// ID of the resource.
    #[schemars(with = "String")]
    resource: Option<Spanned<String>>,
    /// Type of the resource as in CloudFormation. Default: `AWS::EC2::Instance`.
    resource_type: Option<String>,
    /// Name of the package.
    #[schemars(with = "String")]
    name: Option<Spanned<String>>,
    /// Version of the package.
    version: Option<String>,
    /// Type of the package. Default: `library`.
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Checks all entries. An entry whose account or Region is wrong is reported and dropped.
pub(super) fn check(written: &Declared, named: &[Region], check: &mut Check) -> DeclaredInventory {
    let mut place = |account: &Option<AccountText>, region: &Option<RegionText>| -> Option<(AccountId, Region)> {
        let account = account.as_ref().and_then(|account| check.account(&account.0));
        let region = region.as_ref().and_then(|region| regions::check_one(region, named, check));
        account.zip(region)
    };
    let mut inventory = DeclaredInventory::default();
    for resource in &written.resources {
        if let Some((account, region)) = place(&resource.account, &resource.region) {
            inventory.resources.push(DeclaredResource { account, region, members: members(resource) });
        }
    }
    for package in &written.software {
        let Some((account, region)) = place(&package.account, &package.region) else { continue };
        let (Some(resource), Some(name)) = (&package.resource, &package.name) else { continue };
        inventory.software.push(DeclaredPackage {
            account,
            region,
            resource_id: resource.value.clone(),
            resource_type: package.resource_type.clone().unwrap_or_else(|| "AWS::EC2::Instance".to_owned()),
            name: name.value.clone(),
            version: package.version.clone(),
            kind: package.kind.clone().unwrap_or_else(|| "library".to_owned()),
        });
    }
    inventory
}

/// The members of a resource in the response of GetResourcesV2.
fn members(resource: &Resource) -> Map<String, Value> {
    let mut members = match resource.members.as_ref().map(Node::to_json) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let mut set = |name: &str, value: Option<Value>| members.extend(value.map(|value| (name.to_owned(), value)));
    set("ResourceType", resource.resource_type.as_ref().map(|written| json!(written.value)));
    set("ResourceId", resource.id.as_ref().map(|written| json!(written.value)));
    set("ResourceName", resource.name.as_ref().map(|name| json!(name)));
    set("ResourceConfig", resource.config.as_ref().map(Node::to_json));
    let tag = |(key, value): (&Spanned<String>, &String)| json!({ "Key": key.value, "Value": value });
    let tags = resource.tags.as_ref().map(|tags| tags.0.iter().map(|(key, value)| tag((key, value))).collect());
    set("ResourceTags", tags);
    members
}
