//! `Standards`: the standards of the catalogue with their scores, and the scores of each account (DSH-80, DSH-83).

use std::collections::HashMap;

use askama::Template;
use http::Method;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use crate::dashboard::answer::{self, list};
use crate::dashboard::call::Call;
use crate::dashboard::forms::Form;
use crate::dashboard::governed::Governed;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Content, Context, Done, PageError};
use crate::dashboard::scores::{self, Scores};
use crate::dashboard::text::{self, ABSENT};
use crate::dashboard::view::Query;
use crate::domain::controls::scores::{Counts, StandardScore};

mod heat_map;

use heat_map::HeatMap;

#[derive(Template)]
#[template(path = "pages/standards.html")]
struct Standards {
    token: String,
    address: String,
    rows: Vec<Row>,
    governed: Option<String>,
    preview: String,
    daily: Option<String>,
    may_request: bool,
    request: String,
    unchecked: Option<String>,
    heat_map: Option<HeatMap>,
}

/// A standard.
struct Row {
    arn: String,
    name: String,
    address: String,
    score: String,
    /// The numbers of controls by status, each with the address of these controls.
    counts: Vec<(String, Option<String>)>,
    status: String,
    action: Action,
}

/// The actions that a standard allows.
enum Action {
    Enable,
    /// The ARN of the subscription.
    Disable(String),
    /// A text, because nothing can be done.
    Nothing(String),
}

/// The statuses of controls, in the order of the columns.
const STATUSES: [&str; 5] = ["PASSED", "FAILED", "UNKNOWN", "NO_DATA", "DISABLED"];

/// The numbers of controls with these statuses.
pub(super) fn counts(counts: &Counts) -> [u64; 5] {
    [counts.passed, counts.failed, counts.unknown, counts.no_data, counts.disabled]
}

/// A standard as DescribeStandards and GetEnabledStandards return it.
pub(super) struct Listed {
    /// Its ARN.
    pub(super) arn: String,
    /// Its name.
    pub(super) name: String,
    /// Its subscription; null if it is not enabled.
    pub(super) subscription: Value,
}

impl Listed {
    /// The standards of the catalogue in the Region of a view.
    pub(super) fn all(context: &Context<'_>) -> Result<Vec<Listed>, PageError> {
        let subscriptions = context.read_all(Operation::GetEnabledStandards, &json!({}), "StandardsSubscriptions")?;
        let mut subscriptions: HashMap<String, Value> = subscriptions
            .into_iter()
            .filter_map(|subscription| Some((subscription["StandardsArn"].as_str()?.to_owned(), subscription)))
            .collect();
        let standards = context.read_all(Operation::DescribeStandards, &json!({}), "Standards")?;
        let listed = standards.iter().filter_map(|standard| {
            let (arn, name) = (standard["StandardsArn"].as_str()?, standard["Name"].as_str()?);
            let subscription = subscriptions.remove(arn).unwrap_or_default();
            Some(Listed { arn: arn.to_owned(), name: name.to_owned(), subscription })
        });
        Ok(listed.collect())
    }

    /// The status of the subscription; empty if the standard is not enabled.
    pub(super) fn status(&self) -> &str {
        answer::text(&self.subscription, "StandardsStatus")
    }

    /// The calls that list the standards.
    pub(super) fn calls() -> [Call; 2] {
        [
            Call::api(Operation::DescribeStandards, json!({})).of("Standards"),
            Call::api(Operation::GetEnabledStandards, json!({})).of("Status"),
        ]
    }

    /// The call that enables or disables the standard; `None` while it is being enabled or disabled.
    pub(super) fn change(&self) -> Option<Call> {
        match (self.status(), self.subscription["StandardsSubscriptionArn"].as_str()) {
            ("PENDING" | "DELETING", _) => None,
            (_, None) => Some(enable_call(&self.arn).of(&format!("Enable {}", self.name))),
            (_, Some(subscription)) => Some(disable_call(subscription).of(&format!("Disable {}", self.name))),
        }
    }
}

fn enable_call(arn: &str) -> Call {
    let requests = json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": arn }] });
    Call::api(Operation::BatchEnableStandards, requests)
}

