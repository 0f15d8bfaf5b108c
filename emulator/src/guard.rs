//! An emulator inside a Rust program. One line starts it, and dropping it stops it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::control;
use crate::domain::events::envelope;
use crate::durable::Durability;
use crate::http_client::tls::Trust;
use crate::invariant::Invariant;
use crate::scenario::{self, Scenario, Source};
use crate::service::{DataDirectory, OpenError, Service, Settings};
use crate::state::{AccountId, Fault, Region};
use crate::wire::admission::Admission;
use crate::wire::server::Options;
use crate::wire::tls::{self, Authority};

mod account;
mod control_plane;
mod events;
mod exports;
mod faults;
mod query;
mod requests;
mod sinks;
mod tagged;
mod testing;
mod world;

pub use account::Account;
pub use events::{EventFilter, Message, MessageKind, Messages, StreamFilter};
pub use exports::{Format, Mode};
pub use faults::FaultGuard;
pub use requests::{RequestFilter, Unverified, Verified, Verify};
pub use sinks::Sink;
pub use tagged::Tagged;
pub use testing::{Flavor, Outcome, TestFailure, run_attribute, run_test, run_test_on};
pub use world::{ClockStep, Reset};

/// A running emulator, which stops when it is dropped. It serves on its own thread, so it works with any runtime and
/// outlives the runtime of the test that started it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let emulator = securityhub_local::Emulator::start().await?;
/// assert!(emulator.endpoint().starts_with("http://127.0.0.1:"));
/// # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
/// ```
#[must_use = "the emulator stops when this value is dropped; keep it in a variable for the duration of the test"]
pub struct Emulator {
    service: Service,
    address: SocketAddr,
    fresh_accounts: account::FreshAccounts,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The reason why an emulator did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The scenario is invalid; the text lists all errors.
    Scenario(String),
    /// A setting of the builder is invalid; the text names it.
    Setting(String),
    /// A port or a thread is not available.
    Io(std::io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Scenario(errors) => formatter.write_str(errors),
            StartError::Setting(error) => write!(formatter, "the emulator cannot start: {error}"),
            StartError::Io(error) => write!(formatter, "the emulator cannot start: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<std::io::Error> for StartError {
    fn from(error: std::io::Error) -> Self {
        StartError::Io(error)
    }
}

/// The certificate for HTTPS, which is served on the same port as HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tls {
    /// A certificate for this machine, which is created at the start. Clients must trust
    /// [`Emulator::certificate_authority`].
    Generated,
    /// An existing certificate, optionally followed by its chain, and its private key, both in PEM.
    Given {
        /// The certificate.
        certificate: String,
        /// The private key.
        key: String,
    },
}

/// Options for starting an emulator.
#[derive(Debug, Default)]
#[must_use = "the builder does nothing until `start()` is called and awaited"]
pub struct Builder {
    scenarios: Vec<Source>,
    settings: Settings,
    port: u16,
    allowed_origins: Vec<String>,
    allowed_hosts: Vec<String>,
    tls: Option<Tls>,
    sink_authorities: Option<String>,
    faults: Vec<Fault>,
    sinks: Vec<(String, Sink)>,
    data_directory: Option<DataDirectory>,
}

impl Emulator {
    /// A builder with the default options.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts an empty emulator on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`StartError::Io`].
    pub async fn start() -> Result<Emulator, StartError> {
        Emulator::builder().start().await
    }

    /// `http://127.0.0.1:PORT`, for any client on this machine.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `https://127.0.0.1:PORT`, for clients that trust [`Emulator::certificate_authority`] ([`Builder::tls`]).
    pub fn https_endpoint(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The certificate in PEM of the authority that issued the certificate of [`Tls::Generated`].
    pub fn certificate_authority(&self) -> Option<&str> {
        self.service.certificate_authority()
    }

    /// The control plane in OpenAPI 3.1, as JSON.
    pub fn openapi(&self) -> &'static str {
        control::openapi_text()
    }

    /// Metrics in the text format of Prometheus.
    pub fn metrics(&self) -> String {
        self.service.metrics_text()
    }

    /// The faults, with the number of calls that each has selected and the number of times that it has fired.
    pub fn faults(&self) -> Vec<Fault> {
        self.service.served().faults().list()
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The service, which can be called without a socket.
    #[doc(hidden)]
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The events sent to EventBridge since the last call of this method, oldest first, in the form in which a rule's
    /// target receives them. The newest 10,000 are stored ([`Builder::keep_events`]).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let emulator = securityhub_local::Emulator::start().await?;
    /// // after calls of the code under test, such as BatchImportFindings
    /// for event in emulator.events() {
    ///     assert_eq!(event["detail-type"], "Security Hub Findings - Imported");
    /// }
    /// # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
    /// ```
    pub fn events(&self) -> Vec<serde_json::Value> {
        let world = self.service.world();
        let events = world.take_events();
        // The emulator only writes valid JSON.
        events
            .iter()
            .map(|event| {
                serde_json::from_str(&envelope::write(event, &world.ids))
                    .or_report("an envelope is JSON")
                    .unwrap_or_default()
            })
            .collect()
    }

    /// An HTTP client for `aws-sdk-*` that calls this emulator without a socket.
    #[cfg(feature = "aws-sdk")]
    pub fn http_client(&self) -> crate::connector::HttpClient {
        crate::connector::HttpClient::new(self.service.clone(), None)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
        self.service.close();
    }
}

impl Builder {
    /// Adds a scenario file in YAML or JSON, or with `builtin:NAME` one that is part of this crate, such as
    /// `builtin:quickstart`. Several scenarios are merged in order.
    pub fn scenario(mut self, path: impl Into<PathBuf>) -> Builder {
        self.scenarios.push(Source::File(path.into()));
        self
    }

