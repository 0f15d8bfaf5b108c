//! The listed form of recorded calls (CPL-21).

use std::borrow::Cow;

use http::header::CONTENT_ENCODING;
use http::{Method, Request};
use schemars::JsonSchema;
use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::call::{CallRecord, MAX_BODY};
use super::texts::Field;
use crate::call_facts::SECURITY_HUB;
use crate::state::timestamp_text;
use crate::wire::{encoding, route, sent};

/// Maximum length of a response without findings, in bytes.
const MAX_EMPTY: usize = 4096;

/// A recorded call. Absent values are null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct RecordedCall {
    /// The number of the call. No other call gets the same number.
    pub number: u64,
    /// The time of the call on the emulator's clock.
    pub time: String,
    /// The time of the call on the system clock.
    pub real_time: String,
    /// The request ID in the response.
    pub request_id: String,
    /// The service in the signature, such as `securityhub`.
    pub service: String,
    /// The operation; null if no operation has this method and path.
    pub operation: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path and the query.
    pub path: String,
    /// The account of the caller.
    pub account: Option<String>,
    /// The Region of the call.
    pub region: Option<String>,
    /// The ARN of the caller.
    pub principal: Option<String>,
    /// The access key ID.
    pub access_key_id: Option<String>,
    /// The tag of the test.
    pub test: Option<String>,
    /// The header `User-Agent`.
    pub user_agent: Option<String>,
    /// The header `traceparent`.
    pub traceparent: Option<String>,
    /// The members of the input, from path, query and body; a string if the body is not a JSON object.
    pub input: Value,
    /// The status; null if a fault suppressed the response.
    pub status: Option<u16>,
    /// The code of the error.
    pub error_code: Option<String>,
    /// The message of the error.
    pub error_message: Option<String>,
    /// The output; a string if it is not JSON, null after an error.
    pub output: Value,
    /// The time from the arrival of the request to the response, in milliseconds.
    pub duration_ms: f64,
    /// The ID of the fault that changed the call.
    pub fault: Option<String>,
    /// `dashboard` for a call that a form of the dashboard has made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// The members that are null because they are longer than 1 MiB: `Input`, `Output` or both.
    pub truncated: Vec<String>,
    /// The path that explains the call, for a call to GetFindings or GetFindingsV2 that returned no findings.
    pub explain: Option<String>,
}

impl RecordedCall {
    /// Parses a recorded call.
    pub(super) fn new(number: u64, call: &CallRecord) -> RecordedCall {
        let text = |field| call.text(field).map(str::to_owned);
        let is_error = call.status.is_some_and(|status| status >= 400);
        let is_output_cut = call.is_output_too_long().then(|| "Output".to_owned());
        let (input, is_input_cut) = match sent_body(call) {
            Some(body) => (input_of(call, &body), None),
            None => (Value::Null, Some("Input".to_owned())),
        };
        let output = if is_error { None } else { call.output_body().map(json_or_text) };
        RecordedCall {
            number,
            time: timestamp_text(call.time),
            real_time: timestamp_text(call.real_time),
            request_id: text(Field::RequestId).unwrap_or_default(),
            service: call.service().to_owned(),
            operation: call.operation_name().map(str::to_owned),
            method: text(Field::Method).unwrap_or_default(),
            path: text(Field::Path).unwrap_or_default(),
            account: call.account.map(|account| account.to_string()),
            region: text(Field::Region),
            principal: text(Field::Principal),
            access_key_id: text(Field::AccessKey),
            test: text(Field::Test),
            user_agent: text(Field::UserAgent),
            traceparent: text(Field::Traceparent),
            input,
            status: call.status,
            error_code: error_code(call).map(Cow::into_owned),
            error_message: is_error.then(|| error_message(call)).flatten(),
            output: output.unwrap_or_default(),
            duration_ms: (call.duration.as_secs_f64() * 1e6).round() / 1e3,
            fault: text(Field::Fault),
            via: text(Field::Via),
            truncated: is_input_cut.into_iter().chain(is_output_cut).collect(),
            explain: explain_path(number, call),
        }
    }
}

