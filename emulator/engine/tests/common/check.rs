//! Random tests with a fixed seed.

use std::hash::{BuildHasher, Hasher, RandomState};

use quickcheck::{Gen, QuickCheck};

/// The seed of random tests, unless `QUICKCHECK_SEED` names another one.
const SEED: u64 = 1;
/// The size of random values, such as the maximum length of a list.
const SIZE: usize = 100;

/// Checks a property with this number of random values. Each run uses the same values, unless the environment variable
/// `QUICKCHECK_SEED` contains another number or `random`.
pub(crate) fn check(tests: u64) -> QuickCheck {
    let given = std::env::var("QUICKCHECK_SEED");
    let seed = match given.as_deref() {
        Err(_) => SEED,
        Ok("random") => RandomState::new().build_hasher().finish(),
        Ok(number) => number.parse().expect("QUICKCHECK_SEED is a number or `random`"),
    };
    // A failed test shows its output.
    println!("QUICKCHECK_SEED={seed}");
    QuickCheck::new().rng(Gen::from_size_and_seed(SIZE, seed)).tests(tests).max_tests(tests * 10)
}
