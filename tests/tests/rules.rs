//! Tests of the register of rules against the tests that prove them, and of the page generated from both.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::fs;

use files::{root, with_extension};
use securityhub_local_tests::generated::refresh;
use securityhub_local_tests::program;

const REGISTER: &str = "docs/rules.tsv";
const EVIDENCE: [&str; 3] = ["documented", "observed", "inferred"];

/// `HUB-08`: the prefix of a chapter and a number. `DST-30a` is a part of `DST-30` that has a row of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    prefix: String,
    number: u32,
    letter: Option<char>,
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{:02}{}", self.prefix, self.number, self.letter.map(String::from).unwrap_or_default())
    }
}

struct Chapter {
    prefix: String,
    title: String,
    rules: Vec<Rule>,
}

struct Rule {
    id: Id,
    evidence: String,
    /// The reason why it is not modelled. A rule without a reason is tested.
    reason: Option<String>,
    text: String,
}

/// A test and the rules that it proves, listed in a line `/// Rules: HUB-13, ASF-20 to ASF-32.` of its doc comment (`#
/// Rules: …` in Python, `// Rules: …` in JavaScript).
struct Proof {
    name: String,
    path: String,
    line: usize,
    ids: Vec<Named>,
}

/// A rule that a test lists, or a range of rules of a chapter.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    One(Id),
    Range(Id, Id),
}

/// Reads the register and checks its format.
fn register() -> Vec<Chapter> {
    let text = fs::read_to_string(root().join(REGISTER)).unwrap();
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.starts_with('#'));
    assert_eq!(lines.next().map(|(_, line)| line), Some("id\tevidence\tstate\trule\treason"), "{REGISTER}");
    let mut chapters: Vec<Chapter> = Vec::new();
    for (number, line) in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["chapter", prefix, title] => {
                chapters.push(Chapter { prefix: prefix.to_owned(), title: title.to_owned(), rules: Vec::new() });
            }
            [id, evidence, state, text, ref reason @ ..] if reason.len() < 2 => {
                let reason = reason.first().copied().unwrap_or_default();
                let rule = rule(id, evidence, state, text, reason)
                    .unwrap_or_else(|wrong| panic!("{REGISTER}:{number}: {wrong}: {line}"));
                let chapter = chapters.last_mut().filter(|chapter| chapter.prefix == rule.id.prefix);
                let chapter = chapter.unwrap_or_else(|| panic!("{REGISTER}:{number}: {id} is in the wrong chapter"));
                if let Some(before) = chapter.rules.last() {
                    assert!(before.id < rule.id, "{REGISTER}:{number}: {id} follows {}", before.id);
                }
                chapter.rules.push(rule);
            }
            _ => panic!("{REGISTER}:{number}: neither a chapter nor a rule: {line}"),
        }
    }
    chapters
}

fn rule(id: &str, evidence: &str, state: &str, text: &str, reason: &str) -> Result<Rule, String> {
    let id = id.split_once('-').and_then(|(prefix, number)| self::id(prefix, number)).ok_or("invalid id")?;
    let positions = evidence.split(", ").map(|word| EVIDENCE.iter().position(|known| *known == word));
    let positions: Vec<usize> =
        positions.collect::<Option<_>>().ok_or_else(|| format!("evidence must be one of {EVIDENCE:?}"))?;
    if !positions.is_sorted_by(|a, b| a < b) {
        return Err("evidence must be sorted, strongest first".to_owned());
    }
    if text.trim().is_empty() {
        return Err("the rule has no text".to_owned());
    }
    let reason = match (state, reason.trim()) {
        ("tested", "") => None,
        ("tested", _) => return Err("a tested rule must not have a reason".to_owned()),
        ("not modelled", "") => return Err("a rule that is not modelled needs a reason".to_owned()),
        ("not modelled", reason) => Some(reason.to_owned()),
        _ => return Err("the state must be `tested` or `not modelled`".to_owned()),
    };
    Ok(Rule { id, evidence: evidence.to_owned(), reason, text: text.to_owned() })
}

