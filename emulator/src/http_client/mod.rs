//! A small client of HTTP/1.1 without TLS: URLs ([`HttpUrl`]), connections ([`Connection`]), and requests that are
//! signed like those of AWS clients ([`signature`]).
//!
//! Callers are responsible for retries and time limits.

pub mod signature;

use std::error::Error;

use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// The reason why a request has no response.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A URL of a server without TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl {
    text: String,
    /// Host and port to connect to.
    address: String,
    /// The value of the `Host` header: the host, with the port unless it is the default port.
    host: String,
    /// Path and query.
    path: String,
}

impl HttpUrl {
    /// Reads `http://HOST`, optionally with a port, a path and a query. `expected` describes valid URLs.
    ///
    /// # Errors
    /// A sentence that contains `expected`.
    pub fn read(url: &str, expected: &str) -> Result<HttpUrl, String> {
        let uri = url.parse::<Uri>().map_err(|error| format!("invalid URL {url}: {error}; {expected}"))?;
        if uri.scheme_str() == Some("https") {
            return Err(format!("{url} needs TLS, which is not supported; {expected}"));
        }
        let is_plain = uri.scheme_str() == Some("http");
        let authority = uri.authority().filter(|authority| is_plain && !authority.as_str().contains('@'));
        let authority = authority.ok_or_else(|| format!("invalid URL {url}; {expected}"))?;
        let (name, port) = (authority.host(), authority.port_u16().unwrap_or(80));
        Ok(HttpUrl {
            text: url.to_owned(),
            address: format!("{name}:{port}"),
            host: if port == 80 { name.to_owned() } else { format!("{name}:{port}") },
            path: path(&uri),
        })
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
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

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    address: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects to a host and port. Must be called in a runtime.
    ///
    /// # Errors
    /// The server does not accept connections.
    pub async fn open(address: &str) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(address).await?;
        _ = stream.set_nodelay(true);
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // The task ends when the sender is dropped.
        tokio::spawn(connection);
        Ok(Connection { address: address.to_owned(), sender })
    }

    /// Returns whether the connection leads to this address and can send another request. A server may close a
    /// connection after any response.
    pub async fn can_reach(&mut self, address: &str) -> bool {
        self.address == address && self.sender.ready().await.is_ok()
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

/// Sends a request to a host and port over a new connection. Its `Host` header is set if it is missing.
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
    fn urls_have_a_host_and_no_tls() {
        let read = |url: &str| HttpUrl::read(url, "expected http://HOST:PORT");
        for (url, address, host, path) in [
            ("http://localhost:9000", "localhost:9000", "localhost:9000", "/"),
            ("http://hub/", "hub:80", "hub", "/"),
            ("http://[::1]:1/a/b?c=d", "[::1]:1", "[::1]:1", "/a/b?c=d"),
            ("http://hub?x=1", "hub:80", "hub", "/?x=1"),
        ] {
            let url = read(url).unwrap();
            assert_eq!((url.address(), url.host(), url.path()), (address, host, path));
        }
        assert!(read("http://hub:80/").unwrap().is_root() && !read("http://hub?x=1").unwrap().is_root());
        for url in ["", "localhost:9000", "http://", "http://a:b@localhost", "ftp://h", "/path"] {
            let message = read(url).unwrap_err();
            assert!(message.ends_with("expected http://HOST:PORT"), "{url}: {message}");
        }
        assert!(read("https://hub").unwrap_err().contains("needs TLS"));
    }
}
