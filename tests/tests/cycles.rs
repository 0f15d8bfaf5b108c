//! Tests for dependency cycles between files and modules, found in the source text.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod files;

use std::collections::{BTreeMap, BTreeSet};

use files::{File, with_extension};
use syn::visit::{self, Visit};

/// Maximum number of files in a cycle: a module and its submodules.
const MAX_FILES: usize = 3;
/// The crates, each checked on its own.
const CRATES: [&str; 5] = ["emulator/src", "emulator/engine/src", "fixtures/src", "tests/src", "client-tests/src"];
/// The modules of the domain from bottom to top. Each may call earlier ones.
const MODULES: [&str; 5] = ["findings", "controls", "accounts", "exposures", "due"];
/// Modules that no other module of the domain may call.
const SEPARATE_MODULES: [&str; 2] = ["events", "policy"];

/// A path of names, such as `domain`, `arn`, `Arn`.
type Names = Vec<String>;
/// The modules that each module refers to.
type Graph = BTreeMap<Names, BTreeSet<Names>>;

/// The names in a file.
#[derive(Default)]
struct Named {
    /// The paths as written, with the inline modules around each.
    paths: Vec<Names>,
    /// The names imported by `use` and their paths.
    imported: BTreeMap<String, Names>,
    /// The same for `pub use`.
    exported: BTreeMap<String, Names>,
}

impl<'ast> Visit<'ast> for Named {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if is_for_tests(&item.attrs) {
            return;
        }
        let mut found = Vec::new();
        expand(&item.tree, &mut Vec::new(), &mut found);
        for (name, path) in found {
            if matches!(item.vis, syn::Visibility::Inherited) {
                self.paths.push(path.clone());
                self.imported.insert(name, path);
            } else {
                self.exported.insert(name, path);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    /// Macros contain no syntax tree, but paths are easy to find.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let text = call.tokens.to_string();
        let text = text.replace(" :: ", "::");
        let is_name = |character: char| character.is_alphanumeric() || "_:".contains(character);
        for word in text.split(|character| !is_name(character)).filter(|word| word.contains("::")) {
            self.paths.push(word.split("::").map(str::to_owned).collect());
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    let is_test = |attribute: &syn::Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    };
    attributes.iter().any(is_test)
}

/// The paths of a `use`, each with its local name.
fn expand(tree: &syn::UseTree, before: &mut Names, found: &mut Vec<(String, Names)>) {
    match tree {
        syn::UseTree::Path(path) => {
            before.push(path.ident.to_string());
            expand(&path.tree, before, found);
            before.pop();
        }
        syn::UseTree::Name(name) if name.ident == "self" => {
            found.push((before.last().cloned().unwrap_or_default(), before.clone()));
        }
        syn::UseTree::Name(name) => {
            let name = name.ident.to_string();
            found.push((name.clone(), [before.clone(), vec![name]].concat()));
        }
        syn::UseTree::Rename(rename) => {
            let path = [before.clone(), vec![rename.ident.to_string()]].concat();
            found.push((rename.rename.to_string(), path));
        }
        syn::UseTree::Glob(_) => found.push(("*".to_owned(), [before.clone(), vec!["*".to_owned()]].concat())),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| expand(tree, before, found)),
    }
}

/// The path of a file's module in its crate.
fn module(file: &File, crate_folder: &str) -> Names {
    let below = file.path.strip_prefix(crate_folder).unwrap().trim_start_matches('/').trim_end_matches(".rs");
    let below = below.trim_end_matches("/mod");
    if ["lib", "main"].contains(&below) { Vec::new() } else { below.split('/').map(str::to_owned).collect() }
}

fn is_of_tests(path: &str) -> bool {
    path.contains("/tests/") || ["/tests.rs", "/testing.rs"].iter().any(|end| path.ends_with(end))
}

/// The dependencies between files of a crate, as modules. Dependencies of tests do not count.
fn graph(files: &[File], crate_folder: &str) -> Graph {
    let named: BTreeMap<Names, Named> = files
        .iter()
        .filter(|file| !is_of_tests(file.path.strip_prefix(crate_folder).unwrap()))
        .map(|file| {
            let mut named = Named::default();
            named.visit_file(&syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path)));
            (module(file, crate_folder), named)
        })
        .collect();
    let needs = |(module, what): (&Names, &Named)| {
        let paths = what.paths.iter().filter_map(|path| absolute(path, module, what, &named));
        let needed = paths.filter_map(|path| needed(path, &named)).filter(|other| other != module).collect();
        (module.clone(), needed)
    };
    named.iter().map(needs).collect()
}

/// A path from the root of the crate; `None` if it refers to another crate.
fn absolute(path: &Names, module: &Names, what: &Named, named: &BTreeMap<Names, Named>) -> Option<Names> {
    let first = path.first()?;
    let rest = || path[1..].to_vec();
    match first.as_str() {
        "crate" => Some(rest()),
        "self" => Some([module.clone(), rest()].concat()),
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            let above = module.get(..module.len().checked_sub(ups)?)?;
            Some([above.to_vec(), path[ups..].to_vec()].concat())
        }
        _ => {
            let own = [module.clone(), vec![first.clone()]].concat();
            if named.contains_key(&own) {
                return Some([own, rest()].concat());
            }
            // An imported name, unless the import is this very path.
            let imported = what.imported.get(first).filter(|imported| imported.first() != Some(first))?;
            Some([absolute(imported, module, what, named)?, rest()].concat())
        }
    }
}

