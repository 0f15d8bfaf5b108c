//! Checks of controls: what each control of the enabled standards finds on the declared resources, as findings of
//! Security Hub itself (standards.md sections 4 and 7).
//!
//! What lives here: what a control finds ([`results`]), the finding that says so ([`document`]), and when findings are
//! made, checked again and archived ([`run`]). What may not: another way into the tables than the import of all
//! findings, so that rules, histories and filters see nothing special.

mod document;
mod reasons;
mod results;
mod run;

pub use reasons::known as known_reasons;
pub use results::{ACCOUNT_TYPE, is_on_account};
pub use run::{request, run};

#[cfg(test)]
mod tests;
