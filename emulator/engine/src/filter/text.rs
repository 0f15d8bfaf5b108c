//! Tests of strings.

/// A test of one string. Case sensitive and byte for byte, except words (FLT-10, FLT-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextTest {
    /// The whole string.
    Equals(String),
    /// The beginning of the string.
    Prefix(String),
    /// A part of the string.
    Contains(String),
    /// Whole words of the string, in any case.
    ContainsWord(Words),
}

impl TextTest {
    pub(crate) fn passes(&self, text: &str) -> bool {
        match self {
            Self::Equals(value) => text == value,
            Self::Prefix(value) => text.starts_with(value.as_str()),
            Self::Contains(value) => text.contains(value.as_str()),
            Self::ContainsWord(words) => words.are_in(text),
        }
    }
}

/// Words to be found next to one another in order: maximal runs of letters and digits, in any case (FLT-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(pub(super) Vec<String>);

impl Words {
    /// The words of a text. A text without a letter or digit has none, and is found nowhere (inferred).
    pub fn of(text: &str) -> Self {
        let runs = text.split(|character: char| !character.is_alphanumeric());
        Self(runs.filter(|run| !run.is_empty()).map(str::to_lowercase).collect())
    }

    fn are_in(&self, text: &str) -> bool {
        let Self(words) = Self::of(text);
        !self.0.is_empty() && words.windows(self.0.len()).any(|window| window == self.0)
    }
}

/// A part of a string, in any case (FLT-38).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle(pub(super) String);

impl Needle {
    /// The part to look for.
    pub fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.0)
    }

    /// Whether the bytes of a document already show that none of its strings holds the needle. Only plain text shows
    /// it: escapes and letters beyond ASCII need to be read.
    pub(crate) fn is_surely_not_in(&self, document: &[u8]) -> bool {
        let needle = self.0.as_bytes();
        let Some(first) = needle.first().filter(|_| needle.is_ascii()) else { return false };
        if memchr::memchr(b'\\', document).is_some() || !document.is_ascii() {
            return false;
        }
        let starts = memchr::memchr2_iter(*first, first.to_ascii_uppercase(), document);
        let is_at = |start: usize| {
            document.get(start..start + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle))
        };
        !starts.into_iter().any(is_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: FLT-10.
    #[test]
    fn comparison_is_case_sensitive_and_literal() {
        let passes = |test: TextTest| test.passes("S3.1 bucket");
        assert!(passes(TextTest::Equals("S3.1 bucket".into())));
        assert!(!passes(TextTest::Equals("S3.1 bucket ".into())));
        assert!(!passes(TextTest::Equals("s3.1 bucket".into())));
        assert!(passes(TextTest::Prefix("S3.".into())));
        assert!(!passes(TextTest::Prefix("S.".into())));
        assert!(!passes(TextTest::Prefix("s3".into())));
        assert!(passes(TextTest::Contains("1 b".into())));
        assert!(!passes(TextTest::Contains("Bucket".into())));
        assert!(!passes(TextTest::Contains("b*t".into())));
    }

    /// Rules: FLT-11.
    #[test]
    fn words_are_whole_adjacent_and_in_order() {
        let found = |needle: &str, text: &str| TextTest::ContainsWord(Words::of(needle)).passes(text);
        assert!(found("lambda", "GuardDuty Lambda Protection"));
        assert!(found("LAMBDA protection", "GuardDuty Lambda Protection"));
        assert!(found("lambda-protection", "GuardDuty: Lambda/Protection."));
        assert!(found("été", "L'ÉTÉ 2026"));
        assert!(!found("lamb", "GuardDuty Lambda Protection"));
        assert!(!found("protection lambda", "GuardDuty Lambda Protection"));
        assert!(!found("guardduty protection", "GuardDuty Lambda Protection"));
        assert!(!found("-!-", "GuardDuty -!- Protection"));
        assert!(!found("a b c", "a b"));
    }

    /// Rules: FLT-38.
    #[test]
    fn a_keyword_is_a_part_in_any_case() {
        assert!(Needle::new("ADMIN").is_in("policy allows admin"));
        assert!(Needle::new("ows ad").is_in("policy allows Admin"));
        assert!(!Needle::new("root").is_in("policy allows admin"));
    }
}
