//! A recorded call in its compact form.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, USER_AGENT};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Response};
use jiff::Timestamp;
use securityhub_fixtures::Operation;

use super::redact::{self, Scope};
use super::texts::{Field, Texts};
use crate::neighbours;
use crate::observed::{Facts, SECURITY_HUB};
use crate::state::{AccountId, Region};
use crate::wire::body::TooLarge;

/// Longer bodies are not kept, in bytes (CPL-21).
pub(super) const MAX_BODY: usize = 1024 * 1024;
/// Bodies up to this length are copied into the texts of the call, in bytes.
const SHORT_BODY: usize = 4096;
/// What an allocation needs besides its content, in bytes.
const ALLOCATION: usize = 16;
/// The header of a response with the code of its error.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// A call to record.
#[derive(Debug)]
pub struct NewCall<'c> {
    /// What is known about it.
    pub facts: &'c Facts,
    /// Method, path and headers.
    pub parts: &'c Parts,
    /// The body as it was sent.
    pub body: &'c Bytes,
    /// The response; `None` if a fault left none. The memory of a long body is shared, after spare memory is released.
    pub response: Option<&'c mut Response<Bytes>>,
    /// The ID of the fault that the call met.
    pub fault: Option<&'c str>,
    /// The time of the world's clock.
    pub time: Timestamp,
}

/// Where a body is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// In the texts of the call, unless it is empty.
    Short,
    /// By itself.
    Long(Bytes),
    /// Nowhere, because it is too long.
    TooLong,
}

/// A call as it is kept. Recording it parses nothing, except for the few operations that have secrets.
#[derive(Debug)]
pub(super) struct CallRecord {
    pub time: Timestamp,
    pub real_time: Timestamp,
    pub duration: Duration,
    pub method: Method,
    /// The operation of Security Hub.
    pub operation: Option<Operation>,
    pub account: Option<AccountId>,
    pub region: Option<Region>,
    pub status: Option<u16>,
    pub input: Body,
    pub output: Body,
    pub texts: Texts,
}

impl CallRecord {
    /// Copies what is kept of a call.
    pub fn new(call: NewCall<'_>) -> CallRecord {
        let NewCall { facts, parts, body, response, fault, time } = call;
        let service = &*facts.service;
        let scope = Scope::of(service, facts.operation);
        let other_operation = (service != SECURITY_HUB).then(|| neighbours::operation(service, parts, body)).flatten();
        let path = redact::path(parts.uri.path_and_query().map_or("/", PathAndQuery::as_str));
        let input = scope.redact(within_limit(body)).map_or_else(|| body.clone(), Bytes::from);
        let is_cut = parts.extensions.get::<TooLarge>().is_some();
        let status = response.as_ref().map(|response| response.status().as_u16());
        let error = response.as_ref().and_then(|response| response.headers().get(ERROR_TYPE)).cloned();
        let output = response.map(|response| {
            let redacted = scope.redact(within_limit(response.body())).map(Bytes::from);
            redacted.unwrap_or_else(|| share(response.body_mut()))
        });
        let output = output.unwrap_or_default();
        let header = |name| parts.headers.get(name).map(HeaderValue::as_bytes);
        let caller = facts.caller.as_ref();
        let texts = Texts::new(&[
            (Field::RequestId, Some(facts.request_id.as_bytes())),
            (Field::Service, Some(service.as_bytes())),
            (Field::Operation, other_operation.as_deref().map(str::as_bytes)),
            (Field::Path, Some(path.as_bytes())),
            (Field::Principal, caller.map(|caller| caller.principal.arn.as_bytes())),
            (Field::AccessKey, facts.access_key.as_deref().map(str::as_bytes)),
            (Field::Test, facts.test.as_ref().map(|tag| tag.as_str().as_bytes())),
            (Field::UserAgent, parts.headers.get(USER_AGENT).map(HeaderValue::as_bytes)),
            (Field::Traceparent, header("traceparent")),
            (Field::Fault, fault.map(str::as_bytes)),
            (Field::Encoding, parts.headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes)),
            (Field::ErrorCode, error.as_ref().map(HeaderValue::as_bytes)),
            (Field::Input, short(&input)),
            (Field::Output, short(&output)),
        ]);
        CallRecord {
            time,
            real_time: Timestamp::now(),
            duration: facts.started.elapsed(),
            method: parts.method.clone(),
            operation: facts.operation,
            account: caller.map(|caller| caller.principal.account),
            region: caller.map(|caller| caller.region.clone()),
            status,
            // The memory of a request is part of a larger buffer, or counts as that of a request in progress.
            input: if is_cut { Body::TooLong } else { kept(&input, |input| Bytes::copy_from_slice(input)) },
            output: kept(&output, Bytes::clone),
            texts,
        }
    }

    /// The memory that it needs, in bytes.
    pub fn size(&self) -> usize {
        let long = |body: &Body| match body {
            Body::Long(bytes) => bytes.len() + 2 * ALLOCATION,
            Body::Short | Body::TooLong => 0,
        };
        size_of::<CallRecord>() + self.texts.len() + 3 * ALLOCATION + long(&self.input) + long(&self.output)
    }

    /// A text.
    pub fn text(&self, field: Field) -> Option<&str> {
        self.texts.text(field)
    }

    /// The service of the signature's scope.
    pub fn service(&self) -> &str {
        self.text(Field::Service).unwrap_or(SECURITY_HUB)
    }

    /// The name of the operation.
    pub fn operation_name(&self) -> Option<&str> {
        let own = self.operation.filter(|_| self.service() == SECURITY_HUB).map(Operation::name);
        own.or_else(|| self.text(Field::Operation))
    }

    /// The body of the request as it was sent; empty if there was none, `None` if it was too long.
    pub fn input_body(&self) -> Option<&[u8]> {
        self.body(&self.input, Field::Input)
    }

    /// The body of the response.
    pub fn output_body(&self) -> Option<&[u8]> {
        self.body(&self.output, Field::Output)
    }

    fn body<'r>(&'r self, body: &'r Body, field: Field) -> Option<&'r [u8]> {
        match body {
            Body::Short => Some(self.texts.bytes(field).unwrap_or_default()),
            Body::Long(bytes) => Some(bytes),
            Body::TooLong => None,
        }
    }
}

/// A body to search for secrets; nothing if it is not kept anyway.
fn within_limit(body: &[u8]) -> &[u8] {
    if body.len() > MAX_BODY { &[] } else { body }
}

/// The text of a short body.
fn short(body: &Bytes) -> Option<&[u8]> {
    (1..=SHORT_BODY).contains(&body.len()).then_some(body)
}

fn kept(body: &Bytes, keep: impl FnOnce(&Bytes) -> Bytes) -> Body {
    match body.len() {
        ..=SHORT_BODY => Body::Short,
        length if length <= MAX_BODY => Body::Long(keep(body)),
        _ => Body::TooLong,
    }
}

/// A clone of a body that will be kept. The memory of a long body is shared, after spare memory is released, because
/// copying a page of findings takes a considerable part of the time in which it is read.
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
            let kept = share(&mut body);
            assert_eq!((kept.len(), &kept), (length, &body));
            drop(body);
            let spare = kept.try_into_mut().unwrap().capacity() - length;
            assert!(length <= SHORT_BODY || length > MAX_BODY || spare <= length / 8, "{length}: {spare}");
        }
        let whole = Bytes::from(vec![b'x'; 100_000]);
        let mut part = whole.slice(..5000);
        share(&mut part);
        assert_eq!(part.try_into_mut().unwrap().capacity(), 5000, "a part of a larger buffer is copied");
    }
}
