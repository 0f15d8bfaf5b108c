//! Rules for tags that all taggable resources share.

use crate::aws_error::AwsError;

/// Maximum number of tags of a resource (TAG-04).
pub const MAX_TAGS: usize = 50;

/// Reason why a resource cannot be tagged.
#[derive(Debug, PartialEq, Eq)]
pub enum TagError {
    /// Resources of this type cannot be tagged (TAG-05).
    NotTaggable(String),
    /// The caller has no such resource in this Region (TAG-05, TAG-06).
    NoResource(String),
    /// The resource would have more than [`MAX_TAGS`] tags (TAG-04).
    TooMany,
}

impl From<TagError> for AwsError {
    fn from(error: TagError) -> AwsError {
        match error {
            TagError::NotTaggable(arn) => AwsError::invalid_input(format!("Resource {arn} does not support tags")),
            TagError::NoResource(arn) => AwsError::not_found(format!("Resource {arn} was not found")),
            TagError::TooMany => AwsError::invalid_input(format!("A resource can have at most {MAX_TAGS} tags")),
        }
    }
}
