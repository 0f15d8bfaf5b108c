//! Pastes the blocks of a page into shells, in an empty directory that has the scenarios and examples of the repository.

use std::path::Path;
use std::process::{Command, Output};

use securityhub_local_client_tests::markdown::{Block, Mark, blocks};
use securityhub_local_client_tests::{command, python_environment, repository};
use securityhub_local_tests::program::{self, Program};

/// The output of one shell.
pub struct Session {
    /// The scenario that was served, if any.
    pub scenario: Option<String>,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub error: String,
}

/// Runs the blocks of a page from top to bottom. Each tour gets a program of its own. Returns `None` if Python is not
/// installed.
pub fn run(page: &str) -> Option<Vec<Session>> {
    let environment = python_environment()?;
    let folder = tempfile::tempdir().unwrap();
    for shared in ["scenarios", "examples"] {
        std::os::unix::fs::symlink(repository().join(shared).canonicalize().unwrap(), folder.path().join(shared))
            .unwrap();
    }
    let all = blocks(page);
    let mut sessions = Vec::new();
    for (index, block) in all.iter().enumerate() {
        save(page, block, folder.path(), &environment);
        let after: Vec<&Block> = all[index + 1..].iter().take_while(|block| !begins(block)).collect();
        match &block.mark {
            Some(Mark::Tour(_) | Mark::Run) => {
                for block in &after {
                    save(page, block, folder.path(), &environment);
                }
                sessions.push(paste(page, block, &after, folder.path(), &environment));
            }
            Some(Mark::Serve) => check_serve(page, block, &all[index + 1..]),
            _ => {}
        }
    }
    assert!(!sessions.is_empty(), "{page} has no block that is run");
    Some(sessions)
}

/// Returns whether a block begins a new shell.
fn begins(block: &Block) -> bool {
    matches!(block.mark, Some(Mark::Tour(_) | Mark::Run | Mark::Serve))
}

/// Writes a block that is a file. Files in YAML are parsed.
fn save(page: &str, block: &Block, folder: &Path, environment: &Path) {
    let Some(Mark::File(name)) = &block.mark else { return };
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, &block.text).unwrap();
    if block.language == "yaml" {
        let parse = "import sys, yaml; yaml.safe_load(open(sys.argv[1]))";
        let parsed = command(environment, "python").args(["-c", parse]).arg(&file).output().unwrap();
        assert!(parsed.status.success(), "{page}:{}: {}", block.line, decoded(&parsed).2);
    }
}

/// The command of a block that starts the emulator names the scenario of the next tour.
fn check_serve(page: &str, block: &Block, after: &[Block]) {
    let tour = after.iter().find_map(|block| match &block.mark {
        Some(Mark::Tour(scenario)) => Some(scenario),
        _ => None,
    });
    let scenario = tour.unwrap_or_else(|| panic!("{page}:{}: no tour follows", block.line));
    assert_eq!(block.text, format!("securityhub-local serve --scenario {scenario}\n"), "{page}:{}", block.line);
}

/// Runs a block and those that continue it, and checks that the output contains the `printed` blocks.
fn paste(page: &str, block: &Block, after: &[&Block], folder: &Path, environment: &Path) -> Session {
    let mut shell = command(environment, &block.language);
    if block.language == "bash" {
        shell.args(["-euo", "pipefail"]);
    }
    let scenario = match &block.mark {
        Some(Mark::Tour(scenario)) => Some(scenario.clone()),
        _ => None,
    };
    let program = scenario.as_ref().map(|name| Program::start(&["--scenario", folder.join(name).to_str().unwrap()]));
    let continued = after.iter().filter(|block| block.mark == Some(Mark::Continued));
    let mut text = continued.fold(block.text.clone(), |text, block| text + &block.text);
    if let Some(program) = &program {
        let endpoint = format!("http://{}", program.address);
        text = text.replace("http://127.0.0.1:4600", &endpoint);
    }
    let path = shell.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value).unwrap().to_owned();
    let programs = program::path().parent().unwrap();
    shell.env("PATH", format!("{}:{}", programs.display(), path.to_str().unwrap()));
    add_python_package(&mut shell);
    let (code, output, error) = decoded(&shell.args(["-c", &text]).current_dir(folder).output().unwrap());
    assert_eq!(code, Some(0), "{page}:{}\n{output}{error}", block.line);
    for shown in after.iter().filter(|block| block.mark == Some(Mark::Printed)) {
        assert!(output.contains(shown.text.trim_end()), "{page}:{} is not in\n{output}", shown.line);
    }
    Session { scenario, output, error }
}

/// Makes the Python package usable as if its wheel was installed, with its plugin for pytest.
fn add_python_package(shell: &mut Command) {
    shell
        .env("PYTHONPATH", repository().join("packages/python").canonicalize().unwrap())
        .env("PYTEST_PLUGINS", "securityhub_local.pytest_plugin")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SECURITYHUB_LOCAL_BINARY", program::path());
}

fn decoded(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}
