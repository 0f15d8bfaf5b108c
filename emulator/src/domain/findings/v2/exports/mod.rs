//! Jobs that export findings: starting, cancelling and finishing them.

mod output;

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;

use super::query::{self, Use};
use super::visibility;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::domain::{hub_v2_access, schedule};
use crate::state::{Due, ExportJob, ExportState, HubKey, HubV2, Rendering, Timestamp, Transaction, World};

/// The time for which a job is listed (EXV-09).
const RETENTION: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The values of `FailureCode` (EXV-05).
pub const FAILURES: [&str; 3] = ["ACCESS_DENIED", "RESOURCE_NOT_FOUND", "INTERNAL_ERROR"];

/// The attributes of a new job, as sent.
#[derive(Debug)]
pub struct Request {
    /// The name.
    pub name: Option<String>,
    /// `OutputConfiguration`
    pub output: Value,
    /// `Destination`
    pub destination: Value,
    /// `Scopes`
    pub scopes: Option<Value>,
}

/// Makes the checks that do not depend on the state of the world (EXV-02, DEC-16).
///
/// # Errors
/// 400 `ValidationException`.
pub fn check(world: &World, caller: &Caller, request: &Request) -> Result<(), AwsError> {
    let findings = request.output.get("Findings").unwrap_or(&Value::Null);
    query::filter(world, caller.now, findings.get("Filters").unwrap_or(&Value::Null), Use::Query)?;
    let has_fields = findings.get("SelectedFields").is_some();
    match (output::is_csv(&request.output), has_fields) {
        (true, false) => Err(AwsError::validation("SelectedFields is required for the format CSV")),
        (false, true) => Err(AwsError::validation("SelectedFields is only supported for the format CSV")),
        _ => Ok(()),
    }
}

/// Starts a job, and returns its ID (EXV-01, EXV-03).
///
/// # Errors
/// 402 `ServiceQuotaExceededException` while another job runs; the errors of `Scopes`.
pub fn start(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    request: Request,
) -> Result<String, AwsError> {
    let id = create(transaction, world, caller, request)?;
    let finish = Due::FinishExport(caller.hub_key(), id.clone());
    schedule::after(transaction, caller.now, world.v2_settings.export, finish);
    Ok(id)
}

/// Creates a job that runs until its state is set, and returns its ID.
///
/// # Errors
/// The errors of [`start`].
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    request: Request,
) -> Result<String, AwsError> {
    visibility::limit(world, caller, request.scopes.as_ref())?;
    let key = caller.hub_key();
    let hub = transaction.hub_v2(&key).ok_or_else(hub_v2_access::not_subscribed)?;
    let mut hub = (*hub).clone();
    if hub.exports.iter().any(|job| job.is_running()) {
        let message = "At most one export job can run at a time";
        return Err(AwsError::new(ErrorCode::ServiceQuotaExceededException, message));
    }
    let number = hub.exports.last().map_or(0, |last| last.number + 1);
    hub.exports.retain(|job| is_listed(job, caller.now));
    let id = world.ids.hexadecimal();
    let Request { name, output, destination, scopes } = request;
    hub.exports.push(Arc::new(ExportJob {
        id: id.clone(),
        number,
        name,
        output,
        destination,
        scopes,
        state: ExportState::Running,
        rendering: None,
        started_at: caller.now,
        ended_at: None,
        exported: None,
    }));
    transaction.stage_hub_v2(key, hub);
    Ok(id)
}

/// Ends a job that still runs, and returns the rendering of the findings that its account sees now (EXV-08).
///
/// The rendering reads a snapshot of the world and needs no lock, so calls that write do not wait for it. Calls that read
/// the job do, so that they see its final state however long the rendering takes.
pub fn finish(
    transaction: &mut Transaction<'_>,
    world: &World,
    key: &HubKey,
    id: &str,
    at: Timestamp,
) -> Option<Arc<Rendering>> {
    let job = transaction.hub_v2(key).and_then(|hub| hub.exports.iter().find(|job| job.id == id).cloned());
    let job = job.filter(|job| job.is_running())?;
    let caller = Caller::local_user(key.account, key.region.clone(), at);
    let (snapshot, sink) = (transaction.snapshot(), world.export_sink().cloned());
    let rendering = Rendering::new(move || {
        let exported = output::render(&snapshot, &caller, &job)?;
        let Some(sink) = sink else { return Ok(Some(exported)) };
        sink(&output::object(&job), exported).map(|()| None)
    });
    let rendered = Arc::clone(&rendering);
    end(transaction, key, id, (ExportState::Running, at), |job| {
        job.ended_at = Some(at);
        job.rendering = Some(rendered);
    })
    .ok()?;
    Some(rendering)
}

/// The object that a job writes: bucket and key (EXV-08).
pub fn object(job: &ExportJob) -> String {
    output::object(job)
}

/// Cancels a job. Has no effect on a job that is already cancelled (EXV-07).
///
/// # Errors
/// 404 `ResourceNotFoundException`; 409 `ConflictException` for a job that has ended otherwise.
pub fn cancel(transaction: &mut Transaction<'_>, caller: &Caller, id: &str) -> Result<(), AwsError> {
    let key = caller.hub_key();
    let hub = transaction.hub_v2(&key).ok_or_else(|| missing(id))?;
    let job = find(&hub, id, caller.now)?;
    match job.state {
        ExportState::Running if job.is_running() => {
            end(transaction, &key, id, (ExportState::Cancelled, caller.now), |_| ())
        }
        ExportState::Cancelled => Ok(()),
        // This call does not wait for the end of the rendering, because its transaction blocks other writers.
        ExportState::Running | ExportState::Succeeded | ExportState::Failed(_) => {
            Err(AwsError::conflict(format!("Export job {id} has already ended")))
        }
    }
}

