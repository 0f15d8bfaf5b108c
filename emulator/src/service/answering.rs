//! Answers calls of an API: verifies the signature, decodes the body, and runs the operation of Security Hub or of
//! another service.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::request::Parts;
use http::{Request, Response};
use securityhub_fixtures::Operation;

use super::call::Call;
use super::{Service, TimeBudget};
use crate::aws_error::{AwsError, ErrorCode};
use crate::call_facts::{Facts, SECURITY_HUB};
use crate::domain::due;
use crate::faults::Decision;
use crate::journal::NewCall;
use crate::neighbours;
use crate::operations::{self, Answer, Handler, HubRule};
use crate::served::CallKind;
use crate::served::notifications::Topic;
use crate::wire::failure::Failure;
use crate::wire::route::{self, Route, Unroutable};
use crate::wire::{answer, encoding, identity, input};

/// A call with a longer body counts as heavy, in bytes.
const LONG_BODY: usize = 16 * 1024;

/// An API request with the route of its path.
pub(super) struct ApiRequest {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    pub(super) route: Result<Route, Unroutable>,
    /// The address of the client; `None` for an in-process caller.
    pub(super) source: Option<IpAddr>,
}

impl ApiRequest {
    pub(super) fn new(request: Request<Bytes>, source: Option<IpAddr>) -> ApiRequest {
        let (parts, body) = request.into_parts();
        let route = route::find(&parts.method, parts.uri.path());
        ApiRequest { parts, body, route, source }
    }

    /// Returns whether reading the body can take long.
    pub(super) fn is_long(&self) -> bool {
        self.body.len() > LONG_BODY || self.parts.headers.contains_key(CONTENT_ENCODING)
    }
}

impl Service {
    /// Answers a call, records it, and turns a panic into an internal error. Returns `None` if the call would take longer
    /// than `budget` allows; the call then has no effect and is not recorded.
    pub(super) fn answer_api(
        &self,
        request: &ApiRequest,
        facts: &mut Facts,
        budget: TimeBudget,
    ) -> Option<Response<Bytes>> {
        let ApiRequest { parts, body, .. } = request;
        let kind = call_kind(request);
        let answered = self.0.served.record(kind, body.len(), || {
            catch_unwind(AssertUnwindSafe(|| {
                #[cfg(test)]
                self.call_hook(parts.uri.path());
                self.answer_with_faults(request, facts, budget)
            }))
        });
        let mut response = match answered {
            Some(Ok(response)) => response,
            Some(Err(_)) => Some(self.answer_panic(request, facts)),
            None => {
                let AwsError { code, .. } = internal_error(facts.operation);
                let error = AwsError::new(code, "Internal server error: the data directory cannot be written");
                Some(refuse_caller(&error, parts, &facts.request_id))
            }
        }?;
        if kind != CallKind::Reads {
            self.0.timer.reschedule(&self.world());
        }
        self.observe(facts, parts, body, &mut response);
        Some(response)
    }

    /// The response; `None` if the call would take longer than `budget` allows.
    pub(super) fn answer(
        &self,
        request: &ApiRequest,
        facts: &mut Facts,
        budget: TimeBudget,
    ) -> Option<Response<Bytes>> {
        let ApiRequest { parts, body, route, source } = request;
        let world = self.world();
        facts.epoch = Some(world.epoch());
        if budget == TimeBudget::Unlimited {
            due::run(&world, world.clock.now());
        }
        let identified = self.identify(&world, parts, body, facts);
        let request_id = facts.request_id.as_str();
        let caller = match identified {
            Ok(caller) => &*facts.caller.insert(caller),
            Err(error) => return Some(refuse_caller(&error, parts, request_id)),
        };
        // The body is decoded only here, because the signature covers the bytes that were sent.
        let body = &match encoding::decode(parts, body, route::BODY_LIMIT) {
            Ok(body) => body,
            Err(error) => return Some(refuse_caller(&error, parts, request_id)),
        };
        let invalid_tag = facts.invalid_tag.clone();
        if facts.service != SECURITY_HUB {
            let is_too_large = input::is_too_large(parts, body, route::BODY_LIMIT);
            let reason = invalid_tag.or_else(|| is_too_large.then(|| input::too_large(route::BODY_LIMIT)));
            if let Some(message) = reason {
                return Some(refuse_caller(&AwsError::invalid_input(message), parts, request_id));
            }
            let call = neighbours::Call { service: &facts.service, caller, parts, body, request_id };
            return (budget == TimeBudget::Unlimited).then(|| neighbours::handle(&world, &call));
        }
        let Route { operation, labels } = match route {
            Ok(route) => route,
            Err(unroutable) => return Some(refuse(&unroutable.clone().into_error(parts), None, request_id)),
        };
        let operation = *operation;
        if let Some(message) = invalid_tag {
            return Some(refuse(&input::bad_request(operation, message), Some(operation), request_id));
        }
        let failing = facts.decision.as_ref().and_then(Decision::partial);
        let call = Call { operation, labels, parts, body, source: *source, failing, test: facts.test.as_ref() };
        match call.answer(&world, caller, budget).transpose()? {
            Ok(Answer(body)) => {
                #[cfg(debug_assertions)]
                assert_shape(operation, &body);
                tracing::info!(operation = operation.name(), request_id, "answered");
                Some(answer::success(operation.model().status, request_id, body))
            }
            Err(error) => {
                #[cfg(debug_assertions)]
                assert_declared(operation, &error);
                if operations::entry(operation).hub != HubRule::Own {
                    self.0.unknown_callers.report(&world, facts.access_key.as_deref(), caller);
                }
                Some(refuse(&error, Some(operation), request_id))
            }
        }
    }

