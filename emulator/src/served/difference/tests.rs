//! Differences between random worlds.

use securityhub_fixtures::Operation::{BatchImportFindings, BatchUpdateFindings, EnableSecurityHub};
use serde_json::json;

use super::*;
use crate::domain::findings::restore::tests::calls::{Step, run};
use crate::domain::findings::restore::tests::{MAX_STEPS, after, read, written};
use crate::state::RowKind;
use crate::testing::{ADMINISTRATOR, REGION, Stage, check, finding};

const ALL: usize = usize::MAX;

fn mirrored(difference: Difference) -> Difference {
    let Difference { findings, added, removed, changed, clocks, is_truncated } = difference;
    let turned = |changes: Vec<ValueChange>| -> Vec<ValueChange> {
        changes.into_iter().map(|it| ValueChange { path: it.path, from: it.to, to: it.from }).collect()
    };
    let of_findings = findings.changed.into_iter().map(|(finding, changes)| (finding, turned(changes))).collect();
    Difference {
        findings: FindingDifferences { added: findings.removed, removed: findings.added, changed: of_findings },
        added: removed,
        removed: added,
        changed,
        clocks: (clocks.1, clocks.0),
        is_truncated,
    }
}

/// Rules: CPL-53.
#[test]
fn differences_are_symmetric_and_do_not_depend_on_shared_parts() {
    fn holds(first: Vec<Step>, second: Vec<Step>) -> bool {
        let stage = after(&first);
        let before = stage.0.saved();
        second.iter().take(MAX_STEPS).for_each(|step| run(&stage, step));
        let now = stage.0.saved();
        let difference = between(&before, &now, ALL);
        assert_eq!(between(&now, &before, ALL), mirrored(difference.clone()));
        let (one, two) = (read(&written(&before)), read(&written(&now)));
        assert_eq!(between(&one, &two, ALL), difference, "worlds without shared parts");
        let none = between(&now, &read(&written(&now)), ALL);
        none.findings == FindingDifferences::default() && [none.added, none.removed, none.changed].concat().is_empty()
    }
    check(5).quickcheck(holds as fn(Vec<Step>, Vec<Step>) -> bool);
}

/// Rules: CPL-53.
#[test]
fn changes_of_a_finding_are_listed_member_by_member() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    let import =
        |id: &str, with| stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding(id, with)] }));
    import("a", json!({}));
    import("b", json!({}));
    let before = stage.0.saved();
    import("c", json!({}));
    let product = format!("arn:aws:securityhub:{REGION}:{ADMINISTRATOR}:product/{ADMINISTRATOR}/default");
    stage.good(
        ADMINISTRATOR,
        BatchUpdateFindings,
        json!({ "FindingIdentifiers": [{ "Id": "a", "ProductArn": product }], "Workflow": { "Status": "RESOLVED" } }),
    );
    let difference = between(&before, &stage.0.saved(), ALL);
    let ids: Vec<&str> = difference.findings.added.iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!((ids, difference.findings.removed.len()), (vec!["c"], 0));
    let [(finding, changes)] = &difference.findings.changed[..] else { panic!("{difference:?}") };
    assert_eq!((&*finding.id, &*finding.account, &*finding.region), ("a", ADMINISTRATOR, REGION));
    let status = changes.iter().find(|change| change.path == "Workflow.Status").unwrap();
    assert_eq!((&status.from, &status.to), (&Some(json!("NEW")), &Some(json!("RESOLVED"))));
    assert!(between(&before, &stage.0.saved(), 0).is_truncated);
}

/// Rules: CPL-53.
#[test]
fn relations_are_listed_by_their_rows() {
    let stage = Stage::empty();
    let before = stage.0.saved();
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    let difference = between(&before, &stage.0.saved(), ALL);
    assert!(difference.added.iter().any(|row| (row.kind, &*row.key) == (RowKind::Hub, "hub")), "{difference:?}");
    let is_sorted = difference.added.windows(2).all(|pair| order(&pair[0]) <= order(&pair[1]));
    assert!(is_sorted && difference.removed.is_empty());
}
