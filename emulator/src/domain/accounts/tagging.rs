//! Tags of taggable resources.

use std::collections::BTreeMap;

use crate::domain::accounts::aggregator_v2;
use crate::domain::accounts::central_configuration::{administered, policies};
use crate::domain::arn::{self, Arn};
use crate::domain::caller::Caller;
use crate::domain::tags::{MAX_TAGS, TagError};
use crate::state::{AggregatorV2, AutomationRule, AutomationRuleV2, Directory, Hub, HubKey, HubV2, Transaction, World};

/// First part of the resource names that can be tagged (TAG-02).
const TAGGABLE: [&str; 8] = [
    "hub",
    "automation-rule",
    "configuration-policy",
    "connector",
    "connectorv2",
    "automation-rulev2",
    "aggregatorv2",
    "hubv2",
];

/// The tags of a resource (TAG-07).
///
/// # Errors
/// [`TagError::NotTaggable`], [`TagError::NoResource`].
pub fn list(world: &World, caller: &Caller, arn: &str) -> Result<BTreeMap<String, String>, TagError> {
    let relations = world.relations();
    let (key, directory) = (caller.hub_key(), relations.directory());
    let hub = || relations.hub(&key).filter(|hub| hub.subscribed_at().is_some());
    let hub_v2 = || relations.hub_v2(&key).filter(|hub| hub.subscribed_at().is_some());
    let tags = match resolve(caller, arn)? {
        Tagged::Hub => hub().map(|hub| hub.tags.clone()),
        Tagged::AutomationRule(id) => {
            hub().and_then(|hub| hub.automation_rules.iter().find(|rule| rule.id == id).map(|rule| rule.tags.clone()))
        }
        Tagged::ConfigurationPolicy => {
            let central = administered(directory, caller).ok();
            central.and_then(|central| policies::find(central, arn).ok()).map(|policy| policy.tags.clone())
        }
        Tagged::AggregatorV2 => own_aggregator(directory, caller, arn).map(|aggregator| aggregator.tags.clone()),
        Tagged::Connector(id) => hub().and_then(|hub| hub.connectors.get(id)).map(|connector| connector.tags.clone()),
        Tagged::AutomationRuleV2(id) => hub_v2()
            .and_then(|hub| hub.automation_rules.iter().find(|rule| rule.id == id).map(|rule| rule.tags.clone())),
        Tagged::ConnectorV2(id) => {
            hub_v2().and_then(|hub| hub.connectors.get(id)).map(|connector| connector.tags.clone())
        }
        Tagged::HubV2(id) => hub_v2().filter(|hub| hub.id == id).map(|hub| hub.tags.clone()),
    };
    tags.ok_or_else(|| TagError::NoResource(arn.to_owned()))
}

