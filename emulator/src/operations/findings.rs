//! BatchImportFindings and GetFindings.

use bytes::Bytes;
use securityhub_engine::{FieldId, Filter, Page, Position, SortKey, page};
use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::paging::{Binding, PAGE};
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::findings::filters::{classic, sort};
use crate::domain::findings::import::{self, Endpoint, Sender};
use crate::domain::findings::visibility::{self, View};
use crate::shape::items::Item;
use crate::shape::{Segment, Violation, sentence};
use crate::state::{Findings, FindingsTransaction};

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

/// Imports up to 100 findings, each of them independently.
///
/// # Errors
/// 400 `InvalidInputException` for an item without an id (IMP-25) or with an invalid product ARN; 403
/// `AccessDeniedException` for a finding that the caller may not import. In these cases nothing is stored.
pub fn batch_import_findings(
    context: &Context<'_>,
    transaction: &mut FindingsTransaction<'_>,
    input: Input<'_>,
) -> Result<Answer, AwsError> {
    if input.items.is_empty() {
        return Err(AwsError::invalid_input("Invalid parameter 'Findings'. Size '0' is less than minimum value: 1."));
    }
    for (position, item) in input.items.iter().enumerate() {
        has_id(position, item)?;
    }
    let directory = context.world.directory();
    let endpoint = Endpoint {
        world: context.world,
        directory: &directory,
        region: &context.caller.region,
        now: context.caller.now,
    };
    let outcome = import::batch(transaction, &endpoint, Sender::Caller(&context.caller), &input.items)?;
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

/// Without an id a failure could not be reported, so the whole call is refused (IMP-25).
fn has_id(position: usize, item: &Item<'_>) -> Result<(), AwsError> {
    let Item::Read(read) = item else { return Ok(()) };
    if read.members.get("Id").is_some_and(Value::is_string) {
        return Ok(());
    }
    let from_call = |violation: &Violation| {
        let mut path = vec![Segment::Member(0, "Findings"), Segment::Item(position)];
        path.extend(violation.path.iter().cloned());
        Violation { path, rule: violation.rule.clone() }
    };
    let violations: Vec<Violation> = read.violations.iter().map(from_call).collect();
    Err(AwsError::invalid_input(sentence::classic(&violations)))
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

/// Returns the findings that the caller sees and the filters select, in pages.
///
/// # Errors
/// 400 `InvalidInputException` for invalid filters or sort criteria, or a token of another query.
pub fn get_findings(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let query = Query::read(context, input)?;
    let head = HEAD.to_vec();
    let select = |view: &View, bytes: Vec<u8>| {
        let (filter, Query { sort, after, limit, .. }) = (query.filter_in(view, context), &query);
        let select = |findings: &Findings| view.part(findings).select(&filter, sort, after.as_ref(), *limit, bytes);
        let fields: Vec<FieldId> = sort.iter().map(|key| key.field).collect();
        context.world.query_findings(&view.table, &filter, &fields, select)
    };
    let found = match &visibility::views(context.world, &context.caller)[..] {
        [only] => select(only, head),
        views => {
            let pages: Vec<Page> = views.iter().filter_map(|view| select(view, Vec::new())).collect();
            Some(page::merge(&pages, &query.sort, query.limit, head))
        }
    };
    Ok(Answer(page_body(found, &query.binding)))
}

/// Number of rows that are skipped at a time if a caller sees several tables.
const STEP: usize = 10_000;

/// The token with which GetFindings returns the findings of a query after the first `count`. `None` if there are not as
/// many, or if `count` is 0.
///
/// # Errors
/// The errors of [`get_findings`].
pub fn token_after(context: &Context<'_>, input: Input, count: usize) -> Result<Option<String>, AwsError> {
    let query = Query::read(context, input)?;
    let Some(number) = count.checked_sub(1) else { return Ok(None) };
    let views = visibility::views(context.world, &context.caller);
    let position = match &views[..] {
        [only] => query.position_in(only, context, number),
        views => query.position_among(views, context, number),
    };
    Ok(position.map(|position| query.binding.seal(&position)))
}

/// [`get_findings`], if it takes a bounded amount of work and does not need to wait.
///
/// # Errors
/// The errors of [`get_findings`].
pub fn get_findings_quickly(context: &Context<'_>, input: Input) -> Result<Option<Answer>, AwsError> {
    let query = Query::read(context, input)?;
    let [only] = &visibility::views(context.world, &context.caller)[..] else { return Ok(None) };
    let (filter, Query { sort, after, limit, .. }) = (query.filter_in(only, context), &query);
    let select =
        |findings: &Findings| only.part(findings).select_quickly(&filter, sort, after.as_ref(), *limit, HEAD.to_vec());
    let found = context.world.try_read_findings(&only.table, select).flatten();
    Ok(found.map(|page| Answer(page_body(Some(page), &query.binding))))
}

/// Start of the response body.
pub(super) const HEAD: &[u8] = b"{\"Findings\":[";

/// The query of GetFindings.
struct Query {
    filter: Filter,
    sort: Vec<SortKey>,
    after: Option<Position>,
    limit: usize,
    binding: Binding,
}

impl Query {
    fn read(context: &Context<'_>, input: Input) -> Result<Query, AwsError> {
        let input: GetFindingsInput = input.read()?;
        let schema = context.world.schema();
        let filter = classic::convert(&classic::FILTERS, &input.filters, schema, context.caller.now)
            .map_err(|violations| classic::FILTERS.refuse(&violations))?;
        let sort = sort::convert(&input.sort_criteria, schema)
            .map_err(|violations| AwsError::invalid_input(sentence::classic(&violations)))?;
        let query = json!([input.filters, input.sort_criteria]);
        let binding = Binding::new(context, Operation::GetFindings, &query);
        let after = binding.open(input.next_token.as_deref())?;
        Ok(Query { filter, sort, after, limit: input.max_results.unwrap_or(PAGE), binding })
    }

    /// The position of a row, counted from 0, in the only view of a caller.
    fn position_in(&self, view: &View, context: &Context<'_>, number: usize) -> Option<Position> {
        let (filter, sort) = (self.filter_in(view, context), &self.sort);
        let fields: Vec<FieldId> = sort.iter().map(|key| key.field).collect();
        let position = |findings: &Findings| view.part(findings).position_of(&filter, sort, number);
        context.world.query_findings(&view.table, &filter, &fields, position).flatten()
    }

    /// The position of a row, counted from 0, among those of several views. The rows before it are merged in steps.
    fn position_among(&self, views: &[View], context: &Context<'_>, mut number: usize) -> Option<Position> {
        let fields: Vec<FieldId> = self.sort.iter().map(|key| key.field).collect();
        let mut after: Option<Position> = None;
        loop {
            let limit = STEP.min(number + 1);
            let rows = |view: &View| {
                let filter = self.filter_in(view, context);
                context.world.query_findings(&view.table, &filter, &fields, |findings| {
                    let part = view.part(findings);
                    // Only the positions are needed, so no document is written.
                    part.select_with(&filter, &self.sort, after.as_ref(), limit, Vec::new(), &|_, _| {})
                })
            };
            let pages: Vec<Page> = views.iter().filter_map(rows).collect();
            let mut page = page::merge(&pages, &self.sort, limit, Vec::new());
            if number < page.rows.len() {
                return Some(page.rows.swap_remove(number).position);
            }
            if !page.more {
                return None;
            }
            number -= page.rows.len();
            after = page.rows.pop().map(|row| row.position);
        }
    }

    /// The filter, restricted to what a view shows.
    fn filter_in(&self, view: &View, context: &Context<'_>) -> Filter {
        Filter::All(vec![view.filter(context.world), self.filter.clone()])
    }
}

/// Completes the body, which begins with the page's documents; stored documents are sent unchanged.
pub(super) fn page_body(page: Option<Page>, binding: &Binding) -> Bytes {
    page.map_or(Bytes::from_static(b"{\"Findings\":[]}"), |page| page_body_of(page, binding))
}

/// Completes a body that begins with the rows of a page.
pub(super) fn page_body_of(mut page: Page, binding: &Binding) -> Bytes {
    page.bytes.push(b']');
    if let Some(last) = page.rows.last().filter(|_| page.more) {
        page.bytes.extend_from_slice(b",\"NextToken\":\"");
        page.bytes.extend_from_slice(binding.seal(&last.position).as_bytes());
        page.bytes.push(b'"');
    }
    page.bytes.push(b'}');
    page.bytes.into()
}
