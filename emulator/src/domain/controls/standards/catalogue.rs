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
    !is_to_come(directory, standard, control) && standard.controls_for(control).next().is_some()
}

/// Returns whether AWS adds a control to a standard later.
fn is_to_come(directory: &Directory, standard: &Standard, control: &Control) -> bool {
    directory.new_controls.get(control.id).is_some_and(|missing| missing.contains(standard.id))
}

/// The security controls that a standard contains by now, in its order; one that it contains twice occurs twice.
pub fn contained<'d>(
    directory: &'d Directory,
    standard: &'static Standard,
) -> impl Iterator<Item = &'static Control> + 'd {
    let controls = standard.controls.iter().map(|standard_control| standard_control.control);
    controls.filter(move |control| !is_to_come(directory, standard, control))
}

/// The ids of the controls that AWS adds to a standard later.
pub fn missing(directory: &Directory, standard: &Standard) -> BTreeSet<&'static str> {
    let is_missing = |(control, standards): (&&'static str, &BTreeSet<&'static str>)| {
        standards.contains(standard.id).then_some(*control)
    };
    directory.new_controls.iter().filter_map(is_missing).collect()
}
