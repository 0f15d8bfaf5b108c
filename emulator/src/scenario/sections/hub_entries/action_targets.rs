//! `action_targets`: custom actions.

use schemars::JsonSchema;
use securityhub_fixtures::Operation;
use serde::Deserialize;

use super::entry::{Entry, hub_keys, is_valid, refuse};
use crate::domain::caller::Caller;
use crate::domain::findings::action_targets;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::sections::all_or::AllOr;
use crate::scenario::sections::api_input::ApiInput;
use crate::scenario::sections::refused::Refused;
use crate::scenario::sections::regions::RegionText;
use crate::scenario::spanned::Spanned;
use crate::state::{self, Region, Transaction, World};

/// A custom action, as CreateActionTarget creates it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ActionTarget")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the custom action. Its hub must be enabled.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Regions of the custom action: all Regions of the scenario, or a list.
    #[schemars(with = "AllOr<RegionText>")]
    regions: Option<AllOr<RegionText>>,
    /// ID, at most 20 letters and digits. The ARN of the custom action ends with it.
    #[schemars(with = "String")]
    id: Option<Spanned<String>>,
    /// Name, at most 20 characters.
    #[schemars(with = "String")]
    name: Option<Spanned<String>>,
    /// Description.
    #[schemars(with = "String")]
    description: Option<Spanned<String>>,
}

/// A valid custom action.
#[derive(Debug)]
pub(super) struct ActionTarget {
    id: String,
    target: state::ActionTarget,
}

pub(super) fn check(written: Spanned<Declared>, regions: &[Region], check: &mut Check) -> Option<Entry<ActionTarget>> {
    let Spanned { value: entry, span } = written;
    let hubs = hub_keys(entry.account.as_ref(), entry.regions.as_ref(), regions, check);
    let (id, name, description) = (entry.id?, entry.name?, entry.description?);
    let input = ApiInput::new(span)
        .with_text("Id", Some(&id))
        .with_text("Name", Some(&name))
        .with_text("Description", Some(&description));
    let is_valid = is_valid(input, Operation::CreateActionTarget, check);
    let target = state::ActionTarget { name: name.value, description: description.value };
    let value = ActionTarget { id: id.value, target };
    Some(Entry { span: id.span, hubs: hubs?, value }).filter(|_| is_valid)
}

pub(super) fn create(
    transaction: &mut Transaction<'_>,
    _: &World,
    caller: &Caller,
    entry: &Entry<ActionTarget>,
) -> Result<(), Refused> {
    let ActionTarget { id, target } = &entry.value;
    let created = action_targets::create(transaction, caller, id.clone(), target.clone());
    created.map(|_| ()).map_err(refuse(entry.span))
}
