//! `export_jobs`: export jobs of the V2 half, in any status.

use schemars::JsonSchema;
use securityhub_fixtures::Operation;
use serde::Deserialize;
use serde_json::Value;

use super::api_input::ApiInput;
use super::refused::{Refused, apply_each};
use super::regions::{self, RegionText};
use crate::aws_error::AwsError;
use crate::domain::accounts::hub_v2;
use crate::domain::caller::Caller;
use crate::domain::findings::v2::exports::{self, FAILURES, Request};
use crate::scenario::check::{AccountText, Check, not_null};
use crate::scenario::files::Span;
use crate::scenario::lost::ITEM;
use crate::scenario::spanned::{Node, Spanned};
use crate::state::{ExportFailure, ExportState, HubKey, Region, Timestamp, Transaction, World};
use crate::suggest;

/// An export job of the V2 half, as StartExportJobV2 starts it. It exports the findings of the scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ExportJob")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the job. Its V2 hub must be enabled.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Region of the job.
    #[schemars(with = "RegionText")]
    region: Option<RegionText>,
    /// Name.
    #[schemars(transform = not_null)]
    name: Option<Spanned<String>>,
    /// OutputConfiguration of StartExportJobV2, such as `{ Findings: { Format: OCSF_JSON } }`.
    #[schemars(with = "Node")]
    output: Option<Node>,
    /// Destination of StartExportJobV2, such as `{ S3: { BucketArn: "arn:aws:s3:::exports", KmsKeyArn: … } }`.
    #[schemars(with = "Node")]
    destination: Option<Node>,
    /// Scopes of StartExportJobV2.
    #[schemars(transform = not_null)]
    scopes: Option<Node>,
    /// Status. A running job runs until it is cancelled, or until the control plane sets its status. Default: FAILED if
    /// `failure` is given, otherwise SUCCEEDED.
    #[schemars(transform = not_null)]
    status: Option<Spanned<Status>>,
    /// Reason why the job has failed.
    #[schemars(transform = not_null)]
    failure: Option<Spanned<Failure>>,
}

/// Status of an export job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "ExportJobStatus")]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    /// The job runs. An account can have one running job in a Region.
    Running,
    /// The job has exported the findings.
    Succeeded,
    /// The job has failed.
    Failed,
    /// The job was cancelled.
    Cancelled,
}

/// Reason why an export job has failed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ExportFailure")]
#[serde(deny_unknown_fields)]
struct Failure {
    /// Code: ACCESS_DENIED, RESOURCE_NOT_FOUND or INTERNAL_ERROR.
    #[schemars(with = "String")]
    code: Option<Spanned<String>>,
    /// Message.
    #[schemars(with = "String")]
    message: Option<String>,
}

/// A valid job.
#[derive(Debug)]
pub(in crate::scenario) struct Job {
    span: Span,
    key: HubKey,
    name: Option<String>,
    output: (Value, Span),
    destination: Value,
    scopes: Option<Value>,
    state: ExportState,
}

/// Jobs in order of creation.
pub(in crate::scenario) type Valid = Vec<Job>;

/// Checks the entries.
pub(super) fn check(written: Vec<Spanned<Declared>>, regions: &[Region], check: &mut Check) -> Valid {
    let mut jobs = Valid::new();
    for Spanned { value: entry, span } in written {
        match job(entry, span, regions, check) {
            Some(job) => jobs.push(job),
            None => check.lose(&["export_jobs", ITEM]),
        }
    }
    jobs
}

fn job(entry: Declared, item: Span, regions: &[Region], check: &mut Check) -> Option<Job> {
    let account = entry.account.as_ref().and_then(|account| check.account(&account.0));
    let region = entry.region.as_ref().and_then(|region| regions::check_one(region, regions, check));
    let state = state(entry.status.as_ref(), entry.failure.as_ref(), check);
    let (output, destination) = (entry.output?, entry.destination?);
    let input = ApiInput::new(item)
        .with_text("Name", entry.name.as_ref())
        .with("OutputConfiguration", Some(output.clone()))
        .with("Destination", Some(destination))
        .with("Scopes", entry.scopes);
    let mut input = input.input(Operation::StartExportJobV2, check)?;
    let mut member = |name: &str| input.shift_remove(name);
    Some(Job {
        span: entry.account.as_ref().map_or(item, |account| account.0.span),
        output: (member("OutputConfiguration")?, output.span),
        destination: member("Destination")?,
        scopes: member("Scopes"),
        name: entry.name.map(|name| name.value),
        key: HubKey { account: account?, region: region? },
        state: state?,
    })
}

/// The state of a job; `None` after an error.
fn state(
    status: Option<&Spanned<Status>>,
    failure: Option<&Spanned<Failure>>,
    check: &mut Check,
) -> Option<ExportState> {
    let default = if failure.is_some() { Status::Failed } else { Status::Succeeded };
    match (status.map_or(default, |status| status.value), failure) {
        (Status::Failed, Some(Spanned { value: Failure { code, message }, .. })) => {
            let (code, message) = (code.as_ref()?, message.clone()?);
            let known = FAILURES.into_iter().find(|known| *known == code.value);
            if known.is_none() {
                let diagnostic = check.at(code.span, format!("unknown failure code `{}`", code.value));
                let diagnostic = diagnostic.expected(suggest::choices(FAILURES));
                check.push(diagnostic.suggest(suggest::nearest(&code.value, FAILURES)));
            }
            Some(ExportState::Failed(ExportFailure { code: known?, message }))
        }
        (Status::Failed, None) => {
            let diagnostic = status.map(|status| check.at(status.span, "`failure` is missing for a FAILED job"));
            check.diagnostics.extend(diagnostic.map(|it| it.expected("`failure`, with a `code` and a `message`")));
            None
        }
        (_, Some(failure)) => {
            let diagnostic = check.at(failure.span, "`failure` is only allowed for a FAILED job");
            check.push(diagnostic.expected("`status: FAILED`, or no `failure`"));
            None
        }
        (Status::Running, None) => Some(ExportState::Running),
        (Status::Succeeded, None) => Some(ExportState::Succeeded),
        (Status::Cancelled, None) => Some(ExportState::Cancelled),
    }
}

/// Creates the jobs.
pub(super) fn apply(valid: &Valid, world: &World, now: Timestamp) -> Vec<Refused> {
    apply_each(valid, world, |transaction, job| create(transaction, world, job, now))
}

fn create(transaction: &mut Transaction<'_>, world: &World, job: &Job, now: Timestamp) -> Result<(), Refused> {
    let HubKey { account, region } = &job.key;
    let caller = Caller::local_user(*account, region.clone(), now);
    if hub_v2::enabled(transaction, &job.key).is_err() {
        return Err((job.span, format!("Security Hub V2 is not enabled for {account} in {region}")));
    }
    let at = |span: Span| move |error: AwsError| (span, error.message.into_owned());
    let request = Request {
        name: job.name.clone(),
        output: job.output.0.clone(),
        destination: job.destination.clone(),
        scopes: job.scopes.clone(),
    };
    exports::check(world, &caller, &request).map_err(at(job.output.1))?;
    let id = exports::create(transaction, world, &caller, request).map_err(at(job.span))?;
    if job.state == ExportState::Running {
        return Ok(());
    }
    exports::set_state(transaction, world, (&job.key, &id), (job.state.clone(), now)).map_err(at(job.span))
}
