//! Warms up memory before a measurement.
//!
//! A virtual machine may hand out a page of memory slowly on its first use and take back idle pages, so a bench of
//! imports could measure the machine. Therefore each run is preceded by touching and freeing as much memory as it
//! needs.

use super::size::sized;

/// Touches this many bytes page by page and frees them.
pub(crate) fn touch(bytes: usize) {
    const PAGE: usize = 4096;
    let bytes = sized(bytes, PAGE);
    let mut memory: Vec<u8> = Vec::with_capacity(bytes);
    memory.resize(bytes, 1);
    let sum: usize = memory.iter().step_by(PAGE).map(|byte| usize::from(*byte)).sum();
    assert!(sum >= bytes / PAGE, "every page was touched");
}
