//! Filters of recorded calls (CPL-22).

use std::fmt;

use super::call::CallRecord;
use super::render;
use super::texts::Field;
use crate::matching::{Match, NamePattern};
use crate::state::{AccountId, Region, TestTag};

/// A filter of recorded calls. A member that is `None` selects all calls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// The operation.
    pub operation: Option<NamePattern>,
    /// The account of the caller.
    pub account: Option<AccountId>,
    /// The Region of the call.
    pub region: Option<Region>,
    /// The service of the signature, such as `securityhub` or `sts`.
    pub service: Option<String>,
    /// The status of the response.
    pub status: Option<StatusFilter>,
    /// The code of the error.
    pub error: Option<String>,
    /// The tag of the test.
    pub test: Option<TestTag>,
    /// The fault.
    pub fault: Option<FaultFilter>,
    /// The match for the input.
    pub input: Option<Match>,
    /// The number after which calls are selected.
    pub after: u64,
}

/// A status, or a class of statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Exactly this status.
    Exactly(u16),
    /// The statuses with this first digit.
    Class(u16),
}

/// A filter by the fault of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultFilter {
    /// Calls with any fault. Calls without a fault do not match.
    Any,
    /// The fault with this ID.
    Id(String),
}

impl StatusFilter {
    /// Reads `429` or `4xx`.
    pub fn parse(text: &str) -> Option<StatusFilter> {
        if text.len() != 3 {
            return None;
        }
        match text.strip_suffix("xx") {
            Some(class) => class.parse().ok().filter(|class| (1..=5).contains(class)).map(StatusFilter::Class),
            None => text.parse().ok().filter(|status| (100..=599).contains(status)).map(StatusFilter::Exactly),
        }
    }

    /// Returns whether the filter selects a status.
    pub fn matches(self, status: u16) -> bool {
        match self {
            StatusFilter::Exactly(expected) => status == expected,
            StatusFilter::Class(class) => status / 100 == class,
        }
    }
}

impl fmt::Display for StatusFilter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StatusFilter::Exactly(status) => write!(formatter, "{status}"),
            StatusFilter::Class(class) => write!(formatter, "{class}xx"),
        }
    }
}

impl FaultFilter {
    /// Reads an ID, or `*` for any.
    pub fn parse(text: &str) -> FaultFilter {
        if text == "*" { FaultFilter::Any } else { FaultFilter::Id(text.to_owned()) }
    }
}

impl Filter {
    /// Returns whether the filter selects a call. The input is compared last, because it must be parsed.
    pub(super) fn selects(&self, call: &CallRecord) -> bool {
        let Filter { operation, account, region, service, status, error, test, fault, input, after: _ } = self;
        let is = |field: Field, expected: &str| call.text(field) == Some(expected);
        operation.as_ref().is_none_or(|pattern| call.operation_name().is_some_and(|name| pattern.matches(name)))
            && account.is_none_or(|account| call.account == Some(account))
            && region.as_ref().is_none_or(|region| is(Field::Region, region.as_str()))
            && service.as_ref().is_none_or(|service| call.service() == service)
            && status.is_none_or(|filter| call.status.is_some_and(|status| filter.matches(status)))
            && test.as_ref().is_none_or(|tag| is(Field::Test, tag.as_str()))
            && fault.as_ref().is_none_or(|fault| match fault {
                FaultFilter::Any => call.text(Field::Fault).is_some(),
                FaultFilter::Id(id) => is(Field::Fault, id),
            })
            && error.as_ref().is_none_or(|code| render::error_code(call).as_deref() == Some(code))
            && input.as_ref().is_none_or(|input| input.matches(&render::input(call)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_number_or_a_class() {
        for (text, status, expected) in
            [("429", 429, true), ("429", 428, false), ("4xx", 499, true), ("4xx", 500, false), ("2xx", 200, true)]
        {
            assert_eq!(StatusFilter::parse(text).unwrap().matches(status), expected, "{text}");
        }
        for text in ["", "4", "4x", "9xx", "099", "600", "xxx", "+42", "4XX"] {
            assert_eq!(StatusFilter::parse(text), None, "{text}");
        }
    }
}
