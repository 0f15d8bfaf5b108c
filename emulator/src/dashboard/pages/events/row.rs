//! A row of the table `Events`, in the page and in its stream.

use std::borrow::Cow;
use std::fmt;

use askama::Template;
use serde::Deserialize;
use serde_json::Value;

use super::selection::name;
use crate::dashboard::template::html;
use crate::dashboard::text::{self, Time};
use crate::dashboard::view::View;
use crate::domain::events::envelope;
use crate::domain::events::pattern::EventPattern;
use crate::invariant::Invariant;
use crate::state::{Event, Subject, World};

/// Maximum number of characters of a title.
const MAX_TITLE: usize = 300;

/// A row.
#[derive(Template)]
#[template(path = "parts/event.html")]
pub struct Row {
    number: u64,
    address: String,
    time: Time,
    account: String,
    region: String,
    kind: &'static str,
    content: Content,
    /// The result of the pattern, if there is one.
    verdict: Option<Verdict>,
}

/// The result of comparing an event with a pattern.
enum Verdict {
    /// The pattern selects the event.
    Selected,
    /// The pattern does not select the event, for this reason.
    Missed(String),
}

/// The finding of an event, or the results of an insight.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::dashboard::pages) struct Content {
    severity: Option<String>,
    title: String,
}

impl fmt::Display for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.severity {
            Some(label) => write!(formatter, "{label}: {}", self.title),
            None => formatter.write_str(&self.title),
        }
    }
}

impl Row {
    /// The row of an event on a view, whose query is extended to open the event.
    pub fn of(event: &Event, world: &World, view: &View, pattern: Option<&EventPattern>) -> Row {
        let query = view.query.clone().without("event");
        Row {
            number: event.number,
            address: view.to(&view.page, query.with("event", &event.number.to_string())).address() + "#event",
            time: event.at.into(),
            account: event.receiver.account.to_string(),
            region: event.receiver.region.to_string(),
            kind: name(event.subject.kind()),
            content: content(&event.subject),
            verdict: pattern.map(|pattern| verdict(event, world, pattern)),
        }
    }

    /// Returns whether the pattern selects the event; `None` without a pattern.
    pub fn is_selected(&self) -> Option<bool> {
        self.verdict.as_ref().map(|verdict| matches!(verdict, Verdict::Selected))
    }

    /// The HTML, on one line.
    pub fn html(&self) -> String {
        // A message of a stream ends with its line.
        html(self).replace(['\n', '\r'], " ")
    }
}

fn verdict(event: &Event, world: &World, pattern: &EventPattern) -> Verdict {
    let written = serde_json::from_str::<Value>(&envelope::write(event, &world.ids));
    let written = written.or_report("an envelope is JSON").unwrap_or_default();
    pattern.miss(&written).map_or(Verdict::Selected, |miss| Verdict::Missed(miss.to_string()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asff<'d> {
    #[serde(rename = "Title", borrow)]
    title: Cow<'d, str>,
    #[serde(rename = "Severity", borrow)]
    severity: Severity<'d>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Severity<'d> {
    #[serde(rename = "Label", borrow)]
    label: Cow<'d, str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ocsf<'d> {
    #[serde(borrow)]
    severity: Cow<'d, str>,
    #[serde(borrow)]
    finding_info: Information<'d>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Information<'d> {
    #[serde(borrow)]
    title: Cow<'d, str>,
}

/// The content of an event.
pub(in crate::dashboard::pages) fn content(subject: &Subject) -> Content {
    match subject {
        Subject::Finding(finding) | Subject::Selected(_, finding) => {
            let finding = serde_json::from_slice::<Asff<'_>>(finding.as_bytes()).unwrap_or_default();
            of_finding(&finding.severity.label, &finding.title)
        }
        Subject::Ocsf(finding) => {
            let finding = serde_json::from_slice::<Ocsf<'_>>(&finding.document).unwrap_or_default();
            of_finding(&finding.severity.to_uppercase(), &finding.finding_info.title)
        }
        Subject::Results(_, report) => {
            let count = text::counted(report.values.len() as u64, "result", "results");
            Content { severity: None, title: format!("{count} of {}", report.name) }
        }
    }
}

fn of_finding(label: &str, title: &str) -> Content {
    let severity = (!label.is_empty()).then(|| label.to_owned());
    Content { severity, title: title.chars().take(MAX_TITLE).collect() }
}
