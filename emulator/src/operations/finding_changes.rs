//! BatchUpdateFindings, UpdateFindings and GetFindingHistory.

use securityhub_engine::Position;
use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::paging::{Binding, PAGE};
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::findings::change::{self, Identifier, TemporaryUpdate, Unchanged};
use crate::domain::findings::filters::classic::{self, FILTERS};
use crate::domain::findings::history::{self, Entry, Period, Query};
use crate::domain::findings::visibility::{self, View};
use crate::state::{FindingsTransaction, Timestamp};

/// `AwsSecurityFindingIdentifier`
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct FindingIdentifier {
    id: String,
    product_arn: String,
}

impl FindingIdentifier {
    fn identifier(&self) -> Identifier {
        Identifier { product_arn: self.product_arn.clone(), id: self.id.clone() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchUpdateFindingsInput {
    finding_identifiers: Vec<FindingIdentifier>,
    #[serde(flatten)]
    given: Map<String, Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchUpdateFindingsOutput {
    processed_findings: Vec<FindingIdentifier>,
    unprocessed_findings: Vec<UnprocessedFinding>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedFinding {
    finding_identifier: FindingIdentifier,
    error_code: &'static str,
    error_message: &'static str,
}

/// Sets attributes that customers may set, on up to 100 findings that the caller sees.
///
/// # Errors
/// Only those of the gate; findings that cannot be changed are listed in the answer.
pub fn batch_update_findings(
    context: &Context<'_>,
    transaction: &mut FindingsTransaction<'_>,
    input: Input<'_>,
) -> Result<Answer, AwsError> {
    let BatchUpdateFindingsInput { finding_identifiers, given } = input.read()?;
    let names: Vec<Identifier> = finding_identifiers.iter().map(FindingIdentifier::identifier).collect();
    let outcomes = change::update(transaction, context.world, &context.caller, &names, &given);
    let mut output = BatchUpdateFindingsOutput { processed_findings: vec![], unprocessed_findings: vec![] };
    for (identifier, outcome) in finding_identifiers.into_iter().zip(outcomes) {
        match outcome.map_err(Unchanged::code_and_message) {
            Ok(()) => output.processed_findings.push(identifier),
            Err((error_code, error_message)) => output.unprocessed_findings.push(UnprocessedFinding {
                finding_identifier: identifier,
                error_code,
                error_message,
            }),
        }
    }
    Answer::json(&output)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateFindingsInput {
    filters: Map<String, Value>,
    note: Option<Value>,
    record_state: Option<String>,
}

/// Sets note and record state of all findings that the filters select, until their next import.
///
/// # Errors
/// 400 `InvalidInputException` for invalid filters, or if no attribute is given (UPF-02).
pub fn update_findings(
    context: &Context<'_>,
    transaction: &mut FindingsTransaction<'_>,
    input: Input<'_>,
) -> Result<Answer, AwsError> {
    let UpdateFindingsInput { filters, note, record_state } = input.read()?;
    let caller = &context.caller;
    let selected = classic::convert(&FILTERS, &filters, context.world.schema(), caller.now)
        .map_err(|violations| FILTERS.refuse(&violations))?;
    if note.is_none() && record_state.is_none() {
        return Err(AwsError::invalid_input("Note, RecordState or both are required"));
    }
    let update = TemporaryUpdate { note, record_state };
    change::update_until_import(transaction, context.world, caller, &selected, &update);
    Ok(Answer::empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetFindingHistoryInput {
    finding_identifier: FindingIdentifier,
    start_time: Option<String>,
    end_time: Option<String>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetFindingHistoryOutput {
    records: Vec<FindingHistoryRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct FindingHistoryRecord {
    finding_identifier: FindingIdentifier,
    update_time: String,
    finding_created: bool,
    update_source: UpdateSource,
    updates: Vec<HistoryUpdate>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateSource {
    r#type: &'static str,
    identity: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct HistoryUpdate {
    updated_field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_value: Option<String>,
}

/// Lists the changes of a finding, newest first, in pages. The list is empty for a finding that the caller does not see
/// (HIS-17).
///
/// # Errors
/// 400 `InvalidInputException` for a period that ends before it starts, or a token of another query.
pub fn get_finding_history(context: &Context<'_>, input: Input<'_>) -> Result<Answer, AwsError> {
    let input: GetFindingHistoryInput = input.read()?;
    let caller = &context.caller;
    let identifier = input.finding_identifier;
    let query = json!([identifier, input.start_time, input.end_time]);
    let binding = Binding::new(context, Operation::GetFindingHistory, &query);
    let before = binding.open(input.next_token.as_deref())?.map(|position| position.sequence);
    let period = Period { start: time(input.start_time.as_deref())?, end: time(input.end_time.as_deref())? };
    if period.start.zip(period.end).is_some_and(|(start, end)| start > end) {
        return Err(AwsError::invalid_input("StartTime must not be after EndTime"));
    }
    let name = identifier.identifier();
    let query = Query { period, before, size: input.max_results.unwrap_or(PAGE) };
    let read = |view: View| {
        let page = context.world.read_findings(&view.table, |findings| {
            let slot = change::find(findings, &name, &view).into_iter().next()?;
            Some(history::page(findings, slot, &query, caller.now))
        });
        page.flatten()
    };
    let page = visibility::views(context.world, caller).into_iter().find_map(read).unwrap_or_default();
    let last = page.entries.last().filter(|_| page.has_more);
    let next_token = last.map(|last| binding.seal(&Position { keys: Vec::new(), sequence: last.number }));
    let records = page.entries.into_iter().map(|entry| record(&identifier, entry)).collect();
    Answer::json(&GetFindingHistoryOutput { records, next_token })
}

/// A bound of the period, whose shape has been checked already.
fn time(text: Option<&str>) -> Result<Option<Timestamp>, AwsError> {
    let instant = text.and_then(securityhub_engine::date::strict);
    instant
        .map(|instant| {
            Timestamp::from_nanosecond(instant).map_err(|error| {
                AwsError::invalid_input("StartTime and EndTime must be valid timestamps").caused_by(error)
            })
        })
        .transpose()
}

fn record(identifier: &FindingIdentifier, entry: Entry) -> FindingHistoryRecord {
    let update = |update: crate::state::HistoryUpdate| HistoryUpdate {
        updated_field: update.field,
        old_value: update.old,
        new_value: update.new,
    };
    FindingHistoryRecord {
        finding_identifier: identifier.clone(),
        update_time: entry.at,
        finding_created: entry.is_creation,
        update_source: UpdateSource { r#type: entry.kind, identity: entry.identity },
        updates: entry.updates.into_iter().map(update).collect(),
    }
}
