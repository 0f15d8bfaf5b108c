//! Tags.

use serde_json::json;

use super::call::{Answer, Change, Reading};
use super::input::is_taggable_id;
use crate::domain::accounts::organization::tree::tags;

pub(super) fn list(reading: &Reading<'_>) -> Answer {
    let id = reading.input.id("ResourceId", is_taggable_id)?;
    tags::is_taggable(reading.organization, id)?;
    let all = reading.organization.tags.get(id).into_iter().flatten();
    let rows: Vec<_> = all.map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    Ok(json!({ "Tags": rows }))
}

pub(super) fn add(change: &mut Change<'_, '_>) -> Answer {
    let id = change.input.id("ResourceId", is_taggable_id)?;
    let new = change.input.tags()?;
    tags::add(change.transaction, &change.organization, id, new)?;
    Ok(json!({}))
}

pub(super) fn remove(change: &mut Change<'_, '_>) -> Answer {
    let id = change.input.id("ResourceId", is_taggable_id)?;
    let keys = change.input.texts("TagKeys")?;
    tags::remove(change.transaction, &change.organization, id, &keys)?;
    Ok(json!({}))
}

/// Sets the tags of a resource that the same call has created.
pub(super) fn tag_new(change: &mut Change<'_, '_>, id: &str, new: Vec<(String, String)>) {
    tags::set(change.transaction, id, new.into_iter().collect());
}
