//! Tests that a world equals the world of its document, and that changes of relations are found.

pub(crate) mod calls;

use serde_json::Value;

use self::calls::{Step, populate, run};
use crate::domain::due;
use crate::domain::findings::restore;
use crate::state::{FindingDocument, Relations, Rows, World, WorldDocument, apply_rows};
use crate::testing::{Stage, check};

/// Maximum number of steps of a world.
pub(crate) const MAX_STEPS: usize = 30;

/// The texts of a world's document and findings.
pub(crate) fn written(world: &World) -> (Value, Vec<String>) {
    let fork = world.saved();
    let mut findings = Vec::new();
    restore::findings(&fork, |_, finding| findings.push(serde_json::to_string(&finding).unwrap()));
    (serde_json::to_value(fork.document()).unwrap(), findings)
}

/// Restores a world from its texts.
pub(crate) fn read((document, findings): &(Value, Vec<String>)) -> World {
    let document: WorldDocument = serde_json::from_value(document.clone()).unwrap();
    let findings = findings.iter().map(|text| serde_json::from_str::<FindingDocument<'static>>(text).unwrap());
    restore::world(document, findings.collect()).unwrap()
}

/// A world after random calls.
pub(crate) fn after(steps: &[Step]) -> Stage {
    let stage = Stage::empty();
    if steps.first().is_none_or(Step::populates) {
        populate(&stage);
    }
    steps.iter().take(MAX_STEPS).for_each(|step| run(&stage, step));
    due::run(&stage.0, stage.0.clock.now());
    stage
}

/// Rules: CPL-61, CPL-62.
#[test]
fn a_world_from_a_document_has_an_equal_document() {
    fn holds(steps: Vec<Step>) -> bool {
        let stage = after(&steps);
        let texts = written(&stage.0);
        let again = written(&read(&texts));
        assert_eq!(texts, again);
        true
    }
    check(10).quickcheck(holds as fn(Vec<Step>) -> bool);
}

/// Rules: CPL-53.
#[test]
fn the_changes_between_two_states_lead_from_the_rows_of_one_to_those_of_the_other() {
    fn holds(first: Vec<Step>, second: Vec<Step>) -> bool {
        let stage = after(&first);
        let before = stage.0.relations();
        second.iter().take(MAX_STEPS).for_each(|step| run(&stage, step));
        let after = stage.0.relations();
        for (one, other) in [(&before, &after), (&after, &before)] {
            let mut rows = one.rows();
            apply_rows(&mut rows, other.changes_since(one));
            assert_eq!(rows, other.rows());
        }
        let built = Relations::from_rows(&after.rows()).unwrap();
        assert_eq!(built.changes_since(&after), vec![], "the changes since an equal state");
        built.rows() == after.rows() && after.changes_since(&after).is_empty()
    }
    check(10).quickcheck(holds as fn(Vec<Step>, Vec<Step>) -> bool);
}

#[test]
fn an_invalid_row_is_refused_with_its_path() {
    let mut rows: Rows = after(&[]).0.relations().rows();
    let hub = rows.iter_mut().find(|(row, _)| row.key == "hub").map(|(_, value)| value).unwrap();
    hub["is_quiet"] = "x".into();
    let error = Relations::from_rows(&rows).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Hub hub of 111111111111 in us-east-1: is_quiet: invalid type: string \"x\", expected a boolean"
    );
}
