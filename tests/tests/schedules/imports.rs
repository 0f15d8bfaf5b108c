//! Tests of imports during single pages and walks over all pages.

use serde_json::json;

use crate::client::{Client, Found, equals, numbers, title, together};
use crate::explore;

/// The findings that exist before the threads start.
const INITIAL: [usize; 3] = [0, 1, 2];

fn world() -> Client {
    let client = Client::new();
    client.import(&INITIAL.map(|number| (number, 0)));
    client
}

/// Checks that each initial finding is seen, and none twice.
fn sees_all_once(found: &[Found]) {
    let mut seen = numbers(found);
    let all = seen.len();
    seen.dedup();
    assert_eq!(all, seen.len(), "a finding was returned twice: {found:?}");
    assert!(INITIAL.iter().all(|number| seen.contains(number)), "a finding was missed: {found:?}");
}

/// A batch is written under one lock, so a page contains all or none of the versions that were imported together.
fn shows_whole_batches(found: &[Found]) {
    let version = |number: usize| found.iter().find(|found| found.number == number).map(|found| found.version);
    // 0 and 1 are updated together, 3 and 4 are created together.
    assert_eq!(version(0), version(1), "a batch is partly updated: {found:?}");
    assert_eq!(version(3), version(4), "a batch is partly created: {found:?}");
}

/// Rules: SRT-18, IMP-44.
#[test]
fn pages_see_whole_batches_and_each_finding_once_during_imports() {
    explore(|| {
        let client = world();
        together(
            &client,
            &[
                |client| {
                    client.import(&[(3, 1), (4, 1)]);
                    client.import(&[(0, 2), (1, 2)]);
                    let (found, _) = client.page(&equals("Title", &title(2)));
                    assert_eq!(numbers(&found), [0, 1], "the next call reads the written findings");
                },
                |client| client.import(&[(2, 3), (5, 3)]),
                |client| sees_all_once(&client.walk(&json!({}))),
                |client| {
                    for _ in 0..2 {
                        let (found, _) = client.page(&json!({}));
                        sees_all_once(&found);
                        shows_whole_batches(&found);
                    }
                },
            ],
        );
        let (found, _) = client.page(&json!({}));
        let versions: Vec<(usize, u64)> = found.iter().map(|found| (found.number, found.version)).collect();
        let mut sorted = versions.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [(0, 2), (1, 2), (2, 3), (3, 1), (4, 1), (5, 3)], "{found:?}");
    });
}

/// Columns are built when a filter first needs them, while writers continue.
///
/// Rules: SRT-18.
#[test]
fn columns_built_concurrently_contain_concurrent_imports() {
    explore(|| {
        let client = world();
        together(
            &client,
            &[
                |client| client.import(&[(0, 1), (3, 1)]),
                |client| client.import(&[(1, 2), (4, 2)]),
                |client| {
                    let (found, _) = client.page(&equals("Title", &title(1)));
                    assert!([vec![], vec![0, 3]].contains(&numbers(&found)), "a batch is partly visible: {found:?}");
                },
                |client| {
                    let label = json!([{ "Field": "SeverityLabel", "SortOrder": "asc" }]);
                    let mut input = equals("SeverityLabel", "LOW");
                    input["SortCriteria"] = label;
                    sees_all_once(&client.walk(&input));
                },
            ],
        );
        for (version, expected) in [(0, vec![2]), (1, vec![0, 3]), (2, vec![1, 4])] {
            for (field, value) in [("Title", title(version)), ("GeneratorId", format!("generator of {version}"))] {
                let (found, _) = client.page(&equals(field, &value));
                assert_eq!(numbers(&found), expected, "{field} {value}");
            }
        }
        assert_eq!(numbers(&client.page(&equals("SeverityLabel", "LOW")).0), [0, 1, 2, 3, 4]);
    });
}