/// An ID from its two parts, in any case.
fn id(prefix: &str, number: &str) -> Option<Id> {
    let is_prefix = ((2..=3).contains(&prefix.len()) || prefix.eq_ignore_ascii_case("t"))
        && prefix.starts_with(|c: char| c.is_ascii_alphabetic())
        && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let letter = number.chars().last().filter(char::is_ascii_lowercase);
    let number = letter.and_then(|letter| number.strip_suffix(letter)).unwrap_or(number);
    let is_number = number.len() >= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|_| is_number && is_prefix)?;
    Some(Id { prefix: prefix.to_ascii_uppercase(), number, letter })
}

/// Returns whether a name begins with a rule id, such as `hub_13_…` or `test_hub_13_…`.
fn begins_with_an_id(name: &str) -> bool {
    let mut words = name.strip_prefix("test_").unwrap_or(name).split('_');
    words.next().zip(words.next()).is_some_and(|(prefix, number)| id(prefix, number).is_some())
}

/// The IDs in a line `Rules: HUB-13, ASF-20 to ASF-32.`
fn listed_ids(line: &str) -> Vec<Named> {
    let parse = |text: &str| text.split_once('-').and_then(|(prefix, number)| id(prefix, number));
    let named = |text: &str| match text.split_once(" to ") {
        Some((first, last)) => Some(Named::Range(parse(first)?, parse(last)?)),
        None => parse(text).map(Named::One),
    };
    let parts = line.trim().trim_end_matches('.').split(", ");
    parts.map(|part| named(part).unwrap_or_else(|| panic!("`{part}` is not a rule id, in `Rules: {line}`"))).collect()
}

/// A test found in a file: the line of its name, its name, and its line of rules.
type FoundTest<'t> = (usize, &'t str, Option<&'t str>);

/// The tests of the repository that list rules.
fn proofs() -> Vec<Proof> {
    let mut proofs = Vec::new();
    for file in with_extension("", &["rs", "py", "mjs"]) {
        let tests = match file.path.rsplit('.').next() {
            Some("py") => python_tests(&file.text),
            Some("mjs") => script_tests(&file.text, "// Rules: ", "test(\"", '"'),
            _ => rust_tests(&file.text),
        };
        for (line, name, rules) in tests {
            assert!(
                !begins_with_an_id(name),
                "{}:{line}: name the rules of `{name}` in a line `Rules: …` above it",
                file.path
            );
            let ids = rules.map(listed_ids).unwrap_or_default();
            if !ids.is_empty() {
                proofs.push(Proof { name: name.to_owned(), path: file.path.clone(), line, ids });
            }
        }
    }
    proofs
}

/// Functions under `#[test]`, `#[tokio::test]` or `#[securityhub_local::test]`.
fn rust_tests(text: &str) -> Vec<FoundTest<'_>> {
    let (mut tests, mut marked, mut rules) = (Vec::new(), false, None);
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.trim_start();
        if let Some(listed) = code.strip_prefix("/// Rules: ") {
            rules = Some(listed);
        } else if ["#[test]", "#[tokio::test", "#[securityhub_local::test"].iter().any(|it| code.starts_with(it)) {
            marked = true;
        } else if let Some(name) = function(code) {
            if marked {
                tests.push((number, name, rules));
            }
            (marked, rules) = (false, None);
        }
    }
    tests
}

fn python_tests(text: &str) -> Vec<FoundTest<'_>> {
    script_tests(text, "# Rules: ", "def ", '(')
}

/// The tests of a script, each named on one line between `begin` and `end`.
fn script_tests<'t>(text: &'t str, listing: &str, begin: &str, end: char) -> Vec<FoundTest<'t>> {
    let (mut tests, mut rules) = (Vec::new(), None);
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.trim_start();
        if let Some(listed) = code.strip_prefix(listing) {
            rules = Some(listed);
        } else if let Some((name, _)) = code.strip_prefix(begin).and_then(|rest| rest.split_once(end)) {
            tests.push((number, name.trim(), rules.take()));
        }
    }
    tests
}

