//! A local emulator of AWS Security Hub, in the process of a test.
//!
//! The emulator answers all 126 operations of Security Hub with the rules and the error messages of the service, for many
//! accounts and Regions. It needs no AWS account, no network and no other process. One line starts it, and dropping it
//! stops it:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let emulator = securityhub_local::Emulator::start().await?;
//! // Send the calls of any AWS SDK to emulator.endpoint(), or give emulator.http_client() to aws-sdk-securityhub.
//! # drop(emulator);
//! # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
//! ```
//!
//! # A test in one line
//!
//! The attribute [`test`](macro@test) runs a function as a test with a separate emulator. [`Emulator::account`] returns
//! an account that no other call returns, and [`Account::sdk_config`] the configuration of its clients, which call the
//! emulator without a socket:
//!
#![cfg_attr(all(feature = "aws-sdk", feature = "macros"), doc = "```")]
#![cfg_attr(not(all(feature = "aws-sdk", feature = "macros")), doc = "```ignore")]
//! use securityhub_local::{Emulator, Verify};
//!
//! #[securityhub_local::test]
//! async fn the_hub_is_described_once(emulator: Emulator) -> Result<(), Box<dyn std::error::Error>> {
//!     let account = emulator.account();
//!     account.enable(&["us-east-1"]).await?;
//!     let config = account.sdk_config("us-east-1");
//!     // aws_sdk_securityhub::Client::new(&config).describe_hub().send().await?;
//! #   drop(config);
//!     emulator.verify(&Verify::operation("DescribeHub").times(0)).await?;
//!     Ok(())
//! }
//! ```
//!
//! # A scenario
//!
//! A scenario is a YAML or JSON file with the state at the start: accounts, members, standards, findings and more. An
//! error in the file is reported with its line and the expected value.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use securityhub_local::Emulator;
//!
//! let scenario = r#"
//!     hubs:
//!       - { account: "111111111111", regions: [us-east-1], members: { "222222222222": enabled } }
//!     findings:
//!       - { generate: { product: guardduty, count: 20, accounts: ["222222222222"] } }
//! "#;
//! let emulator = Emulator::builder().scenario_text(scenario).start().await?;
//! # drop(emulator);
//! # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
//! ```
//!
//! # Two accounts
//!
//! The access key ID of a call selects its account: 12 digits are the ID of the account. So one test can call as an
//! administrator and as its member:
//!
#![cfg_attr(feature = "aws-sdk", doc = "```")]
#![cfg_attr(not(feature = "aws-sdk"), doc = "```ignore")]
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! # let hubs = r#"hubs: [{ account: "111111111111", regions: [us-east-1], members: { "222222222222": enabled } }]"#;
//! # let emulator = securityhub_local::Emulator::builder().scenario_text(hubs).start().await?;
//! let administrator = emulator.account_by_id("111111111111")?;
//! let member = emulator.account_by_id("222222222222")?;
//! let (administrator, member) = (administrator.sdk_config("us-east-1"), member.sdk_config("us-east-1"));
//! # drop((administrator, member));
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! # Features
//!
//! All features are enabled by default. With `default-features = false`, the emulator listens on a port and has all methods
//! of [`Emulator`] except those of `aws-sdk`.
//!
//! | feature | content |
//! | --- | --- |
//! | `aws-sdk` | [`Emulator::http_client`], [`Account::sdk_config`]: clients of `aws-sdk-*` crates without a socket |
//! | `macros` | the attribute [`test`](macro@test) |
//! | `dashboard` | pages for browsers at `/_emulator/ui/` |
//! | `cli` | the program `securityhub-local` |
//!
//! Modules that this page does not list are internal, although they are public: they may change in any version.

// The modules are public for the tests and benchmarks of this repository. Their documentation is hidden.
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the documentation of hidden modules describes their private parts"
)]

#[doc(hidden)]
pub mod aws_error;
#[doc(hidden)]
pub mod call_facts;
#[doc(hidden)]
#[cfg(feature = "aws-sdk")]
pub mod connector;
#[doc(hidden)]
pub mod control;
#[doc(hidden)]
#[cfg(feature = "dashboard")]
pub mod dashboard;
#[doc(hidden)]
pub mod domain;
#[doc(hidden)]
pub mod durable;
mod embedded;
#[doc(hidden)]
pub mod faults;
#[doc(hidden)]
pub mod fidelity;
#[doc(hidden)]
pub mod gate;
#[doc(hidden)]
pub mod generate;
mod guard;
#[doc(hidden)]
pub mod http_client;
mod invariant;
#[doc(hidden)]
pub mod journal;
#[doc(hidden)]
pub mod matching;
#[doc(hidden)]
pub mod metrics;
#[doc(hidden)]
pub mod neighbours;
#[doc(hidden)]
pub mod ocsf;
#[doc(hidden)]
pub mod operations;
mod path_name;
#[cfg(feature = "cli")]
#[doc(hidden)]
#[allow(rustdoc::bare_urls, reason = "the documentation of flags is their help text")]
pub mod program;
#[doc(hidden)]
pub mod scenario;
#[doc(hidden)]
pub mod served;
#[doc(hidden)]
pub mod service;
#[doc(hidden)]
pub mod shape;
#[doc(hidden)]
pub mod sinks;
#[doc(hidden)]
pub mod state;
#[doc(hidden)]
pub mod stream;
mod suggest;
#[cfg(test)]
mod testing;
#[doc(hidden)]
pub mod units;
#[doc(hidden)]
pub mod wire;

#[cfg(feature = "aws-sdk")]
pub use connector::HttpClient;
pub use control::Error as ControlError;
pub use control::clock::ClockState;
pub use control::scenario::Loaded;
pub use control::sinks::{Deliveries, Sink as SinkState};
pub use control::snapshots::{Clocks, Difference, FindingDifferences, RelationDifferences, SnapshotInfo};
pub use durable::Durability;
pub use guard::{
    Account, Builder, ClockStep, Emulator, EventFilter, FaultGuard, Flavor, Format, Message, MessageKind, Messages,
    Mode, Outcome, RequestFilter, Reset, Sink, StartError, StreamFilter, Tagged, Tls, Unverified, Verified, Verify,
    run_test, run_test_on,
};
// Called by the attribute `test`.
#[doc(hidden)]
pub use guard::{TestFailure, run_attribute};
pub use journal::RecordedCall;
#[cfg(feature = "macros")]
pub use securityhub_local_macros::test;
pub use state::{
    EventSink, Fault, FaultError, FaultLatency, FaultPartial, FaultStage, FaultWire, Lognormal,
    Operations as FaultOperations, SinkKind,
};
