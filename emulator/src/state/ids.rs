//! The source of identifiers. It is seeded, so a scenario produces the same IDs on every run.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::sync::atomic::{AtomicU64, Ordering};

/// Generates identifiers from a seed and a counter.
#[derive(Debug)]
pub struct IdSource {
    seed: u64,
    next: AtomicU64,
}

impl IdSource {
    /// A new source. Equal seeds produce equal sequences.
    pub fn new(seed: u64) -> IdSource {
        IdSource { seed, next: AtomicU64::new(0) }
    }

    /// The seed, and the number of random numbers that were generated from it.
    pub fn position(&self) -> (u64, u64) {
        (self.seed, self.next.load(Ordering::Relaxed))
    }

    /// A source that continues at this position.
    pub fn at(seed: u64, made: u64) -> IdSource {
        IdSource { seed, next: AtomicU64::new(made) }
    }

    /// An independent source that continues at the same point.
    #[must_use]
    pub fn fork(&self) -> IdSource {
        IdSource { seed: self.seed, next: AtomicU64::new(self.next.load(Ordering::Relaxed)) }
    }

    /// A version 4 UUID.
    pub fn uuid(&self) -> String {
        uuid_text(self.number(), self.number())
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// A version 4 UUID that depends only on the seed and a name.
    pub fn uuid_of(&self, name: &str) -> String {
        let digest = Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(name).finalize();
        let half =
            |from: usize| digest.iter().skip(from).take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        uuid_text(half(0), half(8))
    }

    /// 32 lower-case hexadecimal digits, the format of invitation IDs (ARN-07).
    pub fn hexadecimal(&self) -> String {
        format!("{:016x}{:016x}", self.number(), self.number())
    }

    /// A random text of up to 12 lower-case letters and digits, such as the last part of `ou-a1b2-0c4d9k2x`.
    pub fn word(&self, length: usize) -> String {
        let mut number = self.number();
        let mut letter = || {
            let digit = u32::try_from(number % 36).unwrap_or_default();
            number /= 36;
            char::from_digit(digit, 36).unwrap_or('0')
        };
        (0..length).map(|_| letter()).collect()
    }

    /// A uniformly distributed 64-bit number: the SplitMix64 finalizer applied to the counter.
    pub fn number(&self) -> u64 {
        let counter = self.next.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut bits = self.seed.wrapping_add(counter.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ bits >> 31
    }
}

fn uuid_text(high: u64, low: u64) -> String {
    let mut text = String::with_capacity(36);
    let version = high & 0xffff_ffff_ffff_0fff | 0x4000;
    let variant = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    _ = write!(
        text,
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        version >> 32,
        version >> 16 & 0xffff,
        version & 0xffff,
        variant >> 48,
        variant & 0xffff_ffff_ffff
    );
    text
}

#[cfg(test)]
mod tests {
    use super::IdSource;

    #[test]
    fn equal_seeds_give_equal_ids() {
        let (one, two, other) = (IdSource::new(7), IdSource::new(7), IdSource::new(8));
        let first = one.uuid();
        assert_eq!(first, two.uuid());
        assert_ne!(first, other.uuid());
        assert_ne!(first, one.uuid());
        assert_eq!(first.len(), 36);
        assert_ne!(one.hexadecimal(), other.hexadecimal());
        assert_eq!(one.hexadecimal().len(), 32);
        assert_eq!((&first[14..15], "89ab".contains(&first[19..20])), ("4", true), "{first}");
    }
}
