//! Queries with composite filters: the input that operations on findings, resources and software of the V2 half share.

use securityhub_engine::{Filter, Position, SortKey};
use securityhub_fixtures::Operation;
use serde::Deserialize;
use serde_json::{Value, json};

use super::paging::{Binding, PAGE};
use super::{Context, Input};
use crate::aws_error::AwsError;
use crate::domain::findings::v2::visibility::{self, Limit};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueryInput {
    #[serde(default)]
    filters: Value,
    scopes: Option<Value>,
    #[serde(default)]
    sort_criteria: Vec<Value>,
    next_token: Option<String>,
    max_results: Option<usize>,
}

/// A page of a query.
pub(super) struct Query {
    pub(super) filter: Filter,
    pub(super) sort: Vec<SortKey>,
    /// The last position of the page before.
    pub(super) after: Option<Position>,
    /// Maximum length of the page.
    pub(super) most: usize,
    /// The accounts that the query is limited to.
    pub(super) limit: Limit,
    pub(super) binding: Binding,
}

impl Query {
    /// Reads a query. `convert` converts its filters and its sort criteria. A token of the query is only valid with the
    /// same values of `others`, which are the members that only this operation has.
    ///
    /// # Errors
    /// The errors of `convert`; 400 `ValidationException` for a token of another query; the errors of `Scopes`.
    pub(super) fn read(
        context: &Context<'_>,
        operation: Operation,
        (input, others): (Input<'_>, &Value),
        convert: impl FnOnce(&Value, &[Value]) -> Result<(Filter, Vec<SortKey>), AwsError>,
    ) -> Result<Query, AwsError> {
        let QueryInput { filters, scopes, sort_criteria, next_token, max_results } = input.read()?;
        let (filter, sort) = convert(&filters, &sort_criteria)?;
        let binding = Binding::new(context, operation, &json!([others, filters, scopes, sort_criteria]));
        let after = binding.open(next_token.as_deref())?;
        let limit = visibility::limit(context.world, &context.caller, scopes.as_ref())?;
        Ok(Query { filter, sort, after, most: max_results.unwrap_or(PAGE), limit, binding })
    }
}
