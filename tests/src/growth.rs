//! The growth of processor time with input size: the ratio of measurements at n and 2n.
//!
//! Linear work takes twice as long, quadratic work four times; the limit of 3 lies in between. An absolute limit would
//! fail on a slow machine, and wall-clock time on a busy one, so only processor time is compared, and only the fastest
//! of several runs.
//!
//! The processor time is that of the whole process, because a service may answer on another thread. Measurements
//! therefore exclude each other and need a test binary without other tests (`tests/tests/growth.rs`).

use std::time::Duration;

use parking_lot::Mutex;
use rustix::time::{ClockId, clock_gettime};

/// The maximum ratio, between linear and quadratic growth.
const LIMIT: f64 = 3.0;
/// Minimum and maximum number of runs per size. Additional runs can only lower the minimum, so they remove noise but
/// not quadratic growth.
const RUNS: (usize, usize) = (2, 15);
/// Shorter times are too noisy to compare and count as this much.
const FLOOR: Duration = Duration::from_micros(500);

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// The processor time that this process has used so far, on all threads.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanoseconds.unwrap_or_default())
}

/// Asserts that `run` takes less than three times the processor time for twice the input. `prepare` creates the input
/// and is not measured. `size` should be large enough to expose quadratic growth: some milliseconds.
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
    fn linear_work_passes() {
        assert_in_proportion("steps", 500_000, |size| size, count);
    }

    #[test]
    #[should_panic(expected = "for twice as many")]
    fn quadratic_work_is_detected() {
        assert_in_proportion("pairs", 1_000, |size| size, |size| count(size * size));
    }
}
