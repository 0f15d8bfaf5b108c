//! Control statuses and security scores as the console computes them; no operation returns them.
//!
//! Contains: the status of a control from its checks, and scores from statuses (this file); the hubs in question, with
//! their checks counted in one pass ([`scored_hubs`]); the report over all of them ([`report`]); and the times of
//! computation in a world with daily scores ([`daily`]). Does not contain: stored results other than daily scores;
//! scores are computed on demand (SCO-12).

pub mod daily;
mod report;
mod scored_hubs;
#[cfg(test)]
mod tests;

pub use report::{AccountScores, Compliance, ControlScore, Parts, Scores, StandardScore, compute, standard};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The status of a security control. If it differs between accounts or Regions, the last of these statuses in this
/// order wins (SCO-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ControlStatus {
    /// Disabled, regardless of its findings (SCO-02, SCO-13).
    Disabled,
    /// Enabled, without any findings that count (SCO-03).
    NoData,
    /// All its checks passed.
    Passed,
    /// No check failed, but some could not be carried out properly (SCO-04).
    Unknown,
    /// At least one check failed (SCO-04).
    Failed,
}

impl ControlStatus {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ControlStatus::Disabled => "DISABLED",
            ControlStatus::NoData => "NO_DATA",
            ControlStatus::Passed => "PASSED",
            ControlStatus::Unknown => "UNKNOWN",
            ControlStatus::Failed => "FAILED",
        }
    }
}

/// Number of findings of a control by compliance status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Checks {
    passed: u64,
    /// `WARNING` or `NOT_AVAILABLE`
    unknown: u64,
    failed: u64,
}

impl Checks {
    /// Adds findings with a `Compliance.Status`.
    fn add(&mut self, status: &str, count: u64) {
        match status {
            "PASSED" => self.passed += count,
            "FAILED" => self.failed += count,
            "WARNING" | "NOT_AVAILABLE" => self.unknown += count,
            _ => {}
        }
    }

    fn and(self, other: Checks) -> Checks {
        Checks {
            passed: self.passed + other.passed,
            unknown: self.unknown + other.unknown,
            failed: self.failed + other.failed,
        }
    }

    fn total(self) -> u64 {
        self.passed + self.unknown + self.failed
    }

    /// The status of an enabled control with these findings (SCO-03, SCO-04).
    fn status(self) -> ControlStatus {
        match self {
            Checks { failed: 1.., .. } => ControlStatus::Failed,
            Checks { unknown: 1.., .. } => ControlStatus::Unknown,
            Checks { passed: 1.., .. } => ControlStatus::Passed,
            _ => ControlStatus::NoData,
        }
    }
}

/// Number of controls by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Counts {
    /// `PASSED`
    pub passed: u64,
    /// `FAILED`
    pub failed: u64,
    /// `UNKNOWN`
    pub unknown: u64,
    /// `NO_DATA`
    pub no_data: u64,
    /// `DISABLED`
    pub disabled: u64,
}

impl Counts {
    fn add(&mut self, status: ControlStatus) {
        *match status {
            ControlStatus::Disabled => &mut self.disabled,
            ControlStatus::NoData => &mut self.no_data,
            ControlStatus::Passed => &mut self.passed,
            ControlStatus::Unknown => &mut self.unknown,
            ControlStatus::Failed => &mut self.failed,
        } += 1;
    }

    /// The security score: the passed controls among those with data, in percent, rounded half up; none without data
    /// (SCO-06, SCO-08).
    pub fn score(&self) -> Option<u64> {
        let with_data = self.passed + self.failed + self.unknown;
        (200 * self.passed + with_data).checked_div(2 * with_data)
    }
}
