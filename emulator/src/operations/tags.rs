//! TagResource, UntagResource, ListTagsForResource.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::accounts::tagging;
use crate::state::Transaction;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceInput {
    resource_arn: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListTagsForResourceOutput {
    tags: BTreeMap<String, String>,
}

/// Lists the tags of a resource (TAG-05, TAG-07).
///
/// # Errors
/// 404 `ResourceNotFoundException`; 400 `InvalidInputException` for a type that cannot be tagged.
pub fn list_tags_for_resource(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let input: ResourceInput = input.read()?;
    let tags = tagging::list(context.world, &context.caller, &input.resource_arn)?;
    Answer::json(&ListTagsForResourceOutput { tags })
}

/// Adds tags; an existing key is overwritten (TAG-04).
///
/// # Errors
/// The errors of [`list_tags_for_resource`]; 400 `InvalidInputException` when the resource would have more than 50.
pub fn tag_resource(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let input: ResourceInput = input.read()?;
    tagging::edit(transaction, &context.caller, &input.resource_arn, |tags| tags.extend(input.tags))?;
    Ok(Answer::empty())
}

/// Removes tags; an absent key is not an error (TAG-04).
///
/// # Errors
/// The errors of [`list_tags_for_resource`].
pub fn untag_resource(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let input: ResourceInput = input.read()?;
    tagging::edit(transaction, &context.caller, &input.resource_arn, |tags| {
        tags.retain(|key, _| !input.tag_keys.contains(key));
    })?;
    Ok(Answer::empty())
}
