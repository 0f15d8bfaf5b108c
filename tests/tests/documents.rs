//! Tests of the form of the documents: links, lengths, the table of jobs, the order of a guide, and words of the glossary.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod files;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use files::{File, root, with_extension};
use securityhub_local_tests::generated::refresh;

const MAX_LINES_OF_THE_README: usize = 150;
const MAX_LINES_OF_A_GUIDE: usize = 250;
const MAX_COMMANDS_OF_THE_TOUR: usize = 12;
const MAX_FIGURES_OF_THE_README: usize = 8;
/// The pages that each version has.
const PAGES: [&str; 20] = [
    "README",
    "figures",
    "fidelity",
    "glossary",
    "guides/ci",
    "guides/containers",
    "guides/events",
    "guides/findings",
    "guides/javascript",
    "guides/multi-account",
    "guides/policies",
    "guides/pytest",
    "guides/rust",
    "guides/standards",
    "guides/terraform",
    "guides/troubleshooting",
    "reference/cli",
    "reference/control-plane",
    "reference/coverage",
    "reference/scenario",
];
const MAX_BYTES_OF_A_PICTURE: u64 = 150 * 1024;
/// Readers who do not see a picture read its description.
const MIN_LETTERS_OF_A_DESCRIPTION: usize = 30;
/// The words that the glossary explains and that guides link at their first use. A word that contains another comes first.
const WORDS: [&str; 16] = [
    "delegated administrator",
    "administrator",
    "home region",
    "control plane",
    "custom action",
    "account by key",
    "hub",
    "member",
    "aggregator",
    "standard",
    "control",
    "finding",
    "asff",
    "ocsf",
    "insight",
    "scenario",
];
/// Names and words of other fields that contain these words.
const OTHER_MEANINGS: [&str; 7] = [
    "security hub findings",
    "findings imported",
    "security hub",
    "standard output",
    "standard error",
    "service control",
    "administrator access",
];

/// A link: its text and its target.
type Link<'t> = (&'t str, &'t str);

/// All pages, without hidden directories and build output.
fn pages() -> Vec<File> {
    with_extension("", &["md"])
}

fn guides() -> Vec<File> {
    with_extension("docs/guides", &["md"])
}

/// The lines of a page outside fenced blocks.
fn outside_fences(text: &str) -> Vec<&str> {
    let mut is_inside = false;
    let is_outside = |line: &&str| {
        let is_fence = line.starts_with("```");
        let was_inside = is_inside;
        is_inside ^= is_fence;
        !is_fence && !was_inside
    };
    text.lines().filter(is_outside).collect()
}

/// A text without what backticks enclose.
fn without_code(text: &str) -> String {
    text.split('`').step_by(2).collect()
}

/// The text before a position's link, the link, and the text after it, for the first link of a text.
fn first_link(text: &str) -> Option<(&str, Link<'_>, &str)> {
    let (before, rest) = text.split_once("](")?;
    let (target, after) = rest.split_once(')')?;
    let (before, label) = before.rsplit_once('[')?;
    Some((before, (label, target), after))
}

fn links(text: &str) -> Vec<Link<'_>> {
    let (mut rest, mut found) = (text, Vec::new());
    while let Some((_, link, after)) = first_link(rest) {
        found.push(link);
        rest = after;
    }
    found
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let (mut counts, mut anchors) = (BTreeMap::new(), BTreeSet::new());
    for heading in outside_fences(text).into_iter().filter(|line| line.starts_with('#')) {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let count = counts.entry(anchor.clone()).or_insert(0);
        anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
        *count += 1;
    }
    anchors
}

/// The path that a relative link of a page leads to.
fn target(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => _ = parts.pop(),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// The links of a page to other places of the repository: path and anchor.
fn relative_links(page: &File) -> Vec<(String, Option<String>)> {
    let text = without_code(&outside_fences(&page.text).join("\n"));
    let is_relative = |(_, link): &Link<'_>| !link.contains("://") && !link.starts_with("mailto:");
    let split = |(_, link): Link<'_>| {
        let (path, anchor) =
            link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor.to_owned())));
        (if path.is_empty() { page.path.clone() } else { target(&page.path, path) }, anchor)
    };
    links(&text).into_iter().filter(is_relative).map(split).collect()
}

