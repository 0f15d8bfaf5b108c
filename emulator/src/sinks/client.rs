//! The exchange of HTTP messages with the receiver of a sink.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use tokio::time::timeout;

use crate::http_client::tls::{Trust, Untrusted};
use crate::http_client::{Connection, Failure, HttpUrl};

/// Time limits for the connection and for the response.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Time limit for reading a body that is not needed.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum size of a response, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// The client of one lane. It reuses its connection.
#[derive(Debug)]
pub struct Client {
    trust: Trust,
    connection: Option<Connection>,
}

impl Client {
    /// Creates a client that trusts certificate authorities.
    pub fn new(trust: Trust) -> Client {
        Client { trust, connection: None }
    }

    /// Closes the connection.
    pub fn disconnect(&mut self) {
        self.connection = None;
    }

    /// Sends a request over the open connection, or opens one. A connection is not reused after an error.
    pub async fn exchange(&mut self, url: &HttpUrl, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let mut connection = self.reach(url).await?;
        let response = in_time(url, connection.call(request, ANSWER_LIMIT)).await?;
        self.connection = Some(connection);
        Ok(response)
    }

    /// Like [`Client::exchange`], for receivers that answer with a status only. If the body is long or slow, the connection
    /// is not reused.
    pub async fn send(&mut self, url: &HttpUrl, request: Request<Bytes>) -> Result<StatusCode, String> {
        let mut connection = self.reach(url).await?;
        let (parts, body) = in_time(url, connection.send(request)).await?.into_parts();
        if let Ok(Ok(_)) = timeout(DRAIN_TIMEOUT, Limited::new(body, ANSWER_LIMIT).collect()).await {
            self.connection = Some(connection);
        }
        Ok(parts.status)
    }

    async fn reach(&mut self, url: &HttpUrl) -> Result<Connection, String> {
        if let Some(mut connection) = self.connection.take()
            && connection.can_reach(url).await
        {
            return Ok(connection);
        }
        self.connect(url).await
    }

    async fn connect(&self, url: &HttpUrl) -> Result<Connection, String> {
        let address = url.address();
        let failed = |error: Failure| {
            let advice = if error.is::<Untrusted>() { "; add its authority with `serve --sink-ca FILE`" } else { "" };
            format!("cannot connect to {address}: {error}{advice}")
        };
        match timeout(CONNECT_TIMEOUT, Connection::open_url(url, &self.trust)).await {
            Ok(opened) => opened.map_err(failed),
            Err(_) => {
                Err(format!("{address} did not accept a connection within {} seconds", CONNECT_TIMEOUT.as_secs()))
            }
        }
    }
}

/// Waits for an answer for a limited time.
async fn in_time<A>(url: &HttpUrl, answer: impl Future<Output = Result<A, Failure>>) -> Result<A, String> {
    let address = url.address();
    match timeout(ANSWER_TIMEOUT, answer).await {
        Ok(answer) => answer.map_err(|error| format!("no answer from {address}: {error}")),
        Err(_) => Err(format!("no answer from {address} within {} seconds", ANSWER_TIMEOUT.as_secs())),
    }
}
