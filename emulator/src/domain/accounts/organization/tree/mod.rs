//! Changes of the organization itself, as AWS Organizations makes them.
//!
//! Contents: the organization as a whole ([`whole`]), its units ([`units`]), its policies ([`policies`]), its member
//! accounts ([`member_accounts`]), tags ([`tags`]), policies given by name ([`by_name`]), and the errors of all of them
//! ([`TreeError`]). The rest of `accounts` applies the effects of a change on Security Hub. JSON and the list
//! operations belong to `neighbours`.

pub mod by_name;
mod error;
pub mod member_accounts;
pub mod policies;
pub mod tags;
pub mod units;
pub mod whole;

pub use error::TreeError;

use crate::state::{Organization, Transaction};

/// Changes the organization. No effect if there is none.
fn edit(transaction: &mut Transaction<'_>, edit: impl FnOnce(&mut Organization)) {
    transaction.edit_directory(|directory| {
        if let Some(organization) = &mut directory.organization {
            edit(organization);
        }
    });
}
