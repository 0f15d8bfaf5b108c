//! The text of an event, as EventBridge passes it to a rule.

use serde_json::{Value, json};

use crate::domain::findings::document::{Finding, quoted};
use crate::invariant::Invariant;
use crate::state::{Event, EventKind, IdSource, InsightReport, Subject, UsedAction};

/// `detail-type` of an event (EVT-01 … EVT-04).
pub fn detail_type(subject: &Subject) -> &'static str {
    detail_type_of(subject.kind())
}

/// `detail-type` of events of a kind.
pub fn detail_type_of(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Finding => "Security Hub Findings - Imported",
        EventKind::Ocsf => "Findings Imported V2",
        EventKind::Selected => "Security Hub Findings - Custom Action",
        EventKind::Results => "Security Hub Insight Results",
    }
}

/// `source` of all events.
pub const SOURCE: &str = "aws.securityhub";

/// An event as JSON: the envelope of EVT-10 with the finding as GetFindings returned it at that time (EVT-11). The id
/// is derived from the world's seed and the event's number, which is unique in a process.
pub fn write(event: &Event, ids: &IdSource) -> String {
    let Event { at, receiver, subject, .. } = event;
    format!(
        "{{\"version\":\"0\",\"id\":\"{}\",\"detail-type\":\"{}\",\"source\":\"{SOURCE}\",\"account\":\"{}\",\
         \"time\":\"{}\",\"region\":{},\"resources\":[{}],\"detail\":{}}}",
        id(event, ids),
        detail_type(subject),
        receiver.account,
        at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        quoted(receiver.region.as_str()),
        quoted(&resource(subject)),
        detail(subject),
    )
}

/// `id` of an event.
pub fn id(event: &Event, ids: &IdSource) -> String {
    ids.uuid_of(&format!("event/{}", event.number))
}

/// The only entry of `resources`: `ProductArn/Id` of the finding, its `metadata.uid` in OCSF, or the ARN of the custom action (EVT-64).
pub fn resource(subject: &Subject) -> String {
    match subject {
        Subject::Finding(finding) => {
            let finding = Finding::stored(finding.as_bytes());
            let text = |name: &str| {
                finding
                    .string(name)
                    .or_report("a stored finding has all required members")
                    .unwrap_or_default()
                    .into_owned()
            };
            format!("{}/{}", text("ProductArn"), text("Id"))
        }
        Subject::Ocsf(finding) => finding.uid.clone(),
        Subject::Selected(action, _) | Subject::Results(action, _) => action.arn.clone(),
    }
}

/// The member `detail` as JSON.
pub fn detail(subject: &Subject) -> String {
    match subject {
        Subject::Finding(finding) => format!("{{{}}}", findings(finding.as_bytes())),
        Subject::Ocsf(finding) => format!("{{{}}}", findings(&finding.document)),
        Subject::Selected(action, finding) => format!("{{{},{}}}", action_detail(action), findings(finding.as_bytes())),
        Subject::Results(action, report) => format!("{{{},{}}}", action_detail(action), results(report)),
    }
}

/// The finding on one line, because readers of streams and files separate events by line feeds. JSON has line breaks
/// only between tokens.
fn findings(document: &[u8]) -> String {
    let text = format!("\"findings\":[{}]", String::from_utf8_lossy(document));
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_some() { text.replace(['\n', '\r'], "") } else { text }
}

/// Name and description of the custom action (EVT-60).
fn action_detail(action: &UsedAction) -> String {
    format!("\"actionName\":{},\"actionDescription\":{}", quoted(&action.name), quoted(&action.description))
}

/// The insight and its results. The number of results is a string, the counts of findings are numbers (EVT-61 …
/// EVT-63).
fn results(report: &InsightReport) -> String {
    let InsightReport { arn, name, group_by_attribute, values } = report;
    let values: Vec<Value> = values.iter().map(|(value, count)| json!({ value.as_str(): count })).collect();
    format!(
        "\"insightArn\":{},\"insightName\":{},\"resultType\":{},\"number of results\":\"{}\",\"insightResults\":{}",
        quoted(arn),
        quoted(name),
        quoted(group_by_attribute),
        values.len(),
        Value::from(values),
    )
}
