//! Injects faults: decides about a call before it runs, and replaces its response.

use std::cell::LazyCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderValue, Response};
use securityhub_fixtures::Operation;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::time::sleep;

use super::answering::ApiRequest;
use super::{Service, TimeBudget};
use crate::aws_error::{AwsError, ErrorCode};
use crate::call_facts::{Facts, SECURITY_HUB};
use crate::domain::caller::Caller;
use crate::faults::{Decision, Effect, FaultAnswer, Subject, WireFault, rates};
use crate::neighbours;
use crate::state::{FaultWire, TestTag, World};
use crate::wire::failure::{Failure, pause};
use crate::wire::{answer, encoding, input, route, sent};

#[cfg(test)]
mod tests;

/// The response header with the ID of the fault that changed the response.
const FAULT: HeaderName = HeaderName::from_static("x-emulator-fault");

impl Service {
    /// Evaluates faults and rate limits for a call, and waits for the latency of the faults that fire. Returns the facts
    /// about the call with the decision; `None` if neither faults nor rate limits are active.
    ///
    /// # Errors
    /// The response to a call whose decision panicked.
    pub(super) async fn evaluate_faults(
        &self,
        request: &Arc<ApiRequest>,
    ) -> Result<Option<Facts>, Box<Response<Bytes>>> {
        if !self.has_faults() {
            return Ok(None);
        }
        // Verifying, decoding and parsing a long body takes too long for the thread that serves connections.
        let lane = self.lane(request).filter(|_| request.is_long() && request.source.is_some());
        let facts = match lane {
            None => self.facts_with_decision(request)?,
            Some(lane) => {
                let (service, of_lane) = (self.clone(), Arc::clone(request));
                let decided = self.0.lanes.run(lane, move || service.facts_with_decision(&of_lane)).await;
                // A lane does not run anything during a shutdown. The call has no decision then, and is refused later.
                decided.unwrap_or_else(|| Ok(self.facts(request)))?
            }
        };
        let latency = facts.decision.as_ref().map(|decision| decision.latency);
        if let Some(latency) = latency.filter(|latency| !latency.is_zero()) {
            match request.source {
                Some(_) => sleep(latency).await,
                None => pause(latency).await,
            }
        }
        Ok(Some(facts))
    }

    /// Returns whether faults or rate limits are active.
    pub(super) fn has_faults(&self) -> bool {
        let faults = self.0.served.faults();
        faults.is_active() || faults.has_rate_limits()
    }

