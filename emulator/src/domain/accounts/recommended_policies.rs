//! Recommended policies for findings about unused permissions (RPV-01 … RPV-03).

use serde_json::Value;

use super::hub_v2;
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::v2::lookup;
use crate::ocsf::native;
use crate::state::{Transaction, World};

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

/// The finding whose recommended policy was generated.
///
/// # Errors
/// The errors of [`generate`]; 404 `ResourceNotFoundException` if no policy was generated yet.
pub fn generated(world: &World, caller: &Caller, uid: &str) -> Result<Value, AwsError> {
    let finding = find(world, caller, uid)?;
    let is_generated = world.hub_v2(&caller.hub_key()).is_some_and(|hub| hub.recommended_policies.contains(uid));
    let message = || format!("No recommended policy was generated for finding {uid}");
    is_generated.then_some(finding).ok_or_else(|| AwsError::not_found(message()))
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
