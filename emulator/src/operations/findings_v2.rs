//! GetFindingsV2, GetFindingStatisticsV2 and BatchUpdateFindingsV2.

#[cfg(test)]
mod tests;

use securityhub_engine::{Effort, FieldId, Filter, Forms, Page, Parts, Stored, page};
use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::findings::{HEAD, page_body};
use super::query_v2::Query;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::findings::filters::composite::refused;
use crate::domain::findings::v2::change::{self, Identifier, Update};
use crate::domain::findings::v2::critical::{self, Critical};
use crate::domain::findings::v2::query::{self, Use};
use crate::domain::findings::v2::statistics::{self, Order};
use crate::domain::findings::v2::visibility::{self, View};
use crate::ocsf::{ConversionContext, native};
use crate::state::{Directory, Findings, FindingsTransaction, World};

/// Maximum number of counts of a grouping rule (STV-04).
const MOST_COUNTS: usize = 400;
/// Maximum number of grouping rules (STV-02).
const MOST_RULES: usize = 5;
/// Maximum length of a comment, in characters (BUV-01).
const LONGEST_COMMENT: usize = 512;

fn read(context: &Context<'_>, input: Input) -> Result<Query, AwsError> {
    let world = context.world;
    Query::read(context, Operation::GetFindingsV2, (input, &Value::Null), |filters, criteria| {
        let filter = query::filter(world, context.caller.now, filters, Use::Query)?;
        Ok((filter, query::sort(world.schema(), criteria)?))
    })
}

/// The filter of a query, restricted to what a view shows.
fn filter_in(query: &Query, view: &View, context: &Context<'_>, critical: Option<&Critical>) -> Filter {
    let filter = Critical::resolve(critical, query.filter.clone(), context.world.schema());
    Filter::All(vec![view.filter(context.world, context.caller.now), filter])
}

/// Returns the findings that the caller sees and the filters select, in OCSF and in pages (GFV-01 … GFV-16).
///
/// # Errors
/// 400 `ValidationException` for invalid filters or sort criteria, or a token of another query; the errors of `Scopes`.
pub fn get_findings_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (query, world) = (read(context, input)?, context.world);
    let Query { sort, after, most, limit, binding, .. } = &query;
    let (number, directory) = (world.revision(), world.directory());
    let fields: Vec<FieldId> = sort.iter().map(|key| key.field).collect();
    let views = visibility::views(world, &context.caller, limit);
    let critical = Critical::of_caller(world, &context.caller, &views, limit);
    let select = |view: &View, bytes: Vec<u8>| {
        let filter = filter_in(&query, view, context, critical.as_ref());
        let write = |stored: Stored<'_>, bytes: &mut Vec<u8>| write(world, &directory, stored, bytes);
        let forms = Forms { context: number, write: &write };
        let select = |findings: &Findings| {
            let part = view.part(findings);
            let Some(critical) = &critical else {
                let page = (after.as_ref(), *most);
                return part.select_derived((&filter, sort), page, bytes, &forms, Effort::Any).unwrap_or_default();
            };
            part.select_with(&filter, sort, after.as_ref(), *most, bytes, &|stored, bytes| {
                let mut finding = Vec::new();
                write(stored, &mut finding);
                critical.add(&mut finding);
                bytes.extend_from_slice(&finding);
            })
        };
        world.query_findings(&view.table, &filter, &fields, select)
    };
    let found = match &views[..] {
        [only] => select(only, HEAD.to_vec()),
        views => {
            let pages: Vec<Page> = views.iter().filter_map(|view| select(view, Vec::new())).collect();
            Some(page::merge(&pages, sort, *most, HEAD.to_vec()))
        }
    };
    Ok(Answer(page_body(found, binding)))
}

