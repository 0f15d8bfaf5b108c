//! The checksum of files.

use crc_fast::{CrcAlgorithm, Digest};

/// The CRC32C of the parts, one after the other.
pub(super) fn crc32c<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> u32 {
    let mut digest = Digest::new(CrcAlgorithm::Crc32Iscsi);
    parts.into_iter().for_each(|part| digest.update(part));
    // It has 32 bits.
    u32::try_from(digest.finalize()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_concatenated_parts() {
        // The check value of RFC 3720.
        assert_eq!(crc32c([&b"123456789"[..]]), 0xe306_9283);
        assert_eq!(crc32c([&b"12"[..], b"", b"3456789"]), 0xe306_9283);
    }
}
