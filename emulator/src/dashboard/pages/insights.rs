//! `Insights`: the insights of AWS and of the account with their first results, and a form that creates one (DSH-75).

use askama::Template;
use securityhub_fixtures::Operation;
use securityhub_fixtures::insights::MANAGED_INSIGHTS;
use serde_json::{Map, Value, json};

use crate::dashboard::answer::text as text_of;
use crate::dashboard::call::Call;
use crate::dashboard::chips;
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Content, Context, Done, PageError};
use crate::dashboard::paging::Paging;
use crate::dashboard::select::{self, SelectOption};
use crate::dashboard::text;
use crate::dashboard::view::Query;
use crate::domain::findings::insights;

pub(super) mod results;

use results::Results;

/// Maximum number of rows of a table.
const ROWS: usize = 100;
/// The same if there are more findings than [`LARGE`].
const ROWS_OF_LARGE: usize = 10;
const LARGE: usize = 100_000;

#[derive(Template)]
#[template(path = "pages/insights.html")]
struct Insights {
    token: String,
    address: String,
    /// The captions of the tables and their rows.
    tables: [(&'static str, Vec<Row>); 2],
    pages: String,
    fields: Fields,
    preview: String,
    is_prefilled: bool,
}

/// An insight.
struct Row {
    name: String,
    address: String,
    group: String,
    results: String,
    top: Option<(String, String)>,
}

/// The fields of an insight in a form.
pub(super) struct Fields {
    /// Its name.
    pub(super) name: String,
    /// Its filters as JSON.
    pub(super) filters: String,
    /// The attributes by which findings can be grouped.
    pub(super) groups: Vec<SelectOption>,
}

/// An insight as GetInsights returns it.
pub(super) struct Insight {
    /// Its ARN.
    pub(super) arn: String,
    /// Its name.
    pub(super) name: String,
    /// The attribute by which it groups findings.
    pub(super) group: String,
    /// Its filters.
    pub(super) filters: Map<String, Value>,
}

impl Insight {
    /// Reads an element of `Insights`.
    pub(super) fn read(insight: &Value) -> Insight {
        let text = |name: &str| text_of(insight, name).to_owned();
        Insight {
            arn: text("InsightArn"),
            name: text("Name"),
            group: text("GroupByAttribute"),
            filters: insight["Filters"].as_object().cloned().unwrap_or_default(),
        }
    }

    /// Returns whether AWS manages it.
    pub(super) fn is_managed(&self, context: &Context<'_>) -> bool {
        self.arn.starts_with(&insights::managed_arn(&context.view.region, ""))
    }
}

/// The call for all managed insights.
fn managed_call(context: &Context<'_>) -> Call {
    let arn = |suffix: u32| insights::managed_arn(&context.view.region, &suffix.to_string());
    let arns: Vec<String> = MANAGED_INSIGHTS.iter().map(|insight| arn(insight.suffix)).collect();
    Call::api(Operation::GetInsights, json!({ "InsightArns": arns }))
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let managed_call = managed_call(context);
    let read = |input: &Value| context.read_all(Operation::GetInsights, input, "Insights");
    let (managed, custom) = (read(managed_call.input().unwrap_or(&Value::Null))?, read(&json!({}))?);
    // The results of each insight are counted.
    let size = if context.world.finding_count() > LARGE { ROWS_OF_LARGE } else { ROWS };
    let paging = Paging::of(context, managed.len().max(custom.len()), size, ["insight", "insights"])?;
    let rows = |insights: &[Value]| {
        let range = paging.range.start.min(insights.len())..paging.range.end.min(insights.len());
        let shown = insights.get(range).unwrap_or_default().iter();
        shown.map(|insight| row(context, &Insight::read(insight))).collect::<Result<Vec<Row>, PageError>>()
    };
    let (managed, custom) = (rows(&managed)?, rows(&custom)?);
    let (filters, alert) = match chips::filters_of(&context.view.query, context.world.schema()) {
        Ok(filters) => (filters, None),
        Err(sentence) => (Map::new(), Some(sentence)),
    };
    let is_prefilled = !filters.is_empty();
    let fields = Fields::of(context, "", &filters, "ResourceId");
    let example = create(if fields.name.is_empty() { "My insight" } else { &fields.name }, &filters, "ResourceId");
    let page = Insights {
        token: context.token.clone(),
        address: context.here(),
        tables: [("Managed insights", managed), ("Custom insights", custom)],
        pages: paging.html(),
        fields,
        preview: context.shown(&[example]),
        is_prefilled,
    };
    let calls = vec![
        managed_call.of("Managed insights"),
        Call::api(Operation::GetInsights, json!({})).of("Custom insights"),
        results::call(&insights::managed_arn(&context.view.region, "1"))
            .of("Results of the first insight (see the page of another insight for its call)"),
    ];
    Ok(Content { alert, ..Content::new("Insights", &page, calls) })
}

fn row(context: &Context<'_>, insight: &Insight) -> Result<Row, PageError> {
    let results = Results::read(context, insight, 1)?;
    let top = results.rows.first().map(|row| (row.value.clone(), row.count.clone()));
    Ok(Row {
        name: insight.name.clone(),
        address: context.link("insight", Query::default().and("arn", &insight.arn)),
        group: insight.group.clone(),
        results: text::number(results.rows.len() as u64),
        top,
    })
}

impl Fields {
    /// The fields with what was typed, or else with these values.
    pub(super) fn of(context: &Context<'_>, name: &str, filters: &Map<String, Value>, group: &str) -> Fields {
        let json = format!("{:#}", Value::Object(filters.clone()));
        let typed = |field: &str, value: &str| match context.typed {
            Some(form) if form.fields.first(field).is_some() => form.field(field).to_owned(),
            _ => value.to_owned(),
        };
        let groups = select::options(results::groups(context), &typed("group", group));
        Fields { name: typed("name", name), filters: typed("filters", &json), groups }
    }
}

/// The call that creates an insight.
fn create(name: &str, filters: &Map<String, Value>, group: &str) -> Call {
    let input = json!({ "Name": name, "Filters": filters, "GroupByAttribute": group });
    Call::api(Operation::CreateInsight, input)
}

/// The filters that were typed as JSON.
pub(super) fn typed_filters(form: &Form) -> Result<Map<String, Value>, PageError> {
    let typed = form.field("filters").trim();
    let filters = serde_json::from_str(if typed.is_empty() { "{}" } else { typed });
    filters.map_err(|error| PageError::Invalid(format!("The filters are not a JSON object: {error}.")))
}

/// Creates an insight.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let call = create(form.field("name").trim(), &typed_filters(form)?, form.field("group"));
    let answer = context.send(&call)?;
    let next = context.view.to("insight", Query::default().and("arn", text_of(&answer, "InsightArn")));
    Ok(Done { message: Message::new("1 insight created, 0 refused.", vec![call]), next: Some(next) })
}
