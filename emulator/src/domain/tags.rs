//! What holds of the tags of every resource.

use crate::aws_error::AwsError;

/// The most tags that a resource can have (TAG-04).
pub const MOST_TAGS: usize = 50;

/// Why a resource cannot be tagged.
#[derive(Debug, PartialEq, Eq)]
pub enum TagError {
    /// Resources of this type take no tags (TAG-05).
    NotTaggable(String),
    /// No such resource of the caller's in this region (TAG-05, TAG-06).
    NoResource(String),
    /// More than [`MOST_TAGS`] would be on it (TAG-04).
    TooMany,
}

impl From<TagError> for AwsError {
    fn from(error: TagError) -> AwsError {
        match error {
            TagError::NotTaggable(arn) => AwsError::invalid_input(format!("Resource {arn} does not support tags")),
            TagError::NoResource(arn) => AwsError::not_found(format!("Resource {arn} was not found")),
            TagError::TooMany => AwsError::invalid_input(format!("A resource can have at most {MOST_TAGS} tags")),
        }
    }
}
