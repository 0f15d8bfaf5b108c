//! Entries that the domain refuses.

use crate::scenario::files::Span;
use crate::state::{Transaction, World};

/// The error of an entry that the domain refuses, with the position of the entry.
pub(super) type Refused = (Span, String);

/// Applies entries in one transaction. Returns the errors of the entries that the domain refuses.
pub(super) fn apply_each<E>(
    entries: impl IntoIterator<Item = E>,
    world: &World,
    mut apply: impl FnMut(&mut Transaction<'_>, E) -> Result<(), Refused>,
) -> Vec<Refused> {
    let mut transaction = world.write();
    let refused = entries.into_iter().filter_map(|entry| apply(&mut transaction, entry).err()).collect();
    transaction.commit();
    refused
}
