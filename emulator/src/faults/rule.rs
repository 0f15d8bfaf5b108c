//! A parsed rule: the calls that it selects, the calls on which it fires, and its effect.

use std::sync::Arc;
use std::time::Duration;

use super::chaos::ChaosFault;
use super::decision::{Effect, WireFault};
use super::error::ErrorRule;
use super::latency::{Latency, read_duration};
use super::mistake::Mistake;
use super::partial::PartialRule;
use super::selector::{FaultContext, Selector, Subject};
use crate::path_name;
use crate::state::sync::Mutex;
use crate::state::{Fault, FaultStage};

/// Default duration in which `dribble` sends a response.
const DRIBBLE: Duration = Duration::from_secs(2);

/// A rule.
pub(super) struct Rule {
    pub(super) id: Arc<str>,
    /// The declaration, with the ID.
    pub(super) fault: Fault,
    /// The declaration in the format of LocalStack, for a rule that was declared in it.
    pub(super) chaos: Option<ChaosFault>,
    pub(super) stage: FaultStage,
    selector: Selector,
    schedule: Schedule,
    failure: Option<Failure>,
    latency: Option<Latency>,
    counts: Mutex<Counts>,
}

/// The part of a rule that decides on which selected calls it fires.
struct Schedule {
    probability: f64,
    every: u64,
    after: u64,
    times: u64,
    seed: u64,
}

/// The number of calls that a rule has selected, and the number of times that it has fired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) seen: u64,
    pub(super) fired: u64,
}

/// The failure that a rule causes.
enum Failure {
    Error(ErrorRule),
    Wire(WireFault),
    Partial(PartialRule),
}

/// The effect of a rule that fires on a call.
pub(super) struct Outcome {
    pub(super) latency: Duration,
    pub(super) effect: Option<Effect>,
}

impl Rule {
    /// Parses a rule. The caller has checked that its ID is unique.
    pub(super) fn read(fault: Fault, seed: u64, context: &FaultContext) -> Result<Rule, Mistake> {
        Rule::read_with(fault, seed, context, None)
    }

    /// Parses a rule. One that is declared in the format of LocalStack may name services that the emulator does not
    /// have.
    pub(super) fn read_with(
        fault: Fault,
        seed: u64,
        context: &FaultContext,
        chaos: Option<ChaosFault>,
    ) -> Result<Rule, Mistake> {
        let id = read_id(fault.id.as_deref().unwrap_or_default())?;
        let selector = Selector::read(&fault, context, chaos.is_some())?;
        let schedule = Schedule::read(&fault, seed)?;
        let failure = Failure::read(&fault, &selector)?;
        if fault.partial.is_some() && fault.stage == Some(FaultStage::After) {
            let message = "'after' cannot be combined with 'Partial', whose items fail before the call takes effect";
            return Err(Mistake::new("Stage", message));
        }
        let latency = fault.latency.as_ref().map(Latency::read).transpose();
        let latency = latency.map_err(|wrong| wrong.inside("Latency"))?;
        if failure.is_none() && latency.is_none() {
            return Err(Mistake::new("", "expected at least one of 'Error', 'Wire', 'Partial' and 'Latency'"));
        }
        let fault = Fault { seen: None, fired: None, ..fault };
        Ok(Rule {
            id,
            stage: fault.stage.unwrap_or_default(),
            fault,
            chaos,
            selector,
            schedule,
            failure,
            latency,
            counts: Mutex::default(),
        })
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.fault.enabled != Some(false)
    }

    pub(super) fn counts(&self) -> Counts {
        *self.counts.lock()
    }

    /// The declaration with the counters of the rule.
    pub(super) fn describe(&self) -> Fault {
        let Counts { seen, fired } = self.counts();
        Fault { seen: Some(seen), fired: Some(fired), ..self.fault.clone() }
    }

    /// Counts a call if the rule selects it; `None` if the rule does not fire.
    pub(super) fn consider(&self, subject: &Subject<'_>) -> Option<Outcome> {
        if !self.is_enabled() || !self.selector.selects(subject) {
            return None;
        }
        // Parsing the input takes time, so this happens before the lock is taken.
        let effect = match &self.failure {
            None => None,
            Some(Failure::Error(error)) => Some(Some(Effect::Error(error.answer(subject, &self.id)))),
            Some(Failure::Wire(fault)) => Some(Some(Effect::Wire(*fault))),
            Some(Failure::Partial(partial)) => {
                Some(partial.choose(subject, &self.id).map(|chosen| Effect::Partial(Arc::new(chosen))))
            }
        };
        let has_items = !matches!(effect, Some(None));
        let mut counts = self.counts.lock();
        counts.seen += 1;
        let mut rng = self.schedule.rng(counts.seen);
        if !has_items || !self.schedule.fires(*counts, &mut rng) {
            return None;
        }
        counts.fired += 1;
        drop(counts);
        let latency = self.latency.map_or(Duration::ZERO, |latency| latency.draw(&mut rng));
        Some(Outcome { latency, effect: effect.flatten() })
    }
}

impl Schedule {
    fn read(fault: &Fault, seed: u64) -> Result<Schedule, Mistake> {
        let probability = fault.probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return Err(Mistake::new("Probability", format!("{probability} is not a number from 0 to 1")));
        }
        let every = fault.every.unwrap_or(1);
        if every == 0 {
            return Err(Mistake::new("Every", "expected a number from 1"));
        }
        Ok(Schedule {
            probability,
            every,
            after: fault.after.unwrap_or(0),
            times: fault.times.unwrap_or(u64::MAX),
            seed: fault.seed.unwrap_or(seed),
        })
    }

    /// The random numbers for the n-th selected call. They depend only on the seed and on `n`, so other rules and calls
    /// do not change them.
    fn rng(&self, seen: u64) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed.wrapping_add(seen.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// Returns whether the rule fires on the call that was counted last.
    fn fires(&self, counts: Counts, rng: &mut fastrand::Rng) -> bool {
        let random = rng.f64();
        let Some(number) = counts.seen.checked_sub(self.after).filter(|number| *number > 0) else { return false };
        number.is_multiple_of(self.every) && random < self.probability && counts.fired < self.times
    }
}

impl Failure {
    fn read(fault: &Fault, selector: &Selector) -> Result<Option<Failure>, Mistake> {
        let wire_over = fault.wire_over.as_deref().map(read_duration).transpose();
        let wire_over = wire_over.map_err(|wrong| wrong.inside("WireOver"))?;
        if wire_over.is_some() && fault.wire.is_none() {
            return Err(Mistake::new("WireOver", "only allowed with 'Wire'"));
        }
        let scope = &selector.scope;
        Ok(match (&fault.error, fault.wire, &fault.partial) {
            (None, None, None) => None,
            (Some(error), None, None) => {
                Some(Failure::Error(ErrorRule::read(error, scope).map_err(|wrong| wrong.inside("Error"))?))
            }
            (None, Some(kind), None) => Some(Failure::Wire(WireFault { kind, over: wire_over.unwrap_or(DRIBBLE) })),
            (None, None, Some(partial)) => {
                Some(Failure::Partial(PartialRule::read(partial, scope).map_err(|wrong| wrong.inside("Partial"))?))
            }
            _ => return Err(Mistake::new("", "at most one of 'Error', 'Wire' and 'Partial' is allowed")),
        })
    }
}

fn read_id(id: &str) -> Result<Arc<str>, Mistake> {
    if path_name::is_valid(id) {
        return Ok(id.into());
    }
    Err(Mistake::new("Id", format!("'{id}' is not a valid ID; expected {}", path_name::EXPECTED)))
}
