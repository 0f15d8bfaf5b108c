//! Tests of the architecture in the source text: dependencies, names, lengths, module docs, words.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod files;

use std::collections::{BTreeMap, BTreeSet};

use files::{File, root, with_extension};

const EMULATOR: &str = "emulator/src";
const MAX_LINES_OF_A_FILE: usize = 600;
const MAX_LINES_OF_A_FUNCTION: usize = 60;
const MEDIAN_LINES_OF_FUNCTIONS: usize = 10;
/// Names that stand for IO, clocks or HTTP.
const OUTSIDE: [&[&str]; 3] = [HTTP, IO, CLOCKS];
const HTTP: &[&str] = &["hyper::", "http::", "tokio::", "axum::"];
const IO: &[&str] = &["std::fs", "std::env", "std::process", "TcpStream", "TcpListener", "UdpSocket"];
const CLOCKS: &[&str] = &["SystemTime", "::now()"];

/// Names that modules must not use. The clock is in `state`.
const NEVER: &[(&str, &[&[&str]])] = &[
    ("domain", &OUTSIDE),
    ("gate", &OUTSIDE),
    ("generate", &OUTSIDE),
    ("operations", &OUTSIDE),
    ("scenario", &[HTTP]),
    ("shape", &OUTSIDE),
    ("state", &[HTTP, IO, &["SystemTime"]]),
];

/// A line of code: its number, and its text without comments.
type Line<'f> = (usize, &'f str);

/// The lines of code in a file, without its tests.
fn code(file: &File) -> Vec<Line<'_>> {
    if is_test_file(&file.path) { Vec::new() } else { without_tests(&file.text) }
}

/// Returns whether a file contains only tests and their helpers.
fn is_test_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    path.contains("/tests/") || ["tests.rs", "testing.rs"].contains(&name)
}

/// Lines that are neither comments nor below `#[cfg(test)]`.
fn without_tests(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    // The indentation at which a `}` or `;` ends the skipped item.
    let mut skipped: Option<usize> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        if let Some(end) = skipped {
            let attribute = trimmed.starts_with("#[") || trimmed.is_empty();
            if indent == end && !attribute && (trimmed.starts_with('}') || trimmed.ends_with([';', '}'])) {
                skipped = None;
            }
        } else if trimmed == "#[cfg(test)]" {
            skipped = Some(indent);
        } else if !trimmed.starts_with("//") {
            lines.push((number, line.split(" // ").next().unwrap_or(line)));
        }
    }
    lines
}

/// The module of a file of the emulator.
fn module_of(path: &str) -> &str {
    let below = path.strip_prefix(EMULATOR).unwrap_or(path).trim_start_matches('/');
    below.split('/').next().unwrap_or(below).trim_end_matches(".rs")
}

/// The depth of a file's module below the root of its crate.
fn depth(path: &str) -> usize {
    let below = path.strip_prefix(EMULATOR).unwrap_or(path).trim_start_matches('/');
    let folders = below.matches('/').count();
    if below.ends_with("/mod.rs") || ["lib.rs", "main.rs"].contains(&below) { folders } else { folders + 1 }
}

/// The paths below the crate's root that occur in a text, such as `domain::caller::Caller`, with the line of each.
fn named_paths(text: &str, depth: usize) -> Vec<(usize, String)> {
    let mut starts: Vec<usize> = text.match_indices("crate::").map(|(at, found)| at + found.len()).collect();
    if depth > 0 {
        starts.extend(text.match_indices(&"super::".repeat(depth)).map(|(at, found)| at + found.len()));
    }
    let line = |at: usize| text[..at].matches('\n').count();
    let mut named = Vec::new();
    for start in starts {
        let mut paths = Vec::new();
        expand(&text[start..], "", &mut paths);
        named.extend(paths.into_iter().map(|path| (line(start), path)));
    }
    for (at, found) in text.match_indices("securityhub_") {
        let name = word(&text[at + found.len()..]);
        if ["engine", "fixtures"].contains(&name) {
            named.push((line(at), name.to_owned()));
        }
    }
    named
}

/// The paths of a use tree: `a::{b, c::d}` below a prefix.
fn expand(tree: &str, prefix: &str, paths: &mut Vec<String>) {
    if let Some(group) = tree.strip_prefix('{') {
        let (mut open, mut start) = (1, 0);
        for (at, character) in group.char_indices() {
            open = match character {
                '{' => open + 1,
                '}' => open - 1,
                _ => open,
            };
            if open == 0 || (open == 1 && character == ',') {
                expand(group[start..at].trim_start(), prefix, paths);
                start = at + 1;
            }
            if open == 0 {
                return;
            }
        }
        return;
    }
    let name = word(tree);
    if name.is_empty() {
        return;
    }
    let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}::{name}") };
    match tree[name.len()..].strip_prefix("::") {
        Some(rest) if rest.starts_with('{') || !word(rest).is_empty() => expand(rest, &path, paths),
        _ => paths.push(path),
    }
}

