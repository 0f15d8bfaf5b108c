//! Names unknown fields of filters. The message of AWS states that there are unknown fields, but does not name them.

use std::fmt::Write as _;

use securityhub_engine::Schema;

use crate::aws_error::AwsError;
use crate::shape::{Rule, Segment, Violation};

/// Maximum number of letters by which a misspelled name differs from the suggested one; of a short name, a third.
const MAX_DISTANCE: usize = 3;

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
    let distance = |name: &'s str| (strsim::damerau_levenshtein(&wrong.to_lowercase(), &name.to_lowercase()), name);
    let allowed = (wrong.len() / 3).min(MAX_DISTANCE);
    let names = schema.fields().filter_map(|field| schema.name(field));
    let near = names.filter(|name| name.len().abs_diff(wrong.len()) <= allowed).map(distance);
    near.filter(|(distance, _)| *distance <= allowed).min().map(|(_, name)| name)
}
