//! A bounded run of the fuzzer; `src/bin/fuzz.rs` is the long one.

use securityhub_local_tests::random::{Doors, Random};

#[test]
fn err_01_err_11_random_requests_get_answers_that_aws_could_give() {
    let (doors, mut random) = (Doors::default(), Random::new(1));
    let mut successes = 0;
    for _ in 0..20_000 {
        let status = doors.knock(&mut random);
        successes += u32::from(status < 300);
    }
    assert!(successes > 100, "some of the requests are good ones: {successes}");
}
