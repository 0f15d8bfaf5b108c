//! Tickets that connectors have created for findings.

use std::sync::Arc;

use imbl::{OrdMap, Vector};
use serde::{Deserialize, Serialize};

use super::clock::Timestamp;

/// A ticket that was created for a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// Its ID in the ticketing system.
    pub id: String,
    /// Its address there.
    pub url: String,
    /// Its title.
    pub title: String,
    /// The ID of the connector.
    pub connector_id: String,
    /// `metadata.uid` of the finding; `None` for a test.
    pub finding: Option<String>,
    /// The time of its creation.
    pub created_at: Timestamp,
}

/// The tickets of a V2 hub. Clones share them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tickets {
    /// In order of creation.
    all: Vector<Arc<Ticket>>,
    /// By connector and finding.
    of_findings: OrdMap<(String, String), Arc<Ticket>>,
    /// The number of tickets of each connector.
    counts: OrdMap<String, usize>,
}

impl Tickets {
    /// Adds a ticket.
    pub fn add(&mut self, ticket: Ticket) {
        let ticket = Arc::new(ticket);
        *self.counts.entry(ticket.connector_id.clone()).or_default() += 1;
        if let Some(finding) = &ticket.finding {
            self.of_findings.insert((ticket.connector_id.clone(), finding.clone()), Arc::clone(&ticket));
        }
        self.all.push_back(ticket);
    }

    /// The ticket that a connector has created for the finding with a `metadata.uid`.
    pub fn of_finding(&self, connector_id: &str, finding: &str) -> Option<&Ticket> {
        self.of_findings.get(&(connector_id.to_owned(), finding.to_owned())).map(Arc::as_ref)
    }

    /// The number of tickets that a connector has created.
    pub fn count_of(&self, connector_id: &str) -> usize {
        self.counts.get(connector_id).copied().unwrap_or_default()
    }

    /// The length of the common prefix of two clones. Tickets are only added, so all tickets before a shared one are
    /// shared.
    pub(super) fn shared_with(&self, other: &Tickets) -> usize {
        let is_shared = |position: usize| {
            let (one, two) = (self.all.get(position), other.all.get(position));
            one.zip(two).is_some_and(|(one, two)| Arc::ptr_eq(one, two))
        };
        let (mut shared, mut end) = (0, self.all.len().min(other.all.len()));
        while shared < end {
            let middle = shared + (end - shared) / 2;
            if is_shared(middle) {
                shared = middle + 1;
            } else {
                end = middle;
            }
        }
        shared
    }

    /// All tickets, in order of creation.
    pub fn iter(&self) -> impl Iterator<Item = &Ticket> {
        self.all.iter().map(Arc::as_ref)
    }
}
