//! Recording of answered calls in the metrics (CPL-101).

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use super::Service;
use crate::aws_error::ErrorCode;
use crate::call_facts::{Facts, SECURITY_HUB};
use crate::faults::rates::RATE_LIMIT;
use crate::metrics::{Called, Outcome};
use crate::neighbours;
use crate::wire::{answer, failure};

impl Service {
    /// Records an answered call of an API.
    pub(super) fn meter(&self, facts: &Facts, parts: &Parts, body: &Bytes, response: &Response<Bytes>) {
        let metrics = self.0.served.metrics();
        if !metrics.is_on() {
            return;
        }
        let error = answer::error_code(response);
        let outcome = Outcome { status: failure::status(response), error, duration: facts.started.elapsed() };
        if facts.service == SECURITY_HUB {
            metrics.answered(Called::SecurityHub(facts.operation), &outcome);
        } else {
            // The client chooses the name of an unsupported operation, so this name must not become a label.
            let is_known = error != Some(ErrorCode::UnknownOperationException.name());
            let operation = if is_known { neighbours::operation(&facts.service, parts, body) } else { None };
            metrics.answered(Called::Neighbour(&facts.service, operation.as_deref()), &outcome);
        }
    }

    /// Records the faults that fired on a call.
    pub(super) fn meter_faults(&self, facts: &Facts) {
        let metrics = self.0.served.metrics();
        for fault in facts.decision.iter().flat_map(|decision| &decision.fired) {
            match facts.operation {
                Some(operation) if **fault == *RATE_LIMIT => metrics.rate_limited(operation),
                _ => metrics.fired(fault),
            }
        }
    }
}
