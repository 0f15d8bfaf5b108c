//! A local AWS Security Hub.
//!
//! The way of a request, top to bottom: [`wire`] reads it by the service model, [`gate`] lets it in or says why
//! not, [`operations`] has one function for each operation, [`domain`] the rules, [`state`] the data and its locks.
//! Arrows point down only.

pub mod aws_error;
pub mod control;
pub mod domain;
pub mod gate;
pub mod neighbours;
pub mod operations;
pub mod program;
pub mod scenario;
pub mod shape;
pub mod state;
pub mod wire;
