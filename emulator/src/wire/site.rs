//! Host names and web origins, in requests and in settings.

use std::net::{Ipv6Addr, SocketAddr};
use std::str::FromStr;

use http::header::HOST;
use http::{HeaderMap, Uri};

/// Matches everything, alone or as the first label of a host name.
const ANY: &str = "*";
/// The origin of a page without an origin, such as a local file.
const OPAQUE: &str = "null";

/// How a request reached this program. It is an extension of each request that a server receives.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// True for HTTPS.
    pub is_encrypted: bool,
    /// The address at which the request arrived, if it is known.
    pub local: Option<SocketAddr>,
}

/// Permitted host names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostRule {
    /// All names.
    Any,
    /// This name.
    Name(String),
    /// All subdomains of this name.
    Subdomains(String),
}

/// Permitted origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginRule {
    /// All origins.
    Any,
    /// `null`
    Opaque,
    /// Origins with these hosts.
    Matching {
        /// `https`, in lower case.
        scheme: String,
        /// The hosts.
        host: HostRule,
        /// The port; `None` for the scheme's default.
        port: Option<u16>,
    },
}

impl HostRule {
    /// Returns whether a host name is permitted.
    pub fn allows(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        match self {
            HostRule::Any => true,
            HostRule::Name(name) => name.eq_ignore_ascii_case(host),
            HostRule::Subdomains(name) => {
                let split = host.len().checked_sub(name.len()).and_then(|at| host.split_at_checked(at));
                split.is_some_and(|(before, end)| {
                    end.eq_ignore_ascii_case(name) && before.ends_with('.') && before.len() > 1
                })
            }
        }
    }

    /// `hub.example.com` or `*.example.com`
    fn parse(text: &str) -> Option<HostRule> {
        let is_name = |name: &&str| is_host(name);
        match text.strip_prefix("*.") {
            Some(name) => Some(name).filter(is_name).map(|name| HostRule::Subdomains(name.to_owned())),
            None => Some(text).filter(is_name).map(|name| HostRule::Name(name.to_owned())),
        }
    }
}

impl FromStr for HostRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == ANY {
            return Ok(HostRule::Any);
        }
        HostRule::parse(text.strip_suffix('.').unwrap_or(text)).ok_or_else(|| {
            "expected a host name without scheme and port, such as hub.example.com, or *.example.com for all \
             subdomains, or * for all"
                .to_owned()
        })
    }
}

impl OriginRule {
    /// Returns whether an origin is permitted.
    pub fn allows(&self, origin: &str) -> bool {
        match self {
            OriginRule::Any => true,
            OriginRule::Opaque => origin == OPAQUE,
            OriginRule::Matching { scheme, host, port } => split_origin(origin)
                .is_some_and(|found| found.scheme == *scheme && found.port == *port && host.allows(found.host)),
        }
    }
}

impl FromStr for OriginRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            ANY => return Ok(OriginRule::Any),
            OPAQUE => return Ok(OriginRule::Opaque),
            _ => {}
        }
        // Addresses are often copied from browsers, which show a slash after the host.
        let text = text.strip_suffix('/').unwrap_or(text);
        let (of_one, is_below) = match text.split_once("://*.") {
            Some((scheme, rest)) => (format!("{scheme}://{rest}"), true),
            None => (text.to_owned(), false),
        };
        let split = split_origin(&of_one).ok_or_else(|| {
            "expected a scheme and a host, such as https://app.example.com, or https://*.example.com for all \
             subdomains, or * for all"
                .to_owned()
        })?;
        let name = split.host.to_owned();
        let host = if is_below { HostRule::Subdomains(name) } else { HostRule::Name(name) };
        Ok(OriginRule::Matching { scheme: split.scheme, host, port: split.port })
    }
}

/// The parts of an origin.
pub(super) struct Origin<'o> {
    /// In lower case.
    pub(super) scheme: String,
    pub(super) host: &'o str,
    /// `None` for the scheme's default.
    pub(super) port: Option<u16>,
}

/// Splits an origin such as `https://app.example.com:8443`.
pub(super) fn split_origin(text: &str) -> Option<Origin<'_>> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
    let (host, port) = split_host(rest).filter(|_| is_scheme)?;
    let scheme = scheme.to_ascii_lowercase();
    let own = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    Some(Origin { scheme, host, port: port.filter(|port| Some(*port) != own) })
}

/// The host and the port to which a request was sent: those of its target, which HTTP/2 has instead of the header `Host`.
pub fn authority<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    let of_target = uri.authority().map(http::uri::Authority::as_str);
    of_target.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok()))
}

/// Returns whether an origin is that of the pages at an authority.
pub fn is_own_origin(origin: &str, authority: &str, is_encrypted: bool) -> bool {
    let Some((origin, (host, port))) = split_origin(origin).zip(split_host(authority)) else { return false };
    let default = match origin.scheme.as_str() {
        "https" => 443,
        // A page over HTTPS may also belong to a request without TLS, because a proxy in front may end TLS.
        "http" if !is_encrypted => 80,
        _ => return false,
    };
    origin.host.eq_ignore_ascii_case(host) && origin.port == port.filter(|port| *port != default)
}

