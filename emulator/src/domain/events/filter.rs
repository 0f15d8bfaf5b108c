//! Filters of events.

use securityhub_engine::Stored;

use super::envelope;
use super::pattern::EventPattern;
use crate::domain::findings::document;
use crate::invariant::Invariant;
use crate::state::{AccountId, Event, EventPage, IdSource, Region, Subject, TestTag, World};

/// A filter of events. All of its conditions must hold.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// The account that received the event.
    pub account: Option<AccountId>,
    /// The Region that received the event.
    pub region: Option<Region>,
    /// The `detail-type` of the event.
    pub detail_type: Option<String>,
    /// The test tag of the call that caused the event.
    pub test: Option<TestTag>,
    /// A pattern that the event matches.
    pub pattern: Option<EventPattern>,
}

impl EventFilter {
    /// Returns whether all conditions except the pattern hold. Comparing the pattern takes long.
    pub fn may_match(&self, event: &Event) -> bool {
        self.account.is_none_or(|account| account == event.receiver.account)
            && self.region.as_ref().is_none_or(|region| *region == event.receiver.region)
            && self.detail_type.as_ref().is_none_or(|name| name == envelope::detail_type(&event.subject))
            && self.test.as_ref().is_none_or(|test| event.test.as_ref() == Some(test))
    }

    /// Returns whether the pattern matches, if there is one. This takes about 50 microseconds.
    pub fn matches(&self, event: &Event, ids: &IdSource) -> bool {
        let Some(pattern) = &self.pattern else { return true };
        let written = serde_json::from_str(&envelope::write(event, ids)).or_report("an envelope is JSON");
        written.is_some_and(|written| pattern.matches(&written))
    }

    /// Returns whether the filter selects all events.
    pub fn is_empty(&self) -> bool {
        self.account.is_none()
            && self.region.is_none()
            && self.detail_type.is_none()
            && self.test.is_none()
            && self.pattern.is_none()
    }
}

/// The kept events about a stored finding, of all receivers. Custom actions that were used on insights are not about
/// single findings.
pub fn of_finding(world: &World, finding: &[u8]) -> EventPage {
    let Some(key) = document::key(finding) else { return EventPage::default() };
    // Documents begin with their key, so none of them is parsed while imports wait for the lock of the ring.
    let has_key = |document: &[u8]| document.starts_with(key.as_bytes());
    let uid = world.ocsf().uid(Stored { document: finding, annex: &[] });
    world.events(0, usize::MAX, |event| match &event.subject {
        Subject::Finding(finding) | Subject::Selected(_, finding) => has_key(finding.as_bytes()),
        Subject::Ocsf(finding) => Some(&finding.uid) == uid.as_ref(),
        Subject::Results(..) => false,
    })
}
