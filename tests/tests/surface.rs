//! The public interface of the crate: what `emulator/src/lib.rs` exports without `#[doc(hidden)]`, as a text that is
//! compared with emulator/public-api.txt, so that a change of it is seen.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod files;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

use files::{File, root, with_extension};
use quote::ToTokens;
use securityhub_local_tests::generated::refresh;
use syn::{Attribute, ImplItem, Item, ItemImpl, Type, UseTree, Visibility};

const FILE: &str = "emulator/public-api.txt";
const SOURCES: &str = "emulator/src";
/// Modules that are public without being part of the interface have `#[doc(hidden)]`.
const PUBLIC_MODULES: [&str; 0] = [];

/// A source file of the emulator: the path of its module, and its items.
struct Source {
    module: Vec<String>,
    items: Vec<Item>,
}

/// An export of the crate: the path of the item, and its name in the crate.
struct Export {
    path: Vec<String>,
    name: String,
}

fn sources() -> Vec<Source> {
    let of = |file: File| {
        let below = file.path.strip_prefix("emulator/src/").unwrap().trim_end_matches(".rs");
        let module = below.split('/').filter(|part| !["mod", "lib"].contains(part)).map(str::to_owned).collect();
        let items = syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.path)).items;
        Source { module, items }
    };
    with_extension(SOURCES, &["rs"]).into_iter().map(of).collect()
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| text(attribute) == "#[doc(hidden)]")
}

/// The leaves of a use tree.
fn leaves(tree: &UseTree, before: &[String], found: &mut Vec<Export>) {
    let path = |last: &dyn ToString| [before, &[last.to_string()]].concat();
    match tree {
        UseTree::Path(tree) => leaves(&tree.tree, &path(&tree.ident), found),
        UseTree::Name(tree) => found.push(Export { path: path(&tree.ident), name: tree.ident.to_string() }),
        UseTree::Rename(tree) => found.push(Export { path: path(&tree.ident), name: tree.rename.to_string() }),
        UseTree::Group(tree) => tree.items.iter().for_each(|tree| leaves(tree, before, found)),
        UseTree::Glob(_) => panic!("the crate must export each item by name"),
    }
}

/// The exports of a module that are part of its interface.
fn exports(items: &[Item]) -> Vec<Export> {
    let mut found = Vec::new();
    for item in items {
        match item {
            Item::Use(item) if matches!(item.vis, Visibility::Public(_)) && !is_hidden(&item.attrs) => {
                leaves(&item.tree, &[], &mut found);
            }
            _ => {}
        }
    }
    found
}

/// The definition of an item, with the path of its module. Exports of modules are followed.
fn definition<'s>(sources: &'s [Source], path: &[String]) -> Option<(&'s Source, &'s Item)> {
    let (name, module) = path.split_last()?;
    let source = sources.iter().find(|source| source.module == module)?;
    let is_it = |item: &&Item| named(item).is_some_and(|known| known == *name);
    if let Some(item) = source.items.iter().find(is_it) {
        return Some((source, item));
    }
    let export = exports(&source.items).into_iter().find(|export| export.name == *name)?;
    let from_root = export.path.first().is_some_and(|first| first == "crate");
    let path = if from_root { export.path[1..].to_vec() } else { [module, &export.path].concat() };
    definition(sources, &path)
}

