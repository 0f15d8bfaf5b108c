//! `scenario list`, `show`, `init`, `check`, `schema`, `export` and `load`.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::arguments::Remote;
use super::exit::Exit;
use super::values::switch;
use super::{client, output};
use crate::domain::overview;
use crate::scenario::builtin::{self, Builtin};
use crate::scenario::export::{self, Format};
use crate::scenario::{self, Inspection, folder, initial};

pub(super) const HELP: &str = "\
Serve a built-in scenario:
  securityhub-local scenario list
  securityhub-local serve --scenario builtin:quickstart

Write a scenario to start from, check it, and serve it:
  securityhub-local scenario init my-scenario.yaml
  securityhub-local scenario check my-scenario.yaml
  securityhub-local serve --scenario my-scenario.yaml

Write an organization with forty member accounts:
  securityhub-local scenario init --organization --accounts 40 organization.yaml

Check all scenarios of a directory, each by itself:
  securityhub-local scenario check scenarios/

Save the state of a running emulator to a file, and reload it:
  securityhub-local scenario export --output state.yaml
  securityhub-local scenario load state.yaml

Exit codes: 0 success; 1 runtime error; 2 invalid arguments or invalid scenario.";

const LIST_HELP: &str = "\
Serve a scenario of the list:
  securityhub-local scenario list
  securityhub-local serve --scenario builtin:quickstart

Exit codes: 0 success; 1 standard output cannot be written; 2 invalid arguments.";

const SHOW_HELP: &str = "\
Create your own scenario from a built-in one:
  securityhub-local scenario show aggregation > my-scenario.yaml

Exit codes: 0 success; 1 standard output cannot be written; 2 unknown scenario or invalid arguments.";

const INIT_HELP: &str = "\
Write a scenario, and serve it:
  securityhub-local scenario init my-scenario.yaml
  securityhub-local serve --scenario my-scenario.yaml

Exit codes: 0 success; 1 the file exists or cannot be written; 2 invalid arguments.";

const CHECK_HELP: &str = "\
Check all scenarios of a directory, each by itself:
  securityhub-local scenario check scenarios/

Exit codes: 0 all files are valid; 2 at least one is not.";

const SCHEMA_HELP: &str = "\
Write the schema to a file to which scenarios can refer:
  securityhub-local scenario schema > scenario.schema.json

Exit codes: 0 success; 1 standard output cannot be written; 2 invalid arguments.";

const EXPORT_HELP: &str = "\
Save the state of a running emulator, and start another one with it:
  securityhub-local scenario export --output state.yaml
  securityhub-local serve --scenario state.yaml

Exit codes: 0 success; 1 the emulator does not respond, or the file cannot be written; 2 invalid arguments.";

const LOAD_HELP: &str = "\
Add the accounts and findings of a file to the state of a running emulator:
  securityhub-local scenario load --add more.yaml

Exit codes: 0 success; 1 the emulator does not respond or refuses the scenario; 2 invalid scenario or arguments.";

/// Number of member accounts of an organization if none is given.
const DEFAULT_ACCOUNTS: u32 = 10;

#[derive(Subcommand)]
pub(super) enum ScenarioCommand {
    /// List the built-in scenarios
    ///
    /// `serve --scenario builtin:NAME` serves the scenario NAME.
    #[command(after_help = LIST_HELP)]
    List(ListArguments),
    /// Print the file of a built-in scenario
    #[command(after_help = SHOW_HELP)]
    Show {
        /// Name of the scenario, such as quickstart
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Write a commented scenario to start from
    ///
    /// The same arguments always write the same scenario.
    #[command(after_help = INIT_HELP)]
    Init(InitArguments),
    /// Check scenario files and report every error with its position
    ///
    /// Each file is checked by itself, unless --layered is given. One run reports all errors, except those that may
    /// merely result from another one.
    #[command(after_help = CHECK_HELP)]
    Check(CheckArguments),
    /// Print the JSON Schema of scenario files, for editors
    #[command(after_help = SCHEMA_HELP)]
    Schema,
    /// Export the state of a running emulator as a scenario
    ///
    /// An emulator that loads the file gives the same responses as the one that exported it, and generates the same IDs
    /// from then on.
    #[command(after_help = EXPORT_HELP)]
    Export(ExportArguments),
    /// Load a scenario into a running emulator
    #[command(after_help = LOAD_HELP)]
    Load(LoadArguments),
}

#[derive(Args)]
pub(super) struct ListArguments {
    /// Print JSON
    #[arg(long, env = "SECURITYHUB_LOCAL_JSON", value_parser = switch)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ExportArguments {
    /// Format of the scenario
    #[arg(long, value_enum, default_value_t = ExportFormat::Yaml, env = "SECURITYHUB_LOCAL_FORMAT")]
    format: ExportFormat,

