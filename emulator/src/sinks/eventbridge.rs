//! Deliveries to EventBridge: signed calls of `PutEvents` (FWD-01 … FWD-06).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::outcome::Outcome;
use super::queue::Message;
use crate::domain::events::envelope;
use crate::http_client::signature::{self, Scope};
use crate::http_client::{Failure, HttpUrl};
use crate::state::{Event, HubKey};

/// Maximum number of entries of a call.
pub const MAX_ENTRIES: usize = 10;
/// Maximum size of the entries of a call, in bytes. The newest text of the model allows 1 MB (FWD-03).
const MAX_SIZE: usize = 256 * 1024;
/// The size that EventBridge counts for `Time`.
const SIZE_OF_TIME: usize = 14;
/// The secret key, for receivers that check signatures.
const SECRET: &str = "test";
/// Error codes of entries that can be sent again (FWD-04).
const TEMPORARY: [&str; 2] = ["InternalFailure", "ThrottlingException"];
/// Maximum number of characters of an answer that an error shows.
const MAX_SHOWN: usize = 200;

/// Returns the number of leading messages that fit into one call; at least 1. All events of a call have the same
/// receiver.
pub fn batch_size(messages: &[Message]) -> usize {
    let receiver = messages.first().and_then(event).map(|event| &event.receiver);
    let mut size = 0;
    let fits = |message: &&Message| {
        let Some(event) = event(message).filter(|event| Some(&event.receiver) == receiver) else { return false };
        size += entry_size(event);
        size <= MAX_SIZE
    };
    messages.iter().take(MAX_ENTRIES).take_while(fits).count().max(1)
}

/// Returns the size of an entry as EventBridge computes it.
fn entry_size(event: &Event) -> usize {
    let texts = [envelope::SOURCE, envelope::detail_type(&event.subject)];
    let resource = envelope::resource(&event.subject).len();
    SIZE_OF_TIME + texts.map(str::len).iter().sum::<usize>() + resource + envelope::detail(&event.subject).len()
}

/// The bus and the source of entries.
#[derive(Clone, Copy, Debug)]
pub struct Naming<'n> {
    /// The name of the event bus.
    pub bus: &'n str,
    /// The text that replaces `aws` in the source.
    pub source_prefix: &'n str,
}

/// Sends events of one receiver in one call.
pub async fn deliver(url: &HttpUrl, naming: Naming<'_>, messages: Vec<Message>, client: &mut Client) -> Outcome {
    let events: Vec<&Event> = messages.iter().filter_map(event).collect();
    let Some(receiver) = events.first().map(|event| event.receiver.clone()) else {
        return Outcome::failed(messages.len(), "EventBridge only receives events");
    };
    let entries: Vec<Value> = events.iter().map(|event| entry(event, naming)).collect();
    let body = json!({ "Entries": entries }).to_string();
    let request = match request(url, &receiver, body.into()) {
        Ok(request) => request,
        Err(error) => return Outcome::failed(messages.len(), error.to_string()),
    };
    if tracing::enabled!(tracing::Level::DEBUG) {
        // EventBridge assigns other IDs, so the log connects both.
        messages.iter().for_each(log_id);
    }
    match client.exchange(url, request).await {
        Ok(response) => outcome(response.status(), response.body(), messages),
        Err(error) => Outcome::retry(messages, error),
    }
}

fn event(message: &Message) -> Option<&Event> {
    match message {
        Message::Event(event, _) => Some(event),
        Message::Announcement(_) => None,
    }
}

fn log_id(message: &Message) {
    if let Message::Event(event, ids) = message {
        tracing::debug!(number = event.number, id = envelope::id(event, ids), "forwarding");
    }
}

fn entry(event: &Event, naming: Naming<'_>) -> Value {
    let source = format!("{}{}", naming.source_prefix, envelope::SOURCE.trim_start_matches("aws"));
    json!({
        "Time": event.at.as_second(),
        "Source": source,
        "Resources": [envelope::resource(&event.subject)],
        "DetailType": envelope::detail_type(&event.subject),
        "Detail": envelope::detail(&event.subject),
        "EventBusName": naming.bus,
    })
}

