//! Writes exported objects to an S3 endpoint with signed requests.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

use crate::http_client::signature::{self, Scope};
use crate::http_client::{self, Failure, HttpUrl};
use crate::state::ExportFailure;

/// The characters of an object that are encoded in the path of its URL.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// Time limit for a request. Calls that read a job wait for its request.
const TIMEOUT: Duration = Duration::from_mins(1);
/// Maximum size of a response, in bytes.
const RESPONSE_LIMIT: usize = 64 * 1024;

const KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN: &str = "AWS_SESSION_TOKEN";
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];
const DEFAULT_REGION: &str = "us-east-1";

/// An S3 endpoint with the credentials and the Region to sign requests with.
#[derive(Clone, Debug)]
pub struct S3Endpoint {
    url: HttpUrl,
    credentials: Credentials,
    region: String,
}

impl S3Endpoint {
    /// The endpoint with this URL, with credentials and Region from the environment variables of AWS clients.
    ///
    /// # Errors
    /// A message that names the expected form of the URL, or a missing variable.
    pub fn new(url: &str, variable: impl Fn(&str) -> Option<String>) -> Result<S3Endpoint, String> {
        let expected = "expected a URL of the form http://HOST:PORT, such as http://127.0.0.1:9000";
        let endpoint = HttpUrl::read(url, expected)?;
        if endpoint.is_encrypted() {
            return Err(format!("{url} needs TLS, which is not supported; {expected}"));
        }
        if !endpoint.is_root() {
            return Err(format!("invalid URL {url}; {expected}"));
        }
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let required = |name: &str| given(name).ok_or_else(|| format!("the environment variable {name} is not set"));
        Ok(S3Endpoint {
            url: endpoint,
            credentials: Credentials::new(required(KEY)?, required(SECRET)?, given(TOKEN), None, "environment"),
            region: REGIONS.into_iter().find_map(given).unwrap_or_else(|| DEFAULT_REGION.to_owned()),
        })
    }

    /// Writes an object, by bucket and key.
    pub(super) fn put(&self, object: &str, exported: Bytes) -> Result<(), ExportFailure> {
        let unreachable = |error: &dyn std::fmt::Display| {
            ExportFailure::internal(format!(
                "cannot send {object} to the S3 endpoint http://{}: {error}",
                self.url.host()
            ))
        };
        // The caller may be a thread of another runtime, in which no second runtime can be entered.
        let answer = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async {
                    let sent = tokio::time::timeout(TIMEOUT, self.send(object, exported)).await;
                    sent.unwrap_or_else(|_| Err(format!("no response within {} seconds", TIMEOUT.as_secs()).into()))
                })
            });
            thread.join().unwrap_or_else(|_| Err("the request has panicked".into()))
        });
        let (status, body) = answer.map_err(|error| unreachable(&error))?;
        if status.is_success() { Ok(()) } else { Err(self.refusal(object, status, &body)) }
    }

    async fn send(&self, object: &str, exported: Bytes) -> Result<(StatusCode, Bytes), Failure> {
        let request = self.signed(object, exported, SystemTime::now())?;
        let response = http_client::call(self.url.address(), request, RESPONSE_LIMIT).await?;
        Ok((response.status(), response.into_body()))
    }

    /// A signed request to write an object. The bucket is part of the path, so its name need not be a host name.
    fn signed(&self, object: &str, exported: Bytes, now: SystemTime) -> Result<Request<Bytes>, Failure> {
        let path = format!("/{}", utf8_percent_encode(object, ENCODED));
        let is_csv = object.rsplit('.').next() == Some("csv");
        let content_type = if is_csv { "text/csv" } else { "application/x-ndjson" };
        let request = Request::put(path).header(CONTENT_TYPE, content_type).body(exported)?;
        let scope = Scope { service: "s3", region: &self.region };
        signature::sign(request, self.url.host(), scope, &self.credentials, now)
    }

    /// The failure of a job whose object the endpoint does not accept.
    fn refusal(&self, object: &str, status: StatusCode, body: &[u8]) -> ExportFailure {
        let code = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "ACCESS_DENIED",
            StatusCode::NOT_FOUND => "RESOURCE_NOT_FOUND",
            _ => "INTERNAL_ERROR",
        };
        let details = [element(body, "Code"), element(body, "Message")].map(Option::unwrap_or_default).join(": ");
        let details = details.trim_matches([':', ' ']);
        let details = if details.is_empty() { String::new() } else { format!(" ({details})") };
        let message = format!("the S3 endpoint http://{} refused {object} with {status}{details}", self.url.host());
        ExportFailure { code, message }
    }
}

/// The text of the first element with a name.
fn element(xml: &[u8], name: &str) -> Option<String> {
    let mut reader = Reader::from_reader(xml);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if start.local_name().as_ref() == name => {
                let text = reader.read_text(start.name()).ok()?.into_inner();
                return Some(unescape(&text).map_or_else(|_| text.to_string(), Cow::into_owned));
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}
