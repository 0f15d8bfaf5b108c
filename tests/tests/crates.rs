//! The published crates: their dependencies, their packages, and a crate outside of the repository that uses them.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The crates that are published, in the order of their dependencies.
const CRATES: [&str; 4] =
    ["securityhub-engine", "securityhub-fixtures", "securityhub-local-macros", "securityhub-local"];
/// Maximum number of crates that a user without default features compiles, besides those of this repository. TLS needs 12
/// of them, and the signatures of event sinks 24.
const MAX_DEPENDENCIES: usize = 158;
/// Crates that only the program uses.
const OF_THE_PROGRAM: [&str; 5] = ["clap", "clap_complete", "comfy-table", "indicatif", "tracing-subscriber"];
/// Maximum size of a package, in bytes.
const MAX_PACKAGE: u64 = 2_000_000;

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(folder).env("CARGO_TERM_COLOR", "never");
    command
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Rules: DST-42.
#[test]
fn the_library_alone_has_few_dependencies() {
    let arguments = ["tree", "-p", "securityhub-local", "--no-default-features", "-e", "normal", "--prefix", "none"];
    let tree = printed(&cargo(&root()).args(arguments).output().unwrap());
    let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    let others: Vec<&&str> = crates.iter().filter(|name| !name.starts_with("securityhub-")).collect();
    assert!(others.len() <= MAX_DEPENDENCIES, "{} crates: {others:?}", others.len());
    for of_the_program in OF_THE_PROGRAM {
        let has = others.iter().any(|name| name.split(' ').next() == Some(of_the_program));
        assert!(!has, "{of_the_program} is only for the program");
    }
}

/// Rules: DST-42, DST-44.
#[test]
fn manifests_describe_the_crates() {
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    let metadata: Value = serde_json::from_str(&printed(&cargo(&root()).args(arguments).output().unwrap())).unwrap();
    let published = |package: &&Value| package["publish"].as_array().is_none();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> =
        packages.iter().filter(published).map(|package| package["name"].as_str().unwrap()).collect();
    assert_eq!(names, CRATES.into(), "the crates without `publish = false`");
    for package in packages.iter().filter(published) {
        let name = &package["name"];
        assert_eq!(package["license"], "Apache-2.0", "{name}");
        assert!(package["description"].as_str().is_some_and(|text| text.len() > 20), "{name}");
        for dependency in package["dependencies"].as_array().unwrap() {
            let has_version = dependency["path"].is_null() || dependency["req"] != "*";
            assert!(has_version, "{name} needs a version of {}", dependency["name"]);
        }
    }
    let library = packages.iter().find(|package| package["name"] == "securityhub-local").unwrap();
    assert_eq!(library["metadata"]["docs"]["rs"]["all-features"], true);
    let features: BTreeSet<&str> = library["features"].as_object().unwrap().keys().map(String::as_str).collect();
    let page = std::fs::read_to_string(root().join("emulator/src/lib.rs")).unwrap();
    // Shuttle is for the tests of this repository.
    for feature in features.iter().filter(|feature| !["default", "shuttle"].contains(*feature)) {
        assert!(
            page.contains(&format!("//! | `{feature}` |")),
            "the front page does not describe the feature {feature}"
        );
    }
}

/// Packages the crates, and returns the folder with their files.
fn packages(folder: &Path) -> Vec<PathBuf> {
    let mut package = cargo(&root());
    package.args(["package", "--quiet", "--offline", "--no-verify", "--allow-dirty"]).env("CARGO_TARGET_DIR", folder);
    for name in CRATES {
        package.args(["-p", name]);
    }
    printed(&package.output().unwrap());
    CRATES
        .iter()
        .map(|name| folder.join("package").join(format!("{name}-{}.crate", env!("CARGO_PKG_VERSION"))))
        .collect()
}

