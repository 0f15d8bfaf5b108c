//! A standard: its controls with their statuses, filtered by status and text, and forms that enable and disable them
//! (DSH-81, DSH-83).

use std::collections::HashMap;

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::standards::{self, Listed};
use crate::dashboard::answer::{list, text as text_of};
use crate::dashboard::call::Call;
use crate::dashboard::chips::Chip;
use crate::dashboard::forms::Form;
use crate::dashboard::governed::Governed;
use crate::dashboard::page::{Content, Context, Done, PageError};
use crate::dashboard::paging::Paging;
use crate::dashboard::scores::{self, Scores};
use crate::dashboard::select::{self, SelectOption};
use crate::dashboard::text::{self, ABSENT};
use crate::dashboard::view::Query;
use crate::domain::controls::scores::{ControlScore, StandardScore};

pub(super) mod changes;
mod checks;

use checks::Checks;

/// Maximum number of rows, which is also that of controls in one call.
const ROWS: usize = 100;
/// The statuses of controls.
const STATUSES: [&str; 5] = ["FAILED", "UNKNOWN", "NO_DATA", "PASSED", "DISABLED"];

#[derive(Template)]
#[template(path = "pages/standard.html")]
struct Standard {
    token: String,
    address: String,
    /// The address of the page without filters.
    plain: String,
    arn: String,
    name: String,
    figures: Vec<(&'static str, String)>,
    daily: Option<String>,
    governed: Option<String>,
    enable: bool,
    disable: Option<String>,
    change: String,
    statuses: Vec<SelectOption>,
    query: String,
    shown: String,
    pages: String,
    rows: Vec<Row>,
    is_filtered: bool,
    may_change: bool,
    reason: String,
    preview: String,
}

/// A control of the standard.
struct Row {
    id: String,
    address: String,
    title: String,
    severity: String,
    status: String,
    failed: String,
    checks: String,
    enabled: &'static str,
    is_selected: bool,
}

/// A control as the scores or the catalogue describe it.
#[derive(Clone, Debug, PartialEq)]
struct Control {
    id: String,
    title: String,
    severity: String,
    /// Its status and the numbers of failed and of all checks; `None` if the standard is not enabled anywhere.
    result: Option<(String, u64, u64)>,
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let standard = find(context)?;
    let filters = Filters::of(context)?;
    let scores = Scores::of(context);
    let score = scores.standard(&standard.arn);
    let (controls, listing) = match &score {
        Some(score) => (score.controls.iter().map(of_score).collect(), scores::call(context, Some(&standard.arn))),
        None => of_catalogue(context, &standard.arn)?,
    };
    let all: Vec<&Control> = controls.iter().filter(|control| filters.has(control)).collect();
    let paging = Paging::of(context, all.len(), ROWS, ["control", "controls"])?;
    let shown = all.get(paging.range.clone()).unwrap_or_default();
    let (enabled, associations) = enabled(context, &standard, shown)?;
    let checks = Checks::count(context, &scores, &standard.arn, shown);
    let governed = Governed::of(context);
    let may_change = governed.is_none() && enabled.values().any(|state| !state.is_empty());
    let change = if governed.is_none() { standard.change() } else { None };
    let subscription = standard.subscription["StandardsSubscriptionArn"].as_str();
    let page = Standard {
        token: context.token.clone(),
        address: context.here(),
        plain: standards::address(context, &standard.arn, None),
        arn: standard.arn.clone(),
        name: standard.name.clone(),
        figures: figures(&standard, score.as_ref()),
        daily: scores.daily(),
        enable: change.is_some() && subscription.is_none(),
        disable: subscription.filter(|_| change.is_some()).map(str::to_owned),
        change: change.map(|call| context.shown(&[call])).unwrap_or_default(),
        governed: governed.map(|governed| governed.sentence("The controls of this account")),
        statuses: select::options(STATUSES, filters.status.as_deref().unwrap_or_default()),
        query: filters.text.clone(),
        shown: paging.shown.clone(),
        pages: paging.html(),
        rows: shown.iter().map(|control| row(context, control, &enabled, &checks)).collect(),
        is_filtered: filters != Filters::default(),
        may_change,
        reason: context.typed("reason").to_owned(),
        preview: context.shown(&changes::preview(&standard, shown.first().map(|control| control.id.as_str()))),
    };
    let calls = Listed::calls().into_iter().chain([listing.of("Controls")]).chain(associations).collect();
    Ok(Content::new(&standard.name, &page, calls))
}

/// The standard of the query.
fn find(context: &Context<'_>) -> Result<Listed, PageError> {
    let arn = context.view.query.first("arn").unwrap_or_default();
    let listed = Listed::all(context)?;
    listed.into_iter().find(|standard| standard.arn == arn).ok_or_else(|| {
        let sentence = match arn {
            "" => "The address does not name a standard (arn=ARN).".to_owned(),
            _ => format!("No standard in {} has the ARN `{arn}`.", context.view.region),
        };
        PageError::not_found(sentence, "Standards", context.view.to("standards", Query::default()))
    })
}

/// The filters of the query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Filters {
    status: Option<String>,
    text: String,
}

