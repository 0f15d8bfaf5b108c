//! Parsing of dates into instants.
//!
//! There are two parsers: [`strict`] for documents and criteria of automation rules, [`lenient`] for bounds in filters.
//! Both keep all of nine fraction digits and cover the years 0000 to 9999, so an instant is wider than 64 bits.
//!
//! The calendar is that of `jiff`. Its timestamp parser accepts more forms than AWS does and ends before the last day
//! of the year 9999, so the forms are parsed here.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date};

/// Nanoseconds since 1970-01-01T00:00:00Z.
pub type Instant = i128;

const SECOND: Instant = 1_000_000_000;

const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

/// Parses `YYYY-MM-DDTHH:MM:SS`, optionally with one to nine fraction digits, with a zone `Z`, `±HH:MM`, `±HHMM` or
/// `±HH` within eighteen hours. `23:59:60` is the second after `23:59:59` (ASF-40, ASF-41).
pub fn strict(text: &str) -> Option<Instant> {
    let mut cursor = Cursor::new(text);
    let days = calendar_date(&mut cursor)?;
    cursor.eat(b'T')?;
    let time = time_of_day(&mut cursor)?;
    let offset = zone(&mut cursor)?;
    cursor.end()?;
    Some(days * 86_400 * SECOND + time - offset)
}

/// Parses the forms of [`strict`], the same without a zone (UTC), the truncated forms `2006-01-02`, `2006-01-02T15` and
/// `2006-01-02T15:04`, and RFC 1123 (`Mon, 02 Jan 2006 15:04:05 UTC`) (FLT-26).
pub fn lenient(text: &str) -> Option<Instant> {
    strict(text).or_else(|| without_zone(text)).or_else(|| rfc_1123(text))
}

/// Formats an instant in UTC as `YYYY-MM-DDTHH:MM:SSZ`, with as many fraction digits as necessary. An offset can move
/// an instant out of the years 0000 to 9999; it is then replaced by the last instant of the year 9999.
pub fn text(instant: Instant) -> String {
    format!("{}Z", civil(instant).unwrap_or(DateTime::MAX))
}

fn civil(instant: Instant) -> Option<DateTime> {
    let seconds = i64::try_from(instant.div_euclid(SECOND)).ok()?;
    let fraction = i32::try_from(instant.rem_euclid(SECOND)).ok()?;
    EPOCH.checked_add(SignedDuration::new(seconds, fraction)).ok()
}

fn without_zone(text: &str) -> Option<Instant> {
    let mut cursor = Cursor::new(text);
    let midnight = calendar_date(&mut cursor)? * 86_400 * SECOND;
    if cursor.end().is_some() {
        return Some(midnight);
    }
    cursor.eat(b'T')?;
    let rest = cursor.rest;
    let time = truncated_time(Cursor { rest }).or_else(|| {
        let time = time_of_day(&mut cursor)?;
        cursor.end()?;
        Some(time)
    })?;
    Some(midnight + time)
}

fn truncated_time(mut cursor: Cursor<'_>) -> Option<Instant> {
    let hour = cursor.number(2, 0..=23)?;
    let minute = match cursor.eat(b':') {
        Some(()) => cursor.number(2, 0..=59)?,
        None => 0,
    };
    cursor.end()?;
    Some((hour * 60 + minute) * 60 * SECOND)
}

/// The weekday is parsed but not checked against the date, as in common parsers of this form (inferred).
fn rfc_1123(text: &str) -> Option<Instant> {
    const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (weekday, rest) = text.split_once(", ")?;
    WEEKDAYS.iter().find(|name| **name == weekday)?;
    let mut parts = rest.split(' ');
    let day = Cursor::new(parts.next()?).whole_number(2, 1..=31)?;
    let name = parts.next()?;
    let month = (1..).zip(MONTHS).find(|(_, month)| *month == name)?.0;
    let year = Cursor::new(parts.next()?).whole_number(4, 0..=9999)?;
    let mut clock = Cursor::new(parts.next()?);
    let time = time_of_day(&mut clock)?;
    clock.end()?;
    let offset = match parts.next()? {
        "UTC" | "GMT" => 0,
        other => {
            let mut cursor = Cursor::new(other);
            let offset = zone(&mut cursor)?;
            cursor.end()?;
            offset
        }
    };
    if parts.next().is_some() {
        return None;
    }
    Some(days(year, month, day)? * 86_400 * SECOND + time - offset)
}

fn calendar_date(cursor: &mut Cursor<'_>) -> Option<Instant> {
    let year = cursor.number(4, 0..=9999)?;
    cursor.eat(b'-')?;
    let month = cursor.number(2, 1..=12)?;
    cursor.eat(b'-')?;
    let day = cursor.number(2, 1..=31)?;
    days(year, month, day)
}

/// Nanoseconds since midnight.
fn time_of_day(cursor: &mut Cursor<'_>) -> Option<Instant> {
    let hour = cursor.number(2, 0..=23)?;
    cursor.eat(b':')?;
    let minute = cursor.number(2, 0..=59)?;
    cursor.eat(b':')?;
    let last_second = if (hour, minute) == (23, 59) { 60 } else { 59 };
    let second = cursor.number(2, 0..=last_second)?;
    let fraction = match cursor.eat(b'.') {
        Some(()) => cursor.fraction()?,
        None => 0,
    };
    Some(((hour * 60 + minute) * 60 + second) * SECOND + fraction)
}

/// The offset from UTC in nanoseconds.
fn zone(cursor: &mut Cursor<'_>) -> Option<Instant> {
    if cursor.eat(b'Z').is_some() {
        return Some(0);
    }
    let sign = if cursor.eat(b'+').is_some() {
        1
    } else {
        cursor.eat(b'-')?;
        -1
    };
    let hours = cursor.number(2, 0..=18)?;
    let colon = cursor.eat(b':').is_some();
    let minutes = if cursor.rest.is_empty() && !colon { 0 } else { cursor.number(2, 0..=59)? };
    let minutes = hours * 60 + minutes;
    (minutes <= 18 * 60).then_some(sign * minutes * 60 * SECOND)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; `None` if the month does not have this day.
fn days(year: Instant, month: Instant, day: Instant) -> Option<Instant> {
    let date = Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    Some(Instant::from(date.duration_since(EPOCH.date()).as_secs()) / 86_400)
}

struct Cursor<'t> {
    rest: &'t [u8],
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str) -> Self {
        Self { rest: text.as_bytes() }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    /// Exactly `length` digits whose value lies in `range`.
    fn number(&mut self, length: usize, range: std::ops::RangeInclusive<Instant>) -> Option<Instant> {
        let (digits, rest) = self.rest.split_at_checked(length)?;
        let value = value_of(digits)?;
        self.rest = rest;
        range.contains(&value).then_some(value)
    }

    fn whole_number(&mut self, length: usize, range: std::ops::RangeInclusive<Instant>) -> Option<Instant> {
        let value = self.number(length, range)?;
        self.end()?;
        Some(value)
    }

    /// One to nine digits after a point, as nanoseconds.
    fn fraction(&mut self) -> Option<Instant> {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&length) {
            return None;
        }
        let (digits, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        (length..9).try_fold(value_of(digits)?, |value, _| Some(value * 10))
    }

    fn end(&self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }
}

fn value_of(digits: &[u8]) -> Option<Instant> {
    digits.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + Instant::from(digit - b'0')))
}

#[cfg(test)]
mod tests;
