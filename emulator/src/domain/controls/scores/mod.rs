//! Control status and security scores as the console computes them; no operation gives either.
//!
//! What lives here: the status of a control from its checks, and scores from statuses (this file); the hubs that are
//! looked at, with their checks counted in one pass ([`sites`]); what is told of all of them ([`report`]), and when that
//! is computed where a world's scores are daily ([`daily`]). What may not: anything else that is kept: scores are computed
//! when they are read (SCO-12).

pub mod daily;
mod report;
mod sites;
#[cfg(test)]
mod tests;

pub use report::{AccountScores, Compliance, ControlScore, Scores, StandardScore, compute, standard};

use serde::{Deserialize, Serialize};

/// The status of a security control. In several accounts or Regions the later of these wins (SCO-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ControlStatus {
    /// It is disabled, whatever its findings say (SCO-02, SCO-13).
    Disabled,
    /// It is enabled and has no finding that counts (SCO-03).
    NoData,
    /// All its checks passed.
    Passed,
    /// None failed, and some could not be made as they should (SCO-04).
    Unknown,
    /// At least one failed (SCO-04).
    Failed,
}

impl ControlStatus {
    /// The word for it in JSON.
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

/// How many findings of a control have each compliance status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Checks {
    passed: u64,
    /// `WARNING` or `NOT_AVAILABLE`
    unknown: u64,
    failed: u64,
}

impl Checks {
    /// Adds findings of a `Compliance.Status`.
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

/// How many controls have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

    /// The security score: how much passed of what has data, in whole percent, half a percent counting as one; none
    /// where nothing has data (SCO-06, SCO-08).
    pub fn score(&self) -> Option<u64> {
        let with_data = self.passed + self.failed + self.unknown;
        (200 * self.passed + with_data).checked_div(2 * with_data)
    }
}
