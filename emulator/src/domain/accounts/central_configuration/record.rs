//! Access to the central configuration in the directory.

use crate::state::{CentralConfiguration, Transaction};

/// Changes the central configuration, if there is one. All changes go through this function.
pub(super) fn edit<R>(
    transaction: &mut Transaction<'_>,
    edit: impl FnOnce(&mut CentralConfiguration) -> R,
) -> Option<R> {
    transaction.edit_directory(|directory| directory.organization.as_mut()?.central.as_mut().map(edit))
}
