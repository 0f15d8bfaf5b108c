//! The calls that an emulator has received, and the verification that they were made.

use std::fmt;
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Emulator;
use super::query::with_query;
use crate::control;
use crate::journal::RecordedCall;

const PATH: &str = "/_emulator/requests";
/// Maximum number of calls in a page.
const PAGE: usize = 1000;

/// Selects calls; a member without a value selects all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestFilter {
    /// The operation, or the beginning of its name followed by `*`.
    pub operation: Option<String>,
    /// The account of the caller.
    pub account: Option<String>,
    /// The Region of the call.
    pub region: Option<String>,
    /// The service, such as `securityhub` or `sts`.
    pub service: Option<String>,
    /// The status, such as `429` or `4xx`.
    pub status: Option<String>,
    /// The code of the error.
    pub error: Option<String>,
    /// The tag of the test.
    pub test: Option<String>,
    /// A partial input (CPL-27).
    pub matching: Option<Value>,
    /// Only calls with a greater number.
    pub after: Option<u64>,
}

impl RequestFilter {
    /// The calls of an operation.
    pub fn operation(name: &str) -> RequestFilter {
        RequestFilter { operation: Some(name.to_owned()), ..RequestFilter::default() }
    }

    fn parameters(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("operation", self.operation.clone()),
            ("account", self.account.clone()),
            ("region", self.region.clone()),
            ("service", self.service.clone()),
            ("status", self.status.clone()),
            ("error", self.error.clone()),
            ("test", self.test.clone()),
            ("match", self.matching.as_ref().map(Value::to_string)),
            ("after", self.after.map(|number| number.to_string())),
        ]
    }

    /// The members of a body of verify.
    fn members(&self) -> Map<String, Value> {
        let members = [
            ("Operation", self.operation.clone().map(Value::from)),
            ("Account", self.account.clone().map(Value::from)),
            ("Region", self.region.clone().map(Value::from)),
            ("Service", self.service.clone().map(Value::from)),
            ("Status", self.status.clone().map(Value::from)),
            ("ErrorCode", self.error.clone().map(Value::from)),
            ("Test", self.test.clone().map(Value::from)),
            ("Match", self.matching.clone()),
            ("After", self.after.map(Value::from)),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// An expectation of calls: by default that at least one was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verify {
    /// The calls.
    pub calls: RequestFilter,
    /// Minimum number of calls; 1 by default, or 0 if there is a maximum.
    pub min: Option<usize>,
    /// Maximum number of calls.
    pub max: Option<usize>,
    /// Time limit for reaching the minimum.
    pub wait: Duration,
}

impl Verify {
    /// Expects calls of an operation.
    pub fn operation(name: &str) -> Verify {
        Verify { calls: RequestFilter::operation(name), ..Verify::default() }
    }

    /// Expects that the input of the calls matches a partial input (CPL-27).
    #[must_use]
    pub fn matching(mut self, input: Value) -> Verify {
        self.calls.matching = Some(input);
        self
    }

    /// Expects exactly this number of calls; 0 for none.
    #[must_use]
    pub fn times(mut self, count: usize) -> Verify {
        (self.min, self.max) = (Some(count), Some(count));
        self
    }

    fn body(&self) -> Value {
        let mut body = self.calls.members();
        if self.min.is_some() || self.max.is_some() {
            body.insert("Times".to_owned(), json!({ "Min": self.min, "Max": self.max }));
        }
        if !self.wait.is_zero() {
            body.insert("Wait".to_owned(), format!("{}ms", self.wait.as_millis()).into());
        }
        body.into()
    }
}

/// The calls that match an expectation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Verified {
    /// The number of calls.
    pub count: usize,
    /// The journal numbers of the first 100 calls.
    pub requests: Vec<u64>,
}

/// A failed verification. Its text, which a failed test shows, lists the most similar calls and their differences.
#[derive(Clone, PartialEq)]
pub struct Unverified(control::Error);

impl Unverified {
    /// The error of the control plane, with the members `Count`, `Expected`, `Requests` and `Nearest` in its body
    /// (CPL-29).
    pub fn error(&self) -> &control::Error {
        &self.0
    }
}

impl fmt::Display for Unverified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)?;
        for call in self.0.body["Nearest"].as_array().into_iter().flatten() {
            write!(formatter, "\n  call {} of {}:", call["Number"], call["Operation"].as_str().unwrap_or("-"))?;
            for difference in call["Differences"].as_array().into_iter().flatten() {
                let path = difference["Path"].as_str().unwrap_or_default();
                write!(formatter, "\n    {path}: expected {}", difference["Expected"])?;
                match difference.get("Actual") {
                    Some(actual) => write!(formatter, ", found {actual}")?,
                    None => formatter.write_str(", found nothing")?,
                }
            }
        }
        Ok(())
    }
}

/// The same as [`fmt::Display`], since `unwrap` and `expect` show this one.
impl fmt::Debug for Unverified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for Unverified {}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Requests {
    requests: Vec<RecordedCall>,
    last: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Deleted {
    deleted: usize,
}

impl Emulator {
    /// The recorded calls, oldest first (CPL-22).
    ///
    /// # Errors
    /// 400 if the filter is invalid or the journal is disabled.
    pub fn requests(&self, filter: &RequestFilter) -> Result<Vec<RecordedCall>, control::Error> {
        let (mut calls, mut filter) = (Vec::new(), filter.clone());
        loop {
            let mut parameters = filter.parameters();
            parameters.push(("limit", Some(PAGE.to_string())));
            let page: Requests = self.control_now(Method::GET, &with_query(PATH, &parameters), &json!({}))?;
            let is_last = page.requests.len() < PAGE;
            calls.extend(page.requests);
            if is_last {
                return Ok(calls);
            }
            filter.after = Some(page.last);
        }
    }

    /// Waits until `count` matching calls are recorded, or until the timeout. Returns up to 1,000 matching calls,
    /// oldest first (CPL-23).
    ///
    /// # Errors
    /// As [`Emulator::requests`]; 400 for a wait of more than 60 seconds.
    pub async fn wait_requests(
        &self,
        filter: &RequestFilter,
        count: usize,
        timeout: Duration,
    ) -> Result<Vec<RecordedCall>, control::Error> {
        let mut parameters = filter.parameters();
        parameters.push(("limit", Some(PAGE.to_string())));
        parameters.push(("count", Some(count.to_string())));
        parameters.push(("wait", Some(format!("{}ms", timeout.as_millis()))));
        let page: Requests = self.control(Method::GET, &with_query(PATH, &parameters), &json!({})).await?;
        Ok(page.requests)
    }

    /// Deletes recorded calls and returns their number (CPL-25).
    ///
    /// # Errors
    /// As [`Emulator::requests`].
    pub fn clear_requests(&self, filter: &RequestFilter) -> Result<usize, control::Error> {
        let path = with_query(PATH, &filter.parameters());
        self.control_now(Method::DELETE, &path, &json!({})).map(|deleted: Deleted| deleted.deleted)
    }

    /// Verifies that calls were made (CPL-28).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use securityhub_local::{Emulator, Verify};
    ///
    /// let emulator = Emulator::start().await?;
    /// // after calls of the code under test
    /// emulator.verify(&Verify::operation("BatchUpdateFindings").times(0)).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`Unverified`] with the most similar calls, or with the error in the expectation.
    pub async fn verify(&self, verify: &Verify) -> Result<Verified, Unverified> {
        self.control(Method::POST, "/_emulator/requests/verify", &verify.body()).await.map_err(Unverified)
    }
}
