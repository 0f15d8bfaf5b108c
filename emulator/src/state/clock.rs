//! The clock of a world: real, frozen, or advanced by the control plane.

use jiff::{SignedDuration, Timestamp as Instant, Unit};
use serde::{Deserialize, Serialize};

use super::sync::Mutex;

/// An instant of the world's clock, in whole milliseconds.
pub type Timestamp = Instant;

/// The clock of a world. A frozen clock stands still until it is advanced. A running clock keeps a constant offset from
/// the system clock.
#[derive(Debug)]
pub struct Clock {
    mode: Mutex<Mode>,
    start: Start,
}

/// The initial setting of a clock, to which a reset returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Frozen at this instant.
    Frozen(Timestamp),
    /// Running from this instant.
    Running(Timestamp),
    /// The system clock.
    Machine,
}

/// The mode of a clock: frozen or running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Frozen at this instant.
    Frozen(Timestamp),
    /// Running, and ahead of the system clock by this duration.
    Running(SignedDuration),
}

impl Default for Clock {
    fn default() -> Self {
        Clock::new(Start::Machine)
    }
}

impl Clock {
    fn new(start: Start) -> Clock {
        let mode = match start {
            Start::Frozen(now) => Mode::Frozen(whole_milliseconds(now)),
            Start::Running(now) => Mode::Running(now.duration_since(Instant::now())),
            Start::Machine => Mode::Running(SignedDuration::ZERO),
        };
        Clock { mode: Mutex::new(mode), start }
    }

    /// A clock that is frozen at `now`.
    pub fn frozen(now: Timestamp) -> Clock {
        Clock::new(Start::Frozen(now))
    }

    /// A clock that runs from `now`.
    pub fn starting(now: Timestamp) -> Clock {
        Clock::new(Start::Running(now))
    }

    /// A clock in this mode. Without a `start`, it starts again from its current time.
    pub fn restored(mode: Mode, start: Option<Start>) -> Clock {
        let start = start.unwrap_or_else(|| match mode {
            Mode::Frozen(now) => Start::Frozen(now),
            Mode::Running(SignedDuration::ZERO) => Start::Machine,
            Mode::Running(ahead) => Start::Running(Instant::now().checked_add(ahead).unwrap_or(Instant::MAX)),
        });
        Clock { mode: Mutex::new(mode), start }
    }

    /// The mode of the clock.
    pub fn mode(&self) -> Mode {
        *self.mode.lock()
    }

    /// The initial setting of the clock.
    pub fn start(&self) -> Start {
        self.start
    }

    /// A clock that starts again from the same point as this one.
    #[must_use]
    pub fn restarted(&self) -> Clock {
        Clock::new(self.start)
    }

    /// A clock that starts from the current time of this one, frozen or running as it is.
    #[must_use]
    pub fn from_now(&self) -> Clock {
        let mode = self.mode();
        let start = if let Mode::Frozen(now) = mode { Start::Frozen(now) } else { Start::Running(self.now()) };
        // The mode is copied, because computing the offset again would change it slightly.
        Clock { mode: Mutex::new(mode), start }
    }

    /// Sets the mode.
    pub(super) fn set_mode(&self, mode: Mode) {
        *self.mode.lock() = mode;
    }

    /// Stops the clock, or lets it run.
    pub fn freeze(&self, is_frozen: bool) {
        let now = self.now();
        let mut mode = self.mode.lock();
        *mode = if is_frozen { Mode::Frozen(now) } else { Mode::Running(now.duration_since(Instant::now())) };
    }

    /// Moves the clock forward to `end`. A clock never moves backwards.
    pub fn advance_to(&self, end: Timestamp) {
        self.advance(end.duration_since(self.now()));
    }

    /// The current time, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        match *self.mode.lock() {
            Mode::Frozen(now) => now,
            Mode::Running(ahead) => whole_milliseconds(Instant::now().checked_add(ahead).unwrap_or(Instant::MAX)),
        }
    }

    /// Returns whether the clock is frozen.
    pub fn is_frozen(&self) -> bool {
        matches!(*self.mode.lock(), Mode::Frozen(_))
    }

    /// Advances the clock. A clock never moves backwards.
    pub fn advance(&self, by: SignedDuration) {
        let by = by.max(SignedDuration::ZERO);
        let mut mode = self.mode.lock();
        *mode = match *mode {
            Mode::Frozen(now) => Mode::Frozen(now.checked_add(by).unwrap_or(Instant::MAX)),
            Mode::Running(ahead) => Mode::Running(ahead.saturating_add(by)),
        };
    }
}

fn whole_milliseconds(instant: Timestamp) -> Timestamp {
    instant.round(Unit::Millisecond).unwrap_or(instant)
}

/// The last time that the clock can be set to: 9999-12-30T00:00:00Z (CPL-91).
pub const LAST_INSTANT: Timestamp = Timestamp::constant(253_402_128_000, 0);

/// `2019-11-19T23:15:10.046Z`: the format of Security Hub's own timestamps (ACC-05).
pub fn timestamp_text(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: ACC-05.
    #[test]
    fn a_timestamp_has_milliseconds_and_ends_with_z() {
        let clock = Clock::frozen("2026-01-15T09:00:00.0461Z".parse().unwrap());
        assert_eq!(timestamp_text(clock.now()), "2026-01-15T09:00:00.046Z");
    }

    #[test]
    fn a_frozen_clock_stands_still_until_it_is_advanced() {
        let clock = Clock::frozen("2026-01-15T09:00:00Z".parse().unwrap());
        assert_eq!(clock.now(), clock.now());
        clock.advance(SignedDuration::from_hours(24));
        assert_eq!(timestamp_text(clock.now()), "2026-01-16T09:00:00.000Z");
        clock.advance(SignedDuration::from_hours(-1));
        assert_eq!(timestamp_text(clock.now()), "2026-01-16T09:00:00.000Z", "the clock never moves backwards");
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), Instant::MAX, "the clock stops at the last instant");
    }

    #[test]
    fn a_running_clock_keeps_its_offset() {
        let clock = Clock::starting("2026-01-15T09:00:00Z".parse().unwrap());
        let first = clock.now();
        assert!(timestamp_text(first).starts_with("2026-01-15T09:0"));
        assert!(clock.now() >= first);
    }
}
