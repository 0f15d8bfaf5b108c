//! Short runs of the fuzzer; `src/bin/fuzz.rs` is for long runs.

use securityhub_local_tests::random::{Clients, Random};

/// Rules: ERR-01, ERR-11.
#[test]
fn random_requests_get_valid_responses() {
    let (mut clients, mut random) = (Clients::default(), Random::new(1));
    let mut successes = 0;
    for _ in 0..10_000 {
        let status = clients.send_random(&mut random);
        successes += u32::from(status < 300);
    }
    assert!(successes > 100, "too few requests succeed: {successes}");
}

/// Rules: ERR-01, IMP-30.
#[test]
fn random_findings_and_filters_get_valid_responses() {
    let (mut clients, mut random) = (Clients::default(), Random::new(2));
    for _ in 0..2_000 {
        clients.store.send_random(&mut random);
    }
    let (imported, read) = (clients.store.imported, clients.store.read);
    assert!(imported > 500 && read > 1_000, "too few requests succeed: {imported} imported, {read} read");
}

/// Rules: CPL-01, CPL-04.
#[test]
fn random_calls_of_the_control_plane_get_valid_responses() {
    let (clients, mut random) = (Clients::default(), Random::new(4));
    let statuses: Vec<u16> = (0..3_000).map(|_| clients.send_control(&mut random)).collect();
    let count = |good: fn(&u16) -> bool| statuses.iter().filter(|status| good(status)).count();
    assert!(count(|status| *status < 300) > 100 && count(|status| *status == 400) > 100, "{statuses:?}");
}

/// Rules: ERR-01, ERR-11.
#[test]
fn requests_of_hostile_sizes_get_valid_responses() {
    let (mut clients, mut random) = (Clients::default(), Random::new(3));
    let statuses: Vec<u16> = (0..150).map(|_| clients.send_hostile(&mut random)).collect();
    let count = |good: fn(&u16) -> bool| statuses.iter().filter(|status| good(status)).count();
    assert!(count(|status| *status == 200) > 10 && count(|status| *status == 400) > 10, "{statuses:?}");
}
