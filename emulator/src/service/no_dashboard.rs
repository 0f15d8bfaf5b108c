//! Stands in for the dashboard in builds without the feature `dashboard`.

use bytes::Bytes;
use http::{Request, Response};

use super::Service;
use crate::wire::payload::Payload;

impl Service {
    /// No request is answered by the dashboard.
    #[allow(clippy::unused_async, reason = "the dashboard waits for a thread")]
    pub(super) async fn answer_dashboard(&self, _: &Request<Bytes>, _: bool) -> Option<Response<Payload>> {
        None
    }
}
