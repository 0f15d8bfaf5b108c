//! Checks of controls: evaluates the controls of the enabled standards on declared resources and reports the results as
//! findings of Security Hub itself.
//!
//! Contains: the results of a control ([`results`], with [`names`] of resources, the values in resources
//! ([`resource_values`]) and the [`recorder`] of AWS Config), the finding for a result ([`document`], about a
//! [`subject`]), running checks (`run`), findings that no check produces any more ([`stale`]), and changes of
//! resources and recorders at run time ([`change`]). Does not contain: writing to the tables other than by an import,
//! so that rules, histories and filters treat control findings like all others.

pub mod change;
mod document;
mod names;
mod reasons;
mod recorder;
mod resource_values;
mod results;
mod run;
mod stale;
mod subject;

pub use names::{ACCOUNT_TYPE, checks_type, known_types, resource_id, resource_type};
pub use reasons::known as known_reasons;
pub use results::NOT_APPLICABLE;
pub use run::run;

#[cfg(test)]
mod tests;
