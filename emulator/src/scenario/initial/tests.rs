//! Tests of the scenarios that `scenario init` writes.

use std::collections::BTreeSet;

use super::*;
use crate::scenario;

fn inspect(text: &str) -> scenario::Inspection {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scenario.yaml");
    std::fs::write(&path, text).unwrap();
    scenario::inspect(&[path])
}

/// Rules: CPL-152.
#[test]
fn the_first_scenarios_are_valid() {
    for text in [of_accounts(), of_organization(1), of_organization(7), of_organization(40), of_organization(150)] {
        let scenario::Inspection { diagnostics, content } = inspect(&text);
        assert!(diagnostics.is_empty(), "{diagnostics}");
        let scenario::Content { hubs, findings, .. } = content.unwrap();
        assert!(hubs > 2 && findings.of_products > 10, "{hubs} hubs, {findings}");
    }
    let hubs = inspect(&of_organization(40)).content.unwrap().hubs;
    assert_eq!((hubs, of_organization(40)), (2 * 41, of_organization(40)));
}

#[test]
fn units_have_accounts_in_proportion() {
    let units = |count: u32| {
        let units: Vec<&str> = (0..count).map(|index| account(index).unit).collect();
        UNITS.map(|(unit, _)| units.iter().filter(|other| **other == unit).count())
    };
    assert_eq!((units(40), units(10)), ([16, 8, 12, 4], [4, 2, 3, 1]));
}

#[test]
fn first_scenarios() {
    insta::assert_snapshot!("accounts", of_accounts());
    insta::assert_snapshot!("organization", of_organization(11));
}

/// The key of a line such as `  - account: x`.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.trim_start().trim_start_matches("- ").split_once(':')?;
    key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_').then_some(key)
}

/// Rules: CPL-152.
#[test]
fn every_key_is_explained_where_it_first_occurs() {
    let schema = scenario::schema();
    for text in [of_accounts(), of_organization(3)] {
        let mut seen = BTreeSet::new();
        let mut before = "";
        for line in text.lines() {
            if let Some(key) = key(line).filter(|key| seen.insert((*key).to_owned())) {
                assert!(before.trim_start().starts_with('#'), "{key} is not explained");
            }
            before = line;
        }
        for key in
            schema["properties"].as_object().unwrap().keys().filter(|key| !key.starts_with('$') && *key != "state")
        {
            assert!(seen.contains(key) || text.contains(&format!("# {key}: ")), "{key} is not mentioned");
        }
    }
}
