//! The compact form in which calls are recorded.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HeaderName, USER_AGENT};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Response};
use jiff::Timestamp;
use securityhub_fixtures::Operation;

use super::redact::{self, Scope};
use super::texts::{Field, NewTexts, Texts};
use crate::call_facts::{Facts, SECURITY_HUB};
use crate::neighbours::operation as operation_of_neighbour;
use crate::state::AccountId;
use crate::wire::body::TooLarge;
use crate::wire::encoding;

/// Maximum size of a recorded body, in bytes (CPL-21).
pub(super) const MAX_BODY: usize = 1024 * 1024;
/// Maximum size of a body that is copied into the record, in bytes.
const SHORT_BODY: usize = 4096;
/// Overhead of an allocation, in bytes.
const ALLOCATION: usize = 16;
/// The response header that contains the error code.
static ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
/// The request header that contains the ID of a distributed trace.
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A call to record.
#[derive(Debug)]
pub struct NewCall<'c> {
    /// Facts about the call, such as its caller.
    pub facts: &'c Facts,
    /// Method, path and headers.
    pub parts: &'c Parts,
    /// The body as it was sent.
    pub body: &'c Bytes,
    /// The response; `None` if a fault suppressed it. The memory of a long body is shared, after spare memory is
    /// released.
    pub response: Option<&'c mut Response<Bytes>>,
    /// The ID of the fault that changed the call.
    pub fault: Option<&'c str>,
    /// The time on the world's clock.
    pub time: Timestamp,
}

/// The storage of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// The body is one of the texts of the record, unless it is empty.
    Short,
    /// The body has its own memory.
    Long(Bytes),
    /// The body is not stored, because it is too long.
    TooLong,
}

/// The bodies of a call of which at least one is not short.
#[derive(Debug)]
pub(super) struct Bodies {
    pub input: Body,
    pub output: Body,
}

impl Bodies {
    /// The memory that the bodies need, in bytes.
    pub fn size(&self) -> usize {
        let long = |body: &Body| match body {
            Body::Long(bytes) => bytes.len() + 2 * ALLOCATION,
            Body::Short | Body::TooLong => 0,
        };
        size_of::<Bodies>() + 2 * ALLOCATION + long(&self.input) + long(&self.output)
    }
}

/// Size of the part of a record before its texts, in bytes.
const FIXED: usize = 40;
/// The number of a call that is not an operation of Security Hub.
const NO_OPERATION: u8 = u8::MAX;

/// A record to write. Only the bodies of the few operations with secrets are parsed.
#[derive(Debug)]
pub(super) struct NewRecord<'r> {
    fixed: [u8; FIXED],
    texts: NewTexts<'r>,
    /// The bodies, if one of them is not short.
    pub bodies: Option<Arc<Bodies>>,
}

impl NewRecord<'_> {
    /// The number of bytes that [`NewRecord::write`] appends.
    pub fn size(&self) -> usize {
        FIXED + self.texts.size()
    }

    /// Appends the record.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.fixed);
        self.texts.write(bytes);
    }
}

