//! The only entry point: takes a request and returns a response. This file connects the modules and contains no rules.

use std::net::IpAddr;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
#[cfg(test)]
use parking_lot::Mutex;
use securityhub_fixtures::Operation;

use crate::aws_error::{AwsError, ErrorCode};
use crate::call_facts::{self, Facts};
use crate::control;
#[cfg(feature = "dashboard")]
use crate::dashboard::Dashboard;
use crate::domain::due;
use crate::faults::FaultContext;
use crate::http_client::tls::Trust;
use crate::journal;
use crate::metrics::{Format, LogCounters, Metrics};
use crate::operations::{self, Handler};
use crate::scenario::{Diagnostics, Scenario};
use crate::served::{Persistence, ServedWorld};
use crate::sinks::Definition;
use crate::state::{AccountId, Fault, IdSource, Region, UnknownRegion, World};
use crate::wire::answer;
use crate::wire::payload::Payload;
use crate::wire::route::{self, Route};

mod answering;
mod call;
mod control_plane;
#[cfg(feature = "dashboard")]
mod dashboard;
mod data_directory;
mod due_timer;
mod due_work;
mod exported;
mod identity;
mod injected;
mod lanes;
mod listening;
mod metering;
#[cfg(not(feature = "dashboard"))]
mod no_dashboard;
#[cfg(test)]
mod tests;
mod unknown_callers;

use answering::ApiRequest;
pub use data_directory::{DataDirectory, OpenError, OpenedService};
use due_timer::DueTimer;
pub use exported::{ExportTarget, S3Endpoint};
use lanes::{Lane, Lanes};
use unknown_callers::UnknownCallers;

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
#[allow(clippy::struct_excessive_bools, reason = "each of them is an independent setting")]
pub struct Settings {
    /// True if unsigned requests are accepted, as calls of the default account.
    pub allow_anonymous: bool,
    /// True if signatures are verified with the secret keys of the scenario.
    pub verify_signatures: bool,
    /// The clock used to check the age of verified signatures.
    pub signature_clock: SignatureClock,
    /// The Region of unsigned requests.
    pub default_region: Region,
    /// The account for access keys that are neither an account ID nor listed, unless the scenario sets one.
    pub default_account: AccountId,
    /// True if the rate limits of AWS apply, even if the scenario does not enable them.
    pub aws_rate_limits: bool,
    /// Number of events to keep, newest first; 0 disables events.
    pub events: usize,
    /// The size of the journal of API calls, in bytes; 0 turns it off.
    pub journal: usize,
    /// True if calls are counted in the metrics.
    pub metrics: bool,
    /// Counters of the log.
    pub log: LogCounters,
    /// Certificate of the authority that issued the server's certificate, in PEM.
    pub certificate_authority: Option<String>,
    /// The place to which jobs export objects.
    pub export_target: ExportTarget,
    /// Directory below which sinks may write files; `None` if sinks must not write files.
    pub sink_directory: Option<PathBuf>,
    /// The certificate authorities of sinks with HTTPS.
    pub sink_trust: Trust,
    /// True if the dashboard is enabled.
    pub ui: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            allow_anonymous: false,
            verify_signatures: false,
            signature_clock: SignatureClock::Machine,
            default_region: Region::new("us-east-1"),
            default_account: AccountId::DEFAULT,
            aws_rate_limits: false,
            events: 10_000,
            journal: journal::DEFAULT_SIZE,
            metrics: true,
            log: LogCounters::default(),
            certificate_authority: None,
            export_target: ExportTarget::Memory,
            sink_directory: None,
            sink_trust: Trust::default(),
            ui: true,
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
    unknown_callers: UnknownCallers,
    timer: DueTimer,
    /// `None` if browsers get no dashboard.
    #[cfg(feature = "dashboard")]
    dashboard: Option<Dashboard>,
    /// The paths of the files of the scenario at the start.
    #[cfg(feature = "dashboard")]
    scenario_files: Vec<PathBuf>,
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

impl Service {
    /// A service with the world of a scenario, or with an empty world.
    ///
    /// # Errors
    /// Errors of the scenario that only the domain detects.
    pub fn new(settings: Settings, scenario: Option<Scenario>) -> Result<Service, Diagnostics> {
        let start = scenario.as_ref().map(start_of).transpose()?.unwrap_or_default();
        Ok(Service::with(settings, scenario.as_ref(), start, None))
    }