fn disable_call(subscription: &str) -> Call {
    let input = json!({ "StandardsSubscriptionArns": [subscription] });
    Call::api(Operation::BatchDisableStandards, input)
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let listed = Listed::all(context)?;
    let scores = Scores::of(context);
    let results = scores.standards();
    let governed = Governed::of(context);
    let heat_map = HeatMap::of(context, &scores, &results)?;
    let preview: Vec<Call> = listed.iter().filter_map(Listed::change).collect();
    let is_unchecked = has_no_checks(&results);
    let page = Standards {
        token: context.token.clone(),
        address: context.here(),
        rows: listed.iter().map(|standard| row(context, standard, &results, governed.as_ref())).collect(),
        preview: if governed.is_none() { context.shown(&preview) } else { String::new() },
        governed: governed.map(|governed| governed.sentence("The standards of this account")),
        daily: scores.daily(),
        may_request: scores.may_be_requested(),
        request: context.shown(&[request_call(context)]),
        unchecked: is_unchecked.then(|| context.shown(&[example_call(context)])),
        heat_map,
    };
    let calls = Listed::calls().into_iter().chain([scores::call(context, None).of("Scores")]).collect();
    Ok(Content::new("Standards", &page, calls))
}

/// The call that requests the computation of daily scores.
fn request_call(context: &Context<'_>) -> Call {
    let (account, region) = (context.view.account, &context.view.region);
    let path = format!("/_emulator/compliance?account={account}&region={region}");
    let command = format!("compliance --account {account} --region {region}");
    Call::control(&Method::GET, &path, Value::Null, &command)
}

/// Returns whether standards are enabled and no control has a check.
fn has_no_checks(standards: &[StandardScore]) -> bool {
    let has_checks = |standard: &StandardScore| {
        let Counts { passed, failed, unknown, .. } = standard.counts;
        passed + failed + unknown > 0
    };
    !standards.is_empty() && !standards.iter().any(has_checks)
}

/// The call that declares a first resource.
fn example_call(context: &Context<'_>) -> Call {
    let resource = json!({
        "account": context.view.account.as_str(),
        "regions": [context.view.region.as_str()],
        "type": "AwsS3Bucket",
        "id": "my-bucket",
        "fails": ["S3.5"],
    });
    Call::control(&Method::PUT, "/_emulator/resources", resource, "")
}

/// The address of the page of a standard, with its controls of a status.
pub(super) fn address(context: &Context<'_>, arn: &str, status: Option<&str>) -> String {
    let query = Query::default().and("arn", arn);
    context.link("standard", status.into_iter().fold(query, |query, status| query.and("status", status)))
}

fn row(context: &Context<'_>, standard: &Listed, scores: &[StandardScore], governed: Option<&Governed>) -> Row {
    let score = scores::of_standard(scores, &standard.arn);
    let numbers = score.map(|score| counts(&score.counts));
    let count = |(position, status): (usize, &str)| {
        let number = numbers.and_then(|numbers| numbers.get(position).copied());
        number.map_or((ABSENT.to_owned(), None), |number| {
            (text::number(number), Some(address(context, &standard.arn, Some(status))))
        })
    };
    let reason = standard.subscription["StandardsStatusReason"]["StatusReasonCode"].as_str();
    let status = match (standard.status(), reason) {
        ("", _) => ABSENT.to_owned(),
        (status, None) => status.to_owned(),
        (status, Some(reason)) => format!("{status}: {reason}"),
    };
    Row {
        arn: standard.arn.clone(),
        name: standard.name.clone(),
        address: address(context, &standard.arn, None),
        score: scores::percent(score.and_then(|score| score.score)),
        counts: STATUSES.into_iter().enumerate().map(count).collect(),
        status,
        action: action(standard, governed),
    }
}

fn action(standard: &Listed, governed: Option<&Governed>) -> Action {
    let subscription = standard.subscription["StandardsSubscriptionArn"].as_str();
    match (governed, standard.status(), subscription) {
        (Some(governed), "", _) => Action::Nothing(format!("Not enabled by {}", governed.policy)),
        (Some(governed), ..) => Action::Nothing(format!("Enabled by {}", governed.policy)),
        (None, "PENDING" | "DELETING", _) => Action::Nothing(ABSENT.to_owned()),
        (None, _, None) => Action::Enable,
        (None, _, Some(subscription)) => Action::Disable(subscription.to_owned()),
    }
}

/// Enables or disables a standard, or requests daily scores.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    if form.field("action") == "request" {
        let call = request_call(context);
        context.send(&call)?;
        return Ok(Message::new("The computation of scores was requested.", vec![call]).into());
    }
    change_standard(context, form)
}

/// Enables the standard in the field `enable`, or disables the subscription in the field `disable`.
pub(super) fn change_standard(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let (call, done) = match (form.field("enable"), form.field("disable")) {
        ("", "") => return Err(PageError::Invalid("Choose a standard to enable or to disable.".to_owned())),
        (arn, "") => (enable_call(arn), "enabled"),
        (_, arn) => (disable_call(arn), "disabled"),
    };
    let answer = context.send(&call)?;
    let count = list(&answer, "StandardsSubscriptions").len();
    let count = text::counted(count as u64, "standard", "standards");
    Ok(Message::new(format!("{count} {done}, 0 refused."), vec![call]).into())
}
