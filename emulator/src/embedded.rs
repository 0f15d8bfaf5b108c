//! Files that the program carries in compressed form: the shipped scenarios, and the register of rules. `build.rs`
//! compresses them.

use std::io::Read as _;

use flate2::read::DeflateDecoder;

use crate::invariant::Invariant;

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// A compressed text.
struct Packed {
    /// The length of the text.
    length: usize,
    data: &'static [u8],
}

impl Packed {
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.length);
        DeflateDecoder::new(self.data).read_to_string(&mut text).or_report("an embedded file is a compressed text");
        text
    }
}

/// The paths of the shipped scenarios and of the files to which they refer, relative to their folder, sorted.
pub fn scenario_files() -> impl Iterator<Item = &'static str> {
    SCENARIOS.iter().map(|(path, _)| *path)
}

/// The text of one of [`scenario_files`].
pub fn scenario_file(path: &str) -> Option<String> {
    let index = SCENARIOS.binary_search_by_key(&path, |(path, _)| path).ok()?;
    Some(SCENARIOS.get(index)?.1.text())
}

/// The register of rules, docs/rules.tsv.
pub fn rules() -> String {
    RULES.text()
}

/// The tests of rules as docs/fidelity.md lists them: the ID of a rule, a tab, and links to its tests.
pub fn tests() -> String {
    TESTS.text()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Rules: DST-03.
    #[test]
    fn embedded_files_equal_those_of_the_repository() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let read = |path: &str| std::fs::read_to_string(repository.join(path)).unwrap();
        let mut count = 0;
        for path in super::scenario_files() {
            assert_eq!(super::scenario_file(path).unwrap(), read(&format!("scenarios/{path}")), "{path}");
            count += 1;
        }
        assert!(count >= 20, "{count}");
        assert_eq!(super::scenario_file("none.yaml"), None);
        assert_eq!(super::rules(), read("docs/rules.tsv"));
        let (tests, page) = (super::tests(), read("docs/fidelity.md"));
        assert!(tests.lines().count() > 1000);
        for line in tests.lines() {
            let (id, cell) = line.split_once('\t').unwrap();
            assert!(
                page.lines().any(|row| row.starts_with(&format!("| {id} |")) && row.ends_with(&format!("| {cell} |")))
            );
        }
    }
}
