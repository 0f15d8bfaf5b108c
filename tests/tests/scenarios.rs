//! Tests of `scenario init` and `scenario check` as people use them.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::Output;

use securityhub_local_tests::program;

/// A temporary directory with files.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Folder {
        let path = std::env::temp_dir().join(format!("securityhub-local-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for (name, text) in files {
            std::fs::write(path.join(name), text).unwrap();
        }
        Folder(path)
    }

    /// Runs the program in the directory.
    fn run(&self, arguments: &[&str]) -> Output {
        program::command(arguments).current_dir(&self.0).output().unwrap()
    }

    /// The exit code and all that is printed.
    fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!(
            "exit code {}\n--- standard error\n{}--- standard output\n{}",
            output.status.code().unwrap(),
            text(&output.stderr),
            text(&output.stdout)
        )
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

const GOOD: &str = "hubs: [{ account: '111111111111', regions: all }]\n";
const WRONG: &str = "hubs:\n  - { account: '1', regions: all }\n  - { regions: all, standards: [cis] }\n";
const EXTENDS: &str = "aggregators: [{ account: '111111111111', home: us-east-1 }]\n";

/// Rules: CPL-150.
#[test]
fn each_file_is_checked_by_itself_unless_layered() {
    let folder = Folder::new("layers", &[("good.yaml", GOOD), ("extends.yaml", EXTENDS)]);
    insta::assert_snapshot!("alone", folder.printed(&["scenario", "check", "good.yaml", "extends.yaml"]));
    insta::assert_snapshot!(
        "layered",
        folder.printed(&["scenario", "check", "--layered", "good.yaml", "extends.yaml"])
    );
}

/// Rules: CPL-150.
#[test]
fn a_directory_is_checked_with_a_line_per_file() {
    let files = [("good.yaml", GOOD), ("wrong.yml", WRONG), ("empty.yaml", "# nothing\n"), ("findings.json", "[]")];
    let folder = Folder::new("directory", &files);
    insta::assert_snapshot!("directory", folder.printed(&["scenario", "check", "."]));
    let json = folder.run(&["scenario", "check", "--json", "."]);
    let all: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let files: Vec<&str> = all.as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap()).collect();
    assert_eq!((json.status.code(), &files[..]), (Some(2), &["./wrong.yml"; 3][..]));
    let none = Folder::new("none", &[("findings.json", "[]")]);
    insta::assert_snapshot!("no_scenario", none.printed(&["scenario", "check", "."]));
}

#[test]
fn an_empty_scenario_is_explained() {
    let folder = Folder::new("empty", &[("empty.yaml", "")]);
    insta::assert_snapshot!("empty", folder.printed(&["scenario", "check", "empty.yaml"]));
}

/// Rules: CPL-150.
#[test]
fn all_shipped_scenarios_are_valid() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let names = std::fs::read_dir(&scenarios).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = names
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| path.display().to_string())
        .collect();
    names.sort();
    let arguments: Vec<&str> = ["scenario", "check"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let output = program::run(&arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.ends_with(&format!("All {} scenarios are valid.\n", names.len())), "{text}");
    let folder = program::run(&["scenario", "check", &scenarios.display().to_string()]);
    assert_eq!(folder.status.code(), Some(0));
}

/// Rules: CPL-152.
#[test]
fn init_writes_a_valid_scenario_once() {
    let folder = Folder::new("init", &[]);
    let init = ["scenario", "init", "mine.yaml"];
    insta::assert_snapshot!("init", folder.printed(&init));
    insta::assert_snapshot!("init_again", folder.printed(&init));
    insta::assert_snapshot!("check_of_init", folder.printed(&["scenario", "check", "mine.yaml"]));
    let organization = ["scenario", "init", "--organization", "--accounts", "40"];
    let (printed, again) = (folder.run(&organization), folder.run(&organization));
    assert_eq!((printed.status.code(), &printed.stdout), (Some(0), &again.stdout));
    let forced = folder.run(&[&organization[..], &["--force", "mine.yaml"]].concat());
    assert_eq!(forced.status.code(), Some(0));
    assert_eq!(std::fs::read(folder.0.join("mine.yaml")).unwrap(), printed.stdout);
    insta::assert_snapshot!("check_of_organization", folder.printed(&["scenario", "check", "mine.yaml"]));
    let without = folder.run(&["scenario", "init", "--accounts", "40"]);
    assert_eq!(without.status.code(), Some(2));
}
