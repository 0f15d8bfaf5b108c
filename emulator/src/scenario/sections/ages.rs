//! Warnings about findings that are too old for AWS.

use jiff::SignedDuration;
use securityhub_engine::Stored;
use serde_json::Value;

use super::findings::Finding;
use super::{hubs_v2, organization, security_hub_v2};
use crate::domain::findings::expiry;
use crate::domain::findings::v2::visibility::{DAYS_OF_CLOSED, DAYS_OF_OPEN};
use crate::ocsf::Converter;
use crate::ocsf::native::Native;
use crate::scenario::check::Check;
use crate::scenario::files::Span;
use crate::state::Timestamp;

/// Decides which findings are too old.
pub(super) struct Ages {
    /// The initial time of the clock.
    start: Timestamp,
    /// True if there are V2 hubs that stop showing findings after a while.
    has_retention_v2: bool,
}

impl Ages {
    /// Reads the parts of a scenario that determine which findings are too old. If the settings of the V2 half could not
    /// be read, no finding counts as hidden.
    pub(super) fn new(
        start: Timestamp,
        hubs: &hubs_v2::Valid,
        organization: Option<&organization::Valid>,
        settings: Option<&security_hub_v2::Valid>,
        check: &Check,
    ) -> Ages {
        let has_policies = organization.is_some_and(|it| !it.security_hub_policies().is_empty());
        let has_retention = settings.is_none_or(security_hub_v2::Valid::has_retention);
        let is_known = !check.is_lost(&["security_hub_v2"]);
        Ages { start, has_retention_v2: (has_policies || !hubs.is_empty()) && has_retention && is_known }
    }

    /// Warns once per file about findings that AWS would have deleted before the clock starts (RET-05).
    pub(super) fn warn_of_old(&self, findings: &[Finding], check: &mut Check) {
        let is_old = |finding: &Finding| expiry::is_beyond_retention(finding.text(&check.files), self.start);
        let old: Vec<Span> = findings.iter().filter(|it| is_old(it)).map(Finding::start).collect();
        let end = match old.len() {
            1 => "it, but here the retention period begins at the start",
            _ => "them, but here the retention period begins at the start",
        };
        let age = "last updated more than 90 days (ARCHIVED: 30 days)";
        warn(&old, "file", &format!("{age} before the clock starts: AWS would have deleted {end}"), check);
    }

    /// Returns whether the V2 half does not show a finding in OCSF when the clock starts (DEC-08).
    pub(super) fn is_hidden(&self, finding: &Native) -> bool {
        self.has_retention_v2 && self.is_past(&finding.dated(self.start.as_millisecond()).to_bytes())
    }

    /// Returns whether the V2 half does not show a finding in ASFF when the clock starts.
    pub(super) fn is_hidden_asff(&self, finding: &str) -> bool {
        let compact = || serde_json::from_str::<Value>(finding).ok().map(|finding| finding.to_string());
        self.has_retention_v2 && compact().is_some_and(|finding| self.is_past(finding.as_bytes()))
    }

    fn is_past(&self, document: &[u8]) -> bool {
        let state = Converter::default().state(Stored { document, annex: &[] });
        let days = if state.is_closed { DAYS_OF_CLOSED } else { DAYS_OF_OPEN };
        let edge = self.start.checked_sub(SignedDuration::from_hours(days * 24)).unwrap_or(Timestamp::MIN);
        state.modified_time > 0 && state.modified_time < edge.as_millisecond()
    }

    /// Warns once per file or list about findings that the V2 half does not show (DEC-08).
    pub(super) fn warn_of_hidden(findings: impl IntoIterator<Item = (Span, bool)>, place: &str, check: &mut Check) {
        let hidden: Vec<Span> =
            findings.into_iter().filter_map(|(span, is_hidden)| is_hidden.then_some(span)).collect();
        let which = if hidden.len() == 1 { "it" } else { "them" };
        let age = format!("last modified more than {DAYS_OF_OPEN} days (closed: {DAYS_OF_CLOSED} days)");
        let end = format!("{age} before the clock starts: the V2 half does not show {which}");
        let advice = "unless `security_hub_v2` has `retention: off`";
        warn(&hidden, place, &format!("{end}, {advice}"), check);
    }
}

/// Warns at the first of some findings, unless the initial time of the clock is not known.
fn warn(findings: &[Span], place: &str, what: &str, check: &mut Check) {
    let Some(first) = findings.first().filter(|_| !check.is_lost(&["clock", "now"])) else { return };
    let subject = match findings.len() {
        1 => format!("1 finding of this {place} was"),
        count => format!("{count} findings of this {place} were"),
    };
    check.push(check.at(*first, format!("{subject} {what}")).warning());
}
