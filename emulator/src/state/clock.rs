//! The one clock of a world: real, frozen, or moved ahead.

use jiff::{SignedDuration, Timestamp as Instant, Unit};
use parking_lot::Mutex;

/// An instant of the world's clock, in whole milliseconds.
pub type Timestamp = Instant;

/// Tells the time of a world. A frozen clock stands until it is advanced; a running one keeps its distance
/// to the machine's clock.
#[derive(Debug)]
pub struct Clock(Mutex<Mode>);

#[derive(Clone, Copy, Debug)]
enum Mode {
    Frozen(Timestamp),
    Running(SignedDuration),
}

impl Default for Clock {
    fn default() -> Self {
        Clock(Mutex::new(Mode::Running(SignedDuration::ZERO)))
    }
}

impl Clock {
    /// A clock that stands at `now`.
    pub fn frozen(now: Timestamp) -> Clock {
        Clock(Mutex::new(Mode::Frozen(whole(now))))
    }

    /// A clock that runs on from `now`.
    pub fn starting(now: Timestamp) -> Clock {
        Clock(Mutex::new(Mode::Running(now.duration_since(Instant::now()))))
    }

    /// The time, in whole milliseconds.
    pub fn now(&self) -> Timestamp {
        match *self.0.lock() {
            Mode::Frozen(now) => now,
            Mode::Running(ahead) => whole(Instant::now().checked_add(ahead).unwrap_or(Instant::MAX)),
        }
    }

    /// Whether the clock stands.
    pub fn is_frozen(&self) -> bool {
        matches!(*self.0.lock(), Mode::Frozen(_))
    }

    /// Moves the clock ahead; it never moves back.
    pub fn advance(&self, by: SignedDuration) {
        let by = by.max(SignedDuration::ZERO);
        let mut mode = self.0.lock();
        *mode = match *mode {
            Mode::Frozen(now) => Mode::Frozen(now.checked_add(by).unwrap_or(Instant::MAX)),
            Mode::Running(ahead) => Mode::Running(ahead.saturating_add(by)),
        };
    }
}

fn whole(instant: Timestamp) -> Timestamp {
    instant.round(Unit::Millisecond).unwrap_or(instant)
}

/// `2019-11-19T23:15:10.046Z`: how Security Hub writes its own timestamps (ACC-05).
pub fn timestamp_text(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Reads a duration that is not negative: `P30D`, a day being 24 hours, or `36h`.
pub fn duration(text: &str) -> Option<SignedDuration> {
    let span: jiff::Span = text.parse().ok()?;
    let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    (!duration.is_negative()).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_05_a_timestamp_has_milliseconds_and_z() {
        let clock = Clock::frozen("2026-01-15T09:00:00.0461Z".parse().unwrap());
        assert_eq!(timestamp_text(clock.now()), "2026-01-15T09:00:00.046Z");
    }

    #[test]
    fn a_frozen_clock_stands_until_it_is_advanced() {
        let clock = Clock::frozen("2026-01-15T09:00:00Z".parse().unwrap());
        assert_eq!(clock.now(), clock.now());
        clock.advance(SignedDuration::from_hours(24));
        assert_eq!(timestamp_text(clock.now()), "2026-01-16T09:00:00.000Z");
        clock.advance(SignedDuration::from_hours(-1));
        assert_eq!(timestamp_text(clock.now()), "2026-01-16T09:00:00.000Z", "it never moves back");
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), Instant::MAX, "and stops at the end of time");
    }

    #[test]
    fn a_running_clock_keeps_its_distance() {
        let clock = Clock::starting("2026-01-15T09:00:00Z".parse().unwrap());
        let first = clock.now();
        assert!(timestamp_text(first).starts_with("2026-01-15T09:0"));
        assert!(clock.now() >= first);
    }
}
