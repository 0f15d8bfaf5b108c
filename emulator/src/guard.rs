//! An emulator inside a Rust program: started by one line, stopped when it is dropped.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::domain::events::envelope;
use crate::invariant::Invariant;
use crate::scenario;
use crate::service::{Service, Settings};
use crate::state::{AccountId, Region};
use crate::wire::admission::Admission;
use crate::wire::server::{self, Options};

/// A running emulator. It serves on a thread of its own, so that it works from any runtime and outlives the
/// runtime of the test that made it; dropping it stops it.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let emulator = securityhub_local::Emulator::start().await?;
/// assert!(emulator.endpoint().starts_with("http://127.0.0.1:"));
/// # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
/// ```
#[must_use = "an emulator stops when it is dropped: bind it to a variable that lives as long as the test"]
pub struct Emulator {
    service: Service,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why an emulator did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The scenario has mistakes; the text tells them all.
    Scenario(String),
    /// A setting of the builder has a wrong value; the text names it.
    Setting(String),
    /// No port or no thread could be had.
    Io(std::io::Error),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Scenario(mistakes) => formatter.write_str(mistakes),
            StartError::Setting(mistake) => write!(formatter, "the emulator cannot start: {mistake}"),
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

/// What an emulator is started with.
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until start() is awaited"]
pub struct Builder {
    scenarios: Vec<PathBuf>,
    settings: Settings,
    port: u16,
    allowed_origins: Vec<String>,
    allowed_hosts: Vec<String>,
}

impl Emulator {
    /// What an emulator can be started with.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts an empty one on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`StartError::Io`].
    pub async fn start() -> Result<Emulator, StartError> {
        Emulator::builder().start().await
    }

    /// `http://127.0.0.1:PORT`, for any client of this machine.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The service behind it, to be called without a socket.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// The events that were sent to EventBridge since this was called last, oldest first: each as a rule's target gets
    /// it. The newest 10,000 are kept ([`Builder::keep_events`]).
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
        // What the emulator writes is JSON.
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
        crate::connector::HttpClient::new(self.service.clone())
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
    }
}

impl Builder {
    /// Adds a scenario file, YAML or JSON; later ones add to earlier ones.
    pub fn scenario(mut self, path: impl Into<PathBuf>) -> Builder {
        self.scenarios.push(path.into());
        self
    }

    /// Listens on this port instead of a free one.
    pub fn port(mut self, port: u16) -> Builder {
        self.port = port;
        self
    }

    /// Lets in requests without a signature, as the default account in `region`.
    pub fn allow_anonymous(mut self, region: &str) -> Builder {
        self.settings.allow_anonymous = true;
        self.settings.default_region = Region::new(region);
        self
    }

    /// Refuses signatures that do not fit the secret keys of the scenario, or are older than 15 minutes by the clock of
    /// the machine.
    pub fn verify_signatures(mut self) -> Builder {
        self.settings.verify_signatures = true;
        self
    }

    /// The account of access keys that are neither twelve digits nor listed in the scenario. A text that is no
    /// account id changes nothing.
    pub fn default_account(mut self, account: &str) -> Builder {
        self.settings.default_account = AccountId::parse(account).unwrap_or(self.settings.default_account);
        self
    }

    /// Keeps the newest `most` events for [`Emulator::events`] instead of 10,000; 0 makes none.
    pub fn keep_events(mut self, most: usize) -> Builder {
        self.settings.events = most;
        self
    }

    /// Lets pages of a web origin call, such as `https://app.example.com` or `https://*.example.com`; `*` for all. Pages
    /// of this machine are always allowed.
    pub fn allow_origin(mut self, origin: &str) -> Builder {
        self.allowed_origins.push(origin.to_owned());
        self
    }

    /// Answers requests for another host name, such as `hub.example.com` or `*.example.com`; `*` for all. IP addresses,
    /// `localhost` and names of one label, such as those of compose services, are always allowed.
    pub fn allow_host(mut self, host: &str) -> Builder {
        self.allowed_hosts.push(host.to_owned());
        self
    }

    /// Binds the port, loads the scenarios and serves.
    ///
    /// # Errors
    /// [`StartError::Scenario`] with every mistake of the files; [`StartError::Setting`]; [`StartError::Io`].
    #[allow(clippy::unused_async, reason = "starting may come to wait; callers await it already")]
    pub async fn start(self) -> Result<Emulator, StartError> {
        let admission = Admission {
            origins: rules("allow_origin", &self.allowed_origins)?,
            hosts: rules("allow_host", &self.allowed_hosts)?,
        };
        let scenario = match &self.scenarios[..] {
            [] => None,
            files => Some(scenario::load(files).map_err(|mistakes| StartError::Scenario(mistakes.to_string()))?),
        };
        let service =
            Service::new(self.settings, scenario).map_err(|mistakes| StartError::Scenario(mistakes.to_string()))?;
        service.check_default_region().map_err(|error| StartError::Setting(format!("allow_anonymous: {error}")))?;
        // Bound here and not on the thread: once this returns, a client can connect.
        let listener = std::net::TcpListener::bind(("127.0.0.1", self.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let options = Options { admission, ..Options::default() };
        let (stop, stopped) = oneshot::channel();
        let served = service.clone();
        let thread = std::thread::Builder::new().name("securityhub-local".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                let handle = move |request, source| {
                    let service = served.clone();
                    async move { service.serve(request, source).await }
                };
                let stopped = async { _ = stopped.await };
                server::serve(vec![listener], handle, options, stopped).await;
            });
            // Calls that still run on threads of their own end by themselves.
            runtime.shutdown_background();
        })?;
        Ok(Emulator { service, address, stop: Some(stop), thread: Some(thread) })
    }
}

/// Reads the values of a setting.
fn rules<T: FromStr<Err = String>>(setting: &str, texts: &[String]) -> Result<Vec<T>, StartError> {
    let read =
        |text: &String| text.parse().map_err(|error| StartError::Setting(format!("{setting} `{text}`: {error}")));
    texts.iter().map(read).collect()
}
