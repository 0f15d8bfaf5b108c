//! The scenarios that the program carries, so that it can serve one in an empty directory. `builtin:NAME` is the scenario
//! NAME.yaml, and `builtin:PATH` is a file to which it refers.

use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use crate::embedded;
use crate::suggest;

/// The beginning of the path of a built-in file.
const PREFIX: &str = "builtin:";
/// The extension of scenarios.
const EXTENSION: &str = ".yaml";

/// A built-in scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// A line about it.
    pub description: String,
}

/// All scenarios, sorted by name.
pub fn all() -> Vec<Builtin> {
    names().map(|name| Builtin { name, description: description(&text_of(name).unwrap_or_default()) }).collect()
}

/// The path of a scenario; `name` may have the prefix already.
pub fn path(name: &str) -> PathBuf {
    with_prefix(Path::new(name.strip_prefix(PREFIX).unwrap_or(name)))
}

/// Whether a path begins with `builtin:`.
pub fn is_builtin(path: &Path) -> bool {
    relative(path).is_some()
}

/// A built-in file; `None` for other paths.
///
/// # Errors
/// The program does not carry it.
pub(super) fn read(path: &Path) -> Option<Result<String, Box<Diagnostic>>> {
    let name = relative(path)?;
    let unknown = || {
        let diagnostic =
            Diagnostic::of_file(&path.display().to_string(), "the program does not contain a scenario with this name");
        let names: Vec<String> = names().map(|name| format!("{PREFIX}{name}")).collect();
        let nearest = suggest::nearest(name, self::names()).map(|name| format!("{PREFIX}{name}"));
        Box::new(diagnostic.expected(suggest::choices(names.iter().map(String::as_str))).suggest(nearest))
    };
    Some(text_of(name).ok_or_else(unknown))
}

/// The path of a built-in file without its prefix; `None` for other paths.
pub(super) fn relative(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix(PREFIX)
}

/// The files to which a built-in scenario can refer.
pub(super) fn paths() -> impl Iterator<Item = PathBuf> {
    embedded::scenario_files().map(PathBuf::from)
}

/// The path with the prefix.
pub(super) fn with_prefix(path: &Path) -> PathBuf {
    PathBuf::from(format!("{PREFIX}{}", path.display()))
}

fn names() -> impl Iterator<Item = &'static str> {
    embedded::scenario_files().filter_map(|path| path.strip_suffix(EXTENSION)).filter(|name| !name.contains('/'))
}

fn text_of(name: &str) -> Option<String> {
    embedded::scenario_file(&format!("{name}{EXTENSION}")).or_else(|| embedded::scenario_file(name))
}

/// The beginning of the comment at the start of a scenario, up to the first colon or the end of the sentence.
fn description(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
    let paragraph = lines.skip_while(|line| line.is_empty() || line.starts_with("yaml-language-server"));
    let paragraph: Vec<&str> = paragraph.take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    paragraph.split([':', '.']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    /// Rules: DST-03.
    #[test]
    fn every_built_in_scenario_builds_the_world_of_its_file() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        assert_eq!(all().len(), files.len());
        for Builtin { name, description } in all() {
            assert!((10..=130).contains(&description.len()), "{name}: {description}");
            let load = |path: PathBuf| scenario::load(&[path]).unwrap_or_else(|errors| panic!("{name}: {errors}"));
            let [built_in, of_file] =
                [load(format!("{PREFIX}{name}").into()), load(folder.join(format!("{name}{EXTENSION}")))];
            assert_eq!(built_in.digest(), of_file.digest(), "{name}");
            assert!(built_in.paths().iter().all(|path| is_builtin(path)), "{name}: {:?}", built_in.paths());
            assert_eq!(built_in.build().unwrap().finding_count(), of_file.build().unwrap().finding_count(), "{name}");
        }
    }

    /// Rules: DST-03.
    #[test]
    fn an_unknown_name_is_reported_with_the_names_and_the_nearest_one() {
        let errors = scenario::load(&["builtin:quikstart".into()]).unwrap_err().to_string();
        for expected in
            ["the program does not contain a scenario with this name", "builtin:aggregation", "`builtin:quickstart`"]
        {
            assert!(errors.contains(expected), "{errors}");
        }
    }
}
