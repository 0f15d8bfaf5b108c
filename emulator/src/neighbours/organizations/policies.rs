//! Policies: types, documents and attachments.

use serde_json::json;

use super::call::{Answer, Change, Reading};
use super::input::{is_policy_id, is_root_id, is_target_id};
use super::tags::tag_new;
use crate::domain::accounts::organization::tree::{TreeError, policies, tags};
use crate::domain::policy;
use crate::state::OrganizationPolicy;

/// The length of a name, in characters.
const NAME: (usize, usize) = (1, 128);
/// The length of a description, in characters.
const DESCRIPTION: (usize, usize) = (0, 512);
/// The length of a document, in characters. Each type has its own, lower maximum.
const CONTENT: (usize, usize) = (1, 1_000_000);

pub(super) fn list(reading: &Reading<'_>) -> Answer {
    let kind = reading.input.policy_type("Filter")?;
    let ids = reading.view.policy_ids(kind);
    reading.page("Policies", &ids, |id| reading.view.policy_summary(id).unwrap_or_default())
}

pub(super) fn list_for_target(reading: &Reading<'_>) -> Answer {
    let target = reading.input.id("TargetId", is_target_id)?;
    let kind = reading.input.policy_type("Filter")?;
    policies::is_target(reading.organization, target)?;
    let ids = reading.view.policy_ids_of(target, kind);
    reading.page("Policies", &ids, |id| reading.view.policy_summary(id).unwrap_or_default())
}

pub(super) fn list_targets(reading: &Reading<'_>) -> Answer {
    let id = reading.input.id("PolicyId", is_policy_id)?;
    policies::kind_of(reading.organization, id)?;
    let targets = reading.view.targets_of(id);
    reading.page("Targets", &targets, |target| reading.view.target(target))
}

pub(super) fn describe(reading: &Reading<'_>) -> Answer {
    let id = reading.input.id("PolicyId", is_policy_id)?;
    Ok(json!({ "Policy": reading.view.policy(id).ok_or(TreeError::NoPolicy)? }))
}

pub(super) fn create(change: &mut Change<'_, '_>) -> Answer {
    let content = change.input.sized("Content", CONTENT)?;
    let description = change.input.sized("Description", DESCRIPTION)?;
    let name = change.input.sized("Name", NAME)?;
    let kind = change.input.policy_type("Type")?;
    let new_tags = change.input.tags()?;
    tags::check(&new_tags)?;
    let policy = OrganizationPolicy {
        name: name.to_owned(),
        description: description.to_owned(),
        kind,
        content: content.to_owned(),
        parsed: policy::organization_document(kind, name, content)?,
    };
    let id = policies::create(change.transaction, change.world, &change.organization, policy)?;
    tag_new(change, &id, new_tags);
    Ok(json!({ "Policy": change.view(|view| view.policy(&id)) }))
}

pub(super) fn update(change: &mut Change<'_, '_>) -> Answer {
    let id = change.input.id("PolicyId", is_policy_id)?;
    let name = change.input.optional_sized("Name", NAME)?;
    let description = change.input.optional_sized("Description", DESCRIPTION)?;
    let content = change.input.optional_sized("Content", CONTENT)?;
    let mut policy = policies::created(&change.organization, id)?.clone();
    let parts = [(name, &mut policy.name), (description, &mut policy.description), (content, &mut policy.content)];
    for (new, part) in parts {
        if let Some(new) = new {
            new.clone_into(part);
        }
    }
    policy.parsed = policy::organization_document(policy.kind, &policy.name, &policy.content)?;
    policies::update(change.transaction, &change.organization, id, policy)?;
    Ok(json!({ "Policy": change.view(|view| view.policy(id)) }))
}

pub(super) fn delete(change: &mut Change<'_, '_>) -> Answer {
    let id = change.input.id("PolicyId", is_policy_id)?;
    policies::delete(change.transaction, &change.organization, id)?;
    Ok(json!({}))
}

pub(super) fn attach(change: &mut Change<'_, '_>) -> Answer {
    let id = change.input.id("PolicyId", is_policy_id)?;
    let target = change.input.id("TargetId", is_target_id)?;
    policies::attach(change.transaction, &change.organization, id, target)?;
    Ok(json!({}))
}

pub(super) fn detach(change: &mut Change<'_, '_>) -> Answer {
    let id = change.input.id("PolicyId", is_policy_id)?;
    let target = change.input.id("TargetId", is_target_id)?;
    policies::detach(change.transaction, &change.organization, id, target)?;
    Ok(json!({}))
}

pub(super) fn enable_type(change: &mut Change<'_, '_>) -> Answer {
    let root = change.input.id("RootId", is_root_id)?;
    let kind = change.input.policy_type("PolicyType")?;
    policies::enable_type(change.transaction, &change.organization, root, kind)?;
    Ok(json!({ "Root": change.view(|view| Some(view.root())) }))
}

pub(super) fn disable_type(change: &mut Change<'_, '_>) -> Answer {
    let root = change.input.id("RootId", is_root_id)?;
    let kind = change.input.policy_type("PolicyType")?;
    policies::disable_type(change.transaction, &change.organization, root, kind)?;
    Ok(json!({ "Root": change.view(|view| Some(view.root())) }))
}