impl Filters {
    fn of(context: &Context<'_>) -> Result<Filters, PageError> {
        let query = &context.view.query;
        let status = query.first("status").filter(|status| !status.is_empty());
        if let Some(unknown) = status.filter(|status| !STATUSES.contains(status)) {
            let known = STATUSES.join(", ");
            return Err(PageError::Invalid(format!("`{unknown}` is not a valid status (expected {known}).")));
        }
        let text = query.first("q").unwrap_or_default().trim().to_owned();
        Ok(Filters { status: status.map(str::to_owned), text })
    }

    fn has(&self, control: &Control) -> bool {
        let text = self.text.to_lowercase();
        let has_text = [&control.id, &control.title].iter().any(|value| value.to_lowercase().contains(&text));
        let status = control.result.as_ref().map(|(status, _, _)| status);
        has_text && self.status.as_ref().is_none_or(|wanted| Some(wanted) == status)
    }
}

/// A control with its result.
fn of_score(control: &ControlScore) -> Control {
    Control {
        id: control.security_control_id.clone(),
        title: control.title.clone(),
        severity: control.severity_rating.clone(),
        result: Some((control.control_status.as_str().to_owned(), control.failed_checks, control.total_checks)),
    }
}

/// The controls of a standard that is not enabled anywhere, and the call that lists them.
fn of_catalogue(context: &Context<'_>, arn: &str) -> Result<(Vec<Control>, Call), PageError> {
    let input = json!({ "StandardsArn": arn, "MaxResults": 100 });
    let operation = Operation::ListSecurityControlDefinitions;
    let definitions = context.read_all(operation, &input, "SecurityControlDefinitions")?;
    let control = |control: &Value| Control {
        id: text_of(control, "SecurityControlId").to_owned(),
        title: text_of(control, "Title").to_owned(),
        severity: text_of(control, "SeverityRating").to_owned(),
        result: None,
    };
    Ok((definitions.iter().map(control).collect(), Call::api(operation, input)))
}

/// `yes` or `no` for each of these controls, if the standard is enabled in the account, and the call that returns it.
fn enabled(
    context: &Context<'_>,
    standard: &Listed,
    controls: &[&Control],
) -> Result<(HashMap<String, &'static str>, Option<Call>), PageError> {
    if standard.subscription.is_null() || controls.is_empty() {
        return Ok((HashMap::new(), None));
    }
    let id = |control: &&Control| json!({ "SecurityControlId": control.id, "StandardsArn": standard.arn });
    let ids: Vec<Value> = controls.iter().map(id).collect();
    let input = json!({ "StandardsControlAssociationIds": ids });
    let call = Call::api(Operation::BatchGetStandardsControlAssociations, input).of("Enabled");
    let answer = context.fetch(&call)?;
    let details = list(&answer, "StandardsControlAssociationDetails").iter();
    let state = |detail: &Value| {
        let is_enabled = detail["AssociationStatus"] == "ENABLED";
        (text_of(detail, "SecurityControlId").to_owned(), text::yes_no(is_enabled))
    };
    Ok((details.map(state).collect(), Some(call)))
}

/// The score and the status of the standard.
fn figures(standard: &Listed, score: Option<&StandardScore>) -> Vec<(&'static str, String)> {
    let status = match standard.status() {
        "" => "not enabled in this account".to_owned(),
        status => status.to_owned(),
    };
    let numbers = score.map(|score| standards::counts(&score.counts).map(text::number));
    let numbers = numbers.unwrap_or_else(|| std::array::from_fn(|_| ABSENT.to_owned()));
    let names = ["Passed", "Failed", "Unknown", "No data", "Disabled"];
    let score = ("Score", scores::percent(score.and_then(|score| score.score)));
    [score].into_iter().chain(names.into_iter().zip(numbers)).chain([("Status", status)]).collect()
}

fn row(context: &Context<'_>, control: &Control, enabled: &HashMap<String, &'static str>, checks: &Checks) -> Row {
    let number = |is_failed: bool, number: u64| checks.linked(context, &control.id, is_failed, number);
    let (status, failed, all) = match &control.result {
        Some((status, failed, all)) => (status.clone(), number(true, *failed), number(false, *all)),
        None => (ABSENT.to_owned(), ABSENT.to_owned(), ABSENT.to_owned()),
    };
    let selected = context.typed.is_some_and(|form| form.fields.all("control").any(|id| id == control.id));
    Row {
        id: control.id.clone(),
        address: context.link("control", Query::default().and("id", &control.id)),
        title: control.title.clone(),
        severity: control.severity.clone(),
        status,
        failed,
        checks: all,
        enabled: enabled.get(&control.id).copied().unwrap_or(ABSENT),
        is_selected: selected,
    }
}

/// The chips that select the findings of controls that count for scores.
fn counted() -> Vec<Chip> {
    vec![
        Chip::equals("ProductName", "Security Hub"),
        Chip::equals("RecordState", "ACTIVE"),
        Chip::new("WorkflowStatus", "NOT_EQUALS", "SUPPRESSED"),
    ]
}

/// Enables or disables the standard, or the selected controls.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    match form.field("action") {
        "standard" => standards::change_standard(context, form),
        _ => changes::change(context, form),
    }
}