    /// A service that starts with the given world.
    fn with(
        settings: Settings,
        #[cfg_attr(not(feature = "dashboard"), expect(unused_variables, reason = "only pages show its files"))]
        scenario: Option<&Scenario>,
        start: World,
        persistence: Option<Persistence>,
    ) -> Service {
        let callers = (settings.default_account, settings.verify_signatures);
        let sink = exported::sink(settings.export_target.clone());
        let sizes = (settings.events, settings.journal);
        let served = ServedWorld::new(start, sizes, callers, settings.log.clone(), sink, persistence);
        if let Some(certificate) = &settings.certificate_authority {
            served.set_certificate_authority(certificate);
        }
        if let Some(directory) = &settings.sink_directory {
            served.sinks().allow_files(directory.clone());
        }
        served.sinks().trust_also(settings.sink_trust.clone());
        if !settings.metrics {
            served.metrics().turn_off();
        }
        if settings.aws_rate_limits {
            served.faults().always_limit_rates();
        }
        Service(Arc::new(Inner {
            served,
            #[cfg(feature = "dashboard")]
            dashboard: settings.ui.then(Dashboard::default),
            #[cfg(feature = "dashboard")]
            scenario_files: scenario.map(Scenario::paths).unwrap_or_default(),
            settings,
            request_ids: IdSource::new(0),
            lanes: Lanes::default(),
            unknown_callers: UnknownCallers::default(),
            timer: DueTimer::default(),
            #[cfg(test)]
            hook: Mutex::default(),
        }))
    }

    /// Serves the world of another scenario from now on, also after a reset. Returns false if the data directory cannot
    /// be written; the service is unchanged then.
    ///
    /// # Errors
    /// The errors of [`Service::new`]. The service is unchanged then.
    pub fn load(&self, scenario: &Scenario) -> Result<bool, Diagnostics> {
        let start = start_of(scenario)?;
        let is_loaded = self.0.served.outside_additions(|| self.0.served.load(start));
        self.0.timer.reschedule(&self.world());
        Ok(is_loaded)
    }

    /// The served world with the state of its control plane.
    pub(crate) fn served(&self) -> &ServedWorld {
        &self.0.served
    }

    /// Adds faults now and after each reset to the start.
    ///
    /// # Errors
    /// A message about the first invalid fault. No fault is added in this case.
    pub fn add_faults(&self, faults: Vec<Fault>) -> Result<(), String> {
        let context = FaultContext::of(&self.world());
        self.0.served.faults().add_to_start(faults, &context).map_err(|refused| refused.to_string())
    }

    /// Adds a sink now and after each reset to the start.
    ///
    /// # Errors
    /// A sentence about the invalid member of the sink, or about its name.
    pub fn add_sink(&self, name: &str, definition: Definition) -> Result<(), String> {
        self.0.served.sinks().put_at_start(name, definition).map_err(|error| error.to_string())
    }

    /// Ends waiting calls, and makes the readiness check fail from now on (CPL-12, CPL-15).
    pub fn stop(&self) {
        self.0.served.notifications().stop();
    }

    /// The metrics of the service.
    pub fn metrics(&self) -> &Arc<Metrics> {
        self.0.served.metrics()
    }

    /// Certificate of the authority that issued the server's certificate, in PEM.
    pub fn certificate_authority(&self) -> Option<&str> {
        self.0.served.certificate_authority()
    }

    /// The metrics in the text format of Prometheus (CPL-100).
    pub fn metrics_text(&self) -> String {
        control::metrics::text(&self.0.served, Format::Text)
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
        if let Some(response) = self.answer_dashboard(&request, false).await {
            let (parts, body) = response.into_parts();
            return Response::from_parts(parts, body.collect().await);
        }
        control::status::route_browser(&mut request);
        if route::is_control(request.uri().path()) {
            let (parts, body) = self.answer_control(request, false).await.into_parts();
            return Response::from_parts(parts, body.collect().await);
        }
        let _in_flight = self.0.served.metrics().begin();
        let request = Arc::new(ApiRequest::new(request, None));
        match self.evaluate_faults(&request).await {
            Ok(facts) => self.answer_fully(&request, facts),
            Err(response) => *response,
        }
    }

    /// Answers a request from an address, which policies can refer to. Heavy work runs on a separate thread, so that
    /// the thread that serves connections stays available; it is not started if the future is dropped before. A call
    /// that turns out to be small, such as most pages of findings, is answered on the current thread, since handing it
    /// over would take longer than answering it.
    pub async fn serve(&self, mut request: Request<Bytes>, source: IpAddr) -> Response<Payload> {
        if let Some(response) = self.answer_dashboard(&request, true).await {
            return response;
        }
        control::status::route_browser(&mut request);
        if route::is_control(request.uri().path()) {
            return self.answer_control(request, true).await;
        }
        let _in_flight = self.0.served.metrics().begin();
        self.serve_api(Arc::new(ApiRequest::new(request, Some(source)))).await.map(Payload::from)
    }

