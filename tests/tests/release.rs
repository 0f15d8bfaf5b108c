//! Tests of the metadata of releases: one version everywhere, the version of Rust, and the names of archives.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

use files::{File, root, with_extension};
use regex_lite::Regex;
use serde_json::Value;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The metadata of the workspace and of its dependencies. Cargo has not downloaded those of other platforms.
static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", host]);
    let output = cargo.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
});

fn package(name: &str) -> &'static Value {
    METADATA["packages"].as_array().unwrap().iter().find(|package| package["name"] == name).unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The versions with which a text names the program or a package of it, such as `securityhub-local:1.2.3`,
/// `securityhub-local==1.2.3` and `securityhub-local@v1.2.3`, each with its line number.
fn named_versions(text: &str) -> Vec<(usize, String)> {
    static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
        let separator = r#"(?:"?\s*[:=]\s*"|==|@|:|-)"#;
        Regex::new(&format!(r"securityhub-local(?:/[a-z0-9-]+)?{separator}[\^~=]?v?(\d+\.\d+\.\d+)")).unwrap()
    });
    let found = PATTERN.captures_iter(text);
    found.map(|it| (text[..it.get(0).unwrap().start()].matches('\n').count() + 1, it[1].to_owned())).collect()
}

/// Rules: DST-02.
#[test]
fn every_file_names_the_same_version() {
    let mut wrong = Vec::new();
    for package in METADATA["packages"].as_array().unwrap().iter().filter(|package| package["source"].is_null()) {
        if package["version"] != VERSION {
            wrong.push(format!("{}: {}", package["manifest_path"], package["version"]));
        }
    }
    let changelog = read("CHANGELOG.md");
    let newest = changelog.lines().find_map(|line| line.strip_prefix("## ")).unwrap();
    if newest.split(' ').next() != Some(VERSION) {
        wrong.push(format!("CHANGELOG.md: the newest heading is {newest}"));
    }
    for file in with_extension("", &["json", "toml"]) {
        wrong.extend(
            manifest_versions(&file)
                .into_iter()
                .filter(|(_, version)| version != VERSION)
                .map(|(name, version)| format!("{}: {name} {version}", file.path)),
        );
    }
    let extensions = [
        "md",
        "yml",
        "yaml",
        "toml",
        "txt",
        "sh",
        "py",
        "mjs",
        "js",
        "ts",
        "tf",
        "java",
        "go",
        "cs",
        "rs",
        "Dockerfile",
    ];
    for file in with_extension("", &extensions) {
        if ["CHANGELOG.md", "tests/tests/release.rs"].contains(&file.path.as_str()) {
            continue;
        }
        for (line, version) in named_versions(&file.text) {
            if version != VERSION {
                wrong.push(format!("{}:{line}: {version}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "the version is {VERSION}, but\n{}", wrong.join("\n"));
}

/// The versions in a manifest of npm or Python: its own, and those of our packages on which it depends.
fn manifest_versions(file: &File) -> Vec<(String, String)> {
    let mut versions = Vec::new();
    match file.path.rsplit('/').next() {
        Some("package.json") => {
            let manifest: Value =
                serde_json::from_str(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path));
            let is_ours = |name: &str| name == "securityhub-local" || name.starts_with("@securityhub-local/");
            let name = manifest["name"].as_str().unwrap_or_default();
            if is_ours(name) {
                versions.push((name.to_owned(), manifest["version"].as_str().unwrap_or_default().to_owned()));
            }
            for kind in ["dependencies", "optionalDependencies", "peerDependencies"] {
                let listed = manifest[kind].as_object().into_iter().flatten().filter(|(name, _)| is_ours(name));
                versions.extend(
                    listed.map(|(name, version)| (name.clone(), version.as_str().unwrap_or_default().to_owned())),
                );
            }
            versions.retain(|(_, version)| !version.starts_with("file:"));
        }
        Some("pyproject.toml") if file.text.contains("name = \"securityhub-local\"") => {
            let line = file.text.lines().find_map(|line| line.strip_prefix("version = "));
            let is_dynamic =
                file.text.lines().any(|line| line.starts_with("dynamic = ") && line.contains("\"version\""));
            let version = line.map(|text| text.trim_matches('"').to_owned());
            versions.extend(
                version.or(Some("(none)".to_owned()).filter(|_| !is_dynamic)).map(|it| ("version".to_owned(), it)),
            );
        }
        _ => {}
    }
    versions
}

/// Rules: DST-02.
#[test]
fn a_version_is_found_in_every_form_of_a_recipe() {
    for text in [
        "image: ghcr.io/x/securityhub-local:1.2.3",
        "pip install securityhub-local==1.2.3",
        "npx securityhub-local@1.2.3 serve",
        "uses: x/securityhub-local@v1.2.3",
        "securityhub-local-1.2.3-x86_64-unknown-linux-gnu.tar.gz",
        "\"@securityhub-local/linux-x64\": \"1.2.3\"",
        "securityhub-local = \"1.2.3\"",
    ] {
        assert_eq!(named_versions(text), [(1, "1.2.3".to_owned())], "{text}");
    }
    for none in
        ["securityhub-local:4600", "securityhub-local serve --host 127.0.0.1", "http://securityhub-local:4600/x"]
    {
        assert_eq!(named_versions(none), [], "{none}");
    }
    let manifest = |path: &str, text: &str| manifest_versions(&File { path: path.to_owned(), text: text.to_owned() });
    let wrong = r#"{"name": "securityhub-local", "version": "1", "optionalDependencies": {"@securityhub-local/a": "^1.2.3", "b": "2"}}"#;
    let expected =
        [("securityhub-local", "1"), ("@securityhub-local/a", "^1.2.3")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(manifest("x/package.json", wrong), expected);
    let python = "[project]\nname = \"securityhub-local\"\n";
    assert_eq!(manifest("pyproject.toml", &format!("{python}version = \"1\"\n"))[0].1, "1");
    assert_eq!(manifest("pyproject.toml", python)[0].1, "(none)");
    assert_eq!(manifest("pyproject.toml", &format!("{python}dynamic = [\"version\"]\n")), []);
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap()).collect()
}

/// The packages that the program uses with all features, except those that only its tests use.
fn used_packages() -> Vec<&'static Value> {
    let nodes = METADATA["resolve"]["nodes"].as_array().unwrap();
    let nodes: BTreeMap<&str, &Value> = nodes.iter().map(|node| (node["id"].as_str().unwrap(), node)).collect();
    let (mut open, mut seen) = (vec![package("securityhub-local")["id"].as_str().unwrap()], BTreeSet::new());
    while let Some(id) = open.pop() {
        if seen.insert(id) {
            let used = nodes[id]["deps"].as_array().unwrap().iter();
            let used = used.filter(|it| it["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev"));
            open.extend(used.map(|it| it["pkg"].as_str().unwrap()));
        }
    }
    let packages = METADATA["packages"].as_array().unwrap().iter();
    packages.filter(|package| seen.contains(package["id"].as_str().unwrap())).collect()
}

/// Rules: DST-12.
#[test]
fn the_required_version_of_rust_is_that_of_the_dependencies_and_is_stated_everywhere() {
    let required = package("securityhub-local")["rust_version"].as_str().unwrap();
    let used = used_packages();
    assert!(used.len() > 150, "{}", used.len());
    for package in used {
        let needed = package["rust_version"].as_str().unwrap_or("1.0");
        assert!(numbers(needed) <= numbers(required), "{} requires Rust {needed}, not {required}", package["name"]);
    }
    assert!(read("clippy.toml").contains(&format!("msrv = \"{required}\"")), "clippy.toml");
    assert!(read("README.md").contains(required), "README.md does not mention Rust {required}");
    let images = ["docker/Dockerfile", "docs/guides/ci.md"].map(read).concat();
    let tags = images.split("rust:").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        rest[..end].trim_matches('.').to_owned()
    });
    let tags: Vec<String> = tags.filter(|tag| !tag.is_empty()).collect();
    assert!(!tags.is_empty());
    for tag in tags {
        // An image of 1.94 has the newest patch of 1.94, and one of 1 the newest version.
        let (tag, required) = (numbers(&tag), numbers(required));
        assert!(tag >= required[..tag.len()].to_vec(), "the image rust:{tag:?} is older than {required:?}");
    }
}

/// Rules: DST-14.
#[test]
fn binstall_finds_the_archive_that_the_release_script_makes() {
    let package = package("securityhub-local");
    let target = "x86_64-unknown-linux-gnu";
    let repository = package["repository"].as_str().unwrap();
    let expand = |key: &str| {
        let template = package["metadata"]["binstall"][key].as_str().unwrap();
        let values = [
            ("repo", repository),
            ("version", VERSION),
            ("name", "securityhub-local"),
            ("target", target),
            ("bin", "securityhub-local"),
            ("binary-ext", ""),
            ("archive-format", "tar.gz"),
        ];
        values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{ {name} }}"), value))
    };
    let archive = format!("securityhub-local-{VERSION}-{target}");
    assert_eq!(package["metadata"]["binstall"]["pkg-fmt"], "tgz");
    assert_eq!(expand("pkg-url"), format!("{repository}/releases/download/v{VERSION}/{archive}.tar.gz"));
    assert_eq!(expand("bin-dir"), format!("{archive}/securityhub-local"));
    let script = read("scripts/release");
    for line in ["name=securityhub-local-$version-$target\n", "> \"$out/$name.tar.gz\""] {
        assert!(script.contains(line), "scripts/release no longer contains {line}");
    }
    for key in ["description", "license", "readme", "repository"] {
        assert!(package[key].is_string(), "{key}");
    }
    // The registry accepts at most five.
    for key in ["keywords", "categories"] {
        assert!(package[key].as_array().is_some_and(|words| (1..=5).contains(&words.len())), "{key}");
    }
}

