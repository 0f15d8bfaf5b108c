//! Custom actions of a hub.

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::domain::{arn, hub_access};
use crate::state::{ActionTarget, HubKey, Transaction};

/// Maximum number of custom actions of a hub (ACT-05).
pub const MAX_ACTION_TARGETS: usize = 50;

/// Reason why a custom action cannot be created or changed.
#[derive(Debug, PartialEq, Eq)]
pub enum ActionTargetError {
    /// An action with this id exists (ACT-04).
    Exists(String),
    /// The hub has [`MAX_ACTION_TARGETS`] actions already (ACT-05).
    TooMany,
    /// No action has this ARN (ACT-06).
    Missing(String),
}

impl From<ActionTargetError> for AwsError {
    fn from(error: ActionTargetError) -> AwsError {
        match error {
            ActionTargetError::Exists(id) => {
                AwsError::new(ErrorCode::ResourceConflictException, format!("Action with Id: {id} already exists"))
            }
            ActionTargetError::TooMany => AwsError::new(
                ErrorCode::LimitExceededException,
                format!("An account can have at most {MAX_ACTION_TARGETS} action targets in a Region"),
            ),
            ActionTargetError::Missing(arn) => AwsError::not_found(format!("Action target {arn} was not found")),
        }
    }
}

/// The ARN of a custom action (ACT-02).
pub fn action_target_arn(hub: &HubKey, id: &str) -> String {
    arn::of_account(&hub.region, hub.account, &format!("action/custom/{id}"))
}

/// Creates a custom action and returns its ARN (ACT-01, ACT-04, ACT-05).
///
/// # Errors
/// [`ActionTargetError`], or 401 when the hub is disabled.
pub fn create(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    id: String,
    target: ActionTarget,
) -> Result<String, AwsError> {
    let key = caller.hub_key();
    let arn = action_target_arn(&key, &id);
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    if hub.action_targets.contains_key(&id) {
        return Err(ActionTargetError::Exists(id).into());
    }
    if hub.action_targets.len() >= MAX_ACTION_TARGETS {
        return Err(ActionTargetError::TooMany.into());
    }
    hub.action_targets.insert(id, target);
    transaction.stage_hub(key, hub);
    Ok(arn)
}

/// Changes the given attributes of a custom action (ACT-06).
///
/// # Errors
/// The errors of [`delete`].
pub fn update(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    arn: &str,
    name: Option<String>,
    description: Option<String>,
) -> Result<(), AwsError> {
    edit(transaction, caller, arn, |targets, id| {
        let Some(target) = targets.get_mut(id) else { return false };
        target.name = name.unwrap_or_else(|| target.name.clone());
        target.description = description.unwrap_or_else(|| target.description.clone());
        true
    })
}

/// Deletes a custom action (ACT-06).
///
/// # Errors
/// [`ActionTargetError::Missing`], or 401 when the hub is disabled.
pub fn delete(transaction: &mut Transaction<'_>, caller: &Caller, arn: &str) -> Result<(), AwsError> {
    edit(transaction, caller, arn, |targets, id| targets.remove(id).is_some())
}

/// Edits the caller's own custom actions (ACT-08); `edit` returns whether the action of that id exists.
fn edit(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    arn: &str,
    edit: impl FnOnce(&mut std::collections::BTreeMap<String, ActionTarget>, &str) -> bool,
) -> Result<(), AwsError> {
    let key = caller.hub_key();
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    let found = arn.strip_prefix(&action_target_arn(&key, "")).is_some_and(|id| edit(&mut hub.action_targets, id));
    if !found {
        return Err(ActionTargetError::Missing(arn.to_owned()).into());
    }
    transaction.stage_hub(key, hub);
    Ok(())
}
