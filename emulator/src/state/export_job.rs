//! Jobs that export findings.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::clock::Timestamp;

/// Writes an exported object, by bucket and key, and returns a message if that fails.
pub type ExportSink = Arc<dyn Fn(&str, &[u8]) -> Result<(), String> + Send + Sync>;

/// A job that exports findings.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportJob {
    /// Its ID.
    pub id: String,
    /// Its position among the jobs of its account and Region, in order of creation.
    pub number: u64,
    /// Its name, which need not be unique.
    pub name: Option<String>,
    /// `OutputConfiguration`, as sent.
    pub output: Value,
    /// `Destination`, as sent.
    pub destination: Value,
    /// `Scopes`, as sent.
    pub scopes: Option<Value>,
    /// Whether the job has ended, and with which result.
    pub state: ExportState,
    /// The time at which it was started.
    pub started_at: Timestamp,
    /// The time at which it ended.
    pub ended_at: Option<Timestamp>,
    /// The output of the job, unless it was written to a directory.
    pub exported: Option<Bytes>,
}

/// Whether a job has ended, and with which result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportState {
    /// The job has not ended.
    Running,
    /// The job has exported the findings.
    Succeeded,
    /// The job has failed.
    Failed {
        /// `FailureCode`.
        code: &'static str,
        /// `FailureMessage`.
        message: String,
    },
    /// A caller has cancelled the job.
    Cancelled,
}

impl ExportState {
    /// The status on the wire.
    pub fn as_str(&self) -> &'static str {
        match self {
            ExportState::Running => "RUNNING",
            ExportState::Succeeded => "SUCCEEDED",
            ExportState::Failed { .. } => "FAILED",
            ExportState::Cancelled => "CANCELLED",
        }
    }
}
