//! BatchImportFindings and GetFindings.

use super::{Answer, Context, Input, not_built};
use crate::aws_error::AwsError;
use crate::state::Transaction;

/// Imports findings.
pub fn batch_import_findings(_: &Context<'_>, _: &mut Transaction<'_>, _: Input) -> Result<Answer, AwsError> {
    Err(not_built(securityhub_fixtures::Operation::BatchImportFindings))
}

/// Reads findings.
pub fn get_findings(_: &Context<'_>, _: Input) -> Result<Answer, AwsError> {
    Err(not_built(securityhub_fixtures::Operation::GetFindings))
}
