//! Answers requests for the dashboard, and implements [`Backend`], the interface of its pages to operations and the control
//! plane.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use securityhub_fixtures::Operation;
use securityhub_fixtures::model::Kind;
use serde_json::Value;

use super::answering::{self, ApiRequest};
use super::call::{self, Call};
use super::lanes::Lane;
use super::{Service, TimeBudget};
use crate::aws_error::AwsError;
use crate::call_facts::{Facts, Via};
use crate::control::Error;
use crate::dashboard::backend::{Backend, CountQuery};
use crate::dashboard::view::View;
use crate::dashboard::{self, Dashboard, live};
use crate::domain::caller::Caller;
use crate::domain::due;
use crate::domain::findings::counts::Counter;
use crate::domain::findings::lookup::{self, Found};
use crate::gate;
use crate::invariant::Invariant;
use crate::journal::{CallSummary, Filter};
use crate::metrics;
use crate::operations::{self, Context};
use crate::served::CallKind;
use crate::shape::read::{self, Document};
use crate::state::{AccountId, Region, World};
use crate::stream::{self, Subscription};
use crate::wire::payload::Payload;
use crate::wire::sent::{self, Sent};
use crate::wire::{answer, input, route};

/// Maximum number of attempts to read a world that keeps changing.
const ATTEMPTS: u32 = 5;

impl Service {
    /// Answers a request for the dashboard, and the request of a browser for `/`; `None` for any other request, and if
    /// the dashboard is turned off.
    pub(super) async fn answer_dashboard(
        &self,
        request: &Request<Bytes>,
        may_start_threads: bool,
    ) -> Option<Response<Payload>> {
        let pages = self.0.dashboard.as_ref()?;
        if dashboard::is_browser_at_root(request) {
            return Some(dashboard::to_dashboard().map(Payload::from));
        }
        if !route::is_dashboard(request.uri().path()) {
            return None;
        }
        if let Some(subscription) = live::subscription(request, &self.world()) {
            return Some(self.follow(pages, subscription, may_start_threads));
        }
        if !may_start_threads {
            return self.answer_dashboard_now(request).map(|response| response.map(Payload::from));
        }
        // A page counts findings, which may take some time.
        let (service, request) = (self.clone(), request.clone());
        let answered = self.0.lanes.run(Lane::Control, move || service.answer_dashboard_now(&request)).await;
        let answered =
            answered.unwrap_or_else(|| Some(plain(StatusCode::SERVICE_UNAVAILABLE, "The emulator is shutting down.")));
        answered.map(|response| response.map(Payload::from))
    }

    /// Opens the stream of events of a page. In process, it has the events that exist now.
    fn follow(
        &self,
        pages: &Dashboard,
        subscription: Result<Subscription, String>,
        may_start_threads: bool,
    ) -> Response<Payload> {
        let subscription = match subscription {
            Ok(subscription) => subscription,
            Err(sentence) => return plain(StatusCode::BAD_REQUEST, &sentence).map(Payload::from),
        };
        if !may_start_threads {
            return live::response(Payload::Whole(stream::read_now(&self.0.served, subscription).into()));
        }
        let opened = pages.streams.permit().and_then(|permit| {
            let messages = stream::open(self.0.served.clone(), subscription, permit)?;
            Some(live::response(Payload::Stream(messages)))
        });
        opened.unwrap_or_else(|| plain(StatusCode::SERVICE_UNAVAILABLE, live::TOO_MANY).map(Payload::from))
    }

    /// Answers a request for the dashboard on this thread.
    fn answer_dashboard_now(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let pages = self.0.dashboard.as_ref()?;
        let answered = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            self.call_hook(request.uri().path());
            dashboard::handle(pages, self, request)
        }));
        Some(answered.unwrap_or_else(|_| {
            let request_id = self.0.request_ids.uuid();
            self.record_panic(&request_id, request.method().as_str(), request.uri().path());
            let text = format!("Internal error; see the log for details of request {request_id}.");
            plain(StatusCode::INTERNAL_SERVER_ERROR, &text)
        }))
    }

    /// The caller of the calls of a view.
    fn caller_of(view: &View, world: &World) -> Caller {
        Caller::local_user(view.account, view.region.clone(), world.clock.now())
    }

    /// Does pending work that is due, then runs `answer` as the account of a view, and repeats both if the world changes
    /// meanwhile.
    fn read_as<R>(
        &self,
        view: &View,
        mut answer: impl FnMut(&World, Caller) -> Result<R, AwsError>,
    ) -> Result<R, AwsError> {
        let world = self.world();
        let caller = Service::caller_of(view, &world);
        let read = || {
            call::read_consistently(&world, TimeBudget::Unlimited, ATTEMPTS, |now| {
                answer(&world, Caller { now, ..caller.clone() })
            })
        };
        let answered = self.0.served.record(CallKind::Reads, 0, read).flatten();
        answered.unwrap_or_else(|| Err(answering::internal_error(None)))
    }

    /// Answers a call of a view that writes, and records it in the journal.
    fn write_as(&self, view: &View, operation: Operation, input: &Value) -> Result<Bytes, AwsError> {
        let Sent { method, path, body } = sent::request(operation, input);
        let mut request = Request::new(Bytes::from(body.unwrap_or_default()));
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        *request.uri_mut() = path.parse().or_report("the path of an operation is valid").unwrap_or_default();
        let request = ApiRequest::new(request, None);
        let mut facts = Facts::new(self.0.request_ids.uuid(), Some(operation), Ok(None));
        facts.via = Some(Via::Dashboard);
        let kind = answering::call_kind(&request);
        let answered = self.0.served.record(kind, request.body.len(), || {
            let world = self.world();
            facts.epoch = Some(world.epoch());
            let caller = &*facts.caller.insert(Service::caller_of(view, &world));
            let labels = request.route.as_ref().map_or(&[][..], |route| &route.labels);
            let (parts, body) = (&request.parts, &request.body);
            let call = Call { operation, labels, parts, body, source: None, failing: None, test: None };
            call.answer(&world, caller, TimeBudget::Unlimited)
        });
        let answered = match answered {
            Some(Ok(Some(operations::Answer(body)))) => Ok(body),
            Some(Err(error)) => Err(error),
            Some(Ok(None)) | None => Err(answering::internal_error(Some(operation))),
        };
        self.0.timer.reschedule(&self.world());
        let id = facts.request_id.as_str();
        let mut response = match &answered {
            Ok(body) => answer::success(operation.model().status, id, body.clone()),
            Err(error) => answer::error(error, id),
        };
        self.record_in_journal(&facts, &request.parts, &request.body, &mut response);
        answered
    }
}

