//! GetFindingsTrendsV2 and GetResourcesTrendsV2.

#[cfg(test)]
mod tests;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::findings::filters::composite::refused;
use crate::domain::findings::v2::inventory::resource::SEVERITIES;
use crate::domain::findings::v2::trends::{self, Intervals};
use crate::state::{Timestamp, timestamp_text};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TrendsInput {
    #[serde(default)]
    filters: Value,
    start_time: String,
    end_time: String,
}

impl TrendsInput {
    fn intervals(&self, now: Timestamp) -> Result<Intervals, AwsError> {
        let read = |name: &str, text: &str| {
            text.parse::<Timestamp>().map_err(|_| refused(format!("{name} {text} is not a date and time")))
        };
        Intervals::new(read("StartTime", &self.start_time)?, read("EndTime", &self.end_time)?, now)
    }

    /// The query that a token is bound to (DEC-19).
    fn query(&self) -> Value {
        json!([self.filters, self.start_time, self.end_time])
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TrendsOutput<P> {
    granularity: &'static str,
    #[serde(flatten)]
    page: P,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Point {
    timestamp: String,
    trends_values: Value,
}

/// Returns the number of findings that are not closed over time, by severity (TRV-01 … TRV-03).
///
/// # Errors
/// 400 `ValidationException` for an invalid period, invalid filters, or a token of another query.
pub fn get_findings_trends_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<TrendsInput>(Operation::GetFindingsTrendsV2, input)?;
    let intervals = input.intervals(context.caller.now)?;
    let page = page.open(context, &input.query())?;
    let counts = trends::of_findings(context.world, &context.caller, &input.filters, &intervals)?;
    let point = |(start, counts): (&Timestamp, [i64; SEVERITIES.len()])| {
        let by_severity = SEVERITIES.iter().zip(counts).map(|(name, count)| ((*name).to_owned(), json!(count)));
        let severities: Map<String, Value> = by_severity.collect();
        Point { timestamp: timestamp_text(*start), trends_values: json!({ "SeverityTrends": severities }) }
    };
    let points = intervals.starts.iter().zip(counts).map(point);
    Answer::json(&TrendsOutput { granularity: intervals.granularity, page: page.in_fixed_order(points) })
}

/// Returns the number of resources over time (TRV-04).
///
/// # Errors
/// The errors of [`get_findings_trends_v2`].
pub fn get_resources_trends_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<TrendsInput>(Operation::GetResourcesTrendsV2, input)?;
    let intervals = input.intervals(context.caller.now)?;
    let page = page.open(context, &input.query())?;
    let counts = trends::of_resources(context.world, &context.caller, &input.filters, &intervals)?;
    let point = |(start, count): (&Timestamp, i64)| Point {
        timestamp: timestamp_text(*start),
        trends_values: json!({ "ResourcesCount": { "AllResources": count } }),
    };
    let points = intervals.starts.iter().zip(counts).map(point);
    Answer::json(&TrendsOutput { granularity: intervals.granularity, page: page.in_fixed_order(points) })
}