/// Creates the record of a call and passes it to `store`.
pub(super) fn record<R>(call: NewCall<'_>, store: impl FnOnce(NewRecord<'_>) -> R) -> R {
    let NewCall { facts, parts, body, response, fault, time } = call;
    let service = &*facts.service;
    let scope = Scope::of(service, facts.operation);
    let other_operation = (service != SECURITY_HUB).then(|| operation_of_neighbour(service, parts, body)).flatten();
    let path = redact::path(parts.uri.path_and_query().map_or("/", PathAndQuery::as_str));
    // Secrets in an encoded body can only be found after it is decoded.
    let is_encoded = scope != Scope::None && parts.headers.contains_key(CONTENT_ENCODING);
    let decoded = if is_encoded { encoding::decode(parts, body, MAX_BODY).ok() } else { None };
    let redacted = scope.redact(within_limit(decoded.as_ref().unwrap_or(body))).map(Bytes::from);
    let is_decoded = decoded.is_some() && redacted.is_some();
    let input = redacted.as_ref().unwrap_or(body);
    let is_cut = parts.extensions.get::<TooLarge>().is_some();
    let status = response.as_ref().map_or(0, |response| response.status().as_u16());
    let failed = response.as_ref().filter(|_| status >= 400);
    let error = failed.and_then(|response| response.headers().get(&ERROR_TYPE)).cloned();
    let output = response.map(|response| {
        let redacted = scope.redact(within_limit(response.body())).map(Bytes::from);
        redacted.unwrap_or_else(|| share(response.body_mut()))
    });
    let output = output.unwrap_or_default();
    let caller = facts.caller.as_ref();
    let header = |name: &HeaderName| parts.headers.get(name).map(HeaderValue::as_bytes);
    let mut texts = NewTexts::default();
    let mut set = |field, text| texts.set(field, text);
    set(Field::RequestId, Some(facts.request_id.as_bytes()));
    set(Field::Service, Some(service.as_bytes()));
    set(Field::Operation, other_operation.as_deref().map(str::as_bytes));
    set(Field::Method, Some(parts.method.as_str().as_bytes()));
    set(Field::Path, Some(path.as_bytes()));
    set(Field::Region, caller.map(|caller| caller.region.as_str().as_bytes()));
    set(Field::Principal, caller.map(|caller| caller.principal.arn.as_bytes()));
    set(Field::AccessKey, facts.access_key.as_deref().map(str::as_bytes));
    set(Field::Test, facts.test.as_ref().map(|tag| tag.as_str().as_bytes()));
    set(Field::UserAgent, header(&USER_AGENT));
    set(Field::Traceparent, header(&TRACEPARENT));
    set(Field::Fault, fault.map(str::as_bytes));
    set(Field::Via, facts.via.map(|via| via.as_str().as_bytes()));
    set(Field::Encoding, header(&CONTENT_ENCODING).filter(|_| !is_decoded));
    set(Field::ErrorCode, error.as_ref().map(HeaderValue::as_bytes));
    set(Field::Input, short(input));
    set(Field::Output, short(&output));
    // A request is copied, because its memory is part of a larger buffer or is counted as that of a request in
    // progress.
    let input = if is_cut { Body::TooLong } else { stored(input, |input| Bytes::copy_from_slice(input)) };
    let bodies = Bodies { input, output: stored(&output, Bytes::clone) };
    let are_short = bodies.input == Body::Short && bodies.output == Body::Short;
    let bodies = (!are_short).then(|| Arc::new(bodies));
    store(NewRecord { fixed: fixed(facts, status, time), texts, bodies })
}

/// The part of a record before its texts, which has a fixed size.
fn fixed(facts: &Facts, status: u16, time: Timestamp) -> [u8; FIXED] {
    let mut fixed = [0; FIXED];
    let mut rest = &mut fixed[..];
    let mut put = |bytes: &[u8]| {
        if let Some((place, after)) = std::mem::take(&mut rest).split_at_mut_checked(bytes.len()) {
            place.copy_from_slice(bytes);
            rest = after;
        }
    };
    put(&time.as_microsecond().to_le_bytes());
    put(&Timestamp::now().as_microsecond().to_le_bytes());
    put(&u64::try_from(facts.started.elapsed().as_nanos()).unwrap_or(u64::MAX).to_le_bytes());
    put(&status.to_le_bytes());
    put(&[facts.operation.map_or(NO_OPERATION, |operation| operation as u8)]);
    put(facts.caller.as_ref().map_or(&[0; 12], |caller| caller.principal.account.as_str().as_bytes()));
    fixed
}

/// A recorded call. [`super::render`] reads its texts and bodies.
#[derive(Debug)]
pub(super) struct CallRecord {
    pub time: Timestamp,
    pub real_time: Timestamp,
    pub duration: Duration,
    /// The operation of Security Hub.
    pub operation: Option<Operation>,
    pub account: Option<AccountId>,
    pub status: Option<u16>,
    bytes: Box<[u8]>,
    bodies: Option<Arc<Bodies>>,
}

impl CallRecord {
    /// Reads the bytes that [`NewRecord::write`] wrote.
    pub fn read(bytes: Box<[u8]>, bodies: Option<Arc<Bodies>>) -> CallRecord {
        let part = |start: usize, length: usize| bytes.get(start..start + length).unwrap_or_default();
        let number = |start| part(start, 8).try_into().map_or(0, u64::from_le_bytes);
        let time = |start| Timestamp::from_microsecond(number(start).cast_signed()).unwrap_or_default();
        let status = part(24, 2).try_into().map_or(0, u16::from_le_bytes);
        let operation = part(26, 1).first().map_or(NO_OPERATION, |operation| *operation);
        CallRecord {
            time: time(0),
            real_time: time(8),
            duration: Duration::from_nanos(number(16)),
            operation: Operation::ALL.get(usize::from(operation)).copied(),
            account: std::str::from_utf8(part(27, 12)).ok().and_then(AccountId::parse),
            status: (status > 0).then_some(status),
            bodies,
            bytes,
        }
    }

