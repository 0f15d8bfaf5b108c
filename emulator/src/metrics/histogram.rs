//! A histogram of durations.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::page::Samples;

/// The upper bounds of the buckets, in nanoseconds: 0.0001 to 10 seconds.
const BOUNDS: [u64; 16] = [
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// The number of durations in each bucket, and the sum of all durations.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    /// The number of durations up to each bound that exceed the bound before it. The last bucket has no upper bound.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Histogram {
    /// Records a duration.
    pub(super) fn record(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let at = BOUNDS.partition_point(|bound| *bound < nanoseconds);
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// The number of durations.
    pub(super) fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }
}

/// Writes the samples of several histograms as one: the number up to each bound, the number of all, and the sum.
#[allow(clippy::cast_precision_loss, reason = "more than 104 days are rounded to nanoseconds")]
pub(super) fn write(all: &[&Histogram], samples: &mut Samples<'_>, labels: &[(&str, &str)]) {
    let bounds = BOUNDS.iter().map(|bound| format!("{:?}", *bound as f64 / 1e9)).chain(["+Inf".to_owned()]);
    let mut count = 0;
    for (at, bound) in bounds.enumerate() {
        let buckets = all.iter().filter_map(|histogram| histogram.buckets.get(at));
        count += buckets.map(|bucket| bucket.load(Ordering::Relaxed)).sum::<u64>();
        samples.add_part("_bucket", labels, Some(("le", &bound)), count);
    }
    let nanoseconds: u64 = all.iter().map(|histogram| histogram.nanoseconds.load(Ordering::Relaxed)).sum();
    samples.add_part("_count", labels, None, count);
    samples.add_part("_sum", labels, None, nanoseconds as f64 / 1e9);
}
