//! The in-process connector: an HTTP client for `aws-sdk-*` that does not need a port.

use std::io;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient as SdkHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::HeaderValue;
use http_body_util::BodyExt;

use crate::call_facts::TEST_HEADER;
use crate::service::Service;
use crate::wire::failure::{BrokenConnection, Failure, HANG, pause};

/// An HTTP client that sends all requests to one emulator, regardless of their host.
#[derive(Clone)]
pub struct HttpClient {
    service: Service,
    /// The tag of the test that makes the calls.
    tag: Option<Arc<str>>,
}

impl HttpClient {
    pub(crate) fn new(service: Service, tag: Option<&str>) -> HttpClient {
        HttpClient { service, tag: tag.map(Arc::from) }
    }
}

impl std::fmt::Debug for HttpClient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HttpClient(securityhub-local)")
    }
}

impl SdkHttpClient for HttpClient {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for HttpClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let HttpClient { service, tag } = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (mut parts, body) = request.into_parts();
            if let Some(tag) = tag {
                let tag = HeaderValue::from_str(&tag).map_err(|error| ConnectorError::user(error.into()))?;
                parts.headers.insert(&TEST_HEADER, tag);
            }
            let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
            let response = service.handle(http::Request::from_parts(parts, body)).await;
            if let Some(failure) = response.extensions().get::<Failure>() {
                fail(*failure).await?;
            }
            let response = response.map(|body: Bytes| SdkBody::from(body));
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Fails like a connection that a fault breaks. A response that arrives slowly succeeds after its time.
async fn fail(failure: Failure) -> Result<(), ConnectorError> {
    let kind = match failure {
        Failure::Dribble(over) => {
            pause(over).await;
            return Ok(());
        }
        Failure::Hang => {
            pause(HANG).await;
            return Err(ConnectorError::timeout(Box::new(BrokenConnection)));
        }
        Failure::Reset => io::ErrorKind::ConnectionReset,
        Failure::Empty | Failure::Truncate => io::ErrorKind::UnexpectedEof,
        Failure::Garbage => io::ErrorKind::InvalidData,
    };
    Err(ConnectorError::io(io::Error::new(kind, BrokenConnection).into()))
}