/// Returns the half of an operation whose calls can be explained: `Some(true)` for GetFindingsV2, `Some(false)` for
/// GetFindings, and `None` for other operations.
pub fn explained_operation(name: &str) -> Option<bool> {
    match Operation::by_name(name)? {
        Operation::GetFindings => Some(false),
        Operation::GetFindingsV2 => Some(true),
        _ => None,
    }
}

/// The path that explains a call to GetFindings or GetFindingsV2 that returned no findings; `None` for other calls.
pub(super) fn explain_path(number: u64, call: &CallRecord) -> Option<String> {
    call.operation_name().and_then(explained_operation)?;
    call.status.filter(|status| *status == 200)?;
    // A response without findings is short, and parsing a page of findings takes long.
    let body = call.output_body().filter(|body| body.len() <= MAX_EMPTY)?;
    let output: Value = serde_json::from_slice(body).ok()?;
    let is_empty = output.get("Findings")?.as_array()?.is_empty();
    is_empty.then(|| format!("/_emulator/requests/{number}/explain"))
}

/// The input of a call.
pub(super) fn input(call: &CallRecord) -> Value {
    sent_body(call).map(|body| input_of(call, &body)).unwrap_or_default()
}

/// The decoded body of a request; `None` if it is too long.
fn sent_body(call: &CallRecord) -> Option<Cow<'_, [u8]>> {
    let body = call.input_body()?;
    let Some(encoding) = call.text(Field::Encoding) else { return Some(body.into()) };
    let request = Request::builder().header(CONTENT_ENCODING, encoding).body(()).ok()?;
    match encoding::decode(&request.into_parts().0, &body.to_vec().into(), MAX_BODY) {
        Ok(decoded) => (decoded.len() <= MAX_BODY).then(|| decoded.to_vec().into()),
        // The call was refused because its body cannot be decoded.
        Err(_) => Some(body.into()),
    }
}

fn input_of(call: &CallRecord, body: &[u8]) -> Value {
    let path = call.text(Field::Path).unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let method = call.text(Field::Method).and_then(|method| method.parse::<Method>().ok()).unwrap_or_default();
    if call.service() == SECURITY_HUB
        && let Ok(route) = route::find(&method, path)
    {
        return sent::members(route.operation, &route.labels, query, body);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Value::Object(members),
        _ if body.is_empty() => Value::Null,
        _ => String::from_utf8_lossy(body).into_owned().into(),
    }
}

fn json_or_text(body: &[u8]) -> Value {
    match serde_json::from_slice(body) {
        Ok(value) => value,
        Err(_) if body.is_empty() => Value::Null,
        Err(_) => String::from_utf8_lossy(body).into_owned().into(),
    }
}

/// The error code of a call, from the header or the body of its response.
pub(super) fn error_code(call: &CallRecord) -> Option<Cow<'_, str>> {
    call.status.filter(|status| *status >= 400)?;
    if let Some(code) = call.text(Field::ErrorCode) {
        return Some(code.into());
    }
    let body = call.output_body()?;
    let of_json = |members: Map<String, Value>| {
        let code = ["__type", "Code", "code"].iter().find_map(|name| members.get(*name)?.as_str().map(str::to_owned));
        code.map(|code| code.rsplit('#').next().unwrap_or_default().to_owned())
    };
    match serde_json::from_slice(body) {
        Ok(members) => of_json(members).map(Cow::Owned),
        Err(_) => element(body, "Code").map(Cow::Owned),
    }
}

fn error_message(call: &CallRecord) -> Option<String> {
    let body = call.output_body()?;
    match serde_json::from_slice::<Map<String, Value>>(body) {
        Ok(members) => ["Message", "message"].iter().find_map(|name| members.get(*name)?.as_str().map(str::to_owned)),
        Err(_) => element(body, "Message"),
    }
}

/// The text of the first XML element with a name.
fn element(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (content, _) = rest.split_once("</")?;
    quick_xml::escape::unescape(content).ok().map(Cow::into_owned)
}
