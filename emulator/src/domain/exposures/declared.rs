//! Reads signals from the details of declared resources.

use std::sync::Arc;

use securityhub_fixtures::exposures::{Source, TRAITS, Trait};
use serde_json::Value;

use super::signals::{self, ResourceSignal};
use crate::domain::findings::v2::inventory::{build, declared};
use crate::state::{HubKey, Region, Resource, ResourceName, Signal, SignalSource, Signals, World};

/// Maximum number of references that a condition follows.
const MOST_REFERENCES: usize = 4;

/// Reads all declared resources of a Region. Returns those with traits.
pub fn read(world: &World, region: &Region, signals: &mut Signals) -> Vec<ResourceName> {
    let relations = world.relations();
    let Some(resources) = relations.resources() else { return Vec::new() };
    let mut found = Vec::new();
    for (key, declared) in resources.declared.iter().filter(|(key, _)| key.region == *region) {
        if !relations.is_v2_on(key) {
            continue;
        }
        let others = Others { key, declared: &resources.declared };
        for resource in declared.iter().filter(|resource| resource.details.is_some()) {
            found.extend(of_resource(world, key, resource, &others));
        }
    }
    signals::add(signals, SignalSource::Declared, found)
}

fn of_resource(world: &World, key: &HubKey, resource: &Resource, others: &Others<'_>) -> Vec<ResourceSignal> {
    let is_seen = |of: &Trait| {
        matches!(of.source, Source::Details(kind, conditions)
            if kind == resource.resource_type && others.satisfies(resource, conditions))
    };
    let rows: Vec<(usize, &Trait)> = TRAITS.iter().enumerate().filter(|(_, of)| is_seen(of)).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let Some(object) = declared::object(world, key, resource) else { return Vec::new() };
    let Some(named) = build::key(key.account.as_str(), key.region.as_str(), &object) else { return Vec::new() };
    let name = ResourceName { account: key.account, resource_type: named.resource_type.into(), id: named.id.into() };
    let object: Arc<str> = signals::without_data(&object).into();
    let of_trait = |(row, of): (usize, &Trait)| {
        let signal = Signal {
            kind: of.kind,
            label: of.label,
            uid: Arc::clone(&name.id),
            title: format!("{}: {}", of.kind, of.label).into(),
            product_uid: format!("arn:{}:securityhub:{}::productv2/aws/config", key.region.partition(), key.region)
                .into(),
        };
        ResourceSignal { name: name.clone(), object: Arc::clone(&object), row, signal }
    };
    rows.into_iter().map(of_trait).collect()
}

/// The declared resources that references may name.
struct Others<'r> {
    key: &'r HubKey,
    declared: &'r std::collections::BTreeMap<HubKey, Vec<Resource>>,
}

impl Others<'_> {
    /// Returns whether the details of a resource satisfy all conditions, joined by `&`.
    fn satisfies(&self, resource: &Resource, conditions: &str) -> bool {
        let Some(details) = &resource.details else { return false };
        conditions.split('&').all(|condition| self.holds(details, condition.trim(), MOST_REFERENCES))
    }

    /// Returns whether the details satisfy a condition: `PATH`, `PATH=VALUE`, `PATH~TEXT` or `PATH->TYPE.CONDITION`.
    fn holds(&self, details: &Value, condition: &str, left: usize) -> bool {
        if let Some((path, rest)) = condition.split_once("->") {
            let Some((kind, rest)) = rest.split_once('.') else { return false };
            let ids = values(details, path);
            return left > 0
                && self.of_type(kind).any(|other| {
                    let is_named = ids.iter().filter_map(|id| id.as_str()).any(|id| is_named(other, id));
                    is_named && other.details.as_ref().is_some_and(|details| self.holds(details, rest, left - 1))
                });
        }
        if let Some((path, text)) = condition.split_once('~') {
            return values(details, path).into_iter().any(|value| value.to_string().contains(text));
        }
        if let Some((path, expected)) = condition.split_once('=') {
            let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            return values(details, path).into_iter().any(|value| written(value) == expected);
        }
        !values(details, condition).is_empty()
    }

    /// The declared resources of a type in the account. Resources of IAM count in all Regions.
    fn of_type<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Resource> {
        let is_near = move |key: &HubKey| {
            key.account == self.key.account && (key.region == self.key.region || kind.starts_with("AwsIam"))
        };
        let near = self.declared.iter().filter(move |(key, _)| is_near(key));
        near.flat_map(|(_, resources)| resources).filter(move |resource| resource.resource_type == kind)
    }
}

/// Returns whether a text is the ID of a resource, or the last part of the ID.
fn is_named(resource: &Resource, text: &str) -> bool {
    let last = |text: &str| text.rsplit(['/', ':']).next().unwrap_or_default().to_owned();
    resource.id == text || last(&resource.id) == last(text)
}

/// The values at a path. Where a value is a list, the path continues in each of its elements.
fn values<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    match value {
        Value::Array(items) => return items.iter().flat_map(|item| values(item, path)).collect(),
        Value::Null => return Vec::new(),
        _ if path.is_empty() => return vec![value],
        _ => {}
    }
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let members = value.as_object().into_iter().flatten();
    members.filter(|(member, _)| member.eq_ignore_ascii_case(name)).flat_map(|(_, value)| values(value, rest)).collect()
}
