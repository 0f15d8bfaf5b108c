//! bootstrap
pub mod aws_error;
pub mod shape;
pub mod state;
pub mod wire;
