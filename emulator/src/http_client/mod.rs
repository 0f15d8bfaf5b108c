//! A small client of HTTP/1.1: URLs ([`HttpUrl`]), connections ([`Connection`]) with and without TLS ([`tls`]), and
//! requests that are signed like those of AWS clients ([`signature`]).
//!
//! Callers are responsible for retries and time limits.

pub mod signature;
pub mod tls;

use std::error::Error;
use std::io;

use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use tls::Trust;

/// The reason why a request has no response.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A URL of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl {
    text: String,
    is_encrypted: bool,
    /// Host and port to connect to.
    address: String,
    /// The value of the `Host` header: the host, with the port unless it is the default port.
    host: String,
    /// Path and query.
    path: String,
}

impl HttpUrl {
    /// Reads `http://HOST` or `https://HOST`, optionally with a port, a path and a query. `expected` describes valid URLs.
    ///
    /// # Errors
    /// A sentence that contains `expected`.
    pub fn read(url: &str, expected: &str) -> Result<HttpUrl, String> {
        let uri = url.parse::<Uri>().map_err(|error| format!("invalid URL {url}: {error}; {expected}"))?;
        let is_encrypted = uri.scheme_str() == Some("https");
        let has_scheme = is_encrypted || uri.scheme_str() == Some("http");
        let authority = uri.authority().filter(|_| has_scheme);
        let authority = authority.ok_or_else(|| format!("invalid URL {url}; {expected}"))?;
        if let Some((_, address)) = authority.as_str().rsplit_once('@') {
            // The message does not repeat the password.
            return Err(format!("the URL for {address} contains a user name, which is not supported; {expected}"));
        }
        // The URI parser accepts any digits after the colon.
        let has_port = authority.as_str().strip_prefix(authority.host()).is_some_and(|port| port.len() > 1);
        if has_port && authority.port_u16().is_none() {
            return Err(format!("invalid URL {url}: the port is not a number from 0 to 65535; {expected}"));
        }
        let default = if is_encrypted { 443 } else { 80 };
        let (name, port) = (authority.host(), authority.port_u16().unwrap_or(default));
        Ok(HttpUrl {
            text: url.to_owned(),
            is_encrypted,
            address: format!("{name}:{port}"),
            host: if port == default { name.to_owned() } else { format!("{name}:{port}") },
            path: path(&uri),
        })
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether the URL begins with `https`.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// Host and port to connect to.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The value of the `Host` header.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Path and query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The host without the port.
    fn name(&self) -> &str {
        self.address.rsplit_once(':').map_or("", |(name, _)| name)
    }

    /// Returns whether the URL has neither a path nor a query.
    pub fn is_root(&self) -> bool {
        self.path == "/"
    }
}

/// Returns the path and the query, as a request line contains them.
fn path(uri: &Uri) -> String {
    match uri.path_and_query().map_or("/", PathAndQuery::as_str) {
        query if query.starts_with('?') => format!("/{query}"),
        path => path.to_owned(),
    }
}

/// A connection with or without TLS. One type for both avoids compiling the HTTP client twice.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    address: String,
    is_encrypted: bool,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects to a host and port without TLS. Must be called in a runtime.
    ///
    /// # Errors
    /// The server does not accept connections.
    pub async fn open(address: &str) -> Result<Connection, Failure> {
        let stream = connect(address).await?;
        Connection::begin(Box::new(stream), address, false).await
    }

    /// Connects to the server of a URL, with TLS if it begins with `https`. Must be called in a runtime.
    ///
    /// # Errors
    /// The server does not accept connections, or its certificate is not trusted ([`tls::Untrusted`]).
    pub async fn open_url(url: &HttpUrl, trust: &Trust) -> Result<Connection, Failure> {
        let stream = connect(&url.address).await?;
        let stream: Box<dyn Stream> =
            if url.is_encrypted { Box::new(trust.connect(url.name(), stream).await?) } else { Box::new(stream) };
        Connection::begin(stream, &url.address, url.is_encrypted).await
    }

    async fn begin(stream: Box<dyn Stream>, address: &str, is_encrypted: bool) -> Result<Connection, Failure> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // The task ends when the sender is dropped.
        tokio::spawn(connection);
        Ok(Connection { address: address.to_owned(), is_encrypted, sender })
    }

    /// Returns whether the connection leads to the server of a URL and can send another request. A server may close a
    /// connection after any response.
    pub async fn can_reach(&mut self, url: &HttpUrl) -> bool {
        let is_same = self.address == url.address && self.is_encrypted == url.is_encrypted;
        is_same && self.sender.ready().await.is_ok()
    }

    /// Sends a request and returns the response, without waiting for its body.
    ///
    /// # Errors
    /// The server does not respond.
    pub async fn send(&mut self, request: Request<Bytes>) -> Result<Response<Incoming>, Failure> {
        self.sender.ready().await?;
        Ok(self.sender.send_request(request.map(Full::new)).await?)
    }

    /// Sends a request and returns the whole response, whose body has at most `limit` bytes.
    ///
    /// # Errors
    /// The server does not respond, or the body is longer.
    pub async fn call(&mut self, request: Request<Bytes>, limit: usize) -> Result<Response<Bytes>, Failure> {
        let (parts, body) = self.send(request).await?.into_parts();
        Ok(Response::from_parts(parts, Limited::new(body, limit).collect().await?.to_bytes()))
    }
}

async fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Sends a request to a host and port over a new connection without TLS. Its `Host` header is set if it is missing.
///
/// # Errors
/// The errors of [`Connection::open`] and [`Connection::call`].
pub async fn call(address: &str, mut request: Request<Bytes>, limit: usize) -> Result<Response<Bytes>, Failure> {
    if !request.headers().contains_key(HOST) {
        request.headers_mut().insert(HOST, HeaderValue::from_str(address)?);
    }
    Connection::open(address).await?.call(request, limit).await
}

#[cfg(test)]
mod tests {
    use super::HttpUrl;

    #[test]
    fn urls_have_a_scheme_and_a_host() {
        let read = |url: &str| HttpUrl::read(url, "expected http://HOST:PORT");
        for (url, address, host, path) in [
            ("http://localhost:9000", "localhost:9000", "localhost:9000", "/"),
            ("http://hub/", "hub:80", "hub", "/"),
            ("http://[::1]:1/a/b?c=d", "[::1]:1", "[::1]:1", "/a/b?c=d"),
            ("http://hub?x=1", "hub:80", "hub", "/?x=1"),
            ("https://hub/x", "hub:443", "hub", "/x"),
            ("https://hub:80", "hub:80", "hub:80", "/"),
        ] {
            let read = read(url).unwrap();
            assert_eq!((read.address(), read.host(), read.path()), (address, host, path));
            assert_eq!(read.is_encrypted(), url.starts_with("https"));
        }
        assert!(read("http://hub:80/").unwrap().is_root() && !read("http://hub?x=1").unwrap().is_root());
        for url in ["", "localhost:9000", "http://", "http://a:b@localhost", "ftp://h", "/path"] {
            let message = read(url).unwrap_err();
            assert!(message.ends_with("expected http://HOST:PORT"), "{url}: {message}");
            assert!(!message.contains("a:b"), "{message}");
        }
    }
}
