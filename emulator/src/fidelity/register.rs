//! The register of rules, docs/rules.tsv, with the tests that docs/fidelity.md lists for each rule.

use std::collections::HashMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::embedded;

/// The state of a rule that tests cover.
pub const TESTED: &str = "tested";
/// The state of a rule that the emulator does not follow.
pub const NOT_MODELLED: &str = "not modelled";

/// The register.
#[derive(Debug, Default)]
pub struct Register {
    /// The chapters.
    pub chapters: Vec<Chapter>,
    /// The rules, by chapter.
    pub rules: Vec<Rule>,
}

/// A chapter of the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Chapter {
    /// The prefix of its IDs, such as `HUB`.
    pub prefix: String,
    /// Its title.
    pub title: String,
    /// The number of its rules.
    pub rules: usize,
}

/// A rule about the behavior of Security Hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Rule {
    /// Its ID, such as `HUB-08`.
    pub id: String,
    /// The prefix of its chapter.
    pub chapter: String,
    /// Its text.
    pub text: String,
    /// `documented`, `observed` and `inferred`, the strongest first.
    pub evidence: String,
    /// `tested` or `not modelled`.
    pub state: String,
    /// The reason why it is not modelled.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The tests that cover it.
    pub tests: Vec<Proof>,
}

/// A test that covers a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Proof {
    /// The name of the test.
    pub name: String,
    /// The file in the repository.
    pub file: String,
}

impl Rule {
    /// Returns whether tests cover the rule.
    pub fn is_tested(&self) -> bool {
        self.state == TESTED
    }

    /// Returns whether a part of the rule contains a word, in any case.
    fn contains(&self, word: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(word);
        has(&self.id) || has(&self.text) || has(&self.reason) || self.tests.iter().any(|test| has(&test.name))
    }
}

/// The register, which is parsed when it is first needed.
pub fn all() -> &'static Register {
    static ALL: LazyLock<Register> = LazyLock::new(|| parse(&embedded::rules(), &embedded::tests()));
    &ALL
}

fn parse(register: &str, tests: &str) -> Register {
    let mut tests: HashMap<&str, Vec<Proof>> = tests.lines().filter_map(proofs).collect();
    let mut parsed = Register::default();
    // The first line after the comments names the columns.
    for line in register.lines().filter(|line| !line.starts_with('#')).skip(1) {
        match line.split('\t').collect::<Vec<_>>()[..] {
            ["chapter", prefix, title] => {
                parsed.chapters.push(Chapter { prefix: prefix.to_owned(), title: title.to_owned(), rules: 0 });
            }
            [id, evidence, state, text, ref reason @ ..] => {
                let Some(chapter) = parsed.chapters.last_mut() else { continue };
                chapter.rules += 1;
                parsed.rules.push(Rule {
                    id: id.to_owned(),
                    chapter: chapter.prefix.clone(),
                    text: text.to_owned(),
                    evidence: evidence.to_owned(),
                    state: state.to_owned(),
                    reason: reason.first().copied().unwrap_or_default().to_owned(),
                    tests: tests.remove(id).unwrap_or_default(),
                });
            }
            _ => {}
        }
    }
    parsed
}

/// The ID and the tests of a rule.
fn proofs(row: &str) -> Option<(&str, Vec<Proof>)> {
    let (id, cell) = row.split_once('\t')?;
    let link = |text: &str| {
        let (name, rest) = text.split_once("`](../")?;
        Some(Proof { name: name.to_owned(), file: rest.split_once(')')?.0.to_owned() })
    };
    Some((id, cell.split("[`").skip(1).filter_map(link).collect()))
}

/// A selection of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The prefix of a chapter; empty for all.
    chapter: String,
    /// A state; empty for all.
    state: &'static str,
    /// Words in lower case, all of which a rule contains.
    words: Vec<String>,
}

impl Selection {
    /// Reads a selection. An empty text selects all rules.
    ///
    /// # Errors
    /// A sentence about an unknown chapter or state.
    pub fn read(chapter: &str, state: &str, words: &str) -> Result<Selection, String> {
        let chapter = chapter.trim().to_ascii_uppercase();
        if !chapter.is_empty() && !all().chapters.iter().any(|known| known.prefix == chapter) {
            let text: String = chapter.chars().take(40).collect();
            return Err(format!("`{text}` is not a chapter (expected the prefix of an ID, such as `HUB`)"));
        }
        let state = match state.trim().replace(['-', '_'], " ").to_ascii_lowercase().as_str() {
            "" => "",
            TESTED => TESTED,
            NOT_MODELLED => NOT_MODELLED,
            other => {
                let text: String = other.chars().take(40).collect();
                return Err(format!("`{text}` is not a state (expected `{TESTED}` or `{NOT_MODELLED}`)"));
            }
        };
        Ok(Selection { chapter, state, words: words.to_lowercase().split_whitespace().map(str::to_owned).collect() })
    }

    /// The selected rules, in the order of the register.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        all().rules.iter().filter(|rule| {
            (self.chapter.is_empty() || rule.chapter == self.chapter)
                && (self.state.is_empty() || rule.state == self.state)
                && self.words.iter().all(|word| rule.contains(word))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: DSH-105.
    #[test]
    fn every_line_of_the_register_is_read() {
        let Register { chapters, rules } = all();
        let lines = embedded::rules().lines().filter(|line| !line.starts_with('#')).count() - 1;
        assert_eq!(chapters.len() + rules.len(), lines);
        assert_eq!(chapters.iter().map(|chapter| chapter.rules).sum::<usize>(), rules.len());
        for rule in rules {
            assert!(rule.id.starts_with(&rule.chapter) && !rule.text.is_empty(), "{rule:?}");
            assert!([TESTED, NOT_MODELLED].contains(&rule.state.as_str()), "{rule:?}");
            assert_eq!(rule.is_tested(), rule.reason.is_empty(), "{rule:?}");
        }
        let rule = rules.iter().find(|rule| rule.id == "HUB-14").unwrap();
        let proof = Proof {
            name: "operations_on_a_disabled_hub_are_refused".to_owned(),
            file: "emulator/src/operations/tests.rs".to_owned(),
        };
        assert!(rule.tests.contains(&proof), "{rule:?}");
    }

    /// Rules: DSH-105.
    #[test]
    fn rules_are_selected_by_chapter_state_and_words() {
        let ids = |chapter: &str, state: &str, words: &str| {
            let selection = Selection::read(chapter, state, words).unwrap();
            selection.rules().map(|rule| rule.id.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(ids("", "", "").len(), all().rules.len());
        assert!(ids("hub", "", "").iter().all(|id| id.starts_with("HUB-")));
        assert_eq!(ids("HUB", "tested", "hub-14"), ["HUB-14"]);
        let tested = ids("", TESTED, "").len();
        for state in ["not modelled", "not-modelled"] {
            assert_eq!(ids("", state, "").len() + tested, all().rules.len());
        }
        assert!(ids("", "", "DISABLING   standards").contains(&"HUB-15"));
        assert_eq!(ids("", "", "no rule says this"), Vec::<&str>::new());
        assert!(Selection::read("NOPE", "", "").unwrap_err().contains("`NOPE` is not a chapter"));
        assert!(Selection::read("", "maybe", "").unwrap_err().contains("`maybe` is not a state"));
    }
}
