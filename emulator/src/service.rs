//! The only entry point: takes a request and returns a response. This file connects the rooms and contains no rules.

use std::any::Any;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::Poll;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::request::Parts;
use http::{Request, Response};
use jiff::Timestamp;
#[cfg(test)]
use parking_lot::Mutex;
use securityhub_fixtures::{Operation, regions};

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::domain::due;
use crate::operations::{self, Answer, Handler, HubRule};
use crate::scenario::{Diagnostics, Scenario};
use crate::served::ServedWorld;
use crate::state::{AccountId, Credential, Directory, IdSource, Principal, Region, UnknownRegion, World};
use crate::wire::identity::{self, Signature};
use crate::wire::route::{self, Route, Unroutable};
use crate::wire::{age, answer, encoding, input, signature};
use crate::{control, neighbours};

mod call;
mod exported;
mod lanes;
mod strangers;
#[cfg(test)]
mod tests;

use call::Call;
pub use exported::{ExportTarget, S3Endpoint};
use lanes::{Lane, Lanes};
use strangers::Strangers;

/// The service name of Security Hub in a SigV4 scope.
const SECURITY_HUB: &str = "securityhub";
/// A call with a longer body counts as heavy, in bytes.
const LONG_BODY: usize = 16 * 1024;

/// The clock used to check the age of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureClock {
    /// The system clock, which clients sign with regardless of the world's clock (CPL-94).
    Machine,
    /// The world's clock, for clients that use it too.
    World,
    /// None: signatures of any age are accepted, such as those of recorded requests.
    Off,
}

/// Settings of a service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether unsigned requests are accepted, as calls of the default account.
    pub allow_anonymous: bool,
    /// Whether signatures are verified with the secret keys of the scenario.
    pub verify_signatures: bool,
    /// The clock used to check the age of verified signatures.
    pub signature_clock: SignatureClock,
    /// The Region of unsigned requests.
    pub default_region: Region,
    /// The account for access keys that are neither an account ID nor listed, unless the scenario sets one.
    pub default_account: AccountId,
    /// Number of events to keep, newest first; 0 disables events.
    pub events: usize,
    /// The number of log lines that could not be written.
    pub dropped_log_lines: Arc<AtomicU64>,
    /// Where jobs write the objects that they export.
    pub export_target: ExportTarget,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            allow_anonymous: false,
            verify_signatures: false,
            signature_clock: SignatureClock::Machine,
            default_region: Region::new("us-east-1"),
            default_account: AccountId::DEFAULT,
            events: 10_000,
            dropped_log_lines: Arc::default(),
            export_target: ExportTarget::Memory,
        }
    }
}

/// An emulated AWS endpoint. Clones share it.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    served: ServedWorld,
    settings: Settings,
    request_ids: IdSource,
    lanes: Lanes,
    strangers: Strangers,
    /// A test hook called at the start of each call with its path.
    #[cfg(test)]
    hook: Mutex<Option<tests::Hook>>,
}

/// The time that a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeBudget {
    /// A few hundred microseconds, without waiting for other calls.
    Short,
    /// Unlimited.
    Unlimited,
}

/// The signer of a request, and the service it addresses.
struct Identity {
    caller: Caller,
    service: String,
    /// The access key ID; `None` for an unsigned request.
    access_key: Option<String>,
}

impl Service {
    /// A service with the world of a scenario, or with an empty world.
    ///
    /// # Errors
    /// Errors of the scenario that only the domain detects.
    pub fn new(settings: Settings, scenario: Option<Scenario>) -> Result<Service, Diagnostics> {
        let start = scenario.as_ref().map(start_of).transpose()?.unwrap_or_default();
        let callers = (settings.default_account, settings.verify_signatures);
        let dropped = Arc::clone(&settings.dropped_log_lines);
        let sink = exported::sink(settings.export_target.clone());
        let served = ServedWorld::new(start, settings.events, callers, dropped, sink);
        Ok(Service(Arc::new(Inner {
            served,
            settings,
            request_ids: IdSource::new(0),
            lanes: Lanes::default(),
            strangers: Strangers::default(),
            #[cfg(test)]
            hook: Mutex::default(),
        })))
    }

    /// Serves the world of another scenario from now on, also after a reset.
    ///
    /// # Errors
    /// The errors of [`Service::new`]. The service is unchanged then.
    pub fn load(&self, scenario: &Scenario) -> Result<(), Diagnostics> {
        self.0.served.load(start_of(scenario)?);
        Ok(())
    }

    /// The world it serves.
    #[cfg(test)]
    pub(crate) fn served(&self) -> &ServedWorld {
        &self.0.served
    }

