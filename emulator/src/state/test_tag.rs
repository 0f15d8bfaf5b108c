//! Tags with which tests that run in parallel distinguish their calls and events.

use std::fmt;
use std::sync::Arc;

/// Maximum number of characters of a tag.
const MAX_LENGTH: usize = 128;

/// A tag that a test gives to its calls (CPL-30).
#[derive(Clone, PartialEq, Eq)]
pub struct TestTag(Arc<str>);

impl TestTag {
    /// Accepts 1 to 128 letters, digits and characters of `._:/-`.
    pub fn parse(text: &str) -> Option<TestTag> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
        let is_tag = (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(is_allowed);
        is_tag.then(|| TestTag(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TestTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