    /// Include secret access keys, session tokens, and headers of event sinks that authenticate
    #[arg(long, env = "SECURITYHUB_LOCAL_SECRETS", value_parser = switch)]
    secrets: bool,

    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_OUTPUT")]
    output: Option<PathBuf>,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, ValueEnum)]
enum ExportFormat {
    Yaml,
    Json,
}

#[derive(Args)]
pub(super) struct LoadArguments {
    /// Scenario file in YAML or JSON, or builtin:NAME for a built-in scenario
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Add the scenario to the state instead of replacing the state
    #[arg(long, env = "SECURITYHUB_LOCAL_ADD", value_parser = switch)]
    add: bool,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(super) struct InitArguments {
    /// File to write [default: standard output]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Write an organization with a management account, a delegated administrator, units and member accounts
    #[arg(long, env = "SECURITYHUB_LOCAL_ORGANIZATION", value_parser = switch)]
    organization: bool,

    /// Number of member accounts, besides the management account and the administrator [default: 10]
    #[arg(
        long,
        value_name = "NUMBER",
        env = "SECURITYHUB_LOCAL_ACCOUNTS",
        requires = "organization",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(initial::MAX_ACCOUNTS))
    )]
    accounts: Option<u32>,

    /// Overwrite the file if it exists
    #[arg(long, env = "SECURITYHUB_LOCAL_FORCE", value_parser = switch)]
    force: bool,
}

#[derive(Args)]
pub(super) struct CheckArguments {
    /// Scenario files in YAML or JSON, or directories of them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Check the files as one scenario, as `serve` loads them: later files extend earlier ones
    #[arg(long, env = "SECURITYHUB_LOCAL_LAYERED", value_parser = switch)]
    layered: bool,

    /// Print the errors as JSON
    #[arg(long, env = "SECURITYHUB_LOCAL_JSON", value_parser = switch)]
    json: bool,
}

/// Runs a command.
pub(super) fn run(command: &ScenarioCommand) -> Result<(), Exit> {
    match command {
        ScenarioCommand::List(arguments) => list(arguments),
        ScenarioCommand::Show { name } => show(name),
        ScenarioCommand::Init(arguments) => init(arguments),
        ScenarioCommand::Check(arguments) => check(arguments),
        ScenarioCommand::Schema => output::print(&format!("{:#}\n", scenario::schema())),
        ScenarioCommand::Export(arguments) => export(arguments),
        ScenarioCommand::Load(arguments) => load(arguments),
    }
}

/// Prints the built-in scenarios.
fn list(arguments: &ListArguments) -> Result<(), Exit> {
    let scenarios = builtin::all();
    if arguments.json {
        let row = |it: &Builtin| json!({ "name": it.name, "description": it.description });
        return output::print(&format!("{:#}\n", scenarios.iter().map(row).collect::<Value>()));
    }
    let width = scenarios.iter().map(|scenario| scenario.name.len()).max().unwrap_or_default();
    let line = |it: &Builtin| format!("{:width$}  {}\n", it.name, it.description);
    output::print(&scenarios.iter().map(line).collect::<String>())
}

/// Prints the file of a built-in scenario.
fn show(name: &str) -> Result<(), Exit> {
    let text = scenario::text(&builtin::path(name)).map_err(|errors| Exit::invalid(errors.details().trim_end()))?;
    output::print(&text)
}

