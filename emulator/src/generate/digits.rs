//! Writes random digits, UUIDs, numbers and times directly into a buffer.

use fastrand::Rng;

use crate::invariant::Invariant;
use crate::state::Timestamp;

/// The number of seconds in a day.
pub(super) const DAY: i64 = 86_400;
/// The number of seconds from 0000-03-01, where the years of [`date`] begin, to 1970.
const TO_1970: i64 = 719_468 * DAY;
/// The first and last second of the years with four digits.
const FOUR_DIGITS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// A digit of a base up to 36, with lower-case letters.
pub(super) fn digit(random: &mut Rng, base: u8) -> u8 {
    let digit = random.u8(..base);
    if digit < 10 { b'0' + digit } else { b'a' + (digit - 10) }
}

/// Writes a version 4 UUID.
pub(super) fn write_uuid(bits: u128, written: &mut Vec<u8>) {
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let mut text = [b'-'; 36];
    let digits = text.iter_mut().enumerate().filter(|(position, _)| !matches!(position, 8 | 13 | 18 | 23));
    let halves = bits.to_be_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    for ((_, byte), digit) in digits.zip(halves) {
        *byte = if digit < 10 { b'0' + digit } else { b'a' + (digit - 10) };
    }
    written.extend_from_slice(&text);
}

/// Writes an integer.
pub(super) fn write_number(number: u64, written: &mut Vec<u8>) {
    let start = written.len();
    let mut rest = number;
    loop {
        written.push(last_digit(rest));
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if let Some(digits) = written.get_mut(start..) {
        digits.reverse();
    }
}

/// Writes a time in seconds, such as `2026-01-15T09:00:00`.
pub(super) fn write_seconds(seconds: i64, written: &mut Vec<u8>) {
    let of_four_digits = u64::try_from(seconds + TO_1970).ok().filter(|_| FOUR_DIGITS.contains(&seconds));
    let Some(since) = of_four_digits else {
        let moment = Timestamp::from_second(seconds).unwrap_or(Timestamp::MIN);
        written.extend_from_slice(moment.strftime("%Y-%m-%dT%H:%M:%S").to_string().as_bytes());
        return;
    };
    let (year, month, day) = date(since / DAY.unsigned_abs());
    let second = since % DAY.unsigned_abs();
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut text = *b"0000-00-00T00:00:00";
    for (at, number) in [(0, year / 100), (2, year % 100), (5, month), (8, day), (11, hour), (14, minute), (17, second)]
    {
        if let Some([tens, ones]) = text.get_mut(at..at + 2) {
            (*tens, *ones) = (last_digit(number / 10), last_digit(number));
        }
    }
    written.extend_from_slice(&text);
}

/// Writes a time in milliseconds, such as `2026-01-15T09:00:00.000Z`.
pub(super) fn write_milliseconds(milliseconds: i64, written: &mut Vec<u8>) {
    write_seconds(milliseconds.div_euclid(1000), written);
    let fraction = milliseconds.rem_euclid(1000).unsigned_abs();
    written.extend_from_slice(&[
        b'.',
        last_digit(fraction / 100),
        last_digit(fraction / 10),
        last_digit(fraction),
        b'Z',
    ]);
}

/// Year, month and day of a day number counted from 0000-03-01. Years begin in March, so that a leap day is the last
/// day of a year.
fn date(days: u64) -> (u64, u64, u64) {
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

fn last_digit(number: u64) -> u8 {
    b'0' + u8::try_from(number % 10).or_report("a digit fits into a byte").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{write_milliseconds, write_number, write_seconds, write_uuid};
    use crate::state::{Timestamp, timestamp_text};

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut written = Vec::new();
        write(&mut written);
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn times_are_written_in_the_format_of_the_clock() {
        let mut random = fastrand::Rng::with_seed(7);
        let (first, last) = (Timestamp::MIN.as_second() * 1000, Timestamp::MAX.as_second() * 1000);
        let edges = [first, last, 0, -1, -62_167_219_200_000, -62_167_219_200_001, 951_782_400_000, 1_709_164_800_000];
        let anywhere = std::iter::repeat_with(|| random.i64(first..=last)).take(20_000);
        let mut today = fastrand::Rng::with_seed(8);
        let today = std::iter::repeat_with(|| today.i64(0..=4_102_444_800_000)).take(20_000);
        for milliseconds in edges.into_iter().chain(anywhere).chain(today) {
            let moment = Timestamp::from_millisecond(milliseconds).unwrap();
            assert_eq!(written(|it| write_milliseconds(milliseconds, it)), timestamp_text(moment));
            let whole = moment.strftime("%Y-%m-%dT%H:%M:%S").to_string();
            assert_eq!(written(|it| write_seconds(milliseconds.div_euclid(1000), it)), whole);
        }
    }

    #[test]
    fn numbers_and_uuids_are_written_in_the_usual_format() {
        for number in [0, 9, 10, 100, 12_345, u64::MAX] {
            assert_eq!(written(|it| write_number(number, it)), number.to_string());
        }
        assert_eq!(written(|it| write_uuid(0, it)), "00000000-0000-4000-8000-000000000000");
        assert_eq!(written(|it| write_uuid(u128::MAX, it)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        let counted = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;
        assert_eq!(written(|it| write_uuid(counted, it)), "01234567-89ab-4def-8123-456789abcdef");
    }
}
