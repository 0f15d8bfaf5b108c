//! Responses: pages with their headers (DSH-05), redirects, and files.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use super::assets::Asset;
use crate::invariant::Invariant;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
);
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

fn empty(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    response
}

/// A page that took this time to write.
pub(super) fn page(status: StatusCode, html: String, time: Duration) -> Response<Bytes> {
    let mut response = empty(status, html.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HTML);
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(REFERRER_POLICY, SAME_ORIGIN);
    headers.insert(CACHE_CONTROL, NO_STORE);
    let time = HeaderValue::from_str(&format!("page;dur={:.1}", time.as_secs_f64() * 1e3));
    if let Some(time) = time.or_report("a number is a valid header") {
        headers.insert(SERVER_TIMING, time);
    }
    response
}

/// A redirect to another address.
pub(super) fn redirect(status: StatusCode, address: &str) -> Response<Bytes> {
    let mut response = empty(status, Bytes::new());
    response.headers_mut().insert(CONTENT_TYPE, HTML);
    response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    if let Some(address) = HeaderValue::from_str(address).or_report("an address is encoded") {
        response.headers_mut().insert(LOCATION, address);
    }
    response
}

/// A file, which never changes at its address.
pub(super) fn asset(asset: &Asset, accepts_gzip: bool) -> Response<Bytes> {
    let body = if accepts_gzip { asset.packed.clone() } else { Bytes::from_static(asset.content) };
    let mut response = empty(StatusCode::OK, body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(CACHE_CONTROL, FOREVER);
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if accepts_gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