    /// The facts about a call, with the decision about its faults.
    ///
    /// # Errors
    /// The response to a call whose decision panicked.
    pub(super) fn facts_with_decision(&self, request: &ApiRequest) -> Result<Facts, Box<Response<Bytes>>> {
        let mut facts = self.facts(request);
        let decided = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            self.call_hook("faults");
            self.decide(request, &mut facts)
        }));
        let Ok(decision) = decided else {
            let mut response = self.answer_panic(request, &facts);
            self.observe(&facts, &request.parts, &request.body, &mut response);
            return Err(Box::new(response));
        };
        facts.decision = decision;
        self.meter_faults(&facts);
        Ok(facts)
    }

    /// The decision about a call. Calls whose signature, path or body is refused are not subject to faults (CPL-34).
    fn decide(&self, request: &ApiRequest, facts: &mut Facts) -> Option<Decision> {
        let ApiRequest { parts, body, route, .. } = request;
        // A call with an invalid tag is refused later.
        if facts.invalid_tag.is_some() {
            return None;
        }
        let world = self.world();
        facts.epoch = Some(world.epoch());
        let caller = self.identify(&world, parts, body, facts).ok()?;
        let body = encoding::decode(parts, body, route::BODY_LIMIT).ok()?;
        if input::is_too_large(parts, &body, route::BODY_LIMIT) {
            return None;
        }
        let operation = match route {
            _ if facts.service != SECURITY_HUB => None,
            Ok(route) if is_json(&body) => Some(route.operation),
            _ => return None,
        };
        facts.caller = Some(caller.clone());
        if let Some(decision) = operation.and_then(|operation| self.limit_rate(&world, &caller, operation)) {
            return Some(decision);
        }
        let name = match operation {
            Some(operation) => operation.name().to_owned(),
            None => neighbours::operation(&facts.service, parts, &body).unwrap_or_default(),
        };
        let input = LazyCell::new(|| {
            let labels = route.as_ref().map(|route| route.labels.as_slice()).unwrap_or_default();
            let query = parts.uri.query().unwrap_or_default();
            operation.map_or(Value::Null, |operation| sent::members(operation, labels, query, &body))
        });
        let subject = Subject {
            service: &facts.service,
            operation,
            name: &name,
            account: caller.account(),
            region: &caller.region,
            test: facts.test.as_ref().map(TestTag::as_str),
            input: &input,
        };
        self.0.served.faults().decide(&subject)
    }

    /// Refuses a call that exceeds the rate limit of its operation. Rate limits precede all faults (CPL-41).
    fn limit_rate(&self, world: &World, caller: &Caller, operation: Operation) -> Option<Decision> {
        if !self.0.served.faults().has_rate_limits() {
            return None;
        }
        let AwsError { code, status, message, .. } = rates::admit(world, caller, operation).err()?;
        let answer = FaultAnswer { code: code.name().into(), status, message: message.into_owned() };
        Some(Decision::refusal(rates::RATE_LIMIT, answer))
    }

    /// Answers a call and applies the decision about its faults.
    pub(super) fn answer_with_faults(
        &self,
        request: &ApiRequest,
        facts: &mut Facts,
        budget: TimeBudget,
    ) -> Option<Response<Bytes>> {
        let Some(decision) = facts.decision.clone() else { return self.answer(request, facts, budget) };
        let answered = if decision.takes_effect() { Some(self.answer(request, facts, budget)?) } else { None };
        let id = decision.id().map(ToString::to_string).unwrap_or_default();
        let request_id = facts.request_id.as_str();
        tracing::info!(fault = id, request_id, "a fault was injected");
        let mut response = match (decision.effect, answered) {
            (Some(Effect::Error(error)), _) => refuse(&error, request, facts),
            (Some(Effect::Wire(fault)), answered) => {
                let mut response = answered.unwrap_or_else(|| answer::error(&broken(&id), request_id));
                response.extensions_mut().insert(failure(fault));
                response
            }
            (None | Some(Effect::Partial(_)), Some(response)) => response,
            (None | Some(Effect::Partial(_)), None) => answer::error(&broken(&id), request_id),
        };
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(FAULT, id);
        }
        Some(response)
    }
}

/// The failure of the connection that a fault causes.
fn failure(fault: WireFault) -> Failure {
    match fault.kind {
        FaultWire::Reset => Failure::Reset,
        FaultWire::Empty => Failure::Empty,
        FaultWire::Garbage => Failure::Garbage,
        FaultWire::Truncate => Failure::Truncate,
        FaultWire::Dribble => Failure::Dribble(fault.over),
        FaultWire::Hang => Failure::Hang,
    }
}

/// Returns whether a body is empty or valid JSON. A call with any other body is refused later.
fn is_json(body: &Bytes) -> bool {
    body.is_empty() || serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

/// The error of a fault, in the protocol of the service.
fn refuse(error: &FaultAnswer, request: &ApiRequest, facts: &Facts) -> Response<Bytes> {
    let FaultAnswer { code, status, message } = error.clone();
    let error = AwsError::new(ErrorCode::InternalException, message).with_status(status).with_code(code);
    if facts.service == SECURITY_HUB {
        return answer::error(&error, &facts.request_id);
    }
    neighbours::refuse(&facts.service, &request.parts, &error, &facts.request_id)
}

/// The error in place of a response that is not sent because the connection fails. Only in-process callers see it.
fn broken(id: &str) -> AwsError {
    let message = format!("The connection fails because of the fault {id}");
    AwsError::new(ErrorCode::ServiceUnavailableException, message)
}
