//! Functions that several routes share: reading accounts, Regions and lists of Regions, and logging changes.

use super::api::Refusal;
use crate::state::{AccountId, Change, Region, World};

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

/// Logs the changes of a committed transaction.
pub(super) fn log_changes(changes: &[Change]) {
    for change in changes {
        tracing::debug!(?change, "changed");
    }
}
