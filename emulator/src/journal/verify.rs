//! Verifies that calls were made, and finds the nearest calls if they were not (CPL-28, CPL-29).

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::call::CallRecord;
use super::texts::Field;
use super::{Filter, Journal, StatusFilter, render};
use crate::matching::Difference;
use crate::state::TestTag;

/// Maximum number of call numbers in a result.
const MAX_NUMBERS: usize = 100;
/// Maximum number of nearest calls.
const MAX_NEAREST: usize = 3;

/// An expected number of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// The minimum.
    pub min: usize,
    /// The maximum; `None` if the number is not limited.
    pub max: Option<usize>,
}

impl Default for Times {
    fn default() -> Times {
        Times { min: 1, max: None }
    }
}

impl Times {
    fn contains(self, count: usize) -> bool {
        count >= self.min && self.max.is_none_or(|max| count <= max)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = |count: usize| if count == 1 { "call" } else { "calls" };
        match *self {
            Times { max: Some(0), .. } => formatter.write_str("no call"),
            Times { min, max: Some(max) } if min == max => write!(formatter, "{min} {}", calls(min)),
            Times { min: 0, max: Some(max) } => write!(formatter, "at most {max} {}", calls(max)),
            Times { min, max: Some(max) } => write!(formatter, "{min} to {max} calls"),
            Times { min, max: None } => write!(formatter, "at least {min} {}", calls(min)),
        }
    }
}

/// Calls that were made as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The number of calls.
    pub count: usize,
    /// The numbers of the first 100.
    pub numbers: Vec<u64>,
}

/// Calls that were not made as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Unverified {
    /// The number of calls.
    pub count: usize,
    /// The expected number.
    pub expected: Times,
    /// The numbers of the first 100.
    pub numbers: Vec<u64>,
    /// The number of calls that were dropped to make space for newer ones, and that may have matched.
    pub dropped: u64,
    /// The calls with the fewest differences; empty unless too few calls were made.
    pub nearest: Vec<Nearest>,
    /// The filter that expected calls match.
    filter: Filter,
}

/// A call that differs from the expected calls.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Nearest {
    /// Its number.
    pub number: u64,
    /// Its operation.
    pub operation: Option<String>,
    /// The account of its caller.
    pub account: Option<String>,
    /// Its Region.
    pub region: Option<String>,
    /// The status of its response.
    pub status: Option<u16>,
    /// The differences.
    pub differences: Vec<Difference>,
    /// The path that explains the call, if it is a call to GetFindings or GetFindingsV2 that returned no findings.
    pub explain: Option<String>,
}

impl Journal {
    /// Verifies that the expected number of calls match a filter.
    ///
    /// # Errors
    /// [`Unverified`] if more or fewer calls match, or if dropped calls may have exceeded the maximum.
    pub fn verify(&self, filter: &Filter, expected: Times) -> Result<Verified, Box<Unverified>> {
        let (mut count, mut numbers) = (0, Vec::new());
        self.each(filter.after, |number, call| {
            if filter.selects(call) {
                count += 1;
                if numbers.len() < MAX_NUMBERS {
                    numbers.push(number);
                }
            }
        });
        let dropped = self.ring.lock().dropped_after(filter.after);
        if expected.contains(count) && (dropped == 0 || expected.max.is_none()) {
            return Ok(Verified { count, numbers });
        }
        let nearest = if count < expected.min { self.nearest(filter) } else { Vec::new() };
        Err(Box::new(Unverified { count, expected, numbers, dropped, nearest, filter: filter.clone() }))
    }

    /// The calls with the fewest differences from a filter; of calls with equally many differences, the newest come
    /// first. Calls of other operations are only compared if no call has an expected operation. Calls with the tag of
    /// another test are never compared.
    fn nearest(&self, filter: &Filter) -> Vec<Nearest> {
        let is_expected = |call: &CallRecord| {
            let pattern = filter.operation.as_ref();
            pattern.is_none_or(|pattern| call.operation_name().is_some_and(|name| pattern.matches(name)))
        };
        let mut has_expected = false;
        self.each(filter.after, |_, call| has_expected |= is_expected(call) && is_of_test(filter, call));
        let mut nearest: Vec<Nearest> = Vec::new();
        self.each(filter.after, |number, call| {
            if !is_of_test(filter, call) || (has_expected && !is_expected(call)) {
                return;
            }
            let differences = differences(filter, call);
            // A later call with as many differences comes first.
            let place = nearest.partition_point(|other| other.differences.len() < differences.len());
            if differences.is_empty() || place == MAX_NEAREST {
                return;
            }
            nearest.insert(place, Nearest::new(number, call, differences));
            nearest.truncate(MAX_NEAREST);
        });
        nearest
    }
}

