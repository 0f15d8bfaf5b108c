//! Times of findings: the same instant as milliseconds and as text.

use std::borrow::Cow;

use securityhub_engine::date;

/// A time.
pub(super) struct Moment<'t> {
    /// Milliseconds since 1970.
    pub(super) milliseconds: i64,
    /// `2025-09-19T09:17:19.594Z`: UTC, with three fraction digits.
    pub(super) text: Cow<'t, str>,
}

/// Reads a date of ASFF.
pub(super) fn read(text: &str) -> Option<Moment<'_>> {
    if let Some(milliseconds) = usual(text) {
        return Some(Moment { milliseconds, text: text.into() });
    }
    let milliseconds = i64::try_from(date::strict(text)?.div_euclid(1_000_000)).ok()?;
    Some(Moment { milliseconds, text: of(milliseconds).into() })
}

/// Fast path: the milliseconds of a date that is written as [`Moment::text`] is. Dates near the end of a month and unusual
/// seconds are left to [`date::strict`], which knows the lengths of months.
fn usual(text: &str) -> Option<i64> {
    let text: &[u8; 24] = text.as_bytes().try_into().ok()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'.', f1, f2, f3, b'Z'] =
        *text
    else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(&[y1, y2, y3, y4])?, number(&[m1, m2])?, number(&[d1, d2])?);
    let (hour, minute, second) = (number(&[h1, h2])?, number(&[n1, n2])?, number(&[s1, s2])?);
    let is_plain = (1..=12).contains(&month) && (1..=28).contains(&day) && hour < 24 && minute < 60 && second < 60;
    // Years begin in March, so that the leap day is the last one.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = year * 365 + leap_days + (153 * month + 2) / 5 + day - 719_469;
    is_plain.then_some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + number(&[f1, f2, f3])?)
}

/// The text of a number of milliseconds.
pub(super) fn of(milliseconds: i64) -> String {
    let text = date::text(i128::from(milliseconds) * 1_000_000);
    let text = text.trim_end_matches('Z');
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{seconds}.{:0<3}Z", fraction.get(..3).unwrap_or(fraction))
}

#[cfg(test)]
mod tests {
    use securityhub_engine::date;

    use super::{of, read, usual};
    use crate::testing::check;

    #[test]
    fn the_fast_path_agrees_with_the_parser_of_dates() {
        fn agree(milliseconds: u64) -> bool {
            let milliseconds = i64::try_from(milliseconds % 253_402_300_799_000).unwrap_or_default();
            let text = of(milliseconds);
            let strict = date::strict(&text).map(|instant| instant / 1_000_000);
            usual(&text).is_none_or(|usual| usual == milliseconds)
                && strict == Some(milliseconds.into())
                && read(&text).is_some_and(|moment| moment.milliseconds == milliseconds && moment.text == text)
        }
        check(100).quickcheck(agree as fn(u64) -> bool);
        for text in [
            "0000-01-01T00:00:00.000Z",
            "0000-03-01T00:00:00.000Z",
            "1600-02-28T23:59:59.999Z",
            "9999-12-28T00:00:00.001Z",
        ] {
            assert_eq!(
                usual(text).map(i128::from),
                date::strict(text).map(|instant| instant.div_euclid(1_000_000)),
                "{text}"
            );
        }
        for text in [
            "2025-02-29T00:00:00.000Z",
            "2025-13-01T00:00:00.000Z",
            "2025-01-01T24:00:00.000Z",
            "2025-01-01T00:00:00.0a0Z",
        ] {
            assert_eq!((usual(text), read(text).is_none()), (None, true), "{text}");
        }
    }
}
