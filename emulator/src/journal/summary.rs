//! Recorded calls without their inputs and outputs, for lists.

use std::borrow::Cow;
use std::time::Duration;

use super::call::CallRecord;
use super::render;
use super::texts::Field;
use crate::state::{AccountId, Timestamp};

/// A recorded call without its input and its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSummary {
    /// The number of the call.
    pub number: u64,
    /// The time of the call on the emulator's clock.
    pub time: Timestamp,
    /// The account of the caller.
    pub account: Option<AccountId>,
    /// The Region of the call.
    pub region: Option<String>,
    /// The ARN of the caller.
    pub principal: Option<String>,
    /// The name of the operation, or the method and the path if no operation has them.
    pub operation: String,
    /// The status; `None` if a fault suppressed the response.
    pub status: Option<u16>,
    /// The code of the error.
    pub error_code: Option<String>,
    /// The time from the arrival of the request to the response.
    pub duration: Duration,
    /// The ID of the fault that changed the call.
    pub fault: Option<String>,
    /// The part of the emulator that made the call, if no client sent it.
    pub via: Option<String>,
    /// True for a call to GetFindings or GetFindingsV2 that returned no findings.
    pub found_nothing: bool,
}

impl CallSummary {
    pub(super) fn new(number: u64, call: &CallRecord) -> CallSummary {
        let text = |field| call.text(field).map(str::to_owned);
        let operation = call.operation_name().map_or_else(
            || [Field::Method, Field::Path].map(|field| call.text(field).unwrap_or_default()).join(" "),
            str::to_owned,
        );
        CallSummary {
            number,
            time: call.time,
            account: call.account,
            region: text(Field::Region),
            principal: text(Field::Principal),
            operation,
            status: call.status,
            error_code: render::error_code(call).map(Cow::into_owned),
            duration: call.duration,
            fault: text(Field::Fault),
            via: text(Field::Via),
            found_nothing: render::explain_path(number, call).is_some(),
        }
    }
}
