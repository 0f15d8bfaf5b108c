//! The dashboard for browsers, `/_emulator/ui/`: pages that show the world as an account sees it in a Region, and the
//! call behind everything that they show.
//!
//! A request takes this path: [`view`] reads its address, [`routes`] finds its page, the page in [`pages`] reads
//! through its [`page::Context`] and returns its content, and [`layout`] writes what surrounds it. [`backend`] is the only
//! connection to operations and the control plane. Shared parts: texts of values ([`text`]), members of answers
//! ([`answer`]), filters in addresses ([`chips`]), calls as commands ([`call`]), charts ([`chart`], [`timeline`]), forms
//! with their checks ([`forms`]) and options ([`select`]), the form that changes findings ([`triage`]), messages about
//! what was done ([`messages`]) and about what failed ([`failures`]), pages of tables ([`paging`]), rows that arrive
//! while a page is open ([`live`]), and files for browsers ([`assets`]). Templates share the macros of `ui.html`.
//!
//! No rule of Security Hub belongs here: what a page needs to know, it asks operations, the domain or the control plane.
//! Nothing of a view is stored on the server except messages, which are shown once.

pub mod answer;
pub mod assets;
pub mod backend;
pub mod call;
pub mod chart;
pub mod chips;
pub mod custom_actions;
pub mod failures;
mod fit;
pub mod forms;
pub mod governed;
pub mod layout;
pub mod live;
pub mod messages;
pub mod page;
pub mod pages;
pub mod paging;
mod response;
pub mod routes;
pub mod scores;
pub mod select;
pub mod template;
pub mod text;
pub mod timeline;
pub mod triage;
pub mod view;

use std::time::Instant;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use securityhub_fixtures::Operation;
use serde_json::json;

use backend::Backend;
use call::Call;
use forms::{Form, Rejection, Secret};
use layout::Frame;
use live::Streams;
use messages::{Message, Messages};
use page::{Content, Context, Done, PageError, Route};
use response::{asset, page as page_response, redirect};
use view::{Place, Query, ROOT, View};

use crate::state::{AccountId, Region};
use crate::wire::site::{self, Arrival};

/// The state of the dashboard of a service.
#[derive(Default)]
pub struct Dashboard {
    secret: Secret,
    messages: Messages,
    /// The streams of pages that follow events.
    pub streams: Streams,
}

/// Returns whether a request for `/` comes from a browser. Clients of AWS do not accept HTML, and they sign their requests.
pub fn is_browser_at_root<B>(request: &Request<B>) -> bool {
    let (uri, headers) = (request.uri(), request.headers());
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    // Clients of services with the query protocol name their operation in `Action`.
    let is_of_client = |name: &str| name == "Action" || name.to_ascii_lowercase().starts_with("x-amz-");
    let query = Query::parse(uri.query().unwrap_or_default());
    let is_call = query.pairs().any(|(name, _)| is_of_client(name));
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let accepts_html = accepted.any(|value| value.contains("text/html"));
    is_read && uri.path() == "/" && !is_call && !headers.contains_key(AUTHORIZATION) && accepts_html
}

/// The response that redirects a browser from `/` to the dashboard.
pub fn to_dashboard() -> Response<Bytes> {
    redirect(StatusCode::FOUND, ROOT)
}

/// Answers a request for a path of the dashboard.
pub fn handle(dashboard: &Dashboard, backend: &dyn Backend, request: &Request<Bytes>) -> Response<Bytes> {
    let started = Instant::now();
    let exchange = Exchange { dashboard, backend, request, started };
    let mut response = exchange.answer();
    if request.method() == Method::HEAD {
        *response.body_mut() = Bytes::new();
    }
    response
}

/// A request while it is answered.
struct Exchange<'e> {
    dashboard: &'e Dashboard,
    backend: &'e dyn Backend,
    request: &'e Request<Bytes>,
    started: Instant,
}

/// Messages that are shown above the content of a page.
#[derive(Clone, Copy, Default)]
struct Notices<'a> {
    message: Option<&'a Message>,
    alert: Option<(&'a str, Option<&'a str>)>,
}

