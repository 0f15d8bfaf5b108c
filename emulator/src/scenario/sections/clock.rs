//! `clock`: the time.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::check::Check;
use crate::scenario::spanned::Spanned;
use crate::state::{Clock, LAST_INSTANT, timestamp_text};
use crate::units::{InstantError, instant};

/// Clock of the emulator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Clock")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Time at the start, such as 2026-01-15T09:00:00Z. Default: the current time.
    #[schemars(extend("format" = "date-time"))]
    now: Option<Spanned<String>>,
    /// If true, the clock is frozen until it is advanced, which makes runs reproducible. Default: false.
    #[serde(default)]
    frozen: bool,
}

/// The clock at the start.
#[derive(Debug, Default)]
pub(in crate::scenario) struct Valid {
    now: Option<Timestamp>,
    frozen: bool,
}

/// Parses the time.
pub(in crate::scenario) fn check(written: &Declared, check: &mut Check) -> Valid {
    let now = written.now.as_ref().and_then(|now| {
        let parsed =
            instant(&now.value).and_then(|now| if now > LAST_INSTANT { Err(InstantError::TooLate) } else { Ok(now) });
        let diagnostic = match parsed {
            Ok(parsed) => return Some(parsed),
            Err(InstantError::TooLate) => {
                let diagnostic = check.at(now.span, format!("`{}` is too late", now.value));
                diagnostic.expected(format!("a time up to {}", timestamp_text(LAST_INSTANT)))
            }
            Err(InstantError::Invalid) => {
                let diagnostic = check.at(now.span, format!("`{}` is not a valid time", now.value));
                diagnostic.expected("a date and time with a time zone, such as 2026-01-15T09:00:00Z")
            }
        };
        check.push(diagnostic);
        check.lose(&["clock", "now"]);
        None
    });
    Valid { now, frozen: written.frozen }
}

impl Valid {
    /// The initial time.
    pub(super) fn start(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }

    /// A clock that starts now.
    pub(super) fn clock(&self) -> Clock {
        match (self.now, self.frozen) {
            (Some(now), true) => Clock::frozen(now),
            (Some(now), false) => Clock::starting(now),
            (None, true) => Clock::frozen(Timestamp::now()),
            (None, false) => Clock::default(),
        }
    }
}
