//! Dialects of filters: what a request writes → the engine's `Filter`.
//!
//! What lives here: one file a dialect, with its refusals as violations. What may not: how a filter is answered,
//! which is the engine's.

pub mod classic;
pub mod sort;

#[cfg(test)]
mod tests;