impl Exchange<'_> {
    fn answer(&self) -> Response<Bytes> {
        let reads = [Method::GET, Method::HEAD].contains(self.request.method());
        let place = Place::of(self.request.uri().path());
        let may_write = matches!(place, Place::Page(..)) && self.request.method() == Method::POST;
        if !reads && !may_write {
            let route = if let Place::Page(_, _, page) = place { routes::find(page) } else { None };
            return self.wrong_method(&self.start(), route);
        }
        match place {
            Place::Start => redirect(StatusCode::FOUND, &self.start().address()),
            Place::Switch => self.switch(),
            Place::Incomplete => {
                let query = self.query().text();
                redirect(StatusCode::FOUND, &format!("{}/{query}", self.request.uri().path()))
            }
            Place::Asset(hash, name) => match assets::find(hash, name) {
                Some(found) => asset(found, accepts_gzip(self.request.headers())),
                None => self.not_found(&self.start(), "This version of the program has no file at this address.", &[]),
            },
            Place::Page(account, region, page) => self.page(account, region, page),
            Place::Unknown => self.not_found(&self.start(), "The dashboard has no page at this address.", &[]),
        }
    }

    fn query(&self) -> Query {
        Query::parse(self.request.uri().query().unwrap_or_default())
    }

    fn start(&self) -> View {
        view::start(&self.backend.world(), self.backend.default_account(), &self.backend.default_region())
    }

    /// The address of this program.
    fn endpoint(&self) -> String {
        let arrival = self.request.extensions().get::<Arrival>();
        let scheme = if arrival.is_some_and(|arrival| arrival.is_encrypted) { "https" } else { "http" };
        if let Some(authority) = site::authority(self.request.uri(), self.request.headers()) {
            return format!("{scheme}://{authority}");
        }
        // HTTP/1.0 does not require the header `Host`.
        match arrival.and_then(|arrival| arrival.local) {
            Some(local) => format!("{scheme}://{local}"),
            None => format!("{scheme}://127.0.0.1:4600"),
        }
    }

    /// Redirects from the form `Switch` to the same page, as another account sees it.
    fn switch(&self) -> Response<Bytes> {
        let (query, world) = (self.query(), self.backend.world());
        let field = |name: &str| query.first(name).unwrap_or_default().trim();
        let from = field("from").split_once('/').and_then(|(account, region)| {
            Some(View::of(view::account(account).ok()?, view::region(&world, region).ok()?))
        });
        let from = from.unwrap_or_else(|| self.start());
        let (page, query) = field("to").split_once('?').unwrap_or((field("to"), ""));
        let page = if routes::find(page).is_some() { page } else { "" };
        let account = layout::account_named(&world, field("account"));
        let region = view::region(&world, &field("region").to_ascii_lowercase());
        let (known_account, known_region) = (account.as_ref().ok(), region.as_ref().ok());
        let to = View::of(*known_account.unwrap_or(&from.account), known_region.unwrap_or(&from.region).clone())
            .to(page, Query::parse(query));
        match (&account, &region) {
            (Ok(_), Ok(_)) => redirect(StatusCode::FOUND, &to.address()),
            (Err(sentence), _) | (_, Err(sentence)) => self.not_found_near(&to, sentence),
        }
    }

    fn page(&self, account: &str, region: &str, page: &str) -> Response<Bytes> {
        let query = self.query();
        let number = query.first(messages::NAME).unwrap_or_default().to_owned();
        let query = query.without(messages::NAME);
        let (account, region) = match self.owner(account, region) {
            Ok(owner) => owner,
            Err((near, sentence)) => return self.not_found_near(&near.to(page, query), &sentence),
        };
        let view = View::of(account, region).to(page, query);
        let Some(route) = routes::find(page) else {
            return self.not_found_near(&view, &format!("The dashboard has no page `{page}`."));
        };
        if self.request.method() == Method::POST {
            return self.act(&view, route);
        }
        // A message is shown once, and the response to HEAD has no body.
        let is_shown = self.request.method() != Method::HEAD;
        let message = if is_shown { self.dashboard.messages.take(&view, &number) } else { None };
        self.show(&view, route, Notices { message: message.as_ref(), ..Notices::default() }, None)
    }

    /// The account and the Region of an address. An error is the nearest view that exists, and a sentence.
    fn owner(&self, account: &str, region: &str) -> Result<(AccountId, Region), (View, String)> {
        let world = self.backend.world();
        let (account, known) = (view::account(account), view::region(&world, region));
        if let (Ok(account), Ok(region)) = (&account, &known) {
            return Ok((*account, region.clone()));
        }
        // Names of Regions are in lower case.
        let near = known.clone().or_else(|_| view::region(&world, &region.to_ascii_lowercase())).ok();
        let start = self.start();
        let sentence = account.as_ref().err().or(known.as_ref().err()).cloned().unwrap_or_default();
        Err((View::of(account.unwrap_or(start.account), near.unwrap_or(start.region)), sentence))
    }

    /// Shows a page, or the reason why it cannot be shown.
    fn show(&self, view: &View, route: &Route, notices: Notices<'_>, form: Option<&Form>) -> Response<Bytes> {
        let context = self.context(view);
        let context = match form {
            Some(form) => context.with_typed(form),
            None => context,
        };
        let refused = if notices.alert.is_some() { Some(StatusCode::UNPROCESSABLE_ENTITY) } else { None };
        match (route.show)(&context) {
            Ok(page) => {
                let missing = page.is_missing.then_some(StatusCode::NOT_FOUND);
                let invalid = page.alert.is_some().then_some(StatusCode::BAD_REQUEST);
                self.respond(refused.or(missing).or(invalid).unwrap_or(StatusCode::OK), view, &page, notices)
            }
            Err(page_error) => self.show_error(&context, route, &page_error, notices),
        }
    }

    fn context<'v>(&'v self, view: &'v View) -> Context<'v> {
        Context::new(self.backend, view, self.dashboard.secret.token(view), self.endpoint())
    }

    /// Shows why a page cannot be shown.
    fn show_error(
        &self,
        context: &Context<'_>,
        route: &Route,
        page_error: &PageError,
        notices: Notices<'_>,
    ) -> Response<Bytes> {
        let view = context.view;
        let heading = route.heading();
        match page_error {
            PageError::Refused { sentence, code, call, .. } => {
                let is_off = !context.world.relations().is_on(&view.hub_key());
                let body = if is_off { layout::without_hub(context) } else { String::new() };
                let page = Content { heading, body, calls: vec![(**call).clone()], ..Content::default() };
                let alert = notices.alert.or(Some((sentence, code.as_deref())));
                let was_refused = notices.alert.is_some();
                let status = if was_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
                self.respond(status, view, &page, Notices { alert, ..notices })
            }
            PageError::Invalid(sentence) => {
                let page = Content { heading, ..layout::missing("", &[way_on(view, route)]) };
                let alert = Some((sentence.as_str(), None));
                self.respond(StatusCode::BAD_REQUEST, view, &page, Notices { alert, ..notices })
            }
            PageError::NotFound { sentence, instead } => {
                self.not_found(view, sentence, std::slice::from_ref(&**instead))
            }
            PageError::Moved(to) => redirect(StatusCode::FOUND, &to.address()),
        }
    }

    /// Carries out the action of a form.
    fn act(&self, view: &View, route: &Route) -> Response<Bytes> {
        let form = match forms::read(&self.dashboard.secret, view, self.request) {
            Ok(form) => form,
            Err(rejection) => return self.reject(view, &rejection),
        };
        let context = self.context(view);
        let done = if form.field("action") == "enable-hub" {
            enable_hub(&context)
        } else {
            match route.act {
                Some(act) => act(&context, &form),
                None => return self.wrong_method(view, None),
            }
        };
        match done {
            Ok(Done { message, next }) => {
                let next = next.unwrap_or_else(|| view.clone());
                let number = self.dashboard.messages.put(&next, message);
                let query = next.query.clone().with(messages::NAME, &number);
                redirect(StatusCode::SEE_OTHER, &next.to(&next.page.clone(), query).address())
            }
            Err(page_error) => self.refused(view, route, &form, &page_error),
        }
    }

    /// Shows a form again after its action was refused, with what was typed.
    fn refused(&self, view: &View, route: &Route, form: &Form, page_error: &PageError) -> Response<Bytes> {
        let (sentence, code) = match page_error {
            PageError::Refused { sentence, code, status, .. } => {
                let code = code.as_ref().map_or_else(|| status.to_string(), |code| format!("{code} ({status})"));
                (sentence.as_str(), Some(code))
            }
            PageError::Invalid(sentence) | PageError::NotFound { sentence, .. } => (sentence.as_str(), None),
            PageError::Moved(to) => return redirect(StatusCode::SEE_OTHER, &to.address()),
        };
        let alert = Some((sentence, code.as_deref()));
        self.show(view, route, Notices { alert, ..Notices::default() }, Some(form))
    }

    fn reject(&self, view: &View, rejection: &Rejection) -> Response<Bytes> {
        let (status, heading, sentence) = match rejection {
            Rejection::Unreadable(reason) => (StatusCode::BAD_REQUEST, "Invalid form", *reason),
            Rejection::Foreign(reason) => (StatusCode::FORBIDDEN, "Refused", *reason),
            Rejection::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "Too large", "The form is too large (at most 6 MiB).")
            }
        };
        let content = layout::missing(sentence, &[("Back to the page".to_owned(), view.clone())]);
        self.respond(status, view, &Content { heading: heading.to_owned(), ..content }, Notices::default())
    }

    fn not_found(&self, view: &View, sentence: &str, links: &[(String, View)]) -> Response<Bytes> {
        let own = [(format!("Overview of {} in {}", view.account, view.region), view.to("", Query::default()))];
        let content = layout::missing(sentence, if links.is_empty() { &own } else { links });
        self.respond(StatusCode::NOT_FOUND, view, &content, Notices::default())
    }

    /// The same for a view of which only a part exists, with a link to the nearest one. The form `Switch` keeps its page
    /// and its query.
    fn not_found_near(&self, view: &View, sentence: &str) -> Response<Bytes> {
        let overview = view.to("", Query::default());
        let mut links = vec![(format!("Overview of {} in {}", view.account, view.region), overview.clone())];
        let page = view.page.trim_end_matches('/');
        let Some(route) = routes::find(page) else { return self.not_found(&overview, sentence, &links) };
        let near = view.to(page, view.query.clone());
        if near != overview {
            links.insert(0, (format!("{} of {} in {}", route.heading(), near.account, near.region), near.clone()));
        }
        self.not_found(&near, sentence, &links)
    }

    /// Refuses a method. `route` is the page of the address, which may take forms.
    fn wrong_method(&self, view: &View, route: Option<&Route>) -> Response<Bytes> {
        let sentence = format!("This address does not support {}.", self.request.method());
        let content = layout::missing(&sentence, &[("Overview".to_owned(), view.to("", Query::default()))]);
        let content = Content { heading: "Not supported".to_owned(), ..content };
        let mut response = self.respond(StatusCode::METHOD_NOT_ALLOWED, view, &content, Notices::default());
        // Every page takes the form that enables the hub.
        let allowed = if route.is_some() { "GET, HEAD, POST" } else { "GET, HEAD" };
        response.headers_mut().insert(http::header::ALLOW, http::HeaderValue::from_static(allowed));
        response
    }

    fn respond(&self, status: StatusCode, view: &View, content: &Content, notices: Notices<'_>) -> Response<Bytes> {
        let (world, endpoint) = (self.backend.world(), self.endpoint());
        let Notices { message, alert } = notices;
        let frame = Frame { view, world: &world, routes: routes::all(), endpoint: &endpoint, message, alert };
        let mut html = fit::fit(layout::write(&frame, content));
        // A value may contain this character, but HTML may not.
        if html.contains('\0') {
            html = html.replace('\0', "\u{fffd}");
        }
        page_response(status, html, self.started.elapsed())
    }
}

/// A link from a page whose query is invalid: the same page without the rest of the query, or else the overview.
fn way_on(view: &View, route: &Route) -> (String, View) {
    let object = view.of_object();
    if object.query == view.query {
        return (format!("Overview of {} in {}", view.account, view.region), view.to("", Query::default()));
    }
    (format!("Back to {}", route.heading()), object)
}

/// The action of the form that every page shows while the hub is off.
fn enable_hub(context: &Context<'_>) -> Result<Done, PageError> {
    let call = Call::api(Operation::EnableSecurityHub, json!({}));
    context.send(&call)?;
    Ok(Message::new("Security Hub is enabled.", vec![call]).into())
}

/// Returns whether a client accepts gzip.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.split(',').any(|coding| coding.split(';').next().is_some_and(|it| it.trim() == "gzip")))
}
