//! `scenario check` and `scenario schema`.

use std::io::Write as _;

use super::cli::CheckArguments;
use super::exit::Exit;
use crate::scenario;

/// Checks scenario files; every mistake is told, and every warning.
pub(super) fn check(arguments: &CheckArguments) -> Result<(), Exit> {
    let diagnostics = scenario::check(&arguments.files);
    if arguments.json {
        println!("{:#}", diagnostics.to_json());
        return if diagnostics.has_mistakes() { Err(Exit::mistake("")) } else { Ok(()) };
    }
    if diagnostics.has_mistakes() {
        return Err(Exit::mistake(diagnostics));
    }
    if diagnostics.is_empty() {
        println!("The scenario is good.");
    } else {
        eprintln!("{diagnostics}");
    }
    Ok(())
}

/// Prints the JSON Schema of scenario files.
pub(super) fn schema() {
    let text = format!("{:#}\n", scenario::schema());
    _ = std::io::stdout().write_all(text.as_bytes());
}