    fn texts(&self) -> Texts<'_> {
        Texts(self.bytes.get(FIXED..).unwrap_or_default())
    }

    /// The text of a field; `None` if it is absent or not UTF-8.
    pub fn text(&self, field: Field) -> Option<&str> {
        std::str::from_utf8(self.texts().bytes(field)?).ok()
    }

    /// The service in the scope of the signature.
    pub fn service(&self) -> &str {
        self.text(Field::Service).unwrap_or(SECURITY_HUB)
    }

    /// The name of the operation.
    pub fn operation_name(&self) -> Option<&str> {
        let own = self.operation.filter(|_| self.service() == SECURITY_HUB).map(Operation::name);
        own.or_else(|| self.text(Field::Operation))
    }

    /// Returns whether the body of the response was too long to be recorded.
    pub fn is_output_too_long(&self) -> bool {
        self.bodies.as_ref().is_some_and(|bodies| bodies.output == Body::TooLong)
    }

    /// The body of the request as the client sent it; empty for a request without a body, `None` if it was too long.
    pub fn input_body(&self) -> Option<&[u8]> {
        self.body(self.bodies.as_ref().map(|bodies| &bodies.input), Field::Input)
    }

    /// The body of the response.
    pub fn output_body(&self) -> Option<&[u8]> {
        self.body(self.bodies.as_ref().map(|bodies| &bodies.output), Field::Output)
    }

    fn body<'r>(&'r self, body: Option<&'r Body>, field: Field) -> Option<&'r [u8]> {
        match body {
            None | Some(Body::Short) => Some(self.texts().bytes(field).unwrap_or_default()),
            Some(Body::Long(bytes)) => Some(bytes),
            Some(Body::TooLong) => None,
        }
    }
}

/// The part of a body to search for secrets: the whole body, or nothing if it is too long to be recorded.
fn within_limit(body: &[u8]) -> &[u8] {
    if body.len() > MAX_BODY { &[] } else { body }
}

/// A short body; `None` if the body is empty or long.
fn short(body: &Bytes) -> Option<&[u8]> {
    (1..=SHORT_BODY).contains(&body.len()).then_some(body)
}

/// The storage of a body, which `copy` copies if it is long.
fn stored(body: &Bytes, copy: impl FnOnce(&Bytes) -> Bytes) -> Body {
    match body.len() {
        ..=SHORT_BODY => Body::Short,
        length if length <= MAX_BODY => Body::Long(copy(body)),
        _ => Body::TooLong,
    }
}

/// Clones a body that will be recorded. The memory of a long body is shared, after spare memory is released, because
/// copying a page of findings takes a considerable part of the time that it takes to read the page.
fn share(body: &mut Bytes) -> Bytes {
    if (SHORT_BODY + 1..=MAX_BODY).contains(&body.len()) {
        let length = body.len();
        *body = match std::mem::take(body).try_into_mut() {
            Ok(own) if own.capacity() <= length + length / 8 => own.freeze(),
            Ok(own) => {
                let mut bytes = Vec::from(own);
                bytes.shrink_to_fit();
                bytes.into()
            }
            Err(shared) => Bytes::copy_from_slice(&shared),
        };
    }
    body.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spare_memory_is_released_before_a_body_is_shared() {
        for (length, capacity) in [(10, 100), (5000, 5000), (5000, 20_000), (MAX_BODY + 1, 2 * MAX_BODY)] {
            let mut bytes = Vec::with_capacity(capacity);
            bytes.resize(length, b'x');
            let mut body = Bytes::from(bytes);
            let shared = share(&mut body);
            assert_eq!((shared.len(), &shared), (length, &body));
            drop(body);
            let spare = shared.try_into_mut().unwrap().capacity() - length;
            assert!(length <= SHORT_BODY || length > MAX_BODY || spare <= length / 8, "{length}: {spare}");
        }
        let whole = Bytes::from(vec![b'x'; 100_000]);
        let mut part = whole.slice(..5000);
        share(&mut part);
        assert_eq!(part.try_into_mut().unwrap().capacity(), 5000, "a part of a larger buffer is copied");
    }
}