    /// The current world.
    pub fn world(&self) -> Arc<World> {
        self.0.served.world()
    }

    /// Checks that the Region of unsigned requests exists in AWS or is listed in the scenario.
    ///
    /// # Errors
    /// [`UnknownRegion`].
    pub fn check_default_region(&self) -> Result<(), UnknownRegion> {
        self.world().directory().region(self.0.settings.default_region.as_str()).map(|_| ())
    }

    /// Answers a request in process, on the caller's thread. It never fails or panics.
    pub async fn handle(&self, mut request: Request<Bytes>) -> Response<Bytes> {
        control::status::route_browser(&mut request);
        let route = route::find(request.method(), request.uri().path());
        self.respond(request, route, None, None).await
    }

    /// Answers a request from an address, which policies can refer to. Heavy work runs on a separate thread, so that
    /// the thread that serves connections stays available; it is not started if the future is dropped before. A call
    /// that turns out to be small, such as most pages of findings, is answered on the current thread, since handing it
    /// over would take longer than answering it.
    pub async fn serve(&self, mut request: Request<Bytes>, source: IpAddr) -> Response<Bytes> {
        control::status::route_browser(&mut request);
        let route = route::find(request.method(), request.uri().path());
        let Some(lane) = self.lane(&request, &route) else {
            return self.respond(request, route, Some(source), None).await;
        };
        let (parts, body) = request.into_parts();
        let request_id = match self.answer_quickly(&parts, &body, &route, source) {
            Ok(response) => return response,
            Err(request_id) => request_id,
        };
        let request = Request::from_parts(parts, body);
        let service = self.clone();
        let runtime = tokio::runtime::Handle::current();
        let work = move || runtime.block_on(service.respond(request, route, Some(source), request_id));
        let ended = || {
            let error = AwsError::new(ErrorCode::InternalException, "The emulator is shutting down");
            answer::error(&error, &self.0.request_ids.uuid())
        };
        self.0.lanes.run(lane, work).await.unwrap_or_else(ended)
    }

    /// Like [`Service::serve`], but without starting threads, for tests that control all threads.
    #[cfg(feature = "shuttle")]
    pub async fn serve_in_place(&self, request: Request<Bytes>, source: IpAddr) -> Response<Bytes> {
        let route = route::find(request.method(), request.uri().path());
        let (parts, body) = request.into_parts();
        match self.answer_quickly(&parts, &body, &route, source) {
            Ok(response) => response,
            Err(id) => self.respond(Request::from_parts(parts, body), route, Some(source), id).await,
        }
    }

    /// Answers a call that turns out to be small. Otherwise returns the request ID of the attempt, if there was one.
    fn answer_quickly(
        &self,
        parts: &Parts,
        body: &Bytes,
        route: &Result<Route, Unroutable>,
        source: IpAddr,
    ) -> Result<Response<Bytes>, Option<String>> {
        match route {
            Ok(found) if self.may_be_quick(found.operation, parts, body) => {
                let id = self.0.request_ids.uuid();
                let answered =
                    self.answer_catching_panics(parts, body, route.clone(), Some(source), &id, TimeBudget::Short);
                answered.ok_or(Some(id))
            }
            _ => Err(None),
        }
    }

    /// The lane in which a call runs; `None` to run it immediately on the thread that serves the connection.
    fn lane(&self, request: &Request<Bytes>, route: &Result<Route, Unroutable>) -> Option<Lane> {
        let lane = match route {
            _ if route::is_control(request.uri().path()) => {
                (!control::is_light(request.method(), request.uri().path())).then_some(Lane::Control)
            }
            Ok(Route { operation, .. }) => {
                let entry = operations::entry(*operation);
                let is_encoded = request.headers().contains_key(CONTENT_ENCODING);
                let is_heavy = entry.is_heavy || is_encoded || request.body().len() > LONG_BODY;
                is_heavy.then_some(match entry.run {
                    Handler::Reads(_) | Handler::Missing => Lane::Reads,
                    Handler::WritesFindings(_) => Lane::Findings,
                    Handler::Writes(_) => Lane::Relations,
                })
            }
            Err(_) => Some(Lane::Relations),
        };
        lane.or_else(|| {
            let world = self.world();
            world.is_due(world.clock.now()).then_some(Lane::Due)
        })
    }

    /// Whether it is worth trying a call of a heavy operation with a bounded amount of work.
    fn may_be_quick(&self, operation: Operation, parts: &Parts, body: &Bytes) -> bool {
        // A test hook may block.
        #[cfg(test)]
        if self.0.hook.lock().is_some() {
            return false;
        }
        let world = self.world();
        operations::entry(operation).quickly.is_some()
            && body.len() <= LONG_BODY
            && !parts.headers.contains_key(CONTENT_ENCODING)
            && !world.is_due(world.clock.now())
    }

