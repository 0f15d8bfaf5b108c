//! Examines many bytes at once, without unsafe code.

/// A word in which each byte is 1.
const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);
/// Strings are examined eight bytes at a time up to this length: most are short, and a wider step costs more to start.
const SHORT: usize = 32;

/// The position of the first byte from `at` on that ends the plain part of a string: a quote, a backslash or a control
/// character. If there is none, the length of the text.
#[inline]
pub(super) fn plain(text: &[u8], mut at: usize) -> usize {
    let start = at;
    while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let found = specials(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
        if at - start == SHORT {
            at = skip_plain_chunks(text, at);
        }
    }
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

/// Skips chunks without a special byte. Every byte of a chunk is examined, so that the compiler can vectorise the loop.
fn skip_plain_chunks(text: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<32>()) {
        if chunk.iter().fold(false, |found, byte| found | is_special(*byte)) {
            break;
        }
        at += chunk.len();
    }
    at
}

#[allow(clippy::needless_bitwise_bool, reason = "without branches many bytes are compared at once")]
fn is_special(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < b' ')
}

/// A word whose lowest set bit is in the lowest special byte; 0 if no byte is special. Bits above the lowest may be
/// wrong, since subtractions borrow from the next byte.
fn specials(word: u64) -> u64 {
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let controls = word.wrapping_sub(ONES * u64::from(b' ')) & !word;
    (zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\'))) | controls) & HIGH_BITS
}

/// The position of the first byte from `at` on that is not whitespace. Spaces, which are frequent in indented text, are
/// examined eight at a time.
pub(super) fn blanks(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
        while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let others = u64::from_le_bytes(*chunk) ^ (ONES * u64::from(b' '));
            at += (others.trailing_zeros() / 8) as usize;
            if others != 0 {
                break;
            }
        }
    }
    at
}

/// A buffer to which pieces of text are copied.
#[derive(Debug, Default)]
pub(super) struct Copied {
    /// Longer than the copied text, so that a short piece can be copied in one step of a fixed size.
    bytes: Vec<u8>,
    length: usize,
}

impl Copied {
    /// The number of bytes that a step copies.
    const STEP: usize = 32;

    pub(super) fn clear(&mut self) {
        self.length = 0;
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Copies `text[start..end]`.
    #[inline]
    pub(super) fn append(&mut self, text: &[u8], start: usize, end: usize) {
        let length = end.saturating_sub(start);
        if self.bytes.len() < self.length + length + Self::STEP {
            self.bytes.resize((self.length + length + Self::STEP).next_power_of_two(), 0);
        }
        let room = self.bytes.get_mut(self.length..).unwrap_or_default();
        let from = text.get(start..).unwrap_or_default();
        if length <= Self::STEP
            && let Some(from) = from.first_chunk::<{ Self::STEP }>()
            && let Some(room) = room.first_chunk_mut::<{ Self::STEP }>()
        {
            *room = *from;
        } else if let (Some(room), Some(from)) = (room.get_mut(..length), from.get(..length)) {
            room.copy_from_slice(from);
        }
        self.length += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn pieces_are_copied_one_after_the_other() {
        fn holds(text: Vec<u8>, cuts: Vec<(u8, u8)>) -> bool {
            let mut copied = Copied::default();
            copied.append(b"of before", 0, 9);
            copied.clear();
            let mut expected = Vec::new();
            for (start, length) in cuts {
                let start = usize::from(start) % (text.len() + 1);
                let end = text.len().min(start + usize::from(length));
                copied.append(&text, start, end);
                expected.extend_from_slice(&text[start..end]);
            }
            copied.as_bytes() == expected
        }
        check(100).quickcheck(holds as fn(Vec<u8>, Vec<(u8, u8)>) -> bool);
    }

    #[test]
    fn the_plain_part_ends_where_a_walk_by_bytes_ends() {
        fn holds(text: Vec<u8>, length: u8) -> bool {
            // Random bytes are seldom plain for long.
            let mut text: Vec<u8> = text;
            text.splice(0..0, (0..length).map(|byte| 0x23 + byte % 0x30));
            (0..text.len()).all(|at| {
                let expected =
                    text[at..].iter().position(|byte| is_special(*byte)).map_or(text.len(), |found| at + found);
                plain(&text, at) == expected
            })
        }
        check(100).quickcheck(holds as fn(Vec<u8>, u8) -> bool);
    }

    #[test]
    fn blanks_end_where_a_walk_by_bytes_ends() {
        fn holds(choices: Vec<u8>) -> bool {
            let text: Vec<u8> = choices.iter().map(|choice| b"  \n    \t   \rx"[usize::from(choice % 13)]).collect();
            (0..=text.len()).all(|at| {
                let is_blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
                let expected =
                    text[at..].iter().position(|byte| !is_blank(byte)).map_or(text.len(), |found| at + found);
                blanks(&text, at) == expected
            })
        }
        check(100).quickcheck(holds as fn(Vec<u8>) -> bool);
    }
}
