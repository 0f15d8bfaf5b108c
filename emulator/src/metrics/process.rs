//! Metrics of the process, with the names that clients of Prometheus use. They are read from `/proc`, so only Linux has
//! them.

use std::fs;

use super::page::{Kind, Page};

/// The unit of times in `/proc`, in seconds. The kernel's interface fixes it at a hundredth on all processors for which
/// Rust has a standard library.
const TICK: f64 = 0.01;

/// Writes the memory, the processor time, the start time and the open files of the process.
pub fn write(page: &mut Page) {
    page.process(Kind::Gauge, "resident_memory_bytes", "Resident memory size in bytes.", memory());
    let times = fs::read_to_string("/proc/self/stat").ok().and_then(|text| times(&text));
    let help = "Total user and system CPU time spent in seconds.";
    page.process(Kind::Counter, "cpu_seconds_total", help, times.map(|times| times.processor));
    let boot = fs::read_to_string("/proc/stat").ok().and_then(|text| boot(&text));
    let start = times.zip(boot).map(|(times, boot)| boot + times.start);
    page.process(
        Kind::Gauge,
        "start_time_seconds",
        "Start time of the process since the Unix epoch in seconds.",
        start,
    );
    // Reading the folder opens one more file.
    let open = fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count().saturating_sub(1));
    page.process(Kind::Gauge, "open_fds", "Number of open file descriptors.", open);
}

/// The resident memory in bytes.
pub fn memory() -> Option<u64> {
    fs::read_to_string("/proc/self/status").ok().and_then(|text| resident(&text))
}

/// The resident memory in bytes, from the line `VmRSS: 1234 kB`.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Times of the process, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Times {
    processor: f64,
    /// The time between the start of the machine and that of the process.
    start: f64,
}

/// The times in `/proc/self/stat`. The name of the program is in parentheses and can contain anything.
fn times(stat: &str) -> Option<Times> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    // The third field of the line is the first one here.
    let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
    Some(Times { processor: (field(14)? + field(15)?) * TICK, start: field(22)? * TICK })
}

/// The time at which the machine was started, from the line `btime 1234`.
fn boot(stat: &str) -> Option<f64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-101.
    #[test]
    fn the_files_of_the_kernel_are_read() {
        assert_eq!(resident("VmPeak:\t  900 kB\nVmRSS:\t    12 kB\n"), Some(12_288));
        assert_eq!(resident("VmPeak:\t  900 kB\n"), None);
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 4 0 12345 1000 20 18446744073709551615";
        assert_eq!(times(stat), Some(Times { processor: 2.0, start: 123.45 }));
        assert_eq!(boot("cpu  1 2 3\nbtime 1768467600\nprocesses 9\n"), Some(1_768_467_600.0));
    }
}
