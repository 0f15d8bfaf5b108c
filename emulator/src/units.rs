//! Durations and sizes as text, in flags, queries, bodies and scenarios (CPL-13, CPL-91).
//!
//! [`duration`] is for the virtual clock, whose years and months follow the calendar. [`RealTime`] and [`Wait`] are for
//! real time, such as a latency; serde and clap can parse them. [`size`] parses a number of bytes.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The expected format of a duration, for error messages.
pub const EXPECTED_DURATION: &str = "numbers with d, h, m, s or ms, such as 36h or 1h30m, or an ISO 8601 duration in upper \
                                     case and without a sign, such as P3D, P1DT12H or P2W (weeks cannot be combined with other units)";
/// The expected format of a size, for error messages.
pub const EXPECTED_SIZE: &str = "a number of bytes, optionally with the suffix KiB, MiB or GiB, such as 512MiB";

/// The short units of durations, in nanoseconds; the longest first.
const UNITS: [(&str, i128); 5] = [
    ("d", 24 * 60 * 60 * 1_000_000_000),
    ("h", 60 * 60 * 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
];

/// The maximum duration of a wait.
const MAX_WAIT: Duration = Duration::from_mins(1);

/// Parses a duration that is added to `start`: numbers with units such as `36h`, `1h30m` or `1.5s`, or ISO 8601 such as `P1Y`,
/// `P0.5D` or `PT36H`. Years and months follow the calendar, so 31 January plus `P1M` is the last day of February; a day
/// has 24 hours. `None` for invalid or negative durations and for those that exceed the last instant of the clock.
pub fn duration(text: &str, start: Timestamp) -> Option<SignedDuration> {
    if let Some(short) = short_duration(text) {
        return start.checked_add(short).is_ok().then_some(short);
    }
    // jiff also accepts signs, lower-case letters, and weeks mixed with other units.
    let (text, fraction) = split_fraction(text).filter(|_| is_iso_8601(text))?;
    let span: jiff::Span = text.parse().ok()?;
    let whole = start.to_zoned_datetime(TimeZone::UTC).checked_add(span).ok()?.timestamp();
    let duration = whole.checked_add(fraction).ok()?.duration_since(start);
    (!duration.is_negative()).then_some(duration)
}

/// Parses a time in RFC 3339, such as `2026-01-15T09:00:00Z`.
///
/// # Errors
/// [`InstantError`].
pub fn instant(text: &str) -> Result<Timestamp, InstantError> {
    let pieces = Pieces::parse(text).map_err(|_| InstantError::Invalid)?;
    let offset = pieces.to_numeric_offset().ok_or(InstantError::Invalid)?;
    // jiff also accepts offsets of up to 25:59:59.
    if offset.seconds().unsigned_abs() >= 24 * 60 * 60 {
        return Err(InstantError::Invalid);
    }
    text.parse().map_err(|_| match pieces.date().year() {
        9999 => InstantError::TooLate,
        _ => InstantError::Invalid,
    })
}

/// The reason why a text is not an instant: it is too late for the clock, or invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstantError {
    /// The time is after the last one that can be represented, shortly before the year 10000.
    TooLate,
    /// The text does not have the form of a time.
    Invalid,
}

/// The reason why a text is not a duration: it is too long for the clock, or invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// The end is after the last instant of the clock, or a number is too large.
    TooLong,
    /// The text does not have the form of a duration.
    Invalid,
}

impl DurationError {
    /// The reason why [`duration`] does not accept a text.
    pub fn of(text: &str) -> DurationError {
        // A duration that is only too long is accepted when its numbers are small.
        if duration(&with_small_numbers(text), Timestamp::UNIX_EPOCH).is_some() {
            DurationError::TooLong
        } else {
            DurationError::Invalid
        }
    }

    /// The end of a sentence that begins with the text.
    pub fn predicate(self) -> &'static str {
        match self {
            DurationError::TooLong => "is too long",
            DurationError::Invalid => "is not a valid duration",
        }
    }

    /// What is expected instead.
    pub fn expected(self) -> &'static str {
        match self {
            DurationError::TooLong => "a duration that ends before the year 10000",
            DurationError::Invalid => EXPECTED_DURATION,
        }
    }
}

