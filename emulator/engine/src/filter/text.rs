//! Tests of strings.

/// A test of a string. Case-sensitive and byte for byte, except words (FLT-10, FLT-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextTest {
    /// The string equals the value.
    Equals(String),
    /// The string begins with the value.
    Prefix(String),
    /// The string contains the value.
    Contains(String),
    /// The string contains whole words, ignoring case.
    ContainsWord(Words),
}

impl TextTest {
    /// Returns whether a text satisfies the comparison.
    pub fn passes(&self, text: &str) -> bool {
        match self {
            Self::Equals(value) => text == value,
            Self::Prefix(value) => text.starts_with(value.as_str()),
            Self::Contains(value) => text.contains(value.as_str()),
            Self::ContainsWord(words) => words.are_in(text),
        }
    }
}

/// Words that must be adjacent and in order: maximal runs of letters and digits, ignoring case (FLT-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(pub(super) Vec<String>);

impl Words {
    /// The words of a text. A text without letters or digits has no words and matches nothing (inferred).
    pub fn of(text: &str) -> Self {
        let runs = text.split(|character: char| !character.is_alphanumeric());
        Self(runs.filter(|run| !run.is_empty()).map(str::to_lowercase).collect())
    }

    fn are_in(&self, text: &str) -> bool {
        let Self(words) = Self::of(text);
        !self.0.is_empty() && words.windows(self.0.len()).any(|window| window == self.0)
    }
}

/// A substring to search for, ignoring case (FLT-38).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    /// The substring in lower case.
    pub(super) text: String,
    /// The index of its rarest byte.
    rarest: usize,
}

/// Characters in findings by descending frequency. All others are rarer.
const FREQUENT: &[u8] = b"\"eatsir0n:ocdu/l,1p-2fmg vbw3y465.h897{}zk[]_xjq";

impl Needle {
    /// A search for this substring.
    pub fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        let rarity = |byte: &u8| FREQUENT.iter().position(|other| other == byte).unwrap_or(FREQUENT.len());
        let rarest = (0..text.len()).zip(text.bytes()).max_by_key(|(_, byte)| rarity(byte)).map_or(0, |(at, _)| at);
        Self { text, rarest }
    }

    pub(crate) fn is_in(&self, text: &str) -> bool {
        if text.is_ascii() { self.is_spelled_in(text.as_bytes()) } else { text.to_lowercase().contains(&self.text) }
    }

    /// Returns whether the bytes of a document prove that none of its strings contains the needle. Literal text can be
    /// searched directly; if the document has escapes or characters that may represent a character of the needle, its
    /// strings must be read.
    pub(crate) fn is_absent_from(&self, document: &[u8]) -> bool {
        if self.text.is_empty() || !self.text.is_ascii() || self.is_spelled_in(document) {
            return false;
        }
        // An escape with a code can represent any character, other escapes only a few.
        let is_escaped = |byte: u8| matches!(byte, b'"' | b'\\' | b'/') || byte.is_ascii_control();
        let hides = |at: usize| document.get(at + 1) == Some(&b'u') || self.text.bytes().any(is_escaped);
        if memchr::memchr_iter(b'\\', document).any(hides) {
            return false;
        }
        document.is_ascii() || !self.is_hidden_beyond_ascii(document)
    }

    /// Returns whether a document contains one of the two non-ASCII characters whose lower case is an ASCII letter in
    /// the needle.
    fn is_hidden_beyond_ascii(&self, document: &[u8]) -> bool {
        let has = |character: &str| memchr::memmem::find(document, character.as_bytes()).is_some();
        (self.text.contains('k') && has("\u{212a}")) || (self.text.contains('i') && has("\u{130}"))
    }

    /// Returns whether bytes contain the needle literally, ignoring ASCII case.
    fn is_spelled_in(&self, bytes: &[u8]) -> bool {
        let needle = self.text.as_bytes();
        let Some(rarest) = needle.get(self.rarest) else { return true };
        let is_at = |at: usize| {
            let part = at.checked_sub(self.rarest).and_then(|start| bytes.get(start..start + needle.len()));
            part.is_some_and(|part| part.eq_ignore_ascii_case(needle))
        };
        memchr::memchr2_iter(*rarest, rarest.to_ascii_uppercase(), bytes).any(is_at)
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
    fn words_must_be_whole_adjacent_and_in_order() {
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
    fn a_keyword_is_a_substring_ignoring_case() {
        assert!(Needle::new("ADMIN").is_in("policy allows admin"));
        assert!(Needle::new("ows ad").is_in("policy allows Admin"));
        assert!(!Needle::new("root").is_in("policy allows admin"));
        assert!(Needle::new("").is_in(""));
        assert!(Needle::new("\u{c9}t\u{e9}").is_in("\u{e9}T\u{c9}") && !Needle::new("\u{e9}").is_in("e"));
        assert!(Needle::new("\u{212a}g").is_in("10 KG") && Needle::new("10 kg").is_in("10 \u{212a}g"));
    }

    /// Rules: FLT-38.
    #[test]
    fn searching_bytes_for_a_keyword_agrees_with_searching_strings() {
        let texts = [
            "policy Allows ADMIN",
            "10 KG",
            "10 \u{212a}g",
            "\u{130}x",
            "ix",
            "a\"b",
            "a\\b",
            "a/b",
            "n\no",
            "no",
            "\u{e9}",
        ];
        let spellings = |text: &str| {
            let plain = serde_json::to_string(text).unwrap();
            let codes: Vec<String> = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            [plain.clone(), plain.replace('/', "\\/"), format!("\"{}\"", codes.concat())]
        };
        let mut sure = 0;
        for (text, spelling) in texts.iter().flat_map(|text| spellings(text).map(|spelling| (text, spelling))) {
            for needle in ["admin", "10 kg", "i", "a\"b", "a\\b", "a/b", "n", "no", "\n", "\u{e9}", "x", ""] {
                let needle = Needle::new(needle);
                let is_absent_from = needle.is_absent_from(spelling.as_bytes());
                assert!(!is_absent_from || !needle.is_in(text), "{needle:?} in {spelling}");
                sure += usize::from(is_absent_from);
            }
        }
        assert!(sure > 100, "{sure}");
    }
}
