//! An insight: its results with links to their findings, and forms that change it, delete it, or send results to a custom
//! action (DSH-75).

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::insights::results::{self, Results};
use super::insights::{Fields, Insight, typed_filters};
use crate::dashboard::call::Call;
use crate::dashboard::custom_actions;
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Content, Context, Done, PageError};
use crate::dashboard::select::SelectOption;
use crate::dashboard::text;
use crate::dashboard::view::Query;

/// Maximum number of characters of the filters that are shown. The form that changes them contains all of them.
const FILTERS: usize = 5_000;
/// Maximum number of results in an event.
const SELECTED: usize = 100;

#[derive(Template)]
#[template(path = "pages/insight.html")]
struct Page {
    token: String,
    address: String,
    group: String,
    filters: String,
    rows: Vec<Row>,
    actions: Vec<SelectOption>,
    send: String,
    /// `Show me the call` for the creation of a custom action.
    create_action: String,
    /// The forms of a custom insight.
    own: Option<Own>,
}

struct Row {
    value: String,
    count: String,
    number: String,
    width: u64,
    is_selected: bool,
}

struct Own {
    fields: Fields,
    edit: String,
    delete: String,
}

/// The insight of the query.
fn find(context: &Context<'_>) -> Result<(Insight, Call), PageError> {
    let arn = context.view.query.first("arn").unwrap_or_default();
    let missing = || {
        let sentence = format!("No insight of this account has the ARN `{arn}`.");
        PageError::not_found(sentence, "Insights", context.view.to("insights", Query::default()))
    };
    if arn.is_empty() {
        let view = context.view.to("insights", Query::default());
        return Err(PageError::not_found(
            "The address does not name an insight (arn=ARN).".to_owned(),
            "Insights",
            view,
        ));
    }
    let call = Call::api(Operation::GetInsights, json!({ "InsightArns": [arn] }));
    let answer = context.fetch(&call).map_err(|error| match error {
        PageError::Refused { status: 404, .. } => missing(),
        other => other,
    })?;
    Ok((Insight::read(&answer["Insights"][0]), call.of("Insight")))
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let (insight, call) = find(context)?;
    let results = Results::read(context, &insight, usize::MAX)?;
    let actions = custom_actions::options(context)?;
    let own = (!insight.is_managed(context)).then(|| own(context, &insight));
    let calls = vec![call, results::call(&insight.arn).of("Results"), custom_actions::list_call()];
    let first: Vec<String> = results.rows.iter().take(1).map(|row| row.value.clone()).collect();
    let action = actions.first().map(|action| send_call(&action.value, &insight.arn, &first));
    let page = Page {
        token: context.token.clone(),
        address: context.here(),
        filters: text::cut(&format!("{:#}", Value::Object(insight.filters.clone())), FILTERS),
        rows: rows(context, &results),
        send: context.shown(&action.into_iter().collect::<Vec<_>>()),
        create_action: context.shown(&[create_action_call()]),
        actions,
        own,
        group: insight.group,
    };
    Ok(Content::new(&insight.name, &page, calls))
}

fn rows(context: &Context<'_>, results: &Results) -> Vec<Row> {
    let most = results.rows.iter().map(|row| row.number).max().unwrap_or_default();
    let is_selected = |value: &str| context.typed.is_some_and(|form| form.fields.all("value").any(|it| it == value));
    let row = |row: &results::Row| Row {
        is_selected: is_selected(&row.value),
        value: row.value.clone(),
        count: row.count.clone(),
        number: text::counted(row.number, "finding", "findings"),
        width: (row.number.saturating_mul(100) / most.max(1)).max(1),
    };
    results.rows.iter().map(row).collect()
}

fn own(context: &Context<'_>, insight: &Insight) -> Own {
    let Insight { arn, name, group, filters } = insight;
    Own {
        fields: Fields::of(context, name, filters, group),
        edit: context.shown(&[edit_call(arn, name, &Value::Object(filters.clone()), group)]),
        delete: context.shown(&[delete_call(arn)]),
    }
}

fn edit_call(arn: &str, name: &str, filters: &Value, group: &str) -> Call {
    let input = json!({ "InsightArn": arn, "Name": name, "Filters": filters, "GroupByAttribute": group });
    Call::api(Operation::UpdateInsight, input)
}

fn delete_call(arn: &str) -> Call {
    Call::api(Operation::DeleteInsight, json!({ "InsightArn": arn }))
}

/// The call that creates a first custom action.
fn create_action_call() -> Call {
    let input = json!({ "Name": "Send to chat", "Description": "Sends results to the chat", "Id": "SendToChat" });
    Call::api(Operation::CreateActionTarget, input)
}

fn send_call(action: &str, insight: &str, values: &[String]) -> Call {
    custom_actions::send_call(json!({ "ActionTargetArn": action, "InsightArn": insight, "ResultValues": values }))
}

/// Changes or deletes the insight, or sends the selected results to a custom action.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let arn = context.view.query.first("arn").unwrap_or_default();
    match form.field("action") {
        "edit" => {
            let filters = Value::Object(typed_filters(form)?);
            let call = edit_call(arn, form.field("name").trim(), &filters, form.field("group"));
            context.send(&call)?;
            Ok(Message::new("1 insight changed, 0 refused.", vec![call]).into())
        }
        "delete" => {
            let call = delete_call(arn);
            context.send(&call)?;
            let next = Some(context.view.to("insights", Query::default()));
            Ok(Done { message: Message::new("1 insight deleted, 0 refused.", vec![call]), next })
        }
        _ => send_results(context, form, arn),
    }
}

fn send_results(context: &Context<'_>, form: &Form, arn: &str) -> Result<Done, PageError> {
    let values: Vec<String> = form.fields.all("value").take(SELECTED + 1).map(str::to_owned).collect();
    if values.is_empty() || values.len() > SELECTED {
        return Err(PageError::Invalid(format!("Select 1 to {SELECTED} results.")));
    }
    let action = form.field("custom-action");
    if action.is_empty() {
        return Err(PageError::Invalid("Choose a custom action.".to_owned()));
    }
    let call = send_call(action, arn, &values);
    let answer = context.send(&call)?;
    let sent = text::counted(values.len() as u64, "result", "results");
    let events = text::counted(answer["EventCount"].as_u64().unwrap_or_default(), "event", "events");
    Ok(Message::new(format!("{sent} sent in {events}."), vec![call]).into())
}
