//! The one way to change what the directory holds of central configuration.

use crate::state::{CentralConfiguration, Transaction};

/// Changes the central configuration, if there is one.
pub(super) fn edit<R>(
    transaction: &mut Transaction<'_>,
    edit: impl FnOnce(&mut CentralConfiguration) -> R,
) -> Option<R> {
    transaction.edit_directory(|directory| directory.organization.as_mut()?.central.as_mut().map(edit))
}
