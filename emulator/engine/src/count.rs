//! Counts in the 32 bits that slots and values have.

/// A count of slots or values as a number of 32 bits; memory ends long before them.
pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
