//! Counts in the 32 bits used for slots and values.

/// Converts a count of slots or values to 32 bits; memory would be exhausted long before it overflows.
pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
