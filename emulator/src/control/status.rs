//! `GET /_emulator/status`, `GET /_emulator/` and the page for browsers: the content of the emulator, and its paths.
//! `GET /_emulator/caller`: the account of an access key.

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{page, paths, request};
use crate::domain::due;
use crate::domain::overview::{Overview, overview};
use crate::served::ServedWorld;

const HTML: &str = "text/html";
const HTML_WITH_CHARSET: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// The page has styles and nothing else.
const ONLY_STYLES: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
/// The path of the page in the control plane.
const PAGE: &str = "/_emulator/";

/// The content of the served world, with the version of the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Status {
    /// `ok`, or `degraded` after a request has panicked.
    pub status: String,
    /// The version of the program.
    pub version: String,
    /// Whether the emulator verifies the signatures of AWS clients. If it does, clients need an access key of the
    /// scenario.
    #[serde(default)]
    pub verifies_signatures: bool,
    /// The content of the world.
    #[serde(flatten)]
    pub overview: Overview,
}

/// The status of a served world.
pub fn of(served: &ServedWorld) -> Status {
    let world = served.world();
    // The counts match what the next call would see.
    due::run(&world, world.clock.now());
    Status {
        status: if served.last_panic().is_some() { "degraded" } else { "ok" }.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        verifies_signatures: served.verifies_signatures(),
        overview: overview(&world),
    }
}

/// Turns a browser's request for `/` into one for the page. An AWS client does not accept HTML, and it signs its
/// requests.
pub fn route_browser(request: &mut Request<impl Sized>) {
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    let is_root = request.uri().path() == "/" && request.uri().query().is_none();
    let is_signed = request.headers().contains_key(AUTHORIZATION);
    if is_read && is_root && !is_signed && accepts_html(request.headers()) {
        *request.uri_mut() = Uri::from_static(PAGE);
    }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains(HTML))
}

/// Shows the content of the emulator.
pub(super) async fn show(Extension(served): Extension<ServedWorld>, _: request::NoQuery) -> Json<Status> {
    Json(of(&served))
}

/// Lists the paths of the control plane, or shows a page in a browser.
pub(super) async fn index(
    Extension(served): Extension<ServedWorld>,
    _: request::NoQuery,
    headers: HeaderMap,
) -> Response {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:4600");
    let endpoint = format!("http://{host}");
    let paths = paths::listed(&endpoint);
    if !accepts_html(&headers) {
        return Json(json!({ "Paths": paths })).into_response();
    }
    let html = page::render(&of(&served), &endpoint, &paths);
    ([(CONTENT_TYPE, HTML_WITH_CHARSET), (CONTENT_SECURITY_POLICY, ONLY_STYLES)], html).into_response()
}

/// An access key ID.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CallerInput {
    access_key: String,
}

/// The account that calls with an access key belong to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CallerOutput {
    /// The account.
    pub account_id: String,
    /// Whether the access key is an account ID, or is listed in the scenario or returned by AssumeRole.
    pub is_known: bool,
}

/// Returns the account that calls with an access key belong to.
pub(super) async fn caller(
    Extension(served): Extension<ServedWorld>,
    request::QueryOf(input): request::QueryOf<CallerInput>,
) -> Response {
    let world = served.world();
    let (key, now) = (input.access_key.as_str(), world.clock.now());
    let Some(principal) = world.principal(key, served.default_account(), now) else {
        return request::error_response(StatusCode::BAD_REQUEST, "the session of this access key has expired");
    };
    let is_known = key == principal.account.as_str() || world.credential(key, now).is_some();
    Json(CallerOutput { account_id: principal.account.to_string(), is_known }).into_response()
}
