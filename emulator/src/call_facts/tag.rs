//! The tag of the test that makes a call (CPL-30).

use http::HeaderMap;
use http::header::USER_AGENT;

use crate::state::TestTag;

/// The header with the tag, for clients that can set headers.
pub const HEADER: &str = "x-emulator-test";
/// The prefix of the application ID of an AWS SDK in a user agent.
const APPLICATION: &str = "app/";
/// The user agent of clients in browsers.
const BROWSER_AGENT: &str = "x-amz-user-agent";

/// The tag of a call: from its header, or else the application ID in its user agent.
///
/// # Errors
/// The reason why the header is not a valid tag. An application ID that is not a valid tag is ignored.
pub fn test_tag(headers: &HeaderMap) -> Result<Option<TestTag>, String> {
    if let Some(value) = headers.get(HEADER) {
        let tag = value.to_str().ok().and_then(TestTag::parse);
        return tag.map(Some).ok_or_else(|| {
            format!("The value of the header {HEADER} must have 1 to 128 characters of A-Z, a-z, 0-9 and ._:/-")
        });
    }
    let agents = [headers.get(USER_AGENT), headers.get(BROWSER_AGENT)];
    let agents = agents.into_iter().flatten().filter_map(|agent| agent.to_str().ok());
    let mut words = agents.flat_map(|agent| agent.split(' ')).filter_map(|word| word.strip_prefix(APPLICATION));
    Ok(words.next().and_then(TestTag::parse))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn tag(header: Option<&'static [u8]>, agent: Option<&'static str>) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(HEADER, HeaderValue::from_bytes(header).unwrap());
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
        ] {
            assert_eq!(tag(header, agent).unwrap().as_deref(), expected, "{agent:?}");
        }
        for wrong in [&b""[..], b"a b", "é".as_bytes(), &[b'x'; 129]] {
            assert!(tag(Some(wrong), None).unwrap_err().contains("x-emulator-test"));
        }
        assert!(tag(Some(&[b'x'; 128]), None).unwrap().is_some());
    }
}
