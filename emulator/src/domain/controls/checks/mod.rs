//! Checks of controls: what each control of the enabled standards finds on the declared resources, as findings of
//! Security Hub itself.
//!
//! What lives here: what a control finds ([`results`], with [`names`] of resources, the values that they carry
//! ([`carried`]) and the [`recorder`] of AWS Config),
//! the finding that says so ([`document`], of a [`subject`]), when findings are made and checked again ([`run`]), what becomes of those
//! that no check makes any more ([`stray`]), and what happens to resources and recorders at run time ([`change`]). What
//! may not: another way into the tables than the import of all findings, so that rules, histories and filters see nothing
//! special.

mod carried;
pub mod change;
mod document;
mod names;
mod reasons;
mod recorder;
mod results;
mod run;
mod stray;
mod subject;

pub use names::{ACCOUNT_TYPE, known_types, looks_at, resource_id, resource_type};
pub use reasons::known as known_reasons;
pub use results::NOT_APPLICABLE;
pub use run::run;

#[cfg(test)]
mod tests;