/// The words of a text, such as names.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// The modules and paths that each module may use, in addition to itself; `None` for any. They are read from
/// ARCHITECTURE.md, where modules and paths are enclosed in backticks.
fn arrows() -> BTreeMap<String, Option<Vec<String>>> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = text.split("| module | may use |\n").nth(1).expect("ARCHITECTURE.md has the table of modules");
    let ticked = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut arrows = BTreeMap::new();
    for row in table.lines().take_while(|line| line.starts_with('|')).skip(1) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, modules, uses, _] = cells[..] else { panic!("expected a row of two cells: {row}") };
        let uses = (!uses.starts_with("any module")).then(|| ticked(uses));
        arrows.extend(ticked(modules).into_iter().map(|module| (module, uses.clone())));
    }
    arrows
}

#[test]
fn dependencies_point_downwards() {
    let (arrows, mut wrong) = (arrows(), Vec::new());
    for file in with_extension(EMULATOR, &["rs"]) {
        let module = module_of(&file.path);
        let lines = code(&file);
        if lines.is_empty() {
            continue;
        }
        let Some(uses) = arrows.get(module) else {
            wrong.push(format!("{}:1: {module} has no row in ARCHITECTURE.md's table of modules", file.path));
            continue;
        };
        let Some(uses) = uses else { continue };
        let text: Vec<&str> = lines.iter().map(|(_, line)| *line).collect();
        for (line, path) in named_paths(&text.join("\n"), depth(&file.path)) {
            let good = path.split("::").next() == Some(module)
                || uses.iter().any(|allowed| path == *allowed || path.starts_with(&format!("{allowed}::")));
            if !good {
                wrong.push(format!("{}:{}: {module} may not use {path}", file.path, lines[line].0));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn lower_crates_do_not_depend_on_ours() {
    let mut wrong = Vec::new();
    for folder in ["emulator/engine", "fixtures"] {
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let section = manifest.split("[dependencies]").nth(1).and_then(|rest| rest.split("\n[").next());
        for line in section.unwrap_or_default().lines() {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            if name.starts_with("securityhub-") || ["hyper", "http", "tokio", "axum", "dashmap"].contains(&name) {
                wrong.push(format!("{folder}/Cargo.toml: {line}"));
            }
        }
    }
    for file in with_extension("emulator/engine/src", &["rs"]) {
        wrong.extend(OUTSIDE.iter().flat_map(|never| names(&file, never)));
    }
    assert_none(&wrong);
}

#[test]
fn pure_modules_do_not_use_io_clocks_or_http() {
    let mut wrong = Vec::new();
    for file in with_extension(EMULATOR, &["rs"]) {
        let module = module_of(&file.path);
        for never in NEVER.iter().filter(|(name, _)| *name == module).flat_map(|(_, never)| *never) {
            wrong.extend(names(&file, never));
        }
        // A distance between two texts must not be computed if one of them is long.
        if module != "suggest" {
            wrong.extend(names(&file, &["strsim"]));
        }
        if file.path != "emulator/src/state/sync.rs" {
            wrong.extend(names(&file, &["dashmap::", "DashMap"]));
            // Types named here would not be replaced in the schedules of shuttle.
            if module == "state" {
                wrong.extend(names(&file, &["parking_lot", "std::sync::atomic", "std::thread"]));
            }
        }
    }
    assert_none(&wrong);
}

/// The occurrences of these names in a file's code. A name that only ends with one of them does not count.
fn names(file: &File, never: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in code(file) {
        for name in never {
            let whole = line.match_indices(name).any(|(at, _)| {
                let before = line[..at].chars().next_back().unwrap_or(' ');
                name.starts_with("::") || !(before.is_alphanumeric() || before == '_')
            });
            if whole {
                found.push(format!("{}:{number}: names {name}: {}", file.path, line.trim()));
            }
        }
    }
    found
}

#[test]
fn code_outside_tests_does_not_panic() {
    let mut wrong = Vec::new();
    for folder in [EMULATOR, "emulator/engine/src"] {
        for file in with_extension(folder, &["rs"]) {
            let macros = ["panic", "unreachable", "todo", "unimplemented"].map(|name| format!("{name}!("));
            let panics = [".unwrap()".to_owned(), ".expect(".to_owned()].into_iter().chain(macros).collect::<Vec<_>>();
            for (number, line) in code(&file) {
                if let Some(found) = panics.iter().find(|panics| line.contains(panics.as_str())) {
                    wrong.push(format!("{}:{number}: {found}: {}", file.path, line.trim()));
                }
            }
        }
    }
    assert_none(&wrong);
}

/// Printing macros panic if the reader of the output has closed it; `program/output.rs` writes instead.
#[test]
fn nothing_is_printed_by_macros() {
    let macros = ["print!", "println!", "eprint!", "eprintln!", "dbg!"];
    let files = [EMULATOR, "emulator/engine/src"].into_iter().flat_map(|folder| with_extension(folder, &["rs"]));
    assert_none(&files.flat_map(|file| names(&file, &macros)).collect::<Vec<_>>());
}

/// A random test with a seed of its own can fail by chance, and cannot be repeated.
#[test]
fn random_tests_use_the_seed_of_their_crate() {
    let helpers = ["emulator/src/testing.rs", "emulator/engine/tests/common/check.rs"];
    let others = ["QuickCheck::new", concat!("quickcheck", "!"), "quickcheck::quickcheck", "Gen::new("];
    let mut wrong = Vec::new();
    for file in with_extension("", &["rs"]).iter().filter(|file| !helpers.contains(&file.path.as_str())) {
        for (number, line) in (1..).zip(file.text.lines()).filter(|(_, line)| !line.contains("let others = ")) {
            if others.iter().any(|other| line.contains(other)) {
                wrong.push(format!("{}:{number}: use `check` instead: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn every_file_begins_with_a_module_doc_and_is_short() {
    let mut wrong = Vec::new();
    for file in with_extension("", &["rs"]) {
        if !file.text.starts_with("//! ") {
            wrong.push(format!("{}:1: does not begin with `//! `", file.path));
        }
        let lines = file.text.lines().count();
        if lines > MAX_LINES_OF_A_FILE {
            wrong.push(format!(
                "{}:{MAX_LINES_OF_A_FILE}: the file has {lines} lines, at most {MAX_LINES_OF_A_FILE} are allowed",
                file.path
            ));
        }
    }
    assert_none(&wrong);
}

#[test]
fn functions_are_short() {
    let mut wrong = Vec::new();
    for file in with_extension("", &["rs"]) {
        for (number, lines) in functions(&file.text) {
            if lines > MAX_LINES_OF_A_FUNCTION {
                wrong.push(format!(
                    "{}:{number}: a function has {lines} lines, at most {MAX_LINES_OF_A_FUNCTION} are allowed",
                    file.path
                ));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn most_functions_are_a_few_lines() {
    for folder in [EMULATOR, "emulator/engine/src", "fixtures/src"] {
        let files = with_extension(folder, &["rs"]);
        let mut lengths: Vec<usize> =
            files.iter().flat_map(|file| functions(&file.text)).map(|(_, lines)| lines).collect();
        lengths.sort_unstable();
        let median = lengths[lengths.len() / 2];
        assert!(median <= MEDIAN_LINES_OF_FUNCTIONS, "{folder}: the median function has {median} lines");
    }
}

/// The functions of a text by indentation: the first line and length of each. Functions that allow `too_many_lines` are
/// skipped.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut functions = Vec::new();
    for (position, line) in lines.iter().enumerate() {
        let start = line.trim_start();
        let indent = &line[..line.len() - start.len()];
        if !begins_function(start) || start.ends_with('}') || start.ends_with(';') || may_be_long(&lines[..position]) {
            continue;
        }
        let end = lines[position..].iter().position(|line| {
            let inner = line.strip_prefix(indent).unwrap_or_default();
            inner.starts_with('}') || (inner.starts_with(')') && inner.ends_with(';'))
        });
        functions.push((position + 1, end.map_or(lines.len() - position, |end| end + 1)));
    }
    functions
}

fn begins_function(start: &str) -> bool {
    let mut rest = start;
    for word in ["pub ", "pub(crate) ", "pub(super) ", "const ", "async ", "extern \"C\" "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    rest.starts_with("fn ")
}

/// Returns whether the attributes of a function allow it to be long.
fn may_be_long(above: &[&str]) -> bool {
    let attached = above.iter().rev().map(|line| line.trim()).take_while(|line| {
        line.starts_with("#[") || line.starts_with("//") || line.ends_with(")]") || line.starts_with("reason")
    });
    attached.into_iter().any(|line| line.contains("clippy::too_many_lines"))
}

#[test]
fn texts_mention_only_the_project_itself() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("/wo", "rk/"),
        concat!("../sha", "red"),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("<<<<", "<<< "),
        concat!(">>>>", ">>> "),
    ];
    let mut wrong = Vec::new();
    for file in with_extension("", &["rs", "md", "toml", "tsv", "yaml", "yml", "py", "sh", "tf", "js", "snap", "csv"]) {
        for (number, line) in (1..).zip(file.text.lines()) {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                wrong.push(format!("{}:{number}: {word}: {}", file.path, line.trim()));
            }
        }
    }
    assert_none(&wrong);
}

/// Members that a response may leave out are optional in its schema: schemars reads `default`, not the condition.
#[test]
fn members_that_are_left_out_are_not_required_by_schemas() {
    let mut wrong = Vec::new();
    for file in with_extension(EMULATOR, &["rs"]).iter().filter(|file| file.text.contains("JsonSchema")) {
        for (number, line) in (1..).zip(file.text.lines()).filter(|(_, line)| line.contains("skip_serializing_if")) {
            if !line.contains("Option::is_none") && !line.contains("default") {
                wrong.push(format!("{}:{number}: add `default`", file.path));
            }
        }
    }
    assert_none(&wrong);
}

/// Pages cited in comments exist in the project, so that readers can follow the reference.
#[test]
fn comments_cite_existing_pages() {
    let pages: Vec<String> = with_extension("", &["md"]).into_iter().map(|file| file.path).collect();
    let is_name = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    let mut wrong = Vec::new();
    for file in
        ["emulator", "fixtures", "tests", "client-tests"].iter().flat_map(|module| with_extension(module, &["rs"]))
    {
        for (number, line) in (1..).zip(file.text.lines()).filter(|(_, line)| line.trim_start().starts_with("//")) {
            let words = line.split(|character| !is_name(character)).map(|word| word.trim_end_matches('.'));
            for page in words.filter(|word| word.strip_suffix(".md").is_some()) {
                if !pages.iter().any(|known| known == page || known.ends_with(&format!("/{page}"))) {
                    wrong.push(format!("{}:{number}: {page} is not a page of this project", file.path));
                }
            }
        }
    }
    assert_none(&wrong);
}

/// Paths in ARCHITECTURE.md consist of names of the code, so that readers can search for them.
#[test]
fn the_architecture_cites_existing_names() {
    let sources = with_extension("", &["rs"]);
    let known: BTreeSet<&str> = sources.iter().flat_map(|file| words(&file.text)).collect();
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page is readable");
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(page.lines()) {
        let paths = line.split('`').skip(1).step_by(2).filter(|quoted| quoted.contains("::"));
        for name in paths.flat_map(words).filter(|name| !known.contains(name)) {
            wrong.push(format!("ARCHITECTURE.md:{number}: {name} is not a name of this project"));
        }
    }
    assert_none(&wrong);
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn paths_are_read_from_use_trees_and_expressions() {
    let paths = |text: &str, depth| {
        let mut paths: Vec<_> = named_paths(text, depth).into_iter().map(|(_, path)| path).collect();
        paths.sort();
        paths
    };
    assert_eq!(
        paths("use crate::{a::{B, c::D}, e};\nuse crate::f::{\n    G,\n};", 1),
        ["a::B", "a::c::D", "e", "f::G"]
    );
    assert_eq!(paths("let x = crate::shape::read::body(y);", 2), ["shape::read::body"]);
    assert_eq!(paths("use super::state::World;", 1), ["state::World"]);
    assert_eq!(paths("use super::arn;\nuse super::super::state;", 2), ["state"]);
    assert_eq!(
        paths("use securityhub_engine::{Key, Table};\nuse securityhub_fixtures::Operation;", 1),
        ["engine", "fixtures"]
    );
}

#[test]
fn a_path_is_located_at_its_use() {
    let named = named_paths("use a;\nuse crate::{\n    b,\n    c::d,\n};\nuse crate::e;", 1);
    assert_eq!(named, [(1, "b".to_owned()), (1, "c::d".to_owned()), (5, "e".to_owned())]);
}

#[test]
fn tests_and_comments_do_not_count_as_code() {
    let text = "//! a\nuse b;\n#[cfg(test)]\nmod tests;\nfn c() {} // d\n#[cfg(test)]\n#[allow(x)]\nmod e {\n    fn f() {\n    }\n}\nfn g() {}\n";
    assert_eq!(without_tests(text), [(2, "use b;"), (5, "fn c() {}"), (12, "fn g() {}")]);
    assert_eq!((module_of("emulator/src/wire/answer.rs"), depth("emulator/src/wire/answer.rs")), ("wire", 2));
    assert_eq!((module_of("emulator/src/wire/mod.rs"), depth("emulator/src/wire/mod.rs")), ("wire", 1));
    assert_eq!((module_of("emulator/src/service.rs"), depth("emulator/src/service.rs")), ("service", 1));
}

#[test]
fn functions_are_measured_from_first_to_last_line() {
    let text = "fn a() {\n}\ntrait B {\n    fn c(\n        x: u8,\n    ) -> u8;\n    fn d() {}\n}\n\
                pub async fn e(\n    x: u8,\n) {\n    y();\n}\n#[allow(clippy::too_many_lines, reason = \"x\")]\nfn f() {\n}\n\
                $(#[test]\nfn $name() {\n    g();\n})*\n";
    assert_eq!(functions(text), [(1, 2), (4, 3), (9, 5), (18, 3)]);
}