/// The module that defines the item of a path, following re-exports. A module name alone is not a dependency.
fn needed(mut path: Names, named: &BTreeMap<Names, Named>) -> Option<Names> {
    for _ in 0..named.len() {
        let length = (0..path.len()).rev().find(|length| named.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(length);
        if rest.len() == 1 && named.contains_key(&path) {
            return None;
        }
        let what = named.get(module)?;
        let Some(exported) = rest.first().and_then(|name| what.exported.get(name)) else {
            return Some(module.to_vec());
        };
        let handed_on = absolute(exported, &module.to_vec(), what, named)?;
        path = [handed_on, rest[1..].to_vec()].concat();
    }
    None
}

/// The modules that are reachable from a module.
fn reached<'g>(graph: &'g Graph, from: &'g Names) -> BTreeSet<&'g Names> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Names> = graph.get(from).into_iter().flatten().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(graph.get(next).into_iter().flatten());
        }
    }
    found
}

/// Sets of modules that depend on each other.
fn cycles(graph: &Graph) -> BTreeSet<Vec<String>> {
    let reached: BTreeMap<&Names, BTreeSet<&Names>> = graph.keys().map(|name| (name, reached(graph, name))).collect();
    let of = |name: &Names| -> Vec<String> {
        let both = |other: &&&Names| reached[**other].contains(name);
        reached[name].iter().filter(both).map(|other| other.join("::")).collect()
    };
    graph.keys().map(of).filter(|cycle| cycle.len() > 1).collect()
}

#[test]
fn no_dependency_cycle_has_more_than_three_files() {
    for crate_folder in CRATES {
        let files = with_extension(crate_folder, &["rs"]);
        let graph = graph(&files, crate_folder);
        assert!(graph.values().map(BTreeSet::len).sum::<usize>() > 0, "{crate_folder}: paths are found");
        let large: Vec<_> = cycles(&graph).into_iter().filter(|cycle| cycle.len() > MAX_FILES).collect();
        assert!(large.is_empty(), "{crate_folder} has dependency cycles of more than {MAX_FILES} files: {large:#?}");
    }
}

#[test]
fn modules_of_the_domain_only_call_lower_ones() {
    let folder = "emulator/src";
    let graph = graph(&with_extension(folder, &["rs"]), folder);
    let top = |names: &Names| -> Option<String> { (names.first()? == "domain").then(|| names.get(1).cloned())? };
    let height = |top: &str| MODULES.iter().position(|name| *name == top).map_or(0, |position| position + 1);
    let mut wrong = Vec::new();
    for (module, needed) in &graph {
        let Some(from) = top(module) else { continue };
        for other in needed {
            let Some(to) = top(other).filter(|to| *to != from) else { continue };
            let is_good = SEPARATE_MODULES.contains(&from.as_str())
                || (!SEPARATE_MODULES.contains(&to.as_str()) && (height(&to) < height(&from) || height(&to) == 0));
            if !is_good {
                wrong.push(format!("{} may not use {}", module.join("::"), other.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let used = graph.keys().filter_map(top).collect::<BTreeSet<_>>();
    for name in MODULES.iter().chain(&SEPARATE_MODULES) {
        assert!(used.contains(*name), "{name} is a module");
    }
}

/// Modules of the whole program that depend on each other. `service` connects the modules, and none of them may depend
/// on it.
#[test]
fn no_modules_depend_on_each_other() {
    let folder = "emulator/src";
    let mut modules = Graph::new();
    for (module, needed) in graph(&with_extension(folder, &["rs"]), folder) {
        let top = |names: &Names| names.first().cloned().map(|name| vec![name]);
        let Some(from) = top(&module) else { continue };
        let others = needed.iter().filter_map(top).filter(|to| *to != from);
        modules.entry(from.clone()).or_default().extend(others);
    }
    assert_eq!(cycles(&modules), BTreeSet::new());
}

#[test]
fn cycles_are_found_in_paths() {
    let file = |path: &str, text: &str| File { path: format!("src/{path}"), text: text.to_owned() };
    let files = [
        file("lib.rs", "mod a; mod b;"),
        file(
            "a/mod.rs",
            "mod inner; pub use inner::Deep; pub struct Low; fn f() { println!(\"{}\", crate::b::call()); }",
        ),
        file("a/inner.rs", "pub struct Deep; use super::Low;"),
        file(
            "b.rs",
            "use crate::a::{self, Deep}; pub fn call() { a::f(); } #[cfg(test)] mod tests { use crate::c::X; }",
        ),
        file("c.rs", "pub struct X; use crate::b;"),
    ];
    let graph = graph(&files, "src");
    let needs = |module: &str| -> Vec<String> {
        let names: Names = module.split("::").map(str::to_owned).collect();
        graph[&names].iter().map(|names| names.join("::")).collect()
    };
    assert_eq!(needs("a"), ["b"], "paths in macros count, re-exports do not");
    assert_eq!(needs("a::inner"), ["a"]);
    assert_eq!(
        needs("b"),
        ["a", "a::inner"],
        "`Deep` belongs to `inner`, although `a` re-exports it; tests do not count"
    );
    assert_eq!(needs("c"), [""; 0], "the name of a module alone is not a dependency");
    assert_eq!(cycles(&graph), BTreeSet::from([vec!["a".to_owned(), "a::inner".to_owned(), "b".to_owned()]]));
}
