//! How processor time grows with the size of the input: measured at n and at 2n, compared by their ratio.
//!
//! Work in proportion to the input doubles; work that compares everything with everything quadruples. The limit of 3
//! lies between the two. An absolute time would fail on a slow machine, and the time of the clock on a busy one, so
//! only processor time is compared, and only the fastest of several runs.
//!
//! It is the processor time of the whole process, because a service may answer on a thread of its own. Measurements
//! therefore exclude each other, and belong in a test binary that has no other tests (`tests/tests/growth.rs`).

use std::time::Duration;

use parking_lot::Mutex;
use rustix::time::{ClockId, clock_gettime};

/// The ratio that tells growth in proportion from growth with the square.
const LIMIT: f64 = 3.0;
/// Runs of each size before a ratio counts, and at most: a further run can only make a minimum smaller, so noise goes
/// away and a square stays.
const RUNS: (usize, usize) = (2, 15);
/// Less than this is too short to be compared, and counts as this much.
const FLOOR: Duration = Duration::from_micros(500);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The processor time that this process has used so far, on all its threads.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanoseconds.unwrap_or_default())
}

/// Asserts that `run` takes less than three times the processor time for twice the input. `prepare` makes the input of
/// a size, and its time does not count. `size` should be large enough that a square would show: some milliseconds.
pub fn assert_in_proportion<T>(what: &str, size: usize, mut prepare: impl FnMut(usize) -> T, mut run: impl FnMut(T)) {
    let _alone = ONE_AT_A_TIME.lock();
    let mut measure = |size: usize| {
        let input = prepare(size);
        let start = processor_time();
        run(input);
        processor_time().saturating_sub(start).max(FLOOR)
    };
    let (mut once, mut twice) = (Duration::MAX, Duration::MAX);
    for count in 1..=RUNS.1 {
        once = once.min(measure(size));
        twice = twice.min(measure(2 * size));
        if count >= RUNS.0 && twice.as_secs_f64() < LIMIT * once.as_secs_f64() {
            return;
        }
    }
    panic!("{what}: {once:?} for {size}, {twice:?} for twice as many");
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    fn count(steps: usize) {
        (0..steps).for_each(|step| _ = black_box(step));
    }

    #[test]
    fn work_in_proportion_passes() {
        assert_in_proportion("steps", 500_000, |size| size, count);
    }

    #[test]
    #[should_panic(expected = "for twice as many")]
    fn work_with_the_square_is_found() {
        assert_in_proportion("pairs", 1_000, |size| size, |size| count(size * size));
    }
}
