//! The scenarios in a directory.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::files::Files;
use super::parse;
use super::spanned::{Content, Node};
use crate::suggest;

/// The files of a directory that may be scenarios.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// The scenarios, and files that cannot be read as YAML.
    pub scenarios: Vec<PathBuf>,
    /// Other YAML and JSON files, such as files of findings.
    pub others: Vec<PathBuf>,
}

/// Lists the YAML and JSON files of a directory by name, without its subdirectories.
///
/// # Errors
/// The directory cannot be read.
pub fn read(folder: &Path) -> io::Result<Folder> {
    let entries: Vec<_> = std::fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.retain(|path| {
        path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|it| extension == *it))
    });
    paths.sort();
    let schema = super::schema();
    let (scenarios, others) = paths.into_iter().partition(|path| is_scenario(path, &schema));
    Ok(Folder { scenarios, others })
}

/// Returns whether at least half of the keys are those of a scenario, or similar to them. A file that cannot be read
/// may be a scenario, and so may an empty one.
fn is_scenario(path: &Path, schema: &Value) -> bool {
    let mut files = Files::default();
    let Ok(node) = files.read(path).and_then(|file| parse::text(&files, file)) else { return true };
    match node {
        Node { content: Content::Null, .. } => true,
        Node { content: Content::Map(entries), .. } => {
            let known = schema.get("properties").and_then(Value::as_object);
            let known: Vec<&str> = known.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
            let keys = entries.iter().map(|(key, _)| key.value.as_str()).filter(|key| !key.starts_with('$'));
            let is_of_scenario = |key: &&str| {
                let has_case = key.chars().any(char::is_uppercase);
                !has_case && suggest::nearest(key, known.iter().copied()).is_some()
            };
            keys.clone().filter(is_of_scenario).count() * 2 >= keys.count()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Folder, read};

    /// Rules: CPL-150.
    #[test]
    fn a_folder_contains_scenarios_and_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (name, text) in [
            ("a.yaml", "hubs: []\n"),
            ("b.yml", "hubz: []\nname: b\n"),
            ("c.json", "{\"name\": \"c\"}"),
            ("d.yaml", "# nothing\n"),
            ("e.yaml", "hubs: [\n"),
            ("compose.yaml", "name: x\nservices: {}\nvolumes: {}\n"),
            ("findings.json", "[]"),
            ("schema.json", "{\"$schema\": \"x\", \"title\": \"y\", \"type\": \"object\"}"),
            ("stack.yaml", "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n"),
            ("text.txt", "hubs: []\n"),
        ] {
            std::fs::write(path(name), text).unwrap();
        }
        std::fs::create_dir(path("more.yaml")).unwrap();
        let expected = Folder {
            scenarios: ["a.yaml", "b.yml", "c.json", "d.yaml", "e.yaml"].map(path).to_vec(),
            others: ["compose.yaml", "findings.json", "schema.json", "stack.yaml"].map(path).to_vec(),
        };
        assert_eq!(read(folder.path()).unwrap(), expected);
        assert!(read(&path("none")).is_err());
    }
}
