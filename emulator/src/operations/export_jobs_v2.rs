//! StartExportJobV2, GetExportJobV2, ListExportJobsV2, CancelExportJobV2.

#[cfg(test)]
mod tests;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::paged::PageRequest;
use super::{Answer, Context, Input, repeatable};
use crate::aws_error::AwsError;
use crate::domain::findings::v2::exports::{self, Request};
use crate::state::{ExportJob, ExportState, Transaction, timestamp_text};

/// Default size of a page (O2G-11).
const PAGE: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StartInput {
    name: Option<String>,
    destination: Value,
    output_configuration: Value,
    scopes: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StartOutput {
    export_job_id: String,
}

/// Starts a job that exports findings (EXV-01 … EXV-04).
///
/// # Errors
/// 400 `ValidationException` for invalid filters, or fields that do not fit the format; 402
/// `ServiceQuotaExceededException` while another job runs; the errors of `Scopes`.
pub fn start_export_job_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    repeatable::once(context, transaction, Operation::StartExportJobV2, input, |transaction, input| {
        let StartInput { name, destination, output_configuration: output, scopes } = input.read()?;
        let request = Request { name, output, destination, scopes };
        exports::check(context.world, &context.caller, &request)?;
        let export_job_id = exports::start(transaction, context.world, &context.caller, request)?;
        Answer::json(&StartOutput { export_job_id })
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IdInput {
    export_job_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Job {
    export_job_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    status: &'static str,
    data_type: &'static str,
    output_configuration: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Value>,
    destination: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_message: Option<String>,
    started_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

impl Job {
    fn new(job: &ExportJob) -> Job {
        let failure = match &job.state {
            ExportState::Failed(failure) => Some((failure.code, failure.message.clone())),
            _ => None,
        };
        let (failure_code, failure_message) = failure.unzip();
        Job {
            export_job_id: job.id.clone(),
            name: job.name.clone(),
            status: job.state.as_str(),
            data_type: "FINDINGS",
            output_configuration: job.output.clone(),
            scopes: job.scopes.clone(),
            destination: job.destination.clone(),
            failure_code,
            failure_message,
            started_at: timestamp_text(job.started_at),
            ended_at: job.ended_at.map(timestamp_text),
        }
    }

    /// The job as lists show it: the output configuration contains only the format (EXV-06).
    fn listed(job: &ExportJob) -> Job {
        let format = job.output.pointer("/Findings/Format");
        Job { output_configuration: json!({ "Findings": { "Format": format } }), ..Job::new(job) }
    }
}

/// Describes a job (EXV-05).
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn get_export_job_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let IdInput { export_job_id } = input.read()?;
    Answer::json(&Job::new(&*exports::get(context.world, &context.caller, &export_job_id)?))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    status: Option<String>,
    data_type: Option<String>,
}

/// Lists jobs, newest first (EXV-06, EXV-09).
///
/// # Errors
/// 400 `ValidationException` for a token of another query.
pub fn list_export_jobs_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, ListInput { status, data_type }) = PageRequest::read(Operation::ListExportJobsV2, input)?;
    let page = page.open(context, &json!([status, data_type]))?.default_size(PAGE);
    let mut jobs = exports::list(context.world, &context.caller);
    jobs.retain(|job| status.as_ref().is_none_or(|status| job.state.as_str() == status));
    page.by_number(jobs, |job| u64::MAX - job.number).map(|job| Job::listed(&job)).answer()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CancelOutput {
    export_job_id: String,
    status: &'static str,
}

/// Cancels a job (EXV-07).
///
/// # Errors
/// 404 `ResourceNotFoundException`; 409 `ConflictException` for a job that has succeeded or failed.
pub fn cancel_export_job_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let IdInput { export_job_id } = input.read()?;
    exports::cancel(transaction, &context.caller, &export_job_id)?;
    Answer::json(&CancelOutput { export_job_id, status: ExportState::Cancelled.as_str() })
}