/// Rules: DST-74.
#[test]
fn relative_links_and_anchors_resolve() {
    let pages = pages();
    let mut wrong = Vec::new();
    for page in &pages {
        for (path, anchor) in relative_links(page) {
            let linked = pages.iter().find(|page| page.path == path);
            let has_anchor = |anchor: &String| linked.is_some_and(|page| anchors(&page.text).contains(anchor));
            if !root().join(&path).exists() {
                wrong.push(format!("{}: {path} does not exist", page.path));
            } else if let Some(anchor) = anchor.filter(|anchor| !has_anchor(anchor)) {
                wrong.push(format!("{}: {path} has no heading #{anchor}", page.path));
            }
        }
    }
    assert_none(&wrong);
}

/// Pictures are made by docs/pictures/make.py, are small and have a description, and each is in a document.
#[test]
fn pictures_exist_and_are_small() {
    let script = std::fs::read_to_string(root().join("docs/pictures/make.py")).unwrap();
    let (mut shown, mut wrong) = (BTreeSet::new(), Vec::new());
    for page in pages() {
        for (before, link) in page.text.match_indices("![").map(|(at, _)| (&page.text[at + 2..], at)) {
            let Some((description, rest)) = before.split_once("](") else { continue };
            let path = target(&page.path, rest.split(')').next().unwrap_or_default());
            let size = std::fs::metadata(root().join(&path)).map(|file| file.len());
            if description.len() < MIN_LETTERS_OF_A_DESCRIPTION {
                wrong.push(format!("{}:{link}: {path} needs a longer description than `{description}`", page.path));
            }
            match size {
                Err(_) => wrong.push(format!("{}: {path} does not exist", page.path)),
                Ok(size) if size > MAX_BYTES_OF_A_PICTURE => wrong.push(format!("{path} has {size} bytes")),
                Ok(_) => {}
            }
            shown.insert(path);
        }
    }
    for file in std::fs::read_dir(root().join("docs/pictures")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".png") else { continue };
        if !shown.contains(&format!("docs/pictures/{name}.png")) {
            wrong.push(format!("docs/pictures/{name}.png is not in a document"));
        }
        if !script.contains(&format!("(\"{name}\", ")) {
            wrong.push(format!("docs/pictures/make.py does not make {name}.png"));
        }
    }
    assert!(!shown.is_empty(), "no document has a picture");
    assert_none(&wrong);
}

/// Following links from the README reaches every page of the documentation.
///
/// Rules: DST-71.
#[test]
fn every_page_is_linked() {
    let pages = pages();
    let (mut reached, mut new) = (BTreeSet::new(), vec!["README.md".to_owned()]);
    while let Some(path) = new.pop() {
        if reached.insert(path.clone()) {
            let page = pages.iter().find(|page| page.path == path);
            new.extend(page.into_iter().flat_map(relative_links).map(|(path, _)| path));
        }
    }
    let docs = pages.iter().filter(|page| page.path.starts_with("docs/"));
    let missing: Vec<String> =
        docs.filter(|page| !reached.contains(&page.path)).map(|page| page.path.clone()).collect();
    assert_none(&missing);
    for page in PAGES {
        assert!(reached.contains(&format!("docs/{page}.md")), "docs/{page}.md is missing");
    }
}

/// The addresses of a page outside code, except those of an emulator on this machine.
fn external_links(page: &File) -> BTreeSet<String> {
    let text = without_code(&outside_fences(&page.text).join("\n"));
    let starts = text.match_indices("http").map(|(at, _)| &text[at..]);
    let is_address = |text: &&str| text.starts_with("http://") || text.starts_with("https://");
    let ends = |text: &str| text.find(|c: char| c.is_whitespace() || ")>]\"".contains(c)).unwrap_or(text.len());
    let addresses = starts.filter(is_address).map(|text| text[..ends(text)].trim_end_matches(['.', ',', ';', ':']));
    addresses.filter(|address| !address.starts_with("http://127.0.0.1")).map(str::to_owned).collect()
}

/// Tests do not use the network. A check that does use it reads this list.
///
/// Rules: DST-74.
#[test]
fn external_links_are_listed() {
    let of_readers = |page: &&File| page.path == "README.md" || page.path.starts_with("docs/");
    let found: BTreeSet<String> = pages().iter().filter(of_readers).flat_map(external_links).collect();
    let text = found.into_iter().fold(String::new(), |text, address| text + &address + "\n");
    refresh("docs/external-links.txt", &text);
    let page = |text: &str| File { path: "a.md".to_owned(), text: text.to_owned() };
    let links =
        external_links(&page("[a](https://a.example/b). <http://127.0.0.1:4600/> `http://x` see https://c.example.\n"));
    assert_eq!(links, ["https://a.example/b", "https://c.example"].map(str::to_owned).into());
}

