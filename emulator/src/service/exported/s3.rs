//! Writes exported objects to an S3 endpoint with signed requests.

use std::borrow::Cow;
use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use tokio::net::TcpStream;

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

type Failure = Box<dyn Error + Send + Sync>;

/// An S3 endpoint with the credentials and the Region to sign requests with.
#[derive(Clone, Debug)]
pub struct S3Endpoint {
    /// Host and port to connect to.
    address: String,
    /// Host, and the port unless it is the default of HTTP, as clients send it.
    host: String,
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
        let uri = url.parse::<Uri>().map_err(|error| format!("invalid URL {url}: {error}; {expected}"))?;
        if uri.scheme_str() == Some("https") {
            return Err(format!("{url} needs TLS, which is not supported; {expected}"));
        }
        let is_plain = uri.scheme_str() == Some("http") && ["", "/"].contains(&uri.path()) && uri.query().is_none();
        let authority = uri.authority().filter(|authority| is_plain && !authority.as_str().contains('@'));
        let authority = authority.ok_or_else(|| format!("invalid URL {url}; {expected}"))?;
        let (name, port) = (authority.host(), authority.port_u16().unwrap_or(80));
        let given = |name: &str| variable(name).filter(|value| !value.is_empty());
        let required = |name: &str| given(name).ok_or_else(|| format!("the environment variable {name} is not set"));
        Ok(S3Endpoint {
            address: format!("{name}:{port}"),
            host: if port == 80 { name.to_owned() } else { format!("{name}:{port}") },
            credentials: Credentials::new(required(KEY)?, required(SECRET)?, given(TOKEN), None, "environment"),
            region: REGIONS.into_iter().find_map(given).unwrap_or_else(|| DEFAULT_REGION.to_owned()),
        })
    }

    /// Writes an object, by bucket and key.
    pub(super) fn put(&self, object: &str, exported: Bytes) -> Result<(), ExportFailure> {
        let unreachable = |error: &dyn std::fmt::Display| {
            ExportFailure::internal(format!("cannot send {object} to the S3 endpoint http://{}: {error}", self.host))
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
        let stream = TcpStream::connect(&self.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let response = sender.send_request(request).await?;
        let status = response.status();
        Ok((status, Limited::new(response.into_body(), RESPONSE_LIMIT).collect().await?.to_bytes()))
    }

    /// A signed request to write an object. The bucket is part of the path, so its name need not be a host name.
    fn signed(&self, object: &str, exported: Bytes, now: SystemTime) -> Result<Request<Full<Bytes>>, Failure> {
        let path = format!("/{}", utf8_percent_encode(object, ENCODED));
        let is_csv = object.rsplit('.').next() == Some("csv");
        let content_type = if is_csv { "text/csv" } else { "application/x-ndjson" };
        // S3 signs the path as it is sent.
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(now)
            .settings(settings)
            .build()?
            .into();
        let headers = [(CONTENT_TYPE.as_str(), content_type)];
        let url = format!("http://{}{path}", self.host);
        let signable = SignableRequest::new("PUT", url, headers.into_iter(), SignableBody::Bytes(&exported))?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        let request = Request::put(path).header(HOST, &self.host).header(CONTENT_TYPE, content_type);
        let mut request = request.body(Full::new(exported))?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
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
        let message = format!("the S3 endpoint http://{} refused {object} with {status}{details}", self.host);
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
