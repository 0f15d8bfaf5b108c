//! Reset, snapshots and the clock of an emulator.

use std::time::{Duration, SystemTime};

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Emulator;
use super::control_plane::segment;
use crate::control;
use crate::control::clock::{self, ClockState};
use crate::control::snapshots::SnapshotInfo;
use crate::state::timestamp_text;

/// The state to which [`Emulator::reset`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset<'n> {
    /// The state of the scenario.
    Start,
    /// An empty state, whose clock is the system clock.
    Empty,
    /// A snapshot.
    Snapshot(&'n str),
}

impl Emulator {
    /// Returns to the start, to an empty state or to a snapshot (CPL-50, CPL-52).
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use securityhub_local::{Emulator, Reset};
    ///
    /// let emulator = Emulator::start().await?;
    /// emulator.save("before").await?;
    /// emulator.advance("P30D")?;
    /// emulator.reset(Reset::Snapshot("before")).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// 404 if the snapshot does not exist.
    pub async fn reset(&self, to: Reset<'_>) -> Result<(), control::Error> {
        let path = match to {
            Reset::Start => "/_emulator/reset?to=start".to_owned(),
            Reset::Empty => "/_emulator/reset?to=empty".to_owned(),
            Reset::Snapshot(name) => format!("/_emulator/snapshots/{}/restore", segment(name)),
        };
        self.control::<Value>(Method::POST, &path, &json!({})).await.map(|_| ())
    }

    /// Saves the state under a name of up to 64 letters, digits, `.`, `_` and `-`, and replaces a snapshot of that name
    /// (CPL-51).
    ///
    /// # Errors
    /// 400 for another name; 409 for `start` and `empty`, and if 100 snapshots exist.
    pub async fn save(&self, name: &str) -> Result<SnapshotInfo, control::Error> {
        self.control(Method::PUT, &format!("/_emulator/snapshots/{}", segment(name)), &json!({})).await
    }

    /// The snapshots by name.
    pub fn snapshots(&self) -> Vec<SnapshotInfo> {
        self.service.served().snapshots().list().into_iter().map(SnapshotInfo::from).collect()
    }

    /// Deletes a snapshot.
    ///
    /// # Errors
    /// 404 if it does not exist; 409 for `start` and `empty`.
    pub fn delete_snapshot(&self, name: &str) -> Result<(), control::Error> {
        let path = format!("/_emulator/snapshots/{}", segment(name));
        self.control_now::<Value>(Method::DELETE, &path, &json!({})).map(|_| ())
    }

    /// The clock.
    pub fn clock(&self) -> ClockState {
        clock::state(self.service.served())
    }

    /// Advances the clock by a duration, such as `"P30D"` or a [`Duration`], and does all work that becomes due before
    /// the new time (CPL-90 to CPL-93).
    ///
    /// # Errors
    /// 400 for text that is not a duration, a negative duration, and a time after 9999-12-30.
    pub fn advance(&self, by: impl Into<ClockStep>) -> Result<ClockState, control::Error> {
        self.control_now(Method::POST, "/_emulator/clock", &json!({ "advance": by.into().0 }))
    }

    /// Sets the clock to a later time: a [`SystemTime`], or a type that converts to it, such as [`Timestamp`].
    ///
    /// # Errors
    /// 400 for an earlier time, and one after 9999-12-30.
    pub fn set_clock(&self, to: impl Into<SystemTime>) -> Result<ClockState, control::Error> {
        let to = Timestamp::try_from(to.into()).unwrap_or(Timestamp::MAX);
        self.control_now(Method::POST, "/_emulator/clock", &json!({ "set": timestamp_text(to) }))
    }

    /// Freezes the clock, or starts it again.
    ///
    /// # Errors
    /// 503 if the data directory cannot be written (CPL-75).
    pub fn freeze(&self, is_frozen: bool) -> Result<ClockState, control::Error> {
        self.control_now(Method::POST, "/_emulator/clock", &json!({ "frozen": is_frozen }))
    }
}

/// A duration by which the clock advances.
#[derive(Clone, Debug)]
pub struct ClockStep(String);

impl From<&str> for ClockStep {
    fn from(text: &str) -> ClockStep {
        ClockStep(text.to_owned())
    }
}

impl From<SignedDuration> for ClockStep {
    fn from(duration: SignedDuration) -> ClockStep {
        ClockStep(duration.to_string())
    }
}

impl From<Duration> for ClockStep {
    fn from(duration: Duration) -> ClockStep {
        ClockStep(SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX).to_string())
    }
}