/// Rules: DST-70, DST-72.
#[test]
fn pages_are_short() {
    let lines = |text: &str| text.lines().count();
    let mut wrong = Vec::new();
    for page in pages() {
        let most = match &*page.path {
            "README.md" => MAX_LINES_OF_THE_README,
            path if path.starts_with("docs/guides/") => MAX_LINES_OF_A_GUIDE,
            _ => continue,
        };
        if lines(&page.text) > most {
            wrong.push(format!("{}: {} lines, at most {most} are allowed", page.path, lines(&page.text)));
        }
    }
    assert_none(&wrong);
}

/// The README's table of jobs begins early, has at least ten rows, and each row leads to an existing page.
///
/// Rules: DST-70.
#[test]
fn the_readme_leads_each_job_to_a_page() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let begin = readme.lines().position(|line| line.starts_with("| I want to… |")).expect("a table of jobs");
    assert!(begin < 60, "the table of jobs begins after line 60");
    let rows: Vec<&str> = readme.lines().skip(begin + 2).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= 10, "expected at least ten jobs");
    for row in rows {
        let (_, to) = links(row).first().copied().unwrap_or_else(|| panic!("{row} has no link"));
        assert!(to.starts_with("docs/"), "{row}");
    }
    for guide in guides() {
        assert!(readme.contains(&guide.path), "the README's table of jobs has no link to {}", guide.path);
    }
}

/// The order of the sections: description, installation, jobs, a short tour, coverage, figures and license.
///
/// Rules: DST-70.
#[test]
fn the_readme_has_its_parts_in_order() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let parts: Vec<&str> = outside_fences(&readme).into_iter().filter(|line| line.starts_with('#')).collect();
    let expected =
        ["# securityhub-local", "## I want to…", "## A one-minute tour", "## Coverage", "## Figures", "## License"];
    assert_eq!(parts, expected);
    let (_, tour) = readme.split_once("## A one-minute tour").unwrap();
    let (tour, rest) = tour.split_once("## Coverage").unwrap();
    let is_command = |line: &&str| {
        ["aws ", "curl ", "securityhub-local ", "AWS_", "finding="].iter().any(|word| line.starts_with(word))
    };
    let commands = tour.lines().filter(is_command).count();
    assert!((3..=MAX_COMMANDS_OF_THE_TOUR).contains(&commands), "the tour has {commands} commands");
    let (_, figures) = rest.split_once("## Figures").unwrap();
    // Without the head of the table.
    let rows = figures.lines().filter(|line| line.starts_with('|')).count() - 2;
    assert!(rows <= MAX_FIGURES_OF_THE_README, "the README has {rows} figures");
    for page in ["docs/reference/coverage.md", "docs/figures.md"] {
        assert!(rest.contains(&format!("({page})")), "the README does not lead to {page}");
    }
}

/// Rules: DST-76.
#[test]
fn figures_have_their_machine_date_and_command() {
    let page = std::fs::read_to_string(root().join("docs/figures.md")).unwrap();
    let (head, sections) = page.split_once("\n## ").unwrap();
    for words in ["two cores", "memory", "rustc ", "2026-"] {
        assert!(head.contains(words), "docs/figures.md does not name: {words}");
    }
    for section in sections.split("\n## ") {
        let (title, text) = section.split_once('\n').unwrap();
        let has_table = text.contains("\n| --- ");
        assert!(!has_table || text.contains('`'), "`{title}` of docs/figures.md names no command");
    }
}

/// A guide has these parts in this order: the job, its readers, commands to run, how to adapt them, and the limits of
/// the emulator, with IDs of known rules.
///
/// Rules: DST-72.
#[test]
fn guides_have_the_same_parts() {
    let register = std::fs::read_to_string(root().join("docs/rules.tsv")).unwrap();
    let known: BTreeSet<&str> = register.lines().filter_map(|line| line.split('\t').next()).collect();
    for guide in guides() {
        let path = &guide.path;
        let lines: Vec<&str> = guide.text.lines().collect();
        assert!(
            lines[0].starts_with("# ") && lines[1].is_empty(),
            "{path}: the first line must be the job, as a heading"
        );
        assert!(
            lines[2].starts_with("For "),
            "{path}: the line after the heading must name the readers and begin with `For `"
        );
        let at = |text: &str| guide.text.find(text).unwrap_or_else(|| panic!("{path} has no `{text}`"));
        let (first, yours, not) = (at("\n```"), at("\n## Make it yours\n"), at("\n## Not modelled\n"));
        assert!(
            first < yours && yours < not,
            "{path}: expected a block, `Make it yours` and `Not modelled`, in this order"
        );
        let words = guide.text[not..].split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'));
        let is_id = |word: &&str| {
            word.split_once('-').is_some_and(|(prefix, number)| prefix.len() >= 2 && number.parse::<u32>().is_ok())
        };
        let ids: Vec<&str> = words.filter(is_id).collect();
        assert!(!ids.is_empty(), "{path}: `Not modelled` names no rules");
        for id in ids {
            assert!(known.contains(id), "{path}: {id} is not in docs/rules.tsv");
        }
    }
}