/// Replaces each number by 1, but keeps decimals.
fn with_small_numbers(text: &str) -> String {
    let mut small = String::with_capacity(text.len());
    let (mut is_decimal, mut was_digit) = (false, false);
    for letter in text.chars() {
        let is_digit = letter.is_ascii_digit();
        is_decimal = ['.', ','].contains(&letter) || (is_decimal && is_digit);
        match (is_digit, is_decimal, was_digit) {
            (true, false, false) => small.push('1'),
            (true, false, true) => {}
            _ => small.push(letter),
        }
        was_digit = is_digit;
    }
    small
}

/// Numbers with short units, the longest first, such as `200ms` or `1h30m`.
fn short_duration(text: &str) -> Option<SignedDuration> {
    let (mut rest, mut nanoseconds, mut shortest) = (text, 0_i128, i128::MAX);
    while shortest == i128::MAX || !rest.is_empty() {
        let (number, unit) = rest.split_at_checked(rest.find(|letter: char| letter.is_ascii_alphabetic())?)?;
        let (unit, after) =
            unit.split_at(unit.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(unit.len()));
        let (_, length) = UNITS.into_iter().find(|(name, length)| *name == unit && *length < shortest)?;
        nanoseconds = nanoseconds.checked_add(part(number, length, after.is_empty())?)?;
        (rest, shortest) = (after, length);
    }
    let [seconds, rest] = [nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000];
    Some(SignedDuration::new(i64::try_from(seconds).ok()?, i32::try_from(rest).ok()?))
}

/// A number of units of this length, in nanoseconds. Only the last part of a duration can have decimals.
fn part(number: &str, length: i128, is_last: bool) -> Option<i128> {
    let (whole, digits) = match number.split_once('.') {
        Some((whole, digits)) => (whole, Some(digits).filter(|_| is_last)?.into()),
        None => (number, None),
    };
    if whole.is_empty() || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = digits.map_or(Some(0), |digits| decimals(digits, length))?;
    whole.parse::<i128>().ok()?.checked_mul(length)?.checked_add(part)
}

/// The decimals of a number of units, in nanoseconds.
fn decimals(digits: &str, unit: i128) -> Option<i128> {
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(unit * digits.parse::<i128>().ok()? / 10_i128.pow(u32::try_from(digits.len()).ok()?))
}

/// Returns whether a text contains only the letters of an ISO 8601 duration. jiff checks their order and the numbers.
fn is_iso_8601(text: &str) -> bool {
    let Some(units) = text.strip_prefix('P') else { return false };
    let letters: String =
        units.chars().filter(|letter| !letter.is_ascii_digit() && !['.', ','].contains(letter)).collect();
    letters == "W" || letters.bytes().all(|letter| b"YMDTHS".contains(&letter))
}

/// Splits off a fraction of days or weeks at the end of an ISO 8601 duration, because jiff does not support it: `P1.5D`
/// becomes `P1D` and twelve hours.
fn split_fraction(text: &str) -> Option<(Cow<'_, str>, SignedDuration)> {
    let unit = match text.as_bytes() {
        [b'P', .., b'D'] => SignedDuration::from_hours(24),
        [b'P', .., b'W'] => SignedDuration::from_hours(7 * 24),
        _ => return Some((text.into(), SignedDuration::ZERO)),
    };
    let Some(point) = text.find(['.', ',']) else { return Some((text.into(), SignedDuration::ZERO)) };
    let nanoseconds = decimals(text.get(point + 1..text.len() - 1)?, unit.as_nanos())?;
    let whole = format!("{}{}", text.get(..point)?, text.get(text.len() - 1..)?);
    Some((whole.into(), SignedDuration::from_nanos(i64::try_from(nanoseconds).ok()?)))
}

/// A number of bytes, or a number with `KiB`, `MiB` or `GiB`.
///
/// # Errors
/// The expected format.
pub fn size(text: &str) -> Result<usize, String> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)];
    let size = units.iter().find_map(|(unit, bytes)| {
        let number = text.strip_suffix(unit)?.trim_end();
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse::<usize>().ok().filter(|_| is_number)?.checked_mul(*bytes)
    });
    size.ok_or_else(|| format!("expected {EXPECTED_SIZE}"))
}

