//! The status of units after accounts leave them.

use super::*;

/// [`MEMBER`] is the only account that failed in [`UNIT`], since it is suspended.
fn failed() -> (Stage, String) {
    let stage = central();
    for region in [REGION, OTHER_REGION] {
        stage.call_in(region, MANAGEMENT, EnableSecurityHub, json!({})).unwrap();
    }
    let policy = create(&stage, "p", says(&[]));
    apply_event(&stage, MEMBER, Event::Suspend);
    start(&stage, &policy, ROOT);
    let failed = is(&policy, "INHERITED", "FAILED");
    assert_eq!((governs(&stage, UNIT), governs(&stage, MEMBER)), (failed.clone(), failed));
    assert_eq!(governs(&stage, ROOT), is(&policy, "APPLIED", "FAILED"));
    (stage, policy)
}

/// Rules: CCF-45.
#[test]
fn a_unit_succeeds_when_its_only_failed_account_moves_away() {
    let (stage, policy) = failed();
    apply_event(&stage, MEMBER, Event::Move { parent: "root".to_owned() });
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "SUCCESS"));
    assert_eq!(governs(&stage, ROOT), is(&policy, "APPLIED", "FAILED"), "the account is still below the root");
}

/// Rules: CCF-45.
#[test]
fn units_and_root_succeed_when_their_only_failed_account_leaves() {
    let (stage, policy) = failed();
    apply_event(&stage, MEMBER, Event::Leave);
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "SUCCESS"));
    assert_eq!(governs(&stage, ROOT), is(&policy, "APPLIED", "SUCCESS"));
}

/// Rules: CCF-45, RET-11.
#[test]
fn a_closed_account_fails_its_unit_until_it_is_forgotten() {
    let (stage, policy) = failed();
    apply_event(&stage, MEMBER, Event::Close);
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "FAILED"));
    stage.days_pass(91);
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "SUCCESS"));
    assert_eq!(governs(&stage, ROOT), is(&policy, "APPLIED", "SUCCESS"));
}

/// Rules: CCF-28, CCF-45.
#[test]
fn a_unit_stays_failed_while_it_contains_another_failed_account() {
    let (stage, policy) = failed();
    apply_event(&stage, OTHER, Event::Move { parent: UNIT.to_owned() });
    apply_event(&stage, OTHER, Event::Move { parent: "root".to_owned() });
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "FAILED"));
    // The status of a parent is that of its last association, as the guide says; an arrival does not change it.
    apply_event(&stage, MEMBER, Event::Move { parent: "root".to_owned() });
    apply_event(&stage, MEMBER, Event::Move { parent: UNIT.to_owned() });
    assert_eq!(governs(&stage, MEMBER), is(&policy, "INHERITED", "FAILED"));
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "SUCCESS"));
    start(&stage, &policy, ROOT);
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "FAILED"));
}
