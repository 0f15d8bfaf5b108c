//! Dialects of filters: from the filters of a request to the engine's `Filter`.
//!
//! Contains: one file per dialect, which reports refusals as violations. Does not contain: evaluating a filter, which
//! is the engine's task.

pub mod classic;
pub mod composite;
pub mod sort;

/// A day in the unit of instants.
const NANOSECONDS_A_DAY: i128 = 86_400_000_000_000;

#[cfg(test)]
mod tests;