/// Changes the tags of a resource, all of them or none.
///
/// # Errors
/// Any [`TagError`].
pub fn edit(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    arn: &str,
    edit: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<(), TagError> {
    let key = caller.hub_key();
    match resolve(caller, arn)? {
        Tagged::ConfigurationPolicy => policies::edit_tags(transaction, caller, arn, edit),
        Tagged::Hub => edit_in_hub(transaction, key, arn, |hub| Some(&mut hub.tags), edit),
        Tagged::AutomationRule(id) => edit_in_hub(transaction, key, arn, |hub| Some(&mut rule_of(hub, id)?.tags), edit),
        Tagged::AggregatorV2 => {
            let found = own_aggregator(transaction.directory(), caller, arn).is_some();
            let account = caller.account();
            transaction.edit_directory(|directory| {
                let own = directory.aggregators_v2.get_mut(&account).filter(|_| found);
                change(own.map(|aggregator| &mut aggregator.tags), arn, edit)
            })
        }
        Tagged::Connector(id) => {
            edit_in_hub(transaction, key, arn, |hub| Some(&mut hub.connectors.get_mut(id)?.tags), edit)
        }
        Tagged::AutomationRuleV2(id) => {
            edit_in_hub_v2(transaction, key, arn, |hub| Some(&mut rule_v2_of(hub, id)?.tags), edit)
        }
        Tagged::ConnectorV2(id) => {
            edit_in_hub_v2(transaction, key, arn, |hub| Some(&mut hub.connectors.get_mut(id)?.tags), edit)
        }
        Tagged::HubV2(id) => edit_in_hub_v2(transaction, key, arn, |hub| (hub.id == id).then_some(&mut hub.tags), edit),
    }
}

/// Changes the tags of a resource that belongs to a hub.
fn edit_in_hub(
    transaction: &mut Transaction<'_>,
    key: HubKey,
    arn: &str,
    tags_of: impl FnOnce(&mut Hub) -> Option<&mut BTreeMap<String, String>>,
    edit: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<(), TagError> {
    let hub = transaction.hub(&key).filter(|hub| hub.subscribed_at().is_some());
    let mut hub = hub.map(|hub| (*hub).clone()).ok_or_else(|| TagError::NoResource(arn.to_owned()))?;
    change(tags_of(&mut hub), arn, edit)?;
    transaction.stage_hub(key, hub);
    Ok(())
}

/// Changes the tags of a resource that belongs to a V2 hub.
fn edit_in_hub_v2(
    transaction: &mut Transaction<'_>,
    key: HubKey,
    arn: &str,
    tags_of: impl FnOnce(&mut HubV2) -> Option<&mut BTreeMap<String, String>>,
    edit: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<(), TagError> {
    let hub = transaction.hub_v2(&key).filter(|hub| hub.subscribed_at().is_some());
    let mut hub = hub.map(|hub| (*hub).clone()).ok_or_else(|| TagError::NoResource(arn.to_owned()))?;
    change(tags_of(&mut hub), arn, edit)?;
    transaction.stage_hub_v2(key, hub);
    Ok(())
}

/// Finds the caller's aggregator by its ARN.
fn own_aggregator<'d>(directory: &'d Directory, caller: &Caller, arn: &str) -> Option<&'d AggregatorV2> {
    let own = directory.aggregators_v2.get(&caller.account());
    own.filter(|aggregator| aggregator_v2::aggregator_arn(caller.account(), aggregator) == arn)
}

fn rule_of<'h>(hub: &'h mut Hub, id: &str) -> Option<&'h mut AutomationRule> {
    hub.automation_rules.iter_mut().find(|rule| rule.id == id)
}

fn rule_v2_of<'h>(hub: &'h mut HubV2, id: &str) -> Option<&'h mut AutomationRuleV2> {
    hub.automation_rules.iter_mut().find(|rule| rule.id == id)
}

fn change(
    tags: Option<&mut BTreeMap<String, String>>,
    arn: &str,
    edit: impl FnOnce(&mut BTreeMap<String, String>),
) -> Result<(), TagError> {
    let tags = tags.ok_or_else(|| TagError::NoResource(arn.to_owned()))?;
    edit(tags);
    if tags.len() > MAX_TAGS { Err(TagError::TooMany) } else { Ok(()) }
}

/// A taggable resource of the caller.
enum Tagged<'a> {
    Hub,
    AutomationRule(&'a str),
    /// A configuration policy of the organization, which the delegated administrator owns.
    ConfigurationPolicy,
    HubV2(&'a str),
    AutomationRuleV2(&'a str),
    ConnectorV2(&'a str),
    Connector(&'a str),
    AggregatorV2,
}

/// The resource that an ARN refers to. New taggable resources need an entry here.
fn resolve<'a>(caller: &Caller, text: &'a str) -> Result<Tagged<'a>, TagError> {
    let missing = || TagError::NoResource(text.to_owned());
    let arn = Arn::parse(text).ok_or_else(missing)?;
    let (kind, id) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
    if !TAGGABLE.contains(&kind) {
        return Err(TagError::NotTaggable(text.to_owned()));
    }
    let key = caller.hub_key();
    if kind == "configuration-policy" {
        return Ok(Tagged::ConfigurationPolicy);
    }
    if text != arn::of_account(&key.region, key.account, arn.resource) {
        return Err(missing());
    }
    match kind {
        "hub" if id == "default" => Ok(Tagged::Hub),
        "automation-rule" => Ok(Tagged::AutomationRule(id)),
        "aggregatorv2" => Ok(Tagged::AggregatorV2),
        "automation-rulev2" => Ok(Tagged::AutomationRuleV2(id)),
        "connector" => Ok(Tagged::Connector(id)),
        "connectorv2" => Ok(Tagged::ConnectorV2(id)),
        "hubv2" => Ok(Tagged::HubV2(id)),
        _ => Err(missing()),
    }
}
