//! Memory that the machine has handed out before.
//!
//! A virtual machine may hand out a page of memory slowly the first time that it is touched, and take pages back that
//! lie idle. A bench of imports would then measure the machine. So as much memory as a run needs is touched just
//! before it, and given back.

/// Touches so many bytes, page by page, and gives them back.
pub(crate) fn touch(bytes: usize) {
    const PAGE: usize = 4096;
    let mut memory: Vec<u8> = Vec::with_capacity(bytes);
    memory.resize(bytes, 1);
    let sum: usize = memory.iter().step_by(PAGE).map(|byte| usize::from(*byte)).sum();
    assert!(sum >= bytes / PAGE, "every page was touched");
}