/// A test file of a crate outside of the repository, and the errors of the compiler: line, column, and a part of the message.
type Mistake<'t> = (&'t str, &'t str, &'t [(u64, u64, &'t str)]);

const GOOD: &str = r#"
use securityhub_local::Emulator;

#[securityhub_local::test]
async fn one_line(hub: Emulator) {
    assert!(hub.events().is_empty());
}

#[securityhub_local::test(scenario = "scenario.yaml", flavor = "multi_thread")]
async fn with_arguments(hub: Emulator) -> Result<(), Box<dyn std::error::Error>> {
    hub.account_by_id("111111111111")?;
    Ok(())
}

#[securityhub_local::test]
#[should_panic(expected = "on purpose")]
async fn panics(_hub: Emulator) {
    panic!("on purpose");
}
"#;

const MISTAKES: [Mistake<'_>; 6] = [
    (
        "unknown_argument",
        "#[securityhub_local::test(senario = \"a\")]\nasync fn a(_: securityhub_local::Emulator) {}\n",
        &[(1, 27, "no method named `senario`")],
    ),
    (
        "wrong_value",
        "#[securityhub_local::test(port = \"a\")]\nasync fn a(_: securityhub_local::Emulator) {}\n",
        &[(1, 34, "mismatched types")],
    ),
    (
        "wrong_flavor",
        "#[securityhub_local::test(\n    flavor = \"threads\",\n)]\nasync fn a(_: securityhub_local::Emulator) {}\n",
        &[(2, 14, "expected `flavor = \"current_thread\"`")],
    ),
    (
        "not_async",
        "#[securityhub_local::test]\nfn a(_: securityhub_local::Emulator) {}\n",
        &[(2, 1, "expected an async function")],
    ),
    ("no_parameter", "#[securityhub_local::test]\nasync fn a() {}\n", &[(2, 1, "expected an async function")]),
    ("wrong_parameter", "#[securityhub_local::test]\nasync fn a(_: u8) {}\n", &[(2, 10, "type mismatch")]),
];

/// Writes a crate that uses the packages of a folder, as crates of the registry would be used.
fn write_outside(outside: &Path, unpacked: &Path) {
    let path = |name: &str| unpacked.join(format!("{name}-{}", env!("CARGO_PKG_VERSION"))).display().to_string();
    let replacement = |name: &&str| format!("{name} = {{ path = \"{}\" }}", path(name));
    let patches: Vec<String> = CRATES.iter().map(replacement).collect();
    let manifest = format!(
        "[package]\nname = \"outside\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         securityhub-local = {{ version = \"{}\", default-features = false, features = [\"macros\"] }}\n\n\
         [patch.crates-io]\n{}\n\n[profile.dev]\ndebug = false\n",
        env!("CARGO_PKG_VERSION"),
        patches.join("\n")
    );
    std::fs::create_dir_all(outside.join("src")).unwrap();
    std::fs::create_dir_all(outside.join("tests")).unwrap();
    std::fs::write(outside.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(outside.join("src/lib.rs"), "//! A crate.\n").unwrap();
    std::fs::copy(root().join("Cargo.lock"), outside.join("Cargo.lock")).unwrap();
    std::fs::write(outside.join("scenario.yaml"), "hubs: [{ account: \"111111111111\", regions: [us-east-1] }]\n")
        .unwrap();
    std::fs::write(outside.join("tests/good.rs"), GOOD).unwrap();
    for (name, text, _) in MISTAKES {
        std::fs::write(outside.join("tests").join(format!("{name}.rs")), text).unwrap();
    }
}

/// The errors of each file: line, column and message.
fn errors(messages: &str) -> BTreeMap<String, Vec<(u64, u64, String)>> {
    let mut errors = BTreeMap::<String, Vec<_>>::new();
    for line in messages.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else { continue };
        let error = &message["message"];
        if message["reason"] != "compiler-message" || error["level"] != "error" {
            continue;
        }
        let target = message["target"]["name"].as_str().unwrap().to_owned();
        for span in error["spans"].as_array().unwrap().iter().filter(|span| span["is_primary"] == true) {
            let [line, column] = ["line_start", "column_start"].map(|member| span[member].as_u64().unwrap());
            errors.entry(target.clone()).or_default().push((
                line,
                column,
                error["message"].as_str().unwrap().to_owned(),
            ));
        }
    }
    errors
}

/// The packages have all files that they need, are small, and work in a crate outside of this repository; a mistake in the
/// arguments of the attribute is an error at its place.
///
/// Rules: DST-41, DST-42, DST-44.
#[test]
fn packages_work_in_a_crate_outside_of_the_repository() {
    let this = std::env::current_exe().unwrap();
    // In the target folder, so that the next run compiles less.
    let folder = this.ancestors().nth(3).unwrap().join("outside");
    let (unpacked, outside) = (folder.join("unpacked"), folder.join("crate"));
    for old in [&unpacked, &outside] {
        _ = std::fs::remove_dir_all(old);
        std::fs::create_dir_all(old).unwrap();
    }
    for package in packages(&folder) {
        let size = std::fs::metadata(&package).unwrap().len();
        println!("{}: {size} bytes", package.display());
        assert!(size < MAX_PACKAGE, "{} has {size} bytes, at most {MAX_PACKAGE} are allowed", package.display());
        printed(&Command::new("tar").arg("xzf").arg(&package).arg("-C").arg(&unpacked).output().unwrap());
    }
    assert!(unpacked.join(format!("securityhub-local-{}/LICENSE", env!("CARGO_PKG_VERSION"))).is_file());
    write_outside(&outside, &unpacked);
    let target = folder.join("target");
    let run = |arguments: &[&str]| {
        cargo(&outside).args(arguments).arg("--offline").env("CARGO_TARGET_DIR", &target).output().unwrap()
    };
    let output = run(&["test", "--test", "good"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("3 passed"), "{text}{}", String::from_utf8_lossy(&output.stderr));

    let output = run(&["check", "--tests", "--keep-going", "--message-format", "json"]);
    let errors = errors(&String::from_utf8_lossy(&output.stdout));
    for (name, _, expected) in MISTAKES {
        let found = errors.get(name).unwrap_or_else(|| panic!("{name} compiles: {errors:#?}"));
        for (line, column, words) in expected {
            let is_it =
                |(at, from, message): &(u64, u64, String)| (at, from) == (line, column) && message.contains(words);
            assert!(found.iter().any(is_it), "{name}: expected {words} at {line}:{column}, found {found:?}");
        }
    }
    assert!(!errors.contains_key("good"), "{errors:#?}");
}
