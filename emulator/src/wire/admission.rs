//! Admission by host name and web origin, which keeps foreign web pages out (CPL-07 to CPL-10).
//!
//! A page in the developer's browser can send requests to this machine. Such requests are recognised by their `Origin`,
//! or, if the page made its own host name resolve to this machine (DNS rebinding), by their `Host`.

use std::net::Ipv4Addr;

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, HOST, ORIGIN, VARY,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, Version};

use super::route;
use super::site::{self, HostRule, OriginRule};
use crate::metrics::Reason;

const EXPOSED: HeaderValue = HeaderValue::from_static("x-amzn-requestid, x-amzn-errortype, x-emulator-fault");
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Additional callers to admit, besides programs and pages of this machine.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// Additional origins of web pages.
    pub origins: Vec<OriginRule>,
    /// Additional host names under which this server may be called.
    pub hosts: Vec<HostRule>,
}

/// The reason why a request is not admitted.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// 400 or 403.
    pub status: StatusCode,
    /// The reason, for the metrics.
    pub reason: Reason,
    /// The problem, and the flag that allows the request.
    pub message: String,
}

impl Admission {
    /// Checks the host name and the origin of a request.
    ///
    /// # Errors
    /// 400 for an HTTP/1.1 request without exactly one host, 403 for a host or an origin that is not allowed.
    pub fn check(&self, parts: &Parts) -> Result<(), Refusal> {
        self.check_host(parts)?;
        self.check_origin(parts)
    }

    fn check_host(&self, parts: &Parts) -> Result<(), Refusal> {
        let headers: Vec<&HeaderValue> = parts.headers.get_all(HOST).iter().collect();
        let target = parts.uri.authority();
        if headers.len() > 1 {
            return Err(bad_request("the request has more than one Host header".to_owned()));
        }
        // In HTTP/2 the target contains the host. In HTTP/1.1 the header is required even if the target contains it
        // (RFC 9112, 3.2).
        let needs_header = parts.version == Version::HTTP_11 || target.is_none() && parts.version > Version::HTTP_11;
        if headers.is_empty() && needs_header {
            return Err(bad_request("the request has no Host header".to_owned()));
        }
        let named = headers.into_iter().map(HeaderValue::as_bytes);
        for bytes in named.chain(target.map(|target| target.as_str().as_bytes())) {
            let text = String::from_utf8_lossy(bytes);
            let Some((host, _)) = site::split_host(&text) else {
                return Err(bad_request(format!("the host '{text}' is not a host name with an optional port")));
            };
            if !is_local_host(host) && !self.hosts.iter().any(|allowed| allowed.allows(host)) {
                return Err(forbidden(
                    Reason::Host,
                    format!("host '{host}' is not allowed; start with --allow-host {host}"),
                ));
            }
        }
        Ok(())
    }

    fn check_origin(&self, parts: &Parts) -> Result<(), Refusal> {
        if self.origins.contains(&OriginRule::Any) {
            return Ok(());
        }
        // The dashboard checks the origins of its forms itself: it only accepts its own, and refuses others with a page.
        if route::is_dashboard(parts.uri.path()) && parts.method == Method::POST {
            return Ok(());
        }
        let mut has_origin = false;
        for origin in &parts.headers.get_all(ORIGIN) {
            has_origin = true;
            let origin = String::from_utf8_lossy(origin.as_bytes());
            if is_local_origin(&origin) || self.origins.iter().any(|allowed| allowed.allows(&origin)) {
                continue;
            }
            // Only values that the flag accepts are suggested, and those contain no characters that are special to a
            // shell.
            let advice = if site::is_origin(&origin) {
                format!("is not allowed; start with --allow-origin {origin}")
            } else {
                "is not the origin of a web page, such as https://app.example.com".to_owned()
            };
            return Err(forbidden(Reason::Origin, format!("origin '{origin}' {advice}")));
        }
        let is_cross_site = parts.headers.get_all(FETCH_SITE).iter().any(|site| site == "cross-site");
        let only_reads = [Method::GET, Method::HEAD].contains(&parts.method);
        // A page can make the browser follow a link, and a link with a signature in its query would be a valid call.
        let is_signed_link = parts.uri.query().is_some_and(|query| query.contains("X-Amz-Credential"));
        if is_cross_site && !has_origin && (!only_reads || is_signed_link) {
            let message = "a cross-site request without an Origin is not allowed; start with --allow-origin '*'";
            return Err(forbidden(Reason::Origin, message.to_owned()));
        }
        Ok(())
    }
}

