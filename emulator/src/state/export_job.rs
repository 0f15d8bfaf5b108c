//! Jobs that export findings.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::{fmt, mem};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Timestamp;
use super::interned;
use super::names::Name;
use super::sync::{Mutex, thread};

/// Writes an exported object, by bucket and key.
pub type ExportSink = Arc<dyn Fn(&str, Bytes) -> Result<(), ExportFailure> + Send + Sync>;

/// Reason why a job has failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportFailure {
    /// `FailureCode`.
    #[serde(deserialize_with = "interned::read")]
    pub code: Name,
    /// `FailureMessage`.
    pub message: String,
}

impl ExportFailure {
    /// A failure of the emulator or of the place where objects are written.
    pub fn internal(message: impl Into<String>) -> ExportFailure {
        ExportFailure { code: "INTERNAL_ERROR", message: message.into() }
    }
}

/// The output of a job; `None` if it was written elsewhere.
pub type Exported = Result<Option<Bytes>, ExportFailure>;

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
    /// The state of the job. `Running` while `rendering` is set.
    pub state: ExportState,
    /// Computes the state and the output of a job whose time has passed. [`ExportJob::finished`] waits for it.
    pub rendering: Option<Arc<Rendering>>,
    /// The time at which it was started.
    pub started_at: Timestamp,
    /// The time at which it ended.
    pub ended_at: Option<Timestamp>,
    /// The output of the job, unless it was written elsewhere.
    pub exported: Option<Bytes>,
}

impl ExportJob {
    /// Returns whether the time of the job has not passed yet, and nothing has ended it before.
    pub fn is_running(&self) -> bool {
        self.state == ExportState::Running && self.rendering.is_none()
    }

    /// The job with its final state, if its time has passed. Waits for the rendering, which may take long, so it must
    /// not be called while a lock of the world is held.
    #[must_use]
    pub fn finished(self: Arc<ExportJob>) -> Arc<ExportJob> {
        let Some(rendering) = &self.rendering else { return self };
        let (state, exported) = match rendering.wait() {
            Ok(exported) => (ExportState::Succeeded, exported),
            Err(failure) => (ExportState::Failed(failure), None),
        };
        Arc::new(ExportJob { state, exported, rendering: None, ..ExportJob::clone(&self) })
    }
}

/// The rendering of the output of one job, which runs once, without any lock of the world.
pub struct Rendering(Mutex<Stage>);

/// The stages of a rendering. A thread that renders holds the mutex until it is done, so others wait for it.
enum Stage {
    Pending(Box<dyn FnOnce() -> Exported + Send>),
    Done(Exported),
}

impl Rendering {
    /// A rendering that has not started yet.
    pub fn new(render: impl FnOnce() -> Exported + Send + 'static) -> Arc<Rendering> {
        Arc::new(Rendering(Mutex::new(Stage::Pending(Box::new(render)))))
    }

    /// Starts the rendering on a separate thread, which then calls `end`. If no thread is available, the first reader
    /// renders.
    pub fn start(self: &Arc<Rendering>, end: impl FnOnce(&Arc<Rendering>) + Send + 'static) {
        let rendering = Arc::clone(self);
        let thread = thread::Builder::new().name("export".to_owned());
        _ = thread.spawn(move || {
            _ = rendering.wait();
            end(&rendering);
        });
    }

    /// Renders the output, or waits until another thread has done it.
    fn wait(&self) -> Exported {
        let mut stage = self.0.lock();
        let panicked = || Err(ExportFailure::internal("The export has panicked"));
        let exported = match mem::replace(&mut *stage, Stage::Done(panicked())) {
            Stage::Pending(render) => catch_unwind(AssertUnwindSafe(render)).unwrap_or_else(|_| panicked()),
            Stage::Done(exported) => exported,
        };
        *stage = Stage::Done(exported.clone());
        exported
    }
}

impl fmt::Debug for Rendering {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Rendering")
    }
}

/// A rendering is equal to itself only.
impl PartialEq for Rendering {
    fn eq(&self, other: &Rendering) -> bool {
        std::ptr::eq(self, other)
    }
}

/// The state of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// The job has not ended.
    Running,
    /// The job has exported the findings.
    Succeeded,
    /// The job has failed.
    Failed(ExportFailure),
    /// A caller has cancelled the job.
    Cancelled,
}

impl ExportState {
    /// The status on the wire.
    pub fn as_str(&self) -> &'static str {
        match self {
            ExportState::Running => "RUNNING",
            ExportState::Succeeded => "SUCCEEDED",
            ExportState::Failed(_) => "FAILED",
            ExportState::Cancelled => "CANCELLED",
        }
    }
}