    /// Adds a scenario in YAML or JSON, as if it were a file of the current directory.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let hubs = r#"hubs: [{ account: "111111111111", regions: [us-east-1] }]"#;
    /// let emulator = securityhub_local::Emulator::builder().scenario_text(hubs).start().await?;
    /// # drop(emulator);
    /// # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
    /// ```
    pub fn scenario_text(mut self, text: &str) -> Builder {
        self.scenarios.push(Source::Text(text.to_owned()));
        self
    }

    /// Listens on this port instead of a free one.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// Accepts unsigned requests, as calls of the default account in `region`.
    pub fn allow_anonymous(mut self, region: &str) -> Builder {
        self.settings.allow_anonymous = true;
        self.settings.default_region = Region::new(region);
        self
    }

    /// Refuses signatures that do not match the secret keys of the scenario, or that are older than 15 minutes by the
    /// system clock.
    pub fn verify_signatures(mut self) -> Builder {
        self.settings.verify_signatures = true;
        self
    }

    /// The account for access keys that are neither an account ID nor listed in the scenario. Ignored if it is not a
    /// valid account ID.
    pub fn default_account(mut self, account: &str) -> Builder {
        self.settings.default_account = AccountId::parse(account).unwrap_or(self.settings.default_account);
        self
    }

    /// Number of newest events that are stored for [`Emulator::events`] [default: 10,000]; 0 disables events.
    pub fn keep_events(mut self, max: usize) -> Builder {
        self.settings.events = max;
        self
    }

    /// Size of the journal of API calls in bytes [default: 16 MiB]; 0 disables the journal.
    pub fn journal(mut self, bytes: usize) -> Builder {
        self.settings.journal = bytes;
        self
    }

    /// Enables or disables the metrics [default: enabled].
    pub fn metrics(mut self, is_on: bool) -> Builder {
        self.settings.metrics = is_on;
        self
    }

    /// Enables or disables the dashboard at `/_emulator/ui/` [default: enabled].
    pub fn ui(mut self, is_on: bool) -> Builder {
        self.settings.ui = is_on;
        self
    }

    /// Applies the rate limits of AWS: calls above the limit of their operation fail with 429.
    pub fn aws_rate_limits(mut self) -> Builder {
        self.settings.aws_rate_limits = true;
        self
    }

    /// Adds faults, rules that make selected calls fail or slow them down, to those of the scenario.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use securityhub_local::{Emulator, Fault, FaultError};
    ///
    /// let throttling = Fault {
    ///     operation: Some("BatchImportFindings".into()),
    ///     error: Some(FaultError { code: Some("Throttle".to_owned()), ..FaultError::default() }),
    ///     times: Some(2),
    ///     ..Fault::default()
    /// };
    /// let emulator = Emulator::builder().faults([throttling]).start().await?;
    /// # drop(emulator);
    /// # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
    /// ```
    pub fn faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Builder {
        self.faults.extend(faults);
        self
    }

    /// Adds a sink, a receiver of events, to those of the scenario. A reset to the start returns to it.
    pub fn sink(mut self, name: &str, sink: impl Into<Sink>) -> Builder {
        self.sinks.push((name.to_owned(), sink.into()));
        self
    }

    /// Stores the state in a directory, which is created if it does not exist. Scenarios are only loaded if the
    /// directory is empty. Dropping the emulator releases the directory.
    pub fn data_dir(mut self, path: impl Into<PathBuf>, durability: Durability) -> Builder {
        self.data_directory = Some(DataDirectory { path: path.into(), durability, recovers: false });
        self
    }

    /// Accepts requests from pages of a web origin such as `https://app.example.com` or `https://*.example.com`; `*`
    /// for all. Requests from local pages are always accepted.
    pub fn allow_origin(mut self, origin: &str) -> Builder {
        self.allowed_origins.push(origin.to_owned());
        self
    }

    /// Accepts requests for another host name, such as `hub.example.com` or `*.example.com`; `*` for all. IP addresses,
    /// `localhost` and single-label names, such as those of compose services, are always accepted.
    pub fn allow_host(mut self, host: &str) -> Builder {
        self.allowed_hosts.push(host.to_owned());
        self
    }

