//! A local AWS Security Hub.
//!
//! In a Rust test, one line starts it and dropping it stops it:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let emulator = securityhub_local::Emulator::start().await?;
//! // point any AWS SDK at emulator.endpoint(), or give aws-sdk-securityhub emulator.http_client()
//! # drop(emulator);
//! # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
//! ```
//!
//! The path of a request, top to bottom: [`service`] is the only entry point, [`wire`] reads the request by the service
//! model, [`gate`] authorizes and validates it, [`operations`] has one function for each operation, [`domain`] has the
//! rules, [`state`] the data and its locks. Dependencies point downwards only; ARCHITECTURE.md describes the whole
//! picture.

pub mod aws_error;
pub mod call_facts;
#[cfg(feature = "aws-sdk")]
pub mod connector;
pub mod control;
#[cfg(feature = "dashboard")]
pub mod dashboard;
pub mod domain;
pub mod durable;
mod embedded;
pub mod faults;
pub mod fidelity;
pub mod gate;
pub mod generate;
mod guard;
pub mod http_client;
mod invariant;
pub mod journal;
pub mod matching;
pub mod metrics;
pub mod neighbours;
pub mod ocsf;
pub mod operations;
mod path_name;
pub mod program;
pub mod scenario;
pub mod served;
pub mod service;
pub mod shape;
pub mod sinks;
pub mod state;
pub mod stream;
mod suggest;
#[cfg(test)]
mod testing;
pub mod units;
pub mod wire;

pub use control::clock::ClockState;
pub use control::scenario::Loaded;
pub use control::sinks::{Deliveries, Sink as SinkState};
pub use control::snapshots::{Difference, SnapshotInfo};
pub use durable::Durability;
pub use guard::{
    Builder, ClockStep, Emulator, EventFilter, FaultGuard, Format, Message, MessageKind, Messages, Mode, Outcome,
    RequestFilter, Reset, Sink, StartError, StreamFilter, Tagged, Tls, Unverified, Verified, Verify, run_test,
};
pub use journal::RecordedCall;
pub use securityhub_local_macros::test;
pub use state::{
    EventSink, Fault, FaultError, FaultLatency, FaultPartial, FaultStage, FaultWire, Lognormal,
    Operations as FaultOperations, SinkKind,
};
