//! The status machine, lists of accounts, and random calls from random accounts.

mod bulk;
mod csv;
mod machine;
mod random;