fn bad_request(message: String) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, reason: Reason::Host, message }
}

fn forbidden(reason: Reason, message: String) -> Refusal {
    Refusal { status: StatusCode::FORBIDDEN, reason, message }
}

/// IP addresses and names without an address in public DNS: `localhost` and its subdomains, single-label names such as
/// those of compose services, and Docker's name for the host. The program's own commands use an emulator at such an
/// address even if only a variable of AWS clients names it.
pub fn is_local_host(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_one_label = !name.is_empty() && !name.contains(['.', '[', ':']);
    is_one_label
        || name.parse::<Ipv4Addr>().is_ok()
        || site::ipv6(name).is_some()
        || is_below_localhost(name)
        || name.eq_ignore_ascii_case("host.docker.internal")
}

fn is_below_localhost(name: &str) -> bool {
    let Some((before, last)) = name.rsplit_once('.') else { return name.eq_ignore_ascii_case("localhost") };
    last.eq_ignore_ascii_case("localhost") && !before.is_empty()
}

/// Returns whether an origin is a page served by this machine.
fn is_local_origin(origin: &str) -> bool {
    let Some(site::Origin { scheme, host, .. }) = site::split_origin(origin) else { return false };
    let is_loopback = host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || site::ipv6(host).is_some_and(|address| address.is_loopback());
    ["http", "https"].contains(&scheme.as_str()) && (is_loopback || is_below_localhost(host))
}

/// The response to an admitted preflight request; `None` if the request is not a preflight.
pub(super) fn preflight(parts: &Parts) -> Option<Response<Bytes>> {
    if parts.method != Method::OPTIONS || !parts.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    if let Some(requested) = parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, requested.clone());
    }
    if parts.headers.get(REQUEST_PRIVATE_NETWORK).is_some_and(|requested| requested == "true") {
        headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    Some(response)
}

