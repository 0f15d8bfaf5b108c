//! Calls with the tag of a test, so that tests that run in parallel can share an emulator (CPL-30).

use std::time::Duration;

use serde_json::Value;

use super::{Emulator, EventFilter, FaultGuard, Messages, RequestFilter, StreamFilter, Unverified, Verified, Verify};
use crate::call_facts::TEST_HEADER;
use crate::control;
use crate::journal::RecordedCall;
use crate::state::Fault;

/// An emulator as one test sees it: the calls that have the tag of the test, and their events ([`Emulator::tagged`]).
#[derive(Clone, Copy)]
pub struct Tagged<'e> {
    emulator: &'e Emulator,
    tag: &'e str,
}

impl Emulator {
    /// Selects the calls and events of one test. A tag has 1 to 128 letters, digits and characters of `._:/-`.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use securityhub_local::{Emulator, Verify};
    ///
    /// let emulator = Emulator::start().await?;
    /// let test = emulator.tagged("triage-closes-findings");
    /// // give test.http_client() to aws-sdk-securityhub, or send test.header() with each request
    /// test.verify(&Verify::operation("BatchUpdateFindings").times(0)).await?;
    /// assert!(test.events()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn tagged<'e>(&'e self, tag: &'e str) -> Tagged<'e> {
        Tagged { emulator: self, tag }
    }
}

impl<'e> Tagged<'e> {
    /// The tag.
    pub fn tag(&self) -> &'e str {
        self.tag
    }

    /// The name and the value of the header that gives the tag to a request.
    pub fn header(&self) -> (&'static str, &'e str) {
        (TEST_HEADER.as_str(), self.tag)
    }

    /// An HTTP client for `aws-sdk-*` that calls the emulator without a socket, and sends the tag with each request.
    #[cfg(feature = "aws-sdk")]
    pub fn http_client(&self) -> crate::connector::HttpClient {
        crate::connector::HttpClient::new(self.emulator.service.clone(), Some(self.tag))
    }

    /// The recorded calls of the test, oldest first.
    ///
    /// # Errors
    /// The errors of [`Emulator::requests`].
    pub fn requests(&self, filter: &RequestFilter) -> Result<Vec<RecordedCall>, control::Error> {
        self.emulator.requests(&self.calls(filter))
    }

    /// Waits for recorded calls of the test, like [`Emulator::wait_requests`].
    ///
    /// # Errors
    /// The errors of [`Emulator::wait_requests`].
    pub async fn wait_requests(
        &self,
        filter: &RequestFilter,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<RecordedCall>, control::Error> {
        self.emulator.wait_requests(&self.calls(filter), count, timeout).await
    }

    /// Deletes recorded calls of the test and returns their number.
    ///
    /// # Errors
    /// The errors of [`Emulator::clear_requests`].
    pub fn clear_requests(&self, filter: &RequestFilter) -> Result<usize, control::Error> {
        self.emulator.clear_requests(&self.calls(filter))
    }

    /// Verifies that the test has made calls, like [`Emulator::verify`].
    ///
    /// # Errors
    /// The errors of [`Emulator::verify`].
    pub async fn verify(&self, verify: &Verify) -> Result<Verified, Unverified> {
        self.emulator.verify(&Verify { calls: self.calls(&verify.calls), ..verify.clone() }).await
    }

    /// The stored events that calls of the test have caused, oldest first.
    ///
    /// # Errors
    /// The errors of [`Emulator::stored_events`].
    pub fn events(&self) -> Result<Vec<Value>, control::Error> {
        self.emulator.stored_events(&self.caused(&EventFilter::default()))
    }

    /// Waits for events that calls of the test have caused, like [`Emulator::wait_events`].
    ///
    /// # Errors
    /// The errors of [`Emulator::wait_events`].
    pub async fn wait_events(
        &self,
        filter: &EventFilter,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<Value>, control::Error> {
        self.emulator.wait_events(&self.caused(filter), count, timeout).await
    }

    /// Follows calls and events of the test from now on.
    ///
    /// # Errors
    /// The errors of [`Emulator::stream`].
    pub async fn stream(&self, filter: &StreamFilter) -> Result<Messages, control::Error> {
        self.emulator.stream(&StreamFilter { test: Some(self.tag.to_owned()), ..filter.clone() }).await
    }

    /// Adds a fault that only selects calls of the test, until the returned value is dropped.
    ///
    /// # Errors
    /// The errors of [`Emulator::fault`].
    pub fn fault(&self, fault: Fault) -> Result<FaultGuard, control::Error> {
        self.emulator.fault(Fault { test: Some(self.tag.to_owned()), ..fault })
    }

    fn calls(&self, filter: &RequestFilter) -> RequestFilter {
        RequestFilter { test: Some(self.tag.to_owned()), ..filter.clone() }
    }

    fn caused(&self, filter: &EventFilter) -> EventFilter {
        EventFilter { test: Some(self.tag.to_owned()), ..filter.clone() }
    }
}
