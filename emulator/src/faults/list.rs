//! The list of rules: its changes, and its decisions about calls (CPL-32, CPL-33).

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::decision::Decision;
use super::latency::MAX_LATENCY;
use super::mistake::Mistake;
use super::rule::Rule;
use super::selector::{FaultContext, Subject};
use crate::invariant::Invariant;
use crate::state::sync::atomic::{AtomicBool, Ordering};
use crate::state::sync::{Mutex, RwLock};
use crate::state::{Fault, FaultStage, World};

/// Maximum number of rules.
pub(super) const MAX_RULES: usize = 1000;

/// The rules of a served world.
#[derive(Default)]
pub struct Faults {
    /// True if a rule is enabled. If no rule is enabled, a call reads only this value.
    is_active: AtomicBool,
    pub(super) list: RwLock<Arc<List>>,
    /// Serializes changes of the list.
    writers: Mutex<()>,
    /// True if the rate limits of AWS apply.
    has_rate_limits: AtomicBool,
    /// Settings that apply after each reset, in addition to those of the scenario.
    settings: Mutex<StartSettings>,
}

/// Settings that apply after each reset, in addition to those of the scenario.
#[derive(Clone, Debug, Default)]
struct StartSettings {
    faults: Vec<Fault>,
    has_rate_limits: bool,
}

/// The rules, and the last numbers of generated IDs.
#[derive(Clone, Default)]
pub(super) struct List {
    pub(super) rules: Vec<Arc<Rule>>,
    /// The number of the last ID of the form `f-1`.
    last_id: u64,
    /// The number of the last ID of the form `ls-1`.
    pub(super) last_chaos_id: u64,
}

/// The position of new rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before all others.
    First,
    /// After all others.
    Last,
}

/// The reason why rules are refused. A refusal leaves the list unchanged.
#[derive(Clone, Debug, PartialEq)]
pub enum ListError {
    /// A rule contains a mistake. The number is its position among the new rules.
    Rule(usize, Mistake),
    /// The ID of the new rule at this position exists already, or two new rules have it.
    Id(usize, String),
    /// The list would have too many rules.
    TooMany,
}

impl fmt::Display for ListError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListError::Rule(position, mistake) => mistake.clone().inside(&format!("Faults[{position}]")).fmt(formatter),
            ListError::Id(position, id) => {
                write!(formatter, "member 'Faults[{position}].Id': another fault has the ID '{id}'")
            }
            ListError::TooMany => {
                write!(formatter, "too many faults: at most {MAX_RULES} are allowed; delete some first")
            }
        }
    }
}

impl Faults {
    /// Returns whether a rule is enabled.
    pub fn is_active(&self) -> bool {
        self.is_active.load(Ordering::Relaxed)
    }

    /// Decides about a call and counts it; `None` if no rule fires. Rules are tried in order until one fails the call
    /// (CPL-32).
    pub fn decide(&self, subject: &Subject<'_>) -> Option<Decision> {
        if !self.is_active() {
            return None;
        }
        let list = Arc::clone(&self.list.read());
        let mut latency = Duration::ZERO;
        let mut fired = Vec::new();
        for rule in &list.rules {
            let Some(outcome) = rule.consider(subject) else { continue };
            latency = (latency + outcome.latency).min(MAX_LATENCY);
            fired.push(Arc::clone(&rule.id));
            if outcome.effect.is_some() {
                return Some(Decision { latency, effect: outcome.effect, stage: rule.stage, fired });
            }
        }
        (!fired.is_empty()).then_some(Decision { latency, effect: None, stage: FaultStage::Before, fired })
    }

    /// All rules, with their counters.
    pub fn list(&self) -> Vec<Fault> {
        self.list.read().rules.iter().map(|rule| rule.describe()).collect()
    }

    /// The number of times that each rule of the list has fired.
    pub fn fired(&self) -> Vec<(Arc<str>, u64)> {
        self.list.read().rules.iter().map(|rule| (Arc::clone(&rule.id), rule.counts().fired)).collect()
    }

