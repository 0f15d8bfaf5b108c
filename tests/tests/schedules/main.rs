//! Calls on several threads, in each of many orders of their steps. Under the feature `shuttle` the locks of the emulator
//! are those of shuttle, whose scheduler runs one thread at a time and chooses at each lock who goes on; what is asserted
//! holds in whatever order.
//!
//! A test draws [`FEW`] schedules, or as many as `SHUTTLE_SCHEDULES` says, from the seed that `SHUTTLE_SEED` says. One
//! half is of random schedules, the other of such that have few switches at places drawn by chance (PCT), which find
//! faults that need a thread to stand still for long. Where one fails, shuttle prints its schedule.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod client;
mod due;
mod imports;
mod relations;
mod resets;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

/// How many schedules a test draws, unless `SHUTTLE_SCHEDULES` says.
const FEW: usize = 200;
/// How many switches a schedule of the second half may have at places that matter.
const DEPTH: usize = 3;
/// The bytes of a thread's stack; unoptimised code needs many.
const STACK: usize = 4 * 1024 * 1024;

/// Runs a scenario, which builds a world of its own each time, under many schedules.
fn explore(scenario: fn()) {
    let read = |name: &str, otherwise: usize| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => otherwise,
    };
    let (schedules, seed) = (read("SHUTTLE_SCHEDULES", FEW), read("SHUTTLE_SEED", 1) as u64);
    let mut config = Config::new();
    config.stack_size = STACK;
    // Shuttle warns that it takes all atomic numbers for sequentially consistent.
    config.silence_warnings = true;
    Runner::new(RandomScheduler::new_from_seed(seed, schedules.div_ceil(2)), config.clone()).run(scenario);
    Runner::new(PctScheduler::new_from_seed(seed, DEPTH, schedules / 2), config).run(scenario);
}
