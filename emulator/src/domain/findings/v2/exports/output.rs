//! The output of an export job: findings as lines of JSON, or selected fields as CSV.

use bytes::Bytes;
use csv::{Terminator, WriterBuilder};
use securityhub_engine::{Derive, Filter, Parts, Position, Stored};
use securityhub_fixtures::fields::OCSF_FIELDS;
use serde_json::Value;

use super::super::critical::Critical;
use super::super::query::{self, Use};
use super::super::visibility::{self, View};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::ocsf::ConversionContext;
use crate::state::{ExportFailure, ExportJob, Findings, World};

/// Number of findings that are converted at a time while a table is locked.
const BATCH: usize = 1000;

/// Returns whether the format is CSV.
pub(super) fn is_csv(output: &Value) -> bool {
    output.pointer("/Findings/Format").and_then(Value::as_str) == Some("CSV")
}

/// The object that a job writes: bucket and key (EXV-08).
pub(super) fn object(job: &ExportJob) -> String {
    let text = |member: &str| job.destination.pointer(&format!("/S3/{member}")).and_then(Value::as_str);
    let bucket = text("BucketArn").unwrap_or_default().rsplit(':').next().unwrap_or_default();
    let prefix = text("ObjectPrefix").unwrap_or_default().trim_matches('/');
    let end = if is_csv(&job.output) { "csv" } else { "jsonl" };
    let parts = [bucket, prefix, &job.id, &format!("findings.{end}")];
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/")
}

/// The findings that the caller sees, in the format of the job.
pub(super) fn render(world: &World, caller: &Caller, job: &ExportJob) -> Result<Bytes, ExportFailure> {
    let findings = job.output.get("Findings").unwrap_or(&Value::Null);
    let denied = |error: AwsError| ExportFailure { code: "ACCESS_DENIED", message: error.message.into_owned() };
    let filters = findings.get("Filters").unwrap_or(&Value::Null);
    let filter = query::filter(world, caller.now, filters, Use::Query).map_err(denied)?;
    let limit = visibility::limit(world, caller, job.scopes.as_ref()).map_err(denied)?;
    let views = visibility::views(world, caller, &limit);
    let critical = Critical::of_caller(world, caller, &views, &limit);
    let filter = Critical::resolve(critical.as_ref(), filter, world.schema());
    let exported = if is_csv(&job.output) {
        let names = findings.get("SelectedFields").and_then(Value::as_array).into_iter().flatten();
        table(world, caller, &views, &filter, names.filter_map(Value::as_str).collect())?
    } else {
        lines(world, caller, &views, &filter, critical.as_ref())
    };
    Ok(exported.into())
}

/// The findings as GetFindingsV2 returns them, one per line.
fn lines(world: &World, caller: &Caller, views: &[View], filter: &Filter, critical: Option<&Critical>) -> Vec<u8> {
    let mut lines = Vec::new();
    each_finding(world, caller, views, (filter, Parts::ALL), |finding| {
        let mut finding = finding.to_vec();
        if let Some(critical) = critical {
            critical.add(&mut finding);
        }
        // A stored finding keeps the line breaks between tokens that its provider sent.
        lines.extend(finding.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
        lines.push(b'\n');
    });
    lines
}

/// The findings as CSV: a row per finding, with the values of the fields in `names` in the same order (EXV-08).
fn table(
    world: &World,
    caller: &Caller,
    views: &[View],
    filter: &Filter,
    names: Vec<&str>,
) -> Result<Vec<u8>, ExportFailure> {
    let failed = |error: &dyn std::fmt::Display| ExportFailure::internal(error.to_string());
    let path_of = |name: &&str| OCSF_FIELDS.iter().find(|field| field.field.name == *name).map(|it| it.field.path);
    let paths: Vec<&str> = names.iter().filter_map(path_of).collect();
    let parts = paths.iter().map(|path| world.ocsf().parts(path)).fold(Parts::default(), Parts::and);
    let mut rows = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    let mut outcome = rows.write_record(&names);
    each_finding(world, caller, views, (filter, parts), |finding| {
        let finding: Value = serde_json::from_slice(finding).unwrap_or_default();
        let values = paths.iter().map(|path| values_at(&finding, path).join(";"));
        if outcome.is_ok() {
            outcome = rows.write_record(values);
        }
    });
    outcome.map_err(|error| failed(&error))?;
    rows.into_inner().map_err(|error| failed(&error))
}

/// The values at a path, as text.
fn values_at(finding: &Value, path: &str) -> Vec<String> {
    let mut found = vec![finding];
    for step in path.split('.') {
        let name = step.trim_end_matches("[]");
        let members = found.into_iter().filter_map(|value| value.get(name));
        found = members.flat_map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)).collect();
    }
    found.into_iter().map(text).collect()
}

/// A value as text; a tag as its name and its value.
fn text(value: &Value) -> String {
    let string = |member: &str| value.get(member).and_then(Value::as_str);
    match (value, string("name"), string("value")) {
        (Value::String(text), ..) => text.clone(),
        (Value::Object(members), Some(name), Some(value)) if members.len() == 2 => format!("{name}={value}"),
        _ => value.to_string(),
    }
}

/// Calls `each` with each finding that the views show and the filter selects: view by view, oldest first.
fn each_finding(
    world: &World,
    caller: &Caller,
    views: &[View],
    (filter, parts): (&Filter, Parts),
    mut each: impl FnMut(&[u8]),
) {
    let directory = world.directory();
    let organization_of = |account: &str| visibility::organization_of(&directory, account);
    let context = ConversionContext { organization_of: &organization_of };
    let write = |stored: Stored<'_>, bytes: &mut Vec<u8>| world.ocsf().write(stored, parts, context, bytes);
    for view in views {
        let filter = Filter::All(vec![view.filter(world, caller.now), filter.clone()]);
        let mut after: Option<Position> = None;
        loop {
            let part = |findings: &Findings| {
                view.part(findings).select_with(&filter, &[], after.as_ref(), BATCH, Vec::new(), &write)
            };
            let Some(page) = world.query_findings(&view.table, &filter, &[], part) else { break };
            page.documents().for_each(&mut each);
            match page.rows.last() {
                Some(last) if page.more => after = Some(last.position.clone()),
                _ => break,
            }
        }
    }
}
