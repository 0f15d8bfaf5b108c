//! Facts about a call of an API: its caller, its operation and its tag.
//!
//! The service collects them while it answers the call; faults select calls by them, and the journal and the metrics
//! record them. How a call is answered does not belong here.

mod tag;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use securityhub_fixtures::Operation;

pub use tag::{HEADER as TEST_HEADER, test_tag};

use crate::domain::caller::Caller;
use crate::faults::Decision;
use crate::state::TestTag;

/// The service name of Security Hub in a SigV4 scope.
pub const SECURITY_HUB: &str = "securityhub";

/// The part of the emulator that made a call, if no client sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A form of the dashboard.
    Dashboard,
}

impl Via {
    /// The name in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Via::Dashboard => "dashboard",
        }
    }
}

/// Facts about a call. The service fills them in as it reads the call.
#[derive(Debug)]
pub struct Facts {
    /// The time at which the emulator received the call, on the system clock.
    pub started: Instant,
    /// The request ID.
    pub request_id: String,
    /// The service of the SigV4 scope.
    pub service: Cow<'static, str>,
    /// The operation of Security Hub that the path addresses.
    pub operation: Option<Operation>,
    /// The access key ID; `None` for an unsigned request.
    pub access_key: Option<String>,
    /// The caller; `None` if the signature was refused.
    pub caller: Option<Caller>,
    /// The decision of the faults; `None` if no fault fires.
    pub decision: Option<Decision>,
    /// The tag of the test that makes the call (CPL-30).
    pub test: Option<TestTag>,
    /// The reason why the call is refused: the value of the header for the tag is invalid.
    pub invalid_tag: Option<String>,
    /// The epoch of the world that answers the call; `None` if the call was answered without a world.
    pub epoch: Option<u64>,
    /// The part of the emulator that made the call; `None` for a client.
    pub via: Option<Via>,
}

impl Facts {
    /// Facts about a call that has just arrived. `test` is the result of [`test_tag`].
    pub fn new(request_id: String, operation: Option<Operation>, test: Result<Option<TestTag>, String>) -> Facts {
        let (test, invalid_tag) = test.map_or_else(|invalid| (None, Some(invalid)), |test| (test, None));
        Facts {
            started: Instant::now(),
            request_id,
            service: Cow::Borrowed(SECURITY_HUB),
            operation,
            access_key: None,
            caller: None,
            decision: None,
            test,
            invalid_tag,
            epoch: None,
            via: None,
        }
    }

    /// The ID of the fault that the response and the journal show.
    pub fn fault(&self) -> Option<&Arc<str>> {
        self.decision.as_ref().and_then(Decision::id)
    }
}
