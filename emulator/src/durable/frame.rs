//! The format of files: a header, followed by frames, each with a length and a checksum.
//!
//! The checksum (CRC32C) covers the body, its length, the offset of the frame and a random number of the file, so that
//! bytes of another file or offset are never accepted as a frame.

use std::ops::Range;

use memchr::memmem;

use super::checksum::crc32c;
use super::error::Damage;

/// Size of the header of a frame.
pub(super) const HEADER: usize = 16;
/// Size of the header of a file.
pub(super) const FILE_HEADER: usize = 24;

/// The first bytes of a frame. `0xf5` does not occur in UTF-8, so JSON does not contain them.
const MAGIC: [u8; 4] = [0xf5, b'S', b'H', 0x01];
/// The first bytes of a file.
const FILE_MAGIC: [u8; 8] = *b"\xf5SHLOCAL";

/// The header of a new file.
pub(super) fn file_header(salt: u64) -> [u8; FILE_HEADER] {
    let mut header = [0; FILE_HEADER];
    let (magic, rest) = header.split_at_mut(8);
    let (number, checksum) = rest.split_at_mut(8);
    magic.copy_from_slice(&FILE_MAGIC);
    number.copy_from_slice(&salt.to_le_bytes());
    let sum = crc32c([&*magic, &*number]);
    checksum.copy_from_slice(&u64::from(sum).to_le_bytes());
    header
}

/// The random number of a file; `None` if its header is damaged.
pub(super) fn salt(file: &[u8]) -> Option<u64> {
    let header = file.get(..FILE_HEADER)?;
    let salt = u64::from_le_bytes(header.get(8..16)?.try_into().ok()?);
    (file_header(salt) == *header).then_some(salt)
}

/// The header of a frame that is written at an offset, and whose body consists of these parts.
pub(super) fn header(salt: u64, offset: u64, body: &[&[u8]]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let (magic, rest) = header.split_at_mut(4);
    let (sum, length) = rest.split_at_mut(4);
    magic.copy_from_slice(&MAGIC);
    sum.copy_from_slice(&checksum(salt, offset, body).to_le_bytes());
    length.copy_from_slice(&length_of(body).to_le_bytes());
    header
}

/// The length of a frame's body; `None` if the header is invalid.
pub(super) fn length(header: &[u8; HEADER]) -> Option<u64> {
    let (magic, rest) = header.split_at_checked(4)?;
    let (_, length) = rest.split_at_checked(4)?;
    (magic == MAGIC).then_some(u64::from_le_bytes(length.try_into().ok()?))
}

fn length_of(body: &[&[u8]]) -> u64 {
    body.iter().map(|part| part.len() as u64).sum()
}

fn checksum(salt: u64, offset: u64, body: &[&[u8]]) -> u32 {
    let place = [salt, offset, length_of(body)].map(u64::to_le_bytes).concat();
    crc32c(body.iter().copied().chain([&place[..]]))
}

/// The body of the frame at an offset; `None` if the frame is incomplete or damaged.
fn frame(file: &[u8], salt: u64, offset: usize) -> Option<Range<usize>> {
    let read: &[u8; HEADER] = file.get(offset..)?.get(..HEADER)?.try_into().ok()?;
    let length = usize::try_from(length(read)?).ok()?;
    let start = offset + HEADER;
    let body = start..start.checked_add(length)?;
    (header(salt, offset as u64, &[file.get(body.clone())?]) == *read).then_some(body)
}

/// The frames of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frames {
    /// The bodies of the intact frames at the start of the file.
    pub(super) bodies: Vec<Range<usize>>,
    /// The end of the last intact frame.
    pub(super) end: usize,
    /// The state of the bytes after the last intact frame.
    pub(super) tail: Tail,
}

/// The state of the bytes after the last intact frame of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// No bytes, or reserved space that was not written.
    Empty,
    /// Part of a frame that was being written when the process ended.
    Torn,
    /// A damaged frame, followed by intact frames.
    Damaged,
}

