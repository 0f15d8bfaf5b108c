//! Parameters that several routes have in common (accounts, Regions, JSON, numbers, tags of tests, waits), and the log
//! of changes.

use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

use super::api::{Refusal, input};
use crate::state::{AccountId, Change, Region, TestTag, World};
use crate::units;

/// The message of calls that cannot wait because too many others wait (CPL-12).
pub(super) const TOO_MANY_WAITS: &str = "too many calls: 1,000 calls already wait or follow a stream; try again later";
/// Maximum number of calls or events for which a call waits.
const MAX_COUNT: usize = 1000;

/// A time limit for waiting, and the number of calls or events that end the wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wait {
    /// The time limit; zero if the call does not wait.
    pub(super) time: Duration,
    /// The number; zero if the call does not wait.
    pub(super) count: usize,
}

/// Reads the parameters `wait` and `count`.
pub(super) fn wait(text: Option<&str>, count: Option<usize>) -> Result<Wait, Refusal> {
    let count = number("count", count, 1, MAX_COUNT)?;
    let time = match text {
        None | Some("0") => Duration::ZERO,
        Some(text) => text.parse::<units::Wait>().map_err(|error| Refusal::unreadable(format!("wait: {error}")))?.0,
    };
    Ok(if time.is_zero() { Wait::default() } else { Wait { time, count } })
}

/// Reads a number from 1 to `max`.
pub(super) fn number(name: &str, given: Option<usize>, default: usize, max: usize) -> Result<usize, Refusal> {
    let number = given.unwrap_or(default);
    let is_valid = (1..=max).contains(&number);
    is_valid.then_some(number).ok_or_else(|| Refusal::unreadable(format!("{name} must be from 1 to {max}")))
}

/// Reads the tag of a test.
pub(super) fn test_tag(text: &str) -> Result<TestTag, Refusal> {
    TestTag::parse(text).ok_or_else(|| {
        let expected = "expected 1 to 128 letters, digits, '.', '_', ':', '/' and '-'";
        Refusal::unreadable(format!("'{text}' is not a valid test tag; {expected}"))
    })
}

/// Reads the test tag of a call from its headers; the events of the call get the same tag (CPL-30).
pub(super) fn tag(headers: &HeaderMap) -> Result<Option<TestTag>, Refusal> {
    crate::call_facts::test_tag(headers).map_err(Refusal::unreadable)
}

/// Reads JSON in the parameter `match`.
pub(super) fn json(text: &str) -> Result<Value, Refusal> {
    input::json("match", text)
}

/// The account with an ID.
pub(super) fn account(text: &str) -> Result<AccountId, Refusal> {
    AccountId::parse(text).ok_or_else(|| match text {
        "" => Refusal::unreadable("the account ID is missing"),
        _ => Refusal::unreadable(format!("{text:?} is not a valid account ID (expected 12 digits)")),
    })
}

/// The Region with a name.
pub(super) fn region(world: &World, name: &str) -> Result<Region, Refusal> {
    world.directory().region(name).map_err(|unknown| unknown.to_string().into())
}

/// The Regions with these names, in the same order.
pub(super) fn regions<'n>(world: &World, names: impl Iterator<Item = &'n str>) -> Result<Vec<Region>, Refusal> {
    names.map(|name| region(world, name)).collect()
}

/// Logs the changes of a committed transaction.
pub(super) fn log_changes(changes: &[Change]) {
    for change in changes {
        tracing::debug!(?change, "changed");
    }
}