impl Nearest {
    fn new(number: u64, call: &CallRecord, differences: Vec<Difference>) -> Nearest {
        Nearest {
            number,
            operation: call.operation_name().map(str::to_owned),
            account: call.account.map(|account| account.to_string()),
            region: call.text(Field::Region).map(str::to_owned),
            status: call.status,
            differences,
            explain: render::explain_path(number, call),
        }
    }
}

/// Returns whether a call has the tag of a filter, or has no tag.
fn is_of_test(filter: &Filter, call: &CallRecord) -> bool {
    let tag = call.text(Field::Test);
    filter.test.as_ref().is_none_or(|test| tag.is_none_or(|tag| tag == test.as_str()))
}

/// The differences between a call and a filter.
fn differences(filter: &Filter, call: &CallRecord) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |path: &str, expected: Option<Value>, actual: Option<Value>, is_equal: bool| {
        if let Some(expected) = expected.filter(|_| !is_equal) {
            found.push(Difference { path: path.to_owned(), expected, actual });
        }
    };
    let text = |text: Option<&str>| text.map(Value::from);
    let Filter { operation, account, region, service, status, error, test, fault: _, input, after: _ } = filter;
    let name = call.operation_name();
    let is_equal = operation.as_ref().is_some_and(|pattern| name.is_some_and(|name| pattern.matches(name)));
    compare("Operation", operation.as_ref().map(|pattern| pattern.to_string().into()), text(name), is_equal);
    let actual = call.account.map(|account| Value::from(account.as_str()));
    let expected = account.map(|account| Value::from(account.as_str()));
    compare("Account", expected.clone(), actual.clone(), expected == actual);
    let actual = text(call.text(Field::Region));
    let expected = text(region.as_ref().map(crate::state::Region::as_str));
    compare("Region", expected.clone(), actual.clone(), expected == actual);
    let (expected, actual) = (text(service.as_deref()), text(Some(call.service())));
    compare("Service", expected.clone(), actual.clone(), expected == actual);
    let is_equal = status.is_some_and(|filter| call.status.is_some_and(|status| filter.matches(status)));
    let expected = status.map(|filter| match filter {
        StatusFilter::Exactly(status) => status.into(),
        class @ StatusFilter::Class(_) => class.to_string().into(),
    });
    compare("Status", expected, call.status.map(Value::from), is_equal);
    let (expected, actual) = (text(error.as_deref()), text(render::error_code(call).as_deref()));
    compare("ErrorCode", expected.clone(), actual.clone(), expected == actual);
    let (expected, actual) = (text(test.as_ref().map(TestTag::as_str)), text(call.text(Field::Test)));
    compare("Test", expected.clone(), actual.clone(), expected == actual);
    if let Some(input) = input {
        found.extend(input.differences("Input", &render::input(call)));
    }
    found
}

impl Unverified {
    /// The message: the expected and the actual number of calls.
    pub fn message(&self) -> String {
        let Unverified { count, expected, filter, dropped, .. } = self;
        let operation = filter.operation.as_ref().map_or_else(|| "any operation".to_owned(), ToString::to_string);
        let found = format!("expected {expected} to {operation}, found {count}");
        let were = match dropped {
            // Dropped calls cannot make it fewer.
            _ if expected.max.is_some_and(|max| *count > max) => return found,
            0 => return found,
            1 => "1 earlier call was".to_owned(),
            dropped => format!("{dropped} earlier calls were"),
        };
        format!("{found}, but {were} dropped from the journal and may match; use a larger journal (serve --journal)")
    }
}

/// Writes the message, followed by the nearest calls.
impl fmt::Display for Unverified {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message())?;
        for Nearest { number, operation, account, region, status, differences, explain: _ } in &self.nearest {
            let operation = operation.as_deref().unwrap_or("-");
            let account = account.as_deref().unwrap_or("-");
            let region = region.as_deref().unwrap_or("-");
            let status = status.map_or("-".to_owned(), |status| status.to_string());
            write!(formatter, "\n  call {number}: {operation} of {account} in {region}, status {status}")?;
            for Difference { path, expected, actual } in differences {
                let actual = actual.as_ref().map_or("nothing".to_owned(), ToString::to_string);
                write!(formatter, "\n    {path}: expected {expected}, found {actual}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Unverified {}