/// Reads the frames of a file.
///
/// # Errors
/// The header of the file is damaged. A file that is shorter than its header has no frames.
pub(super) fn read(file: &[u8]) -> Result<Frames, Damage> {
    let is_blank = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    if file.len() < FILE_HEADER || is_blank(file) {
        let tail = if is_blank(file) { Tail::Empty } else { Tail::Torn };
        return Ok(Frames { bodies: Vec::new(), end: 0, tail });
    }
    let salt = salt(file).ok_or(Damage { offset: 0, problem: "the header is damaged" })?;
    let (mut bodies, mut end) = (Vec::new(), FILE_HEADER);
    while let Some(body) = frame(file, salt, end) {
        end = body.end;
        bodies.push(body);
    }
    let left = file.get(end..).unwrap_or_default();
    let has_later = || memmem::find_iter(left, &MAGIC).any(|at| frame(file, salt, end + at).is_some());
    let tail = match left {
        left if is_blank(left) => Tail::Empty,
        _ if has_later() => Tail::Damaged,
        _ => Tail::Torn,
    };
    Ok(Frames { bodies, end, tail })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bodies: &[&[u8]]) -> Vec<u8> {
        let mut file = file_header(7).to_vec();
        for body in bodies {
            let header = header(7, file.len() as u64, &[body]);
            file.extend_from_slice(&header);
            file.extend_from_slice(body);
        }
        file
    }

    fn bodies<'f>(file: &'f [u8], frames: &Frames) -> Vec<&'f [u8]> {
        frames.bodies.iter().map(|body| &file[body.clone()]).collect()
    }

    const BODIES: [&[u8]; 4] = [b"first", b"", b"{\"third\":3}", &MAGIC];

    /// Rules: CPL-72.
    #[test]
    fn intact_frames_are_read_from_a_file_truncated_at_any_offset() {
        let whole = file(&BODIES);
        let ends: Vec<usize> = (0..=BODIES.len()).map(|count| file(&BODIES[..count]).len()).collect();
        for length in 0..=whole.len() {
            let frames = read(&whole[..length]).unwrap();
            let count = ends.iter().skip(1).filter(|end| **end <= length).count();
            assert_eq!(bodies(&whole, &frames), BODIES[..count], "{length} bytes");
            let is_whole = ends.contains(&length) || length == 0;
            assert_eq!(frames.tail, if is_whole { Tail::Empty } else { Tail::Torn }, "{length} bytes");
            assert!(frames.end == 0 || ends.contains(&frames.end));
        }
    }

    /// Rules: CPL-72.
    #[test]
    fn a_flipped_bit_damages_only_its_own_frame() {
        let whole = file(&BODIES);
        let ends: Vec<usize> = (1..=BODIES.len()).map(|count| file(&BODIES[..count]).len()).collect();
        for offset in FILE_HEADER..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[offset] ^= 1 << bit;
                let frames = read(&damaged).unwrap();
                let of = ends.iter().filter(|end| **end <= offset).count();
                assert_eq!(bodies(&damaged, &frames), BODIES[..of], "offset {offset}");
                let tail = if of + 1 == BODIES.len() { Tail::Torn } else { Tail::Damaged };
                assert_eq!(frames.tail, tail, "offset {offset}, bit {bit}");
            }
        }
        for offset in 0..FILE_HEADER {
            let mut damaged = whole.clone();
            damaged[offset] ^= 1;
            assert!(read(&damaged).is_err(), "offset {offset}");
        }
    }

    #[test]
    fn reserved_space_is_not_a_torn_frame() {
        let mut reserved = file(&BODIES);
        let end = reserved.len();
        reserved.resize(end + 4096, 0);
        let frames = read(&reserved).unwrap();
        assert_eq!((frames.end, frames.tail), (end, Tail::Empty));
        assert_eq!(read(&[0; 64]).unwrap().tail, Tail::Empty);
    }

    #[test]
    fn a_frame_of_another_offset_or_file_is_not_accepted() {
        let whole = file(&[b"first", b"second"]);
        let first = &whole[FILE_HEADER..FILE_HEADER + HEADER + 5];
        let moved = [file(&[b"1"]), first.to_vec()].concat();
        assert_eq!(read(&moved).unwrap().tail, Tail::Torn);
        let other = [&file_header(8)[..], first].concat();
        assert_eq!(read(&other).unwrap().tail, Tail::Torn);
    }
}