/// The name of the function that begins on a line.
fn function(code: &str) -> Option<&str> {
    let code = code.strip_prefix("async ").unwrap_or(code);
    let rest = code.strip_prefix("fn ")?;
    rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next()
}

/// The tests that list each rule of the register, and listed rules that the register lacks.
fn proved<'p>(chapters: &[Chapter], proofs: &'p [Proof]) -> (BTreeMap<Id, Vec<&'p Proof>>, Vec<String>) {
    let known: BTreeSet<&Id> = chapters.iter().flat_map(|chapter| &chapter.rules).map(|rule| &rule.id).collect();
    let (mut proved, mut unknown) = (BTreeMap::<Id, Vec<&Proof>>::new(), BTreeSet::new());
    for proof in proofs {
        for named in &proof.ids {
            let ends = match named {
                Named::One(id) => [id, id],
                Named::Range(first, last) => [first, last],
            };
            for id in ends.into_iter().filter(|id| !known.contains(id)) {
                unknown.insert(format!(
                    "{}:{}: {} lists {id}, which is not in {REGISTER}",
                    proof.path, proof.line, proof.name
                ));
            }
            for id in known.iter().filter(|id| (ends[0]..=ends[1]).contains(*id)) {
                proved.entry((**id).clone()).or_default().push(proof);
            }
        }
    }
    (proved, unknown.into_iter().collect())
}

