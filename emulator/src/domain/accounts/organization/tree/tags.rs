//! Tags of accounts, units, roots and policies.

use std::collections::BTreeMap;

use super::{TreeError, edit, policies};
use crate::state::{Organization, Transaction};

/// Maximum number of tags of a resource.
const MAX_TAGS: usize = 50;

/// Checks that an ID is that of something that can have tags.
///
/// # Errors
/// [`TreeError::NoTarget`].
pub fn is_taggable(organization: &Organization, id: &str) -> Result<(), TreeError> {
    let is_policy = organization.policies.created.contains_key(id);
    if is_policy { Ok(()) } else { policies::is_target(organization, id) }
}

/// Checks the tags of a new resource.
///
/// # Errors
/// [`TreeError`]
pub fn check(tags: &[(String, String)]) -> Result<(), TreeError> {
    let mut keys: Vec<&str> = tags.iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    let is_system = |key: &&str| key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"));
    if keys.iter().any(is_system) {
        return Err(TreeError::SystemTag);
    }
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(TreeError::DuplicateTag);
    }
    if keys.len() > MAX_TAGS { Err(TreeError::TooManyTags) } else { Ok(()) }
}

/// Adds tags to a resource.
///
/// # Errors
/// [`TreeError`], in which case nothing is changed.
pub fn add(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    id: &str,
    tags: Vec<(String, String)>,
) -> Result<(), TreeError> {
    is_taggable(organization, id)?;
    check(&tags)?;
    let mut all: BTreeMap<String, String> = organization.tags.get(id).cloned().unwrap_or_default();
    all.extend(tags);
    if all.len() > MAX_TAGS {
        return Err(TreeError::TooManyTags);
    }
    set(transaction, id, all);
    Ok(())
}

/// Removes tags from a resource.
///
/// # Errors
/// [`TreeError::NoTarget`].
pub fn remove(
    transaction: &mut Transaction<'_>,
    organization: &Organization,
    id: &str,
    keys: &[String],
) -> Result<(), TreeError> {
    is_taggable(organization, id)?;
    let mut all: BTreeMap<String, String> = organization.tags.get(id).cloned().unwrap_or_default();
    for key in keys {
        all.remove(key);
    }
    set(transaction, id, all);
    Ok(())
}

/// Replaces the tags of a resource, which exists by the end of the transaction.
pub fn set(transaction: &mut Transaction<'_>, id: &str, tags: BTreeMap<String, String>) {
    edit(transaction, |organization| {
        if tags.is_empty() {
            organization.tags.remove(id);
        } else {
            organization.tags.insert(id.to_owned(), tags);
        }
    });
}
