//! Shared by all black-box tests: a client that checks every response against the model, samples of every shape, the
//! program as a process, checks after killing it, measurement of growth, random requests, and generated files.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::missing_panics_doc, reason = "test code panics on a wrong answer")]

pub mod answer;
pub mod client;
pub mod collections;
pub mod generated;
pub mod growth;
pub mod kills;
pub mod program;
pub mod random;
pub mod sample;
