//! The command line. Every flag can also be set by the environment variable named in its help.

use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::arguments::Remote;
use super::members::MembersCommand;
use super::values::{DEFAULT_PORT, account, body_memory, host, port, region, switch};
use crate::state::{AccountId, Region};
use crate::units::size;
use crate::wire::site::{HostRule, OriginRule};

/// A local emulator of AWS Security Hub
///
/// Start it, point an AWS client at it, and use it like the real service. It needs neither an AWS account nor a network
/// connection.
#[derive(Parser)]
#[command(name = "securityhub-local", version, after_help = AFTER_HELP)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

const AFTER_HELP: &str = "\
Quick start:
  securityhub-local serve --scenario builtin:quickstart
  eval \"$(securityhub-local env)\"    # in another terminal
  securityhub-local findings --severity CRITICAL
  aws securityhub get-findings --max-items 3

An access key ID of 12 digits selects the account with that ID. The Region is taken from the \
signature of the request (AWS_REGION or AWS_DEFAULT_REGION of the client).

Exit codes: 0 success; 1 runtime error; 2 invalid arguments or invalid scenario.";

/// The variable of `--scenario`.
const SCENARIO_VARIABLE: &str = "SECURITYHUB_LOCAL_SCENARIO";

const SERVE_HELP: &str = "\
Serve a built-in scenario. `securityhub-local scenario list` lists them:
  securityhub-local serve --scenario builtin:quickstart

