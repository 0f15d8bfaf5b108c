//! The decision about a call: its delay and its failure (CPL-32).

use std::sync::Arc;
use std::time::Duration;

use super::error::FaultAnswer;
use super::partial::Partial;
use crate::state::{FaultStage, FaultWire};

/// The decision of the faults about a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The delay before the call.
    pub latency: Duration,
    /// The failure; `None` if the call is only delayed.
    pub effect: Option<Effect>,
    /// The moment of the failure: before or after the call takes effect.
    pub stage: FaultStage,
    /// The IDs of the rules that fired, in order. If the call fails, the last rule caused the failure.
    pub fired: Vec<Arc<str>>,
}

impl Decision {
    /// Creates a decision to return an error instead of processing the call.
    pub fn refusal(id: &str, answer: FaultAnswer) -> Decision {
        Decision {
            latency: Duration::ZERO,
            effect: Some(Effect::Error(answer)),
            stage: FaultStage::Before,
            fired: vec![id.into()],
        }
    }

    /// The ID in the response and in the journal.
    pub fn id(&self) -> Option<&Arc<str>> {
        self.fired.last()
    }

    /// The items of the call that fail; `None` unless some items of a batch fail.
    pub fn partial(&self) -> Option<&Partial> {
        match &self.effect {
            Some(Effect::Partial(partial)) => Some(partial),
            _ => None,
        }
    }

    /// Returns whether the call takes effect, even if its response is lost (CPL-34, CPL-37).
    pub fn takes_effect(&self) -> bool {
        match &self.effect {
            None
            | Some(
                Effect::Partial(_) | Effect::Wire(WireFault { kind: FaultWire::Truncate | FaultWire::Dribble, .. }),
            ) => true,
            Some(Effect::Error(_) | Effect::Wire(_)) => self.stage == FaultStage::After,
        }
    }
}

/// A failure of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The call returns an error.
    Error(FaultAnswer),
    /// The connection fails.
    Wire(WireFault),
    /// Some items of a batch fail.
    Partial(Arc<Partial>),
}

/// A failure of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireFault {
    /// Its kind.
    pub kind: FaultWire,
    /// The duration in which `dribble` sends the response.
    pub over: Duration,
}
