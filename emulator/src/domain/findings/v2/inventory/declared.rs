//! Adds the resources and packages that scenarios declare to an inventory.

use securityhub_engine::{Parts, Stored};
use serde_json::{Map, Value, json};

use super::super::visibility::{self, View};
use super::build::{self, Builder};
use super::resource::ResourceKey;
use super::software::Installed;
use crate::ocsf::ConversionContext;
use crate::state::{HubKey, Resource, World};

/// Adds the resources and packages that are declared in the accounts and the Region of a view.
pub fn add(builder: &mut Builder, world: &World, view: &View) {
    let relations = world.relations();
    let region = &view.table.region;
    if let Some(resources) = relations.resources() {
        for (key, declared) in &resources.declared {
            if key.region == *region && view.has_account(key.account.as_str()) {
                for resource in declared {
                    of_controls(builder, world, key, resource);
                }
            }
        }
    }
    let inventory = &relations.directory().inventory;
    let is_shown = |account: &str, of: &str| of == region.as_str() && view.has_account(account);
    for declared in &inventory.resources {
        if is_shown(declared.account.as_str(), declared.region.as_str()) {
            let text = |name: &str| declared.members.get(name).and_then(Value::as_str).map(str::to_owned);
            let (Some(resource_type), Some(id)) = (text("ResourceType"), text("ResourceId")) else { continue };
            let of_resource = text("ResourceRegion").unwrap_or_else(|| declared.region.to_string());
            let account = declared.account.to_string();
            let key = ResourceKey { account, region: of_resource, resource_type, id };
            builder.resource(key).declare(region.as_str(), None, declared.members.clone());
        }
    }
    for package in &inventory.software {
        if is_shown(package.account.as_str(), package.region.as_str()) {
            let resource = ResourceKey {
                account: package.account.to_string(),
                region: region.to_string(),
                resource_type: package.resource_type.clone(),
                id: package.resource_id.clone(),
            };
            builder.resource(resource.clone()).declare(region.as_str(), None, Map::new());
            let (name, version, kind) = (package.name.clone(), package.version.clone(), package.kind.clone());
            builder.install(Installed { name, version, kind, resource });
        }
    }
}

/// Adds a resource that is declared for controls.
fn of_controls(builder: &mut Builder, world: &World, key: &HubKey, resource: &Resource) {
    let Some(object) = object(world, key, resource) else { return };
    if let Some(of_resource) = build::key(key.account.as_str(), key.region.as_str(), &object) {
        builder.resource(of_resource).declare(key.region.as_str(), Some(object), Map::new());
    }
}

/// A resource that is declared for controls, as `resources` of a finding about it would show it.
pub fn object(world: &World, key: &HubKey, resource: &Resource) -> Option<Value> {
    let mut object = json!({ "Type": resource.resource_type, "Id": resource.id, "Region": key.region.as_str() });
    object["Partition"] = key.region.partition().into();
    if let Some(tags) = &resource.tags {
        object["Tags"] = json!(tags);
    }
    if let Some(details) = &resource.details {
        object["Details"] = json!({ resource.resource_type: details });
    }
    let finding = json!({
        "ProductArn": format!("arn:{}:securityhub:{}::product/aws/inspector", key.region.partition(), key.region),
        "Id": resource.id,
        "AwsAccountId": key.account.as_str(),
        "Region": key.region.as_str(),
        // Findings about vulnerabilities contain the details of their resources.
        "Vulnerabilities": [{ "Id": "-" }],
        "Resources": [object],
    });
    let finding = finding.to_string();
    let directory = world.directory();
    let organization_of = |account: &str| visibility::organization_of(&directory, account);
    let context = ConversionContext { organization_of: &organization_of };
    let mut document = Vec::new();
    let stored = Stored { document: finding.as_bytes(), annex: &[] };
    world.ocsf().write(stored, Parts::ALL, context, &mut document);
    let document = serde_json::from_slice::<Value>(&document).ok()?;
    document.pointer("/resources/0").cloned()
}