Start the emulator from a program, on a free port. It stops when the program exits, and prints one line when it is \
ready, such as {\"endpoint\":\"http://127.0.0.1:40123\",\"port\":40123,\"version\":\"1.2.3\"}:
  securityhub-local serve --port 0 --log json --stop-with-stdin

Exit codes: 0 ended by Ctrl-C, SIGTERM or the end of standard input; 1 runtime error such as a port in use; 2 \
invalid arguments or invalid scenario; 130 or 143 ended by Ctrl-C or SIGTERM before it was ready.";

const VERSION_HELP: &str = "\
Example, which prints `securityhub-local` and the version:
  securityhub-local version

Exit codes: 0 success; 1 standard output cannot be written; 2 invalid arguments.";

const COMPLETIONS_HELP: &str = "\
Example:
  securityhub-local completions bash > /etc/bash_completion.d/securityhub-local

Exit codes: 0 success; 1 standard output cannot be written; 2 invalid arguments.";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Start the emulator and serve requests until Ctrl-C
    #[command(after_help = SERVE_HELP)]
    Serve(ServeArguments),
    /// Explain why GetFindings returns or does not return a finding
    ///
    /// Asks a running emulator whether the account can see the finding. For each filter, prints the condition, the
    /// values of the finding, and whether they match.
    #[command(after_help = super::explain::HELP)]
    Explain(super::explain::ExplainArguments),
    /// Add, invite, accept and list the members of an administrator in a running emulator
    #[command(subcommand, after_help = super::members::HELP)]
    Members(MembersCommand),
    /// Show and change the organization of a running emulator: accounts that join, move, leave or are closed
    #[command(subcommand, after_help = super::organization::HELP)]
    Organization(super::organization::OrganizationCommand),
    /// List, attach and detach service control policies in a running emulator
    #[command(subcommand, after_help = super::policies::HELP)]
    Policies(super::policies::PoliciesCommand),
    /// Show security scores and control statuses of a running emulator, as the console does
    ///
    /// The score of a standard is the percentage of its controls that passed, among those that have data. An
    /// administrator's scores include its members. Scores in a home Region include the linked Regions.
    #[command(after_help = super::compliance::HELP)]
    Compliance(super::compliance::ComplianceArguments),
    /// Show the events that a running emulator has sent to EventBridge
    ///
    /// When a finding is created or updated, every hub that can see it emits an event: the hub of the account that owns
    /// the finding, the hub of its administrator, and the hubs of both in their home Regions.
    #[command(after_help = super::events::HELP)]
    Events(super::events::EventsArguments),
    /// List, add, change and delete receivers of the events of a running emulator
    #[command(subcommand, after_help = super::sinks::HELP)]
    Sinks(super::sinks::SinksCommand),
    /// List, add and delete faults: rules that make calls of a running emulator fail or slow them down
    #[command(subcommand, after_help = super::faults::HELP)]
    Faults(super::faults::FaultsCommand),
    /// Publish an announcement of Security Hub to the sinks of a running emulator
    #[command(after_help = super::sinks::ANNOUNCE_HELP)]
    Announce(super::sinks::AnnounceArguments),
    /// Show the API calls that a running emulator has received
    #[command(after_help = super::requests::HELP)]
    Requests(super::requests::RequestsArguments),
    /// Verify that a running emulator has received certain API calls
    #[command(after_help = super::verify::HELP)]
    Verify(super::verify::VerifyArguments),
    /// Show accounts, Regions, hubs, numbers of findings, and the clock of a running emulator
    #[command(after_help = super::status::HELP)]
    Status(Remote),
    /// Check whether a running emulator is ready, or wait until it is ready
    #[command(after_help = super::health::HELP)]
    Health(super::health::HealthArguments),
    /// Return a running emulator to the state of its scenario, or to an empty state
    #[command(after_help = super::reset::HELP)]
    Reset(super::reset::ResetArguments),
    /// Show the clock of a running emulator, move it forward, stop it, or let it run
    #[command(after_help = super::clock::HELP)]
    Clock(super::clock::ClockArguments),
    /// Save, restore, list and delete named states of a running emulator
    #[command(subcommand, after_help = super::snapshot::HELP)]
    Snapshot(super::snapshot::SnapshotCommand),
    /// Show the metrics of a running emulator in the text format of Prometheus
    #[command(after_help = super::metrics::HELP)]
    Metrics(super::metrics::MetricsArguments),
    /// Print the environment variables that connect AWS clients to a running emulator
    #[command(after_help = super::env::HELP)]
    Env(super::env::EnvArguments),
    /// List the findings that an account sees in a running emulator
    #[command(after_help = super::findings::HELP)]
    Findings(super::findings::FindingsArguments),
    /// Make any call of the control plane of a running emulator and print the response
    #[command(after_help = super::call::HELP)]
    Call(super::call::CallArguments),
    /// List all API operations and whether each one is implemented
    #[command(after_help = super::coverage::HELP)]
    Coverage(super::coverage::CoverageArguments),
    /// Generate realistic findings of a product and write them to standard output
    #[command(after_help = super::generate::HELP)]
    Generate(super::generate::GenerateArguments),
    /// List, show, create, check, export and load scenarios, or print their JSON Schema
    #[command(subcommand, after_help = super::scenario::HELP)]
    Scenario(super::scenario::ScenarioCommand),
    /// Print the version
    #[command(after_help = VERSION_HELP)]
    Version,
    /// Print a shell completion script
    #[command(after_help = COMPLETIONS_HELP)]
    Completions {
        /// Shell to generate the script for
        shell: clap_complete::Shell,
    },
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "each bool is a flag")]
pub(super) struct ServeArguments {
    /// Scenario files, as with --scenario
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Scenario file in YAML or JSON, or builtin:NAME for a built-in scenario (see `scenario list`); can be repeated: later
    /// scenarios extend earlier ones
    #[arg(
        long,
        value_name = "FILE",
        env = SCENARIO_VARIABLE,
        value_delimiter = ',',
        value_parser = OsStringValueParser::new().map(PathBuf::from)
    )]
    scenario: Vec<PathBuf>,

    /// Directory that stores the state, so that it survives the end of the process; created if it does not exist. A
    /// scenario is loaded only if the directory is empty
    #[arg(long, value_name = "DIR", env = "SECURITYHUB_LOCAL_DATA_DIR")]
    pub(super) data_dir: Option<PathBuf>,

    /// Durability of acknowledged calls in --data-dir [default: process]
    #[arg(long, value_enum, value_name = "LEVEL", env = "SECURITYHUB_LOCAL_DURABILITY")]
    pub(super) durability: Option<Durability>,

    /// Truncate a damaged file of --data-dir at the damage, and continue with the records before it
    #[arg(long, env = "SECURITYHUB_LOCAL_RECOVER", value_parser = switch)]
    pub(super) recover: bool,

    /// Reload the scenario when one of its files changes; if the files have errors, keep the previous state
    #[arg(long, env = "SECURITYHUB_LOCAL_WATCH", value_parser = switch)]
    pub(super) watch: bool,

    /// IP address or name of this machine to listen on, such as localhost; can be repeated
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "SECURITYHUB_LOCAL_HOST",
        default_value = "127.0.0.1",
        value_delimiter = ',',
        value_parser = host
    )]
    pub(super) host: Vec<String>,

    /// Port to listen on; 0 selects a free port and prints it
    #[arg(
        long,
        value_name = "PORT",
        env = "SECURITYHUB_LOCAL_PORT",
        default_value_t = DEFAULT_PORT,
        value_parser = port
    )]
    pub(super) port: u16,

    /// File to write the port number to once the server is ready, for scripts that use --port 0
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_PORT_FILE")]
    pub(super) port_file: Option<PathBuf>,

    /// Stop when standard input is closed, for example because the program that started the emulator exits or is killed
    #[arg(long, env = "SECURITYHUB_LOCAL_STOP_WITH_STDIN", value_parser = switch)]
    pub(super) stop_with_stdin: bool,

    /// Account for access key IDs that are neither 12 digits nor listed in the scenario
    #[arg(
        long,
        alias = "default-account",
        value_name = "ACCOUNT",
        env = "SECURITYHUB_LOCAL_DEFAULT_ACCOUNT",
        default_value = "000000000000",
        value_parser = account
    )]
    pub(super) account: AccountId,

    /// Region for unsigned requests (see --allow-anonymous)
    #[arg(
        long,
        value_name = "REGION",
        env = "SECURITYHUB_LOCAL_DEFAULT_REGION",
        default_value = "us-east-1",
        value_parser = region
    )]
    pub(super) default_region: Region,

    /// Accept unsigned requests and run them as the default account
    #[arg(long, env = "SECURITYHUB_LOCAL_ALLOW_ANONYMOUS", value_parser = switch)]
    pub(super) allow_anonymous: bool,

    /// Verify request signatures. Only access keys that the scenario lists with a secret key, and credentials returned
    /// by AssumeRole, are accepted
    ///
    /// This verifies the signature itself, its age (at most 15 minutes in either direction; see --signature-clock),
    /// X-Amz-Expires of presigned URLs, and the session token of AssumeRole credentials. It does not verify
    /// session tokens sent with access keys of the scenario, or the Region and service of the credential scope, because
    /// they route the request.
    #[arg(long, env = "SECURITYHUB_LOCAL_VERIFY_SIGNATURES", value_parser = switch)]
    pub(super) verify_signatures: bool,

    /// Clock to measure the age of signatures with (see --verify-signatures) [default: machine]
    #[arg(long, value_name = "CLOCK", env = "SECURITYHUB_LOCAL_SIGNATURE_CLOCK", value_enum)]
    pub(super) signature_clock: Option<SignatureClock>,

    /// Number of newest events to keep; 0 disables events
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_EVENTS", default_value_t = 10_000)]
    pub(super) events: usize,

    /// Apply the rate limits of AWS: calls above the limit of their operation fail with 429
    ///
    /// Each account, Region and operation has its own limit on the emulator's clock: for GetFindings, 3 calls per
    /// second with bursts of 6; for BatchEnableStandards, 1 with bursts of 1; for UpdateStandardsControl, 1 with bursts
    /// of 5; for all others, 10 with bursts of 30.
    #[arg(long, env = "SECURITYHUB_LOCAL_AWS_RATE_LIMITS", value_parser = switch)]
    pub(super) aws_rate_limits: bool,

    /// Size of the journal of API calls, in bytes or with a KiB, MiB or GiB suffix; 0 turns it off
    #[arg(
        long,
        value_name = "SIZE",
        env = "SECURITYHUB_LOCAL_JOURNAL",
        default_value = "16MiB",
        value_parser = size
    )]
    pub(super) journal: usize,

    /// Do not count calls; GET /metrics then returns 404
    #[arg(long, env = "SECURITYHUB_LOCAL_NO_METRICS", value_parser = switch)]
    pub(super) no_metrics: bool,

    /// Do not serve the dashboard for browsers (/_emulator/ui/)
    #[arg(long, env = "SECURITYHUB_LOCAL_NO_UI", value_parser = switch)]
    pub(super) no_ui: bool,

    /// Directory for the objects that V2 export jobs (StartExportJobV2) write, as BUCKET/KEY; created if it does not exist.
    /// Without it, the control plane returns them (GET /_emulator/exports/{id})
    #[arg(long, value_name = "DIRECTORY", env = "SECURITYHUB_LOCAL_EXPORT_DIR")]
    pub(super) export_dir: Option<PathBuf>,

    /// S3 endpoint to which V2 export jobs (StartExportJobV2) write their objects, such as http://127.0.0.1:9000
    ///
    /// Each object is sent with a PUT request for /BUCKET/KEY, which is signed with AWS_ACCESS_KEY_ID,
    /// AWS_SECRET_ACCESS_KEY and, if set, AWS_SESSION_TOKEN, for the Region in AWS_REGION or AWS_DEFAULT_REGION
    /// (default: us-east-1). The bucket must exist. Only http is supported.
    #[arg(long, value_name = "URL", env = "SECURITYHUB_LOCAL_EXPORT_S3_ENDPOINT", conflicts_with = "export_dir")]
    pub(super) export_s3_endpoint: Option<String>,

    /// Directory below which sinks of the control plane may write files (PUT /_emulator/sinks/{name}); created if it does
    /// not exist. Without it, only scenarios can declare files
    #[arg(long, value_name = "DIRECTORY", env = "SECURITYHUB_LOCAL_SINK_DIR")]
    pub(super) sink_dir: Option<PathBuf>,

    /// PEM file of certificate authorities that sinks with HTTPS trust in addition to those of the operating system
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_SINK_CA")]
    pub(super) sink_ca: Option<PathBuf>,

    /// Web origin whose pages may call the emulator, such as https://app.example.com or https://*.example.com, or `*`
    /// for all; can be repeated. Pages served from localhost are always allowed
    #[arg(long, value_name = "ORIGIN", env = "SECURITYHUB_LOCAL_ALLOW_ORIGIN", value_delimiter = ',')]
    pub(super) allow_origin: Vec<OriginRule>,

    /// Host name that clients may use to reach the emulator, such as hub.example.com or *.example.com, or `*` for all;
    /// can be repeated. IP addresses, localhost, single-label names (such as Compose services) and host.docker.internal
    /// are always allowed
    #[arg(long, value_name = "NAME", env = "SECURITYHUB_LOCAL_ALLOW_HOST", value_delimiter = ',')]
    pub(super) allow_host: Vec<HostRule>,

    /// Memory limit for the bodies of pending requests, in bytes or with a KiB, MiB or GiB suffix; at least 64KiB
    #[arg(
        long,
        value_name = "SIZE",
        env = "SECURITYHUB_LOCAL_BODY_MEMORY",
        default_value = "512MiB",
        value_parser = body_memory
    )]
    pub(super) body_memory: usize,

    /// Also serve HTTPS, on the same port as HTTP, with a certificate that is created at the start
    ///
    /// The certificate is valid for localhost, *.localhost, host.docker.internal, 127.0.0.1, ::1, and each --host and
    /// --allow-host. Clients must trust the authority that issued it. The certificate of the
    /// authority is written to --tls-ca-file, and `GET /_emulator/ca.pem` returns it. With --data-dir, the authority is
    /// stored there and reused.
    #[arg(long, env = "SECURITYHUB_LOCAL_TLS", value_parser = switch)]
    pub(super) tls: bool,

    /// File with the certificate for HTTPS in PEM, followed by its chain; requires --tls-key
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_TLS_CERT")]
    pub(super) tls_cert: Option<PathBuf>,

    /// File with the private key of --tls-cert, in PEM
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_TLS_KEY")]
    pub(super) tls_key: Option<PathBuf>,

    /// File to write the certificate of the authority of --tls to, for example for AWS_CA_BUNDLE
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_TLS_CA_FILE")]
    pub(super) tls_ca_file: Option<PathBuf>,

    /// Time limit for receiving a request, for the client to read a response, and for idle connections, in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        env = "SECURITYHUB_LOCAL_READ_TIMEOUT",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub(super) read_timeout: u64,

    /// Log format; the log is written to standard error. With json, standard output is also JSON: one line when the server
    /// is ready
    #[arg(long, value_name = "FORMAT", env = "SECURITYHUB_LOCAL_LOG", value_enum, default_value_t = LogForm::Pretty)]
    pub(super) log: LogForm,

    /// Log level: warn logs only problems, info also logs every request, debug also logs every change
    #[arg(long, value_name = "LEVEL", env = "SECURITYHUB_LOCAL_LOG_LEVEL", default_value = "warn")]
    pub(super) log_level: LogLevel,
}

impl ServeArguments {
    /// The scenario files, in the order in which they extend each other: first those of --scenario.
    pub(super) fn scenario(&self) -> Vec<PathBuf> {
        // An empty variable is not a setting.
        let is_empty = std::env::var_os(SCENARIO_VARIABLE).is_some_and(|value| value.is_empty());
        let named = self.scenario.iter().filter(|path| !(is_empty && path.as_os_str().is_empty()));
        named.chain(&self.files).cloned().collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SignatureClock {
    /// System clock of this machine, which clients normally use
    Machine,
    /// Clock of the emulator, for clients that sign with its time
    World,
    /// No clock: signatures of any age are accepted
    Off,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Durability {
    /// Acknowledged calls survive if the process is terminated at any time
    Process,
    /// Acknowledged calls also survive a power loss; each call that writes waits for the disk
    Disk,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogForm {
    /// Human-readable lines
    Pretty,
    /// One JSON object per line
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[cfg(test)]
mod tests;