impl Backend for Service {
    fn world(&self) -> Arc<World> {
        let world = Service::world(self);
        _ = self.0.served.record(CallKind::Reads, 0, || due::run(&world, world.clock.now()));
        world
    }

    fn default_account(&self) -> AccountId {
        self.0.settings.default_account
    }

    fn default_region(&self) -> Region {
        self.0.settings.default_region.clone()
    }

    fn read(&self, view: &View, operation: Operation, input: &Value) -> Result<Value, AwsError> {
        let text = input.to_string();
        let answer = self.read_as(view, |world, caller| {
            let input = gate::enter(world, &caller, None, operation, document(operation, &text)?)?;
            operations::call(&Context { world, caller, test: None }, operation, input)
        })?;
        parsed(operation, &answer.0)
    }

    fn token_after(&self, view: &View, input: &Value, count: usize) -> Result<Option<String>, AwsError> {
        let (operation, text) = (Operation::GetFindings, input.to_string());
        self.read_as(view, |world, caller| {
            let input = gate::enter(world, &caller, None, operation, document(operation, &text)?)?;
            operations::findings::token_after(&Context { world, caller, test: None }, input, count)
        })
    }

    fn count(&self, view: &View, query: &mut CountQuery<'_>) -> Result<(), AwsError> {
        let operation = Operation::GetFindings;
        self.read_as(view, |world, caller| {
            gate::enter(world, &caller, None, operation, document(operation, "{}")?)?;
            query(&Counter::new(world, &caller))
        })
    }

    fn find(&self, view: &View, product_arn: &str, id: &str) -> Result<Vec<Found>, AwsError> {
        let operation = Operation::GetFindings;
        self.read_as(view, |world, caller| {
            gate::enter(world, &caller, None, operation, document(operation, "{}")?)?;
            Ok(lookup::find(world, &caller, product_arn, id))
        })
    }

    fn write(&self, view: &View, operation: Operation, input: &Value) -> Result<Value, AwsError> {
        let body = self.write_as(view, operation, input)?;
        parsed(operation, &body)
    }

    fn control(&self, method: &Method, path: &str, body: &Value) -> Result<Value, Error> {
        let sent = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let mut request = Request::new(sent);
        *request.method_mut() = method.clone();
        *request.uri_mut() = path.parse().or_report("paths of the control plane are valid").unwrap_or_default();
        let response = self.answer_control_now(&request);
        let status = response.status();
        let body = match response.into_body() {
            Payload::Whole(body) => body,
            Payload::Stream(_) => Bytes::new(),
        };
        if status.is_success() {
            return Ok(serde_json::from_slice(&body).unwrap_or_default());
        }
        Err(Error::new(status.as_u16(), &body))
    }

    fn calls(&self, filter: &Filter, before: u64, limit: usize) -> Option<Vec<CallSummary>> {
        let journal = Some(self.0.served.journal()).filter(|journal| journal.is_on())?;
        Some(journal.summaries(filter, before, limit))
    }

    fn memory(&self) -> Option<u64> {
        metrics::memory()
    }

    fn scenario_files(&self) -> Vec<PathBuf> {
        self.0.scenario_files.clone()
    }
}

/// The input of an operation in the form in which the gate takes it.
fn document(operation: Operation, text: &str) -> Result<Document<'_>, AwsError> {
    let shape = operation.model().input;
    let document = match operations::entry(operation).per_item {
        Some(list) => read::body_with_items(shape, list, text),
        None => read::document(shape, text),
    };
    let mut document = document.map_err(|error| input::Rejection::NotJson(error.0).into_error(operation))?;
    if let Kind::Structure(structure) = &shape.shape().kind {
        read::missing(structure, &mut document);
    }
    Ok(document)
}

/// An answer as JSON; null if the operation answers nothing.
fn parsed(operation: Operation, body: &[u8]) -> Result<Value, AwsError> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| answering::internal_error(Some(operation)).caused_by(error))
}

/// A minimal response, if the page itself cannot be rendered.
fn plain(status: StatusCode, text: &str) -> Response<Bytes> {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let html = format!(
        "<!doctype html><html lang=\"en\"><title>{text}</title><main id=\"main\"><h1>{text}</h1></main></html>"
    );
    let mut response = Response::new(Bytes::from(html));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}
