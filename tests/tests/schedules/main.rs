//! Tests of concurrent calls under many interleavings. With the feature `shuttle`, the locks of the emulator are those
//! of shuttle, whose scheduler runs one thread at a time and chooses at each lock which one continues. The assertions
//! hold for every order.
//!
//! Each test runs [`FEW`] schedules, or the number in `SHUTTLE_SCHEDULES`, with the seed in `SHUTTLE_SEED`. One half
//! are random schedules. The other half have few switches at random places (PCT), which find bugs that require a thread
//! to be paused for long. If one fails, shuttle prints its schedule.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod client;
mod due;
mod imports;
mod relations;
mod resets;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

/// Number of schedules per test, unless `SHUTTLE_SCHEDULES` is set.
const FEW: usize = 200;
/// Number of relevant switches in a schedule of the second half.
const DEPTH: usize = 3;
/// Stack size of a thread in bytes; unoptimised code needs much.
const STACK: usize = 4 * 1024 * 1024;

/// Runs a test, which builds its own world each time, under many schedules.
fn explore(scenario: fn()) {
    let read = |name: &str, otherwise: usize| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")),
        Err(_) => otherwise,
    };
    let (schedules, seed) = (read("SHUTTLE_SCHEDULES", FEW), read("SHUTTLE_SEED", 1) as u64);
    let mut config = Config::new();
    config.stack_size = STACK;
    // Shuttle warns that it treats all atomics as sequentially consistent.
    config.silence_warnings = true;
    Runner::new(RandomScheduler::new_from_seed(seed, schedules.div_ceil(2)), config.clone()).run(scenario);
    Runner::new(PctScheduler::new_from_seed(seed, DEPTH, schedules / 2), config).run(scenario);
}
