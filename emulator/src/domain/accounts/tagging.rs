//! Tags of taggable resources.

use std::collections::BTreeMap;

use crate::domain::accounts::central_configuration::{administered, policies};
use crate::domain::arn::{self, Arn};
use crate::domain::caller::Caller;
use crate::domain::findings::automation_rules;
use crate::domain::tags::{MAX_TAGS, TagError};
use crate::invariant::Invariant;
use crate::state::{Transaction, World};

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
    let tagged = resolve(caller, arn)?;
    if let Tagged::ConfigurationPolicy = tagged {
        let directory = world.directory();
        let policy = administered(&directory, caller).and_then(|central| policies::find(central, arn));
        return policy.map(|policy| policy.tags.clone()).map_err(|_| TagError::NoResource(arn.to_owned()));
    }
    let hub = world.hub(&caller.hub_key()).filter(|hub| hub.subscribed_at().is_some());
    let tags = hub.and_then(|hub| match tagged {
        Tagged::Hub => Some(hub.tags.clone()),
        Tagged::AutomationRule(id) => {
            hub.automation_rules.iter().find(|rule| rule.id == id).map(|rule| rule.tags.clone())
        }
        Tagged::ConfigurationPolicy => None,
    });
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
    let missing = || TagError::NoResource(arn.to_owned());
    let (tagged, key) = (resolve(caller, arn)?, caller.hub_key());
    if let Tagged::ConfigurationPolicy = tagged {
        return policies::edit_tags(transaction, caller, arn, edit);
    }
    let hub = transaction.hub(&key).filter(|hub| hub.subscribed_at().is_some());
    let mut hub = hub.map(|hub| (*hub).clone()).ok_or_else(missing)?;
    let tags = match tagged {
        Tagged::Hub => &mut hub.tags,
        Tagged::AutomationRule(id) => {
            let rule = hub.automation_rules.iter_mut().find(|rule| rule.id == id);
            &mut rule.ok_or_else(missing)?.tags
        }
        Tagged::ConfigurationPolicy => return Err(missing()),
    };
    edit(tags);
    if tags.len() > MAX_TAGS {
        return Err(TagError::TooMany);
    }
    transaction.stage_hub(key, hub);
    Ok(())
}

/// A taggable resource of the caller.
enum Tagged<'a> {
    Hub,
    AutomationRule(&'a str),
    /// A configuration policy of the organization, which the delegated administrator owns.
    ConfigurationPolicy,
}

/// The resource that an ARN refers to. New taggable resources need an entry here.
fn resolve<'a>(caller: &Caller, text: &'a str) -> Result<Tagged<'a>, TagError> {
    let missing = || TagError::NoResource(text.to_owned());
    let arn = Arn::parse(text).ok_or_else(missing)?;
    let kind = arn.resource.split('/').next().or_report("a split text has a first part").unwrap_or_default();
    if !TAGGABLE.contains(&kind) {
        return Err(TagError::NotTaggable(text.to_owned()));
    }
    let key = caller.hub_key();
    if text == arn::hub(&key) {
        return Ok(Tagged::Hub);
    }
    if kind == "configuration-policy" {
        return Ok(Tagged::ConfigurationPolicy);
    }
    let rule = text.strip_prefix(&automation_rules::rule_arn(&key, ""));
    rule.map(Tagged::AutomationRule).ok_or_else(missing)
}
