//! `/_emulator/exports/{id}`: returns the output of an export job, and sets the state of the job.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::{Call, Json, Nothing, Refusal};
use super::request;
use crate::domain::findings::v2::exports::{self, FAILURES};
use crate::state::{ExportFailure, ExportState, World};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct JobOutcome {
    /// The status to set. A job with the status `RUNNING` runs until another status is set.
    status: JobStatus,
    /// The reason for the failure, for the status `FAILED`.
    failure_code: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum JobStatus {
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// A job.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Job {
    export_job_id: String,
    /// The account that started the job.
    account: String,
    region: String,
    status: String,
    /// Bucket and key of the object.
    object: Value,
    /// The content of the object, unless it was written elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    exported: Option<String>,
}

/// Returns a job of any account with its output (EXV-08).
pub(super) fn show(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Job>, Refusal> {
    let (world, _) = call.world();
    shown(&world, call.label)
}

/// Sets the state of a job (DEC-20).
pub(super) fn put(call: &Call<'_>, _: Nothing, Json(outcome): Json<JobOutcome>) -> Result<Json<Job>, Refusal> {
    let state = state(&outcome)?;
    let (world, now) = call.world();
    let mut transaction = world.write();
    exports::put(&mut transaction, &world, call.label, (state, now)).map_err(|_| unknown(call.label))?;
    request::log_changes(&transaction.commit());
    shown(&world, call.label)
}

fn state(JobOutcome { status, failure_code }: &JobOutcome) -> Result<ExportState, Refusal> {
    if failure_code.is_some() && *status != JobStatus::Failed {
        return Err(Refusal::unreadable("FailureCode is only allowed with the status FAILED"));
    }
    match status {
        JobStatus::Running => Ok(ExportState::Running),
        JobStatus::Succeeded => Ok(ExportState::Succeeded),
        JobStatus::Cancelled => Ok(ExportState::Cancelled),
        JobStatus::Failed => {
            let code = failure_code.as_deref().unwrap_or("INTERNAL_ERROR");
            let known = FAILURES.iter().find(|known| **known == code);
            let code = known
                .ok_or_else(|| Refusal::unreadable(format!("FailureCode must be one of {}", FAILURES.join(", "))))?;
            Ok(ExportState::Failed(ExportFailure { code, message: "The control plane ended this job".to_owned() }))
        }
    }
}

fn shown(world: &World, id: &str) -> Result<Json<Job>, Refusal> {
    let (key, job) = exports::of_any_account(world, id).ok_or_else(|| unknown(id))?;
    let exported = job.exported.as_ref().map(|exported| String::from_utf8_lossy(exported).into_owned());
    Ok(Json(Job {
        export_job_id: job.id.clone(),
        account: key.account.to_string(),
        region: key.region.to_string(),
        status: job.state.as_str().to_owned(),
        object: exports::object(&job).into(),
        exported,
    }))
}

fn unknown(id: &str) -> Refusal {
    Refusal::not_found(format!("no export job has the ID `{id}`"))
}