    async fn serve_api(&self, request: Arc<ApiRequest>) -> Response<Bytes> {
        let facts = match self.evaluate_faults(&request).await {
            Ok(facts) => facts,
            Err(response) => return *response,
        };
        let decision = facts.as_ref().and_then(|facts| facts.decision.as_ref());
        // A fault that replaces a short call answers it on this thread, so that it does not wait for the calls of a
        // lane.
        let fails_here = !request.is_long() && decision.is_some_and(|decision| !decision.takes_effect());
        let Some(lane) = self.lane(&request).filter(|_| !fails_here) else {
            return self.answer_fully(&request, facts);
        };
        let facts = match self.answer_quickly(&request, facts) {
            Ok(response) => return response,
            Err(facts) => facts,
        };
        let service = self.clone();
        let ended = || {
            let error = AwsError::new(ErrorCode::InternalException, "The emulator is shutting down");
            answer::error(&error, &self.0.request_ids.uuid())
        };
        self.0.lanes.run(lane, move || service.answer_fully(&request, facts)).await.unwrap_or_else(ended)
    }

    /// Like [`Service::serve`], but without threads and timers, for tests that control all threads. Faults do not delay
    /// calls, and a waiting call does not wait.
    #[cfg(feature = "shuttle")]
    pub fn serve_in_place(&self, mut request: Request<Bytes>, source: IpAddr) -> Response<Bytes> {
        control::status::route_browser(&mut request);
        if route::is_control(request.uri().path()) {
            return self.answer_control_now(&request).map(|body| match body {
                Payload::Whole(body) => body,
                Payload::Stream(_) => Bytes::new(),
            });
        }
        let _in_flight = self.0.served.metrics().begin();
        let request = ApiRequest::new(request, Some(source));
        let facts = match self.has_faults().then(|| self.facts_with_decision(&request)).transpose() {
            Ok(facts) => facts,
            Err(response) => return *response,
        };
        match self.answer_quickly(&request, facts) {
            Ok(response) => response,
            Err(facts) => self.answer_fully(&request, facts),
        }
    }

    /// Answers a call that turns out to be small. Otherwise returns the facts that were collected so far, for the next
    /// attempt.
    #[allow(clippy::result_large_err, reason = "the facts are used by the next attempt of the same call")]
    fn answer_quickly(&self, request: &ApiRequest, facts: Option<Facts>) -> Result<Response<Bytes>, Option<Facts>> {
        let is_faulty = facts.as_ref().is_some_and(|facts| facts.decision.is_some());
        match &request.route {
            Ok(found) if !is_faulty && self.may_be_quick(found.operation, request) => {
                let mut facts = facts.unwrap_or_else(|| self.facts(request));
                self.answer_api(request, &mut facts, TimeBudget::Short).ok_or(Some(facts))
            }
            _ => Err(facts),
        }
    }

    /// Answers a call without a time budget.
    fn answer_fully(&self, request: &ApiRequest, facts: Option<Facts>) -> Response<Bytes> {
        let mut facts = facts.unwrap_or_else(|| self.facts(request));
        let answered = self.answer_api(request, &mut facts, TimeBudget::Unlimited);
        answered.unwrap_or_else(|| answer::error(&answering::internal_error(None), &facts.request_id))
    }

    /// The facts about a call at its arrival.
    fn facts(&self, request: &ApiRequest) -> Facts {
        let operation = request.route.as_ref().ok().map(|route| route.operation);
        Facts::new(self.0.request_ids.uuid(), operation, call_facts::test_tag(&request.parts.headers))
    }

    /// The lane in which a call runs; `None` to run it immediately on the thread that serves the connection.
    fn lane(&self, request: &ApiRequest) -> Option<Lane> {
        let lane = match &request.route {
            Ok(Route { operation, .. }) => {
                let entry = operations::entry(*operation);
                (entry.is_heavy || request.is_long()).then_some(match entry.run {
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

    /// Returns whether it is worth trying a call of a heavy operation with a bounded amount of work.
    fn may_be_quick(&self, operation: Operation, request: &ApiRequest) -> bool {
        // A test hook may block.
        #[cfg(test)]
        if self.0.hook.lock().is_some() {
            return false;
        }
        let world = self.world();
        operations::entry(operation).quickly.is_some() && !request.is_long() && !world.is_due(world.clock.now())
    }

    fn record_panic(&self, request_id: &str, method: &str, path: &str) {
        self.0.served.record_panic(request_id);
        // The tracing subscriber of an embedding program may be the one that panics.
        _ = catch_unwind(|| tracing::error!(request_id, method, path, "a request panicked"));
    }
}

/// The world of a scenario at its start.
fn start_of(scenario: &Scenario) -> Result<World, Diagnostics> {
    let start = scenario.build()?;
    // Work that is due already belongs to the initial state.
    due::run(&start, start.clock.now());
    Ok(start)
}