/// Sets the state of a job of any account, and returns the account and Region of the job (DEC-20). A job whose state is
/// set to `Running` runs until its state is set again.
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn put(
    transaction: &mut Transaction<'_>,
    world: &World,
    id: &str,
    (state, now): (ExportState, Timestamp),
) -> Result<HubKey, AwsError> {
    let (key, _) = find_in_any_account(world, id).ok_or_else(|| missing(id))?;
    set_state(transaction, world, (&key, id), (state, now))?;
    Ok(key)
}

/// Sets the state of a job, as [`put`] does.
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn set_state(
    transaction: &mut Transaction<'_>,
    world: &World,
    (key, id): (&HubKey, &str),
    (state, now): (ExportState, Timestamp),
) -> Result<(), AwsError> {
    if state != ExportState::Succeeded {
        return end(transaction, key, id, (state, now), |_| ());
    }
    end(transaction, key, id, (ExportState::Running, now), |_| ())?;
    _ = finish(transaction, world, key, id, now);
    Ok(())
}

/// Stores the result of a rendering that is done in its job, so that a restart does not compute it again from later
/// findings (CPL-71).
pub fn record(world: &World, key: &HubKey, rendering: &Arc<Rendering>) {
    let mut transaction = world.write();
    let Some(mut hub) = transaction.hub_v2(key).map(|hub| (*hub).clone()) else { return };
    let is_of = |job: &&mut Arc<ExportJob>| job.rendering.as_ref().is_some_and(|it| Arc::ptr_eq(it, rendering));
    let Some(job) = hub.exports.iter_mut().find(is_of) else { return };
    *job = Arc::clone(job).finished();
    transaction.stage_hub_v2(key.clone(), hub);
    // If it cannot be written, it stays in memory.
    _ = transaction.try_commit();
}

/// A job with its final state, which is stored before the caller learns of it. Waits for the rendering.
fn finished(world: &World, key: &HubKey, job: Arc<ExportJob>) -> Arc<ExportJob> {
    let rendering = job.rendering.clone();
    let finished = job.finished();
    if let Some(rendering) = rendering {
        record(world, key, &rendering);
    }
    finished
}

/// A job of any account, with its account and Region. Waits for its rendering.
pub fn of_any_account(world: &World, id: &str) -> Option<(HubKey, Arc<ExportJob>)> {
    let (key, job) = find_in_any_account(world, id)?;
    let job = finished(world, &key, job);
    Some((key, job))
}

fn find_in_any_account(world: &World, id: &str) -> Option<(HubKey, Arc<ExportJob>)> {
    let relations = world.relations();
    relations.hubs_v2().find_map(|(key, hub)| {
        let job = hub.exports.iter().find(|job| job.id == id)?;
        Some((key.clone(), Arc::clone(job)))
    })
}

/// The caller's job with an ID. Waits for its rendering.
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn get(world: &World, caller: &Caller, id: &str) -> Result<Arc<ExportJob>, AwsError> {
    let key = caller.hub_key();
    let hub = world.hub_v2(&key).ok_or_else(|| missing(id))?;
    find(&hub, id, caller.now).map(|job| finished(world, &key, job))
}

/// The caller's jobs, newest first (EXV-06, EXV-09). Waits for their renderings.
pub fn list(world: &World, caller: &Caller) -> Vec<Arc<ExportJob>> {
    let key = caller.hub_key();
    let hub = world.hub_v2(&key);
    let jobs = hub.iter().flat_map(|hub| hub.exports.iter().rev());
    jobs.filter(|job| is_listed(job, caller.now)).cloned().map(|job| finished(world, &key, job)).collect()
}

fn find(hub: &HubV2, id: &str, now: Timestamp) -> Result<Arc<ExportJob>, AwsError> {
    let mut jobs = hub.exports.iter().filter(|job| is_listed(job, now));
    jobs.find(|job| job.id == id).cloned().ok_or_else(|| missing(id))
}

fn is_listed(job: &ExportJob, now: Timestamp) -> bool {
    job.is_running() || now.duration_since(job.started_at) < RETENTION
}

/// Sets the state of a job.
fn end(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    id: &str,
    (state, at): (ExportState, Timestamp),
    edit: impl FnOnce(&mut ExportJob),
) -> Result<(), AwsError> {
    let hub = transaction.hub_v2(key).ok_or_else(|| missing(id))?;
    let mut hub = (*hub).clone();
    let job = hub.exports.iter_mut().find(|job| job.id == id).ok_or_else(|| missing(id))?;
    let job = Arc::make_mut(job);
    job.ended_at = (state != ExportState::Running).then_some(at);
    job.state = state;
    job.rendering = None;
    job.exported = None;
    edit(job);
    transaction.stage_hub_v2(key.clone(), hub);
    Ok(())
}

fn missing(id: &str) -> AwsError {
    AwsError::not_found(format!("Export job {id} was not found"))
}
