//! Tests of all forms of timestamps.

use super::*;

/// 2006-01-02T15:04:05Z.
const NOON: Instant = 1_136_214_245 * SECOND;

/// Rules: ASF-40.
#[test]
fn strict_forms_are_parsed() {
    for (text, expected) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2006-01-02T15:04:05Z", NOON),
        ("2006-01-02T15:04:05.5Z", NOON + SECOND / 2),
        ("2006-01-02T15:04:05.000000001Z", NOON + 1),
        ("2006-01-02T16:34:05+01:30", NOON),
        ("2006-01-02T16:04:05+0100", NOON),
        ("2006-01-02T10:04:05-05", NOON),
        ("2006-01-01T21:04:05-18:00", NOON),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("0000-03-01T00:00:00Z", -719_468 * 86_400 * SECOND),
        ("9999-12-31T23:59:59-18:00", (2_932_897 * 86_400 - 1 + 18 * 3600) * SECOND),
        ("2016-12-31T23:59:60Z", 1_483_228_800 * SECOND),
        ("2024-02-29T00:00:00Z", 1_709_164_800 * SECOND),
    ] {
        assert_eq!(strict(text), Some(expected), "{text}");
        assert_eq!(lenient(text), Some(expected), "{text}");
    }
}

/// Rules: ASF-41.
#[test]
fn other_forms_are_refused() {
    for text in [
        "",
        "2006-01-02",
        "2006-01-02T15:04:05",
        "2006-01-02 15:04:05Z",
        "2006-01-02t15:04:05Z",
        "2006-01-02T15:04:05z",
        " 2006-01-02T15:04:05Z",
        "2006-01-02T15:04:05Z ",
        "2006-1-2T15:04:05Z",
        "2006-13-02T15:04:05Z",
        "2006-00-02T15:04:05Z",
        "2006-02-31T15:04:05Z",
        "2006-02-29T15:04:05Z",
        "1900-02-29T15:04:05Z",
        "2006-01-02T24:00:00Z",
        "2006-01-02T15:60:05Z",
        "2006-01-02T15:04:60Z",
        "2006-01-02T15:04:05.Z",
        "2006-01-02T15:04:05.1234567890Z",
        "2006-01-02T15:04:05+18:01",
        "2006-01-02T15:04:05+1:00",
        "2006-01-02T15:04:05+01:0",
        "2006-01-02T15:04:05+01:",
        "2006-01-02T15:04:05−01:00",
        "+006-01-02T15:04:05Z",
        "Mon, 02 Jan 2006 15:04:05 UTC",
    ] {
        assert_eq!(strict(text), None, "{text}");
    }
}

/// Rules: FLT-26.
#[test]
fn lenient_forms_are_parsed() {
    for (text, expected) in [
        ("2006-01-02", NOON - (15 * 3600 + 4 * 60 + 5) * SECOND),
        ("2006-01-02T15", NOON - (4 * 60 + 5) * SECOND),
        ("2006-01-02T15:04", NOON - 5 * SECOND),
        ("2006-01-02T15:04:05", NOON),
        ("2006-01-02T15:04:05.25", NOON + SECOND / 4),
        ("Mon, 02 Jan 2006 15:04:05 UTC", NOON),
        ("Mon, 02 Jan 2006 15:04:05 GMT", NOON),
        ("Mon, 02 Jan 2006 08:04:05 -0700", NOON),
    ] {
        assert_eq!(lenient(text), Some(expected), "{text}");
    }
}

/// Rules: FLT-26.
#[test]
fn anything_else_is_refused() {
    for text in [
        "",
        "2006",
        "2006-01",
        "2006-01-02T",
        "2006-01-02T15:",
        "2006-01-02T15Z",
        "2006-01-02T15:04Z",
        "2006-02-30",
        "1136214245",
        "yesterday",
        "Mon, 2 Jan 2006 15:04:05 UTC",
        "Mon, 31 Feb 2006 15:04:05 UTC",
        "Xyz, 02 Jan 2006 15:04:05 UTC",
        "Mon, 02 Jan 2006 15:04:05 PST",
        "Mon, 02 Jan 2006 15:04:05 UTC ",
        "Mon, 02 Jan 2006 15:04:05",
    ] {
        assert_eq!(lenient(text), None, "{text}");
    }
}

#[test]
fn formatting_an_instant_is_the_inverse_of_parsing() {
    for text in [
        "1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
        "2006-01-02T15:04:05.5Z",
        "2024-02-29T23:59:59Z",
        "2100-02-28T00:00:00.00001Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ] {
        assert_eq!(super::text(strict(text).expect(text)), text);
    }
}

/// Rules: ASF-41.
/// Each day of 400 years follows the previous one.
#[test]
fn the_calendar_has_no_gaps() {
    let mut expected = days(1800, 1, 1).expect("a date");
    for year in 1800..2200 {
        for month in 1..=12 {
            for day in 1..=31 {
                if let Some(number) = days(year, month, day) {
                    assert_eq!(number, expected, "{year}-{month}-{day}");
                    assert_eq!(text(number * 86_400 * SECOND), format!("{year:04}-{month:02}-{day:02}T00:00:00Z"));
                    expected += 1;
                }
            }
        }
    }
    assert_eq!(days(2000, 1, 1), Some(10_957));
    assert_eq!(expected - days(1800, 1, 1).expect("a date"), 146_097);
}
