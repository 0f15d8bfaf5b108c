//! What becomes of the status of units when accounts leave them.

use super::*;

/// [`MEMBER`] is the only account that failed in [`UNIT`], since it is suspended.
fn failed() -> (Stage, String) {
    let stage = central();
    for region in [REGION, ELSEWHERE] {
        stage.call_in(region, MANAGEMENT, EnableSecurityHub, json!({})).unwrap();
    }
    let policy = create(&stage, "p", says(&[]));
    happens(&stage, MEMBER, Event::Suspend);
    start(&stage, &policy, ROOT);
    let failed = is(&policy, "INHERITED", "FAILED");
    assert_eq!((governs(&stage, UNIT), governs(&stage, MEMBER)), (failed.clone(), failed));
    assert_eq!(governs(&stage, ROOT), is(&policy, "APPLIED", "FAILED"));
    (stage, policy)
}

/// Rules: CCF-45.
#[test]
fn a_unit_that_its_only_failed_account_moved_out_of_succeeds() {
    let (stage, policy) = failed();
    happens(&stage, MEMBER, Event::Move { parent: "root".to_owned() });
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "SUCCESS"));
    assert_eq!(governs(&stage, ROOT), is(&policy, "APPLIED", "FAILED"), "the account is still below it");
}

/// Rules: CCF-45.
#[test]
fn units_and_root_succeed_once_their_only_failed_account_left_the_organization() {
    let (stage, policy) = failed();
    happens(&stage, MEMBER, Event::Leave);
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "SUCCESS"));
    assert_eq!(governs(&stage, ROOT), is(&policy, "APPLIED", "SUCCESS"));
}

/// Rules: CCF-45, RET-11.
#[test]
fn a_closed_account_fails_its_unit_until_it_is_gone() {
    let (stage, policy) = failed();
    happens(&stage, MEMBER, Event::Close);
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "FAILED"));
    stage.days_pass(91);
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "SUCCESS"));
    assert_eq!(governs(&stage, ROOT), is(&policy, "APPLIED", "SUCCESS"));
}

/// Rules: CCF-28, CCF-45.
#[test]
fn a_unit_keeps_its_status_while_another_failed_account_is_in_it_and_where_one_only_arrives() {
    let (stage, policy) = failed();
    happens(&stage, OTHER, Event::Move { parent: UNIT.to_owned() });
    happens(&stage, OTHER, Event::Move { parent: "root".to_owned() });
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "FAILED"));
    // The status of a parent is that of its last association, as the guide says; an arrival does not change it.
    happens(&stage, MEMBER, Event::Move { parent: "root".to_owned() });
    happens(&stage, MEMBER, Event::Move { parent: UNIT.to_owned() });
    assert_eq!(governs(&stage, MEMBER), is(&policy, "INHERITED", "FAILED"));
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "SUCCESS"));
    start(&stage, &policy, ROOT);
    assert_eq!(governs(&stage, UNIT), is(&policy, "INHERITED", "FAILED"));
}