    /// Trusts certificate authorities of sinks with HTTPS, whose certificates are in PEM, besides those of the operating
    /// system.
    pub fn sink_ca(mut self, pem: &str) -> Builder {
        self.sink_authorities = Some(pem.to_owned());
        self
    }

    /// Allows [`Emulator::sink`] to write files below a directory.
    pub fn sink_dir(mut self, directory: impl Into<PathBuf>) -> Builder {
        self.settings.sink_directory = Some(directory.into());
        self
    }

    /// Serves HTTPS as well, on the same port.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use securityhub_local::{Emulator, Tls};
    ///
    /// let emulator = Emulator::builder().tls(Tls::Generated).start().await?;
    /// assert!(emulator.https_endpoint().starts_with("https://127.0.0.1:"));
    /// assert!(emulator.certificate_authority().is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE-----")));
    /// # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
    /// ```
    pub fn tls(mut self, tls: Tls) -> Builder {
        self.tls = Some(tls);
        self
    }

    /// Binds the port, loads the scenarios and starts serving.
    ///
    /// # Errors
    /// [`StartError::Scenario`] with all errors of the files; [`StartError::Setting`]; [`StartError::Io`].
    #[allow(
        clippy::unused_async,
        reason = "async is part of the public API, so that starting can wait in future versions"
    )]
    pub async fn start(mut self) -> Result<Emulator, StartError> {
        let directory = self.data_directory.as_ref().map(|directory| directory.path.clone());
        let tls = self.tls.take().map(|tls| certificate(tls, directory.as_deref())).transpose()?;
        self.settings.certificate_authority = tls.as_ref().and_then(|tls| tls.authority().map(str::to_owned));
        if let Some(pem) = &self.sink_authorities {
            let trust = Trust::with(pem.as_bytes());
            self.settings.sink_trust = trust.map_err(|error| StartError::Setting(format!("sink_ca: {error}")))?;
        }
        let admission = Admission {
            origins: rules("allow_origin", &self.allowed_origins)?,
            hosts: rules("allow_host", &self.allowed_hosts)?,
        };
        let scenario = match &self.scenarios[..] {
            [] => None,
            sources => {
                Some(scenario::load_sources(sources).map_err(|errors| StartError::Scenario(errors.to_string()))?)
            }
        };
        let service = match &self.data_directory {
            None => Service::new(self.settings, scenario).map_err(|errors| StartError::Scenario(errors.to_string()))?,
            Some(directory) => open(self.settings, scenario, directory)?,
        };
        service.check_default_region().map_err(|error| StartError::Setting(format!("allow_anonymous: {error}")))?;
        service.add_faults(self.faults).map_err(|error| StartError::Setting(format!("faults: {error}")))?;
        for (name, sink) in self.sinks {
            let definition = sink.definition().map_err(|mistake| mistake.to_string());
            let added = definition.and_then(|definition| service.add_sink(&name, definition));
            added.map_err(|error| StartError::Setting(format!("sink `{name}`: {error}")))?;
        }
        // The listeners are bound before the thread starts, so that clients can connect as soon as this function
        // returns.
        let listener = std::net::TcpListener::bind(("127.0.0.1", self.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let options = Options { admission, tls, ..Options::default() };
        let (stop, stopped) = oneshot::channel();
        let listening = service.clone();
        let thread = std::thread::Builder::new().name("securityhub-local".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                listening.listen(vec![listener], options, async { _ = stopped.await }).await;
            });
            // Calls in progress on other threads are not awaited.
            runtime.shutdown_background();
        })?;
        let fresh_accounts = account::FreshAccounts::default();
        Ok(Emulator { service, address, fresh_accounts, stop: Some(stop), thread: Some(thread) })
    }
}

/// Loads or creates the certificate for HTTPS.
fn certificate(tls: Tls, directory: Option<&Path>) -> Result<tls::Tls, StartError> {
    let certificate = match tls {
        Tls::Generated => Authority::of(directory).and_then(|authority| tls::Tls::issued_by(&authority, &[])),
        Tls::Given { certificate, key } => tls::Tls::new(certificate.as_bytes(), key.as_bytes()),
    };
    certificate.map_err(|error| StartError::Setting(format!("tls: {error}")))
}

/// Opens a data directory, and logs the notes about it.
fn open(settings: Settings, scenario: Option<Scenario>, directory: &DataDirectory) -> Result<Service, StartError> {
    let opened = Service::open(settings, scenario, directory).map_err(|error| match error {
        OpenError::Scenario(errors) => StartError::Scenario(errors.to_string()),
        OpenError::Directory(_) | OpenError::Unwritable(_) => StartError::Setting(format!("data_dir: {error}")),
    })?;
    for note in opened.notes {
        tracing::warn!("{note}");
    }
    Ok(opened.service)
}

/// Parses the values of a setting.
fn rules<T: FromStr<Err = String>>(setting: &str, texts: &[String]) -> Result<Vec<T>, StartError> {
    let read =
        |text: &String| text.parse().map_err(|error| StartError::Setting(format!("{setting} `{text}`: {error}")));
    texts.iter().map(read).collect()
}