    /// Answers with the given request ID or a new one.
    async fn respond(
        &self,
        request: Request<Bytes>,
        route: Result<Route, Unroutable>,
        source: Option<IpAddr>,
        request_id: Option<String>,
    ) -> Response<Bytes> {
        if route::is_control(request.uri().path()) {
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let answered = catch_panics(async {
                #[cfg(test)]
                self.call_hook(&path);
                let (parts, body) = request.into_parts();
                let limit = route::body_limit(&parts.method, parts.uri.path());
                let decoded = encoding::decode(&parts, &body, limit).and_then(|body| {
                    if input::is_too_large(&parts, &body, limit) {
                        let message = format!("{}; send several smaller requests", input::too_large(limit));
                        return Err(AwsError::invalid_input(message).with_status(413));
                    }
                    Ok(body)
                });
                match decoded {
                    Ok(body) => control::handle(&self.0.served, &Request::from_parts(parts, body)),
                    Err(error) => answer::control_error(&error, &self.0.request_ids.uuid()),
                }
            });
            return answered.await.unwrap_or_else(|_| {
                let request_id = self.0.request_ids.uuid();
                self.record_panic(&request_id, method.as_str(), &path);
                control::panic_response(&request_id)
            });
        }
        let (parts, body) = request.into_parts();
        let request_id = request_id.unwrap_or_else(|| self.0.request_ids.uuid());
        let answered = self.answer_catching_panics(&parts, &body, route, source, &request_id, TimeBudget::Unlimited);
        answered.unwrap_or_else(|| answer::error(&internal_error(None), &request_id))
    }

    /// Like [`Service::answer`], but a panic becomes an internal error.
    fn answer_catching_panics(
        &self,
        parts: &Parts,
        body: &Bytes,
        route: Result<Route, Unroutable>,
        source: Option<IpAddr>,
        request_id: &str,
        budget: TimeBudget,
    ) -> Option<Response<Bytes>> {
        let operation = route.as_ref().ok().map(|route| route.operation);
        let answered = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(test)]
            self.call_hook(parts.uri.path());
            self.answer(parts, body, route, source, request_id, budget)
        }));
        answered.unwrap_or_else(|_| {
            self.record_panic(request_id, parts.method.as_str(), parts.uri.path());
            Some(answer::error(&internal_error(operation), request_id))
        })
    }

    fn record_panic(&self, request_id: &str, method: &str, path: &str) {
        self.0.served.record_panic(request_id);
        // The tracing subscriber of an embedding program may be the one that panics.
        _ = catch_unwind(|| tracing::error!(request_id, method, path, "a request panicked"));
    }

    /// The response; `None` if the call would take longer than `budget` allows, in which case it has no effect.
    fn answer(
        &self,
        parts: &Parts,
        body: &Bytes,
        route: Result<Route, Unroutable>,
        source: Option<IpAddr>,
        request_id: &str,
        budget: TimeBudget,
    ) -> Option<Response<Bytes>> {
        let world = self.world();
        if budget == TimeBudget::Unlimited {
            due::run(&world, world.clock.now());
        }
        let identity = match self.identity(&world, parts, body) {
            Ok(identity) => identity,
            Err(error) => return Some(refuse_caller(&error, parts, request_id)),
        };
        // The body is decoded only here, because the signature covers the bytes that were sent.
        let body = &match encoding::decode(parts, body, route::BODY_LIMIT) {
            Ok(body) => body,
            Err(error) => return Some(refuse_caller(&error, parts, request_id)),
        };
        if identity.service != SECURITY_HUB {
            let Identity { caller, service, .. } = &identity;
            if input::is_too_large(parts, body, route::BODY_LIMIT) {
                let error = AwsError::invalid_input(input::too_large(route::BODY_LIMIT));
                return Some(refuse_caller(&error, parts, request_id));
            }
            let call = neighbours::Call { service, caller, parts, body, request_id };
            return (budget == TimeBudget::Unlimited).then(|| neighbours::handle(&world, &call));
        }
        let Route { operation, labels } = match route {
            Ok(route) => route,
            Err(unroutable) => return Some(refuse(&unroutable.into_error(parts), None, request_id)),
        };
        let call = Call { operation, labels: &labels, parts, body, source };
        match call.answer(&world, &identity.caller, budget).transpose()? {
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
                    self.0.strangers.report(&world, identity.access_key.as_deref(), &identity.caller);
                }
                Some(refuse(&error, Some(operation), request_id))
            }
        }
    }

    /// The caller and the service it addresses.
    fn identity(&self, world: &World, parts: &Parts, body: &Bytes) -> Result<Identity, AwsError> {
        let now = world.clock.now();
        let directory = world.directory();
        let default_account = directory.default_account.unwrap_or(self.0.settings.default_account);
        let Some(signature) = identity::signature(parts)? else {
            if !self.0.settings.allow_anonymous {
                return Err(identity::missing());
            }
            let principal = Principal::local_user(default_account);
            let region = signed_region(&directory, self.0.settings.default_region.as_str(), SECURITY_HUB)?;
            let caller = Caller { principal, region, now };
            return Ok(Identity { caller, service: SECURITY_HUB.to_owned(), access_key: None });
        };
        let principal = world.principal(&signature.access_key, default_account, now).ok_or_else(|| {
            AwsError::new(ErrorCode::ExpiredTokenException, "The security token included in the request is expired")
        })?;
        if self.0.settings.verify_signatures {
            self.verify(world, &signature, parts, body)?;
        }
        // A suspended or closed account gets the same error as an unknown one (ROL-35; the code is `inferred`).
        if directory.is_out_of_use(principal.account) {
            self.0.strangers.report_out_of_use(principal.account);
            return Err(unrecognized());
        }
        let region = signed_region(&directory, &signature.region, &signature.service).inspect_err(|_| {
            self.0.strangers.report_region(world, &UnknownRegion(signature.region.clone()));
        })?;
        let caller = Caller { principal: principal.of_partition(region.partition()), region, now };
        Ok(Identity { caller, service: signature.service, access_key: Some(signature.access_key) })
    }

    /// Verifies a signature: its age, its session token, and the signature itself.
    fn verify(&self, world: &World, signature: &Signature, parts: &Parts, body: &Bytes) -> Result<(), AwsError> {
        let now = world.clock.now();
        match self.0.settings.signature_clock {
            SignatureClock::Machine => age::check(signature, parts, Timestamp::now())?,
            SignatureClock::World => age::check(signature, parts, now)?,
            SignatureClock::Off => age::check_lifetime(signature, parts)?,
        }
        let Some(Credential { secret: Some(secret), token, .. }) = world.credential(&signature.access_key, now) else {
            return Err(unrecognized());
        };
        if token.is_some() && token != identity::session_token(parts) {
            return Err(unrecognized());
        }
        if input::is_too_large(parts, body, route::BODY_LIMIT) {
            // The signature covers the whole body, which was not received. The call is refused for its size later.
            return Ok(());
        }
        signature::verify(signature, &secret, &parts.method, &parts.uri, &parts.headers, body)
    }
}

