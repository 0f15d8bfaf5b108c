//! Names unknown fields of filters. The message of AWS states that there are unknown fields, but does not name them.

use std::fmt::Write as _;

use securityhub_engine::Schema;

use crate::aws_error::AwsError;
use crate::shape::{Rule, Segment, Violation};
use crate::suggest;

/// The error for filters with these violations: the message of AWS, and the names that are unknown.
pub(super) fn refuse(message: &str, violations: &[Violation], schema: &Schema) -> AwsError {
    let mut message = message.to_owned();
    for Violation { path, rule } in violations {
        let Rule::Unknown(name) = rule else { continue };
        _ = write!(message, "; unknown field `{name}`");
        let is_filter_name = !path.iter().any(|segment| matches!(segment, Segment::Item(_)));
        if let Some(nearest) = nearest(name, schema).filter(|_| is_filter_name) {
            _ = write!(message, ", did you mean `{nearest}`?");
        }
    }
    AwsError::invalid_input(message)
}

/// The most similar filter name, if it is similar enough.
fn nearest<'s>(wrong: &str, schema: &'s Schema) -> Option<&'s str> {
    suggest::nearest(wrong, schema.fields().filter_map(|field| schema.name(field)))
}
