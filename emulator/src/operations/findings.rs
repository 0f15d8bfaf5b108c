//! BatchImportFindings and GetFindings.

use bytes::Bytes;
use securityhub_engine::{Filter, Page, page};
use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::paging::{Binding, PAGE};
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::filters::{classic, sort};
use crate::domain::findings::import::{self, Endpoint, Sender, Sent};
use crate::domain::visibility;
use crate::shape::{Violation, sentence};
use crate::state::Transaction;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchImportFindingsOutput {
    failed_count: usize,
    success_count: usize,
    failed_findings: Vec<ImportFindingsError>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ImportFindingsError {
    id: String,
    error_code: &'static str,
    error_message: String,
}

/// Imports up to 100 findings, each judged on its own (findings.md section 1).
///
/// # Errors
/// 400 `InvalidInputException` for an item that is no finding with an id (IMP-25) or a product ARN that is none; 403
/// `AccessDeniedException` for a finding that the caller may not import. Nothing is stored then.
pub fn batch_import_findings(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    mut input: Input,
) -> Result<Answer, AwsError> {
    let Some(Value::Array(items)) = input.members.remove("Findings") else {
        return Err(AwsError::invalid_input(
            "Invalid parameter 'Findings'. data should have required property 'Findings'",
        ));
    };
    let findings = items
        .into_iter()
        .enumerate()
        .map(|(position, item)| sent(item, input.item_violations.remove(&position).unwrap_or_default()))
        .collect::<Result<Vec<_>, _>>()?;
    let directory = context.world.directory();
    let endpoint = Endpoint {
        world: context.world,
        directory: &directory,
        region: &context.caller.region,
        now: context.caller.now,
    };
    let outcome = import::batch(transaction, &endpoint, Sender::Caller(&context.caller), findings)?;
    let failed = outcome.failed.into_iter().map(|failed| ImportFindingsError {
        id: failed.id,
        error_code: failed.code,
        error_message: failed.message,
    });
    let failed_findings: Vec<_> = failed.collect();
    Answer::json(&BatchImportFindingsOutput {
        failed_count: failed_findings.len(),
        success_count: outcome.success_count,
        failed_findings,
    })
}

/// One item of the request, with what it breaks told from the finding on. Without an id there is nothing to report a
/// failure under, so the call fails (IMP-25).
fn sent(item: Value, violations: Vec<Violation>) -> Result<Sent, AwsError> {
    let members = match item {
        Value::Object(members) if members.get("Id").is_some_and(Value::is_string) => members,
        _ => return Err(AwsError::invalid_input(sentence::classic(&violations))),
    };
    let from_finding = |mut violation: Violation| {
        violation.path.drain(..2);
        violation
    };
    Ok(Sent { members, violations: violations.into_iter().map(from_finding).collect() })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetFindingsInput {
    #[serde(default)]
    filters: Map<String, Value>,
    #[serde(default)]
    sort_criteria: Vec<Value>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

/// Reads the findings that the caller sees and the filters select, a page at a time (filters.md sections 1 and 2).
///
/// # Errors
/// 400 `InvalidInputException` for filters or sort criteria that the service refuses, or a token of another walk.
pub fn get_findings(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let input: GetFindingsInput = input.read()?;
    let schema = context.world.schema();
    let filter = classic::convert(&classic::FILTERS, &input.filters, schema, context.caller.now)
        .map_err(|violations| classic::FILTERS.refuse(&violations))?;
    let sort = sort::convert(&input.sort_criteria, schema)
        .map_err(|violations| AwsError::invalid_input(sentence::classic(&violations)))?;
    let query = json!([input.filters, input.sort_criteria]);
    let binding = Binding::new(&context.caller, Operation::GetFindings, &query);
    let after = binding.open(input.next_token.as_deref())?;
    let limit = input.max_results.unwrap_or(PAGE);
    let filter = Filter::All(vec![visibility::visible(context.world, &context.caller), filter]);
    let region = &context.caller.region;
    let found = context.world.read_findings(region, |table| table.select(&filter, &sort, after.as_ref(), limit));
    let page = page::merge(found.into_iter().collect(), &sort, limit);
    Ok(Answer(page_body(&page, &binding)))
}

/// Joins the stored documents; none is written again.
fn page_body(page: &Page, binding: &Binding) -> Bytes {
    let size: usize = page.rows.iter().map(|row| row.document.len() + 1).sum();
    let mut body = Vec::with_capacity(size + 512);
    body.extend_from_slice(b"{\"Findings\":[");
    for (position, row) in page.rows.iter().enumerate() {
        if position > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&row.document);
    }
    body.push(b']');
    if let Some(last) = page.rows.last().filter(|_| page.more) {
        body.extend_from_slice(b",\"NextToken\":\"");
        body.extend_from_slice(binding.seal(&last.position).as_bytes());
        body.push(b'"');
    }
    body.push(b'}');
    body.into()
}
