//! `scenario check` and `scenario schema`.

use super::cli::CheckArguments;
use super::exit::Exit;
use super::output;
use crate::scenario;

/// Checks scenario files and prints all errors and warnings.
pub(super) fn check(arguments: &CheckArguments) -> Result<(), Exit> {
    let diagnostics = scenario::check(&arguments.files);
    if arguments.json {
        output::print(&format!("{:#}\n", diagnostics.to_json()))?;
        return if diagnostics.has_errors() { Err(Exit::invalid("")) } else { Ok(()) };
    }
    if diagnostics.has_errors() {
        return Err(Exit::invalid(diagnostics));
    }
    if diagnostics.is_empty() {
        return output::print("The scenario is valid.\n");
    }
    output::print_error(&diagnostics.to_string());
    Ok(())
}

/// Prints the JSON Schema of scenario files.
///
/// # Errors
/// See [`output::print`].
pub(super) fn schema() -> Result<(), Exit> {
    output::print(&format!("{:#}\n", scenario::schema()))
}
