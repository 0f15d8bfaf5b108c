//! Texts of values, the same on every page (DSH-24).

use crate::state::Timestamp;

/// Text of a value that is absent.
pub const ABSENT: &str = "–";

/// Severity labels, most severe first.
pub const SEVERITIES: [&str; 5] = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"];

/// `1,234,567`
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 finding`, `1,234 findings`
pub fn counted(count: u64, one: &str, several: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { several })
}

/// The number of items beyond those that are shown; `None` if all are shown.
pub fn more(total: usize, shown: usize) -> Option<String> {
    let more = total.saturating_sub(shown);
    (more > 0).then(|| number(more as u64))
}

/// `yes` or `no`
pub fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// A time as it is shown, with the ISO text for `<time datetime>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    /// `2026-01-15 09:00:00Z`
    pub shown: String,
    /// `2026-01-15T09:00:00Z`, with fractions of a second if there are any.
    pub iso: String,
}

impl From<Timestamp> for Time {
    fn from(time: Timestamp) -> Time {
        Time { shown: time.strftime("%Y-%m-%d %H:%M:%SZ").to_string(), iso: time.to_string() }
    }
}

impl Time {
    /// Reads a time as findings contain it; `None` if the text is not a time.
    pub fn parse(text: &str) -> Option<Time> {
        text.parse::<Timestamp>().ok().map(Time::from)
    }
}

/// Maximum number of characters of a title.
const TITLE: usize = 1_000;

/// A text that is cut if it is long, which keeps pages small (DSH-13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shortened {
    /// The text, or its beginning.
    pub shown: String,
    /// More of a text that is cut.
    pub title: Option<String>,
}

impl Shortened {
    /// Cuts a text of more than `most` characters.
    pub fn of(text: &str, most: usize) -> Shortened {
        let shown = cut(text, most);
        let title = (shown.len() != text.len()).then(|| cut(text, TITLE));
        Shortened { shown, title }
    }
}

/// A text, or its first `most` characters with an ellipsis.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The size of a text in HTML, in bytes.
pub fn escaped_size(text: &str) -> usize {
    // Each of these becomes five bytes.
    text.len() + 4 * text.bytes().filter(|byte| b"<>&\"'".contains(byte)).count()
}

/// The class of a severity in the style sheet, such as `critical`.
pub fn severity_class(label: &str) -> &'static str {
    match label {
        "CRITICAL" => "critical",
        "HIGH" => "high",
        "MEDIUM" => "medium",
        "LOW" => "low",
        _ => "informational",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: DSH-24.
    #[test]
    fn values_have_the_same_text_everywhere() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), text);
        }
        assert_eq!((counted(1, "finding", "findings"), counted(0, "a", "bs")), ("1 finding".into(), "0 bs".into()));
        assert_eq!((more(1_200, 100), more(5, 5)), (Some("1,100".into()), None));
        assert_eq!((yes_no(true), yes_no(false)), ("yes", "no"));
        let time = Time::parse("2026-01-15T10:00:00.250+01:00").unwrap();
        assert_eq!((&*time.shown, &*time.iso), ("2026-01-15 09:00:00Z", "2026-01-15T09:00:00.25Z"));
        assert_eq!(Time::parse("yesterday"), None);
        assert_eq!(Shortened::of("äöü", 3), Shortened { shown: "äöü".into(), title: None });
        assert_eq!(Shortened::of("äöü", 2), Shortened { shown: "äö…".into(), title: Some("äöü".into()) });
        assert_eq!(Shortened::of(&"ä".repeat(2_000), 2).title.unwrap().chars().count(), TITLE + 1);
        assert_eq!(SEVERITIES.map(severity_class).concat(), SEVERITIES.concat().to_lowercase());
    }
}
