//! The operations of the API: one function for each, and the registry that describes each operation.
//!
//! Contains: wire structs of inputs and answers beside the function that uses them. Does not contain: rules, which
//! belong to the domain, and HTTP. To add an operation, write `fn name(&Context, Input) -> Result<Answer, AwsError>`
//! (or the writing form) in the file of its area and replace its arm in `registry.rs`.

pub mod action_targets;
pub mod aggregators_v2;
pub mod answer;
pub mod automation_rules;
pub mod automation_rules_v2;
pub mod configuration_policies;
pub mod connectors;
pub mod connectors_v2;
pub mod context;
pub mod export_jobs_v2;
pub mod finding_aggregators;
pub mod finding_changes;
pub mod findings;
pub mod findings_v2;
pub mod free_trials_v2;
pub mod hub;
pub mod hub_v2;
pub mod insights;
pub mod members;
pub mod organization;
pub mod paged;
pub mod paging;
pub mod products;
pub mod products_v2;
mod query_v2;
pub mod recommended_policies_v2;
pub mod registry;
pub mod remediations_v2;
pub mod repeatable;
pub mod resources_v2;
pub mod software_v2;
pub mod standards;
pub mod tags;
pub mod tickets_v2;
pub mod trends_v2;

pub use answer::Answer;
pub use context::{Context, Input};
pub use registry::{Coverage, Entry, Handler, HubRule, entry};

#[cfg(test)]
mod tests;

use securityhub_fixtures::Operation;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::findings::aggregation::replicas;

/// Runs an operation whose input has passed the gate. The transaction of a writing operation is committed if it
/// succeeds, and dropped without effect if it fails, unless the error keeps the changes (see [`AwsError`]).
///
/// # Errors
/// The error of the operation; 404 `UnknownOperationException` for one that is not implemented.
pub fn call(context: &Context<'_>, operation: Operation, input: Input) -> Result<Answer, AwsError> {
    match entry(operation).run {
        Handler::Reads(run) => run(context, input),
        Handler::Writes(run) => {
            let mut transaction = context.world.write();
            transaction.tag(context.test.clone());
            let answer = run(context, &mut transaction, input);
            if answer.as_ref().is_err_and(|error| !error.keeps_changes) {
                return answer;
            }
            replicas::apply_relation_changes(&mut transaction, context.world);
            log_changes(operation, &transaction.commit());
            answer
        }
        Handler::WritesFindings(run) => {
            let mut transaction = context.world.write_findings();
            transaction.tag(context.test.clone());
            let answer = run(context, &mut transaction, input)?;
            log_changes(operation, &transaction.commit());
            Ok(answer)
        }
        Handler::Missing => Err(not_implemented(operation)),
    }
}

/// The answer of an operation that is not implemented: a 404, since clients retry a 5xx for minutes (TF-07).
pub fn not_implemented(operation: Operation) -> AwsError {
    AwsError::new(
        ErrorCode::UnknownOperationException,
        format!(
            "securityhub-local does not implement {} yet; `securityhub-local coverage` lists the implemented operations",
            operation.name()
        ),
    )
}

fn log_changes(operation: Operation, changes: &[crate::state::Change]) {
    for change in changes {
        tracing::debug!(operation = operation.name(), ?change, "changed");
    }
}
