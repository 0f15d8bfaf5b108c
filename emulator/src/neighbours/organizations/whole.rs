//! The organization as a whole, and its root.

use serde_json::json;

use super::call::{Answer, Change, Reading};
use super::input::{Input, invalid};
use super::view::View;
use crate::aws_error::AwsError;
use crate::domain::accounts::organization::tree::whole;
use crate::domain::caller::Caller;
use crate::state::{Transaction, World};

#[allow(clippy::unnecessary_wraps, reason = "all operations have one signature")]
pub(super) fn describe(reading: &Reading<'_>) -> Answer {
    Ok(json!({ "Organization": reading.view.organization() }))
}

pub(super) fn list_roots(reading: &Reading<'_>) -> Answer {
    reading.page("Roots", &[()], |()| reading.view.root())
}

/// Organizations of this emulator have all features, so an organization with consolidated billing only is refused.
pub(super) fn create(transaction: &mut Transaction<'_>, world: &World, caller: &Caller, input: &Input<'_>) -> Answer {
    match input.optional("FeatureSet")? {
        None | Some("ALL") => {}
        Some("CONSOLIDATED_BILLING") => {
            let message = "This emulator creates organizations with all features only. Use the FeatureSet ALL.";
            return Err(invalid("INVALID_ENUM", message));
        }
        Some(_) => return Err(invalid("INVALID_ENUM", "You specified an invalid value.")),
    }
    whole::create(transaction, world, caller)?;
    let directory = transaction.directory();
    let organization = directory.organization.as_ref().map(|created| View::new(directory, created).organization());
    Ok(json!({ "Organization": organization }))
}

pub(super) fn delete(change: &mut Change<'_, '_>) -> Answer {
    whole::delete(change.transaction, &change.organization).map_err(AwsError::from)?;
    Ok(json!({}))
}
