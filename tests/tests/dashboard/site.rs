//! The dashboard of a service in this process.

use std::cell::RefCell;
use std::collections::HashMap;

use bytes::Bytes;
use http::{Request, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use securityhub_fixtures::Operation;
use securityhub_local::service::Settings;
use securityhub_local_tests::client::TestClient;
use serde_json::{Map, Value, json};

use super::document::Document;
use super::forms::token;

const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/");
pub const HOST: &str = "127.0.0.1:4600";

pub struct Site {
    client: RefCell<TestClient>,
    /// Numbers of findings by account, Region and filters.
    counts: RefCell<HashMap<String, u64>>,
}

impl Site {
    /// The dashboard of a scenario, or of an empty world.
    pub fn of(scenario: &str) -> Site {
        let path = format!("{SCENARIOS}{scenario}");
        let scenario = (!scenario.is_empty()).then_some(path.as_str());
        Site::with(Settings::default(), scenario)
    }

    /// The dashboard of a scenario that a test contains.
    pub fn written(scenario: &str) -> Site {
        let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
        std::fs::write(file.path(), scenario).unwrap();
        Site::with(Settings::default(), Some(&file.path().to_string_lossy()))
    }

    pub fn with(settings: Settings, scenario: Option<&str>) -> Site {
        Site { client: RefCell::new(TestClient::new(settings, scenario)), counts: RefCell::default() }
    }

    pub fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.client.borrow().send(request)
    }

    /// A request of a browser.
    pub fn request(method: &str, address: &str, headers: &[(&str, &str)], body: &str) -> Request<Bytes> {
        let mut request = Request::builder().method(method).uri(address).header("host", HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
    }

    pub fn get(&self, address: &str) -> Response<Bytes> {
        self.send(Site::request("GET", address, &[("accept", "text/html")], ""))
    }

    pub fn status(&self, address: &str) -> u16 {
        self.get(address).status().as_u16()
    }

    /// Submits a form.
    pub fn post(&self, address: &str, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
        let headers = [&[("content-type", "application/x-www-form-urlencoded")], headers].concat();
        self.send(Site::request("POST", address, &headers, body))
    }

    /// A page, which must exist.
    pub fn page(&self, address: &str) -> Document {
        let response = self.get(address);
        assert_eq!(response.status(), 200, "{address}");
        Document::new(&text(&response))
    }

    /// Fills in a form of a page and submits it. Returns the response.
    pub fn submit(&self, address: &str, fields: &(impl Fields + ?Sized)) -> Response<Bytes> {
        self.post(address, &[], &format!("token={}&{}", token(&self.page(address)), fields.encoded()))
    }

    /// The same for a form that is accepted. Returns the page that follows.
    pub fn submitted(&self, address: &str, fields: &(impl Fields + ?Sized)) -> Document {
        let response = self.submit(address, fields);
        assert_eq!(response.status(), 303, "{address} {}: {}", fields.encoded(), text(&response));
        self.page(header(&response, "location"))
    }

    /// The same for a form that is refused. Returns the page with the form.
    pub fn refused(&self, address: &str, fields: &(impl Fields + ?Sized)) -> Document {
        let response = self.submit(address, fields);
        assert_eq!(response.status(), 422, "{address} {}: {}", fields.encoded(), text(&response));
        Document::new(&text(&response))
    }

    pub fn control(&self, address: &str) -> Value {
        serde_json::from_slice(self.send(Site::request("GET", address, &[], "")).body()).unwrap()
    }

    /// Calls an operation as an account in a Region.
    pub fn call(&self, account: &str, region: &str, operation: Operation, input: &Value) -> (u16, Value) {
        let mut client = self.client.borrow_mut();
        (client.account, client.region) = (account.to_owned(), region.to_owned());
        client.call(operation, input)
    }

    /// The number of findings that GetFindings returns for filters, all pages together.
    pub fn findings(&self, account: &str, region: &str, filters: &Map<String, Value>) -> u64 {
        let key = format!("{account} {region} {}", Value::Object(filters.clone()));
        if let Some(known) = self.counts.borrow().get(&key) {
            return *known;
        }
        let (mut count, mut token) = (0, Value::Null);
        loop {
            let mut input = json!({ "Filters": filters, "MaxResults": 100 });
            if !token.is_null() {
                input["NextToken"] = token;
            }
            let (status, body) = self.call(account, region, Operation::GetFindings, &input);
            assert_eq!(status, 200, "{filters:?}: {body}");
            count += body["Findings"].as_array().unwrap().len() as u64;
            token = body["NextToken"].clone();
            if token.is_null() {
                self.counts.borrow_mut().insert(key, count);
                return count;
            }
        }
    }
}

/// The fields of a form: pairs, or a text that is encoded already.
pub trait Fields {
    fn encoded(&self) -> String;
}

impl Fields for str {
    fn encoded(&self) -> String {
        self.to_owned()
    }
}

impl Fields for [(&str, &str)] {
    fn encoded(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let pairs = self.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

impl<const N: usize> Fields for [(&str, &str); N] {
    fn encoded(&self) -> String {
        self.as_slice().encoded()
    }
}

impl Fields for Vec<(&str, &str)> {
    fn encoded(&self) -> String {
        self.as_slice().encoded()
    }
}

impl Fields for String {
    fn encoded(&self) -> String {
        self.clone()
    }
}

pub fn text(response: &Response<Bytes>) -> String {
    String::from_utf8(response.body().to_vec()).unwrap()
}

pub fn header<'r>(response: &'r Response<Bytes>, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

pub fn assert_page_headers(address: &str, response: &Response<Bytes>) {
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        (
            "content-security-policy",
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(header(response, name), value, "{address}: {name}");
    }
    let timing = header(response, "server-timing").strip_prefix("page;dur=").unwrap();
    assert!(timing.parse::<f64>().is_ok(), "{address}: {timing}");
    let is_cors = |name: &http::HeaderName| name.as_str().starts_with("access-control");
    assert!(!response.headers().keys().any(is_cors), "{address}");
}