/// Like [`get_findings_v2`], but returns `None` if the call would take more than a bounded amount of work or would have
/// to wait.
///
/// # Errors
/// The errors of [`get_findings_v2`].
pub fn get_findings_v2_quickly(context: &Context<'_>, input: Input) -> Result<Option<Answer>, AwsError> {
    let (query, world) = (read(context, input)?, context.world);
    let views = visibility::views(world, &context.caller, &query.limit);
    let [only] = &views[..] else { return Ok(None) };
    if critical::is_set(world, &context.caller, &views) {
        return Ok(None);
    }
    let (number, directory) = (world.revision(), world.directory());
    let (filter, page) = (filter_in(&query, only, context, None), (query.after.as_ref(), query.most));
    let write = |stored: Stored<'_>, bytes: &mut Vec<u8>| write(world, &directory, stored, bytes);
    let forms = Forms { context: number, write: &write };
    let select = |findings: &Findings| {
        only.part(findings).select_derived((&filter, &query.sort), page, HEAD.to_vec(), &forms, Effort::Little)
    };
    let found = world.try_read_findings(&only.table, select).flatten();
    Ok(found.map(|page| Answer(page_body(Some(page), &query.binding))))
}

/// Writes a finding as GetFindingsV2 returns it.
fn write(world: &World, directory: &Directory, stored: Stored<'_>, bytes: &mut Vec<u8>) {
    let organization_of = |account: &str| visibility::organization_of(directory, account);
    let context = ConversionContext { organization_of: &organization_of };
    world.ocsf().write(stored, Parts::ALL, context, bytes);
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetFindingStatisticsInput {
    group_by_rules: Vec<GroupByRule>,
    scopes: Option<Value>,
    sort_order: Option<String>,
    max_statistic_results: Option<usize>,
}

/// A rule by which findings, resources or software are counted.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupByRule {
    /// The field whose values are counted.
    pub group_by_field: String,
    /// The filters that select what is counted.
    #[serde(default)]
    pub filters: Value,
}

/// The counts of one rule.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GroupByResult {
    group_by_field: String,
    group_by_values: Vec<GroupByValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupByValue {
    field_value: String,
    count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupByResultsOutput {
    group_by_results: Vec<GroupByResult>,
}

/// The answer with the results of `rules`, each counted by `count` and ordered (STV-01, STV-02, STV-04).
///
/// # Errors
/// 400 `ValidationException` for no rules or more than five, and the errors of `count`.
pub fn group_by_results(
    rules: Vec<GroupByRule>,
    (order, most): (Option<&str>, Option<usize>),
    count: impl Fn(&GroupByRule) -> Result<std::collections::HashMap<String, u64>, AwsError>,
) -> Result<Answer, AwsError> {
    if rules.is_empty() || rules.len() > MOST_RULES {
        return Err(refused(format!("GroupByRules must contain 1 to {MOST_RULES} rules")));
    }
    let mut group_by_results = Vec::with_capacity(rules.len());
    for rule in rules {
        let counts = count(&rule)?;
        let counts = statistics::in_order(counts, Order::parse(order), most.unwrap_or(MOST_COUNTS));
        let value = |(field_value, count)| GroupByValue { field_value, count };
        group_by_results.push(GroupByResult {
            group_by_field: rule.group_by_field,
            group_by_values: counts.into_iter().map(value).collect(),
        });
    }
    Answer::json(&GroupByResultsOutput { group_by_results })
}

/// Counts findings by the values of fields, one list of counts per rule (STV-01 … STV-05).
///
/// # Errors
/// 400 `ValidationException` for invalid rules or filters; the errors of `Scopes`.
pub fn get_finding_statistics_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let GetFindingStatisticsInput { group_by_rules, scopes, sort_order, max_statistic_results } = input.read()?;
    let Context { world, caller, .. } = context;
    let read = |rule: &GroupByRule| -> Result<(FieldId, Filter), AwsError> {
        let field = query::group_field(world.schema(), &rule.group_by_field)?;
        Ok((field, query::filter(world, caller.now, &rule.filters, Use::Query)?))
    };
    // All rules are checked before scopes are resolved (DEC-16).
    group_by_rules.iter().try_for_each(|rule| read(rule).map(|_| ()))?;
    let limit = visibility::limit(world, caller, scopes.as_ref())?;
    let views = visibility::views(world, caller, &limit);
    let critical = Critical::of_caller(world, caller, &views, &limit);
    group_by_results(group_by_rules, (sort_order.as_deref(), max_statistic_results), |rule| {
        let (field, filter) = read(rule)?;
        let filter = Critical::resolve(critical.as_ref(), filter, world.schema());
        if let Some(critical) = critical.as_ref().filter(|_| rule.group_by_field == critical::FIELD) {
            return Ok(statistics::by_criticality(world, caller.now, &views, &filter, critical));
        }
        Ok(statistics::count(world, caller.now, &views, &filter, field))
    })
}

