//! `/_emulator/clock`: reads and moves the virtual clock (CPL-90 to CPL-93).

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::{Call, Json, Nothing, Refusal};
use crate::domain::due;
use crate::served::ServedWorld;
use crate::state::{Clock, LAST_INSTANT, timestamp_text};
use crate::units::{DurationError, InstantError, duration, instant};

/// The clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClockState {
    /// The time, in RFC 3339.
    pub now: String,
    /// True if the clock is frozen.
    pub frozen: bool,
}

/// A change of the clock. The clock is frozen or started first, and then moved.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockChange {
    /// `true` to stop the clock, `false` to let it run.
    frozen: Option<bool>,
    /// The duration by which it moves, such as `36h` or, in ISO 8601, `P3D`, `P1DT12H` or `P2W`.
    advance: Option<String>,
    /// The time to which it moves, in RFC 3339. It cannot go back.
    set: Option<String>,
}

/// Shows the clock.
pub(super) fn show(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<ClockState>, Refusal> {
    Ok(Json(state(call.served)))
}

/// Moves, freezes or starts the clock, and does all work that is due then.
pub(super) fn change(
    call: &Call<'_>,
    _: Nothing,
    Json(change): Json<ClockChange>,
) -> Result<Json<ClockState>, Refusal> {
    if change.frozen.is_none() && change.advance.is_none() && change.set.is_none() {
        return Err(Refusal::unreadable("the body has none of the members 'frozen', 'advance' and 'set'"));
    }
    let world = call.served.world();
    let by = distance(&change, world.clock.now())?;
    let is_recorded = due::change_clock(&world, |clock| {
        if let Some(is_frozen) = change.frozen {
            clock.freeze(is_frozen);
        }
        match (&change.set, by) {
            // A running clock has moved since the distance was computed.
            (Some(_), Some((_, end))) => clock.advance_to(end),
            (None, Some((by, _))) => clock.advance(by),
            (_, None) => {}
        }
    });
    if !is_recorded {
        return Err(Refusal::cannot_write());
    }
    Ok(Json(state(call.served)))
}

/// The duration by which the clock moves, and the time that it reaches.
fn distance(change: &ClockChange, now: Timestamp) -> Result<Option<(SignedDuration, Timestamp)>, Refusal> {
    let end = match (&change.advance, &change.set) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(Refusal::unreadable("'advance' and 'set' cannot be combined")),
        (Some(text), None) => {
            let by = duration(text, now).ok_or_else(|| match DurationError::of(text) {
                DurationError::TooLong => too_late(),
                invalid @ DurationError::Invalid => {
                    Refusal::unreadable(format!("`{text}` {}; expected {}", invalid.predicate(), invalid.expected()))
                }
            })?;
            now.checked_add(by).unwrap_or(Timestamp::MAX)
        }
        (None, Some(text)) => {
            let at = instant(text).map_err(|error| match error {
                InstantError::TooLate => too_late(),
                InstantError::Invalid => {
                    let expected = "expected RFC 3339, such as 2026-01-15T09:00:00Z";
                    Refusal::unreadable(format!("`{text}` is not a valid time; {expected}"))
                }
            })?;
            if at < now {
                return Err("the clock cannot go back; reset the emulator or restore a snapshot".into());
            }
            at
        }
    };
    if end > LAST_INSTANT {
        return Err(too_late());
    }
    Ok(Some((end.duration_since(now), end)))
}

fn too_late() -> Refusal {
    format!("the clock cannot go beyond {}", timestamp_text(LAST_INSTANT)).into()
}

/// The state of the clock.
pub(crate) fn state(served: &ServedWorld) -> ClockState {
    let world = served.world();
    let clock: &Clock = &world.clock;
    ClockState { now: timestamp_text(clock.now()), frozen: clock.is_frozen() }
}