    /// Records that a call panicked, and answers it (CPL-11).
    pub(super) fn answer_panic(&self, request: &ApiRequest, facts: &Facts) -> Response<Bytes> {
        self.record_panic(&facts.request_id, request.parts.method.as_str(), request.parts.uri.path());
        answer::error(&internal_error(facts.operation), &facts.request_id)
    }

    /// Counts and records an answered call. A panic does not change the response, because the call has taken effect
    /// (CPL-11).
    pub(super) fn observe(&self, facts: &Facts, parts: &Parts, body: &Bytes, response: &mut Response<Bytes>) {
        let guard = |observe: &mut dyn FnMut()| {
            if catch_unwind(AssertUnwindSafe(observe)).is_err() {
                self.record_panic(&facts.request_id, parts.method.as_str(), parts.uri.path());
            }
        };
        guard(&mut || {
            #[cfg(test)]
            self.call_hook("metrics");
            self.meter(facts, parts, body, response);
        });
        guard(&mut || {
            #[cfg(test)]
            self.call_hook("journal");
            self.record_in_journal(facts, parts, body, response);
        });
    }

    /// Records an answered call in the journal.
    pub(super) fn record_in_journal(&self, facts: &Facts, parts: &Parts, body: &Bytes, response: &mut Response<Bytes>) {
        let time = facts.caller.as_ref().map_or_else(|| self.world().clock.now(), |caller| caller.now);
        let served = &self.0.served;
        let fault = facts.fault().map(|id| &**id);
        // Some faults close the connection before any part of the response is sent.
        let is_sent = response.extensions().get().is_none_or(Failure::sends_response);
        let response = Some(response).filter(|_| is_sent);
        let call = NewCall { facts, parts, body, response, fault, time };
        if let Some(number) = served.journal().record(call) {
            served.note_request(number);
            served.notifications().signal(Topic::Requests).notify_waiters();
        }
    }
}

/// The kind of a call. Calls of other services are of an unknown kind, because only these services distinguish them.
pub(super) fn call_kind(request: &ApiRequest) -> CallKind {
    let Ok(route) = &request.route else { return CallKind::Unknown };
    match operations::entry(route.operation).run {
        Handler::Reads(_) | Handler::Missing => CallKind::Reads,
        Handler::Writes(_) | Handler::WritesFindings(_) => CallKind::Writes,
    }
}

/// Panics if a response does not match its output shape. Debug builds, and therefore all tests, then answer 500, because
/// the mismatch is a bug of this program. Release builds send the response, because the state has changed already.
#[cfg(debug_assertions)]
fn assert_shape(operation: Operation, body: &[u8]) {
    let violations = serde_json::from_slice(body)
        .map(|body: serde_json::Value| crate::shape::check::answer(operation.model().output, &body));
    let name = operation.name();
    assert!(
        matches!(&violations, Ok(found) if found.is_empty()),
        "the response of {name} violates its output shape: {violations:?}"
    );
}

/// Panics if an operation neither declares an error nor has it in `undeclared-errors.tsv`.
#[cfg(debug_assertions)]
fn assert_declared(operation: Operation, error: &AwsError) {
    let name = operation.name();
    let may = securityhub_fixtures::errors::may_answer(Some(operation), error.code.name(), error.status);
    assert!(may, "{name} returned an undeclared error: {error}");
}

/// An internal error, with the code of the operation's API version.
pub(super) fn internal_error(operation: Option<Operation>) -> AwsError {
    let code = match operation {
        Some(operation) if operation.answers_validation_exception() => ErrorCode::InternalServerException,
        _ => ErrorCode::InternalException,
    };
    AwsError::new(code, "Internal server error")
}

/// Refuses a caller in the protocol of the service it addresses.
fn refuse_caller(error: &AwsError, parts: &Parts, request_id: &str) -> Response<Bytes> {
    match identity::signature(parts) {
        Ok(Some(signature)) if signature.service != SECURITY_HUB => {
            neighbours::refuse(&signature.service, parts, error, request_id)
        }
        _ => refuse(error, None, request_id),
    }
}

fn refuse(error: &AwsError, operation: Option<Operation>, request_id: &str) -> Response<Bytes> {
    let operation = operation.map_or("-", Operation::name);
    if error.status >= 500 {
        tracing::error!(operation, request_id, %error, "failed");
    } else {
        tracing::info!(operation, request_id, %error, "refused");
    }
    answer::error(error, request_id)
}
