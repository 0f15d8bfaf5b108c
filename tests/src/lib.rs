//! What the tests of the whole share: a door that holds every answer against the model, samples of every shape, the
//! program as a process, how processor time grows with the input, and random requests.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]
#![allow(clippy::missing_panics_doc, reason = "all of it panics when an answer is wrong")]

pub mod answer;
pub mod collections;
pub mod door;
pub mod growth;
pub mod program;
pub mod random;
pub mod sample;
