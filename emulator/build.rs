//! Compresses the files that the program carries: the shipped scenarios, and the register of rules with its tests.
//! `src/embedded.rs` reads them.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// The schema is not a scenario, and `scenario schema` prints it.
const SCHEMA: &str = "scenario.schema.json";

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let scenarios = find("scenarios", "scenarios")?;
    let mut names = Vec::new();
    collect(&scenarios, "", &mut names)?;
    names.sort();
    // clippy would have lengths written with separators.
    let allow = "#[allow(clippy::unreadable_literal)]\n";
    let mut code = format!("{allow}static SCENARIOS: &[(&str, Packed)] = &[\n");
    for name in &names {
        let text = fs::read(scenarios.join(name))?;
        writeln!(code, "    ({name:?}, {}),", pack(&out, name, &text)?)?;
    }
    code.push_str("];\n");
    let rules = read(&find("docs/rules.tsv", "data/rules.tsv")?)?;
    let tests = tests(&read(&find("docs/fidelity.md", "data/fidelity.md")?)?);
    for (constant, name, text) in [("RULES", "rules.tsv", rules), ("TESTS", "tests.tsv", tests)] {
        writeln!(code, "{allow}static {constant}: Packed = {};", pack(&out, name, text.as_bytes())?)?;
    }
    fs::write(out.join("embedded.rs"), code)?;
    link_without_relocations()?;
    Ok(())
}

/// Links an optimised program for a fixed address, which makes it smaller: the addresses in its data need no relocations,
/// which also would be processed at each start. Only glibc's linker is known to accept the flag with the startup files that
/// it selects itself; a static program is left as it is.
fn link_without_relocations() -> Result<(), env::VarError> {
    let of_target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let is_static = of_target("FEATURE").split(',').any(|feature| feature == "crt-static");
    let is_optimised = env::var("OPT_LEVEL")? != "0";
    if of_target("OS") == "linux" && of_target("ENV") == "gnu" && !is_static && is_optimised {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    Ok(())
}

/// A file or a folder of the repository. A published package has a copy of it, which is a link in the repository.
fn find(in_repository: &str, in_package: &str) -> Result<PathBuf, env::VarError> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let path = package.join("..").join(in_repository);
    Ok(if path.exists() { path } else { package.join(in_package) })
}

/// Collects the paths of all files below a folder, with slashes.
fn collect(folder: &Path, below: &str, names: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            collect(&path, &format!("{below}{name}/"), names)?;
        } else if name != SCHEMA {
            println!("cargo::rerun-if-changed={}", path.display());
            names.push(format!("{below}{name}"));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, std::io::Error> {
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read_to_string(path)
}

/// The ID and the last cell of each rule in docs/fidelity.md, separated by a tab. The other cells repeat docs/rules.tsv.
fn tests(page: &str) -> String {
    let row = |line: &str| {
        let (id, rest) = line.strip_prefix("| ")?.split_once(" | ")?;
        let (_, cell) = rest.strip_suffix(" |")?.rsplit_once(" | ")?;
        Some(format!("{id}\t{cell}\n"))
    };
    page.lines().filter_map(row).collect()
}

/// Writes a compressed file, and returns the expression that embeds it.
fn pack(out: &Path, name: &str, text: &[u8]) -> Result<String, Box<dyn Error>> {
    // Debug builds are not made smaller, because compressing would slow them down.
    let is_optimised = env::var("OPT_LEVEL")? != "0";
    let mut encoder =
        DeflateEncoder::new(Vec::new(), if is_optimised { Compression::best() } else { Compression::none() });
    encoder.write_all(text)?;
    let file = format!("{}.deflate", name.replace('/', "-"));
    fs::write(out.join(&file), encoder.finish()?)?;
    let length = text.len();
    Ok(format!("Packed {{ length: {length}, data: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")) }}"))
}
