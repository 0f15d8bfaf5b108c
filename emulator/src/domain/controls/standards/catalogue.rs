//! The controls that AWS has introduced so far, and the standards that contain them by now (SEC-50).

use std::collections::BTreeSet;

use securityhub_fixtures::standards::{Control, STANDARDS, Standard};

use crate::state::Directory;

/// Returns whether AWS has introduced a control yet.
pub fn is_known(directory: &Directory, control: &Control) -> bool {
    directory.new_controls.is_empty()
        || !directory.new_controls.contains_key(control.id)
        || STANDARDS.iter().any(|standard| holds(directory, standard, control))
}

/// Returns whether a standard contains a control yet.
pub fn holds(directory: &Directory, standard: &Standard, control: &Control) -> bool {
    let is_to_come = || directory.new_controls.get(control.id).is_some_and(|missing| missing.contains(standard.id));
    standard.controls_for(control).next().is_some() && !is_to_come()
}

/// The ids of the controls that AWS adds to a standard later.
pub fn missing(directory: &Directory, standard: &Standard) -> BTreeSet<&'static str> {
    let is_missing = |(control, standards): (&&'static str, &BTreeSet<&'static str>)| {
        standards.contains(standard.id).then_some(*control)
    };
    directory.new_controls.iter().filter_map(is_missing).collect()
}