/// Returns whether a text is `null` or a well-formed origin.
pub(super) fn is_origin(text: &str) -> bool {
    text == OPAQUE || split_origin(text).is_some()
}

/// Splits a host name and an optional port.
pub(super) fn split_host(text: &str) -> Option<(&str, Option<u16>)> {
    let name_end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (host, rest) = text.split_at_checked(name_end)?;
    let port = match rest {
        "" | ":" => None,
        _ => {
            let digits = rest.strip_prefix(':').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
            Some(digits.parse::<u16>().ok().filter(|port| *port > 0)?)
        }
    };
    is_host(host).then_some((host, port))
}

/// Returns whether a text is a host name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(text: &str) -> bool {
    if text.starts_with('[') {
        return ipv6(text).is_some();
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

/// An IPv6 address in brackets.
pub(super) fn ipv6(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-07.
    #[test]
    fn a_host_is_allowed_by_its_name_or_a_parent_domain() {
        let allows = |rule: &str, host: &str| rule.parse::<HostRule>().unwrap().allows(host);
        assert!(allows("*", "anything.example") && allows("hub.corp.com", "HUB.corp.com."));
        assert!(allows("*.corp.com", "hub.corp.com") && allows("*.Corp.com", "a.b.corp.COM"));
        for host in ["corp.com", "evilcorp.com", ".corp.com", "corp.com.evil.example", "hub.corp.org", "é"] {
            assert!(!allows("*.corp.com", host), "{host}");
        }
        for text in ["https://hub.example.com", "hub:4600", "", "a/b", "a.*.com", "*a.com", "*.", "*.*", "a b", "a@b"] {
            assert!(text.parse::<HostRule>().unwrap_err().contains("*.example.com"), "{text}");
        }
    }

    /// Rules: CPL-08.
    #[test]
    fn an_origin_is_allowed_exactly_or_by_a_parent_domain() {
        let allows = |rule: &str, origin: &str| rule.parse::<OriginRule>().unwrap().allows(origin);
        assert!(allows("https://a.b/", "https://a.b") && allows("HTTPS://A.b", "https://a.b"));
        assert!(allows("https://a.b:443", "https://a.b") && allows("http://a.b:80", "http://a.b"));
        assert!(allows("https://*.corp.com:8443", "https://app.corp.com:8443"));
        assert!(
            allows("null", "null") && allows("*", "null") && allows("chrome-extension://abc", "chrome-extension://abc")
        );
        for (rule, origin) in [
            ("https://a.b", "http://a.b"),
            ("https://a.b", "https://a.b:8443"),
            ("https://*.corp.com", "https://corp.com"),
            ("https://*.corp.com", "https://evilcorp.com"),
            ("https://a.b", "null"),
        ] {
            assert!(!allows(rule, origin), "{rule} {origin}");
        }
        for text in
            ["app.example.com", "https://", "https://a/b", "", "http://a@b", "https://a:99999", "https://a:0", "://a"]
        {
            assert!(text.parse::<OriginRule>().unwrap_err().contains("https://app.example.com"), "{text}");
        }
    }

    /// Rules: DSH-10, DSH-15.
    #[test]
    fn an_own_origin_has_the_host_and_the_port_of_the_request() {
        for (origin, authority, is_encrypted) in [
            ("http://localhost:4600", "localhost:4600", false),
            ("http://HUB.example.com:4600", "hub.example.com:4600", false),
            ("http://hub", "hub:80", false),
            ("http://[::1]:4600", "[::1]:4600", false),
            ("https://localhost:4600", "localhost:4600", true),
            ("https://hub", "hub:443", true),
            ("https://hub.example.com", "hub.example.com", false),
        ] {
            assert!(is_own_origin(origin, authority, is_encrypted), "{origin} {authority}");
        }
        for (origin, authority, is_encrypted) in [
            ("null", "localhost:4600", false),
            ("http://localhost:3000", "localhost:4600", false),
            ("http://127.0.0.1:4600", "localhost:4600", false),
            ("http://localhost:4600", "localhost:4600", true),
            ("https://hub", "hub:80", false),
            ("ftp://hub", "hub", false),
            ("http://hub", "", false),
        ] {
            assert!(!is_own_origin(origin, authority, is_encrypted), "{origin} {authority}");
        }
    }

    /// Rules: CPL-07.
    #[test]
    fn a_host_may_only_have_a_valid_port() {
        for (text, split) in [
            ("localhost", ("localhost", None)),
            ("localhost:", ("localhost", None)),
            ("a.b.:65535", ("a.b.", Some(65535))),
            ("[::1]:4600", ("[::1]", Some(4600))),
        ] {
            assert_eq!(split_host(text), Some(split), "{text}");
        }
        for text in [
            "", ":4600", "a:99999", "a:0", "a:x", "a:1:2", "u@a", "a b", "[::1", "[x]", "[::1]x", "::1", "a$(id).b",
            "a..b", ".",
        ] {
            assert_eq!(split_host(text), None, "{text}");
        }
    }
}
