//! What several routes read: accounts, Regions, and Regions in lists.

use super::api::Refusal;
use crate::state::{AccountId, Region, World};

/// The account with an ID.
pub(super) fn account(text: &str) -> Result<AccountId, Refusal> {
    AccountId::parse(text).ok_or_else(|| match text {
        "" => Refusal::unreadable("the account ID is missing"),
        _ => Refusal::unreadable(format!("{text:?} is not a valid account ID (expected 12 digits)")),
    })
}

/// The Region with a name.
pub(super) fn region(world: &World, name: &str) -> Result<Region, Refusal> {
    world.directory().region(name).map_err(|unknown| unknown.to_string().into())
}

/// The Regions with these names, in the same order.
pub(super) fn regions<'n>(world: &World, names: impl Iterator<Item = &'n str>) -> Result<Vec<Region>, Refusal> {
    names.map(|name| region(world, name)).collect()
}