#[test]
fn every_rule_has_a_test_or_a_reason_and_tests_list_known_rules() {
    let chapters = register();
    let titles: BTreeSet<_> = chapters.iter().map(|chapter| &chapter.prefix).collect();
    assert_eq!(titles.len(), chapters.len(), "duplicate chapter");
    let proofs = proofs();
    let (proved, mut wrong) = proved(&chapters, &proofs);
    for rule in chapters.iter().flat_map(|chapter| &chapter.rules) {
        match (&rule.reason, proved.get(&rule.id).and_then(|tests| tests.first())) {
            (None, None) => wrong.push(format!("{REGISTER}: no test lists {}", rule.id)),
            (Some(_), Some(test)) => wrong.push(format!(
                "{}:{}: {} tests {}, which is not modelled according to {REGISTER}",
                test.path, test.line, test.name, rule.id
            )),
            (None, Some(_)) | (Some(_), None) => {}
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_limits_of_operations_name_known_rules() {
    let json: serde_json::Value = serde_json::from_slice(&program::run(&["coverage", "--json"]).stdout).unwrap();
    let chapters = register();
    let known = |id: &str| chapters.iter().any(|chapter| chapter.rules.iter().any(|rule| rule.id.to_string() == id));
    for operation in json["operations"].as_array().unwrap() {
        let Some(rule) = operation["limit"]["rule"].as_str() else { continue };
        assert!(known(rule), "{operation}");
    }
}

#[test]
fn the_fidelity_page_is_generated_from_the_register() {
    refresh("docs/fidelity.md", &fidelity(&register()));
}

fn fidelity(chapters: &[Chapter]) -> String {
    let proofs = proofs();
    let (proved, _) = proved(chapters, &proofs);
    let rules = || chapters.iter().flat_map(|chapter| &chapter.rules);
    let all = rules().count();
    let tested = rules().filter(|rule| rule.reason.is_none()).count();
    let mut text = format!(
        "# Fidelity, rule by rule\n\n\
         Each rule about the behavior of Security Hub, the evidence for it, and the tests that cover it. *Documented*: in \
         the documentation of AWS. *Observed*: in other public material about the service. *Inferred*: an assumption, \
         which may change when evidence appears. If a rule lists several kinds of evidence, they apply to different parts \
         of it.\n\n\
         {all} rules: {tested} covered by tests, {} not modelled. This page is generated from `{REGISTER}`.\n",
        all - tested
    );
    for chapter in chapters {
        _ = write!(
            text,
            "\n## {}\n\n| rule | behavior | evidence | tests |\n| --- | --- | --- | --- |\n",
            chapter.title
        );
        for rule in &chapter.rules {
            let proof = match &rule.reason {
                Some(reason) => format!("*not modelled:* {reason}"),
                None => proved.get(&rule.id).map(|tests| links(tests)).unwrap_or_default(),
            };
            _ = writeln!(text, "| {} | {} | {} | {proof} |", rule.id, rule.text, rule.evidence);
        }
    }
    text
}

fn links(tests: &[&Proof]) -> String {
    let links: Vec<_> = tests.iter().map(|test| format!("[`{}`](../{})", test.name, test.path)).collect();
    links.join(", ")
}

#[test]
fn ids_in_names_are_recognised() {
    for id in ["hub_13_hub_14_a_hub_that_is_off", "o2g_04_words", "t_01_words", "test_asf_100_words"] {
        assert!(begins_with_an_id(id), "{id}");
    }
    for none in ["a_50_tags", "hub_is_on", "tags_50", "hub_1_x", "", "_", "every_one_of_126"] {
        assert!(!begins_with_an_id(none), "{none}");
    }
}

#[test]
fn a_line_of_rules_lists_ids_and_ranges() {
    let id = |prefix: &str, number| Id { prefix: prefix.to_owned(), number, letter: None };
    assert_eq!(
        listed_ids("HUB-13, ASF-20 to ASF-32."),
        [Named::One(id("HUB", 13)), Named::Range(id("ASF", 20), id("ASF", 32))]
    );
    let part = Id { letter: Some('a'), ..id("DST", 30) };
    assert_eq!(listed_ids("DST-30, DST-30a."), [Named::One(id("DST", 30)), Named::One(part.clone())]);
    assert!(id("DST", 30) < part && part < id("DST", 31) && part.to_string() == "DST-30a");
    assert!(std::panic::catch_unwind(|| listed_ids("HUB-13 and more")).is_err(), "other text is an error");
}

#[test]
fn tests_are_found_by_their_attributes() {
    let text = "#[test]\n#[allow(x)]\nfn a() {\n}\nfn helper() {}\n    /// Rules: HUB-13.\n    #[tokio::test(flavor = \"x\")]\n    \
                async fn b() {}\nfn helper_too() {}\n";
    assert_eq!(rust_tests(text), [(3, "a", None), (8, "b", Some("HUB-13."))]);
    assert_eq!(
        python_tests("def x():\n# Rules: TF-02.\n  def test_y(a):\nclass A:\n"),
        [(1, "x", None), (3, "test_y", Some("TF-02."))]
    );
    let script = "// Rules: CLN-08.\ntest(\"it is so\", async () => {\n";
    assert_eq!(script_tests(script, "// Rules: ", "test(\"", '"'), [(2, "it is so", Some("CLN-08."))]);
}

#[test]
fn an_invalid_row_is_reported() {
    for (id, evidence, state, text, reason) in [
        ("HUB1", "inferred", "tested", "x", ""),
        ("HUB-01", "guessed", "tested", "x", ""),
        ("HUB-01", "inferred, documented", "tested", "x", ""),
        ("HUB-01", "inferred, inferred", "tested", "x", ""),
        ("HUB-01", "inferred", "tested", "", ""),
        ("HUB-01", "inferred", "tested", "x", "y"),
        ("HUB-01", "inferred", "not modelled", "x", ""),
        ("HUB-01", "inferred", "maybe", "x", ""),
    ] {
        assert!(rule(id, evidence, state, text, reason).is_err(), "{id} {evidence} {state} {text} {reason}");
    }
    assert!(rule("HUB-01", "documented, inferred", "not modelled", "x", "y").is_ok());
}
