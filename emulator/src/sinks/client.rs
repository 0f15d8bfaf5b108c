//! The exchange of HTTP messages with the receiver of a sink.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::timeout;

use crate::http_client::tls::{Trust, Untrusted};
use crate::http_client::{Connection, Failure, HttpUrl};

/// Time limits for the connection and for the response.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
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
        let mut connection = match self.connection.take() {
            Some(mut connection) => {
                if connection.can_reach(url).await {
                    connection
                } else {
                    self.connect(url).await?
                }
            }
            None => self.connect(url).await?,
        };
        let address = url.address();
        let response = match timeout(ANSWER_TIMEOUT, connection.call(request, ANSWER_LIMIT)).await {
            Ok(response) => response.map_err(|error| format!("no answer from {address}: {error}"))?,
            Err(_) => return Err(format!("no answer from {address} within {} seconds", ANSWER_TIMEOUT.as_secs())),
        };
        self.connection = Some(connection);
        Ok(response)
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