/// `OcsfFindingIdentifier`
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(clippy::struct_field_names, reason = "the names of the API")]
struct FindingIdentifier {
    cloud_account_uid: String,
    finding_info_uid: String,
    metadata_product_uid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchUpdateFindingsInput {
    #[serde(default)]
    metadata_uids: Vec<String>,
    #[serde(default)]
    finding_identifiers: Vec<FindingIdentifier>,
    comment: Option<String>,
    severity_id: Option<i64>,
    status_id: Option<i64>,
}

/// A finding as the caller identified it.
#[derive(Clone, Serialize)]
enum Named {
    FindingIdentifier(FindingIdentifier),
    MetadataUid(String),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchUpdateFindingsOutput {
    processed_findings: Vec<Named>,
    unprocessed_findings: Vec<Unprocessed>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Unprocessed {
    #[serde(flatten)]
    named: Named,
    error_code: &'static str,
    error_message: &'static str,
}

/// Sets severity, status and comment of up to 100 findings that the caller sees (BUV-01 … BUV-10).
///
/// # Errors
/// 400 `ValidationException` for invalid values, and when both lists of findings or neither is given; findings that are
/// not found are listed in the answer.
pub fn batch_update_findings_v2(
    context: &Context<'_>,
    transaction: &mut FindingsTransaction<'_>,
    input: Input<'_>,
) -> Result<Answer, AwsError> {
    let input: BatchUpdateFindingsInput = input.read()?;
    let update = read_update(&input)?;
    let named = read_named(input)?;
    let identifiers: Vec<Identifier> = named.iter().map(identifier).collect();
    let found = change::update(transaction, context.world, &context.caller, &identifiers, &update);
    let mut output = BatchUpdateFindingsOutput { processed_findings: vec![], unprocessed_findings: vec![] };
    for (named, is_found) in named.into_iter().zip(found) {
        if is_found {
            output.processed_findings.push(named);
        } else {
            let (error_code, error_message) = ("ResourceNotFoundException", "Finding not found");
            output.unprocessed_findings.push(Unprocessed { named, error_code, error_message });
        }
    }
    Answer::json(&output)
}

fn read_update(input: &BatchUpdateFindingsInput) -> Result<Update, AwsError> {
    let one_of = |name: &str, value: Option<i64>, most: i64| match value {
        None => Ok(None),
        Some(value) if (0..=most).contains(&value) || value == 99 => Ok(u8::try_from(value).ok()),
        Some(value) => Err(refused(format!("{name} {value} is not supported; use 0 to {most} or 99"))),
    };
    let severity_id = one_of("SeverityId", input.severity_id, 6)?;
    let status_id = one_of("StatusId", input.status_id, 5)?;
    if input.comment.as_ref().is_some_and(|comment| comment.chars().count() > LONGEST_COMMENT) {
        return Err(refused(format!("Comment must not be longer than {LONGEST_COMMENT} characters")));
    }
    if input.comment.is_none() && severity_id.is_none() && status_id.is_none() {
        return Err(refused("One of Comment, SeverityId and StatusId is required"));
    }
    Ok(Update { comment: input.comment.clone(), severity_id, status_id })
}

fn read_named(input: BatchUpdateFindingsInput) -> Result<Vec<Named>, AwsError> {
    if input.metadata_uids.is_empty() == input.finding_identifiers.is_empty() {
        return Err(refused("Either MetadataUids or FindingIdentifiers is required, and not both"));
    }
    if let Some(uid) = input.metadata_uids.iter().find(|uid| !native::is_uid(uid)) {
        return Err(refused(format!(
            "1 validation error detected: Value '{uid}' at 'metadataUids' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: ^[0-9a-z]{{64}}$"
        )));
    }
    let identifiers = input.finding_identifiers.into_iter().map(Named::FindingIdentifier);
    Ok(identifiers.chain(input.metadata_uids.into_iter().map(Named::MetadataUid)).collect())
}

fn identifier(named: &Named) -> Identifier {
    match named {
        Named::MetadataUid(uid) => Identifier::Uid(uid.clone()),
        Named::FindingIdentifier(identifier) => Identifier::Names {
            account: identifier.cloud_account_uid.clone(),
            finding: identifier.finding_info_uid.clone(),
            product: identifier.metadata_product_uid.clone(),
        },
    }
}
