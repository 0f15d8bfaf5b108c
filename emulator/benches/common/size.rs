//! The size of a run: `cargo bench` measures, while `cargo test` runs each bench in a few seconds to check that it works.

/// Returns `full` for `cargo bench`, which passes the argument `--bench`, and `small` for `cargo test`, which does not.
pub(crate) fn sized<T>(full: T, small: T) -> T {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    if is_bench { full } else { small }
}

/// The number of findings: the argument of `--count`, or by default a million in a bench and `small` in a test.
pub(crate) fn count(small: usize) -> usize {
    let count = std::env::args().skip_while(|argument| argument != "--count").nth(1);
    count.and_then(|count| count.parse().ok()).unwrap_or_else(|| sized(1_000_000, small))
}
