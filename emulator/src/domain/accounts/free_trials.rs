//! Free trials of the V2 half (FTR).

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::state::{AccountId, Directory, HubKey, Relations, Timestamp};

/// The duration of a free trial (FTR-05, `inferred`).
const DURATION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A free trial of an account in a Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeTrial {
    /// The feature that the trial is for.
    pub kind: &'static str,
    /// The time at which the trial began.
    pub started_at: Timestamp,
    /// The time at which the trial ends or ended.
    pub expires_at: Timestamp,
}

impl FreeTrial {
    /// Returns whether the trial is active at a time.
    pub fn is_active(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// The accounts whose trials a call lists. If the input names none, this is the caller's account, or, for the delegated
/// administrator, all active accounts of the organization (FTR-02, DEC-14).
///
/// # Errors
/// 400 `ValidationException` for an account that the caller does not administer (FTR-04).
pub fn accounts(
    directory: &Directory,
    caller: &Caller,
    requested: &[AccountId],
) -> Result<BTreeSet<AccountId>, AwsError> {
    let own = caller.account();
    let administered = directory.administered_v2(own);
    if requested.is_empty() {
        let all = administered.into_iter().flat_map(|organization| organization.parents.keys().copied());
        return Ok(all.filter(|account| !directory.is_out_of_use(*account)).chain([own]).collect());
    }
    let is_seen = |account: &AccountId| {
        *account == own || administered.is_some_and(|organization| organization.contains(*account))
    };
    if requested.iter().all(is_seen) {
        return Ok(requested.iter().copied().collect());
    }
    let organization = directory.organization.as_ref().filter(|organization| organization.contains(own));
    Err(AwsError::validation(match organization {
        Some(organization) => format!("Organization not found: '{}'", organization.id),
        None => "Organization not found".to_owned(),
    }))
}

/// The trials of an account in a Region. They remain when its V2 hub is disabled (FTR-03, FTR-05).
pub fn of_hub(relations: &Relations, key: &HubKey) -> Vec<FreeTrial> {
    let Some(hub) = relations.hub_v2(key) else { return Vec::new() };
    let trial = |(kind, started_at): (&&'static str, &Timestamp)| FreeTrial {
        kind,
        started_at: *started_at,
        expires_at: started_at.checked_add(DURATION).unwrap_or(Timestamp::MAX),
    };
    hub.trials.iter().map(trial).collect()
}