/// Rules: DST-77.
#[test]
fn the_glossary_has_a_heading_for_each_word() {
    let glossary = std::fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let anchors = anchors(&glossary);
    for word in WORDS {
        assert!(anchors.contains(&word.replace(' ', "-")), "docs/glossary.md has no heading for {word}");
    }
}

/// Rules: DST-77.
#[test]
fn guides_link_words_to_the_glossary_at_their_first_use() {
    let mut wrong = Vec::new();
    for guide in guides() {
        let prose = prose(&guide.text);
        for word in unlinked_words(&prose) {
            wrong.push(format!("{}: link the first `{word}` to ../glossary.md#{}", guide.path, word.replace(' ', "-")));
        }
    }
    assert_none(&wrong);
}

/// The prose of a page on one line in lower case: no headings, comments, code and links, except that a link to the
/// glossary is replaced by its anchor in braces.
fn prose(text: &str) -> String {
    let is_prose = |line: &&str| !line.starts_with('#') && !line.starts_with("<!--");
    let lines: Vec<&str> = outside_fences(text).into_iter().filter(is_prose).collect();
    let text = without_code(&lines.join(" "));
    let (mut rest, mut prose) = (&*text, String::new());
    while let Some((before, (_, to), after)) = first_link(rest) {
        prose += before;
        if let Some(anchor) = to.strip_prefix("../glossary.md#") {
            _ = write!(prose, "{{{anchor}}}");
        }
        rest = after;
    }
    let prose = format!("{prose}{rest}").to_lowercase();
    let mut prose = prose.split_whitespace().collect::<Vec<_>>().join(" ");
    for other in OTHER_MEANINGS {
        prose = prose.replace(other, "");
    }
    prose
}

/// The words of the glossary that a prose uses before it links them.
fn unlinked_words(prose: &str) -> Vec<&'static str> {
    let mut prose = prose.to_owned();
    let mut unlinked = Vec::new();
    for word in WORDS {
        let linked = prose.find(&format!("{{{}}}", word.replace(' ', "-"))).unwrap_or(usize::MAX);
        if first_use(&prose, word).is_some_and(|at| at < linked) {
            unlinked.push(word);
        }
        // A shorter word does not occur in this one.
        prose = prose.replace(word, &"_".repeat(word.len()));
    }
    unlinked
}

/// The position of the first occurrence of a word, in the singular or plural, outside braces.
fn first_use(prose: &str, word: &str) -> Option<usize> {
    let is_inside_word = |c: char| c.is_alphanumeric() || "_-{}".contains(c);
    let is_whole = |at: usize| {
        let after = &prose[at + word.len()..];
        let after = after.strip_prefix('s').unwrap_or(after);
        !prose[..at].ends_with(is_inside_word)
            && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '}')
    };
    prose.match_indices(word).map(|(at, _)| at).find(|at| is_whole(*at))
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn links_anchors_and_words_are_found() {
    assert_eq!(links("a [b\nc](d.md#e) f [g](h)"), [("b\nc", "d.md#e"), ("g", "h")]);
    assert_eq!(target("docs/guides/a.md", "../b.md"), "docs/b.md");
    let expected: BTreeSet<String> = ["a-b-c", "a-b-c-1", "i-want-to"].map(str::to_owned).into();
    assert_eq!(anchors("# A b: `c`\n```sh\n# no\n```\n## A b c\n### I want to…\n"), expected);
    let prose = prose(
        "# Hub\n\nFor [hubs](../glossary.md#hub) of Security Hub, `member` and [member](x.md); a control\nplane.\n",
    );
    assert_eq!(unlinked_words(&prose), ["control plane"]);
    assert_eq!(unlinked_words("a member and a {member}, github, members-only"), ["member"]);
    assert_eq!(unlinked_words("a {delegated-administrator}, a delegated administrator"), Vec::<&str>::new());
}
