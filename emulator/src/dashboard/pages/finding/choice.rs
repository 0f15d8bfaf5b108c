//! Choosing a finding: a form for an Id, and the findings that share an Id.

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::explained;
use super::shown::{Reference, Shown, VIEWS, of_all_views};
use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::chips;
use crate::dashboard::page::{Content, Context, PageError};
use crate::dashboard::text::Time;

/// Maximum number of findings in a list.
const ROWS: u64 = 10;
/// Maximum number of findings with the same Id in a list.
const SAME: u64 = 100;

/// A finding in a list.
pub(super) struct Row {
    pub(super) address: String,
    pub(super) title: String,
    pub(super) severity: String,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) product: String,
    pub(super) workflow: String,
    pub(super) updated: Option<Time>,
}

impl Row {
    pub(super) fn of(context: &Context<'_>, finding: &Value) -> Row {
        let [product, id, account] = ["ProductArn", "Id", "AwsAccountId"].map(|name| text(finding, name));
        let title = text(finding, "Title");
        Row {
            address: context.finding(product, id, account),
            title: if title.trim().is_empty() { id.to_owned() } else { title.to_owned() },
            severity: text(&finding["Severity"], "Label").to_owned(),
            account: account.to_owned(),
            region: text(finding, "Region").to_owned(),
            product: text(finding, "ProductName").to_owned(),
            workflow: text(&finding["Workflow"], "Status").to_owned(),
            updated: Time::parse(text(finding, "UpdatedAt")),
        }
    }
}

#[derive(Template)]
#[template(path = "pages/finding/ask.html")]
struct Ask<'a> {
    action: String,
    view: Option<&'a str>,
    chips: Vec<&'a str>,
    filters: Option<&'a str>,
    nearest: Option<explained::Nearest>,
    rows: Vec<Row>,
}

/// Shows a form for the Id of a finding. With filters, also shows the findings that fail the fewest of them.
pub(super) fn ask(context: &Context<'_>) -> Result<Content, PageError> {
    let input = json!({
        "SortCriteria": [{ "Field": "UpdatedAt", "SortOrder": "desc" }],
        "MaxResults": ROWS,
    });
    let answer = context.read(Operation::GetFindings, &input)?;
    let query = &context.view.query;
    let view = query.first("view").filter(|view| VIEWS.iter().any(|(known, _)| known == view));
    let mut calls = vec![Call::api(Operation::GetFindings, input).of("Recently updated findings")];
    let (nearest, alert) = match view {
        Some("explain") => explained::nearest(context),
        _ => (None, None),
    };
    calls.extend(nearest.as_ref().map(|nearest| nearest.call.clone()));
    let page = Ask {
        action: context.view.path(),
        view,
        chips: query.all(chips::NAME).collect(),
        filters: query.first("filters"),
        nearest,
        rows: list(&answer, "Findings").iter().map(|finding| Row::of(context, finding)).collect(),
    };
    Ok(Content { alert, ..Content::new("Finding", &page, calls) })
}

/// The input of GetFindings for an Id.
pub(super) fn with_id(id: &str) -> Value {
    json!({ "Filters": { "Id": [{ "Value": id, "Comparison": "EQUALS" }] }, "MaxResults": SAME })
}

#[derive(Template)]
#[template(path = "pages/finding/choose.html")]
struct Choose {
    rows: Vec<Row>,
}

/// The findings that share an Id.
pub(super) fn choose(context: &Context<'_>, reference: &Reference<'_>, several: &[Shown]) -> Content {
    let row = |shown: &Shown| {
        let query = of_all_views(context).without("account").with("product", &shown.product);
        let query = context.view.query.first("view").into_iter().fold(query, |query, view| query.and("view", view));
        let address = context.link("finding", query.and("account", &shown.account));
        Row { address, ..Row::of(context, &shown.value) }
    };
    let page = Choose { rows: several.iter().map(row).collect() };
    let call = if reference.product.is_empty() {
        Call::api(Operation::GetFindings, with_id(reference.id))
    } else {
        Call::of_finding(reference.product, reference.id)
    };
    Content::new("Findings with the same Id", &page, vec![call])
}
