//! `History`: what GetFindingHistory returns (DSH-67).

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::facts::{cut, size};
use super::shown::{Shown, of_all_views};
use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::page::{Context, PageError, Section};
use crate::dashboard::text::{ABSENT, Time};

/// Maximum number of records on a page. A record may contain several changes.
const RECORDS: u64 = 100;
/// Maximum number of bytes of all values on a page.
const BYTES: usize = 150 * 1024;

#[derive(Template)]
#[template(path = "pages/finding/history.html")]
struct History {
    rows: Vec<Row>,
    older: Option<String>,
}

struct Row {
    time: Option<Time>,
    source: String,
    field: String,
    old: String,
    new: String,
}

/// The call to GetFindingHistory.
pub(super) fn call(shown: &Shown, after: Option<&str>) -> Call {
    let mut input =
        json!({ "FindingIdentifier": { "Id": shown.id, "ProductArn": shown.product }, "MaxResults": RECORDS });
    if let Some(after) = after {
        input["NextToken"] = after.into();
    }
    Call::api(Operation::GetFindingHistory, input)
}

/// Shows the view.
pub(super) fn show(context: &Context<'_>, shown: &Shown) -> Result<Section, PageError> {
    let call = call(shown, context.view.query.first("after"));
    let answer = context.fetch(&call)?;
    let mut rows = Vec::new();
    let mut bytes = 0;
    for record in list(&answer, "Records") {
        let row = |field: &str, old: &Value, new: &Value, bytes: usize| {
            let value = |value: &Value| match value.as_str() {
                Some(_) if bytes > BYTES => "…".to_owned(),
                Some(text) => cut(text),
                None => ABSENT.to_owned(),
            };
            Row {
                time: Time::parse(text(record, "UpdateTime")),
                source: text(&record["UpdateSource"], "Identity").to_owned(),
                field: field.to_owned(),
                old: value(old),
                new: value(new),
            }
        };
        if record["FindingCreated"] == true {
            rows.push(row("Created", &Value::Null, &Value::Null, bytes));
        }
        for update in list(record, "Updates") {
            let row = row(text(update, "UpdatedField"), &update["OldValue"], &update["NewValue"], bytes);
            bytes += size(&row.old) + size(&row.new) + size(&row.field) + 300;
            rows.push(row);
        }
    }
    let older = answer["NextToken"].as_str().map(|token| {
        let query = of_all_views(context).and("view", "history").and("after", token);
        context.link("finding", query)
    });
    Ok(Section::new(&History { rows, older }, vec![call]))
}