/// A duration of real time, written as `200ms`, `5s` or `PT5S`. A month has 31 days, and a year 365.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RealTime(pub Duration);

impl FromStr for RealTime {
    type Err = String;

    fn from_str(text: &str) -> Result<RealTime, String> {
        // The month that begins with this instant has 31 days, and the year 365.
        let duration = duration(text, Timestamp::UNIX_EPOCH).and_then(|duration| Duration::try_from(duration).ok());
        duration.map(RealTime).ok_or_else(|| {
            let reason = DurationError::of(text);
            format!("'{text}' {}; expected {}", reason.predicate(), reason.expected())
        })
    }
}

/// The shortest form in one unit: `200ms`, `5s`, `36h`.
impl fmt::Display for RealTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = i128::try_from(self.0.as_nanos()).unwrap_or(i128::MAX);
        let whole = UNITS.iter().find(|(_, unit)| nanoseconds % unit == 0).filter(|_| nanoseconds > 0);
        match whole {
            Some((name, unit)) => write!(formatter, "{}{name}", nanoseconds / unit),
            None if nanoseconds == 0 => formatter.write_str("0s"),
            None => write!(formatter, "{}s", self.0.as_secs_f64()),
        }
    }
}

/// The maximum time that a call waits: up to a minute of real time. Default: zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wait(pub Duration);

impl FromStr for Wait {
    type Err = String;

    fn from_str(text: &str) -> Result<Wait, String> {
        let RealTime(duration) = text.parse()?;
        let is_allowed = duration <= MAX_WAIT;
        is_allowed.then_some(Wait(duration)).ok_or_else(|| format!("'{text}' is too long; expected at most 60s"))
    }
}

/// Implements serde and JSON Schema for a type that is written as text.
macro_rules! as_text {
    ($name:ident, $description:literal) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&RealTime(self.0))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $description })
            }
        }
    };
}

