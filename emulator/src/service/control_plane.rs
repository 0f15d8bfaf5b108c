//! Answers calls of the control plane, including calls that wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::{Instant, sleep, timeout_at};

use super::Service;
use super::lanes::Lane;
use crate::aws_error::{AwsError, ErrorCode};
use crate::control::{self, InProcess, Memory, Pending};
use crate::served::notifications::Topic;
use crate::wire::payload::Payload;
use crate::wire::{answer, encoding, input, route};

/// Minimum time between two attempts of a waiting call, so that frequent signals do not keep a thread busy.
const ATTEMPT_INTERVAL: Duration = Duration::from_millis(5);

impl Service {
    /// Answers and counts a call of the control plane.
    pub(crate) async fn answer_control(&self, request: Request<Bytes>, may_start_threads: bool) -> Response<Payload> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.answer_waiting_control(request, may_start_threads).await;
        let route = control::route_path(&path);
        self.0.served.metrics().controlled(method.as_str(), route, response.status().as_u16());
        response
    }

    /// Answers a call of the control plane. A call whose response is [`Pending`] is attempted again after each signal, until
    /// its response is complete or its time has elapsed (CPL-12). Between attempts it holds neither a thread nor a lock.
    async fn answer_waiting_control(&self, mut request: Request<Bytes>, may_start_threads: bool) -> Response<Payload> {
        let lane =
            (may_start_threads && !control::is_light(request.method(), request.uri().path())).then_some(Lane::Control);
        request.extensions_mut().insert(Memory::default());
        if !may_start_threads {
            request.extensions_mut().insert(InProcess);
        }
        let request = Arc::new(request);
        let mut waiting = None;
        loop {
            let notifications = self.0.served.notifications();
            let signals = [Topic::Requests, Topic::Events, Topic::Sinks]
                .map(|topic| (topic, notifications.signal(topic).notified()));
            let mut response = self.attempt(&request, lane).await;
            let Some(Pending { time, topic }) = response.extensions_mut().remove() else { return response };
            if waiting.is_none() {
                let Some(place) = notifications.permit() else { return control::too_many_waits() };
                waiting = Some((place, Instant::now() + time));
            }
            let Some((_, ends_at)) = &waiting else { return response };
            let Some((_, signal)) = signals.into_iter().find(|(of, _)| *of == topic) else { return response };
            // The next attempt does work that becomes due while the call waits, because a service that is only called
            // in process has no task for it.
            let due = self.world().time_to_due().filter(|_| topic == Topic::Events);
            let has_news = tokio::select! {
                woken = timeout_at(*ends_at, signal) => woken.is_ok(),
                () = sleep_if(due) => true,
                () = notifications.stopped() => false,
            };
            if !has_news {
                return response;
            }
            sleep(ATTEMPT_INTERVAL).await;
        }
    }

    /// Attempts a call once, in its lane.
    async fn attempt(&self, request: &Arc<Request<Bytes>>, lane: Option<Lane>) -> Response<Payload> {
        let Some(lane) = lane else { return self.answer_control_now(request) };
        let (service, request) = (self.clone(), Arc::clone(request));
        let answered = self.0.lanes.run(lane, move || service.answer_control_now(&request)).await;
        answered.unwrap_or_else(|| {
            let error = AwsError::new(ErrorCode::ServiceUnavailableException, "the emulator is shutting down");
            answer::control_error(&error, &self.0.request_ids.uuid()).map(Payload::from)
        })
    }

    /// Answers a call of the control plane on this thread, without waiting.
    pub(crate) fn answer_control_now(&self, request: &Request<Bytes>) -> Response<Payload> {
        let (method, path) = (request.method(), request.uri().path());
        let answered = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            self.call_hook(path);
            match decoded(request) {
                Ok(request) => control::handle(&self.0.served, &request),
                Err(error) => answer::control_error(&error, &self.0.request_ids.uuid()).map(Payload::from),
            }
        }));
        let answered = answered.unwrap_or_else(|_| {
            let request_id = self.0.request_ids.uuid();
            self.record_panic(&request_id, method.as_str(), path);
            control::panic_response(&request_id).map(Payload::from)
        });
        self.0.timer.reschedule(&self.world());
        answered
    }
}

/// Completes after the given time. Without a time it never completes.
async fn sleep_if(time: Option<Duration>) {
    match time {
        Some(time) => sleep(time).await,
        None => std::future::pending().await,
    }
}

/// Decodes the body of a request.
fn decoded(request: &Request<Bytes>) -> Result<Request<Bytes>, AwsError> {
    let (parts, body) = request.clone().into_parts();
    let limit = route::body_limit(&parts.method, parts.uri.path());
    let body = encoding::decode(&parts, &body, limit)?;
    if input::is_too_large(&parts, &body, limit) {
        let message = format!("{}; send several smaller requests", input::too_large(limit));
        return Err(AwsError::invalid_input(message).with_status(413));
    }
    Ok(Request::from_parts(parts, body))
}
