//! `GET /_emulator/status`, `GET /_emulator/` and the page for browsers: the content of the emulator, and its paths.
//! `GET /_emulator/caller`: the account of an access key.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_SECURITY_POLICY, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::api::answer::response;
use super::api::{Answer, Call, Json, Nothing, Refusal};
use super::{page, routes};
use crate::domain::due;
use crate::domain::overview::{Overview, overview};
use crate::served::ServedWorld;
use crate::wire::payload::Payload;

const HTML: &str = "text/html";
const HTML_WITH_CHARSET: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
/// The page has styles and nothing else.
const ONLY_STYLES: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
/// The path of the page in the control plane.
const PAGE: &str = "/_emulator/";

/// The content of the served world, with the version of the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Status {
    /// `ok`, or `degraded` after a request has panicked.
    pub status: String,
    /// The version of the program.
    pub version: String,
    /// True if the emulator verifies the signatures of AWS clients. If it does, clients need an access key of the
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
pub(super) fn show(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Status>, Refusal> {
    Ok(Json(of(call.served)))
}

/// The routes as JSON, or a page for a browser.
pub(super) enum Index {
    List(RouteList),
    Page(String),
}

/// The routes of the control plane.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RouteList {
    paths: Vec<RouteRow>,
}

/// A route with an example.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct RouteRow {
    method: String,
    path: String,
    purpose: String,
    /// A command line.
    example: String,
}

impl Answer for Index {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<RouteList>()
    }

    fn respond(self) -> Response<Payload> {
        match self {
            Index::List(list) => Json(list).respond(),
            Index::Page(html) => {
                let mut page = response(StatusCode::OK, HTML_WITH_CHARSET, html.into());
                page.headers_mut().insert(CONTENT_SECURITY_POLICY, ONLY_STYLES);
                page
            }
        }
    }
}

/// Lists the paths of the control plane, or shows a page in a browser.
pub(super) fn index(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Index, Refusal> {
    let host = call.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1:4600");
    let endpoint = format!("http://{host}");
    let routes = routes::all();
    if accepts_html(call.headers) {
        return Ok(Index::Page(page::render(&of(call.served), &endpoint, routes)));
    }
    let row = |route: &super::api::Route| RouteRow {
        method: route.method.to_string(),
        path: route.path.to_owned(),
        purpose: route.purpose.to_owned(),
        example: route.curl(&endpoint),
    };
    Ok(Index::List(RouteList { paths: routes.iter().map(row).collect() }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CallerInput {
    /// An access key ID.
    access_key: String,
}

/// The account that calls with an access key belong to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct CallerOutput {
    /// The account.
    pub account_id: String,
    /// True if the access key is an account ID, or is listed in the scenario or returned by AssumeRole.
    pub is_known: bool,
}

/// Returns the account that calls with an access key belong to.
pub(super) fn caller(call: &Call<'_>, input: CallerInput, _: Nothing) -> Result<Json<CallerOutput>, Refusal> {
    let world = call.served.world();
    let (key, now) = (input.access_key.as_str(), world.clock.now());
    let principal = world.principal(key, call.served.default_account(), now);
    let principal = principal.ok_or_else(|| Refusal::from("the session of this access key has expired"))?;
    let is_known = key == principal.account.as_str() || world.credential(key, now).is_some();
    Ok(Json(CallerOutput { account_id: principal.account.to_string(), is_known }))
}
