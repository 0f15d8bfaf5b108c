//! Organizational units.

use super::{TreeError, edit};
use crate::state::{Organization, Transaction, Unit, World};

/// Maximum nesting depth of units below the root.
pub const MAX_DEPTH: usize = 5;
/// Maximum number of units of an organization.
const MAX_UNITS: usize = 2000;

/// Creates a unit and returns its ID.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    organization: &Organization,
    (name, parent): (&str, &str),
) -> Result<String, TreeError> {
    if !is_parent(organization, parent) {
        return Err(TreeError::NoParent);
    }
    if organization.units.len() >= MAX_UNITS {
        return Err(TreeError::TooManyUnits);
    }
    if depth(organization, parent) >= MAX_DEPTH {
        return Err(TreeError::UnitTooDeep);
    }
    is_name_free(organization, parent, name)?;
    let root = organization.root_id.trim_start_matches("r-");
    let id = format!("ou-{root}-{}", world.ids.word(8));
    let unit = Unit { name: name.to_owned(), parent: parent.to_owned() };
    edit(transaction, |organization| _ = organization.units.insert(id.clone(), unit));
    Ok(id)
}

/// Renames a unit.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn rename(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    id: &str,
    name: &str,
) -> Result<(), TreeError> {
    let unit = organization.units.get(id).ok_or(TreeError::NoUnit)?;
    if unit.name != name {
        is_name_free(organization, &unit.parent, name)?;
    }
    edit(transaction, |organization| {
        if let Some(unit) = organization.units.get_mut(id) {
            name.clone_into(&mut unit.name);
        }
    });
    Ok(())
}

/// Deletes an empty unit. A closed account still belongs to its unit until it is removed (RET-11).
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn delete(transaction: &mut Transaction<'_>, organization: &Organization, id: &str) -> Result<(), TreeError> {
    if !organization.units.contains_key(id) {
        return Err(TreeError::NoUnit);
    }
    let has_units = organization.units.values().any(|unit| unit.parent == id);
    if has_units || organization.parents.values().any(|parent| parent == id) {
        return Err(TreeError::UnitNotEmpty);
    }
    edit(transaction, |organization| {
        organization.units.remove(id);
        organization.policies.forget_target(id);
        organization.tags.remove(id);
        if let Some(central) = &mut organization.central {
            central.applied.remove(id);
            central.settled.remove(id);
        }
    });
    transaction.edit_directory(|directory| _ = directory.policies.service_control.remove(id));
    Ok(())
}

/// Returns whether an ID is that of the root or of a unit.
pub fn is_parent(organization: &Organization, id: &str) -> bool {
    organization.root_id == id || organization.units.contains_key(id)
}

/// The nesting depth of a unit; 0 for the root.
fn depth(organization: &Organization, id: &str) -> usize {
    let above = |id: &&str| organization.units.get(*id).map(|unit| unit.parent.as_str());
    std::iter::successors(Some(id), above).count().saturating_sub(1)
}

/// Two units of one parent cannot have the same name.
fn is_name_free(organization: &Organization, parent: &str, name: &str) -> Result<(), TreeError> {
    let is_taken = organization.units.values().any(|unit| unit.parent == parent && unit.name == name);
    if is_taken { Err(TreeError::DuplicateUnit) } else { Ok(()) }
}