/// Rules: DST-19.
#[test]
fn the_platforms_of_archives_and_of_npm_packages_are_the_same() {
    let text = read("dist-workspace.toml");
    let targets = text.split_once("targets = [").unwrap().1.split_once(']').unwrap().0;
    let targets: BTreeSet<&str> = targets.split('"').skip(1).step_by(2).collect();
    assert_eq!(targets.len(), 7);
    let platforms: Value = serde_json::from_str(&read("packages/npm/platforms.json")).unwrap();
    let of_npm: BTreeSet<&str> =
        platforms.as_object().unwrap().values().map(|it| it["target"].as_str().unwrap()).collect();
    assert_eq!(targets, of_npm);
    for line in ["cargo-dist-version = \"0.34.0\"", "checksum = \"sha256\"", "github-attestations = true"] {
        assert!(text.lines().any(|it| it == line), "{line}");
    }
    assert!(text.contains("installers = [\"shell\", \"powershell\", \"homebrew\"]"));
}

/// Rules: DST-10, DST-11.
#[test]
fn the_release_profile_is_small_and_survives_panics() {
    let text = read("Cargo.toml");
    let profile = text.split_once("[profile.release]\n").unwrap().1.split_once("\n[").unwrap().0;
    for line in ["lto = \"fat\"", "codegen-units = 1", "panic = \"unwind\"", "strip = \"symbols\""] {
        assert!(profile.lines().any(|it| it == line), "{line}");
    }
    let small = text.split_once("[profile.release.package]\n").unwrap().1.split_once("\n\n").unwrap().0;
    for line in small.lines() {
        let name = line.strip_suffix(".opt-level = \"s\"").unwrap_or_else(|| panic!("{line}"));
        assert!(METADATA["packages"].as_array().unwrap().iter().any(|package| package["name"] == name), "{name}");
        // Requests run these.
        let fast = ["bytes", "hyper", "serde_json", "tokio", "http", "memchr", "hashbrown", "imbl", "jiff"];
        assert!(!fast.contains(&name) && !name.starts_with("securityhub"), "{name}");
    }
}