    /// Replaces all rules. The counters of the new rules are 0.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn set(&self, faults: Vec<Fault>, context: &FaultContext) -> Result<Vec<Fault>, ListError> {
        self.edit(|list| {
            *list = List::default();
            list.insert(faults, Place::Last, context)
        })
    }

    /// Adds rules and returns them.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn add(&self, faults: Vec<Fault>, place: Place, context: &FaultContext) -> Result<Vec<Fault>, ListError> {
        self.edit(|list| list.insert(faults, place, context))
    }

    /// Removes the rules that `is_unwanted` selects and returns their number.
    pub fn remove(&self, is_unwanted: impl Fn(&Fault) -> bool) -> usize {
        self.change(|list| {
            let before = list.rules.len();
            list.rules.retain(|rule| !is_unwanted(&rule.fault));
            before - list.rules.len()
        })
    }

    /// Replaces all rules by the rules of a world's scenario and those of [`Faults::add_to_start`] (CPL-55).
    pub fn restart(&self, world: &World) {
        let faults = world.faults.declared.iter().cloned().chain(self.settings.lock().faults.clone()).collect();
        _ = self.set(faults, &FaultContext::of(world)).or_report("the faults of a scenario have been checked");
    }

    /// Adds rules now, and again after each reset.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn add_to_start(&self, faults: Vec<Fault>, context: &FaultContext) -> Result<(), ListError> {
        let added = self.add(faults, Place::Last, context)?;
        self.settings.lock().faults.extend(added);
        Ok(())
    }

    /// Applies the rate limits of AWS in every world.
    pub fn always_limit_rates(&self) {
        self.settings.lock().has_rate_limits = true;
        self.has_rate_limits.store(true, Ordering::Relaxed);
    }

    /// Applies the rate limits of AWS if the scenario of a world or the settings enable them.
    pub fn set_rate_limits_of(&self, world: &World) {
        let is_limited = world.faults.has_rate_limits || self.settings.lock().has_rate_limits;
        self.has_rate_limits.store(is_limited, Ordering::Relaxed);
    }

    /// Returns whether the rate limits of AWS apply.
    pub fn has_rate_limits(&self) -> bool {
        self.has_rate_limits.load(Ordering::Relaxed)
    }

    /// Changes the list. If `edit` returns an error, the list does not change.
    pub(super) fn edit<R, E>(&self, edit: impl FnOnce(&mut List) -> Result<R, E>) -> Result<R, E> {
        let writing = self.writers.lock();
        let mut list = List::clone(&self.list.read());
        let result = edit(&mut list)?;
        let is_active = list.rules.iter().any(|rule| rule.is_enabled());
        *self.list.write() = Arc::new(list);
        self.is_active.store(is_active, Ordering::Relaxed);
        drop(writing);
        Ok(result)
    }

    /// Changes the list by a function that cannot fail.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut List) -> R) -> R {
        match self.edit(|list| Ok::<R, std::convert::Infallible>(change(list))) {
            Ok(result) => result,
            Err(never) => match never {},
        }
    }
}

/// Checks a rule.
///
/// # Errors
/// The first mistake.
pub fn check(fault: &Fault, context: &FaultContext) -> Result<(), Mistake> {
    let id = fault.id.clone().or_else(|| Some("f-1".to_owned()));
    Rule::read(Fault { id, ..fault.clone() }, 0, context).map(|_| ())
}

impl List {
    /// Adds rules.
    pub(super) fn insert(
        &mut self,
        faults: Vec<Fault>,
        place: Place,
        context: &FaultContext,
    ) -> Result<Vec<Fault>, ListError> {
        if self.rules.len() + faults.len() > MAX_RULES {
            return Err(ListError::TooMany);
        }
        let mut used: HashSet<String> = self.rules.iter().map(|rule| rule.id.to_string()).collect();
        for (position, id) in faults.iter().enumerate().filter_map(|(at, fault)| Some((at, fault.id.clone()?))) {
            if !used.insert(id.clone()) {
                return Err(ListError::Id(position, id));
            }
        }
        let mut made = Vec::with_capacity(faults.len());
        for (position, mut fault) in faults.into_iter().enumerate() {
            if fault.id.is_none() {
                fault.id = Some(free_id("f", &mut self.last_id, &mut used));
            }
            let seed = rule_seed(context.seed, self.rules.len() + position);
            let rule = Rule::read(fault, seed, context).map_err(|mistake| ListError::Rule(position, mistake))?;
            made.push(Arc::new(rule));
        }
        Ok(self.put(made, place))
    }

    /// Puts rules into the list and returns their descriptions.
    pub(super) fn put(&mut self, made: Vec<Arc<Rule>>, place: Place) -> Vec<Fault> {
        let described = made.iter().map(|rule| rule.describe()).collect();
        match place {
            Place::First => _ = self.rules.splice(0..0, made),
            Place::Last => self.rules.extend(made),
        }
        described
    }
}

/// The next ID of the form `f-1` that is not used.
pub(super) fn free_id(prefix: &str, last_id: &mut u64, used: &mut HashSet<String>) -> String {
    loop {
        *last_id += 1;
        let id = format!("{prefix}-{last_id}");
        if used.insert(id.clone()) {
            return id;
        }
    }
}

/// The seed of a rule that does not set one.
pub(super) fn rule_seed(seed: u64, place: usize) -> u64 {
    seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(place as u64 + 1)
}
