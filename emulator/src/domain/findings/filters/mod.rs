//! Dialects of filters: from the filters of a request to the engine's `Filter`.
//!
//! Contains: one file per dialect, which reports refusals as violations. Does not contain: evaluating a filter, which
//! is the engine's task.

pub mod classic;
pub mod sort;

#[cfg(test)]
mod tests;