/// Writes the state of a running emulator to a file or to standard output.
fn export(arguments: &ExportArguments) -> Result<(), Exit> {
    let format = match arguments.format {
        ExportFormat::Yaml if !arguments.remote.json => "yaml",
        ExportFormat::Yaml | ExportFormat::Json => "json",
    };
    let path = format!("/_emulator/scenario?format={format}&secrets={}", arguments.secrets);
    let text = client::get_text(&arguments.remote, &path)?;
    let Some(path) = &arguments.output else { return output::print(&text) };
    std::fs::write(path, text).map_err(|error| Exit::failed(format!("cannot write {}: {error}", path.display())))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Loaded {
    hubs: usize,
    findings: usize,
}

/// Sends a scenario to a running emulator.
fn load(arguments: &LoadArguments) -> Result<(), Exit> {
    let text = if arguments.add { addition(&arguments.file)? } else { replacement(&arguments.file)? };
    let mode = if arguments.add { "add" } else { "replace" };
    let path = format!("/_emulator/scenario?mode={mode}");
    let answer: Value = client::put_text(&arguments.remote, &path, text)?;
    if arguments.remote.json {
        return output::print(&format!("{answer}\n"));
    }
    let Loaded { hubs, findings } = Loaded::deserialize(&answer).map_err(Exit::failed)?;
    output::print(&format!("Loaded {}: {hubs} hubs, {findings} findings\n", arguments.file.display()))
}

/// The body that replaces the state. A scenario that refers to other files is sent as an export of the state that it
/// describes.
fn replacement(path: &Path) -> Result<String, Exit> {
    let invalid = |diagnostics: scenario::Diagnostics| {
        output::print_error(&format!("{}\n", diagnostics.to_string().trim_end()));
        Exit::invalid("")
    };
    let scenario = scenario::load(&[path.to_owned()]).map_err(invalid)?;
    if scenario.paths().len() > 1 {
        let world = scenario.build().map_err(invalid)?;
        return Ok(export::export(&world, &Map::new(), Format::Json, true));
    }
    Ok(scenario::text(path).map_err(invalid)?.to_string())
}

/// The body that is added to the state: the scenario with the files to which it refers. The emulator checks it, because
/// it may require parts that only the emulator has, such as a hub.
fn addition(path: &Path) -> Result<String, Exit> {
    let text = scenario::text(path).map_err(|errors| Exit::invalid(errors.details().trim_end()))?.to_string();
    let files = scenario::texts(path).into_iter().skip(1);
    let files: Map<String, Value> = files.map(|(path, text)| (path.display().to_string(), (&*text).into())).collect();
    Ok(json!({ "Scenario": text, "Files": files }).to_string())
}

/// Writes a scenario to a file or to standard output.
fn init(arguments: &InitArguments) -> Result<(), Exit> {
    let text = if arguments.organization {
        initial::of_organization(arguments.accounts.unwrap_or(DEFAULT_ACCOUNTS))
    } else {
        initial::of_accounts()
    };
    let Some(path) = &arguments.file else { return output::print(&text) };
    write(path, &text, arguments.force).map_err(|error| {
        let path = path.display();
        Exit::failed(match error.kind() {
            ErrorKind::AlreadyExists => format!("{path} already exists; use --force to overwrite it"),
            _ => format!("cannot write {path}: {error}"),
        })
    })?;
    let path = path.display();
    output::print(&format!("Wrote {path}. Next: securityhub-local serve --scenario {path}\n"))
}

fn write(path: &Path, text: &str, overwrite: bool) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!overwrite);
    options.open(path)?.write_all(text.as_bytes())
}

/// Files that are checked as one scenario, and the result.
struct Checked {
    name: String,
    inspection: Inspection,
}

