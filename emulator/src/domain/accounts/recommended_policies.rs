//! Recommended policies for findings about unused permissions (RPV-01 … RPV-03).

use serde_json::{Value, json};

use super::hub_v2;
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::v2::lookup;
use crate::ocsf::native;
use crate::state::{AccountId, RecommendedPolicy, Region, Timestamp, Transaction, World};

/// The product that finds unused permissions.
const ANALYZER: &str = "productv2/aws/access-analyzer";
/// The word in the types or titles of the product's findings about unused permissions (DEC-12).
const UNUSED: &str = "Unused";

/// Generates the recommended policy of a finding. A second call changes nothing.
///
/// # Errors
/// 400 `ValidationException` if the text is not a unique ID or the finding is not about unused permissions; 404
/// `ResourceNotFoundException` for an unknown finding.
pub fn generate(transaction: &mut Transaction<'_>, world: &World, caller: &Caller, uid: &str) -> Result<(), AwsError> {
    find(world, caller, uid)?;
    let key = caller.hub_key();
    let mut hub = hub_v2::enabled(transaction, &key)?;
    if hub.recommended_policies.insert(uid.to_owned()).is_none() {
        transaction.stage_hub_v2(key, hub);
    }
    Ok(())
}

/// A recommended policy, and the resource that it is about.
#[derive(Debug)]
pub struct Generated {
    /// The policy.
    pub policy: RecommendedPolicy,
    /// The ARN of the first resource of the finding.
    pub resource_arn: Option<String>,
}

/// The recommended policy of a finding, if it was generated: the one that the scenario declares, or one with a single
/// step, which detaches the policy (RPV-03).
///
/// # Errors
/// The errors of [`generate`]; 404 `ResourceNotFoundException` if no policy was generated yet.
pub fn generated(world: &World, caller: &Caller, uid: &str) -> Result<Generated, AwsError> {
    let finding = find(world, caller, uid)?;
    let is_generated = world.hub_v2(&caller.hub_key()).is_some_and(|hub| hub.recommended_policies.contains(uid));
    if !is_generated {
        return Err(AwsError::not_found(format!("No recommended policy was generated for finding {uid}")));
    }
    let directory = world.directory();
    let id = finding.pointer("/finding_info/uid").and_then(Value::as_str).unwrap_or_default();
    let declared = [uid, id].into_iter().find_map(|id| directory.recommendations.policies.get(id));
    let computed = || RecommendedPolicy {
        status: "SUCCEEDED",
        steps: vec![json!({ "UnusedPermissions": { "RecommendedAction": "DETACH_POLICY" } })],
        error: None,
    };
    let resource = finding.pointer("/resources/0");
    let arn = resource.and_then(|resource| resource.get("uid_alt").or_else(|| resource.get("uid")));
    Ok(Generated {
        policy: declared.cloned().unwrap_or_else(computed),
        resource_arn: arn.and_then(Value::as_str).map(str::to_owned),
    })
}

/// Checks a finding for which a scenario declares a recommended policy, given by `finding_info.uid` or `metadata.uid`. If
/// `is_generated`, its account has already generated the policy.
///
/// # Errors
/// The errors of [`generate`].
pub fn declare(
    transaction: &mut Transaction<'_>,
    world: &World,
    id: &str,
    is_generated: bool,
    now: Timestamp,
) -> Result<(), AwsError> {
    let missing = || AwsError::not_found(format!("Finding {id} was not found"));
    let finding = lookup::of_any_account(world, id).ok_or_else(missing)?;
    let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let account = AccountId::parse(text("/cloud/account/uid")).ok_or_else(missing)?;
    let region = Region::new(text("/cloud/region"));
    let caller = Caller::local_user(account, region, now);
    let uid = text("/metadata/uid");
    if is_generated { generate(transaction, world, &caller, uid) } else { find(world, &caller, uid).map(|_| ()) }
}

fn find(world: &World, caller: &Caller, uid: &str) -> Result<Value, AwsError> {
    if !native::is_uid(uid) {
        return Err(AwsError::validation(format!("MetadataUid {uid} is not valid")));
    }
    let finding = lookup::find(world, caller, uid);
    let finding = finding.ok_or_else(|| AwsError::not_found(format!("Finding {uid} was not found")))?;
    let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let types = finding.pointer("/finding_info/types").and_then(Value::as_array).into_iter().flatten();
    let is_unused = types.filter_map(Value::as_str).chain([text("/finding_info/title")]).any(|it| it.contains(UNUSED));
    if !text("/metadata/product/uid").ends_with(ANALYZER) || !is_unused {
        return Err(AwsError::validation(format!("Finding {uid} is not about unused permissions")));
    }
    Ok(finding)
}