/// Allows a page of a permitted origin to read the response.
pub(super) fn expose<B>(origin: HeaderValue, response: &mut Response<B>) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(VARY, HeaderValue::from_static("Origin"));
    debug_assert!(response.status() == StatusCode::NO_CONTENT || response.headers().contains_key(CONTENT_TYPE));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(method: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = http::Request::builder().method(method).uri("/accounts");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn admission() -> Admission {
        Admission {
            origins: vec!["https://app.example.com".parse().unwrap()],
            hosts: vec!["hub.example.com".parse().unwrap()],
        }
    }

    fn checked(method: &str, headers: &[(&str, &str)]) -> Result<(), (u16, String)> {
        admission().check(&parts(method, headers)).map_err(|refusal| (refusal.status.as_u16(), refusal.message))
    }

    /// Rules: CPL-07.
    #[test]
    fn local_hosts_are_allowed_and_others_only_by_name() {
        for host in [
            "127.0.0.1:4600",
            "10.1.2.3",
            "[::1]:4600",
            "localhost",
            "LOCALHOST:4600",
            "localhost.",
            "securityhub:4600",
            "security_hub",
            "api.localhost:1",
            "host.docker.internal:4600",
            "hub.example.com",
            "HUB.example.com:4600",
        ] {
            assert_eq!(checked("POST", &[("host", host)]), Ok(()), "{host}");
        }
        for host in ["evil.example", "a.hub.example.com", "127.0.0.1.evil.example:4600", "localhost.evil.example"] {
            let name = host.trim_end_matches(":4600");
            let message = format!("host '{name}' is not allowed; start with --allow-host {name}");
            assert_eq!(checked("GET", &[("host", host)]), Err((403, message)), "{host}");
        }
        let any = Admission { hosts: vec![HostRule::Any], ..Admission::default() };
        assert_eq!(any.check(&parts("GET", &[("host", "evil.example")])), Ok(()));
    }

    /// Rules: CPL-07.
    #[test]
    fn a_request_must_have_exactly_one_host() {
        let status = |headers: &[(&str, &str)]| checked("GET", headers).map_err(|(status, _)| status);
        assert_eq!(status(&[]), Err(400));
        assert_eq!(status(&[("host", "")]), Err(400));
        assert_eq!(status(&[("host", "localhost"), ("host", "localhost")]), Err(400));
        for host in ["local host", "localhost:99999", "localhost:0", ":4600", "x@localhost", "a$(id).example"] {
            assert_eq!(status(&[("host", host)]), Err(400), "{host}");
        }
        let mut old = parts("GET", &[]);
        old.version = Version::HTTP_10;
        assert_eq!(admission().check(&old), Ok(()), "HTTP/1.0 requires no host");
        for (uri, checked) in [("http://127.0.0.1:4600/accounts", Ok(())), ("http://evil.example/", Err(403))] {
            let mut absolute = parts("GET", &[("host", "localhost")]);
            absolute.uri = uri.parse().unwrap();
            let status = |parts: &Parts| admission().check(parts).map_err(|refusal| refusal.status.as_u16());
            assert_eq!(status(&absolute), checked, "{uri}");
            absolute.headers.clear();
            assert_eq!(status(&absolute), Err(400), "HTTP/1.1 requires the header, too");
            absolute.version = Version::HTTP_2;
            assert_eq!(status(&absolute), checked, "HTTP/2 has the host in its target");
        }
    }

    /// Rules: CPL-08, CPL-09.
    #[test]
    fn local_pages_are_allowed_and_others_only_by_name() {
        let with = |origin: &str| checked("POST", &[("host", "x"), ("origin", origin)]);
        for origin in [
            "http://localhost:3000",
            "https://localhost",
            "http://app.localhost",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:5173",
            "https://app.example.com",
        ] {
            assert_eq!(with(origin), Ok(()), "{origin}");
        }
        for origin in [
            "null",
            "https://a.example",
            "http://app.example.com",
            "https://app.example.com:8443",
            "http://localhost.evil.example",
            "http://10.0.0.1",
            "http://securityhub",
            "file://localhost",
        ] {
            let message = format!("origin '{origin}' is not allowed; start with --allow-origin {origin}");
            assert_eq!(with(origin), Err((403, message)), "{origin}");
        }
        for origin in ["", "http://localhost@evil.example", "http://localhost:99999", "x", "https://a;id.example"] {
            let message = format!("origin '{origin}' is not the origin of a web page, such as https://app.example.com");
            assert_eq!(with(origin), Err((403, message)), "{origin}");
        }
        let two = [("host", "x"), ("origin", "http://localhost"), ("origin", "https://a.example")];
        assert!(checked("GET", &two).is_err());
        let any = Admission { origins: vec![OriginRule::Any], ..Admission::default() };
        assert_eq!(any.check(&parts("POST", &[("host", "x"), ("origin", "null")])), Ok(()));
    }

    /// Rules: CPL-08.
    #[test]
    fn a_cross_site_request_without_an_origin_may_only_read() {
        let headers = [("host", "x"), ("sec-fetch-site", "cross-site")];
        for (method, status) in [("GET", Ok(())), ("HEAD", Ok(())), ("POST", Err(403)), ("DELETE", Err(403))] {
            assert_eq!(checked(method, &headers).map_err(|(status, _)| status), status, "{method}");
        }
        let mut link = parts("GET", &headers);
        link.uri = "/?Action=AssumeRole&X-Amz-Credential=111111111111%2F20260115".parse().unwrap();
        assert!(Admission::default().check(&link).is_err(), "a link with a signature would be a valid call");
        let mut form = parts("POST", &[("host", "x"), ("origin", "null"), ("sec-fetch-site", "cross-site")]);
        assert!(Admission::default().check(&form).is_err());
        form.uri = "/_emulator/ui/as/111111111111/us-east-1/".parse().unwrap();
        assert_eq!(Admission::default().check(&form), Ok(()), "the dashboard refuses it with a page");
        for site in ["same-origin", "same-site", "none"] {
            assert_eq!(checked("POST", &[("host", "x"), ("sec-fetch-site", site)]), Ok(()), "{site}");
        }
    }
}
