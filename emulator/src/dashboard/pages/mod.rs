//! The pages. Each file has the function of a page and the struct of its template in `templates/pages/`.

pub mod accounts;
pub mod bench;
pub mod control;
pub mod events;
pub mod fidelity;
pub mod finding;
pub mod findings;
pub mod insight;
pub mod insights;
pub mod overview;
pub mod products;
pub mod rules;
pub mod standard;
pub mod standards;
