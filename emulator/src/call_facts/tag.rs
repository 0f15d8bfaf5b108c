//! The tag of the test that makes a call (CPL-30).

use http::header::{HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use memchr::memmem;

use crate::state::TestTag;

/// The header with the tag, for clients that can set headers.
pub static HEADER: HeaderName = HeaderName::from_static("x-emulator-test");
/// The prefix of the application ID of an AWS SDK in a user agent.
const APPLICATION: &str = "app/";
/// The user agent of clients in browsers.
static BROWSER_AGENT: HeaderName = HeaderName::from_static("x-amz-user-agent");

/// The tag of a call: from its header, or else the application ID in its user agent.
///
/// # Errors
/// The reason why the header is not a valid tag. An application ID that is not a valid tag is ignored.
pub fn test_tag(headers: &HeaderMap) -> Result<Option<TestTag>, String> {
    if let Some(value) = headers.get(&HEADER) {
        let tag = value.to_str().ok().and_then(TestTag::parse);
        return tag.map(Some).ok_or_else(|| {
            format!("The value of the header {HEADER} must have 1 to 128 characters of A-Z, a-z, 0-9 and ._:/-")
        });
    }
    let application = headers.get(USER_AGENT).and_then(application);
    let application = application.or_else(|| headers.get(&BROWSER_AGENT).and_then(self::application));
    Ok(application.and_then(|id| TestTag::parse(std::str::from_utf8(id).ok()?)))
}

/// The application ID: the rest of the first word of a user agent that begins with `app/`.
fn application(agent: &HeaderValue) -> Option<&[u8]> {
    let agent = agent.as_bytes();
    let starts_word = |at: &usize| at.checked_sub(1).is_none_or(|before| agent.get(before) == Some(&b' '));
    let start = memmem::find_iter(agent, APPLICATION).find(starts_word)? + APPLICATION.len();
    let rest = agent.get(start..)?;
    rest.split(|byte| *byte == b' ').next()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn tag(header: Option<&'static [u8]>, agent: Option<&'static str>) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(&HEADER, HeaderValue::from_bytes(header).unwrap());
        }
        if let Some(agent) = agent {
            headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        }
        test_tag(&headers).map(|tag| tag.map(|tag| tag.as_str().to_owned()))
    }

    /// Rules: CPL-30.
    #[test]
    fn a_tag_is_in_a_header_or_in_the_user_agent() {
        let boto = "Boto3/1.43 md/Botocore#1.43 os/linux lang/python#3.11 app/checkout-7 cfg/retry-mode#standard";
        for (header, agent, expected) in [
            (None, None, None),
            (Some(&b"a/B:c_1.2-3"[..]), Some(boto), Some("a/B:c_1.2-3")),
            (None, Some(boto), Some("checkout-7")),
            (None, Some("x app/"), None),
            (None, Some("app/a!b"), None),
            (None, Some("myapp/1.0"), None),
            (None, Some("myapp/1.0 app/b app/c"), Some("b")),
        ] {
            assert_eq!(tag(header, agent).unwrap().as_deref(), expected, "{agent:?}");
        }
        for wrong in [&b""[..], b"a b", "é".as_bytes(), &[b'x'; 129]] {
            assert!(tag(Some(wrong), None).unwrap_err().contains("x-emulator-test"));
        }
        assert!(tag(Some(&[b'x'; 128]), None).unwrap().is_some());
    }
}
