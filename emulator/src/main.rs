//! The program `securityhub-local`.

use std::process::ExitCode;

fn main() -> ExitCode {
    securityhub_local::program::main()
}