fn named(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        Item::Trait(item) => Some(item.ident.to_string()),
        Item::Fn(item) => Some(item.sig.ident.to_string()),
        Item::Const(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// Tokens as one line, with spaces about as in formatted code.
fn text(tokens: &impl ToTokens) -> String {
    let mut line = String::new();
    for token in tokens.to_token_stream().to_string().split_whitespace() {
        let glued =
            token.starts_with([',', ';', ')', '>', '.', '?', ']', '!']) || token.starts_with("::") || token == ":";
        let opened = line.ends_with(['(', '&', '.', '[', '#', '<', '!']) || line.ends_with("::");
        let calls = ["(", "[", "<"].iter().any(|open| token.starts_with(open))
            && line.ends_with(|last: char| last.is_alphanumeric() || last == '_')
            && !line.ends_with(" for")
            && !line.ends_with("impl");
        if !(line.is_empty() || glued || opened || calls) || line.ends_with("->") || line.ends_with('=') {
            line.push(' ');
        }
        line += token;
    }
    line.replace("->(", "-> (")
}

/// Removes documentation and bodies, and what is private.
fn interface(item: &Item) -> String {
    let mut item = item.clone();
    let is_derive =
        |attribute: &Attribute| attribute.path().is_ident("derive") || text(attribute) == "#[non_exhaustive]";
    match &mut item {
        Item::Struct(item) => {
            item.attrs.retain(is_derive);
            let mut has_private = false;
            if let syn::Fields::Named(fields) = &mut item.fields {
                let all = std::mem::take(&mut fields.named);
                for mut field in all {
                    field.attrs.clear();
                    if matches!(field.vis, Visibility::Public(_)) {
                        fields.named.push(field);
                    } else {
                        has_private = true;
                    }
                }
            } else if let syn::Fields::Unnamed(fields) = &mut item.fields {
                let is_private = |field: &syn::Field| !matches!(field.vis, Visibility::Public(_));
                if fields.unnamed.iter().any(is_private) {
                    fields.unnamed.clear();
                    has_private = true;
                }
            }
            format!("{}{}", text(&item), if has_private { " // and private members" } else { "" })
        }
        Item::Enum(item) => {
            item.attrs.retain(is_derive);
            for variant in &mut item.variants {
                variant.attrs.clear();
                variant.fields.iter_mut().for_each(|field| field.attrs.clear());
            }
            text(&item)
        }
        Item::Trait(item) => {
            item.attrs.clear();
            for member in &mut item.items {
                if let syn::TraitItem::Fn(method) = member {
                    method.attrs.clear();
                    method.default = None;
                }
            }
            text(&item)
        }
        Item::Fn(item) => format!("pub {}", text(&item.sig)),
        other => text(&other),
    }
}

/// Returns whether a block implements something for a type of the same top-level module.
fn is_of(block: &ItemImpl, source: &Source, module: &[String], name: &str) -> bool {
    let Type::Path(path) = &*block.self_ty else { return false };
    let is_named = path.path.segments.last().is_some_and(|last| last.ident == name);
    is_named && source.module.first() == module.first()
}

fn methods(block: &ItemImpl) -> Vec<String> {
    let public = |item: &ImplItem| match item {
        ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) && !is_hidden(&method.attrs) => {
            Some(format!("    pub {}", text(&method.sig)))
        }
        ImplItem::Const(item) if matches!(item.vis, Visibility::Public(_)) && !is_hidden(&item.attrs) => {
            Some(format!("    pub const {}: {}", item.ident, text(&item.ty)))
        }
        _ => None,
    };
    block.items.iter().filter_map(public).collect()
}

fn surface() -> String {
    let sources = sources();
    let library = sources.iter().find(|source| source.module.is_empty()).unwrap();
    let mut described = Vec::new();
    for Export { path, name } in exports(&library.items) {
        if path[0] == "securityhub_local_macros" {
            described.push((name.clone(), format!("#[securityhub_local::{name}]\n")));
            continue;
        }
        let (source, item) = definition(&sources, &path).unwrap_or_else(|| panic!("{} is not found", path.join("::")));
        let original = named(item).unwrap();
        let mut lines = String::new();
        if original != name {
            _ = writeln!(lines, "// {original}, exported as {name}:");
        }
        _ = writeln!(lines, "{}", interface(item));
        let (mut own, mut traits) = (BTreeSet::new(), BTreeSet::new());
        for source in sources.iter().filter(|other| other.module.first() == source.module.first()) {
            for item in &source.items {
                let Item::Impl(block) = item else { continue };
                if !is_of(block, source, &path, &original) {
                    continue;
                }
                match &block.trait_ {
                    Some((_, implemented, _)) => _ = traits.insert(format!("    impl {}", text(implemented))),
                    None => own.extend(methods(block)),
                }
            }
        }
        for line in own.into_iter().chain(traits) {
            _ = writeln!(lines, "{line}");
        }
        described.push((name, lines));
    }
    described.sort();
    let mut all =
        "The public interface of the crate securityhub-local, generated by tests/tests/surface.rs.\n".to_owned();
    for (name, lines) in described {
        _ = write!(all, "\n## {name}\n{lines}");
    }
    all
}

/// Rules: DST-45.
#[test]
fn the_public_interface_is_a_file() {
    refresh(FILE, &surface());
}

/// Rules: DST-45.
#[test]
fn a_change_of_the_public_interface_is_in_the_changelog() {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root()).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    };
    // An archive of the sources has no history, and that of a shallow clone has one commit.
    let Some(commits) = git(&["log", "--format=%H", "--", FILE]) else { return };
    let Some(last) = commits.lines().next() else { return };
    let Some(changed) = git(&["show", "--format=", "--name-only", last]) else { return };
    let has_changelog = changed.lines().any(|path| path == "CHANGELOG.md");
    assert!(has_changelog, "commit {last} changes {FILE}, and must also describe the change in CHANGELOG.md");
}

/// Rules: DST-43.
#[test]
fn internal_modules_are_hidden() {
    let library = sources().into_iter().find(|source| source.module.is_empty()).unwrap();
    let mut visible = Vec::new();
    for item in &library.items {
        let Item::Mod(module) = item else { continue };
        if matches!(module.vis, Visibility::Public(_)) && !is_hidden(&module.attrs) {
            visible.push(module.ident.to_string());
        }
    }
    assert_eq!(visible, PUBLIC_MODULES, "a public module must have #[doc(hidden)]");
}
