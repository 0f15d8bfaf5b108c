//! Associations of policies with targets, applied or inherited (CCF-24 … CCF-36).

use super::policies;
use super::record::edit;
use super::settle;
use super::{CentralError, SELF_MANAGED, administered};
use crate::domain::caller::Caller;
use crate::domain::governance;
use crate::state::{
    AccountId, Applied, CentralConfiguration, Governance, Organization, Outcome, Timestamp, Transaction, World,
};

/// The governing policy of a target, and the result of applying it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// The id of the policy, or [`SELF_MANAGED`].
    pub policy_id: String,
    /// The id of the account, unit or root.
    pub target: String,
    /// `ACCOUNT`, `ORGANIZATIONAL_UNIT` or `ROOT`.
    pub target_type: &'static str,
    /// True if it was applied to the target itself; otherwise it is inherited.
    pub is_applied: bool,
    /// The time of the last settling.
    pub updated_at: Timestamp,
    /// `PENDING`, `SUCCESS` or `FAILED`.
    pub status: &'static str,
    /// The message, if there is one (CCF-29).
    pub message: Option<String>,
}

/// Applies a policy or self-management to a target. It replaces the earlier association of the target (CCF-25). The
/// answer is PENDING; the change is carried out before the next call, unless a scenario delays it.
///
/// # Errors
/// [`CentralError`].
pub fn start(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    identifier: &str,
    target: &str,
) -> Result<Association, CentralError> {
    let directory = transaction.directory();
    let central = administered(directory, caller)?;
    let governance = named(central, identifier)?;
    let organization = directory.organization.as_ref().ok_or(CentralError::NotAdministrator)?;
    let target_type = target_type(organization, target)?;
    let policy_id = policy_id(&governance);
    edit(transaction, |central| {
        central.applied.insert(target.to_owned(), Applied { governance, updated_at: caller.now })
    });
    settle::begin(transaction, world, target, caller.now);
    Ok(Association {
        policy_id,
        target: target.to_owned(),
        target_type,
        is_applied: true,
        updated_at: caller.now,
        status: "PENDING",
        message: None,
    })
}

/// Removes the association of a target. From then on, the target inherits that of its parent; its settings stay until
/// the inherited policy changes them (CCF-33, CCF-34).
///
/// # Errors
/// [`CentralError`].
pub fn end(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    identifier: &str,
    target: &str,
) -> Result<(), CentralError> {
    let directory = transaction.directory();
    let central = administered(directory, caller)?;
    let governance = named(central, identifier)?;
    let organization = directory.organization.as_ref().ok_or(CentralError::NotAdministrator)?;
    target_type(organization, target)?;
    if central.applied.get(target).map(|applied| &applied.governance) != Some(&governance) {
        return Err(CentralError::NoAssociation(target.to_owned()));
    }
    edit(transaction, |central| central.applied.remove(target));
    settle::begin(transaction, world, target, caller.now);
    Ok(())
}

/// The association of a target (CCF-26).
///
/// # Errors
/// [`CentralError::NoTarget`], [`CentralError::NoAssociation`].
pub fn of(organization: &Organization, target: &str) -> Result<Association, CentralError> {
    let target_type = target_type(organization, target)?;
    let missing = || CentralError::NoAssociation(target.to_owned());
    let (governance, is_applied) = governance::of_target(organization, target).ok_or_else(missing)?;
    let settled = organization.central.as_ref().and_then(|central| central.settled.get(target));
    let settled = settled.ok_or_else(missing)?;
    let success_message = "Association applied successfully on this target.";
    let (status, message) = match &settled.outcome {
        Outcome::Pending => ("PENDING", None),
        Outcome::Success => {
            ("SUCCESS", matches!(governance, Governance::Policy(_)).then(|| success_message.to_owned()))
        }
        Outcome::Failed(why) => ("FAILED", Some(why.clone())),
    };
    Ok(Association {
        policy_id: policy_id(governance),
        target: target.to_owned(),
        target_type,
        is_applied,
        updated_at: settled.updated_at,
        status,
        message,
    })
}

/// The id of the policy with this id or ARN, or [`SELF_MANAGED`].
///
/// # Errors
/// [`CentralError::NoPolicy`].
pub fn named_id(central: &CentralConfiguration, identifier: &str) -> Result<String, CentralError> {
    named(central, identifier).map(|governance| policy_id(&governance))
}

fn named(central: &CentralConfiguration, identifier: &str) -> Result<Governance, CentralError> {
    if identifier == SELF_MANAGED {
        return Ok(Governance::SelfManaged);
    }
    policies::find(central, identifier).map(|policy| Governance::Policy(policy.id.clone()))
}

fn policy_id(governance: &Governance) -> String {
    match governance {
        Governance::Policy(id) => id.clone(),
        Governance::SelfManaged => SELF_MANAGED.to_owned(),
    }
}

fn target_type(organization: &Organization, target: &str) -> Result<&'static str, CentralError> {
    if target == organization.root_id {
        Ok("ROOT")
    } else if organization.units.contains_key(target) {
        Ok("ORGANIZATIONAL_UNIT")
    } else if AccountId::parse(target).is_some_and(|account| organization.parents.contains_key(&account)) {
        Ok("ACCOUNT")
    } else {
        Err(CentralError::NoTarget(target.to_owned()))
    }
}
