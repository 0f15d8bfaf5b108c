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
    let milliseconds = i64::try_from(date::strict(text)?.div_euclid(1_000_000)).ok()?;
    Some(Moment { milliseconds, text: if is_usual(text) { text.into() } else { of(milliseconds).into() } })
}

/// Whether a valid date has the form of [`Moment::text`].
fn is_usual(text: &str) -> bool {
    // The position of the fraction shows its length. A sixtieth second is written as the next one.
    text.len() == 24 && text.ends_with('Z') && text.as_bytes().get(19) == Some(&b'.') && text.get(17..19) != Some("60")
}

/// The text of a number of milliseconds.
pub(super) fn of(milliseconds: i64) -> String {
    let text = date::text(i128::from(milliseconds) * 1_000_000);
    let text = text.trim_end_matches('Z');
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{seconds}.{:0<3}Z", fraction.get(..3).unwrap_or(fraction))
}