as_text!(RealTime, "A duration such as `200ms`, `5s` or `PT5S`.");
as_text!(Wait, "A duration up to `60s`, such as `500ms`, `5s` or `PT5S`.");

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-13.
    #[test]
    fn instants_have_an_offset_of_less_than_a_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (text, expected) in [
            ("2026-01-15T09:00:00Z", Ok(at("2026-01-15T09:00:00Z"))),
            ("2026-01-15T09:00:00+23:59", Ok(at("2026-01-14T09:01:00Z"))),
            ("9999-12-31T23:59:59Z", Err(InstantError::TooLate)),
            ("2026-01-15T09:00:00+24:00", Err(InstantError::Invalid)),
            ("2026-01-15T09:00:00-25:00", Err(InstantError::Invalid)),
            ("2026-01-15T09:00:00", Err(InstantError::Invalid)),
            ("9999-12-31T23:59:59", Err(InstantError::Invalid)),
            ("2026-01-15", Err(InstantError::Invalid)),
            ("", Err(InstantError::Invalid)),
        ] {
            assert_eq!(instant(text), expected, "{text}");
        }
    }

    /// Rules: CPL-13, CPL-91.
    #[test]
    fn durations_follow_the_calendar() {
        let start = "2026-01-31T09:00:00Z".parse().unwrap();
        for (text, end) in [
            ("P1Y", "2027-01-31T09:00:00Z"),
            ("P1M", "2026-02-28T09:00:00Z"),
            ("P2W", "2026-02-14T09:00:00Z"),
            ("P0.5D", "2026-01-31T21:00:00Z"),
            ("P1,25D", "2026-02-01T15:00:00Z"),
            ("P0.5W", "2026-02-03T21:00:00Z"),
            ("P1Y2M3DT4H5M6.5S", "2027-04-03T13:05:06.5Z"),
            ("PT0,5H", "2026-01-31T09:30:00Z"),
            ("P0D", "2026-01-31T09:00:00Z"),
            ("36h", "2026-02-01T21:00:00Z"),
            ("200ms", "2026-01-31T09:00:00.2Z"),
            ("1.5s", "2026-01-31T09:00:01.5Z"),
            ("90m", "2026-01-31T10:30:00Z"),
            ("1h30m", "2026-01-31T10:30:00Z"),
            ("1d2h3m4s5ms", "2026-02-01T11:03:04.005Z"),
            ("1m1.5s", "2026-01-31T09:01:01.5Z"),
            ("3d", "2026-02-03T09:00:00Z"),
            ("0s", "2026-01-31T09:00:00Z"),
            ("1000000d", "4763-12-29T09:00:00Z"),
        ] {
            let by = duration(text, start).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(start + by, end.parse::<Timestamp>().unwrap(), "{text}");
        }
    }

    /// Rules: CPL-13, CPL-91.
    #[test]
    fn other_forms_of_durations_are_refused() {
        let start = "2026-01-31T09:00:00Z".parse().unwrap();
        for text in [
            "",
            "P",
            "P0.5Y",
            "P0.5M",
            "P1.5DT1H",
            "-P1D",
            "P-1D",
            "P.5.5D",
            "P1.D",
            "P9000Y",
            "soon",
            "5",
            "+P1D",
            "p1d",
            "P1y",
            "PT1h",
            "P1W1D",
            "P1M0.5W",
            "P1WT1H",
            "+36h",
            "P1DT",
            "PT",
            "30m1h",
            "1h1h",
            "1.5h30m",
            "1h30",
            "1h 30m",
            "1hm",
            "h",
            "5 s",
            "5S",
            "5 min",
            "2w",
            ".5s",
            "5.s",
            "-5s",
            "5s ",
            "99999999999d",
            "99999999999999999999s",
        ] {
            assert_eq!(duration(text, start), None, "{text}");
        }
    }

    /// Rules: CPL-13, CPL-91.
    #[test]
    fn a_duration_that_is_too_long_is_not_called_invalid() {
        for text in
            ["P9000Y", "99999999999d", "99999999999999999999s", "P99999999999999999999D", "99999999999999999h1.5s"]
        {
            assert_eq!(DurationError::of(text), DurationError::TooLong, "{text}");
        }
        for text in ["", "P", "9 d", "soon", "30m1h", "1.1234567891s", "P9999.9Y", "99999999999999999999"] {
            assert_eq!(DurationError::of(text), DurationError::Invalid, "{text}");
        }
        let too_long = "99999999999d".parse::<RealTime>().unwrap_err();
        assert_eq!(too_long, "'99999999999d' is too long; expected a duration that ends before the year 10000");
    }

    /// Rules: CPL-13.
    #[test]
    fn durations_of_real_time_are_written_in_one_unit() {
        for (text, milliseconds, written) in [
            ("200ms", 200, "200ms"),
            ("1500ms", 1500, "1500ms"),
            ("1.5s", 1500, "1500ms"),
            ("PT5S", 5000, "5s"),
            ("120s", 120_000, "2m"),
            ("48h", 172_800_000, "2d"),
            ("0d", 0, "0s"),
        ] {
            let read: RealTime = serde_json::from_value(text.into()).unwrap();
            assert_eq!(read.0, Duration::from_millis(milliseconds), "{text}");
            assert_eq!(serde_json::to_value(read).unwrap(), written, "{text}");
        }
        assert_eq!(RealTime(Duration::from_micros(2500)).to_string(), "0.0025s");
    }

    /// Rules: CPL-13.
    #[test]
    fn a_wait_takes_at_most_a_minute() {
        assert_eq!(("60s".parse(), "PT1M".parse()), (Ok(Wait(MAX_WAIT)), Ok(Wait(MAX_WAIT))));
        assert_eq!("61s".parse::<Wait>(), Err("'61s' is too long; expected at most 60s".to_owned()));
        assert_eq!("5".parse::<Wait>().unwrap_err(), "5".parse::<RealTime>().unwrap_err());
    }

    /// Rules: CPL-13.
    #[test]
    fn sizes_may_have_binary_units() {
        for (text, bytes) in [("0", 0), ("100", 100), ("2KiB", 2048), ("512MiB", 512 << 20), ("1 GiB", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "-1", "+1", "1.5MiB", "1MB", "99999999999999999999GiB", "17179869184GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