/// The world of a scenario at its start.
fn start_of(scenario: &Scenario) -> Result<World, Diagnostics> {
    let start = scenario.build()?;
    // Work that is due already belongs to the initial state.
    due::run(&start, start.clock.now());
    Ok(start)
}

/// The Region of a credential scope. SDKs sign with a partition's global name for services without Regions.
///
/// # Errors
/// 403 `InvalidSignatureException` for an unknown Region. AWS has no endpoint for one, so its response cannot be
/// observed; the first sentence is what existing endpoints return for the signature of another Region.
fn signed_region(directory: &Directory, name: &str, service: &str) -> Result<Region, AwsError> {
    directory.region(name).or_else(|unknown| {
        if service != SECURITY_HUB && regions::is_global(name) {
            return Ok(Region::new(name));
        }
        let message = format!("Credential should be scoped to a valid region, not '{name}'. {unknown}.");
        Err(AwsError::new(ErrorCode::InvalidSignatureException, message))
    })
}

/// The error for an unknown access key.
fn unrecognized() -> AwsError {
    AwsError::new(ErrorCode::UnrecognizedClientException, "The security token included in the request is invalid.")
}

/// In debug builds, and therefore in all tests, a response that does not match its output shape is replaced by a 500,
/// because it is a bug of this program. Release builds send it unchanged, because the state has changed already.
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

/// The same for an error that the operation neither declares nor has in `undeclared-errors.tsv`.
#[cfg(debug_assertions)]
fn assert_declared(operation: Operation, error: &AwsError) {
    let name = operation.name();
    let may = securityhub_fixtures::errors::may_answer(Some(operation), error.code.name(), error.status);
    assert!(may, "{name} returned an undeclared error: {error}");
}

/// An internal error, with the code of the operation's API version.
fn internal_error(operation: Option<Operation>) -> AwsError {
    let code = match operation {
        Some(operation) if operation.answers_validation_exception() => ErrorCode::InternalServerException,
        _ => ErrorCode::InternalException,
    };
    AwsError::new(code, "Internal server error")
}

/// Polls a future to completion and turns a panic into an error.
async fn catch_panics<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(polled) => polled.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
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