/// Creates a call that is signed for the account and the Region of the receiver.
fn request(url: &HttpUrl, receiver: &HubKey, body: Bytes) -> Result<Request<Bytes>, Failure> {
    let request = Request::post("/")
        .header(CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-target", "AWSEvents.PutEvents")
        .body(body)?;
    let scope = Scope { service: "events", region: receiver.region.as_str() };
    let credentials = Credentials::new(receiver.account.as_str(), SECRET, None, None, "receiver");
    signature::sign(request, url.host(), scope, &credentials, SystemTime::now())
}

/// The response of `PutEvents`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    failed_entry_count: usize,
    entries: Vec<AnsweredEntry>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AnsweredEntry {
    error_code: Option<String>,
    error_message: Option<String>,
}

fn outcome(status: StatusCode, body: &[u8], messages: Vec<Message>) -> Outcome {
    let shown: String = String::from_utf8_lossy(body).chars().take(MAX_SHOWN).collect();
    if !status.is_success() {
        let outcome = if TEMPORARY.iter().any(|code| shown.contains(code)) {
            Outcome { status: Some(status.as_u16()), ..Outcome::retry(messages, "") }
        } else {
            Outcome::of_status(status, messages)
        };
        return Outcome { error: Some(format!("the receiver answered {status}: {shown}")), ..outcome };
    }
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        let failed = Outcome::failed(messages.len(), format!("the response is not a PutEvents response: {shown}"));
        return Outcome { status: Some(status.as_u16()), ..failed };
    };
    let mut outcome = Outcome { status: Some(status.as_u16()), ..Outcome::default() };
    if answer.failed_entry_count == 0 {
        outcome.delivered = messages.len();
        return outcome;
    }
    let entries = answer.entries.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
    for (message, entry) in messages.into_iter().zip(entries) {
        let AnsweredEntry { error_code, error_message } = entry.unwrap_or_default();
        let Some(code) = error_code else {
            outcome.delivered += 1;
            continue;
        };
        outcome.error = Some(format!("{code}: {}", error_message.unwrap_or_default()));
        if TEMPORARY.contains(&code.as_str()) {
            outcome.retry.push(message);
        } else {
            outcome.failed += 1;
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use securityhub_engine::Snapshot;

    use super::*;
    use crate::state::{AccountId, IdSource, OcsfFinding, Region, Subject};

    fn message(number: u64, size: usize) -> Message {
        let receiver = HubKey { account: AccountId::parse("111111111111").unwrap(), region: Region::new("eu-west-1") };
        let finding = OcsfFinding { uid: "u".to_owned(), document: vec![b' '; size] };
        let subject = Subject::Ocsf(Arc::new(finding));
        let at = "2026-03-04T05:06:07.9Z".parse().unwrap();
        Message::Event(Event { number, at, receiver, subject, test: None }, Arc::new(IdSource::new(0)))
    }

    fn numbers(messages: &[Message]) -> Vec<u64> {
        messages.iter().filter_map(event).map(|event| event.number).collect()
    }

    /// Rules: FWD-03.
    #[test]
    fn a_call_has_up_to_ten_entries_and_256_kb() {
        let sizes = |size: usize, count: u64| (0..count).map(|number| message(number, size)).collect::<Vec<_>>();
        for (size, expected) in [(1, 10), (26_000, 10), (27_000, 9), (100_000, 2), (200_000, 1), (400_000, 1)] {
            assert_eq!(batch_size(&sizes(size, 12)), expected, "{size}");
        }
        assert_eq!(batch_size(&sizes(1, 3)), 3);
        let Message::Event(event, _) = message(1, 5) else { panic!() };
        assert_eq!(
            entry_size(&event),
            14 + "aws.securityhub".len() + "Findings Imported V2".len() + 1 + "{\"findings\":[     ]}".len()
        );
    }

    /// Rules: FWD-02, FWD-05, FWD-06.
    #[test]
    fn an_entry_has_its_detail_as_text() {
        let document = br#"{"SchemaVersion":"2018-10-08","Id":"a","ProductArn":"arn"}"#;
        let Message::Event(event, _) = message(1, 0) else { panic!() };
        let event = Event { subject: Subject::Finding(Snapshot::copy(document)), ..event };
        let shown = entry(&event, Naming { bus: "default", source_prefix: "aws" });
        let detail = r#"{"findings":[{"SchemaVersion":"2018-10-08","Id":"a","ProductArn":"arn"}]}"#;
        let expected = json!({
            "Time": 1_772_600_767, "Source": "aws.securityhub", "Resources": ["arn/a"],
            "DetailType": "Security Hub Findings - Imported", "Detail": detail, "EventBusName": "default",
        });
        assert_eq!(shown, expected);
        let shown = entry(&event, Naming { bus: "own", source_prefix: "local" });
        assert_eq!((&shown["Source"], &shown["EventBusName"]), (&json!("local.securityhub"), &json!("own")));
    }

    /// Rules: FWD-01.
    #[test]
    fn a_call_is_signed_for_its_receiver() {
        let url = HttpUrl::read("http://127.0.0.1:5000", "").unwrap();
        let receiver = HubKey { account: AccountId::parse("111111111111").unwrap(), region: Region::new("eu-west-1") };
        let request = request(&url, &receiver, "{}".into()).unwrap();
        let header = |name: &str| request.headers()[name].to_str().unwrap();
        assert_eq!((request.method().as_str(), request.uri().path(), header("host")), ("POST", "/", "127.0.0.1:5000"));
        assert_eq!(header("x-amz-target"), "AWSEvents.PutEvents");
        assert_eq!(header("content-type"), "application/x-amz-json-1.1");
        let authorization = header("authorization");
        assert!(authorization.contains("Credential=111111111111/"), "{authorization}");
        assert!(authorization.contains("/eu-west-1/events/aws4_request"), "{authorization}");
    }

    /// Rules: FWD-04.
    #[test]
    fn only_temporary_failures_of_entries_are_sent_again() {
        let batch = || (1..=5).map(|number| message(number, 1)).collect::<Vec<_>>();
        let body = json!({ "FailedEntryCount": 3, "Entries": [
            { "EventId": "1" }, { "ErrorCode": "ThrottlingException", "ErrorMessage": "slow" },
            { "ErrorCode": "MalformedDetail", "ErrorMessage": "bad" }, { "ErrorCode": "InternalFailure" }, { "EventId": "5" },
        ] });
        let part = outcome(StatusCode::OK, body.to_string().as_bytes(), batch());
        assert_eq!((part.delivered, part.failed, numbers(&part.retry)), (2, 1, vec![2, 4]));
        assert_eq!((part.status, part.error.as_deref()), (Some(200), Some("InternalFailure: ")));
        let all = outcome(StatusCode::OK, br#"{"FailedEntryCount":0,"Entries":[]}"#, batch());
        assert_eq!((all.delivered, all.failed, all.retry.len(), all.error), (5, 0, 0, None));
        let other = outcome(StatusCode::OK, b"hello", batch());
        assert_eq!(
            (other.failed, other.error.as_deref()),
            (5, Some("the response is not a PutEvents response: hello"))
        );
        let refused = outcome(StatusCode::BAD_REQUEST, br#"{"__type":"ValidationException"}"#, batch());
        assert_eq!((refused.failed, refused.retry.len(), refused.status), (5, 0, Some(400)));
        for (status, body) in [(400, r#"{"__type":"ThrottlingException"}"#), (503, ""), (429, ""), (408, "")] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(numbers(&outcome(status, body.as_bytes(), batch()).retry), [1, 2, 3, 4, 5], "{status}");
        }
    }
}
