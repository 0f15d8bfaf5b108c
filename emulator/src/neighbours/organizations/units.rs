//! Organizational units, and the tree of units and accounts.

use serde_json::json;

use super::call::{Answer, Change, Reading};
use super::input::{invalid, is_child_id, is_parent_id, is_unit_id};
use super::tags::tag_new;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::accounts::organization::tree::{TreeError, tags, units};

/// The length of a name, in characters.
const NAME: (usize, usize) = (1, 128);

pub(super) fn describe(reading: &Reading<'_>) -> Answer {
    let id = reading.input.id("OrganizationalUnitId", is_unit_id)?;
    let unit = reading.view.unit(id).ok_or(TreeError::NoUnit)?;
    Ok(json!({ "OrganizationalUnit": unit }))
}

pub(super) fn list_for_parent(reading: &Reading<'_>) -> Answer {
    let parent = parent(reading)?;
    let units = reading.view.unit_ids_of(parent);
    reading.page("OrganizationalUnits", &units, |id| reading.view.unit(id).unwrap_or_default())
}

pub(super) fn list_children(reading: &Reading<'_>) -> Answer {
    let parent = parent(reading)?;
    let kind = reading.input.text("ChildType")?;
    let row = |id: &str| json!({ "Id": id, "Type": kind });
    match kind {
        "ACCOUNT" => reading.page("Children", &reading.view.account_ids_of(parent), |id| row(id.as_str())),
        "ORGANIZATIONAL_UNIT" => reading.page("Children", &reading.view.unit_ids_of(parent), |id| row(id)),
        _ => Err(invalid("INVALID_ENUM", "You specified an invalid value.")),
    }
}

pub(super) fn list_parents(reading: &Reading<'_>) -> Answer {
    let child = reading.input.id("ChildId", is_child_id)?;
    let parent = reading.view.parent_of(child).ok_or_else(|| {
        AwsError::new(ErrorCode::ChildNotFoundException, format!("No child {child} in the organization"))
    })?;
    reading.page("Parents", &[parent], Clone::clone)
}

/// `ParentId`, the root or a unit of the organization.
pub(super) fn parent<'i>(reading: &Reading<'i>) -> Result<&'i str, AwsError> {
    let parent = reading.input.id("ParentId", is_parent_id)?;
    if units::is_parent(reading.organization, parent) {
        return Ok(parent);
    }
    let message = "We can't find a root or OU with the ParentId that you specified.";
    Err(AwsError::new(ErrorCode::ParentNotFoundException, message))
}

pub(super) fn create(change: &mut Change<'_, '_>) -> Answer {
    let parent = change.input.id("ParentId", is_parent_id)?;
    let name = change.input.sized("Name", NAME)?;
    let new_tags = change.input.tags()?;
    tags::check(&new_tags)?;
    let id = units::create(change.transaction, change.world, &change.organization, (name, parent))?;
    tag_new(change, &id, new_tags);
    Ok(json!({ "OrganizationalUnit": change.view(|view| view.unit(&id)) }))
}

pub(super) fn update(change: &mut Change<'_, '_>) -> Answer {
    let id = change.input.id("OrganizationalUnitId", is_unit_id)?;
    if let Some(name) = change.input.optional_sized("Name", NAME)? {
        units::rename(change.transaction, &change.organization, id, name)?;
    }
    let unit = change.view(|view| view.unit(id)).ok_or(TreeError::NoUnit)?;
    Ok(json!({ "OrganizationalUnit": unit }))
}

pub(super) fn delete(change: &mut Change<'_, '_>) -> Answer {
    let id = change.input.id("OrganizationalUnitId", is_unit_id)?;
    units::delete(change.transaction, &change.organization, id)?;
    Ok(json!({}))
}
