//! The state machine, CSV lists, and random calls of random accounts.

mod bulk;
mod csv;
mod machine;
mod random;