/// Checks scenario files and prints all errors and warnings.
fn check(arguments: &CheckArguments) -> Result<(), Exit> {
    let Files { scenarios, others } = files(&arguments.files)?;
    let groups: Vec<&[PathBuf]> = if arguments.layered { vec![&scenarios[..]] } else { scenarios.chunks(1).collect() };
    let checked: Vec<Checked> = groups.into_iter().map(checked).collect();
    let is_valid = checked.iter().all(|checked| !checked.inspection.diagnostics.has_errors());
    if arguments.json {
        let all = checked.iter().flat_map(|checked| checked.inspection.diagnostics.iter());
        let all: Value = all.map(scenario::Diagnostic::to_json).collect();
        output::print(&format!("{all:#}\n"))?;
    } else {
        for Checked { inspection, .. } in &checked {
            let details = inspection.diagnostics.details();
            if !details.is_empty() {
                output::print_error(&format!("{}\n", details.trim_end()));
            }
        }
        output::print(&summary(&checked, &others))?;
    }
    if is_valid { Ok(()) } else { Err(Exit::invalid("")) }
}

fn checked(paths: &[PathBuf]) -> Checked {
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Checked { name: names.join(" + "), inspection: scenario::inspect(paths) }
}

/// The files to check.
#[derive(Default)]
struct Files {
    scenarios: Vec<PathBuf>,
    /// Files of directories that are not scenarios.
    others: Vec<PathBuf>,
}

fn files(arguments: &[PathBuf]) -> Result<Files, Exit> {
    let mut files = Files::default();
    for path in arguments {
        if !path.is_dir() {
            files.scenarios.push(path.clone());
            continue;
        }
        let cannot_read = |error| Exit::invalid(format!("securityhub-local: cannot read {}: {error}", path.display()));
        let folder::Folder { scenarios, others } = folder::read(path).map_err(cannot_read)?;
        if scenarios.is_empty() {
            let message = "contains no scenario; expected a file with the extension .yaml, .yml or .json";
            return Err(Exit::invalid(format!("securityhub-local: {} {message}", path.display())));
        }
        files.scenarios.extend(scenarios);
        files.others.extend(others);
    }
    Ok(files)
}

/// A line per scenario, then the number of valid and invalid ones.
fn summary(checked: &[Checked], others: &[PathBuf]) -> String {
    let mut text = String::new();
    for Checked { name, inspection } in checked {
        _ = writeln!(text, "{name}: {}", verdict(inspection));
    }
    for path in others {
        _ = writeln!(text, "{}: skipped, not a scenario", path.display());
    }
    let empty: Vec<&str> = checked
        .iter()
        .filter(|checked| checked.inspection.content.is_some_and(|content| content.hubs + content.hubs_v2 == 0))
        .map(|checked| checked.name.as_str())
        .collect();
    if !empty.is_empty() {
        _ = writeln!(
            text,
            "note: {} no hub. Security Hub is disabled in every account until a client calls EnableSecurityHub; other calls \
             fail with InvalidAccessException. `securityhub-local scenario init` writes a scenario with hubs.",
            match &empty[..] {
                [name] => format!("{name} enables"),
                names => format!("{} enable", names.join(", ")),
            }
        );
    }
    let invalid = checked.iter().filter(|checked| checked.inspection.diagnostics.has_errors()).count();
    let valid = checked.len() - invalid;
    _ = match (checked.len(), invalid) {
        (1, 0) => writeln!(text, "The scenario is valid."),
        (1, _) => writeln!(text, "The scenario is invalid."),
        (all, 0) => writeln!(text, "All {all} scenarios are valid."),
        (all, _) => writeln!(text, "{all} scenarios checked: {valid} valid, {invalid} invalid."),
    };
    text
}

fn verdict(inspection: &Inspection) -> String {
    let counts = inspection.diagnostics.counts();
    let Some(scenario::Content { hubs, hubs_v2, findings }) = inspection.content else { return counts };
    let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let of_v2 = match hubs_v2 {
        0 => String::new(),
        count => format!("{}, ", overview::count_of_hubs_v2(count)),
    };
    let content = format!("{}, {of_v2}{findings}", plural(hubs, "enabled hub"));
    if counts.is_empty() { format!("valid ({content})") } else { format!("valid, with {counts} ({content})") }
}
