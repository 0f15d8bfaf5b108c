//! Tests of the program's output, of failures to print it, and of boolean environment variables.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may panic")]

use securityhub_local_tests::program;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
#[cfg(target_os = "linux")]
fn a_failure_to_print_is_reported() {
    for arguments in [&["version"][..], &["completions", "bash"], &["coverage"], &["scenario", "schema"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = program::command(arguments).stdout(full).output().unwrap();
        let message = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
        assert!(message.starts_with("securityhub-local: cannot write to standard output"), "{arguments:?}: {message}");
    }
}

#[test]
fn switches_in_the_environment_accept_several_spellings() {
    for (written, is_on) in [("1", true), ("yes", true), ("true", true), ("0", false), ("false", false), ("", false)] {
        let mut command = program::command(&["scenario", "check"]);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml"));
        let output = command.env("SECURITYHUB_LOCAL_JSON", written).output().unwrap();
        assert_eq!(text(&output.stdout).starts_with('['), is_on, "{written:?}: {}", text(&output.stdout));
    }
}
